"""A run on the real clock with n trials pending, each evaluated in a process of its own (``evaluators``).

It is what the simulated clock pretends (``simulator``), and follows the same rules:

* **Asynchronous**: as soon as a trial has ended and is told, the next question is asked, until n are pending again or
  the optimizer waits for pending trials (``NotReady``). **Synchronous**: a round of n starts when all have ended.
* Trials are told one by one **in the order in which they end**, and after each, before the next, questions are asked.
  So the order of asks and tells follows from the order of the ends alone, and a run that is resumed is replayed: those
  that are recorded are told, and those that were pending are evaluated again, from the moment where it goes on.
* **The clock** is that of the run: it begins when its processes are ready, and stands still while they are paused. The
  optimizer's seconds pass on it. A trial starts when it is handed out, and ends when that is heard of.
* **The budget**: counted units are held back when a trial starts, so that trials under way always end. In ``seconds``
  it is the clock, and each trial is charged the time since the one that ended before it; in ``device-seconds`` each is
  charged what its evaluation took. At the end of a budget in seconds all trials under way are cut at once, at their
  last report before it.
"""

from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from hpobench_tui.core.budget import NANOSECONDS, Unit
from hpobench_tui.core.describe import first_line
from hpobench_tui.core.optimizer import Ask, Complete, NotReady, Pruner
from hpobench_tui.core.problem import Report
from hpobench_tui.core.status import RunStatus, TrialStatus
from hpobench_tui.engine.messages import Recorded, RunTask
from hpobench_tui.engine.running.books import Books, OptimizerError
from hpobench_tui.engine.running.evaluating import Evaluated, Reported
from hpobench_tui.engine.running.evaluation import RUNNING, Stopwatch, wants_to_stop
from hpobench_tui.engine.running.evaluators import Evaluators
from hpobench_tui.engine.running.pending import Outcome, Pending
from hpobench_tui.engine.running.replaying import ReplayDivergedError, compare, retell
from hpobench_tui.executors.activity import Phase

LOOK_SECONDS = 0.05
"""Between looks at whether to stand still."""


@dataclass(slots=True, eq=False)
class UnderWay:
    """A trial that is pending.

    Attributes:
        slot: Which of the n it is.
        held: What the ledger keeps back for it.
        start: When it was handed out, in ns of the clock.
        reports: (fidelity, report) on the way, as far as they were told of.
        stopped: A pruner wants it to end.
        pruner_nanoseconds: What it took to say so.
    """

    trial: Pending
    slot: int
    held: int
    start: int = 0
    reports: list[tuple[int, Report]] = field(default_factory=list)
    stopped: bool = False
    pruner_nanoseconds: int = 0


class SideBySide:
    """The clock of such a run."""

    def __init__(self, books: Books, evaluators: Evaluators, task: RunTask, pruner: Pruner | None) -> None:
        self._books, self._ledger, self._evaluators, self._pruner = books, books.ledger, evaluators, pruner
        self._recorded, self._standings, self._synchronous = task.recorded, task.standings, task.synchronous
        self._unit = books.ledger.unit
        self._under_way: dict[int, UnderWay] = {}
        self._idle = list(range(task.evaluations or 1))
        self._asked = 0
        self._questions: list[int] = []
        self._waiting: tuple[Ask, float] | None = None
        self._complete, self._live = False, False
        self._before = self._ended = self._latest = 0
        self._watch = Stopwatch()

    def run(self) -> RunStatus:
        """Ask, evaluate and tell to the end, and say how it ended. What is recorded is replayed first."""
        for recorded in self._recorded:
            self._replay(recorded)
        self._books.sink.phase(Phase.WAITING)  # their own limits hold for what they load
        self._evaluators.ready()
        self._before = self._latest = self._ended
        self._watch.restart()
        RUNNING[0] = self._watch  # which is told of it where this process is stopped
        try:
            self._live = True
            for job in self._under_way.values():
                self._submit(job)
            while True:
                self._stand_still_if_asked()
                self._ask_all()
                if not self._under_way:
                    return RunStatus.COMPLETE if self._complete else RunStatus.DONE
                self._listen()
        finally:
            RUNNING[0] = None

    def _now(self) -> int:
        """The clock in ns; it never goes back, as it could where more is left out than had passed."""
        self._latest = max(self._latest, self._before + self._watch.read())
        return self._latest

    def _deadline(self) -> int | None:
        """When a budget in seconds ends on the clock, with what is under way."""
        if self._unit is Unit.SECONDS:
            return self._ledger.total
        if self._unit is Unit.DEVICE_SECONDS and self._under_way:
            starts = sum(job.start for job in self._under_way.values())
            return -(-(self._ledger.left + starts) // len(self._under_way))
        return None

    def _stand_still_if_asked(self) -> None:
        sink = self._books.sink
        if sink.paused:
            self._watch.leave_out(lambda: self._evaluators.pause(sink.pause_if_asked))

    def _ask_all(self) -> None:
        """Ask until as many are pending as may be, as far as the optimizer and the budget allow."""
        if self._synchronous and self._under_way:
            return
        books = self._books
        while self._idle and not self._complete and books.ledger.left > 0:
            if self._live and self._under_way and (end := self._deadline()) is not None and self._now() >= end:
                return  # with nothing under way, the optimizer took the last of the time: one more is cut at once
            try:
                ask, seconds = self._waiting or books.ask(self._asked)
            except Complete:
                self._complete = True
                return
            except NotReady as error:
                if not self._under_way:
                    raise OptimizerError("it waits for pending trials, but none is pending") from error
                return
            self._waiting = None
            if (trial := books.take(self._asked, ask, seconds)) is None:
                self._waiting = ask, seconds  # trials under way may end early and give back what they hold
                return
            held = 0 if self._unit.counts_time else books.ledger.cost(trial.granted, trial.before, 0)
            books.ledger.hold(held)
            self._under_way[self._asked] = job = UnderWay(trial, heappop(self._idle), held)
            self._asked += 1
            if self._live:
                self._submit(job)

    def _submit(self, job: UnderWay) -> None:
        job.start, trial = self._now(), job.trial
        if trial.before and trial.ask.continues is not None:
            trial = replace(trial, ask=trial.ask._replace(continues=self._questions[trial.ask.continues]))
        self._evaluators.submit(trial)

    def _listen(self) -> None:
        """Take what comes in within a moment, or cut all at the end of a budget in seconds."""
        self._books.sink.phase(Phase.WAITING)
        seconds, end = LOOK_SECONDS, self._deadline()
        if end is not None:
            seconds = min(seconds, max(0, end - self._now()) / NANOSECONDS)
        results, now = self._evaluators.results(seconds), self._now()
        for result in results:
            if (end := self._deadline()) is not None and now > end:
                break
            if isinstance(result, Reported):
                self._report(result)
            else:
                self._end(self._under_way[result.asked], result, now)
                self._ask_all()
        if (end := self._deadline()) is not None and self._now() >= end:
            self._cut_all(end)

    def _report(self, reported: Reported) -> None:
        """A report on the way, which a pruner may end its trial after."""
        job = self._under_way[reported.asked]
        if not job.reports or job.reports[-1][0] < reported.fidelity:  # else its process was lost, and it comes again
            job.reports.append((reported.fidelity, reported.report))
            if self._pruner is not None:
                self._books.sink.phase(Phase.TELLING, reported.asked)
                job.stopped, seconds = wants_to_stop(self._pruner, job.trial, *job.reports[-1])
                job.pruner_nanoseconds += round(seconds * NANOSECONDS)
        if self._pruner is not None:
            self._evaluators.answer(reported, job.stopped and job.reports[-1][0] == reported.fidelity)

    def _end(self, job: UnderWay, evaluated: Evaluated, now: int) -> None:
        outcome = evaluated.outcome
        outcome.pruner_nanoseconds = job.pruner_nanoseconds
        error = first_line(outcome.error or "") or ""
        if error != outcome.error and not self._books.reasons.is_new(error):
            outcome.error = error or None  # its process has not seen that kind before, but the run has
        self._finish(job, outcome, now)

    def _finish(self, job: UnderWay, outcome: Outcome, end: int) -> None:
        """Book, record and tell a trial that ends at that time."""
        trial, ledger = job.trial, self._ledger
        if self._unit is Unit.SECONDS:
            cost = end - self._ended
        else:
            cost = ledger.cost(outcome.reached, trial.before, outcome.nanoseconds, job.held)
        ledger.book(cost, job.held)
        self._ended = end
        self._leave(job)
        start, end_seconds = job.start / NANOSECONDS, end / NANOSECONDS
        self._books.finish(len(self._questions) - 1, trial, outcome, cost, start, end_seconds, job.slot)

    def _leave(self, job: UnderWay) -> None:
        """It is pending no more."""
        del self._under_way[job.trial.asked]
        heappush(self._idle, job.slot)
        self._questions.append(job.trial.asked)

    def _cut_all(self, end: int) -> None:
        """The budget is spent: what is under way ends with its last report."""
        self._evaluators.close()
        end = max(end, self._ended)
        for job in sorted(self._under_way.values(), key=lambda job: -job.start):
            reached, report = job.reports[-1] if job.reports else (job.trial.before, None)
            job.start = min(job.start, end)  # it was asked for when the time was over
            took = end - job.start
            outcome = Outcome(TrialStatus.CUT, reached, report, curve=job.reports, nanoseconds=took)
            self._finish(job, outcome, end)

    def _replay(self, recorded: Recorded) -> None:
        """Ask what was asked before a recorded trial ended, and tell it without evaluating it."""
        books, was = self._books, recorded.trial
        books.sink.phase(Phase.REPLAYING, was.number)
        self._ask_all()
        if (job := self._under_way.get(was.asked)) is None:
            raise ReplayDivergedError(f"trial {was.number} answers question {was.asked}, which was not asked again")
        trial = job.trial
        compare(was, trial.ask, trial.target if books.fidelity else None)
        self._leave(job)
        retell(books, recorded, trial.ask, trial.origin, trial.before, self._pruner, self._standings, job.held)
        self._ended = books.ledger.spent if self._unit is Unit.SECONDS else round(was.clock_end * NANOSECONDS)
