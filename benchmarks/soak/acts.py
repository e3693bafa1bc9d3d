"""What is done to an experiment, every few seconds another: each act is a function of a play."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks.faults.stage import freeze
from benchmarks.kills.scene import Scene, kill, wait_until
from benchmarks.soak import toys
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import FILE, Reader

PATIENCE = 180.0
"""Seconds that anything may take on a machine that others use as well."""
CODES = (0, 1, 2, 3)


class Place(Scene):
    """A scene whose toys take their time."""

    def __init__(self, root: Path, pace: float) -> None:
        super().__init__(root)
        self.pace = pace

    def variables(self) -> dict[str, str]:
        return super().variables() | {toys.PACE: str(self.pace), "NO_COLOR": "1"}

    def call(self, *words: object, codes: tuple[int, ...] = CODES) -> tuple[int, str]:
        """Call the program: its exit code, and its last line of errors.

        Raises:
            Wrong: it ends with another code, or with a traceback.
        """
        done = subprocess.run(
            [sys.executable, "-P", "-m", "hpobench_tui", *map(str, words)], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", env=os.environ | self.variables(), cwd=self.root,
            timeout=PATIENCE, check=False,
        )  # fmt: skip
        last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "")
        if done.returncode not in codes or "Traceback (most recent call last)" in done.stderr:
            raise Wrong(f"hpobench {' '.join(map(str, words[:1]))} ends with {done.returncode}: {done.stderr[-600:]}")
        return done.returncode, last


class Wrong(Exception):  # noqa: N818 - a finding
    """Something is not as it is promised."""


@dataclass
class Play:
    """One experiment under way.

    Attributes:
        ending: Acts that end the supervisor are allowed.
        kills: How many workers may still be killed: one that is hit three times in one step is to blame.
    """

    place: Place
    chance: Random
    ending: bool = True
    kills: int = 2
    done: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.place.folder

    def supervised(self) -> bool:
        return lifecycle.supervised(self.folder)


def _worker(play: Play) -> None:
    if play.kills and (workers := play.place.workers()):
        play.kills -= 1
        kill([play.chance.choice(workers)], play.chance.choice((signal.SIGKILL, signal.SIGTERM)))


def _supervisor(play: Play) -> None:
    kill([play.place.supervisor()], play.chance.choice((signal.SIGKILL, signal.SIGTERM)))
    _gone(play)


def _everything(play: Play) -> None:
    kill(list(play.place.processes()))
    _gone(play)


def _gone(play: Play) -> None:
    if not wait_until(lambda: not play.supervised(), PATIENCE):
        raise Wrong("its supervisor stays after a signal")


def _stopped_worker(play: Play) -> None:
    if workers := play.place.workers():
        freeze(play.place, [play.chance.choice(workers)], play.chance.uniform(0.5, 3.0))


def _stopped(play: Play) -> None:
    freeze(play.place, list(play.place.processes()), play.chance.uniform(0.5, 3.0))


def _full(play: Play) -> None:
    """No file of it can grow any more."""
    for pid in play.place.processes():
        with suppress(ProcessLookupError, PermissionError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))
    _gone(play)  # by itself, as it can write no more; or it had come to its end


def _commands(play: Play) -> None:
    """Two front ends at once, which know nothing of each other."""
    seeds = [play.chance.random() for _ in range(2)]
    threads = [threading.Thread(target=_command, args=(play.folder, Random(seed), play.ending)) for seed in seeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _command(folder: Path, chance: Random, ending: bool) -> None:
    for _ in range(chance.randint(2, 6)):
        verb = chance.choice(("pause", "unpause", "pause", "unpause", "cancel"))
        with suppress(HpobenchError):  # it has ended, or there is nothing to do
            with Reader(folder) as reader:
                runs = [run.id for run in reader.runs() if not run.ended]
            of = chance.choice([*runs[:40], None]) if verb != "cancel" or not ending else None
            if of is None and verb == "cancel" and not ending:
                continue
            lifecycle.send(folder, verb, of)  # type: ignore[arg-type]
        time.sleep(chance.uniform(0.0, 0.5))
    with suppress(HpobenchError):
        lifecycle.send(folder, "unpause")


def _looked_at(play: Play) -> None:
    """Front ends that only read."""
    words = play.chance.choice((("show", "--json"), ("audit",), ("errors", "--json"), ("best", "--json"), ("list",)))
    codes = (0,) if words[0] in ("show", "audit", "errors", "list") else (0, 2)
    play.place.call(words[0], *([play.folder] if words[0] != "list" else []), *words[1:], codes=codes)


def _exported(play: Play) -> None:
    to = play.place.root / "exported"
    play.place.call("export", play.folder, "--to", to, "--format", "csv,json,markdown", codes=(0, 1, 2))
    shutil.rmtree(to, ignore_errors=True)


def _moved(play: Play) -> None:
    """While it runs: its supervisor finds that out and ends; it goes on in the new place."""
    to = play.folder.with_name(f"moved{len(play.done)}-{play.folder.name}")
    play.folder.rename(to)
    play.place.folder = to
    if not wait_until(lambda: not play.place.supervisor(), PATIENCE):
        raise Wrong("its supervisor goes on after its folder was moved away")


def _repaired(play: Play) -> None:
    """It is killed, its file is damaged, and what is sound of it is saved."""
    kill(list(play.place.processes()))
    _gone(play)
    lifecycle.settle(play.folder)
    store = play.folder / FILE
    with store.open("r+b") as file:
        if play.chance.random() < 0.5:
            file.truncate(play.chance.randrange(store.stat().st_size * 3 // 4, store.stat().st_size))
        else:
            file.seek(play.chance.randrange(4096, store.stat().st_size))
            file.write(bytes(64))
    to = play.folder.with_name(f"{play.folder.name}-repaired")
    code, said = play.place.call("repair", play.folder, "--to", to, codes=(0, 1, 2))
    if code == 2:  # its description itself is gone, and everything follows from that
        raise GoneError(said)
    shutil.rmtree(play.folder)
    play.place.folder = to


class GoneError(Exception):
    """Nothing of it could be saved, which is told; it begins anew."""


@dataclass(frozen=True)
class Act:
    """Something that is done to an experiment; ``ends``: its supervisor may be gone then."""

    do: Callable[[Play], None]
    weight: int
    ends: bool = False


ACTS: Mapping[str, Act] = {
    "a worker is killed": Act(_worker, 4),
    "a worker is stopped for a while": Act(_stopped_worker, 2),
    "all are stopped for a while": Act(_stopped, 2),
    "two front ends command": Act(_commands, 4),
    "it is looked at": Act(_looked_at, 2),
    "it is exported": Act(_exported, 1),
    "the supervisor is killed": Act(_supervisor, 4, ends=True),
    "everything is killed": Act(_everything, 2, ends=True),
    "no file can grow": Act(_full, 2, ends=True),
    "its folder is moved": Act(_moved, 2, ends=True),
    "its store is damaged and repaired": Act(_repaired, 2, ends=True),
}


def one(play: Play) -> str:
    """Draw an act, and do it; its name."""
    names = [name for name, act in ACTS.items() if play.ending or not act.ends]
    name = play.chance.choices(names, [ACTS[name].weight for name in names])[0]
    play.done.append(name)
    ACTS[name].do(play)
    return name
