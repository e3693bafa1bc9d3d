"""How far brackets are filled."""

import json
from pathlib import Path

from factories import run_row, store, trial_row
from hpobench_tui.analysis.brackets import BracketFill, RungFill, fill

PLAN = json.dumps([[1, [[3, 3], [1, 9]]], [0, [[2, 9]]]])


def asked(number: int, bracket: int, rung: int, fidelity: int, loss: float | None) -> dict[str, object]:
    status = "failed" if loss is None else "done"
    return trial_row(0, number, bracket=bracket, rung=rung, fidelity=fidelity, target=fidelity, loss=loss,
                     status=status)  # fmt: skip


TRIALS = [
    asked(0, 0, 0, 3, 0.5), asked(1, 0, 0, 3, None), asked(2, 0, 0, 3, 0.4), asked(3, 0, 1, 9, 0.3),
    asked(4, 1, 0, 9, 0.7), asked(5, 1, 0, 9, 0.2), asked(6, 2, 0, 3, 0.9),
]  # fmt: skip


def fills(
    folder: Path, plan: str | None, cycle: int | None = None, trials: list[dict[str, object]] = TRIALS
) -> list[BracketFill]:
    with store(folder, [run_row(plan=plan)], trials) as reader:
        return fill(reader.runs()[0], reader.trials(0), cycle)


def test_the_latest_cycle_is_shown(tmp_path: Path) -> None:
    assert fills(tmp_path, PLAN) == [
        BracketFill(2, 1, (RungFill(0, 3, 1, 0, 3, 0.9, 0.9, promoted=0), RungFill(1, 1, 0, 0, 9, None))),
        BracketFill(3, 0, (RungFill(0, 2, 0, 0, 9, None),)),
    ]


def test_an_earlier_cycle_can_be_asked_for(tmp_path: Path) -> None:
    assert fills(tmp_path, PLAN, cycle=0) == [
        BracketFill(0, 1, (RungFill(0, 3, 3, 1, 3, 0.4, 0.45, promoted=1), RungFill(1, 1, 1, 0, 9, 0.3, 0.3))),
        BracketFill(1, 0, (RungFill(0, 2, 2, 0, 9, 0.2, (0.2 + 0.7) / 2),)),
    ]


def test_without_a_plan_the_trials_tell(tmp_path: Path) -> None:
    first, second, third = fills(tmp_path, None)
    assert first == BracketFill(
        0, None, (RungFill(0, None, 3, 1, 3, 0.4, 0.45, promoted=1), RungFill(1, None, 1, 0, 9, 0.3, 0.3))
    )
    assert (second.bracket, third.bracket, third.rungs[0].done) == (1, 2, 1)


def test_a_plan_without_trials_is_empty_rungs(tmp_path: Path) -> None:
    made = fills(tmp_path, PLAN, trials=[])
    assert [(b.bracket, b.s, [r.done for r in b.rungs]) for b in made] == [(0, 1, [0, 0]), (1, 0, [0])]


def test_no_brackets_at_all(tmp_path: Path) -> None:
    assert fills(tmp_path, None, trials=[trial_row()]) == []


def test_the_first_of_very_many_brackets(tmp_path: Path) -> None:
    with store(tmp_path, [run_row()], TRIALS) as reader:
        run, trials = reader.runs()[0], reader.trials(0)
        assert fill(run, trials, most=2) == fill(run, trials)[:2]
        assert [bracket.bracket for bracket in fill(run, trials)] == [0, 1, 2]
