"""Whatever is changed in a store is told: cells, rows, bits; what a supervisor writes in any order is not."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import pytest

from experiments import experiment, launched, run, wait_for
from experiments import kill_all as kill
from experiments import trials as recorded
from factories import account, change, history, opened, run_row, store, trial_row
from hpobench_tui.analysis.audit import audit
from hpobench_tui.core.columns import columns, marshalled, names
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store import schema, seals
from hpobench_tui.store.reader import FILE, Reader
from hpobench_tui.store.writer import Writer, send

RUNS = [run_row(k, problem=problem, trials=40, spent=40, budget=40) for k, problem in enumerate(("toy/one", "toy/two"))]
EDITS = [(table, column) for table in schema.TABLES for column in columns(table.columns)]
EDITS.remove((schema.EXPERIMENT, schema.Experiments.id))  # SQLite itself refuses another


def good(folder: Path, runs: int = 2, trials: int = 40, sealed: bool = True) -> Path:
    """A store with rows in every table."""
    store(
        folder, RUNS[:runs], [row for k in range(runs) for row in history(k, [1.0 / (n + 1) for n in range(trials)])],
        events=[("info", None, "begun"), ("warning", 0, "slow")], sealed=sealed,
        landmarks=[{"problem": "toy/one", "name": "known", "loss": 0.5, "source": "a book"}],
        reports=[{"run": 0, "trial": n, "fidelity": 1, "loss": 0.5, "metrics": '{"a": 1.0}'} for n in range(3)],
        commands=[{"verb": "pause", "created": 1.0, "handled": 2.0}],
    ).close()  # fmt: skip
    return folder


def told(folder: Path) -> bool:
    """Whether the audit finds something, and resume refuses: both or neither."""
    try:
        with Reader(folder) as reader:
            found = not all(row.holds for row in audit(reader))
    except HpobenchError:
        found = True
    refused = ""
    try:
        with Reader(folder) as reader:
            reader.refuse_changed()
    except HpobenchError as error:
        refused = str(error)
    assert found == (str(folder) in refused)
    return found


def test_a_store_as_it_was_written_is_sound(tmp_path: Path) -> None:
    with Reader(good(tmp_path)) as reader:
        assert (reader.sealed, reader.faults(), reader.faults(whole=False)) == (True, [], [])
        assert reader.remark(whole=True) is None


@pytest.mark.parametrize(("table", "column"), EDITS, ids=lambda value: value.name)
def test_a_cell_that_was_changed_by_hand_is_found(tmp_path: Path, table: schema.Table, column: schema.Column) -> None:
    good(tmp_path)
    other = {"TEXT": f"ifnull({column.name} || 'x', 'x')", "REAL": f"ifnull({column.name} + 1e-9, 1.5)"}
    change(
        tmp_path,
        f"UPDATE {table.name} SET {column.name} = {other.get(schema.kind(column), _next(column))}"
        f" WHERE ({table.key}) = (SELECT {table.key} FROM {table.name} ORDER BY {table.key} DESC LIMIT 1)",
    )
    assert told(tmp_path)


def _next(column: schema.Column) -> str:
    return f"ifnull({column.name} + 100, 7)"


@pytest.mark.parametrize("table", [table for table in schema.TABLES if table.name != "command"], ids=lambda t: t.name)
def test_a_row_that_is_gone_is_found(tmp_path: Path, table: schema.Table) -> None:
    good(tmp_path)
    key = f"SELECT {table.key} FROM {table.name} ORDER BY {table.key} LIMIT 1"
    change(tmp_path, f"DELETE FROM {table.name} WHERE ({table.key}) = ({key})")
    assert told(tmp_path)


@pytest.mark.parametrize("table", ["trial", "progress", "report", "event", "manifest", "landmark"])
def test_a_row_too_many_is_found(tmp_path: Path, table: str) -> None:
    good(tmp_path)
    of = next(t for t in schema.TABLES if t.name == table)
    key, listed = of.key.split(", ")[-1], names(of.columns)
    another = f"{key} || 9" if table in ("manifest", "landmark") else f"{key} + 999"
    cells = [another if name == key else name for name in listed]
    change(tmp_path, f"INSERT INTO {table} ({', '.join(listed)}) SELECT {', '.join(cells)} FROM {table} LIMIT 1")
    assert told(tmp_path)


def test_rows_of_a_run_that_there_is_not_are_found(tmp_path: Path) -> None:
    good(tmp_path)
    change(tmp_path, "INSERT INTO report (run, trial, fidelity) VALUES (9, 0, 1)")
    with Reader(tmp_path) as reader:
        assert [fault.text for fault in reader.faults()] == [
            "there are rows of report of a run 9, which it does not have"
        ]
    change(tmp_path, "UPDATE report SET run = zeroblob(70000) WHERE run = 9")
    with Reader(tmp_path) as reader:
        (fault,) = reader.faults()
        assert fault.text.startswith("there are rows of report of a run b'")
        assert len(fault.text) < 300


def test_what_tables_show_is_checked_without_a_look_at_trials(tmp_path: Path) -> None:
    good(tmp_path)
    change(tmp_path, "UPDATE trial SET loss = 0.123 WHERE run = 0 AND number = 3")
    with Reader(tmp_path) as reader:
        assert reader.faults(whole=False) == []
    change(tmp_path, "UPDATE progress SET incumbent_value = 0.0 WHERE run = 1 AND number = 39")
    with Reader(tmp_path) as reader:
        assert [fault.run for fault in reader.faults(whole=False)] == [1]
        assert "random on toy/two, repetition 0" in str(reader.remark(whole=False))


def dump(path: Path) -> object:
    """All cells; why they cannot be had, where they cannot."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        connection.text_factory = bytes
        try:
            return [connection.execute(f"SELECT * FROM {table.name}").fetchall() for table in schema.TABLES]
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter where a message quotes spoilt bytes
            return str(error)


def flips(path: Path, folder: Path, seed: int, count: int = 8) -> Iterator[bool]:
    """Whether the data were changed by each of some flips of one bit; asserts that it is told then."""
    draw, whole, before = random.Random(f"{seed}"), path.read_bytes(), dump(path)
    folder.mkdir(exist_ok=True)
    for _ in range(count):
        spoilt = bytearray(whole)
        bit = draw.randrange(8 * len(spoilt))
        spoilt[bit // 8] ^= 1 << bit % 8
        (folder / FILE).write_bytes(bytes(spoilt))
        changed = dump(folder / FILE) != before
        if changed:
            assert told(folder), f"bit {bit} of {path}"
        yield changed


@pytest.mark.parametrize(("runs", "trials"), [(1, 3), (2, 40), (2, 400)])
def test_flipped_bits_are_found(tmp_path: Path, runs: int, trials: int) -> None:
    path = good(tmp_path / "good", runs, trials) / FILE
    with opened(path.parent) as connection:  # dense, so that most bits are data
        connection.execute("VACUUM")
    assert any(list(flips(path, tmp_path / "one", trials, 40)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(50))
def test_eight_flips_in_each_of_fifty_stores_are_found(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    problems = draw.sample(["synthetic/branin", "synthetic/branin-mf", "bandits/bernoulli", "synthetic/mixed"], 2)
    one = experiment(problems, ["random", "median-stopping"], draw.choice([5, 50, 2000]), "evaluations",
                     impossible="skip", record=draw.choice([None, 10]))  # fmt: skip
    list(flips(run(one, tmp_path) / FILE, tmp_path / "one", seed))


def test_digests_do_not_depend_on_batches(tmp_path: Path) -> None:
    """In any batches, with rows that come again, and from anew: as when the same rows are read from the file."""
    rows = history(0, [0.5, 0.25, -0.0, 0.125, None, 0.1])
    trials = [tuple(trial_row(**row).values()) for row in rows]
    trials = [
        tuple(dict(zip(names(schema.Trials), row, strict=True))[name] for name in seals.LISTED[schema.TRIAL])
        for row in trials
    ]
    short = [row[:13] if row[13:] == (None,) * 9 else row for row in trials]
    progress = [tuple(row.values()) for row in account(rows)]
    reports = [(0, n, 1, 0.5, None) for n in range(6)]
    found = set()
    for place, cuts in enumerate([(6,), (1, 2, 3, 4, 5, 6), (3, 6), (4, 4, 6)]):
        folder = tmp_path / str(place)
        store(folder, [run_row(status="waiting", spent=0, trials=0)], sealed=True).close()
        with Writer(folder) as writer:
            if place == 2:
                writer.add_trials(*map(marshalled, (short[:5], progress[:5], reports[:5])))
                writer.commit()
                writer.forget_trials(0)
            begin = 0
            for end in cuts:
                tables = (short[begin:end], progress[max(begin - 1, 0) : end], reports[begin:end])
                writer.add_trials(*map(marshalled, tables))
                writer.commit()
                begin = end
        with Reader(folder) as reader:
            assert reader.faults() == []
            found.add(reader.runs()[0].digests)
    assert len(found) == 1


def test_a_writer_that_goes_on_notices_what_was_changed_before(tmp_path: Path) -> None:
    good(tmp_path)
    change(tmp_path, "UPDATE trial SET loss = 7 WHERE run = 1 AND number = 2")
    with pytest.raises(HpobenchError, match="the rows of run 1 are not those"), Writer(tmp_path) as writer:
        writer.add_trials(*map(marshalled, ([], [], [(1, 77, 1, 0.5, None)])))


def test_an_interrupted_run_is_covered_to_its_last_batch(tmp_path: Path) -> None:
    folder = launched(experiment(["synthetic/branin"], ["random"], 10_000_000, "evaluations", workers=1), tmp_path)
    wait_for(lambda: recorded(folder) > 5000)
    with Reader(folder) as reader:
        assert reader.faults() == [], "while it is written, too"
    kill(folder)
    with Reader(folder) as reader:
        assert reader.faults() == []
    change(folder, "UPDATE trial SET loss = loss + 1e-12 WHERE number = 17")
    with pytest.raises(HpobenchError, match=r"its rows of trial are not those that were written.*hpobench repair"):
        lifecycle.resume(folder)


def test_commands_and_a_cancelled_run_stay_sound(tmp_path: Path) -> None:
    folder = launched(experiment(["synthetic/branin"], ["random"], 10_000_000, "evaluations", workers=1), tmp_path)
    wait_for(lambda: recorded(folder) > 100)
    send(folder, "cancel")
    wait_for(lambda: not lifecycle.supervised(folder))
    assert not told(folder)


def test_a_store_of_an_earlier_version_has_none_and_gets_them_when_it_is_gone_on_with(tmp_path: Path) -> None:
    good(tmp_path, sealed=False)
    change(tmp_path, "UPDATE run SET status = 'cancelled' WHERE id = 1")
    with Reader(tmp_path) as reader:
        assert not reader.sealed
        assert not any(row.sealed for row in audit(reader))
        assert reader.faults() == []
    with Writer(tmp_path) as writer:
        assert writer.reopen(failed=False) == 1
    with Reader(tmp_path) as reader:
        assert (reader.sealed, reader.faults()) == (True, [])


@pytest.mark.parametrize("column", ["digests", "seal"])
def test_digests_that_are_taken_away_are_missed(tmp_path: Path, column: str) -> None:
    good(tmp_path)
    change(tmp_path, f"UPDATE run SET {column} = NULL")
    change(tmp_path, f"UPDATE experiment SET {column} = NULL")
    assert told(tmp_path)


def test_the_columns_of_rows_with_digests_stay_where_they_are() -> None:
    """Digests say how many columns a row had. Where this fails: put new ones last, or raise the store's version."""
    stated = [seals.LISTED[table][:width] for table, width in zip(seals.OF_RUNS, (22, 10, 5), strict=True)]
    assert blake2b(repr(stated).encode(), digest_size=8).hexdigest() == "b5028f4afff128a6"
