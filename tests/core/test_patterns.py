"""Names of several things, and budgets as people say them."""

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpobench_tui.cli.options import names
from hpobench_tui.core import Budget, HpobenchError
from hpobench_tui.core.patterns import Spans, is_pattern, matcher, parse_repetitions, split_names


@given(st.sets(st.integers(0, 60)))
def test_spans_hold_those_numbers_and_read_back(numbers: set[int]) -> None:
    spans = Spans.of(numbers)
    assert set(spans.below(61)) == numbers
    if numbers:
        assert parse_repetitions(str(spans)) == spans


@given(st.lists(st.sampled_from(["random", "hyperband[eta=4,variant=ceil]", "bbob/*", "x[a=1]"]), min_size=1))
def test_lists_are_split_between_names(names: list[str]) -> None:
    assert split_names([",".join(names)]) == split_names([" , ".join(names)]) == split_names(names) == names


@given(st.text("a,[]", max_size=12))
def test_a_comma_belongs_to_a_name_where_a_bracket_that_was_open_is_closed_after_it(text: str) -> None:
    places = [i for i, sign in enumerate(text) if sign == "," and not re.match(r"[^\[]*\]", text[i:])]
    names = [text[a + 1 : b].strip() for a, b in pairwise([-1, *places, len(text)])]
    if "" in names:
        with pytest.raises(HpobenchError, match="a name is empty"):
            split_names([text])
    else:
        assert split_names([text]) == names


def test_a_list_of_a_hundred_thousand_names_is_split_at_once() -> None:
    start = time.process_time()
    assert len(split_names(["a," * 100_000 + "a"])) == 100_001
    assert len(names(["," * 100_000])) == 0
    assert time.process_time() - start < 3  # a look at the whole rest after each comma took half a minute


@pytest.mark.parametrize("text", ["", "a,", ",a", "a,,b"])
def test_empty_names_are_refused(text: str) -> None:
    with pytest.raises(HpobenchError, match="a name is empty"):
        split_names([text])


def test_settings_make_no_pattern() -> None:
    assert is_pattern("optuna-*")
    assert is_pattern("f0?-sphere")
    assert not is_pattern("mine[glob=*.txt]")


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("50 evaluations", Budget.of(50, "evaluations")),
        ("  2.5   full-evaluations ", Budget.of("5/2", "full-evaluations")),
        ("0.1 seconds", Budget.of("1/10", "seconds")),
        ("1e3 fidelity", Budget.of(1000, "fidelity")),
    ],
)
def test_budgets_are_read(text: str, budget: Budget) -> None:
    assert Budget.read(text) == budget


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("50 evaluatoins", "Did you mean 'evaluations'"),
        ("evaluations", "must be a number and a unit, as in '50 evaluations', not 'evaluations'"),
        ("50", "must be a number and a unit"),
        ("", "must be a number and a unit"),
        ("-3 evaluations", "must be positive, not -3 evaluations"),
        ("0 evaluations", "must be positive"),
        ("2.5 evaluations", "counted in whole numbers"),
        ("inf seconds", "must be a number and a unit"),
        ("1e999 seconds", "must be a finite number"),
        ("\u0663 evaluations", "must be a number and a unit"),
    ],
)
def test_what_is_no_budget_gets_one_line(text: str, message: str) -> None:
    with pytest.raises(HpobenchError) as error:
        Budget.read(text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_patterns_of_many_stars_take_no_time() -> None:
    """Going back and forth between thirty stars would take longer than anybody lives."""
    like = matcher("*a" * 30 + "*b")
    started = time.process_time()
    assert not like("a" * 400)
    assert like("a" * 400 + "b")
    assert time.process_time() - started < 1.0


def test_signs_of_patterns_are_stars_and_question_marks_alone() -> None:
    assert matcher("a/b[x=1]")("a/b[x=1]")
    assert not matcher("a/b[x=1]")("a/bx")
    assert matcher("a/b[!x]*")("a/b[!x],y\n")
    assert matcher("(a|b)?.")("(a|b)c.")
    assert not matcher("A*")("ab")
