"""What is active and what is forbidden, on random graphs of conditions, against the definition read naively."""

import random
from itertools import islice

import numpy as np
import pytest
from ConfigSpace import (
    AndConjunction,
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    ForbiddenEqualsClause,
    ForbiddenLessThanRelation,
    GreaterThanCondition,
    InCondition,
    Integer,
    NotEqualsCondition,
    OrConjunction,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from condition_graphs import Space, active, graph, graphs, is_active, is_forbidden, is_valid, values
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.conditions import Rules
from hpobench_tui.core.space import checked, default, samples, validator
from hpobench_tui.core.values import choices_of

SEEDS = st.integers(0, 2**40)


@settings(max_examples=300, deadline=None)
@given(graphs(), SEEDS)
def test_the_rules_are_the_definition(space, seed):
    rules, check, draw = Rules(space), validator(space), random.Random(seed)
    fulls = [values(space, draw) for _ in range(12)]
    for full in fulls:
        right = active(space, full)
        assert rules.active(full) == right
        assert rules.active(right) == right
        assert (rules.forbidden_by(right) is not None) == is_forbidden(space, full)
        assert (check(right) is not None) == is_forbidden(space, full)
        for name in space:
            assert rules.is_active(name, {n: v for n, v in right.items() if n != name}) == is_active(space, name, full)
            other = {n: v for n, v in right.items() if n != name} if name in right else right | {name: full[name]}
            assert (check(other) is None) == is_valid(space, other)
    columns = [_column(space[name], [full[name] for full in fulls]) for name in space]
    mask = rules.active_columns(columns, len(fulls))
    assert [{n for n, on in zip(space, row, strict=True) if on} for row in mask.T] == [
        set(active(space, full)) for full in fulls
    ]
    assert rules.permitted_columns(columns, mask).tolist() == [not is_forbidden(space, full) for full in fulls]


def _column(hyperparameter, found):
    choices = choices_of(hyperparameter)
    return np.array(found if choices is None else [choices.index(value) for value in found])


@settings(max_examples=100, deadline=None)
@given(graphs(), SEEDS)
def test_samples_are_valid_and_cover_what_is_active(space, seed):
    draw = random.Random(seed)
    assume(sum(not is_forbidden(space, values(space, draw, borders=0.0)) for _ in range(100)) > 5)
    drawn = list(islice(samples(space, np.random.default_rng(seed)), 40))
    assert all(is_valid(space, configuration) for configuration in drawn)
    assert drawn == list(islice(samples(space, np.random.default_rng(seed)), 40))


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_the_default_is_valid_or_the_space_refused(space):
    full = {name: hyperparameter.default_value for name, hyperparameter in space.items()}
    assert default(space) == active(space, full)
    if is_forbidden(space, full):
        with pytest.raises(HpobenchError, match="is a forbidden combination"):
            checked(space)
    else:
        assert checked(space) is space
        assert is_valid(space, default(space))


def test_a_chain_ends_where_a_parent_is_inactive():
    """a → p → q, and x where o is high and q large: x needs q, and q needs p, and p needs a."""
    a, p, o = Categorical("a", ["on", "off"]), Categorical("p", [True, False]), Categorical("o", ["low", "high"])
    q, x = Integer("q", (1, 100)), Float("x", (0.0, 1.0))
    space = ConfigurationSpace()
    space.add([a, o, p, q, x])
    space.add(
        EqualsCondition(p, a, "on"), EqualsCondition(q, p, True),
        AndConjunction(EqualsCondition(x, o, "high"), GreaterThanCondition(x, q, 10)),
    )  # fmt: skip
    full = {"a": "on", "p": True, "o": "high", "q": 50, "x": 0.5}
    assert Rules(space).active(full) == full
    for change, lost in (({"a": "off"}, "pqx"), ({"p": False}, "qx"), ({"q": 10}, "x"), ({"o": "low"}, "x")):
        assert full.keys() - Rules(space).active(full | change).keys() == set(lost)
    drawn = list(islice(samples(space, np.random.default_rng(1)), 4000))
    assert sum("x" in c for c in drawn) / 4000 == pytest.approx(0.5**3 * 0.9, abs=0.02)


def test_and_and_or_of_the_same_parts_are_two_conditions():
    k, n = Categorical("k", ["a", "b", "c"]), Integer("n", (1, 10))
    x, y = Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0))
    space = ConfigurationSpace()
    space.add([k, n, x, y])
    space.add(
        AndConjunction(InCondition(x, k, ["a", "b"]), GreaterThanCondition(x, n, 5)),
        OrConjunction(InCondition(y, k, ["a", "b"]), GreaterThanCondition(y, n, 5)),
    )
    check = validator(space)
    assert check({"k": "c", "n": 1}) is None
    assert check({"k": "a", "n": 1, "y": 0.5}) is None
    assert check({"k": "a", "n": 9, "x": 0.5, "y": 0.5}) is None
    assert "'x' is set, but not active: its condition is" in check({"k": "a", "n": 1, "x": 0.5, "y": 0.5})
    assert "missing hyperparameter 'y', which is active" in check({"k": "c", "n": 9})


def test_an_inactive_parent_is_not_unequal_to_anything():
    a, b, c = Categorical("a", ["on", "off"]), Categorical("b", ["u", "v"]), Float("c", (0.0, 1.0))
    space = ConfigurationSpace(space=[a, b, c])
    space.add(NotEqualsCondition(b, a, "off"), NotEqualsCondition(c, b, "u"))
    assert Rules(space).active({"a": "off", "b": "v", "c": 0.5}) == {"a": "off"}


@pytest.mark.parametrize("upper", [10, 10**5, 10**12])
@pytest.mark.parametrize("log", [True, False])
def test_borders_of_conditions_on_integers_are_exact(upper, log):
    n, x = Integer("n", (1, upper), log=log), Float("x", (0.0, 1.0))
    space = ConfigurationSpace(space=[n, x])
    border = upper // 3
    space.add(GreaterThanCondition(x, n, border))
    rules = Rules(space)
    assert "x" not in rules.active({"n": border, "x": 0.5})
    assert "x" in rules.active({"n": border + 1, "x": 0.5})
    columns = [np.array([border, border + 1]), np.zeros(2)]
    assert rules.active_columns(columns, 2)[1].tolist() == [False, True]


def test_what_cannot_be_compared_is_refused():
    space = Space()
    space.add(a := Categorical("a", ["x", "y"]), n := Integer("n", (1, 3)))
    space.add(ForbiddenLessThanRelation(a, n))
    with pytest.raises(HpobenchError, match="a < n: its values cannot be compared"):
        checked(space)


def test_a_space_of_which_nothing_is_permitted_says_so():
    space = Space()
    space.add(a := Categorical("a", ["x", "y"]))
    space.add(ForbiddenEqualsClause(a, "x"), ForbiddenEqualsClause(a, "y"))
    with pytest.raises(HpobenchError, match="is permitted by the forbidden clauses"):
        next(samples(space, np.random.default_rng(0)))


def test_graphs_are_of_every_kind():
    """The strategy makes what the tests above are about."""
    texts = [str(graph(seed)) for seed in range(200)]
    for piece in ("&&", "||", " != ", " in ", " > ", " < ", "Forbidden: ", " <= ", " >= ", "None", "(1, 2)"):
        assert any(piece in text for text in texts), piece
    drawn = random.Random(0)
    kept = [len(active(space, values(space, drawn))) < len(space) for space in map(graph, range(200))]
    assert 0.3 < sum(kept) / len(kept) < 0.95
