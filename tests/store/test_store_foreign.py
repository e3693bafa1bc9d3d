"""Files that somebody else may have made: refused in one message, whatever they hold, and in no time."""

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from factories import change, history, opened, run_row, store
from hpobench_tui.cli.app import app
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store import lock, opening
from hpobench_tui.store.reader import FILE, Reader, experiments
from hpobench_tui.store.writer import Writer

pytestmark = pytest.mark.timeout(60)


AMOUNT = '"budgets": {"toy/one": ["'


def good(folder: Path) -> Path:
    runs = [run_row(k, repetition=k, trials=40) for k in range(2)]
    trials = [row for k in range(2) for row in history(k, [1.0 / (n + 1) for n in range(40)])]
    store(folder, runs, trials, sealed=True).close()
    return folder


def look(folder: Path) -> None:
    """All that commands read."""
    with Reader(folder) as reader:
        reader.experiment()
        for run in reader.runs():
            reader.trials(run.id)
            reader.trial_rows(run.id)
            reader.progress(run.id)
        reader.events()
        reader.refuse_changed()


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"
HOSTILE = {
    "trigger": ("CREATE TRIGGER evil AFTER INSERT ON event BEGIN DELETE FROM trial; END", "trigger evil"),
    "view": ("CREATE VIEW evil AS SELECT 1", "view evil"),
    "a view named like a table": (
        f"ALTER TABLE progress RENAME TO hidden; CREATE VIEW progress AS {ENDLESS} i AS run FROM n",
        "hidden",
    ),
    "an endless view in place of a table": (
        f"DROP TABLE landmark; CREATE VIEW landmark AS {ENDLESS} 'p' AS problem, 'n' AS name, 1.0 AS loss, '' AS source"
        " FROM n",
        "view landmark",
    ),
    "virtual table": ("CREATE VIRTUAL TABLE evil USING fts5(x)", "evil"),
    "another table": ("CREATE TABLE bookmarks (url TEXT)", "table bookmarks"),
    "another index": ("CREATE INDEX evil ON trial (loss)", "index evil"),
    "a generated column": (
        "ALTER TABLE event ADD COLUMN evil TEXT GENERATED ALWAYS AS (hex(message)) VIRTUAL",
        "column evil of event, which is generated",
    ),
    "another column": ("ALTER TABLE event ADD COLUMN evil TEXT", "column evil of event"),
    "a table of another kind": (
        "DROP TABLE manifest; CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT)",
        "manifest, which is table",
    ),
    "a column of another type": (
        "DROP TABLE manifest; CREATE TABLE manifest (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID",
        "column value of manifest, which is declared otherwise",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_a_store_never_has_is_refused(tmp_path: Path, kind: str) -> None:
    statements, said = HOSTILE[kind]
    good(tmp_path / "fine")
    with opened(good(tmp_path / "bad")) as connection:
        connection.executescript(statements)
    for use in (Reader, Writer):
        with pytest.raises(HpobenchError) as caught:
            use(tmp_path / "bad")
        assert "has what hpobench never makes and will not run: " in str(caught.value)
        assert said in str(caught.value)
    listed = json.loads(CliRunner().invoke(app, ["list", "-o", str(tmp_path), "--json"]).stdout)
    assert {row["experiment"]: row["status"] for row in listed} == {"fine": "finished", "bad": "unreadable"}


LINES = {
    "a name": """CREATE VIEW "evil\nhpobench: fine" AS SELECT 1""",
    "a version": "INSERT INTO manifest VALUES ('hpobench-tui', 'evil\nhpobench: fine'); PRAGMA user_version = 99",
    "a cell of a trial": "UPDATE trial SET error = cast(x'6576696c0a68706f62656e63683a2066696e65ff' AS TEXT)",
    "a cell of the log": "INSERT INTO event VALUES (9, 0.0, 'info', NULL, cast(x'6576696c0a6870ff' AS TEXT))",
}


@pytest.mark.parametrize("kind", LINES)
def test_what_a_message_quotes_of_a_store_begins_no_line(tmp_path: Path, kind: str) -> None:
    with opened(good(tmp_path)) as connection:
        connection.executescript(LINES[kind])
    with pytest.raises(HpobenchError) as caught:
        look(tmp_path)
    assert "evil" in str(caught.value)
    assert "\n" not in str(caught.value)
    for command in ("show", "audit", "errors", "resume"):
        said = CliRunner().invoke(app, [command, str(tmp_path), "--headless"][: 3 if command == "resume" else 2])
        assert not any(line.startswith("hpobench: fine") for line in f"{said.output}{said.exception}".splitlines())


def test_a_path_leads_to_what_is_wrong_with_it(tmp_path: Path) -> None:
    for name in ("pipe", "folder", "circle"):
        (tmp_path / name).mkdir()
    os.mkfifo(tmp_path / "pipe" / FILE)
    (tmp_path / "folder" / FILE).mkdir()
    (tmp_path / "circle" / FILE).symlink_to(FILE)
    for name, said in {"pipe": "no regular file", "folder": "is a folder", "circle": "is a link"}.items():
        told = CliRunner().invoke(app, ["show", str(tmp_path / name)])
        assert said in str(told.exception)


def test_what_statistics_add_is_no_matter(tmp_path: Path) -> None:
    change(good(tmp_path), "ANALYZE")
    look(tmp_path)


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    "cell",
    [
        f"experiment SET spec = '{DEEP}'",
        f"run SET plan = '{DEEP}'",
        f"trial SET configuration = '{{\"x\": {DEEP}}}'",
        f"trial SET metrics = '{DEEP}'",
        f"experiment SET spec = replace(spec, '\"repetitions\": 2', '\"repetitions\": 1{'0' * 5000}')",
        f"trial SET configuration = cast(zeroblob({opening.LARGEST_CELL + 1}) AS TEXT) WHERE run = 0 AND number = 3",
        f"experiment SET name = cast(zeroblob({opening.LARGEST_CELL + 1}) AS TEXT)",
        f"experiment SET spec = replace(spec, '{AMOUNT}10', '{AMOUNT}0')",
        f"experiment SET spec = replace(spec, '{AMOUNT}10', '{AMOUNT}NaN')",
        "experiment SET status = 'asleep'",
        "run SET status = 'asleep'",
        "trial SET status = 'asleep'",
        "run SET budget = 0",
        "run SET budget = 9e999",
        "run SET label = 'nobody'",
        "run SET problem = 'toy/none' WHERE id = 0",
        "run SET optimizer = 'nobody'",
        "run SET repetition = 99 WHERE id = 0",
        "run SET repetition = -1 WHERE id = 0",
        "run SET id = 77 WHERE id = 0",
    ],
    ids=lambda cell: cell[:60],
)
@pytest.mark.parametrize("sealed", [True, False])
def test_what_no_store_says_is_told_in_one_message(tmp_path: Path, cell: str, sealed: bool) -> None:
    change(good(tmp_path), f"UPDATE {cell}")
    if not sealed:
        for table in ("experiment", "run"):
            change(tmp_path, f"UPDATE {table} SET digests = NULL, seal = NULL")
    with pytest.raises(HpobenchError) as caught:
        look(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / FILE))
    assert len(str(caught.value)) < 2000


def test_no_query_goes_on_for_ever(tmp_path: Path) -> None:
    good(tmp_path)
    with Reader(tmp_path) as reader, pytest.raises(HpobenchError, match="its pages lead in circles"):
        reader._rows(f"{ENDLESS} count(*) FROM n")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def circle(path: Path) -> None:
    path.symlink_to(path.name)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


def huge_with_a_head(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"SQLite format 3\0" + b"\x10\0\1\1\0\x40\x20\x20" + b"\0" * 76)
        file.truncate(2**40)


@pytest.mark.parametrize("make", [pipe, circle, device, huge, huge_with_a_head, Path.mkdir, Path.touch])
def test_what_is_no_file_of_ours_blocks_nothing(tmp_path: Path, make: Callable[[Path], None]) -> None:
    good(tmp_path / "fine")
    (tmp_path / "bad").mkdir()
    make(tmp_path / "bad" / FILE)
    assert tmp_path / "fine" in experiments(tmp_path)
    result = CliRunner().invoke(app, ["list", "-o", str(tmp_path)])
    assert result.exit_code == 0
    assert "fine" in result.stdout
    with pytest.raises(HpobenchError):
        Reader(tmp_path / "bad")
    with pytest.raises(HpobenchError):
        Writer(tmp_path / "bad")


@pytest.mark.parametrize("name", [f"{FILE}-wal", f"{FILE}-shm", f"{FILE}-journal"])
def test_a_pipe_beside_a_store_is_not_waited_at(tmp_path: Path, name: str) -> None:
    pipe(good(tmp_path) / name)
    with pytest.raises(HpobenchError, match="beside it is no file"):
        look(tmp_path)


def test_a_pipe_in_place_of_a_lock_or_of_words_is_not_waited_at(tmp_path: Path) -> None:
    good(tmp_path)
    for name in (lock.FILE, lifecycle.LOG):
        pipe(tmp_path / name)
    assert not lock.held(tmp_path)
    assert lifecycle.last_words(tmp_path) == lifecycle.NOT_STARTED


def test_functions_of_a_file_s_own_are_not_called(tmp_path: Path) -> None:
    with Reader(good(tmp_path)) as reader:
        ((trusted,),) = reader._rows("PRAGMA trusted_schema")
        assert trusted == 0
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._connection.execute("DELETE FROM trial")
