"""The run loop on the real clock: ask, evaluate, tell, one trial after the other, until the budget is spent.

Where several trials can be evaluated together (``together``), as many questions are asked first.

The clock counts seconds of ask, evaluation and tell; pauses take effect before a step of a training and stop it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from hpobench_tui.core.budget import Unit
from hpobench_tui.core.optimizer import Ask, Complete, NotReady, Pruner, Settled
from hpobench_tui.core.status import RunStatus
from hpobench_tui.engine.messages import Recorded
from hpobench_tui.engine.running.books import Books, OptimizerError
from hpobench_tui.engine.running.pending import Pending
from hpobench_tui.engine.running.replaying import ReplayDivergedError, compare, retell
from hpobench_tui.engine.running.together import GroupEvaluator
from hpobench_tui.executors.activity import Phase

EVALUATING = Phase.EVALUATING


class Together(NamedTuple):
    """How many trials are evaluated at a time.

    Attributes:
        width: At most.
        alone: Questions before this one are evaluated one by one.
    """

    width: int = 1
    alone: int = 0


class RealClock:
    """Runs on the real clock. What is recorded already is replayed first, without evaluating it.

    Args:
        standings: The numbers of the recorded trials after which there is a row of progress. There are more positions
            of progress under a budget that was raised, and what they lack is recorded by the replay.
    """

    def __init__(
        self,
        books: Books,
        evaluator: GroupEvaluator,
        recorded: Sequence[Recorded],
        standings: frozenset[int],
        pruner: Pruner | None,
        together: Together,
    ) -> None:
        self._books, self._evaluator, self._recorded, self._pruner = books, evaluator, recorded, pruner
        self._standings, self._together = standings, together
        self._deadline = books.ledger.unit in (Unit.SECONDS, Unit.DEVICE_SECONDS)

    def run(self) -> RunStatus:
        """Ask, evaluate and tell to the end, and say how it ended."""
        for recorded in self._recorded:
            self._replay(recorded)
        return self._one_by_one() if self._together.width == 1 else self._in_groups()

    def _one_by_one(self) -> RunStatus:
        books, number = self._books, len(self._recorded)
        while books.ledger.left > 0:
            books.sink.pause_if_asked()
            try:
                ask, seconds = books.ask(number)
            except Complete:
                return RunStatus.COMPLETE
            except NotReady as error:
                raise OptimizerError("it waits for pending trials, but none is pending") from error
            if (trial := books.take(number, ask, seconds)) is None:
                break
            self._evaluate(number, trial)
            number += 1
        return RunStatus.DONE

    def _in_groups(self) -> RunStatus:
        books, number = self._books, len(self._recorded)
        self._waiting: tuple[Ask, float] | None = None
        end: RunStatus | None = None
        while end is None and books.ledger.left > 0:
            books.sink.pause_if_asked()
            group: list[tuple[Pending, int]] = []
            try:
                end = self._gather(number, group)
            except Exception:
                self._evaluate_all(number, group)  # asked for before the optimizer or its question failed the run
                raise
            self._evaluate_all(number, group)
            number += len(group)
        return end or RunStatus.DONE

    def _gather(self, number: int, group: list[tuple[Pending, int]]) -> RunStatus | None:
        """Ask for the next trials, each with what the ledger holds back for it; how the run ends, if it does.

        None takes another one further, nor depends on how another ends.
        """
        books, (width, alone) = self._books, self._together
        if number < alone or not books.has_room(width):
            width = 1
        settled = books.optimizer.settled if isinstance(books.optimizer, Settled) else None
        while len(group) < width and books.ledger.left > 0:
            asked = number + len(group)
            try:
                ask, seconds = self._waiting or books.ask(asked)
            except Complete:
                return RunStatus.COMPLETE
            except NotReady as error:
                if not group:
                    raise OptimizerError("it waits for pending trials, but none is pending") from error
                return None
            self._waiting = None
            if ask.continues is not None and ask.continues >= number and group:
                self._waiting = ask, seconds  # it takes one of these further
                return None
            if (trial := books.take(asked, ask, seconds)) is None:
                return RunStatus.DONE
            held = 0 if self._deadline else books.ledger.cost(trial.granted, trial.before, 0)
            books.ledger.hold(held)
            group.append((trial, held))
            if settled is not None and len(group) == 1:
                width = min(width, 1 + settled())
        return None

    def _evaluate_all(self, number: int, group: list[tuple[Pending, int]]) -> None:
        """Evaluate trials together; book, record and tell each."""
        books, ledger = self._books, self._books.ledger
        if len(group) == 1:
            ledger.hold(-group[0][1])
            self._evaluate(number, group[0][0])
        if len(group) < 2:
            return
        books.sink.phase(Phase.TOGETHER, number + len(group) - 1)
        outcomes = self._evaluator.evaluate_all([trial for trial, _ in group], ledger.left if self._deadline else None)
        for place, ((trial, held), outcome) in enumerate(zip(group, outcomes, strict=True)):
            cost = ledger.cost(outcome.reached, trial.before, outcome.nanoseconds, held)
            ledger.book(cost, held)
            start = books.clock + trial.ask_seconds
            books.finish(number + place, trial, outcome, cost, start, start + outcome.nanoseconds * 1e-9)

    def _evaluate(self, number: int, trial: Pending) -> None:
        """Evaluate, book, record and tell one trial."""
        books, ledger = self._books, self._books.ledger
        books.sink.phase(EVALUATING, number)
        outcome = self._evaluator.evaluate(trial, ledger.left if self._deadline else None)
        cost = ledger.cost(outcome.reached, trial.before, outcome.nanoseconds)
        ledger.book(cost)
        start = books.clock + trial.ask_seconds
        books.finish(number, trial, outcome, cost, start, start + outcome.nanoseconds * 1e-9)

    def _replay(self, recorded: Recorded) -> None:
        """Ask and tell a recorded trial without evaluating it."""
        books, was = self._books, recorded.trial
        books.sink.phase(Phase.REPLAYING, was.number)
        try:
            ask = books.optimizer.ask()
        except (NotReady, Complete) as error:
            raise ReplayDivergedError(f"trial {was.number}: {type(error).__name__} instead of a question") from error
        target = books.target(ask, was.number)
        compare(was, ask, target if books.fidelity else None)
        before = books.before(ask, target, was.number) if was.continues is not None else 0  # trained afresh
        origin = books.trainings.origin(ask, before, was.number)
        retell(books, recorded, ask, origin, before, self._pruner, self._standings)
