"""Network disks: which folders are on one, and how a store gets there. SQLite itself never works on one.

SQLite relies on locks and on shared memory that network file systems do not keep (https://sqlite.org/howtocorrupt.html,
section 2.1; https://sqlite.org/wal.html): a store that is written there may be damaged, without an error. So stores are
made and written on local disks; what lies on a network disk is a copy of a settled one, put there whole
(:func:`put`): written aside, flushed, renamed.
"""

import os
import re
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from hpobench_tui.core.errors import HpobenchError

MOUNTS = Path("/proc/self/mountinfo")
KINDS = {
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda", "9p", "ceph", "lustre", "gpfs", "beegfs", "panfs",
    "pvfs2", "orangefs", "gfs2", "ocfs2", "glusterfs", "wekafs", "quobyte", "vast", "daos", "moosefs",
}  # fmt: skip
"""Of file systems that several machines share (``fuse.KIND`` as well)."""
FUSE = {
    "sshfs", "s3fs", "rclone", "gcsfuse", "goofys", "davfs", "curlftpfs", "juicefs", "seaweedfs", "dfuse", "mfs",
    "ceph-fuse", "blobfuse", "blobfuse2", "mountpoint-s3", "hdfs", "cvmfs2",
}  # fmt: skip
"""Those that only FUSE has; their kinds are ``fuse.NAME``, or ``fuse`` with the name as what is mounted."""
_ESCAPE = re.compile(r"\\([0-7]{3})")


def network(path: Path) -> str | None:
    """The kind of network file system that a path is on, as ``nfs4``; None: a local disk, or nobody can tell.

    The mount whose folder is the longest beginning of the path decides, of equal ones the last. ``9p`` as the root is
    what sandboxes have, and counts as local.
    """
    real = os.path.realpath(path)
    with suppress(OSError, ValueError):
        os.stat(f"{real}/.")  # what is mounted when it is first looked into, is mounted now
    try:
        lines = MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return None
    longest, found = -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = _ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[4])
        if (real == point or real.startswith(point.rstrip("/") + "/")) and len(point) >= longest:
            kind, _, rest = after.partition(" ")
            kind = f"fuse.{rest.partition(' ')[0]}" if kind == "fuse" else kind
            longest, found = len(point), "" if (point, kind) == ("/", "9p") else kind
    kind = found.removeprefix("fuse.")
    return found if kind in KINDS or (kind != found and kind in FUSE) else None


def refuse_network(folder: Path) -> None:
    """Raises :class:`HpobenchError` if a folder is on a network disk, with what to do about it."""
    if kind := network(folder):
        raise HpobenchError(
            f"{folder} is on a network disk ({kind}), where SQLite may damage what it writes. Choose a folder on a"
            " local disk (--output DIR); or add --scratch DIR, a local one, as in --scratch /tmp: then the experiment"
            " is worked on there, and copied here."
        )


def snapshot(store: Path, to: Path) -> None:
    """A store, which a supervisor may be writing, as one settled file, which must not be there; both on local disks.

    Raises:
        sqlite3.Error, OSError: it cannot be read, or not be written.
    """
    with (
        closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True, timeout=60)) as source,
        closing(sqlite3.connect(to)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def put(file: Path, to: Path) -> None:
    """Copy a file to a place on any disk: whoever looks finds the earlier one or this, and it outlives a crash.

    Raises:
        OSError: it cannot be written; the earlier one is as it was.
    """
    aside = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        with file.open("rb") as source, aside.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
            copy.flush()
            os.fsync(copy.fileno())
        aside.rename(to)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise
    folder = os.open(to.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network disks do not flush folders; renaming was asked of the server already
            os.fsync(folder)
    finally:
        os.close(folder)
