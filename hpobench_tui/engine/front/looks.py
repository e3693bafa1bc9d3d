"""What an optimizer believed at any trial of a recorded run: asked of a process that repeats the run.

    with Looks(folder) as looks:
        slice = looks.slice(run=3, trial=20, along=("x",))
        slice.middle, slice.lower, slice.upper, slice.acquisition     # along slice.axes[0].values

The process (``engine.looking``) imports optimizers and problems, which this one does not; it ends with this one. It
answers in order, and of requests of one kind that have piled up the last one alone.

Protocol: JSON lines. To it ``{id, what, given}``; from it ``{id, done, total}`` any number of times, then ``{id,
answer}`` or ``{id, wrong}``.
"""

import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hpobench_tui.core.configuration import Choice, Configuration, tuples
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.lines import object_of
from hpobench_tui.executors.local import environment
from hpobench_tui.store.reader import Reader

Held = Literal["asked", "incumbent"]
POINTS = 64
Values = tuple[float, ...] | None


class AskedAgainError(HpobenchError):
    """Something else of the same kind was asked before this was answered."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A hyperparameter, and its values on the grid."""

    name: str
    values: tuple[Choice, ...]
    log: bool
    numeric: bool


@dataclass(frozen=True, slots=True)
class Belief:
    """What an optimizer believed (``core.optimizer.Look``) when it asked for a trial; arrays are flat, the last axis
    runs fastest, and NaN is where there is nothing to believe.

    Attributes:
        trial, question: Its number, and that of the question; they differ where trials run side by side.
        asked: The configuration that it asked.
    """

    trial: int
    question: int
    asked: Configuration
    mean: Values
    deviation: Values
    middle: Values
    lower: Values
    upper: Values
    acquisition: Values
    unit: str
    interval: str
    criterion: str
    note: str


@dataclass(frozen=True, slots=True)
class Slice(Belief):
    """A belief along one or two hyperparameters.

    Attributes:
        axes: The grid.
        held: Where the other hyperparameters are: at what was asked, or at the incumbent of then.
        base: That configuration.
        asked_acquisition: What was asked promised.
        data: (number, values along the axes, loss or None) of the trials told before, the latest ones.
        told: How many trials were told before.
        searched: All hyperparameters along which there are slices.
    """

    axes: tuple[Axis, ...]
    held: Held
    base: Configuration
    asked_acquisition: float | None
    data: tuple[tuple[int, tuple[Choice, ...], float | None], ...]
    told: int
    searched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bounds(Belief):
    """A belief of the arms of a bandit; ``pulls``: how often each was told before."""

    arms: tuple[Configuration, ...]
    pulls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pulls:
    """How the pulls of a run were shared out.

    Attributes:
        arms: In the order of their names; if they are many, those that were pulled most.
        others: How many arms there are beside those.
        losses: What a pull of each loses on average, where the problem says so; NaN of an arm that it does not know.
        slope: Of the Lai-Robbins lower bound of the pseudo-regret, by ln t; where the problem knows its arms.
        positions: Numbers of pulls, ascending.
        pulls: For each arm, how many of the first ``positions`` pulls were its.
        rest: Likewise, of the other arms together.
        regret: (t, pseudo-regret after t pulls).
        recorded, trials: Pulls that are recorded one by one, and all. Where these differ, the positions are among those
            recorded.
    """

    arms: tuple[Configuration, ...]
    others: int
    losses: Values
    slope: float | None
    positions: tuple[int, ...]
    pulls: tuple[tuple[int, ...], ...]
    rest: tuple[int, ...]
    regret: tuple[tuple[int, ...], tuple[float, ...]]
    recorded: int
    trials: int


class Looks:
    """Looks into the runs of one experiment.

    Args:
        folder: The experiment's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._number = 0
        self._heard = b""
        self._open: set[int] = set()
        self._answers: dict[int, Mapping[str, Any]] = {}
        self.progress: dict[int, tuple[int, int]] = {}
        """Request to how much of its work is done, and of how much, once it says so."""

    def __enter__(self) -> "Looks":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.communicate()
                self._process = None

    def slice(
        self, run: int, trial: int, along: Sequence[str] = (), points: int = POINTS, held: Held = "asked"
    ) -> Slice:
        """What was believed when that trial was asked for.

        Args:
            along: One or two hyperparameters; none: the first of the space.
            points: Values of a number on the grid, and at most so many choices.
            held: Where the others are.

        Raises:
            HpobenchError: it cannot be shown; why.
        """
        return as_slice(self._wait(self.ask("slice", run=run, trial=trial, along=along, points=points, held=held)))

    def bounds(self, run: int, trial: int) -> Bounds:
        """What was believed of each arm when that trial was asked for.

        Raises:
            HpobenchError: it cannot be shown; why.
        """
        return as_bounds(self._wait(self.ask("bounds", run=run, trial=trial)))

    def pulls(self, run: int) -> Pulls:
        """How a run's pulls were shared out. Of the store alone: nothing is repeated.

        Raises:
            HpobenchError: it has no arms.
        """
        return as_pulls(self._wait(self.ask("pulls", run=run)))

    def ask(self, what: Literal["slice", "bounds", "pulls"], **given: Any) -> int:
        """Ask without waiting: the number of the request, for :meth:`heard`."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start()
            assert self._process is not None
            assert self._process.stdin is not None
            self._number += 1
            self._open.add(self._number)
            line = {"id": self._number, "what": what, "given": given}
            try:
                self._process.stdin.write(json.dumps(line).encode() + b"\n")
                self._process.stdin.flush()
            except OSError as error:
                raise HpobenchError(f"the process that looks into optimizers is gone: {error.strerror}.") from error
            return self._number

    def heard(self, request: int, seconds: float = 0.0) -> Mapping[str, Any] | None:
        """The answer to a request, if it comes within so many seconds: for ``as_slice``, ``as_bounds``, ``as_pulls``.

        Raises:
            HpobenchError: what was asked cannot be shown, or the process has ended; an :class:`AskedAgainError` where
                it was dropped for a later request.
        """
        with self._lock:
            if request not in self._answers:
                self._listen(seconds)
            if request not in self._answers:
                return None
            line = self._answers[request]
            self._forget(request)
        if "again" in line:
            raise AskedAgainError("something else was asked since.")
        if "wrong" in line:
            raise HpobenchError(str(line["wrong"]))
        answer: Mapping[str, Any] = line["answer"]
        return answer

    def drop(self, request: int) -> None:
        """Nobody waits for this answer any more."""
        with self._lock:
            self._forget(request)

    def _forget(self, request: int) -> None:
        self._open.discard(request)
        self._answers.pop(request, None)
        self.progress.pop(request, None)

    def _start(self) -> None:
        words = [sys.executable, "-P", "-m", "hpobench_tui.engine.looking", str(self.folder.resolve())]
        self._heard = b""
        try:
            self._process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=environment(None), start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise HpobenchError(f"no process can be started that looks into optimizers: {error.strerror}.") from error

    def _wait(self, request: int) -> Mapping[str, Any]:
        while (answer := self.heard(request, 1.0)) is None:
            pass
        return answer

    def _listen(self, seconds: float) -> None:
        """Take down what has come, waiting for the first of it."""
        process = self._process
        if process is None or process.stdout is None:
            raise HpobenchError("nothing is asked any more.")
        source = process.stdout.fileno()
        while select.select([source], [], [], seconds)[0]:
            seconds = 0.0
            if not (piece := os.read(source, 1 << 20)):
                raise HpobenchError(f"the process that looks into optimizers ended (exit status {process.wait()}).")
            *lines, self._heard = (self._heard + piece).split(b"\n")
            for text in lines:
                line = object_of(text) or {}
                number = line.get("id")
                if not isinstance(number, int) or number not in self._open:
                    continue  # nobody waits for it, or it is none of its lines
                if line.keys() >= {"done", "total"}:
                    self.progress[number] = line["done"], line["total"]
                elif line.keys() & {"answer", "wrong", "again"}:
                    self._answers[number] = line


@contextmanager
def looking(reader_of: Callable[[int], tuple[Reader, int]]) -> Iterator[Callable[[int, int], Slice]]:
    """What runs of several experiments believed, along the first hyperparameter: (run, trial) to a slice.

    Args:
        reader_of: The store that holds a run, and the run's id there. A process an experiment ends with the context.
    """
    folders: dict[Path, Looks] = {}

    def look(run: int, trial: int) -> Slice:
        reader, own = reader_of(run)
        return folders.setdefault(reader.folder, Looks(reader.folder)).slice(own, trial)

    try:
        yield look
    finally:
        for each in folders.values():
            each.close()


def as_slice(answer: Mapping[str, Any]) -> Slice:
    """An answer to ``slice``."""
    return Slice(
        **_belief(answer),
        axes=tuple(
            Axis(axis["name"], tuple(map(tuples, axis["values"])), axis["log"], axis["numeric"])
            for axis in answer["axes"]
        ),
        held=answer["held"],
        base=_configuration(answer["base"]),
        asked_acquisition=answer["asked_acquisition"],
        data=tuple((number, tuple(map(tuples, values)), loss) for number, values, loss in answer["data"]),
        told=answer["told"],
        searched=tuple(answer["searched"]),
    )


def as_bounds(answer: Mapping[str, Any]) -> Bounds:
    """An answer to ``bounds``."""
    return Bounds(**_belief(answer), arms=tuple(map(_configuration, answer["arms"])), pulls=_tuple(answer["pulls"]))


def as_pulls(answer: Mapping[str, Any]) -> Pulls:
    """An answer to ``pulls``."""
    given = {name: _tuple(value) for name, value in answer.items()}
    return Pulls(**{**given, "arms": tuple(map(_configuration, answer["arms"]))})


def _belief(answer: Mapping[str, Any]) -> dict[str, Any]:
    fields = Belief.__dataclass_fields__
    return {name: _tuple(answer[name]) for name in fields} | {"asked": _configuration(answer["asked"])}


def _configuration(plain: Mapping[str, Any]) -> dict[str, Choice]:
    return {name: tuples(value) for name, value in plain.items()}


def _tuple(value: Any) -> Any:
    return tuples(value) if isinstance(value, list) else value
