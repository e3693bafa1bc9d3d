"""Whether an open store is still the file at its path.

SQLite goes on, without an error, with a file that was removed or replaced under it: what is written is lost, and what
is read stands still for ever. Files are looked at and never opened: who closes a database file beside SQLite takes away
the locks of all connections of this process (https://sqlite.org/howtocorrupt, section 2.2).
"""

import os
from pathlib import Path

from hpobench_tui.core.errors import HpobenchError

LOGS = ("-wal", "-shm")


class TakenError(HpobenchError):
    """A store is not any more where, or what, it was when it was opened."""


class Presence:
    """The files of a store as they are at this moment, to be compared with what is there later (10 µs).

    Args:
        path: The database.
        logs: Also what SQLite keeps beside it as long as a writer is there.
        writable: Whether this process has to be able to write it.

    Raises:
        TakenError: they are not there.
    """

    def __init__(self, path: Path, logs: bool = False, writable: bool = False) -> None:
        self._path = path
        self._mode = os.R_OK | os.W_OK if writable else os.R_OK
        self._files = {file: _identity(_look(file)) for file in (path, *(_beside(path) if logs else ()))}
        self._size = _look(path).st_size

    def check(self) -> None:
        """Say nothing if all is as it was.

        Raises:
            TakenError: a file was removed, replaced or cut off, or may not be read (or written) any more.
        """
        for file, known in self._files.items():
            now = _look(file)
            if _identity(now) != known:
                raise TakenError(f"{file} was replaced by another file.")
            if file == self._path:
                if now.st_size < self._size:  # a database that is written to never shrinks
                    raise TakenError(f"{file} was cut off: {now.st_size:,} of {self._size:,} bytes are left.")
                self._size = now.st_size
        if not os.access(self._path, self._mode):
            what = "written" if self._mode & os.W_OK else "read"
            raise TakenError(f"{self._path} may not be {what} any more.")

    def whole(self) -> bool:
        """Whether the database itself is in its place, whatever became of what is beside it."""
        try:
            now = _look(self._path)
        except TakenError:
            return False
        return _identity(now) == self._files[self._path] and now.st_size >= self._size


def _look(file: Path) -> os.stat_result:
    try:
        return os.stat(file)
    except FileNotFoundError:
        raise TakenError(f"{file} was removed or moved away.") from None
    except OSError as error:
        raise TakenError(f"{file} cannot be reached any more: {error.strerror}.") from error


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + kind) for kind in LOGS]


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
