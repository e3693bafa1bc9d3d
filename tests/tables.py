"""Small tables of trainings, made without processes, and a problem with everything that a table has to hold."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpobench_tui.core import Dimensions, Fidelity, ProblemInfo, Reference, Report
from hpobench_tui.plugins import load_problem
from hpobench_tui.tabulation import table
from hpobench_tui.tabulation.journal import Contents
from hpobench_tui.tabulation.make import identity_of
from hpobench_tui.tabulation.plan import Plan, make_plan
from hpobench_tui.tabulation.worker import Common, Job, train

CLIFF = ProblemInfo(
    id="tests/cliff",
    summary="Fails on its way to 3 where x is large; noisy; conditional; no cost model",
    load="tables:Cliff",
    dimensions=Dimensions(floats=1, integers=1, categoricals=1, ordinals=1, conditions=1, forbiddens=1),
    reference=Reference(0.0, "a bound", exact=False),
    fidelity=Fidelity("epochs", 1, 4, step=1),
    noisy=True,
)
EDGE = 0.3


class Cliff:
    def space(self):
        from ConfigSpace import (
            Categorical,
            ConfigurationSpace,
            EqualsCondition,
            Float,
            ForbiddenAndConjunction,
            ForbiddenEqualsClause,
            Integer,
            OrdinalHyperparameter,
        )

        x, kind = Float("x", (1e-2, 1.0), log=True), Categorical("kind", ["a", "b"])
        depth, size = Integer("depth", (1, 8), log=True), OrdinalHyperparameter("size", [16, 32, 64])
        space = ConfigurationSpace(space=[x, kind, depth, size])
        space.add(EqualsCondition(depth, kind, "a"))
        space.add(ForbiddenAndConjunction(ForbiddenEqualsClause(kind, "b"), ForbiddenEqualsClause(size, 64)))
        return space

    def start(self, configuration, seed, device):
        return CliffTraining(configuration, seed)


ODD = ProblemInfo(
    id="tests/odd",
    summary="Values of every kind that JSON knows",
    load="tables:Odd",
    dimensions=Dimensions(floats=1, categoricals=2, ordinals=1),
    reference=Reference(0.0, "a bound", exact=False),
)


class Odd:
    def space(self):
        from ConfigSpace import ConfigurationSpace, Constant, OrdinalHyperparameter

        space = ConfigurationSpace(
            {"b": (0.0, 1.0), "a": [1, "x", None, (1, (2.5, None)), False], "n": [None, 5, 2**70]}
        )
        space.add(OrdinalHyperparameter("o", [(3,), 1, 2.5]), Constant("k", (1, 2)))
        return space

    def start(self, configuration, seed, device):
        return OddTraining(configuration["b"] + (configuration["a"] is None) + (configuration["o"] == (3,)))


@dataclass
class OddTraining:
    loss: float

    def advance(self, to_fidelity):
        return Report(self.loss)


class CliffTraining:
    def __init__(self, configuration, seed):
        self.x, self.shift = configuration["x"], (configuration["kind"] == "b") + 0.1 * configuration.get("depth", 0)
        self.noise = 1e-3 * (seed % 1009) / 1009

    def advance(self, to_fidelity):
        if self.x > EDGE and to_fidelity >= 3:
            raise ArithmeticError("over the edge")
        loss = 1.0 + self.shift + self.x + 1.0 / to_fidelity + self.noise
        return Report(loss, {"doubled": 2.0 * loss})


@dataclass(frozen=True)
class Made:
    """A table on the disk and what it was made from."""

    base: Path
    plan: Plan
    contents: Contents
    sidecar: dict[str, Any]

    @property
    def json(self) -> Path:
        return self.base.with_name(f"{self.base.name}.json")


def made_table(base: Path, problem: ProblemInfo, configurations: int, seeds: int) -> Made:
    """Train in this process and write the table."""
    plan = make_plan(problem, configurations, seeds, 0)
    contents = Contents(identity_of(plan), [{"command": "a test"}])
    loaded, common = load_problem(plan.problem), Common(plan.problem, plan.levels, plan.stepwise, "cpu")
    for i, k in plan.trainings():
        contents.add(train(loaded, Job(common, i, k, plan.configurations[i], plan.seeds[k])))
    return Made(base, plan, contents, table.write(base, contents, plan.problem, list(plan.seeds), plan.stepwise))
