"""The random forest: its numbers against scikit-learn's own, its search, and the optimizer from outside."""

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from spaces_strategy import spaces
from unit_cube import bowl, cube

pytest.importorskip("sklearn")

from hpobench_baselines.native.encoding import Encoding
from hpobench_baselines.native.trees import FOREST as INFO
from hpobench_baselines.native.trees.forest import Forest, normal_scores
from hpobench_baselines.native.trees.regression import ABSENT, Columns, Regression
from hpobench_baselines.native.trees.search import climb, neighbours
from hpobench_tui.core import Budget, Task
from hpobench_tui.core.space import validator
from hpobench_tui.testing.by_hand import play, trial
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestConformance(OptimizerConformance):
    info = INFO
    parameters = {"trees": 4, "startup": 5}  # noqa: RUF012 - so that the tests are fast
    asks = 18


def built(space, seed=3, **parameters) -> Forest:
    return Forest(Task(space, None, Budget.of(100, "evaluations"), seed, INFO.settings(parameters)))


def mixed():
    space = ConfigurationSpace()
    kind, x = Categorical("kind", ["a", "b", "c"]), Float("x", (0.0, 1.0))
    space.add(
        kind, x, Integer("i", (1, 9), log=True), Categorical("flag", [True, False]), EqualsCondition(x, kind, "b")
    )
    return Encoding(space)


def test_features_of_mixed_and_inactive_columns():
    encoding = mixed()
    assert encoding.names == ("flag", "i", "kind", "x")
    middle = encoding.encode({"flag": False, "i": 3, "kind": "b", "x": 0.25})
    without = encoding.encode({"flag": True, "i": 3, "kind": "c"})
    i = middle[1]
    np.testing.assert_allclose(
        Columns(encoding)(np.array([middle, without])),
        [[1, i, 0.25, 0, 1, 0], [0, i, ABSENT, 0, 0, 1]],
        rtol=1e-6,
    )


def test_moments_are_those_of_the_rows_in_the_leaves():
    """The law of total variance, from the training rows of each tree's leaves."""
    encoding = mixed()
    rng = np.random.default_rng(0)
    rows, targets = encoding.masked(encoding.sample(40, rng))[rng.integers(40, size=80)], rng.normal(size=80)
    regression = Regression(Columns(encoding), 6)
    regression.grow(rows, targets, np.random.default_rng(1))
    query = encoding.masked(encoding.sample(30, rng))
    mean, variance = regression.predict(query)
    columns = Columns(encoding)
    means, variances = [], []
    for tree in regression.trees:
        leaves = tree.apply(columns(rows))
        groups = [targets[leaves == leaf] for leaf in tree.apply(columns(query))]
        means.append([group.mean() for group in groups])
        variances.append([group.var() for group in groups])
    np.testing.assert_allclose(mean, np.mean(means, axis=0), atol=1e-12)
    np.testing.assert_allclose(variance, np.mean(variances, axis=0) + np.var(means, axis=0), atol=1e-10)


def test_a_forest_learns_a_function():
    encoding = Encoding(cube(2))
    rng = np.random.default_rng(2)
    x, query = rng.random((400, 2)), rng.random((200, 2))
    regression = Regression(Columns(encoding), 20)
    regression.grow(x, np.sin(4 * x[:, 0]) + x[:, 1], rng)
    mean, variance = regression.predict(query)
    truth = np.sin(4 * query[:, 0]) + query[:, 1]
    assert 1 - np.var(mean - truth) / np.var(truth) > 0.95
    assert np.mean(np.abs(mean - truth) < 3 * np.sqrt(variance)) > 0.9


def test_neighbours_differ_in_one_hyperparameter():
    encoding = mixed()
    x = encoding.sample(5, np.random.default_rng(0))
    around = neighbours(encoding, x, np.random.default_rng(1))
    different = (np.abs(around - x[:, None]) > 1e-9).sum(axis=2)
    assert different.max() == 1
    flag, kind = encoding.names.index("flag"), encoding.names.index("kind")
    for start, near in zip(x, around, strict=True):
        assert set(near[:, kind]) == {0.0, 1.0, 2.0}
        assert {1.0 - start[flag]} < set(near[:, flag])
    flat = around.reshape(-1, 4)
    np.testing.assert_allclose(encoding.snap(flat), flat)


def test_climbing_never_loses_and_finds_a_bowls_bottom():
    encoding = Encoding(cube(3))
    starts = np.random.default_rng(0).random((6, 3))

    def worth(x):
        return -((x - 0.6) ** 2).sum(axis=1)

    x, value = climb(encoding, starts, worth, np.random.default_rng(1))
    np.testing.assert_allclose(value, worth(x))
    assert (value >= worth(starts)).all()
    assert value.max() > -0.005


def test_scores_know_the_order_alone():
    losses = np.array([3.0, -1e300, 1e300, np.inf, 3.0, np.inf])
    ranks = np.array([2.5, 1.0, 4.0, 5.5, 2.5, 5.5])
    np.testing.assert_allclose(normal_scores(losses), stats.norm.ppf((ranks - 0.5) / 6))


def test_finds_the_bottom_of_a_bowl():
    """Random search needs about 300 draws to come within r^2 < 1e-3."""
    assert np.median([min(t.loss for t in play(built(cube(2), seed), bowl, 45)) for seed in range(3)]) < 1e-3


def test_pending_trials_are_spread():
    optimizer = built(cube(2), random_fraction=0.0)
    play(optimizer, bowl, 15)
    asks = np.array([list(optimizer.ask().configuration.values()) for _ in range(8)])
    distances = np.linalg.norm(asks[:, None] - asks, axis=2)[np.triu_indices(8, 1)]
    assert distances.min() > 0.0


def test_failures_are_avoided():
    optimizer = built(cube(1), random_fraction=0.0)
    right = 0
    for number in range(40):
        ask = optimizer.ask()
        x = ask.configuration["x0"]
        right += x > 0.5 and number >= 25
        optimizer.tell(trial(number, ask, (x - 0.8) ** 2 if x > 0.5 else None))
    assert right > 11


def test_a_small_space_is_asked_through():
    space = ConfigurationSpace(space=[Integer("i", (0, 4)), Categorical("c", list("abc"))])
    optimizer = built(space, startup=3, trees=3)
    asked = []

    def loss(configuration):
        asked.append(tuple(configuration.values()))
        return float(configuration["i"])

    play(optimizer, loss, 30)
    assert len(set(asked)) == 15


def test_constants_alone_are_repeated():
    optimizer = built(ConfigurationSpace({"k": 5}))
    play(optimizer, lambda configuration: 1.0, 15)
    assert optimizer.ask().configuration == {"k": 5}


def test_fifty_dimensions_and_many_pending_trials():
    optimizer = built(cube(50), trees=3)
    play(optimizer, bowl, 11)
    asks = [optimizer.ask() for _ in range(10)]
    for number in reversed(range(10)):
        optimizer.tell(trial(11 + number, asks[number], bowl(asks[number].configuration)))
    assert len(optimizer.ask().configuration) == 50


@settings(max_examples=15, deadline=None)
@given(space=spaces(forbiddens=True), seed=st.integers(0, 2**63 - 1), data=st.data())
def test_any_space_and_any_outcome(space, seed, data):
    optimizer = built(space, seed, startup=2, trees=2)
    invalid = validator(space)
    outcomes = st.sampled_from([0.0, 1.0, 1e300, -1e300, None])
    waiting = []
    for number in range(9):
        ask = optimizer.ask()
        assert invalid(ask.configuration) is None
        waiting.append((number, ask))
        while waiting and data.draw(st.booleans()):
            optimizer.tell(trial(*waiting.pop(), data.draw(outcomes)))


def test_an_explored_conditional_space_is_no_slower():
    """Where all was asked, hundreds of candidates are looked through: in blocks, as one by one takes 0.3 s."""
    space = ConfigurationSpace(space=[parent := Categorical("p", [0, 1]), child := Categorical("c", list(range(6)))])
    space.add(EqualsCondition(child, parent, 1))
    optimizer = built(space, startup=2, trees=2, random_fraction=0.0)
    decoded = 0
    one = optimizer._encoding.decode

    def counted(x):
        nonlocal decoded
        decoded += 1
        return one(x)

    optimizer._encoding.decode = counted
    play(optimizer, lambda configuration: float(configuration["p"]), 20)
    assert decoded <= 40
