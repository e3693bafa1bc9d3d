"""Experiment files that are wrong: said in our words, with the place, what must be there, and what was meant."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hpobench_tui.core import HpobenchError
from hpobench_tui.core.nearest import flat
from hpobench_tui.engine.front import spec
from hpobench_tui.engine.front.fields import ENTRIES, SECTIONS, Section, Spec, complaints

PYDANTIC = ("Input should", "[type=", "pydantic", "Extra inputs", "Field required", "valid dictionary", "instance of")
WRONG: list[Any] = [
    None, True, 0, -1, 3, 10**30, -(10**30), 1 << 20_000, 0.5, -0.0, float("nan"), float("inf"), 1e308, "", "ten",
    "x" * 5000, "\x00", [], [1], [[]], ["random", "random"], {}, {"amount": 1}, {"name": 3}, [{"name": None}], [{}],
    date(2020, 1, 1),
]  # fmt: skip
GOOD = {
    "name": "x", "problems": ["synthetic/branin"], "optimizers": ["random"],
    "budget": {"amount": 5, "unit": "evaluations"}, "budgets": {"synthetic": {"amount": 5, "unit": "evaluations"}},
    "limits": {"ask_seconds": 5.0}, "simulation": {"workers": 2},
}  # fmt: skip
PLACES = [
    *((name,) for name in Spec.model_fields),
    *((section, name) for section, of in SECTIONS.items() for name in of.model_fields),
    *(("budgets", "synthetic", name) for name in ENTRIES["budgets"].model_fields),
]


def said_of(data: dict[str, Any]) -> list[str]:
    """The lines that a file with these data gets; none if it is fine."""
    try:
        spec.experiment_of(Spec.model_validate(data))
    except ValidationError as error:
        return complaints(error)
    except HpobenchError as error:
        return [str(error)]
    return []


def changed(place: tuple[str, ...], value: object) -> dict[str, Any]:
    data: dict[str, Any] = {key: dict(of) if isinstance(of, dict) else of for key, of in GOOD.items()}
    inner = data
    for part in place[:-1]:
        inner[part] = dict(inner[part])
        inner = inner[part]
    inner[place[-1]] = value
    return data


def test_the_good_one_is_fine() -> None:
    assert said_of(GOOD) == []


@pytest.mark.parametrize("place", PLACES, ids=".".join)
def test_wrong_values_are_refused_in_our_words(place: tuple[str, ...]) -> None:
    refused = 0
    for value in WRONG:
        lines = said_of(changed(place, value))
        refused += bool(lines)
        for line in lines:
            assert not any(words in line for words in PYDANTIC), line
            assert len(line.splitlines()[0]) < 700
            assert place[-1] in line or place[0].rstrip("s") in line, line
    assert refused > len(WRONG) // 3


@settings(deadline=None)  # which a busy machine would miss
@given(st.sampled_from(PLACES), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
))  # fmt: skip
def test_no_value_brings_a_traceback(place: tuple[str, ...], value: object) -> None:
    for line in said_of(changed(place, value)):
        assert not any(words in line for words in PYDANTIC), line


@pytest.mark.parametrize("place", [place for place in PLACES if place[-1] in ("name", "problems", "amount", "unit")])
def test_what_is_missing_is_said_with_what_it_must_be(place: tuple[str, ...]) -> None:
    data = changed(place, 1)
    inner = data
    for part in place[:-1]:
        inner = inner[part]
    del inner[place[-1]]
    (line,) = said_of(data)
    assert f"{place[-1]} is missing; it must be " in line


@pytest.mark.parametrize(("section", "model"), [("", Spec), *SECTIONS.items()])
def test_a_key_in_the_wrong_place_is_sent_to_the_right_one(section: str, model: type[Section]) -> None:
    for other, of in (("", Spec), *SECTIONS.items()):
        for key in of.model_fields:
            if key in model.model_fields or isinstance(GOOD.get(key), dict):
                continue
            place = (section, key) if section else (key,)
            line = next(line for line in said_of(changed(place, 1)) if "unknown key" in line)
            right = f"in [{other}]" if other else "at the top, above the first [section]"
            assert right in line, line


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("repetition = 3", "Did you mean 'repetitions'"),
        ("Seed = 3", "Did you mean 'seed'"),
        ("optimisers = []", "Did you mean 'optimizers'"),
        ("[budgets]\namount = 5\nunit = 'evaluations'", "Did you mean [budget]"),
        ("[budgt]\namount = 5", "Did you mean 'budget'"),
        ("[limit]\nask_seconds = 5", "Did you mean 'limits'"),
        ("[limits]\nask_second = 5", "Did you mean 'ask_seconds'"),
        ("[budget.'synthetic/branin']\namount = 5", 'stands in [budgets."synthetic/branin"]'),
        ("[simulation]\nworker = 5", "Did you mean 'workers'"),
        ("device = 'cpuu'", "Did you mean 'cpu'"),
        ("impossible = 'skp'", "Did you mean 'skip'"),
        ("report = 'quintic rport'", "Did you mean 'quintic report'"),
        ("[budget]\namount = 5\nunit = 'evaluation'", "Did you mean 'evaluations'"),
        ("[budget]\namount = 5\nunit = 'Full_Evaluations'", "Did you mean 'full-evaluations'"),
    ],
)
def test_what_was_meant_is_said(wrong: str, right: str) -> None:
    top = 'name = "x"\nproblems = ["synthetic/branin"]\noptimizers = ["random"]\n'
    end = "" if "[budget]" in wrong else '\n[budget]\namount = 5\nunit = "evaluations"\n'
    if "[budget." in wrong:
        end = ""
    with pytest.raises(HpobenchError) as caught:
        spec.parse(top + wrong + end, "x.toml")
    assert right in str(caught.value)
    assert str(caught.value).startswith("x.toml: ")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a = 1\nunit = evaluations\n", 2, "text stands in quotes"),
        ("a = 1\n[budget\n", 2, "    [budget\n"),
        ("a = True", 1, "    a = True\n"),
        ("a = 1\na = 2\n", 2, "set twice"),
        ("[a]\n[a]\n", 2, "twice"),
        ('a = "x', 1, 'a = "x'),
        ("\n\na = 10**3", 3, "a = 10**3"),
        ("a = 1\nb = " + "9" * 5000, 2, "a number of 5000 digits"),
        ("a\x07 = 1", 1, "a� = 1"),
        ("a = [1,", 1, "a = [1,"),
    ],
)
def test_the_line_that_is_no_toml_is_shown(text: str, line: int, words: str) -> None:
    with pytest.raises(HpobenchError) as caught:
        spec.parse(text, "x.toml")
    message = str(caught.value)
    assert f"x.toml: not valid TOML: line {line}, column " in message
    assert words in f"{message}\n"
    assert message.endswith("^")
    assert len(message) < 500


@settings(deadline=None)  # which a busy machine would miss
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(HpobenchError, match="x: "):
        spec.parse(text, "x")


def test_every_field_says_what_it_must_be() -> None:
    for section in (Spec, *SECTIONS.values(), *ENTRIES.values()):
        for name, field in section.model_fields.items():
            assert field.description, (section, name)
    assert flat({"a": ["x"], "b": ["y"]}) == ["x", "y"]


@pytest.mark.parametrize("name", ["n" * 400, "a/b", "..", ".hidden", "a\x00b", "a\nb", "", " a", "ü", "a b", "-rf"])
def test_names_that_no_folder_should_have_are_refused(name: str) -> None:
    (line,) = said_of(changed(("name",), name))
    assert line.startswith("name: ")
    assert "\x00" not in line
    assert len(line) < 200


@pytest.mark.parametrize("label", ["l" * 400, "\x07", "_a", " a", "a\nb"])
def test_labels_that_no_table_should_have_are_refused(label: str) -> None:
    (line,) = said_of(changed(("optimizers",), [{"name": "random", "label": label}]))
    assert line.startswith("label ")
    assert len(line) < 200
