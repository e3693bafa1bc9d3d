"""What is built on the posterior: improvement under noise, draws, the portfolio, and the climb that maximises."""

import numpy as np
import pytest

from hpobench_baselines.native.gp.acquisition import log_expected_improvement
from hpobench_baselines.native.gp.criteria import Analytic, NoisyImprovement
from hpobench_baselines.native.gp.hedge import Hedge
from hpobench_baselines.native.gp.kernels import matern52
from hpobench_baselines.native.gp.likelihood import Hyperparameters
from hpobench_baselines.native.gp.maximise import projected_ascent
from hpobench_baselines.native.gp.posterior import Posterior
from hpobench_baselines.native.gp.thompson import draw


def posterior(noise: float) -> Posterior:
    rng = np.random.default_rng(2)
    points = rng.random((15, 2))
    made = Posterior(points, np.arange(2), Hyperparameters(np.array([0.5, 0.8]), 1.0, noise, 1.0), matern52)
    made.learn(np.sin(5 * points[:, 0]) + points[:, 1] + np.sqrt(noise) * rng.standard_normal(15))
    return made


AT = np.random.default_rng(9).random((12, 2))


@pytest.mark.parametrize("noise", [1e-6, 0.05])
def test_climbs_have_the_gradients_of_their_scores(noise):
    model = posterior(noise)
    best = float(model.fitted.min())
    analytic = Analytic(model, lambda mean, deviation: log_expected_improvement(mean, deviation, best))
    for criterion in (analytic, NoisyImprovement(model, 0.0, np.random.default_rng(0))):
        value, gradient = criterion.climb(AT)
        np.testing.assert_allclose(value, criterion.score(AT), rtol=1e-9)
        h = 1e-6
        for m in range(2):
            step = h * np.eye(2)[m]
            difference = (criterion.score(AT + step) - criterion.score(AT - step)) / (2 * h)
            np.testing.assert_allclose(gradient[:, m], difference, rtol=1e-4, atol=1e-4)


def test_without_noise_the_noisy_improvement_is_the_plain_one():
    model = posterior(1e-6)
    plain = log_expected_improvement(*model.predict(AT), float(model.fitted.min())).value
    noisy = NoisyImprovement(model, 0.0, np.random.default_rng(0)).score(AT)
    promising = plain > -8.0
    assert promising.any()
    np.testing.assert_allclose(noisy[promising], plain[promising], atol=0.15)


def test_draws_have_the_moments_of_the_posterior():
    model, rng = posterior(0.05), np.random.default_rng(1)
    draws = np.array([draw(model, AT, rng) for _ in range(3000)])
    prediction = model.predict(AT)
    np.testing.assert_allclose(draws.mean(axis=0), prediction.mean, atol=0.04)
    np.testing.assert_allclose(np.cov(draws.T), model.covariance(AT), atol=0.03)


def test_the_portfolio_turns_to_what_has_gained():
    hedge = Hedge(3)
    np.testing.assert_allclose(hedge.probabilities(), 1 / 3)
    hedge.reward(np.array([-1.0, 0.0, 2.0]))
    np.testing.assert_allclose(hedge.probabilities(), np.exp([1.0, 0.0, -2.0]) / np.exp([1.0, 0.0, -2.0]).sum())
    hedge.reward(np.array([-800.0, 0.0, 0.0]))
    assert hedge.choose(np.random.default_rng(0)) == 0


def test_climbs_end_at_the_maximum_inside_or_at_the_bounds():
    scales = np.array([1.0, 10.0, 100.0])
    centre = np.array([0.3, 0.6, 1.4])

    def bowl(x):
        return -((x - centre) ** 2 * scales).sum(axis=1), -2 * (x - centre) * scales

    start = np.random.default_rng(0).random((7, 3))
    lower = np.zeros((7, 3))
    upper = np.ones((7, 3))
    lower[0, 0] = upper[0, 0] = start[0, 0]  # a column that must stay
    end = projected_ascent(bowl, start, lower, upper, 40)
    np.testing.assert_allclose(end[1:], np.tile([0.3, 0.6, 1.0], (6, 1)), atol=1e-4)
    np.testing.assert_allclose(end[0], [start[0, 0], 0.6, 1.0], atol=1e-4)
