"""Panels that show a run as it was before one of its trials, and step through them."""

import math

from textual.binding import Binding, BindingType

from hpobench_tui.tui.panels.panel import View

STEPPING: list[BindingType] = [
    Binding("comma", "step(-1)", "Trial before", key_display=","),
    Binding("full_stop", "step(1)", "Trial after", key_display="."),
    Binding("less_than_sign", "step(-10)", "Ten before", show=False),
    Binding("greater_than_sign", "step(10)", "Ten after", show=False),
]


def trial_before(view: View) -> int | None:
    """The trial that is shown: the one under the cursor, else the last one (of what a replay has come to)."""
    run = view.run_row
    if run is None or not run.trials:
        return None
    if view.trial is not None:
        return min(view.trial, run.trials - 1)
    return run.trials - 1 if view.at is None else max(math.ceil(view.at * run.trials) - 1, 0)
