"""The Optuna storage that we write, as Optuna and optuna-dashboard read it, and as we read it back."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from factories import history, run_row, store, trial_row
from hpobench_tui.analysis.union import Union
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export import bundle
from hpobench_tui.export.bridges import optuna as bridge
from hpobench_tui.importing import optuna as importer
from hpobench_tui.store.reader import Reader
from imports import imported

optuna = pytest.importorskip("optuna")
pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
NAMES = ["a", "A", "a | 0", "日本語", "\u202eabc\x1b[2J\n", "_ & % < > | =cmd() { } $ \\ # ~ ^ \" '", "x" * 60]


def export(folder: Path) -> Any:
    """A store as an Optuna storage."""
    with Union([folder]) as union:
        made = bundle.export(union, folder / "out", ["optuna"])
    assert not made.skipped
    backend = optuna.storages.journal.JournalFileBackend(str(folder / "out" / bridge.FILE))
    return optuna.storages.JournalStorage(backend)


def studies(storage: Any) -> list[Any]:
    return [optuna.load_study(study_name=name, storage=storage) for name in optuna.get_all_study_names(storage)]


def test_best_values_are_ours_whatever_the_names(tmp_path: Path) -> None:
    labels = NAMES
    runs = [run_row(i, label=label, trials=4, spent=4, budget=4) for i, label in enumerate(labels)]
    trials = [row for i in range(len(labels)) for row in history(i, [5.0, None, 1e308 if i == 1 else float(-i), 7.0])]
    with closing(store(tmp_path, runs, trials, sealed=True)) as reader:
        values = {run.label: float(reader.end(run.id, 4).incumbent_value[-1]) for run in reader.runs()}
    found = studies(export(tmp_path))
    assert {study.user_attrs["hpobench:label"]: study.best_value for study in found} == values
    assert [trial.state.name for trial in found[0].trials] == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    assert found[0].trials[1].user_attrs["hpobench:error"] == "ValueError: no good"


def test_what_is_below_the_highest_fidelity_is_pruned(tmp_path: Path) -> None:
    run = run_row(0, fidelity="epochs", unit="fidelity", budget=22, spent=22, trials=4)
    of = [(1, 0.1, "done"), (9, 0.5, "done"), (3, 0.2, "pruned"), (9, 0.4, "done")]
    trials = [trial_row(0, n, fidelity=f, target=9, loss=loss, status=s, cost=f) for n, (f, loss, s) in enumerate(of)]
    store(tmp_path, [run], trials, sealed=True).close()
    (study,) = studies(export(tmp_path))
    assert study.best_value == 0.4
    assert [trial.state.name for trial in study.trials] == ["PRUNED", "COMPLETE", "PRUNED", "COMPLETE"]
    assert [trial.intermediate_values for trial in study.trials] == [{1: 0.1}, {9: 0.5}, {3: 0.2}, {9: 0.4}]


def test_distributions_are_the_problem_s(tmp_path: Path) -> None:
    tried: list[dict[str, Any]] = [{"x1": 0.5, "x2": 3.0}, {"x1": -5.0, "x2": 15.0}]
    trials = [trial_row(0, n, configuration=json.dumps(c)) for n, c in enumerate(tried)]
    own = {"budget": 2, "spent": 2, "trials": 2}
    store(tmp_path / "known", [run_row(0, problem="synthetic/branin", **own)], trials, sealed=True).close()
    (study,) = studies(export(tmp_path / "known"))
    assert study.trials[0].distributions == {
        "x1": optuna.distributions.FloatDistribution(-5.0, 10.0),
        "x2": optuna.distributions.FloatDistribution(0.0, 15.0),
    }
    odd = [{"x1": 99.0, "n": 3, "c": "é", "t": [1, 2], "b": True}, {"x1": 1.0, "n": 7, "c": None, "b": 1}]
    trials = [trial_row(0, n, configuration=json.dumps(c)) for n, c in enumerate(odd)]
    store(tmp_path / "odd", [run_row(0, problem="synthetic/branin", **own)], trials, sealed=True).close()
    (study,) = studies(export(tmp_path / "odd"))
    one, two = study.trials
    assert one.distributions["x1"] == optuna.distributions.FloatDistribution(1.0, 99.0), "beyond the space"
    assert one.distributions["n"] == optuna.distributions.IntDistribution(3, 7)
    assert one.params == {"x1": 99.0, "n": 3, "c": "é", "t": "[1, 2]", "b": "true"}
    assert two.params == {"x1": 1.0, "n": 7, "c": None, "b": "1"}


def get(app: Any, path: str) -> Any:
    """What the dashboard answers, without a network."""
    environment: dict[str, Any] = {}
    setup_testing_defaults(environment)
    answered: list[str] = []
    parts = app({**environment, "PATH_INFO": path}, lambda status, *_: answered.append(status))
    body = b"".join(parts)
    assert answered[0].startswith("200"), body
    return json.loads(body)


def test_the_dashboard_shows_it(tmp_path: Path) -> None:
    dashboard = pytest.importorskip("optuna_dashboard")
    from optuna_dashboard._storage_url import get_storage

    runs = [run_row(i, label=label, trials=3, spent=3, budget=3) for i, label in enumerate(NAMES)]
    store(tmp_path, runs, [row for i in range(len(NAMES)) for row in history(i, [3.0, None, 1.0])], sealed=True).close()
    export(tmp_path)
    app = dashboard.wsgi(get_storage(str(tmp_path / "out" / bridge.FILE)))
    summaries = get(app, "/api/studies")["study_summaries"]
    assert len(summaries) == len(NAMES)
    study = get(app, f"/api/studies/{summaries[0]['study_id']}")
    assert [trial["state"] for trial in study["trials"]] == ["Complete", "Fail", "Complete"]
    assert study["best_trials"][0]["values"] == [1.0]


@pytest.mark.parametrize("unit", ["evaluations", "fidelity", "fidelity-continued", "seconds"])
def test_read_back_it_is_what_it_was(tmp_path: Path, unit: str) -> None:
    quanta = 10**9 if unit == "seconds" else 1
    of = [(1, 0.5, None, 1), (3, 0.25, 0, 2), (9, 0.125, None, 9), (9, None, None, 9)]
    costs = {"evaluations": [1] * 4, "fidelity": [1, 3, 9, 9], "fidelity-continued": [1, 2, 9, 9]}.get(
        unit, [quanta] * 4
    )
    trials = [
        trial_row(0, n, fidelity=f, target=f, loss=loss, truth=loss and loss - 0.1, continues=c, cost=cost,
                  evaluate_seconds=1.0, status="done" if loss else "failed", error=None if loss else "E: no")
        for n, ((f, loss, c, _), cost) in enumerate(zip(of, costs, strict=True))
    ]  # fmt: skip
    run = run_row(0, unit=unit, quanta_per_unit=quanta, fidelity="epochs", budget=sum(costs), spent=sum(costs),
                  trials=4, failed_trials=1, reference=-0.5, status="done", label=NAMES[5], clock=4.0)  # fmt: skip
    store(tmp_path / "ours", [run], trials, sealed=True).close()
    export(tmp_path / "ours")
    path = tmp_path / "ours" / "out" / bridge.FILE
    assert importer.recognises(path)
    with Reader(tmp_path / "ours") as before, closing(imported(tmp_path / "back", importer.runs(path, {}))[0]) as after:
        (was,), (now,) = before.runs(), after.runs()
        for name in ("problem", "label", "repetition", "unit", "quanta_per_unit", "budget", "spent", "trials",
                     "failed_trials", "fidelity", "reference", "measure", "status"):  # fmt: skip
            assert getattr(now, name) == getattr(was, name), name
        assert [vars(row) | {"clock_start": 0, "clock_end": 0} for row in after.trial_rows(0)] == [
            vars(row) | {"ask_seconds": 0.0, "target": row.fidelity, "clock_start": 0, "clock_end": 0}
            for row in before.trial_rows(0)
        ]
        for name in ("spent", "incumbent_value", "regret", "pseudo_regret", "losses"):
            assert getattr(after.progress(0), name)[-1] == getattr(before.progress(0), name)[-1], name


def test_without_optuna_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(tmp_path, [run_row(0)], history(0, [1.0]), sealed=True).close()
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with Union([tmp_path]) as union:
        made = bundle.export(union, tmp_path / "out", ["optuna", "csv"])
    assert [path.name for path in made.files] == ["table.csv", "anytime.csv", "runs.csv"]
    assert "pip install 'hpobench-tui[optuna]'" in made.skipped[0]
    (tmp_path / "j.log").write_text('{"op_code":0,"worker_id":"a","study_name":"s","directions":[1]}\n')
    with pytest.raises(HpobenchError, match=r"hpobench-tui\[optuna\]"):
        list(importer.runs(tmp_path / "j.log", {}))


def test_result_rows_are_named_as_tabarena_names_them(tmp_path: Path) -> None:
    import polars as pl

    runs = [
        run_row(0, label="=cmd()"),
        run_row(1, repetition=1, label="=cmd()", status="cancelled"),
        run_row(2, label="b"),
    ]
    store(tmp_path, runs, [*history(0, [3.0, 1.0]), *history(1, [2.0]), *history(2, [None])], sealed=True).close()
    with Union([tmp_path]) as union:
        bundle.export(union, tmp_path / "out", ["rows"])
    frame = pl.read_csv(tmp_path / "out" / "result-rows.csv")
    assert frame.columns[:4] == ["dataset", "fold", "method", "metric_error"]
    assert frame.rows() == [("toy/one", 0, "'=cmd()", 1.0, "simple regret", "hpo", 10.0, 0.0)]


def test_the_app_exports_a_store_and_a_cut_is_kept_to(tmp_path: Path) -> None:
    from fractions import Fraction

    from hpobench_tui.analysis.filters import Filters

    store(tmp_path, [run_row(0)], history(0, [9.0, 5.0, *([7.0] * 7), 1.0]), sealed=True).close()
    with Reader(tmp_path) as reader:
        assert not bundle.export(reader, tmp_path / "app", ["optuna", "rows"]).skipped
    with Union([tmp_path], Filters(at=Fraction(5))) as union:
        assert not bundle.export(union, tmp_path / "cut", ["optuna"]).skipped
    for name, right in (("app", (10, 1.0)), ("cut", (5, 5.0))):
        backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / name / bridge.FILE))
        (study,) = studies(optuna.storages.JournalStorage(backend))
        assert (len(study.trials), study.best_value) == right
