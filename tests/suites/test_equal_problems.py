"""No problem counts twice: suites list none that another one is, too, and other names lead to one."""

import json
from collections import defaultdict

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace

from hpobench_tui import plugins
from hpobench_tui.core import Problem, ProblemInfo, TrainingError
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
