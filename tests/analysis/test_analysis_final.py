"""Final tables and ranks."""

import numpy as np
import pytest
from scipy.stats import quantile_test

from factories import progress_table, run_of
from hpobench_tui.analysis.equality import ranked
from hpobench_tui.analysis.final import FinalRow, final_table
from hpobench_tui.analysis.quantiles import median_interval
from hpobench_tui.analysis.ranks import average_ranks
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.reader import ProgressTable, RunRow


def run(id: int, **columns: object) -> RunRow:
    return run_of(id, repetition=id, **columns)


def ending(value: float, cumulative: float = 0.0) -> ProgressTable:
    """Two rows, the last with this incumbent's loss and regrets."""
    first, last = (0, 0, 1, 1, 1.0, 0, value + 1, 1, 0.0, 0.0), (0, 4, 5, 5, 5.0, 4, value, 5, cumulative, cumulative)
    return progress_table([first, last])


def test_medians_quartiles_and_the_best() -> None:
    runs = [run(i, optimizer_seconds=0.02 * (i + 1)) for i in range(4)] + [run(4, label="tpe", optimizer="tpe")]
    curves = {i: ending(v) for i, v in enumerate((1.0, 2.0, 4.0, 8.0, 2.5))}
    random, tpe = final_table(runs, curves)
    assert (random.median, random.lower, random.upper, random.mean) == (3.0, 1.75, 5.0, 3.75)
    assert (random.best_in_problem, tpe.best_in_problem) == (False, True)
    assert random.optimizer_ms == pytest.approx(5.0)  # ms; median of 2, 4, 6, 8
    assert (random.runs, random.finished, random.failed, random.trials, random.spent) == (4, 4, 0, 10, 1.0)
    assert (random.note, tpe.optimizer) == (None, "tpe")


def test_failed_runs_are_left_out_of_the_numbers_and_named() -> None:
    runs = [
        run(0),
        run(1, status="failed", error="RuntimeError: boom\nmore", spent=5, trials=5),
        run(2, status="failed"),
    ]
    (row,) = final_table(runs, {0: ending(3.0), 1: ending(0.0)})
    assert (row.median, row.failed, row.finished, row.runs) == (3.0, 2, 1, 3)
    assert row.note == "2 of 3 runs failed: RuntimeError: boom"
    assert row.spent == pytest.approx(25 / 30)


def test_failed_trials_are_named_with_their_reason() -> None:
    (row,) = final_table([run(0, failed_trials=2)], {0: ending(1.0)}, errors={0: "ValueError: no good."})
    assert (row.failed_trials, row.note) == (2, "2 of 10 trials failed: ValueError: no good")


def test_who_is_alone_has_not_won() -> None:
    (row,) = final_table([run(0)], {0: ending(1.0)})
    assert (row.best_in_problem, row.tied_in_problem) == (False, False)


def test_unfinished_runs_give_values_so_far_but_are_never_best() -> None:
    runs = [
        run(0),
        run(1, status="running"),
        run(2, label="live", status="running", spent=5),
        run(3, label="w", status="waiting"),
        run(4, label="worse"),
    ]
    random, live, waiting, _ = final_table(runs, {0: ending(3.0), 1: ending(0.0), 2: ending(1.0), 4: ending(4.0)})
    assert (random.median, random.best_in_problem, random.note) == (3.0, True, "1 of 2 runs unfinished")
    assert (live.median, live.best_in_problem, live.note) == (1.0, False, "no run has finished: values so far")
    assert (waiting.median, waiting.trials, waiting.best_in_problem, waiting.note) == (None, None, False, None)


def test_a_finished_run_without_a_loss_is_named() -> None:
    (row,) = final_table([run(0, failed_trials=10)], {})
    assert (row.median, row.best_in_problem) == (None, False)
    assert row.note is not None
    assert "10 of 10 trials failed" in row.note
    assert "1 of 1 runs ended without a value: no trial has a loss" in row.note


@pytest.mark.parametrize(
    ("scores", "ranks"), [([3, 1, 2], [3, 1, 2]), ([1, 1, 2], [1.5, 1.5, 3]), ([5, 5, 5, 0], [3, 3, 3, 1])]
)
def test_ranks_with_ties(scores: list[float], ranks: list[float]) -> None:
    assert ranked(np.array(scores, dtype=float)).tolist() == ranks


def table(medians: dict[str, dict[str, float]]) -> list[FinalRow]:
    runs, curves = [], {}
    for problem, by_label in medians.items():
        for label, value in by_label.items():
            curves[len(runs)] = ending(value)
            runs.append(run(len(runs), problem=problem, label=label))
    return final_table(runs, curves)


def test_average_ranks_over_common_problems() -> None:
    rows = table(
        {
            "t/1": {"a": 1.0, "b": 2.0, "c": 3.0},
            "t/2": {"a": 5.0, "b": 1.0, "c": 1.0},
            "t/3": {"a": 0.0, "b": 9.0},  # c is missing: left out
        }
    )
    ranking = average_ranks(rows)
    assert ranking.ranks == {"a": 2.0, "b": 1.75, "c": 2.25}
    assert ranking.extent == "over 2 of 3 problems"


def test_who_was_run_on_few_problems_does_not_shrink_the_ranking() -> None:
    """Two labels on four problems weigh more than three on one."""
    few = {f"t/{i}": {"a": 1.0, "b": 2.0} for i in range(3)}
    ranking = average_ranks(table({**few, "t/3": {"a": 3.0, "b": 2.0, "halving": 1.0}}))
    assert ranking.ranks == {"a": 1.25, "b": 1.75}
    assert ranking.extent == "over 4 of 4 problems; not ranked: halving"


def test_no_common_problem_no_ranks() -> None:
    assert not average_ranks(table({"t/1": {"a": 1.0}, "t/2": {"b": 1.0}}))
    assert not average_ranks([])


def test_the_probability_of_the_best_arm_is_the_share_of_counted_runs() -> None:
    runs = [run(i, reference=0.3, tolerance=1e-9) for i in range(5)]
    runs[4] = run(4, reference=0.3, tolerance=1e-9, status="failed", error="x")
    ends = {i: ending(v, 9.0) for i, v in enumerate((0.3, 0.3 + 1e-10, 0.4, 0.5, 0.3))}
    for measure in Measure:  # whatever is shown
        (row,) = final_table(runs, ends, measure)
        assert row.found == 0.5
    assert final_table([run(0, status="waiting", trials=0)], {})[0].found is None


def test_cumulative_measures_are_those_of_the_last_row() -> None:
    (row,) = final_table([run(0)], {0: ending(0.5, 7.0)}, Measure.CUMULATIVE)
    assert (row.measure, row.median) == (Measure.CUMULATIVE, 7.0)


def test_values_so_far_are_not_ranked_where_only_runs_without_a_value_have_finished() -> None:
    runs = [run(0), run(1, status="running"), run(2, label="b"), run(3, label="c")]
    rows = final_table(runs, {1: ending(1.0), 2: ending(2.0), 3: ending(3.0)})
    assert (rows[0].median, rows[0].provisional, rows[0].best_in_problem) == (1.0, True, False)
    assert "no run with a value has finished: values so far" in str(rows[0].note)
    assert average_ranks(rows).ranks == {"b": 1.0, "c": 2.0}


@pytest.mark.parametrize("n", [2, 5, 6, 10, 11, 30, 101])
def test_the_interval_of_a_median_is_scipys(n: int) -> None:
    """Where so many values allow the level at all."""
    values = np.random.default_rng(n).normal(size=n)
    found = median_interval(values.tolist())
    assert found is not None
    other = quantile_test(values, q=0, p=0.5).confidence_interval(0.95)
    if n > 5:
        assert (found.low, found.high) == (other.low, other.high)
        assert found.level >= 0.95
    else:
        assert (found.low, found.high, found.level) == (values.min(), values.max(), 1 - 2.0 ** (1 - n))
    assert median_interval([1.0]) is None
