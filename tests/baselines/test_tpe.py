"""TPE from outside, by asking and telling."""

import math

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer
from hypothesis import given, settings
from hypothesis import strategies as st
from spaces_strategy import spaces
from unit_cube import bowl, cube

from hpobench_baselines.native.density import TPE as INFO
from hpobench_baselines.native.density.observations import Observations, rank_weights
from hpobench_baselines.native.density.tpe import TPE, good_count
from hpobench_tui.core import Budget, HpobenchError, Task, TrialStatus
from hpobench_tui.core.space import validator
from hpobench_tui.testing.by_hand import play, trial
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestJoint(OptimizerConformance):
    info = INFO


class TestMarginal(OptimizerConformance):
    info = INFO
    parameters = {"multivariate": False, "bandwidth": "neighbours", "weights": "equal", "gamma": "sqrt"}  # noqa: RUF012


def built(space, seed=3, **parameters) -> TPE:
    return TPE(Task(space, None, Budget.of(100, "evaluations"), seed, INFO.settings(parameters)))


@pytest.mark.parametrize("multivariate", [True, False])
def test_finds_the_bottom_of_a_bowl(multivariate):
    """Random search needs about 1 / (pi r^2) draws to come within r: here r^2 < 1e-3 would take 300 on average."""
    best = [min(t.loss for t in play(built(cube(2), seed, multivariate=multivariate), bowl, 60)) for seed in range(10)]
    assert np.median(best) < 1e-3


def test_learns_categoricals_and_integers():
    space = ConfigurationSpace()
    space.add(Categorical("c", list("abcdef")), Integer("i", (1, 64), log=True), Float("x", (0.0, 1.0)))

    def loss(configuration):
        return (configuration["c"] != "d") + abs(math.log(configuration["i"] / 8)) + (configuration["x"] - 0.5) ** 2

    ends = [[t.loss for t in play(built(space, seed), loss, 80)] for seed in range(5)]
    assert np.median([min(losses) for losses in ends]) < 0.02
    assert (
        np.median([np.mean(losses[-20:]) for losses in ends]) < np.median([np.mean(losses[:10]) for losses in ends]) / 2
    )


def test_pending_trials_drive_workers_apart():
    """Asked eight times without an answer, it spreads more than when it forgets what is pending."""

    def spread(remember):
        optimizer = built(cube(2))
        play(optimizer, bowl, 40)
        asked = []
        for _ in range(8):
            asked.append(list(optimizer.ask().configuration.values()))
            if not remember:
                optimizer._pending.clear()
        return np.mean(np.std(asked, axis=0))

    assert spread(True) > spread(False)


def test_failed_and_stopped_trials_are_bad():
    """All that lies left of the middle fails, or is cut with a good loss: it keeps away from there."""
    for status, loss in ((TrialStatus.FAILED, None), (TrialStatus.CUT, -1e9), (TrialStatus.PRUNED, -1e9)):
        optimizer = built(cube(1))
        right = 0
        for number in range(60):
            ask = optimizer.ask()
            x = ask.configuration["x0"]
            right += x > 0.5 and number >= 30
            optimizer.tell(
                trial(number, ask, (x - 0.8) ** 2) if x > 0.5 else trial(number, ask, loss)._replace(status=status)
            )
        assert right > 25, status


def test_nothing_usable_stays_random():
    optimizer = built(cube(2))
    for number in range(50):
        optimizer.tell(trial(number, optimizer.ask(), None))
    assert 0.0 <= optimizer.ask().configuration["x0"] <= 1.0


def test_a_small_space_is_asked_through_before_anything_is_asked_twice():
    space = ConfigurationSpace(space=[Integer("i", (0, 4)), Categorical("c", list("abc"))])
    optimizer = built(space, candidates=64, startup=3)
    asked = []
    for number in range(18):
        ask = optimizer.ask()
        asked.append(tuple(ask.configuration.values()))
        optimizer.tell(trial(number, ask, float(ask.configuration["i"])))
    first_repeat = next((k for k in range(18) if asked[k] in asked[:k]), 18)
    assert first_repeat >= 15


def test_one_point_space_repeats_itself():
    optimizer = built(ConfigurationSpace({"k": 5}))
    play(optimizer, lambda configuration: 1.0, 20)
    assert optimizer.ask().configuration == {"k": 5}


@pytest.mark.parametrize(("dimension", "pending"), [(2, 1000), (50, 150)])
def test_many_pending_trials_and_many_dimensions(dimension, pending):
    optimizer = built(cube(dimension))
    play(optimizer, bowl, 12)
    asks = [optimizer.ask() for _ in range(pending)]
    for number in reversed(range(len(asks))):
        optimizer.tell(trial(12 + number, asks[number], bowl(asks[number].configuration)))
    assert len(optimizer.ask().configuration) == dimension


@settings(max_examples=40, deadline=None)
@given(space=spaces(forbiddens=True), seed=st.integers(0, 2**63 - 1), data=st.data())
def test_any_space_and_any_outcome(space, seed, data):
    optimizer = built(space, seed, startup=3, multivariate=data.draw(st.booleans()))
    invalid = validator(space)
    outcomes = st.sampled_from([0.0, 1.0, 1e300, -1e300, None])
    waiting = []
    for number in range(14):
        ask = optimizer.ask()
        assert invalid(ask.configuration) is None
        waiting.append((number, ask))
        while waiting and data.draw(st.booleans()):
            which, ask = waiting.pop()
            optimizer.tell(trial(which, ask, data.draw(outcomes)))


def test_how_many_are_good():
    assert [good_count(n, "linear") for n in (1, 6, 7, 20, 21, 100, 166, 167, 2000)] == [1, 1, 2, 3, 4, 15, 25, 25, 25]
    assert [good_count(n, "sqrt") for n in (1, 2, 4, 5, 9, 10, 10_000)] == [1, 2, 2, 3, 3, 4, 25]


def test_weights_of_ranks():
    np.testing.assert_allclose(rank_weights(1), [1.0])
    three = np.log(3.5 / np.arange(1, 4))
    np.testing.assert_allclose(rank_weights(3), 3 * three / three.sum())


def test_observations_keep_their_order_while_they_grow():
    observations = Observations(1)
    losses = [float(k % 7) for k in range(200)]
    for k, loss in enumerate(losses):
        observations.add(np.array([k]), math.inf if k % 10 == 0 else loss)
    assert observations.usable == 180
    order = observations.order().tolist()
    usable = [k for k in range(200) if k % 10]
    assert order[:180] == sorted(usable, key=lambda k: (losses[k], k))
    assert observations.points[order[0], 0] == order[0]


@pytest.mark.parametrize(("name", "value"), [("gamma", "cubic"), ("startup", 0), ("candidates", 0)])
def test_bad_parameters_are_refused(name, value):
    with pytest.raises(HpobenchError, match=name):
        INFO.settings({name: value})
