"""What is left, worked by hand."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import experiments
from factories import run_row, store
from hpobench_baselines import native, third_party
from hpobench_tui import plugins
from hpobench_tui.cli.plan import print_plan
from hpobench_tui.core import Budget, Simulation
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.engine.front.estimate import Estimate, estimate, remaining, usual_seconds
from hpobench_tui.store.reader import Reader

BRANIN = "synthetic/branin"


def experiment(workers: int = 1, repetitions: int = 3) -> Experiment:
    settings = {"workers": workers, "repetitions": repetitions}
    return experiments.experiment([BRANIN], ["random"], 10, "seconds", **settings)


def test_remaining_counts_like_ended_runs(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """One run took 8 s, one is half-way, one waits: 4 + 8 s to go on one worker."""
    rows = [
        run_row(0, problem=BRANIN, seconds=8.0),
        run_row(1, problem=BRANIN, repetition=1, status="running", spent=5, seconds=1.0),
        run_row(2, problem=BRANIN, repetition=2, status="waiting", spent=0, seconds=0.0),
    ]
    with store(tmp_path, rows) as reader:
        assert remaining(experiment(), reader.runs()) == pytest.approx(12.0)


def test_remaining_goes_by_a_runs_own_pace_while_none_has_ended(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with store(tmp_path, [run_row(0, problem=BRANIN, status="running", spent=2, seconds=3.0)]) as reader:
        assert remaining(experiment(), reader.runs()) == pytest.approx(12.0)


def test_budgets_in_seconds_are_their_own_estimate() -> None:
    found = estimate(experiment(repetitions=2))
    assert found.objective_seconds == {BRANIN: 20.0}
    assert found.seconds == pytest.approx(20 + found.optimizer_seconds + found.overhead_seconds)


def made(optimizer: str, amount: int, unit: str = "evaluations", problem: str = BRANIN) -> Estimate:
    return estimate(experiments.experiment([problem], [optimizer], amount, unit, workers=1))


def test_the_optimizers_own_time_counts_by_trials_and_dimensions() -> None:
    few, many = made("gp", 20), made("gp", 200)
    assert few.unknown == many.unknown == ()
    assert many.optimizer_seconds > 5 * few.optimizer_seconds > 100 * made("random", 20).optimizer_seconds
    assert many.seconds == pytest.approx(many.optimizer_seconds + many.overhead_seconds, rel=0.01)
    assert made("hyperband", 10, "full-evaluations", "synthetic/branin-mf").optimizer_seconds > 0


def test_an_optimizer_that_nobody_measured_is_named(
    install_plugins: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    install_plugins("tiny")
    assert made("tiny-hill-climber", 20).unknown == ("tiny-hill-climber",)
    print_plan(experiments.experiment([BRANIN], ["tiny-hill-climber"], 2, "evaluations"), as_json=False)
    text = capsys.readouterr().out
    assert "without the own time of tiny-hill-climber, which nobody measured" in text
    assert "objectives < 0.1 s" in text
    assert "0.0 s" not in text


def test_ours_are_measured() -> None:
    assert [info.name for info in (*native.OPTIMIZERS, *third_party.OPTIMIZERS) if not info.cost] == []


@pytest.mark.parametrize("unit", ["simulated-seconds", "device-seconds"])
def test_simulated_time_is_not_real_time(unit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An hour of it does not take an hour, and says nothing of how long it takes."""
    simulated = replace(experiment(), budgets={BRANIN: Budget.of(3600, unit)}, simulation=Simulation())
    found = estimate(simulated)
    assert found.objective_seconds == {BRANIN: None}
    assert found.seconds == 0
    print_plan(simulated, as_json=False)
    assert "simulated time" in capsys.readouterr().out
    row = run_row(0, problem=BRANIN, status="waiting", spent=0, seconds=0.0)
    with store(tmp_path, [row]) as reader:
        assert remaining(simulated, reader.runs()) == 0


def test_two_workers_cannot_halve_one_run(tmp_path) -> None:  # type: ignore[no-untyped-def]
    rows = [run_row(0, problem=BRANIN, status="running", spent=5, seconds=5.0)]
    with store(tmp_path, rows) as reader:
        assert remaining(experiment(workers=2), reader.runs()) == pytest.approx(5.0)
        assert remaining(experiment(workers=2), []) == 0.0


@pytest.mark.parametrize(
    ("problems", "optimizers", "record"),
    [
        (["synthetic/hartmann6", "bandits/bernoulli-10"], ["random", "ucb1"], None),
        (["synthetic/hartmann6-mf"], ["random", "hyperband"], None),
        (["synthetic/branin", "synthetic/mixed"], ["random"], 20),
    ],
)
def test_an_estimate_is_about_what_a_small_experiment_takes(
    tmp_path: Path, problems: list[str], optimizers: list[str], record: int | None
) -> None:
    """The disk within a factor of two; the time of a core, on a machine that others use, within one of four."""
    tried = experiments.experiment(
        problems, optimizers, 200, "full-evaluations", repetitions=10, workers=1, record=record, impossible="skip"
    )
    found = estimate(tried)
    begun = os.times()
    folder = experiments.run(tried, tmp_path)
    lifecycle._started[folder.resolve()].wait(30)  # only then are its processes' times known
    ended = os.times()
    taken = ended.children_user + ended.children_system - begun.children_user - begun.children_system
    disk = sum(file.stat().st_size for file in folder.glob("experiment.sqlite*"))
    assert found.disk_bytes is not None
    assert disk / 2 < found.disk_bytes < disk * 2
    cores = sum(filter(None, found.objective_seconds.values())) + found.optimizer_seconds + found.overhead_seconds
    assert taken / 4 < cores < taken * 4
    with Reader(folder) as reader:
        assert sum(found.runs.values()) == len(reader.runs())


def test_evaluations_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpobench_tui.executors.devices.cores", lambda: 8)
    settings = {"workers": None, "repetitions": 6}
    seconds = experiments.experiment([BRANIN], ["random"], 10, "seconds", **settings)
    assert (estimate(seconds).workers, estimate(seconds).objective_seconds) == (6, {BRANIN: 60.0})
    shared = replace(seconds, evaluations=4)
    found = estimate(shared)
    assert (found.workers, found.objective_seconds) == (2, {BRANIN: 240.0})
    assert found.seconds >= 30, "three after the other on each of two workers"
    assert found.overhead_seconds > 6 * 4 * 0.3, "each run starts processes of its own"
    assert estimate(replace(shared, workers=3)).workers == 3
    counted = experiments.experiment(["quintic/sigma"], ["random"], 8, "evaluations", **settings)
    assert usual_seconds(plugins.problems()["quintic/sigma"], replace(counted, evaluations=4)) == pytest.approx(
        usual_seconds(plugins.problems()["quintic/sigma"], counted) / 4
    )
