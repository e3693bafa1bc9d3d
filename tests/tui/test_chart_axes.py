"""Ticks, intervals and labels of the chart's axes."""

import sys
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hpobench_tui.tui.widgets.chart.axes import Interval, fit, label, nice_step, number, ticks


def test_log_ticks_are_decades() -> None:
    found = ticks(Interval(1e-5, 1e5, True), 20)
    assert [t.value for t in found] == pytest.approx([10.0**k for k in range(-5, 6)])
    assert found[0].fraction == pytest.approx(0)
    assert found[5].fraction == pytest.approx(0.5)
    assert [t.label for t in found][4:8] == ["0.1", "1", "10", "100"]
    assert found[0].label == "10⁻⁵"


def test_few_decades_get_two_and_five_between_them() -> None:
    assert [t.label for t in ticks(Interval(1, 30, True), 6)] == ["1", "2", "5", "10", "20"]


def test_too_many_decades_are_thinned_evenly() -> None:
    values = [t.value for t in ticks(Interval(1e-12, 1e12, True), 6)]
    ratios = np.diff(np.log10(values))
    assert len(values) <= 6
    assert np.allclose(ratios, ratios[0])


def test_a_log_axis_within_one_decade_still_has_ticks() -> None:
    found = ticks(Interval(2.1, 2.4, True), 5)
    assert len(found) >= 2
    assert all(-1e-9 <= t.fraction <= 1 + 1e-9 for t in found)


def test_linear_ticks_are_round() -> None:
    assert [t.label for t in ticks(Interval(0, 1), 5)] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert nice_step(0, 100, 8) == 20


def test_fit_snaps_to_round_numbers_and_refuses_a_log_axis_without_positive_values() -> None:
    assert fit(np.array([0.013, 7.0, np.nan]), log=True) == Interval(0.01, 10.0, True)
    assert fit(np.array([0.0, -1.0, np.nan]), log=True) is None
    assert fit(np.array([]), log=False) is None
    flat = fit(np.array([3.0, 3.0]), log=False)
    assert flat is not None
    assert flat.lower < 3 < flat.upper


@given(st.floats(1e-8, 1e8), st.floats(1.01, 1e6), st.booleans(), st.floats(0.2, 5), st.floats(0, 1))
def test_zoom_keeps_what_is_under_the_pointer_and_pan_comes_back(
    lower: float, ratio: float, log: bool, factor: float, anchor: float
) -> None:
    interval = Interval(lower, lower * ratio, log)
    zoomed = interval.zoomed(factor, anchor)
    assert zoomed.value(anchor) == pytest.approx(interval.value(anchor), rel=1e-6)
    back = interval.panned(0.3).panned(-0.3)
    assert back.lower == pytest.approx(interval.lower, rel=1e-6)
    assert float(interval.fraction(np.array([interval.value(anchor)]))[0]) == pytest.approx(anchor, abs=1e-6)


def test_zooming_in_for_ever_ends() -> None:
    interval = Interval(1.0, 2.0)
    for _ in range(500):
        interval = interval.zoomed(0.5, 0.5)
    assert interval.lower < interval.upper
    for _ in range(500):
        interval = interval.zoomed(10, 0.5)
    assert np.isfinite([interval.lower, interval.upper]).all()


def test_labels() -> None:
    assert [label(v) for v in (0.001, 5.0, 2000.0, 2e5, 1e-7)] == ["0.001", "5", "2000", "2×10⁵", "10⁻⁷"]
    assert label(2e5, ascii_only=True) == "2e5"
    assert label(1e-7, ascii_only=True).isascii()


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_numbers_are_short(value: float) -> None:
    assert 1 <= len(number(value)) <= 10


LARGEST, LEAST = sys.float_info.max, 5e-324
extremes = st.sampled_from([0.0, LEAST, -LEAST, 1e-310, 1.0, -1.0, 1e300, -1e300, LARGEST, -LARGEST])
finite = st.one_of(extremes, st.floats(allow_nan=False, allow_infinity=False))
moves = st.lists(st.tuples(st.booleans(), st.floats(0.1, 10), st.floats(0, 1)), max_size=4)


@pytest.mark.filterwarnings("error")
@given(st.lists(finite, min_size=1, max_size=8), st.booleans(), st.integers(1, 12), moves)
@example([1e300, float(np.nextafter(1e300, np.inf))], False, 8, [])
@example([LEAST], True, 3, [(True, 0.1, 0.5)])
@example([-LARGEST, LARGEST], False, 8, [(True, 0.5, 1.0), (False, 1.0, 0.0)])
def test_whatever_is_measured_has_an_axis(
    values: list[float], log: bool, count: int, moved: list[tuple[bool, float, float]]
) -> None:
    """All finite floats, also those whose differences are none: shown, with ticks in order, whoever zooms and pans."""
    interval = fit(np.array(values), log)
    if interval is None:
        assert log
        assert max(values) <= 0
        return
    shown = [v for v in values if v > 0 or not log]
    places = interval.fraction(np.array(shown))
    assert (places >= -1e-6).all()
    assert (places <= 1 + 1e-6).all()
    for zoom, factor, anchor in moved:
        interval = interval.zoomed(factor, anchor) if zoom else interval.panned(factor - anchor)
    assert -LARGEST <= interval.lower < interval.upper <= LARGEST
    assert interval.lower <= interval.value(0.5) <= interval.upper
    found = ticks(interval, count)
    assert 1 <= len(found) <= 2 * max(count, 2) + 1
    assert all(interval.lower <= tick.value <= interval.upper for tick in found)
    assert all(one.value < other.value and one.fraction <= other.fraction for one, other in pairwise(found))
    assert all(-1e-6 <= tick.fraction <= 1 + 1e-6 for tick in found)
    assert all(tick.label and "nan" not in tick.label and "inf" not in tick.label for tick in found)


@given(finite)
def test_labels_of_the_largest_and_smallest_are_labels(value: float) -> None:
    plain = label(value, ascii_only=True)
    assert plain.isascii()
    assert abs(Decimal(plain) - Decimal(value)) <= abs(Decimal(value)) / 100
