"""Storages that Optuna itself wrote: journals and SQLite files, old ones too; and what is refused."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.importing import formats
from hpobench_tui.importing import optuna as reader

optuna = pytest.importorskip("optuna")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def storage(path: Path) -> Any:
    if path.suffix == ".log":
        return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))
    return optuna.storages.RDBStorage(f"sqlite:///{path}")


def study(path: Path, name: str = "s", direction: str = "minimize", n: int = 12, **attributes: Any) -> Any:
    made = optuna.create_study(
        storage=storage(path), study_name=name, direction=direction, sampler=optuna.samplers.RandomSampler(seed=1)
    )
    for key, value in attributes.items():
        made.set_user_attr(key, value)

    def objective(trial: Any) -> float:
        x = trial.suggest_float("x", 1e-3, 1.0, log=True)
        trial.suggest_categorical("c", [None, "a", 3])
        if trial.number == 3:
            raise ValueError("no good")
        if trial.number == 4:
            trial.report(x, 2)
            raise optuna.TrialPruned
        return float(x)

    made.optimize(objective, n_trials=n, catch=(ValueError,))
    return made


def read(path: Path) -> None:
    for run in reader.runs(path, {}):
        list(run.trials)


@pytest.mark.parametrize("name", ["storage.log", "storage.sqlite"])
def test_what_optuna_wrote(tmp_path: Path, name: str) -> None:
    made = study(tmp_path / name, "=s | 日本語")
    before = (tmp_path / name).read_bytes()
    assert formats.recognised(tmp_path / name) == "optuna"
    (run,) = reader.runs(tmp_path / name, {})
    assert (run.problem, run.label, run.fidelity, run.maximum) == ("=s | 日本語", "optuna", "steps", 2)
    trials = list(run.trials)
    assert [trial.loss for trial in trials if trial.status is TrialStatus.DONE] == [
        trial.value for trial in made.trials if trial.value is not None and trial.state.name == "COMPLETE"
    ]
    assert (trials[3].status, trials[4].status) == (TrialStatus.FAILED, TrialStatus.PRUNED)
    assert trials[4].reports == {2: trials[4].loss}
    assert dict(trials[0].configuration) == made.trials[0].params
    assert (tmp_path / name).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_maximised_values_are_turned_round(tmp_path: Path) -> None:
    made = study(tmp_path / "s.log", direction="maximize")
    (run,) = reader.runs(tmp_path / "s.log", {})
    assert min(t.loss for t in run.trials if t.status is TrialStatus.DONE and t.loss is not None) == -made.best_value
    assert run.notes == ("values were maximised: losses are their negatives",)


def test_names_are_in_attributes(tmp_path: Path) -> None:
    for seed in (5, 6):
        study(tmp_path / "s.log", f"study {seed}", task="branin", seed=seed)
    found = list(reader.runs(tmp_path / "s.log", {"columns": "problem=task,repetition=seed,label='Optuna, random'"}))
    assert [(run.problem, run.label, run.repetition) for run in found] == [
        ("branin", "Optuna, random", n) for n in (5, 6)
    ]
    with pytest.raises(HpobenchError, match=r"has no user attribute 'tusk'.*There: seed, task"):
        list(reader.runs(tmp_path / "s.log", {"columns": "problem=tusk"}))
    with pytest.raises(HpobenchError, match="valid are problem, label, repetition"):
        list(reader.runs(tmp_path / "s.log", {"columns": "loss=x"}))


def test_several_objectives_are_left_out_or_refused(tmp_path: Path) -> None:
    two = optuna.create_study(
        storage=storage(tmp_path / "s.log"), study_name="two", directions=["minimize", "maximize"]
    )
    two.add_trial(optuna.trial.create_trial(values=[1.0, 2.0]))
    with pytest.raises(HpobenchError, match="several objectives"):
        list(reader.runs(tmp_path / "s.log", {}))
    study(tmp_path / "s.log", "one")
    (run,) = reader.runs(tmp_path / "s.log", {})
    assert run.notes == ("studies with several objectives are left out: 'two'",)


def test_infinite_values_and_studies_without_trials(tmp_path: Path) -> None:
    made = optuna.create_study(storage=storage(tmp_path / "s.log"), study_name="s")
    assert list(next(iter(reader.runs(tmp_path / "s.log", {}))).trials) == []
    for value in (float("inf"), 1e308):
        made.add_trial(optuna.trial.create_trial(value=value))
    made.ask()  # under way
    assert [trial.loss for run in reader.runs(tmp_path / "s.log", {}) for trial in run.trials] == [float("inf"), 1e308]


def test_an_older_file_is_brought_up_to_date_in_a_copy(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    study(tmp_path / "s.sqlite")
    with closing(sqlite3.connect(tmp_path / "s.sqlite")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v3.0.0.d'")  # the next one only widens a column
    before = (tmp_path / "s.sqlite").read_bytes()
    (run,) = reader.runs(tmp_path / "s.sqlite", {})
    assert len(list(run.trials)) == 12
    assert (tmp_path / "s.sqlite").read_bytes() == before


def test_what_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    study(tmp_path / "s.sqlite")
    whole = (tmp_path / "s.sqlite").read_bytes()
    (tmp_path / "half.sqlite").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(HpobenchError, match="cannot be read by Optuna"):
        [list(run.trials) for run in reader.runs(tmp_path / "half.sqlite", {})]
    study(tmp_path / "s.log")
    lines = (tmp_path / "s.log").read_text().splitlines(keepends=True)
    (tmp_path / "cut.log").write_text("".join(lines)[:-20])
    assert len(list(next(iter(reader.runs(tmp_path / "cut.log", {}))).trials)) == 11
    (tmp_path / "odd.log").write_text("".join([*lines[:3], "nonsense\n", *lines[3:]]))
    with pytest.raises(HpobenchError, match=r"odd.log:4: no line of a journal"):
        list(reader.runs(tmp_path / "odd.log", {}))
    (tmp_path / "other.log").write_text(lines[0].replace('"op_code":0', '"op_code":99'))
    with pytest.raises(HpobenchError):
        list(reader.runs(tmp_path / "other.log", {}))


def test_a_pickle_is_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pickle

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return pytest.fail, ("it was loaded",)

    for name in ("study.pkl", "results.csv", "noname"):
        (tmp_path / name).write_bytes(pickle.dumps(Trap()))
        with pytest.raises(HpobenchError, match="is a pickle, or may hold one"):
            formats.recognised(tmp_path / name)
    shutil.copy(tmp_path / "noname", tmp_path / "s.joblib")
    with pytest.raises(HpobenchError, match="is a pickle"):
        formats.refuse(tmp_path / "s.joblib")
    study(tmp_path / "s.log")
    monkeypatch.setattr(pickle, "loads", lambda *_: pytest.fail("something is unpickled"))
    monkeypatch.setattr(pickle, "load", lambda *_: pytest.fail("something is unpickled"))
    assert list(reader.runs(tmp_path / "s.log", {}))


@pytest.mark.parametrize(
    ("of", "key", "value", "said"),
    [
        ("study", "evaluations", "many", "hpobench:evaluations must be a"),
        ("study", "minimum", [1], "hpobench:minimum must be a"),
        ("study", "budget", {"a": 1}, "hpobench:budget must be a"),
        ("study", "reference", "low", "reference must be a number"),
        ("study", "repetition", "first", "repetition must be a"),
        ("trial", "number", "1st", "hpobench:number must be a"),
        ("trial", "fidelity", "full", "hpobench:fidelity must be a"),
        ("trial", "truth", [0.5], "hpobench:truth must be a number"),
        ("trial", "metrics", "good", "hpobench:metrics must be an object"),
        ("trial", "metrics", {"a": "good"}, "metric a must be a number"),
        ("trial", "status", "odd", "odd"),
    ],
)
def test_attributes_called_as_ours_may_be_anybody_s(
    tmp_path: Path, of: str, key: str, value: object, said: str
) -> None:
    journal = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(tmp_path / "log")))
    own = optuna.create_study(storage=journal, study_name="a")
    own.set_user_attr("hpobench:problem", "p")
    own.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    if of == "study":
        own.set_user_attr(f"hpobench:{key}", value)
    else:
        trial = own.ask()
        trial.set_user_attr(f"hpobench:{key}", value)
        own.tell(trial, 0.5)
    with pytest.raises(HpobenchError) as error:
        read(tmp_path / "log")
    assert said in str(error.value)
