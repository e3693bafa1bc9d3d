"""Runs as COCO and IOH see them, and the files of experiments of every kind."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from bridge_runs import exported
from factories import Row, history, run_row, store
from hostile import complaints, hostile_store, worked_out
from hpobench_tui import plugins
from hpobench_tui.analysis.performance.counting import Steps
from hpobench_tui.analysis.performance.hits import first_hits
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.targets import COCO
from hpobench_tui.export.bridges.places import bbob, named
from hpobench_tui.export.bridges.traces import NOTHING, rows
from hpobench_tui.export.material import slugs

FLOATS = some.floats(-1e308, 1e308, allow_nan=False) | some.sampled_from([0.0, 1e-320, 1e300, -1e-9])


@given(
    some.lists(some.tuples(some.integers(0, 10**6), FLOATS), max_size=30),
    some.integers(0, 10**6),
    some.sampled_from([1, 27, 10**9]),
)
def test_rows_have_the_hitting_times_of_the_curve(points: list[tuple[int, float]], more: int, each: int) -> None:
    quanta = np.array(sorted({x for x, _ in points}), np.float64)
    curve = Steps(quanta / each, np.array([y for _, y in points][: len(quanta)]))
    spent = ((quanta[-1] if len(quanta) else 0) + more) / each
    evaluations, values = rows(curve, spent, each, COCO[0])

    assert evaluations[0] == 1
    assert evaluations[-1] == max(round(spent * each), 1)
    assert np.all(np.diff(evaluations) > 0)
    assert np.all(np.diff(values) <= 0)
    assert np.all(np.diff(values)[:-1] < 0)
    assert np.isfinite(values).all()
    expected = np.maximum(np.rint(first_hits(curve, COCO) * each), 1)
    np.testing.assert_array_equal(first_hits(Steps(evaluations.astype(np.float64), values), COCO), expected)


def test_a_run_without_any_value_reaches_nothing() -> None:
    empty = Steps(np.empty(0), np.empty(0))
    assert [part.tolist() for part in rows(empty, 7.0, 1, 100.0)] == [[1, 7], [NOTHING, NOTHING]]
    assert [part.tolist() for part in rows(empty, 0.0, 1, 100.0)] == [[1], [NOTHING]]


@pytest.mark.needs("ioh")
def test_places_of_bbob_are_those_of_the_suite() -> None:
    functions = [info for info in plugins.problems() if info.id.startswith("bbob/")]
    assert len(functions) == 24
    for info in functions:
        for settings in ("", "[d=3]", "[instance=7]", "[d=40,instance=100000]"):
            own = plugins.problems()[f"{info.id}{settings}"]
            place = bbob(own.id)
            assert place is not None
            said = {"function": place.function, "d": place.dimension, "instance": place.instance, "noise": 0.0}
            assert said == own.arguments
        assert bbob(plugins.problems()[f"{info.id}[noise=0.5]"].id) is None


@pytest.mark.parametrize("problem", ["bbob/f00-none", "bbob/f25-more", "mine/f01-sphere", "bbob/f01-sphere[x=1]",
                                     "bbob/f01-sphere[d=1e3]", "bbob/f01-sphere\n", "bbob/f01"])  # fmt: skip
def test_what_only_looks_like_bbob_is_none(problem: str) -> None:
    assert bbob(problem) is None


@given(some.lists(some.text(max_size=8), unique=True, max_size=20))
def test_names_and_folders_are_distinct_and_plain(labels: list[str]) -> None:
    names, folders = named(labels, " ._"), slugs(labels, "algorithm")
    for made in (names, folders):
        assert list(made) == labels
        assert len({name.casefold() for name in made.values()}) == len(labels)
    assert not any(re.search(r"['\",=\n|%]", name) for name in names.values())


@pytest.mark.parametrize("kind", ["coco", "ioh"])
def test_hostile_texts_are_shown_and_do_nothing(kind: str, tmp_path: Path) -> None:
    hostile_store(tmp_path / "experiment")
    with exported(tmp_path / "experiment", kind, tmp_path / "out") as (union, made):
        assert made.skipped == []
        labels = {run.label for run in union.runs()}
    root = tmp_path / "out" / kind
    for path in made.files:
        text = path.read_text("utf-8")
        assert complaints(text) == []
        if path.suffix == ".csv":
            assert list(worked_out(text)) == []
            assert [row["function"] for row in csv.DictReader(text.splitlines())] == ["1001", "1002"]
        if path.suffix == ".json":
            assert json.loads(text)["function_id"] in (1001, 1002)
    assert len([path for path in (root / ("other" if kind == "coco" else ".")).iterdir() if path.is_dir()]) == len(
        labels
    )
    assert all(re.fullmatch(r"[A-Za-z0-9._/-]+", str(path.relative_to(tmp_path / "out"))) for path in made.files)


@pytest.mark.parametrize("kind", ["coco", "ioh"])
def test_labels_that_differ_in_case_or_signs_have_folders_of_their_own(kind: str, tmp_path: Path) -> None:
    labels = ["tpe", "TPE", "t/p/e", "t\\p\\e", "..", "x" * 60, "x" * 60 + "!"]
    runs = [run_row(n, label=label, spent=1, trials=1) for n, label in enumerate(labels)]
    trials = [row for n in range(len(labels)) for row in history(n, [10.0**-n])]
    store(tmp_path / "experiment", runs, trials).close()
    with exported(tmp_path / "experiment", kind, tmp_path / "out") as (_, made):
        data = [path for path in made.files if path.suffix == ".dat"]
    assert len({str(path).casefold() for path in data}) == len(labels)
    column = {"coco": 2, "ioh": 1}[kind]
    values = {float(path.read_text().splitlines()[-1].split()[column]) for path in data}
    assert values == {10.0**-n for n in range(len(labels))}


@pytest.mark.parametrize("kind", ["coco", "ioh"])
def test_a_problem_whose_runs_cannot_be_compared_takes_no_other_down(kind: str, tmp_path: Path) -> None:
    runs: list[Row] = [
        run_row(0, targets="[1.0]"), run_row(1, repetition=1, targets="[2.0]"), run_row(2, problem="toy/two")
    ]  # fmt: skip
    trials = [row for n in range(3) for row in history(n, [0.5])]
    store(tmp_path / "experiment", runs, trials).close()
    with exported(tmp_path / "experiment", kind, tmp_path / "out") as (_, made):
        assert len(made.skipped) == 1
        assert "toy/one: runs of toy/one are measured by different targets" in made.skipped[0]
    assert len([path for path in made.files if path.suffix == ".dat"]) == 1
    assert "toy/one: runs of" in (tmp_path / "out" / kind / "README.txt").read_text()


@pytest.mark.parametrize("kind", ["coco", "ioh"])
def test_an_experiment_in_which_all_failed_is_exported(kind: str, tmp_path: Path) -> None:
    store(tmp_path / "experiment", [run_row(spent=3, trials=3, failed_trials=3)], history(0, [None] * 3)).close()
    with exported(tmp_path / "experiment", kind, tmp_path / "out") as (_, made):
        (data,) = [path for path in made.files if path.suffix == ".dat"]
    assert [line.split()[0] for line in data.read_text().splitlines()[1:]] == ["1", "3"]
    assert data.read_text().split()[-1] == "1e+300"


def test_an_experiment_without_any_trial_is_refused(tmp_path: Path) -> None:
    store(tmp_path / "experiment", [run_row(status="waiting", trials=0, spent=0)]).close()
    with (
        pytest.raises(HpobenchError, match="nothing to export"),
        exported(tmp_path / "experiment", "ioh", tmp_path / "o"),
    ):
        pass
