"""No problem counts twice: suites list none that another one is, too, and other names lead to one."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace

from factories import progress_table, run_of
from hpobench_tui import plugins
from hpobench_tui.analysis.scores import scores
from hpobench_tui.core import HpobenchError, Problem, ProblemInfo, TrainingError
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.problem import RoundProblem
from hpobench_tui.core.space import samples
from hpobench_tui.engine.front import spec

OTHER_NAMES = {
    "synthetic/counting-ones-8-8": "synthetic/counting-ones",
    "synthetic/counting-ones[categorical=8]": "synthetic/counting-ones",
    "bandits/bernoulli": "bandits/bernoulli-10-hard",
    "bandits/bernoulli[gap=0.1,k=10]": "bandits/bernoulli-10-hard",
    "tabular/table": "tabular/synthetic-mixed",
    "tabular/table[mode=lookup]": "tabular/synthetic-mixed[mode=lookup]",
    "tabular/table[file=quintic-sigma-small]": "tabular/quintic-sigma-small",
}
COSTLY = 1.0
"""Seconds; who takes longer is told apart by its description alone."""


def listed() -> list[ProblemInfo]:
    return [info for info in plugins.problems() if info.same_as is None]


def test_no_two_problems_have_the_same_code_and_arguments() -> None:
    groups = defaultdict(list)
    for info in listed():
        groups[info.load, json.dumps(dict(info.arguments), sort_keys=True)].append(info.id)
    assert [group for group in groups.values() if len(group) > 1] == []


def test_no_two_problems_behave_alike() -> None:
    """Of one space, with the same losses and costs of the same configurations under the same seeds."""
    groups = defaultdict(list)
    for info in listed():
        if missing(info) is None and info.seconds < COSTLY:
            groups[behaviour(info)].append(info.id)
    assert len(groups) > 30
    assert [group for group in groups.values() if len(group) > 1] == []


def behaviour(info: ProblemInfo) -> str:
    problem = plugins.load_problem(info)
    space = problem.space()
    draws = samples(space, np.random.default_rng(1))
    outcomes = [outcome(problem, info, next(draws), seed) for seed in range(6)]
    return f"{described(space)}\n{info.fidelity}\n{outcomes}"


def outcome(problem: Problem, info: ProblemInfo, configuration: dict, seed: int) -> object:
    to = info.fidelity.maximum if info.fidelity else 1
    try:
        if isinstance(problem, RoundProblem):
            training = problem.start_round(configuration, 1, "cpu", seed)
        else:
            training = problem.start(configuration, seed, "cpu")
        return training.advance(to)[:4]
    except TrainingError as error:
        return str(error)


def described(space: ConfigurationSpace) -> str:
    return "\n".join(str(space[name]) for name in sorted(space))


@pytest.mark.parametrize(("name", "canonical"), OTHER_NAMES.items())
def test_another_name_leads_to_the_problem_and_is_told(name: str, canonical: str) -> None:
    assert plugins.problems()[name].id == canonical
    text = f'name = "n"\nproblems = ["{name}"]\noptimizers = ["random"]\n[budget]\namount = 9\nunit = "evaluations"'
    experiment = spec.parse(text, "here")
    assert experiment.problems == (canonical,)
    if name.partition("[")[0] != canonical.partition("[")[0]:
        assert any("is another name of" in note and canonical in note for note in experiment.notes)


def test_naming_a_problem_twice_is_told_and_runs_it_once() -> None:
    text = """name = "n"
problems = ["synthetic/counting-ones-8-8", "synthetic/counting-ones", "synthetic/branin", "synthetic"]
optimizers = ["random"]
[budget]
amount = 1
unit = "full-evaluations"
[budgets."synthetic/counting-ones-8-8"]
amount = 2
unit = "full-evaluations"
"""
    experiment = spec.parse(text, "here")
    assert len(experiment.problems) == len(set(experiment.problems))
    assert "synthetic/counting-ones-8-8" not in experiment.problems
    assert experiment.budgets["synthetic/counting-ones"].amount == 2, "budgets know other names, too"
    assert experiment.notes[:2] == (
        "synthetic/counting-ones-8-8 is another name of synthetic/counting-ones, and runs under that.",
        "synthetic/counting-ones is named more than once; it runs once.",
    )
    assert "synthetic/branin is named more than once; it runs once." in experiment.notes


@pytest.mark.parametrize("suite", ["synthetic", "bandits", "tabular"])
def test_a_suite_has_each_of_its_problems_once(suite: str) -> None:
    text = (
        f'name = "n"\nproblems = ["{suite}"]\noptimizers = ["random"]\n[budget]\namount = 1\nunit = "full-evaluations"'
    )
    experiment = spec.parse(text, "here")
    assert not experiment.notes
    assert not set(experiment.problems) & set(OTHER_NAMES)
    assert set(experiment.problems) == {info.id for info in listed() if info.suite == suite}


# --- names of names, and names of nothing ---


def registered(monkeypatch: pytest.MonkeyPatch, same_as: Mapping[str, str | None]) -> None:
    """Problems like branin under these names, besides ours."""
    branin = plugins.problems()["synthetic/branin"]
    more = {name: replace(branin, id=name, same_as=other, parameters=(), vary=None) for name, other in same_as.items()}
    registry = replace(plugins.problems(), found={**plugins.problems().found, **more})
    monkeypatch.setattr(plugins, "problems", lambda: registry)


def named_all(*problems: str) -> str:
    listed = ", ".join(f'"{name}"' for name in problems)
    return f'name = "n"\nproblems = [{listed}]\noptimizers = ["random"]\n[budget]\namount = 9\nunit = "evaluations"'


def test_another_name_of_another_name_is_the_problem_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, {"toy/one": None, "toy/two": "toy/one", "toy/three": "toy/two", "other/four": "toy/three"})
    assert {plugins.problems()[name].id for name in ("toy/one", "toy/two", "toy/three", "other/four")} == {"toy/one"}
    experiment = spec.parse(named_all("other/four", "toy/three", "toy/two", "toy/one", "toy"), "here")
    assert experiment.problems == ("toy/one",)
    assert [info.id for info in plugins.problems() if info.suite == "toy"] == ["toy/one"]


def test_a_problem_that_two_names_have_is_one_in_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, {"toy/one": None, "toy/two": "toy/one", "toy/other": None})
    experiment = spec.parse(named_all("toy/two", "toy/other", "toy"), "here")
    runs = [
        run_of(number, problem=key.problem, label=key.contender.label, repetition=key.repetition)
        for number, key in enumerate(experiment.runs())
    ]
    ends = {run.id: progress_table([(run.id, 9, 10, 10, 1.0, 1, 0.5, 10, 5.0, 5.0)]) for run in runs}
    assert scores(runs, ends).problems == ("toy/one", "toy/other")


@pytest.mark.parametrize(
    ("same_as", "words"),
    [
        ({"toy/one": "toy/one"}, "problem 'toy/one' is broken: it is the same as toy/one"),
        (
            {"toy/one": "toy/two", "toy/two": "toy/one"},
            "problem 'toy/one' is broken: it is the same as toy/two, which is as toy/one",
        ),
        (
            {"toy/one": "toy/gone"},
            "problem 'toy/one' is broken: it is the same as toy/gone; unknown problem 'toy/gone'",
        ),
    ],
)
def test_a_name_of_nothing_is_told(same_as: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch, same_as)
    with pytest.raises(HpobenchError, match=words):
        plugins.problems()["toy/one"]
    with pytest.raises(HpobenchError, match=words):
        spec.parse(named_all("toy/one"), "here")
