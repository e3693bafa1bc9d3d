"""The Gaussian in a picture: what a run's optimizer believed before each of its trials."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hpobench_tui.core.text import in_line
from hpobench_tui.engine.front.looks import Axis, Held, Slice
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.beliefs import SliceReading
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.panels.stepping import STEPPING, trial_before
from hpobench_tui.tui.widgets.bars import Bar, Bars
from hpobench_tui.tui.widgets.chart import Chart, Series
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.chart.looks import marker
from hpobench_tui.tui.widgets.heat import Heat
from hpobench_tui.tui.widgets.words import Words

LINE, PLANE = 64, 20
"""Points of a number's axis, alone and with another."""
DOTS = 40
SHOWN = ("middle", "deviation", "acquisition")
_MODEL, _DATA, _ASKED, _ACQUISITION = 0, 1, 2, 3
Floats = NDArray[np.float64]


class ModelPanel(Panel):
    """Along one hyperparameter a band with the acquisition below it, along two a map."""

    DEFAULT_CSS = """
    ModelPanel, ModelPanel.-small { height: 4fr; }
    ModelPanel #model-line { height: 2fr; }
    ModelPanel #model-promise { height: 1fr; min-height: 4; }
    ModelPanel #model-words { height: auto; padding: 0 1; }
    """

    name, side, words = "model", "right", "the model before a trial"
    help = """\
The line is what the optimizer took the loss to be along one hyperparameter before it asked for this trial; the band is
how sure it was. Below is the acquisition: what trying a value promised. It asked where that is greatest, over all
hyperparameters together. Marks are earlier trials; in several dimensions they lie before or behind the line's plane."""
    BINDINGS: ClassVar[list[BindingType]] = [
        *STEPPING,
        Binding("h", "along(0)", "Hyperparameter", tooltip="Along the next hyperparameter"),
        Binding("H", "along(1)", "Second hyperparameter", show=False),
        Binding("d", "dimensions", "1/2 dims", tooltip="Along one hyperparameter, or two"),
        Binding("i", "hold", "Held at", tooltip="The others at what was asked, or at the incumbent"),
        Binding("v", "value", "Value", tooltip="Of the map: mean, deviation, acquisition", show=False),
    ]

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._along: tuple[str, ...] = ()
        self._searched: tuple[str, ...] = ()
        self._held: Held = "asked"
        self._value = "middle"
        self._view: View | None = None

    def compose(self) -> ComposeResult:
        yield Words(id="model-words")
        yield Chart(id="model-line", legend=False)
        yield Bars(id="model-choices")
        yield Chart(id="model-promise", legend=False)
        yield Heat(id="model-plane")

    def _reading(self, view: View) -> SliceReading | None:
        trial = trial_before(view)
        if view.run is None or trial is None:
            return None
        points = PLANE if len(self._along) == 2 else LINE
        return view.feed.get(SliceReading, view.run, trial, self._along, points, self._held)

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        reading = self._reading(view)
        return () if reading is None else (reading,)

    def show(self, view: View) -> None:
        self._view = view
        reading = self._reading(view)
        if reading is None:
            return self.say("no trial yet")
        found = reading.picture
        if found is None:
            self.entitle(self.name, reading.words.replace("reading", "repeating the run"))
            return None if self._searched else self.say("")
        self._searched = found.searched
        names = [axis.name for axis in found.axes]
        others = len(found.searched) - len(names)
        held = f"; {others} other{'s' if others > 1 else ''} as {in_words(found.held)}" if others else ""
        self.entitle(f"{self.name} before trial {found.trial}: along {' and '.join(names)}", f"x: {names[-1]}{held}")
        if all(part is None for part in (found.middle, found.acquisition)):
            return self.say(found.note or "it believed nothing")
        if len(found.axes) == 2:
            self._show_plane(found, view)
        elif found.axes[0].numeric:
            self._show_line(found, view)
        else:
            self._show_choices(found, view)

    def say(self, reason: str) -> None:
        self.query_one("#model-line", Chart).show([], hint=reason or "the run is repeated up to there")
        self._only("model-line")  # something that keeps the focus, and with it the keys

    def _only(self, *names: str, words: str = "") -> None:
        """Show these parts and no others; the focus stays in the panel."""
        had = self.has_focus_within
        self.query_one(Words).say(words)
        for widget in self.query("Chart, Bars, Heat"):
            widget.display = widget.id in names
        if had and names and not any(w.has_focus and w.display for w in self.query("Chart, Bars, Heat")):
            self.query_one(f"#{names[0]}").focus()

    def _show_line(self, found: Slice, view: View) -> None:
        axis = found.axes[0]
        x = np.array(axis.values, dtype=float)
        asked = found.asked.get(axis.name)
        line, promise = self.query_one("#model-line", Chart), self.query_one("#model-promise", Chart)
        parts, words = [], found.note
        if found.middle is not None:
            series, beyond = curve_of(found, x, asked)
            line.x_log = axis.log
            line.y_log = False
            line.focused_label = "model"  # which alone has its band drawn
            line.show(series, (float(x[0]), float(x[-1])), "no model")
            parts.append(line.id or "")
            beyond_words = f"{beyond} trial{'s lie' if beyond > 1 else ' lies'} above it" if beyond else ""
            trials = f"{marker(_DATA, view.ascii_only)}: trials"
            words = "; ".join(filter(None, (words, f"band: {found.interval}", trials, beyond_words)))
        if found.acquisition is not None:
            values, title = promised(found)
            series = [Series(title, x, values, _ACQUISITION, "line")]
            series += upright(asked, values)
            promise.x_log = axis.log
            promise.y_log = False
            promise.show(series, (float(x[0]), float(x[-1])), "no acquisition")
            parts.append(promise.id or "")
            words = "; ".join(filter(None, (words, f"{'below' if found.middle is not None else 'line'}: {title}")))
        self._only(*parts, words=words)

    def _show_choices(self, found: Slice, view: View) -> None:
        self.query_one(Bars).show(list(bars_of(found)))
        title = promised(found)[1] if found.acquisition is not None else ""
        words = "; ".join(filter(None, (found.note, found.interval, title and f"in brackets: {title}")))
        self._only("model-choices", words=words)

    def _show_plane(self, found: Slice, view: View) -> None:
        shown = self._value if part_of(found, self._value) is not None else "acquisition"
        values = part_of(found, shown)
        if values is None:
            return self.say(found.note)
        rows, columns = found.axes
        matrix = values.reshape(len(rows.values), len(columns.values))[::-1]
        names = [short(value) for value in reversed(rows.values)], [short(value) for value in columns.values]
        self.query_one(Heat).show(matrix, *names, titles=(rows.name, columns.name), marks=marks_of(found))
        title = {"middle": "loss", "deviation": "standard deviation"}.get(shown, promised(found)[1])
        self._only("model-plane", words=f"{title}; o asked, . trials; v shows something else")

    def action_along(self, place: int) -> None:
        """The next hyperparameter that is not shown yet."""
        if not self._searched:
            return
        now = list(self._along or self._searched[:1])
        place = min(place, len(now) - 1)
        for step in range(1, len(self._searched)):
            name = self._searched[(self._searched.index(now[place]) + step) % len(self._searched)]
            if name not in now:
                now[place] = name
                break
        self._change(tuple(now))

    def action_dimensions(self) -> None:
        now = self._along or self._searched[:1]
        if len(now) == 2:
            self._change(now[:1])
        elif other := [name for name in self._searched if name not in now]:
            self._change((now[0], other[0]))
        else:
            self.notify("There is one hyperparameter alone.")

    def action_hold(self) -> None:
        self._held = "incumbent" if self._held == "asked" else "asked"
        self._change(self._along)

    def action_value(self) -> None:
        self._value = SHOWN[(SHOWN.index(self._value) + 1) % len(SHOWN)]
        self._change(self._along)

    def _change(self, along: tuple[str, ...]) -> None:
        self._along = along
        if self._view is not None:
            self.refill(self._view, force=True)
            self.post_message(Panel.Look(self._view))

    def action_step(self, step: int) -> None:
        if self._view is not None:
            step_to(self, self._view, step)


def step_to(panel: Panel, view: View, step: int) -> None:
    """Go to another trial of the run, if there is one."""
    now, run = trial_before(view), view.run_row
    if now is not None and run is not None:
        panel.post_message(Panel.Look(view.but(trial=min(max(now + step, 0), run.trials - 1))))


def in_words(held: Held) -> str:
    """Where the other hyperparameters are."""
    return "asked" if held == "asked" else "in the incumbent"


def part_of(found: Slice, name: str) -> Floats | None:
    """An array of a slice; half the width of the band stands for a deviation of the loss."""
    if name == "deviation" and found.lower is not None and found.upper is not None:
        half: Floats = (np.array(found.upper) - np.array(found.lower)) / 2.0
        return half
    if name == "acquisition":
        return promised(found)[0] if found.acquisition is not None else None
    values: Sequence[float] | None = getattr(found, name)
    return None if values is None else np.array(values, dtype=float)


def promised(found: Slice) -> tuple[Floats, str]:
    """The acquisition, and what it is. Logarithms of improvements span hundreds: they are shown as shares of the
    greatest."""
    values = np.array(found.acquisition or (), dtype=float)
    if found.criterion.startswith("log ") and "l/g" not in found.criterion:
        most = max([float(v) for v in (*values, found.asked_acquisition or -np.inf) if isfinite(v)], default=0.0)
        return np.exp(values - most), f"{found.criterion.removeprefix('log ')}, as a share of the greatest shown"
    return values, found.criterion


def curve_of(found: Slice, x: Floats, asked: object) -> tuple[list[Series], int]:
    """The band, what was tried, and what was asked; and how many trials lie far beyond the band."""
    assert found.middle is not None
    middle = np.array(found.middle, dtype=float)
    ends = [None if part is None else np.array(part, dtype=float) for part in (found.lower, found.upper)]
    known = np.array(
        [(values[0], loss) for _, values, loss in found.data if loss is not None and _is_number(values[0])], dtype=float
    ).reshape(-1, 2)
    inside = np.concatenate([part[np.isfinite(part)] for part in (middle, *ends) if part is not None])
    beyond = 0
    if len(inside) and len(known):
        low, high = min(float(inside.min()), float(known[:, 1].min())), float(inside.max())
        near = known[:, 1] <= high + 0.25 * (high - low)
        beyond, known = int((~near).sum()), known[near]
    tried = "trials" if len(found.searched) == 1 else "trials (elsewhere in the others)"
    series = [Series("model", x, middle, _MODEL, "line", ends[0], ends[1], found.interval)]
    if len(known):
        series.append(Series(tried, known[:, 0], known[:, 1], _DATA, "points", marked=True))
    seen = np.concatenate([inside, known[:, 1]])
    return [*series, *upright(asked, seen)], beyond


def upright(asked: object, values: Floats) -> list[Series]:
    """A dotted line where the trial was asked for, as high as these values reach."""
    seen = values[np.isfinite(values)]
    if not _is_number(asked) or not len(seen):
        return []
    y = np.linspace(float(seen.min()), float(seen.max()), DOTS)
    return [Series("asked", np.full(DOTS, float(asked)), y, _ASKED, "points")]  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def bars_of(found: Slice) -> Iterator[Bar]:
    """A bar a choice."""
    name = found.axes[0].name
    values = promised(found)[0] if found.acquisition is not None else None
    for place, choice in enumerate(found.axes[0].values):
        middle, lower, upper = (
            float(part[place]) if part is not None else np.nan for part in (found.middle, found.lower, found.upper)
        )
        chosen = " (asked)" if found.asked.get(name) == choice else ""
        promise = "" if values is None else f"[{number(float(values[place]))}]" if isfinite(values[place]) else "[-]"
        loss = number(middle) if isfinite(middle) else ""
        bar = middle if found.middle is not None else float(values[place]) if values is not None else np.nan
        yield Bar(f"{short(choice)}{chosen}", bar, lower, upper, _MODEL, f"{loss} {promise}".strip())


def marks_of(found: Slice) -> dict[tuple[int, int], str]:
    """Cells with trials, and the one that was asked; row 0 is at the top."""
    rows, columns = found.axes
    marks = {}
    for _, (down, right), _ in found.data:
        marks[len(rows.values) - 1 - nearest(rows, down), nearest(columns, right)] = "."
    if rows.name in found.asked and columns.name in found.asked:
        place = nearest(rows, found.asked[rows.name]), nearest(columns, found.asked[columns.name])
        marks[len(rows.values) - 1 - place[0], place[1]] = "o"
    return marks


def nearest(axis: Axis, value: Any) -> int:
    """The place of the grid's value that is nearest."""
    if not axis.numeric:
        return axis.values.index(value) if value in axis.values else 0
    grid = np.array(axis.values, dtype=float)
    away = np.abs(np.log(grid) - np.log(value)) if axis.log else np.abs(grid - value)
    return int(np.argmin(away))


def short(value: object) -> str:
    """A value of a hyperparameter."""
    return f"{value:.2g}" if isinstance(value, float) else in_line(str(value))
