"""A choice of solver and penalty of which some pairs do not exist, as in linear models; ours.

Forbidden are lbfgs with l1, lbfgs with elasticnet and liblinear with elasticnet. With c = log10 C and v iterations the
loss is

    0.1 + s(solver) + p(penalty) + 0.02 (c - t(penalty))^2 + 0.1 / v

with s = 0, 0.02, 0.03 for lbfgs, liblinear, saga; p = 0, 0.02, 0.05 and t = 1, 0, -1 for elasticnet, l1, l2; and v from
10 to 1000. The square vanishes at C = 10^t and 0.1 / v is least at v = 1000, so a pair of solver and penalty gives
0.1001 + s + p at best. Of the pairs that exist the best is saga with elasticnet, 0.03 (lbfgs with l2 has 0.05,
liblinear with l1 0.04; the rest more): the least loss is 0.1301, at C = 10. Were nothing forbidden, lbfgs with
elasticnet would be best, so a search that repairs forbidden pairs instead of avoiding them is drawn to the wrong place.

Seconds: 0.001 an iteration, three times as much for saga.
"""

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING

from hpobench_suites.synthetic.conditional import Settled
from hpobench_suites.synthetic.description import TOLERANCE
from hpobench_tui.core import Configuration, Dimensions, ProblemInfo, Reference
from hpobench_tui.core.targets import spaced

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

SOLVER = {"lbfgs": 0.0, "liblinear": 0.02, "saga": 0.03}
PENALTY = {"l2": (0.05, -1.0), "l1": (0.02, 0.0), "elasticnet": (0.0, 1.0)}
FORBIDDEN = (("lbfgs", "l1"), ("lbfgs", "elasticnet"), ("liblinear", "elasticnet"))

INFO = ProblemInfo(
    id="synthetic/forbidden",
    summary="Solver and penalty, three pairs of them forbidden; the unconstrained optimum is one of these",
    load="hpobench_suites.synthetic.forbidden:Forbidden",
    dimensions=Dimensions(floats=1, integers=1, categoricals=2, forbiddens=3),
    reference=Reference(0.1301, "closed form"),
    seconds=2e-6,
    tags=("closed-form", "mixed", "forbidden"),
    tolerance=TOLERANCE,
    costs=True,
    targets=spaced(0.073, TOLERANCE),  # from the median of random draws (``python -m benchmarks.levels``)
)


class Forbidden:
    """The problem ``synthetic/forbidden``.

    >>> (best,) = Forbidden().minimisers()
    >>> round(Forbidden().start(best, seed=0, device="cpu").advance(1).loss, 4)
    0.1301
    >>> len(Forbidden().space().forbidden_clauses)
    3
    """

    def space(self) -> "ConfigurationSpace":
        """Two categoricals with three forbidden pairs, a logarithmic float and a logarithmic integer."""
        from ConfigSpace import (
            Categorical,
            ConfigurationSpace,
            Float,
            ForbiddenAndConjunction,
            ForbiddenEqualsClause,
            Integer,
        )

        solver, penalty = Categorical("solver", list(SOLVER)), Categorical("penalty", list(PENALTY))
        space = ConfigurationSpace()
        space.add(solver, penalty, Float("C", (1e-3, 1e3), log=True), Integer("iterations", (10, 1000), log=True))
        space.add(
            *(
                ForbiddenAndConjunction(ForbiddenEqualsClause(solver, first), ForbiddenEqualsClause(penalty, second))
                for first, second in FORBIDDEN
            )
        )
        return space

    def start(self, configuration: Configuration, seed: int, device: str) -> Settled:
        """The evaluation of one configuration; the seed has no part in it."""
        solver, iterations = str(configuration["solver"]), int(configuration["iterations"])
        offset, target = PENALTY[str(configuration["penalty"])]
        off = log10(float(configuration["C"])) - target
        loss = 0.1 + SOLVER[solver] + offset + 0.02 * off * off + 0.1 / iterations
        return Settled(loss, iterations * (0.003 if solver == "saga" else 0.001))

    def minimisers(self) -> Sequence[Configuration]:
        """The one optimum."""
        return [{"solver": "saga", "penalty": "elasticnet", "C": 10.0, "iterations": 1000}]
