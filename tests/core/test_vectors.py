"""Vectors of configurations: distances by hand."""

from itertools import islice
from math import log

import numpy as np
import pytest

pytest.importorskip("polars")


from hpobench_tui.core.space import samples
from hpobench_tui.core.tabular.vectors import Vectors
from hpobench_tui.plugins import load_problem, problems
from tables import Cliff


@pytest.fixture(scope="module")
def features():
    return Vectors(Cliff().space())


def distance(features, one, other):
    return float(np.linalg.norm(features.row(one) - features.row(other)))


def test_distances_by_hand(features):
    start = {"x": 0.1, "kind": "a", "depth": 2, "size": 16}
    assert distance(features, start, start | {"x": 1.0}) == pytest.approx(0.5)  # half of the two decades
    assert distance(features, start, start | {"size": 32}) == pytest.approx(0.5)  # one of two places
    assert distance(features, start, start | {"depth": 4}) == pytest.approx(log(2) / log(8))
    other = {"x": 0.1, "kind": "b", "size": 16}
    gone = features.row(start)[np.flatnonzero(features.row(start) != features.row(other))]
    assert len(gone) == 4, "two of the kind, depth and its activity"
    middle = log(2) / log(8) - 0.5
    assert distance(features, start, other) == pytest.approx((1.0 + 1.0 + middle**2) ** 0.5)


def test_what_is_inactive_is_no_part_of_a_distance(features):
    assert distance(features, {"x": 0.1, "kind": "b", "size": 16}, {"x": 0.1, "kind": "b", "size": 16}) == 0.0


def test_different_choices_are_1_apart_and_nothing_else_of_a_column_more():
    for info in problems():
        if info.suite != "synthetic":
            continue
        space = load_problem(info).space()
        features, rng = Vectors(space), np.random.default_rng(0)
        rows = features.rows(list(islice(samples(space, rng), 50)))
        assert rows.shape == (50, features.width)
        assert rows.min() >= 0.0
        assert rows.max() <= 1.0


def test_constants_and_single_values_have_no_column():
    from ConfigSpace import Categorical, ConfigurationSpace, Constant, Float

    space = ConfigurationSpace(space=[Constant("c", 3), Categorical("one", ["x"]), Float("f", (0.0, 2.0))])
    features = Vectors(space)
    assert features.row({"c": 3, "one": "x", "f": 0.5}).tolist() == [0.25]
