"""Parzen estimators against quadrature, sums, SciPy and their own draws."""

import itertools

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer, OrdinalHyperparameter
from scipy import integrate, stats

from hpobench_baselines.native.density import parzen
from hpobench_baselines.native.encoding import Encoding


def axes_of(*hyperparameters, conditions=()):
    space = ConfigurationSpace(space=list(hyperparameters))
    space.add(*conditions)
    encoding = Encoding(space)
    return encoding, parzen.Axes(encoding)


def estimator(axes, observations, joint, rng, narrowest=0.03):
    """Kernels with a width of their own in every column, and weights of their own."""
    widths = rng.uniform(narrowest, 0.4, observations.shape)
    widths[0] = narrowest
    return parzen.mixture(axes, observations, widths, rng.uniform(0.5, 2.0, len(observations)), 1.0, joint)


def naive_log_density(axes, m, points):
    """By the definition, kernel by kernel and column by column, with SciPy's truncated normal distribution."""
    result = []
    for point in points:
        factors = np.ones(m.centers.shape)
        for k, d in np.ndindex(factors.shape):
            center, width, x = m.centers[k, d], m.widths[k, d], point[d]
            if np.isnan(x):
                continue
            if d in axes.categorical:
                factors[k, d] = 1 - width if x == center else width / (axes.choices[d] - 1)
                continue
            kernel = stats.truncnorm(-center / width, (1 - center) / width, center, width)
            if d in axes.smooth:
                factors[k, d] = kernel.pdf(x)
            else:
                (lower,), (upper,) = axes.bins(d, np.array([x]))
                factors[k, d] = kernel.cdf(upper) - kernel.cdf(lower)
        if m.joint:
            result.append(np.log(m.weights[:, 0] @ factors.prod(axis=1)))
        else:
            result.append(np.log((m.weights * factors).sum(axis=0)).sum())
    return np.array(result)


@pytest.mark.parametrize("joint", [True, False])
def test_density_is_its_definition(joint):
    rng = np.random.default_rng(1)
    numbers = Float("x", (0, 1)), Float("r", (1e-4, 1.0), log=True), Integer("i", (1, 9), log=True)
    unordered = Categorical("c", ["a", "b", "c"]), Categorical("one", ["only"])
    encoding, axes = axes_of(*numbers, *unordered, OrdinalHyperparameter("o", [1, 2, 3, 4]))
    points = encoding.sample(20, rng)[:, axes.columns]
    m = estimator(axes, encoding.sample(7, rng)[:, axes.columns], joint, rng)
    np.testing.assert_allclose(parzen.log_density(axes, m, points), naive_log_density(axes, m, points), rtol=1e-9)


@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize("narrowest", [0.005, 0.03])
def test_density_of_floats_integrates_to_one(joint, narrowest):
    rng = np.random.default_rng(2)
    _, axes = axes_of(Float("x", (0, 1)), Float("y", (0, 1)))
    # Kernels at both ends too, where truncation takes half of them.
    observations = np.array([[0.0, 1.0], [0.2, 0.21], [1.0, 0.5], [0.9, 0.0]])
    m = estimator(axes, observations, joint, rng, narrowest)
    nodes, weights = [], []
    for lower, upper in itertools.pairwise(np.linspace(0, 1, 151)):
        x, w = np.polynomial.legendre.leggauss(7)
        nodes.append((lower + upper) / 2 + (upper - lower) / 2 * x)
        weights.append((upper - lower) / 2 * w)
    x, w = np.concatenate(nodes), np.concatenate(weights)
    inner = [w @ np.exp(parzen.log_density(axes, m, np.column_stack([np.full_like(x, u), x]))) for u in x]
    assert w @ np.array(inner) == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize("joint", [True, False])
def test_mass_of_discrete_columns_sums_to_one(joint):
    rng = np.random.default_rng(3)
    choices = Categorical("c", ["a", "b", "c"]), OrdinalHyperparameter("o", ["s", "m", "l"])
    encoding, axes = axes_of(Integer("i", (1, 9), log=True), Integer("j", (-2, 3)), *choices)
    m = estimator(axes, encoding.sample(6, rng)[:, axes.columns], joint, rng, 0.01)
    values = [
        [encoding.encode(dict.fromkeys([name], v))[encoding.names.index(name)] for v in legal]
        for name, legal in {
            n: {"i": range(1, 10), "j": range(-2, 4), "c": "abc", "o": "sml"}[n] for n in encoding.names
        }.items()
    ]
    points = np.array(list(itertools.product(*values)))
    assert np.exp(parzen.log_density(axes, m, points)).sum() == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize("joint", [True, False])
def test_density_on_a_conditional_space_integrates_to_one(joint):
    """Over x where kind is "with x", over nothing where it is not; observations of both kinds."""
    kind, x = Categorical("kind", ["with x", "bare", "other"]), Float("x", (0.0, 1.0))
    encoding, axes = axes_of(kind, x, conditions=[EqualsCondition(x, kind, "with x")])
    assert encoding.names == ("kind", "x")
    observations = np.array([[0, 0.1], [1, np.nan], [0, 0.7], [2, np.nan], [0, 0.72]])
    m = estimator(axes, observations, joint, np.random.default_rng(4))

    def density(kind, x):
        return float(np.exp(parzen.log_density(axes, m, np.array([[kind, x]])))[0])

    total, _ = integrate.quad(lambda x: density(0, x), 0, 1, points=[0.1, 0.7, 0.72], epsabs=1e-10, limit=200)
    assert total + density(1, np.nan) + density(2, np.nan) == pytest.approx(1.0, abs=1e-8)


def test_absent_observations_leave_the_prior_alone():
    _, axes = axes_of(Float("x", (0.0, 1.0)))
    grid = np.linspace(0, 1, 11)[:, None]
    prior = stats.truncnorm(-0.5, 0.5, 0.5, 1.0).logpdf(grid[:, 0])
    for joint in (True, False):
        m = parzen.mixture(axes, np.full((3, 1), np.nan), np.full((3, 1), 0.1), np.ones(3), 1.0, joint)
        np.testing.assert_allclose(parzen.log_density(axes, m, grid), prior, rtol=1e-12)


def test_mass_of_far_bins_is_exact():
    """Twenty standard deviations to the right of a kernel is worth what it is to the left."""
    left = parzen.log_bin_mass(np.array(0.1), np.array(0.2), np.array(0.9), np.array(0.035))
    right = parzen.log_bin_mass(np.array(0.8), np.array(0.9), np.array(0.1), np.array(0.035))
    assert right == pytest.approx(left, rel=1e-12)
    inside = stats.norm.logsf(20.0) + np.log1p(-np.exp(stats.norm.logsf(0.8 / 0.035) - stats.norm.logsf(20.0)))
    kept = stats.norm.cdf(0.9 / 0.035) - stats.norm.cdf(-0.1 / 0.035)
    assert right == pytest.approx(inside - np.log(kept), rel=1e-10)


@pytest.mark.parametrize("joint", [True, False])
def test_draws_follow_the_density(joint):
    rng = np.random.default_rng(5)
    encoding, axes = axes_of(Float("x", (0, 1)), Integer("i", (1, 6)), Categorical("c", ["a", "b", "c"]))
    m = estimator(axes, encoding.sample(4, rng)[:, axes.columns], joint, rng)
    drawn = axes.full(parzen.draw(axes, m, 40_000, rng))[:, axes.columns]
    x, i, c = (encoding.names.index(name) for name in "xic")
    discrete = {c: np.arange(3.0), i: (np.arange(6) + 0.5) / 6}
    for column, values in discrete.items():
        alone = parzen.Mixture(m.weights[:, [column]], m.centers[:, [column]], m.widths[:, [column]], False)
        _, single = axes_of(Categorical("c", ["a", "b", "c"]) if column == c else Integer("i", (1, 6)))
        expected = np.exp(parzen.log_density(single, alone, values[:, None]))
        counts = np.array([np.isclose(drawn[:, column], v).sum() for v in values])
        assert stats.chisquare(counts, expected / expected.sum() * len(drawn)).pvalue > 1e-3
    cdf = 0.0
    for weight, center, width in zip(m.weights[:, x], m.centers[:, x], m.widths[:, x], strict=True):
        kernel = stats.truncnorm(-center / width, (1 - center) / width, center, width)
        cdf = cdf + weight * kernel.cdf(np.sort(drawn[:, x]))
    assert np.abs(cdf - np.arange(1, len(drawn) + 1) / len(drawn)).max() < 1.95 / np.sqrt(len(drawn))
    # Dependence: the joint mixture's columns hang together as its density says, the marginal one's do not.
    middle = m.centers[:, x] @ m.weights[:, x]
    table = np.array(
        [[((drawn[:, c] == k) & ((drawn[:, x] > middle) == side)).sum() for k in range(3)] for side in (0, 1)]
    )
    assert (stats.chi2_contingency(table).pvalue < 1e-6) == joint


def test_scotts_rule():
    _, axes = axes_of(Float("x", (0, 1)), Float("y", (0, 1)), Categorical("c", ["a", "b"]))
    assert axes.categorical.tolist() == [0]  # c, x, y
    observations = np.array([[0, 0.1, 0.4], [1, 0.2, np.nan], [0, 0.6, np.nan]])
    for joint, exponent in ((True, -1 / 6), (False, -1 / 5)):
        widths = parzen.spread_widths(axes, observations, 0.8, joint)
        for column, known in ((1, np.array([0.1, 0.2, 0.6])), (2, np.array([0.4]))):
            variance = (((known - known.mean()) ** 2).sum() + 1 / 12) / (len(known) + 1)
            assert widths[column] == pytest.approx(0.8 * variance**0.5 * len(known) ** exponent)


def test_distances_to_the_neighbours():
    observations = np.array([[0.1, 0.9], [0.4, np.nan], [0.95, 0.2], [0.42, 0.9]])
    expected = np.array([[0.3, 0.4], [0.3, np.nan], [0.45, 0.3], [0.08, 0.0]])
    widths = parzen.neighbour_widths(observations)
    known = ~np.isnan(observations)
    np.testing.assert_allclose(widths[known], expected[known], atol=1e-12)


def test_additive_smoothing():
    """Every choice's count grows by the smoothing: one observed, (1 + s) / (1 + C s) stay with it."""
    width = parzen.additive_width(np.array([2.0, 5.0]), 0.25)
    np.testing.assert_allclose(1.0 - width, [1.25 / 1.5, 1.25 / 2.25])
