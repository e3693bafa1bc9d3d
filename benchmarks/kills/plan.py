"""Which experiments are killed, whom a kill hits and when: drawn from a seed, all kinds about equally often."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from itertools import product

from benchmarks.kills import toys
from hpobench_tui.core import Budget, Simulation
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.engine.front import spec

MOST_A_CASE = 2  # a trial that is hit for the third time counts as the cause


class Target(StrEnum):
    """Whom a kill hits."""

    SUPERVISOR = "supervisor"
    WORKER = "one worker"
    WORKERS = "all workers"
    EVERYTHING = "everything"


SETTLING, ANY = "settling", "any"
MOMENTS = (toys.LOADING, toys.ASKING, toys.EVALUATING, toys.TELLING, toys.CLOSING, SETTLING, ANY)
"""Phases; when all runs have ended and the store is made one file; any time at all."""


@dataclass(frozen=True)
class Strike:
    """One kill. ``when`` is the share of an undisturbed run's time after which the moment is waited for."""

    target: Target
    moment: str
    when: float


@dataclass(frozen=True)
class Case:
    """An experiment and its kills, in order; ``seed`` draws what is left open."""

    name: str
    strikes: tuple[Strike, ...]
    seed: int


_EVALUATIONS, _CONTINUED = Budget.of(11, "evaluations"), Budget.of(40, "fidelity-continued")
KINDS: Mapping[str, tuple[list[str], list[str], Budget, Mapping[str, object]]] = {
    "evaluations": (["cheap", "slow"], ["random", "tpe"], _EVALUATIONS, {}),
    "libraries": (["cheap", "slow"], ["optuna-tpe", "skopt-gp"], _EVALUATIONS, {}),
    "continued": (["epochs"], ["successive-halving", "hyperband", "bohb"], _CONTINUED, {}),
    "continued-library": (["epochs"], ["hpbandster-bohb"], _CONTINUED, {"repetitions": 2}),
    "simulated": (
        ["cheap-epochs"],
        ["asha", "hyperband", "random"],
        _CONTINUED,
        {"simulation": Simulation(workers=3, straggler_rate=0.1)},
    ),
    "children": (["parent"], ["random", "tpe"], _EVALUATIONS, {}),
}
"""Problems, optimizers, budget: native and other people's, both clocks, continued trainings, children left behind."""


def experiments() -> dict[str, Experiment]:
    """Those whose libraries are installed, by name."""
    found = {}
    for name, (problems, optimizers, budget, more) in KINDS.items():
        if all(find_spec(module) for optimizer in optimizers for module in toys.REGISTERED[optimizer].requires):
            found[name] = spec.build(
                "killed",
                [f"kills/{problem}" for problem in problems],
                [f"kills-{optimizer}" for optimizer in optimizers],
                budget,
                **{"repetitions": 1, "workers": 2, "impossible": "error", **more},
            )
    return found


def drawn(kills: int, seed: int, names: Sequence[str]) -> list[Case]:
    """So many kills of the named experiments: of all combinations, those whose parts were drawn least so far."""
    chance = random.Random(seed)
    combinations = [
        (name, target, moment)
        for name, target, moment in product(names, Target, MOMENTS)
        if moment != SETTLING or target in (Target.SUPERVISOR, Target.EVERYTHING)  # the workers are gone by then
    ]
    counts: Counter[object] = Counter()
    waiting: dict[str, list[Strike]] = defaultdict(list)
    for _ in range(kills):
        chance.shuffle(combinations)
        chosen = min(combinations, key=lambda parts: (counts[parts], sum(counts[part] for part in parts)))
        counts.update((chosen, *chosen))
        name, target, moment = chosen
        waiting[name].append(Strike(target, moment, chance.uniform(0.0, 0.9)))
    cases = []
    for name, strikes in waiting.items():
        while strikes:
            own, strikes = strikes[:MOST_A_CASE], strikes[MOST_A_CASE:]
            own.sort(key=_place)
            cases.append(Case(name, tuple(own), chance.randrange(2**32)))
    return cases


def _place(strike: Strike) -> int:
    """Loading is sure to come at the start alone, and nothing comes after settling."""
    return (strike.moment == SETTLING) - (strike.moment == toys.LOADING)
