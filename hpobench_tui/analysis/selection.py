"""Which runs of a (problem, label) pair a median is taken over: one rule for curves and tables.

A median means something only if its set of runs does not depend on how well they did, and stays the same along a curve.
So:

* Runs that *finished* (spent their budget, or whose optimizer had nothing left to try) count, as soon as there is one.
* While none has finished, those that have begun count, up to where the shortest of them has come; tables say so.
* A *failed* run never counts in a median, whatever it had reached, because what it would have reached is unknown; it
  is counted and named beside the number. The same holds for a run in which no trial has a loss.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol, TypeVar

from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.reader import RunRow


class OfProblem(Protocol):
    """A row about a problem."""

    @property
    def problem(self) -> str: ...


Row = TypeVar("Row", bound=OfProblem)


@dataclass(frozen=True, slots=True)
class Selection:
    """The runs of one pair, sorted out.

    Attributes:
        counted: Runs in the medians, each with a value.
        finished: Whether the counted runs are finished ones.
        failed: Runs that failed.
        valueless: Finished runs in which no trial has a loss.

    >>> select([], {})
    Selection(counted=(), finished=False, failed=(), valueless=())
    """

    counted: tuple[RunRow, ...]
    finished: bool
    failed: tuple[RunRow, ...]
    valueless: tuple[RunRow, ...]


def select(runs: Sequence[RunRow], values: Mapping[int, Sized]) -> Selection:
    """Sort out the runs of one pair. One without values (or whose curve has none) is one without a value."""
    valued = [run for run in runs if run.id in values and len(values[run.id])]
    failed = tuple(run for run in runs if run.status is RunStatus.FAILED)
    finished = tuple(run for run in valued if run.status.finished)
    with_value = {run.id for run in finished}
    begun = tuple(run for run in valued if run.status is not RunStatus.FAILED)
    return Selection(
        counted=finished or begun,
        finished=bool(finished),
        failed=failed,
        valueless=tuple(run for run in runs if run.status.finished and run.id not in with_value),
    )


def by_label(runs: Iterable[RunRow]) -> dict[str, list[RunRow]]:
    """Runs by label, in first-seen order."""
    return _by(attrgetter("label"), runs)


def by_problem(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Runs or rows by problem, in first-seen order."""
    return _by(attrgetter("problem"), rows)


def _by(key: Callable[[Row], str], rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
