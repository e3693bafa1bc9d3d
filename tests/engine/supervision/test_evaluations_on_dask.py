"""Trials of one run that are evaluated by the workers of a Dask cluster."""

from pathlib import Path

import pytest

import experiments
from benchmarks.cluster import Cluster
from hpobench_tui.analysis.audit import audit
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.executors.cluster.address import VARIABLE
from hpobench_tui.store.reader import Reader

pytestmark = [pytest.mark.e2e, pytest.mark.needs("distributed"), pytest.mark.usefixtures("faulty")]


def made(optimizers: list[str], amount: float, unit: str, **more: object) -> Experiment:
    return experiments.experiment(["faulty/epochs"], optimizers, amount, unit, **{"workers": 1, **more})


def makespan(folder: Path) -> float:
    return max(row.clock_end for row in experiments.trial_rows(folder))


def found(folder: Path) -> dict[tuple[object, ...], float | None]:
    return {(*row.configuration.values(), row.fidelity): row.loss for row in experiments.trial_rows(folder)}


@pytest.mark.slow
def test_they_are_those_of_one_machine_and_survive_a_lost_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dask").mkdir()
    cluster = Cluster(2, tmp_path / "dask")
    try:
        experiment = made(["asha"], 150, "fidelity", evaluations=2)
        with monkeypatch.context() as patch:
            patch.setenv(VARIABLE, cluster.address)
            folder = experiments.launched(experiment, tmp_path / "there")
            experiments.wait_for(lambda: experiments.trials(folder) > 5)
            cluster.workers.pop().kill()
            cluster.start_worker()
            assert experiments.wait_until_ended(folder) == "finished"
        with Reader(folder) as reader:
            assert [row.text for row in audit(reader) if not row.holds] == []
            (run,) = reader.runs()
            assert (run.status, run.spent) == ("done", run.budget)
        assert {row.worker for row in experiments.trial_rows(folder)} == {0, 1}
    finally:
        cluster.close()


def test_processes_of_this_machine_need_no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "local:2")
    with pytest.raises(HpobenchError, match="leave --dask out"):
        made(["random"], 10, "evaluations", evaluations=2)
