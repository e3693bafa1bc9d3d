"""A store that was taken away is noticed, though SQLite goes on with it; what it is called, and why writing fails."""

import errno
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from factories import run_row, store
from feeds import read
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.store import failure, lock
from hpobench_tui.store.presence import Presence, TakenError
from hpobench_tui.store.reader import FILE, Reader
from hpobench_tui.store.writer import Writer
from hpobench_tui.tui.feed import Feed


def swap(path: Path) -> None:
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


TAKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "removed": (Path.unlink, "was removed or moved away."),
    "folder removed": (lambda path: shutil.rmtree(path.parent), "was removed or moved away."),
    "replaced": (swap, "was replaced by another file."),
    "empty": (lambda path: os.truncate(path, 0), "was cut off: 0 of "),
    "cut": (lambda path: os.truncate(path, path.stat().st_size - 1), " bytes are left."),
}


@pytest.mark.parametrize("how", TAKEN)
def test_a_file_that_was_taken_away_is_noticed(tmp_path: Path, how: str) -> None:
    take, said = TAKEN[how]
    store(tmp_path / "one", [run_row()]).close()
    path = tmp_path / "one" / FILE
    presence = Presence(path)
    presence.check()
    with path.open("ab") as file:
        file.write(bytes(9))
    presence.check()
    assert presence.whole()
    take(path)
    with pytest.raises(TakenError) as caught:
        presence.check()
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)
    assert not presence.whole()


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_the_app_does_not_show_an_unlinked_file_for_ever(tmp_path: Path, how: str) -> None:
    take, said = TAKEN[how]
    store(tmp_path / "one", [run_row()]).close()
    with closing(Feed(tmp_path / "one")) as feed:
        read(feed)
        assert feed.trouble is None
        take(tmp_path / "one" / FILE)
        feed.wake()
        deadline = time.monotonic() + 10
        while feed.trouble is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert re.search(rf"{said[:-1]}\. What is shown was read before\.", feed.trouble or "")


@pytest.mark.parametrize("kind", ["-wal", "-shm"])
def test_what_was_committed_is_saved_from_a_removed_log(tmp_path: Path, kind: str) -> None:
    """A reader keeps SQLite from bringing the log in when the writer closes."""
    store(tmp_path / "one", [run_row()]).close()
    path = tmp_path / "one" / FILE
    with closing(Writer(path.parent)) as writer, closing(Reader(path.parent)) as reader:
        writer.begin()
        writer.set_run(0, activity="first")
        writer.commit()
        writer.watch()
        writer.check()
        writer.set_run(0, activity="last")
        writer.commit()
        assert reader.runs()[0].activity == "last"
        path.with_name(path.name + kind).unlink()
        with pytest.raises(TakenError, match=f"{kind} was removed"):
            writer.check()
        shutil.copy(path, tmp_path / FILE)
    with Reader(tmp_path) as reader:
        assert reader.runs()[0].activity == "last"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full; make room"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the quota of the disk is used up; make room"),
        (PermissionError(errno.EPERM, "Operation not permitted"), "permission is denied; ask the owner for it"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
        (OSError("odd"), "odd"),
        (TakenError("it was removed."), "it was removed"),
        (HpobenchError("two\nlines."), "two lines"),
        (sqlite3.OperationalError("odd"), "odd"),
    ],
)
def test_reasons_in_our_words(tmp_path: Path, error: Exception, said: str) -> None:
    assert failure.told(error, tmp_path) == said


def test_sqlite_says_that_a_disk_is_full(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("PRAGMA max_page_count = 3")
        with pytest.raises(sqlite3.OperationalError) as caught:
            connection.execute("INSERT INTO t VALUES (zeroblob(99999))")
    assert failure.told(caught.value, tmp_path) == "the disk is full; make room"


@pytest.mark.parametrize("words", ["", "the disk is full", "ä" * 5000, "a lone \ud800 surrogate"])
def test_last_words_have_their_room_beforehand(tmp_path: Path, words: str) -> None:
    descriptor = lock.acquire(tmp_path)
    assert descriptor is not None
    size = (tmp_path / lock.FILE).stat().st_size
    assert lock.words(tmp_path) == ""
    lock.leave(descriptor, "longer words that were left before")
    lock.leave(descriptor, words)
    said = lock.words(tmp_path)
    assert said == words.encode(errors="replace").decode()[: len(said)]
    assert len(said) >= min(len(words), 2000)
    assert (tmp_path / lock.FILE).stat().st_size == size
    assert lock.in_place(tmp_path, descriptor)
    assert lock.acquire(tmp_path) is None
    (tmp_path / lock.FILE).unlink()
    assert not lock.in_place(tmp_path, descriptor)
    os.close(descriptor)
    again = lock.acquire(tmp_path)
    assert again is not None
    assert lock.words(tmp_path) == ""
    os.close(again)
