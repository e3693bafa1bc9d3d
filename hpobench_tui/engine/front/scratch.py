"""An experiment whose folder is on a network disk, worked on in a local one (its *scratch*) and copied home.

Home gets a copy of the store (``store.disks``) every minute and at the end. What stays behind in the scratch when all
is killed is gone on with if home has nothing newer: ``copied``, beside the folder, has the digest of what was put there
last. Home's lock is held meanwhile, so that two machines do not work on one experiment.
"""

import errno
import hashlib
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store import disks, failure, lock, trouble
from hpobench_tui.store.reader import FILE

COPY_SECONDS = 60.0
LEASE_SECONDS = 100.0
"""That a lock outlives its machine: NFS 4 gives 90 (RFC 8881, section 8.3; Linux' ``nfsv4leasetime``)."""
MARK = "copied"
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}
"""What a disk says that knows no locks: then nobody can tell whether somebody else works on it."""


@contextmanager
def at_work(home: Path, scratch: str) -> Iterator[Path]:
    """The folder in which the experiment of ``home`` is to be worked on, as long as this is open; then home is whole.

    Whatever ends it, its supervisor's end is waited for, since nobody would copy what it does from then on. A request
    to stop (SIGTERM, Ctrl-C) cancels it; schedulers send several, to us and to who hands theirs on to us, so that later
    ones do not keep us from copying. A terminal that is closed ends nothing.

    Args:
        home: On a network disk; made if it is not there.
        scratch: A folder on a local disk; variables (``$TMPDIR``) are filled in.

    Raises:
        HpobenchError: it is being worked on, the scratch is none, or something cannot be copied.
    """
    work = _place(home, scratch)
    with lifecycle.nothing_left(home.parent), _Requests() as requests:
        yield from _at_work(home, work, requests)


class _Requests:
    """Signals that ask for the end: the first raises KeyboardInterrupt, unless we are about to end anyway."""

    def __init__(self) -> None:
        self.heard = self.ending = False

    def __enter__(self) -> "_Requests":
        if threading.current_thread() is threading.main_thread():  # no other may handle signals
            asked = dict.fromkeys((signal.SIGTERM, signal.SIGINT), self._hear)
            handlers = {**asked, signal.SIGHUP: lambda *_: None}  # not SIG_IGN, which a supervisor would inherit
            self._before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in getattr(self, "_before", {}).items():
            signal.signal(number, handler)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        first, self.heard = not self.heard, True
        if first and not self.ending:
            raise KeyboardInterrupt


def _at_work(home: Path, work: Path, requests: _Requests) -> Iterator[Path]:
    new = not home.exists()
    with _said(work, home):
        home.mkdir(parents=True, exist_ok=True)
        held = _hold(home)
    try:
        with _said(work, home):
            _bring(home, work)
            (home / lifecycle.COPY_OF).write_text(f"{work} on {socket.gethostname()}")
            lock.leave(held, lock.KILLED)
        ended = threading.Event()
        copying = threading.Thread(target=_copy_until, args=(ended, work, home), daemon=True)
        copying.start()
        try:
            yield work
        except HpobenchError as error:  # the scratch is cleared away: advice must not lead there
            raise HpobenchError(str(error).replace(str(work), str(home))) from error
        finally:
            requests.ending = True
            _wait_for_end(work, requests)
            ended.set()
            copying.join()
            with _said(work, home):
                if (work / FILE).exists():
                    _copy_all(work, home)
                lock.leave(held, lock.words(work))
                (home / lifecycle.COPY_OF).unlink(missing_ok=True)
            _clear(work)
    finally:
        if new and not (home / FILE).exists():
            shutil.rmtree(home, ignore_errors=True)
        os.close(held)


def _wait_for_end(work: Path, requests: _Requests) -> None:
    sent = False
    while lifecycle.supervised(work):
        if requests.heard and not sent:
            sent = True
            with suppress(HpobenchError):  # it has ended meanwhile
                lifecycle.send(work, "cancel")
        time.sleep(0.05)


@contextmanager
def _said(work: Path, home: Path) -> Iterator[None]:
    """What cannot be copied, in our words."""
    try:
        yield
    except (*trouble.ERRORS, OSError) as error:
        raise HpobenchError(
            f"cannot copy between {home} and {work}: {failure.told(error, home)}. What was run is in the latter; the"
            " same call again goes on with it."
        ) from error


def _place(home: Path, scratch: str) -> Path:
    try:
        filled = os.path.expandvars(scratch)
        base = Path(filled).expanduser().absolute()
        there = bool(filled.strip()) and "$" not in filled and base.is_dir()
    except (RuntimeError, OSError, ValueError):  # nobody's home; a folder that may not be looked into, or is too long
        there = False
    if not there:
        raise HpobenchError(f"--scratch: must be a folder that is there, as in /tmp, not {shown(scratch)}.")
    if kind := disks.network(base):
        raise HpobenchError(f"--scratch: must be on a local disk; {base} is on a network disk, too ({kind}).")
    own = base / f"hpobench-{os.getuid()}"
    try:
        own.mkdir(mode=0o700, exist_ok=True)
        if own.is_symlink() or own.stat().st_uid != os.getuid():
            raise HpobenchError(f"--scratch: {own} is somebody else's; choose another folder.")
        name = home.parent.resolve() / home.name  # two names of one folder have a scratch each, of which one is cleared
        work = own / hashlib.sha256(os.fsencode(name)).hexdigest()[:16] / home.name
        work.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise HpobenchError(f"--scratch: cannot write {own}: {failure.told(error, base)}.") from error
    return work


def _hold(home: Path) -> int:
    """Home's lock. That of a machine that went down lasts for a while, so others are waited for."""
    deadline = time.monotonic() + LEASE_SECONDS
    try:
        while (held := lock.acquire(home)) is None:
            place = lifecycle.copy_of(home) or "another process"
            if place.endswith(f" on {socket.gethostname()}") or time.monotonic() > deadline:
                raise HpobenchError(f"{home} is being worked on: {place}.")
            time.sleep(min(1.0, LEASE_SECONDS))
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return os.open(home / lock.FILE, os.O_RDWR | os.O_CREAT, 0o644)
    return held


def _bring(home: Path, work: Path) -> None:
    """Make the work folder what home is, unless it is further."""
    theirs = _digest(home / FILE)
    mark = work.parent / MARK
    known = mark.read_text().split() if mark.exists() else []
    if lifecycle.supervised(work) or ((work / FILE).exists() and (theirs is None or theirs in known)):
        return
    _clear(work)
    work.parent.mkdir(exist_ok=True)
    if theirs is not None:
        shutil.copytree(home, work, ignore=shutil.ignore_patterns(lock.FILE, lifecycle.COPY_OF, f".{FILE}.*"))
        _mark(work, theirs)


def _clear(work: Path) -> None:
    """Remove a work folder, its mark first: what a kill leaves of the folder must not pass for what is further."""
    (work.parent / MARK).unlink(missing_ok=True)
    shutil.rmtree(work.parent, ignore_errors=True)


def _mark(work: Path, digests: str) -> None:
    """All of it or the earlier one, as a mark that cannot be read costs what is further than home."""
    aside = work.parent / f"{MARK}.new"
    aside.write_text(digests)
    aside.rename(work.parent / MARK)


def _copy_until(ended: threading.Event, work: Path, home: Path) -> None:
    told = False
    while not ended.wait(COPY_SECONDS):
        try:
            if (work / FILE).exists():
                _copy_all(work, home)
            told = False
        except (*trouble.ERRORS, OSError) as error:
            if not told:
                print(f"hpobench: cannot copy {work} to {home}, and tries again: {error}", file=sys.stderr)
            told = True


def _copy_all(work: Path, home: Path) -> None:
    """Home's copy is renewed: first the store, then all that lies beside it."""
    taken = work.parent / f"{FILE}.{time.time_ns()}"
    try:
        disks.snapshot(work / FILE, taken)
        ours, theirs = _digest(taken), _digest(home / FILE)
        if ours != theirs:
            _mark(work, f"{theirs or ''} {ours}")  # whichever is there, should we be killed now
            disks.put(taken, home / FILE)
    finally:
        taken.unlink(missing_ok=True)
    shutil.copytree(work, home, ignore=shutil.ignore_patterns(f"{FILE}*", lock.FILE), dirs_exist_ok=True)


def _digest(file: Path) -> str | None:
    with suppress(FileNotFoundError), file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
    return None
