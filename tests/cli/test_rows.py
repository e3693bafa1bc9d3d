"""Tables drawn by us look as rich draws them; and what does not fit into a line is left to it."""

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from hpobench_tui.cli import output, rows

WORDS = st.text("ab -0.1é日…[]", max_size=12)
STYLES = st.sampled_from(["", "bold", "dim"])


@st.composite
def tables(draw: st.DrawFn):
    columns = draw(st.integers(1, 4))
    cells = st.lists(st.builds(Text, WORDS, STYLES), min_size=columns, max_size=columns)
    headers = draw(st.lists(WORDS.filter(str.strip), min_size=columns, max_size=columns))
    right = draw(st.sets(st.integers(0, columns - 1)))
    return headers, draw(st.lists(cells, max_size=5)), draw(st.none() | WORDS), sorted(right)


def drawn(table, width: int, colours: bool, by_rich: bool) -> str:
    headers, lines, title, right = table
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, highlight=False, markup=False, force_terminal=colours, color_system=None
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "console", lambda: console)
        if by_rich:
            patch.setattr(rows, "one_line_rows", lambda *_: None)
        output.print_table(headers, lines, title, right)
    return stream.getvalue()


@given(tables(), st.sampled_from([10, 30, 80]), st.booleans())
def test_ours_are_richs(table, width: int, terminal: bool) -> None:
    assert drawn(table, width, terminal, by_rich=False) == drawn(table, width, terminal, by_rich=True)


def test_styles_of_cells_are_kept() -> None:
    table = rows.one_line_rows(["a", "b"], [[Text("x"), Text("best", "bold")]], None, [1], 80)
    stream = io.StringIO()
    Console(file=stream, width=80, force_terminal=True, color_system="standard").print(table)
    assert "\x1b[1mbest\x1b[0m" in stream.getvalue()


@pytest.mark.parametrize("cell", [Text("two\nlines"), Text("a\tb"), Text(" blank"), Text("x" * 90), Text("\x1b")])
def test_what_is_more_than_a_line_is_left_to_rich(cell: Text) -> None:
    assert rows.one_line_rows(["a"], [[Text("fits")]], None, [], 80)
    assert rows.one_line_rows(["a"], [[Text("fits")], [cell]], None, [], 80) is None
    spans = Text.assemble("partly ", ("bold", "bold"))
    assert rows.one_line_rows(["a"], [[spans]], None, [], 80) is None


def test_many_rows_are_printed_at_once() -> None:
    """Ten thousand took six seconds."""
    lines = [[f"optimizer-{i}", f"{i / 7:.4g}", f"{i}/5", f"{i}", "100%", "1.5"] for i in range(10_000)]
    started = time.process_time()
    drawn((list("abcdef"), [list(map(Text, line)) for line in lines], "title", [2, 3, 4, 5]), 120, False, False)
    assert time.process_time() - started < 2.5
