"""The real iohinspector reads our IOH folders (and COCO's), and finds what hpobench itself says."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from bridge_runs import (
    BARE,
    BUDGET,
    CURVES,
    EASY,
    FULL,
    LABELS,
    PROBLEMS,
    RASTRIGIN,
    SECONDS,
    SPHERE,
    SPHERE_2,
    TOY,
    exported,
    make,
    ordered,
    ours,
)
from factories import account, history, run_row, store, trial_row
from hpobench_tui.analysis.performance.anytime_stats import sample
from hpobench_tui.analysis.performance.counting import Steps, read_pairs, stream
from hpobench_tui.analysis.performance.ecdf import ecdf
from hpobench_tui.analysis.performance.ert import expected
from hpobench_tui.analysis.union import Union
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.targets import COCO

pytestmark = pytest.mark.needs("iohinspector")
EACH = {CURVES: FULL, SECONDS: 10**9}
COLUMNS = ["function_id", "function_name", "dimension", "instance", "algorithm_name", "evals"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ioh")
    make(folder / "experiment")
    return folder


@pytest.fixture(scope="module")
def union(folder: Path) -> Iterator[Union]:
    with exported(folder / "experiment", "ioh", folder / "out") as (union, made):
        assert made.skipped == []
        yield union


@pytest.fixture(scope="module")
def data(folder: Path, union: Union) -> Any:
    return load(folder / "out/ioh")


def load(folder: Path) -> Any:
    """All rows that iohinspector finds: a frame of polars."""
    import iohinspector

    manager = iohinspector.DataManager()
    manager.add_folder(str(folder))
    return manager.load(monotonic=True, include_columns=[*COLUMNS])


def rows(data: Any, problem: str, label: str) -> Any:
    """Those of one algorithm on one problem."""
    name = "bbob/f01-sphere" if problem in (SPHERE, SPHERE_2) else problem
    own = data.filter((pl.col("function_name") == name) & (pl.col("algorithm_name") == label))
    return own.filter(pl.col("instance") == (2 if problem == SPHERE_2 else 1)) if name != problem else own


def said(label: str) -> str:
    return label.replace("\n", "\\n")


@pytest.mark.parametrize("problem", PROBLEMS)
def test_running_times_and_ert_are_ours(problem: str, union: Union, data: Any) -> None:
    from iohinspector.align import align_data
    from iohinspector.metrics import aggregate_running_time

    each = EACH.get(problem, 1)
    for label, hits in ours(union, problem).items():
        own = rows(data, problem, said(label))
        first, spent = hits.first * each, hits.spent * each
        assert sorted(own.unique("data_id")["evals"]) == sorted(spent)

        times = align_data(
            own, COCO[::-1], group_cols=["data_id"], x_col="raw_y", y_col="evaluations", silence_warning=True
        )
        theirs = np.array([times.filter(times["raw_y"] == target)["evaluations"] for target in COCO], np.float64)
        np.testing.assert_allclose(np.sort(theirs, axis=1), ordered(first), rtol=1e-12)

        if len(set(spent)) == 1:  # theirs takes one budget for all runs
            table = aggregate_running_time(own, f_min=1e-8, f_max=1e2, eval_max=spent[0], return_as_pandas=False)
            asked = table["raw_y"].to_numpy()[::-1]
            again = ours(union, problem, targets=asked)[label]
            np.testing.assert_allclose(
                table["ERT"].to_numpy()[::-1], expected(again.first, again.spent) * each, rtol=1e-12
            )
            assert table["success_count"].to_list()[::-1] == again.successes.tolist()


@pytest.mark.parametrize("problem", [SPHERE, TOY, CURVES, EASY])
def test_ecdf_and_fixed_budgets_are_ours(problem: str, union: Union, data: Any) -> None:
    from iohinspector.metrics import aggregate_convergence
    from iohinspector.metrics.eaf import get_discritized_eaf_single_objective

    each = EACH.get(problem, 1)
    for label, hits in ours(union, problem, targets=COCO[1:]).items():
        own = rows(data, problem, said(label))
        budgets = np.unique(np.geomspace(1, hits.spent.max() * each, 8).astype(np.uint64))
        reached = get_discritized_eaf_single_objective(own, eval_values=budgets, f_targets=51)
        # its first target, 100, counts as reached by all; the others are ours, up to how a logarithm is rounded
        theirs = reached.iloc[1:].mean(axis=0).to_numpy()
        np.testing.assert_allclose(theirs, ecdf([hits])[label].at((budgets + 1e-6) / each), atol=1e-12)

        runs = [run for run in union.runs() if (run.problem, run.label) == (problem, label)]
        (pair,) = read_pairs(stream(union, runs))
        if all(len(curve.x) for curve in pair.curves):
            least = replace(pair, curves=tuple(Steps(x, np.minimum.accumulate(y)) for x, y in pair.curves))
            begun = max(curve.x[0] for curve in pair.curves) * each
            table = aggregate_convergence(own, eval_min=int(begun), return_as_pandas=False)
            values = sample(least, table["evaluations"].to_numpy() / each).values
            np.testing.assert_allclose(table["median"], np.median(values, axis=0), rtol=1e-12)
            np.testing.assert_allclose(table["mean"], np.mean(values, axis=0), rtol=1e-12)


def test_names_and_functions_are_the_problems(data: Any) -> None:
    assert {said(label) for label in LABELS} <= set(data["algorithm_name"])
    found = set(data.select("function_name", "function_id", "dimension").iter_rows())
    assert {
        ("bbob/f01-sphere", 1, 2),
        ("bbob/f15-rastrigin-rotated", 15, 5),
        (TOY, 1001, 2),
        (CURVES, 1002, 2),
    } <= found
    assert set(rows(data, CURVES, "hyperband")["instance"]) == {1, 2, 3, 4}


def test_problems_without_a_reference_are_there_with_their_losses(data: Any, folder: Path) -> None:
    assert rows(data, BARE, "tpe")["raw_y"].to_list() == [5.0, -3.0, -4.0]
    table = (folder / "out/ioh/problems.csv").read_text()
    assert f"{BARE},loss," in table
    assert f"{TOY},regret," in table


def test_no_run_is_lost_that_begins_as_the_one_before_ended(tmp_path: Path) -> None:
    runs = [run_row(n, repetition=n, spent=2, trials=2) for n in range(4)]
    losses = ((0.5, 0.25), (0.25, 0.125), (0.125, 0.125), (0.125, 0.125))
    trials = [trial_row(n, k, loss=loss) for n, own in enumerate(losses) for k, loss in enumerate(own)]
    store(tmp_path / "experiment", runs, trials).close()
    with exported(tmp_path / "experiment", "ioh", tmp_path / "out"):
        data = load(tmp_path / "out/ioh")
    least = data.group_by("instance").agg(pl.col("raw_y").min())
    assert dict(least.iter_rows()) == {1: 0.25, 2: 0.125, 3: 0.125, 4: 0.125}


def test_nothing_that_anybody_wrote_is_evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """iohinspector evaluates attributes of experiments as Python."""
    evil = "__import__('pathlib').Path('evil').touch()"
    monkeypatch.chdir(tmp_path)
    store(tmp_path / "experiment", [run_row(label=evil, fidelity=evil, problem=evil)], [trial_row()]).close()
    with exported(tmp_path / "experiment", "ioh", tmp_path / "out"):
        assert load(tmp_path / "out/ioh")["algorithm_name"].to_list() == [evil]
    assert not Path("evil").exists()


def test_it_reads_the_coco_folder_too(folder: Path, union: Union) -> None:
    with exported(folder / "experiment", "coco", folder / "again"):
        import iohinspector

        manager = iohinspector.DataManager()
        manager.add_folder(str(folder / "again/coco/bbob"))
        assert len(manager.overview) == 18
        times = manager.load().group_by("data_id").agg(pl.col("raw_y").min())
    assert manager.overview["evals"].to_list() == [BUDGET] * 18
    functions = (SPHERE, SPHERE_2, RASTRIGIN)
    least = [float(curve.y.min()) for run, curve in stream(union, union.runs()) if run.problem in functions]
    np.testing.assert_array_equal(np.sort(times["raw_y"]), np.sort(least))


@pytest.mark.parametrize("axis", list(Axis))
def test_evaluations_count_the_axis_of_the_export(axis: Axis, folder: Path, union: Union) -> None:
    with exported(folder / "experiment", "ioh", folder / f"{axis}", axis):
        data = load(folder / f"{axis}/ioh")
    each = {Axis.BUDGET: FULL, Axis.SECONDS: 10**9}.get(axis, 1)
    for label, hits in ours(union, CURVES, axis).items():
        assert sorted(rows(data, CURVES, label).unique("data_id")["evals"]) == sorted(hits.spent * each)


def test_hyperparameters_are_those_of_the_configuration_that_had_the_value_first(tmp_path: Path) -> None:
    """x is a number, c is none, z is not always active; the incumbent changes with the fidelity at the end."""
    runs = [run_row(spent=12, trials=5, fidelity="epochs", unit="fidelity", budget=12)]
    configurations = [
        {"x": 0.5, "c": "a"}, {"x": 2, "c": "b", "z": True}, {"x": 0.25, "c": "c", "n": 7}, {"x": 9.0, "c": "d"},
        {"x": 8.0, "c": "a"},
    ]  # fmt: skip
    losses, fidelities = (None, 3.0, 1.0, 2.0, 5.0), (1, 1, 1, 3, 6)
    trials = [
        trial_row(
            number=n, loss=losses[n], status="done" if n else "failed", configuration=json.dumps(configurations[n]),
            fidelity=fidelities[n] if n else None, target=fidelities[n], cost=fidelities[n],
        )
        for n in range(5)
    ]  # fmt: skip
    store(tmp_path / "experiment", runs, trials).close()
    with exported(tmp_path / "experiment", "ioh", tmp_path / "out"):
        data = load(tmp_path / "out/ioh")
    assert data["evaluations"].to_list() == [1, 2, 3]
    np.testing.assert_array_equal(data["x0"].to_numpy(), [np.nan, 2.0, 0.25])
    np.testing.assert_array_equal(data["x1"].to_numpy(), [np.nan, np.nan, 7.0])
    (row,) = csv.DictReader((tmp_path / "out/ioh/problems.csv").open(newline=""))
    assert row["x"] == '["x", "n"]'
    (index,) = (tmp_path / "out/ioh").glob("*/*.json")
    (run,) = json.loads(index.read_text())["scenarios"][0]["runs"]
    assert run["best"] == {"evals": 3, "y": 1.0, "x": [0.25, 7.0]}
    assert next(index.parent.glob("*/*.dat")).read_text().splitlines()[-1] == "12 1.0 0.25 7.0"


def test_what_is_written_does_not_depend_on_how_many_trials_are_on_record(tmp_path: Path) -> None:
    losses = [5.0, 4.0, 6.0, 6.0, 2.0, 7.0, 7.0, 7.0, 1.0, 3.0]
    trials = [row for n in range(3) for row in history(n, losses)]
    progress = [row for n in range(3) for row in account(trials[10 * n : 10 * n + 10])]
    runs = [run_row(n, repetition=n) for n in range(3)]
    kept = [row for row in trials if row["loss"] < 6]
    store(tmp_path / "whole", runs, trials).close()
    store(tmp_path / "thin", runs, kept, progress=[row for row in progress if row["number"] in (0, 1, 4, 8, 9)]).close()
    texts = []
    for name in ("whole", "thin"):
        with exported(tmp_path / name, "ioh", tmp_path / f"{name}-out") as (_, made):
            texts.append([path.read_text() for path in made.files])
    assert texts[0] == texts[1]
    assert "9 1.0 0.8" in texts[0][0]
