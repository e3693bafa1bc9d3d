"""All experiments of a folder, read bit by bit in a thread, and kept: one that did not change is not opened again.

Names are there at once; then, newest first, where each stands; at last who is ahead in it, which takes longest. A look
costs what changed since the one before.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from hpobench_tui.core.describe import describe
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import some
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.engine.front import lifecycle, trash
from hpobench_tui.store.reader import FILE, Reader

RESTS = 20
"""Who is ahead in one that runs is worked out at most in one part of so many of the time."""
Sign = tuple[tuple[int, int], ...]
"""Of files, when they were written and how large they are."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An experiment in the list.

    Attributes:
        started: Unix time; as its name says it until it was read.
        status: "" until it was read; ``unreadable`` with the reason in ``trouble``.
        reason: Why it is interrupted.
        ended, failed, runs, failed_trials: How many.
        seconds: Of supervision.
        size: Bytes on disk, with all that was exported.
        leader, rule: Who is ahead, and by what; None: not worked out yet, or of a time when less had ended.
        current: Whether ``leader`` is as the store stands.
        about: On which problems, by which optimizers.
    """

    folder: Path
    started: float
    status: str = ""
    trouble: str | None = None
    reason: str | None = None
    ended: int = 0
    failed: int = 0
    runs: int = 0
    failed_trials: int = 0
    seconds: float = 0.0
    size: int | None = None
    leader: str | None = None
    rule: str = ""
    current: bool = False
    about: str = ""

    @property
    def lives(self) -> bool:
        """Whether somebody works on it."""
        return self.status in (ExperimentStatus.WAITING, ExperimentStatus.RUNNING, ExperimentStatus.PAUSED)

    @property
    def resumable(self) -> bool:
        """Whether it can go on, or be ended."""
        return not self.lives and self.trouble is None and (self.ended < self.runs or self.reason is not None)


class Catalogue:
    """The experiments below ``root``; :attr:`entries` is replaced as a whole, and may be read from any thread."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.entries: tuple[Entry, ...] = ()
        self.complete = False
        """Whether all is read as of the last look."""
        self._signs: dict[Path, Sign] = {}
        self._due: dict[Path, float] = {}
        self._listed: int | None = None

    def look(self, again: bool = True) -> Iterator[None]:
        """[thread] Bring it up to date, a store at most between two steps.

        Args:
            again: Look at every store whether it has changed; else at those that run, and at what is new.
        """
        listed = _written(self.root)
        if again or listed != self._listed:
            self._list()
            self._listed = listed
            yield
        for entry in self.entries:
            if again or entry.lives or not entry.status:
                yield from self._read(entry)
        self._put(*sorted(self.entries, key=_newest_first))
        for entry in self.entries:
            if entry.trouble is None and not entry.current and time.monotonic() >= self._due.get(entry.folder, 0.0):
                self._lead(entry)
                yield
        self.complete = True
        yield

    def _put(self, *entries: Entry) -> None:
        if entries != self.entries:
            self.entries = entries

    def _replace(self, before: Entry, after: Entry) -> None:
        if after != before:
            self._put(*(after if entry is before else entry for entry in self.entries))

    def _list(self) -> None:
        known = {entry.folder: entry for entry in self.entries}
        folders = [path.parent for path in self.root.glob(f"*/{FILE}")]
        found = [known.get(folder) or Entry(folder, _guessed(folder)) for folder in folders]
        self._put(*sorted(found, key=_newest_first))
        self.complete = self.complete and all(entry.status for entry in found)

    def _read(self, before: Entry) -> Iterator[None]:
        folder = before.folder
        sign = _sign(folder)
        alive = lifecycle.supervised(folder)
        if self._signs.get(folder) == sign and alive == before.lives and before.status:
            return
        try:
            with Reader(folder) as reader:
                row = reader.experiment()
                statuses, _, failed_trials = reader.tally()
                imported = reader.imported
        except (HpobenchError, OSError) as error:
            trouble = str(error)
            entry = Entry(folder, before.started, "unreadable", trouble, size=trash.size(folder))
        else:
            experiment = row.experiment
            entry = replace(
                before,
                started=row.created,
                status="imported" if imported else str(lifecycle.status(folder, row)),
                trouble=None,
                reason=lifecycle.reason(folder, row),
                ended=sum(count for status, count in statuses.items() if status.ended),
                failed=statuses[RunStatus.FAILED],
                runs=statuses.total(),
                failed_trials=failed_trials,
                seconds=row.seconds,
                size=trash.size(folder),
                current=False,
                about=(f"{imported}\n" if imported else "")
                + f"on {some(experiment.problems)}\nby {some([c.label for c in experiment.contenders])}",
            )
            if entry.ended == before.ended and entry.runs == before.runs and before.leader is not None:
                entry = replace(entry, current=before.current)
        self._signs[folder] = sign
        self._replace(before, entry)
        yield

    def _lead(self, before: Entry) -> None:
        from hpobench_tui.analysis.final import final_table
        from hpobench_tui.analysis.leader import leader

        began = time.monotonic()
        try:
            with Reader(before.folder) as reader:
                found = leader(final_table(reader.runs(), reader.ends()))
            entry = replace(before, leader=found.words, rule=found.rule, current=True)
        except HpobenchError as error:
            entry = replace(before, status="unreadable", trouble=str(error))
        except Exception as error:  # noqa: BLE001 - said in its row
            entry = replace(before, leader="", rule=f"cannot be told: {describe(error)}", current=True)
        self._due[before.folder] = time.monotonic() + RESTS * (time.monotonic() - began)
        self._replace(before, entry)


@lru_cache(maxsize=4)
def catalogue(root: Path) -> Catalogue:
    """The one of that folder, as long as the app lives."""
    return Catalogue(root)


def _newest_first(entry: Entry) -> tuple[float, str]:
    return -entry.started, entry.folder.name


def _written(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _sign(folder: Path) -> Sign:
    found = []
    for name in (FILE, f"{FILE}-wal"):
        with suppress(OSError):
            stat = os.stat(folder / name)
            found.append((stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def _guessed(folder: Path) -> float:
    """When it was started, without opening it."""
    if stamp := lifecycle.STAMP.search(folder.name):
        with suppress(ValueError, OverflowError):
            return time.mktime(time.strptime("-".join(stamp[0].split("-")[1:3]), "%Y%m%d-%H%M%S"))
    return (_written(folder / FILE) or 0) / 1e9
