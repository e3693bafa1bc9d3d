"""An extended experiment holds what one large experiment would have held, whatever happens on the way."""

import os
import signal
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import experiments
from benchmarks.kills.scene import contents, differences
from hpobench_tui.analysis.audit import audit
from hpobench_tui.core import Budget, HpobenchError
from hpobench_tui.core.experiment import Experiment, Shape
from hpobench_tui.core.status import RunStatus
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.engine.front.extend import extended
from hpobench_tui.store.reader import FILE, Reader
from hpobench_tui.store.writer import Writer

PROBLEMS = ["synthetic/branin", "bandits/curves"]
OPTIMIZERS = ["random", "hyperband", "tpe", "optuna-tpe", "skopt-gp"]


def experiment(repetitions: int, optimizers: list[str] = OPTIMIZERS, amount: int = 12, **more: object) -> Experiment:
    problems: list[str] = more.pop("problems", PROBLEMS)  # type: ignore[assignment]
    return experiments.experiment(problems, optimizers, amount, "evaluations", repetitions=repetitions, **more)


def description(folder: Path) -> Experiment:
    with Reader(folder) as reader:
        return reader.experiment().experiment


def extend(folder: Path, *arguments: object, **more: object) -> int:
    return lifecycle.extend(folder, extended(description(folder), *arguments, **more))  # type: ignore[arg-type]


def sound(folder: Path) -> None:
    with Reader(folder) as reader:
        assert not reader.faults()
        assert all(row.holds for row in audit(reader))
        assert [(r.problem, r.label, r.repetition) for r in reader.runs()] == [
            (key.problem, key.contender.label, key.repetition) for key in reader.experiment().experiment.runs()
        ]


# --- the matrix ---------------------------------------------------------------------------------------------------


def test_what_is_added_comes_after_what_was_there() -> None:
    small = experiment(2, ["random"], problems=["synthetic/branin"])
    wider = extended(small, optimizers=["tpe"])
    whole = extended(extended(wider, repetitions=3), problems=["synthetic/ackley"])
    assert whole.earlier == (Shape(1, 1, 2), Shape(1, 2, 2), Shape(1, 2, 3))
    for before, after in ((small, wider), (wider, whole)):
        assert after.runs()[: len(before.runs())] == before.runs()
    places = [(key.problem, key.contender.label, key.repetition) for key in whole.runs()]
    assert len(set(places)) == len(places) == 2 * 2 * 3
    large = experiment(3, ["random", "tpe"], problems=["synthetic/branin", "synthetic/ackley"])
    seeds = {(k.problem, k.contender.label, k.repetition): large.seeds(k) for k in large.runs()}
    assert {place: whole.seeds(key) for place, key in zip(places, whole.runs(), strict=True)} == seeds


def test_what_is_there_already_is_nothing_new() -> None:
    before = experiment(3)
    assert extended(before, 3, PROBLEMS, OPTIMIZERS, {"budget": {"amount": 12, "unit": "evaluations"}}) == before
    assert extended(before, 3).earlier == ()
    assert extended(before, problems=["synthetic/branin"], optimizers=["random"]).runs() == before.runs()


def test_pairs_that_cannot_run_are_left_out_and_told() -> None:
    before = experiment(1, ["random"], problems=["synthetic/branin"])
    after = extended(before, optimizers=["hyperband"], problems=["bandits/curves"])
    assert [pair[:2] for pair in after.skipped] == [("synthetic/branin", "hyperband")]
    nothing = extended(before, optimizers=["hyperband"])
    assert nothing.runs() == before.runs()


def budgets(amount: float, unit: str = "evaluations", problem: str | None = None) -> dict[str, object]:
    section = {"amount": amount, "unit": unit}
    return {"budgets": {problem: section}} if problem else {"budget": section}


def test_new_problems_have_the_budget_of_the_old_ones() -> None:
    before = experiment(1, ["random"])
    assert extended(before, problems=["synthetic/ackley"]).budgets["synthetic/ackley"] == Budget.of(12, "evaluations")
    uneven = replace(before, budgets={**before.budgets, "bandits/curves": Budget.of(20, "evaluations")})
    assert extended(uneven, problems=["synthetic/ackley"]).budgets["synthetic/ackley"] == Budget.of(12, "evaluations")
    with pytest.raises(HpobenchError, match=r"say that of bbob/f01-sphere: --budget 'bbob/f01-sphere=50 evaluations'"):
        extended(uneven, problems=["bbob/f01-sphere"])
    told = extended(uneven, problems=["bbob/f01-sphere"], budgets=budgets(9, problem="bbob"))
    assert told.budgets == {**uneven.budgets, "bbob/f01-sphere": Budget.of(9, "evaluations")}


@pytest.mark.parametrize(
    ("changes", "arguments", "message"),
    [
        ({}, {"repetitions": 2}, "has 3 already"),
        ({}, {"repetitions": 100_000}, "900000 runs are more than the 100000 that one experiment may have"),
        ({}, {"optimizers": ["random[label=tpe]"]}, "label 'tpe': test has it already"),
        ({}, {"optimizers": ["no-such"]}, "unknown optimizer 'no-such'"),
        ({}, {"problems": ["no/such"]}, "unknown problem 'no/such'"),
        ({"only": (0, 1)}, {"repetitions": 9}, "is a part of an experiment"),
        ({}, {"budgets": budgets(3)}, "it is 12 evaluations already"),
        ({}, {"budgets": budgets(30, "fidelity")}, "cannot become one in fidelity"),
        ({"record": 5}, {"budgets": budgets(30)}, "not all trials are recorded"),
        ({"optimizers": ["random", "grid"]}, {"budgets": budgets(30)}, "grid plans by the budget"),
        ({"optimizers": ["latin-hypercube", "grid"]}, {"budgets": budgets(30)}, "latin-hypercube, grid plan by"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(changes: dict[str, object], arguments: dict[str, object], message: str) -> None:
    optimizers: list[str] = changes.pop("optimizers", OPTIMIZERS)  # type: ignore[assignment]
    before = replace(experiment(3, optimizers), **changes)  # type: ignore[arg-type]
    with pytest.raises(HpobenchError, match=message):
        extended(before, **arguments)  # type: ignore[arg-type]


def test_settings_that_leave_the_budget_alone_may_go_on() -> None:
    before = experiment(1, [{"name": "grid", "resolution": 3}])  # type: ignore[list-item]
    assert extended(before, budgets=budgets(30)).budgets["synthetic/branin"] == Budget.of(30, "evaluations")


# --- the store ----------------------------------------------------------------------------------------------------


@pytest.mark.e2e
@pytest.mark.needs("optuna", "skopt")
def test_more_repetitions_are_what_a_large_experiment_has(tmp_path: Path) -> None:
    small = experiments.run(experiment(2), tmp_path / "small")
    assert extend(small, 4) == 2 * (2 * len(OPTIMIZERS) - 1)  # Branin has no fidelity
    assert experiments.wait_until_ended(small) == "finished"
    large = experiments.run(experiment(4), tmp_path / "large")
    assert not differences(contents(small), contents(large))
    sound(small)


@pytest.mark.e2e
@pytest.mark.needs("optuna")
def test_more_optimizers_and_problems_are_what_a_large_experiment_has(tmp_path: Path) -> None:
    optimizers = ["random", "optuna-tpe", "tpe"]
    large = experiments.run(experiment(2, optimizers), tmp_path / "large")
    small = experiments.run(experiment(1, optimizers[:2], problems=PROBLEMS[:1]), tmp_path / "small")
    extend(small, optimizers=optimizers[2:])
    experiments.wait_until_ended(small)
    extend(small, 2, PROBLEMS[1:])
    assert experiments.wait_until_ended(small) == "finished"
    assert experiments.results(small) == experiments.results(large)
    sound(small)
    with Reader(small) as reader:
        assert {"extended by 1 runs", "extended by 9 runs"} <= {event.message for event in reader.events()}


@pytest.mark.e2e
def test_a_running_experiment_takes_them_up(tmp_path: Path) -> None:
    slow = experiment(1, ["random"], 400_000, problems=["synthetic/branin"], workers=2)
    folder = experiments.launched(slow, tmp_path)
    experiments.wait_for(lambda: experiments.trials(folder) > 0)
    supervisor, _ = experiments.processes(folder)
    assert extend(folder, 2, budgets=budgets(400_000)) == 1
    with Reader(folder) as reader:
        assert not reader.asked()
        assert not reader.faults(whole=False)
    assert experiments.processes(folder)[0] == supervisor  # it was not started anew
    experiments.wait_for(lambda: sum(r.status is RunStatus.RUNNING for r in experiments.runs(folder)) == 2)
    with pytest.raises(HpobenchError, match="budgets of its runs cannot be raised meanwhile"):
        extend(folder, budgets=budgets(500_000))
    lifecycle.send(folder, "cancel")
    assert experiments.wait_until_ended(folder) == "cancelled"
    sound(folder)


@pytest.mark.e2e
def test_a_paused_one_takes_them_up_when_it_goes_on(tmp_path: Path) -> None:
    folder = experiments.launched(experiment(2, ["random", "hyperband"], 1500), tmp_path / "small")
    experiments.wait_for(lambda: experiments.trials(folder) > 0)
    lifecycle.send(folder, "pause")
    extend(folder, 3)
    lifecycle.send(folder, "unpause")
    assert experiments.wait_until_ended(folder) == "finished"
    large = experiments.run(experiment(3, ["random", "hyperband"], 1500), tmp_path / "large")
    assert not differences(contents(folder), contents(large))
    sound(folder)


@pytest.mark.e2e
@pytest.mark.needs("optuna")
def test_a_kill_in_the_middle_of_an_extension_costs_nothing(tmp_path: Path) -> None:
    optimizers = ["random", "optuna-tpe"]
    folder = experiments.run(experiment(1, optimizers, 90), tmp_path / "small")
    before = experiments.trials(folder)
    extend(folder, 3)
    experiments.kill_and_resume(folder, before)
    large = experiments.run(experiment(3, optimizers, 90), tmp_path / "large")
    assert not differences(contents(folder), contents(large))
    sound(folder)


def created(tmp_path: Path, repetitions: int = 2) -> Path:
    return lifecycle.create(experiment(repetitions, ["random", "tpe"]), tmp_path)


@pytest.mark.e2e
def test_a_supervisor_that_dies_before_it_noticed_leaves_the_runs_for_a_resume(tmp_path: Path) -> None:
    folder = experiments.launched(experiment(1, ["random"], 400_000, problems=["synthetic/branin"]), tmp_path)
    experiments.wait_for(lambda: experiments.trials(folder) > 0)
    supervisor, workers = experiments.processes(folder)
    os.kill(supervisor, signal.SIGSTOP)  # it notices nothing from now on
    before = description(folder)
    after = extended(before, optimizers=["tpe"])
    infos = {problem: lifecycle.plugins.problems()[problem] for problem in after.problems}
    with Writer(folder) as store:
        assert store.extend(before, after, infos, {"more": "known"}, tell=True) == 1
    for pid in (supervisor, *workers):
        os.kill(pid, signal.SIGKILL)
    experiments.wait_for(lambda: not lifecycle.supervised(folder))
    with Reader(folder) as reader:
        assert not reader.faults()
        assert reader.manifest()["more"] == "known"
        assert [run.status.open for run in reader.runs()] == [True, True]
    assert lifecycle.resume(folder) == 2
    lifecycle.send(folder, "cancel")
    experiments.wait_until_ended(folder)
    sound(folder)


def test_an_extension_is_all_or_nothing(tmp_path: Path) -> None:
    folder = created(tmp_path)
    whole = (folder / FILE).read_bytes()
    before = description(folder)
    after = extended(before, 3)
    infos = {problem: lifecycle.plugins.problems()[problem] for problem in after.problems}
    other = {**infos, "bandits/curves": replace(infos["bandits/curves"], noisy=not infos["bandits/curves"].noisy)}
    with pytest.raises(HpobenchError, match=r"bandits/curves is not what it was: noisy"), Writer(folder) as store:
        store.extend(before, after, other, {}, tell=False)
    with pytest.raises(HpobenchError, match="changed by somebody else"), Writer(folder) as store:
        store.extend(after, extended(after, 4), infos, {}, tell=False)
    assert len(experiments.runs(folder)) == 8
    sound(folder)
    lifecycle.settle(folder)
    with closing(sqlite3.connect(folder / FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM run").fetchone() == (8,)
        assert connection.execute("SELECT spec FROM experiment").fetchone()[0].encode() in whole


def test_a_store_that_was_changed_is_not_extended(tmp_path: Path) -> None:
    folder = created(tmp_path)
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.execute("UPDATE run SET optimizer_seed = 3 WHERE id = 0")
    with pytest.raises(HpobenchError, match="not what was written"):
        extend(folder, 3)
    assert len(experiments.runs(folder)) == 8


# --- more budget --------------------------------------------------------------------------------------------------


@pytest.mark.e2e
@pytest.mark.needs("optuna", "skopt")
def test_a_larger_budget_continues_runs(tmp_path: Path) -> None:
    small = experiments.run(experiment(2, amount=9), tmp_path / "small")
    seconds = {run.id: run.attempts for run in experiments.runs(small)}
    assert extend(small, budgets=budgets(12)) == 0
    assert experiments.wait_until_ended(small) == "finished"
    large = experiments.run(experiment(2), tmp_path / "large")
    assert not differences(contents(small), contents(large))
    assert all(run.attempts == seconds[run.id] + 1 for run in experiments.runs(small))
    with Reader(small) as reader:
        assert not any("starts over" in event.message for event in reader.events())
    sound(small)


@pytest.mark.e2e
def test_a_trial_that_the_budget_had_cut_goes_its_whole_way(tmp_path: Path) -> None:
    def halving(amount: float) -> Experiment:
        return experiments.experiment(
            ["bandits/curves"], ["random", "hyperband", "successive-halving"], amount, "fidelity-continued"
        )

    small = experiments.run(halving(200), tmp_path / "small")
    assert any(row.status == "cut" for run in range(3) for row in experiments.trial_rows(small, run))
    extend(small, budgets=budgets(417, "fidelity-continued"))
    experiments.kill_and_resume(small, 0)
    large = experiments.run(halving(417), tmp_path / "large")
    assert not differences(contents(small), contents(large))
    sound(small)


@pytest.mark.e2e
def test_marks_of_a_larger_budget_are_exact_in_what_was_run_before(tmp_path: Path) -> None:
    """There are rows of progress at an eighth, a quarter and half of the budget, also of the larger one."""
    random = experiment(1, ["random"], 1003, problems=["synthetic/branin"])
    small = experiments.run(random, tmp_path / "small")
    extend(small, budgets=budgets(3999))
    experiments.wait_until_ended(small)
    large = experiments.run(experiment(1, ["random"], 3999, problems=["synthetic/branin"]), tmp_path / "large")
    with Reader(small) as one, Reader(large) as other:
        spent = set(one.progress(0).spent.tolist())
        assert {3999 // 8, 3999 // 4} <= spent  # 499 and 999 are no positions that trials are counted by
        assert {3999 // 8, 3999 // 4} <= set(other.progress(0).spent.tolist())
    sound(small)


# --- failed runs --------------------------------------------------------------------------------------------------


@pytest.mark.e2e
@pytest.mark.usefixtures("faulty")
def test_failed_runs_alone_are_tried_again(tmp_path: Path) -> None:
    """From their start: what they recorded is forgotten, and what was cancelled stays so until a resume."""
    both = experiments.experiment(["synthetic/branin"], ["faulty-late", "random"], 400_000, "evaluations", workers=2)
    folder = experiments.launched(both, tmp_path)
    experiments.wait_for(lambda: experiments.runs(folder)[0].status is RunStatus.FAILED)
    lifecycle.send(folder, "cancel")
    assert experiments.wait_until_ended(folder) == "cancelled"
    failed, cancelled = experiments.runs(folder)
    first = experiments.trial_rows(folder)[0].clock_end
    assert lifecycle.resume(folder, retry_failed=True, others=False) == 1
    assert experiments.wait_until_ended(folder) == "cancelled"
    again, other = experiments.runs(folder)
    assert (again.status, again.trials, again.attempts) == (RunStatus.FAILED, failed.trials, failed.attempts + 1)
    assert other.replaced(revision=0, seal="") == cancelled.replaced(revision=0, seal="")
    assert experiments.trial_rows(folder)[0].clock_end != first  # it was evaluated once more, not replayed
    sound(folder)


# --- a person's own files, and code that has changed --------------------------------------------------------------

CLIMBER = """
import random

class Climber:
    def __init__(self, task):
        self.random, self.best, self.loss = random.Random(task.seed), None, float("inf")

    def ask(self):
        from hpobench_tui.core import Ask
        if self.best is None:
            return Ask({name: self.random.uniform(-1.0, 1.0) for name in ("x", "y")})
        return Ask({k: min(max(v + self.random.gauss(0.0, STEP), -1.0), 1.0) for k, v in self.best.items()})

    def tell(self, trial):
        if trial.loss is not None and trial.loss < self.loss:
            self.best, self.loss = dict(trial.configuration), trial.loss

def bowl(configuration):
    return configuration["x"] ** 2 + configuration["y"] ** 2

bowl.space = {"x": (-1.0, 1.0), "y": (-1.0, 1.0)}
STEP = 0.05
"""


def own(file: Path, repetitions: int, optimizers: list[str], amount: int = 60, workers: int = 2) -> Experiment:
    names = [f"{file}:{name}" if name == "Climber" else name for name in optimizers]
    return experiments.experiment([f"{file}:bowl"], names, amount, "evaluations", repetitions=repetitions)


@pytest.mark.e2e
def test_own_files_are_extended(tmp_path: Path) -> None:
    (file := tmp_path / "mine.py").write_text(CLIMBER)
    small = experiments.run(own(file, 1, ["random"]), tmp_path / "small")
    extend(small, 2, optimizers=[f"{file}:Climber"])
    assert experiments.wait_until_ended(small) == "finished"
    large = experiments.run(own(file, 2, ["random", "Climber"]), tmp_path / "large")
    assert experiments.results(small) == experiments.results(large)
    sound(small)
    with Reader(small) as one, Reader(large) as other:
        for key in ("problem mine/bowl", "optimizer mine:Climber"):
            assert one.manifest()[key] == other.manifest()[key]


@pytest.mark.e2e
def test_a_running_experiment_takes_up_a_file(tmp_path: Path) -> None:
    (file := tmp_path / "mine.py").write_text(CLIMBER)
    folder = experiments.launched(experiment(1, ["random"], 400_000, problems=["synthetic/branin"]), tmp_path)
    experiments.wait_for(lambda: experiments.trials(folder) > 0)
    extend(folder, problems=[f"{file}:bowl"], budgets=budgets(60, problem=f"{file}:bowl"))
    experiments.wait_for(lambda: [run.status for run in experiments.runs(folder)][1] is RunStatus.DONE)
    lifecycle.send(folder, "cancel")
    experiments.wait_until_ended(folder)
    sound(folder)


@pytest.mark.e2e
def test_other_code_is_not_extended_unless_accepted(tmp_path: Path) -> None:
    (file := tmp_path / "mine.py").write_text(CLIMBER)
    folder = experiments.run(own(file, 1, ["Climber"]), tmp_path)
    copy = next(folder.rglob("mine.py"))
    copy.write_text(CLIMBER.replace("STEP = 0.05", "STEP = 0.5"))
    after = extended(description(folder), 2)
    with pytest.raises(HpobenchError, match=r"(?s)optimizer mine:Climber was code .*; it is code"):
        lifecycle.extend(folder, after)
    assert len(experiments.runs(folder)) == 1
    lifecycle.extend(folder, after, accept_changes=True)
    assert experiments.wait_until_ended(folder) == "finished"
    sound(folder)
    first, second = experiments.runs(folder)
    assert (first.code, second.code) == ((), ((2, 0),))
    with pytest.raises(HpobenchError, match=r"mine\.py is another file than the one of that name"):
        extended(description(folder), optimizers=[f"{file}:Climber[label=again]"])
