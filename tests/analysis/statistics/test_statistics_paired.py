"""Signed ranks, Hodges-Lehmann, A12 and Holm against SciPy, statsmodels, brute force and published numbers."""

from itertools import product
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpobench_tui.analysis.statistics.holm import holm
from hpobench_tui.analysis.statistics.paired import newcombe, paired, paired_rows
from hpobench_tui.analysis.statistics.signed_rank import differences, signed_ranks, two_sided, upper_tails
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.equality import equal

NAN, INF = np.nan, np.inf
# Hollander & Wolfe, Nonparametric Statistical Methods, example 3.1: depression factors before and after
BEFORE = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
AFTER = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])


def test_the_published_example() -> None:
    found = paired(AFTER, BEFORE)
    assert found.p == pytest.approx(0.0390625, abs=0)
    assert found.difference is not None
    assert found.difference.value == pytest.approx(-0.46)
    assert (found.difference.lower, found.difference.upper) == pytest.approx((-0.786, -0.010))
    assert found.difference.level == pytest.approx(0.9609375, abs=0)


@pytest.mark.parametrize("n", [5, 6, 9, 20, 30, 50, 51, 80])
def test_p_is_scipy_s_without_ties(n: int) -> None:
    from scipy.stats import wilcoxon

    rng = np.random.default_rng(n)
    one, other = rng.normal(size=n) - 0.3, rng.standard_t(2, size=n)
    counted = {"method": "exact"} if n <= 50 else {"method": "approx", "correction": True}
    assert paired(one, other).p == pytest.approx(wilcoxon(one, other, **counted).pvalue, rel=1e-12)


def test_p_is_scipy_s_with_many_pairs_and_ties() -> None:
    from scipy.stats import wilcoxon

    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 9, 200).astype(float), rng.integers(1, 10, 200).astype(float)
    known = wilcoxon(one, other, zero_method="pratt", method="approx", correction=True)
    assert paired(one, other).p == pytest.approx(known.pvalue, rel=1e-12)


def brute_force(ranks: Floats, total: float) -> float:
    """P(|Σ ±rank| ≥ |total|), over all signs."""
    sizes = np.abs(ranks[ranks != 0])
    sums = [abs(float(np.dot(signs, sizes))) for signs in product((-1, 1), repeat=len(sizes))]
    return float(np.mean([each >= abs(total) - 1e-9 for each in sums]))


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=10))
def test_p_is_that_of_all_signs_with_any_ties(apart: list[int]) -> None:
    from scipy.stats import rankdata

    each = np.array(apart, dtype=float)
    ranks = rankdata(np.abs(each)) * np.sign(each)  # Pratt: ties are ranked, and drop out
    assert signed_ranks(each[None])[0] == pytest.approx(ranks)
    found = paired(each, np.zeros(len(each)))
    assert found.p == pytest.approx(brute_force(ranks, float(ranks.sum())), rel=1e-12)
    assert found.p >= found.least_p * (1 - 1e-12)


def test_one_sided_tails_are_scipy_s() -> None:
    from scipy.stats import wilcoxon

    apart = np.random.default_rng(3).normal(0.4, size=(5, 12))
    known = [wilcoxon(row, alternative="greater", method="exact").pvalue for row in apart]
    assert upper_tails(signed_ranks(apart)) == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize(("n", "least"), [(1, 1.0), (2, 0.5), (5, 0.0625), (6, 0.03125), (10, 2.0**-9)])
def test_how_low_p_can_be(n: int, least: float) -> None:
    found = paired(np.zeros(n), np.arange(1.0, n + 1))
    assert found.p == found.least_p == least
    assert (found.wins, found.ties, found.losses, found.side) == (n, 0, 0, -1)


@pytest.mark.parametrize("n", [6, 11, 25])
def test_the_interval_is_what_the_test_does_not_reject(n: int) -> None:
    apart = np.random.default_rng(n).normal(-0.3, 1, n)
    shift = paired(apart, np.zeros(n)).difference
    assert shift is not None
    walsh = [(a + b) / 2 for i, a in enumerate(apart) for b in apart[i:]]
    assert shift.value == pytest.approx(np.median(walsh))
    width = (shift.upper - shift.lower) * 1e-6
    for inside in (shift.lower + width, shift.upper - width):
        assert paired(apart - inside, np.zeros(n)).p > 0.05
    for outside in (shift.lower - width, shift.upper + width):
        assert paired(apart - outside, np.zeros(n)).p <= 0.05


@pytest.mark.parametrize("n", [5, 10, 60])
def test_the_interval_covers_as_it_says(n: int) -> None:
    apart = np.random.default_rng(n).standard_t(3, size=(2000, n)) + 1
    shifts = [row.difference for row in paired_rows(apart, np.zeros_like(apart), np.zeros(len(apart)))]
    covered = np.mean([shift is not None and not shift.excludes(1.0) for shift in shifts])
    assert shifts[0] is not None
    assert covered == pytest.approx(shifts[0].level, abs=0.015)


def test_a12_is_mann_whitney_s_u() -> None:
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 6, 25).astype(float), rng.integers(1, 7, 25).astype(float)
    found = paired(one, other).a12
    assert found is not None
    assert found.value == pytest.approx(mannwhitneyu(other, one).statistic / 25**2)


def test_newcombe_s_ends_solve_his_equation_with_hanley_s_and_mcneil_s_variance() -> None:
    for value, n in ((0.5, 5), (0.8, 10), (1.0, 7), (0.0, 30)):
        for end in np.ravel(newcombe(np.array([value]), np.array([n]), 0.95)):
            q1, q2 = end / (2 - end), 2 * end**2 / (1 + end)
            variance = (end * (1 - end) + (n - 1) * (q1 - end**2 + q2 - end**2)) / n**2
            assert abs(value - end) == pytest.approx(1.959964 * sqrt(variance), abs=1e-5)


@pytest.mark.parametrize("n", [5, 10, 30])
def test_the_interval_of_a12_covers(n: int) -> None:
    rng = np.random.default_rng(n)
    one, other = rng.exponential(1.0, size=(1500, n)), rng.exponential(2.0, size=(1500, n))
    chances = [row.a12 for row in paired_rows(one, other, np.zeros(1500))]
    assert np.mean([a12 is not None and not a12.excludes(2 / 3) for a12 in chances]) >= 0.93


def test_holm_is_statsmodels_s() -> None:
    from statsmodels.stats.multitest import multipletests

    for n in (1, 2, 7, 40):
        p = np.random.default_rng(n).beta(0.3, 2.0, n).round(3)
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_holm_leaves_out_what_is_not_there() -> None:
    assert np.array_equal(holm(np.array([[0.01, NAN], [NAN, 0.04]])), [[0.02, NAN], [NAN, 0.04]], equal_nan=True)


def test_pairs_are_repetitions_that_both_have_and_failed_runs_are_the_worst() -> None:
    found = paired(np.array([1.0, NAN, INF, INF, 2.0, 3.0]), np.array([2.0, 1.0, INF, 5.0, INF, NAN]))
    assert (found.n, found.wins, found.ties, found.losses) == (4, 2, 1, 1)
    # ranks: a tie 1, then 2 for −1, and 3.5 each for the two infinite ones
    assert found.p == brute_force(np.array([-2.0, 3.5, -3.5]), -2.0)


def test_what_is_within_the_tolerance_or_round_off_ties() -> None:
    found = differences(np.array([1.0, 1.0, 0.1 + 0.2]), np.array([1.1, 1.3, 0.3]), 0.2)
    assert found.tolist() == [0, pytest.approx(-0.3), 0]
    assert differences(np.array([INF, 1.0]), np.array([1.0, INF])).tolist() == [INF, -INF]
    assert equal(INF, INF, 0.0)
    assert not equal(INF, 1.0, 0.5)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=12), st.integers(-300, 300))
def test_no_scale_and_no_offset_changes_the_test(pairs: list[tuple[int, int]], power: int) -> None:
    one, other = np.array(pairs, dtype=float).T / 10
    plain = two_sided(signed_ranks(differences(one, other)[None], 1e-9))
    scaled = paired(one * 2.0**power, other * 2.0**power).p
    offset = paired(one + 1000, other + 1000).p
    assert plain == pytest.approx([scaled])
    assert plain == pytest.approx([offset])
