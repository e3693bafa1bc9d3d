"""Values at marks, their median, mean and IQM with intervals, and average ranks: second sources and brute force."""

import numpy as np
import pytest
from scipy import stats

from factories import run_of
from hpobench_tui.analysis.equality import ranked as ranked_one_by_one
from hpobench_tui.analysis.performance import fixed, resample
from hpobench_tui.analysis.performance.anytime_stats import Samples, sample, statistics
from hpobench_tui.analysis.performance.counting import read_pairs
from hpobench_tui.analysis.performance.ranks_over_budget import rank_curves, ranked
from hpobench_tui.core import HpobenchError, Measure
from performance_data import curve, random_pairs, random_runs, value_at

MARKS = np.array([0.5, 1.0, 2.0, 7.0, 20.0, 40.0, 1000.0])


def samples(values: np.ndarray, label: str = "a", problem: str = "toy/one", repetitions=None, tolerance=0.0) -> Samples:
    n, m = values.shape
    known = np.arange(n) if repetitions is None else np.asarray(repetitions)
    return Samples(problem, label, np.arange(1.0, m + 1), values, known, tolerance)


def test_values_at_marks_are_the_curves() -> None:
    runs = random_runs(np.random.default_rng(1), labels=("a",), problems=("toy/one",))
    (pair,) = read_pairs(runs)
    assert sample(pair, MARKS).values.tolist() == [[value_at(own, at) for at in MARKS] for _, own in runs]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 30])
def test_median_mean_and_iqm_are_numpys_and_scipys(n: int) -> None:
    values = np.random.default_rng(n).lognormal(size=(n, 5))
    made = statistics(samples(values))
    np.testing.assert_allclose([e.value for e in made.median], np.median(values, axis=0))
    np.testing.assert_allclose([e.value for e in made.mean], values.mean(axis=0))
    np.testing.assert_allclose([e.value for e in made.iqm], stats.trim_mean(values, 0.25, axis=0))  # as rliable's
    for estimate in (*made.median, *made.mean, *made.iqm):
        assert estimate.n == n
        assert (estimate.interval is None) == (n == 1)
        assert n == 1 or estimate.low <= estimate.value <= estimate.high


@pytest.mark.parametrize("name", ["median", "mean", "iqm"])
def test_intervals_are_the_percentile_bootstraps(name: str) -> None:
    values = np.random.default_rng(7).lognormal(size=(20, 2))
    function = {"median": np.median, "mean": np.mean, "iqm": lambda v, axis: stats.trim_mean(v, 0.25, axis=axis)}[name]
    made = getattr(statistics(samples(values), draws=20_000), name)
    for column, estimate in zip(values.T, made, strict=True):
        other = stats.bootstrap((column,), function, n_resamples=20_000, method="percentile", rng=1)
        assert estimate.interval == pytest.approx(tuple(other.confidence_interval), rel=0.03)


def test_many_runs_are_no_matter() -> None:
    values = np.random.default_rng(0).lognormal(size=(4000, 3))
    made = statistics(samples(values))
    for name, function in (("median", np.median), ("mean", np.mean)):
        for column, estimate in zip(values.T, getattr(made, name), strict=True):
            assert estimate.value == pytest.approx(function(column))
            assert estimate.low < estimate.value < estimate.high
    with pytest.raises(HpobenchError, match="no runs of a on toy/one"):
        statistics(samples(np.empty((0, 3))))


def test_runs_without_a_value_yet_are_worst() -> None:
    made = statistics(samples(np.array([[np.inf, np.inf], [np.inf, 2.0], [np.inf, 1.0], [5.0, 3.0]])))
    assert [e.value for e in made.median] == [np.inf, 2.5]
    assert [e.value for e in made.mean] == [np.inf, np.inf]
    assert made.iqm[1].value == 2.5
    assert made.median[1].interval == (1.0, np.inf)


def test_numbers_at_the_end_of_floats_do_not_overflow() -> None:
    made = statistics(samples(np.full((4, 1), 1.7e308)))
    assert made.mean[0].value == pytest.approx(1.7e308)
    assert made.median[0].interval == pytest.approx((1.7e308, 1.7e308))


def test_intervals_of_other_levels_are_nested_and_of_fixed_seeds() -> None:
    values = np.random.default_rng(0).random((12, 1))
    half, most = (statistics(samples(values), level).mean[0] for level in (0.5, 0.99))
    assert most.low < half.low <= half.value <= half.high < most.high
    assert statistics(samples(values)).mean == statistics(samples(values)).mean


def test_the_interval_of_a_mean_holds_it_about_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(3), 0
    for _ in range(300):
        made = resample.mean(rng.normal(size=20), draws=400)
        held += made.low <= 0.0 <= made.high
    assert 0.88 <= held / 300 <= 0.98


def test_strata_are_resampled_within() -> None:
    """Problems that are all alike within leave nothing to resample; n counts runs."""
    made = resample.mean_of_means([np.full(5, 1.0), np.full(3, 3.0)])
    assert (made.value, made.interval, made.n) == (2.0, (2.0, 2.0), 8)
    assert resample.mean_of_means([np.array([1.0]), np.array([3.0])]).interval is None
    assert resample.mean_of_means([]).value is None
    assert resample.mean(np.empty(0)) == resample.Estimate(None, None, None, 0)


def test_percentiles_are_the_order_statistics_that_hold_the_level() -> None:
    low, high = resample.interval(np.arange(1001.0)[:, None], 0.95)
    assert (low.tolist(), high.tolist()) == ([25.0], [975.0])
    low, high = resample.interval(np.array([[1.0], [np.inf]]))
    assert (low.tolist(), high.tolist()) == ([1.0], [np.inf])


def test_a_sum_of_a_run_that_broke_off_is_worst_beyond_its_end() -> None:
    """It would have grown: a run that failed early must not look as if it had lost little."""
    runs = [
        (run_of(0, repetition=0), curve((1, 1.0), (10, 10.0))),
        (run_of(1, repetition=1, status="failed", spent=3, trials=3), curve((1, 1.0), (3, 3.0))),
        (run_of(2, repetition=2, status="complete", spent=3, trials=3), curve((1, 1.0), (3, 3.0))),
    ]
    (pair,) = read_pairs(runs, measure=Measure.PSEUDO)
    assert sample(pair, [1, 3, 10]).values.tolist() == [[1, 1, 10], [1, 3, np.inf], [1, 3, 3]]
    (pair,) = read_pairs(runs)
    assert sample(pair, [1, 3, 10]).values.tolist() == [[1, 1, 10], [1, 3, 3], [1, 3, 3]]


@pytest.mark.parametrize("tolerance", [0.0, 0.1])
def test_ranks_are_those_of_the_house_rule_block_by_block(tolerance: float) -> None:
    values = np.random.default_rng(2).integers(0, 12, (6, 40, 3)) / 20
    made = ranked(values, tolerance)
    for block in range(40):
        for mark in range(3):
            by_hand = ranked_one_by_one(values[:, block, mark], tolerance)
            assert made[:, block, mark].tolist() == by_hand.tolist()
    if not tolerance:
        np.testing.assert_array_equal(made, stats.rankdata(values, axis=0))


def test_infinite_values_tie_last() -> None:
    assert ranked(np.array([[np.inf], [1.0], [np.inf], [1e308]])).ravel().tolist() == [3.5, 1.0, 3.5, 2.0]


def test_average_ranks_over_complete_blocks() -> None:
    one = samples(np.array([[1.0, 1.0], [1.0, 9.0], [1.0, 1.0]]), "a", "p/1", repetitions=[0, 1, 2])
    two = samples(np.array([[2.0, 2.0], [2.0, 2.0]]), "b", "p/1", repetitions=[1, 0])
    other = [samples(np.array([[5.0, 5.0]]), label, "p/2") for label in ("a", "b")]
    lonely = samples(np.array([[5.0, 5.0]]), "a", "p/3")
    made = rank_curves([one, two, *other, lonely])
    assert (made.labels, made.n, made.problems, made.left_out) == (("a", "b"), 3, ("p/1", "p/2"), ("p/3",))
    # p/1: a wins both blocks at the first mark, one at the second; p/2: a tie
    assert made.ranks.tolist() == [[1.25, 1.5], [1.75, 1.5]]
    assert (made.low <= made.ranks).all()
    assert (made.ranks <= made.high).all()
    np.testing.assert_allclose(made.ranks.sum(axis=0), 3.0)


def test_ranks_need_labels_and_blocks() -> None:
    one, other = samples(np.ones((2, 2)), "a"), samples(np.ones((2, 2)), "b", repetitions=[7, 8])
    with pytest.raises(HpobenchError, match="two labels"):
        rank_curves([one])
    with pytest.raises(HpobenchError, match="nothing to rank"):
        rank_curves([one, other])
    with pytest.raises(HpobenchError, match="same number of marks"):
        rank_curves([one, samples(np.ones((2, 3)), "b")])


def test_tables_of_fixed_budgets_and_targets() -> None:
    pairs = random_pairs(np.random.default_rng(5))
    budgets = fixed.fixed_budget(pairs, [5, 40])
    assert [(t.problem, t.axis, t.budgets) for t in budgets] == [(p, "budget", (5, 40)) for p in ("toy/one", "toy/two")]
    assert [row.label for row in budgets[0].rows] == ["a", "b"]
    assert budgets[0].rows[0].median == statistics(sample(pairs[0], [5, 40])).median
    targets = fixed.fixed_target(pairs)
    assert targets[0].targets == pairs[0].targets
    assert len(targets[0].rows[0].cells) == 51
    successes = [cell.successes for cell in targets[0].rows[0].cells]
    assert successes == sorted(successes, reverse=True)
    assert targets[0].rows[0].n == 6
