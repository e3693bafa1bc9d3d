"""The simulated clock: cases worked by hand, laws for any case, and the real clock as judge."""

import json
from dataclasses import replace
from itertools import cycle, islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.toys import (
    BREAKS_LATE,
    BROKEN,
    COSTLESS,
    COSTLY,
    COSTLY_EPOCHS,
    KNOWS_WHEN,
    SCRIPTED,
    SLEEPY,
    STOPPER,
    Collected,
    Scripted,
    Stopper,
    collect,
    simulate,
)
from hpobench_tui import plugins
from hpobench_tui.core import Ask, Fidelity, Simulation, Unit
from hpobench_tui.engine.messages import Fatal

RANDOM = plugins.optimizers()["random"]


def test_three_workers_by_hand() -> None:
    """Seven trials of 3 1 2 2 4 1 2 seconds.

    worker 0: [0 - 3] trial 0, [3 - 4] trial 5
    worker 1: [0-1] 1, [1 - 3] 3, [3 - 5] 6
    worker 2: [0 - 2] 2, [2 ------ 6] 4
    At 3 s trials 0 and 3 end together: the one that was started first is told first.
    """
    run = simulate([3, 1, 2, 2, 4, 1, 2], 7, workers=3)
    assert run.column("number", "asked", "worker", "clock_start", "clock_end") == [
        (0, 1, 1, 0, 1),
        (1, 2, 2, 0, 2),
        (2, 0, 0, 0, 3),
        (3, 3, 1, 1, 3),
        (4, 5, 0, 3, 4),
        (5, 6, 1, 3, 5),
        (6, 4, 2, 2, 6),
    ]
    assert [(t.number, t.asked) for t in Scripted.told] == [(0, 1), (1, 2), (2, 0), (3, 3), (4, 5), (5, 6), (6, 4)]
    assert run.end.status == "done"


def test_the_same_with_synchronous_workers() -> None:
    """Rounds of three: 3 1 2 | 2 4 1 | 2; each ends with its longest."""
    run = simulate([3, 1, 2, 2, 4, 1, 2], 7, workers=3, synchronous=True)
    assert run.column("asked", "clock_start", "clock_end") == [
        (1, 0, 1), (2, 0, 2), (0, 0, 3), (5, 3, 4), (3, 3, 5), (4, 3, 7), (6, 7, 9),
    ]  # fmt: skip


def test_starting_and_stopping_hold_the_worker() -> None:
    run = simulate([1, 1, 1], 3, workers=1, start_seconds=0.5, stop_seconds=0.25)
    assert run.column("clock_start", "clock_end") == [(0, 1.75), (1.75, 3.5), (3.5, 5.25)]


def test_a_deadline_stops_all_at_once() -> None:
    """Two workers, 2.5 s each trial, 6 s: four end, two are stopped, the first of them pays the rest."""
    run = simulate([2.5] * 10, 6, "simulated-seconds", workers=2)
    assert run.column("status", "clock_end", "cost", "loss") == [
        ("done", 2.5, 2_500_000_000, 2.5), ("done", 2.5, 0, 2.5), ("done", 5, 2_500_000_000, 2.5),
        ("done", 5, 0, 2.5), ("cut", 6, 1_000_000_000, None), ("cut", 6, 0, None),
    ]  # fmt: skip
    assert run.books.ledger.spent == 6_000_000_000


def test_a_deadline_keeps_the_last_report_before_it() -> None:
    """9 epochs of 1 s; after 4.5 s four are reported."""
    run = simulate([1.0], 4.5, "simulated-seconds", COSTLY_EPOCHS)
    assert run.column("status", "fidelity", "target", "loss", "clock_end") == [("cut", 4, 9, 0.25, 4.5)]
    assert [row[2] for row in run.reports] == [1, 2, 3, 4]


def test_device_seconds_count_every_worker() -> None:
    """Three workers, 2 s a trial, 11 s: five trials of 2 s, and one of the last round is cut to 1 s."""
    run = simulate([2.0] * 10, 11, "device-seconds", workers=3)
    assert run.column("status", "cost", "clock_end") == [
        ("done", 2_000_000_000, 2), ("done", 2_000_000_000, 2), ("done", 2_000_000_000, 2),
        ("cut", 1_000_000_000, 3), ("done", 2_000_000_000, 4), ("done", 2_000_000_000, 4),
    ]  # fmt: skip


def test_what_is_under_way_is_held_back() -> None:
    """12 epochs for two workers at 9 each: the second gets the 3 that the first has not taken."""
    run = simulate([1.0, 1.0, 1.0], 12, "fidelity", COSTLY_EPOCHS, workers=2)
    assert run.column("asked", "status", "fidelity", "clock_end") == [(1, "cut", 3, 3), (0, "done", 9, 9)]


def test_what_pruning_gives_back_is_spent() -> None:
    """Pruned after 2 of 9 epochs, 7 of 9 come back: for a question that had to wait."""
    run = simulate([3.0, 0.5, 0.5], 11, "fidelity", COSTLY_EPOCHS, STOPPER, workers=2)
    assert run.column("asked", "status", "fidelity", "cost") == [
        (1, "cut", 2, 2), (0, "pruned", 2, 2), (2, "cut", 7, 7),
    ]  # fmt: skip
    assert run.column("clock_start", "clock_end") == [(0, 1), (0, 6), (6, 9.5)]


@pytest.mark.parametrize("unit", ["simulated-seconds", "device-seconds"])
def test_a_budget_may_end_while_a_pruned_trial_stops(unit: str) -> None:
    """Pruned at 6 s of 7 s, its worker would stop until 9 s."""
    run = simulate([3.0] * 9, 7, unit, COSTLY_EPOCHS, STOPPER, stop_seconds=3.0)
    assert run.column("status", "fidelity", "clock_end", "cost") == [("pruned", 2, 7, 7_000_000_000)]
    assert run.end.status == "done"


def test_a_pruner_sees_reports_in_the_order_of_their_times() -> None:
    run = simulate([2.0, 0.5, 0.5], 27, "fidelity", COSTLY_EPOCHS, STOPPER, workers=2)
    # Trial 0 reports at 2, 4, ... s, trial 1 each half second; at 4 s trial 0 loses 1, which is not more than 1.
    assert Stopper.seen[:6] == [(1, 1), (1, 2), (1, 3), (0, 1), (1, 4), (1, 5)]
    assert "pruned" not in run.column("status")


def test_continued_trainings_cost_what_they_add() -> None:
    first = Ask({"seconds": 2.0}, 3)
    run = simulate([first, Ask({"seconds": 2.0}, 9, continues=0)], 9, "fidelity-continued", COSTLY_EPOCHS)
    assert run.column("fidelity", "cost", "clock_start", "clock_end") == [(3, 3, 0, 6), (9, 6, 6, 18)]


def test_the_optimizers_time_is_charged_by_a_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scripted, "wait", 0.02)
    free = simulate([1.0, 1.0, 1.0], 3, workers=3)
    charged = simulate([1.0, 1.0, 1.0], 3, workers=3, charge_optimizer=True)
    assert free.column("clock_start") == [0, 0, 0]
    starts = charged.column("clock_start")
    for number, start in enumerate(starts):
        assert start >= 0.02 * (number + 1), "one question after the other"
    assert [end - start for start, end in charged.column("clock_start", "clock_end")] == pytest.approx([1.0] * 3)


def test_a_pruners_time_is_charged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight reports cost 30 ms each while the trial goes on; the next trial does not wait for them again."""
    monkeypatch.setattr(Stopper, "thinking", 0.03)
    run = simulate([0.9, 0.9], 2, problem=COSTLY_EPOCHS, optimizer=STOPPER, charge_optimizer=True)
    assert len(Stopper.seen) == 16
    assert run.trials[0]["tell_seconds"] >= 8 * 0.03
    assert run.trials[1]["clock_start"] - run.trials[0]["clock_end"] < 0.1


def test_a_deadline_that_the_optimizer_itself_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks for 20 ms a question and has 50 ms: trials of 1 ms, then nothing but a cut one; all of it is booked."""
    monkeypatch.setattr(Scripted, "wait", 0.02)
    run = simulate([0.1] * 9, 0.05, "simulated-seconds", charge_optimizer=True)
    assert run.books.ledger.left == 0
    assert sum(run.column("cost")) == 50_000_000
    assert run.column("status")[-1] == "cut"


def test_stragglers_and_failures_are_the_same_for_all() -> None:
    script = [1.0 + i / 100 for i in range(400)]
    one = simulate(script, 400, straggler_rate=0.25, straggler_factor=3, failure_rate=0.1)
    two = simulate([2 * seconds for seconds in script], 400, straggler_rate=0.25, straggler_factor=3, failure_rate=0.1)
    assert one.column("status") == two.column("status")
    failed = [row for row in one.trials if row["status"] == "failed"]
    assert {row["error"] for row in failed} == {"simulated failure"}
    assert 20 < len(failed) < 65, "400 trials, one in ten"
    took = {row["number"]: row["clock_end"] - row["clock_start"] for row in one.trials if row["status"] == "done"}
    factors = {round(seconds / script[number], 6) for number, seconds in took.items()}
    assert factors == {1.0, 3.0}
    assert all(0 < row["clock_end"] - row["clock_start"] < 3 * script[row["number"]] for row in failed)


def test_real_failures_take_what_the_description_says() -> None:
    run = simulate([BROKEN, 1.0], 2)
    assert run.column("status", "clock_end") == [("failed", 5), ("done", 6)]
    assert str(run.trials[0]["error"]).startswith("RuntimeError: broken")


def test_real_failures_take_what_they_state() -> None:
    run = simulate([2.0, KNOWS_WHEN, 1.0], 3)
    assert run.column("status", "clock_end") == [("done", 2), ("failed", 3.5), ("done", 4.5)]


@pytest.mark.parametrize("cost", [0.0, -1.0, float("nan"), float("inf")])
def test_a_failure_that_states_no_positive_cost_ends_the_run(cost: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.toys.FAILURE_COST", cost)
    run = simulate([KNOWS_WHEN], 1)
    assert run.end.status == "failed"
    assert "needs a positive one in every report" in str(run.end.error)


def test_real_failures_take_what_reports_said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit took 2 s so far; the second trial breaks in the fifth of nine epochs of 3.33 s."""
    assert simulate([2.0, BROKEN], 2).column("status", "clock_end") == [("done", 2), ("failed", 4)]
    run = simulate([2.0, BREAKS_LATE], 2, problem=COSTLY_EPOCHS, optimizer=STOPPER)
    mean = (9 * 2 + 4 * 3.33) / 13
    assert run.column("status", "clock_end") == [("done", 18), ("pruned", pytest.approx(18 + 2 * 3.33))]
    monkeypatch.setattr(Stopper, "threshold", 10.0)
    run = simulate([2.0, BREAKS_LATE], 2, problem=COSTLY_EPOCHS, optimizer=STOPPER)
    assert run.column("status", "clock_end") == [("done", 18), ("failed", pytest.approx(18 + 4 * 3.33 + 5 * mean))]
    assert Stopper.seen[-4:] == [(1, 1), (1, 2), (1, 3), (1, 4)], "the pruner sees it up to its failure"


@pytest.mark.parametrize("unit", ["simulated-seconds", "device-seconds"])
def test_what_fails_after_the_budget_is_cut(unit: str) -> None:
    """One failure is drawn at 3.9 s, one trial breaks in its fifth epoch at more than 15 s."""
    run = simulate([10.0], 4, unit, COSTLY_EPOCHS, failure_rate=1)
    assert run.trials[0]["status"] == "failed"
    run = simulate([10.0], 3, unit, COSTLY_EPOCHS, failure_rate=1)
    assert run.column("status", "fidelity", "error", "clock_end") == [("cut", None, None, 3)]
    run = simulate([BREAKS_LATE], 15, unit, COSTLY_EPOCHS)
    assert run.column("status", "fidelity", "error", "clock_end") == [("cut", 4, None, 15)]


def test_a_trial_that_killed_its_process_fails() -> None:
    Scripted.script = [1.0, 2.0]
    run = collect(COSTLY, RANDOM, 3, "evaluations", Simulation(), fatal={1: Fatal("killed", 5)})
    assert run.column("status", "error") == [("done", None), ("failed", "killed"), ("done", None)]


@pytest.mark.parametrize("mark", [-1, 2**63, 2**70, True, 1.0])
def test_marks_that_no_store_can_hold_fail_the_run(mark: int) -> None:
    run = simulate([1.0, Ask({"seconds": 1.0}, bracket=mark)], 3)
    assert run.end.status == "failed"
    assert f"asked with bracket = {mark!r}" in str(run.end.error)
    assert run.column("number") == [0], "what ended before is kept"


def test_a_problem_without_costs_is_an_error() -> None:
    run = simulate([0.1], 1, problem=COSTLESS)
    assert run.end.status == "failed"
    assert "needs a positive one in every report" in str(run.end.error)


def ends_with(run: Collected, message: str) -> None:
    assert run.end.status == "failed"
    first, *rest = str(run.end.error).splitlines()
    assert message in first
    assert "Overflow" not in "\n".join([first, *rest])


@pytest.mark.parametrize("cost", [4.7e9, 1e18, 1e300, 1.7e308])
@pytest.mark.parametrize("unit", ["evaluations", "simulated-seconds", "device-seconds"])
def test_a_cost_that_the_clock_cannot_hold_fails_the_run(
    cost: float, unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.toys.SCALE", cost)
    run = simulate([1.0], 3, unit)
    ends_with(run, f"toy/costly states a cost of {cost!r} s for an advance to 1")
    ends_with(run, "at most 4611686018 s (146 years)")


def test_costs_that_sum_up_beyond_the_clocks_end_fail_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ends_with(simulate([1.0] * 9, 9, start_seconds=1e9, stop_seconds=1e9), "question 2 of toy/costly takes")
    monkeypatch.setattr("engine.toys.SCALE", 1e9)
    run = simulate([2.0, 2.0, 2.0], 3)
    ends_with(run, "question 2 of toy/costly takes the simulated clock beyond its end, at 4611686018 s")
    assert run.column("clock_end") == [2e9, 4e9], "what ended before is kept"
    ends_with(simulate([2.0] * 3, 3, straggler_rate=1, straggler_factor=1e9), "question 0 of toy/costly takes")


def test_a_deadline_stops_what_would_take_longer_than_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.toys.SCALE", 1e9)
    run = simulate([2.0] * 3, 4_000_000_001, "simulated-seconds", straggler_rate=1, straggler_factor=1e9)
    assert run.column("status", "clock_end") == [("cut", 4_000_000_001)]
    assert run.end.status == "done"


@pytest.mark.parametrize("seconds", [1e10, 1e300])
def test_failures_that_the_clock_cannot_hold_fail_the_run(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_with(simulate([BROKEN], 1, problem=replace(COSTLY, seconds=seconds)), "question 0 of toy/costly takes")
    monkeypatch.setattr("engine.toys.FAILURE_COST", seconds)
    ends_with(simulate([KNOWS_WHEN], 1), f"toy/costly states a cost of {seconds!r} s")


@pytest.mark.parametrize("simulation", [None, Simulation(), Simulation(workers=3)])
def test_fidelities_that_a_store_cannot_sum_up_fail_the_run(
    simulation: Simulation | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.toys.SCALE", 1e-12)
    steps = replace(COSTLY, fidelity=Fidelity("steps", 1, 2**53))
    Scripted.script = [Ask({"seconds": 1.0}, 2**53)] * 2000
    run = collect(steps, SCRIPTED, 2000, "evaluations", simulation)
    ends_with(run, "may not fit below 2^63")
    assert max(int(row["fidelity"]) for row in run.progress) < 2**63
    assert len(run.trials) > 1000, "what ended before is kept"


def test_waiting_without_anything_pending_fails_the_run() -> None:
    halving = plugins.optimizers()["successive-halving"]
    run = collect(COSTLY_EPOCHS, halving, 100, "fidelity", Simulation(workers=5))
    assert run.end.status == "done", "a rung that waits for its last trial is no error"
    overlaps(run, 5)


@pytest.mark.parametrize("workers", [2, 3, 8, 50])
def test_n_workers_end_n_times_sooner(workers: int) -> None:
    """Random search, 1000 trials of 0.1 to 10 s: within the last trial."""
    alone = collect(COSTLY, RANDOM, 1000, "evaluations", Simulation())
    together = collect(COSTLY, RANDOM, 1000, "evaluations", Simulation(workers=workers))
    least = float(alone.trials[-1]["clock_end"]) / workers
    assert least <= float(together.trials[-1]["clock_end"]) <= least + 10.0
    overlaps(together, workers)
    asked = sorted(together.trials, key=lambda row: row["asked"])
    assert [row["configuration"] for row in asked] == alone.column("configuration"), "the same questions"


@pytest.mark.parametrize("optimizer", ["random", "successive-halving", "hyperband"])
@pytest.mark.parametrize("unit", ["fidelity", "fidelity-continued", "full-evaluations", "evaluations"])
def test_both_clocks_give_the_same_trials(optimizer: str, unit: str) -> None:
    """The problem sleeps what it costs."""
    info = plugins.optimizers()[optimizer]
    amount = 4 if unit in ("full-evaluations", "evaluations") else 40
    real = collect(SLEEPY, info, amount, unit)
    simulated = collect(SLEEPY, info, amount, unit, Simulation())
    same = ("number", "asked", "status", "configuration", "fidelity", "target", "bracket", "rung", "continues",
            "loss", "cost")  # fmt: skip
    assert real.column(*same) == simulated.column(*same)
    assert real.reports == simulated.reports
    for ours, theirs in zip(real.trials, simulated.trials, strict=True):
        seconds = theirs["clock_end"] - theirs["clock_start"]
        assert seconds <= ours["clock_end"] - ours["clock_start"] < seconds + 0.1


UNITS = st.sampled_from([unit for unit in Unit if unit is not Unit.SECONDS])


@given(
    st.data(), UNITS, st.integers(1, 5), st.booleans(), st.sampled_from(["random", "hyperband", "stopper"]),
    st.sampled_from([0.0, 0.3]), st.sampled_from([0.0, 0.7]),
)  # fmt: skip
def test_books_balance_whatever_happens(
    data: st.DataObject, unit: Unit, workers: int, synchronous: bool, name: str, rate: float, delay: float
) -> None:
    amount = data.draw(st.integers(1, 60) if not unit.counts_time else st.floats(0.5, 200))
    simulation = Simulation(workers, synchronous, False, delay, delay / 2, rate, 2.5, rate)
    Scripted.script = list(islice(cycle([0.3, 4.0, 1.1, 9.5, 2.2]), 5000))
    optimizer = STOPPER if name == "stopper" else plugins.optimizers()[name]
    run = collect(COSTLY_EPOCHS, optimizer, amount, unit, simulation)
    ledger = run.books.ledger
    assert run.end.status == "done", run.end.error
    assert sum(run.column("cost")) == ledger.spent == ledger.total, "spent to the last quantum"
    assert run.progress[-1]["spent"] == ledger.spent
    overlaps(run, workers)
    ends = run.column("clock_end")
    assert ends == sorted(ends)
    if unit is Unit.SIMULATED_SECONDS:
        assert round(float(ends[-1]) * 1e9) == ledger.total
    if unit is Unit.DEVICE_SECONDS:
        held = sum(round(row["clock_end"] * 1e9) - round(row["clock_start"] * 1e9) for row in run.trials)
        assert held == ledger.total
    assert sorted(run.column("asked")) == list(range(len(run.trials)))
    for row in run.trials:
        assert set(json.loads(str(row["configuration"]))) == {"seconds"}


def overlaps(run: Collected, workers: int) -> None:
    """No worker has two trials at a time."""
    assert set(run.column("worker")) <= set(range(workers))
    for worker in range(workers):
        own = sorted((row["clock_start"], row["clock_end"]) for row in run.trials if row["worker"] == worker)
        for (_, end), (start, _) in pairwise(own):
            assert end <= start
