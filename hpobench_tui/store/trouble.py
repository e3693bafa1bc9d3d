"""What is wrong with a file that should be an experiment's store, and what can still be done: for people."""

import errno
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from hpobench_tui.core.describe import message
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.text import in_line
from hpobench_tui.store import failure, opening, schema

ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What reading a database can end in; the latter where SQLite's own message quotes spoilt bytes."""
MOST_FAULTS = 3
"""That one message names."""
_MAGIC = b"SQLite format 3\0"
_ELSEWHERE = "Restore it from a copy, or run the experiment again."
_RESCUE = (
    "`hpobench export {folder}` still writes the problems whose rows can be read, if the list of its runs can."
    " `hpobench repair {folder}` saves the runs that are sound. Else restore it from a copy, or run the experiment"
    " again."
)


def unreadable(path: Path, error: Exception | None = None) -> HpobenchError:
    """The error for a store that cannot be opened, read or written, after ``error`` (None: it is not there)."""
    return HpobenchError(_said(path, error))


def _said(path: Path, error: Exception | None) -> str:
    try:
        if path.is_symlink() and not path.exists():
            return f"{path} is a link to a file that is not there. {_ELSEWHERE}"
        if path.is_dir():
            return f"{path} is a folder: an experiment's store is a file of that name. {_ELSEWHERE}"
        if path.exists() and not path.is_file():
            return f"{path} is no regular file, but a pipe or device: an experiment's store is a file. {_ELSEWHERE}"
        if not path.exists():
            return f"no experiment at {path.parent}: {path.name} is missing. `hpobench list` shows what there is."
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as refused:
        return f"{path} cannot be read: {refused.strerror}. {_rights(refused)}"
    if not size:
        return f"{path} is empty (0 bytes), so nothing of the experiment is in it. {_ELSEWHERE}"
    if not head.startswith(_MAGIC[:size]):
        return f"{path} is not an SQLite database: it begins with {head[:16]!r}. {_ELSEWHERE}"
    if size < (whole := _pages(head)) and settled(path):  # else its end may still be in the log
        return (
            f"{path} is cut off: {size:,} of {whole:,} bytes are there, after a copy that was interrupted or on a full"
            f" disk. Copy it again from where it came from, or save what is there with `hpobench repair {path.parent}`."
        )
    text = message(error).rstrip(".") if error else "it cannot be read"
    if text == "interrupted":
        text = "its pages lead in circles"
    if "locked" in text:
        return f"{path} is in use: {text}. Try again, or end the program that holds it."
    if error is not None and (number := failure.cause(error, path.parent)) not in (0, errno.EBADMSG):
        said = f"{text}. {_rights(None)}" if number == errno.EACCES else f"{failure.said(number)}."
        return f"{path} cannot be used: {said}"
    return f"{path} is damaged: {text}. {_RESCUE.format(folder=path.parent)}"


def _rights(refused: OSError | None) -> str:
    if refused is None or isinstance(refused, PermissionError):
        return "Ask its owner for the right to read it and to write in its folder, or copy both to a place of your own."
    return "See whether its disk is there and whole."


def _pages(head: bytes) -> int:
    """The size in bytes that an SQLite file's header states, 0 if it states none (https://sqlite.org/fileformat2)."""
    if len(head) < 100:
        return 100
    size, pages = int.from_bytes(head[16:18]), int.from_bytes(head[28:32])
    valid = head[24:28] == head[92:96]
    return (65536 if size == 1 else size) * pages if valid else 0


def _cut(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file's end is missing, which SQLite may take for zeros.

    Asked of SQLite: who opens the file beside it, and closes it, takes away the locks of *all* connections that this
    process has to it (https://sqlite.org/howtocorrupt, section 2.2).
    """
    ((pages,),) = connection.execute("PRAGMA page_count")
    ((size,),) = connection.execute("PRAGMA page_size")
    return bool(path.stat().st_size < pages * size)


def settled(path: Path) -> bool:
    """Whether the store is one whole file, without changes in a log beside it."""
    logs = [path.with_name(f"{path.name}-{kind}") for kind in ("wal", "journal")]
    return not any(log.exists() and log.stat().st_size for log in logs)


def check(connection: sqlite3.Connection, path: Path, damaged: bool = False) -> None:
    """Refuse a database that is no experiment, or one of another version of hpobench.

    Args:
        damaged: Let pass what has lost its end, or has more in it than a store.

    Raises:
        HpobenchError: says what it is.
        sqlite3.Error, UnicodeDecodeError, OSError: it cannot be read.
    """
    if not path.stat().st_size or (not damaged and settled(path) and _cut(connection, path)):
        raise unreadable(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"experiment", "run"} & tables:
        holds = f"holds {', '.join(sorted(tables)[:5])}" if tables else "is empty"
        raise HpobenchError(
            f"{path} is not an hpobench experiment: the database {holds}"
            f"{' and belongs to another program' if tables else ', as its creation was interrupted'}."
            " `hpobench list` shows what there is."
        )
    if version > schema.VERSION:
        raise HpobenchError(
            f"{path} was written by a newer hpobench{_writer(connection)} (store version {version}; this one reads up"
            f" to {schema.VERSION}). Update with: pip install --upgrade hpobench-tui."
        )
    if version < 1:
        raise HpobenchError(
            f"{path} is not an hpobench experiment, or was never finished being created: it has no store version."
            f" {_ELSEWHERE}"
        )
    if version < schema.VERSION:
        raise HpobenchError(
            f"{path} was written by an older hpobench{_writer(connection)} (store version {version}; this one reads"
            f" {schema.VERSION}). Run the experiment again, or read it with that version."
        )
    if other := opening.strange(connection, damaged):
        raise HpobenchError(
            f"{path} has what hpobench never makes and will not run: {in_line(other)}. Somebody changed it, or a newer"
            f" hpobench wrote it{_writer(connection)}. Restore it from a copy; `hpobench repair {path.parent}` saves"
            " what is sound."
        )


def changed(path: Path, faults: Sequence[str]) -> HpobenchError:
    """The error for a store that is not as it was written."""
    more = f" (and {len(faults) - MOST_FAULTS} more)" if len(faults) > MOST_FAULTS else ""
    return HpobenchError(
        f"{path} is not as hpobench wrote it: {'; '.join(faults[:MOST_FAULTS])}{more}. `hpobench audit {path.parent}`"
        f" lists all; `hpobench repair {path.parent}` saves what is sound."
    )


def _writer(connection: sqlite3.Connection) -> str:
    """The version that wrote it, as its manifest tells."""
    with suppress(*ERRORS), closing(connection.cursor()) as cursor:
        if row := cursor.execute("SELECT value FROM manifest WHERE key = 'hpobench-tui'").fetchone():
            return f", {in_line(str(row[0]))}"
    return ""
