"""Index policies choose what their formulas say, recomputed from the whole history at every step."""

import math

import numpy as np
import pytest
from bandit_play import UNKNOWN, arm_of, policy, trial
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import rel_entr

from hpobench_baselines.native import bandits
from hpobench_baselines.native.bandits.kl_ucb import KLUCB, kl_upper
from hpobench_baselines.native.bandits.ucb_e import ends_of_phases, hardness

HORIZON = 150


def kl(p, q):
    return float(rel_entr(p, q) + rel_entr(1 - p, 1 - q))


def index_by_root_finding(mean, level):
    """The upper bound of KL-UCB by Brent's method on the definition."""
    if mean == 1.0 or kl(mean, 1.0 - 2**-53) <= level:
        return 1.0
    return brentq(lambda q: kl(mean, q) - level, mean, 1.0 - 2**-53, xtol=1e-15, rtol=1e-14)


@settings(max_examples=300, deadline=None)
@given(mean=st.floats(0, 1), level=st.floats(1e-6, 50))
def test_kl_upper_agrees_with_root_finding(mean, level):
    """To 1e-10: Brent's bracket function itself loses digits where q is next to the mean."""
    assert kl_upper(mean, level) == pytest.approx(index_by_root_finding(mean, level), abs=1e-10)


@settings(max_examples=300, deadline=None)
@given(p=st.floats(0.01, 0.99), delta=st.floats(1e-5, 0.98))
def test_kl_upper_inverts_the_divergence(p, delta):
    q = p + delta
    if q < 0.999:
        level = -p * math.log1p(delta / p) - (1 - p) * math.log1p(-delta / (1 - p))  # no cancellation
        assert kl_upper(p, level) == pytest.approx(q, abs=1e-13)


@pytest.mark.parametrize("mean", [0.0, 5e-324, 1e-18, 0.3, 0.5, 1 - 1e-16, 1.0])
@pytest.mark.parametrize("level", [1e-12, 1e-3, 1.0, 36.0, 800.0])
def test_kl_upper_at_its_ends(mean, level):
    index = kl_upper(mean, level)
    assert mean <= index <= 1.0
    assert index == pytest.approx(index_by_root_finding(mean, level), abs=1e-7)


class History:
    """All that was told, and the statistics that papers write formulas in."""

    def __init__(self, arms):
        self.rewards = [[] for _ in range(arms)]

    @property
    def n(self):
        return np.array([len(r) for r in self.rewards], dtype=float)

    @property
    def mean(self):
        return np.array([np.mean(r) for r in self.rewards])

    @property
    def variance(self):
        return np.array([np.var(r) for r in self.rewards])


def moss(h, t):
    return h.mean + np.sqrt(np.maximum(0, np.log(HORIZON / (len(h.n) * h.n))) / h.n)


def moss_anytime(h, t):
    return h.mean + np.sqrt((1 + 1.35) / 2 * np.maximum(0, np.log(t / (len(h.n) * h.n))) / h.n)


def ucb_v(h, t):
    exploration = 1.2 * math.log(t - 1)
    return h.mean + np.sqrt(2 * h.variance * exploration / h.n) + 3 * exploration / h.n


def kl_ucb(c=0.0, plus=False):
    def indices(h, t):
        f = math.log(t) + (c * math.log(math.log(t)) if c and t > math.e else 0.0)
        levels = (f - np.log(h.n) if plus else f) / h.n
        return np.array([index_by_root_finding(min(m, 1.0), x) for m, x in zip(h.mean, levels, strict=True)])

    return indices


FORMULAS = [
    (bandits.UCB1, {}, HORIZON, lambda h, t: h.mean + np.sqrt(2 * math.log(t - 1) / h.n)),
    (bandits.UCB_V, {}, HORIZON, ucb_v),
    (bandits.MOSS, {}, HORIZON, moss),
    (bandits.MOSS, {}, UNKNOWN, moss_anytime),
    (bandits.KL_UCB, {}, HORIZON, kl_ucb()),
    (bandits.KL_UCB, {"plus": True}, HORIZON, kl_ucb(plus=True)),
    (bandits.KL_UCB, {"c": 3.0}, HORIZON, kl_ucb(3.0)),
    (bandits.UCB_E, {"a": 1.7}, HORIZON, lambda h, t: h.mean + np.sqrt(1.7 / h.n)),
]


@pytest.mark.parametrize(("info", "given", "budget", "formula"), FORMULAS, ids=lambda v: getattr(v, "name", ""))
@pytest.mark.parametrize(("loss_range", "seed"), [((0.0, 1.0), 0), ((0.0, 1.0), 1), (None, 2)])
@pytest.mark.parametrize("rewards", ["bernoulli", "continuous"])
def test_the_highest_index_is_pulled(info, given, budget, formula, loss_range, seed, rewards):
    """Also where the range is not stated: then rewards of the whole history change whenever it widens."""
    rng = np.random.default_rng(seed)
    arms = 4
    optimizer = policy(info, arms, budget, seed=seed, loss_range=loss_range, **given)
    losses: list[list[float | None]] = [[] for _ in range(arms)]
    for number in range(HORIZON):
        ask = optimizer.ask()
        arm = arm_of(ask)
        if number >= arms:
            indices = formula(history(losses, loss_range), number + 1)
            assert indices[arm] >= indices.max() - 1e-9, f"round {number}: {arm} of {indices}"
        else:
            assert not losses[arm]
        if rewards == "bernoulli":
            loss = float(rng.random() < 0.2 + 0.15 * arm)
        else:
            loss = float(rng.normal(arm, 2)) if loss_range is None else float(rng.beta(1 + arm, 2))
        told = None if rng.random() < 0.05 else loss
        losses[arm].append(told)
        optimizer.tell(trial(number, ask, told))


def history(losses, loss_range):
    known = [loss for told in losses for loss in told if loss is not None]
    low, high = loss_range or (min(known, default=0.0), max(known, default=0.0))
    width = high - low
    result = History(len(losses))
    result.rewards = [[0.0 if loss is None or not width else (high - loss) / width for loss in told] for told in losses]
    return result


def computed_for_all(optimizer):
    """The choice of KL-UCB without laziness: every index, and the set of arms that attain the highest."""
    level = optimizer._exploration()
    indices = [
        kl_upper(m, (level - math.log(n) if optimizer._plus else level) / n)
        for m, n in zip(optimizer._means, optimizer._pulls, strict=True)
    ]
    return {arm for arm, index in enumerate(indices) if index == max(indices)}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    means=st.lists(st.floats(0, 1), min_size=1, max_size=12),
    pending=st.integers(1, 3),
    binary=st.booleans(),
    stated=st.booleans(),
    given=st.sampled_from([{}, {"c": 3.0}, {"plus": True}]),
)
def test_lazy_kl_ucb_is_exact(seed, means, pending, binary, stated, given):
    """At each of 200 steps, also with pending pulls: one of the arms that tie for the highest index, bit for bit."""
    rng = np.random.default_rng(seed)
    optimizer = policy(
        bandits.KL_UCB, len(means), UNKNOWN, seed=seed, loss_range=(0.0, 1.0) if stated else None, **given
    )
    waiting = []
    for number in range(200):
        best = None if optimizer._untried else computed_for_all(optimizer)
        ask = optimizer.ask()
        arm = optimizer._asks.index(ask)
        assert best is None or arm in best
        waiting.append((number, ask, arm))
        while len(waiting) >= pending:
            told, question, k = waiting.pop(int(rng.integers(len(waiting))))
            loss = float(rng.random() > means[k]) if binary else float(1 - means[k] * rng.random())
            optimizer.tell(trial(told, question, loss))


def test_lazy_kl_ucb_breaks_ties_evenly():
    """Four arms with the same statistics: over 400 seeds each comes fifth about 100 times."""
    fifth = [0] * 4
    for seed in range(400):
        optimizer = policy(bandits.KL_UCB, 4, UNKNOWN, seed=seed)
        for number in range(4):
            optimizer.tell(trial(number, optimizer.ask(), 0.5))
        fifth[arm_of(optimizer.ask())] += 1
    assert sum((count - 100) ** 2 / 100 for count in fifth) < 21.1  # 0.9999 quantile, three degrees of freedom


def test_lazy_kl_ucb_computes_few_indices(monkeypatch):
    """What laziness is for: fewer than three indices a pull at fifty arms, not fifty."""
    calls, compute = 0, KLUCB._compute

    def counting(self, arm, level):
        nonlocal calls
        calls += 1
        return compute(self, arm, level)

    optimizer = policy(bandits.KL_UCB, 50, UNKNOWN)
    monkeypatch.setattr(KLUCB, "_compute", counting)
    rng = np.random.default_rng(0)
    for number in range(4000):
        ask = optimizer.ask()
        optimizer.tell(trial(number, ask, float(rng.random() < 0.2 + 0.01 * arm_of(ask))))
    assert calls < 3 * 4000


def test_adaptive_ucb_e_follows_figure_4():
    """K = 4, T = 100: phases end when successive rejects' do; then H comes from the worst gaps, one more each time."""
    log_bar = 1 / 2 + 1 / 2 + 1 / 3 + 1 / 4
    n = [math.ceil(96 / (log_bar * (5 - k))) for k in (1, 2, 3)]
    assert ends_of_phases(4, 100) == [4 * n[0], n[0] + 3 * n[1], n[0] + n[1] + 2 * n[2]]
    means = [0.9, 0.4, 0.7, 0.8]  # gaps in order: 0, 0.1, 0.2, 0.5
    assert hardness(means, 1) == pytest.approx(4 / 0.25)
    assert hardness(means, 2) == pytest.approx(max(3 / 0.04, 4 / 0.25))
    assert hardness(means, 3) == pytest.approx(max(2 / 0.01, 3 / 0.04, 4 / 0.25))
    assert hardness([0.5, 0.5], 1) == math.inf
    rng = np.random.default_rng(1)
    optimizer = policy(bandits.UCB_E, 4, 100, c=0.5)
    rewards = [[] for _ in range(4)]
    a, ends = 0.5 * 100 / 4, ends_of_phases(4, 100)
    for number in range(120):
        ask = optimizer.ask()
        arm = arm_of(ask)
        if number in ends:
            a = 0.5 * 100 / hardness([float(np.mean(r)) for r in rewards], ends.index(number) + 1)
        if number >= 4:
            width = a if number < 100 else 0.0
            indices = [np.mean(r) + math.sqrt(width / len(r)) for r in rewards]
            assert indices[arm] >= max(indices) - 1e-9
        reward = float(rng.random() < 0.3 + 0.15 * arm)
        rewards[arm].append(reward)
        optimizer.tell(trial(number, ask, 1.0 - reward))
