"""What the plans of very large experiments rest on: the supervisor in one process, the queue, the slopes."""

import math
from pathlib import Path

import pytest

import experiments
from benchmarks.kills.scene import contents, differences
from benchmarks.scale import measure
from benchmarks.scale.here import Here
from benchmarks.scale.plan import Constants, Plan, rows
from benchmarks.scale.simulated import Server, course
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import Reader

NOBODY = Server(0.0, 0.0)


@pytest.mark.e2e
def test_a_supervisor_without_processes_writes_the_same_store(tmp_path: Path) -> None:
    experiment = experiments.experiment(
        ["synthetic/branin", "bandits/curves"], ["random", "hyperband"], 30, "evaluations", repetitions=2
    )
    other = experiments.run(experiment, tmp_path)
    for single in (False, True):
        folder = lifecycle.create(experiment, tmp_path)
        ready, took = measure.supervised(folder, here := Here(3, 2, single))
        assert (ready > 0, took > 0, here.seconds > 0) == (True, True, True)
        assert not differences(contents(folder), contents(other))
        with Reader(folder) as reader:
            assert not reader.faults()


def test_without_a_supervisor_workers_are_always_busy() -> None:
    found = course(2000, 10, 5.0, 0.0, NOBODY)
    assert found.supervisor == 0.0
    assert 0.98 * 1000 < found.seconds < 1.05 * 1000, "2,000 runs of 5 s on ten workers, but for luck and the last ones"
    assert course(100, 1, 5.0, 2.0, NOBODY).seconds == pytest.approx(course(100, 1, 5.0, 0.0, NOBODY).seconds + 200)


@pytest.mark.parametrize("server", [Server(0.02, 0.0), Server(0.0, 0.02), Server(0.005, 0.005, left=0.5)])
def test_workers_wait_for_a_supervisor_that_is_too_slow(server: Server) -> None:
    """20 ms a run, whatever of it: then 50 workers with runs of 100 ms have one run in 20 ms."""
    found = course(2000, 50, 0.1, 0.0, server)
    assert found.seconds == pytest.approx(40.0, rel=0.01)
    assert found.supervisor == pytest.approx(1.0, rel=0.01)
    assert found.busy == pytest.approx(0.1, rel=0.05)


def test_a_queue_is_shorter_than_the_theory_of_the_worst_and_longer_than_none() -> None:
    """Between the bounds of a closed network of n workers and one server (Denning and Buzen 1978, table 6)."""
    seconds, service, workers, runs = 1.0, 0.02, 40, 20_000
    found = course(runs, workers, seconds, 0.0, Server(service, 0.0))
    rate = runs / found.seconds
    assert rate <= min(1 / service, workers / (seconds + service)) * 1.02
    assert rate >= workers / (seconds + workers * service) * 0.98


def made_up(**laws: float) -> Constants:
    """Two stores in which each thing takes so many seconds a run, and one at all."""

    def size(runs: int) -> dict[str, float]:
        return {"runs": runs, "bytes": 5000.0 * runs} | {f"{what} s": 1 + each * runs for what, each in laws.items()}

    of = {
        "a message, ms": 0.01, "a trial, ms": 0.001, "a trial, bytes": 100.0, "what a worker does, ms": 0.05,
        "a look at a worker, ms": 0.05, "a worker, MB": 50.0,
    }  # fmt: skip
    return Constants({"constants": of, "sizes": [size(10_000), size(1_000)]})


def test_a_plan_follows_from_the_slopes() -> None:
    laws = dict.fromkeys(("create", "merge", "resume's look", "show", "compare", "audit", "export"), 1e-3)
    constants = made_up(supervise=5e-4, **laws)
    assert constants.whole("show", 100_000) == pytest.approx(101.0)
    assert constants.growth("supervise") == pytest.approx(math.log10(6 / 1.5))
    assert constants.served(60.0, 1020) == pytest.approx(5e-4 + 1e-3 + 599 * 1e-5)
    assert constants.left(100) == pytest.approx(1 - 100 * 5e-5 / 0.1 - 100 * 5e-5 / 0.05)
    assert constants.left(1000) == pytest.approx(1 - 0.05 - 0.1), "many are told of, and looked at, less often"
    assert constants.store(10, 120) == pytest.approx(10 * 15_000)
    found = rows(constants, Plan("", 2000, 20, 10.0, 20, supervisors=2))
    assert found["hours of workers, in runs"] == pytest.approx(20_000 / 3600)
    assert found["hours of workers, paid"] > found["hours of workers, in runs"]
    assert 90 < found["% of the workers' time in runs"] < 100
    assert found["s to show"] == pytest.approx(3.0)
    assert constants.shortest(100_000, 20) == math.inf


def test_all_figures_of_a_small_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "COMMANDS", {"show": ("show", "{}")})
    found = measure.of_size(100, tmp_path, app=False)
    assert all(value > 0 for value in found.values())
    assert found["runs"] == 100
    assert {"create s", "supervise s", "merge s", "resume's look s", "show s", "bytes"} <= found.keys()
    assert 20 < found["show MB"] < 200


def test_a_command_that_fails_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="nowhere"):
        measure.command(["show", "nowhere"])
