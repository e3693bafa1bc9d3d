"""Feeds a target with inputs, in a process of its own that is watched, and counts what becomes of them.

An input that says something new (a depth or a message that no other came to) joins the seeds: so mutations go on where
the last ones got to.
"""

import base64
import faulthandler
import json
import os
import pickle
import random
import re
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from mmap import mmap
from pathlib import Path
from types import FrameType
from typing import Protocol

from hpobench_tui.core.errors import HpobenchError

SLOW = 1.0
"""Seconds of processor time that an input may take."""
HANG = 20.0
"""Seconds after which an input is given up."""
MEMORY = 3 * 2**30
"""Bytes of address space that feeding may take more than the process had."""
LARGEST = 1 << 24
MOST_SEEDS = 4000
DEEP = 0.8
"""The share of inputs that are made of such as came to the end."""
EVERY = 0.5
"""Seconds between two reports of the process that feeds."""
TELL = 10.0
"""Seconds between two lines for people."""
_HEAD = 32


@dataclass(frozen=True, slots=True)
class Fed:
    """What became of an input: how deep it came (one of the target's ``DEPTHS``), and what was said of it."""

    depth: int
    said: str = ""


class Target(Protocol):
    """A module that feeds one part of the program.

    Attributes:
        DEPTHS: How deep an input can come, in words; the first: not past the first check.
        ENDING: Of a file with an input.
        CONTAINED: Beginnings of kinds of failures that take the process down here, and that the program does in a
            process of its own; may be missing.
        SLOW, HANG: Where an input may take longer than those below; may be missing.
    """

    DEPTHS: Sequence[str]
    ENDING: str

    def seeds(self, place: Path) -> list[bytes]:
        """Real inputs; ``place`` is a folder to make them in."""
        ...

    def mutated(self, chance: random.Random, pool: Sequence[bytes]) -> bytes:
        """Another input, made of those that there are."""
        ...

    def feed(self, data: bytes, place: Path) -> Fed:
        """Feed it. Whatever is raised is a failure; an ``HpobenchError`` is for the target to catch.

        Args:
            place: An empty folder, which is emptied afterwards.
        """
        ...


@dataclass(frozen=True, slots=True)
class Failure:
    """One input that ended in what must not be: the kind tells it from others, the text is for people."""

    kind: str
    text: str
    data: bytes


@dataclass
class Tally:
    """What became of inputs.

    Attributes:
        depths: Inputs that came so deep and no deeper.
        kinds: Kinds of failures to how often they came up.
        failures: The first of each kind.
        slowest: Seconds of processor time.
        contained: Inputs that took the process down where that is known, and contained.
        kept: Inputs that said something new.
    """

    inputs: int = 0
    seconds: float = 0.0
    depths: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    slowest: float = 0.0
    kept: int = 0
    contained: int = 0

    def blame(self, failure: Failure) -> None:
        if failure.kind not in self.kinds:
            self.failures.append(failure)
        self.kinds[failure.kind] += 1

    def add(self, other: "Tally") -> None:
        """Count what another has counted."""
        self.inputs += other.inputs
        self.depths.update(other.depths)
        for failure in other.failures:
            if failure.kind not in self.kinds:
                self.failures.append(failure)
        self.kinds.update(other.kinds)
        self.slowest = max(self.slowest, other.slowest)
        self.kept += other.kept

    @property
    def deep(self) -> float:
        """The share of inputs that came past the first check."""
        known = self.depths.total()  # what ends its process takes the depths of a few others with it
        return 1.0 - self.depths[0] / known if known else 0.0


class Feeder:
    """Feeds a target in this process.

    Args:
        begin: Told of each input before it is fed.
    """

    def __init__(
        self, target: Target, seed: int, place: Path, begin: Callable[[bytes], None] = lambda data: None
    ) -> None:
        self._target, self._chance, self._begin = target, random.Random(seed), begin
        (place / "seeds").mkdir()
        self._seeds = target.seeds(place / "seeds")
        self._deep, self._shallow = list(self._seeds), list(self._seeds)
        self._known: set[tuple[int, str]] = set()
        self._place = place / "fed"

    def feed(self, tally: Tally, data: bytes | None = None) -> None:
        """One input: this one, or a new one."""
        pool = self._deep if self._chance.random() < DEEP else self._shallow
        given = self._target.mutated(self._chance, pool) if data is None else data
        self._begin(given)
        started, slow = time.process_time(), list[str]()
        before = signal.signal(signal.SIGPROF, lambda _, frame: slow.append(_where(frame)))
        limit = getattr(self._target, "SLOW", SLOW)
        signal.setitimer(signal.ITIMER_PROF, limit)
        try:
            with _folder(self._place) as place:
                fed = self._target.feed(given, place)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever there is shall be found
            tally.blame(Failure(_kind(error), "".join(traceback.format_exception(error)), given))
            fed = Fed(len(self._target.DEPTHS) - 1)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
            signal.signal(signal.SIGPROF, before)
        took = time.process_time() - started
        if slow:
            tally.blame(
                Failure(f"slow at {slow[0]}", f"{took:.1f} s of a processor; after {limit:g} s {slow[0]}", given)
            )
        tally.inputs += 1
        tally.depths[fed.depth] += 1
        tally.slowest = max(tally.slowest, took)
        said = fed.depth, _words(fed.said)
        if said not in self._known and not slow:
            self._known.add(said)
            pool = self._deep if fed.depth == len(self._target.DEPTHS) - 1 else self._shallow
            if len(pool) < MOST_SEEDS:
                pool.append(given)
                tally.kept += 1

    def feed_seeds(self, tally: Tally) -> None:
        """What is real, as it is."""
        for data in dict.fromkeys(self._seeds):  # some are there twice, to be chosen more often
            self.feed(tally, data)


class _folder:  # noqa: N801 - a context manager, quicker than contextlib's
    """An empty folder, and its end. The same one again, as most inputs leave nothing in it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Path:
        self._path.mkdir(exist_ok=True)
        return self._path

    def __exit__(self, *_: object) -> None:
        _emptied(str(self._path))


def _emptied(folder: str) -> None:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            _emptied(entry.path)
            os.rmdir(entry.path)
        else:
            os.unlink(entry.path)


def _words(text: str) -> str:
    """What was said, without what differs from input to input."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\d+|\\x\w\w|\S*/\S*", "?", text[:500])[:200]


def _where(frame: FrameType | None) -> str:
    """The three innermost places of this program."""
    return " < ".join(_places(traceback.extract_stack(frame))[:3])


def _kind(error: BaseException) -> str:
    """What tells failures apart: the exception, and where."""
    places = _places(traceback.extract_tb(error.__traceback__))
    return f"{type(error).__name__} at {' < '.join(places[:2])}"


def _places(frames: Sequence[traceback.FrameSummary]) -> list[str]:
    """Of the program where it is, the innermost first."""
    own = [frame for frame in frames if "hpobench_" in frame.filename and "/site-packages/" not in frame.filename]
    return [f"{'/'.join(Path(f.filename).parts[-2:])}:{f.lineno} {f.name}" for f in reversed(own or frames)]


def some(target: Target, inputs: int, seed: int, place: Path) -> Tally:
    """Feed the seeds and so many inputs in this process, for tests."""
    tally = Tally()
    feeder = Feeder(target, seed, place)
    feeder.feed_seeds(tally)
    for _ in range(inputs):
        feeder.feed(tally)
    return tally


def drive(
    target: Target, inputs: int, minutes: float, seed: int, tell: Callable[[Tally], None] = lambda tally: None
) -> Tally:
    """Feed until so many inputs or minutes are over, in processes of their own; one that dies is replaced."""
    tally, started = Tally(), time.monotonic()
    deadline = started + 60 * minutes
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=_quick()) as temporary, mmap(-1, _HEAD + LARGEST) as board:
        attempt = 0
        while tally.inputs < inputs and time.monotonic() < deadline:
            place = Path(temporary, str(attempt))
            place.mkdir()
            _one_process(target, (inputs - tally.inputs, deadline, seed + attempt), place, board, tally, tell)
            tally.seconds = time.monotonic() - started
            attempt += 1
    return tally


def _quick() -> str | None:
    """Where files are that are in memory alone; None: where temporary files are."""
    shared = "/dev/shm"
    return shared if os.access(shared, os.W_OK) and os.statvfs(shared).f_bavail * 4096 > 2**30 else None


def _one_process(
    target: Target, wanted: tuple[int, float, int], place: Path, board: mmap, tally: Tally,
    tell: Callable[[Tally], None],
) -> None:  # fmt: skip
    """Feed in another process till it has done all, or dies."""
    reading, writing = os.pipe()
    board[:_HEAD] = bytes(_HEAD)
    sys.stdout.flush()
    sys.stderr.flush()
    if (pid := os.fork()) == 0:
        os.close(reading)
        _fed_here(target, wanted, place, board, writing)
    os.close(writing)
    told, came, number, hang = 0, b"", 0, getattr(target, "HANG", HANG)
    since = heard_of = time.monotonic()
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while True:
            if select.select([pipe], [], [], 1.0)[0]:
                if not (piece := pipe.read(1 << 20)):
                    break
                came += piece
                *lines, came = came.split(b"\n")
                for line in lines:
                    part: Tally = pickle.loads(base64.b64decode(line))
                    told += part.inputs
                    tally.add(part)
                if time.monotonic() - heard_of > TELL:
                    tell(tally)
                    heard_of = time.monotonic()
            if (now := int.from_bytes(board[:8], "little")) != number:
                number, since = now, time.monotonic()
            elif number and time.monotonic() - since > hang:
                os.kill(pid, signal.SIGUSR1)
                time.sleep(0.5)
                os.kill(pid, signal.SIGKILL)
                break
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) or os.WEXITSTATUS(status):
        size = int.from_bytes(board[8:16], "little")
        trace = (place / "trace").read_text(errors="replace")
        ended = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        ended = f"no end within {hang:g} s" if ended == "SIGKILL" else ended
        frames = re.findall(r'File "(\S+)", line (\d+) in (\S+)', trace)
        own = [f"{'/'.join(Path(f).parts[-2:])}:{n} {name}" for f, n, name in frames if "hpobench_" in f]
        kind = f"{ended} at {' < '.join(own[:2])}"
        if kind.startswith(tuple(getattr(target, "CONTAINED", ())) or "\0"):
            tally.contained += 1
        else:
            tally.blame(Failure(kind, f"{ended}\n{trace}", bytes(board[_HEAD : _HEAD + size])))
        tally.inputs += max(0, int.from_bytes(board[:8], "little") - told)


def _fed_here(target: Target, wanted: tuple[int, float, int], place: Path, board: mmap, writing: int) -> None:
    """The process that feeds."""
    inputs, deadline, seed = wanted
    code = 1
    try:
        with (place / "trace").open("w") as trace, open(os.devnull, "r+b") as nothing:
            faulthandler.enable(trace)
            faulthandler.register(signal.SIGUSR1, trace)
            os.dup2(nothing.fileno(), 0)
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
            size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            count = 0

            def begin(data: bytes) -> None:
                nonlocal count
                count += 1
                board[_HEAD : _HEAD + len(data)] = data
                board[:16] = count.to_bytes(8, "little") + len(data).to_bytes(8, "little")

            tally, last = Tally(), time.monotonic()
            feeder = Feeder(target, seed, place, begin)
            feeder.feed_seeds(tally)
            while count < inputs and time.monotonic() < deadline:
                if time.monotonic() - last > EVERY or tally.kinds:  # before the next input ends this process
                    _send(writing, tally)
                    tally, last = Tally(), time.monotonic()
                feeder.feed(tally)
            _send(writing, tally)
            code = 0
    except BaseException:  # noqa: BLE001 - this process ends here whatever there is
        with suppress(OSError):
            (place / "trace").write_text(traceback.format_exc())
    finally:
        os._exit(code)


def _send(writing: int, tally: Tally) -> None:
    data = base64.b64encode(pickle.dumps(tally)) + b"\n"
    while data:
        data = data[os.write(writing, data) :]


def heard(error: HpobenchError, depth: int) -> Fed:
    """What became of an input that was refused. A refusal says something, and nothing of the inside of the program."""
    text = str(error)
    if not text.strip() or text.startswith("Traceback (most recent"):
        raise AssertionError(f"a refusal that says nothing: {text!r}") from error
    return Fed(depth, text)


def as_json(tallies: dict[str, Tally]) -> str:
    """Figures of all targets."""
    return json.dumps(
        {
            name: {
                "inputs": tally.inputs, "seconds": tally.seconds, "deep": tally.deep, "depths": dict(tally.depths),
                "slowest": tally.slowest, "kept": tally.kept, "failures": dict(tally.kinds),
                "contained": tally.contained,
            } for name, tally in tallies.items()
        }
    )  # fmt: skip
