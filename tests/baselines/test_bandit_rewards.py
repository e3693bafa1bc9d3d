"""What policies make of losses: scales known and unknown, failures, pending pulls, ties."""

import math
import sys
from collections import Counter
from fractions import Fraction

import pytest
from bandit_play import UNKNOWN, arm_of, by_name, play, policy, trial
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hpobench_baselines.native import bandits
from hpobench_tui.core import NotReady

FIXED_BUDGET = (bandits.SUCCESSIVE_REJECTS, bandits.SEQUENTIAL_HALVING, bandits.UCB_E)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
LOSSES = st.one_of(
    st.lists(st.none() | st.floats(-1e3, 1e3), min_size=12, max_size=12),
    st.lists(st.none() | FINITE, min_size=12, max_size=12),
    # Few values near each other, so that ranges are as narrow as floats allow, and then perhaps as wide.
    st.builds(
        lambda base, steps, last: [base if k is None else k * math.ulp(base) + base for k in steps] + [last],
        FINITE.filter(lambda loss: abs(loss) < 1e308),
        st.lists(st.none() | st.integers(-3, 3), min_size=11, max_size=11),
        st.none() | FINITE,
    ),
)
RANGES = st.tuples(FINITE, FINITE).map(sorted).filter(lambda ends: ends[0] < ends[1])
SIGMAS = st.sampled_from([0.5, 20.0, 1e-200, 5e-324, 1e300, sys.float_info.max])


def means_by_definition(pulled, losses, arms, loss_range, sigma):
    """The mean rewards as the documentation of rewards defines them, from all that was ever told, in exact arithmetic.

    Also the greatest reward there was.
    """
    largest = 10**150 * Fraction(sigma) if sigma else math.inf
    exact = [None if loss is None else max(-largest, min(largest, Fraction(loss))) for loss in losses]
    known = [loss for loss in exact if loss is not None]
    low, high = loss_range or ((min(known), max(known)) if known else (0.0, 0.0))
    low, high = Fraction(low), Fraction(high)
    width = 2 * Fraction(sigma) if sigma else high - low
    rewards = [0 if loss is None or not width else (high - max(low, min(high, loss))) / width for loss in exact]
    of_arm = [[reward for reward, k in zip(rewards, pulled, strict=True) if k == arm] for arm in range(arms)]
    return [float(sum(of) / len(of)) for of in of_arm], float(max(rewards))


def told(info, losses, loss_range, sigma):
    optimizer = policy(info, 3, UNKNOWN, loss_range=loss_range, **({"sigma": sigma} if sigma else {}))
    return optimizer, play(optimizer, len(losses), lambda number, arm: losses[number])


@settings(max_examples=300, deadline=None)
@given(losses=LOSSES, loss_range=st.none() | RANGES, sigma=st.just(0.0) | SIGMAS)
@example(losses=[0.0, 1e-304] * 6, loss_range=None, sigma=0.0)
@example(losses=[0.0, 5e-324] * 6, loss_range=None, sigma=0.0)
@example(losses=[1.7e308, -1.7e308, 1e308] * 4, loss_range=None, sigma=0.0)
@example(losses=[1.7e308, -1.7e308, 1e308] * 4, loss_range=(-1.7e308, 1.7e308), sigma=0.0)
@example(losses=[0.0, 5e-324, 1.0, -1.7e308, 1.7e308, 0.0] * 2, loss_range=None, sigma=0.0)
@example(losses=[1.0, 2.0, 1.7e308, -1.7e308] * 3, loss_range=None, sigma=1e300)
@example(losses=[1.0, 2.0, 1.7e308, -1.7e308] * 3, loss_range=None, sigma=0.5)
def test_means_are_on_the_scale_of_all_losses_so_far(losses, loss_range, sigma):
    """Whatever finite numbers the losses, the ends of their range and sigma are."""
    optimizer, pulled = told(bandits.UCB1, losses, loss_range, sigma)
    assert set(pulled) == {0, 1, 2}
    expected, greatest = means_by_definition(pulled, losses, 3, None if sigma else loss_range, sigma)
    assert by_name(optimizer, optimizer._means) == pytest.approx(expected, rel=1e-9, abs=1e-9 * max(1.0, greatest))


@settings(max_examples=15, deadline=None)
@given(
    losses=st.lists(st.none() | st.floats(-8.0, 8.0, width=16), min_size=30, max_size=30),
    scale=st.sampled_from([2.0**1020, 2.0**-1000]),
)
@pytest.mark.parametrize("info", bandits.POLICIES, ids=lambda info: info.name)
def test_no_choice_depends_on_the_unit_of_the_loss(info, losses, scale):
    """Losses of 1e+-300, whose differences overflow or are subnormal, are played as those near 1 are."""
    horizon = {"horizon": 30} if horizon_needed(info) else {}

    def pulls(factor):
        optimizer = policy(info, 3, UNKNOWN, loss_range=None, **horizon)
        return play(optimizer, 30, lambda number, arm: None if losses[number] is None else factor * losses[number])

    assert pulls(scale) == pulls(1.0)


@pytest.mark.parametrize("info", bandits.POLICIES, ids=lambda info: info.name)
@pytest.mark.parametrize("loss_range", [(0.0, 1.0), None], ids=["stated", "unstated"])
def test_find_the_best_of_three_though_a_tenth_of_the_pulls_fail(info, loss_range):
    """Arm 1 always loses 0.1, the others 0.5 and 0.9: in the last of 600 pulls, it is the most pulled arm."""
    optimizer = policy(info, 3, 600, seed=4, loss_range=loss_range)
    settled = (0.5, 0.1, 0.9)
    pulled = play(optimizer, 600, lambda number, arm: None if number % 10 == 7 else settled[arm])
    if info is bandits.UNIFORM:
        assert max(Counter(pulled).values()) - min(Counter(pulled).values()) == 0
    else:
        assert Counter(pulled[-200:]).most_common(1)[0][0] == 1


@pytest.mark.parametrize("info", bandits.POLICIES, ids=lambda info: info.name)
def test_failures_count_as_the_worst(info):
    """Of an arm that always fails and one that mostly loses the most there is, the latter is better."""
    if info is bandits.UNIFORM:
        return
    given = {"softmax": {"temperature": 0.05}} | {p.name: {"horizon": 1000} for p in FIXED_BUDGET}
    optimizer = policy(info, 2, 3000, seed=1, **given.get(info.name, {}))
    pulled = play(optimizer, 3000, lambda number, arm: None if arm == 0 else float(number % 3 > 0))
    assert pulled[-500:].count(1) > 350


@pytest.mark.parametrize("info", bandits.POLICIES, ids=lambda info: info.name)
def test_side_by_side_pulls(info):
    """Eight at a time, told in reverse: nothing is lost, and arms never tried come first where that is the rule."""
    optimizer = policy(info, 5, 400, seed=2, loss_range=None)
    waiting, asked, waits = [], [], 0
    while len(asked) < 400:
        try:
            while len(waiting) < 8 and len(asked) < 400:
                waiting.append((len(asked), optimizer.ask()))
                asked.append(arm_of(waiting[-1][1]))
        except NotReady:
            assert waiting
            waits += 1
        while waiting:
            number, ask = waiting.pop()
            optimizer.tell(trial(number, ask, None if number % 9 == 0 else 0.1 * asked[number]))
    assert sum(optimizer._told) == 400
    assert optimizer._waiting == {}
    assert by_name(optimizer, optimizer._told) == [asked.count(arm) for arm in range(5)]
    if info not in (bandits.THOMPSON_BETA, bandits.THOMPSON_GAUSSIAN, bandits.EXP3):
        assert set(asked[:5]) == set(range(5))
    phased = (bandits.EXPLORE_THEN_COMMIT, bandits.SUCCESSIVE_REJECTS, bandits.SEQUENTIAL_HALVING, bandits.LUCB)
    assert (waits > 0) is (info in phased)


@pytest.mark.parametrize(
    "info", [bandits.UCB1, bandits.UCB_V, bandits.KL_UCB, bandits.MOSS], ids=lambda info: info.name
)
def test_pending_pulls_narrow_the_bound(info):
    """Of two arms with equal means: of ten pulls asked at once, each arm gets about half, not one of them all."""
    optimizer = policy(info, 2, 1000)
    play(optimizer, 20, lambda number, arm: 0.5)
    ten = Counter(arm_of(optimizer.ask()) for _ in range(10))
    assert ten == {0: 5, 1: 5}


@pytest.mark.parametrize("info", bandits.POLICIES, ids=lambda info: info.name)
def test_ties_are_broken_by_the_seed_not_by_order(info):
    """With equal losses no arm is favoured over 300 seeds: the seventh pull is uniform (chi-square)."""
    seventh = Counter(play(policy(info, 3, 60, seed=seed), 7, lambda number, arm: 0.5)[-1] for seed in range(300))
    assert sum((seventh[arm] - 100) ** 2 / 100 for arm in range(3)) < 18.4  # the 0.9999 quantile for three arms


@pytest.mark.parametrize("info", bandits.POLICIES, ids=lambda info: info.name)
def test_questions_are_reused(info):
    """A free pull must not pay for making a question."""
    optimizer = policy(info, 3, 200)
    questions = set()
    for number in range(100):
        ask = optimizer.ask()
        questions.add(id(ask))
        optimizer.tell(trial(number, ask, 0.5))
    assert len(questions) <= 3


@pytest.mark.parametrize("info", bandits.POLICIES, ids=lambda info: info.name)
def test_a_single_arm(info):
    assert play(policy(info, 1, 50), 50, lambda number, arm: 0.5) == [0] * 50
    assert play(policy(info, 1, UNKNOWN, **({"horizon": 9} if horizon_needed(info) else {})), 20, lambda n, a: None)


def horizon_needed(info):
    return any(parameter.name == "horizon" for parameter in info.parameters)


@pytest.mark.parametrize("loss_range", [(0.0, math.inf), (-math.inf, math.inf), (2.0, 2.0)])
def test_a_range_without_a_finite_width_says_nothing(loss_range):
    optimizer = policy(bandits.UCB1, 2, UNKNOWN, loss_range=loss_range)
    play(optimizer, 20, lambda number, arm: float(arm))
    assert by_name(optimizer, optimizer._means) == [1.0, 0.0]


@pytest.mark.parametrize("info", [bandits.MOSS, bandits.EXP3], ids=lambda info: info.name)
@pytest.mark.parametrize("losses", [(1e300, -1e300), (0.0, 5e-324), (1e-200, 2e-200), (7.0, 7.0)])
def test_anytime_variants_survive_extreme_losses(info, losses):
    optimizer = policy(info, 4, UNKNOWN, loss_range=None)
    play(optimizer, 50, lambda number, arm: losses[number % 2])
    assert all(0.0 <= mean <= 1.0 for mean in optimizer._means)
