"""Regret stays below the bounds that the papers prove, where a policy without sense (uniform) does not.

Pseudo-regret, the sum of the gaps of the arms pulled: its mean is that of the regret, its variance smaller.
"""

import math

import numpy as np
import pytest
from bandit_play import UNKNOWN, bernoulli, play, policy, pseudo_regret

from hpobench_baselines.native import bandits
from hpobench_suites.bandits.instances import BERNOULLI

EASY = (0.05, 0.95)


def regrets(info, means, checkpoints, seeds, budget=None, **given):
    """Pseudo-regret [seed, checkpoint]."""
    pulls = checkpoints[-1]
    budget = pulls if budget is None else budget
    rows = []
    for seed in range(seeds):
        pulled = play(policy(info, len(means), budget, seed=seed, **given), pulls, bernoulli(means, 10_000 + seed))
        rows.append(pseudo_regret(means, pulled, checkpoints))
    return np.array(rows)


def standard_error(rows):
    return rows.std(axis=0, ddof=1) / math.sqrt(len(rows))


def ucb1_bound(means, pulls):
    """Auer et al. 2002, Theorem 1."""
    gaps = [max(means) - mean for mean in means if mean < max(means)]
    return sum(8 * math.log(pulls) / gap + (1 + math.pi**2 / 3) * gap for gap in gaps)


def test_ucb1_keeps_its_bound():
    checkpoints = [200, 500, 1000, 2000]
    regret = regrets(bandits.UCB1, EASY, checkpoints, 10).mean(axis=0)
    bounds = [ucb1_bound(EASY, pulls) for pulls in checkpoints]
    assert all(regret < bounds)
    assert all(regrets(bandits.UNIFORM, EASY, checkpoints, 1)[0] > bounds)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bernoulli-2", "bernoulli-10"])
def test_ucb1_keeps_its_bound_on_published_instances(name):
    checkpoints = [10_000, 30_000, 100_000]
    rows = regrets(bandits.UCB1, BERNOULLI[name], checkpoints, 20)
    regret, error = rows.mean(axis=0), standard_error(rows)
    bounds = np.array([ucb1_bound(BERNOULLI[name], pulls) for pulls in checkpoints])
    print(f"{name}: UCB1 {regret.round(1)} ± {error.round(1)}, bounds {bounds.round(1)}")
    assert all(regret < bounds)
    assert regrets(bandits.UNIFORM, BERNOULLI[name], checkpoints, 1)[0, -1] > bounds[-1]


def lai_robbins(means):
    """The slope of regret in ln T that no good policy can undercut in the limit: the sum of gap / kl."""
    best = max(means)

    def kl(p, q):
        return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))

    return sum((best - mean) / kl(mean, best) for mean in means if mean < best)


SEPARATED = (0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)
LOW = (0.05, 0.02, 0.1, 0.05, 0.01, 0.02, 0.05, 0.01, 0.02, 0.01)
"""The ten arms on which Garivier and Cappé (arXiv 1102.2490) and Kaufmann et al. (arXiv 1205.4217) compare policies."""


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("info", "means", "since"),
    [
        (bandits.KL_UCB, BERNOULLI["bernoulli-10"], 1),
        (bandits.KL_UCB, SEPARATED, 1000),
        (bandits.THOMPSON_BETA, LOW, 1000),
        (bandits.THOMPSON_BETA, SEPARATED, 1000),
    ],
    ids=["kl-ucb-published", "kl-ucb-separated", "thompson-beta-published", "thompson-beta-separated"],
)
def test_regret_grows_by_the_lai_robbins_slope(info, means, since):
    """(R(T) - R(T0)) / (ln T - ln T0) at T = 1e5, mean of 100 seeds, is within 15 % of the slope of Lai and Robbins.

    What T0 must be follows from what each policy does before the limit. Thompson sampling: R(T) is about
    c ln T - C, so that R(T) / ln T is far too low and only an increment shows c; it is still short of c, by terms in
    ln ln T. KL-UCB: while the best arm's own index exceeds its mean, by about sqrt(ln t / t), the other arms are pulled
    less than c says, and as that wears off they catch up: increments are above c until the gap is much larger than
    that, while R(T) / ln T (T0 = 1) is what converges from below. On arms far apart both effects are small by T = 1e5,
    and increments from T0 = 1000 serve for both policies.
    """
    checkpoints = [since, 100_000]
    rows = regrets(info, means, checkpoints, 100)
    slopes = (rows[:, 1] - rows[:, 0]) / math.log(checkpoints[1] / checkpoints[0]) / lai_robbins(means)
    slope, error = slopes.mean(), slopes.std(ddof=1) / 10
    print(f"{info.name}: {slope:.3f} ± {error:.3f} of the slope {lai_robbins(means):.3f}, from T0 = {since}")
    assert abs(slope - 1) < 0.15
    assert error < 0.05  # enough seeds to tell


@pytest.mark.parametrize("budget", ["horizon", "anytime"])
def test_moss_grows_with_the_root_of_the_horizon(budget):
    """At gaps of sqrt(K / T), the hardest there are: regret / sqrt(T K) neither grows with T nor exceeds UCB1's.

    49, the constant of the theorem, is more than any policy can lose here; so the order is what is tested.
    """
    ratios, ucb1 = [], []
    for pulls in (1000, 16_000):
        means = (0.5, 0.5 + 2 * math.sqrt(5 / pulls), 0.5, 0.5, 0.5)
        for info, result in ((bandits.MOSS, ratios), (bandits.UCB1, ucb1)):
            rows = regrets(info, means, [pulls], 12, budget=pulls if budget == "horizon" else UNKNOWN)
            result.append(rows.mean() / math.sqrt(pulls * 5))
    assert ratios[1] < 1.35 * ratios[0]
    assert max(ratios) < min(ucb1)
    assert max(ratios) < 1.2


def exp3_bounds(arms, pulls):
    """Bubeck and Cesa-Bianchi 2012, Theorem 3.1: with the horizon known, and without."""
    return math.sqrt(2 * pulls * arms * math.log(arms)), 2 * math.sqrt(pulls * arms * math.log(arms))


def against(info, losses, seed, budget):
    """What a policy loses more than the best arm on a fixed table of losses [round, arm], at the end."""
    optimizer = policy(info, losses.shape[1], budget, seed=seed)
    pulled = play(optimizer, len(losses), lambda number, arm: float(losses[number, arm]))
    return losses[np.arange(len(losses)), pulled].sum() - losses.sum(axis=0).min()


def trap_for_ucb1(arms, pulls):
    """The arm that UCB1 (seed 0) is about to pull loses 1, the others nothing; fixed before anyone plays."""
    table = np.zeros((pulls, arms))
    chosen = play(policy(bandits.UCB1, arms, UNKNOWN, seed=0), pulls, lambda number, arm: 1.0)
    table[np.arange(pulls), chosen] = 1.0
    return table


def false_start(arms, pulls):
    """Arm 0 loses nothing for a fifth of the rounds and everything thereafter; arm 1 loses 0.2, the others 0.9."""
    table = np.full((pulls, arms), 0.9)
    table[:, 1] = 0.2
    table[: pulls // 5, 0] = 0.0
    table[pulls // 5 :, 0] = 1.0
    return table


@pytest.mark.parametrize("adversary", [trap_for_ucb1, false_start])
def test_exp3_keeps_its_bound_against_adversaries(adversary):
    arms, pulls = 5, 3000
    table = adversary(arms, pulls)
    known, anytime = exp3_bounds(arms, pulls)
    assert np.mean([against(bandits.EXP3, table, seed, pulls) for seed in range(20)]) < known
    assert np.mean([against(bandits.EXP3, table, seed, UNKNOWN) for seed in range(20)]) < anytime
    naive = bandits.UCB1 if adversary is trap_for_ucb1 else bandits.UNIFORM
    assert against(naive, table, 0, UNKNOWN) > anytime


@pytest.mark.parametrize("budget", [3000, UNKNOWN], ids=["horizon", "anytime"])
def test_exp3_keeps_its_bound_on_stochastic_arms(budget):
    means = (0.3, 0.9, 0.3, 0.3, 0.3)
    bounds = exp3_bounds(5, 3000)
    assert regrets(bandits.EXP3, means, [3000], 10, budget=budget).mean() < bounds[budget is UNKNOWN]
    assert regrets(bandits.UNIFORM, means, [3000], 1)[0, 0] > max(bounds)


@pytest.mark.parametrize(
    "info",
    [bandits.UCB1, bandits.UCB_V, bandits.KL_UCB, bandits.MOSS, bandits.THOMPSON_BETA, bandits.THOMPSON_GAUSSIAN],
    ids=lambda info: info.name,
)
def test_regret_flattens(info):
    """Logarithmic regret: the second half of 6,000 pulls costs far less than the first, and little in all."""
    means = (0.3, 0.8, 0.5)
    half, full = regrets(info, means, [3000, 6000], 6).mean(axis=0)
    assert full - half < 0.5 * half
    assert full < 0.1 * regrets(bandits.UNIFORM, means, [6000], 1)[0, 0]


@pytest.mark.parametrize(
    "info", [bandits.UCB1, bandits.MOSS, bandits.THOMPSON_GAUSSIAN, bandits.UCB_E, bandits.LUCB], ids=lambda i: i.name
)
def test_sigma_makes_gaussian_rewards_learnable(info):
    """Normal losses of deviation 10, gaps of 10, no stated range: with sigma = 10 the best arm gets most pulls."""
    rng = np.random.default_rng(3)
    noise = rng.normal(0.0, 10.0, 3000)
    optimizer = policy(info, 3, 3000, seed=1, loss_range=None, sigma=10.0)
    pulled = play(optimizer, 3000, lambda number, arm: 500.0 + 10.0 * abs(arm - 1) + noise[number])
    assert pulled[-1000:].count(1) > (600 if info is bandits.UCB_E else 900)
