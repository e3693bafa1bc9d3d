"""Files that are no store, or a damaged one: each kind is named, with what can be done; never another exception."""

import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from factories import history, opened, run_row, store
from hpobench_tui.analysis.union import Union
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.bundle import export
from hpobench_tui.store import schema
from hpobench_tui.store.reader import FILE, Reader, experiments
from hpobench_tui.store.writer import Writer, send

PROBLEMS = ("toy/one", "toy/two")


def good(folder: Path) -> Path:
    """Two problems with a few hundred rows each, so that tables have pages of their own."""
    runs = [run_row(k, problem=problem, trials=400) for k, problem in enumerate(PROBLEMS)]
    trials = [row for k in range(2) for row in history(k, [1.0 / (n + 1) for n in range(400)])]
    manifest = {"hpobench-tui": "0.0.9"}
    store(folder, runs, trials, manifest=manifest).close()
    return folder / FILE


def text(path: Path) -> None:
    path.write_text("an old note of somebody's\n" * 100)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def head(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def foreign(path: Path) -> None:
    path.unlink()
    sql("CREATE TABLE bookmarks (url TEXT)", f"PRAGMA user_version = {schema.VERSION}")(path)


def blank(path: Path) -> None:
    path.unlink()
    sql("VACUUM")(path)


def sql(*statements: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with opened(path.parent) as connection:
            for statement in statements:
                connection.execute(statement)

    return change


KINDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "text": (text, "is not an SQLite database: it begins with b'an old note of s'. Restore it from a copy"),
    "empty": (empty, "is empty (0 bytes), so nothing of the experiment is in it. Restore it"),
    "blank": (blank, "is not an hpobench experiment: the database is empty, as its creation was interrupted"),
    "cut": (cut, "is cut off: "),
    "head": (head, "is cut off: 40 of 100 bytes are there"),
    "folder": (folder, "is a folder: an experiment's store is a file of that name"),
    "foreign": (foreign, "the database holds bookmarks and belongs to another program"),
    "newer": (sql("PRAGMA user_version = 99"), "was written by a newer hpobench, 0.0.9 (store version 99"),
    "older": (sql("PRAGMA user_version = 1"), "was written by an older hpobench, 0.0.9 (store version 1"),
    "unfinished": (sql("PRAGMA user_version = 0"), "or was never finished being created"),
    "no runs": (sql("DROP TABLE run"), "is damaged: no such table: run. `hpobench export "),
    "no spec": (sql("UPDATE experiment SET spec = '[]'"), "is damaged: TypeError"),
    "no budget": (
        sql(
            """UPDATE experiment SET spec = replace(spec, '"budgets": {"toy/one": ["', '"budgets": {"toy/one": ["x')"""
        ),
        "is damaged: ",
    ),
}


def read(place: Path) -> None:
    with Reader(place) as reader:
        reader.experiment()
        for run in reader.runs():
            reader.trials(run.id)
            reader.progress(run.id)
            reader.trial_rows(run.id)
            list(reader.configurations(run.id, 1000))
        reader.ends()
        reader.landmarks()
        reader.first_errors()
        reader.events()
        reader.manifest()


def write(place: Path) -> None:
    with Writer(place) as writer:
        writer.reopen(failed=True)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_named_with_its_file_and_what_to_do(tmp_path: Path, kind: str) -> None:
    path = good(tmp_path / "one")
    make, said = KINDS[kind]
    make(path)
    with pytest.raises(HpobenchError) as caught:
        read(tmp_path / "one")
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).count(said) == 1
    if kind not in ("no runs", "no spec", "no budget"):
        with pytest.raises(HpobenchError) as caught:
            send(tmp_path / "one", "cancel")
        assert said in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("run SET id = -1 WHERE id = 1", "column id holds -1"),
        ("run SET id = 2147483648 WHERE id = 1", "column id holds 2147483648"),
        ("run SET trials = 'many'", "column trials holds 'many'"),
        ("run SET label = x'00ff'", "column label holds b'"),
        ("run SET error = x'00ff'", "column error holds b'"),
        ("run SET fidelity = x'00ff'", "column fidelity holds b'"),
        ("run SET reference = 9e999", "column reference holds inf"),
        ("run SET spent = 1.5", "column spent holds 1.5"),
        ("run SET quanta_per_unit = 0", "column quanta_per_unit holds 0"),
        ("run SET budget = 0", "column budget holds 0"),
        ("run SET measure = 'luck'", "'luck' is not a valid Measure"),
        ("experiment SET created = 'NaN'", "column created holds 'NaN'"),
        ("experiment SET created = 9e18", "is damaged: "),
        ("experiment SET seconds = -9e999", "column seconds holds -inf"),
        ("landmark SET loss = 'low'", "column loss holds 'low'"),
        ("trial SET fidelity = 'high'", "is damaged: "),
    ],
)
def test_a_cell_that_holds_what_its_column_cannot_is_named(tmp_path: Path, cell: str, said: str) -> None:
    """SQLite stores anything anywhere; whatever reads it must not stumble over it."""
    path = good(tmp_path / "one")
    add = "INSERT INTO landmark (problem, name, loss, source) VALUES ('toy/one', 'known', 0.5, 'a book')"
    sql(add, f"UPDATE {cell}")(path)
    with pytest.raises(HpobenchError) as caught:
        read(tmp_path / "one")
    assert str(caught.value).startswith(f"{path} is damaged: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("run = 'one'", "column id holds 'one'"), ("run = -1", "column id holds -1"),
        ("number = 'two'", "column number holds 'two'"),
    ],
)  # fmt: skip
def test_a_reason_of_no_run_or_no_trial_is_damage(tmp_path: Path, cell: str, said: str) -> None:
    path = good(tmp_path / "one")
    sql(f"UPDATE trial SET error = 'no good', {cell} WHERE run = 0 AND number = 7")(path)
    with Union([tmp_path / "one"]) as union, pytest.raises(HpobenchError) as caught:
        list(union.failures())
    assert str(caught.value).startswith(f"{path} is damaged: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_store_hides_no_other(tmp_path: Path, kind: str) -> None:
    good(tmp_path / "good")
    KINDS[kind][0](good(tmp_path / "bad"))
    assert {path.name for path in experiments(tmp_path)} == {"good", "bad"}


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(HpobenchError, match=f"no experiment at {tmp_path}/x: {FILE} is missing. `hpobench list`"):
        Reader(tmp_path / "x")
    (tmp_path / FILE).symlink_to(tmp_path / "gone")
    with pytest.raises(HpobenchError, match="is a link to a file that is not there"):
        Reader(tmp_path)


@pytest.mark.parametrize("on", ["file", "folder"])
def test_a_store_that_may_not_be_read_is_said_to_be_one(on: str) -> None:
    with tempfile.TemporaryDirectory(prefix="store") as place:
        os.chmod(place, 0o755)
        path = good(Path(place) / "one")
        (path if on == "file" else path.parent).chmod(0)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            with pytest.raises(HpobenchError, match=r"cannot be read: Permission denied. Ask its owner"):
                Reader(Path(place) / "one")
            experiments(Path(place))
        finally:
            os.seteuid(user)
            path.parent.chmod(0o755)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_bytes_are_spoilt_nothing_else_is_raised(tmp_path: Path, seed: int) -> None:
    """Bytes, runs of bytes and whole pages: what is read is read, what is not is said to be damaged."""
    whole = good(tmp_path / "whole").read_bytes()
    draw = random.Random(f"{seed}")
    (tmp_path / "one").mkdir()
    said = []
    for _ in range(25):
        spoilt = bytearray(whole)
        for _ in range(draw.randint(1, 8)):
            length = draw.choice([1, 4, 100, 4096])
            start = draw.randrange(100, len(spoilt) - length)
            spoilt[start : start + length] = draw.randbytes(length)
        (tmp_path / "one" / FILE).write_bytes(bytes(spoilt))
        for use in (read, write):
            try:
                use(tmp_path / "one")
            except HpobenchError as error:
                said.append(str(error))
    assert said
    assert all(str(tmp_path / "one" / FILE) in text for text in said)


def test_an_export_writes_the_problems_that_can_be_read(tmp_path: Path) -> None:
    """A cell of one run's progress is spoilt: the other problem is in every table."""
    path = good(tmp_path)
    sql("UPDATE progress SET incumbent_value = 'x' WHERE run = 0 AND number = 399")(path)
    with Reader(tmp_path) as reader:
        files, skipped = export(reader, tmp_path / "some", ["csv", "md", "trials"])
    (line,) = skipped
    assert line.startswith(f"toy/one: {path} is damaged: ValueError")
    assert len(files) == 7
    assert "toy/two" in (tmp_path / "some" / "table.md").read_text()
    assert "toy/one" not in (tmp_path / "some" / "table.md").read_text()
