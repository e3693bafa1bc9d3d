"""Frames hold what the store does, column by column."""

import json
from pathlib import Path

import polars as pl
import pytest

from factories import history, run_row, store
from hostile import complaints, hostile_store
from hpobench_tui import Experiment, HpobenchError
from hpobench_tui import open as open_experiment
from hpobench_tui.api.frames import OF_A_RUN
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.reader import Reader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    runs = [
        run_row(0, trials=4, failed_trials=1, spent=4, budget=4),
        run_row(1, label="other", trials=4, failed_trials=0, spent=4, budget=4),
    ]
    trials = [
        *history(0, [0.5, None, 0.25, 1.0]),
        *history(1, [2.0, 1.0, 0.5, 0.125]),
    ]
    trials[0]["configuration"] = json.dumps({"x": 1, "kind": "a", "mixed": 1})
    trials[1]["configuration"] = json.dumps({"x": 0.5, "kind": "b", "mixed": "one"})
    trials[2]["metrics"] = json.dumps({"accuracy": 0.5})
    trials[2]["worker"] = 3
    store(tmp_path / "made", runs, trials, sealed=True).close()
    return tmp_path / "made"


def test_runs_hold_what_the_store_does(folder: Path) -> None:
    frame = Experiment([folder]).runs()
    with Reader(folder) as reader:
        for row, run in zip(frame.iter_rows(named=True), reader.runs(), strict=True):
            assert row == {name: getattr(run, name) for name in row} | {"code": None}, "of one code throughout"
    assert frame.columns[:3] == list(OF_A_RUN)
    assert frame.schema["noisy"] == pl.Boolean


def test_trials_hold_what_the_store_does_and_null_where_there_is_nothing(folder: Path) -> None:
    frame = Experiment([folder]).trials()
    with Reader(folder) as reader:
        rows = [row for run in (0, 1) for row in reader.trial_rows(run)]
    assert frame["loss"].to_list() == [row.loss for row in rows]
    assert frame["worker"].to_list() == [row.worker for row in rows]
    assert frame["error"].to_list() == [row.error for row in rows]
    assert [json.loads(text) for text in frame["configuration"]] == [dict(row.configuration) for row in rows]
    assert frame["fidelity"].null_count() == len(rows)
    assert frame.schema["fidelity"] == pl.Int64


def test_hyperparameters_are_columns_of_their_kinds(folder: Path) -> None:
    frame = Experiment([folder]).trials(hyperparameters=True)
    assert "configuration" not in frame.columns
    assert frame["config.x"].to_list()[:3] == [1.0, 0.5, 0.2]
    assert frame["config.kind"].to_list()[:3] == ["a", "b", None]
    assert frame["config.mixed"].to_list()[:3] == ["1", '"one"', None]


def test_progress_and_curves_are_those_of_the_store(folder: Path) -> None:
    experiment = Experiment([folder])
    progress = experiment.progress()
    with Reader(folder) as reader:
        assert progress["spent"].to_list() == [n for run in (0, 1) for n in reader.progress(run).spent.tolist()]
    curves = experiment.curves("incumbent", "evaluations").filter(label="random")
    assert curves.select("x", "y").rows() == [(1.0, 0.5), (2.0, 0.5), (3.0, 0.25), (4.0, 0.25)]
    assert curves["measure"].unique().to_list() == [str(Measure.INCUMBENT)]
    assert experiment.reports().height == 0


@pytest.mark.parametrize("name", ["runs", "trials", "progress", "curves", "reports"])
def test_every_column_of_a_frame_is_described(name: str, folder: Path) -> None:
    experiment = Experiment([folder])
    described = experiment.columns(name)
    assert getattr(experiment, name)().columns == described["column"].to_list()
    assert all(described["meaning"])


def test_units_are_those_of_the_store() -> None:
    units = dict(Experiment.columns("trials").select("column", "unit").rows())
    assert (units["cost"], units["clock_end"], units["loss"]) == ("quanta", "s", "")


def test_a_cut_leaves_no_later_trial(folder: Path) -> None:
    part = open_experiment(folder, at=2, optimizers="r*")
    assert part.trials().select("label", "number").rows() == [("random", 0), ("random", 1)]
    assert part.progress()["spent"].max() == 2
    assert part.table()["median"].to_list() == [0.5]
    assert Experiment([folder]).table(at="3")["median"].to_list() == [0.25, 0.5]


def test_several_experiments_are_one_view(folder: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    store(second, [run_row(0, trials=2, spent=2, budget=4, status="cancelled")], history(0, [3.0, 2.0])).close()
    both = open_experiment([folder, second])
    assert both.optimizers == ["random@made", "other", "random@second"]
    assert both.trials().group_by("label").len().sort("label").rows() == [
        ("other", 4), ("random@made", 4), ("random@second", 2),
    ]  # fmt: skip
    assert both.audit()["experiment"].unique(maintain_order=True).to_list() == ["made", "second"]
    with pytest.raises(HpobenchError, match="2 experiments"):
        both.folder  # noqa: B018


def test_what_is_written_meanwhile_is_seen(folder: Path) -> None:
    from hpobench_tui.store.writer import Writer

    experiment = Experiment([folder])
    assert experiment.runs()["status"].to_list() == ["done", "done"]
    with Writer(folder) as writer:
        writer.set_run(1, status="failed", error="why\nat length")
    assert experiment.runs().select("status", "error").rows() == [("done", None), ("failed", "why")]
    assert experiment.errors()["reason"].to_list() == ["why", "ValueError: no good"]


def test_it_can_be_closed_and_asked_again(folder: Path) -> None:
    with Experiment([folder]) as experiment:
        assert experiment.runs().height == 2
    assert experiment.trials().height == 8


def test_hostile_texts_do_nothing_but_are_seen(tmp_path: Path) -> None:
    experiment = Experiment([hostile_store(tmp_path / "hostile")])
    said = [repr(experiment), experiment._repr_html_()]
    for frame in (experiment.runs(), experiment.trials(), experiment.trials(True), experiment.curves(),
                  experiment.errors(), experiment.table(), experiment.rank(), experiment.best()):  # fmt: skip
        said += [*frame.columns, *(text for column in frame.select(pl.col(pl.String)) for text in column if text)]
    assert not [text for text in said if complaints(text)]
    assert "<img" not in experiment._repr_html_()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"problems": 3}, "problems: must be a name"),
        ({"optimizers": []}, "optimizers: must be a name"),
        ({"problems": "nix/*"}, "no problem is called"),
        ({"repetitions": "a"}, "repetitions: must be"),
        ({"repetitions": [-1]}, "repetitions: must be"),
        ({"repetitions": 5}, "no repetition is in"),
        ({"at": "much"}, "at: must be"),
        ({"at": 99}, "--at 99"),
        ({"experiment": 3}, "experiment: must be"),
        ({"experiment": []}, "experiment: must be"),
        ({"experiment": "nix"}, "no experiment"),
        ({"output": 3}, "output: must be a path"),
    ],
)
def test_what_is_asked_for_wrongly_is_told_in_a_line(wrong: dict[str, object], says: str, folder: Path) -> None:
    with pytest.raises(HpobenchError, match=says):
        open_experiment(**{"experiment": folder, "output": folder.parent, **wrong})  # type: ignore[arg-type]


def test_names_that_there_are_not_are_told_with_those_that_there_are(folder: Path) -> None:
    experiment = Experiment([folder])
    for call, says in (
        (lambda: experiment.table("regret"), "unknown measure 'regret'"),
        (lambda: experiment.curves(axis="tim"), "unknown axis 'tim'"),
        (lambda: experiment.columns("run"), "unknown frame 'run'"),
        (lambda: experiment.ecdf("toy/two"), "unknown problem 'toy/two'"),
        (lambda: experiment.compare("random"), "give both"),
        (lambda: experiment.compare("random", "nix"), "unknown optimizer 'nix'"),
        (lambda: experiment.compare("random", "random"), "are both"),
        (lambda: experiment.compare("random", baseline="other"), "baseline alone"),
        (lambda: experiment.compare(), "one repetition"),
    ):
        with pytest.raises(HpobenchError, match=says):
            call()
