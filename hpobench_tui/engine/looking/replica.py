"""A recorded run again: a fresh optimizer asks what is recorded and is told it, and between the two it is looked at."""

from collections import Counter, deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hpobench_tui.core.configuration import Configuration, key_of
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.incumbent import IncumbentTracker
from hpobench_tui.core.optimizer import Ask, Complete, NotReady
from hpobench_tui.core.problem import ProblemInfo, Report
from hpobench_tui.core.records import TrialRow
from hpobench_tui.engine.running.prepare import Prepared
from hpobench_tui.engine.running.replaying import ReplayDivergedError, compare, told

Reports = Mapping[int, Sequence[tuple[int, Report]]]
KEPT = 20_000
"""Answers that are kept, to be drawn beside a look."""


class Answer(NamedTuple):
    """A trial that was told."""

    number: int
    configuration: Configuration
    loss: float | None


class Replica:
    """Questions in their order. Where several may wait for an answer, the order of the answers is recorded, and after
    each idle workers ask as long as the optimizer has questions, as they did.

    Args:
        rows: The recorded trials, in order.
        reports: Of a pruner's trials, by number: (fidelity, report).
        limit: How many questions there were.

    Attributes:
        asked: The number of the last question; -1 before the first.
        ask: That question.
        answers: The trials told before it, the latest ``KEPT`` of them.
        counts: How often each configuration was told.
        incumbent: The best of them; None where there is none, or where it is none of those kept.
    """

    def __init__(
        self, info: ProblemInfo, prepared: Prepared, rows: Iterator[TrialRow], reports: Reports,
        experiment: Experiment, limit: int,
    ) -> None:  # fmt: skip
        self.optimizer = prepared.optimizer
        self._pruner, self._reports, self._limit = prepared.pruner, reports, limit
        self._most = info.fidelity.maximum if info.fidelity else None
        self._workers, self._together = experiment.pending, experiment.in_rounds
        self._tracker = IncumbentTracker(info.noisy)
        self.asked = -1
        self.ask: Ask | None = None
        self.answers: deque[Answer] = deque(maxlen=KEPT)
        self.counts: Counter[Hashable] = Counter()
        self._steps = self._replay(rows)

    def forward(self, question: int) -> None:
        """Go on until that question was asked.

        Raises:
            ReplayDivergedError: the optimizer asks something else than is recorded, or nothing.
        """
        while self.asked < question:
            if next(self._steps, None) is None:
                raise ReplayDivergedError(f"the run ended before question {question}")

    def _replay(self, rows: Iterator[TrialRow]) -> Iterator[int]:
        waiting: dict[int, Ask] = {}
        for was in rows:
            if not self._together or not waiting:
                while len(waiting) < self._workers and self.asked + 1 < self._limit:
                    try:
                        self.ask = self.optimizer.ask()
                    except (NotReady, Complete):
                        break
                    self.asked += 1
                    waiting[self.asked] = self.ask
                    yield self.asked
            self._tell(was, waiting)

    def _tell(self, was: TrialRow, waiting: dict[int, Ask]) -> None:
        ask = waiting.pop(was.asked, None)
        if ask is None:
            raise ReplayDivergedError(f"trial {was.number} answers question {was.asked}, which was not asked again")
        self.compare(was, ask)
        if self._pruner is not None:
            for fidelity, report in self._reports.get(was.number, ()):
                self._pruner.should_stop(was.asked, ask, fidelity, report)
        self.optimizer.tell(told(was, ask))
        self.counts[key_of(ask.configuration)] += 1
        self.answers.append(Answer(was.number, was.configuration, was.loss))
        if was.loss is not None:
            self._tracker.add(was.number, was.configuration, was.fidelity or 1, was.loss, was.truth)

    @property
    def incumbent(self) -> Configuration | None:
        if (number := self._tracker.number) is None:
            return None
        return next((answer.configuration for answer in reversed(self.answers) if answer.number == number), None)

    def compare(self, was: TrialRow, ask: Ask) -> None:
        """Raise :class:`ReplayDivergedError` where that trial was another question."""
        compare(was, ask, None if self._most is None else ask.fidelity or self._most)
