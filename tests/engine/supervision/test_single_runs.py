"""One run of an experiment is put aside, goes on, or is given up, while the others go on."""

import time
from pathlib import Path

import pytest

import experiments
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.status import RunStatus
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import Reader, RunRow

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("faulty")]


def experiment(trials: int = 150, repetitions: int = 3, workers: int = 1) -> Experiment:
    """Trials of 10 ms."""
    return experiments.experiment(
        ["faulty/sleeps"], ["faulty-none"], trials, "evaluations", repetitions=repetitions, workers=workers
    )


def begun(folder: Path, beyond: int = 3) -> RunRow:
    """The first run, once it has some trials."""
    experiments.wait_for(lambda: run(folder).trials > beyond)
    return run(folder)


def run(folder: Path, number: int = 0) -> RunRow:
    with Reader(folder) as reader:
        return reader.run(number)


def status(folder: Path) -> str:
    with Reader(folder) as reader:
        return reader.experiment().status


def is_sound(folder: Path) -> None:
    with Reader(folder) as reader:
        assert not reader.faults()


def test_a_paused_run_keeps_its_process_and_another_takes_its_place(tmp_path: Path) -> None:
    folder = experiments.launched(experiment(), tmp_path / "parts")
    begun(folder)
    lifecycle.send(folder, "pause", 0)
    experiments.wait_for(lambda: run(folder, 1).trials > 3)
    stood = run(folder)
    assert (stood.status, stood.activity) == (RunStatus.PAUSED, "paused")
    assert len(experiments.processes(folder)[1]) == 2
    experiments.wait_for(lambda: run(folder, 2).ended)
    experiments.wait_for(lambda: status(folder) == "paused")
    assert run(folder).trials == stood.trials, "nothing came after it stood still"
    time.sleep(0.5)
    assert lifecycle.supervised(folder), "there is something left to do"
    lifecycle.send(folder, "unpause", 0)
    assert experiments.wait_until_ended(folder) == "finished"
    assert run(folder).attempts == 1, "it went on in its own process"
    assert experiments.results(folder) == experiments.results(experiments.run(experiment(), tmp_path / "whole"))
    is_sound(folder)


def test_a_run_that_waits_is_put_aside_and_the_experiment_takes_it_back(tmp_path: Path) -> None:
    folder = experiments.launched(experiment(60), tmp_path)
    begun(folder)
    lifecycle.send(folder, "pause", 1)
    experiments.wait_for(lambda: status(folder) == "paused")
    assert [r.status for r in experiments.runs(folder)] == [RunStatus.DONE, RunStatus.PAUSED, RunStatus.DONE]
    assert run(folder, 1).trials == 0
    lifecycle.send(folder, "unpause")
    assert experiments.wait_until_ended(folder) == "finished"
    is_sound(folder)


def test_the_pause_of_a_run_outlasts_that_of_the_experiment(tmp_path: Path) -> None:
    folder = experiments.launched(experiment(200), tmp_path)
    begun(folder)
    lifecycle.send(folder, "pause", 0)
    experiments.wait_for(lambda: run(folder).activity == "paused")
    for verb, now in (("pause", "paused"), ("unpause", "running")):
        lifecycle.send(folder, verb)  # type: ignore[arg-type]
        experiments.wait_for(lambda now=now: status(folder) == now)
    before = run(folder, 1).trials
    experiments.wait_for(lambda: run(folder, 1).trials > before)
    assert run(folder).status is RunStatus.PAUSED
    lifecycle.send(folder, "cancel")
    assert experiments.wait_until_ended(folder) == "cancelled"
    assert {r.status for r in experiments.runs(folder)} == {RunStatus.CANCELLED}
    is_sound(folder)


def test_a_cancelled_run_keeps_what_was_measured_and_resume_takes_it_up(tmp_path: Path) -> None:
    folder = experiments.launched(experiment(60), tmp_path / "parts")
    measured = begun(folder).trials
    lifecycle.send(folder, "cancel", 0)
    lifecycle.send(folder, "cancel", 2)
    assert experiments.wait_until_ended(folder) == "cancelled", "not all of it is there"
    assert [r.status for r in experiments.runs(folder)] == [
        RunStatus.CANCELLED, RunStatus.DONE, RunStatus.CANCELLED
    ]  # fmt: skip
    assert measured <= run(folder).trials < 60
    is_sound(folder)
    assert lifecycle.resume(folder) == 2
    assert experiments.wait_until_ended(folder) == "finished"
    assert experiments.results(folder) == experiments.results(experiments.run(experiment(60), tmp_path / "whole"))


def test_a_cancelled_run_is_taken_back_while_the_others_run(tmp_path: Path) -> None:
    folder = experiments.launched(experiment(60), tmp_path)
    begun(folder)
    lifecycle.send(folder, "cancel", 0)
    experiments.wait_for(lambda: run(folder).status is RunStatus.CANCELLED)
    lifecycle.send(folder, "unpause", 0)
    assert experiments.wait_until_ended(folder) == "finished"
    assert {r.status for r in experiments.runs(folder)} == {RunStatus.DONE}


def test_a_kill_while_a_run_is_paused_changes_no_trial(tmp_path: Path) -> None:
    folder = experiments.launched(experiment(), tmp_path / "parts")
    begun(folder)
    lifecycle.send(folder, "pause", 0)
    experiments.wait_for(lambda: run(folder, 1).trials > 3)
    experiments.kill_all(folder)
    with Reader(folder) as reader:
        assert lifecycle.status(folder, reader.experiment()) == "interrupted"
    assert lifecycle.resume(folder) == 3
    assert experiments.wait_until_ended(folder) == "finished"
    assert experiments.results(folder) == experiments.results(experiments.run(experiment(), tmp_path / "whole"))
    is_sound(folder)


def test_as_many_processes_are_kept_as_there_are_workers(tmp_path: Path) -> None:
    folder = experiments.launched(experiment(40), tmp_path / "parts")
    for number in (0, 1):
        experiments.wait_for(lambda number=number: run(folder, number).trials > 3)
        lifecycle.send(folder, "pause", number)
        experiments.wait_for(lambda number=number: run(folder, number).status is RunStatus.PAUSED)
    experiments.wait_for(lambda: status(folder) == "paused")
    assert [run(folder, number).activity for number in (0, 1)] == ["paused", None]
    lifecycle.send(folder, "unpause")
    assert experiments.wait_until_ended(folder) == "finished"
    assert [run(folder, number).attempts for number in (0, 1)] == [1, 2]
    assert experiments.results(folder) == experiments.results(experiments.run(experiment(40), tmp_path / "whole"))


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    folder = experiments.launched(experiment(100, 2), tmp_path)
    begun(folder)
    for verb, number, reason in (
        ("unpause", 0, r"run 0 \(faulty-none on faulty/sleeps, repetition 0\) is running, so .* nothing to unpause"),
        ("pause", 9, "there is no run 9: .* has 2, numbered from 0"),
    ):
        with pytest.raises(HpobenchError, match=reason):
            lifecycle.send(folder, verb, number)  # type: ignore[arg-type]
    lifecycle.send(folder, "cancel")
    experiments.wait_until_ended(folder)
    with pytest.raises(HpobenchError, match="is not running"):
        lifecycle.send(folder, "pause", 0)
