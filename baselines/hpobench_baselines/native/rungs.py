"""The rung logic that successive halving and Hyperband share: brackets one after the other, endlessly.

A rung hands out its configurations one by one; those of a first rung are drawn only when they are asked for, so that a
model which proposes them knows every trial told until then. When all of a rung are told, the best of them enter the
next one, each continuing its own training. Ranked are the trials that reached the rung's fidelity
(``TrialStatus.DONE``) by loss, ties by trial number. A failed training cannot be taken further, nor one that was pruned
or cut: they count as worst and are never promoted. A rung with too few survivors is followed by a smaller one; one
without any ends its bracket.
"""

from collections import deque
from collections.abc import Iterator, Sequence

from hpobench_tui.core import Ask, Bracket, Configuration, NotReady, Trial, TrialStatus


def best(trials: Sequence[Trial], count: int) -> list[Trial]:
    """The ``count`` best of the trials that can be taken further, best first; fewer where fewer can."""
    usable = [(t.loss, t.number, t) for t in trials if t.status is TrialStatus.DONE and t.loss is not None]
    return [trial for _, _, trial in sorted(usable, key=lambda entry: entry[:2])[:count]]


class BracketRunner:
    """Runs one bracket: deals its asks and takes its trials.

    Args:
        number: The running number of the bracket in its run.
        bracket: Its rungs.
        configurations: Where the first rung comes from, endless.

    Of three, the best is trained on:

    >>> from hpobench_tui.core import Rung
    >>> from hpobench_tui.testing.by_hand import play
    >>> runner = BracketRunner(0, Bracket(1, (Rung(3, 1), Rung(1, 3))), iter([{"x": 0.7}, {"x": 0.1}, {"x": 0.4}]))
    >>> [(t.configuration["x"], t.fidelity) for t in play(runner, lambda c: c["x"], 4)]
    [(0.7, 1), (0.1, 1), (0.4, 1), (0.1, 3)]
    >>> runner.finished
    True
    """

    def __init__(self, number: int, bracket: Bracket, configurations: Iterator[Configuration]) -> None:
        self._number = number
        self._bracket = bracket
        self._rung = 0
        self._configurations = configurations
        self._undrawn = bracket.rungs[0].configurations
        self._promoted: deque[Ask] = deque()
        self._pending = 0
        self._told: list[Trial] = []

    @property
    def finished(self) -> bool:
        """Whether nothing is left to ask nor to be told."""
        return not (self._undrawn or self._promoted or self._pending)

    def ask(self) -> Ask:
        """The next question of the current rung.

        Raises:
            NotReady: all of it is handed out, and some of it not yet told.
        """
        if self._undrawn:
            ask = self._ask(next(self._configurations))
            self._undrawn -= 1
        elif self._promoted:
            ask = self._promoted.popleft()
        else:
            raise NotReady
        self._pending += 1
        return ask

    def tell(self, trial: Trial) -> None:
        """Take a trial of this bracket; the last one of a rung decides who is promoted."""
        self._pending -= 1
        self._told.append(trial)
        if self.finished and self._rung + 1 < len(self._bracket.rungs):
            promoted = best(self._told, self._bracket.rungs[self._rung + 1].configurations)
            self._rung += 1
            self._told = []
            self._promoted.extend(self._ask(t.configuration, t.number) for t in promoted)

    def _ask(self, configuration: Configuration, continues: int | None = None) -> Ask:
        fidelity = self._bracket.rungs[self._rung].fidelity
        return Ask(configuration, fidelity, self._number, self._rung, continues)


class BracketCycle:
    """An optimizer that runs ``brackets`` in turn, over and over; a bracket starts when the one before is finished."""

    def __init__(self, brackets: Sequence[Bracket], configurations: Iterator[Configuration]) -> None:
        self._brackets = tuple(brackets)
        self._configurations = configurations
        self._started = 0
        self._current = self._start()

    def plan(self) -> Sequence[Bracket]:
        """One cycle of brackets."""
        return self._brackets

    def ask(self) -> Ask:
        """The next question.

        Raises:
            NotReady: the current rung waits for pending trials.
        """
        if self._current.finished:
            self._current = self._start()
        return self._current.ask()

    def tell(self, trial: Trial) -> None:
        self._current.tell(trial)

    def _start(self) -> BracketRunner:
        number = self._started
        self._started += 1
        return BracketRunner(number, self._brackets[number % len(self._brackets)], self._configurations)
