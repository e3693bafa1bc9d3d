"""A killed worker costs nobody anything, one that stands still is not computing, and none leaves children."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

import experiments
from hpobench_tui.core.experiment import Limits
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.executors import family
from hpobench_tui.store.reader import Reader

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("faulty")]


@pytest.fixture(autouse=True)
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HPOBENCH_TEST_NOTES", str(tmp_path / "notes"))
    return tmp_path / "notes"


def started(notes: Path) -> list[int]:
    return [int(line.split()[1]) for line in notes.read_text().splitlines() if line.startswith("started ")]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_killed_from_outside_is_not_a_result(tmp_path: Path, how: signal.Signals) -> None:
    """Whatever it does: evaluating, mostly, but also loading and replaying."""
    chance = random.Random(seed := random.randrange(10**6))
    print(f"seed of the moments: {seed}")
    experiment = experiments.experiment(
        ["faulty/epochs", "faulty/sleeps"], ["faulty-none", "faulty-prunes"], 60, "evaluations"
    )
    whole = experiments.results(experiments.run(experiment, tmp_path / "whole"))
    folder = experiments.launched(experiment, tmp_path / "killed")
    killed = 0
    while lifecycle.supervised(folder) and killed < 6:
        time.sleep(chance.uniform(0.1, 0.6))
        if workers := experiments.processes(folder)[1]:
            killed += 1
            os.kill(chance.choice(workers), how)
    assert experiments.wait_until_ended(folder) == "finished"
    assert killed >= 3
    assert experiments.results(folder) == whole
    assert {run.status for run in experiments.runs(folder)} == {"done"}


def test_all_workers_killed_also_the_idle_ones(tmp_path: Path) -> None:
    """Two of three have nothing to do while the third one works; the runs after a cancelled pause need them again."""
    experiment = experiments.experiment(
        ["faulty/sleeps"], ["faulty-none"], 150, "evaluations", workers=3, repetitions=3
    )
    whole = experiments.results(experiments.run(experiment, tmp_path / "whole"))
    folder = experiments.launched(experiment, tmp_path / "killed")
    for _ in range(3):
        experiments.wait_for(lambda: len(experiments.processes(folder)[1]) == 3)
        for worker in experiments.processes(folder)[1]:
            os.kill(worker, signal.SIGKILL)
    assert experiments.wait_until_ended(folder) == "finished"
    assert experiments.results(folder) == whole


def test_what_lost_its_process_is_tried_again_and_a_crash_is_not(tmp_path: Path) -> None:
    problems = ["faulty/kills-once", "faulty/loads-late", "faulty/crashes"]
    experiment = experiments.experiment(problems, ["faulty-none"], 8, "evaluations", workers=1)
    folder = experiments.run(experiment, tmp_path / "out")
    once, late, crashes = experiments.runs(folder)
    assert (once.status, once.trials, once.failed_trials) == ("done", 8, 0)
    assert (late.status, late.trials, late.attempts) == ("done", 8, 5)
    bad = [row for row in experiments.trial_rows(folder, crashes.id) if row.status == "failed"]
    assert len(bad) == crashes.failed_trials > 0
    assert crashes.attempts == 1 + len(bad), "it is not tried again"
    assert {row.error for row in bad} == {"its process crashed: SIGSEGV"}
    with Reader(folder) as reader:
        told = [event.message for event in reader.events() if event.level == "warning"]
    assert any("goes on in another process, it lost its own during evaluating trial" in line for line in told)


def test_who_ends_its_process_group_ends_nobody_else(tmp_path: Path) -> None:
    experiment = experiments.experiment(["faulty/kills-group"], ["faulty-none"], 4, "evaluations", workers=1)
    (run,) = experiments.runs(folder := experiments.run(experiment, tmp_path / "out"))
    assert (run.status, run.trials) == ("done", 4)
    assert run.attempts == 1 + 3 * run.failed_trials > 1, "each is tried three times"
    errors = {row.error for row in experiments.trial_rows(folder) if row.status == "failed"}
    assert {str(error).partition(",")[0] for error in errors} == {"its process was killed by SIGTERM"}


@pytest.mark.parametrize("stopped", [False, True])
def test_what_was_evaluated_before_an_ask_that_never_returns_is_kept(tmp_path: Path, stopped: bool) -> None:
    """No thread of its process can send anything any more."""
    optimizer = "faulty-never-returns" if stopped else "faulty-holds"
    experiment = experiments.experiment(["faulty/sleeps"], [optimizer], 8, "evaluations", limits=Limits(ask_seconds=2))
    folder = experiments.launched(experiment, tmp_path / "out")
    for attempt in range(1, 4 if stopped else 1):
        experiments.wait_for(lambda attempt=attempt: asks_the_third(folder, attempt))
        (worker,) = experiments.processes(folder)[1]
        os.kill(worker, signal.SIGSTOP)
        experiments.wait_for(lambda worker=worker: not Path(f"/proc/{worker}").exists())
    assert experiments.wait_until_ended(folder) == "finished"
    (run,) = experiments.runs(folder)
    assert (run.status, run.trials) == ("failed", 2 if stopped else 3)
    assert ("stopped for more than 2 s" if stopped else "ask did not return within 2 s") in (run.error or "")


def asks_the_third(folder: Path, attempt: int) -> bool:
    """Whether that attempt has sent two trials and asks for the next."""
    (run,) = experiments.runs(folder)
    return run.attempts == attempt and run.trials == 2 and run.activity == "asking trial 2"


def test_after_a_freeze_no_limit_has_run_out(tmp_path: Path) -> None:
    experiment = experiments.experiment(
        ["faulty/sleeps"], ["faulty-none"], 200, "evaluations", limits=Limits(trial_seconds=1.5, ask_seconds=1.5)
    )
    folder = experiments.launched(experiment, tmp_path / "out")
    experiments.wait_for(lambda: experiments.trials(folder) > 10)
    supervisor, workers = experiments.processes(folder)
    for how in (signal.SIGSTOP, signal.SIGCONT):
        for pid in (supervisor, *workers):
            os.kill(pid, how)
        time.sleep(4 if how is signal.SIGSTOP else 0)
    assert experiments.wait_until_ended(folder) == "finished"
    (run,) = experiments.runs(folder)
    assert (run.status, run.failed_trials, run.attempts) == ("done", 0, 1)
    with Reader(folder) as reader:
        assert any("stood still" in event.message for event in reader.events())


def test_no_budget_pays_for_a_freeze(tmp_path: Path) -> None:
    experiment = experiments.experiment(["faulty/sleeps"], ["faulty-none"], 3, "seconds")
    folder = experiments.launched(experiment, tmp_path / "out")
    experiments.wait_for(lambda: experiments.trials(folder) > 10)
    (worker,) = experiments.processes(folder)[1]
    for how in (signal.SIGSTOP, signal.SIGCONT):
        os.kill(worker, how)
        time.sleep(4 if how is signal.SIGSTOP else 0)
    assert experiments.wait_until_ended(folder) == "finished"
    (run,) = experiments.runs(folder)
    assert run.spent == run.budget == 3_000_000_000
    with Reader(folder) as reader:
        assert reader.trials(0).cost.max() < 1.5e9, "10 ms, and what a busy machine adds"


def test_the_processes_of_a_trial_end_with_it(tmp_path: Path, notes: Path) -> None:
    experiment = experiments.experiment(
        ["faulty/starts"], ["faulty-none", "faulty-has-help"], 5, "evaluations", workers=1
    )
    folder = experiments.run(experiment, tmp_path / "out")
    for run in experiments.runs(folder):
        assert (run.status, run.failed_trials) == ("done", 0)
        assert [row.metrics for row in experiments.trial_rows(folder, run.id)] == [{"beside": 0.0}] * 5
    assert len(started(notes)) == 10
    assert not any(map(family.is_running, started(notes)))
    with Reader(folder) as reader:
        assert any("1 running process of a trial" in event.message for event in reader.events())


def test_the_processes_of_a_training_that_is_continued_live_as_long_as_it(tmp_path: Path, notes: Path) -> None:
    experiment = experiments.experiment(["faulty/starts-epochs"], ["hyperband"], 60, "fidelity-continued")
    (run,) = experiments.runs(folder := experiments.run(experiment, tmp_path / "out"))
    assert (run.status, run.failed_trials) == ("done", 0)
    assert any(row.continues is not None for row in experiments.trial_rows(folder))
    assert not any(map(family.is_running, started(notes)))


@pytest.mark.parametrize("end", ["timeout", "worker", "supervisor"])
def test_no_process_of_a_trial_lives_on(tmp_path: Path, notes: Path, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPOBENCH_TEST_HANG", "1")
    limits = Limits(trial_seconds=1.5 if end == "timeout" else 60)
    experiment = experiments.experiment(["faulty/starts"], ["faulty-none"], 6, "evaluations", limits=limits)
    folder = experiments.launched(experiment, tmp_path / "out")
    experiments.wait_for(lambda: notes.exists() and any(map(family.is_running, started(notes))))
    supervisor, (worker,) = experiments.processes(folder)
    first = started(notes)[-1]
    if end != "timeout":
        os.kill(supervisor if end == "supervisor" else worker, signal.SIGKILL)
    experiments.wait_for(lambda: not family.is_running(first), 10)
    if lifecycle.supervised(folder):
        lifecycle.send(folder, "cancel")
        experiments.wait_until_ended(folder)
    experiments.wait_for(lambda: not any(map(family.is_running, started(notes))), 10)
