"""The paused trainings of a run, so that a promoted configuration is continued and not trained again.

At most ``CAPACITY`` are kept; one that was dropped (or lost with its process) is trained again from scratch up to where
it was, which gives the same training, because trainings depend on their seed alone. That repeated work is not charged.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.optimizer import Ask
from hpobench_tui.core.problem import Problem, ProblemInfo, Training
from hpobench_tui.core.seeds import training_seed

CAPACITY = 256


@dataclass(frozen=True, slots=True)
class Past:
    """What is needed to train a finished trial again."""

    configuration: Configuration
    seed: int
    reached: int


class Trainings:
    """Starts and continues the trainings of one run."""

    def __init__(self, info: ProblemInfo, problem: Problem, seed: int, device: str, keep: bool) -> None:
        self._info, self._problem, self._seed, self._device = info, problem, seed, device
        self._keep = keep and info.fidelity is not None and info.fidelity.resumable
        self._paused: OrderedDict[int, Training] = OrderedDict()
        self._past: dict[int, Past] = {}
        self._occurrences: dict[Hashable, int] = {}

    def before(self, ask: Ask, asked: int) -> int:
        """The fidelity that the trial's training already has: 0 unless it continues one that can be continued.

        Raises:
            ValueError: the continued trial does not exist, has another configuration, or is as far already.
        """
        if ask.continues is None or not self._keep:
            return 0
        past = self._past.get(ask.continues)
        if past is None:
            raise ValueError(f"continues trial {ask.continues}, which was not told")
        if past.configuration != ask.configuration:
            raise ValueError(f"continues trial {ask.continues}, which has another configuration")
        if past.reached >= asked:
            raise ValueError(
                f"continues trial {ask.continues} to fidelity {asked}, where it has {past.reached} already"
            )
        return past.reached

    def register(self, number: int, ask: Ask, before: int) -> None:
        """Take note of trial ``number``, which is about to be started, continued or replayed."""
        if before and ask.continues is not None:
            self._past[number] = self._past[ask.continues]
        else:
            self._past[number] = Past(ask.configuration, self._next_seed(ask.configuration), 0)

    def start(self, number: int, ask: Ask, before: int) -> Training:
        """The training of a registered trial, at fidelity ``before``: fresh, paused, or trained again."""
        if before and ask.continues is not None and (paused := self._paused.pop(ask.continues, None)):
            return paused
        past = self._past[number]
        training = self._problem.start(dict(past.configuration), past.seed, self._device)
        if before:
            training.advance(before)
        return training

    def finished(self, number: int, reached: int, training: Training | None) -> None:
        """Note how far a trial came, and keep its training if a later trial may continue it."""
        if not self._keep:
            del self._past[number]
            return
        fidelity = self._info.fidelity
        assert fidelity is not None
        past = self._past[number]
        self._past[number] = Past(past.configuration, past.seed, reached)
        if training is not None and reached < fidelity.maximum:
            self._paused[number] = training
            if len(self._paused) > CAPACITY:
                self._paused.popitem(last=False)

    def _next_seed(self, configuration: Configuration) -> int:
        if not self._info.noisy:
            return self._seed
        key = frozenset(configuration.items())
        occurrence = self._occurrences.get(key, 0)
        self._occurrences[key] = occurrence + 1
        return training_seed(self._seed, occurrence)
