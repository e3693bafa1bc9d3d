"""Sampling and validation on random spaces with conditions and forbiddens."""

from enum import Enum
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
    NormalFloatHyperparameter,
    OrdinalHyperparameter,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from hpobench_tui.core import HpobenchError
from hpobench_tui.core.configuration import from_json, key_of
from hpobench_tui.core.space import checked, default, encoder, samples, space_of, validator
from hpobench_tui.core.values import typed


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


class Made:
    """A problem whose space is made by a function."""

    def __init__(self, make):
        self.space = make


def one(hyperparameter):
    return Made(lambda: ConfigurationSpace(space=[hyperparameter()]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Categorical("h", [[1], [2]]), r"\[1\] is a list; choices are str, int"),
        (lambda: Categorical("h", [{"a": 1}, {"b": 1}]), "is a dict"),
        (lambda: Categorical("h", [(1, [2]), (3,)]), r"\[2\] is a list"),
        (lambda: Categorical("h", [len, max]), "is a builtin_function_or_method"),
        (lambda: Categorical("h", [b"a", "b"]), "is a bytes"),
        (lambda: Categorical("h", [1j, 2.0]), "is a complex"),
        (lambda: Categorical("h", [1.0, float("inf")]), "inf is no finite number"),
        (lambda: Categorical("h", [float("nan"), 1.0]), "Illegal default value nan"),
        (lambda: Categorical("h", ["a", "\ud800"]), "no valid Unicode"),
        (lambda: OrdinalHyperparameter("h", [Kind.ONE, Kind.TWO]), "is a Kind"),
        (lambda: Constant("h", [1, 2]), r"\[1, 2\] is a list"),
        (lambda: Constant("h", object), "is a type"),
        (lambda: Categorical("h", []), "division by zero"),
        (lambda: OrdinalHyperparameter("h", []), "out of range"),
        (lambda: Categorical("h", [1, True]), "only a single"),
        (lambda: Integer("h", (3, 3)), "Upper bound 3.0* must be larger"),
        (lambda: Integer("h", (0, 2**53)), "beyond the limits"),
        (lambda: Integer("h", (-(2**53) + 1, 1)), "beyond the limits"),
        (lambda: Integer("h", (1, 2**62), log=True), "beyond the limits"),
        (lambda: Integer("h", (0, 2**63 - 1)), "upper = 9223372036854775807: Python int too large"),
        (lambda: Integer("h", (0, 10**30)), "upper = 1000000000000000000000000000000: "),
        (lambda: Float("h", (0.0, 0.1), log=True), "lower = 0.0, upper = 0.1, log = True: Negative lower bound"),
        (lambda: Float("h", (1e-300, 1.0), log=True), "13 decimals"),
        (lambda: Float("h", (0.0, 1e300)), "beyond the limits"),
        (lambda: Float("h", (-1e308, 1e308)), "Limits: integers lie within"),
        (lambda: Float("h", (0.0, float("inf"))), "beyond the limits"),
        (lambda: Float("h", (0.0, float("nan"))), "Limits"),
        (lambda: Float("h", (1.0, float(np.nextafter(1.0, 2.0)))), "Upper bound 1.0* must be larger"),
        (lambda: NormalFloatHyperparameter("h", 0.0, 1.0, -np.inf, np.inf), "beyond the limits"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # ConfigSpace's own, on its way to the error
def test_what_cannot_be_searched_or_stored_is_refused_by_name(make: object, message: str) -> None:
    with pytest.raises(HpobenchError, match=f"(?s)hyperparameter 'h'.*{message}"):
        space_of(one(make))  # type: ignore[arg-type]


class Kind(Enum):
    ONE = 1
    TWO = 2


def test_errors_of_the_problems_own_stay_what_they_are() -> None:
    def fail() -> ConfigurationSpace:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        space_of(Made(fail))  # type: ignore[arg-type]
    with pytest.raises(HpobenchError, match="must return a ConfigSpace"):
        space_of(Made(dict))  # type: ignore[arg-type]


KINDS = [
    [None, 5, 10], [(1, 2), (3, 4)], [None, (1, (2, None)), "s"], [(), (1,)], [1, 2.5, False], [True, 2], ["1", 1],
    [2**70, 1], list(np.array([1, 2])), list(np.array(["a", "b"])), [-0.0, 1e300, 5e-324],
]  # fmt: skip


@pytest.mark.parametrize("choices", KINDS, ids=str)
@pytest.mark.parametrize("kind", [Categorical, OrdinalHyperparameter])
def test_choices_are_drawn_checked_and_written_in_their_own_types(kind: object, choices: list[object]) -> None:
    space = checked(ConfigurationSpace(space=[kind("c", choices)]))  # type: ignore[operator]
    check, encode = validator(space), encoder(space)
    plain = [c.item() if isinstance(c, np.generic) else c for c in choices]
    drawn = [c["c"] for c in islice(samples(space, np.random.default_rng(0)), 100)]
    assert {typed(c) for c in drawn} == {typed(c) for c in plain}
    assert typed(default(space)["c"]) == typed(plain[0])
    for choice in plain:
        assert check({"c": choice}) is None
        read = from_json(encode({"c": choice}))
        assert typed(read["c"]) == typed(choice)
        assert key_of(read) == key_of({"c": choice})
    for other in (7, 7.0, "5", [1, 2], {}, (5,), None if None not in plain else 0, ([],)):
        assert "not legal" in (check({"c": other}) or "")  # type: ignore[dict-item]
    twins = [v for c in plain if type(c) in (int, bool, float) for v in (float(c), int(c)) if typed(v) != typed(c)]
    assert all("not legal" in (check({"c": v}) or "") for v in twins)
