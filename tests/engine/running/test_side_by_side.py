"""Several trials pending on the real clock: what the simulated clock foretells, and each trial's result as ever."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.sleepers import CRASHES, EPOCHS, HANGS, KILLED, NAN, RAISES, SLEEPER, UNLOADABLE
from engine.toys import SCRIPTED, STOPPER, TRIAL_NAMES, Collected, Scripted, Stopper, collect
from hpobench_tui.core import Ask, ProblemInfo, Simulation
from hpobench_tui.core.experiment import Limits
from hpobench_tui.core.records import TRIAL_CELLS, TrialRow
from hpobench_tui.engine.messages import Diverged, Recorded
from hpobench_tui.executors import family

LOST = ("clock_start", "clock_end", "ask_seconds", "tell_seconds", "evaluate_seconds", "number", "worker", "metrics")


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Evaluation processes find the problem; none of them is left."""
    found = filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(found))
    before = family.children()
    yield
    assert family.children() <= before


def run(script: list[float | Ask], amount: float, unit: str = "evaluations", problem: ProblemInfo = SLEEPER,
        optimizer: Any = SCRIPTED, **more: Any) -> Collected:  # fmt: skip
    Scripted.script = script
    return collect(problem, optimizer, amount, unit, **more)


def by_question(run: Collected, *left_out: str) -> list[dict[str, object]]:
    """What is recorded of each, but times and what depends on the order of ends; of reasons the first line."""
    rows = sorted(run.trials, key=lambda row: row["asked"])  # type: ignore[arg-type, return-value]
    kept = [{name: cell for name, cell in row.items() if name not in (*LOST, *left_out)} for row in rows]
    return [{**row, "error": row["error"] and str(row["error"]).split("\n")[0]} for row in kept]


def most_pending(run: Collected) -> int:
    starts = [(row["clock_start"], 1) for row in run.trials]
    ends = [(row["clock_end"], -1) for row in run.trials]
    pending = most = 0
    for _, step in sorted([*starts, *ends]):  # type: ignore[type-var]
        pending += step
        most = max(most, pending)
    return most


def test_four_at_a_time_take_a_quarter_and_give_what_one_gives() -> None:
    script: list[float | Ask] = [0.3, 0.15, 0.45, 0.2, 0.35, 0.25, 0.4, 0.3, 0.2, 0.3, 0.15, 0.35]
    alone = run(script, 12)
    four = run(script, 12, evaluations=4)
    assert (four.end.status, len(four.trials), most_pending(four)) == ("done", 12, 4)
    assert by_question(four) == by_question(alone)
    assert [row["number"] for row in four.trials] == list(range(12))
    assert {row["worker"] for row in four.trials} == {0, 1, 2, 3}
    ends = four.column("clock_end")
    assert ends == sorted(ends)  # type: ignore[type-var]
    foretold = run(script, 12, simulation=Simulation(workers=4)).books.clock
    assert foretold <= ends[-1] < alone.books.clock / 3  # type: ignore[operator]
    rounds = run(script, 12, evaluations=4, synchronous=True)
    for begin in (0, 4, 8):
        own = [row for row in rounds.trials if begin <= row["asked"] < begin + 4]  # type: ignore[operator]
        before = [row["clock_end"] for row in rounds.trials if row["asked"] < begin]  # type: ignore[operator]
        assert min(row["clock_start"] for row in own) >= max(before, default=0)  # type: ignore[type-var, operator]


@pytest.mark.slow  # a minute of sleep
@pytest.mark.parametrize("synchronous", [False, True])
def test_the_simulated_clock_foretells_it(synchronous: bool) -> None:
    script: list[float | Ask] = [1.0 + (17 * n % 31) / 31 for n in range(40)]
    real = run(script, 40, evaluations=4, synchronous=synchronous).books.clock
    foretold = run(script, 40, simulation=Simulation(4, synchronous)).books.clock
    assert foretold <= real <= 1.05 * foretold


def test_what_goes_wrong_costs_its_trial_alone() -> None:
    script = [NAN, 0.2, RAISES, CRASHES, RAISES, KILLED, HANGS, 0.2]
    three = run(list(script), 8, evaluations=3, limits=Limits(trial_seconds=1.5))
    assert three.end.status == "done"
    found = {row["asked"]: (row["status"], str(row["error"] or "").split("\n")[0]) for row in three.trials}
    assert found == {
        0: ("failed", "loss is nan at fidelity 1"), 1: ("done", ""),
        2: ("failed", found[4][1]), 3: ("failed", "its process crashed: SIGSEGV"),
        4: ("failed", found[2][1]),
        5: ("failed", "its process was killed by SIGKILL, again and again: somebody else's doing (is memory short?), or"
            " its own"),
        6: ("failed", "timeout: the evaluation took more than 1.5 s"), 7: ("done", ""),
    }  # fmt: skip
    assert "RuntimeError: broken" in found[2][1]
    assert sum("Traceback" in str(row["error"]) for row in three.trials) == 1, "one of a kind"
    assert any("evaluates again in another process" in note for note in three.notes)
    assert three.books.recorder.failed_trials == 6


def test_a_continuation_adds_to_its_training_or_is_trained_again_to_the_same() -> None:
    """Questions 2 and 3 continue the trials that end first and second, whose processes are free by then."""
    script = [
        Ask({"seconds": 0.1}, 3), Ask({"seconds": 0.15}, 3), Ask({"seconds": 0.1}, 9, continues=0),
        Ask({"seconds": 0.15}, 5, continues=1),
    ]  # fmt: skip
    two = run(list(script), 20, "fidelity-continued", EPOCHS, evaluations=2)
    one = run(list(script), 20, "fidelity-continued", EPOCHS)
    assert by_question(two, "cost") == by_question(one, "cost")
    assert [row["cost"] for row in two.trials] == [3, 3, 2, 6] or two.column("asked") != [0, 1, 3, 2]
    last = {row["asked"]: row for row in two.trials}
    assert last[2]["evaluate_seconds"] < 0.1 * 9, "it adds 6 units to 3, each of 0.1 s"  # type: ignore[operator]


def test_a_pruner_is_asked_after_each_report() -> None:
    script: list[float | Ask] = [0.02, 0.03, 0.2, 0.05]
    Stopper.threshold = 0.55  # of (seconds + 1) / 2
    try:
        three = run(list(script), 4, "evaluations", EPOCHS, STOPPER, evaluations=3)
        seen = sorted(Stopper.seen)
        one = run(list(script), 4, "evaluations", EPOCHS, STOPPER)
    finally:
        Stopper.threshold = 1.0
    assert [row["status"] for row in by_question(three)] == ["done", "done", "pruned", "done"]
    assert by_question(three) == by_question(one)
    assert seen == sorted(Stopper.seen)
    assert sorted(row[2:4] for row in three.reports) == sorted(row[2:4] for row in one.reports)


@pytest.mark.parametrize(("amount", "unit"), [(1.5, "seconds"), (3, "device-seconds")])
def test_a_budget_in_seconds_cuts_all_that_are_under_way(amount: float, unit: str) -> None:
    """One trial of 0.45 s ends; those of 2.7 s do not."""
    found = run([0.05, *[0.3] * 9], amount, unit, EPOCHS, evaluations=3)
    assert (found.end.status, found.books.ledger.spent) == ("done", amount * 1e9)
    assert [row["status"] for row in found.trials] == ["done", "cut", "cut", "cut"]
    cut = found.trials[1:]
    assert len({row["clock_end"] for row in cut}) == 1
    assert all(row["clock_start"] <= row["clock_end"] for row in found.trials)  # type: ignore[operator]
    assert sum(row["cost"] for row in found.trials) == amount * 1e9  # type: ignore[misc]
    assert any(row["fidelity"] for row in cut), "what was reported by then counts"
    assert all((row["loss"] is None) == (row["fidelity"] is None) for row in cut)
    if unit == "seconds":
        assert found.trials[-1]["clock_end"] == amount


def test_an_interrupted_run_goes_on_from_where_it_was() -> None:
    script: list[float | Ask] = [0.3, 0.1, 0.1, 0.2, 0.1, 0.15, 0.1, 0.1]
    whole = run(script, 8, evaluations=2)
    rows = TrialRow.read([tuple(row[name] for name in TRIAL_NAMES) for row in whole.trials[:3]], TRIAL_CELLS)
    kept = tuple(Recorded(row) for row in rows)
    began = time.monotonic()
    rest = run(script, 8, evaluations=2, recorded=kept)
    assert rest.end.status == "done"
    assert sorted(row["asked"] for row in [*whole.trials[:3], *rest.trials]) == list(range(8))  # type: ignore[type-var]
    both = replace(rest, trials=[*whole.trials[:3], *rest.trials])
    assert by_question(both) == by_question(whole)
    assert most_pending(both) == 2
    assert [row["number"] for row in rest.trials] == [3, 4, 5, 6, 7]
    resumed_at = whole.trials[2]["clock_end"]
    assert all(row["clock_start"] >= resumed_at for row in rest.trials)  # type: ignore[operator]
    assert rest.trials[-1]["clock_end"] < resumed_at + time.monotonic() - began  # type: ignore[operator]
    other = run([0.3, 0.1, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1], 8, evaluations=2, recorded=kept)
    assert isinstance(other.end, Diverged)


def test_a_problem_that_an_evaluation_process_cannot_load_fails_the_run() -> None:
    found = run([0.1], 1, problem=UNLOADABLE, evaluations=1)
    assert found.end.status == "failed"  # type: ignore[union-attr]
    assert "an evaluation process cannot load the problem: OSError: no room" in str(found.end.error)  # type: ignore[union-attr]


def test_an_optimizer_that_fails_takes_its_pending_trials_along() -> None:
    """Its second question comes while the first is pending; what ended before is recorded."""
    found = run([0.05, 0.3, Ask({"seconds": 70.0}), 0.1], 4, evaluations=2)
    assert found.end.status == "failed"  # type: ignore[union-attr]
    assert "asked for an invalid configuration in trial 2" in str(found.end.error)  # type: ignore[union-attr]
    assert found.column("asked") == [0]
