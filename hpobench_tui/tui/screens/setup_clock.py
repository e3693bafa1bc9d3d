"""The clock, real or simulated; when a trial or an optimizer is given up; the report at the end."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from hpobench_tui import plugins
from hpobench_tui.core.experiment import Limits
from hpobench_tui.core.parameter import Range
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.tui.form import Form
from hpobench_tui.tui.screens.setup_form import NONE, FormScreen, Setting, of_range, one_of

CLOCK, REAL, SIMULATED = "clock", "real", "simulated"
ABOUT = """\
On a simulated clock, problems with a cost model are run as if so many workers tried configurations side by side; \
budgets may then count simulated-seconds."""


def clock_form(limits: Limits, simulation: Simulation | None, report: str | None) -> FormScreen:
    """Shows them; answers with what :func:`clock_of` reads."""
    reports = [NONE, *(info.name for info in plugins.commands() if info.experiment)]
    kinds = "real: seconds as they pass; simulated: those of the problem's cost model."
    settings = [
        one_of(CLOCK, (REAL, SIMULATED), SIMULATED if simulation else REAL, kinds),
        *_settings(simulation or Simulation(), Simulation.RANGES, "Simulated clock"),
        *_settings(limits, Limits.RANGES, "Limits"),
        one_of("report", reports, report or NONE, "What a headless run ends with.", "At the end"),
    ]
    return FormScreen("Clock, limits and report", ABOUT, settings)


def clock_of(values: Mapping[str, Any]) -> tuple[Limits, Simulation | None, str | None]:
    """What the form answered."""
    limits = Limits(**{field.name: values[field.name] for field in fields(Limits)})
    told: dict[str, Any] = {field.name: _plain(values[field.name]) for field in fields(Simulation)}
    simulation = Simulation(**told) if values[CLOCK] == SIMULATED else None
    return limits, simulation, None if values["report"] == NONE else values["report"]


def kept_words(form: Form) -> str:
    """What is set there, or in the file, and differs from the default."""
    parts = []
    if form.simulation is not None:
        parts.append(f"simulated clock ({_told(form.simulation, Simulation()) or 'one worker'})")
    if limits := _told(form.limits, Limits()):
        parts.append(f"limits {limits}")
    if form.report:
        parts.append(f"ends with {form.report}")
    words = [f"Ctrl+T: {'; '.join(parts)}."] if parts else []
    if form.together is not None:
        words.append(f"Up to {form.together} trials of a run are trained together.")
    if form.evaluations is not None and form.simulation is None:
        how = "in rounds" if form.synchronous else "as each ends"
        words.append(f"{form.evaluations} trials of a run are evaluated side by side, {how}.")
    if form.curves:
        words.append("Learning curves are kept.")
    return " ".join(words)


def _settings(values: Limits | Simulation, ranges: Mapping[str, Range], group: str) -> list[Setting]:
    found = []
    for field in fields(values):
        value = getattr(values, field.name)
        if field.name in ranges:
            found.append(of_range(field.name, ranges[field.name], value, field.default, group))
        else:
            found.append(one_of(field.name, ("false", "true"), str(value).lower(), HELP.get(field.name, ""), group))
    return found


HELP = {
    "synchronous": "All workers of a run wait for each other after each trial.",
    "charge_optimizer": "The optimizer's own time counts on the simulated clock.",
}


def _plain(value: object) -> object:
    return value == "true" if value in ("true", "false") else value


def _told(values: Limits | Simulation, usual: Limits | Simulation) -> str:
    own = {field.name: getattr(values, field.name) for field in fields(values)}
    return ", ".join(
        f"{name.replace('_', ' ')} {str(value).lower()}" for name, value in own.items() if value != getattr(usual, name)
    )
