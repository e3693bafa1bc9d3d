"""What of an experiment's course is news: new leaders, what failed and why, stragglers, how it ended.

A line is told once for what is alike: runs of an optimizer that failed for the same reason (but for numbers) are one
line with a count, pairs that were left out are one line, and a problem has one line on who leads it, which is the
latest. Who leads is said of optimizers that half of their runs on the problem have finished for, so that the first
seeds do not make a leader of everybody in turn.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from hpobench_tui.analysis.equality import places
from hpobench_tui.analysis.final import FinalRow, medians_tolerance
from hpobench_tui.analysis.ranks import Ranking
from hpobench_tui.core.describe import first_line, kind_of
from hpobench_tui.core.experiment import Experiment, left_out
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.store.reader import EventRow, RunRow

Kind = Literal["told", "warning", "leader", "failed", "slow", "end"]
SLOW, LEAST_SECONDS, LEAST_RUNS = 3.0, 10.0, 3
"""A straggler takes so many times the median of at least so many finished runs of its pair, and so many seconds."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of news.

    Attributes:
        key: Of several lines with the same key only the latest is kept.
        time: Unix time; None: it is not known.
        count: How many things it stands for.
        label: The optimizer that it is about, if it is about one.
    """

    key: Hashable
    time: float | None
    kind: Kind
    text: str
    count: int = 1
    label: str | None = None


class News:
    """Gathers lines, the newest last."""

    def __init__(self, experiment: Experiment) -> None:
        self._lines: dict[Hashable, Line] = {}
        self._failed: dict[int, tuple[str, str]] = {}
        self._groups: dict[tuple[str, str], dict[int, RunRow]] = {}
        self._seconds: dict[tuple[str, str], dict[int, float]] = {}
        self._told_at: dict[int, float] = {}
        self._leaders: dict[str, str] = {}
        self._looked = False
        self._left_out(experiment)

    @property
    def lines(self) -> tuple[Line, ...]:
        """By time; what has none comes first."""
        return tuple(sorted(self._lines.values(), key=lambda line: line.time or 0.0))

    def _tell(self, line: Line) -> None:
        self._lines.pop(line.key, None)
        self._lines[line.key] = line

    def _left_out(self, experiment: Experiment) -> None:
        if experiment.skipped:
            first, *more = [line.removeprefix("left out: ") for line in left_out(experiment.skipped)]
            others = f" (and {len(more)} more reasons)" if more else ""
            count = len(experiment.skipped)
            text = f"{count} pair{'s' * (count > 1)} cannot run and {'are' if count > 1 else 'is'} left out: {first}"
            self._tell(Line("left out", None, "warning", text + others, count))

    def events(self, events: Sequence[EventRow]) -> None:
        """Lines of the store's log, each once: failed runs and left out pairs are told otherwise."""
        for event in events:
            if event.run is not None:
                self._told_at.setdefault(event.run, event.time)
            if (event.level == "error" and event.run is not None) or event.message.startswith("left out: "):
                continue
            kind: Kind = "told" if event.level == "info" else "warning"
            if event.message == ExperimentStatus.FINISHED:
                kind = "end"
            text = first_line(event.message) or ""
            self._tell(Line("end" if kind == "end" else ("event", event.id), event.time, kind, text))

    def runs(self, changed: Sequence[RunRow], now: float | None) -> None:
        """These runs have changed; ``now``: None at the first look, when it is not known since when."""
        groups: dict[tuple[str, str], None] = {}
        for run in changed:
            pair = run.problem, run.label
            before = self._failed.pop(run.id, None)
            if before is not None:  # as when it is tried again
                del self._groups[before][run.id]
                groups[before] = None
            if run.status is RunStatus.FAILED:
                group = run.label, kind_of(first_line(run.error) or "no reason given")
                self._failed[run.id] = group
                self._groups.setdefault(group, {})[run.id] = run
                groups[group] = None
            if run.status.finished:
                self._seconds.setdefault(pair, {})[run.id] = run.seconds
            else:
                self._seconds.get(pair, {}).pop(run.id, None)
            if run.status is RunStatus.RUNNING:
                self._watch(run, now)
            else:
                self._lines.pop(("slow", run.id), None)
        for group in groups:
            self._tell_failed(group, now)

    def _watch(self, run: RunRow, now: float | None) -> None:
        """Tell of a straggler, once."""
        others = self._seconds.get((run.problem, run.label), {})
        key = "slow", run.id
        if key in self._lines or len(others) < LEAST_RUNS or run.seconds < LEAST_SECONDS:
            return
        usual = median(others.values())
        if run.seconds > SLOW * usual:
            text = f"{_name(run)} takes {run.seconds:.0f} s so far; {len(others)} others took {usual:.3g} s"
            self._tell(Line(key, now, "slow", text, label=run.label))

    def _tell_failed(self, group: tuple[str, str], now: float | None) -> None:
        key, runs = ("failed", *group), self._groups[group]
        known = self._lines.get(key)
        if not runs:
            del self._groups[group]
            self._lines.pop(key, None)
            return
        if known is not None and known.count == len(runs):
            return
        label = group[0]
        latest = list(runs.values())[-1]
        reason = first_line(latest.error) or "no reason given"
        problems = Counter(run.problem for run in runs.values())
        where = f"on {next(iter(problems))}" if len(problems) == 1 else f"on {len(problems)} problems"
        text = f"{_name(latest)} failed: {reason}"
        if len(runs) > 1:
            text = f"{len(runs)} runs of {label} {where} failed: {reason}"
        time = now if now is not None else max((self._told_at[r] for r in runs if r in self._told_at), default=None)
        self._tell(Line(key, time, "failed", text, len(runs), label))

    def leaders(self, rows: Mapping[tuple[str, str], FinalRow], now: float | None) -> None:
        """Who leads each problem, if it is somebody else than before."""
        groups: dict[str, list[FinalRow]] = {}
        for row in rows.values():
            if not row.provisional and row.median is not None and 2 * (row.finished + row.failed) >= row.runs:
                groups.setdefault(row.problem, []).append(row)
        for problem, group in groups.items():
            best, _ = places([row.median for row in group], medians_tolerance(group))
            leader = next((row for row, first in zip(group, best, strict=True) if first), None)
            before = self._leaders.get(problem)
            if leader is None or leader.label == before:
                continue
            self._leaders[problem] = leader.label
            if self._looked:
                was = f" (was {before})" if before else ""
                part = f", {leader.finished} of {leader.runs} seeds so far" * any(map(_goes_on, group))
                text = f"{leader.label} leads {problem}{was}: median {leader.median:.4g}{part}"
                self._tell(Line(("leader", problem), now, "leader", text, label=leader.label))
        if not self._looked and self._leaders:
            counts = Counter(self._leaders.values()).most_common()
            told = [f"{label} leads {count} problem{'s' * (count > 1)}" for label, count in counts[:_NAMED]]
            more = f", {len(counts) - _NAMED} others the rest" if len(counts) > _NAMED else ""
            part = " so far" * any(map(_goes_on, rows.values()))
            self._tell(Line("leads", None, "leader", f"{', '.join(told)}{more}{part}", label=counts[0][0]))
        self._looked = True

    def end(self, status: ExperimentStatus, rows: Mapping[tuple[str, str], FinalRow], ranking: Ranking) -> None:
        """How it came out, where it has finished."""
        line = self._lines.get("end")
        if status is ExperimentStatus.FINISHED and line is not None and (words := outcome(rows, ranking)):
            self._lines["end"] = replace(line, text=f"finished: {words[0]}", label=words[1])


def outcome(rows: Mapping[tuple[str, str], FinalRow], ranking: Ranking) -> tuple[str, str] | None:
    """Who did best by medians, in words, and its label; None: nobody can be said to."""
    wins = Counter(row.label for row in rows.values() if row.best_in_problem)
    problems = len({problem for problem, _ in rows})
    if problems == 1:
        best = next((row for row in rows.values() if row.best_in_problem), None)
        return None if best is None else (f"{best.label} has the lowest median, {best.median:.4g}", best.label)
    if not ranking:
        return None
    lowest = min(ranking.ranks.values())
    first = [label for label, rank in ranking.ranks.items() if rank == lowest]
    if len(first) > 1:
        return f"{', '.join(first[:_NAMED])} tie at average rank {lowest:.2f}", first[0]
    label = first[0]
    return f"{label} has the lowest average rank, {lowest:.2f}, and wins {wins[label]} of {problems} problems", label


def _goes_on(row: FinalRow) -> bool:
    """Whether its numbers may become others."""
    return any(run.status.open for run in row.pair.runs)


def _name(run: RunRow) -> str:
    return f"{run.label} on {run.problem}, seed {run.repetition}"
