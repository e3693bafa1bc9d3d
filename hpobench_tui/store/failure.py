"""Why something cannot be written, in our words: from the codes of the system and of SQLite."""

import errno
import os
import resource
import sqlite3
import tempfile
from pathlib import Path

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.store.presence import TakenError

_SAID = {
    errno.ENOSPC: "the disk is full; make room",
    errno.EDQUOT: "the quota of the disk is used up; make room",
    errno.EFBIG: "a file would be larger than files may be here; raise the limit (ulimit -f)",
    errno.EROFS: "the disk is read-only; make it writable",
    errno.EIO: "the disk fails (input/output error); see whether it is there and whole",
    errno.EACCES: "permission is denied; ask the owner for it",
    errno.EBUSY: "another program holds it locked; end that one",
    errno.EBADMSG: "the store is damaged",
    errno.ESTALE: "its store or lock was removed, replaced or cut off",
}
_OF_SQLITE = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_AUTH: errno.EACCES,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_LOCKED: errno.EBUSY,
    sqlite3.SQLITE_CORRUPT: errno.EBADMSG,
    sqlite3.SQLITE_NOTADB: errno.EBADMSG,
}
STOPPED = 64
"""A supervisor that such a number stopped exits with their sum, also where its words find no place."""
_PROBED = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
"""Results of SQLite that keep back what the system said."""
_PROBE = bytes(1 << 16)


def cause(error: BaseException, folder: Path) -> int:
    """The system's number (``errno``) for what stopped us from writing in ``folder``; 0 if there is none."""
    if isinstance(error, TakenError):
        return errno.ESTALE
    if isinstance(error, OSError):
        return errno.EACCES if error.errno == errno.EPERM else error.errno or 0
    if not isinstance(error, sqlite3.Error):
        return 0
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    refused = _probe(folder) if code in _PROBED else 0
    return refused or _OF_SQLITE.get(code, errno.EIO if code == sqlite3.SQLITE_IOERR else 0)


def said(number: int) -> str:
    """What such a number means, and what to do: the inside of a sentence."""
    return _SAID.get(number) or os.strerror(number)


def told(error: BaseException, folder: Path) -> str:
    """Why ``error`` came up when something was to be written in ``folder``: the inside of a sentence."""
    number = 0 if isinstance(error, HpobenchError) else cause(error, folder)
    return said(number) if number else " ".join(str(error).rstrip(".").split())


def _probe(folder: Path) -> int:
    """What the system says of a file that is written there, and leaves no trace; 0 if nothing."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(_PROBE)
    except OSError as refused:
        return cause(refused, folder)
    return errno.EFBIG if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY else 0
