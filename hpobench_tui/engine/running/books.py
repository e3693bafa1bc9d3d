"""What both clocks keep of a run: questions are checked and granted, trials charged, recorded and told.

An optimizer's failure costs its run (``run``); the trial that it was being told is recorded first.
"""

import json
from collections.abc import Mapping
from time import perf_counter
from typing import Protocol

from hpobench_tui.core.columns import Row
from hpobench_tui.core.configuration import made_plain
from hpobench_tui.core.describe import Kinds, first_line
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.optimizer import Ask
from hpobench_tui.core.parameter import LARGEST
from hpobench_tui.core.problem import NO_METRICS
from hpobench_tui.core.records import marked_cells, rare_cells, report_row, trial_row, usual_cells
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.core.trial import Trial
from hpobench_tui.engine.messages import PlannedBrackets, RunTask
from hpobench_tui.engine.running.evaluation import MOST_TRACEBACKS
from hpobench_tui.engine.running.ledger import Ledger
from hpobench_tui.engine.running.pending import Outcome, Pending
from hpobench_tui.engine.running.prepare import Prepared
from hpobench_tui.engine.running.recorder import Recorder, Rows
from hpobench_tui.executors.activity import Phase

ASKING, TELLING, FAILED = Phase.ASKING, Phase.TELLING, TrialStatus.FAILED
"""An enumeration's member costs as much to look up as a function to call."""
MARKS = ("bracket", "rung", "continues")
LARGEST_MARK = 2**63
"""What a store cannot hold any more."""
NOTHING = (None, NO_METRICS, None, None, None)
"""In place of a report."""


class Sink(Protocol):
    """Where a run leaves what happened, and where it is told to stand still."""

    @property
    def paused(self) -> bool:
        """Whether it is to stand still."""
        ...

    def phase(self, phase: Phase, number: int = -1) -> None: ...

    def plan(self, plan: PlannedBrackets) -> None: ...

    def trial(self, row: Row | None, progress: Rows, reports: Rows, books: "Books") -> None:
        """What there is to store of a trial, and of where the run stands; None for a trial that is left out."""
        ...

    def pause_if_asked(self) -> None:
        """Return at once, or after a pause."""
        ...

    def left(self, text: str) -> None:
        """Something was left behind in this process, in words, and what became of that."""
        ...

    def note(self, text: str) -> None:
        """What a person should know of trainings that were taken further together, in a line."""
        ...

    def imported(self, module: str, library: bool) -> None:
        """A module of the run's code has just been imported, one that it requires if ``library``."""
        ...


class OptimizerError(Exception):
    """An optimizer broke its contract."""


class Books:
    """The account of one run.

    Args:
        telling: Whether what an optimizer takes to be told passes on the clock at once.

    Attributes:
        clock: Seconds.
        optimizer_seconds: Of ask and tell.
        most: The highest fidelity, 1 where there is none.
        reasons: Kinds of them, of failed trials so far.
    """

    def __init__(self, task: RunTask, prepared: Prepared, sink: Sink, telling: bool) -> None:
        self.run_id, self.sink, self.optimizer, self.trainings = task.run, sink, prepared.optimizer, prepared.trainings
        self.fidelity = task.problem.fidelity
        self._invalid, self._encode, self._telling = prepared.invalid, prepared.encode, telling
        self.most = self.fidelity.maximum if self.fidelity else 1
        self.ledger = Ledger(task.budget, self.fidelity)
        self.recorder = Recorder(
            task.run, task.problem.noisy, task.problem.reference.loss, self.ledger.total, task.record
        )
        pending = task.simulation.workers if task.simulation else task.evaluations or 1
        self._room = LARGEST - self.most * pending
        self.clock = self.optimizer_seconds = 0.0
        self.reasons = Kinds(MOST_TRACEBACKS)

    def ask(self, asked: int) -> tuple[Ask, float]:
        """Question ``asked`` and the seconds it took. Raises ``Complete`` and ``NotReady`` as the optimizer does."""
        self.sink.phase(ASKING, asked)
        started = perf_counter()
        ask = self.optimizer.ask()
        return ask, perf_counter() - started

    def target(self, ask: Ask, asked: int) -> int:
        """The fidelity that was asked for, 1 where there is none.

        Raises:
            OptimizerError: the question is invalid.
        """
        if type(ask) is not Ask:
            raise OptimizerError(f"ask must return an Ask, not {ask!r}")
        configuration, fidelity, bracket, rung, continues = ask
        if (problem := self._invalid(configuration)) and (
            not made_plain(configuration) or (problem := self._invalid(configuration))
        ):
            raise OptimizerError(f"asked for an invalid configuration in trial {asked}: {problem}")
        if not (bracket is rung is continues is None):
            for name, value in zip(MARKS, (bracket, rung, continues), strict=True):
                if value is not None and not (type(value) is int and 0 <= value < LARGEST_MARK):
                    raise OptimizerError(
                        f"asked with {name} = {value!r} in trial {asked}; valid are whole numbers from 0, or None"
                    )
        if self.fidelity is None or fidelity is None:
            return self.most
        low, high = self.fidelity.minimum, self.fidelity.maximum
        if type(fidelity) is not int or not low <= fidelity <= high:
            raise OptimizerError(
                f"asked for fidelity {fidelity!r} in trial {asked}; valid are whole {self.fidelity.name}"
                f" from {low} to {high}"
            )
        return fidelity

    def before(self, ask: Ask, target: int, asked: int) -> int:
        """The fidelity that the trial's training already has.

        Raises:
            OptimizerError: it continues what it cannot.
        """
        if ask.continues is None:
            return 0
        try:
            return self.trainings.before(ask, target)
        except ValueError as error:
            raise OptimizerError(f"trial {asked} {error}") from error

    def take(self, asked: int, ask: Ask, ask_seconds: float) -> Pending | None:
        """The trial of a question, from where it goes on and how far it may; None: it does not fit any more.

        Raises:
            OptimizerError: the question is invalid.
            HpobenchError: the trials' fidelities may sum up to more than a store holds.
        """
        if self.recorder.fidelity > self._room:
            raise HpobenchError(
                f"the fidelities of {self.recorder.trials} trials sum up to {self.recorder.fidelity}, and those of the"
                f" next may not fit below 2^63, the most that a store can hold. Give the problem a lower maximum than"
                f" {self.most}, or a budget that counts fidelity."
            )
        target = self.target(ask, asked)
        before = self.before(ask, target, asked)
        granted = self.ledger.grant(target, before)
        if granted is None:
            return None
        if granted <= before:
            before = 0  # what is left does not pay for more than it has: it is trained afresh, as far as it goes
        origin = self.trainings.origin(ask, before, asked)
        return Pending(asked, ask, ask_seconds, target, before, granted, origin)

    def has_room(self, trials: int) -> bool:
        """Whether the fidelities of so many more trials surely fit into what a store holds."""
        return self.recorder.fidelity <= self._room - (trials - 1) * self.most

    def finish(
        self, number: int, trial: Pending, outcome: Outcome, cost: int, start: float, end: float,
        worker: int | None = None,
    ) -> float:  # fmt: skip
        """Record and tell a trial that is booked already; the seconds that the optimizer took to take note of it."""
        ask, asked, before = trial.ask, trial.asked, trial.before
        status, report, reached, error = outcome.status, outcome.report, outcome.reached, outcome.error
        loss, metrics, truth, _, reference = report if report is not None else NOTHING
        has_fidelity = self.fidelity is not None
        fidelity = (reached or None) if has_fidelity else None
        bracket, rung = ask.bracket, ask.rung
        told = Trial(
            number,
            asked,
            ask.configuration,
            status,
            loss,
            fidelity,
            bracket,
            rung,
            metrics,
            error and first_line(error),
        )
        self.trainings.finished(number, trial.origin, before if status is FAILED else reached, outcome.training)
        charged = reached if has_fidelity else 1
        stored = self.recorder.add(told, truth, reference, charged, self.ledger.spent, end)
        # Written down before the optimizer sees the trial: whoever gets its mapping may change it.
        configuration = self._encode(ask.configuration) if stored else ""
        self.sink.phase(TELLING, asked)
        started = perf_counter()
        failure: BaseException | None = None
        try:
            self.optimizer.tell(told)
        except BaseException as raised:  # noqa: BLE001 - the trial is recorded before the run fails
            failure = raised
        tell_seconds = perf_counter() - started + outcome.pruner_nanoseconds * 1e-9
        self.optimizer_seconds += trial.ask_seconds + tell_seconds
        self.clock = end + tell_seconds if self._telling else end
        row: Row | None = None
        curve: Rows = ()
        if stored:
            said = as_json(metrics) if metrics else None
            row = trial_row(
                usual_cells(
                    run=self.run_id,
                    number=number,
                    asked=asked,
                    status=status._value_,
                    configuration=configuration,
                    loss=loss,
                    truth=truth,
                    cost=cost,
                    clock_start=start,
                    clock_end=end,
                    ask_seconds=trial.ask_seconds,
                    tell_seconds=tell_seconds,
                    evaluate_seconds=outcome.nanoseconds * 1e-9,
                ),
                marked_cells(
                    fidelity=fidelity,
                    target=trial.target if has_fidelity else None,
                    bracket=bracket,
                    rung=rung,
                    continues=ask.continues if before else None,
                ),
                rare_cells(reference=reference, metrics=said, worker=worker, error=error),
            )
            if outcome.curve:
                curve = tuple(
                    report_row(run=self.run_id, trial=number, fidelity=at, loss=r.loss, metrics=as_json(r.metrics))
                    for at, r in outcome.curve
                )
        self.sink.trial(row, self.recorder.rows, curve, self)
        if failure is not None:
            raise failure
        return tell_seconds


def as_json(metrics: Mapping[str, float]) -> str | None:
    """Metrics as the store keeps them."""
    return json.dumps(dict(metrics)) if metrics else None
