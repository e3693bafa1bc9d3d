"""Evaluating several trials together, where a problem is quicker at that than one after the other (on a GPU, say).

What is recorded is what would be recorded one after the other: questions that do not depend on what is pending are
collected (of an optimizer that asks ``ahead``, until it has none) while the budget has room, as many as the problem
takes; then they are evaluated, and booked, recorded and told in their order. What of that is special:

* **Time.** Starting a training is its trial's own time. That of an advance is divided among those that it took
  further, by the fidelity that each added, to the nanosecond: so trials tile the clock, as they do one by one.
* **A failure** is its trial's alone. Where taking them further fails as a whole (no report a member, or it raises),
  each is evaluated by itself, from where it was, in what time a budget still has; nobody is charged for the attempt.
* **A deadline** stops all that are under way at the first report after it, which does not count; of the last ones less
  time may be left to be charged than they took.
* **Learning curves** are asked for where they are of a single trial. Members that are finished leave their mates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite

from hpobench_tui.core.describe import describe
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.optimizer import Settled
from hpobench_tui.core.problem import ManyProblem, Report, Training, Trainings
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.core.text import in_line
from hpobench_tui.engine.messages import RunTask
from hpobench_tui.engine.running.evaluation import (
    CUT,
    DONE,
    FAILED,
    RUNNING,
    Evaluator,
    Stopwatch,
    checked,
    is_interrupt,
)
from hpobench_tui.engine.running.pending import Outcome, Pending
from hpobench_tui.engine.running.prepare import Prepared


@dataclass(slots=True, eq=False)
class Member:
    """A trial of a group, as far as it is.

    Attributes:
        training: None if it did not start.
        error: What it raised.
        status: None while it is under way.
    """

    trial: Pending
    reached: int
    nanoseconds: int = 0
    training: Training | None = None
    last: Report | None = None
    curve: list[tuple[int, Report]] = field(default_factory=list)
    error: BaseException | str | None = None
    status: TrialStatus | None = None

    def target(self, step: int | None) -> int:
        """The fidelity of its next report."""
        granted = self.trial.granted
        return min(self.reached + step, granted) if step else granted

    def take(self, target: int, result: Report | BaseException, late: bool) -> None:
        """Take note of what it reported, or raised; raises the latter."""
        if isinstance(result, BaseException):
            raise result
        report = checked(result)
        if late:
            self.status = CUT
        elif not isfinite(report.loss):
            self.status, self.error = FAILED, f"loss is {report.loss} at fidelity {target}"
        else:
            self.reached, self.last = target, report
            if target == self.trial.granted:
                self.status = DONE if target == self.trial.target else CUT
            else:
                self.curve.append((target, report))


def widest(task: RunTask, prepared: Prepared) -> int:
    """How many trials of a run are evaluated together at most.

    Raises:
        HpobenchError: the problem says what is no number of trainings.
    """
    many = prepared.trainings.many
    ahead = task.optimizer.capabilities.ahead or isinstance(prepared.optimizer, Settled)
    if many is None or prepared.pruner is not None or not ahead:
        return 1
    return task.together or prepared.context.run(widest_of, many, task.device)


def widest_of(many: ManyProblem, device: str) -> int:
    """How many trainings together a problem says are worth it.

    Raises:
        TogetherError: it says what is no number of trainings.
    """
    width = many.widest(device)
    if type(width) is not int or width < 1:
        raise HpobenchError(f"widest must return a whole number from 1, not {width!r}")
    return width


def shares(nanoseconds: int, weights: Sequence[int]) -> list[int]:
    """A time, divided by weights so that the parts sum up to it.

    >>> shares(10, [1, 1, 1])
    [3, 3, 4]
    """
    total, sums = sum(weights), [0]
    for weight in weights:
        sums.append(sums[-1] + weight)
    ends = [nanoseconds * each // total for each in sums]
    return [end - start for start, end in pairwise(ends)]


class GroupEvaluator(Evaluator):
    """An evaluator that takes several trials as well."""

    def evaluate_all(self, trials: Sequence[Pending], nanoseconds: int | None = None) -> list[Outcome]:
        """Their outcomes, in order; as :meth:`evaluate` says. No pruner is asked."""
        if len(trials) == 1:
            return [self.evaluate(trials[0], nanoseconds)]
        offspring = self._offspring
        if self._contained:
            offspring.before()
        RUNNING[0] = watch = Stopwatch()
        found = [self._begun(trial, watch) for trial in trials]
        members = [member for member in found if member is not None]
        try:
            self._advance_all(members, watch, nanoseconds)
        except BaseException as error:  # contains what goes wrong with all of them at once
            if is_interrupt(error):
                raise
            self._sink.note(f"trials could not be evaluated together, and are one by one: {describe(error)}")
        RUNNING[0] = None
        if self._contained:
            self._end_offspring(members)
        left = nanoseconds
        if left is not None:
            left -= sum(member.nanoseconds for member in members if member.status is not None)
        outcomes = list[Outcome]()
        for trial, member in zip(trials, found, strict=True):
            if member is not None and member.status is not None:
                outcomes.append(self._outcome(member))
            elif left is None:
                outcomes.append(self.evaluate(trial))
            else:
                outcome = self.evaluate(trial, left) if left > 0 else Outcome(CUT, trial.before)
                left -= outcome.nanoseconds
                outcomes.append(outcome)
        return outcomes

    def _begun(self, trial: Pending, watch: Stopwatch) -> Member | None:
        """A trial with its training; None: it took a process down before."""
        if trial.asked in self._fatal:
            return None
        before, member = watch.read(), Member(trial, trial.before)
        try:
            member.training = self._context.run(self._trainings.start, trial.origin, trial.ask, trial.before)
        except BaseException as error:  # contains any failure of an objective
            if is_interrupt(error):
                raise
            member.status, member.error = FAILED, error
        if not trial.before:  # training again what was lost is not charged
            member.nanoseconds = max(0, watch.read() - before)
        return member

    def _advance_all(self, members: Sequence[Member], watch: Stopwatch, limit: int | None) -> None:
        """Take all to where they may go."""
        many = self._trainings.many
        assert many is not None
        joined: Trainings | None = None
        together: list[Member] = []
        while left := [member for member in members if member.status is None]:
            if joined is None or together != left:
                together = left
                joined = self._context.run(
                    many.join, [member.training for member in left if member.training is not None]
                )
            elif self._step:
                watch.leave_out(self._sink.pause_if_asked)
            targets = [member.target(self._step) for member in left]
            before = watch.read()
            results = self._context.run(joined.advance, targets)
            took = max(0, watch.read() - before)
            self._tell_notes(joined)
            if len(results) != len(left):
                raise HpobenchError(f"advance must give {len(left)} reports, one a training, not {len(results)}")
            weights = [target - member.reached for target, member in zip(targets, left, strict=True)]
            for member, part in zip(left, shares(took, weights), strict=True):
                member.nanoseconds += part
            late = limit is not None and sum(member.nanoseconds for member in members) > limit
            for member, target, result in zip(left, targets, results, strict=True):
                try:
                    member.take(target, result, late)
                except BaseException as error:  # contains any failure of an objective
                    if is_interrupt(error):
                        raise
                    member.status, member.error = FAILED, error

    def _tell_notes(self, joined: Trainings) -> None:
        if isinstance(notes := getattr(joined, "notes", None), list):
            for note in notes:
                self._sink.note(in_line(str(note)))
            notes.clear()

    def _end_offspring(self, members: Sequence[Member]) -> None:
        """What they started ends with them; where one of them is kept, with the run, as nobody knows whose it is."""
        self._offspring.quick = False
        if any(member.status in (DONE, CUT) and self._trainings.keeps(member.reached) for member in members):
            return
        if left := sum(self._offspring.after(member.training, False) for member in members):
            self._sink.left(f"{left} running {'process' if left == 1 else 'processes'} of a trial; ended with it")

    def _outcome(self, member: Member) -> Outcome:
        trial, status = member.trial, member.status
        assert status is not None
        if isinstance(member.error, BaseException):
            outcome = self._failed(trial, member.error)
        elif status is FAILED:
            outcome = Outcome(FAILED, trial.granted, error=member.error)
        else:
            outcome = Outcome(status, member.reached, member.last, training=member.training)
        outcome.curve, outcome.nanoseconds = member.curve, member.nanoseconds
        return outcome
