"""What is stored of long runs: exact at every position, whatever is left out."""

from dataclasses import replace
from itertools import accumulate, pairwise
from sys import float_info

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.toys import COSTLY, collect
from hpobench_tui import plugins
from hpobench_tui.core import Simulation, Trial, TrialStatus
from hpobench_tui.core.progress import SHARES, clock_positions, positions
from hpobench_tui.engine.running.recorder import Recorder

RANDOM = plugins.optimizers()["random"]
BRANIN = plugins.problems()["synthetic/branin"]
BANDIT = plugins.problems()["bandits/bernoulli-10"]


@pytest.mark.parametrize("problem", [BRANIN, BANDIT], ids=lambda p: str(p.id))
def test_progress_does_not_depend_on_which_trials_are_kept(problem) -> None:
    whole = collect(problem, RANDOM, 10_000, "evaluations", Simulation())
    assert len(whole.trials) == 10_000
    for record in (1, 100, 3000):
        thin = collect(problem, RANDOM, 10_000, "evaluations", Simulation(), record=record)
        assert thin.progress == whole.progress
        assert record <= len(thin.trials) < record + 500
        assert {row["number"] for row in thin.trials[record:]} <= {row["number"] for row in thin.progress}
    assert len(whole.progress) < 600
    assert whole.progress[-1]["number"] == 9_999, "the last trial always has a row of progress"
    assert whole.progress[-1]["spent"] == 10_000


def test_no_improvement_is_missed() -> None:
    run = collect(BRANIN, RANDOM, 10_000, "evaluations")
    best, improved = float("inf"), []
    for row in run.trials:
        if row["loss"] < best:
            best = row["loss"]
            improved.append(row["number"])
    assert set(improved) <= {row["number"] for row in run.progress}


def test_positions_are_few_and_close() -> None:
    assert positions(1, 70) == [*range(1, 65), 66, 68, 70]
    assert len(positions(1, 10_000)) < 300
    assert len(positions(1, 10**6)) < 520
    found = positions(1, 10**7)
    assert max(later / at for at, later in pairwise(found) if at > 64) <= 1 + 1 / 32
    assert clock_positions(1.9, 2.6) == [2.0, 2.25, 2.5]
    assert clock_positions(0.0, 1e-9) == []


step = st.tuples(st.integers(1, 90), st.integers(0, 10**9), st.sampled_from((0.0, 1e-6, 0.25, 3.0, 1000.0)))


@given(st.lists(step, min_size=1, max_size=200), st.integers(1, 10**10))
def test_what_holds_at_a_position_is_the_last_row_that_is_not_beyond_it(
    steps: list[tuple[int, int, float]], budget: int
) -> None:
    """On each coordinate, for trials that step over many positions, over none, or do not move at all."""
    coordinates = [list(accumulate(column)) for column in zip(*steps, strict=True)]
    recorder = Recorder(0, noisy=False, reference=0.0, budget=budget, record=1)
    rows: list[tuple] = []
    for number, (fidelity, spent, clock) in enumerate(zip(*coordinates, strict=True)):
        trial = Trial(number, number, {"x": 1}, TrialStatus.DONE, 1.0, 5)
        recorder.add(trial, None, None, steps[number][0], spent, clock)
        assert fidelity >= 0
        rows += recorder.rows
    rows += recorder.end()
    numbers = [row[1] for row in rows]
    assert numbers == sorted(set(numbers)), "each once, in order"
    assert all(row[2:5] == (coordinates[1][row[1]], coordinates[0][row[1]], coordinates[2][row[1]]) for row in rows)
    asked = (
        (coordinates[0], 3, positions(coordinates[0][0], coordinates[0][-1])),
        (coordinates[1], 2, [*positions(coordinates[1][0], coordinates[1][-1]), *(budget // part for part in SHARES)]),
        (coordinates[2], 4, clock_positions(coordinates[2][0], coordinates[2][-1])),
        (list(range(1, len(steps) + 1)), None, positions(1, len(steps))),
    )
    for reached, column, wanted in asked:
        for at in wanted:
            holds = sum(x <= at for x in reached) - 1
            known = [row[1] for row in rows if (row[1] + 1 if column is None else row[column]) <= at]
            assert (known[-1] if known else -1) == holds


@pytest.mark.parametrize("first", [3, 700])
def test_the_first_failure_is_recorded(first: int) -> None:
    """Its reason must not be lost, however few trials are kept."""
    recorder = Recorder(0, noisy=False, reference=0.0, budget=900, record=10)
    kept = []
    for number in range(900):
        fails = number >= first and number % 2 == first % 2
        loss = None if fails else 1.0
        status = TrialStatus.FAILED if fails else TrialStatus.DONE
        if recorder.add(Trial(number, number, {"x": 1}, status, loss), None, None, 1, number + 1, number + 1.0):
            kept.append(number)
            assert recorder.rows[-1][1] == number
    assert kept == sorted({*range(10), first})


@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(-10, 10)), st.integers(1, 9)), min_size=1, max_size=60))
def test_sums_are_those_of_the_trials(outcomes: list[tuple[float | None, int]]) -> None:
    recorder = Recorder(3, noisy=False, reference=-20.0, budget=1000, record=None)
    for number, (loss, fidelity) in enumerate(outcomes):
        status = TrialStatus.FAILED if loss is None else TrialStatus.DONE
        trial = Trial(number, number, {"x": number}, status, loss, fidelity)
        truth = None if loss is None else loss - 1
        assert recorder.add(trial, truth, -30.0 if number % 2 else None, fidelity, 7 * (number + 1), 0.5 * number)
        losses = [loss for loss, _ in outcomes[: number + 1] if loss is not None]
        references = [
            -30.0 if n % 2 else -20.0 for n, (loss, _) in enumerate(outcomes[: number + 1]) if loss is not None
        ]
        run, last, spent, total_fidelity, clock, _, _, count, regret, pseudo = recorder.rows[-1]
        assert (run, last, spent, clock, count) == (3, number, 7 * (number + 1), 0.5 * number, len(losses))
        assert total_fidelity == sum(f for _, f in outcomes[: number + 1])
        assert regret == pytest.approx(sum(losses) - sum(references))
        assert pseudo == pytest.approx(sum(losses) - len(losses) - sum(references))
    assert recorder.failed_trials == sum(loss is None for loss, _ in outcomes)


@pytest.mark.parametrize("noisy", [False, True])
@given(losses=st.lists(st.sampled_from((float_info.max, -float_info.max, 1e300, -1e300, 0.0)), min_size=1, max_size=20))
def test_sums_beyond_floats_stand_at_the_largest_float(noisy: bool, losses: list[float]) -> None:
    recorder = Recorder(0, noisy, reference=1e308, budget=100, record=None)
    for number, loss in enumerate(losses):
        recorder.add(Trial(number, number, {"x": number % 2}, TrialStatus.DONE, loss), None, None, 1, number + 1, 1.0)
        for value in recorder.rows[-1][6:]:
            assert -float_info.max <= value <= float_info.max


def test_the_comparator_is_subtracted_trial_by_trial() -> None:
    """An offset of all losses leaves a sum as it was, but for the round-off of each loss."""
    stated = replace(COSTLY, reference=replace(COSTLY.reference, loss=-5.0))
    run = collect(stated, RANDOM, 3, "evaluations")
    assert run.progress[-1]["regret"] == sum(row["loss"] + 5.0 for row in run.trials)
