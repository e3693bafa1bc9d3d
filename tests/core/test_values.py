"""Budgets, fidelities, parameters, seeds: what they refuse and what they promise."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpobench_tui.core import (
    Budget,
    Capabilities,
    Dimensions,
    Fidelity,
    HpobenchError,
    OptimizerInfo,
    Parameter,
    ProblemInfo,
    Reference,
    Unit,
)
from hpobench_tui.core.compatibility import missing, refusal
from hpobench_tui.core.errors import unknown
from hpobench_tui.core.incumbent import IncumbentTracker
from hpobench_tui.core.seeds import derive, optimizer_seed, problem_seed, training_seed


@pytest.mark.parametrize(
    ("amount", "unit", "message"),
    [
        (-5, "evaluations", "must be positive"),
        (0, "fidelity", "must be positive"),
        (2.5, "evaluations", "whole numbers"),
        (5, "minutes", "Valid: evaluations, fidelity"),
        (float("nan"), "seconds", "finite"),
        (float("inf"), "seconds", "finite"),
    ],
)
def test_bad_budgets(amount: float, unit: str, message: str) -> None:
    with pytest.raises(HpobenchError, match=message):
        Budget.of(amount, unit)


def test_amounts_are_exact() -> None:
    assert Budget.of(0.1, "seconds").amount == Fraction(1, 10)
    assert Budget.of("0.3", Unit.SECONDS).quanta(None) == 300_000_000
    assert Budget.of(1.5, "full-evaluations").quanta(Fidelity("epochs", 1, 81)) == 121
    assert str(Budget.of(1.5, "seconds")) == "1.5 seconds"


@pytest.mark.parametrize(("minimum", "maximum"), [(0, 9), (5, 4), (-1, -1)])
def test_bad_fidelities(minimum: int, maximum: int) -> None:
    with pytest.raises(HpobenchError, match="fidelity 'epochs'"):
        Fidelity("epochs", minimum, maximum)


def test_ids_name_a_suite() -> None:
    with pytest.raises(HpobenchError, match="suite/name"):
        ProblemInfo("branin", "", "m:p", Dimensions(floats=2), Reference(0.0, ""))


PARAMETERS = (
    Parameter("eta", 3, "Halving factor.", minimum=2),
    Parameter("variant", "floor", "Which.", choices=("floor", "ceil")),
    Parameter("share", 0.5, "A share.", minimum=0),
)
INFO = OptimizerInfo("some", "", "m:o", parameters=PARAMETERS)


def test_settings_have_defaults_and_take_whole_numbers_for_floats() -> None:
    assert INFO.settings({}) == {"eta": 3, "variant": "floor", "share": 0.5}
    assert INFO.settings({"share": 1, "eta": 4}) == {"eta": 4, "variant": "floor", "share": 1.0}


@pytest.mark.parametrize(
    ("given_settings", "message"),
    [
        ({"eta": 1}, "at least 2"),
        ({"eta": 2.5}, "must be a whole number"),
        ({"eta": True}, "must be a whole number"),
        ({"variant": "round"}, "one of floor, ceil"),
        ({"share": float("nan")}, "finite"),
        ({"et": 3}, "Did you mean 'eta'"),
    ],
)
def test_bad_settings(given_settings: dict[str, object], message: str) -> None:
    with pytest.raises(HpobenchError, match=message):
        INFO.settings(given_settings)  # type: ignore[arg-type]


def test_impossible_pairs_have_reasons() -> None:
    plain = ProblemInfo("a/plain", "", "m:p", Dimensions(floats=2), Reference(0.0, ""))
    rich = ProblemInfo("a/rich", "", "m:p", Dimensions(categoricals=1, conditions=1, forbiddens=1), Reference(0.0, ""))
    narrow = Capabilities(categoricals=False, conditions=False, forbiddens=False)
    assert refusal(plain, OptimizerInfo("o", "", "m:o", narrow)) is None
    assert "categorical" in (refusal(rich, OptimizerInfo("o", "", "m:o", narrow)) or "")
    assert "conditional" in (refusal(rich, OptimizerInfo("o", "", "m:o", Capabilities(conditions=False))) or "")
    assert "forbidden" in (refusal(rich, OptimizerInfo("o", "", "m:o", Capabilities(forbiddens=False))) or "")
    assert "fidelity" in (refusal(plain, OptimizerInfo("o", "", "m:o", Capabilities(needs_fidelity=True))) or "")
    silent = replace(plain, fidelity=Fidelity("epochs", 1, 9, resumable=False))
    assert "at their end" in (refusal(silent, OptimizerInfo("o", "", "m:o", Capabilities(needs_reports=True))) or "")
    assert "resumed" in (refusal(silent, OptimizerInfo("o", "", "m:o", Capabilities(needs_resumable=True))) or "")
    telling = replace(plain, fidelity=Fidelity("epochs", 1, 9, step=1))
    both = Capabilities(needs_reports=True, needs_resumable=True)
    assert refusal(telling, OptimizerInfo("o", "", "m:o", both)) is None


def test_missing_extras_say_what_to_install() -> None:
    info = OptimizerInfo("o", "", "m:o", requires={"no_such_module": "some-extra", "json": "other"})
    assert missing(info) == "o needs a missing extra; install with: pip install 'hpobench-tui[some-extra]'"
    assert missing(OptimizerInfo("o", "", "m:o", requires={"json": "x"})) is None
    other = OptimizerInfo("p", "", "m:p", requires={"no.such.module": "another"})
    assert (
        missing(info, other) == "o, p need missing extras; install with: pip install 'hpobench-tui[another,some-extra]'"
    )


def test_unknown_names_get_suggestions() -> None:
    assert "Did you mean 'hyperband'?" in str(unknown("optimizer", "hyprband", ["grid", "hyperband"]))


def test_seeds_are_common_where_they_should_be() -> None:
    assert derive("a", 1) != derive("a1") != derive("a", "1", "")
    assert derive("a", 1) == 4665976284724862560, "the same on every machine, for ever"
    assert problem_seed(0, "p", 0) != problem_seed(0, "p", 1) != problem_seed(1, "p", 0)
    assert optimizer_seed(0, "p", "a", 0) != optimizer_seed(0, "p", "b", 0)
    assert training_seed(5, 0) == 5
    assert training_seed(5, 1) != training_seed(5, 2) != 5


@given(st.lists(st.one_of(st.text(), st.integers()), max_size=4))
def test_seeds_fit_into_63_bits(parts: list[str | int]) -> None:
    assert 0 <= derive(*parts) < 2**63


def test_the_incumbent_without_noise_is_the_lowest_loss() -> None:
    tracker = IncumbentTracker(noisy=False)
    for number, loss in enumerate([3.0, 5.0, 2.0, 2.0]):
        tracker.add(number, {"x": number}, 1, loss)
    assert (tracker.number, tracker.value) == (2, 2.0), "the first of equals"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 9, -1), "step must be at least 1, or None, not -1"),
        ((1, 9, 0), "step must be at least 1"),
        ((1, 9, 1.0), "step must be an int, not 1.0"),
        ((1, 9, True), "step must be an int, not True"),
        ((True, 9, None), "minimum must be an int, not True"),
        ((1.0, 9, None), "minimum must be an int, not 1.0"),
        ((1, float("nan"), None), "maximum must be an int, not nan"),
        ((1, np.int64(9), None), "maximum must be an int, not .*int64"),
        ((1, None, None), "maximum must be an int, not None"),
        ((1, "9", None), "maximum must be an int, not '9'"),
        ((0, 9, None), "need 1 <= minimum"),
        ((1, 2**53 + 1, None), "maximum <= 2\\^53"),
    ],
)
def test_a_fidelity_is_of_whole_units(arguments, message):
    minimum, maximum, step = arguments
    with pytest.raises(HpobenchError, match=f"fidelity 'epochs': .*{message}"):
        Fidelity("epochs", minimum, maximum, step=step)


def test_a_step_beyond_the_maximum_is_one_report():
    assert Fidelity("epochs", 1, 3, step=9).step == 9


def test_the_incumbent_is_looked_for_at_the_highest_fidelity() -> None:
    tracker = IncumbentTracker(noisy=False)
    tracker.add(0, {"x": 0}, 3, 1.0)
    tracker.add(1, {"x": 1}, 9, 4.0)
    tracker.add(2, {"x": 2}, 3, 0.5)
    assert (tracker.number, tracker.value) == (1, 4.0)


def test_a_lucky_pull_does_not_make_an_incumbent() -> None:
    """By hand: arm a has losses 1 0 0 0 (mean 1/4), b one lucky 0; the mean of all is 1/5.

    Shrunken means: a (1 + 1/5) / 5 = 0.24, b (0 + 1/5) / 2 = 0.1 -> b; after b's second loss of 1 the mean is 1/3,
    a has (1 + 1/3) / 5 = 0.267 and b (1 + 1/3) / 3 = 0.444 -> a.
    """
    tracker = IncumbentTracker(noisy=True)
    for number, (arm, loss) in enumerate([("a", 1.0), ("a", 0.0), ("a", 0.0), ("a", 0.0), ("b", 0.0)]):
        tracker.add(number, {"arm": arm}, 1, loss, truth={"a": 0.2, "b": 0.9}[arm])
    assert (tracker.number, tracker.value) == (4, 0.9), "its regret is that of its noise-free loss"
    tracker.add(5, {"arm": "b"}, 1, 1.0, truth=0.9)
    assert (tracker.number, tracker.value) == (3, 0.2)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(1, 2)), min_size=1, max_size=60),
)
def test_the_noisy_incumbent_is_the_one_of_the_definition(trials: list[tuple[int, int, int]]) -> None:
    """Against the definition, worked out anew from all trials at the highest fidelity so far."""
    tracker = IncumbentTracker(noisy=True)
    for number, (arm, loss, fidelity) in enumerate(trials):
        tracker.add(number, {"arm": arm}, fidelity, float(loss))
        highest = max(f for _, _, f in trials[: number + 1])
        known: dict[int, list[float]] = {}
        for a, value, f in trials[: number + 1]:
            if f == highest:
                known.setdefault(a, []).append(float(value))
        everything = [value for values in known.values() for value in values]
        mean = sum(everything) / len(everything)
        shrunken = {a: (sum(values) + mean) / (len(values) + 1) for a, values in known.items()}
        chosen = trials[tracker.number or 0][0]
        assert shrunken[chosen] == pytest.approx(min(shrunken.values()), abs=1e-12)
        assert tracker.value == pytest.approx(sum(known[chosen]) / len(known[chosen]))
