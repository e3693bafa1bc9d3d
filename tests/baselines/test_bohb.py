"""BOHB from outside, by asking and telling, and the numbers behind its model."""

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float
from hypothesis import given, settings
from hypothesis import strategies as st
from spaces_strategy import spaces
from unit_cube import cube

from hpobench_baselines.native.density import BOHB as INFO
from hpobench_baselines.native.density import parzen
from hpobench_baselines.native.density.bohb import BOHB, reference_widths, split
from hpobench_baselines.native.encoding import Encoding
from hpobench_tui.core import Budget, Fidelity, NotReady, Task
from hpobench_tui.core.space import validator
from hpobench_tui.testing.by_hand import trial
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestConformance(OptimizerConformance):
    info = INFO
    asks = 60
    parameters = {"min_points": 3, "random_fraction": 0.1}  # noqa: RUF012 - so that the model is asked


def built(space, seed=5, maximum=27, **parameters) -> BOHB:
    fidelity = Fidelity("epochs", 1, maximum)
    return BOHB(Task(space, fidelity, Budget.of(10_000, "fidelity"), seed, INFO.settings(parameters)))


def run(optimizer, loss, asks, first=0):
    result = []
    for number in range(first, first + asks):
        ask = optimizer.ask()
        optimizer.tell(trial(number, ask, loss(ask)))
        result.append(ask)
    return result


def bowl(ask):
    return sum((x - 0.3) ** 2 for x in ask.configuration.values()) + 1.0 / ask.fidelity


def starts(asks, bracket):
    return np.array([list(a.configuration.values()) for a in asks if a.rung == 0 and a.bracket == bracket])


@pytest.mark.parametrize(("variant", "first"), [("floor", 27), ("ceil", 27), ("syne-tune", 27)])
def test_brackets_are_hyperbands(variant, first):
    plan = built(cube(2), variant=variant).plan()
    assert plan[0].rungs[0].configurations == first
    assert [b.s for b in plan] == [3, 2, 1, 0]


def test_first_rungs_move_to_where_it_is_good():
    """Uniform draws are 0.45 from the optimum on average; in the fifth bracket, one in five random, half of that."""
    runs = [run(built(cube(2), seed, random_fraction=0.2), bowl, 200) for seed in range(5)]
    uniform = np.linalg.norm(np.random.default_rng(0).random((100_000, 2)) - 0.3, axis=1).mean()
    assert uniform == pytest.approx(0.45, abs=0.01)
    assert np.median([np.linalg.norm(starts(asks, 4) - 0.3, axis=1).mean() for asks in runs]) < uniform / 2


def test_random_fraction_one_is_random():
    asks = run(built(cube(1), random_fraction=1.0), bowl, 400)
    draws = np.sort(np.array([a.configuration["x0"] for a in asks if a.rung == 0]))
    assert np.abs(draws - (np.arange(len(draws)) + 0.5) / len(draws)).max() < 1.63 / np.sqrt(len(draws))


def test_a_model_waits_for_enough_observations():
    """In three dimensions N_min is 4, and N_min + 2 trials are enough; the groups then share some."""
    optimizer = built(cube(3), random_fraction=0.0)
    run(optimizer, bowl, 5)
    assert optimizer._groups() is None
    run(optimizer, bowl, 1, first=5)
    good, bad = optimizer._groups()
    assert len(good) == 4
    assert len(bad) == 5


def test_the_largest_fidelity_with_enough_is_modelled():
    """In one dimension N_min is 2, and four trials are enough: good are the best of that fidelity."""
    optimizer = built(cube(1), random_fraction=0.0)
    told = {}
    modelled = set()
    for number in range(80):
        (ask,) = run(optimizer, bowl, 1, first=number)
        told.setdefault(ask.fidelity, []).append((bowl(ask), ask.configuration["x0"]))
        enough = [fidelity for fidelity, trials in told.items() if len(trials) >= 4]
        if enough:
            best = sorted(told[max(enough)])
            good, _ = optimizer._groups()
            np.testing.assert_allclose(good[:, 0], [x for _, x in best[: len(good)]])
            modelled.add(max(enough))
    assert modelled == {1, 3, 9, 27}


def test_failures_are_no_model():
    optimizer = built(cube(1), random_fraction=0.0)
    run(optimizer, lambda ask: None, 60)
    assert optimizer._groups() is None


def test_pending_configurations_are_bad():
    optimizer = built(cube(2), random_fraction=0.0)
    run(optimizer, bowl, 12)
    _, before = optimizer._groups()
    asks = [optimizer.ask() for _ in range(5)]
    _, after = optimizer._groups()
    np.testing.assert_allclose(after[len(before) :], [list(a.configuration.values()) for a in asks])


def test_not_ready_while_a_rung_is_pending():
    optimizer = built(cube(2), maximum=9)
    asks = [optimizer.ask() for _ in range(9)]
    with pytest.raises(NotReady):
        optimizer.ask()
    for number, ask in enumerate(reversed(asks)):
        optimizer.tell(trial(number, ask, bowl(ask), asked=8 - number))
    promoted = optimizer.ask()
    best = min(range(9), key=lambda k: bowl(asks[8 - k]))
    assert (promoted.rung, promoted.continues) == (1, best)


def test_how_many_are_good_and_bad():
    """Eq. 3 with N_min = 4 and q = 15 percent."""
    assert [split(n, 15.0, 4) for n in (3, 8, 40, 100)] == [(3, 3), (4, 6), (6, 34), (15, 85)]


def test_widths_are_scotts():
    space = ConfigurationSpace(space=[Categorical("c", ["a", "b"]), Float("x", (0.0, 1.0))])
    encoding = Encoding(space)
    axes = parzen.Axes(encoding)
    observations = np.array([[0, 0.1], [1, 0.4], [1, 0.7], [0, np.nan]])
    expected = 1.06 * np.std([0.1, 0.4, 0.7]) * 4 ** (-1 / 6)
    assert reference_widths(axes, observations)[1] == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(space=spaces(forbiddens=True), seed=st.integers(0, 2**63 - 1), data=st.data())
def test_any_space_and_any_outcome(space, seed, data):
    optimizer = built(space, seed, min_points=2, random_fraction=0.0, maximum=9)
    invalid = validator(space)
    outcomes = st.sampled_from([0.0, 1.0, 1e300, -1e300, None])
    waiting = []
    for asked in range(24):
        try:
            ask = optimizer.ask()
        except NotReady:
            break
        assert invalid(ask.configuration) is None
        waiting.append((asked, ask))
        while waiting and data.draw(st.booleans()):
            which, ask = waiting.pop()
            optimizer.tell(trial(asked, ask, data.draw(outcomes), asked=which))
