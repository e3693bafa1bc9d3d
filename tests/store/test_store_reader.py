"""Reading a store: by column, in pieces, the last rows, and what is damaged."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from factories import account, change, history, run_row, store, trial_row
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.store import reader as reader_module
from hpobench_tui.store import schema
from hpobench_tui.store.reader import FILE, ProgressTable, Reader
from hpobench_tui.store.verbs import Command
from hpobench_tui.store.writer import Writer
from program import python


def test_trials_by_column_in_order(tmp_path: Path) -> None:
    rows = [
        trial_row(0, 1, asked=0, worker=1, fidelity=3, target=9, continues=0, truth=0.5, reference=0.25, cost=2),
        trial_row(0, 0, asked=1, worker=0, loss=None, status="failed", error="x"),
    ]
    with store(tmp_path, [run_row()], rows, []) as reader:
        table = reader.trials(0)
        assert len(reader.trials(1)) == 0
    assert (table.number.tolist(), table.asked.tolist(), table.worker.tolist()) == ([0, 1], [1, 0], [0, 1])
    assert table.status == ("failed", "done")
    assert (table.fidelity.tolist(), table.continues.tolist(), table.cost.tolist()) == ([-1, 3], [-1, 0], [1, 2])
    np.testing.assert_array_equal(table.loss, [np.nan, 1.0])
    np.testing.assert_array_equal(table.truth, [np.nan, 0.5])
    np.testing.assert_array_equal(table.reference, [np.nan, 0.25])


def test_columns_that_are_not_asked_for_raise(tmp_path: Path) -> None:
    with store(tmp_path, [run_row()], history(0, [0.5, 0.4])) as reader:
        table, progress = reader.trials(0, columns=("loss",)), reader.progress(0, columns=("spent",))
        with pytest.raises(KeyError, match="configuration, lost"):
            reader.trials(0, columns=("loss", "lost", "configuration"))
    assert (table.number.tolist(), table.loss.tolist(), progress.spent.tolist()) == ([0, 1], [0.5, 0.4], [1, 2])
    for read, name in ((table, "cost"), (table, "status"), (table, "clock_end"), (progress, "losses")):
        with pytest.raises(AttributeError, match=f"column '{name}' was not read"):
            getattr(read, name)


@pytest.mark.parametrize("rows", [0, 1, 3, 6, 7])
def test_pieces_make_the_same_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    with store(tmp_path, [run_row()], history(0, [0.5 / (n + 1) for n in range(rows)])) as reader:
        trials, progress = reader.trials(0), reader.progress(0)
        monkeypatch.setattr(reader_module, "_CHUNK", 3)
        for whole, pieces in ((trials, reader.trials(0)), (progress, reader.progress(0))):
            for name in (column.name for column in whole.columns()):
                left, right = getattr(whole, name), getattr(pieces, name)
                np.testing.assert_array_equal(left, right)
                assert getattr(left, "dtype", None) == getattr(right, "dtype", None)
        assert reader.trials(0, after=1, limit=2).number.tolist() == list(range(2, min(rows, 4)))


def test_integers_beyond_floating_point_stay_exact(tmp_path: Path) -> None:
    big = 2**53 + 1
    with store(tmp_path, [run_row()], [trial_row(cost=big)]) as reader:
        assert (int(reader.trials(0).cost[0]), int(reader.progress(0).spent[0])) == (big, big)
        assert int(reader.ends()[0].spent[0]) == big


def test_ends_are_the_latest_rows_of_the_runs_that_have_any(tmp_path: Path) -> None:
    trials = [*history(0, [0.5, 0.4, 0.6]), *history(2, [None])]
    with store(tmp_path, [run_row(i, repetition=i) for i in range(3)], trials) as reader:
        ends = reader.ends()
        assert sorted(ends) == [0, 2]
        for run, end in ends.items():
            whole = reader.progress(run)
            for name in (column.name for column in ProgressTable.columns()):
                np.testing.assert_array_equal(getattr(end, name), getattr(whole, name)[-1:])
    assert (ends[0].incumbent.tolist(), ends[2].incumbent.tolist()) == ([1], [-1])
    assert np.isnan(ends[2].incumbent_value).all()


def test_first_errors_need_no_look_at_every_trial(tmp_path: Path) -> None:
    trials = [*history(0, [0.5, None, None]), *history(1, [0.4])]
    trials[2]["error"] = "OSError: later"
    runs = [run_row(0, failed_trials=2), run_row(1, repetition=1)]
    with store(tmp_path, runs, trials) as reader:
        assert reader.first_errors() == {0: "ValueError: no good"}
        plan = [row[3] for row in reader._each(f"EXPLAIN QUERY PLAN {reader_module.FIRST_ERRORS}")]
    assert any("USING INDEX trial_error (run=?" in step for step in plan), plan


def test_the_version_changes_with_what_others_write(tmp_path: Path) -> None:
    with store(tmp_path, [run_row()], history(0, [0.5])) as reader:
        before = reader.changes()
        reader.runs()
        assert reader.changes() == before
        change(tmp_path, "UPDATE run SET spent = 3")
        assert reader.changes() != before


@pytest.mark.parametrize("written", [False, True])
def test_a_file_without_a_column_that_came_later_is_read_and_written(tmp_path: Path, written: bool) -> None:
    store(tmp_path, [run_row()], history(0, [0.5, None])).close()
    for table, column in (("trial", "truth"), ("trial", "worker"), ("run", "device"), ("run", "attempts")):
        change(tmp_path, f"ALTER TABLE {table} DROP COLUMN {column}")
    if written:
        with Writer(tmp_path) as writer:
            writer.set_run(0, device="cpu")
    with Reader(tmp_path) as reader:
        ((run,), trials, rows) = reader.runs(), reader.trials(0), reader.trial_rows(0)
        assert (run.device, run.attempts, run.trials) == ("cpu" if written else None, 0, 10)
        assert (trials.worker.tolist(), [row.worker for row in rows], rows[0].loss) == ([-1, -1], [None, None], 0.5)
        assert np.isnan(trials.truth).all()
        assert reader.first_errors() == {}


@pytest.mark.parametrize(("table", "column"), [("trial", "cost"), ("progress", "spent"), ("progress", "clock")])
def test_damaged_cells_are_named(tmp_path: Path, table: str, column: str) -> None:
    trials = history(0, [0.5])
    progress = account(trials)
    (trials if table == "trial" else progress)[0][column] = "many"
    with store(tmp_path, [run_row()], trials, progress) as reader:
        with pytest.raises(HpobenchError, match="is damaged: ValueError"):
            reader.trials(0) if table == "trial" else reader.progress(0)
        if table == "progress":
            with pytest.raises(HpobenchError, match="is damaged: ValueError"):
                reader.ends()


@pytest.mark.parametrize(
    ("column", "cell"), [("cost", 3.7), ("fidelity", 2.9), ("loss", float("inf")), ("cost", "many")]
)
def test_a_cell_that_its_column_cannot_hold_is_named_by_arrays_as_by_records(
    tmp_path: Path, column: str, cell: object
) -> None:
    with store(tmp_path, [run_row()], [trial_row(**{column: cell})], []) as reader:
        for read in (reader.trials, reader.trial_rows):
            with pytest.raises(HpobenchError, match="is damaged: ValueError"):
                read(0)


def test_a_reader_takes_no_lock_from_a_writer_of_the_same_process(tmp_path: Path) -> None:
    """Else another process that closes the store believes itself the last, and takes the log away under the writer."""
    store(tmp_path, [run_row()]).close()
    with Writer(tmp_path) as writer:
        writer.begin()  # from now on the file is in that mode for whoever opens it
    writer = Writer(tmp_path)
    Reader(tmp_path).close()
    program = (
        "import pathlib, sys; from hpobench_tui.store.writer import Command, send;"
        " send(pathlib.Path(sys.argv[1]), Command('pause'))"
    )
    done = python("-c", program, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / f"{FILE}-wal").exists()
    assert writer.commands() == [Command("pause")]
    writer.close()


@pytest.mark.parametrize(
    ("version", "text"),
    [(schema.VERSION + 1, "newer hpobench"), (schema.VERSION - 1, "older hpobench"), (0, "not an hpobench")],
)
def test_other_versions_are_refused(tmp_path: Path, version: int, text: str) -> None:
    store(tmp_path, [run_row()]).close()
    change(tmp_path, f"PRAGMA user_version = {version}")
    with pytest.raises(HpobenchError, match=text):
        Reader(tmp_path)


INTERRUPTED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA cache_size = 1")
connection.execute("UPDATE run SET error = hex(zeroblob(200000))")
connection.execute("UPDATE experiment SET seconds = 77")
os._exit(9)
"""


def test_a_journal_that_a_kill_has_left_is_rolled_back(tmp_path: Path) -> None:
    """As where the supervisor is killed while it settles; who may only read cannot do so."""
    store(tmp_path, [run_row(i, repetition=i) for i in range(20)]).close()
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    python("-c", INTERRUPTED, tmp_path / FILE)
    assert (tmp_path / f"{FILE}-journal").stat().st_size, "it was in the middle of it"
    with Reader(tmp_path) as reader:
        assert reader.experiment().seconds != 77
        assert {run.error for run in reader.runs()} == {None}
