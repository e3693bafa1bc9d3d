"""Reasons that differ in numbers alone are one kind, with counts of runs and of trials."""

from pathlib import Path

from factories import history, run_row, store
from hpobench_tui.analysis.failures import reasons


def test_kinds_of_reasons_of_all_runs_and_of_some(tmp_path: Path) -> None:
    runs = [
        run_row(0, label="a", failed_trials=2),
        run_row(1, label="b", status="failed", error="OSError: 3 left\nthe traceback"),
        run_row(2, label="b", repetition=1, status="failed", error="OSError: 7 left"),
    ]
    with store(tmp_path, runs, history(0, [None, 0.5, None])) as reader:
        every, some = reasons(reader), reasons(reader, {2})
    found = {one.short.partition(":")[0]: (one.runs, one.trials, one.where, one.whole) for one in every}
    assert found == {
        "OSError": (2, 0, "b on toy/one, repetition 0", "the traceback"),
        "ValueError": (0, 2, "a on toy/one, repetition 0, trial 0", ""),
    }
    assert [(one.how_often, one.short) for one in some] == [
        ("1 run, first b on toy/one, repetition 1", "OSError: 7 left")
    ]
