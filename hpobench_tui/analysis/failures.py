"""Why runs and trials failed: reasons that differ in numbers alone are one kind, which is told once, with a count."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hpobench_tui.core.describe import kind_of
from hpobench_tui.store.reader import RunRow


@runtime_checkable
class WithFailures(Protocol):
    """A store, or several (``analysis.union.Union``)."""

    def runs(self) -> list[RunRow]: ...
    def failures(self) -> Iterator[tuple[int, int | None, str]]: ...


@dataclass
class Reason:
    """One kind of reason: how often it came up, where first, and what it says in short and in full.

    >>> reasons = kinds([(0, 3, "ValueError: 1\\nlong"), (1, None, "ValueError: 2")], {0: "a on x", 1: "b on x"})
    >>> [(reason.runs, reason.trials, reason.where, reason.short, reason.whole) for reason in reasons]
    [(1, 1, 'a on x, trial 3', 'ValueError: 1', 'long')]
    """

    runs: int
    trials: int
    where: str
    short: str
    whole: str

    @property
    def how_often(self) -> str:
        """In words."""
        counts = [f"{n} {what}{'s' * (n != 1)}" for n, what in ((self.runs, "run"), (self.trials, "trial")) if n]
        return f"{' and '.join(counts)}, first {self.where}"


def reasons(source: WithFailures, chosen: Collection[int] | None = None) -> list[Reason]:
    """Of all that failed, or of the chosen runs alone, in the order in which they first came up."""
    names = {run.id: f"{run.label} on {run.problem}, repetition {run.repetition}" for run in source.runs()}
    return kinds((each for each in source.failures() if chosen is None or each[0] in chosen), names)


def kinds(failures: Iterable[tuple[int, int | None, str]], names: Mapping[int, str]) -> list[Reason]:
    """The same of (run, trial or None, whole text) and the runs' names."""
    found: dict[str, Reason] = {}
    for run, trial, text in failures:
        short, _, whole = text.partition("\n")
        where = names[run] if trial is None else f"{names[run]}, trial {trial}"
        reason = found.setdefault(kind_of(short), Reason(0, 0, where, short, whole))
        reason.whole = reason.whole or whole
        if trial is None:
            reason.runs += 1
        else:
            reason.trials += 1
    return list(found.values())
