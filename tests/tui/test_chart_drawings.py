"""Bars, heat cells and sparklines: what they show, and that no data and no size is too much for them."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.color import Color
from textual.widget import Widget

from hpobench_tui.tui.widgets.bars import Bar, Bars, body, limits
from hpobench_tui.tui.widgets.chart.axes import Interval
from hpobench_tui.tui.widgets.chart.drawing import Drawing
from hpobench_tui.tui.widgets.chart.inks import Inks
from hpobench_tui.tui.widgets.heat import Heat, _lab, ramp, shares
from hpobench_tui.tui.widgets.spark import spark

NAN, INF = math.nan, math.inf
AWKWARD = [0.0, -1.0, NAN, INF, -INF, 1e308, -1e308, 5e-324, 1.0]
LONG = "l" * 60 + "日本語\x1b[2J[b]"
SIZES = [(1, 1), (2, 2), (9, 3), (20, 5), (60, 20), (240, 70)]
any_float = st.sampled_from(AWKWARD) | st.floats(allow_infinity=True)


class Alone(App[None]):
    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.posted: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_heat_moved(self, message: Heat.Moved) -> None:
        self.posted.append(message)

    def on_heat_chosen(self, message: Heat.Chosen) -> None:
        self.posted.append(message)


def lines(drawing: Drawing) -> list[str]:
    return [drawing.render_line(y).text.rstrip() for y in range(drawing.size.height)]


async def survives(drawing: Drawing, shows: list[Callable[[], None]], *keys: str) -> None:
    """At every size, in ASCII and out of it, after every key: rows as wide as the widget, and no error."""
    app = Alone(drawing)
    async with app.run_test(size=(80, 24)) as pilot:
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            drawing.focus()
            for ascii_only in (False, True):
                drawing.ascii_only = ascii_only
                for show in shows:
                    show()
                    await pilot.press(*keys)
                    assert all(drawing.render_line(y).cell_length == width for y in range(height))
                    text = " ".join(lines(drawing))
                    assert "cannot be drawn" not in text
                    assert "\x1b" not in text
                    if ascii_only:
                        assert text.translate(dict.fromkeys(map(ord, "日本語"))).isascii(), text


# Bars


def test_a_bar_goes_from_zero_to_its_value() -> None:
    assert body(Bar("half", 5.0), Interval(0, 10), 10, False) == "█████     "
    assert body(Bar("a bit more", 5.25), Interval(0, 10), 10, False) == "█████▎    "
    assert body(Bar("negative", -5.0), Interval(-10, 10), 10, True) == "  ###     "
    assert body(Bar("unknown", NAN), Interval(0, 10), 10, False) == " " * 10
    assert body(Bar("infinite", INF), Interval(0, 10), 10, True) == "#" * 10


def test_whiskers_stand_over_the_bar_with_a_cross_at_the_value() -> None:
    assert body(Bar("", 5.0, 3.0, 8.5), Interval(0, 10), 10, False) == "███├─┼──┤ "
    assert body(Bar("", 5.0, 3.0, 8.5), Interval(0, 10), 10, True) == "###|-+--| "


def test_the_scale_holds_zero_all_values_and_whiskers() -> None:
    assert limits([Bar("a", 2.0, 1.0, 3.0), Bar("b", NAN), Bar("c", INF)]) == Interval(0, 3)
    assert limits([Bar("a", -2.0), Bar("b", 1.0)]) == Interval(-2, 1)
    assert limits([]) == limits([Bar("a", 0.0)]) == Interval(0, 1)


async def test_bars_have_names_and_values_and_those_out_of_sight_are_counted() -> None:
    bars = Bars()
    async with Alone(bars).run_test(size=(40, 5)) as pilot:
        bars.show([])
        assert "no data yet" in " ".join(lines(bars))
        bars.show([Bar(f"arm {i}", i, note="none" if i == 1 else "") for i in range(9)])
        assert lines(bars)[0].startswith("arm 0")
        assert lines(bars)[1].endswith("none")
        assert lines(bars)[-1] == " ▾ +5 more"
        bars.focus()
        await pilot.press("end")
        assert lines(bars)[-2].startswith("arm 8")
        assert lines(bars)[-1] == " ▴ +5 more"
        await pilot.press("home", "down")
        assert lines(bars)[-1] == " ▴ +1 more  ▾ +4 more"


async def test_bars_survive_anything() -> None:
    bars = Bars()
    awkward = [
        Bar(LONG, a, b, c, i, LONG if i % 5 == 0 else "")
        for i, (a, b, c) in enumerate(zip(AWKWARD, AWKWARD[1:], AWKWARD[2:], strict=False))
    ]
    shows = [[], awkward[:1], awkward * 9, [Bar("", 0.0)]]
    await survives(bars, [lambda some=some: bars.show(some) for some in shows], "down", "end")


# Heat


def test_the_ramp_is_even_in_lightness_and_starts_at_the_ground() -> None:
    for ground, text, dark in (("#1e1e1e", "#e0e0e0", True), ("#eee8d5", "#586e75", False)):
        colours = ramp(Inks(Color.parse(ground), Color.parse(text), dark), 12)
        steps = np.diff([_lab(c)[0] for c in colours])
        assert np.allclose(steps, steps[0], atol=0.6), "one step of a channel is as much"
        assert abs(steps[0]) > 2
        assert abs(_lab(colours[0])[0] - _lab(Color.parse(ground))[0]) < 8


def test_shares_lie_between_the_ends_of_the_scale() -> None:
    values = np.array([[0.0, 5.0, 10.0, NAN]])
    assert np.allclose(shares(values), [[0, 0.5, 1, NAN]], equal_nan=True)
    assert np.allclose(shares(values, (0.0, 20.0)), [[0, 0.25, 0.5, NAN]], equal_nan=True)
    assert np.allclose(shares(np.array([[1.0, 10.0, 100.0, 0.0]]), log=True), [[0, 0.5, 1, 0]])
    assert np.allclose(shares(np.array([[-1.0, NAN]]), log=True), [[0, NAN]], equal_nan=True)


@pytest.mark.filterwarnings("error")
@given(st.lists(any_float, max_size=9), st.booleans(), st.none() | st.tuples(any_float, any_float))
def test_any_matrix_has_shares(values: list[float], log: bool, ends: tuple[float, float] | None) -> None:
    matrix = np.array(values).reshape(1, -1)
    found = shares(matrix, ends, log)
    assert (np.isnan(found) == np.isnan(matrix)).all()
    assert ((found >= 0) & (found <= 1) | np.isnan(found)).all()


async def test_heat_shows_values_names_and_what_is_under_the_cursor() -> None:
    heat = Heat()
    app = Alone(heat)
    async with app.run_test(size=(60, 5)) as pilot:
        names = ["random", "tpe", "bohb"]
        matrix = np.array([[NAN, 0.25, 0.5], [0.75, NAN, 0.125], [0.5, 0.875, NAN]])
        heat.show(matrix, names, names, titles=("", "against"), limits=(0, 1), marks={(2, 0): "★"})
        assert lines(heat)[0].split() == names
        assert lines(heat)[1].split() == ["random", "·", "0.25", "0.5"]
        assert lines(heat)[3].split() == ["bohb", "★", "0.875", "·"]
        assert lines(heat)[-1] == "random, against random: –"
        heat.focus()
        await pilot.press("down", "right", "right", "enter")
        assert lines(heat)[-1] == "tpe, against bohb: 0.125"
        moved, chosen = app.posted[-2:]
        assert isinstance(chosen, Heat.Chosen)
        assert (moved.row, moved.column) == (chosen.row, chosen.column) == (1, 2)


async def test_large_maps_follow_the_cursor_and_say_what_is_out_of_sight() -> None:
    heat = Heat()
    async with Alone(heat).run_test(size=(30, 10)) as pilot:
        names = [f"{i}" for i in range(60)]
        heat.show(np.arange(3600.0).reshape(60, 60), names, names)
        assert lines(heat)[-1].endswith("+52 rows  +33 columns")
        heat.focus()
        await pilot.press("pagedown", "end")
        assert lines(heat)[-2].startswith("59")
        assert "59, 59: 3599" in lines(heat)[-1]


async def test_heat_survives_anything() -> None:
    heat = Heat()
    many = np.array((AWKWARD * 9)[:80]).reshape(8, 10)
    shapes = [
        np.empty((0, 0)),
        np.empty((0, 3)),
        np.array([[NAN]]),
        np.array([[0.0, 0.0]]),
        many,
        np.tile(many, (9, 9)),
    ]
    shows = [
        lambda values=values, log=log: heat.show(values, [LONG] * len(values), [LONG] * values.shape[1], log=log)
        for values in shapes
        for log in (False, True)
    ]
    await survives(heat, shows, "down", "right", "end")
    with pytest.raises(ValueError, match="3 rows and 2 columns"):
        heat.show(np.zeros((2, 2)), ["a", "b", "c"], ["a", "b"])


# Sparklines


def test_sparklines() -> None:
    assert spark([1.0, 10.0, 100.0], 3) == "▁▅█"
    assert spark([1.0, 10.0, 0.0, -5.0], 4) == "▁█__", "what has no logarithm lies on the floor"
    assert spark([0.0, 0.0], 2) == "▅▅", "nothing positive: linear"
    assert spark([0.0, 1.0, 2.0], 3, log=False) == "▁▅█"
    assert spark([1.0, NAN, 2.0], 3) == "▁ █"
    assert spark([1.0, 2.0], 6) == "▁▁▁███"
    assert spark([5.0, 1.0], 2, limits=(1.0, 25.0)) == "▅▁"
    assert spark([], 4) == "    "
    assert spark([1.0], 0) == ""
    assert spark(np.geomspace(1, 1e6, 1_000_000), 8) == "▂▃▄▄▅▆▇█", "the last of each part"


@pytest.mark.filterwarnings("error")
@given(
    st.lists(any_float, max_size=40), st.integers(0, 30), st.booleans(), st.booleans(),
    st.none() | st.tuples(any_float, any_float),
)  # fmt: skip
def test_any_curve_has_a_line(
    values: list[float], width: int, log: bool, ascii_only: bool, ends: tuple[float, float] | None
) -> None:
    line = spark(values, width, log, ends, ascii_only)
    assert cell_len(line) == len(line) == width
    assert line.isascii() or not ascii_only
