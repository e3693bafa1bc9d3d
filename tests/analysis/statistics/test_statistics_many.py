"""Friedman, the Bayesian test, the bootstrap, improvement and the stratified test against second sources."""

from itertools import product

import numpy as np
import pytest

from hpobench_tui.analysis.statistics.bayes import bayesian_signed_rank
from hpobench_tui.analysis.statistics.bootstrap import Centre, bootstrap, bootstrap_along
from hpobench_tui.analysis.statistics.friedman import critical_difference, friedman, studentized_range
from hpobench_tui.analysis.statistics.improvement import improvement
from hpobench_tui.analysis.statistics.over_problems import over_problems
from hpobench_tui.analysis.statistics.paired import paired

NAN, INF = np.nan, np.inf
# Demšar 2006, table 6: areas under ROC curves of C4.5, C4.5+m, C4.5+cf, C4.5+m+cf on 14 data sets;
# the last number of "voting" is printed as 0.975, but ranked below the one beside it
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657], [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625], [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.975, 0.9749], [0.957, 0.978, 0.946, 0.970],
    ]
)  # fmt: skip


def test_demsar_s_example() -> None:
    found = friedman(-DEMSAR, corrected=False)
    assert found.ranks == pytest.approx((3.143, 2.000, 2.893, 1.964), abs=5e-4)
    assert found.chi2 == pytest.approx(9.28, abs=5e-3)
    assert found.f == pytest.approx(3.69, abs=5e-3)
    assert found.critical_difference == pytest.approx(1.25, abs=5e-3)
    assert critical_difference(4, 14, 0.10) == pytest.approx(1.12, abs=5e-3)
    # at 0.10, his figure 1: C4.5 differs from the two with m, C4.5+cf from nobody
    assert friedman(-DEMSAR, alpha=0.10).groups == ((3, 1, 2), (2, 0))
    # his example of Holm's procedure: p = 0.016, 0.019, 0.607 before the correction
    assert found.against(0) == pytest.approx((1.0, 3 * 0.0157, 0.607, 3 * 0.0157), abs=2e-3)


def test_friedman_is_scipy_s_with_ties() -> None:
    from scipy.stats import friedmanchisquare

    values = np.random.default_rng(0).integers(0, 6, (12, 5)).astype(float)
    found, known = friedman(values), friedmanchisquare(*values.T)
    assert (found.chi2, found.chi2_p) == pytest.approx((known.statistic, known.pvalue))


def test_nemenyi_is_scikit_posthocs_s_and_autorank_s() -> None:
    import pandas as pd
    from autorank import autorank
    from scikit_posthocs import posthoc_nemenyi_friedman

    values = np.random.default_rng(4).normal(size=(20, 6)) + np.arange(6) * 0.4
    found = friedman(values)
    p = posthoc_nemenyi_friedman(values).to_numpy()
    assert found.critical_difference is not None
    for i, j in product(range(6), repeat=2):
        assert (abs(found.ranks[i] - found.ranks[j]) > found.critical_difference) == (p[i, j] < 0.05)
        assert any({i, j} <= set(group) for group in found.groups) == (p[i, j] >= 0.05)
    known = autorank(pd.DataFrame(values), force_mode="nonparametric", order="ascending", verbose=False)
    assert found.critical_difference == pytest.approx(known.cd, rel=1e-3)
    assert sorted(found.ranks) == pytest.approx(known.rankdf["meanrank"].to_numpy())


@pytest.mark.parametrize(("k", "alpha"), [(2, 0.05), (3, 0.1), (10, 0.05), (60, 0.01)])
def test_the_studentized_range_is_scipy_s(k: int, alpha: float) -> None:
    from scipy.stats import studentized_range as known

    assert studentized_range(k, alpha) == pytest.approx(known.ppf(1 - alpha, k, np.inf), rel=1e-6)


def test_problems_that_lack_somebody_are_left_out_and_total_agreement_has_an_exact_p() -> None:
    found = friedman(np.array([[1.0, 2.0, 3.0], [2.0, 3.0, INF], [1.0, NAN, 2.0]]))
    assert (found.n, found.ranks, found.chi2, found.f, found.f_p) == (2, (1, 2, 3), 4.0, INF, 1 / 6)


@pytest.mark.parametrize("rope", [0.1, 0.5])
@pytest.mark.parametrize("n", [4, 15, 40])
def test_the_bayesian_test_is_baycomp_s(n: int, rope: float) -> None:
    from baycomp import SignedRankTest

    apart = np.random.default_rng(n).normal(-0.3, 1, n)
    found = bayesian_signed_rank(apart, rope)
    assert found is not None
    known = SignedRankTest.probs(np.zeros(n), apart, rope, nsamples=5000, random_state=0)  # the left one is lower
    assert (found.better, found.equal, found.worse) == pytest.approx(tuple(known), abs=0.025)
    assert bayesian_signed_rank(-apart, rope) is not None


def test_the_interquartile_mean_is_rliable_s() -> None:
    from rliable import metrics

    values = np.random.default_rng(0).lognormal(size=(7, 9))
    found = bootstrap(values, Centre.IQM)
    assert found is not None
    assert found.value == pytest.approx(metrics.aggregate_iqm(values.T))


@pytest.mark.parametrize("centre", list(Centre))
def test_the_interval_is_scipy_s_further_out(centre: Centre) -> None:
    from scipy.stats import bootstrap as known
    from scipy.stats import norm, t, trim_mean

    values = np.random.default_rng(1).lognormal(size=20)
    of = {
        Centre.MEAN: np.mean, Centre.MEDIAN: np.median,
        Centre.IQM: lambda each, axis: trim_mean(each, 0.25, axis=axis),
    }[centre]  # fmt: skip
    level = 1 - 2 * norm.cdf(t.ppf(0.025, 19) * np.sqrt(20 / 19))
    ends = known((values,), of, confidence_level=level, n_resamples=20_000, method="percentile", rng=2)
    found = bootstrap(values, centre, resamples=20_000)
    assert found is not None
    assert found.value == pytest.approx(of(values, axis=0))
    spread = found.upper - found.lower
    assert (found.lower, found.upper) == pytest.approx(tuple(ends.confidence_interval), abs=0.04 * spread)


@pytest.mark.parametrize(("problems", "n"), [(1, 3), (1, 5), (1, 10), (4, 5)])
def test_intervals_of_medians_and_iqms_cover_what_they_say(problems: int, n: int) -> None:
    rng = np.random.default_rng(n)
    for centre in (Centre.MEDIAN, Centre.IQM):
        found = [bootstrap(rng.normal(size=(problems, n)), centre, resamples=400) for _ in range(250)]
        assert found[0] is not None
        covered = np.mean([each is not None and not each.excludes(0.0) for each in found])
        assert covered >= found[0].level - 0.045  # three standard errors of 250


def test_a_curve_s_points_are_estimated_each_as_if_alone() -> None:
    values = np.random.default_rng(0).normal(size=(3, 8, 4))
    values[0, 2, :2] = NAN  # this run begins late
    values[1, 3] = NAN  # this one is not there
    along = bootstrap_along(values, Centre.MEDIAN)
    assert along.n.tolist() == [22, 22, 23, 23]
    alone = bootstrap(values[:, :, 3], Centre.MEDIAN)
    assert alone is not None
    assert (along.value[3], along.lower[3], along.upper[3]) == (alone.value, alone.lower, alone.upper)
    assert along.value[0] == np.nanmedian(values[:, :, 0])


def test_improvement_is_rliable_s() -> None:
    from rliable import metrics

    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 8, (5, 9)).astype(float), rng.integers(1, 9, (5, 9)).astype(float)
    found = improvement(one, other)
    assert found is not None
    assert found.value == pytest.approx(metrics.probability_of_improvement(-one.T, -other.T))


def test_improvement_s_interval_covers() -> None:
    rng = np.random.default_rng(0)
    common = rng.normal(size=(300, 4, 6))  # seeds are shared
    one, other = rng.normal(size=(2, 300, 4, 6)) * 0.7 + common
    found = [improvement(a - 0.6, b, resamples=300) for a, b in zip(one, other, strict=True)]
    from scipy.stats import norm

    truth = norm.cdf(0.6 / np.sqrt(2 * (1 + 0.49)))
    assert np.mean([each is not None and not each.excludes(truth) for each in found]) >= 0.92


def test_one_problem_s_stratified_test_is_the_paired_one() -> None:
    rng = np.random.default_rng(0)
    for n in (4, 12, 60):
        one, other = rng.integers(0, 9, (2, n)).astype(float)
        assert over_problems(one[None], other[None]).p == pytest.approx(paired(one, other).p)


def test_the_stratified_test_is_that_of_all_signs_within_problems() -> None:
    from scipy.stats import rankdata

    apart = np.array([[-1.0, 2.0, -3.0, 3.0, -7.0], [-2.0, -9.0, 4.0, NAN, NAN], [-0.1, 0.0, -0.3, -0.2, NAN]])
    scores = []
    for row in apart:
        row = row[~np.isnan(row)]
        scores.extend(np.sign(row) * rankdata(np.abs(row)) / (len(row) + 1))
    total, sizes = sum(scores), np.abs(scores)
    signs = np.array(list(product((-1, 1), repeat=int(np.count_nonzero(sizes)))))
    known = np.mean(np.abs(signs @ sizes[sizes > 0]) >= abs(total) - 1e-9)
    found = over_problems(apart, np.where(np.isnan(apart), NAN, 0.0))
    assert found.p == pytest.approx(known, abs=2e-3)  # weights in thousandths
    assert (found.n, found.problems, found.won, found.lost, found.side) == (12, 3, 3, 0, -1)


def test_no_problem_s_scale_rules() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 4, 8))
    scale = np.array([1e-9, 1.0, 1e6, 1e12])[:, None]
    assert over_problems(one, other) == over_problems(one * scale, other * scale)
