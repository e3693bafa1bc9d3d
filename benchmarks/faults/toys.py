"""Problems and optimizers in which one thing goes wrong: where ``x`` is below ``BAD``, or at the third question."""

import ctypes
import math
import os
import resource
import time
from collections.abc import Callable
from typing import Any

from benchmarks.kills.toys import leave_children
from hpobench_tui.core import (
    Ask,
    Capabilities,
    Configuration,
    Dimensions,
    OptimizerInfo,
    ProblemInfo,
    Reference,
    Report,
    Task,
    Trial,
)

BAD = 0.3
HOSTILE = "\x1b]0;taken\x07\x1b[2J\x1b[31m[bold]all is fine[/bold]\x9b31m\u202e\r\nhpobench: finished"
"""What moves the cursor, sets titles, is markup, turns the line round and begins another one."""


class Line:
    """Loss x, after so many seconds; something happens where x is below ``BAD``."""

    def __init__(self, go_wrong: Callable[[], object] = lambda: None, seconds: float = 0.02) -> None:
        self._go_wrong, self._seconds = go_wrong, seconds

    def space(self) -> Any:
        from ConfigSpace import ConfigurationSpace

        return ConfigurationSpace({"x": (0.0, 1.0)})

    def start(self, configuration: Configuration, seed: int, device: str) -> "LineTraining":
        return LineTraining(float(configuration["x"]), self._go_wrong, self._seconds)


class LineTraining:
    def __init__(self, x: float, go_wrong: Callable[[], object], seconds: float) -> None:
        self._x, self._go_wrong, self._seconds = x, go_wrong, seconds

    def advance(self, to_fidelity: int) -> Report:
        time.sleep(self._seconds)
        loss = self._go_wrong() if self._x < BAD else None
        return Report(loss if isinstance(loss, float) else self._x)


def good() -> Line:
    return Line()


def fast() -> Line:
    return Line(seconds=0.0)


def raises() -> Line:
    return Line(_raise)


def _raise(text: str = "x is too small") -> None:
    raise ValueError(text)


def nan() -> Line:
    return Line(lambda: math.nan)


def exits() -> Line:
    return Line(lambda: os._exit(3))


def segfaults() -> Line:
    return Line(_read_nothing)


def _read_nothing() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.string_at(0)


def aborts() -> Line:
    return Line(_abort)


def _abort() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.abort()


def eats() -> Line:
    return Line(_eat)


def _eat() -> None:
    blocks = []
    while True:
        blocks.append(b"x" * 2**24)
        time.sleep(0.01)


def hangs() -> Line:
    return Line(_hang)


def _hang() -> None:
    time.sleep(3600)


def hangs_at_start() -> Line:
    _hang()
    return Line()


def children() -> Line:
    return Line(leave_children)


def hostile() -> Line:
    return Line(lambda: _raise(HOSTILE))


def _problem(name: str) -> ProblemInfo:
    load = f"{__name__}:{name.replace('-', '_')}"
    return ProblemInfo(f"faults/{name}", name, load, Dimensions(floats=1), Reference(0.0, "the least x"))


NAMES = (
    "good", "fast", "raises", "nan", "exits", "segfaults", "aborts", "eats", "hangs", "hangs-at-start", "children",
    "hostile",
)  # fmt: skip
PROBLEMS = tuple(map(_problem, NAMES))


class Thirds:
    """Asks the same draws each time; something happens at the third question or answer."""

    def __init__(self, task: Task) -> None:
        self._asked = self._told = 0

    def ask(self) -> Ask:
        self._asked += 1
        if self._asked == 3:
            self.in_ask()
        return Ask({"x": (0.38 * self._asked + 0.5) % 1})

    def tell(self, trial: Trial) -> None:
        self._told += 1
        if self._told == 3:
            self.in_tell()

    def in_ask(self) -> None: ...

    def in_tell(self) -> None: ...


class HangsInAsk(Thirds):
    def in_ask(self) -> None:
        _hang()


class HangsInTell(Thirds):
    def in_tell(self) -> None:
        _hang()


class RaisesInAsk(Thirds):
    def in_ask(self) -> None:
        _raise("no idea")


class SegfaultsInAsk(Thirds):
    def in_ask(self) -> None:
        _read_nothing()


OPTIMIZERS = tuple(
    OptimizerInfo(name, name, f"{__name__}:{made.__name__}", Capabilities())
    for name, made in (
        ("faults-hangs-in-ask", HangsInAsk),
        ("faults-hangs-in-tell", HangsInTell),
        ("faults-raises-in-ask", RaisesInAsk),
        ("faults-segfaults-in-ask", SegfaultsInAsk),
    )
)
