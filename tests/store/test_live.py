"""Runs kept up to date while somebody writes: the same as read anew, at a cost that follows what changed."""

import random
import time
from pathlib import Path

import pytest

from factories import opened, run_row, store
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.store.live import Live, Totals
from hpobench_tui.store.reader import Reader
from hpobench_tui.store.writer import Writer


def waiting(folder: Path, count: int) -> None:
    rows = [run_row(n, repetition=n, status="waiting", spent=0, trials=0, seconds=0.0) for n in range(count)]
    store(folder, rows, sealed=True, status="running").close()


def anew(reader: Reader) -> Totals:
    totals = Totals()
    for run in reader.runs():
        totals.add(run)
    return totals


def test_what_is_kept_is_what_is_there(tmp_path: Path) -> None:
    waiting(tmp_path, 40)
    draw = random.Random(5)
    with Reader(tmp_path) as reader, Writer(tmp_path) as writer:
        live = Live(reader)
        writer.set_run(3, trials=1)
        writer.commit()  # before the first poll
        assert [run.id for run in live.poll() or ()] == [3]
        assert live.poll() is None
        for _ in range(30):
            chosen = {draw.randrange(40) for _ in range(draw.randrange(4))}
            for run in chosen:
                status = draw.choice(list(RunStatus))
                writer.set_run(run, status=status, trials=draw.randrange(9), spent=draw.randrange(10), seconds=0.5)
            writer.set_status(ExperimentStatus.PAUSED, draw.random())
            writer.commit()
            assert {run.id for run in live.poll() or ()} == chosen
            assert live.runs == reader.runs()
            assert live.row.status is ExperimentStatus.PAUSED
            assert live.row.seconds == reader.experiment().seconds
            there = anew(reader)
            assert +live.totals.statuses == +there.statuses
            assert (live.totals.trials, live.totals.failed_trials) == (there.trials, there.failed_trials)
            assert live.totals.progress == pytest.approx(there.progress)
            assert (live.totals.ended, live.totals.at_rest) == (there.ended, there.at_rest)
        assert reader.faults() == []


def test_a_store_without_revisions_gets_them_from_who_writes(tmp_path: Path) -> None:
    """One of an earlier version has neither the column nor its index."""
    waiting(tmp_path, 3)
    with opened(tmp_path) as connection:
        connection.execute("DROP INDEX run_revision")
        connection.execute("ALTER TABLE run DROP COLUMN revision")
    with Reader(tmp_path) as reader:
        assert [run.revision for run in Live(reader).runs] == [None] * 3
    with Writer(tmp_path) as writer, Reader(tmp_path) as reader:
        live = Live(reader)
        writer.set_run(1, trials=7)
        writer.commit()
        assert [(run.id, run.trials) for run in live.poll() or ()] == [(1, 7)]


def test_a_look_at_ten_thousand_runs_costs_what_changed(tmp_path: Path) -> None:
    waiting(tmp_path, 10_000)
    with Reader(tmp_path) as reader, Writer(tmp_path) as writer:
        live = Live(reader)
        live.poll()
        took = []
        for tick in range(20):
            for run in (tick, 5000 + tick, 9_999 - tick):
                writer.set_run(run, trials=tick, status=RunStatus.RUNNING)
            writer.commit()
            began = time.process_time()
            assert len(live.poll() or ()) == 3
            took.append(time.process_time() - began)
        assert sorted(took)[10] < 0.005


def test_what_a_worker_does_is_written_where_it_does_something_else(tmp_path: Path) -> None:
    waiting(tmp_path, 3)
    with Reader(tmp_path) as reader, Writer(tmp_path) as writer:
        live = Live(reader)
        live.poll()
        said = ["loading", "loading", "asking trial 0", "asking trial 0", "loading"]
        changed = []
        for activity in said:
            writer.set_activity(1, activity)
            writer.commit()
            changed.append([run.id for run in live.poll() or ()])
            assert reader.run(1).activity == activity
        assert changed == [[1], [], [1], [], [1]]
        writer.set_run(1, activity=None)  # it ended, and its next worker does what the last one did
        writer.set_activity(1, "loading")
        writer.commit()
        assert reader.run(1).activity == "loading"
        assert not reader.faults()
