"""Descriptions of commands that could not be typed, or would take the program down, are refused."""

import pytest

from hpobench_tui.core import CommandInfo, HpobenchError, Parameter


@pytest.mark.parametrize(
    "name", ["", "one", "a  b", " a", "a ", "a b c", "a\tb", "-h x", "a --help", "a -", "é ü", "a_b c"]
)
def test_a_name_is_two_words(name: str) -> None:
    with pytest.raises(HpobenchError, match="group command"):
        CommandInfo(name, "", "module:attribute")


@pytest.mark.parametrize("name", ["", "a b", "max-points", "class", "output", "json", "as_json", "experiment", "help"])
def test_a_parameter_is_no_option_of_the_programs_own(name: str) -> None:
    with pytest.raises(HpobenchError, match="cannot have the name"):
        CommandInfo("a b", "", "module:attribute", (Parameter(name, 1, "Help."),))


def test_others_are_fine() -> None:
    assert CommandInfo("a-1 B2", "", "module:attribute", (Parameter("max_points", 1, "Help."),)).name == "a-1 B2"
