"""The trainings of a run: fresh ones with their seeds, and the paused ones, so that a promoted configuration is
continued and not trained again.

At most ``CAPACITY`` are kept; one that was dropped (or lost with its process) is trained again from scratch up to where
it was, which gives the same training, because trainings depend on their seed alone. That repeated work is not charged.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

from hpobench_tui.core.configuration import Configuration, key_of
from hpobench_tui.core.optimizer import Ask
from hpobench_tui.core.problem import ManyProblem, Problem, ProblemInfo, RoundProblem, Training
from hpobench_tui.core.seeds import training_seed

CAPACITY = 256


class Origin(NamedTuple):
    """What is needed to train a trial (again): its configuration, seed and round, and how far it came."""

    configuration: Configuration
    seed: int
    round: int
    reached: int = 0


class Trainings:
    """Starts and continues the trainings of one run.

    Attributes:
        many: The problem, if it can take several trainings further together.
    """

    def __init__(self, info: ProblemInfo, problem: Problem, seed: int, device: str, keep: bool) -> None:
        self._problem, self._seed, self._device = problem, seed, device
        self._rounds = problem if isinstance(problem, RoundProblem) else None
        self._repeats = info.noisy and self._rounds is None
        self.many = problem if isinstance(problem, ManyProblem) and self._rounds is None else None
        self._maximum = info.fidelity.maximum if info.fidelity else 1
        self._keep = keep and info.fidelity is not None and info.fidelity.resumable
        self._paused: OrderedDict[int, Training] = OrderedDict()
        self._past: dict[int, Origin] = {}
        self._occurrences: dict[Hashable, int] = {}

    def before(self, ask: Ask, target: int) -> int:
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
        if past.reached >= target:
            raise ValueError(
                f"continues trial {ask.continues} to fidelity {target}, where it has {past.reached} already"
            )
        return past.reached

    def origin(self, ask: Ask, before: int, round: int) -> Origin:
        """Where a trial comes from that is about to be started (in that round), continued or replayed."""
        if before and ask.continues is not None:
            return self._past[ask.continues]
        configuration = ask.configuration
        if not self._repeats:
            return Origin(configuration, self._seed, round)
        key = key_of(configuration)
        occurrence = self._occurrences.get(key, 0)
        self._occurrences[key] = occurrence + 1
        return Origin(configuration, training_seed(self._seed, occurrence), round)

    def start(self, origin: Origin, ask: Ask, before: int) -> Training:
        """The training at fidelity ``before``: fresh, paused, or trained again."""
        paused = self._paused.pop(ask.continues, None) if before and ask.continues is not None else None
        if paused is not None:
            return paused
        configuration = dict(origin.configuration)  # whatever the problem does to it is not recorded
        if self._rounds is None:
            training = self._problem.start(configuration, origin.seed, self._device)
        else:
            training = self._rounds.start_round(configuration, origin.seed, self._device, origin.round)
        if before:
            training.advance(before)
        return training

    def keeps(self, reached: int) -> bool:
        """Whether a training is kept that came so far."""
        return self._keep and reached < self._maximum

    def finished(self, number: int, origin: Origin, reached: int, training: Training | None) -> None:
        """Note how far trial ``number`` came, and keep its training if a later trial may continue it."""
        if not self._keep:
            return
        self._past[number] = origin._replace(reached=reached)
        if training is not None and self.keeps(reached):
            self._paused[number] = training
            if len(self._paused) > CAPACITY:
                self._paused.popitem(last=False)
