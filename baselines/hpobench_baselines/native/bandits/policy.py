"""What all bandit policies share: arms, pending pulls, and rewards from losses.

*Rewards.* Policies maximise rewards r = (hi - loss) / (hi - lo).

- With a ``loss_range`` of the problem, (lo, hi) is that; a loss beyond it (of a cut trial, say) counts as its end.
- Without one, or with an infinite or empty one, (lo, hi) are the least and the greatest loss so far. Whenever they
  widen, the mean rewards of all arms are put on the new scale, as if it had been known from the start. Until two losses
  differ, rewards are 0.
- With a parameter ``sigma`` > 0, losses are taken to be sigma-sub-Gaussian and r = (hi - loss) / (2 sigma), hi the
  greatest loss so far. These rewards are 1/2-sub-Gaussian, as those in [0, 1] are (Hoeffding's lemma), which is all
  that the indices of UCB1, MOSS, UCB-E and LUCB ask for; none of them depends on where the zero is. Losses beyond
  +-1e150 sigma count as that, so that neither sums of rewards nor their squares overflow.

That holds for all finite losses, whether their differences are subnormal or overflow: rewards are quotients of
differences (1 / (hi - lo) may be infinite), taken of quarters of the losses where hi - lo is too large for a float.

A trial without a loss has reward 0: as bad as the worst possible, or the worst seen. A pruned or cut trial counts by
the loss that it has.

*Pending pulls.* Policies can be asked again before they are told. Confidence widths count pulls when they are asked,
means when they are told, so that an arm being pulled looks less uncertain and side-by-side pulls spread out. An arm
whose first pull is pending is credited with the mean of all rewards so far.
"""

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, NamedTuple

from hpobench_baselines.native.bandits.arms import arms
from hpobench_baselines.native.bandits.choice import argmax
from hpobench_tui.core import Ask, Configuration, Look, Task, Trial
from hpobench_tui.core.configuration import key_of
from hpobench_tui.core.seeds import derive

MOST_SIGMAS = 1e150
FIRST = "each arm is pulled once first"
LARGE = 1e307
"""Numbers below can be doubled, and differences below are no rounding away from an overflow."""


class Bounds(NamedTuple):
    """Of each arm's mean reward, and what lies between them."""

    lower: Sequence[float]
    upper: Sequence[float]
    words: str


class Policy(ABC):
    """Subclasses say which arm to pull in ``_choose``; arms are numbered from 0.

    Attributes:
        _asks: Arm to its question.
        _uniform: The source of all the policy's randomness: uniform on [0, 1).
        _untried: Arms never asked for, in random order; policies that try each arm once pop from it.
        _asked: Number of pulls asked for so far.
        _waiting: Question to the arm that it pulls, for pulls not yet told.
        _told: Arm to the number of its pulls that are told.
        _failed: Of these, how many had no loss.
        _sums, _means: Arm to the sum and the mean of its rewards.
        _low, _high: (lo, hi); the low one is above the high one as long as no loss is known.
        _unit, _top, _width: A reward is (_top - _unit * loss) / _width. The unit is a power of two, so this is exact.
        has_prior: It believes something of an arm that was never pulled.
    """

    has_prior: ClassVar[bool] = False

    __slots__ = (
        "_asked", "_asks", "_failed", "_high", "_low", "_means", "_scale_is_stated", "_sigma", "_sums", "_told", "_top",
        "_uniform", "_unit", "_untried", "_waiting", "_width",
    )  # fmt: skip

    def __init__(self, task: Task) -> None:
        generator = random.Random(derive(task.seed, "bandit policy"))
        self._uniform = generator.random
        self._asks = arms(task)
        count = len(self._asks)
        self._untried = list(range(count))
        generator.shuffle(self._untried)
        self._asked = 0
        self._waiting: dict[int, int] = {}
        self._told = [0] * count
        self._failed = [0] * count
        self._sums = [0.0] * count
        self._means = [0.0] * count
        self._sigma = float(task.parameters.get("sigma", 0.0))
        low, high = task.loss_range or (math.inf, -math.inf)
        self._scale_is_stated = -math.inf < low < high < math.inf and not self._sigma
        self._low, self._high = (low, high) if self._scale_is_stated else (math.inf, -math.inf)
        self._unit, self._top, self._width = self._scale()

    def ask(self) -> Ask:
        """The question of the arm that is pulled next; the same object for each pull of an arm."""
        arm = self._choose()
        asked = self._asked
        self._waiting[asked] = arm
        self._asked = asked + 1
        return self._asks[arm]

    def tell(self, trial: Trial) -> None:
        """Take the reward of a pull into account."""
        arm = self._waiting.pop(trial.asked)
        loss = trial.loss
        if loss is None:
            self._failed[arm] += 1
            reward = 0.0
        else:
            if not self._low <= loss <= self._high:
                loss = self._within_range(loss)
            reward = (self._top - self._unit * loss) / self._width
        self._told[arm] = told = self._told[arm] + 1
        self._sums[arm] = total = self._sums[arm] + reward
        self._means[arm] = total / told
        self._learn(trial.asked, arm, reward)

    def look(self, configurations: Sequence[Configuration]) -> Look:
        """Each arm's mean loss and its bounds, as they were when the last pull was chosen."""
        places = {key_of(ask.configuration): arm for arm, ask in enumerate(self._asks)}
        arms = [places.get(key_of(configuration), -1) for configuration in configurations]
        with self._as_before():
            known = [told > 0 or self.has_prior for told in self._told]
            worth, criterion = self._worth()
            bounds = self._bounds()
            means = self._believed()

        def losses(rewards: Sequence[float]) -> list[float]:
            every = [self._as_loss(reward) if each else math.nan for reward, each in zip(rewards, known, strict=True)]
            return [math.nan if arm < 0 else every[arm] for arm in arms]

        return Look(
            middle=losses(means),
            lower=None if bounds is None else losses(bounds.upper),
            upper=None if bounds is None else losses(bounds.lower),
            interval="" if bounds is None else bounds.words,
            acquisition=None if worth is None else [math.nan if arm < 0 else worth[arm] for arm in arms],
            criterion="" if worth is None else criterion,
            note=criterion if worth is None else "",
        )

    def _as_loss(self, reward: float) -> float:
        """The loss that has this reward; NaN as long as all rewards are 0."""
        return (self._top - reward * self._width) / self._unit if self._width < math.inf else math.nan

    @contextmanager
    def _as_before(self) -> Iterator[None]:
        """Things as they were when the last pull was chosen: what was counted since is taken back meanwhile."""
        self._asked -= 1
        try:
            yield
        finally:
            self._asked += 1

    def _believed(self) -> Sequence[float]:
        """Arm to what its mean reward is taken to be."""
        return self._means

    def _bounds(self) -> Bounds | None:
        """Of the mean rewards, where the policy has some."""
        return None

    def _worth(self) -> tuple[Sequence[float] | None, str]:
        """What decided the last choice, arm by arm, and what that is; or None, and how it was made."""
        return None, "no index decides: see the policy's description"

    @abstractmethod
    def _choose(self) -> int:
        """The arm to pull next. It may raise ``NotReady`` before it changes anything."""

    def _learn(self, asked: int, arm: int, reward: float) -> None:  # noqa: B027 - most policies need the means alone
        """Take note of a reward; counts, sums and means are up to date."""

    def _rescaled(self, slope: float, intercept: float) -> None:  # noqa: B027 - likewise
        """Take note that every reward r of a pull that had a loss became ``slope`` r + ``intercept``."""

    def _first_pull(self) -> int:
        """An arm that was never asked for, removed from ``_untried``."""
        arm = self._untried.pop()
        told = sum(self._told) if self._waiting else 0
        if told:
            self._means[arm] = sum(self._sums) / told
        return arm

    def _best(self) -> int:
        """The arm with the highest mean reward."""
        return argmax(self._means, self._uniform)

    def _within_range(self, loss: float) -> float:
        """A loss outside the range: clipped to it where the range is stated, else the range is widened to hold it."""
        if self._scale_is_stated:
            return min(max(loss, self._low), self._high)
        if self._sigma:
            largest = MOST_SIGMAS * self._sigma
            loss = min(max(loss, -largest), largest)
        high, unit, width = self._high, self._unit, self._width
        self._low, self._high = min(loss, self._low), max(loss, self._high)
        self._unit, self._top, self._width = self._scale()
        if high > -math.inf:  # else this is the first loss
            slope = width * (self._unit / unit) / self._width if width < math.inf else 0.0
            intercept = (self._top - self._unit * high) / self._width
            if (slope, intercept) != (1.0, 0.0):
                self._rescale(slope, intercept)
        return loss

    def _scale(self) -> tuple[float, float, float]:
        """``_unit``, ``_top`` and ``_width``; an infinite width makes all rewards 0."""
        unit = 1.0 if max(self._high - self._low, self._sigma) < LARGE else 0.25
        top = unit * self._high
        width = 2.0 * (unit * self._sigma) if self._sigma else top - unit * self._low
        return unit, top, width if width > 0.0 else math.inf

    def _rescale(self, slope: float, intercept: float) -> None:
        for arm, told in enumerate(self._told):
            if told:
                self._sums[arm] = slope * self._sums[arm] + intercept * (told - self._failed[arm])
                self._means[arm] = self._sums[arm] / told
            else:
                self._means[arm] = slope * self._means[arm] + intercept
        self._rescaled(slope, intercept)


class OptimisticPolicy(Policy):
    """Pulls each arm once, then the one that ``_most_promising`` says.

    Attributes:
        _pulls: Arm to the number of its pulls that are asked for, told or not.
        _roots: Arm to 1 / sqrt of that.
    """

    __slots__ = ("_pulls", "_roots")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._pulls = [0] * len(self._asks)
        self._roots = [math.inf] * len(self._asks)

    @abstractmethod
    def _most_promising(self) -> int:
        """The arm to pull next, when every arm was asked for before. It may raise ``NotReady``."""

    def _choose(self) -> int:
        arm = self._first_pull() if self._untried else self._most_promising()
        self._count(arm, self._pulls[arm] + 1)
        return arm

    def _count(self, arm: int, pulls: int) -> None:
        self._pulls[arm] = pulls
        self._roots[arm] = pulls**-0.5 if pulls else math.inf

    @contextmanager
    def _as_before(self) -> Iterator[None]:
        arm = next(reversed(self._waiting.values()))
        with super()._as_before():
            self._count(arm, self._pulls[arm] - 1)
            try:
                yield
            finally:
                self._count(arm, self._pulls[arm] + 1)

    @property
    def _begins(self) -> bool:
        """Whether some arm was not asked for yet."""
        return not all(self._pulls)


class IndexPolicy(OptimisticPolicy):
    """Pulls each arm once, then the arm with the highest index."""

    __slots__ = ()

    @abstractmethod
    def _indices(self) -> Sequence[float]:
        """The index of every arm, when every arm was asked for before."""

    def _most_promising(self) -> int:
        return argmax(self._indices(), self._uniform)

    def _worth(self) -> tuple[Sequence[float] | None, str]:
        return (None, FIRST) if self._begins else (list(self._indices()), "index, of the scaled reward")

    def _bounds(self) -> Bounds | None:
        if self._begins:
            return None
        upper = list(self._indices())
        lower = [2.0 * mean - index for mean, index in zip(self._means, upper, strict=True)]
        return Bounds(lower, upper, "confidence bounds: the index, and its mirror image")
