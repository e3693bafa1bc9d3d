"""Tables and JSON on standard output."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hpobench_tui.core.describe import kind_of
from hpobench_tui.core.experiment import left_out as left_out
from hpobench_tui.core.text import VisibleStream, as_json, as_wide, in_line, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDEST = 10_000
"""Columns; more than any table has."""


def print_json(value: object) -> None:
    """Indented JSON; what JSON cannot hold (NaN) is null."""
    print(as_json(clean(value), indent=2))


def print_event(**event: object) -> None:
    """One line of NDJSON, at once."""
    print(as_json(clean(event)), flush=True)


def clean(value: object) -> object:
    """The value with NaN and infinities as None."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, dict):
        return {str(k): clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(v) for v in value]
    return value


def print_table(
    headers: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None, right: Sequence[int] = ()
) -> None:
    """A table for people: full width on a terminal, never truncated when piped.

    ``right``: columns of numbers, to right-align; no number is broken: where that needs more than the terminal's width,
    the terminal wraps whole lines.
    """
    from rich import box
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    from hpobench_tui.cli.rows import one_line_rows

    screen = console()
    headers = [visible(header) for header in headers]
    lines = [[_cell(cell) for cell in row] for row in rows]
    if short := one_line_rows(headers, lines, in_line(title) if title else None, right, screen.width):
        screen.print(short)
        return
    table = Table(
        title=Text(in_line(title)) if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    for index, header in enumerate(headers):
        table.add_column(header, justify="right" if index in right else "left", overflow="fold", no_wrap=not index)
    for line in lines:
        table.add_row(*line)
    room = screen.options.update(max_width=WIDEST)
    if right and Measurement.get(screen, room, table).maximum > screen.width:
        for index in (0, *right):
            whole = [*map(Text, headers[index].split()), *(line[index] for line in lines)]
            table.columns[index].width = max(text.cell_len for text in whole)
        screen.width = max(screen.width, Measurement.get(screen, room, table).minimum)
    screen.print(table)


def _cell(value: object) -> "Text":
    from rich.text import Text

    return Text(in_line(value.plain), value.style) if isinstance(value, Text) else Text(in_line(str(value)))


def print_entries(entries: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Names, each with lines about it that are indented and wrapped to the terminal."""
    from rich.padding import Padding
    from rich.text import Text

    screen = console()
    for name, lines in entries:
        screen.print(Text(in_line(name), "bold"))
        for line in lines:
            screen.print(Padding(Text(visible(line)), (0, 0, 0, 4), expand=False))


def print_lines(lines: Iterable[str]) -> None:
    """Sentences, wrapped to the terminal between words."""
    screen = console()
    for line in lines:
        screen.print(visible(line))


def print_line(text: str, error: bool = False) -> None:
    """One line that is not wrapped, at once; ``error``: on standard error."""
    print(in_line(text), file=sys.stderr if error else sys.stdout, flush=True)


def console(error: bool = False) -> "Console":
    """What Rich draws on, with its own sequences and nobody else's; ``error``: standard error."""
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class Visible(Console):
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for text, style, control in super().render(renderable, options):
                yield Segment(text if control else as_wide(text), style, control)

    stream = sys.stderr if error else sys.stdout
    drawn = stream.rich_proxied_file if isinstance(stream, VisibleStream) else stream
    return Visible(file=drawn, width=None if stream.isatty() else 200, highlight=False, markup=False)


def noted(notes: Iterable[tuple[str, str]], problem: str, told: dict[str, str]) -> list[str]:
    """(label, note) of a problem in a line a note: whom it is about, and the note.

    Args:
        told: The problem where a reason of its kind was told first; it is not told again for another.
    """
    who: dict[str, list[str]] = {}
    for label, note in notes:
        count, failed, reason = note.partition(" failed: ")
        first = told.setdefault(kind_of(reason), problem) if failed else problem
        who.setdefault(note if first == problem else f"{count} failed like on {first}", []).append(label)
    return [f"{', '.join(labels)}: {note}" for note, labels in who.items()]


def number(value: float | None, digits: int = 4) -> str:
    """A number with significant digits, a dash for none."""
    return "–" if value is None else f"{value:.{digits}g}"


def duration(seconds: float) -> str:
    """Seconds as people say them: < 0.1 s, 0.4 s, 12 s, 3:07 min, 2:05 h."""
    if seconds < 0.05:
        return "< 0.1 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    return f"{minutes // 60}:{minutes % 60:02} h"
