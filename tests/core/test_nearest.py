"""Unknown names: whoever slips once is told the name that was meant; lists of valid ones are grouped."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpobench_tui import plugins
from hpobench_tui.core.errors import unknown
from hpobench_tui.core.nearest import nearest
from hpobench_tui.engine.front.fields import SECTIONS, Spec

PROBLEMS, OPTIMIZERS = list(plugins.problems().found), list(plugins.optimizers().found)
LONG = 6
"""Letters of names that are still told apart with one of them wrong."""


def swapped(name: str, at: int) -> str:
    return name[:at] + name[at : at + 2][::-1] + name[at + 2 :]


SLIPS = {
    "swapped": swapped,
    "left out": lambda name, at: name[:at] + name[at + 1 :],
    "doubled": lambda name, at: name[:at] + name[at] + name[at:],
    "capitals": lambda name, at: name.upper(),
    "underscores": lambda name, at: name.replace("-", "_"),
    "blanks": lambda name, at: f" {name.replace('-', ' ')} ",
}


@settings(deadline=None)  # which a busy machine would miss
@given(data=st.data())
@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("valid", [PROBLEMS, OPTIMIZERS, [*Spec.model_fields]], ids=["problems", "optimizers", "keys"])
def test_one_slip_is_forgiven(valid: list[str], slip: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in valid if len(name) >= LONG]))
    at = data.draw(st.integers(0, len(name) - 1))
    slipped = SLIPS[slip](name, at)
    assert slipped in valid or name in nearest(slipped, valid)


@settings(deadline=None)  # which a busy machine would miss
@given(st.sampled_from([name for name in PROBLEMS if "/" in name]), st.sampled_from(["", "bbob/", "no-suite/"]))
def test_a_missing_or_wrong_suite_is_forgiven(name: str, suite: str) -> None:
    assert nearest(suite + name.partition("/")[2], PROBLEMS)[0] == name


@settings(deadline=None)  # which a busy machine would miss
@given(st.sampled_from([name for name in OPTIMIZERS if len(name) >= LONG]))
def test_a_beginning_finds_a_name_that_goes_on(name: str) -> None:
    begins = [other for other in OPTIMIZERS if other.startswith(name[:5])]
    assert set(nearest(name[:5], OPTIMIZERS)) & set(begins)


@settings(deadline=None)  # which a busy machine would miss
@given(st.text(max_size=300))
def test_any_text_is_taken(name: str) -> None:
    message = str(unknown("problem", name, PROBLEMS))
    assert message.startswith("unknown problem ")
    assert "\x00" not in message


def test_what_resembles_nothing_gets_no_hint() -> None:
    assert nearest("zzzz", PROBLEMS) == []
    assert nearest("gpu", ["auto", "cpu", "cuda"]) == [], "one letter of three is another word"


def test_many_names_come_after_the_hint_by_suite() -> None:
    first, *lines = str(plugins.problems().unknown("akley")).splitlines()
    assert first == "unknown problem 'akley'. Did you mean 'synthetic/ackley'? Valid:"
    assert [line.split(":")[0].strip() for line in lines] == [f"{s}/" for s in plugins.problems().groups()]
    assert not any(line.count("synthetic/") > 1 for line in lines)
    families = str(plugins.optimizers().unknown("xyz")).splitlines()
    assert len(families) > 5
    assert any(line.startswith("  native bandits: uniform, ") for line in families)


def test_a_long_name_is_not_repeated_in_full() -> None:
    assert len(str(unknown("preset", "a" * 5000, ["quick"]))) < 200
    assert SECTIONS.keys() <= Spec.model_fields.keys()
