"""What a simulated clock pretends: the workers of a run, and what goes wrong on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from hpobench_tui.core.parameter import Range, check_ranges


@dataclass(frozen=True, slots=True)
class Simulation:
    """Each run has ``workers`` simulated ones; durations come from the problem's cost model.

    Attributes:
        workers: Trials of a run at a time.
        synchronous: A round of ``workers`` trials starts together, when all of the round before have ended; else each
            worker takes its next trial as soon as it is free.
        charge_optimizer: The optimizer's real seconds of ask and tell pass on the simulated clock too, one after the
            other, as in one optimizer process.
        start_seconds, stop_seconds: What a worker needs before and after each trial.
        straggler_rate, straggler_factor: This share of the trials takes that many times as long.
        failure_rate: This share of the trials fails, at a uniformly drawn part of its duration.

    Raises:
        HpobenchError: a number that makes no sense.

    >>> Simulation(workers=4, straggler_rate=0.1, straggler_factor=5.0).synchronous
    False
    >>> Simulation(workers=0)
    Traceback (most recent call last):
        ...
    hpobench_tui.core.errors.HpobenchError: simulation: workers must be from 1 to 10000, not 0.
    """

    RANGES: ClassVar[Mapping[str, Range]] = {
        "workers": Range(1, 10_000, "a whole number"),
        "start_seconds": Range(0, 1e9, "a number of seconds", whole=False),
        "stop_seconds": Range(0, 1e9, "a number of seconds", whole=False),
        "straggler_rate": Range(0, 1, "a number from 0 to 1", whole=False),
        "straggler_factor": Range(1, 1e9, "a number from 1", whole=False),
        "failure_rate": Range(0, 1, "a number from 0 to 1", whole=False),
    }

    workers: int = 1
    synchronous: bool = False
    charge_optimizer: bool = False
    start_seconds: float = 0.0
    stop_seconds: float = 0.0
    straggler_rate: float = 0.0
    straggler_factor: float = 1.0
    failure_rate: float = 0.0

    def __post_init__(self) -> None:
        message = "simulation: {name} must be from {range.least:g} to {range.most:g}, not {value}."
        check_ranges(self, self.RANGES, message)
