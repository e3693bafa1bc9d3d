"""The audit passes honest books and names each way of cooking them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from factories import Row, run_row, store, trial_row
from hpobench_tui.analysis.audit import AuditRow, audit


def verdict(folder: Path, run: Row, trials: Sequence[Row]) -> AuditRow:
    with store(folder, [run], trials) as reader:
        (row,) = audit(reader)
    return row


def books(unit: str, entries: Sequence[tuple[int | None, int]], budget: int, **run: object) -> tuple[Row, list[Row]]:
    """A run with trials of these (fidelity, cost)."""
    trials = [trial_row(0, i, fidelity=f, asked_fidelity=f, cost=c) for i, (f, c) in enumerate(entries)]
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
    run, trials = books("fidelity", [(9, 9), (4, 4)], 13)
    trials[1].update(status="failed", asked_fidelity=9, loss=None)
    assert verdict(tmp_path, run, trials).holds


def test_continued_trials_pay_the_difference(tmp_path: Path) -> None:
    """0 to 1; 1 continues 0 to 3 and fails; 2 continues 1 (still at 1) to 9; 3 from scratch to 3."""
    run, trials = books("fidelity-continued", [(1, 1), (3, 2), (9, 8), (3, 3)], 14)
    trials[1].update(continues=0, status="failed")
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
    run, trials = books("seconds", [(None, big), (None, 1)], big + 1)
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
    assert (row.holds, row.trial_cost, row.text) == (True, 3, "trials = ledger; 7 of 10 unspent: the run is running")


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
