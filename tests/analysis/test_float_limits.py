"""Losses of any size: tables and curves have numbers for them, without overflow or NaN, and leave others alone."""

import sys
import warnings
from collections.abc import Iterator
from sys import float_info

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import progress_table, run_of
from hpobench_tui.analysis.anytime import anytime_table, bands
from hpobench_tui.analysis.curve import run_curve
from hpobench_tui.analysis.final import final_table
from hpobench_tui.analysis.landmarks import known
from hpobench_tui.analysis.quantiles import mean, quartiles
from hpobench_tui.analysis.ranks import average_ranks
from hpobench_tui.analysis.scores import Scores
from hpobench_tui.analysis.statistics.groups import winner_group, winner_group_over
from hpobench_tui.core import Landmark, Measure, Trial, TrialStatus
from hpobench_tui.core.axis import Axis
from hpobench_tui.engine.running.recorder import Recorder
from hpobench_tui.store.reader import ProgressTable

extreme = st.sampled_from((float_info.max, -float_info.max, 1e300, -1e300, 1e-300, 5e-324, 0.0, 1.0))
anything = extreme | st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@given(st.lists(anything, min_size=1, max_size=9))
def test_quartiles_and_means_lie_among_the_values(values: list[float]) -> None:
    low, high = min(values), max(values)
    lower, median, upper = (float(q) for q in quartiles(np.array(values)))
    assert low <= lower <= median <= upper <= high
    assert low - abs(low) * 1e-12 <= mean(values) <= high + abs(high) * 1e-12


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_they_are_numpys_where_nothing_can_overflow(values: list[float]) -> None:
    assert [float(q) for q in quartiles(np.array(values))] == np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    assert mean(values) == np.mean(values)


def progress_of(losses: list[float], run: int, reference: float) -> ProgressTable:
    recorder = Recorder(run, False, reference, len(losses), None)
    rows = []
    for number, loss in enumerate(losses):
        recorder.add(Trial(number, number, {"x": 0}, TrialStatus.DONE, loss), None, None, 1, number + 1, number + 1.0)
        rows += recorder.rows
    return progress_table(rows)


@given(st.lists(st.lists(anything, min_size=3, max_size=3), min_size=4, max_size=4), anything, st.sampled_from(Measure))
def test_tables_and_bands_of_any_losses_are_numbers(
    losses: list[list[float]], reference: float, measure: Measure
) -> None:
    plain = [[3.0, 2.0, 1.0], [4.0, 2.0, 2.0]]
    runs, progress = [], {}
    for problem, each, known_best in (("toy/wild", losses, reference), ("toy/plain", plain, 0.5)):
        for i, values in enumerate(each):
            number = len(runs)
            row = run_of(
                number, problem=problem, label="ab"[i % 2], repetition=i // 2, reference=known_best, budget=3, trials=3
            )
            runs.append(row)
            progress[number] = progress_of(values, number, known_best)
    ends = {number: rows.rows(slice(-1, None)) for number, rows in progress.items()}
    table = final_table(runs, ends, measure)
    for row in table:
        assert all(np.isfinite([row.median, row.lower, row.upper, row.mean]))
    assert set(average_ranks(table).ranks) == {"a", "b"}
    assert [row for row in table if row.problem == "toy/plain"] == final_table(runs[4:], ends, measure)
    curves = {run.id: run_curve(progress[run.id], run, Axis.BUDGET, measure) for run in runs}
    for row in anytime_table("toy/wild", runs, curves, Axis.BUDGET, measure).rows:
        assert all(median is None or np.isfinite(median) for median in row.medians)
    for band in bands(runs[:4], curves, Axis.BUDGET):
        assert np.isfinite([band.lower, band.median, band.upper]).all()
    for mark in known(runs, {"toy/wild": [Landmark("m", float_info.max, "")]}, measure).get("toy/wild", []):
        assert np.isfinite(mark.value)


def test_a_sum_beyond_floats_is_told() -> None:
    run = run_of(0, trials=2, measure=Measure.CUMULATIVE)
    end = progress_of([float_info.max, float_info.max], 0, 0.0)
    (row,) = final_table([run], {0: end})
    assert row.median == float_info.max
    assert row.note == "values beyond the range of floats are shown as its limit, 1.8e+308"


def test_large_values_cost_small_ones_nothing() -> None:
    """Neither those beside them nor those elsewhere on the curves, where a quarter of them would be 0."""
    largest = sys.float_info.max
    curves = [
        np.array([largest, 5e-324, -largest]),
        np.array([largest, 5e-324, largest]),
        np.array([largest, 1e-323, 5e-324]),
    ]
    assert quartiles(curves)[1].tolist() == [largest, 5e-324, 5e-324]
    assert quartiles([*curves, curves[2]])[1].tolist() == [largest, 1e-323, 5e-324]


def test_medians_of_even_counts_near_the_limit_are_finite_and_infinite_ones_stay() -> None:
    values = np.array([[[1e308, 1.7e308], [1.5e308, 1.5e308], [-1e308, -1.5e308], [1.0, np.inf], [np.nan, 3.0]]])
    seeds = np.zeros((1, 2), dtype=np.int64)
    made = Scores(("toy/one",), tuple("abcde"), (0, 1), values, np.zeros(1), (Measure.SIMPLE,), seeds, 0, 0)
    assert made.medians()[0].tolist() == [1.35e308, 1.5e308, -1.25e308, np.inf, 3.0]
    assert winner_group(values[0, [1, 0]]).best == 1
    assert winner_group_over(values[:, [1, 0]]).best == 1
