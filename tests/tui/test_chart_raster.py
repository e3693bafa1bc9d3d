"""Curves to cells: one series a cell, the focused one on top, its band."""

import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.chart.axes import Interval, fit
from hpobench_tui.tui.widgets.chart.guides import Guide, lines
from hpobench_tui.tui.widgets.chart.raster import (
    ASCII_MARKERS,
    MARKERS,
    NOBODY,
    RHYTHMS,
    Raster,
    Series,
    Tint,
    rasterize,
)

X, Y = Interval(0, 10), Interval(0, 10)


def flat(y: float, look: int = 0, **more: object) -> Series:
    return Series(f"at {y}", np.array([0.0, 10.0]), np.array([y, y]), look, **more)  # type: ignore[arg-type]


def text(raster: Raster) -> list[str]:
    return ["".join(map(chr, row)) for row in raster.glyph.tolist()]


def test_a_flat_line_is_one_row_of_dots() -> None:
    raster = rasterize([flat(5.1)], X, Y, 5, 20)
    assert (raster.owner[2] == 0).all()
    assert (raster.owner[[0, 1, 3, 4]] == NOBODY).all()
    assert text(raster)[2].count(MARKERS[0]) in (1, 2)
    assert set(text(raster)[2]) == {MARKERS[0], "⠒"}


def test_a_cell_belongs_to_one_series_and_the_focused_one_wins() -> None:
    same = [flat(5.0, look) for look in range(3)]
    for focused in range(3):
        alone = rasterize([same[focused]], X, Y, 5, 20).owner == 0
        together = rasterize(same, X, Y, 5, 20, focused)
        assert (together.owner[alone] == focused).all(), "others show in the gaps of its dashes only"
    assert set(np.unique(rasterize(same, X, Y, 5, 20).owner)) == {NOBODY, 0}


def test_flat_parts_have_a_rhythm_of_their_own_and_steps_are_whole() -> None:
    lines = [text(rasterize([flat(5.0, look)], X, Y, 5, 40))[2] for look in range(len(RHYTHMS))]
    bare = [line.translate({ord(marker): ord("m") for marker in MARKERS}) for line in lines]
    assert len(set(bare)) == len(RHYTHMS)
    assert all(sum(letter != " " for letter in line) >= 20 for line in lines), "still seen as a line"
    for look in range(len(RHYTHMS)):
        for at in np.linspace(3, 7, 9):
            step = Series("step", np.array([0.0, at, 10.0]), np.array([1.0, 9.0, 9.0]), look)
            drawn = rasterize([step], X, Y, 8, 40).owner == 0
            assert drawn.any(axis=1)[1:7].all(), "the stroke between the two levels has no hole"


def test_a_hundred_series_can_be_told_apart_by_colour_and_marker() -> None:
    for dark in (True, False):
        for ascii_only in (True, False):
            assert len({(looks.colour(look, dark).hex, looks.marker(look, ascii_only)) for look in range(100)}) == 100
    drawn = text(rasterize([flat(5.0, 10)], X, Y, 5, 40))[2]
    assert looks.marker(10, ascii_only=False) in drawn, "the chart and the legend have the same"


def test_a_step_is_drawn_in_one_column_and_without_a_gap() -> None:
    step = Series("step", np.array([0.0, 5.2, 10.0]), np.array([1.0, 9.0, 9.0]), 0)
    raster = rasterize([step], X, Y, 8, 20)
    heights = (raster.owner == 0).sum(axis=0)
    assert (heights > 1).sum() == 1
    assert heights[10] == 8


def test_nothing_is_drawn_before_the_first_and_after_the_last_point() -> None:
    part = Series("part", np.array([3.0, 7.0]), np.array([5.0, 5.0]), 0)
    columns = (rasterize([part], X, Y, 5, 20).owner == 0).any(axis=0)
    assert not columns[:5].any()
    assert columns[6:14].all()
    assert not columns[15:].any()


def test_a_curve_that_reaches_zero_leaves_a_log_axis_downwards() -> None:
    curve = Series("found it", np.array([1.0, 5.0, 10.0]), np.array([1.0, 0.0, 0.0]), 0)
    owner = rasterize([curve], X, Interval(0.01, 10, True), 8, 20).owner
    assert (owner[:, 9] == 0).sum() >= 5
    assert owner[-1, 9] == 0
    assert (owner[:, 11:] == NOBODY).all()


def test_the_band_is_drawn_for_the_focused_series_only() -> None:
    banded = [flat(5.0, i, lower=np.array([2.0, 2.0]), upper=np.array([8.0, 8.0])) for i in range(2)]  # both have one
    assert (rasterize(banded, X, Y, 10, 20).tint == Tint.NONE).all()
    tint = rasterize(banded, X, Y, 10, 20, focused=1).tint
    assert (tint[2:8] == Tint.FULL).all()
    assert (tint[[0, 1, 8, 9]] == Tint.NONE).all()


def test_the_band_has_edges_in_eighths() -> None:
    band = flat(5.0, 0, lower=np.array([2.5, 2.5]), upper=np.array([8.25, 8.25]))
    raster = rasterize([band], X, Y, 10, 20, focused=0)
    assert (raster.tint[1] == Tint.TOP).all()
    assert set(text(raster)[1]) == {"▂"}
    assert (raster.tint[7] == Tint.BOTTOM).all()
    assert set(text(raster)[7]) == {"▄"}


def test_ascii_has_a_letter_for_every_series_and_nothing_else() -> None:
    series = [flat(2.0, 0), flat(8.0, 1, lower=np.array([6.0, 6.0]), upper=np.array([9.9, 9.9]))]
    lines = text(rasterize(series, X, Y, 10, 20, focused=1, ascii_only=True))
    assert all(line.isascii() for line in lines)
    assert set("".join(lines)) == {" ", ".", ASCII_MARKERS[0], ASCII_MARKERS[1]}


def test_only_changed_rows_are_reported() -> None:
    before = rasterize([flat(5.0), flat(1.0, 1)], X, Y, 10, 20)
    after = rasterize([flat(5.0), flat(8.0, 1)], X, Y, 10, 20)
    assert set(np.flatnonzero(after.changed(before))) == {2, 8}
    assert after.changed(None).all()
    assert not after.changed(after).any()


@given(
    st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")), min_size=0, max_size=30),
    st.integers(1, 12), st.integers(1, 40), st.booleans(), st.booleans(),
)  # fmt: skip
def test_any_data_gives_a_raster(values: list[float], rows: int, columns: int, log: bool, ascii_only: bool) -> None:
    y = np.array(values)
    curve = Series("any", np.arange(1, len(y) + 1, dtype=float), y, 3, lower=y - 1, upper=y + 1)
    raster = rasterize([curve], Interval(1, 20, log), Interval(0.1, 50, log), rows, columns, 0, ascii_only)
    assert raster.glyph.shape == (rows, columns)
    assert (raster.glyph >= 32).all()
    drawn = raster.owner == 0
    assert not drawn.any() or not np.isnan(y).all()


LARGEST = sys.float_info.max
any_float = st.one_of(
    st.sampled_from([0.0, 5e-324, -5e-324, 1.0, 1e300, LARGEST, -LARGEST]), st.floats(allow_infinity=True)
)


@pytest.mark.filterwarnings("error")
@given(
    st.lists(st.tuples(any_float, any_float), min_size=1, max_size=12), st.lists(any_float, max_size=4), st.booleans(),
    st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
@example([(1.0, LARGEST), (2.0, -LARGEST), (LARGEST, 5e-324)], [LARGEST, 0.0], False, False, False, False)
def test_losses_at_the_limits_of_floats_are_drawn(
    points: list[tuple[float, float]], known: list[float], x_log: bool, y_log: bool, step: bool, ascii_only: bool
) -> None:
    """Also infinite sums: on axes that follow the data, with guides and the read-out, whatever is on."""
    x, y = np.array(sorted({abs(x) for x, _ in points if np.isfinite(x)} or {1.0})), np.array([y for _, y in points])
    y = np.resize(y, len(x))
    curve = Series("any", x, y, 0, step, lower=np.minimum(y, y[::-1]), upper=np.maximum(y, y[::-1]))
    across, up = fit(x, x_log), fit(y, y_log)
    if across is None or up is None:
        return
    raster = rasterize([curve], across, up, 6, 30, 0, ascii_only)
    assert (raster.glyph >= 32).all()
    free = raster.owner == NOBODY
    assert all(len(line) == 30 for line in lines([Guide("known", v) for v in known], up, free, ascii_only).values())
    if np.isfinite(y).all():
        assert y.min() <= curve.at(float(x[0])) <= y.max()
        between = min(max(x[0] / 2 + x[-1] / 2, x[0]), x[-1])  # halves of the smallest numbers are zero
        assert np.isfinite(curve.at(float(between)))
