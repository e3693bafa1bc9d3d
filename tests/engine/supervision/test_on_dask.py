"""Experiments on a Dask cluster: equal to those of the local pool, whatever is killed meanwhile."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import experiments
from benchmarks.cluster import Cluster, running
from hpobench_tui.core import Budget
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.engine.front import lifecycle, spec
from hpobench_tui.executors.cluster.address import VARIABLE
from hpobench_tui.store.reader import Reader

pytestmark = [pytest.mark.e2e, pytest.mark.needs("distributed"), pytest.mark.usefixtures("faulty")]


@pytest.fixture
def cluster(tmp_path: Path, faulty: None) -> Iterator[Cluster]:
    with running(2, tmp_path / "dask") as made:
        yield made


def sleeping(trials: int = 100, repetitions: int = 4) -> Experiment:
    """Trials of 10 ms."""
    return experiments.experiment(
        ["faulty/sleeps"], ["faulty-none"], trials, "evaluations", repetitions=repetitions, workers=2
    )


def log(folder: Path) -> list[str]:
    with Reader(folder) as reader:
        return [event.message for event in reader.events()]


def in_the_local_pool(experiment: Experiment, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with monkeypatch.context() as patch:
        patch.delenv(VARIABLE)
        return experiments.run(experiment, root)


@pytest.mark.slow
def test_runs_go_on_elsewhere_when_workers_and_the_scheduler_are_lost(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = experiments.launched(sleeping(), tmp_path / "dask")
    experiments.wait_for(lambda: len([run for run in experiments.runs(folder) if 0 < run.trials < 100]) == 2)
    cluster.workers.pop().kill()
    cluster.start_worker()
    experiments.wait_for(lambda: "its Dask worker at" in "\n".join(log(folder)))
    experiments.wait_for(lambda: experiments.trials(folder) > 60)
    cluster.kill_scheduler()
    for worker in cluster.workers:
        worker.kill()
    cluster.start_scheduler()
    cluster.start_worker()
    assert experiments.wait_until_ended(folder) == "finished"
    said = "\n".join(log(folder))
    assert "is there again" in said
    with Reader(folder) as reader:
        assert not reader.faults()
    assert experiments.results(folder) == experiments.results(
        in_the_local_pool(sleeping(), tmp_path / "local", monkeypatch)
    )


@pytest.mark.slow
def test_a_killed_supervisor_leaves_nothing_running_and_resume_goes_on(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = experiments.launched(sleeping(), tmp_path / "dask")
    experiments.wait_for(lambda: experiments.trials(folder) > 10)
    supervisor, _ = experiments.processes(folder)
    os.kill(supervisor, signal.SIGKILL)
    experiments.wait_for(lambda: not lifecycle.supervised(folder))
    lifecycle.resume(folder)
    assert experiments.wait_until_ended(folder) == "finished"
    assert experiments.results(folder) == experiments.results(
        in_the_local_pool(sleeping(), tmp_path / "local", monkeypatch)
    )


@pytest.mark.slow
def test_pause_and_cancel_reach_the_workers(cluster: Cluster, tmp_path: Path) -> None:
    folder = experiments.launched(sleeping(400), tmp_path / "dask")
    experiments.wait_for(lambda: experiments.trials(folder) > 10)
    lifecycle.send(folder, "pause")
    experiments.wait_for(lambda: {run.activity for run in experiments.runs(folder)} >= {"paused"})
    time.sleep(0.5)
    stood = experiments.trials(folder)
    time.sleep(1.0)
    assert experiments.trials(folder) == stood
    lifecycle.send(folder, "unpause")
    experiments.wait_for(lambda: experiments.trials(folder) > stood + 20)
    lifecycle.send(folder, "cancel")
    assert experiments.wait_until_ended(folder) == "cancelled"


@pytest.mark.slow
def test_a_persons_own_files_go_along(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "helper.py").write_text("def square(x):\n    return x * x\n")
    mine = tmp_path / "mine.py"
    mine.write_text(
        "from helper import square\n\n"
        "class Bowl:\n    space = {'x': (-1.0, 1.0)}\n\n    def __call__(self, c):\n        return square(c['x'])\n"
    )
    experiment = spec.build("own", [f"{mine}:Bowl"], ["random"], Budget.of(20, "evaluations"), repetitions=2)
    found = experiments.run(experiment, tmp_path / "dask")
    assert experiments.results(found) == experiments.results(
        in_the_local_pool(experiment, tmp_path / "local", monkeypatch)
    )


def test_workers_of_other_code_are_named_and_the_experiment_waits_for_a_resume(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "theirs"  # of the workers alone: another SciPy, by its name
    (site / "scipy-0.0.1.dist-info").mkdir(parents=True)
    (site / "scipy-0.0.1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: scipy\nVersion: 0.0.1\n")
    for worker in cluster.workers:
        worker.kill()
    cluster.workers.clear()
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{site}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
        cluster.start_worker()
    folder = experiments.launched(sleeping(10), tmp_path / "dask")
    assert experiments.wait_until_ended(folder) == "running"
    assert "scipy is" in lifecycle.last_words(folder)
    assert "0.0.1 there" in lifecycle.last_words(folder)
    cluster.start_worker()
    lifecycle.resume(folder)
    assert experiments.wait_until_ended(folder) == "finished"
    assert any("is not used: scipy is" in line for line in log(folder))
