"""Stores that were removed, damaged, changed by hand, or made by somebody else."""

import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks.faults.stage import Observed, Stage, undisturbed
from benchmarks.kills.scene import kill, wait_until
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import FILE


def _while_running(stage: Stage, disturb: Callable[[Path], None]) -> Observed:
    """The store's file is gone, or another one, while its supervisor lives."""
    with stage.under_way(stage.file(trials=300)):
        disturb(stage.folder / FILE)
    return stage.observed(stage.ended())


def _replace(store: Path) -> None:
    """With a copy of it as it was."""
    aside = store.with_name("copy")
    shutil.copy(store, aside)
    aside.replace(store)


def _interrupted(stage: Stage) -> Path:
    """The store of an experiment that was killed, in one file; it has some trials of each run."""
    with stage.under_way(stage.file()):
        kill([stage.supervisor()])
    stage.ended()
    wait_until(lambda: not lifecycle.supervised(stage.folder), 10)
    lifecycle.settle(stage.folder)
    return stage.folder / FILE


def _afterwards(stage: Stage, disturb: Callable[[Path], None]) -> Observed:
    """The store of an interrupted experiment is changed; then it is shown, audited and resumed."""
    whole = undisturbed(stage.root)
    disturb(_interrupted(stage))
    show, audit = stage.call("show", stage.folder), stage.call("audit", stage.folder)
    shown = [stage.plain(call.last) for call in (show, audit) if call.code]
    codes = f"show {show.ended}, audit {audit.ended}"
    return Observed("; ".join(dict.fromkeys(shown)) or "nothing", codes, stage.lost(), stage.resumed(whole))


def _cut(store: Path) -> None:
    with store.open("r+b") as file:
        file.truncate(store.stat().st_size * 2 // 3)


def _empty(store: Path) -> None:
    store.write_bytes(b"")


def _flip(store: Path) -> None:
    """One bit in a digit of a configuration, wherever the file has it."""
    with closing(sqlite3.connect(store)) as connection:
        ((text,),) = connection.execute("SELECT configuration FROM trial WHERE run = 0 AND number = 2")
    was = text.encode()
    flipped = was[:-3] + bytes([was[-3] ^ 1]) + was[-2:]
    store.write_bytes(store.read_bytes().replace(was, flipped))


def _tear(store: Path) -> None:
    """A page of zeros in the middle, as after a bad block."""
    data = bytearray(store.read_bytes())
    page = int.from_bytes(data[16:18])
    middle = len(data) // page // 2 * page
    data[middle : middle + page] = bytes(page)
    store.write_bytes(data)


def change(store: Path, *statements: str) -> None:
    """By hand, with SQLite's own program."""
    with closing(sqlite3.connect(store)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def _edited(*statements: str) -> Callable[[Stage], Observed]:
    return partial(_afterwards, disturb=lambda store: change(store, *statements))


_ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

FAULTS: Mapping[str, Callable[[Stage], Observed]] = {
    "the store is removed while it runs": partial(_while_running, disturb=Path.unlink),
    "the store is replaced while it runs": partial(_while_running, disturb=_replace),
    "the store is cut off": partial(_afterwards, disturb=_cut),
    "the store is empty": partial(_afterwards, disturb=_empty),
    "a bit of a configuration is flipped": partial(_afterwards, disturb=_flip),
    "a page is zeros": partial(_afterwards, disturb=_tear),
    "a loss is changed by hand": _edited("UPDATE trial SET loss = loss - 0.25 WHERE run = 0 AND number = 2"),
    "a cost is changed by hand": _edited("UPDATE trial SET cost = 0 WHERE run = 0 AND number = 2"),
    "a trial is removed by hand": _edited("DELETE FROM trial WHERE run = 0 AND number = 2"),
    "a budget is changed by hand": _edited("UPDATE run SET budget = budget * 2 WHERE id = 0"),
    "a store that was made elsewhere has a trigger": _edited(
        "CREATE TRIGGER spoil AFTER UPDATE ON run BEGIN UPDATE trial SET loss = -1; END"
    ),
    "a store that was made elsewhere has an endless view for a table": _edited(
        "ALTER TABLE event RENAME TO other",
        f"CREATE VIEW event AS SELECT id, time, level, run, message FROM other WHERE 0 < ({_ENDLESS})",
    ),
    "a store is of a later version": _edited("PRAGMA user_version = 999"),
}
