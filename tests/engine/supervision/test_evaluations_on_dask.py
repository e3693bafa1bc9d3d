"""Trials of one run that are evaluated by the workers of a Dask cluster."""

from pathlib import Path

import pytest

import experiments
from benchmarks.cluster import running
from hpobench_tui.analysis.audit import audit
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.executors.cluster.address import VARIABLE
from hpobench_tui.store.reader import Reader

pytestmark = [pytest.mark.e2e, pytest.mark.needs("distributed"), pytest.mark.usefixtures("faulty")]


def made(optimizers: list[str], amount: float, unit: str, **more: object) -> Experiment:
    return experiments.experiment(["faulty/epochs"], optimizers, amount, unit, **{"workers": 1, **more})


def found(folder: Path, run: int) -> dict[tuple[object, ...], float | None]:
    return {(*row.configuration.values(), row.fidelity): row.loss for row in experiments.trial_rows(folder, run)}


@pytest.mark.slow
def test_they_are_those_of_one_machine_and_survive_a_lost_worker(tmp_path: Path) -> None:
    experiment = made(["asha", "random"], 150, "fidelity", evaluations=2)
    with running(2, tmp_path / "dask") as cluster:
        folder = experiments.launched(experiment, tmp_path / "there")
        experiments.wait_for(lambda: experiments.trials(folder) > 5)
        cluster.workers.pop().kill()
        cluster.start_worker()
        assert experiments.wait_until_ended(folder) == "finished"
    with Reader(folder) as reader:
        assert [row.text for row in audit(reader) if not row.holds] == []
        assert all((run.status, run.spent) == ("done", run.budget) for run in reader.runs())
    for run in (0, 1):
        assert {row.worker for row in experiments.trial_rows(folder, run)} == {0, 1}
    here = experiments.run(experiment, tmp_path / "here")
    assert found(folder, 1) == found(here, 1), "what random search asks depends on no order"


def test_processes_of_this_machine_need_no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "local:2")
    with pytest.raises(HpobenchError, match="leave --dask out"):
        made(["random"], 10, "evaluations", evaluations=2)
