"""Evaluating one trial: take its training as far as it may go, and contain whatever goes wrong in it.

The reports on the way (learning curves) are asked for only where someone looks at them: a pruner, or a deadline.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from hpobench_tui.core.optimizer import Ask
from hpobench_tui.core.problem import Report, Training
from hpobench_tui.core.trial import Status
from hpobench_tui.engine.describe import describe

Value = TypeVar("Value")


@dataclass(slots=True)
class Outcome:
    """What became of an evaluation.

    Attributes:
        reached: The fidelity to charge: the one reached; of a failed trial the one granted.
        report: The last report that counts, or None.
        curve: (fidelity, report) on the way.
        nanoseconds: How long it took, pauses and the pruner left out.
        pruner_nanoseconds: The pruner's own time.
        training: To be continued by a later trial; None after a failure.
    """

    status: Status
    reached: int
    report: Report | None = None
    error: str | None = None
    curve: list[tuple[int, Report]] = field(default_factory=list)
    nanoseconds: int = 0
    pruner_nanoseconds: int = 0
    training: Training | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be evaluated: trial ``number``, from fidelity ``before`` to ``granted`` of what was ``asked``.

    Attributes:
        step: Fidelity between reports, None for one report at the end.
        nanoseconds: Time that is left, or None.
        should_stop: The optimizer's pruner, or None.
    """

    number: int
    ask: Ask
    before: int
    granted: int
    asked: int
    step: int | None = None
    nanoseconds: int | None = None
    should_stop: Callable[[int, Ask, int, Report], bool] | None = None


class PrunerError(Exception):
    """A pruner raised; its run fails, not the trial."""


class Pausable(Protocol):
    def pause_if_asked(self) -> None: ...


class Stopwatch:
    """Counts nanoseconds while it is not stopped."""

    def __init__(self) -> None:
        self._started = time.perf_counter_ns()

    def restart(self) -> None:
        self._started = time.perf_counter_ns()

    def read(self) -> int:
        return time.perf_counter_ns() - self._started

    def leave_out(self, action: Callable[[], Value]) -> tuple[Value, int]:
        """Do something that does not count; its result and its nanoseconds."""
        before = time.perf_counter_ns()
        result = action()
        passed = time.perf_counter_ns() - before
        self._started += passed
        return result, passed


def evaluate(order: Order, start: Callable[[], Training], sink: Pausable) -> Outcome:
    """Start (or continue) the training and advance it. Never raises but for :class:`PrunerError` and interrupts.

    Training again what a continuation lost is not charged: the clock starts when ``start`` returns one.
    """
    watch = Stopwatch()
    curve: list[tuple[int, Report]] = []
    try:
        training = start()
        if order.before:
            watch.restart()
        outcome = _advance(order, training, curve, watch, sink)
    except PrunerError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - contains any failure of an objective
        outcome = Outcome(Status.FAILED, order.granted, error=describe(error))
    outcome.nanoseconds = watch.read()
    outcome.curve = curve
    return outcome


def _advance(
    order: Order, training: Training, curve: list[tuple[int, Report]], watch: Stopwatch, sink: Pausable
) -> Outcome:
    reached, last, pruner = order.before, None, 0
    while reached < order.granted:
        target = min(reached + order.step, order.granted) if order.step else order.granted
        report = checked(training.advance(target))
        if order.nanoseconds is not None and watch.read() > order.nanoseconds:
            return Outcome(Status.CUT, reached, last, training=training)
        if not math.isfinite(report.loss):
            return Outcome(Status.FAILED, order.granted, error=f"loss is {report.loss} at fidelity {target}")
        reached, last = target, report
        if reached < order.granted:
            curve.append((reached, report))
            if order.should_stop:
                stop, passed = watch.leave_out(partial(_pruned, order, reached, report))
                pruner += passed
                if stop:
                    return Outcome(Status.PRUNED, reached, report, pruner_nanoseconds=pruner, training=training)
            watch.leave_out(sink.pause_if_asked)
    status = Status.DONE if order.granted == order.asked else Status.CUT
    return Outcome(status, reached, last, pruner_nanoseconds=pruner, training=training)


def _pruned(order: Order, fidelity: int, report: Report) -> bool:
    assert order.should_stop is not None
    try:
        return bool(order.should_stop(order.number, order.ask, fidelity, report._replace(truth=None, reference=None)))
    except Exception as error:
        raise PrunerError(f"should_stop raised {describe(error)}") from error


def checked(report: Report) -> Report:
    """The report with plain floats.

    Raises:
        TypeError: it is no report, or its loss is no number.
    """
    if not isinstance(report, Report):
        raise TypeError(f"advance must return a Report, not {report!r}")
    if type(report.loss) is float and not report.metrics and report.truth is None:
        return report
    if isinstance(report.loss, (str, bytes, bool)):
        raise TypeError(f"a loss must be a number, not {report.loss!r}")
    truth = None if report.truth is None else float(report.truth)
    if truth is not None and not math.isfinite(truth):
        raise ValueError(f"the noise-free loss (truth) is {truth}")
    return Report(float(report.loss), plain_metrics(report.metrics), truth, report.cost)


def plain_metrics(metrics: Mapping[str, float]) -> dict[str, float]:
    """Metrics by name as floats; those that are not finite are left out, as a store cannot hold them."""
    values = {str(name): float(value) for name, value in metrics.items()}
    return {name: value for name, value in values.items() if math.isfinite(value)}
