r"""Text that somebody else wrote: what a store takes of it, and how it leaves the program for people.

Names, labels, errors, metrics and values come from files, plug-ins and stores that anybody may have made. As data they
stay what they are, but for what no store holds (:func:`storable`). Where people see them, characters that do something
instead of standing for something (escape sequences and other controls, controls of the direction of text, of no width,
for private use, lone surrogates) are written as Python writes them in a literal, and do nothing:

    >>> visible("a\x1b[2J\u202eb")
    'a\\x1b[2J\\u202eb'
"""

import json
import sys
from collections.abc import Iterable
from typing import Any, TextIO
from unicodedata import category


class _Letters(dict[int, str]):
    """For ``str.translate``: how each character is shown, worked out once; those that are ``kept`` as they are."""

    def __init__(self, kept: str = "") -> None:
        super().__init__((ord(letter), letter) for letter in kept)

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        seen = letter.isprintable() or category(letter) == "Zs"  # blanks of all widths
        self[code] = shown = letter if seen else self.instead(letter)
        return shown

    def instead(self, letter: str) -> str:
        return letter.encode("unicode_escape").decode()


class _JsonLetters(_Letters):
    def instead(self, letter: str) -> str:
        if category(letter) == "Cs":
            return "�"
        return json.dumps(letter)[1:-1] if ord(letter) > 0xFFFF else f"\\u{ord(letter):04x}"


class _AsWide(_Letters):
    def instead(self, letter: str) -> str:
        from rich.cells import cell_len  # known to whoever lays out screens

        return "�" * cell_len(letter)


_TEXT, _LINE, _JSON, _AS_WIDE = _Letters("\n\t"), _Letters(), _JsonLetters("\n"), _AsWide("\n\t")


def storable(text: str) -> str:
    """Without lone surrogates and NULs, which no store takes."""
    return text.encode("utf-8", "replace").decode().replace("\0", "�")


def visible(text: str) -> str:
    """With nothing in it but what is seen, ends of lines and tabs. What is visible stays as it is."""
    return text if text.isprintable() else text.translate(_TEXT)


def in_line(text: str) -> str:
    r"""The same of what is to be one line, as a name: ends of lines and tabs are written, as ``\n`` and ``\t``."""
    return text if text.isprintable() else text.translate(_LINE)


def as_wide(text: str) -> str:
    """The same of a part of a screen, which must stay as wide: ``�`` for what has a width, nothing for what has none.

    A net below the others, for texts that somebody else's widgets lay out: they are not to be seen like this.
    """
    return text if text.isprintable() else text.translate(_AS_WIDE)


def as_json(value: object, indent: int | None = None, allow_nan: bool = True) -> str:
    """JSON that reads back as the value (but for lone surrogates), with nothing in it but what is seen.

    Raises:
        TypeError, ValueError: JSON cannot hold it; the latter for NaN and infinities, unless they are allowed.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=allow_nan)
    return text if text.isprintable() else text.translate(_JSON)


class VisibleStream:
    """A stream of text whose every word is made :func:`visible`; in all else it is the stream itself.

    A carriage return, as of progress bars, ends the line. ``rich_proxied_file`` is the stream itself, which Rich finds
    under that name: its own sequences have to get through.
    """

    def __init__(self, stream: TextIO) -> None:
        self.rich_proxied_file = stream

    def write(self, text: str) -> int:
        self.rich_proxied_file.write(visible(text.replace("\r\n", "\n").replace("\r", "\n")))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


def show_only_what_is_seen() -> None:
    """Make all that this process writes to its standard streams visible, whoever writes it in Python."""
    if sys.stdout is not None:
        sys.stdout = VisibleStream(sys.stdout)
    if sys.stderr is not None:
        sys.stderr = VisibleStream(sys.stderr)


def percent(share: float) -> str:
    """``42%``; all of it only where that is so, but for round-off.

    >>> percent(0.424), percent(0.9996), percent(1.0)
    ('42%', '99%', '100%')
    """
    return "99%" if 0.99 < share < 1 - 1e-9 else f"{share:.0%}"
