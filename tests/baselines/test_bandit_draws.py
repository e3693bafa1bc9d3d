"""Policies that draw their arms draw them with the probabilities that their papers say.

Statistics are frozen by asking without telling: randomised policies then draw again and again from one distribution.
"""

import math
from collections import Counter

import numpy as np
import pytest
from bandit_play import UNKNOWN, arm_of, by_name, play, policy, trial
from scipy import integrate, stats

from hpobench_baselines.native import bandits

DRAWS = 20_000


def shares(optimizer, draws=DRAWS):
    """How often each arm is asked for, with nothing told meanwhile."""
    counts = Counter(arm_of(optimizer.ask()) for _ in range(draws))
    return np.array([counts[arm] for arm in range(len(optimizer._asks))]) / draws


def assert_shares(optimizer, probabilities, draws=DRAWS):
    """Chi-square at the level 1e-4."""
    probabilities = np.asarray(probabilities) / np.sum(probabilities)
    observed = shares(optimizer, draws) * draws
    assert stats.chisquare(observed, probabilities * draws).pvalue > 1e-4, (observed / draws, probabilities)


def settled(losses):
    return lambda number, arm: losses[arm]


def test_epsilon_greedy_explores_as_often_as_it_says():
    optimizer = policy(bandits.EPSILON_GREEDY, 4, UNKNOWN, epsilon=0.2)
    play(optimizer, 50, settled([0.5, 0.2, 0.9, 0.4]))
    assert_shares(optimizer, [0.05, 0.85, 0.05, 0.05])


def test_epsilon_decreasing_follows_its_schedule():
    """Of T pulls, those of worse arms number sum_t min(1, c K / (d^2 t)) (K - 1) / K, within four deviations."""
    c, d, arms, pulls = 0.3, 0.2, 5, 20_000
    optimizer = policy(bandits.EPSILON_DECREASING, arms, UNKNOWN, c=c, d=d)
    pulled = play(optimizer, pulls, settled([0.5, 0.2, 0.9, 0.4, 0.3]))
    chances = [min(1.0, c * arms / (d * d * t)) * (arms - 1) / arms for t in range(arms + 1, pulls + 1)]
    expected = arms - 1 + sum(chances)
    deviation = math.sqrt(sum(p * (1 - p) for p in chances))
    assert abs(pulls - pulled.count(1) - expected) < 4 * deviation
    assert all(chance == 0.8 for chance in chances[:30])  # at first it only explores
    assert pulled[:37].count(1) < 20


@pytest.mark.parametrize("temperature", [0.05, 0.5, 1e-3])
@pytest.mark.parametrize("loss_range", [(0.0, 1.0), None])
def test_softmax_draws_by_boltzmanns_distribution(temperature, loss_range):
    losses = [0.5, 0.3, 0.8, 0.301]
    optimizer = policy(bandits.SOFTMAX, 4, UNKNOWN, loss_range=loss_range, temperature=temperature)
    play(optimizer, 60, settled(losses))
    rewards = 1 - np.array(losses) if loss_range else (0.8 - np.array(losses)) / 0.5
    weights = np.exp((rewards - rewards.max()) / temperature)
    if temperature == 1e-3:
        assert shares(optimizer, 2000)[[0, 2]].sum() == 0.0
    else:
        assert_shares(optimizer, weights)


def test_thompson_beta_draws_each_arm_with_the_chance_that_it_is_best():
    """P(arm k is best) = integral of the density of k times the distribution functions of the others."""
    optimizer = policy(bandits.THOMPSON_BETA, 3, UNKNOWN, seed=5)
    told = {arm: Counter() for arm in range(3)}
    for number in range(40):
        ask = optimizer.ask()
        arm = arm_of(ask)
        loss = float(number % (arm + 2) == 0)
        told[arm][loss] += 1
        optimizer.tell(trial(number, ask, loss))
    posteriors = [stats.beta(1 + told[arm][0.0], 1 + told[arm][1.0]) for arm in range(3)]
    chances = [
        integrate.quad(
            lambda x, k=k: posteriors[k].pdf(x) * np.prod([posteriors[j].cdf(x) for j in range(3) if j != k]), 0, 1
        )[0]
        for k in range(3)
    ]
    assert sum(chances) == pytest.approx(1.0, abs=1e-6)
    assert min(chances) > 0.01  # else the test says little
    assert_shares(optimizer, chances)


def test_thompson_beta_counts_fractions_as_chances():
    """Rewards of 0.25: after n pulls, successes are Binomial(n, 0.25); failed trials are failures."""
    successes = []
    for seed in range(300):
        optimizer = policy(bandits.THOMPSON_BETA, 1, UNKNOWN, seed=seed)
        play(optimizer, 40, lambda number, arm: None if number % 2 else 0.75)
        successes.append(optimizer._successes[0])
    assert abs(np.mean(successes) - 5.0) < 4 * math.sqrt(20 * 0.25 * 0.75 / 300)
    assert np.var(successes) == pytest.approx(20 * 0.25 * 0.75, rel=0.4)


def test_thompson_beta_puts_its_counts_on_a_widened_scale():
    """Losses 0 and 1 known, then 3: rewards 1 and 0 become 1 and 2/3."""
    optimizer = policy(bandits.THOMPSON_BETA, 1, UNKNOWN, loss_range=None)
    play(optimizer, 8, lambda number, arm: float(number % 2))
    assert optimizer._successes == [4.0]  # the first loss, of 0, was scaled when the second was known
    play_on(optimizer, 8, 3.0)
    assert optimizer._successes == [pytest.approx(4 + 4 * 2 / 3)]


def play_on(optimizer, number, loss):
    optimizer.tell(trial(number, optimizer.ask(), loss))


@pytest.mark.parametrize("sigma", [0.0, 3.0])
def test_thompson_gaussian_draws_from_its_posterior(sigma):
    """Two arms: the first is drawn with chance Phi(difference of the centres / root of the sum of the variances)."""
    losses = [0.4, 0.8] if not sigma else [10.0, 13.0]
    optimizer = policy(bandits.THOMPSON_GAUSSIAN, 2, UNKNOWN, seed=1, sigma=sigma)
    pulled = play(optimizer, 12, settled(losses))
    n = np.array([pulled.count(0), pulled.count(1)])
    assert n.min() > 0
    if sigma:  # N(-loss, sigma^2 / n), flat prior
        centres, variances = -np.array(losses), sigma**2 / n
    else:  # N(sum / (n + 1), 1 / (n + 1))
        centres, variances = n * (1 - np.array(losses)) / (n + 1), 1 / (n + 1)
    chance = stats.norm.cdf((centres[0] - centres[1]) / math.sqrt(variances.sum()))
    assert 0.05 < chance < 0.95
    assert_shares(optimizer, [chance, 1 - chance])


@pytest.mark.parametrize("horizon", [60, None])
def test_exp3_draws_by_its_estimated_losses(horizon):
    """Probabilities recomputed at every step from the definition, the last of them compared with many draws."""
    arms, rounds = 3, 60
    optimizer = policy(bandits.EXP3, arms, horizon or UNKNOWN, seed=7)
    estimated = np.zeros(arms)
    for number in range(rounds):
        rate = (
            math.sqrt(2 * math.log(arms) / (horizon * arms))
            if horizon
            else math.sqrt(math.log(arms) / ((number + 1) * arms))
        )
        probabilities = np.exp(-rate * estimated)
        probabilities /= probabilities.sum()
        ask = optimizer.ask()
        arm = arm_of(ask)
        loss = (number * 7 % 10) / 10 * (0.4 + 0.3 * arm)
        estimated[arm] += loss / probabilities[arm]
        optimizer.tell(trial(number, ask, loss))
    assert by_name(optimizer, optimizer._losses) == pytest.approx(list(estimated), rel=1e-9)
    if horizon:
        assert_shares(optimizer, np.exp(-rate * (estimated - estimated.min())))


def test_exp3_weights_do_not_vanish():
    """A horizon far too short: the greatest weight would underflow, were it not put back to 1."""
    optimizer = policy(bandits.EXP3, 3, UNKNOWN, horizon=10)
    play(optimizer, 5000, settled([0.9, 1.0, 0.95]))
    assert max(optimizer._weights) > 1e-100
    assert_shares(
        optimizer, np.exp(-optimizer._rate * (np.array(by_name(optimizer, optimizer._losses)) - min(optimizer._losses)))
    )


def test_uniform_in_turn_and_at_random():
    in_turn = play(policy(bandits.UNIFORM, 7, 70), 70, settled([0.5] * 7))
    assert all(sorted(in_turn[start : start + 7]) == list(range(7)) for start in range(0, 70, 7))
    assert_shares(policy(bandits.UNIFORM, 7, 70, order="random"), [1 / 7] * 7)
