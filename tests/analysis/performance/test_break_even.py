"""Break-even costs: closed forms of lines, envelopes against brute force on a grid of costs."""

from itertools import pairwise
from math import inf

import numpy as np
import pytest

from hpobench_tui.analysis.performance.breakeven import (
    Times,
    Winner,
    break_even,
    break_evens,
    times_to,
    winners,
    winners_at,
)
from hpobench_tui.analysis.performance.counting import Steps
from hpobench_tui.core import HpobenchError


def times(label: str, evaluations: list[float], seconds: list[float], reached: list[bool] | None = None) -> Times:
    known = [True] * len(evaluations) if reached is None else reached
    return Times(label, np.array(evaluations, float), np.array(seconds, float), np.array(known))


RANDOM, TPE = times("random", [100.0] * 4, [0.1] * 4), times("tpe", [20.0] * 4, [4.1] * 4)


def test_two_lines_cross_where_the_saved_evaluations_cost_what_was_thought() -> None:
    """100 c + 0.1 = 20 c + 4.1 at c = 0.05."""
    for one, other in ((RANDOM, TPE), (TPE, RANDOM)):
        made = break_even(one, other)
        assert (made.cheap, made.dear) == ("random", "tpe")
        assert made.cost.value == pytest.approx(0.05)
        assert made.cost.interval == pytest.approx((0.05, 0.05))
    first, second = winners([RANDOM, TPE])
    assert (first.labels, second.labels) == (("random",), ("tpe",))
    assert (first.low, first.high, second.low, second.high) == pytest.approx((0.0, 0.05, 0.05, inf))
    assert [w.labels for w in winners([RANDOM, TPE], "median")] == [("random",), ("tpe",)]


def test_who_fails_pays_for_it() -> None:
    """Expected times are ERTs: two of four reach it, so that each success costs two runs."""
    half = times("half", [10.0, 10, 50, 50], [1.0, 1, 5, 5], [True, True, False, False])
    assert half.line == (60.0, 6.0)
    never = times("never", [50.0], [1.0], [False])
    assert never.line == (inf, inf)
    assert break_even(never, half).note == "half is faster at any cost"
    assert break_even(never, never).note == "neither never nor never reaches the target"
    assert winners([never]) == [Winner((), 0.0, inf)]
    assert winners([half, never]) == [Winner(("half",), 0.0, inf)]


def test_no_crossing_is_said() -> None:
    dominated = times("slow", [200.0], [9.0])
    made = break_even(RANDOM, dominated)
    assert (made.cost.value, made.note) == (None, "random is faster at any cost")
    assert break_even(RANDOM, RANDOM).note == "random and random take the same time at any cost"
    assert winners([RANDOM, times("twin", [100.0], [0.1])])[0].labels == ("random", "twin")


def test_the_interval_widens_with_the_scatter_and_may_be_open() -> None:
    rng = np.random.default_rng(1)
    wide = times("random", list(rng.exponential(100, 30)), list(rng.exponential(0.1, 30)))
    narrow = times("tpe", list(rng.exponential(20, 30)), list(rng.exponential(4.0, 30)))
    made = break_even(wide, narrow)
    assert 0 < made.cost.low < made.cost.value < made.cost.high < inf
    close = times("close", list(rng.exponential(95, 5)), list(rng.exponential(4.0, 5)))
    unsure = [cost.high for b in break_evens([wide, narrow, close]) if (cost := b.cost).value and cost.high == inf]
    assert all(high == inf for high in unsure)
    assert len(break_evens([wide, narrow, close])) == 3
    single = break_even(times("a", [10.0], [0.0]), times("b", [5.0], [1.0]))
    assert (single.cost.value, single.cost.interval) == (0.2, None)


def test_the_interval_is_that_of_resampled_lines() -> None:
    rng = np.random.default_rng(5)
    one = times("a", list(rng.exponential(100, 12)), list(rng.exponential(0.1, 12)))
    other = times("b", list(rng.exponential(20, 12)), list(rng.exponential(4.0, 12)))
    made, drawn = break_even(one, other), []
    for _ in range(4000):
        i, j = rng.integers(0, 12, 12), rng.integers(0, 12, 12)
        n = one.evaluations[i].mean() - other.evaluations[j].mean()
        drawn.append((other.seconds[j].mean() - one.seconds[i].mean()) / n if n > 0 else inf)
    assert made.cost.low == pytest.approx(np.quantile(drawn, 0.025, method="inverted_cdf"), rel=0.15)
    assert made.cost.high == pytest.approx(np.quantile(drawn, 0.975, method="inverted_cdf"), rel=0.15)


def value(one: Times, c: float, by: str) -> float:
    each = np.where(one.reached, one.evaluations * c + one.seconds, inf)
    n, s = one.line
    return float(np.median(each)) if by == "median" else n * c + s


@pytest.mark.parametrize("by", ["expected", "median"])
@pytest.mark.parametrize("seed", range(12))
def test_winners_are_the_lowest_at_every_cost(by: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = []
    for k in range(6):
        n = int(rng.integers(1, 8))
        evaluations, reached = rng.integers(1, 200, n), rng.random(n) < 0.9
        reached[0] = True
        labels.append(times(f"l{k}", list(evaluations), list(rng.exponential(300, n) / evaluations), list(reached)))
    made = winners(labels, by)
    assert (made[0].low, made[-1].high) == (0.0, inf)
    assert all(a.high == b.low and a.labels != b.labels for a, b in pairwise(made))
    for c in [*np.geomspace(1e-4, 1e4, 400), *((w.low + min(w.high, 1e6)) / 2 for w in made)]:
        at = {one.label: value(one, c, by) for one in labels}
        (winner,) = [w for w in made if w.low <= c < w.high]
        for label in winner.labels:
            assert at[label] <= min(at.values()) * (1 + 1e-9)
        if not winner.labels:
            assert min(at.values()) == inf


def test_unknown_ways_to_win_are_refused() -> None:
    with pytest.raises(HpobenchError, match="not by 'mean'"):
        winners([RANDOM], "mean")
    with pytest.raises(HpobenchError, match=r"medians of 101 runs .* use expected"):
        winners([times("many", [1.0] * 101, [1.0] * 101)], "median")


def test_times_are_read_from_curves_and_thinking() -> None:
    curves = [Steps(np.array([1.0, 4.0]), np.array([1.0, 0.01])), Steps(np.array([2.0]), np.array([0.5]))]
    thinking = [np.array([0.0, 1, 2, 3, 4, 5]), np.array([0.0, 2, 4])]
    made = times_to("a", curves, thinking, [5, 2], target=0.1)
    assert (made.evaluations.tolist(), made.seconds.tolist()) == ([4.0, 2.0], [4.0, 4.0])
    assert made.reached.tolist() == [True, False]


def regret_at(curve: Steps, own: np.ndarray, seconds: float, c: float) -> float:
    """Walk along the evaluations as long as the time lasts."""
    reached = inf
    for x, y in zip(curve.x, curve.y, strict=True):
        if c * x + own[int(x)] <= seconds:
            reached = y
    return reached


@pytest.mark.parametrize("seed", range(6))
def test_winners_at_a_wall_clock_budget_have_the_lowest_median(seed: int) -> None:
    rng = np.random.default_rng(seed)
    curves, thinking = {}, {}
    for k in range(4):
        n = 5
        curves[f"l{k}"] = [
            Steps(np.sort(rng.choice(np.arange(1.0, 60), 6, replace=False)), np.sort(rng.random(6))[::-1])
            for _ in range(n)
        ]
        thinking[f"l{k}"] = [np.append(0.0, np.cumsum(rng.exponential(0.05 * k, 60))) for _ in range(n)]
    made = winners_at(curves, thinking, seconds=10.0)
    # 60 trials fill the 10 seconds of whoever thinks least
    fills = max((10.0 - own[-1]) / 60 for group in thinking.values() for own in group)
    assert (made[0].low, made[-1].high) == (fills, inf)
    assert all(a.high == b.low and a.labels != b.labels for a, b in pairwise(made))
    assert made[-1].labels == ()  # where not even one evaluation can be paid
    for c in np.geomspace(fills * 1.0001, 20, 300):
        medians = {
            label: float(np.sort([regret_at(o, t, 10.0, c) for o, t in zip(group, thinking[label], strict=True)])[2])
            for label, group in curves.items()
        }
        (winner,) = [w for w in made if w.low <= c < w.high]
        least = min(medians.values())
        assert set(winner.labels) == {label for label, m in medians.items() if m == least < inf}


def test_a_wall_clock_budget_must_be_a_time() -> None:
    for seconds in (0.0, -1.0, inf):
        with pytest.raises(HpobenchError, match="wall-clock budget"):
            winners_at({}, {}, seconds)
