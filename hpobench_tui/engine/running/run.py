"""One run, whatever its clock: set it up, check what the optimizer asks, book, record and tell what came of it.

Failures are contained here and in ``evaluation``. There, an objective that raises or returns no finite loss costs its
trial; here, an optimizer that raises or asks something invalid costs its run. Both are recorded with the reason. What
takes the process down is for the supervisor, who watches it.
"""

import decimal
import json
import traceback
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextvars import Context, copy_context
from time import perf_counter
from typing import Protocol

from hpobench_tui.core.describe import Kinds, describe, explain, first_line, whole
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.optimizer import Ask, Closable, Optimizer, Planned, Pruner, Task
from hpobench_tui.core.problem import NO_METRICS, Training
from hpobench_tui.core.space import encoder, space_of, validator
from hpobench_tui.core.status import RunStatus, TrialStatus
from hpobench_tui.core.trial import Trial
from hpobench_tui.engine.messages import Cell, Diverged, End, Plan, RunTask
from hpobench_tui.engine.running.evaluation import Order, Outcome, PrunerError, evaluate, is_interrupt
from hpobench_tui.engine.running.ledger import Ledger
from hpobench_tui.engine.running.recorder import ProgressRows, Recorder
from hpobench_tui.engine.running.seeding import seed_globals
from hpobench_tui.engine.running.trainings import Origin, Trainings
from hpobench_tui.executors.activity import Phase
from hpobench_tui.plugins import build_optimizer, import_needed, load_problem

Rows = list[tuple[Cell, ...]]
ASKING, EVALUATING, TELLING, FAILED = Phase.ASKING, Phase.EVALUATING, Phase.TELLING, TrialStatus.FAILED
"""An enumeration's member costs as much to look up as a function to call."""
MOST_TRACEBACKS = 10
"""That a run stores of its failed trials: one of each kind."""
MARKS = ("bracket", "rung", "continues")
LARGEST_MARK = 2**63
"""What a store cannot hold any more; -1 stands for absent in its tables."""


class Sink(Protocol):
    """Where a run leaves what happened, and where it is told to stand still."""

    def phase(self, phase: Phase, number: int = -1) -> None: ...

    def plan(self, plan: Plan) -> None: ...

    def trial(self, row: tuple[Cell, ...] | None, progress: ProgressRows, reports: Rows, run: "Run") -> None:
        """What there is to store of a trial, and of where the run stands; None for a trial that is left out."""
        ...

    def pause_if_asked(self) -> None:
        """Return at once, or after a pause."""
        ...

    def imported(self, module: str, library: bool) -> None:
        """A module of the run's code has just been imported, one that it requires if ``library``."""
        ...


class OptimizerError(Exception):
    """An optimizer broke its contract."""


class ReplayDivergedError(Exception):
    """A fresh optimizer did not ask what is recorded."""


class Run(ABC):
    """Attributes are what the ledger and the store show of it. ``clock`` is in seconds."""

    def __init__(self, task: RunTask, sink: Sink) -> None:
        self._task, self._sink, self._info = task, sink, task.problem
        self._fidelity = task.problem.fidelity
        self._most = self._fidelity.maximum if self._fidelity else 1
        self.ledger = Ledger(task.budget, self._fidelity)
        self.recorder = Recorder(
            task.run, task.problem.noisy, task.problem.reference.loss, self.ledger.total, task.record
        )
        self.number = task.run
        self.clock = 0.0
        self.optimizer_seconds = 0.0
        self._told = Kinds(MOST_TRACEBACKS)
        self._optimizer: Optimizer
        self._own_context: Context
        self._built = False

    def run(self) -> End | Diverged:
        """Run to the end; never raises but for interrupts."""
        try:
            self._sink.phase(Phase.LOADING)
            import_needed(self._info, self._task.optimizer, imported=self._sink.imported)
            # What is imported stays; what the run then does to its context, such as NumPy's error state, ends with it.
            self._own_context = own_context()
            end = self._own_context.run(self._from_set_up_to_end)
        except ReplayDivergedError as error:
            return Diverged(self._task.run, str(error))
        except (OptimizerError, PrunerError, HpobenchError) as error:
            end = End(self._task.run, RunStatus.FAILED, f"{explain(error)}\n{whole(error)}")
        except BaseException as error:  # contains any failure of an optimizer or a problem's set-up
            if is_interrupt(error):
                raise
            end = End(self._task.run, RunStatus.FAILED, f"{describe(error)}\n{whole(error)}")
        if last := self.recorder.end():
            self._sink.trial(None, last, [], self)
        return end

    def _from_set_up_to_end(self) -> End:
        self._set_up()
        return End(self._task.run, self._go_on())

    def close(self) -> None:
        """Release what the optimizer holds. Called when the run's end is told already: it cannot change it any more."""
        self._sink.phase(Phase.CLOSING)
        if self._built and isinstance(self._optimizer, Closable):
            try:
                self._own_context.run(self._optimizer.close)
            except BaseException as error:  # its results are in; whoever has to mend it finds it in the log
                if is_interrupt(error):
                    raise
                traceback.print_exc()

    @abstractmethod
    def _go_on(self) -> RunStatus:
        """Ask, evaluate and tell to the end; and say how it ended."""

    def _set_up(self) -> None:
        task = self._task
        seed_globals(task.optimizer_seed)
        self._context = own_context()  # the problem's: what it sets is not what the optimizer finds
        problem = self._context.run(load_problem, self._info)
        space = self._context.run(space_of, problem)
        self._invalid, self._encode = validator(space), encoder(space)
        keep = task.optimizer.capabilities.multi_fidelity
        self._trainings = Trainings(self._info, problem, task.problem_seed, task.device, keep)
        self._optimizer = optimizer = build_optimizer(
            task.optimizer,
            Task(space, self._fidelity, task.budget, task.optimizer_seed, task.parameters, self._info.loss_range),
        )
        self._built = True
        self._pruner = optimizer if isinstance(optimizer, Pruner) else None
        looked_at = self._pruner is not None or self.ledger.unit.counts_time
        self._step = self._fidelity.step if self._fidelity and looked_at else None
        if isinstance(optimizer, Planned):
            self._sink.plan(Plan(task.run, tuple(optimizer.plan())))

    def _ask(self, asked: int) -> tuple[Ask, float]:
        """Question ``asked`` and the seconds it took. Raises ``Complete`` and ``NotReady`` as the optimizer does."""
        self._sink.phase(ASKING, asked)
        started = perf_counter()
        ask = self._optimizer.ask()
        return ask, perf_counter() - started

    def _target(self, ask: Ask, number: int) -> int:
        """The fidelity that was asked for, 1 where there is none; complains about an invalid question."""
        if type(ask) is not Ask:
            raise OptimizerError(f"ask must return an Ask, not {ask!r}")
        configuration, fidelity, bracket, rung, continues = ask
        if problem := self._invalid(configuration):
            raise OptimizerError(f"asked for an invalid configuration in trial {number}: {problem}")
        if not (bracket is rung is continues is None):
            for name, value in zip(MARKS, (bracket, rung, continues), strict=True):
                if value is not None and not (type(value) is int and 0 <= value < LARGEST_MARK):
                    raise OptimizerError(
                        f"asked with {name} = {value!r} in trial {number}; valid are whole numbers from 0, or None"
                    )
        if self._fidelity is None or fidelity is None:
            return self._most
        low, high = self._fidelity.minimum, self._fidelity.maximum
        if type(fidelity) is not int or not low <= fidelity <= high:
            raise OptimizerError(
                f"asked for fidelity {fidelity!r} in trial {number}; valid are whole {self._fidelity.name}"
                f" from {low} to {high}"
            )
        return fidelity

    def _before(self, ask: Ask, target: int, number: int) -> int:
        """The fidelity that the trial's training already has."""
        if ask.continues is None:
            return 0
        try:
            return self._trainings.before(ask, target)
        except ValueError as error:
            raise OptimizerError(f"trial {number} {error}") from error

    def _grant(self, ask: Ask, target: int, number: int) -> tuple[int, int | None]:
        """From which fidelity a trial goes on, and how far it may; None: it does not fit into the budget any more."""
        before = self._before(ask, target, number)
        granted = self.ledger.grant(target, before)
        if granted is not None and granted <= before:
            before = 0  # what is left does not pay for more than it has: it is trained afresh, as far as it goes
        return before, granted

    def _evaluate(self, asked: int, ask: Ask, origin: Origin, order: Order) -> Outcome:
        self._sink.phase(EVALUATING, asked)
        if (fatal := self._task.fatal.get(asked)) is not None:
            return Outcome(TrialStatus.FAILED, order.granted, error=fatal.reason, nanoseconds=fatal.nanoseconds)

        def start() -> Training:
            return self._trainings.start(origin, ask, order.before)

        return evaluate(order, start, self._sink, self._told, self._context)

    def _finish(
        self, number: int, asked: int, ask: Ask, target: int, before: int, origin: Origin, outcome: Outcome, cost: int,
        start: float, end: float, ask_seconds: float, worker: int | None = None,
    ) -> float:  # fmt: skip
        """Record and tell a trial that is booked already; the seconds that the optimizer took to take note of it."""
        status, report, reached = outcome.status, outcome.report, outcome.reached
        loss, metrics, truth, _, reference = report if report is not None else NOTHING
        fidelity = (reached or None) if self._fidelity else None
        bracket, rung = ask.bracket, ask.rung
        trial = Trial(
            number, asked, ask.configuration, status, loss, fidelity, bracket, rung, metrics,
            outcome.error and first_line(outcome.error),
        )  # fmt: skip
        self._trainings.finished(number, origin, before if status is FAILED else reached, outcome.training)
        stored = self.recorder.add(
            trial, truth, reference, reached if self._fidelity else 1, self.ledger.spent, end
        )  # fmt: skip
        # Written down before the optimizer sees the trial: whoever gets its mapping may change it.
        configuration = self._encode(ask.configuration) if stored else ""
        self._sink.phase(TELLING, asked)
        started = perf_counter()
        failure: BaseException | None = None
        try:
            self._optimizer.tell(trial)
        except BaseException as error:  # noqa: BLE001 - the trial is recorded before the run fails
            failure = error
        tell_seconds = perf_counter() - started + outcome.pruner_nanoseconds * 1e-9
        self.optimizer_seconds += ask_seconds + tell_seconds
        self._advance_clock(end, tell_seconds)
        row: tuple[Cell, ...] | None = None
        if stored:
            row = (
                self.number, number, asked, status._value_, configuration, loss, truth, cost, start, end, ask_seconds,
                tell_seconds, outcome.nanoseconds * 1e-9,
            )  # fmt: skip
            usual = reference is None and worker is None and outcome.error is None and not metrics
            if not usual or self._fidelity is not None or bracket is not None or rung is not None:
                row += (
                    fidelity, target if self._fidelity else None, bracket, rung, ask.continues if before else None,
                )  # fmt: skip
                if not usual:
                    row += (reference, as_json(metrics), worker, outcome.error)
        curve: Rows = (
            [(self._task.run, number, at, r.loss, as_json(r.metrics)) for at, r in outcome.curve]
            if stored and outcome.curve
            else []
        )
        self._sink.trial(row, self.recorder.rows, curve, self)
        if failure is not None:
            raise failure
        return tell_seconds

    @abstractmethod
    def _advance_clock(self, end: float, tell_seconds: float) -> None:
        """Set ``clock`` after a trial that ended at ``end`` and took so long to be told."""


def own_context() -> Context:
    """A copy of the current context, with a decimal context of its own: that is an object, which copies share."""
    context = copy_context()
    context.run(lambda: decimal.setcontext(decimal.getcontext().copy()))
    return context


NOTHING = (None, NO_METRICS, None, None, None)


def as_json(metrics: Mapping[str, float]) -> str | None:
    """Metrics as the store keeps them."""
    return json.dumps(dict(metrics)) if metrics else None
