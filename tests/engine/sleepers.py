"""A problem that sleeps what it costs, and does what its configuration says; for runs with several trials pending."""

import os
import signal
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from hpobench_tui.core import Configuration, Dimensions, Fidelity, ProblemInfo, Reference, Report

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

NAN, RAISES, CRASHES, HANGS, KILLED = 0.0101, 0.0102, 0.0103, 0.0104, 0.0105
"""Values of ``seconds`` that are no durations."""
SIGNALS = {CRASHES: signal.SIGSEGV, KILLED: signal.SIGKILL}


class Rest:
    """Loss = (seconds + 1) / fidelity; a unit of fidelity takes ``seconds``."""

    def __init__(self, seconds: float, seed: int) -> None:
        self._seconds, self._seed, self._reached = seconds, seed, 0

    def advance(self, to_fidelity: int) -> Report:
        seconds = self._seconds
        if seconds == RAISES:
            raise RuntimeError("broken")
        if seconds in SIGNALS:
            os.kill(os.getpid(), SIGNALS[seconds])
        cost = seconds * (to_fidelity - self._reached)
        self._reached = to_fidelity
        time.sleep(600 if seconds == HANGS else cost)
        loss = float("nan") if seconds == NAN else (seconds + 1) / to_fidelity
        return Report(loss, {"seed": self._seed % 1000, "pid@measured": os.getpid()}, cost=cost)


class Sleeper:
    """One hyperparameter: the seconds that a unit takes."""

    def space(self) -> "ConfigurationSpace":
        from ConfigSpace import ConfigurationSpace, Float

        return ConfigurationSpace(space=[Float("seconds", (0.01, 2.0))])

    def start(self, configuration: Configuration, seed: int, device: str) -> Rest:
        return Rest(float(configuration["seconds"]), seed)


class Unloadable(Sleeper):
    """Fails where it is made, but for the process that runs the run."""

    def __init__(self) -> None:
        if "HPOBENCH_EXECUTOR" in os.environ:
            raise OSError("no room for the data")


SLEEPER = ProblemInfo(
    "toy/sleeper", "", "engine.sleepers:Sleeper", Dimensions(floats=1), Reference(0.0, "none is faster"), costs=True,
    noisy=True,
)  # fmt: skip
EPOCHS = replace(SLEEPER, id="toy/sleeper-epochs", fidelity=Fidelity("epochs", 1, 9, step=1))
UNLOADABLE = replace(SLEEPER, id="toy/unloadable", load="engine.sleepers:Unloadable")
