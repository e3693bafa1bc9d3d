"""Policies that identify the best arm: their pulls are those of the papers' closed forms, and they find it."""

import math
from collections import Counter
from fractions import Fraction
from itertools import groupby

import numpy as np
import pytest
from bandit_play import UNKNOWN, arm_of, bernoulli, play, policy, trial
from hypothesis import given, settings
from hypothesis import strategies as st

from hpobench_baselines.native import bandits
from hpobench_baselines.native.bandits.explore_then_commit import exploration

FIVE = (0.5, 0.5, 0.9, 0.5, 0.5)


def settled(number, arm):
    return arm / 100


def rounds(pulled, sizes):
    """(arms, pulls of each) of consecutive stretches of ``pulled`` with these total sizes."""
    result, start = [], 0
    for size in sizes:
        counts = Counter(pulled[start : start + size])
        assert len(set(counts.values())) == 1, "the arms of a round must be pulled equally often"
        result.append((len(counts), next(iter(counts.values()))))
        start += size
    return result


def test_sequential_halving_pulls_the_lectures_table():
    pulled = play(policy(bandits.SEQUENTIAL_HALVING, 16, 80, rounds="lecture"), 80, settled)
    assert rounds(pulled, [16] * 5) == [(16, 1), (8, 2), (4, 4), (2, 8), (1, 16)]
    assert [set(pulled[16 * i : 16 * (i + 1)]) for i in range(5)] == [set(range(16 >> i)) for i in range(5)]


@pytest.mark.parametrize(
    ("arms", "pulls", "table"),
    [
        (16, 80, [(16, 1), (8, 2), (4, 5), (2, 10), (1, 8)]),
        (5, 60, [(5, 4), (3, 6), (2, 10), (1, 2)]),
        (2, 7, [(2, 3), (1, 1)]),
        (3, 100, [(3, 16), (2, 25), (1, 2)]),
    ],
)
def test_sequential_halving_pulls_what_karnin_et_al_say(arms, pulls, table):
    """By hand: t_r = floor(T / (|S_r| ceil(log2 K))); what is left goes to the arm that is left."""
    pulled = play(policy(bandits.SEQUENTIAL_HALVING, arms, pulls), pulls, settled)
    assert rounds(pulled, [n * each for n, each in table]) == table
    assert pulled[-1] == 0


def test_successive_rejects_pulls_a_worked_example():
    """K = 4, T = 100: log_K = 19/12, n = ceil(15.16), ceil(20.21), ceil(30.32); 99 pulls, and one of the winner."""
    pulled = play(policy(bandits.SUCCESSIVE_REJECTS, 4, 100), 100, settled)
    assert Counter(pulled) == {3: 16, 2: 21, 1: 31, 0: 32}
    assert rounds(pulled, [64, 15, 20, 1]) == [(4, 16), (3, 5), (2, 10), (1, 1)]


@settings(max_examples=60, deadline=None)
@given(arms=st.integers(2, 30), more=st.integers(1, 500))
def test_successive_rejects_pulls_what_figure_3_says(arms, more):
    """The worst arm n_1 times, the next n_2 times, ..., and T is not exceeded before the last arm is alone."""
    pulls = arms + more
    log_bar = Fraction(1, 2) + sum(Fraction(1, i) for i in range(2, arms + 1))
    n = [math.ceil(Fraction(pulls - arms) / log_bar / (arms + 1 - k)) for k in range(1, arms)]
    assert sum(n) + n[-1] <= pulls
    pulled = play(policy(bandits.SUCCESSIVE_REJECTS, arms, pulls), pulls, settled)
    counts = Counter(pulled)
    assert [counts[arm] for arm in range(arms - 1, 0, -1)] == n
    assert counts[0] == pulls - sum(n)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), arms=st.integers(2, 12), coarse=st.booleans())
@pytest.mark.parametrize("info", [bandits.SUCCESSIVE_REJECTS, bandits.SEQUENTIAL_HALVING], ids=lambda i: i.name)
def test_the_best_so_far_survive(info, seed, arms, coarse):
    """Whoever is pulled on has a mean, over all its pulls, at least as good as whoever is not; also with failures."""
    pulls = 12 * arms + 1  # one more than the phases can take, so that the last one ends
    rng = np.random.default_rng(seed)
    optimizer = policy(info, arms, pulls, seed=seed)
    rewards = [[] for _ in range(arms)]
    left = set(range(arms))
    phases = 0
    for number in range(pulls):
        survivors = set(optimizer._left)
        ask = optimizer.ask()
        if len(optimizer._left) < len(survivors):
            names = [arm_of(a) for a in optimizer._asks]
            kept = {names[arm] for arm in optimizer._left}
            means = [np.mean(r) if r else 0.0 for r in rewards]
            assert min(means[arm] for arm in kept) >= max(means[arm] for arm in left - kept) - 1e-12
            left, phases = kept, phases + 1
        assert arm_of(ask) in left
        reward = float(rng.integers(2)) if coarse else float(rng.random())
        reward = None if rng.random() < 0.1 else reward
        rewards[arm_of(ask)].append(reward or 0.0)
        optimizer.tell(trial(number, ask, None if reward is None else 1.0 - reward))
    assert len(left) == 1
    assert phases > 0


def test_explore_then_commit_commits():
    pulled = play(policy(bandits.EXPLORE_THEN_COMMIT, 4, UNKNOWN, pulls=6), 100, lambda n, arm: abs(arm - 2) / 4)
    assert rounds(pulled, [4] * 6) == [(4, 1)] * 6
    assert [(arm, len(list(group))) for arm, group in groupby(pulled[24:])] == [(2, 76)]


def test_explore_then_commit_by_itself_explores_as_the_theorem_says():
    assert exploration(2, 1000) == math.ceil(500 ** (2 / 3) * math.log(1000) ** (1 / 3)) == 120
    assert exploration(10, 10_000) == math.ceil(1000 ** (2 / 3) * math.log(10_000) ** (1 / 3)) == 210
    assert exploration(10, 20) == 2
    assert exploration(10, 3) == 1
    pulled = play(policy(bandits.EXPLORE_THEN_COMMIT, 2, 1000), 1000, settled)
    assert Counter(pulled) == {0: 880, 1: 120}


def errors(info, means, pulls, seeds, **given):
    """The share of seeds whose recommendation after ``pulls`` pulls, the arm pulled next, is not the best."""
    wrong = 0
    for seed in range(seeds):
        optimizer = policy(info, len(means), pulls, seed=seed, **given)
        wrong += play(optimizer, pulls + 1, bernoulli(means, 1000 + seed))[-1] != means.index(max(means))
    return wrong / seeds


def test_successive_rejects_errs_no_more_than_its_bound():
    """Theorem 2: P(error) <= K (K - 1) / 2 exp(-(T - K) / (log_K H_2)), H_2 = max i / gap_i^2; here 0.041."""
    pulls, log_bar, h2 = 310, 1 / 2 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5, 5 / 0.4**2
    bound = 10 * math.exp(-(pulls - 5) / (log_bar * h2))
    assert bound < 0.05
    assert errors(bandits.SUCCESSIVE_REJECTS, FIVE, pulls, 200) <= bound


def test_sequential_halving_errs_no_more_than_its_bound():
    """Theorem 4.1: P(error) <= 3 log2 K exp(-T / (8 H_2 log2 K)); here 0.04."""
    pulls, h2 = 3000, 5 / 0.4**2
    bound = 3 * math.log2(5) * math.exp(-pulls / (8 * h2 * math.log2(5)))
    assert bound < 0.05
    assert errors(bandits.SEQUENTIAL_HALVING, FIVE, pulls, 60) <= bound


@pytest.mark.parametrize("given", [{}, {"a": 25 / 36 * 295 / (5 / 0.4**2)}], ids=["adaptive", "best-a"])
def test_ucb_e_finds_the_best_arm(given):
    assert errors(bandits.UCB_E, FIVE, 300, 200, **given) <= 0.03


def test_lucb_stops_when_it_should_and_is_right():
    """Each round recomputed from the history: the best mean and its rival, until their bounds part."""
    delta, arms, wrong, lengths = 0.1, len(FIVE), 0, []
    for seed in range(30):
        optimizer = policy(bandits.LUCB, arms, UNKNOWN, seed=seed, delta=delta)
        loss = bernoulli(FIVE, 77 + seed)
        rewards = [[] for _ in range(arms)]

        def pull(number, optimizer=optimizer, loss=loss, rewards=rewards):
            ask = optimizer.ask()
            arm = arm_of(ask)
            told = loss(number, arm)
            rewards[arm].append(1 - told)
            optimizer.tell(trial(number, ask, told))
            return arm

        assert {pull(number) for number in range(arms)} == set(range(arms))
        number, best = arms, None
        for t in range(1, 10**4):
            mean = np.array([np.mean(r) for r in rewards])
            n = np.array([len(r) for r in rewards])
            width = np.sqrt(np.log(1.25 * arms * t**4 / delta) / (2 * n))
            best = pull(number)
            assert mean[best] == mean.max()
            others = [arm for arm in range(arms) if arm != best]
            rival_bound = max((mean + width)[others])
            number += 1
            if rival_bound - (mean - width)[best] < 0:
                break
            rival = pull(number)
            number += 1
            assert rival != best
            assert (mean + width)[rival] == pytest.approx(rival_bound, abs=1e-12)
        wrong += best != 2
        lengths.append(number)
        assert {pull(number + i) for i in range(20)} == {best}
    assert wrong / 30 <= delta
    hardness = 5 / 0.4**2
    assert max(lengths) < 20 * hardness * math.log(hardness / delta)  # the order of its Theorem 6
