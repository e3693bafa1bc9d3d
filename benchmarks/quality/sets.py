"""The comparisons: problems, optimizers, budget. Each is one family of tests for each of our optimizers in it."""

import re
from dataclasses import dataclass

from hpobench_tui.core import HpobenchError
from hpobench_tui.core.errors import unknown

CONTINUOUS = (
    "synthetic/branin",
    "synthetic/hartmann3",
    "synthetic/hartmann6",
    "synthetic/ackley[d=5]",
    "synthetic/levy[d=5]",
    "synthetic/rosenbrock[d=5]",
    "bbob/f02-ellipsoid",
    "bbob/f06-attractive-sector",
    "bbob/f08-rosenbrock",
    "bbob/f12-bent-cigar",
    "bbob/f15-rastrigin-rotated",
    "bbob/f21-gallagher-101",
)
"""The BBOB functions are in five dimensions, their default; one or more of each of BBOB's five kinds."""
STRUCTURED = ("synthetic/mixed", "synthetic/conditional")

WITH_FIDELITY = (
    "synthetic/counting-ones",
    "synthetic/counting-ones[categorical=16,continuous=16]",
    "synthetic/hartmann6-mf",
    "bandits/curves",
)
"""Counting ones are 8 + 8 by default. All have fidelities from R / 81 to R."""
CYCLE = 21
"""What one cycle of Hyperband's brackets costs from scratch in full evaluations where the least fidelity is R / 81."""


@dataclass(frozen=True)
class Comparison:
    """Our optimizers ``ours`` against each of ``peers``; ``context`` runs beside them and is ranked, not tested.

    ``against`` restricts the peers of one of ours where some are no match: all others have all.
    """

    name: str
    problems: tuple[str, ...]
    budget: int
    unit: str
    ours: tuple[str, ...]
    peers: tuple[str, ...]
    context: tuple[str, ...] = ()
    against: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def optimizers(self) -> tuple[str, ...]:
        return (*self.ours, *self.peers, *self.context)

    def opponents(self, ours: str) -> tuple[str, ...]:
        """The peers that one of ours is tested against."""
        return dict(self.against).get(ours, self.peers)


SETS = (
    Comparison(
        "bayesian", (*CONTINUOUS, *STRUCTURED), 40, "evaluations",
        ours=("gp", "forest"), peers=("skopt-gp", "optuna-gp", "bayesian-optimization"),
    ),
    Comparison(
        "tpe", (*CONTINUOUS, *STRUCTURED), 100, "evaluations",
        ours=("tpe",), peers=("optuna-tpe-univariate", "optuna-tpe-defaults", "hyperopt-tpe"),
    ),
    Comparison(
        "evolution", (*CONTINUOUS, *STRUCTURED), 1000, "evaluations",
        ours=("cma-es", "de", "genetic", "regularized-evolution", "pso"), peers=("cma", "optuna-nsga2"),
        against=(
            ("cma-es", ("cma",)),
            ("de", ("optuna-nsga2",)),
            ("genetic", ("optuna-nsga2",)),
            ("regularized-evolution", ("optuna-nsga2",)),
            ("pso", ("optuna-nsga2",)),
        ),
    ),
    Comparison(
        "multi-fidelity", WITH_FIDELITY, 3 * CYCLE, "full-evaluations",
        ours=("bohb", "dehb"), peers=("hpbandster-bohb", "dehb-library"), context=("hyperband", "asha"),
        against=(("bohb", ("hpbandster-bohb",)), ("dehb", ("dehb-library",))),
    ),
)  # fmt: skip


def find(name: str) -> Comparison:
    """The set of that name.

    Raises:
        HpobenchError: there is none.
    """
    known = {comparison.name: comparison for comparison in SETS}
    if name not in known:
        raise unknown("set", name, list(known))
    return known[name]


def chosen(given: str | None, valid: tuple[str, ...], kind: str) -> tuple[str, ...]:
    """The names in a comma-separated list (brackets hold commas too), in the order of the set; all without one.

    Raises:
        HpobenchError: one of them is not in the set.
    """
    if given is None:
        return valid
    names = [name.strip() for name in re.split(r",(?![^\[]*\])", given)]
    if wrong := [name for name in names if name not in valid]:
        raise HpobenchError(f"not in this set: {kind} {', '.join(wrong)}. Valid: {', '.join(valid)}.")
    return tuple(name for name in valid if name in names)
