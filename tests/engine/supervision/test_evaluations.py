"""Runs whose trials are evaluated side by side in processes of their own, under a supervisor."""

import os
import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest

import experiments
from hpobench_tui.analysis.audit import audit
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.records import TrialRow
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.executors import family
from hpobench_tui.store.reader import Reader

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("faulty")]


def experiment(optimizers: list[str], amount: float, unit: str, **more: object) -> Experiment:
    """Trials of 10 ms a unit of fidelity."""
    return experiments.experiment(
        ["faulty/epochs"], optimizers, amount, unit, **{"workers": 1, "evaluations": 2, **more}
    )


def is_sound(folder: Path) -> None:
    with Reader(folder) as reader:
        for row in audit(reader):
            assert row.holds, row.text


def evaluations(folder: Path) -> list[int]:
    """The evaluation processes."""
    return [
        pid
        for worker in experiments.processes(folder)[1]
        for pid in family.children(worker)
        if b"running.evaluating" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def status(folder: Path) -> str:
    with Reader(folder) as reader:
        return reader.experiment().status


def losses(rows: list[TrialRow]) -> dict[tuple[object, ...], float | None]:
    return {(*row.configuration.values(), row.fidelity): row.loss for row in rows}


@pytest.mark.parametrize("unit", ["fidelity-continued", "seconds", "device-seconds"])
def test_budgets_are_kept_and_questions_answered(tmp_path: Path, unit: str) -> None:
    amount = 1 if "seconds" in unit else 60
    folder = experiments.run(experiment(["hyperband", "faulty-prunes"], amount, unit), tmp_path)
    is_sound(folder)
    for run in experiments.runs(folder):
        assert (run.status, run.spent) == ("done", run.budget)
        rows = experiments.trial_rows(folder, run.id)
        assert {row.worker for row in rows} == {0, 1}
        assert sum(row.evaluate_seconds for row in rows) > 1.2 * rows[-1].clock_end, "two at a time"
    with Reader(folder) as reader:
        assert [event.message for event in reader.events() if event.level != "info"] == []


def test_what_was_recorded_before_a_kill_is_kept(tmp_path: Path) -> None:
    """All processes are killed twice, and the evaluation processes alone once."""
    made = experiment(["asha", "faulty-none"], 90, "fidelity", synchronous=False)
    folder = experiments.launched(made, tmp_path)
    recorded: dict[int, list[TrialRow]] = {0: [], 1: []}
    for beyond in (6, 12):
        experiments.wait_for(lambda beyond=beyond: experiments.trials(folder) > beyond)  # type: ignore[misc]
        experiments.kill_all(folder)
        for run, before in recorded.items():
            now = experiments.trial_rows(folder, run)
            assert now[: len(before)] == before
            recorded[run] = now
        lifecycle.resume(folder)
    for pid in experiments.wait_for(lambda: evaluations(folder)):
        os.kill(pid, signal.SIGKILL)
    assert experiments.wait_until_ended(folder) == "finished"
    for run in experiments.runs(folder):
        rows = experiments.trial_rows(folder, run.id)
        assert rows[: len(recorded[run.id])] == recorded[run.id]
        assert sorted(row.asked for row in rows) == list(range(len(rows)))
        assert run.failed_trials == 0
        assert losses(rows) == {
            (*row.configuration.values(), row.fidelity): row.configuration["x"] + 1 / row.fidelity for row in rows
        }
    is_sound(folder)
    with Reader(folder) as reader:
        assert not any("starts over" in event.message for event in reader.events())


def test_pause_and_cancel_reach_the_evaluation_processes(tmp_path: Path) -> None:
    folder = experiments.launched(experiment(["faulty-none"], 600, "fidelity"), tmp_path)
    experiments.wait_for(lambda: experiments.trials(folder) > 3)
    lifecycle.send(folder, "pause")
    experiments.wait_for(lambda: status(folder) == "paused")
    time.sleep(0.5)
    stood = experiments.trials(folder)
    time.sleep(0.5)
    assert experiments.trials(folder) == stood
    lifecycle.send(folder, "unpause")
    experiments.wait_for(lambda: experiments.trials(folder) > stood + 3)
    at_work = evaluations(folder)
    assert len(at_work) == 2
    lifecycle.send(folder, "cancel")
    assert experiments.wait_until_ended(folder) == "cancelled"
    assert not any(family.is_running(pid) for pid in at_work)
    is_sound(folder)
    rows = experiments.trial_rows(folder)
    pauses = max(after.clock_end - before.clock_end for before, after in pairwise(rows))
    assert pauses < 0.9, "the clock stood still"


def test_an_evaluation_that_crashes_leaves_the_optimizer_s_own_processes_alone(tmp_path: Path) -> None:
    made = experiments.experiment(["faulty/crashes"], ["faulty-has-help"], 9, "evaluations", evaluations=2, workers=1)
    folder = experiments.run(made, tmp_path)
    (run,) = experiments.runs(folder)
    assert run.status == "done", run.error
    bad = sum(row.configuration["x"] < 0.3 for row in experiments.trial_rows(folder))
    assert run.failed_trials == bad > 0
    is_sound(folder)
