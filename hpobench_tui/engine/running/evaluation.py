"""Evaluating one trial: take its training as far as it may go, and contain whatever goes wrong in it.

The reports on the way (learning curves) are asked for only where someone looks at them: a pruner, or a deadline.
"""

import signal
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from math import isfinite
from time import perf_counter_ns
from typing import NamedTuple, Protocol, TypeVar

from hpobench_tui.core.describe import Kinds, describe, whole
from hpobench_tui.core.errors import TrainingError
from hpobench_tui.core.problem import Report, Training
from hpobench_tui.core.status import TrialStatus

Value = TypeVar("Value")
DONE = TrialStatus.DONE


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
        failure_cost: Seconds that the failure took by the problem's cost model, where it states them.
    """

    status: TrialStatus
    reached: int
    report: Report | None = None
    error: str | None = None
    curve: Sequence[tuple[int, Report]] = ()
    nanoseconds: int = 0
    pruner_nanoseconds: int = 0
    training: Training | None = None
    failure_cost: float | None = None


class Order(NamedTuple):
    """What is to be evaluated: from fidelity ``before`` to ``granted`` of what was ``asked`` for.

    Attributes:
        step: Fidelity between reports, None for one report at the end.
        nanoseconds: Time that is left, or None.
        should_stop: The optimizer's pruner, given fidelity and report, or None.
    """

    before: int
    granted: int
    asked: int
    step: int | None = None
    nanoseconds: int | None = None
    should_stop: Callable[[int, Report], bool] | None = None


class PrunerError(Exception):
    """A pruner raised; its run fails, not the trial."""


class Pausable(Protocol):
    def pause_if_asked(self) -> None: ...


class Stopwatch:
    """Counts nanoseconds while it is not stopped."""

    def __init__(self) -> None:
        self._started = perf_counter_ns()

    def restart(self) -> None:
        self._started = perf_counter_ns()

    def read(self) -> int:
        return perf_counter_ns() - self._started

    def leave_out(self, action: Callable[[], Value]) -> tuple[Value, int]:
        """Do something that does not count; its result and its nanoseconds."""
        before = perf_counter_ns()
        result = action()
        passed = perf_counter_ns() - before
        self._started += passed
        return result, passed


def evaluate(order: Order, start: Callable[[], Training], sink: Pausable, told: Kinds, context: Context) -> Outcome:
    """Start (or continue) the training and advance it. Never raises but for :class:`PrunerError` and interrupts.

    The problem's code is run in its ``context``, the pruner's in the caller's.

    Training again what a continuation lost is not charged: the clock starts when ``start`` returns one. The first error
    of a kind that was not ``told`` has its traceback in the lines after its first.
    """
    watch = Stopwatch()
    curve: list[tuple[int, Report]] = []
    try:
        training = context.run(start)
        if order.before:
            watch.restart()
        outcome = _advance(order, training, curve, watch, sink, context)
    except PrunerError:
        raise
    except BaseException as error:  # contains any failure of an objective
        if is_interrupt(error):
            raise
        reason = describe(error)
        if told.is_new(reason):
            reason = f"{reason}\n{whole(error)}"
        outcome = Outcome(TrialStatus.FAILED, order.granted, error=reason)
        if isinstance(error, TrainingError):
            outcome.failure_cost = error.cost
    outcome.nanoseconds = watch.read()
    outcome.curve = curve
    return outcome


def _advance(
    order: Order, training: Training, curve: list[tuple[int, Report]], watch: Stopwatch, sink: Pausable,
    context: Context,
) -> Outcome:  # fmt: skip
    reached, granted, step, deadline = order.before, order.granted, order.step, order.nanoseconds
    last, pruner = None, 0
    while reached < granted:
        target = min(reached + step, granted) if step else granted
        report = checked(context.run(training.advance, target))
        if deadline is not None and watch.read() > deadline:
            return Outcome(TrialStatus.CUT, reached, last, training=training)
        if not isfinite(report.loss):
            return Outcome(TrialStatus.FAILED, granted, error=f"loss is {report.loss} at fidelity {target}")
        reached, last = target, report
        if reached < granted:
            curve.append((reached, report))
            if order.should_stop:
                (stop, _), passed = watch.leave_out(partial(pruned, order.should_stop, reached, report))
                pruner += passed
                if stop:
                    return Outcome(TrialStatus.PRUNED, reached, report, pruner_nanoseconds=pruner, training=training)
            watch.leave_out(sink.pause_if_asked)
    status = DONE if granted == order.asked else TrialStatus.CUT
    return Outcome(status, reached, last, pruner_nanoseconds=pruner, training=training)


def pruned(should_stop: Callable[[int, Report], bool], fidelity: int, report: Report) -> tuple[bool, float]:
    """Whether the pruner wants the trial to end, and the seconds that it took to say so."""
    started = perf_counter_ns()
    try:
        stop = bool(should_stop(fidelity, report._replace(truth=None, reference=None)))
    except BaseException as error:
        if is_interrupt(error):
            raise
        raise PrunerError(f"should_stop raised {describe(error)}") from error
    return stop, (perf_counter_ns() - started) * 1e-9


def is_interrupt(error: BaseException) -> bool:
    """Whether somebody pressed Ctrl-C. What a plug-in raises of its own is a failure like any other, whatever its type.

    A worker ignores that signal, so that a KeyboardInterrupt there is a plug-in's.
    """
    return isinstance(error, KeyboardInterrupt) and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


def checked(report: Report) -> Report:
    """The report with plain floats.

    Raises:
        TypeError: it is no report, or its loss is no number.
        ValueError: another of its numbers is not finite.
    """
    if type(report) is not Report:
        raise TypeError(f"advance must return a Report, not {report!r}")
    loss, metrics, *rest = report
    for number in rest:
        if number is not None and not (type(number) is float and isfinite(number)):
            return _plain_report(report)
    if type(loss) is float and not metrics:
        return report
    return _plain_report(report)


def _plain_report(report: Report) -> Report:
    if isinstance(report.loss, (str, bytes, bool)):
        raise TypeError(f"a loss must be a number, not {report.loss!r}")
    rest = [
        _plain_number(name, number)
        for name, number in (
            ("noise-free loss (truth)", report.truth),
            ("cost", report.cost),
            ("reference", report.reference),
        )
    ]
    return Report(float(report.loss), plain_metrics(report.metrics), *rest)


def _plain_number(name: str, number: float | None) -> float | None:
    value = None if number is None else float(number)
    if value is not None and not isfinite(value):
        raise ValueError(f"the {name} is {value}")
    return value


def plain_metrics(metrics: Mapping[str, float]) -> dict[str, float]:
    """Metrics by name as floats; those that are not finite are left out, as a store cannot hold them."""
    values = {str(name): float(value) for name, value in metrics.items()}
    return {name: value for name, value in values.items() if isfinite(value)}
