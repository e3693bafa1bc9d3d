"""The incumbent under noise: the lazy search finds what a look at everything finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpobench_tui.core.incumbent import IncumbentTracker


class Naive:
    """Works every shrunken mean out anew after each loss."""

    def __init__(self) -> None:
        self.losses: dict[int, list[float]] = {}

    def add(self, arm: int, loss: float) -> dict[int, float]:
        self.losses.setdefault(arm, []).append(loss)
        everything = [loss for losses in self.losses.values() for loss in losses]
        mean = sum(everything) / len(everything)
        return {arm: (sum(losses) + mean) / (len(losses) + 1) for arm, losses in self.losses.items()}


@given(st.lists(st.tuples(st.integers(0, 6), st.one_of(st.integers(0, 1), st.floats(-3, 3))), max_size=150))
def test_the_incumbent_has_the_lowest_shrunken_mean(pulls: list[tuple[int, float]]) -> None:
    tracker, naive = IncumbentTracker(noisy=True), Naive()
    last_pull: dict[int, int] = {}
    incumbent = None
    for number, (arm, loss) in enumerate(pulls):
        changed = tracker.add(number, {"arm": arm}, 1, float(loss), truth=arm / 10)
        shrunken = naive.add(arm, float(loss))
        last_pull[arm] = number
        chosen = next(a for a, n in last_pull.items() if n == tracker.number)
        assert shrunken[chosen] <= min(shrunken.values()) + 1e-9
        assert tracker.value == chosen / 10, "the noise-free loss"
        assert changed == (chosen != incumbent)
        incumbent = chosen


@pytest.mark.parametrize("arms", [3, 50, 5000])
def test_the_same_over_long_runs(arms: int) -> None:
    """5000 arms in 3000 pulls: nearly every configuration is a new one."""
    rng = np.random.default_rng(arms)
    tracker = IncumbentTracker(noisy=True)
    means = rng.normal(size=arms)
    sums, counts, last = np.zeros(arms), np.zeros(arms), np.full(arms, -1)
    for number in range(3000):
        arm = int(rng.integers(arms))
        loss = float(means[arm] + rng.normal())
        tracker.add(number, {"arm": arm}, 1, loss)
        sums[arm], counts[arm], last[arm] = sums[arm] + loss, counts[arm] + 1, number
        shrunken = np.where(counts > 0, (sums + sums.sum() / (number + 1)) / (counts + 1), np.inf)
        chosen = int(np.flatnonzero(last == tracker.number)[0])
        assert shrunken[chosen] <= shrunken.min() + 1e-9
        assert tracker.value == pytest.approx(sums[chosen] / counts[chosen])


@pytest.mark.parametrize("size", [1e-310, 1e-300, 1.0, 1e12, 1e300, 4e307])
def test_mean_losses_of_any_size_are_exact(size: float) -> None:
    """Where no noise-free loss is known; the best after every pull is looked for with numbers of ordinary size."""
    tracker, ordinary = IncumbentTracker(noisy=True), IncumbentTracker(noisy=True)
    for number, (arm, loss) in enumerate([(0, 4.0), (1, 2.0), (2, 3.0), (1, 4.0), (2, 1.0), (0, 0.0), (2, 2.0)]):
        tracker.add(number, {"arm": arm}, 1, size * loss)
        ordinary.add(number, {"arm": arm}, 1, loss)
        assert tracker.number == ordinary.number
    assert tracker.value == size * 2


def test_losses_near_the_largest_float_after_ordinary_ones() -> None:
    tracker = IncumbentTracker(noisy=True)
    for number, (arm, loss) in enumerate([(0, 1.0), (1, 2.0), (2, 1.7e308), (2, 1.7e308), (0, 3.0), (1, -1.7e308)]):
        tracker.add(number, {"arm": arm}, 1, loss)
        if number == 4:
            assert (tracker.number, tracker.value) == (4, 2.0)
    assert (tracker.number, tracker.value) == (5, -8.5e307)
