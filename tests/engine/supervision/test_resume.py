"""Equal experiments give equal trials; so do experiments that were killed and resumed."""

import os
import random
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

import experiments
from hpobench_tui import plugins
from hpobench_tui.core import Budget, HpobenchError
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import FILE, Reader

pytestmark = pytest.mark.e2e

PROBLEMS = ["bandits/curves", "synthetic/branin", "synthetic/counting-ones"]
NATIVE = ["grid", "random", "successive-halving", "hyperband"]
THIRD_PARTY = ["optuna-tpe", "skopt-gp", "hpbandster-bohb"]


@pytest.mark.needs("optuna", "skopt", "hpbandster")
def test_equal_experiments_give_equal_trials(tmp_path: Path) -> None:
    experiment = experiments.experiment(PROBLEMS, [*NATIVE, *THIRD_PARTY], 12, "full-evaluations")
    first = experiments.results(experiments.run(experiment, tmp_path / "first"))
    second = experiments.results(experiments.run(experiment, tmp_path / "second"))
    assert first == second
    assert all(first.values())
    assert len(first) == len(PROBLEMS) * len(NATIVE + THIRD_PARTY) - 3  # Branin has no fidelity


def test_the_seed_decides(tmp_path: Path) -> None:
    def trials(seed: int) -> object:
        experiment = experiments.experiment(["synthetic/branin"], ["random"], 5, "evaluations", seed=seed)
        return experiments.results(experiments.run(experiment, tmp_path / str(seed)))

    assert trials(0) != trials(1)


@pytest.mark.needs("torch", "optuna")
def test_five_kills_do_not_change_the_trials(tmp_path: Path) -> None:
    """At random moments, which are counted in trials, so that they come on any machine before all is done.

    That the other libraries' optimizers ask the same after a replay is in their conformance suites.
    """
    chance = random.Random(seed := random.randrange(10**6))
    print(f"seed of the moments: {seed}")
    problems = [*PROBLEMS, "bandits/bernoulli-10", "mnist_cnn/lecture-2k"]
    experiment = experiments.experiment(problems, [*NATIVE, "optuna-tpe"], 9, "fidelity-continued")
    budgets = {
        "mnist_cnn/lecture-2k": Budget.of(3, "fidelity-continued"),
        "bandits/curves": Budget.of(405, "fidelity-continued"),
        "synthetic/counting-ones": Budget.of(5.5, "full-evaluations"),
        "synthetic/branin": Budget.of(16, "evaluations"),
        "bandits/bernoulli-10": Budget.of(16, "evaluations"),
    }
    experiment = replace(experiment, budgets=budgets)
    whole = experiments.run(experiment, tmp_path / "whole", 300)
    expected = experiments.results(whole)
    total = sum(run.trials for run in experiments.runs(whole))
    folder = experiments.launched(experiment, tmp_path / "killed")
    recorded = []
    for moment in sorted(chance.uniform(0.0, 0.8) for _ in range(5)):
        experiments.wait_for(lambda moment=moment: experiments.trials(folder) >= moment * total, 120)
        time.sleep(chance.uniform(0.0, 0.3))
        experiments.kill_all(folder)
        with Reader(folder) as reader:
            assert lifecycle.status(folder, reader.experiment()) == "interrupted", "it lasts long enough to be killed"
        recorded.append(experiments.trials(folder))
        lifecycle.resume(folder)
    assert experiments.wait_until_ended(folder, 300) == "finished"
    assert recorded == sorted(recorded)
    assert recorded[-1] > 0, "something was there to be lost"
    assert experiments.results(folder) == expected


def test_workers_do_not_outlive_their_supervisor(tmp_path: Path, faulty: Path) -> None:
    experiment = experiments.experiment(["faulty/hangs"], ["faulty-none"], 99, "evaluations")
    folder = experiments.launched(experiment, tmp_path)
    experiments.wait_for(lambda: experiments.processes(folder)[1], 20)
    supervisor, workers = experiments.processes(folder)
    os.kill(supervisor, signal.SIGKILL)
    experiments.wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), 20)


@pytest.mark.usefixtures("faulty")
def test_pause_resume_cancel_and_resume(tmp_path: Path) -> None:
    experiment = experiments.experiment(["faulty/sleeps"], ["faulty-none"], 300, "evaluations", workers=1)
    folder = experiments.launched(experiment, tmp_path)
    with Reader(folder) as reader:
        experiments.wait_for(lambda: reader.runs()[0].trials > 5)
        lifecycle.send(folder, "pause")
        experiments.wait_for(lambda: reader.experiment().status == "paused")
        time.sleep(0.4)  # the trial under way, and the last batch
        stood = reader.runs()[0].trials
        time.sleep(0.5)
        assert reader.runs()[0].trials == stood
        lifecycle.send(folder, "resume")
        experiments.wait_for(lambda: reader.runs()[0].trials > stood)
        lifecycle.send(folder, "cancel")
        assert experiments.wait_until_ended(folder) == "cancelled"
        assert reader.runs()[0].status == "cancelled"
        assert reader.runs()[0].trials < 300
    assert lifecycle.resume(folder) == 1
    assert experiments.wait_until_ended(folder) == "finished"
    whole = experiments.run(experiment, tmp_path / "whole")
    assert experiments.results(folder) == experiments.results(whole)


@pytest.mark.usefixtures("faulty")
def test_a_run_whose_replay_diverges_starts_over(tmp_path: Path) -> None:
    experiment = experiments.experiment(["faulty/sleeps"], ["faulty-unsteady"], 150, "evaluations", workers=1)
    folder = experiments.launched(experiment, tmp_path)
    experiments.kill_and_resume(folder, beyond=5)
    with Reader(folder) as reader:
        (run,) = reader.runs()
        assert (run.status, run.trials, run.spent) == ("done", 150, 150)
        assert any("starts over" in event.message for event in reader.events())


@pytest.mark.usefixtures("faulty")
def test_a_pruners_memory_is_replayed(tmp_path: Path) -> None:
    experiment = experiments.experiment(["faulty/epochs"], ["faulty-prunes-by-metrics"], 150, "fidelity", workers=1)
    folder = experiments.launched(experiment, tmp_path)
    experiments.kill_and_resume(folder, beyond=8)
    with Reader(folder) as reader:
        assert not any("starts over" in event.message for event in reader.events())
    whole = experiments.results(experiments.run(experiment, tmp_path / "whole"))
    assert experiments.results(folder) == whole
    assert any(trial[2] == "pruned" for trials in whole.values() for trial in trials)


def test_a_finished_store_is_one_file_that_can_be_read_anywhere(tmp_path: Path) -> None:
    experiment = experiments.experiment(["synthetic/branin"], ["random"], 50, "evaluations")
    folder = experiments.run(experiment, tmp_path / "out")
    elsewhere = tmp_path / "copy"
    elsewhere.mkdir()
    shutil.copy(folder / FILE, elsewhere)
    with Reader(elsewhere) as reader:
        assert reader.runs()[0].trials == len(reader.trials(0)) == 50
        assert reader.experiment().status == "finished"


@pytest.mark.usefixtures("faulty")
def test_cancelling_leaves_no_run_running(tmp_path: Path) -> None:
    experiment = experiments.experiment(["faulty/sleeps"], ["faulty-none"], 2, "evaluations", repetitions=200)
    folder = experiments.launched(experiment, tmp_path)
    with Reader(folder) as reader:
        experiments.wait_for(lambda: any(run.status == "done" for run in reader.runs()))
        lifecycle.send(folder, "cancel")
        assert experiments.wait_until_ended(folder) == "cancelled"
        assert {(run.status, run.activity) for run in reader.runs()} <= {("done", None), ("cancelled", None)}


@pytest.mark.usefixtures("faulty")
def test_a_removed_store_ends_its_supervisor(tmp_path: Path) -> None:
    folder = experiments.launched(experiments.experiment(["faulty/hangs"], ["faulty-none"], 9, "evaluations"), tmp_path)
    time.sleep(1)
    (folder / FILE).unlink()
    experiments.wait_for(lambda: not lifecycle.supervised(folder))
    assert "was removed" in lifecycle.last_words(folder)


@pytest.mark.usefixtures("faulty")
def test_workers_leave_no_state_to_the_next_run(tmp_path: Path) -> None:
    """An optimizer that draws from the global generator depends on its own run alone."""
    many = experiments.experiment(["faulty/sleeps"], ["faulty-none", "faulty-global"], 5, "evaluations", workers=1)
    alone = experiments.experiment(["faulty/sleeps"], ["faulty-global"], 5, "evaluations", workers=1)
    key = ("faulty/sleeps", "faulty-global", 0)
    first = experiments.results(experiments.run(many, tmp_path / "many"))[key]
    assert first == experiments.results(experiments.run(alone, tmp_path / "alone"))[key]


@pytest.mark.usefixtures("faulty")
def test_resume_says_what_this_machine_lacks(tmp_path: Path) -> None:
    folder = lifecycle.create(experiments.experiment(["faulty/sleeps"], ["faulty-none"], 9, "evaluations"), tmp_path)
    plugins.problems.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugins, "entry_points", lambda group: [])
        with pytest.raises(HpobenchError, match="unknown problem 'faulty/sleeps'"):
            lifecycle.resume(folder)
    plugins.problems.cache_clear()
    assert lifecycle.resume(folder) == 1
    assert experiments.wait_until_ended(folder) == "finished"
