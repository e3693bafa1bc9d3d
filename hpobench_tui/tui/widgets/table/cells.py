"""What a table is made of: cells and columns; texts that fit into a number of cells of the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.cells import cell_len, set_cell_size

from hpobench_tui.core.text import in_line

Tone = Literal["", "dim", "good", "bad", "warn", "accent"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, of which nothing is left but what is seen, with a tone or the colour of series number ``look``.

    Attributes:
        share: How much of the cell has another background, 0 to 1: progress. None: nothing that could have one.
        value: What the column is sorted by; None: the text, as a number where it is one.
    """

    text: str
    tone: Tone = ""
    bold: bool = False
    look: int | None = None
    share: float | None = None
    value: Any = None

    def __post_init__(self) -> None:
        if not self.text.isprintable():
            object.__setattr__(self, "text", in_line(self.text))


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Where there is too little room, one ``yields`` some, and the most ``spare`` come last."""

    title: str
    align: Literal["left", "right"] = "left"
    yields: bool = False
    spare: int = 0
    key: str = ""


Columns = Sequence[Column]


def numbers(*titles: str) -> list[Column]:
    """Columns of numbers."""
    return [Column(title, "right") for title in titles]


def cut(text: str, room: int, ascii_only: bool = False) -> str:
    """The text in at most ``room`` cells, with a mark where something was cut off."""
    if cell_len(text) <= room:
        return text
    return set_cell_size(text, room - 1) + ("~" if ascii_only else "…") if room > 0 else ""


def aligned(text: str, room: int, align: Literal["left", "right"], ascii_only: bool = False) -> str:
    """The text in exactly ``room`` cells."""
    text = cut(text, room, ascii_only)
    gap = " " * (room - cell_len(text))
    return gap + text if align == "right" else text + gap


def centred(text: str, room: int) -> str:
    """The text, which fits, in the middle of so much room."""
    return " " * max((room - cell_len(text)) // 2, 0) + text


def cut_front(text: str, room: int, ascii_only: bool = False) -> str:
    """The same, but what comes first is cut off."""
    if cell_len(text) <= room:
        return text
    start = 0
    while start < len(text) and cell_len(text[start:]) >= room:
        start += 1
    return ("~" if ascii_only else "…") + text[start:] if room > 0 else ""


def split(text: str, at: int) -> tuple[str, str]:
    """The text's first ``at`` cells, or one less where a wide character is there, and the rest."""
    if cell_len(text) == len(text):
        return text[:at], text[at:]
    end, room = 0, at
    while end < len(text) and cell_len(text[end]) <= room:
        room -= cell_len(text[end])
        end += 1
    return text[:end], text[end:]


def wrapped(text: str, width: int, lines: int, ascii_only: bool = False) -> Iterator[str]:
    """The text's words in at most so many lines, the last of them cut where need be."""
    words = text.split()
    for left in range(lines, 0, -1):
        line = ""
        while words and (left == 1 or cell_len(f"{line} {words[0]}".strip()) <= width or not line):
            line = f"{line} {words.pop(0)}".strip()
        if line:
            yield cut(line, width, ascii_only)
