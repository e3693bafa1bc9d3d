"""Vectors and configurations are two views of one thing."""

import math
from itertools import permutations

import numpy as np
import pytest
from ConfigSpace import (
    BetaFloatHyperparameter,
    Categorical,
    ConfigurationSpace,
    Constant,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    ForbiddenGreaterThanRelation,
    ForbiddenInClause,
    Integer,
    NormalIntegerHyperparameter,
    NotEqualsCondition,
    OrdinalHyperparameter,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from spaces_strategy import spaces

from hpobench_baselines.native.encoding import Encoding
from hpobench_tui.core.space import plain, validator


@settings(max_examples=60, deadline=None)
@given(spaces(forbiddens=True), st.integers(0, 2**32))
def test_draws_are_valid_and_survive_the_way_there_and_back(space, seed):
    encoding, invalid = Encoding(space), validator(space)
    x = encoding.sample(20, np.random.default_rng(seed))
    assert np.isfinite(x).all()
    for row in x:
        configuration = encoding.decode(row)
        assert invalid(configuration) is None
        there = encoding.encode(configuration)
        assert np.array_equal(np.isnan(there), ~encoding.active(row[None])[0])
        np.testing.assert_allclose(there, encoding.masked(row[None])[0], atol=1e-9)
        assert encoding.decode(encoding.filled(there)).keys() == configuration.keys()


@settings(max_examples=60, deadline=None)
@given(spaces(forbiddens=True), st.integers(0, 2**32))
def test_any_vector_decodes_to_what_configspace_accepts_or_is_not_permitted(space, seed):
    rng = np.random.default_rng(seed)
    encoding, invalid = Encoding(space), validator(space)
    x = rng.uniform(-0.2, 1.2, (20, len(encoding.names)))
    x[:, encoding.categorical] *= encoding.levels[encoding.categorical]
    snapped = encoding.snap(x)
    for row, permitted in zip(snapped, encoding.permitted(snapped), strict=True):
        assert (invalid(encoding.decode(row)) is None) == permitted
    assert encoding.decode_all(snapped) == [encoding.decode(row) for row in snapped]
    masked = encoding.masked(snapped)
    assert encoding.decode_all(masked) == [encoding.decode(row) for row in masked]
    mended = encoding.mend(snapped, rng)
    assert encoding.permitted(mended).all()
    assert np.array_equal(mended[encoding.permitted(snapped)], snapped[encoding.permitted(snapped)])


@settings(max_examples=40, deadline=None)
@given(spaces(), st.integers(0, 2**32 - 1))
def test_configurations_of_configspace_are_encoded(space, seed):
    space.seed(seed)
    encoding = Encoding(space)
    for configuration in map(plain, space.sample_configuration(10)):
        back = encoding.decode(encoding.filled(encoding.encode(configuration)))
        assert back == pytest.approx(configuration, rel=1e-9)


def test_snapping_is_what_encoding_gives():
    space = ConfigurationSpace()
    space.add(Integer("i", (2, 5)), Integer("j", (1, 100), log=True), OrdinalHyperparameter("o", ["a", "b", "c"]))
    encoding = Encoding(space)
    x = encoding.snap(np.random.default_rng(1).random((200, 3)))
    again = np.array([encoding.encode(encoding.decode(row)) for row in x])
    np.testing.assert_allclose(again, x, atol=1e-12)
    j = encoding.names.index("i")
    assert set(np.round(x[:, j], 12)) == {0.125, 0.375, 0.625, 0.875}


def test_scales():
    space = ConfigurationSpace(space=[Float("rate", (1e-4, 1.0), log=True), Float("x", (-2.0, 2.0))])
    encoding = Encoding(space)
    at = dict(zip(encoding.names, encoding.encode({"rate": 1e-2, "x": -1.0}), strict=True))
    assert at["rate"] == pytest.approx(0.5)
    assert at["x"] == 0.25


def test_priors_are_the_spaces_own():
    space = ConfigurationSpace()
    space.add(
        BetaFloatHyperparameter("b", alpha=2.0, beta=5.0, lower=0.0, upper=1.0),
        NormalIntegerHyperparameter("n", mu=10, sigma=2, lower=0, upper=20),
        Categorical("c", ["rare", "often"], weights=[0.1, 0.9]),
        Constant("k", 3),
    )
    encoding = Encoding(space)
    x = dict(zip(encoding.names, encoding.sample(4000, np.random.default_rng(3)).T, strict=True))
    assert stats.kstest(x["b"], stats.beta(2, 5).cdf).pvalue > 1e-3
    assert x["c"].mean() == pytest.approx(0.9, abs=0.02)
    assert (x["n"] * 21 - 0.5).mean() == pytest.approx(10, abs=0.15)
    assert (x["k"] == 0).all()
    assert list(np.array(encoding.names)[~encoding.searched]) == ["k"]


def test_a_space_with_hardly_a_permitted_point_is_sampled():
    space = ConfigurationSpace()
    a, b = Integer("a", (0, 30), default=0), Integer("b", (0, 30), default=30)
    c, d = Categorical("c", list("xyz"), default="x"), Categorical("d", list("xyz"), default="x")
    space.add(a, b, c, d)
    space.add(ForbiddenGreaterThanRelation(a, b))
    pairs = [(ForbiddenEqualsClause(c, v), ForbiddenEqualsClause(d, w)) for v, w in permutations("xyz", 2)]
    space.add(*(ForbiddenAndConjunction(*pair) for pair in pairs))
    encoding, invalid = Encoding(space), validator(space)
    for row in encoding.sample(300, np.random.default_rng(0)):
        assert invalid(encoding.decode(row)) is None


def test_a_thousandth_of_a_space_is_sampled_as_it_is_and_not_by_its_default():
    space = ConfigurationSpace()
    hyperparameters = [Integer(f"h{i}", (0, 9), default=0) for i in range(3)]
    space.add(*hyperparameters, Float("x", (0.0, 1.0), default=0.5))
    space.add(*(ForbiddenInClause(h, list(range(1, 10))) for h in hyperparameters))
    encoding = Encoding(space)
    x = encoding.sample(5, np.random.default_rng(1))
    x = np.vstack([x, encoding.mend(np.full((5, 4), 0.99), np.random.default_rng(2))])
    assert encoding.permitted(x).all()
    assert len(np.unique(x[:, -1])) == 10


def test_condition_on_an_inactive_parent_is_as_configspace_has_it():
    space = ConfigurationSpace(seed=1)
    a, b, c = Categorical("a", ["on", "off"]), Categorical("b", ["u", "v"]), Float("c", (0.0, 1.0))
    space.add(a, b, c)
    space.add(NotEqualsCondition(b, a, "off"), NotEqualsCondition(c, b, "u"))
    encoding, invalid = Encoding(space), validator(space)
    for row in encoding.sample(50, np.random.default_rng(0)):
        assert invalid(encoding.decode(row)) is None


def test_no_hyperparameters_but_constants():
    encoding = Encoding(ConfigurationSpace({"k": 5}))
    x = encoding.sample(3, np.random.default_rng(0))
    assert encoding.decode(x[0]) == {"k": 5}
    assert not encoding.searched.any()


def test_wide_ranges_do_not_overflow():
    space = ConfigurationSpace()
    space.add(Float("wide", (-1e150, 1e150)), Float("tiny", (1e-8, 1e150), log=True), Integer("big", (0, 2**40)))
    encoding, invalid = Encoding(space), validator(space)
    for row in encoding.sample(50, np.random.default_rng(0)):
        configuration = encoding.decode(row)
        assert invalid(configuration) is None
        assert all(math.isfinite(value) for value in configuration.values())


def test_bins_tile_the_unit_interval_and_hold_the_positions_that_decode_to_their_value():
    space = ConfigurationSpace()
    space.add(Integer("log", (1, 40), log=True), Integer("plain", (-3, 8)), OrdinalHyperparameter("size", list("smlx")))
    encoding = Encoding(space)
    positions = np.linspace(0, 1, 1001)
    for j, name in enumerate(encoding.names):
        lower, upper = encoding.bins(j, positions)
        edges = np.unique(np.round(np.concatenate([lower, upper]), 12))
        assert len(edges) == encoding.levels[j] + 1, name
        assert edges[0] == pytest.approx(0, abs=1e-12)
        assert edges[-1] == pytest.approx(1, abs=1e-12)
        assert ((lower - 1e-12 <= positions) & (positions <= upper + 1e-12)).all(), name
        full = np.tile(encoding.default, (len(positions), 1))
        full[:, j] = positions
        middles = encoding.snap(full)[:, j]
        assert ((lower < middles) & (middles < upper)).all(), name
