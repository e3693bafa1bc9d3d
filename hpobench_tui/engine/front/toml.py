"""TOML files of a person: read, and where one is not TOML, the line that is not; and written."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpobench_tui.core.errors import HpobenchError, too_long
from hpobench_tui.core.nearest import hint

MOST_BYTES = 10_000_000
"""Whatever is longer is no experiment file."""
AROUND = 50
"""Characters of a line that are shown on each side of the fault."""
PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
ENDLESS = re.compile(r"(?<!\d)\d{4300,}")
ADVICE = {
    "Invalid value": "text stands in quotes, true and false in lower case",
    "Cannot overwrite a value": "this key is set twice",
    "Expected newline or end of document after a statement": "one `key = value` a line; text stands in quotes",
    "Illegal character": "a text ends on the line it begins on",
}
"""What people do who get these messages of ``tomllib``."""


def read(path: Path) -> str:
    """A file's text.

    Raises:
        HpobenchError: there is none, or it is no text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        close = hint(path.name, beside(path))
        raise HpobenchError(f"cannot read the experiment file {path}: {error.strerror}.{close}") from error
    except OSError as error:
        raise HpobenchError(too_long(path) or f"cannot read the experiment file {path}: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise HpobenchError(f"{path} is no experiment file: it has more than {MOST_BYTES // 10**6} MB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise HpobenchError(f"{path} is no experiment file: it is not text in UTF-8 (line {line}).") from error


def beside(path: Path) -> list[str]:
    """The TOML files in the folder of ``path``."""
    try:
        return sorted(other.name for other in path.parent.glob("*.toml"))
    except OSError:
        return []


def parse(text: str) -> dict[str, Any]:
    """The data of a TOML text.

    Raises:
        HpobenchError: it is empty or no TOML; names the line.
    """
    if not text.strip():
        raise HpobenchError("is empty; `hpobench presets first` prints a file to start from.")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise HpobenchError("not valid TOML: nested beyond all measure.") from error
    except ValueError as error:  # also an integer of more digits than Python reads
        raise HpobenchError(f"not valid TOML: {_fault(str(error), text)}") from error


def _fault(message: str, text: str) -> str:
    """Where, what, and the line itself with a mark under the place."""
    lines = text.splitlines() or [""]
    if place := PLACE.search(message):
        row, column = (int(place[1]), int(place[2])) if place[1] else (len(lines), len(lines[-1]) + 1)
        message = message[: place.start()]
    elif endless := ENDLESS.search(text):
        row = text.count("\n", 0, endless.start()) + 1
        column = endless.start() - text.rfind("\n", 0, endless.start())
        message = f"a number of {len(endless[0])} digits"
    else:
        return f"{message}."
    advice = next((words for start, words in ADVICE.items() if message.startswith(start)), "")
    line = lines[row - 1] if row <= len(lines) else ""
    begin = max(0, column - 1 - AROUND)
    part = "".join(c if c.isprintable() else "�" if c != "\t" else " " for c in line[begin : column - 1 + AROUND])
    said = f"line {row}, column {column}: {message}{advice and f' ({advice})'}."
    return f"{said}\n    {part}\n    {' ' * (column - 1 - begin)}^"


def write(data: Mapping[str, Any]) -> str:
    """What :func:`parse` reads as the same: texts, numbers, truth values, and lists and tables of them.

    >>> print(write({"optimizers": [{"name": "grid", "label": 'my "g"'}], "budget": {"amount": 5}}), end="")
    optimizers = [{ name = "grid", label = "my \\"g\\"" }]
    <BLANKLINE>
    [budget]
    amount = 5
    """
    return "\n".join(_section("", data)).lstrip("\n") + "\n"


def _section(path: str, data: Mapping[str, Any]) -> list[str]:
    """The lines of a section, and of those below it."""
    plain = [f"{_key(key)} = {_value(value)}" for key, value in data.items() if not isinstance(value, Mapping)]
    below = {f"{path}.{_key(key)}".lstrip("."): value for key, value in data.items() if isinstance(value, Mapping)}
    head = ["", f"[{path}]"] if path and (plain or not below) else []
    return [*head, *plain, *(line for name, value in below.items() for line in _section(name, value))]


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: object) -> str:
    match value:
        case bool() | str():  # of what JSON escapes, TOML knows all, and one more must be
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case int() | float():
            return repr(value)
        case Mapping():
            return f"{{ {', '.join(f'{_key(key)} = {_value(own)}' for key, own in value.items())} }}"
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
    raise TypeError(f"TOML holds no {type(value).__name__}")
