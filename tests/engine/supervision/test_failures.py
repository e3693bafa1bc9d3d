"""Whatever goes wrong in an optimizer or an objective costs its own run or trial, and is named."""

from collections import Counter
from pathlib import Path

import pytest

import experiments
from hpobench_tui.analysis.audit import audit
from hpobench_tui.core.experiment import Limits
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import Reader, RunRow

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("faulty")]

BROKEN = {
    "init": "RuntimeError: cannot be built",
    "exit": "SystemExit: no more",
    "ask": "RuntimeError: no idea",
    "tell": "RuntimeError: did not want to hear that",
    "invalid": "invalid configuration in trial 3: 7.0 is not legal",
    "unknown": "unknown hyperparameter 'z'",
    "nothing": "ask must return an Ask, not None",
    "never-ready": "waits for pending trials, but none is pending",
    "dies": "asking trial 2: its process was killed by SIGKILL",
    "never-returns": "timeout: ask did not return within 2 s",
    "odd-bracket": "asked with rung = [1] in trial 0; valid are whole numbers from 0, or None",
}
TRIALS = dict.fromkeys(BROKEN, 0) | {"ask": 3, "tell": 3, "invalid": 3, "dies": 2, "never-returns": 2}


def by_label(folder: Path) -> dict[str, RunRow]:
    return {run.label: run for run in experiments.runs(folder)}


def by_problem(folder: Path) -> dict[str, RunRow]:
    return {run.problem: run for run in experiments.runs(folder)}


def test_broken_optimizers_fail_their_own_runs(tmp_path: Path) -> None:
    optimizers = ["faulty-none", *(f"faulty-{name}" for name in BROKEN)]
    experiment = experiments.experiment(["faulty/sleeps"], optimizers, 8, "evaluations", limits=Limits(ask_seconds=2))
    folder = experiments.run(experiment, tmp_path)
    runs = by_label(folder)
    assert runs["faulty-none"].status == "done"
    assert runs["faulty-none"].trials == runs["faulty-none"].spent == 8
    for name, reason in BROKEN.items():
        run = runs[f"faulty-{name}"]
        assert run.status == "failed", name
        assert reason in (run.error or ""), name
        assert run.trials == run.spent == TRIALS[name], f"{name}: what it evaluated before stays recorded"
    with Reader(folder) as reader:
        errors = [event.message for event in reader.events() if event.level == "error"]
    assert len(errors) == len(BROKEN)


def test_a_run_that_fails_again_at_the_same_trial_fails_no_more_than_itself(tmp_path: Path) -> None:
    experiment = experiments.experiment(["synthetic/branin"], ["faulty-late"], 2000, "evaluations")
    folder = experiments.run(experiment, tmp_path)
    before = experiments.results(folder)
    lifecycle.resume(folder, retry_failed=True)
    assert experiments.wait_until_ended(folder) == "finished", lifecycle.last_words(folder)
    (run,) = experiments.runs(folder)
    assert (run.status, run.attempts, run.trials) == ("failed", 2, 1030)
    assert experiments.results(folder) == before
    with Reader(folder) as reader:
        assert all(row.holds for row in audit(reader))


def test_broken_objectives_fail_their_own_trials(tmp_path: Path) -> None:
    reasons = {
        "raises": "ValueError: x is too small",
        "nan": "loss is nan at fidelity 1",
        "exits": "SystemExit: 3",
        "interrupts": "KeyboardInterrupt: its own",
        "kills": "its process was killed by SIGKILL",
    }
    problems = [f"faulty/{name}" for name in reasons]
    folder = experiments.run(experiments.experiment(problems, ["faulty-none"], 12, "evaluations"), tmp_path)
    for name, reason in reasons.items():
        run = by_problem(folder)[f"faulty/{name}"]
        assert (run.status, run.trials, run.spent) == ("done", 12, 12), name
        rows = experiments.trial_rows(folder, run.id)
        bad = [row for row in rows if row.configuration["x"] < 0.3]
        assert bad, "the draws contain configurations that go wrong"
        assert len(bad) == run.failed_trials
        for row in rows:
            assert (row.status == "failed") == (row.configuration["x"] < 0.3), name
            assert (row.loss is None) == (row.status == "failed")
            assert reason in (row.error or "") or row.status == "done", row.error
        assert [row.number for row in rows] == list(range(12))


def test_hanging_and_greedy_objectives_are_ended(tmp_path: Path) -> None:
    limits = Limits(trial_seconds=2.5, memory_mb=400)
    problems = ["faulty/hangs", "faulty/eats"]
    experiment = experiments.experiment(problems, ["faulty-none"], 4, "evaluations", limits=limits)
    folder = experiments.run(experiment, tmp_path)
    for name, reason in (("hangs", "timeout: the evaluation took more than 2.5 s"), ("eats", "out of memory")):
        run = by_problem(folder)[f"faulty/{name}"]
        assert (run.status, run.trials) == ("done", 4)
        rows = experiments.trial_rows(folder, run.id)
        assert run.failed_trials == sum(row.configuration["x"] < 0.3 for row in rows) > 0
        assert all(reason in (row.error or "") for row in rows if row.status == "failed"), [row.error for row in rows]


def test_a_problem_without_a_space_fails_its_runs(tmp_path: Path) -> None:
    problems = ["faulty/no-space", "faulty/sleeps"]
    folder = experiments.run(experiments.experiment(problems, ["faulty-none"], 3, "evaluations"), tmp_path)
    assert by_problem(folder)["faulty/no-space"].status == "failed"
    assert "RuntimeError: no space here" in (by_problem(folder)["faulty/no-space"].error or "")
    assert by_problem(folder)["faulty/sleeps"].status == "done"


def test_an_optimizer_that_is_finished_early_is_complete(tmp_path: Path) -> None:
    folder = experiments.run(experiments.experiment(["faulty/sleeps"], ["faulty-short"], 9, "evaluations"), tmp_path)
    (run,) = experiments.runs(folder)
    assert (run.status, run.spent, run.trials) == ("complete", 5, 5)


def test_a_fidelity_out_of_range_fails_the_run(tmp_path: Path) -> None:
    folder = experiments.run(experiments.experiment(["faulty/epochs"], ["faulty-wild"], 9, "fidelity"), tmp_path)
    (run,) = experiments.runs(folder)
    assert run.status == "failed"
    assert "fidelity 1000" in (run.error or "")
    assert "from 1 to 9" in (run.error or "")


def test_pruned_trials_cost_what_they_reached(tmp_path: Path) -> None:
    folder = experiments.run(experiments.experiment(["faulty/epochs"], ["faulty-prunes"], 40, "fidelity"), tmp_path)
    (run,) = experiments.runs(folder)
    rows = experiments.trial_rows(folder, run.id)
    counts = Counter(row.status for row in rows)
    assert counts["pruned"] > 0
    assert counts["done"] + counts["cut"] > 0
    assert sum(row.cost for row in rows) == run.spent == run.budget == 40
    for row in rows:
        assert row.cost == row.fidelity
        if row.status == "pruned":
            assert row.fidelity == 2, "the first report that the pruner looks at"


def test_numbers_of_any_kind_are_kept_as_numbers(tmp_path: Path) -> None:
    folder = experiments.run(experiments.experiment(["faulty/numpy"], ["faulty-changes"], 5, "evaluations"), tmp_path)
    with Reader(folder) as reader:
        rows, table = reader.trial_rows(0), reader.trials(0)
    assert [row.status for row in rows] == ["done"] * 5
    assert all(row.metrics == {"half": 0.5, "count": 3.0} for row in rows)
    for row, loss, truth in zip(rows, table.loss, table.truth, strict=True):
        assert loss == truth == pytest.approx(row.configuration["x"], rel=1e-6), "the configuration that was evaluated"


def test_what_is_no_loss_fails_its_trial(tmp_path: Path) -> None:
    folder = experiments.run(experiments.experiment(["faulty/odd"], ["faulty-none"], 40, "evaluations"), tmp_path)
    rows = experiments.trial_rows(folder)
    reasons = {
        0: "a loss must be a number, not '0.5'",
        1: "TypeError: float() argument must be",
        2: "advance must return a Report, not 0.5",
        3: "OSError: a lone surrogate: ?",
        4: "UnprintableError: (its message cannot be had: RuntimeError)",
        5: "the noise-free loss (truth) is nan",
    }
    assert {int(row.configuration["x"] * 6) for row in rows} == set(reasons)
    for row in rows:
        assert row.status == "failed"
        assert reasons[int(row.configuration["x"] * 6)] in (row.error or "")


def test_metrics_that_no_store_takes_fail_their_trial(tmp_path: Path) -> None:
    folder = experiments.run(experiments.experiment(["faulty/much"], ["faulty-none"], 8, "evaluations"), tmp_path)
    rows = experiments.trial_rows(folder)
    assert {(row.status == "failed", row.configuration["x"] < 0.3) for row in rows} == {(True, True), (False, False)}
    assert {len(name) for row in rows for name in row.metrics} == {1_000_000}
    assert any("at most 1,048,576 can be kept" in str(row.error) for row in rows)


def test_a_pruner_that_raises_fails_its_run_and_its_time_is_the_optimizers(tmp_path: Path) -> None:
    optimizers = ["faulty-pruner-raises", "faulty-slow-pruner"]
    experiment = experiments.experiment(["faulty/epochs"], optimizers, 0.36, "seconds")
    runs = by_label(experiments.run(experiment, tmp_path))
    assert runs["faulty-pruner-raises"].status == "failed"
    assert "should_stop raised RuntimeError: cannot judge" in (runs["faulty-pruner-raises"].error or "")
    slow = runs["faulty-slow-pruner"]
    assert 3 <= slow.trials <= 4, "90 ms each: the pruner's 400 ms are not charged"
    assert slow.optimizer_seconds > 0.05 * 8 * (slow.trials - 1)


def test_an_optimizer_that_cannot_be_closed_keeps_its_results(tmp_path: Path) -> None:
    """Its worker hangs; the run is done, and the next run goes to another worker."""
    optimizers, limits = ["faulty-close-hangs", "faulty-none"], Limits(ask_seconds=2)
    experiment = experiments.experiment(["faulty/sleeps"], optimizers, 3, "evaluations", workers=1, limits=limits)
    runs = by_label(experiments.run(experiment, tmp_path))
    assert {run.status for run in runs.values()} == {"done"}
    assert {run.spent for run in runs.values()} == {3}


def test_what_a_run_leaves_behind_does_not_hit_the_next(tmp_path: Path) -> None:
    experiment = experiments.experiment(
        ["faulty/sleeps"], ["faulty-late-bomb", "faulty-none"], 40, "evaluations", workers=1, repetitions=2
    )
    runs = experiments.runs(experiments.run(experiment, tmp_path))
    assert {(run.status, run.failed_trials, run.spent) for run in runs} == {("done", 0, 40)}


def test_every_optimizer_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = tmp_path / "notes"
    monkeypatch.setenv("HPOBENCH_TEST_NOTES", str(notes))
    experiment = experiments.experiment(["faulty/sleeps"], ["faulty-slowly"], 2, "evaluations", repetitions=3)
    experiments.run(experiment, tmp_path / "out")
    assert notes.read_text().splitlines() == ["closed"] * 3


def test_a_hang_is_charged_in_a_budget_of_seconds(tmp_path: Path) -> None:
    limits = Limits(trial_seconds=1)
    experiment = experiments.experiment(["faulty/hangs"], ["faulty-none"], 2.5, "seconds", limits=limits)
    folder = experiments.run(experiment, tmp_path)
    (run,) = experiments.runs(folder)
    with Reader(folder) as reader:
        table = reader.trials(0)
        assert all(row.holds for row in audit(reader))
    assert run.spent == run.budget == 2_500_000_000
    hangs = [c for c, status in zip(table.cost, table.status, strict=True) if status == "failed"]
    assert 2 <= len(hangs) <= 3
    assert all(cost >= 1e9 for cost in hangs[:-1])


def test_many_workers_do_not_starve_each_other_of_memory(tmp_path: Path) -> None:
    experiment = experiments.experiment(["faulty/sleeps"], ["faulty-none"], 3, "evaluations", workers=1024)
    assert by_label(experiments.run(experiment, tmp_path))["faulty-none"].status == "done"


def test_a_budget_in_seconds_is_never_exceeded(tmp_path: Path) -> None:
    folder = experiments.run(experiments.experiment(["faulty/epochs"], ["faulty-none"], 0.4, "seconds"), tmp_path)
    (run,) = experiments.runs(folder)
    rows = experiments.trial_rows(folder, run.id)
    assert run.spent == run.budget == 400_000_000
    assert sum(row.cost for row in rows) == run.spent
    assert rows[-1].status == "cut"
    assert all(row.status == "done" for row in rows[:-1])
    assert 3 <= len(rows) <= 5, "an evaluation takes 90 ms"
    with Reader(folder) as reader:
        took = reader.trials(run.id).evaluate_seconds
    assert took[:-1].sum() < 0.4 <= took.sum() < 0.4 + 0.1, "the last step of 10 ms may pass the deadline, no more"
