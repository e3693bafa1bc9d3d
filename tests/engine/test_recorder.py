"""What is stored of long runs: exact at every row, whatever is left out."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import COSTLY, collect

from hpobench_tui import plugins
from hpobench_tui.core import Status, Trial
from hpobench_tui.core.progress import DENSE
from hpobench_tui.engine.recorder import Recorder

RANDOM = plugins.optimizers()["random"]
BRANIN = plugins.problems()["synthetic/branin"]
BANDIT = plugins.problems()["bandits/bernoulli-10"]


@pytest.mark.parametrize("problem", [BRANIN, BANDIT], ids=lambda p: str(p.id))
def test_thinned_rows_are_those_of_the_whole(problem) -> None:
    whole = collect(problem, RANDOM, 20_000, "evaluations")
    thin = collect(problem, RANDOM, 20_000, "evaluations", record=100)
    standings = {row["number"]: {**row, "clock": None} for row in whole.progress}
    both = [row for row in thin.progress if row["number"] in standings]
    assert len(both) > 100
    assert all({**row, "clock": None} == standings[row["number"]] for row in both), "sums are over all trials"
    assert len(whole.trials) == 20_000
    assert 100 <= len(thin.trials) < 600
    assert [row["number"] for row in thin.trials][:100] == list(range(100))
    assert {row["number"] for row in thin.trials} <= {row["number"] for row in thin.progress}
    assert len(thin.progress) < 900
    assert thin.progress[-1]["number"] == 19_999, "the last trial always has a row of progress"
    assert thin.progress[-1]["spent"] == 20_000


def test_progress_is_dense_then_thin_and_misses_no_improvement() -> None:
    run = collect(BRANIN, RANDOM, 30_000, "evaluations")
    numbers = [row["number"] for row in run.progress]
    assert numbers[: DENSE + 1] == list(range(DENSE + 1))
    assert len(numbers) < DENSE + 200
    assert max(b / a for a, b in pairwise(numbers[DENSE:])) <= 1.02 + 1e-3
    best, improved = float("inf"), []
    for row in run.trials:
        if row["loss"] < best:
            best = row["loss"]
            improved.append(row["number"])
    assert set(improved) <= set(numbers)


@pytest.mark.parametrize("first", [3, 700])
def test_the_first_failure_is_recorded(first: int) -> None:
    """Its reason must not be lost, however few trials are kept."""
    recorder = Recorder(0, noisy=False, reference=0.0, record=10)
    kept = []
    for number in range(900):
        fails = number >= first and number % 2 == first % 2
        loss = None if fails else 1.0
        status = Status.FAILED if fails else Status.DONE
        if recorder.add(Trial(number, number, {"x": 1}, status, loss), None, None, 1):
            kept.append(number)
            assert recorder.telling
    assert kept == sorted({*range(10), first})


@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(-10, 10)), st.integers(1, 9)), min_size=1, max_size=60))
def test_sums_are_those_of_the_trials(outcomes: list[tuple[float | None, int]]) -> None:
    recorder = Recorder(3, noisy=False, reference=-20.0, record=None)
    for number, (loss, fidelity) in enumerate(outcomes):
        status = Status.FAILED if loss is None else Status.DONE
        trial = Trial(number, number, {"x": number}, status, loss, fidelity)
        assert recorder.add(trial, None if loss is None else loss - 1, -30.0 if number % 2 else None, fidelity)
        losses = [loss for loss, _ in outcomes[: number + 1] if loss is not None]
        references = [
            -30.0 if n % 2 else -20.0 for n, (loss, _) in enumerate(outcomes[: number + 1]) if loss is not None
        ]
        run, last, spent, total_fidelity, clock, _, _, count, total, truth, reference = recorder.progress(7, 0.5)
        assert (run, last, spent, clock, count) == (3, number, 7, 0.5, len(losses))
        assert total_fidelity == sum(f for _, f in outcomes[: number + 1])
        assert total == pytest.approx(sum(losses))
        assert truth == pytest.approx(sum(losses) - len(losses))
        assert reference == pytest.approx(sum(references))
    assert recorder.failed_trials == sum(loss is None for loss, _ in outcomes)


def test_the_reference_is_summed_up() -> None:
    stated = replace(COSTLY, reference=replace(COSTLY.reference, loss=-5.0))
    run = collect(stated, RANDOM, 3, "evaluations")
    assert run.progress[-1]["total_reference"] == -15.0
