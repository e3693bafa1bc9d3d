"""A run on a simulated clock: an event queue with n workers, so that a month of parallel tuning replays in seconds.

Trials are really evaluated, at the moment they are started; what is simulated is how long they take. All times are
integer nanoseconds, so that sums are exact. What passes on the clock, and who pays:

* **A trial** holds a worker for ``start_seconds`` + its duration + ``stop_seconds``, and the optimizer hears of it at
  the end of all that. The duration is the sum of the costs that its reports state (the problem's cost model), times
  ``straggler_factor`` for the share ``straggler_rate`` of the trials. A continued trial costs what it adds; training
  again what was dropped meanwhile costs nothing.
* **A report** on the way to a pruner comes when its part of the duration is over. Pruning ends the trial then
  (+ ``stop_seconds``).
* **A failure** that is simulated comes at a part of the duration drawn uniformly. An objective that really fails takes
  the cost that its ``TrainingError`` states; without one, what the reports before it said of a unit of fidelity on
  average (before any, what the problem's description says: ``ProblemInfo.seconds``). A failure that would come after
  the budget's end does not.
* **The optimizer's seconds** of ask and tell pass only with ``charge_optimizer``: one question or answer at a time,
  while the trials under way go on. They are real seconds, and make runs differ. They are never part of a trial.
* **Asynchronous** workers take the next question as soon as they are free; **synchronous** ones wait until all are.
  Where the optimizer waits for pending trials (``NotReady``), free workers stand idle; that time passes too.
* **The budget**: see ``engine.running.ledger``. Counted units are held back when a trial starts, so that trials
  under way always end; a deadline in simulated seconds stops all of them at once. A trial that is stopped by a budget
  in seconds keeps its last report before that moment.
* **The clock ends** after 2^62 ns (146 years), as budgets in seconds do: a report that states more fails its run, and
  so does a trial that would end later.

Which trials straggle or fail is drawn from (repetition, number of the question): the same for every optimizer. A run
that was interrupted starts over instead of being replayed: it is cheap, and ends the same.
"""

from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random

from hpobench_tui.core.budget import MOST_QUANTA, NANOSECONDS, Unit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.optimizer import Ask, Complete, NotReady, Pruner
from hpobench_tui.core.problem import Report
from hpobench_tui.core.seeds import derive
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.core.status import RunStatus, TrialStatus
from hpobench_tui.engine.messages import RunTask
from hpobench_tui.engine.running.books import Books, OptimizerError
from hpobench_tui.engine.running.evaluation import Evaluator, wants_to_stop
from hpobench_tui.engine.running.pending import Outcome, Pending
from hpobench_tui.executors.activity import Phase

END_SECONDS = MOST_QUANTA // NANOSECONDS
"""How far the clock goes."""


@dataclass(slots=True, eq=False)
class UnderWay:
    """A trial on a simulated worker; times in ns.

    Attributes:
        steps: (when it comes, fidelity, report) of all reports.
        shown: How many of them are on the way, so that a pruner sees them; the last one of a whole training is not.
        held: What the ledger keeps back for it.
    """

    trial: Pending
    outcome: Outcome
    worker: int
    start: int
    end: int = 0
    steps: list[tuple[int, int, Report]] = field(default_factory=list)
    shown: int = 0
    held: int = 0


class SimulatedClock:
    """Runs on a simulated clock."""

    def __init__(self, books: Books, evaluator: Evaluator, task: RunTask, pruner: Pruner | None) -> None:
        self._books, self._evaluator, self._task, self._pruner = books, evaluator, task, pruner
        self._simulation = simulation = task.simulation or Simulation()
        self._ledger = books.ledger
        self._start_delay = _ns(simulation.start_seconds)
        self._stop_delay = _ns(simulation.stop_seconds)
        self._deadline = self._ledger.total if self._ledger.unit is Unit.SIMULATED_SECONDS else None
        self._idle = list(range(simulation.workers))
        self._events: list[tuple[int, int, int, UnderWay]] = []
        self._now = self._optimizer_free = self._ended = 0
        self._asked = self._number = self._serial = 0
        self._complete = self._over = False
        self._waiting: tuple[Ask, float] | None = None
        self._stated = self._stated_fidelity = 0

    def run(self) -> RunStatus:
        """Ask, evaluate and tell to the end, and say how it ended."""
        while True:
            self._books.sink.pause_if_asked()
            self._hand_out()
            if not self._events:
                return RunStatus.COMPLETE if self._complete else RunStatus.DONE
            self._now, _, step, job = heappop(self._events)
            if self._now > MOST_QUANTA:
                raise HpobenchError(
                    f"question {job.trial.asked} of {self._task.problem.id} takes the simulated clock beyond its end,"
                    f" at {END_SECONDS} s (146 years). Let its reports state smaller costs, or give a budget in"
                    " simulated-seconds."
                )
            if step < job.shown:
                self._report(job, step)
            else:
                self._end(job)

    def _hand_out(self) -> None:
        """Give idle workers trials, as many as the optimizer and the budget allow."""
        if self._simulation.synchronous and len(self._idle) < self._simulation.workers:
            return
        while self._idle and not self._complete and self._ledger.left > 0:
            if self._over or (self._deadline is not None and self._now >= self._deadline):
                return
            try:
                ask, seconds = self._waiting or self._books.ask(self._asked)
            except Complete:
                self._complete = True
                return
            except NotReady as error:
                if not self._events:
                    raise OptimizerError("it waits for pending trials, but none is pending") from error
                return
            if self._waiting is None:
                self._charge_optimizer(seconds)
            self._waiting = None
            if not self._start(ask, seconds):
                self._waiting = ask, seconds  # trials under way may end early and give back what they hold
                return

    def _charge_optimizer(self, seconds: float) -> None:
        if self._simulation.charge_optimizer:
            self._optimizer_free = max(self._now, self._optimizer_free) + _ns(seconds)

    def _start(self, ask: Ask, ask_seconds: float) -> bool:
        """Start a trial now; False if it does not fit into what the budget has left."""
        trial = self._books.take(self._asked, ask, ask_seconds)
        if trial is None:
            return False
        self._asked += 1
        start = max(self._now, self._optimizer_free)
        if self._deadline is not None and start >= self._deadline:
            outcome = Outcome(TrialStatus.CUT, trial.before)  # the optimizer itself took the last of the time
            start, self._over = self._deadline, True
        else:
            self._books.sink.phase(Phase.EVALUATING, trial.asked)
            outcome = self._evaluator.evaluate(trial)
        job = UnderWay(trial, outcome, heappop(self._idle), start)
        self._time(job)
        self._cut(job)
        if self._deadline is None:
            job.held = self._ledger.cost(outcome.reached, trial.before, job.end - start)
            self._ledger.hold(job.held)
        self._schedule(job, 0)
        return True

    def _time(self, job: UnderWay) -> None:
        """Set when the trial's reports come and when it ends."""
        outcome, simulation = job.outcome, self._simulation
        if outcome.status is TrialStatus.CUT and outcome.report is None:
            job.end = job.start
            return
        luck = Random(derive(self._task.problem_seed, "simulation", job.trial.asked))
        factor = simulation.straggler_factor if luck.random() < simulation.straggler_rate else 1.0
        fails, part = luck.random() < simulation.failure_rate, luck.random()
        begun = at = job.start + self._start_delay
        before, last = job.trial.before, () if outcome.report is None else ((outcome.reached, outcome.report),)
        for fidelity, report in (*outcome.curve, *last):
            cost = self._positive(report.cost, fidelity)
            self._stated += _ns(cost)
            self._stated_fidelity += fidelity - before
            before = fidelity
            at += max(_ns(cost * factor), 1)
            job.steps.append((at, fidelity, report))
        job.shown = len(outcome.curve)
        if outcome.status is TrialStatus.FAILED:
            if outcome.failure_cost is None:
                took = self._usual(outcome.reached - before)
            else:
                took = self._positive(outcome.failure_cost, outcome.reached) * NANOSECONDS
            job.end = at + max(_whole(took * factor), 1) + self._stop_delay
            return
        job.end = at + self._stop_delay
        if fails:
            failed = begun + int((at - begun) * part)
            job.end = failed + self._stop_delay
            self._lose(job, failed, TrialStatus.FAILED, outcome.reached, None)
            outcome.error = "simulated failure"

    def _positive(self, cost: float | None, fidelity: int) -> float:
        if cost is None or not 0 < cost <= END_SECONDS:
            raise HpobenchError(
                f"{self._task.problem.id} states a cost of {cost!r} s for an advance to {fidelity}; a simulated clock"
                f" needs a positive one in every report, of at most {END_SECONDS} s (146 years), where it ends."
            )
        return cost

    def _usual(self, fidelity: int) -> float:
        """What so many units of fidelity take in ns, by what was stated so far."""
        if self._stated:
            return self._stated / self._stated_fidelity * fidelity
        return self._task.problem.seconds * NANOSECONDS / self._books.most * fidelity

    def _cut(self, job: UnderWay) -> None:
        """Stop a trial at the moment when a budget in seconds ends."""
        if self._deadline is not None:
            limit = self._deadline
        elif self._ledger.unit is Unit.DEVICE_SECONDS:
            limit = job.start + self._ledger.left
        else:
            return
        over = job.end - self._stop_delay
        job.end = min(job.end, limit)
        if over > limit:
            kept = [step for step in job.steps if step[0] <= limit]
            reached, report = kept[-1][1:] if kept else (job.trial.before, None)
            self._lose(job, limit, TrialStatus.CUT, reached, report)

    def _lose(self, job: UnderWay, until: int, status: TrialStatus, reached: int, report: Report | None) -> None:
        """A trial ends before its training did: the reports after ``until`` are forgotten, and so is the training."""
        job.steps = [step for step in job.steps if step[0] <= until]
        job.shown = len(job.steps)
        outcome = job.outcome
        outcome.status, outcome.reached, outcome.report, outcome.error = status, reached, report, None
        outcome.curve = [step[1:] for step in job.steps]
        outcome.training = None

    def _schedule(self, job: UnderWay, step: int) -> None:
        """Wait for a report that a pruner wants to see, or for the end."""
        self._serial += 1
        if self._pruner is None or step >= job.shown:
            heappush(self._events, (job.end, self._serial, job.shown, job))
        else:
            heappush(self._events, (job.steps[step][0], self._serial, step, job))

    def _report(self, job: UnderWay, step: int) -> None:
        """A report on the way: the pruner may end the trial."""
        assert self._pruner is not None
        at, fidelity, report = job.steps[step]
        stop, seconds = wants_to_stop(self._pruner, job.trial, fidelity, report)
        job.outcome.pruner_nanoseconds += _ns(seconds)
        self._charge_optimizer(seconds)
        if not stop:
            self._schedule(job, step + 1)
            return
        self._lose(job, at, TrialStatus.PRUNED, fidelity, report)
        job.end = min(at + self._stop_delay, job.end)  # a budget may end while the worker stops
        self._schedule(job, job.shown)

    def _end(self, job: UnderWay) -> None:
        outcome = job.outcome
        if self._deadline is None:
            cost = self._ledger.cost(outcome.reached, job.trial.before, job.end - job.start, job.held)
            self._ledger.book(cost, job.held)
        else:
            cost = self._now - self._ended
            self._ledger.book(cost)
        self._ended = self._now
        number, self._number = self._number, self._number + 1
        heappush(self._idle, job.worker)
        start, end = job.start / NANOSECONDS, job.end / NANOSECONDS
        seconds = self._books.finish(number, job.trial, outcome, cost, start, end, job.worker)
        self._charge_optimizer(seconds - outcome.pruner_nanoseconds / NANOSECONDS)  # which it paid when it was asked
        self._books.clock = max(self._now, self._optimizer_free) / NANOSECONDS


def _ns(seconds: float) -> int:
    return _whole(seconds * NANOSECONDS)


def _whole(nanoseconds: float) -> int:
    """What is longer than the clock's whole time is twice as long, whatever it is: an infinity is no integer."""
    return round(min(nanoseconds, 2.0 * MOST_QUANTA))
