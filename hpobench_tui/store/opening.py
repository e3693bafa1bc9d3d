"""Opening a file that anybody may have written, as https://sqlite.org/security.html advises.

Nothing that a file brings along is run (triggers, views, generated columns: a store has none, so one with them is
refused), no cell is larger than any that we write, and no query takes longer than one that looks at every byte.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from stat import S_ISREG

from hpobench_tui.core.columns import columns
from hpobench_tui.store import schema

LARGEST_CELL = 64 * 2**20
"""Bytes. The description of 10,000 runs has less than one million."""
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LARGEST_CELL,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 2**17,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 5,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 16,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
}
STEP, STEPS_A_BYTE, FIRST_STEPS = 100_000, 10, 5_000_000
"""Of SQLite's machine. A row of 40 bytes takes 45 at the most."""
BESIDE = ("-wal", "-shm", "-journal")
"""Ends of the names of files that SQLite opens beside a database."""


class Guarded(sqlite3.Connection):
    """A connection whose queries end: pages that were made to lead in circles can be read for ever."""

    steps = 0

    def execute(self, *arguments: object) -> sqlite3.Cursor:
        self.steps = 0
        return super().execute(*arguments)  # type: ignore[arg-type]


def connect(path: Path, how: str = "rw", timeout: float = 30, damaged: bool = False) -> sqlite3.Connection:
    """Open a database: ``how`` is ``rw``, ``ro`` or (nobody can write) ``immutable``.

    Args:
        damaged: Even if it has lost its end.

    Raises:
        sqlite3.Error, OSError: it cannot be opened.
    """
    for end in BESIDE:  # SQLite would wait at a pipe for ever
        beside = path.with_name(path.name + end)
        with suppress(FileNotFoundError):  # looked at once: a supervisor that settles takes it away
            if not S_ISREG(beside.stat().st_mode):
                raise sqlite3.DatabaseError(f"{beside.name} beside it is no file")
    query = "immutable=1" if how == "immutable" else f"mode={how}"
    uri = f"{path.resolve().as_uri()}?{query}"
    connection = sqlite3.connect(uri, uri=True, timeout=timeout, factory=Guarded)
    try:
        for limit, most in LIMITS.items():
            connection.setlimit(limit, most)
        if damaged:  # SQLite opens what is shorter than it says in this mode alone
            connection.execute("PRAGMA writable_schema = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA mmap_size = 0")
        if how != "rw":
            connection.execute("PRAGMA cell_size_check = ON")
            connection.set_progress_handler(_ends(connection, path), STEP)
    except BaseException:
        connection.close()
        raise
    return connection


def recover(path: Path) -> None:
    """Bring a database back to where it stood before a transaction that was cut short.

    Raises:
        sqlite3.Error, OSError: it cannot be read, or not be written.
    """
    with closing(connect(path)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()


def _ends(connection: Guarded, path: Path) -> Callable[[], bool]:
    def beyond() -> bool:
        connection.steps += STEP
        if connection.steps <= FIRST_STEPS:
            return False
        files = [path, path.with_name(f"{path.name}-wal")]
        size = sum(file.stat().st_size for file in files if file.exists())
        return connection.steps > FIRST_STEPS + STEPS_A_BYTE * size

    return beyond


def strange(connection: sqlite3.Connection, tables_alone: bool = False) -> str | None:
    """What a database has that no store has, in words. Columns that it lacks are no matter.

    Args:
        tables_alone: Look at our tables, not at what there is beside them.
    """
    known = {table.name: table for table in schema.TABLES}
    for kind, name, table, root in connection.execute("SELECT type, name, tbl_name, rootpage FROM main.sqlite_master"):
        own = name in known and bool(root) if kind == "table" else kind == "index" and table in known
        own = own and (kind == "table" or name in schema.INDEXES or str(name).startswith("sqlite_autoindex"))
        if not own and not tables_alone and not str(name).startswith("sqlite_stat"):
            return f"{'virtual table' if kind == 'table' and not root else kind} {name}"
    made = connection.execute(
        "SELECT m.name, x.name, x.type, x.pk, x.hidden FROM main.sqlite_master AS m, pragma_table_xinfo(m.name) AS x"
        " WHERE m.type = 'table'"
    )
    declared = {
        (table.name, column.name): (schema.kind(column), table.place(column.name))
        for table in schema.TABLES
        for column in columns(table.columns)
    }
    for table, name, *found, hidden in made:
        if table in known and (hidden or declared.get((table, name)) != tuple(found)):
            return f"column {name} of {table}, which is {'generated' if hidden else 'declared otherwise'}"
    for table, kind, bare in connection.execute("SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'"):
        if table in known and (kind, bool(bare)) != ("table", known[table].key != "id"):
            return f"{table}, which is {kind}"
    return None
