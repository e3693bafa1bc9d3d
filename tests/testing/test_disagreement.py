"""An author is told where ConfigSpace has another opinion, and only there."""

import json

import pytest
from ConfigSpace import (
    AndConjunction,
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    GreaterThanCondition,
    InCondition,
    Integer,
    OrConjunction,
)

from condition_graphs import graph
from hpobench_tui.core import Dimensions, ProblemInfo, Reference, Report
from hpobench_tui.testing.disagreement import disagreements
from hpobench_tui.testing.examples import conditional_space, forbidden_space, mixed_space
from hpobench_tui.testing.selfcheck import selfcheck
from hpobench_tui.testing.verdict import Verdict


def chain():
    a, p, o = Categorical("a", ["on", "off"]), Categorical("p", [True, False]), Categorical("o", ["low", "high"])
    q, x = Integer("q", (1, 100)), Float("x", (0.0, 1.0))
    space = ConfigurationSpace()
    space.add([a, o, p, q, x])
    space.add(
        EqualsCondition(p, a, "on"), EqualsCondition(q, p, True),
        AndConjunction(EqualsCondition(x, o, "high"), GreaterThanCondition(x, q, 10)),
    )  # fmt: skip
    return space


def and_or():
    k, n = Categorical("k", ["a", "b", "c"]), Integer("n", (1, 10))
    x, y = Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0))
    space = ConfigurationSpace()
    space.add([k, n, x, y])
    space.add(
        AndConjunction(InCondition(x, k, ["a", "b"]), GreaterThanCondition(x, n, 5)),
        OrConjunction(InCondition(y, k, ["a", "b"]), GreaterThanCondition(y, n, 5)),
    )
    return space


@pytest.mark.parametrize("make", [mixed_space, conditional_space, forbidden_space])
def test_nothing_to_say_where_it_agrees(make):
    assert disagreements(make(), 0) == ()


def test_a_chain_is_drawn_wrongly():
    (note,) = disagreements(chain(), 0)
    assert "ConfigSpace draws" in note
    assert "'x' is set, but not active" in note
    assert "docs/spaces.md" in note


def test_and_and_or_are_confused():
    notes = disagreements(and_or(), 0)
    assert any("ConfigSpace refuses" in note for note in notes)


def test_it_raises_nothing_whatever_the_space():
    for seed in range(30):
        assert isinstance(disagreements(graph(seed, forbiddens=False), seed), tuple)


class Chained:
    def space(self):
        return chain()

    def start(self, configuration, seed, device):
        return self

    def advance(self, to_fidelity):
        return Report(1.0)


def test_selfcheck_notes_it_and_passes(monkeypatch):
    info = ProblemInfo(
        id="tests/chained", summary="A chain of conditions", load="test_disagreement:Chained",
        dimensions=Dimensions(floats=1, integers=1, categoricals=3, conditions=3),
        reference=Reference(0.0, "a bound", exact=False),
    )  # fmt: skip
    result = selfcheck(info, draws=300)
    assert result.verdicts["contract"] is Verdict.PASSED, result.findings
    assert not result.failed
    assert len(result.notes) == 1
    json.dumps(result.notes)
