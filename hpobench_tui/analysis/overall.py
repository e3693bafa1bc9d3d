"""Anytime performance and what matters, of all that is looked at: the analyses with their inputs."""

from collections.abc import Iterator, Sequence

import numpy as np

from hpobench_tui.analysis.curve import Curve, run_curve
from hpobench_tui.analysis.importance import Importance
from hpobench_tui.analysis.importance import importance as importance_of
from hpobench_tui.analysis.importance.evidence import read
from hpobench_tui.analysis.performance import ecdf
from hpobench_tui.analysis.performance.anytime_stats import sample
from hpobench_tui.analysis.performance.counting import PairRuns, read_pairs
from hpobench_tui.analysis.performance.ert import Ert, table
from hpobench_tui.analysis.performance.hits import Hits, hits_of
from hpobench_tui.analysis.performance.ranks_over_budget import RankCurves, rank_curves
from hpobench_tui.analysis.source import Source
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.nearest import some
from hpobench_tui.store.schema import RunRow

POINTS = 60
FIRST = 1 / 64
"""Share of the budget from which on ranks are shown."""


def pairs(source: Source, problem: str | None = None) -> list[PairRuns]:
    """The runs by problem and label, with their simple regret over the budget."""

    def curves() -> Iterator[tuple[RunRow, Curve]]:
        for run in source.runs():
            if problem is None or run.problem == problem:
                rows = source.progress(run.id, columns=("spent", "incumbent_value"))
                yield run, run_curve(rows, run, Axis.BUDGET, Measure.SIMPLE)

    return read_pairs(curves())


def hits(source: Source, problem: str | None = None) -> list[Hits]:
    """When each run reached the targets that its problem pins.

    Raises:
        HpobenchError: no reference is known of a problem, so that there are no targets.
    """
    chosen = [run for run in source.runs() if problem is None or run.problem == problem]
    if bare := list(dict.fromkeys(run.problem for run in chosen if run.measure is Measure.INCUMBENT)):
        raise HpobenchError(
            f"no reference is known of {some(bare)}, so there are no targets to reach. State the lowest loss that there"
            " can be (`reference`), or look at what has one."
        )
    return [hits_of(pair) for pair in pairs(source, problem)]


def ranks(source: Source) -> RankCurves:
    """Average ranks at shares of the budget.

    Raises:
        HpobenchError: there are fewer than two labels, or no problem and repetition that all were run on.
    """
    return ranks_of(pairs(source))


def ranks_of(found: Sequence[PairRuns]) -> RankCurves:
    """The same of runs that are read already."""
    shares = np.geomspace(FIRST, 1.0, POINTS)
    return rank_curves([sample(pair, shares * (pair.granted or 1.0)) for pair in found], marks=shares)


def functions(source: Source, problem: str | None) -> dict[str, ecdf.Ecdf]:
    """The share of targets that are reached, by label: of one problem over its budget, of all over shares of theirs."""
    found = hits(source, problem)
    return ecdf.ecdf(found, None if problem else ecdf.by_granted(found))


def bands(source: Source, problem: str | None) -> tuple[dict[str, ecdf.Band], str]:
    """The same at points, with intervals; and what the points count."""
    found = bands_of(hits(source, problem), problem is None)
    run = next(run for run in source.runs() if problem is None or run.problem == problem)
    return found, Unit(run.unit).words(run.fidelity) if problem else "share of the budget"


def bands_of(found: Sequence[Hits], shares: bool) -> dict[str, ecdf.Band]:
    """The same of hits that are known already; ``shares``: over shares of the budgets."""
    scale = ecdf.by_granted(found) if shares else None
    most = 1.0 if shares else max(one.granted or 1.0 for one in found)
    points = np.geomspace(FIRST if shares else min(1.0, most), most, 2 * POINTS)
    return ecdf.bands(found, points, scale)


def running_times(source: Source, problem: str | None) -> list[tuple[Hits, Ert]]:
    """The expected running time to each target, for each problem and label."""
    return [(one, row) for one in hits(source, problem) for row in table(one)]


def importance(source: Source, problem: str) -> Importance:
    """What matters on a problem, from all its trials.

    Raises:
        HpobenchError: there are too few, or nothing varies in them.
    """
    evidence = read(source, problem)
    return importance_of(evidence.configurations, evidence.losses, evidence.runs)
