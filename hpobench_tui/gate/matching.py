"""Which runs of two experiments are held against each other, and what is missing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import log

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.analysis.statistics.signed_rank import differences
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import some
from hpobench_tui.gate.baseline import Baseline, OfRun, Place
from hpobench_tui.gate.outcome import Came, Finding, What

MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """A run, and the one that it is held against."""

    old: OfRun
    new: OfRun

    @property
    def seeded(self) -> bool:
        """Whether they have equal seeds, and so the same randomness."""
        return self.old.seeds == self.new.seeds

    @property
    def equal(self) -> bool:
        """Whether their trials are the same bit by bit, and say the same: what people edit is no longer what ran."""
        old, new = self.old, self.new
        return (old.seeds, old.digest, old.value, old.trials, old.failed) == (
            new.seeds, new.digest, new.value, new.trials, new.failed,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Matched:
    """Pairs by problem and label, those of equal seeds first; ``tolerances`` by problem.

    ``timed`` are the problems whose budget is of time: on equal seeds, too, their trials are others each time.
    """

    pairs: dict[Place, list[Pair]]
    problems: tuple[str, ...]
    labels: tuple[str, ...]
    tolerances: dict[str, float]
    timed: frozenset[str]

    def of(self, label: str) -> list[Pair]:
        """All pairs of a label."""
        return [pair for (_, own), pairs in self.pairs.items() if own == label for pair in pairs]

    @property
    def all(self) -> list[Pair]:
        return [pair for pairs in self.pairs.values() for pair in pairs]


def match(new: Baseline, old: Baseline) -> Matched:
    """Pair runs by their seeds; those that are left, in order of their repetitions.

    Where seeds differ a pair shares no randomness. It is as good as any other: where nothing changed, the two could be
    swapped. Only chance makes it so large.

    Raises:
        HpobenchError: they have nothing in common, or something of a problem is not the same.
    """
    shared = [place for place in old.runs if place in new.runs]
    if not shared:
        raise HpobenchError(
            f"{new.experiment} and the baseline {old.experiment} have no optimizer on a problem in common."
            f" Problems: {some(sorted(new.problems))}; of the baseline: {some(sorted(old.problems))}."
            f" Labels: {some(sorted({label for _, label in new.runs}))}; of the baseline:"
            f" {some(sorted({label for _, label in old.runs}))}."
        )
    problems = tuple(dict.fromkeys(problem for problem, _ in shared))
    _refuse_unlike(new, old, problems)
    tolerances = {problem: max(old.tolerance(problem), new.tolerance(problem)) for problem in problems}
    pairs = {place: _paired(new.runs[place], old.runs[place]) for place in shared}
    timed = frozenset(problem for problem in problems if Unit(new.problems[problem].unit).counts_time)
    return Matched(pairs, problems, tuple(dict.fromkeys(label for _, label in shared)), tolerances, timed)


def _paired(new: tuple[OfRun, ...], old: tuple[OfRun, ...]) -> list[Pair]:
    waiting: dict[str, list[OfRun]] = {}
    for run in new:
        waiting.setdefault(run.seeds, []).append(run)
    found, left = [], []
    for run in old:
        if own := waiting.get(run.seeds):
            found.append(Pair(run, own.pop(0)))
        else:
            left.append(run)
    rest = sorted((run for runs in waiting.values() for run in runs), key=lambda run: run.repetition)
    return found + [Pair(*two) for two in zip(left, rest, strict=False)]


def _refuse_unlike(new: Baseline, old: Baseline, problems: tuple[str, ...]) -> None:
    unlike = [
        f"{problem}: {field.name} {_told(one)} in the baseline, {_told(other)} now"
        for problem in problems
        for field in fields(old.problems[problem])
        if (one := getattr(old.problems[problem], field.name)) != (other := getattr(new.problems[problem], field.name))
    ]
    if unlike:
        more = f" (and {len(unlike) - MOST_TOLD} more)" if len(unlike) > MOST_TOLD else ""
        raise HpobenchError(
            f"{new.experiment} and the baseline {old.experiment} cannot be compared: {'; '.join(unlike[:MOST_TOLD])}"
            f"{more}. Run what the baseline is of, or make a new one with `hpobench baseline create`."
        )


def _told(value: object) -> str:
    return "none" if value is None else f"{value!r}" if isinstance(value, float) else str(value)


def coverage(new: Baseline, old: Baseline, matched: Matched, allowed: bool) -> list[Finding]:
    """Whether what the baseline has is there; what is wholly missing of a problem, or of a label, is one finding."""
    came = Came.SKIPPED if allowed else Came.FAILED
    gone: Counter[Place] = Counter()
    for place, runs in old.runs.items():
        gone[place] = len(runs) - len(matched.pairs.get(place, ()))
    found = []
    for problem, label, places in _grouped(old, matched, [place for place, n in gone.items() if n]):
        missing = sum(gone[place] for place in places)
        of = sum(len(old.runs[place]) for place in places)
        found.append(
            Finding(
                What.COVERAGE,
                came,
                f"{missing} of the baseline's {of} runs are missing or have not finished",
                problem,
                label,
                {"missing": missing, "n": of},
            )
        )
    if found:
        return found
    total = sum(map(len, old.runs.values()))
    return [Finding(What.COVERAGE, Came.PASSED, f"all {total} runs of the baseline are there", numbers={"n": total})]


def _grouped(
    old: Baseline, matched: Matched, places: list[Place]
) -> Iterator[tuple[str | None, str | None, list[Place]]]:
    left = list(places)
    for problem in dict.fromkeys(problem for problem, _ in left):
        own = [place for place in old.runs if place[0] == problem]
        if len(own) > 1 and not any(place in matched.pairs for place in own):
            yield problem, None, own
            left = [place for place in left if place[0] != problem]
    for label in dict.fromkeys(label for _, label in left):
        own = [place for place in left if place[1] == label]
        if len(own) > 1 and not any(at[1] == label for at in matched.pairs):
            yield None, label, own
            left = [place for place in left if place[1] != label]
    for place in left:
        yield (*place, [place])


@dataclass(frozen=True, slots=True)
class Apart:
    """How values of one label differ, problem by problem.

    Attributes:
        values: Shape (problems, pairs): above 0 is worse, 0 a tie, NaN no pair.
        relative: Shape (problems,): whether they are relative: logarithms of ratios where all values are above 0,
            else shares of the baseline's typical size. Not so where that is 0.
        logs: Shape (problems,): whether they are logarithms.
    """

    values: Floats
    relative: NDArray[np.bool_]
    logs: NDArray[np.bool_]

    def change(self, place: int, value: float) -> float:
        """A difference on a problem as a relative change, 0.05 for 5 % worse; infinite where the baseline's typical
        value is 0."""
        if self.logs[place]:
            return float(np.expm1(min(value, 700.0)))
        return value if self.relative[place] or not value else float(np.copysign(np.inf, value))

    def shifts(self, effect: float) -> Floats:
        """What each problem's differences would be greater by, were all values worse by this share; NaN: unknown."""
        return np.where(self.logs, log(1 + effect), np.where(self.relative, effect, np.nan))


def losses_apart(matched: Matched, label: str) -> Apart:
    """Of the values of runs that have one on both sides."""
    rows, relative, logs = [], [], []
    for problem in matched.problems:
        pairs = [p for p in matched.pairs.get((problem, label), ()) if not p.old.lost and not p.new.lost]
        old, new = (np.array([getattr(pair, of).value for pair in pairs], dtype=float) for of in ("old", "new"))
        tolerance = matched.tolerances[problem]
        apart = differences(new, old, tolerance)
        scale = 2 * float(np.median(np.abs(old) / 2)) if len(pairs) else 0.0  # halves do not leave the range of floats
        positive = bool(len(pairs)) and bool((np.minimum(old, new) > tolerance).all())
        if positive:
            apart = np.where(apart == 0.0, 0.0, np.log(new) - np.log(old))
        elif scale > tolerance:
            with np.errstate(over="ignore"):
                apart = apart / scale
        rows.append(apart)
        logs.append(positive)
        relative.append(positive or scale > tolerance)
    return Apart(padded(rows), np.array(relative), np.array(logs))


def padded(rows: list[Floats]) -> Floats:
    """Rows of several lengths as one array, with NaN behind the shorter ones; at least one column."""
    wide = np.full((len(rows), max(1, max(map(len, rows), default=1))), np.nan)
    for place, row in enumerate(rows):
        wide[place, : len(row)] = row
    return wide
