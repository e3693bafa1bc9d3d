"""Words and limits of the live screen's axes."""

import pytest

from factories import run_of
from hpobench_tui.analysis.axis import Axis
from hpobench_tui.tui.screens.panels import axis_title, x_limits


@pytest.mark.parametrize(
    ("axis", "unit", "simulated", "title"),
    [
        (Axis.SECONDS, "evaluations", False, "seconds"),
        (Axis.SECONDS, "evaluations", True, "simulated seconds"),
        (Axis.BUDGET, "simulated-seconds", True, "simulated seconds"),
        (Axis.BUDGET, "device-seconds", True, "device-seconds"),
        (Axis.BUDGET, "fidelity-continued", False, "epochs"),
        (Axis.FIDELITY, "evaluations", True, "fidelity units"),
        (Axis.EVALUATIONS, "seconds", False, "evaluations"),
    ],
)
def test_axis_titles(axis: Axis, unit: str, simulated: bool, title: str) -> None:
    assert axis_title(axis, [run_of(unit=unit, fidelity="epochs")], simulated) == title


@pytest.mark.parametrize("unit", ["seconds", "simulated-seconds", "device-seconds"])
def test_time_is_no_whole_thing_whose_axis_stands_still(unit: str) -> None:
    assert x_limits(Axis.BUDGET, [run_of(unit=unit, quanta_per_unit=10**9)]) is None
    assert x_limits(Axis.BUDGET, [run_of()]) == (1.0, 10.0)
