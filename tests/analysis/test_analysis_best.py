"""The incumbents of runs, with their configurations."""

from pathlib import Path

import pytest

from factories import Row, account, run_row, store, trial_row
from hpobench_tui.analysis.best import incumbents, unrecorded

LOSSES = [3.0, 1.0, 2.0, 0.5]


def trials(run: int, losses: list[float]) -> list[Row]:
    return [trial_row(run, i, loss=loss, configuration=f'{{"x": {i}}}') for i, loss in enumerate(losses)]


def test_best_first_with_their_configurations(tmp_path: Path) -> None:
    runs = [run_row(id=i, label="random", repetition=i, budget=4, spent=4, trials=4) for i in range(2)]
    with store(tmp_path, runs, [*trials(0, LOSSES), *trials(1, LOSSES[:3])]) as reader:
        found = incumbents(reader)
        assert [(one.repetition, one.loss, one.configuration, one.spent) for one in found] == [
            (0, 0.5, {"x": 3}, 4.0),
            (1, 1.0, {"x": 1}, 2.0),
        ]
        assert unrecorded(reader, found) == ()


@pytest.mark.parametrize("kept", [[0], [2], [3], [0, 1], [1, 3], [0, 1, 2, 3]])
def test_what_was_spent_is_exact_without_a_row_of_progress_of_its_own(tmp_path: Path, kept: list[int]) -> None:
    """With noise the incumbent's latest trial may lie between two positions."""
    run = run_row(id=0, label="random", budget=100, spent=26, trials=4, noisy=True)
    every = [trial | {"cost": cost} for trial, cost in zip(trials(0, [3.0, 2.0, 1.0, 4.0]), (5, 6, 7, 8), strict=True)]
    rows = [row for row in account(every) if row["number"] in kept]
    rows[-1] |= {"incumbent": 2, "incumbent_value": 1.0}
    with store(tmp_path, [run], every, rows) as reader:
        assert [one.spent for one in incumbents(reader)] == [18.0]


def test_what_is_not_recorded_is_left_out(tmp_path: Path) -> None:
    """With noise the incumbent's trial is its latest, which thinned runs may not keep: no other may stand in for it."""
    run = run_row(id=0, problem="suite/noisy", label="random", repetition=7, budget=4, spent=4, trials=4)
    every = trials(0, [3.0, 1.0, 2.0, 4.0])
    for kept in (every[:1], [every[0], every[3]]):  # none after it; another after it
        with store(tmp_path / str(len(kept)), [run], kept, account(every), record=1) as reader:
            found = incumbents(reader)
            assert found == ()
            assert unrecorded(reader, found) == ("suite/noisy random #7",)
