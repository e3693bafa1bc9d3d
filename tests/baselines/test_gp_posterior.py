"""The posterior against dense linear algebra, its gradients against differences, the fit against its own definition."""

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer

from hpobench_baselines.native.encoding import Encoding
from hpobench_baselines.native.gp.features import Features
from hpobench_baselines.native.gp.kernels import KERNELS, squared_distances
from hpobench_baselines.native.gp.likelihood import Hyperparameters, fit, objective, prior, typical
from hpobench_baselines.native.gp.posterior import Posterior
from hpobench_baselines.native.gp.warping import bent, scale_of

GROUPS = 5


def mixed_space() -> ConfigurationSpace:
    space = ConfigurationSpace()
    space.add(Float("x", (0.0, 1.0)), Integer("n", (1, 20)), kind := Categorical("kind", ["a", "b", "c"]))
    space.add(y := Float("y", (0.0, 1.0)), Categorical("flag", [True, False]))
    space.add(EqualsCondition(y, kind, "a"))
    return space


@pytest.fixture
def features() -> tuple[Features, np.ndarray]:
    """The coordinates of thirty configurations of a mixed and conditional space."""
    encoding = Encoding(mixed_space())
    features = Features(encoding)
    return features, features.embed(encoding.masked(encoding.sample(30, np.random.default_rng(3))))


def hyperparameters(power: float = 0.3) -> Hyperparameters:
    return Hyperparameters(np.array([0.4, 0.8, 1.3, 0.6, 2.0]), 1.7, 0.01, power)


def test_coordinates_are_those_of_the_hamming_distance_and_of_absence():
    encoding = Encoding(mixed_space())
    features = Features(encoding)
    assert features.groups == GROUPS
    given = [
        {"x": 0.2, "n": 1, "kind": "b", "flag": True},
        {"x": 0.2, "n": 1, "kind": "c", "flag": False},
        {"x": 0.2, "n": 1, "kind": "a", "flag": True, "y": 0.1},
        {"x": 0.6, "n": 1, "kind": "a", "flag": True, "y": 0.9},
    ]
    z = features.embed(np.array([encoding.encode(c) for c in given]))
    apart = squared_distances(z, z)
    assert apart[0, 1] == pytest.approx(2.0)  # two choices differ
    assert apart[0, 2] == pytest.approx(1.0 + 0.4**2 + 0.5**2)  # one, and y is there or not
    assert apart[2, 3] == pytest.approx(0.4**2 + 0.8**2)


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_are_as_published_and_so_are_their_slopes(kernel):
    r = np.linspace(0.0, 4.0, 50)
    published = {
        "rbf": np.exp(-(r**2) / 2),
        "matern32": (1 + np.sqrt(3) * r) * np.exp(-np.sqrt(3) * r),
        "matern52": (1 + np.sqrt(5) * r + 5 * r**2 / 3) * np.exp(-np.sqrt(5) * r),
    }
    np.testing.assert_allclose(KERNELS[kernel](r**2)[0], published[kernel], rtol=1e-14)
    squared, h = np.linspace(0.1, 9.0, 40), 1e-6
    difference = (KERNELS[kernel](squared + h)[0] - KERNELS[kernel](squared - h)[0]) / (2 * h)
    np.testing.assert_allclose(KERNELS[kernel](squared)[1], difference, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_posterior_is_that_of_a_dense_solve(features, kernel):
    points, at = features[1][:20], features[1][20:]
    group, given = features[0].group, hyperparameters()
    targets = np.random.default_rng(0).standard_normal(20)
    posterior = Posterior(points, group, given, KERNELS[kernel])
    posterior.learn(targets)

    lengths = given.lengths[group]
    a, b = points / lengths, at / lengths
    k = given.signal * KERNELS[kernel](((a[:, None] - a) ** 2).sum(axis=2))[0] + given.noise * np.eye(20)
    cross = given.signal * KERNELS[kernel](((b[:, None] - a) ** 2).sum(axis=2))[0]
    between = given.signal * KERNELS[kernel](((b[:, None] - b) ** 2).sum(axis=2))[0]
    ones = np.ones(20)
    mean = ones @ np.linalg.solve(k, targets) / (ones @ np.linalg.solve(k, ones) + 1.0)
    covariance = between - cross @ np.linalg.solve(k, cross.T)

    assert posterior.mean == pytest.approx(mean, abs=1e-10)
    prediction = posterior.predict(at)
    np.testing.assert_allclose(prediction.mean, mean + cross @ np.linalg.solve(k, targets - mean), atol=1e-10)
    np.testing.assert_allclose(prediction.deviation, np.sqrt(np.diag(covariance)), atol=1e-10)
    np.testing.assert_allclose(posterior.covariance(at), covariance, atol=1e-10)
    np.testing.assert_allclose(posterior.fitted, posterior.predict(points).mean, atol=1e-10)


@pytest.mark.parametrize("kernel", KERNELS)
def test_slopes_of_the_posterior_are_differences(features, kernel):
    points, at = features[1][:20], features[1][20:] + 0.013  # away from the points, where Matérn 3/2 has a kink
    posterior = Posterior(points, features[0].group, hyperparameters(), KERNELS[kernel])
    posterior.learn(np.random.default_rng(0).standard_normal(20))
    prediction, slopes = posterior.predict_with_slopes(at)
    np.testing.assert_allclose(prediction.mean, posterior.predict(at).mean, atol=1e-13)
    h = 1e-5
    for m in range(at.shape[1]):
        step = h * np.eye(at.shape[1])[m]
        up, down = posterior.predict(at + step), posterior.predict(at - step)
        np.testing.assert_allclose(slopes.mean[:, m], (up.mean - down.mean) / (2 * h), atol=1e-7)
        np.testing.assert_allclose(slopes.deviation[:, m], (up.deviation - down.deviation) / (2 * h), atol=1e-7)


@pytest.mark.parametrize("kernel", KERNELS)
def test_appended_rows_are_those_of_a_new_factor(features, kernel):
    points, group = np.repeat(features[1], 5, axis=0), features[0].group  # duplicates, too
    grown = Posterior(points[:7], group, hyperparameters(), KERNELS[kernel])
    grown.append(points[7:20])
    grown.append(points[20:])
    at_once = Posterior(points, group, hyperparameters(), KERNELS[kernel])
    np.testing.assert_allclose(grown.factor, at_once.factor, atol=1e-10)


def test_pending_trials_are_believed_to_be_what_the_others_predict(features):
    points, group = features[1], features[0].group
    targets = np.random.default_rng(1).standard_normal(30)
    pending = np.zeros(30, dtype=bool)
    pending[[3, 17, 29]] = True
    targets[pending] = np.nan
    believing = Posterior(points, group, hyperparameters(), KERNELS["matern52"])
    believing.learn(targets, pending)
    known = Posterior(points[~pending], group, hyperparameters(), KERNELS["matern52"])
    known.learn(targets[~pending])
    assert believing.mean == pytest.approx(known.mean, abs=1e-10)
    np.testing.assert_allclose(believing.targets[pending], known.predict(points[pending]).mean, atol=1e-10)
    at = features[1] + 0.1
    np.testing.assert_allclose(believing.predict(at).mean, known.predict(at).mean, atol=1e-10)
    assert (believing.predict(at).deviation < known.predict(at).deviation).all()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("power", [-0.2, 0.0, 0.5, 1.0])
def test_gradients_of_the_posterior_density_are_differences(features, kernel, power):
    points, group = features[1], features[0].group
    losses = np.random.default_rng(5).standard_normal(30) ** 2 * 100.0
    arguments = (points, group, scale_of(losses).apply(losses), KERNELS[kernel])
    theta = hyperparameters(power).vector()
    gradient = objective(theta, *arguments)[1]
    h = 1e-5
    for i in range(len(theta)):
        step = h * np.eye(len(theta))[i]
        difference = (objective(theta + step, *arguments)[0] - objective(theta - step, *arguments)[0]) / (2 * h)
        assert gradient[i] == pytest.approx(difference, rel=1e-6, abs=1e-6)


def test_the_objective_is_minus_the_log_density(features):
    points, group, theta = features[1], features[0].group, hyperparameters().vector()
    losses = np.random.default_rng(5).standard_normal(30) ** 2
    scaled = scale_of(losses).apply(losses)
    targets, _, jacobian, _, _ = bent(scaled, 0.3)
    a = points / hyperparameters().lengths[group]
    k = 1.7 * KERNELS["rbf"](((a[:, None] - a) ** 2).sum(axis=2))[0] + 0.01 * np.eye(30)
    # the mean, of a standard normal prior, integrated out leaves the quadratic form as it is at its best
    quadratic = targets @ np.linalg.solve(k + 1.0, targets)
    expected = 0.5 * quadratic + 0.5 * np.linalg.slogdet(k)[1] - jacobian + prior(theta)[0]
    assert objective(theta, points, group, scaled, KERNELS["rbf"])[0] == pytest.approx(expected, abs=1e-9)


def test_a_fit_is_a_stationary_point_and_finds_what_matters():
    rng = np.random.default_rng(0)
    points, group = rng.random((60, 3)), np.arange(3)
    losses = np.sin(6.0 * points[:, 0]) + 0.5 * points[:, 1] ** 2 + 0.1 * points[:, 2] ** 3
    scaled = scale_of(losses).apply(losses)
    found = fit(points, group, scaled, KERNELS["matern52"], [typical(3)], 100, True)
    gradient = objective(found.vector(), points, group, scaled, KERNELS["matern52"])[1]
    assert np.abs(gradient[:-3]).max() < 0.1, gradient
    assert found.lengths[0] < found.lengths[1] < found.lengths[2]
    assert found.noise < 1e-4
