"""Comparisons (``analysis.compare``) as rows."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hpobench_tui.analysis.compare import OnProblem, OverAll, Pair, compare, pairs_against, pairs_between
from hpobench_tui.analysis.scores import scores
from hpobench_tui.analysis.statistics.estimate import Estimate
from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.nearest import some

if TYPE_CHECKING:
    from hpobench_tui.analysis.union import Union


def pairs(
    labels: Sequence[str], names: Sequence[str], before: str | None, after: str | None, baseline: str | None
) -> list[Pair]:
    """What is compared.

    Raises:
        HpobenchError: it is not said, or there is no such label.
    """
    if baseline is not None:
        if before is not None or after is not None:
            raise HpobenchError("compare: give before and after, or baseline alone.")
        return pairs_against(labels, baseline)
    if before is not None and after is not None:
        for label in (before, after):
            if label not in labels:
                raise unknown("optimizer", label, list(labels))
        if before == after:
            raise HpobenchError(f"compare: before and after are both {before!r}.")
        return [(before, after)]
    if before is not None or after is not None:
        raise HpobenchError("compare: give both before and after, or baseline alone.")
    if len(names) == 2:
        return pairs_between(labels, names)
    if len(labels) == 2:
        return [(labels[0], labels[1])]
    if len(labels) < 2:
        raise HpobenchError(f"there is nothing to compare {labels[0]!r} with: it is the only optimizer.")
    raise HpobenchError(f"compare: name a baseline, or before and after; there are {some(list(labels))}.")


def rows(
    union: "Union", chosen: Sequence[Pair], measure: Measure | None, margin: float | None, alpha: float
) -> list[dict[str, Any]]:
    """One a pair and problem, then one a pair over all problems if there are several."""
    found = compare(scores(union.runs(), union.ends(), measure), chosen, alpha, margin)
    several = len({line.problem for line in found.problems}) > 1
    return [*map(_on_problem, found.problems), *(_over_all(line) for line in found.over if several)]


def _on_problem(line: OnProblem) -> dict[str, Any]:
    own = asdict(line)
    return {
        **{name: own[name] for name in ("problem", "before", "after", "measure", "n")},
        **{name: own[name] for name in ("before_median", "after_median")},
        **_estimate("difference", line.difference),
        **{name: own[name] for name in ("wins", "ties", "losses")},
        **_of_both(line, line.chance),
    }


def _over_all(line: OverAll) -> dict[str, Any]:
    return {
        "problem": None, "before": line.before, "after": line.after, "n": line.n, "wins": line.won,
        "ties": line.tied, "losses": line.lost, **_of_both(line, line.improvement),
    }  # fmt: skip


def _of_both(line: OnProblem | OverAll, chance: Estimate | None) -> dict[str, Any]:
    return {
        "chance": chance and chance.value, "p": line.p, "corrected": line.corrected, "least_p": line.least_p,
        "verdict": str(line.verdict), "seeds": line.seeds,
    }  # fmt: skip


def _estimate(name: str, found: Estimate | None) -> dict[str, Any]:
    return {
        name: found and found.value, "low": found and found.lower, "high": found and found.upper,
    }  # fmt: skip
