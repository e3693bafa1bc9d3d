"""Data profiles and performance profiles of optimizers over problems.

*Data profile* (Moré & Wild, *SIAM Journal on Optimization* 20, 2009): the share of problems that are solved to accuracy
tau within kappa units of budget each,

    d(kappa) = |{p : t_p / s_p <= kappa}| / |P|         solved: f(x) <= f_L + tau (f(x_0) - f_L)

They take for f_L the best that the compared solvers find, and for s_p the number of dimensions plus one. Here f_L is
the problem's reference and f(x_0) - f_L its first target, both pinned: nobody's profile depends on the others. So it is
the ECDF of one target a problem, the first that is at most tau times the first one, and each problem weighs the same.

*Performance profile* (Dolan & Moré, *Mathematical Programming* 91, 2002): the share of problems on which an optimizer
needs at most alpha times what the quickest of the compared ones needs,

    rho(alpha) = |{p : t_p / min over labels of t_p <= alpha}| / |P|

with t_p = ERT to that target. It is relative by definition: it changes with who is compared, and of more than two only
rho(1), the share of problems on which one is the quickest, can be read as a ranking (Gould & Scott 2016). It is over
the problems that all labels were run on and that at least one solves; the others are named.

How to read them: the data profile at 100 says how many problems are solved for 100 units; the performance profile at 2,
on how many the optimizer is at most twice as slow as the best. Both end at the share that is solved at all.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.performance import targets as pinned
from hpobench_tui.analysis.performance.ecdf import Band, Ecdf, Scale, bands, ecdf
from hpobench_tui.analysis.performance.ert import expected, resampled
from hpobench_tui.analysis.performance.hits import Hits, by_label
from hpobench_tui.analysis.performance.resample import DRAWS, LEVEL, interval
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.errors import HpobenchError

TAU = 0.1


@dataclass(frozen=True, slots=True)
class PerformanceProfile:
    """rho of one label at ``alphas`` with its interval, each (m,).

    Attributes:
        problems: It is over these, for all labels.
        left_out: Problems that a label was not run on.
        unsolved: Problems that no label solves.
        n: How many runs of this label.
    """

    label: str
    alphas: Floats
    rho: Floats
    low: Floats
    high: Floats
    problems: tuple[str, ...]
    left_out: tuple[str, ...]
    unsolved: tuple[str, ...]
    n: int
    tau: float
    level: float = LEVEL


def data_profile(
    hits: Sequence[Hits], tau: float = TAU, scale: Scale | None = None, problems: Collection[str] | None = None
) -> dict[str, Ecdf]:
    """d of each label as a step function of kappa.

    Args:
        scale: By problem (their dimensions plus one, as the authors have it); by default budgets stay what they are.

    Raises:
        HpobenchError: tau is not between 0 and 1; a problem without a scale.
    """
    return ecdf(_at(hits, tau), scale, problems)


def data_profile_bands(
    hits: Sequence[Hits], points: Floats, tau: float = TAU, scale: Scale | None = None
) -> dict[str, Band]:
    """d at points with its interval."""
    return bands(_at(hits, tau), points, scale)


def performance_profile(
    hits: Sequence[Hits], alphas: Floats, tau: float = TAU, level: float = LEVEL, draws: int = DRAWS
) -> dict[str, PerformanceProfile]:
    """rho of each label at ``alphas`` (1 or more), by label; intervals by resampling runs of each problem and label.

    Raises:
        HpobenchError: tau is not between 0 and 1; no problem that all labels were run on.
    """
    groups = by_label(_at(hits, tau))
    every = list(dict.fromkeys(one.problem for one in hits))
    cells = {(label, one.problem): one for label, group in groups.items() for one in group if one.n}
    common = [problem for problem in every if all((label, problem) in cells for label in groups)]
    if not common:
        raise HpobenchError(
            f"no problem on which all of {', '.join(groups)} were run: a performance profile needs one."
        )
    value = np.array([[expected(cells[a, p].first, cells[a, p].spent)[0] for p in common] for a in groups])
    drawn = np.array(
        [
            [resampled(cells[a, p], draws, seed=1 + k + len(common) * i)[:, 0] for k, p in enumerate(common)]
            for i, a in enumerate(groups)
        ]
    )
    solved = np.isfinite(value).any(axis=0)
    rho, resamples_ = _rho(value[:, solved, None], alphas)[:, 0], _rho(drawn[:, solved], alphas)
    low, high = interval(np.moveaxis(resamples_, 1, 0), level)
    chosen = tuple(p for p, known in zip(common, solved, strict=True) if known)
    return {
        label: PerformanceProfile(
            label, alphas, rho[i], low[i], high[i], chosen,
            tuple(p for p in every if p not in common),
            tuple(p for p in common if p not in chosen),
            sum(cells[label, p].n for p in chosen), tau, level,
        )
        for i, label in enumerate(groups)
    }  # fmt: skip


def _rho(times: Floats, alphas: Floats) -> Floats:
    """(labels, problems, draws) to (labels, draws, m)."""
    least = times.min(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(times == least, 1.0, times / least)
    ratio[np.isinf(times)] = np.inf  # never within any factor
    within = ratio[..., None] <= alphas * (1 + 1e-12)
    share: Floats = within.mean(axis=1) if times.shape[1] else np.zeros((len(times), times.shape[2], len(alphas)))
    return share


def _at(hits: Sequence[Hits], tau: float) -> list[Hits]:
    if not 0 < tau <= 1:
        raise HpobenchError(f"the accuracy tau of a profile must be above 0 and at most 1, not {tau:g}.")
    return [one.at(pinned.at_accuracy(one.targets, tau)) for one in hits]
