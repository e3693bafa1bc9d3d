"""Legends: nothing is dropped without a word, no name is cut without an ellipsis."""

import numpy as np
import pytest
from rich.cells import cell_len
from textual.color import Color

from hpobench_tui.tui.widgets.chart.inks import Inks
from hpobench_tui.tui.widgets.chart.legend import Legend, below, beside, line, rows_below
from hpobench_tui.tui.widgets.chart.series import Series

INKS = Inks(Color.parse("black"), Color.parse("white"), True)
NAMES = [
    "random",
    "a name of as many as sixty columns, of which few are ever shown",
    "日本語の名前です、とても長い",
    "b[b]",
    "\x1b[2J",
]


def legend(count: int, grey: int = 0, focused: str | None = None, reading: float | None = None) -> Legend:
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    labels = [f"{NAMES[i % 5]}{i}" for i in range(count)]
    series = [Series(label, x, y, i) for i, label in enumerate(labels)]
    series += [Series(f"grey {i}", x, y, i, grey=True) for i in range(grey)]
    return Legend(series, reading, focused, INKS, False)


def told(lines: list[str], named: int) -> int:
    """How many series the lines account for."""
    more = [word for line in lines for word in line.split("+")[1:] if " more" in word]
    return named + sum(int(word.split()[0]) for word in more)


@pytest.mark.parametrize("count", [1, 3, 10, 17, 60])
@pytest.mark.parametrize("grey", [0, 1, 12])
@pytest.mark.parametrize(("width", "height"), [(60, 10), (80, 14), (89, 40), (30, 5)])
def test_below_a_chart_every_series_is_named_or_counted(count: int, grey: int, width: int, height: int) -> None:
    words = legend(count, grey)
    rows = rows_below(words, width, height)
    assert len(rows) <= max(height // 4, 1)
    segments, places = below(words, rows, 5, width)
    lines = ["".join(s.text for s in row) for row in segments]
    assert told(lines, len(places)) == count
    assert (f"+{grey} other" in " ".join(lines)) == (grey > 0)
    assert all(cell_len(text) <= width for text in lines)
    for region, label in places:
        assert region.right <= width
        shown = lines[region.y - 5]
        name = label.replace("\x1b", "\\x1b")
        assert name in shown or "…" in shown, "a name is whole or ends in an ellipsis"


@pytest.mark.parametrize("count", [1, 17, 60])
@pytest.mark.parametrize("grey", [0, 12])
@pytest.mark.parametrize("height", [3, 10, 40])
def test_beside_a_chart_too(count: int, grey: int, height: int) -> None:
    segments, places = beside(legend(count, grey), 70, 30, height)
    lines = ["".join(s.text for s in row) for row in segments]
    assert len(lines) == height
    assert {cell_len(text) for text in lines} == {30}
    assert told(lines, len(places)) == count
    assert (f"+{grey} others" in " ".join(lines)) == (grey > 0)


def test_the_focused_series_is_named_even_if_it_is_the_last() -> None:
    last = legend(60).series[-1].label
    words = legend(60, focused=last)
    assert last in [label for _, label in below(words, rows_below(words, 80, 14), 0, 80)[1]]
    assert last in [label for _, label in beside(words, 70, 30, 10)[1]]


def test_without_a_legend_the_focused_value_is_read_out() -> None:
    words = legend(3, focused=f"{NAMES[0]}0", reading=1.5)
    assert line(words, 60) == " at 1.5, ● random0: 3 "
    assert cell_len(line(words._replace(focused=words.series[1].label), 40)) <= 40
    assert line(words._replace(reading=None), 60) == ""
