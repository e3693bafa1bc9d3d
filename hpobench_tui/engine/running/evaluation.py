"""Evaluating one trial: take its training as far as it may go, and contain whatever goes wrong in it.

The reports on the way (learning curves) are asked for only where someone looks at them: a pruner, a deadline,
or a person (``Experiment.curves``).
"""

import signal
from collections.abc import Callable, Mapping
from functools import partial
from math import isfinite
from time import perf_counter_ns
from typing import Protocol, TypeVar

from hpobench_tui.core.describe import Kinds, describe, whole
from hpobench_tui.core.errors import TrainingError
from hpobench_tui.core.optimizer import Pruner
from hpobench_tui.core.problem import Report, Training
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.engine.messages import Fatal
from hpobench_tui.engine.running.bench import Bench
from hpobench_tui.engine.running.offspring import QUICK_NANOSECONDS, Offspring
from hpobench_tui.engine.running.pending import Outcome, Pending

Value = TypeVar("Value")
DONE, PRUNED, FAILED, CUT = TrialStatus.DONE, TrialStatus.PRUNED, TrialStatus.FAILED, TrialStatus.CUT
"""A member costs as much to look up as a function to call."""
MOST_TRACEBACKS = 10
"""That a run stores of its failed trials: one of each kind."""
LARGEST_METRICS, CHARACTERS_A_VALUE = 2**20, 24
"""Characters of all metrics of a report, of which a store takes some more; and of one value."""


class PrunerError(Exception):
    """A pruner raised; its run fails, not the trial."""


class Pausable(Protocol):
    def pause_if_asked(self) -> None: ...

    def left(self, text: str) -> None: ...

    def note(self, text: str) -> None: ...


class Stopwatch:
    """Counts nanoseconds while it is not stopped, nor this process is."""

    def __init__(self) -> None:
        self._started = perf_counter_ns()

    def stood_still(self, seconds: float) -> None:
        """The process was stopped for so long, just now."""
        self._started = min(self._started + round(seconds * 1e9), perf_counter_ns())

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


RUNNING: list[Stopwatch | None] = [None]
"""The one of the evaluation under way."""


class Evaluator:
    """Evaluates the trials of one run.

    The problem's code is run in its own context, the pruner's in the caller's.

    Args:
        pruner: To be asked on the way, or None.
        fatal: Trials that took a process down: failed, and not tried again.
        reasons: Kinds of them so far. The first of a kind has its traceback in the lines after its first.
        contained: What a trial starts ends with it.
    """

    def __init__(
        self, bench: Bench, pruner: Pruner | None, sink: Pausable, fatal: Mapping[int, Fatal], reasons: Kinds,
        contained: bool = True,
    ) -> None:  # fmt: skip
        self._trainings, self._context, self._step = bench.trainings, bench.context, bench.step
        self._offspring = Offspring()
        self._contained = contained
        self._pruner, self._sink, self._fatal, self._reasons = pruner, sink, fatal, reasons

    def evaluate(self, trial: Pending, nanoseconds: int | None = None) -> Outcome:
        """Start (or continue) the training and advance it. Never raises but for :class:`PrunerError` and interrupts.

        Training again what a continuation lost is not charged: the clock starts when that is done.

        Args:
            nanoseconds: Time that is left, or None.
        """
        if (fatal := self._fatal.get(trial.asked)) is not None:
            return Outcome(FAILED, trial.granted, error=fatal.reason, nanoseconds=fatal.nanoseconds)
        curve: list[tuple[int, Report]] = []
        training: Training | None = None
        offspring = self._offspring
        if not offspring.quick and self._contained:
            offspring.before()
        RUNNING[0] = watch = Stopwatch()
        try:
            training = self._context.run(self._trainings.start, trial.origin, trial.ask, trial.before)
            if trial.before:
                watch.restart()
            outcome = self._advance(trial, training, curve, watch, nanoseconds)
        except PrunerError:
            raise
        except BaseException as error:  # contains any failure of an objective
            if is_interrupt(error):
                raise
            outcome = self._failed(trial, error)
        outcome.nanoseconds = took = watch.read()
        RUNNING[0] = None
        outcome.curve = curve
        if not self._contained:
            return outcome
        if took < QUICK_NANOSECONDS and not offspring.holding:
            offspring.quick = True
            return outcome
        offspring.quick = False
        kept = outcome.training is not None and self._trainings.keeps(outcome.reached)
        if left := offspring.after(training, kept):
            self._sink.left(f"{left} running {'process' if left == 1 else 'processes'} of a trial; ended with it")
        return outcome

    def _failed(self, trial: Pending, error: BaseException) -> Outcome:
        """Of a trial whose objective raised."""
        reason = describe(error)
        if self._reasons.is_new(reason):
            reason = f"{reason}\n{whole(error)}"
        cost = error.cost if isinstance(error, TrainingError) else None
        return Outcome(FAILED, trial.granted, error=reason, failure_cost=cost)

    def _advance(
        self,
        trial: Pending,
        training: Training,
        curve: list[tuple[int, Report]],
        watch: Stopwatch,
        limit: int | None,
    ) -> Outcome:
        reached, granted, step, context = trial.before, trial.granted, self._step, self._context
        last, thinking = None, 0
        while reached < granted:
            target = min(reached + step, granted) if step else granted
            report = checked(context.run(training.advance, target))
            if limit is not None and watch.read() > limit:
                return Outcome(CUT, reached, last, training=training)
            if not isfinite(report.loss):
                return Outcome(FAILED, granted, error=f"loss is {report.loss} at fidelity {target}")
            reached, last = target, report
            if reached < granted:
                curve.append((reached, report))
                if self.looks:
                    stop, passed = watch.leave_out(partial(self.wants_to_stop, trial, reached, report))
                    thinking += passed
                    if stop:
                        return Outcome(PRUNED, reached, report, pruner_nanoseconds=thinking, training=training)
                watch.leave_out(self._sink.pause_if_asked)
        status = DONE if granted == trial.target else CUT
        return Outcome(status, reached, last, pruner_nanoseconds=thinking, training=training)

    @property
    def looks(self) -> bool:
        """Whether somebody is to be told of reports on the way."""
        return self._pruner is not None

    def wants_to_stop(self, trial: Pending, fidelity: int, report: Report) -> bool:
        """Tell of a report on the way; whether the trial is to end with it."""
        assert self._pruner is not None
        return wants_to_stop(self._pruner, trial, fidelity, report)[0]


def wants_to_stop(pruner: Pruner, trial: Pending, fidelity: int, report: Report) -> tuple[bool, float]:
    """Whether the pruner wants the trial to end, and the seconds that it took to say so."""
    started = perf_counter_ns()
    try:
        seen = report._replace(truth=None, reference=None)
        stop = bool(pruner.should_stop(trial.asked, trial.ask, fidelity, seen))
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
    """Metrics by name as floats; those that are not finite are left out, as a store cannot hold them.

    Raises:
        ValueError: there is more than a cell of a store takes.
    """
    values = {str(name): float(value) for name, value in metrics.items()}
    if (size := sum(map(len, values)) + CHARACTERS_A_VALUE * len(values)) > LARGEST_METRICS:
        raise ValueError(f"{len(values):,} metrics have {size:,} characters, at most {LARGEST_METRICS:,} can be kept")
    return {name: value for name, value in values.items() if isfinite(value)}
