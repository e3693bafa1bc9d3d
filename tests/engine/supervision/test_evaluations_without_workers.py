"""Trials of one run over a Dask cluster that for a while has no worker, and whose processes have limits."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

import experiments
from benchmarks.cluster import Cluster, running
from hpobench_tui.core.experiment import Experiment, Limits
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.engine.messages import RunTask
from hpobench_tui.engine.running import evaluators
from hpobench_tui.executors.contract import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.needs("distributed"), pytest.mark.usefixtures("faulty")]


@pytest.fixture
def cluster(tmp_path: Path, faulty: None) -> Iterator[Cluster]:
    with running(1, tmp_path / "dask") as made:
        yield made


def made(problem: str, trials: int, **more: object) -> Experiment:
    return experiments.experiment([problem], ["faulty-none"], trials, "evaluations", workers=1, evaluations=2, **more)


def test_they_wait_for_the_next_worker_and_for_the_scheduler(cluster: Cluster, tmp_path: Path) -> None:
    folder = experiments.launched(made("faulty/sleeps", 200), tmp_path / "there")
    experiments.wait_for(lambda: experiments.trials(folder) > 10, 120)
    cluster.workers.pop().kill()
    time.sleep(2.0)
    cluster.start_worker()
    experiments.wait_for(lambda: experiments.trials(folder) > 100, 120)
    cluster.kill_scheduler()
    time.sleep(1.0)
    for worker in cluster.workers:
        worker.kill()
    cluster.start_scheduler()
    cluster.start_worker()
    assert experiments.wait_until_ended(folder, 240) == "finished"
    (run,) = experiments.runs(folder)
    assert (run.status, run.trials, run.failed_trials) == ("done", 200, 0), run.error


def test_without_a_scheduler_they_are_interrupted_and_go_on_later(cluster: Cluster, tmp_path: Path) -> None:
    cluster.kill_scheduler()
    cluster.workers.pop().kill()
    folder = experiments.launched(made("faulty/sleeps", 20), tmp_path / "there")
    assert experiments.wait_until_ended(folder, 120) == "running", "as it says until it goes on"
    assert "the Dask cluster at tcp://" in lifecycle.last_words(folder)
    (run,) = experiments.runs(folder)
    assert (run.status, run.error) == ("waiting", None)
    cluster.start_scheduler()
    cluster.start_worker()
    lifecycle.resume(folder)
    assert experiments.wait_until_ended(folder, 120) == "finished"
    (run,) = experiments.runs(folder)
    assert (run.status, run.trials, run.failed_trials) == ("done", 20, 0), run.error


@pytest.mark.parametrize("limit", [None, 123])
def test_the_limit_of_memory_that_a_person_set_holds_there(monkeypatch: pytest.MonkeyPatch, limit: int | None) -> None:
    seen: list[Watch] = []

    def made(*arguments: object, **_: object) -> SimpleNamespace:
        seen.append(cast(Watch, arguments[2]))
        return SimpleNamespace(wait_for=lambda places: None)

    monkeypatch.setattr("hpobench_tui.executors.cluster.owner.ClusterExecutor", made)
    task = SimpleNamespace(
        cluster=("tcp://head:8786", b""), limits=Limits(memory_mb=limit), evaluations=2, device="cpu", memory_mb=7
    )
    evaluators.on_cluster(cast(RunTask, task), cast(evaluators.Telling, SimpleNamespace(note=print, left=print)))
    assert [watch.memory_mb for watch in seen] == [limit or 0]
