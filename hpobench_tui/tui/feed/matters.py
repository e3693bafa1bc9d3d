"""How much the hyperparameters of a problem matter, worked out in a process of its own.

It takes seconds, and memory that the app would keep for ever. The process is the command line's (``hpobench show
EXPERIMENT --importance PROBLEM --json``); it is started when somebody looks, and once more when there is twice as much
to go by, or when all runs have ended.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import Any

from hpobench_tui.core.lines import object_of
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.feed.reading import Reading


@dataclass(frozen=True, slots=True)
class Matter:
    """One hyperparameter, or a pair: its share with its interval, 0 to 1."""

    name: str
    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Importance:
    """Of a problem's hyperparameters, the most important first.

    Attributes:
        why_not: Why there is none, if so.
        trials: From how many.
        notes: What must be said with it.
        seen: How many trials there were when it was asked for.
    """

    why_not: str = ""
    single: tuple[Matter, ...] = ()
    pairs: tuple[Matter, ...] = ()
    trials: int = 0
    notes: tuple[str, ...] = ()
    seen: int = 0


class Matters(Reading[Importance]):
    """Key: a problem."""

    def __init__(self, feed: object, problem: str) -> None:
        super().__init__(feed, problem)  # type: ignore[arg-type]
        self._problem = problem
        self._process: subprocess.Popen[str] | None = None
        self._made: Importance | None = None
        self._stopped = False
        self._stale = False
        self.total = 1

    @property
    def words(self) -> str:
        return "" if self.complete else "working out importance"

    def stop(self) -> None:
        """[by the screen] Nobody waits for it any more."""
        self._stopped = True
        if (process := self._process) is not None and process.poll() is None:
            process.terminate()

    def go_on(self) -> None:
        """[by the screen] Somebody does."""
        self._stopped = False

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        if changed is None or any(run.problem == self._problem for run in changed):
            self._stale = True

    def step(self, reader: Reader, live: Live) -> bool:
        if self._process is not None:
            if self._made is not None:
                made, self._process, self._made = self._made, None, None
                self.done = 1
                self.publish(made)
            return False
        if not self._stale or self._stopped:
            return False
        self._stale = False
        runs = [run for run in live.runs if run.problem == self._problem]
        trials = sum(run.trials for run in runs)
        known = self.picture
        at_rest = all(run.status.at_rest for run in runs)
        news = (
            known is None or trials >= 2 * known.seen + 1 or trials < known.seen or (at_rest and trials != known.seen)
        )
        if news:
            self.done = 0
            self._start(reader, trials)
        return False

    def _start(self, reader: Reader, trials: int) -> None:
        words = ["show", str(reader.path.parent.resolve()), "--importance", self._problem, "--json"]
        call, pipe = [sys.executable, "-P", "-m", "hpobench_tui", *words], subprocess.PIPE
        self._process = subprocess.Popen(
            call, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, errors="replace"
        )
        Thread(target=self._wait, args=(self._process, trials), name="importance", daemon=True).start()

    def _wait(self, process: "subprocess.Popen[str]", trials: int) -> None:
        told, complaint = process.communicate()
        try:
            found = read((object_of(told) or {})["importance"], trials)
        except (KeyError, TypeError, ValueError, OverflowError):
            last = complaint.strip().splitlines()[-1:] or ["it ended without a word"]
            found = Importance(last[0].removeprefix("hpobench: "), seen=trials)
        if self._stopped:
            self._process, self._stale = None, True
        else:
            self._made = found
            self.feed.wake()


def read(found: Mapping[str, Any], seen: int) -> Importance:
    """What the command line prints.

    Raises:
        KeyError, TypeError, ValueError, OverflowError: it prints something else.
    """
    single = tuple(
        Matter(str(one["name"]), float(one["importance"]), float(one["low"]), float(one["high"]), int(one["n"]))
        for one in found["hyperparameters"]
    )
    pairs = tuple(
        Matter(
            f"{one['one']} × {one['other']}", float(one["share"]), float(one["low"]), float(one["high"]), int(one["n"])
        )
        for one in found["pairs"]
    )
    return Importance("", single, pairs, int(found["trials"]), tuple(map(str, found["notes"])), seen)
