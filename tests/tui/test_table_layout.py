"""Which columns a table shows in how much room, and texts that are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hpobench_tui.tui.widgets.table.cells import Column, aligned, cut, cut_front, split, wrapped
from hpobench_tui.tui.widgets.table.layout import fitted
from hpobench_tui.tui.widgets.table.lines import foot, head

COLUMNS = st.lists(
    st.tuples(st.builds(Column, st.text("ab c", max_size=9), yields=st.booleans(), spare=st.integers(0, 2)),
              st.integers(0, 70)),
    min_size=1, max_size=14,
)  # fmt: skip
TEXTS = st.text(st.sampled_from("ab 日本é-"), max_size=30)


@given(COLUMNS, st.integers(1, 240), st.integers(0, 20))
def test_no_column_is_out_of_sight_without_being_counted(
    columns: list[tuple[Column, int]], room: int, skipped: int
) -> None:
    kinds, wanted = [column for column, _ in columns], [width for _, width in columns]
    there = {i for i, width in enumerate(wanted) if width}
    layout = fitted(kinds, wanted, room, skipped)
    shown = [i for i, _ in layout.places]
    assert len(set(shown)) == len(shown)
    assert set(shown) <= there
    assert len(there) - len(shown) == layout.left + layout.right
    assert min(layout.left, layout.right) >= 0
    assert all(1 <= width <= wanted[i] or layout.fixed for i, width in layout.places)
    assert layout.used <= max(room, 2)


@given(COLUMNS, st.integers(12, 240))
def test_every_column_comes_into_sight_from_one_side_to_the_other(columns: list[tuple[Column, int]], room: int) -> None:
    kinds, wanted = [column for column, _ in columns], [width for _, width in columns]
    seen: set[int] = set()
    for skipped in range(len(columns) + 1):
        layout = fitted(kinds, wanted, room, skipped)
        seen |= {i for i, _ in layout.places}
        if not layout.right:
            break
        assert layout.left == skipped
    assert seen == {i for i, width in enumerate(wanted) if width}
    assert not layout.right


@given(COLUMNS, st.integers(30, 240), st.integers(0, 20), st.booleans())
def test_the_header_says_how_many_are_out_of_sight(
    columns: list[tuple[Column, int]], room: int, skipped: int, ascii_only: bool
) -> None:
    kinds = [column for column, _ in columns]
    wanted = [max(width, len(column.title)) for column, width in columns]
    layout = fitted(kinds, wanted, room, skipped)
    text = head(kinds, [column.title for column in kinds], layout, room, ascii_only)
    assert cell_len(text) <= room
    left, right = "<>" if ascii_only else "◂▸"
    assert (f"{left}+{layout.left}" in text) == bool(layout.left)
    assert text.endswith(f"{right}+{layout.right}") == bool(layout.right)


def test_columns_to_spare_come_last_and_the_first_one_stays() -> None:
    columns = [Column("name"), Column("bar", spare=1), Column("a"), Column("b")]
    layout = fitted(columns, [10, 12, 8, 8], 36, 0)
    assert [i for i, _ in layout.places] == [0, 2, 3]
    assert (layout.left, layout.right) == (0, 1)
    layout = fitted(columns, [10, 12, 8, 8], 36, 9)
    assert [i for i, _ in layout.places] == [0, 3, 1]
    assert (layout.left, layout.right) == (1, 0)


@given(TEXTS, st.integers(0, 30))
def test_what_is_cut_has_a_mark_and_fits(text: str, room: int) -> None:
    for shorten in (cut, cut_front):
        short = shorten(text, room)
        assert cell_len(short) <= room
        assert (short == text) == (cell_len(text) <= room)
        if short != text and room:
            assert (short[-1] if shorten is cut else short[0]) == "…"
    assert cell_len(aligned(text, room, "right")) == room
    front, back = split(text, room)
    assert front + back == text
    assert cell_len(front) <= room


@given(TEXTS, st.integers(1, 20), st.integers(1, 5))
def test_hints_are_wrapped(text: str, width: int, lines: int) -> None:
    found = list(wrapped(text, width, lines))
    assert len(found) <= lines
    assert all(cell_len(line) <= width for line in found)
    if "…" not in "".join(found):
        assert " ".join(found).split() == text.split()


@pytest.mark.parametrize("width", [8, 20, 60, 80])
@pytest.mark.parametrize("asked", [None, "", "x" * 100, "日本" * 40])
def test_the_foot_keeps_what_is_typed_and_what_is_more(width: int, asked: str | None) -> None:
    text = foot(asked, ["failures first", "7 of 60 runs", "+3 more"], width, False, asked is not None)
    assert cell_len(text) <= width
    if width >= 20:
        assert text.rstrip().endswith("+3 more")
        assert asked is None or "▏" in text
