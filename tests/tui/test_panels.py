"""The live screen's panels: names and keys; words and limits of the axes."""

from types import SimpleNamespace

import pytest

from factories import run_of
from hpobench_tui.core.axis import Axis
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.panels.problem import PANELS
from hpobench_tui.tui.panels.problem.chart import x_limits


def test_every_panel_has_a_name_and_a_digit_of_its_own() -> None:
    assert len({panel.name for panel in PANELS}) == len(PANELS) <= 9


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_can_show_a_view_and_say_why_not(panel: type[Panel]) -> None:
    assert panel.show is not Panel.show
    assert panel.say is not Panel.say


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
    state = SimpleNamespace(runs_of=lambda problem: [run_of(unit=unit, fidelity="epochs")])
    assert View(SimpleNamespace(state=state, simulated=simulated), axis=axis).axis_title == title


@pytest.mark.parametrize("unit", ["seconds", "simulated-seconds", "device-seconds"])
def test_time_is_no_whole_thing_whose_axis_stands_still(unit: str) -> None:
    assert x_limits(Axis.BUDGET, [run_of(unit=unit, quanta_per_unit=10**9)]) is None
    assert x_limits(Axis.BUDGET, [run_of()]) == (1.0, 10.0)
