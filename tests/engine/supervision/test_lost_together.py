"""A process that is lost while it evaluates several trials together blames nobody of them for another."""

import os
import signal
import time
from pathlib import Path

import pytest

import experiments
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import Reader

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("faulty")]


def warnings(folder: Path) -> list[str]:
    with Reader(folder) as reader:
        return [event.message for event in reader.events() if event.level == "warning"]


def test_a_crash_costs_the_trial_that_crashes_alone(tmp_path: Path) -> None:
    alone, together = (
        experiments.run(
            experiments.experiment(["faulty/together"], ["random"], 9, "evaluations", seed=3, together=width),
            tmp_path / str(width),
        )
        for width in (1, "auto")
    )
    assert experiments.results(alone) == experiments.results(together)
    (run,) = experiments.runs(together)
    assert 0 < run.failed_trials < 7
    assert (run.status, run.trials) == ("done", 9)
    lost = [line for line in warnings(together) if "one by one, it lost its process during evaluating" in line]
    assert lost
    assert not [line for line in warnings(alone) if "one by one" in line]


@pytest.mark.slow  # two experiments of some seconds, and the starts of four processes
def test_whoever_kills_the_process_costs_nobody_anything(tmp_path: Path) -> None:
    experiment = experiments.experiment(["faulty/together-epochs"], ["hyperband"], 24, "evaluations", curves=True)
    whole = experiments.run(experiment, tmp_path / "whole")
    assert any("had no room for more" in line for line in warnings(whole))
    folder = experiments.launched(experiment, tmp_path / "killed")
    for _ in range(2):
        before = experiments.trials(folder)
        experiments.wait_for(
            lambda before=before: experiments.trials(folder) > before or not lifecycle.supervised(folder)
        )
        for worker in experiments.processes(folder)[1]:
            os.kill(worker, signal.SIGKILL)
        time.sleep(0.2)
    assert experiments.wait_until_ended(folder) == "finished"
    assert experiments.results(folder) == experiments.results(whole)


@pytest.mark.slow  # likewise
def test_pause_cancel_and_resume_in_the_middle_of_a_group(tmp_path: Path) -> None:
    experiment = experiments.experiment(["faulty/together-epochs"], ["hyperband"], 24, "evaluations", curves=True)
    whole = experiments.run(experiment, tmp_path / "whole")
    folder = experiments.launched(experiment, tmp_path / "cancelled")
    experiments.wait_for(lambda: experiments.trials(folder) > 3)
    lifecycle.send(folder, "pause")
    experiments.wait_for(lambda: status(folder) == "paused")
    lifecycle.send(folder, "unpause")
    experiments.wait_for(lambda: status(folder) == "running")
    lifecycle.send(folder, "cancel")
    assert experiments.wait_until_ended(folder) == "cancelled"
    assert experiments.trials(folder) < 24
    lifecycle.resume(folder)
    assert experiments.wait_until_ended(folder) == "finished"
    assert experiments.results(folder) == experiments.results(whole)


def status(folder: Path) -> str:
    with Reader(folder) as reader:
        return reader.experiment().status
