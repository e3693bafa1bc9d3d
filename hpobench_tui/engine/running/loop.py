"""The run loop on the real clock: ask, evaluate, tell, one trial after the other, until the budget is spent.

The clock counts seconds of ask, evaluation and tell; pauses take effect before a step of a training and stop it.
"""

from functools import partial

from hpobench_tui.core.budget import Unit
from hpobench_tui.core.describe import first_line
from hpobench_tui.core.optimizer import Ask, Complete, NotReady
from hpobench_tui.core.problem import Report
from hpobench_tui.core.status import RunStatus, TrialStatus
from hpobench_tui.core.trial import Trial
from hpobench_tui.engine.messages import Recorded, RunTask
from hpobench_tui.engine.running.evaluation import Order
from hpobench_tui.engine.running.run import OptimizerError, ReplayDivergedError, Run, Sink
from hpobench_tui.executors.activity import Phase


class RunLoop(Run):
    """One run on the real clock. What is recorded of it already is replayed first, without evaluating it."""

    def __init__(self, task: RunTask, sink: Sink) -> None:
        super().__init__(task, sink)
        self._deadline = self.ledger.unit in (Unit.SECONDS, Unit.DEVICE_SECONDS)

    def _go_on(self) -> RunStatus:
        for recorded in self._task.recorded:
            self._replay(recorded)
        number = len(self._task.recorded)
        while self.ledger.left > 0:
            self._sink.pause_if_asked()
            try:
                ask, seconds = self._ask(number)
            except Complete:
                return RunStatus.COMPLETE
            except NotReady as error:
                raise OptimizerError("it waits for pending trials, but none is pending") from error
            if not self._trial(number, ask, seconds):
                break
            number += 1
        return RunStatus.DONE

    def _trial(self, number: int, ask: Ask, ask_seconds: float) -> bool:
        """Evaluate, book, record and tell one trial; False if it does not fit into the budget any more."""
        target = self._target(ask, number)
        before, granted = self._grant(ask, target, number)
        if granted is None:
            return False
        origin = self._trainings.origin(ask, before, number)
        order = Order(
            before, granted, target, self._step, self.ledger.left if self._deadline else None,
            partial(self._pruner.should_stop, number, ask) if self._pruner else None,
        )  # fmt: skip
        outcome = self._evaluate(number, ask, origin, order)
        cost = self.ledger.cost(outcome.reached, before, outcome.nanoseconds)
        self.ledger.book(cost)
        start = self.clock + ask_seconds
        end = start + outcome.nanoseconds * 1e-9
        self._finish(number, number, ask, target, before, origin, outcome, cost, start, end, ask_seconds)
        return True

    def _advance_clock(self, end: float, tell_seconds: float) -> None:
        self.clock = end + tell_seconds

    def _replay(self, recorded: Recorded) -> None:
        """Ask and tell a recorded trial without evaluating it."""
        self._sink.phase(Phase.REPLAYING, recorded.number)
        try:
            ask = self._optimizer.ask()
        except (NotReady, Complete) as error:
            raise ReplayDivergedError(
                f"trial {recorded.number}: {type(error).__name__} instead of a question"
            ) from error
        target = self._target(ask, recorded.number)
        if dict(ask.configuration) != dict(recorded.configuration) or (self._fidelity and target != recorded.target):
            raise ReplayDivergedError(
                f"trial {recorded.number} was {dict(recorded.configuration)} at fidelity {recorded.target},"
                f" but the optimizer now asks {dict(ask.configuration)} at {target}"
            )
        if reason := first_line(recorded.error):
            self._told.is_new(reason)
        reached = recorded.fidelity or 1
        failed = recorded.status is TrialStatus.FAILED
        if self._pruner:
            for fidelity, loss, metrics in recorded.reports:
                self._pruner.should_stop(recorded.number, ask, fidelity, Report(loss, metrics))
        before = self._before(ask, target, recorded.number)
        origin = self._trainings.origin(ask, before, recorded.number)
        self._trainings.finished(recorded.number, origin, before if failed else reached, None)
        self.ledger.book(recorded.cost)
        trial = Trial(
            recorded.number, recorded.number, ask.configuration, recorded.status, recorded.loss, recorded.fidelity,
            recorded.bracket, recorded.rung, recorded.metrics,
            reason,
        )  # fmt: skip
        charged = (recorded.fidelity or 0) if self._fidelity else 1
        self.recorder.add(
            trial, recorded.truth, recorded.reference, charged, self.ledger.spent, recorded.clock_end
        )  # fmt: skip
        self._optimizer.tell(trial)
        self.clock = recorded.clock_end + recorded.tell_seconds
        self.optimizer_seconds += recorded.ask_seconds + recorded.tell_seconds
