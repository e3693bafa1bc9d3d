"""Curves to cells: one series a cell, the focused one on top, its band."""

import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.chart.axes import Interval, fit
from hpobench_tui.tui.widgets.chart.guides import Guide, lines
from hpobench_tui.tui.widgets.chart.heights import Heights, heights
from hpobench_tui.tui.widgets.chart.looks import ASCII_MARKERS, MARKERS, RHYTHMS
from hpobench_tui.tui.widgets.chart.paint import gutter_labels
from hpobench_tui.tui.widgets.chart.raster import NOBODY, Raster, Tint, rasterize
from hpobench_tui.tui.widgets.chart.series import Kind, Series

X, Y = Interval(0, 10), Interval(0, 10)


def flat(y: float, look: int = 0, **more: object) -> Series:
    return Series(f"at {y}", np.array([0.0, 10.0]), np.array([y, y]), look, **more)  # type: ignore[arg-type]


def text(raster: Raster) -> list[str]:
    return ["".join(map(chr, row)) for row in raster.glyph.tolist()]


def test_a_flat_line_is_one_row_of_dots() -> None:
    raster = rasterize([flat(5.1)], X, Heights(Y, 5), 20)
    assert (raster.owner[2] == 0).all()
    assert (raster.owner[[0, 1, 3, 4]] == NOBODY).all()
    assert text(raster)[2].count(MARKERS[0]) in (1, 2)
    assert set(text(raster)[2]) == {MARKERS[0], "⠒"}


def test_a_cell_belongs_to_one_series_and_the_focused_one_wins() -> None:
    same = [flat(5.0, look) for look in range(3)]
    for focused in range(3):
        alone = rasterize([same[focused]], X, Heights(Y, 5), 20).owner == 0
        together = rasterize(same, X, Heights(Y, 5), 20, focused)
        assert (together.owner[alone] == focused).all(), "others show in the gaps of its dashes only"
    assert set(np.unique(rasterize(same, X, Heights(Y, 5), 20).owner)) == {NOBODY, 0}


def test_flat_parts_have_a_rhythm_of_their_own_and_steps_are_whole() -> None:
    lines = [text(rasterize([flat(5.0, look)], X, Heights(Y, 5), 40))[2] for look in range(len(RHYTHMS))]
    bare = [line.translate({ord(marker): ord("m") for marker in MARKERS}) for line in lines]
    assert len(set(bare)) == len(RHYTHMS)
    assert all(sum(letter != " " for letter in line) >= 20 for line in lines), "still seen as a line"
    for look in range(len(RHYTHMS)):
        for at in np.linspace(3, 7, 9):
            step = Series("step", np.array([0.0, at, 10.0]), np.array([1.0, 9.0, 9.0]), look)
            drawn = rasterize([step], X, Heights(Y, 8), 40).owner == 0
            assert drawn.any(axis=1)[1:7].all(), "the stroke between the two levels has no hole"


def test_the_chart_and_the_legend_have_the_same_marker() -> None:
    drawn = text(rasterize([flat(5.0, 10)], X, Heights(Y, 5), 40))[2]
    assert looks.marker(10, ascii_only=False) in drawn


def test_a_step_is_drawn_in_one_column_and_without_a_gap() -> None:
    step = Series("step", np.array([0.0, 5.2, 10.0]), np.array([1.0, 9.0, 9.0]), 0)
    raster = rasterize([step], X, Heights(Y, 8), 20)
    heights = (raster.owner == 0).sum(axis=0)
    assert (heights > 1).sum() == 1
    assert heights[10] == 8


def test_nothing_is_drawn_before_the_first_and_after_the_last_point() -> None:
    part = Series("part", np.array([3.0, 7.0]), np.array([5.0, 5.0]), 0)
    columns = (rasterize([part], X, Heights(Y, 5), 20).owner == 0).any(axis=0)
    assert not columns[:5].any()
    assert columns[6:14].all()
    assert not columns[15:].any()


LOG = Interval(0.01, 10, True)


@pytest.mark.parametrize("kind", ["step", "line", "points"])
@pytest.mark.parametrize(("rows", "floor"), [(20, 2), (10, 2), (9, 1), (3, 1)])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_zero_and_negative_values_live_on_the_floor_of_a_log_axis(
    kind: Kind, rows: int, floor: int, ascii_only: bool
) -> None:
    y = np.array([1.0, 0.0, -3.0, 0.0])
    curve = Series("found it", np.array([1.0, 5.0, 7.0, 9.9]), y, 0, kind)
    layout = heights(LOG, y, rows)
    assert layout.floor == floor
    owner = rasterize([curve], X, layout, 20, ascii_only=ascii_only).owner
    assert owner[-1, 19] == 0, "still there at the end"
    if kind == "points":
        assert (owner[-1, [10, 14]] == 0).all()
        assert (owner == 0).sum() == 4
    else:
        assert (owner[-1, 11:] == 0).all()
    if kind == "step":
        assert (owner[rows // 2 :, 9] == 0).all() or (owner[rows // 2 :, 10] == 0).all(), "it comes down to the floor"
        assert (owner[: rows - floor, 11:] == NOBODY).all()


@pytest.mark.parametrize("kind", ["step", "line", "points"])
@pytest.mark.parametrize("rows", [20, 9])
def test_what_is_positive_but_below_all_that_is_visible_is_not_on_the_floor(kind: Kind, rows: int) -> None:
    small, zero = np.array([1e-9, 1e-9]), np.array([0.0, 0.0])
    layout = heights(LOG, np.concatenate([small, zero]), rows)
    assert layout.floor
    assert (rasterize([Series("small", np.array([0.0, 10.0]), small, 0, kind)], X, layout, 20).owner == NOBODY).all()
    assert (rasterize([Series("zero", np.array([0.0, 10.0]), zero, 0, kind)], X, layout, 20).owner[-1] == 0).any()


def test_there_is_no_floor_where_nothing_needs_one() -> None:
    assert heights(LOG, np.array([1.0, np.nan, np.inf]), 20).floor == 0
    assert heights(Interval(-5, 5), np.array([1.0, -2.0]), 20).floor == 0
    assert heights(LOG, np.array([0.0]), 1).floor == 0, "a single row is for the axis"


def test_the_floor_is_labelled_below_a_break() -> None:
    for ascii_only, gap, zero, below in ((False, "≈", "0┤", "≤0┤"), (True, "~", "0+", "<=0+")):
        labels = [text for text, _ in gutter_labels(heights(LOG, np.array([1.0, 0.0]), 20), 8, ascii_only)]
        assert (labels[-1].strip(), labels[-2].strip()) == (zero, gap)
        labels = [text for text, _ in gutter_labels(heights(LOG, np.array([1.0, -1.0]), 20), 8, ascii_only)]
        assert (labels[-1].strip(), labels[-2].strip()) == (below, gap)
        assert "0.01" in labels[-3], "the axis itself ends above them"
    small = [text for text, _ in gutter_labels(heights(LOG, np.array([1.0, 0.0]), 6), 8, False)]
    assert small[-1].strip() == "0≈"


def test_a_band_that_reaches_zero_goes_down_to_the_floor() -> None:
    lower = np.array([0.0, 0.0])
    curve = Series("half found it", np.array([0.0, 10.0]), np.array([1.0, 1.0]), 0, "step", lower, np.array([2.0, 2.0]))
    tint = rasterize([curve], X, heights(LOG, np.array([1.0, 0.0]), 20), 20, focused=0).tint
    assert (tint[10:] == Tint.FULL).all()


def test_points_are_dots_of_their_own_in_any_order_and_at_the_edge_where_x_has_no_logarithm() -> None:
    points = Series("trials", np.array([9.0, 1.0, np.nan, 5.0]), np.array([9.0, 1.0, 5.0, np.nan]), 0, "points")
    owner = rasterize([points], X, Heights(Y, 10), 20).owner
    assert np.argwhere(owner == 0).tolist() == [[1, 18], [8, 2]]
    assert points.at(8.0) == 9.0
    assert points.at(2.0) == 1.0
    early = Series("at once", np.array([0.0]), np.array([5.0]), 0, "points")
    assert (rasterize([early], Interval(1, 10, True), Heights(Y, 10), 20).owner[:, 0] == 0).any()


@pytest.mark.parametrize("ascii_only", [False, True])
def test_marked_points_are_markers_before_the_focused_line(ascii_only: bool) -> None:
    line = Series("model", np.array([0.0, 10.0]), np.array([5.0, 5.0]), 0, "line")
    points = Series("trials", np.array([2.1, 8.1]), np.array([5.0, 5.0]), 1, "points", marked=True)
    drawn = rasterize([line, points], X, Heights(Y, 10), 20, 0, ascii_only)
    (row,) = np.flatnonzero((drawn.owner == 1).any(axis=1))
    assert np.flatnonzero(drawn.owner[row] == 1).tolist() == [4, 16]
    assert {chr(letter) for letter in drawn.glyph[row, [4, 16]]} == {looks.marker(1, ascii_only)}


def test_grey_series_are_below_all_others_and_have_no_markers() -> None:
    grey, coloured = flat(5.0, 0, grey=True), flat(5.0, 1)
    raster = rasterize([grey, coloured], X, Heights(Y, 9), 40)
    assert (raster.owner[4] == 1).sum() > 20
    assert (raster.owner[4][rasterize([coloured], X, Heights(Y, 9), 40).owner[4] == 0] == 1).all()
    assert not set(text(rasterize([grey], X, Heights(Y, 9), 40))[4]) & set(MARKERS)
    assert set(text(rasterize([grey], X, Heights(Y, 9), 40, ascii_only=True))[4]) == {"."}
    assert (rasterize([grey, coloured], X, Heights(Y, 9), 40, focused=0).owner[4] == 0).all(), "unless it is on top"


def test_the_band_is_drawn_for_the_focused_series_only() -> None:
    banded = [flat(5.0, i, lower=np.array([2.0, 2.0]), upper=np.array([8.0, 8.0])) for i in range(2)]  # both have one
    assert (rasterize(banded, X, Heights(Y, 10), 20).tint == Tint.NONE).all()
    tint = rasterize(banded, X, Heights(Y, 10), 20, focused=1).tint
    assert (tint[2:8] == Tint.FULL).all()
    assert (tint[[0, 1, 8, 9]] == Tint.NONE).all()


def test_the_band_has_edges_in_eighths() -> None:
    band = flat(5.0, 0, lower=np.array([2.5, 2.5]), upper=np.array([8.25, 8.25]))
    raster = rasterize([band], X, Heights(Y, 10), 20, focused=0)
    assert (raster.tint[1] == Tint.TOP).all()
    assert set(text(raster)[1]) == {"▂"}
    assert (raster.tint[7] == Tint.BOTTOM).all()
    assert set(text(raster)[7]) == {"▄"}


def test_ascii_has_a_letter_for_every_series_and_nothing_else() -> None:
    series = [flat(2.0, 0), flat(8.0, 1, lower=np.array([6.0, 6.0]), upper=np.array([9.9, 9.9]))]
    lines = text(rasterize(series, X, Heights(Y, 10), 20, focused=1, ascii_only=True))
    assert all(line.isascii() for line in lines)
    assert set("".join(lines)) == {" ", ".", ASCII_MARKERS[0], ASCII_MARKERS[1]}


def test_only_changed_rows_are_reported() -> None:
    before = rasterize([flat(5.0), flat(1.0, 1)], X, Heights(Y, 10), 20)
    after = rasterize([flat(5.0), flat(8.0, 1)], X, Heights(Y, 10), 20)
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
    raster = rasterize([curve], Interval(1, 20, log), heights(Interval(0.1, 50, log), y, rows), columns, 0, ascii_only)
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
    st.booleans(), st.sampled_from(["step", "line", "points"]), st.booleans(),
)  # fmt: skip
@example([(1.0, LARGEST), (2.0, -LARGEST), (LARGEST, 5e-324)], [LARGEST, 0.0], False, False, "line", False)
def test_losses_at_the_limits_of_floats_are_drawn(
    points: list[tuple[float, float]], known: list[float], x_log: bool, y_log: bool, kind: Kind, ascii_only: bool
) -> None:
    """Also infinite sums: on axes that follow the data, with guides and the read-out, whatever is on."""
    x, y = np.array(sorted({abs(x) for x, _ in points if np.isfinite(x)} or {1.0})), np.array([y for _, y in points])
    y = np.resize(y, len(x))
    curve = Series("any", x, y, 0, kind, lower=np.minimum(y, y[::-1]), upper=np.maximum(y, y[::-1]))
    across, up = fit(x, x_log), fit(y, y_log)
    if across is None or up is None:
        return
    layout = heights(up, y, 6)
    raster = rasterize([curve], across, layout, 30, 0, ascii_only)
    assert (raster.glyph >= 32).all()
    free = raster.owner == NOBODY
    assert all(len(line) == 30 for line in lines([Guide("known", v) for v in known], layout, free, ascii_only).values())
    if np.isfinite(y).all():
        assert y.min() <= curve.at(float(x[0])) <= y.max()
        between = min(max(x[0] / 2 + x[-1] / 2, x[0]), x[-1])  # halves of the smallest numbers are zero
        assert np.isfinite(curve.at(float(between)))
