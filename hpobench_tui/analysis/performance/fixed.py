"""The two cuts through anytime performance, as tables: what is reached for given budgets, what given targets cost.

A *fixed-budget* table holds the median, mean and IQM of the measure at each budget (``anytime_stats``); a
*fixed-target* table ERT, success rate and restarts at each target (``ert``). Hansen et al. (arXiv 1603.08785) prefer
the latter: its numbers can be read as "so many times faster", those of fixed budgets cannot.

How to read them: along a row of the first, how good it gets; along a row of the second, how dear it gets. Each cell has
its n and interval; failed and unfinished runs are counted beside (the package's docstring says with what).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hpobench_tui.analysis.performance.anytime_stats import Statistics, sample, statistics
from hpobench_tui.analysis.performance.counting import PairRuns, by_problem
from hpobench_tui.analysis.performance.ert import Ert, table
from hpobench_tui.analysis.performance.hits import hits_of
from hpobench_tui.analysis.performance.resample import DRAWS, LEVEL
from hpobench_tui.core.columns import Floats


@dataclass(frozen=True, slots=True)
class FixedBudgetTable:
    """One problem's labels at ``budgets``, positions on ``axis``."""

    problem: str
    axis: str
    budgets: tuple[float, ...]
    rows: tuple[Statistics, ...]


@dataclass(frozen=True, slots=True)
class FixedTargetRow:
    """One label's ERT at each target."""

    label: str
    cells: tuple[Ert, ...]
    n: int
    failed: int
    unfinished: int
    out: int


@dataclass(frozen=True, slots=True)
class FixedTargetTable:
    """One problem's labels at ``targets``, regrets; what they cost is in units of ``axis``."""

    problem: str
    axis: str
    targets: tuple[float, ...]
    rows: tuple[FixedTargetRow, ...]


def fixed_budget(
    pairs: Sequence[PairRuns], budgets: Sequence[float] | Floats, level: float = LEVEL, draws: int = DRAWS
) -> list[FixedBudgetTable]:
    """One table a problem, in first-seen order."""
    return [
        FixedBudgetTable(
            problem,
            str(group[0].axis),
            tuple(map(float, budgets)),
            tuple(statistics(sample(pair, budgets), level, draws) for pair in group),
        )
        for problem, group in by_problem(pairs).items()
    ]


def fixed_target(pairs: Sequence[PairRuns], level: float = LEVEL, draws: int = DRAWS) -> list[FixedTargetTable]:
    """One table a problem, in first-seen order; the targets are the pairs'."""
    return [
        FixedTargetTable(
            problem,
            str(group[0].axis),
            group[0].targets,
            tuple(
                FixedTargetRow(
                    pair.label,
                    tuple(table(hits_of(pair), level, draws)),
                    pair.n,
                    pair.failed,
                    pair.unfinished,
                    pair.out,
                )
                for pair in group
            ),
        )
        for problem, group in by_problem(pairs).items()
    ]
