"""Lines at known values: in their rows, named where there is room, never over a curve's cells."""

import numpy as np

from hpobench_tui.tui.widgets.chart.axes import Interval
from hpobench_tui.tui.widgets.chart.guides import COVERED, Guide, lines, widest
from hpobench_tui.tui.widgets.chart.heights import Heights

Y = Heights(Interval(0.01, 1.0, True), 21)
FREE = np.ones((21, 30), dtype=bool)


def test_the_row_is_that_of_the_value():
    found = lines([Guide("top", 1.0), Guide("middle", 0.1), Guide("bottom", 0.01)], Y, FREE, False)
    assert sorted(found) == [0, 10, 20]
    assert found[10] == "╌" * 22 + " middle "
    assert lines([Guide("middle", 0.1)], Y, FREE, True)[10] == "-" * 22 + " middle "


def test_what_lies_outside_or_has_no_logarithm_is_left_out():
    outside = [Guide("above", 1.2), Guide("below", 0.009), Guide("zero", 0.0), Guide("negative", -1.0)]
    assert lines([*outside, Guide("nan", float("nan"))], Y, FREE, False) == {}


def test_names_of_a_row_stand_together_as_far_as_there_is_room():
    three = [Guide("first one", 0.1), Guide("second one", 0.1001), Guide("third one", 0.1002)]
    assert lines(three, Y, FREE, False)[10] == "╌" * 6 + " first one, second one… "
    assert lines(three, Y, FREE[:, :8], False)[10] == "╌" * 8


def test_names_stand_between_curves():
    free = FREE.copy()
    free[10, 20:22] = free[10, 3] = False
    assert lines([Guide("name", 0.1)], Y, free, False)[10] == "╌" * 14 + " name " + "╌" * 10
    free[10] = False
    assert lines([Guide("name", 0.1)], Y, free, False)[10] == "╌" * 30


def test_the_last_of_the_widest_stretches():
    assert widest(np.array([True, True, False, True, True, False])) == (5, 2)
    assert widest(np.array([False, False])) == (0, 0)
    assert widest(np.array([True])) == (1, 1)


def test_wide_names_take_two_columns_a_character():
    text = lines([Guide("日本", 0.1)], Y, FREE, False)[10]
    assert len(text) == 30
    assert text.replace(COVERED, "") == "╌" * 24 + " 日本 "
    assert lines([Guide("日本", 0.1)], Y, FREE[:, :5], False)[10] == "╌" * 5, "no room"
