"""Who is better, by how much, how sure, and how many seeds would settle it: pairs of labels, paired by repetition.

On each problem a signed-rank test with its interval (``statistics.paired``); over all problems a stratified one, free
of the problems' scales (``statistics.over_problems``). The p-values of all lines about single problems are corrected
together, and so are those over all problems (``statistics.holm``). What the verdicts mean, ``statistics.equivalence``
says. Runs of equal repetitions of one experiment share their randomness, which makes pairs tell more.

How to read it: a *difference* below 0 says that the second of the two is lower, which is better; the interval covers
the typical difference at its level. *Undecided* is not *equal*: ``seeds`` says how many repetitions would probably
decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from hpobench_tui.analysis.quantiles import median
from hpobench_tui.analysis.scores import Scores
from hpobench_tui.analysis.statistics.equivalence import (
    ALPHA,
    Verdict,
    equivalence_rows,
    verdict,
    verdict_over,
)
from hpobench_tui.analysis.statistics.estimate import Estimate
from hpobench_tui.analysis.statistics.holm import holm
from hpobench_tui.analysis.statistics.over_problems import over_problems
from hpobench_tui.analysis.statistics.paired import paired_rows
from hpobench_tui.analysis.statistics.power import needed_seeds
from hpobench_tui.analysis.statistics.signed_rank import differences
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.nearest import hint, some
from hpobench_tui.store.reader import Floats

MOST_SEEDS = 10_000
"""More are not looked for."""
FEW = 60
"""Lines about single problems for which seeds are worked out unless asked for: 30 ms each."""
Pair: TypeAlias = tuple[str, str]
"""Labels: what it was, or is held against, first."""


@dataclass(frozen=True, slots=True)
class OnProblem:
    """Two labels on one problem.

    Attributes:
        before, after: The labels.
        measure: What is compared.
        n: Repetitions that both have.
        before_median, after_median: Over those.
        difference: Typical ``after`` − ``before`` with its interval; below 0 where ``after`` is better. None below two
            pairs.
        wins, ties, losses: Of ``after``.
        chance: That ``after`` is the lower (A12), with its interval.
        p, corrected: Of the test, and corrected for the number of such lines.
        least_p: The lowest p that as many pairs can have: where it is above the level, nothing can be decided.
        verdict: Of ``after``.
        seeds: How many repetitions would decide, in words; "" where it is decided.
    """

    problem: str
    before: str
    after: str
    measure: Measure
    n: int
    before_median: float | None
    after_median: float | None
    difference: Estimate | None
    wins: int
    ties: int
    losses: int
    chance: Estimate | None
    p: float
    corrected: float
    least_p: float
    verdict: Verdict
    seeds: str


@dataclass(frozen=True, slots=True)
class OverAll:
    """Two labels over all problems that both have; as above, ``won`` and so on in problems.

    ``improvement``: the probability that ``after`` is better in a repetition of a problem, with its interval.
    """

    before: str
    after: str
    problems: int
    n: int
    won: int
    tied: int
    lost: int
    improvement: Estimate | None
    p: float
    corrected: float
    least_p: float
    verdict: Verdict
    seeds: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing came to; ``alpha``: the level of the tests; ``notes``: what must be said of it, a line each."""

    problems: tuple[OnProblem, ...]
    over: tuple[OverAll, ...]
    alpha: float
    notes: tuple[str, ...]


def pairs_between(labels: Sequence[str], names: Sequence[str]) -> list[Pair]:
    """Of two experiments read as one: each label that both have; or, if each has one alone, those two.

    Args:
        labels: As the union shows them: ``label@experiment`` where both have it.
        names: What the experiments are called, the earlier first.

    Raises:
        HpobenchError: they share none.
    """
    before, after = names
    shared = [label.removesuffix(f"@{before}") for label in labels if label.endswith(f"@{before}")]
    found = [(f"{label}@{before}", f"{label}@{after}") for label in shared if f"{label}@{after}" in labels]
    if not found:
        raise HpobenchError(
            f"{before} and {after} have no optimizer in common; there: {some(labels)}. Labels of them can be compared"
            " with --baseline LABEL."
        )
    return found


def pairs_against(labels: Sequence[str], baseline: str) -> list[Pair]:
    """Each other label against one.

    Raises:
        HpobenchError: there is no such label, or no other.
    """
    if baseline not in labels:
        raise HpobenchError(
            f"no optimizer is called {baseline!r} there.{hint(baseline, labels)} There: {some(labels)}."
        )
    if len(labels) < 2:
        raise HpobenchError(f"there is nothing to compare {baseline!r} with: it is the only optimizer.")
    return [(baseline, label) for label in labels if label != baseline]


def compare(
    scores: Scores,
    pairs: Sequence[Pair],
    alpha: float = ALPHA,
    margin: float | None = None,
    seeds: bool | None = None,
) -> Compared:
    """Compare them.

    Args:
        margin: Differences up to it do not matter, in the unit of the measure; None: those within the problems'
            tolerances.
        seeds: Also work out how many would decide on each problem; None: where there are few lines.

    Raises:
        HpobenchError: no two labels of a pair have two finished repetitions of one problem in common.
    """
    rows = [(place, pair) for pair in pairs for place in range(len(scores.problems))]
    labels = {label: place for place, label in enumerate(scores.labels)}
    both = [(scores.values[place, labels[a]], scores.values[place, labels[b]]) for place, (a, b) in rows]
    there = [int((~np.isnan(one) & ~np.isnan(other)).sum()) for one, other in both]
    rows, both = ([each for each, n in zip(of, there, strict=True) if n] for of in (rows, both))
    if max(there, default=0) < 2:
        raise HpobenchError(_nothing(scores, pairs, max(there, default=0)))
    before, after = (np.array(each) for each in zip(*both, strict=True))
    tolerances = np.array([scores.tolerances[place] for place, _ in rows])
    found = paired_rows(after, before, tolerances, 1 - alpha)
    margins = tolerances if margin is None else np.full(len(rows), margin)
    equal = equivalence_rows(after, before, margins, tolerances, alpha)
    corrected = holm(np.array([one.p for one in found]))
    needed = len(rows) <= FEW if seeds is None else seeds
    level = _level(corrected, alpha)
    lines = []
    for number, (place, (old, new)) in enumerate(rows):
        one, p = found[number], float(corrected[number])
        came = verdict(one, equal[number], alpha, p)
        apart = differences(after[number], before[number], tolerances[number])
        common = ~np.isnan(apart)
        lines.append(
            OnProblem(
                problem=scores.problems[place],
                before=old,
                after=new,
                measure=scores.measures[place],
                n=one.n,
                before_median=median(before[number][common]),
                after_median=median(after[number][common]),
                difference=one.difference,
                wins=one.wins,
                ties=one.ties,
                losses=one.losses,
                chance=one.a12,
                p=one.p,
                corrected=p,
                least_p=one.least_p,
                verdict=came,
                seeds=_needed(apart[None], came, level) if needed else "",
            )
        )
    over = _over(scores, [pair for pair in pairs if any(own == pair for _, own in rows)], labels, alpha)
    notes = _notes(scores, lines, alpha)
    if not needed and any(line.verdict is Verdict.UNDECIDED for line in lines):
        notes.append(f"seeds are worked out over all problems only, as there are {len(rows)} lines (--seeds: for each)")
    return Compared(tuple(lines), tuple(over), alpha, tuple(notes))


def _over(scores: Scores, pairs: Sequence[Pair], labels: Mapping[str, int], alpha: float) -> list[OverAll]:
    both: list[tuple[Floats, Floats]] = [(scores.values[:, labels[a]], scores.values[:, labels[b]]) for a, b in pairs]
    found = [over_problems(after, before, scores.tolerances, 1 - alpha) for before, after in both]
    corrected = holm(np.array([one.p for one in found]))
    level = _level(corrected, alpha)
    lines = []
    for (old, new), (before, after), one, p in zip(pairs, both, found, corrected.tolist(), strict=True):
        apart = differences(after, before, scores.tolerances)
        came = verdict_over(one, alpha=alpha, p=p)
        if not np.nan_to_num(apart).any() and 0.5**one.n <= alpha:  # every pair ties, and they are not few
            came = Verdict.EQUIVALENT
        lines.append(
            OverAll(
                before=old,
                after=new,
                problems=one.problems,
                n=one.n,
                won=one.won,
                tied=one.tied,
                lost=one.lost,
                improvement=one.improvement,
                p=one.p,
                corrected=p,
                least_p=one.least_p,
                verdict=came,
                seeds=_needed(apart, came, level),
            )
        )
    return lines


def _level(corrected: Floats, alpha: float) -> float:
    """What an undecided p would have to be below, as Holm's correction goes."""
    return alpha / max(1, int((corrected > alpha).sum()))


def _needed(apart: Floats, came: Verdict, level: float) -> str:
    return needed_seeds(apart, level, cap=MOST_SEEDS).words if came is Verdict.UNDECIDED else ""


def _nothing(scores: Scores, pairs: Sequence[Pair], most: int) -> str:
    if most == 1:
        return "there is one repetition to compare: how much chance there is in it cannot be told. Run more of them."
    why = []
    if scores.unfinished:
        why.append(f"{scores.unfinished} runs have not finished")
    if scores.failed:
        why.append(f"{scores.failed} failed or have no value")
    reasons = ", ".join(why)
    names = some([f"{one} and {other}" for one, other in pairs])
    return (
        f"nothing can be compared: {names} share no finished repetition of a problem{f' ({reasons})' if why else ''}."
    )


def _notes(scores: Scores, lines: Sequence[OnProblem], alpha: float) -> list[str]:
    notes = []
    few = [line for line in lines if line.least_p > alpha and line.verdict is Verdict.UNDECIDED]
    if few:
        n = min(line.n for line in few)
        notes.append(
            f"of {n} pairs no test can tell a difference at the level of {alpha:g}: it takes at least"
            f" {int(np.ceil(1 - np.log2(alpha)))} that differ"
        )
    if scores.unfinished:
        notes.append(f"{scores.unfinished} runs have not finished, and are left out")
    return notes
