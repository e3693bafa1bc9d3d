"""Speed-up factors: shifted curves have known ones; what is undefined is said."""

import numpy as np
import pytest

from hpobench_tui.analysis.performance.anytime_stats import Samples
from hpobench_tui.analysis.performance.speedup import SpeedUp, speed_ups
from hpobench_tui.core import HpobenchError

MARKS = np.arange(1.0, 121.0)


def samples(label: str, values: np.ndarray, repetitions: np.ndarray | None = None) -> Samples:
    known = np.arange(len(values)) if repetitions is None else repetitions
    return Samples("toy/one", label, MARKS, values, known)


def one_of(label: np.ndarray, reference: np.ndarray, **more: np.ndarray) -> SpeedUp:
    (made,) = speed_ups([samples("ref", reference), samples("a", label, **more)], "ref")
    return made


@pytest.mark.parametrize("factor", [2, 4, 5])
def test_who_needs_a_share_of_the_budget_is_faster_by_that_factor(factor: int) -> None:
    reference = np.array([1.0 / np.ceil(MARKS / 20)] * 5)
    faster = np.array([1.0 / np.ceil(MARKS * factor / 20)] * 5)
    made = one_of(faster, reference)
    starts = np.array([1.0, 21, 41, 61, 81, 101])  # where the reference gets better
    assert made.budgets.tolist() == starts.tolist()
    by_hand = [b / next(m for m in MARKS if 1 / np.ceil(m * factor / 20) <= 1 / np.ceil(b / 20)) for b in starts]
    np.testing.assert_allclose(made.factors, by_hand)
    assert made.best.value == max(by_hand)
    assert made.best.interval == (max(by_hand), max(by_hand))  # all runs are alike
    assert (made.reached, made.last, made.best.n) == (1.0, by_hand[-1], 5)
    assert made.at == starts[int(np.argmax(by_hand))]


def test_a_plateau_counts_from_its_beginning() -> None:
    """Who reaches at 5 what the other has from 10 to 120 is faster by 2, not by 24."""
    reference = np.where(MARKS < 10, 1.0, 0.1)[None].repeat(3, axis=0)
    made = one_of(np.where(MARKS < 5, 1.0, 0.1)[None].repeat(3, axis=0), reference)
    assert (made.best.value, made.at) == (2.0, 10.0)


def test_a_slower_one_has_a_factor_below_1_and_one_that_never_gets_there_0() -> None:
    reference = np.where(MARKS < 10, 1.0, 0.1)[None].repeat(3, axis=0)
    late = np.where(MARKS < 40, 2.0, 0.1)[None].repeat(3, axis=0)
    assert one_of(late, reference).factors.tolist() == [1 / 40, 10 / 40]
    never = one_of(np.full((3, 120), 5.0), reference)
    assert (never.best.value, never.at, never.reached) == (None, None, 0.0)
    assert never.note == "a reaches nothing that ref does"
    half = one_of(np.full((3, 120), 1.0), reference)
    assert (half.factors.tolist(), half.last, half.reached) == ([1.0, 0.0], 0.0, 0.5)


def test_a_reference_without_values_has_no_factor() -> None:
    made = one_of(np.ones((3, 120)), np.full((3, 120), np.inf))
    assert made.best.value is None
    assert "have no value" in (made.note or "")


def test_equal_within_the_tolerance_is_reached() -> None:
    reference, own = np.full((2, 120), 0.1), np.full((2, 120), 0.1 + 1e-9)
    assert one_of(own, reference).best.value is None
    base, other = samples("ref", reference), Samples("toy/one", "a", MARKS, own, np.arange(2), tolerance=1e-8)
    assert speed_ups([base, other], "ref")[0].best.value == 1.0


def test_the_interval_holds_the_factor_of_resampled_medians() -> None:
    """Brute force: medians of paired resamples, factors mark by mark."""
    rng = np.random.default_rng(4)
    reference = np.minimum.accumulate(rng.exponential(1.0, (9, 120)), axis=1)
    own = np.minimum.accumulate(rng.exponential(0.3, (9, 120)), axis=1)
    made = one_of(own, reference)
    drawn = []
    for _ in range(600):
        picked = rng.integers(0, 9, 9)
        ours, others = np.median(own[picked], axis=0), np.median(reference[picked], axis=0)
        factors, lowest = [], np.inf
        for b, value in zip(MARKS, others, strict=True):
            if value < lowest:
                reached = MARKS[ours <= value]
                factors.append(b / reached[0] if len(reached) else 0.0)
                lowest = value
        drawn.append(max(factors))
    assert made.best.low == pytest.approx(np.quantile(drawn, 0.025), rel=0.35)
    assert made.best.high == pytest.approx(np.quantile(drawn, 0.975), rel=0.35)
    assert made.best.low <= made.best.value <= made.best.high


def test_repetitions_are_paired_and_where_none_are_common_that_is_said() -> None:
    reference, own = np.random.default_rng(0).random((4, 120)), np.zeros((2, 120))
    made = one_of(own, reference, repetitions=np.array([1, 3]))
    assert (made.best.n, made.note) == (2, None)
    apart = one_of(own, reference, repetitions=np.array([8, 9]))
    assert (apart.best.n, apart.note) == (2, "no repetitions in common: taken as independent")
    assert one_of(own[:1], reference, repetitions=np.array([3])).best.interval is None


def test_an_unknown_reference_is_said_with_what_there_is() -> None:
    with pytest.raises(HpobenchError, match=r"no runs of 'tpe' to be faster than; there are a, b"):
        speed_ups([samples("a", np.ones((2, 120))), samples("b", np.ones((2, 120)))], "tpe")
