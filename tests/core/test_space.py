"""Sampling and validation on random spaces with conditions and forbiddens."""

from itertools import islice

import numpy as np
import pytest
from ConfigSpace import (
    Categorical,
    Configuration,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    Integer,
    OrdinalHyperparameter,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from hpobench_tui.core.space import default, samples, validator


def rich_space() -> ConfigurationSpace:
    space = ConfigurationSpace()
    lr, depth = Float("lr", (1e-5, 1e-1), log=True), Integer("depth", (1, 8))
    kind, order = Categorical("kind", ["a", "b", "c"]), OrdinalHyperparameter("order", [1, 2, 4])
    momentum = Float("momentum", (0.0, 1.0))
    space.add([lr, depth, kind, order, momentum])
    space.add(EqualsCondition(momentum, kind, "b"))
    space.add(ForbiddenAndConjunction(ForbiddenEqualsClause(kind, "c"), ForbiddenEqualsClause(order, 4)))
    return space


def flat_space() -> ConfigurationSpace:
    return ConfigurationSpace({"x": (0.0, 1.0), "n": (1, 10), "k": ["a", "b"], "flag": [True, False]})


@pytest.mark.parametrize("make", [rich_space, flat_space])
@given(seed=st.integers(0, 2**63 - 1))
@settings(max_examples=15, deadline=None)
def test_samples_are_valid_plain_and_repeatable(make: object, seed: int) -> None:
    space = make()  # type: ignore[operator]
    check = validator(space)
    first, again = samples(space, np.random.default_rng(seed)), samples(make(), np.random.default_rng(seed))  # type: ignore[operator]
    for _ in range(300):
        configuration = next(first)
        assert configuration == next(again)
        assert check(configuration) is None
        assert all(type(v) in (str, int, float, bool) for v in configuration.values())
        Configuration(space, values=configuration).check_valid_configuration()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": 1.0}, "not legal for hyperparameter lr"),
        ({"depth": 2.0}, "not legal for hyperparameter depth"),
        ({"depth": True}, "not legal"),
        ({"kind": "d"}, "not legal"),
        ({"order": 3}, "not legal"),
        ({"other": 1}, "unknown hyperparameter 'other'; valid: "),
        ({"kind": "b"}, "missing hyperparameter 'momentum', which is active: its condition is momentum | kind"),
        ({"momentum": 0.5}, "hyperparameter 'momentum' is set, but not active"),
        ({"kind": "c", "order": 4}, "forbidden combination: (Forbidden: kind == 'c' && Forbidden: order == 4)"),
        ({"lr": float("nan")}, "not legal"),
    ],
)
def test_invalid_configurations_are_named(change: dict[str, object], message: str) -> None:
    valid = {"lr": 1e-3, "depth": 2, "kind": "a", "order": 2}
    check = validator(rich_space())
    assert check(valid) is None
    assert message in (check({**valid, **change}) or "valid after all")  # type: ignore[dict-item]


def test_missing_hyperparameters_are_named() -> None:
    assert "missing hyperparameters: flag, k, n" in (validator(flat_space())({"x": 0.5}) or "")


def test_sampling_follows_the_spaces_distribution() -> None:
    draws = samples(ConfigurationSpace([Float("lr", (1e-4, 1.0), log=True)]), np.random.default_rng(1))
    logs = np.log10([next(draws)["lr"] for _ in range(4000)])
    assert abs(logs.mean() + 2) < 4 * (4 / np.sqrt(12)) / np.sqrt(4000)


def test_default() -> None:
    assert default(flat_space())["x"] == 0.5


@pytest.mark.parametrize("value", [True, 1.0, np.int64(1)])
def test_a_constant_is_its_value_in_its_type(value: object) -> None:
    """What only equals it could not be written down, or not as what it is."""
    check = validator(ConfigurationSpace(space=[Constant("c", 1)]))
    assert check({"c": 1}) is None
    assert "not legal" in (check({"c": value}) or "")  # type: ignore[dict-item]


def test_a_space_of_nothing_has_one_configuration() -> None:
    assert list(islice(samples(ConfigurationSpace(), np.random.default_rng(0)), 3)) == [{}, {}, {}]
