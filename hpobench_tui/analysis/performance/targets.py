"""Which regret targets a problem is measured by, and the bounds for areas that follow from them.

A problem pins its targets (``ProblemInfo.targets``; the rule is in ``core.targets`` and ``python -m benchmarks.levels``
shows what random draws reach of them); they are kept with each run. One that pins none has COCO's 51, 10^(2 - k/5)
(Hansen et al., *COCO: performance assessment*, arXiv 1605.03560, section 4). They are differences of losses from the
reference, in the problem's own unit.

How to read it: the first target is about what a configuration drawn at random has, the last as good as the reference.
"The regret fell by 60 % of the targets" means the same on each problem, although their losses have other scales.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import inf

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.targets import COCO
from hpobench_tui.store.reader import RunRow

Targets = tuple[float, ...]
SameAs = Mapping[str, str]
"""Other names of problems to the names that count (``ProblemInfo.same_as``)."""


def of_runs(problem: str, runs: Iterable[RunRow]) -> Targets:
    """The targets of runs of one problem. Those of before it pinned its own have COCO's, and take the others' here.

    Raises:
        HpobenchError: they pin different ones.
    """
    known = COCO
    for own in dict.fromkeys(run.targets for run in runs):
        if own != COCO and known != COCO:
            raise HpobenchError(
                f"runs of {problem} are measured by different targets: {_told(known)}, and {_told(own)}."
                " Give the targets to use, or compare runs of one version of the problem."
            )
        known = known if own == COCO else own
    return known


def check(targets: Sequence[float], problem: str) -> Targets:
    """Targets that somebody gave.

    Raises:
        HpobenchError: they are none, not positive, or do not descend.
    """
    given = tuple(map(float, targets))
    if not given or not all(0 < t < inf for t in given) or sorted({*given}, reverse=True) != [*given]:
        raise HpobenchError(f"targets of {problem} must be regrets above 0, each lower than the one before: {given}.")
    return given


def bounds(targets: Targets) -> tuple[float, float]:
    """Between which regrets areas are measured: the last and the first target; a tenth of it where there is but one."""
    return (targets[-1] if len(targets) > 1 else targets[0] / 10), targets[0]


def at_accuracy(targets: Targets, tau: float) -> int:
    """The place of the first target that is at most ``tau`` times the first one; of the last if none is.

    The first target stands for the regret at the beginning, f(x_0) - f_L in Moré & Wild's convergence test.
    """
    return next((k for k, target in enumerate(targets) if target <= tau * targets[0] * (1 + 1e-9)), len(targets) - 1)


def _told(targets: Targets) -> str:
    return f"{len(targets)} from {targets[0]:g} to {targets[-1]:g}"
