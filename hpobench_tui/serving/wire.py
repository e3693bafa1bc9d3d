"""The two halves of the wire: what a browser's xterm.js sends and gets, and the packets of Textual's web driver.

A packet is a letter (D: data, M: a JSON object, P: packed), four bytes of length (big-endian) and so many bytes. A
browser sends JSON arrays of a word and what belongs to it, and gets bytes for its terminal.
"""

import json
from typing import Final

HEAD: Final = 5
READY = b"__GANGLION__\n"
"""The driver's first line."""
WIDEST, HIGHEST = 1000, 500
"""Columns and rows: more have no screen, and would take the memory of one."""
SMALLEST = 2


def packed(kind: bytes, payload: bytes) -> bytes:
    """
    >>> packed(b"D", b"q")
    b'D\\x00\\x00\\x00\\x01q'
    """
    return kind + len(payload).to_bytes(4, "big") + payload


def meta(kind: str, **more: int) -> bytes:
    """
    >>> meta("quit")
    b'M\\x00\\x00\\x00\\x10{"type": "quit"}'
    """
    return packed(b"M", json.dumps({"type": kind, **more}).encode())


def read(text: str) -> tuple[bytes, str]:
    """(for the app, for the browser): what a message of a browser comes to.

    >>> read('["ping", "17"]')
    (b'', '["pong", "17"]')

    Raises:
        ValueError: no browser of ours sends that.
    """
    try:
        said = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    match said:
        case ["stdin", str(typed)]:
            return packed(b"D", typed.encode("utf-8", "replace")), ""
        case ["resize", {"width": int(width), "height": int(height)}]:
            return meta("resize", width=columns(width), height=rows(height)), ""
        case ["ping", str(mark)]:
            return b"", json.dumps(["pong", mark])
        case ["focus" | "blur" as kind]:
            return meta(kind), ""
    raise ValueError("not a message")


def columns(number: int) -> int:
    """As many as a terminal may have."""
    return min(max(number, SMALLEST), WIDEST)


def rows(number: int) -> int:
    return min(max(number, SMALLEST), HIGHEST)
