"""ERT, success rates and restarts: closed forms, brute force, COCO's formula and the example of its documentation."""

from itertools import product

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from hpobench_tui.analysis.performance import ert
from hpobench_tui.analysis.performance.hits import Hits

# cocopp's documentation of simulated restarts: one run hits after 1 evaluation, five fail after 2, 4, 2, 6 and 100.
COCO_HITS = np.array([[1.0], *[[np.inf]] * 5])
COCO_SPENT = np.array([1.0, 2, 4, 2, 6, 100])


def hits(first: np.ndarray, spent: np.ndarray) -> Hits:
    targets = tuple(10.0**-k for k in range(first.shape[1]))
    return Hits("toy/one", "a", targets, first, spent, np.arange(len(spent)), granted=None)


def random_hits(seed: int, n: int = 9, t: int = 5, equal: bool = False) -> Hits:
    rng = np.random.default_rng(seed)
    spent = np.full(n, 50.0) if equal else rng.integers(20, 60, n).astype(float)
    first = np.sort(rng.integers(1, 20, (n, t)).astype(float), axis=1)
    first[rng.random((n, t)) < 0.4] = np.inf
    return hits(first, spent)


def test_the_example_of_cocopps_documentation() -> None:
    """(1 + 2 + 4 + 2 + 6 + 100) / 1 evaluations until a success; cocopp gives 1, 1, 3, … 445 as single draws."""
    assert ert.expected(COCO_HITS, COCO_SPENT).tolist() == [115.0]
    drawn = ert.simulated_restarts(COCO_HITS, COCO_SPENT, draws=200_000)[:, 0]
    assert drawn.mean() == pytest.approx(115.0, rel=0.02)
    assert np.mean(drawn == 1.0) == pytest.approx(1 / 6, abs=0.005)
    assert set(np.unique(drawn)[:4]) == {1.0, 3.0, 5.0, 7.0}


def test_the_three_formulas_of_ert_agree() -> None:
    """The sum over successes; cocopp's SP, mean of all over the success rate; RT_S + (1 - p)/p RT_US."""
    for seed in range(20):
        made = random_hits(seed)
        for k, column in enumerate(made.first.T):
            hit = np.isfinite(column)
            got = ert.expected(made.first, made.spent)[k]
            if not hit.any():
                assert got == np.inf
                continue
            spent = np.where(hit, column, made.spent)
            p = hit.mean()
            assert got == pytest.approx(spent.mean() / p)
            failing = made.spent[~hit].mean() if not hit.all() else 0.0
            assert got == pytest.approx(column[hit].mean() + (1 - p) / p * failing)


@pytest.mark.parametrize("equal", [True, False])
def test_simulated_restarts_have_the_mean_ert(equal: bool) -> None:
    made = random_hits(3, equal=equal)
    mean = ert.simulated_restarts(made.first, made.spent, draws=100_000).mean(axis=0)
    np.testing.assert_allclose(mean, ert.expected(made.first, made.spent), rtol=0.02)


def restarted(first: np.ndarray, spent: np.ndarray, rng: np.random.Generator) -> float:
    """One simulated restart, run by run."""
    total = 0.0
    while True:
        run = rng.integers(len(spent))
        if np.isfinite(first[run]):
            return total + first[run]
        total += spent[run]


@pytest.mark.parametrize("equal", [True, False])
def test_quantiles_of_restarts_are_those_of_restarts_one_by_one(equal: bool) -> None:
    made, rng, shares = random_hits(4, equal=equal), np.random.default_rng(0), (0.1, 0.5, 0.9)
    got = ert.restart_quantiles(made.first, made.spent, shares, draws=20_000)
    for k, column in enumerate(made.first.T):
        drawn = np.array([restarted(column, made.spent, rng) for _ in range(20_000)])
        for share, value in zip(shares, got[k], strict=True):
            assert np.mean(drawn < value) - 0.015 <= share <= np.mean(drawn <= value) + 0.015


def test_a_quantile_that_ends_with_a_try_is_the_last_hit_of_it() -> None:
    """Half of the runs hit, after 1 or 2, the others spend 10: P(T <= 2) = 1/2, P(T <= 12) = 3/4, P(T <= 11) = 5/8."""
    first, spent = np.array([[1.0], [2.0], [np.inf], [np.inf]]), np.full(4, 10.0)
    made = ert.restart_quantiles(first, spent, (0.25, 0.5, 0.51, 0.625, 0.63, 0.75, 0.76))
    assert made.tolist() == [[1, 2, 11, 11, 12, 12, 21]]


def test_quantiles_without_failures_are_the_hits_own() -> None:
    first, spent = np.arange(1.0, 11.0)[:, None], np.full(10, 20.0)
    assert ert.restart_quantiles(first, spent, (0.1, 0.5, 0.9)).tolist() == [[1, 5, 9]]


def test_resamples_are_erts_of_every_choice_of_runs() -> None:
    """Of three runs all 27 resamples: the bootstrap's values are among them, about as often."""
    made = hits(np.array([[2.0], [4.0], [np.inf]]), np.array([9.0, 9.0, 10.0]))
    every = [ert.expected(made.first[list(c)], made.spent[list(c)])[0] for c in product(range(3), repeat=3)]
    drawn = ert.resampled(made, draws=20_000)[:, 0]
    assert set(np.round(drawn, 9)) == set(np.round(every, 9))
    assert np.isinf(drawn).mean() == pytest.approx(1 / 27, abs=0.01)
    assert drawn[np.isfinite(drawn)].mean() == pytest.approx(np.mean([v for v in every if np.isfinite(v)]), rel=0.02)


def test_a_table_has_n_successes_and_intervals() -> None:
    made = hits(np.array([[2.0, np.inf], [4.0, np.inf], [np.inf, np.inf]]), np.array([9.0, 9.0, 10.0]))
    easy, never = ert.table(made)
    assert (easy.ert.value, easy.successes, easy.ert.n, easy.rate.value) == (8.0, 2, 3, 2 / 3)
    assert easy.ert.interval == (2.0, np.inf)
    assert (never.ert.value, never.ert.interval, never.successes) == (np.inf, (np.inf, np.inf), 0)
    assert never.restarts == (np.inf,) * 3
    (single,) = ert.table(hits(np.array([[2.0]]), np.array([9.0])))
    assert (single.ert.value, single.ert.interval) == (2.0, None)
    assert ert.table(made) == ert.table(made)


@pytest.mark.parametrize(("successes", "n"), [(0, 5), (3, 5), (5, 5), (29, 30)])
def test_the_rates_interval_is_wilsons(successes: int, n: int) -> None:
    made = ert.success_rate(successes, n)
    np.testing.assert_allclose(made.interval, proportion_confint(successes, n, method="wilson"), atol=1e-12)


def test_the_interval_of_ert_holds_the_true_one_about_as_often_as_it_says() -> None:
    """Runs of 30: geometric hits with mean 20, cut at 40; the true ERT of restarts is 20 (memoryless)."""
    rng, held = np.random.default_rng(2), 0
    for _ in range(300):
        drawn = rng.geometric(1 / 20, 30).astype(float)
        first = np.where(drawn <= 40, drawn, np.inf)[:, None]
        (cell,) = ert.table(hits(first, np.full(30, 40.0)), draws=300)
        assert cell.ert.interval is not None
        held += cell.ert.interval[0] <= 20 <= cell.ert.interval[1]
    assert 0.88 <= held / 300 <= 0.99
