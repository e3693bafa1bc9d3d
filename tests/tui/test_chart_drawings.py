"""Bars, heat cells, strips, parallel coordinates and sparklines: what they show; no data and no size is too much."""

import itertools
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
from hpobench_tui.tui.widgets.differences import Differences, Ranked, brackets
from hpobench_tui.tui.widgets.gantt import Gantt, Lane, Span, occupied
from hpobench_tui.tui.widgets.heat import Heat, _lab, ramp, shares
from hpobench_tui.tui.widgets.parallel import Dimension, Parallel, best, thinned, traced
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


# Gantt strips


def test_a_column_shows_the_span_in_its_middle_and_none_is_too_short_to_be_seen() -> None:
    scale = Interval(0, 10)
    spans = [Span(0, 4), Span(4, 4.001), Span(6, INF)]
    assert occupied(spans, scale, 10).tolist() == [0, 0, 0, 0, 1, -1, 2, 2, 2, 2]
    assert occupied(spans[::-1], scale, 10).tolist() == [2, 2, 2, 2, 1, -1, 0, 0, 0, 0], "in any order"
    assert occupied([], scale, 3).tolist() == [-1, -1, -1]
    assert occupied([Span(NAN, 3), Span(3, NAN)], scale, 2).tolist() == [-1, -1]
    assert occupied([Span(-9, 20)], scale, 2).tolist() == [0, 0]


async def test_a_strip_names_what_is_done_and_says_what_goes_on() -> None:
    gantt = Gantt()
    async with Alone(gantt).run_test(size=(60, 4)) as pilot:
        gantt.show([Lane("worker 1", [Span(0, 30, "run 7", 0), Span(40, INF, "run 8", 1)], "tpe, seed 3")], now=80.0)
        assert lines(gantt)[0].startswith("worker 1 ▏run 7 ")
        assert lines(gantt)[0].endswith("▸ tpe, seed 3")
        assert "▏run 8 " in lines(gantt)[0]
        assert "····" in lines(gantt)[0], "idle"
        assert " 50 " in lines(gantt)[1]
        gantt.show([Lane(f"worker {i}", []) for i in range(9)])
        assert lines(gantt)[-1] == " ▾ +7 more"
        gantt.focus()
        await pilot.press("end")
        assert lines(gantt)[1].startswith("worker 8")


async def test_gantt_survives_anything() -> None:
    gantt = Gantt()
    spans = [Span(a, b, LONG, i) for i, (a, b) in enumerate(itertools.product(AWKWARD, AWKWARD))]
    many = [Span(float(i), i + 0.5, "x") for i in range(10_000)]
    lanes = [Lane(LONG, spans, LONG), Lane("", []), Lane("many", many)]
    await survives(gantt, [lambda n=n: gantt.show(lanes[:n]) for n in range(4)], "down", "end")


# Critical differences


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], []),
        ([(0, 2), (3, 5)], [[(0, 2), (3, 5)]]),
        ([(0, 2), (2, 5)], [[(0, 2)], [(2, 5)]]),
        ([(4, 7), (0, 2), (1, 4)], [[(0, 2), (4, 7)], [(1, 4)]]),
    ],
)
def test_groups_share_columns_where_they_do_not_overlap(
    groups: list[tuple[int, int]], expected: list[list[tuple[int, int]]]
) -> None:
    assert brackets(groups) == expected


async def test_the_best_is_on_top_and_brackets_join_what_does_not_differ() -> None:
    strip = Differences()
    async with Alone(strip).run_test(size=(60, 5)):
        ranked = [Ranked("c", 3.5, 2), Ranked("a", 1.25), Ranked("b", 1.5, 1), Ranked("failed", NAN, 3)]
        strip.show(ranked, [["b", "a"], ["c"]], critical=1.5)
        head, *rows = lines(strip)
        assert head.endswith("CD 1.50")
        assert [row.split()[1] for row in rows] == ["a", "b", "c", "failed"]
        assert rows[0].endswith("1.25 ╮")
        assert rows[1].endswith("1.50 ╯")
        assert rows[2].endswith("3.50")
        assert rows[3].endswith("–")
        places = [row.rindex(mark) for row, mark in zip(rows[:3], "●▲■", strict=True)]
        assert places == sorted(places)


@pytest.mark.parametrize("count", [2, 17, 60])
async def test_every_optimizer_can_be_reached(count: int) -> None:
    strip = Differences()
    async with Alone(strip).run_test(size=(60, 12)) as pilot:
        labels = [f"opt-{i:02}" for i in range(count)]
        groups = [labels[i : i + 5] for i in range(count)]
        strip.show([Ranked(label, i + 1.0, i) for i, label in enumerate(labels)], groups)
        strip.focus()
        seen = set()
        for _ in range(count):
            seen |= {label for label in labels if label in " ".join(lines(strip))}
            await pilot.press("down")
        assert seen == set(labels)


async def test_differences_survive_anything() -> None:
    strip = Differences()
    ranked = [Ranked(f"{i} {LONG}", rank, i) for i, rank in enumerate(AWKWARD * 7)]
    labels = [r.label for r in ranked]
    shows = [
        lambda n=n: strip.show(ranked[:n], [labels[i : i + 20] for i in range(60)], critical=AWKWARD[n % 9])
        for n in (0, 1, 2, 17, 63)
    ]
    await survives(strip, shows, "down", "end")


# Parallel coordinates


def test_values_have_places_on_their_axes() -> None:
    values = np.array([1.0, 10.0, 100.0, NAN])
    assert np.allclose(Dimension("lr", 1, 100, log=True).shares(values), [0, 0.5, 1, NAN], equal_nan=True)
    assert np.allclose(Dimension("n", 0, 200).shares(values), [0.005, 0.05, 0.5, NAN], equal_nan=True)
    choices = Dimension("kind", choices=("a", "b", "c"))
    assert np.allclose(choices.shares(np.array([0.0, 1.0, 2.0, NAN])), [0, 0.5, 1, NAN], equal_nan=True)
    assert choices.ends(False) == ("a", "c")
    assert Dimension("lr", 1e-5, 0.1).ends(False) == ("10⁻⁵", "0.1")
    assert np.isfinite(Dimension("no bounds", NAN, NAN).shares(values)[:3]).all()


def test_the_best_are_those_of_least_loss_and_the_others_are_thinned_evenly() -> None:
    losses = np.array([3.0, NAN, 1.0, INF, -INF, 2.0])
    assert best(losses, 3).tolist() == [4, 2, 5]
    assert best(losses, 99).tolist() == [4, 2, 5, 0], "never what failed"
    assert thinned(5, np.array([1, 3])).tolist() == [0, 2, 4]
    drawn = thinned(10_000, np.array([0, 9_999]), most=100)
    assert len(drawn) == 100
    assert (drawn[0], drawn[-1]) == (1, 9_998)
    assert np.ptp(np.diff(drawn)) <= 1


def test_lines_have_no_gaps_and_break_where_there_is_no_value() -> None:
    dots = traced(np.array([[0.0, 1.0]]), 10, [0, 3], 4, 2, 5)
    assert dots.any(axis=1).all()
    assert dots[:, :7].any(axis=0).all()
    assert not dots[:, 7:].any()
    assert not traced(np.array([[0.0, NAN, 1.0]]), 10, [0, 3, 6], 4, 2, 8).any()


async def test_axes_out_of_sight_are_counted_and_can_be_reached() -> None:
    parallel = Parallel()
    async with Alone(parallel).run_test(size=(80, 20)) as pilot:
        dimensions = [Dimension(f"dim-{i:02}") for i in range(20)]
        rng = np.random.default_rng(0)
        parallel.show(dimensions, rng.random((10_000, 20)), rng.random(10_000))
        assert lines(parallel)[-1] == " 65 of 10000 trials drawn  ▸ +14 more"
        parallel.focus()
        seen = set()
        for _ in range(20):
            seen |= {d.name for d in dimensions if d.name in lines(parallel)[0]}
            await pilot.press("right")
        assert seen == {d.name for d in dimensions}
        assert lines(parallel)[-1].endswith("◂ +14 more")
        parallel.show(dimensions[:2], rng.random((3, 2)), rng.random(3))
        assert lines(parallel)[-1] == " 3 trials"


async def test_parallel_survives_anything() -> None:
    parallel = Parallel()
    values = np.array((AWKWARD * 9)[:80]).reshape(20, 4)
    odd = [
        Dimension(LONG, -1e308, 1e308),
        Dimension("", 0, 0),
        Dimension("log", -1, 5, True),
        Dimension("c", choices=[LONG]),
    ]
    shows = [
        lambda n=n, d=d: parallel.show(odd[:d], values[:n, :d], np.resize(np.array(AWKWARD), n))
        for n in (0, 1, 20)
        for d in (0, 1, 2, 4)
    ]
    await survives(parallel, shows, "right", "end")
    with pytest.raises(ValueError, match="2 losses and 1 dimensions"):
        parallel.show(odd[:1], values[:3, :1], np.zeros(2))


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
