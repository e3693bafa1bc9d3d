"""The audit passes honest books and names each way of cooking them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from factories import Row, account, run_row, store, trial_row
from hpobench_tui.analysis.audit import AuditRow, audit
from hpobench_tui.core import Simulation
from hpobench_tui.core.incumbent import IncumbentTracker
from hpobench_tui.core.status import RunStatus


def verdict(
    folder: Path, run: Row, trials: Sequence[Row], progress: Sequence[Row] | None = None, record: int | None = None
) -> AuditRow:
    clock = Simulation(workers=99) if any(trial["worker"] is not None for trial in trials) else None
    with store(folder, [run], trials, progress, record=record, simulation=clock) as reader:
        (row,) = audit(reader)
    return row


def books(unit: str, entries: Sequence[tuple[int | None, int]], budget: int, **run: object) -> tuple[Row, list[Row]]:
    """A run with trials of these (fidelity, cost)."""
    trials = [trial_row(0, i, fidelity=f, target=f, cost=c) for i, (f, c) in enumerate(entries)]
    spent = sum(c for _, c in entries)
    fidelity = "epochs" if any(f is not None for f, _ in entries) else None
    return run_row(unit=unit, budget=budget, spent=spent, trials=len(trials), fidelity=fidelity, **run), trials


def test_evaluations_balance(tmp_path: Path) -> None:
    row = verdict(tmp_path, *books("evaluations", [(None, 1)] * 4, 4))
    assert (row.holds, row.text) == (True, "trials = ledger = budget")
    assert (row.trial_cost, row.ledger, row.budget) == (4, 4, 4)


@pytest.mark.parametrize("unit", ["fidelity", "full-evaluations"])
def test_fidelity_balances_with_a_rest_too_small(tmp_path: Path, unit: str) -> None:
    row = verdict(tmp_path, *books(unit, [(9, 9), (3, 3), (9, 9)], 23, minimum_fidelity=3))
    assert (row.holds, row.text) == (True, "trials = ledger; 2 of 23 unspent: too little for another trial")


def test_a_failed_trial_is_charged_what_it_was_granted(tmp_path: Path) -> None:
    run, trials = books("fidelity", [(9, 9), (4, 4)], 13, failed_trials=1)
    trials[1].update(status="failed", target=9, loss=None)
    assert verdict(tmp_path, run, trials).holds


def test_continued_trials_pay_the_difference(tmp_path: Path) -> None:
    """0 to 1; 1 continues 0 to 3 and fails; 2 continues 1 (still at 1) to 9; 3 from scratch to 3."""
    run, trials = books("fidelity-continued", [(1, 1), (3, 2), (9, 8), (3, 3)], 14)
    trials[1].update(continues=0, status="failed", loss=None)
    run["failed_trials"] = 1
    trials[2].update(continues=1)
    assert verdict(tmp_path, run, trials).holds


def test_where_trainings_cannot_be_continued_all_pay_from_scratch(tmp_path: Path) -> None:
    run, trials = books("fidelity-continued", [(1, 1), (3, 3)], 4)
    trials[1].update(continues=0)
    assert verdict(tmp_path, run | {"resumable": False}, trials).holds


def test_the_two_rules_may_not_be_mixed(tmp_path: Path) -> None:
    run, trials = books("fidelity-continued", [(1, 1), (3, 3), (9, 6)], 10)
    trials[1].update(continues=0)
    trials[2].update(continues=1)
    row = verdict(tmp_path, run, trials)
    assert (row.holds, row.text) == (False, "trial 1 was charged 3 where the rule gives 2")


def test_seconds_are_nanoseconds_beyond_float_precision(tmp_path: Path) -> None:
    """2^53 + 1 is no float64: only integer sums see the missing nanosecond."""
    big = 2**53
    run, trials = books("seconds", [(None, big), (None, 1)], big + 1, quanta_per_unit=10**9)
    for trial in trials:
        trial["evaluate_seconds"] = trial["cost"] * 1e-9
    assert verdict(tmp_path / "a", run, trials).holds
    row = verdict(tmp_path / "b", run | {"spent": big}, trials)
    assert (row.holds, row.text) == (False, f"the trials cost {big + 1}, but the ledger says {big}")


def test_seconds_are_those_of_the_evaluations(tmp_path: Path) -> None:
    run, trials = books("seconds", [(None, 400), (None, 100)], 500)
    trials[0]["evaluate_seconds"], trials[1]["evaluate_seconds"] = 400e-9, 230e-9
    assert verdict(tmp_path / "a", run, trials).holds, "the last is cut to what was left"
    trials[0]["evaluate_seconds"] = 401e-9
    assert verdict(tmp_path / "b", run, trials).text == "trial 0 was charged 400 where the rule gives 401"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"spent": 3}, "the trials cost 4, but the ledger says 3"),
        ({"budget": 3}, "overspent: 4 of 3"),
        ({"budget": 5}, "1 of 5 is unspent, although the run counts as done"),
        ({"trials": 5}, "the run counts 5 trials, but 4 are recorded"),
        ({"trials": 3}, "the run counts 3 trials, but 4 are recorded"),
    ],
)
def test_cooked_runs_are_named(tmp_path: Path, change: Row, text: str) -> None:
    run, trials = books("evaluations", [(None, 1)] * 4, 4)
    row = verdict(tmp_path, run | change, trials)
    assert (row.holds, row.text) == (False, text)


def test_a_rest_that_another_trial_had_room_for_is_named(tmp_path: Path) -> None:
    row = verdict(tmp_path, *books("fidelity", [(9, 9), (9, 9)], 21, minimum_fidelity=3))
    assert (row.holds, row.text) == (False, "3 of 21 is unspent, although the run counts as done")


def test_a_missing_trial_is_named(tmp_path: Path) -> None:
    run, trials = books("evaluations", [(None, 1)] * 3, 3)
    trials[2]["number"] = 5
    assert "not numbered" in verdict(tmp_path, run, trials).text


def test_a_mischarged_trial_is_named(tmp_path: Path) -> None:
    row = verdict(tmp_path, *books("fidelity", [(9, 9), (9, 8)], 17))
    assert (row.holds, row.text) == (False, "trial 1 was charged 8 where the rule gives 9")


def test_a_negative_cost_is_named(tmp_path: Path) -> None:
    row = verdict(tmp_path, *books("seconds", [(None, 5), (None, -2)], 3))
    assert (row.holds, row.text) == (False, "trial 1 has a negative cost")


def test_trials_newer_than_the_runs_row_do_not_disturb_a_live_audit(tmp_path: Path) -> None:
    run, trials = books("evaluations", [(None, 1)] * 4, 10, status="running")
    row = verdict(tmp_path, run | {"trials": 3, "spent": 3}, trials)
    assert (row.holds, row.trial_cost, row.text) == (True, 3, "trials = ledger; 7 of 10 unspent: the run has not ended")


@pytest.mark.parametrize(
    ("status", "error", "reason"),
    [
        ("complete", None, "the optimizer had nothing left to try"),
        ("failed", "ValueError: x", "the run failed: ValueError: x"),
        ("cancelled", None, "the run was cancelled"),
    ],
)
def test_runs_that_ended_early_may_have_budget_left(
    tmp_path: Path, status: str, error: str | None, reason: str
) -> None:
    row = verdict(tmp_path, *books("evaluations", [(None, 1)], 5, status=status, error=error))
    assert (row.holds, row.text) == (True, f"trials = ledger; 4 of 5 unspent: {reason}")


def test_a_waiting_run_has_empty_books(tmp_path: Path) -> None:
    assert verdict(tmp_path, *books("fidelity-continued", [], 5, status="waiting")).holds


def simulated(entries: Sequence[tuple[float, float, int]], unit: str, **run: object) -> tuple[Row, list[Row]]:
    """A simulated run with trials of these (start, end, cost in ns), in seconds, in the order of their ends."""
    trials = [
        trial_row(0, i, clock_start=start, clock_end=end, cost=cost, worker=i, evaluate_seconds=1e-6)
        for i, (start, end, cost) in enumerate(entries)
    ]
    spent = sum(cost for _, _, cost in entries)
    described = {"budget": spent, "quanta_per_unit": 10**9, "unit": unit, "spent": spent, "trials": len(trials)}
    return run_row(**(described | run)), trials


def test_device_seconds_of_a_real_clock_are_the_evaluations(tmp_path: Path) -> None:
    run, trials = books("device-seconds", [(None, 400), (None, 100)], 500)
    for trial, nanoseconds in zip(trials, (400, 230), strict=True):
        trial["evaluate_seconds"] = nanoseconds * 1e-9
    assert verdict(tmp_path / "a", run, trials).holds, "the last is cut to what was left"
    trials[0]["evaluate_seconds"] = 401e-9
    assert verdict(tmp_path / "b", run, trials).text == "trial 0 was charged 400 where the rule gives 401"


def test_device_seconds_of_a_simulated_clock_are_how_long_workers_were_held(tmp_path: Path) -> None:
    second = 10**9
    run, trials = simulated([(0.0, 2.0, 2 * second), (0.5, 3.25, 2_750_000_000)], "device-seconds")
    assert verdict(tmp_path / "a", run, trials).holds
    trials[1]["clock_start"] = 0.25
    row = verdict(tmp_path / "b", run, trials)
    assert row.text == "trial 1 was charged 2750000000 where the rule gives 3000000000"


def test_pruned_trials_pay_what_they_held_too(tmp_path: Path) -> None:
    for number, cost in enumerate((2_000_000_000, 1_900_000_000, 2_100_000_000)):
        run, trials = simulated([(0.0, 2.0, cost)], "device-seconds")
        trials[0]["status"] = "pruned"
        assert verdict(tmp_path / str(number), run, trials).holds == (cost == 2_000_000_000)


def test_simulated_seconds_are_those_since_the_trial_before(tmp_path: Path) -> None:
    """Two workers; at the deadline of 5 s both stop, the first of them pays."""
    second = 10**9
    entries = [(0.0, 2.0, 2 * second), (0.0, 3.0, second), (2.0, 5.0, 2 * second), (3.0, 5.0, 0)]
    run, trials = simulated(entries, "simulated-seconds")
    assert verdict(tmp_path / "a", run, trials).holds
    trials[1]["cost"], trials[2]["cost"] = 2 * second, second
    row = verdict(tmp_path / "b", run, trials)
    assert row.text == "trial 1 was charged 2000000000 where the rule gives 1000000000"


def test_clocks_of_centuries_cannot_tell_nanoseconds(tmp_path: Path) -> None:
    """4 * 10^9 s are 4 * 10^18 ns, in floats that are 0.5 µs apart."""
    ends = [4_000_000_000_000_000_001, 4_500_000_000_000_000_003]
    entries = [(0.0, ends[0] / 1e9, ends[0]), (0.0, ends[1] / 1e9, ends[1] - ends[0])]
    assert verdict(tmp_path / "a", *simulated(entries, "simulated-seconds")).holds
    entries[1] = (0.0, ends[1] / 1e9, ends[1] - ends[0] - 100_000)
    assert not verdict(tmp_path / "b", *simulated(entries, "simulated-seconds")).holds


THINNED = [0, 1, 2, 5, 9]


def thinned(unit: str = "evaluations", **run: object) -> tuple[Row, list[Row], list[Row]]:
    """Ten trials, of which the first three and two more are recorded; with progress, as all runs so short have it."""
    described, trials = books(unit, [(None, 1)] * 10, 10, **run)
    for trial in trials:
        trial["loss"] = 1.0 + trial["number"] % 4
    return described, [trials[i] for i in THINNED], account(trials)


def test_missing_progress_is_named(tmp_path: Path) -> None:
    """One a trial of the first 64, then every second, every fourth; at shares of the budget; and of the incumbent."""
    run, trials = books("evaluations", [(None, 1)] * 300, 300)
    trials[180]["loss"] = 0.5
    progress = account(trials)

    def text(*gone: int) -> str:
        kept = [row for row in progress if row["number"] not in gone]
        return verdict(tmp_path / f"{gone[0]}-{gone[-1]}", run, trials, kept).text

    assert text(*(number for number in range(64, 128, 2) if number != 74), 182, 229) == "trials = ledger = budget"
    assert text(74) == "the progress after trial 74 is missing", "a quarter of the budget is spent"
    assert text(9) == "the progress after trial 9 is missing"
    assert text(99) == "the progress after trial 99 is missing"
    assert text(149) == "the progress after trial 149 is missing", "half of it"
    assert text(180) == "the progress after trial 180, the incumbent, is missing"


def test_the_state_before_a_position_is_crossed_must_be_there(tmp_path: Path) -> None:
    """Trials of 50 fidelity units: 71 of them (3550) are not beyond 3584, which is one of the positions."""
    run, trials = books("fidelity", [(50, 50)] * 100, 5000)
    progress = account(trials)
    assert verdict(tmp_path / "all", run, trials, progress).holds
    kept = [row for row in progress if row["number"] != 70]
    assert verdict(tmp_path / "gone", run, trials, kept).text == "the progress after trial 70 is missing"


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("status", "failed", "trial 1 failed, but has a loss"),
        ("loss", None, "trial 1 has no loss, but did not fail"),
        ("target", 9, "trial 1 is done at another fidelity than was asked for"),
        ("clock_start", 7.0, "trial 1 ended before it began"),
        ("asked", 2, "trial 1 answers another question than its own"),
    ],
)
def test_trials_that_cannot_be_are_named(tmp_path: Path, column: str, value: object, text: str) -> None:
    run, trials = books("fidelity", [(3, 3)] * 3, 9)
    progress = account(trials)
    trials[1][column] = value
    if column == "loss":
        progress = account(trials)
    assert verdict(tmp_path, run, trials, progress).text == text


@pytest.mark.parametrize(
    ("asked", "text"), [(0, "question 0 was answered twice"), (5, "not every question was answered")]
)
def test_questions_are_answered_once(tmp_path: Path, asked: int, text: str) -> None:
    run, trials = simulated([(0.0, 2.0, 2 * 10**9), (0.5, 3.25, 1_250_000_000)], "simulated-seconds")
    trials[1]["asked"] = asked
    assert verdict(tmp_path, run, trials).text == text


def test_failed_trials_are_counted(tmp_path: Path) -> None:
    run, trials = books("evaluations", [(None, 1)] * 4, 4, failed_trials=1)
    assert verdict(tmp_path, run, trials).text == "the run counts 1 failed trials, but 0 failed"


def test_a_thinned_run_is_proved_by_its_progress(tmp_path: Path) -> None:
    row = verdict(tmp_path, *thinned(), record=3)
    assert (row.holds, row.text) == (True, "progress = ledger = budget; 5 of 10 trials recorded")
    assert (row.trials, row.recorded, row.trial_cost, row.ledger) == (10, 5, 5, 10)


def test_trials_may_only_be_missing_where_the_experiment_says_so(tmp_path: Path) -> None:
    run, trials, progress = thinned()
    assert "10 trials, but 5 are recorded" in verdict(tmp_path / "all", run, trials, progress).text
    assert "numbered" in verdict(tmp_path / "four", run, trials, progress, record=4).text
    text = verdict(tmp_path / "gone", run, trials, [p for p in progress if p["number"] != 5], record=3).text
    assert text == "the progress after trial 5 is missing"
    trials[3]["loss"] = 0.5
    for row in progress[5:]:
        row |= {"incumbent": 5, "incumbent_value": 0.5}
        row["regret"], row["pseudo_regret"] = row["regret"] - 1.5, row["pseudo_regret"] - 1.5
    assert verdict(tmp_path / "best", run, trials, progress, record=3).holds
    text = verdict(tmp_path / "lost", run, [t for t in trials if t["number"] != 5], progress, record=3).text
    assert text == "after trial 5 the incumbent is trial 5 with 0.5, but the trials give 0 with 1.0"


@pytest.mark.parametrize(
    ("row", "column", "value", "text"),
    [
        (5, "spent", 5, "5 was spent after trial 5, where the rule gives 6"),
        (9, "spent", 9, "the last row of progress says 9 is spent, but the ledger says 10"),
        (5, "spent", 2, "spent falls in the progress after trial 5"),
        (5, "clock", 6.5, "trial 5 ended at 6.0 s, but its progress says 6.5"),
        (5, "losses", 5, "losses grows by 0 up to the progress after trial 5, but the trials there sum up to 1"),
        (2, "losses", 2, "losses grows by 0 up to the progress after trial 2, but the trials there sum up to 1"),
        (6, "losses", 8, "there are more losses than trials in the progress after trial 6"),
        (5, "fidelity", 5, "there are more or fewer evaluations than trials in the progress after trial 5"),
        (1, "regret", 2.0, "regret is 2.0 after trial 1, but its trials give 3.0"),
        (1, "pseudo_regret", 2.0, "pseudo_regret is 2.0 after trial 1, but its trials give 3.0"),
        (9, "incumbent", 4, "after trial 9 the incumbent is trial 4 with 1.0, but the trials give 0 with 1.0"),
        (9, "incumbent_value", 0.5, "after trial 9 the incumbent is trial 0 with 0.5, but the trials give 0 with 1.0"),
    ],
)
def test_cooked_progress_is_named(tmp_path: Path, row: int, column: str, value: float, text: str) -> None:
    run, trials, progress = thinned()
    assert verdict(tmp_path / "honest", run, trials, progress, record=3).holds
    progress[row][column] = value
    found = verdict(tmp_path / "cooked", run, trials, progress, record=3)
    assert (found.holds, found.text) == (False, text)


def test_progress_that_ends_too_early_is_named(tmp_path: Path) -> None:
    run, trials, progress = thinned()
    text = verdict(tmp_path / "end", run, trials, progress[:-1], record=3).text
    assert text == "the run counts 10 trials, but its progress ends after trial 8"
    text = verdict(tmp_path / "none", run, trials, [], record=3).text
    assert text == "there is no row of progress after the first trial"


@pytest.mark.parametrize("column", ["loss", "truth", "reference"])
@pytest.mark.parametrize("number", [0, 3, 7])
def test_a_better_loss_after_the_fact_is_found(tmp_path: Path, column: str, number: int) -> None:
    """Sums disagree with any change that they do not round away."""
    run, trials = books("evaluations", [(None, 1)] * 8, 8, reference=0.1)
    for trial in trials:
        trial.update(loss=0.3 + 0.1 * trial["number"], truth=0.2 + 0.1 * trial["number"], reference=0.1)
    progress = account(trials, 0.1)
    assert verdict(tmp_path / "honest", run, trials, progress).holds
    trials[number][column] -= 1e-14
    assert not verdict(tmp_path / "cooked", run, trials, progress).holds


def test_fidelity_from_scratch_is_what_was_spent(tmp_path: Path) -> None:
    run, trials = books("fidelity", [(9, 9), (3, 3), (9, 9)], 21)
    progress = account(trials)
    progress[1]["spent"] = progress[0]["spent"] + 4
    text = verdict(tmp_path, run, trials, progress).text
    assert text == "13 was spent after trial 1, where the rule gives 12"


def test_continuations_of_trials_that_are_not_recorded_may_cost_up_to_all(tmp_path: Path) -> None:
    run, trials = books("fidelity-continued", [(1, 1), (1, 1), (3, 2), (3, 2)], 6)
    trials[2]["continues"], trials[3]["continues"] = 1, 0
    rows = [trials[i] for i in (0, 2, 3)], account(trials)
    assert verdict(tmp_path / "a", run, *rows, record=1).holds
    rows[0][1]["cost"] = 4
    assert "trial 2 was charged 4 where the rule gives 0 to 3" in verdict(tmp_path / "b", run, *rows, record=1).text


def test_the_incumbent_starts_over_at_a_higher_fidelity(tmp_path: Path) -> None:
    run, trials = books("fidelity", [(1, 1), (1, 1), (3, 3), (1, 1), (3, 3)], 9)
    for trial, loss in zip(trials, (0.5, 0.4, 0.9, 0.1, 0.8), strict=True):
        trial["loss"] = loss
    progress = account(trials)
    assert [row["incumbent"] for row in progress] == [0, 1, 2, 2, 4]
    assert verdict(tmp_path / "a", run, trials, progress).holds
    progress[3] |= {"incumbent": 3, "incumbent_value": 0.1}
    assert "the trials give 2 with 0.9" in verdict(tmp_path / "b", run, trials, progress).text


def noisy(truth: bool) -> tuple[Row, list[Row], list[Row]]:
    """Two arms, pulled 0, 1, 1, 0; the engine's own rule says which is the incumbent."""
    run, trials = books("evaluations", [(None, 1)] * 4, 4, noisy=True)
    tracker, progress = IncumbentTracker(noisy=True), []
    for trial, arm, loss in zip(trials, (0, 1, 1, 0), (0.0, 0.5, 0.25, 1.0), strict=True):
        trial.update(configuration=f'{{"arm": {arm}}}', loss=loss, truth=0.4 + 0.1 * arm if truth else None)
        tracker.add(trial["number"], {"arm": arm}, 1, loss, trial["truth"])
        progress.append({"incumbent": tracker.number, "incumbent_value": tracker.value})
    return run, trials, [row | best for row, best in zip(account(trials), progress, strict=True)]


@pytest.mark.parametrize("truth", [True, False])
def test_incumbents_under_noise(tmp_path: Path, truth: bool) -> None:
    run, trials, progress = noisy(truth)
    assert verdict(tmp_path / "a", run, trials, progress).holds
    progress[2]["incumbent_value"] -= 1e-9
    text = verdict(tmp_path / "b", run, trials, progress).text
    assert text.startswith(f"after trial 2 the incumbent is trial {progress[2]['incumbent']} with")


def test_an_incumbent_from_the_future_is_named(tmp_path: Path) -> None:
    run, trials, progress = noisy(truth=True)
    progress[1]["incumbent"] = 3
    assert "after trial 1 the incumbent is trial 3" in verdict(tmp_path, run, trials, progress).text


def side_by_side(unit: str, entries: Sequence[tuple[int, int, int, int]], budget: int) -> tuple[Row, list[Row]]:
    """Trials of these (worker, start, end, cost), in nanoseconds."""
    run, trials = books(unit, [(None, cost) for *_, cost in entries], budget)
    for trial, (worker, start, end, _) in zip(trials, entries, strict=True):
        trial.update(
            worker=worker, clock_start=start * 1e-9, clock_end=end * 1e-9, evaluate_seconds=(end - start) * 1e-9
        )
    return run, trials


def test_seconds_of_several_pending_trials_are_the_clock_s(tmp_path: Path) -> None:
    run, trials = side_by_side("seconds", [(0, 0, 300, 300), (1, 0, 500, 200), (0, 320, 700, 200)], 700)
    with store(tmp_path / "a", [run], trials, evaluations=2) as reader:
        assert [(row.holds, row.text) for row in audit(reader)] == [(True, "trials = ledger = budget")]
    with store(tmp_path / "b", [run], trials) as reader:
        (row,) = audit(reader)
    assert row.text == "trial 1 was charged 200 where the rule gives 500", "one at a time pays for its evaluation"


@pytest.mark.parametrize(
    ("third", "text"),
    [
        ((0, 299, 700, 1), "trial 2 began on worker 0 before the one there had ended"),
        ((2, 299, 700, 1), "trial 2 has worker 2, where there are 2"),
        ((0, 300, 700, 1), None),
    ],
)
def test_no_more_are_pending_than_may_be(tmp_path: Path, third: tuple[int, int, int, int], text: str | None) -> None:
    run, trials = side_by_side("evaluations", [(0, 0, 300, 1), (1, 0, 500, 1), third], 3)
    for name, clock in (("real", {"evaluations": 2}), ("simulated", {"simulation": Simulation(workers=2)})):
        with store(tmp_path / name, [run], trials, **clock) as reader:  # type: ignore[arg-type]
            (row,) = audit(reader)
        assert (row.holds, row.text) == ((False, text) if text else (True, "trials = ledger = budget"))


def test_a_run_that_begins_while_others_are_audited_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its row was read when it waited; by its turn it has trials."""
    run, trials = books("evaluations", [(None, 1)] * 4, 9, status="running")
    with store(tmp_path, [run], trials) as reader:
        (now,) = reader.runs()
        before = now.replaced(status=RunStatus.WAITING, trials=0, spent=0)
        monkeypatch.setattr(reader, "runs", lambda: [before])
        (row,) = audit(reader)
        assert (row.holds, row.trials, row.ledger) == (True, 4, 4)
        assert not reader._connection.in_transaction
