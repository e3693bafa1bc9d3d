"""The experiment that lives through a soak: what its one supervisor holds, and whether its results are right."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from statistics import median

from benchmarks.kills.scene import differences, wait_until
from benchmarks.soak import acts
from benchmarks.soak.acts import PATIENCE, Place, Play, Wrong
from benchmarks.soak.plays import canonical, left, resident
from hpobench_tui.core import Budget
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import MAX_RUNS
from hpobench_tui.engine.front import lifecycle, spec
from hpobench_tui.store.reader import Reader

PACE, TRIALS, WORKERS = 0.02, 60, 2
WARM = 0.2
"""The share of the time after which memory is held against what it was then."""
WINDOW = 20.0
"""Seconds: memory is the median over so many."""
MOST = 0.1
"""What memory may change by, as a share."""
CHECKED = 12
"""Repetitions that are run once more, undisturbed, and compared."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds from the start; MB that the supervisor holds, and files that it has open."""

    at: float
    megabytes: float
    files: int


@dataclass
class Long:
    """It, while a soak lasts."""

    root: Path
    seconds: float
    chance: Random
    samples: list[Sample] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    trials: int = 0

    def launch(self) -> None:
        """So many runs that they outlast the soak."""
        repetitions = min(MAX_RUNS, 20 + round(2 * self.seconds * WORKERS / (TRIALS * PACE)))
        self.made = spec.build(
            "long", ["soak/paced"], ["kills-random"], Budget.of(TRIALS, "evaluations"),
            repetitions=repetitions, workers=WORKERS, impossible="error",
        )  # fmt: skip
        self.place = Place(self.root, PACE)
        self.place.launch(self.made)
        if not wait_until(self.place.supervisor, PATIENCE):
            raise Wrong("the long experiment does not begin")
        self.pid, self.started = self.place.supervisor(), time.monotonic()

    def sample(self) -> None:
        """Look at its supervisor."""
        megabytes = resident(self.pid)
        if not megabytes:
            self._blame(f"its supervisor is gone: {lifecycle.last_words(self.place.folder)}")
            return
        files = len(list(Path(f"/proc/{self.pid}/fd").iterdir()))
        self.samples.append(Sample(time.monotonic() - self.started, megabytes, files))
        with Reader(self.place.folder) as reader:
            _, self.trials, _ = reader.tally()

    def disturb(self) -> None:
        """One act of those that leave the supervisor alive."""
        play = Play(self.place, self.chance, ending=False, kills=1)
        try:
            self.done.append(acts.one(play))
        except (Wrong, HpobenchError) as error:
            self._blame(str(error))

    def _blame(self, what: str) -> None:
        if what not in self.wrong:
            self.wrong.append(what)

    def end(self) -> None:
        """Cancel it, and hold what it came to against an undisturbed run."""
        try:
            for verb in ("unpause", "cancel"):
                lifecycle.send(self.place.folder, verb)  # type: ignore[arg-type]
            if not wait_until(lambda: not lifecycle.supervised(self.place.folder), PATIENCE):
                raise Wrong("it does not end when it is cancelled")
            lifecycle.last_words(self.place.folder)
            self.place.call("audit", self.place.folder, codes=(0,))
            self.wrong += left(self.place)
            self._compare()
        except (Wrong, HpobenchError) as error:
            self._blame(str(error))
        finally:
            self.place.clear()
        self.wrong += [*memory(self.samples), *files(self.samples)]

    def _compare(self) -> None:
        with Reader(self.place.folder) as reader:
            done = [run.repetition for run in reader.runs() if run.status == "done"]
        if not done:
            raise Wrong("none of its runs has ended")
        chosen = tuple(sorted(self.chance.sample(done, min(CHECKED, len(done)))))
        again = Place(self.root / "again", 0.0)
        try:
            again.launch(replace(self.made, only=chosen))
            if not wait_until(lambda: not lifecycle.supervised(again.folder), PATIENCE):
                raise Wrong("undisturbed, it does not end")
            whole, found = canonical(again.folder), canonical(self.place.folder)
        finally:
            again.clear()
        names = {str(row["id"]) for row in whole["run"]}
        own = {
            table: [row for row in rows if str(row.get("id" if table == "run" else "run")) in names]
            for table, rows in found.items() if table != "experiment"
        }  # fmt: skip
        del whole["experiment"]
        self.wrong += differences(own, whole)


def windows(samples: list[Sample]) -> list[float]:
    """Median MB of each window after the warm-up."""
    if not samples:
        return []
    first = WARM * samples[-1].at
    by_window: dict[int, list[float]] = {}
    for sample in samples:
        if sample.at >= first:
            by_window.setdefault(int((sample.at - first) / WINDOW), []).append(sample.megabytes)
    return [median(held) for held in by_window.values()]


def memory(samples: list[Sample]) -> list[str]:
    """What is wrong with what it held."""
    held = windows(samples)
    if not held:
        return ["its memory was never looked at"]
    if all(abs(mb - held[0]) <= MOST * held[0] for mb in held):
        return []
    return [f"its supervisor held {held[0]:.1f} MB after the warm-up, then {min(held):.1f} to {max(held):.1f}"]


def files(samples: list[Sample]) -> list[str]:
    """What is wrong with what it had open: as many more as it has workers are on their way."""
    open_files = [sample.files for sample in samples[int(WARM * len(samples)) :]]
    first, last = (
        median(part) for part in (open_files[: len(open_files) // 4 + 1], open_files[-len(open_files) // 4 :])
    )
    return [] if last <= first + 2 * WORKERS else [f"its supervisor had {first:g} files open, and {last:g} at last"]
