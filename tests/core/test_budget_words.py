"""A budget in a person's words names the problem's own fidelity."""

import pytest

from hpobench_tui.core import Budget, Fidelity
from hpobench_tui.core.budget import Unit

EPOCHS = Fidelity("epochs", 1, 27)


@pytest.mark.parametrize(("amount", "unit", "words"), [
    (380, "fidelity-continued", "380 epochs"),
    (380, "fidelity", "380 epochs, from scratch"),
    (2.5, "full-evaluations", "2.5 full evaluations"),
    (40, "evaluations", "40 evaluations"),
    (60, "seconds", "60 seconds of evaluation"),
    (60, "simulated-seconds", "60 simulated seconds"),
    (60, "device-seconds", "60 device-seconds"),
])  # fmt: skip
def test_with_a_fidelity(amount, unit, words):
    assert Budget.of(amount, unit).words(EPOCHS) == words


@pytest.mark.parametrize("unit", Unit)
def test_without_one_nothing_is_said_of_fidelity(unit):
    words = Budget.of(12, unit).words(None)
    assert words.startswith("12 ")
    assert "fidelity" not in words
    assert "None" not in words
