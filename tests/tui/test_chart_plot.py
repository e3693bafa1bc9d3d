"""The chart as a widget: what its labels say was drawn, themes of 16 colours, legends elsewhere, any size."""

import numpy as np
import pytest
from rich.style import Style
from textual.app import App, ComposeResult
from textual.widget import Widget

from hpobench_tui.tui.widgets.chart import Chart, Guide, Series
from hpobench_tui.tui.widgets.chart.axes import Interval

LONG = "l" * 60 + "日本語\x1b[2J[b]"
BLACK, BRIGHT_BLACK, WHITE, BRIGHT_WHITE = 0, 8, 7, 15


class Alone(App[None]):
    """One widget, and what it posts."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.posted: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_chart_scaled(self, message: Chart.Scaled) -> None:
        self.posted.append(message)

    def on_chart_read(self, message: Chart.Read) -> None:
        self.posted.append(message)


def curve(*y: float, label: str = "a", look: int = 0, **more: object) -> Series:
    return Series(label, np.arange(1.0, len(y) + 1), np.array(y), look, **more)  # type: ignore[arg-type]


def lines(chart: Chart) -> list[str]:
    return [chart.render_line(y).text for y in range(chart.size.height)]


def styles(chart: Chart) -> list[tuple[str, Style]]:
    return [(s.text, s.style) for y in range(chart.size.height) for s in chart.render_line(y) if s.style is not None]


@pytest.mark.parametrize(
    ("y", "scale"),
    [
        ((1.0, 0.1), "log"), ((1.0, 0.0), "log"), ((0.0, 0.0), "linear"), ((-1.0, -2.0), "linear"),
        ((float("nan"), -1.0), "linear"), ((float("inf"), 1e308), "log"),
    ],
)  # fmt: skip
async def test_the_scale_is_that_of_what_was_drawn(y: tuple[float, ...], scale: str) -> None:
    chart = Chart()
    chart.show([curve(*y)])
    assert chart.y_scale == scale, "known before there is any room"
    async with Alone(chart).run_test(size=(60, 20)):
        assert chart.y_scale == scale
        assert chart.visible_y is not None
        assert chart.visible_y.log == (scale == "log")
        assert any("●" in text for text in lines(chart)), "drawn, whatever it is"


async def test_keys_change_scales_zoom_and_reset() -> None:
    chart = Chart()
    app = Alone(chart)
    async with app.run_test(size=(60, 20)) as pilot:
        chart.show([curve(1.0, 0.1, 0.01)])
        chart.focus()
        await pilot.press("Y")
        assert (chart.x_scale, chart.y_scale) == ("log", "linear")
        await pilot.press("X")
        assert (chart.x_scale, chart.y_scale) == ("linear", "linear")
        assert [type(m) for m in app.posted] == [Chart.Scaled, Chart.Scaled]
        whole = chart.visible_x
        await pilot.press("plus", "right")
        assert chart.visible_x != whole
        assert isinstance(app.posted[-1], Chart.Read)
        await pilot.press("equals_sign")
        assert chart.visible_x == whole
        chart.show([curve(-1.0, -2.0)])
        await pilot.press("Y")
        assert chart.y_scale == "linear", "refused"


async def test_zero_has_a_row_of_its_own_in_which_guides_and_curves_stand() -> None:
    chart = Chart()
    async with Alone(chart).run_test(size=(60, 20)):
        chart.show(
            [curve(1.0, 0.1, 0.0, 0.0), curve(1.0, 0.5, 0.5, 0.5, label="b", look=1)], known=[Guide("best", 0.0)]
        )
        floor = next(text for text in lines(chart) if text.lstrip().startswith("0┤"))
        assert " best " in floor
        assert floor.count("⠤") > 5
        assert any(text.lstrip().startswith("≈") for text in lines(chart))


async def test_an_ecdf_has_an_axis_from_zero_to_one_and_what_is_only_at_zero_is_seen() -> None:
    chart = Chart()
    async with Alone(chart).run_test(size=(60, 20)):
        chart.y_log = False
        chart.show([curve(0.0, 0.25, 0.5)], y_limits=(0.0, 1.0))
        assert chart.visible_y == Interval(0.0, 1.0)
        assert lines(chart)[0].lstrip().startswith("1.0")
        chart.show([Series("at once", np.array([0.0]), np.array([3.0]), kind="points")])
        assert chart.x_scale == "linear", "no x is positive"
        assert any(set(text[8:50]) & set("⠁⠂⠄⡀⢀⠈⠐⠠") for text in lines(chart))


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
async def test_what_is_dim_is_dim_in_themes_of_the_terminal_s_own_colours(theme: str) -> None:
    chart = Chart()
    app = Alone(chart)
    async with app.run_test(size=(100, 24)) as pilot:
        app.theme = theme
        await pilot.pause()
        band = {"lower": np.array([0.01, 0.1]), "upper": np.array([1.0, 2.0])}
        others = curve(0.4, 0.5, label="b", look=1, grey=True)
        chart.show([curve(0.3, 0.2, **band), others], (1.0, 9.0), known=[Guide("known", 0.02)])
        chart.focus_series("a")
        seen = {}
        for text, style in styles(chart):
            assert style.bgcolor is None or style.bgcolor.is_default or style.bgcolor.number in (BRIGHT_BLACK, WHITE)
            for letter in text:
                seen.setdefault(letter, []).append(style)
        for letters in "┈", "╌", "│", "─", "┤":
            for style in seen[letters]:
                assert style.dim or style.color.number in (BRIGHT_BLACK, WHITE), letters
                assert style.dim or style.color.number != (WHITE if theme == "ansi-dark" else BLACK)
        assert all(s.dim for text, s in styles(chart) if "known" in text or "latest" in text)


async def test_a_table_may_be_the_legend() -> None:
    chart = Chart(legend=False)
    app = Alone(chart)
    async with app.run_test(size=(100, 20)) as pilot:
        chart.show([curve(1.0, 0.1, label="tpe")])
        chart.focus_series("tpe")
        assert not any("tpe" in text for text in lines(chart))
        chart.focus()
        await pilot.press("right")
        assert "tpe: " in lines(chart)[-1]
        assert isinstance(app.posted[-1], Chart.Read)
        assert app.posted[-1].x == chart.reading


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("legend", [False, True])
async def test_it_survives_any_size_and_data(ascii_only: bool, legend: bool) -> None:
    chart = Chart(legend=legend)
    chart.ascii_only = ascii_only
    known = [Guide("日本語", 0.5), Guide(LONG, 0.0), Guide("nowhere", float("nan"))]
    awkward = [
        [], [curve()], [curve(float("nan"), float("nan"))], [curve(0.0)], [curve(1e308, -1e308)],
        [curve(5e-324, 0.0, kind="line")], [curve(float("inf"), 1.0, float("-inf"), kind="points")],
        [Series("x", np.array([np.nan, 0.0, np.inf]), np.array([1.0, 2.0, 3.0]))],
        [Series("x", np.array([-1.0, 0.0, 1.0]), np.array([1.0, 2.0, 3.0]), kind="line")],
        [curve(1.0, 0.0, label=LONG, grey=i % 2 > 0, look=i) for i in range(60)],
    ]  # fmt: skip
    app = Alone(chart)
    async with app.run_test(size=(80, 24)) as pilot:
        for width, height in ((1, 1), (9, 3), (20, 5), (60, 20), (100, 4), (240, 70)):
            await pilot.resize_terminal(width, height)
            chart.focus()
            for series in awkward:
                chart.show(series, known=known)
                await pilot.press("right")
                text = lines(chart)
                assert all(len(chart.render_line(y)) >= 1 for y in range(height))
                assert "cannot be drawn" not in " ".join(text)
                assert "\x1b" not in " ".join(text)
                assert all(chart.render_line(y).cell_length == chart.size.width for y in range(chart.size.height))
                if ascii_only:
                    assert all(line.translate(dict.fromkeys(map(ord, "日本語"))).isascii() for line in text)
