"""The run loop: ask, evaluate, tell, until the budget is spent.

One of the two places that contain failures (the other is the worker's process, which the supervisor watches): an
objective that raises or returns no finite loss costs its trial, an optimizer that raises or asks something invalid
costs its run. Both are recorded with the reason.

Pauses take effect before a step of a training and stop the run's clock.
"""

import json
import time
import traceback
from collections.abc import Mapping
from functools import partial
from types import NoneType
from typing import Protocol

from hpobench_tui.core.budget import Unit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.incumbent import IncumbentTracker
from hpobench_tui.core.optimizer import Ask, Closable, Complete, NotReady, Optimizer, Planned, Pruner, Task
from hpobench_tui.core.problem import Report
from hpobench_tui.core.space import validator
from hpobench_tui.core.trial import Status, Trial
from hpobench_tui.engine.activity import Phase
from hpobench_tui.engine.describe import describe
from hpobench_tui.engine.evaluation import Order, Outcome, PrunerError, evaluate
from hpobench_tui.engine.ledger import Ledger
from hpobench_tui.engine.messages import Cell, End, Plan, Recorded, RunTask
from hpobench_tui.engine.seeding import seed_globals
from hpobench_tui.engine.trainings import Trainings
from hpobench_tui.plugins import build_optimizer, import_needed, load_problem


class Sink(Protocol):
    """Where a run loop leaves what happened, and where it is told to stand still."""

    def phase(self, phase: Phase, number: int = -1) -> None: ...

    def plan(self, plan: Plan) -> None: ...

    def trial(self, row: tuple[Cell, ...], reports: list[tuple[Cell, ...]], loop: "RunLoop") -> None: ...

    def pause_if_asked(self) -> None:
        """Return at once, or after a pause."""
        ...


class OptimizerError(Exception):
    """An optimizer broke its contract."""


class ReplayDivergedError(Exception):
    """A fresh optimizer did not ask what is recorded."""


class RunLoop:
    """One run. Attributes are what the ledger and the store show of it."""

    def __init__(self, task: RunTask, sink: Sink) -> None:
        self._task, self._sink, self._info = task, sink, task.problem
        self._fidelity = task.problem.fidelity
        self.ledger = Ledger(task.budget, self._fidelity)
        self.clock = 0.0
        self.optimizer_seconds = 0.0
        self.failed_trials = 0
        self._incumbent = IncumbentTracker(task.problem.noisy)
        self._total_loss, self._losses = 0.0, 0
        self._optimizer: Optimizer | None = None

    def run(self) -> End:
        """Run to the end; never raises but for interrupts."""
        try:
            self._sink.phase(Phase.LOADING)
            import_needed(self._info, self._task.optimizer)
            seed_globals(self._task.optimizer_seed)
            problem = load_problem(self._info)
            space = problem.space()
            self._invalid = validator(space)
            keep = self._task.optimizer.capabilities.multi_fidelity
            self._trainings = Trainings(self._info, problem, self._task.problem_seed, self._task.device, keep)
            self._optimizer = optimizer = build_optimizer(
                self._task.optimizer,
                Task(space, self._fidelity, self._task.budget, self._task.optimizer_seed, self._task.parameters),
            )
            self._pruner = optimizer if isinstance(optimizer, Pruner) else None
            looked_at = self._pruner is not None or self.ledger.unit is Unit.SECONDS
            self._step = self._fidelity.step if self._fidelity and looked_at else None
            if isinstance(optimizer, Planned):
                self._sink.plan(Plan(self._task.run, tuple(optimizer.plan())))
            for recorded in self._task.recorded:
                self._replay(optimizer, recorded)
            return self._go_on(optimizer, len(self._task.recorded))
        except ReplayDivergedError as error:
            return End(self._task.run, "diverged", str(error))
        except (OptimizerError, PrunerError, HpobenchError) as error:
            return End(self._task.run, "failed", str(error))
        except Exception as error:  # noqa: BLE001 - contains any failure of an optimizer or a problem's set-up
            traceback.print_exc()  # for whoever has to mend it; the worker's output goes to the supervisor's log
            return End(self._task.run, "failed", describe(error))

    def close(self) -> None:
        """Release what the optimizer holds. Called when the run's end is told already: it cannot change it any more."""
        self._sink.phase(Phase.CLOSING)
        if isinstance(self._optimizer, Closable):
            try:
                self._optimizer.close()
            except Exception:  # noqa: BLE001 - its results are in; whoever has to mend it finds it in the log
                traceback.print_exc()

    def _go_on(self, optimizer: Optimizer, number: int) -> End:
        while self.ledger.left > 0:
            self._sink.pause_if_asked()
            self._sink.phase(Phase.ASKING, number)
            started = time.perf_counter()
            try:
                ask = optimizer.ask()
            except Complete:
                return End(self._task.run, "complete")
            except NotReady as error:
                raise OptimizerError("it waits for pending trials, but none is pending") from error
            ask_seconds = time.perf_counter() - started
            asked = self._asked_fidelity(ask, number)
            if not self._trial(optimizer, number, ask, asked, ask_seconds):
                break
            number += 1
        return End(self._task.run, "done")

    def _asked_fidelity(self, ask: Ask, number: int) -> int:
        """The fidelity that was asked for, 1 where there is none; complains about an invalid question."""
        if not isinstance(ask, Ask):
            raise OptimizerError(f"ask must return an Ask, not {ask!r}")
        if problem := self._invalid(ask.configuration):
            raise OptimizerError(f"asked for an invalid configuration in trial {number}: {problem}")
        for name in ("bracket", "rung", "continues"):
            if type(value := getattr(ask, name)) not in (int, NoneType):
                raise OptimizerError(
                    f"asked with {name} = {value!r} in trial {number}; valid are whole numbers or None"
                )
        if self._fidelity is None or ask.fidelity is None:
            return self._fidelity.maximum if self._fidelity else 1
        low, high = self._fidelity.minimum, self._fidelity.maximum
        if type(ask.fidelity) is not int or not low <= ask.fidelity <= high:
            raise OptimizerError(
                f"asked for fidelity {ask.fidelity!r} in trial {number}; valid are whole {self._fidelity.name}"
                f" from {low} to {high}"
            )
        return ask.fidelity

    def _trial(self, optimizer: Optimizer, number: int, ask: Ask, asked: int, ask_seconds: float) -> bool:
        """Evaluate, book, record and tell one trial; False if it does not fit into the budget any more."""
        before = self._before(ask, asked, number)
        granted = self.ledger.grant(asked, before)
        if granted is None:
            return False
        if granted <= before:
            before = 0  # what is left does not pay for more than it has: it is trained afresh, as far as it goes
        configuration = json.dumps(dict(ask.configuration))  # now: whoever gets the mapping may change it
        outcome = self._evaluate(number, ask, Order(
            number, ask, before, granted, asked, self._step,
            self.ledger.left if self.ledger.unit is Unit.SECONDS else None,
            self._pruner.should_stop if self._pruner else None,
        ))  # fmt: skip
        cost = self.ledger.cost(outcome.reached, before, outcome.nanoseconds)
        self.ledger.book(cost)
        trial = self._trial_of(number, ask, outcome)
        truth = outcome.report.truth if outcome.report else None
        self._note(trial, truth)
        self._sink.phase(Phase.TELLING, number)
        started = time.perf_counter()
        failure: Exception | None = None
        try:
            optimizer.tell(trial)
        except Exception as error:  # noqa: BLE001 - the trial is recorded before the run fails
            failure = error
        tell_seconds = time.perf_counter() - started + outcome.pruner_nanoseconds * 1e-9
        clock_start = self.clock + ask_seconds
        clock_end = clock_start + outcome.nanoseconds * 1e-9
        self.clock = clock_end + tell_seconds
        self.optimizer_seconds += ask_seconds + tell_seconds
        row: tuple[Cell, ...] = (
            self._task.run, number, outcome.status, configuration, trial.fidelity, asked if self._fidelity else None,
            ask.bracket, ask.rung, ask.continues if before else None, trial.loss, truth, as_json(trial.metrics), cost,
            clock_start, clock_end, ask_seconds, tell_seconds, outcome.nanoseconds * 1e-9, self._incumbent.number,
            self._incumbent.value, self._total_loss, self._losses, outcome.error,
        )  # fmt: skip
        curve: list[tuple[Cell, ...]] = [
            (self._task.run, number, fidelity, report.loss, as_json(report.metrics))
            for fidelity, report in outcome.curve
        ]
        self._sink.trial(row, curve, self)
        if failure is not None:
            raise failure
        return True

    def _before(self, ask: Ask, asked: int, number: int) -> int:
        """The fidelity that the trial's training already has."""
        try:
            return self._trainings.before(ask, asked)
        except ValueError as error:
            raise OptimizerError(f"trial {number} {error}") from None

    def _evaluate(self, number: int, ask: Ask, order: Order) -> Outcome:
        self._trainings.register(number, ask, order.before)
        self._sink.phase(Phase.EVALUATING, number)
        if (fatal := self._task.fatal.get(number)) is not None:
            outcome = Outcome(Status.FAILED, order.granted, error=fatal.reason, nanoseconds=fatal.nanoseconds)
        else:
            outcome = evaluate(order, partial(self._trainings.start, number, ask, order.before), self._sink)
        reached = order.before if outcome.status is Status.FAILED else outcome.reached
        self._trainings.finished(number, reached, outcome.training)
        return outcome

    def _trial_of(self, number: int, ask: Ask, outcome: Outcome) -> Trial:
        return Trial(
            number=number,
            asked=number,
            configuration=ask.configuration,
            status=outcome.status,
            loss=outcome.report.loss if outcome.report else None,
            fidelity=(outcome.reached or None) if self._fidelity else None,
            bracket=ask.bracket,
            rung=ask.rung,
            metrics=outcome.report.metrics if outcome.report else {},
            error=outcome.error,
        )

    def _note(self, trial: Trial, truth: float | None) -> None:
        """Keep incumbent and sums up to date."""
        if trial.loss is None:
            self.failed_trials += trial.status is Status.FAILED
            return
        self._total_loss += trial.loss
        self._losses += 1
        self._incumbent.add(trial.number, trial.configuration, trial.fidelity or 1, trial.loss, truth)

    def _replay(self, optimizer: Optimizer, recorded: Recorded) -> None:
        """Ask and tell a recorded trial without evaluating it."""
        self._sink.phase(Phase.REPLAYING, recorded.number)
        try:
            ask = optimizer.ask()
        except (NotReady, Complete) as error:
            raise ReplayDivergedError(
                f"trial {recorded.number}: {type(error).__name__} instead of a question"
            ) from error
        asked = self._asked_fidelity(ask, recorded.number)
        if dict(ask.configuration) != dict(recorded.configuration) or (
            self._fidelity and asked != recorded.asked_fidelity
        ):
            raise ReplayDivergedError(
                f"trial {recorded.number} was {dict(recorded.configuration)} at fidelity {recorded.asked_fidelity},"
                f" but the optimizer now asks {dict(ask.configuration)} at {asked}"
            )
        reached = recorded.fidelity or 1
        failed = recorded.status is Status.FAILED
        if self._pruner:
            for fidelity, loss, metrics in recorded.reports:
                self._pruner.should_stop(recorded.number, ask, fidelity, Report(loss, metrics))
        before = self._before(ask, asked, recorded.number)
        self._trainings.register(recorded.number, ask, before)
        self._trainings.finished(recorded.number, before if failed else reached, None)
        self.ledger.book(recorded.cost)
        trial = Trial(
            number=recorded.number,
            asked=recorded.number,
            configuration=ask.configuration,
            status=recorded.status,
            loss=recorded.loss,
            fidelity=recorded.fidelity,
            bracket=recorded.bracket,
            rung=recorded.rung,
            metrics=recorded.metrics,
            error=recorded.error,
        )
        self._note(trial, recorded.truth)
        optimizer.tell(trial)
        self.clock = recorded.clock_end
        self.optimizer_seconds += recorded.optimizer_seconds


def as_json(metrics: Mapping[str, float]) -> str | None:
    """Metrics as the store keeps them."""
    return json.dumps(dict(metrics)) if metrics else None
