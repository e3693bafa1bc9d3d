"""Bands and anytime tables: which runs count, from where to where, and the numbers."""

import numpy as np
import pytest

from factories import run_of
from hpobench_tui.analysis.anytime import anytime_table, bands
from hpobench_tui.analysis.curve import Curve
from hpobench_tui.core.axis import Axis
from hpobench_tui.store.reader import RunRow


def run(id: int, **columns: object) -> RunRow:
    return run_of(id, repetition=id, **columns)


def curve(*points: tuple[float, float]) -> Curve:
    """That of a run whose trials all have their point."""
    x, y = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    return Curve(x, y, np.arange(1, len(points) + 1))


def test_a_band_is_numpys_quartiles_of_the_sampled_runs() -> None:
    rng = np.random.default_rng(3)
    curves = {i: curve(*enumerate(np.sort(rng.random(10))[::-1], start=1)) for i in range(7)}
    (band,) = bands([run(i) for i in range(7)], curves, Axis.EVALUATIONS)
    index = band.grid.astype(int) - 1
    stack = np.stack([curves[i].y[index] for i in range(7)])
    for got, share in ((band.lower, 25), (band.median, 50), (band.upper, 75)):
        np.testing.assert_allclose(got, np.percentile(stack, share, axis=0))
    assert (band.grid[0], band.grid[-1], len(band.grid), band.runs) == (1, 10, 10, 7)


def test_a_band_begins_where_all_runs_have_a_value_and_finished_runs_stand_at_their_last() -> None:
    curves = {0: curve((1, 8), (4, 2)), 1: curve((2, 6), (10, 4))}
    (band,) = bands([run(0), run(1)], curves, Axis.EVALUATIONS, points=3, log=False)
    assert band.grid.tolist() == [2, 6, 10]
    assert band.median.tolist() == [7, 4, 3]  # (8+6)/2, (2+6)/2, (2+4)/2


def test_while_no_run_has_finished_the_band_ends_at_the_shortest() -> None:
    curves = {0: curve((1, 8), (4, 2)), 1: curve((1, 6), (10, 4)), 2: curve((1, 4), (5, 3))}
    runs = [run(0, status="running"), run(1, status="cancelled"), run(2, status="failed")]
    (band,) = bands(runs, curves, Axis.EVALUATIONS, points=2)
    assert (band.grid.tolist(), band.median.tolist(), band.runs) == ([1, 4], [7, 4], 2)


def test_a_finished_run_puts_the_unfinished_aside() -> None:
    curves = {0: curve((1, 8), (10, 2)), 1: curve((1, 6), (3, 1))}
    (band,) = bands([run(0), run(1, status="running")], curves, Axis.EVALUATIONS, points=2)
    assert (band.grid.tolist(), band.median.tolist(), band.runs) == ([1, 10], [8, 2], 1)


def test_every_label_keeps_its_place_even_without_a_value() -> None:
    runs = [run(0, label="b", status="failed"), run(1, label="a"), run(2, label="c", status="waiting")]
    made = bands(runs, {0: curve((1, 1)), 1: curve((1, 1), (2, 0.5))}, Axis.EVALUATIONS)
    assert [(b.label, b.runs, len(b.grid)) for b in made] == [("b", 0, 0), ("a", 1, 2), ("c", 0, 0)]


def test_one_point_makes_a_band_of_one_point() -> None:
    (band,) = bands([run(0)], {0: curve((3, 5))}, Axis.SECONDS)
    assert (band.grid.tolist(), band.median.tolist()) == ([3], [5])


@pytest.mark.parametrize("first", [0.1, 1 / 3, 0.7, 1e-9, 123.456])
def test_a_log_grid_never_begins_before_the_curves(first: float) -> None:
    (band,) = bands([run(0)], {0: curve((first, 5), (first * 7, 4))}, Axis.SECONDS)
    assert not np.isnan(band.median).any()
    assert (band.grid[0], band.grid[-1]) == (first, first * 7)


def test_where_trials_are_left_out_a_band_keeps_to_the_common_positions() -> None:
    """One run's first loss is at 101, where the other has no row: the band begins at the next position of all runs."""
    late = Curve(np.array([101.0, 102.0, 200.0]), np.array([3.0, 3.0, 1.0]), np.array([101, 102, 200]))
    early = Curve(np.array([1.0, 100.0, 102.0, 200.0]), np.array([9.0, 5.0, 3.0, 1.0]), np.array([1, 100, 102, 200]))
    (band,) = bands([run(0), run(1)], {0: late, 1: early}, Axis.EVALUATIONS)
    assert band.grid[:3].tolist() == [102, 104, 106]
    assert band.grid[-1] == 200


def test_marks_default_to_shares_of_the_budget() -> None:
    budget = {"budget": 80, "quanta_per_unit": 10}
    runs = [run(i, label=label, **budget) for i, label in enumerate("aab")]
    runs.append(run(3, label="b", status="failed", **budget))
    curves = {0: curve((1, 8), (2, 4), (8, 2)), 1: curve((1.5, 6), (4, 5)), 2: curve((1, 9), (4, 3)), 3: curve((1, 0))}
    table = anytime_table("toy/one", runs, curves, Axis.BUDGET)
    assert table.marks == (1, 2, 4, 8)
    a, b = table.rows
    # run 1 has no value at 1; at 2: 4 and 6, at 4: 4 and 5, at 8: 2 and 5
    assert a.medians == (None, 5, 4.5, 3.5)
    assert b.medians == (9, 9, 3, 3)
    assert (a.best, b.best) == ((False, True, False, False), (False, False, True, True))
    assert (a.runs, a.failed, b.runs, b.failed) == (2, 0, 1, 1)


def test_marks_of_other_axes_are_near_shares_of_the_largest_position_and_a_tie_is_no_win() -> None:
    runs = [run(0, label="a"), run(1, label="b"), run(2, problem="toy/two")]
    curves = {0: curve((1, 4), (17, 1)), 1: curve((1, 4), (12, 1)), 2: curve((99, 1))}
    table = anytime_table("toy/one", runs, curves, Axis.SECONDS)
    assert table.marks == (2.0, 4.0, 8.0, 17.0)  # of 2.125, 4.25, 8.5 what is a position, the earlier of two
    assert [row.best for row in table.rows] == [(False, False, False, False)] * 2
    assert [row.tied for row in table.rows] == [(True, True, True, True)] * 2


def test_no_median_beyond_an_unfinished_run() -> None:
    running = run(0, status="running", budget=8)
    table = anytime_table("toy/one", [running], {0: curve((1, 4), (2, 2))}, Axis.BUDGET)
    assert (table.marks, table.rows[0].medians) == ((1, 2, 4, 8), (4, 2, None, None))


@pytest.mark.parametrize(
    ("axis", "columns", "marks"),
    [
        (Axis.EVALUATIONS, {"unit": "evaluations"}, (12.5, 25, 50, 100)),
        (Axis.FIDELITY, {"unit": "evaluations"}, (12.5, 25, 50, 100)),
        (Axis.FIDELITY, {"unit": "full-evaluations", "quanta_per_unit": 9, "fidelity": "epochs"}, (12.5, 25, 50, 100)),
        (Axis.EVALUATIONS, {"unit": "fidelity", "fidelity": "epochs"}, (10, 20, 40, 80)),
    ],
)
def test_axes_that_count_the_budget_are_marked_at_its_shares(axis: Axis, columns: dict, marks: tuple) -> None:
    runs = [run(0, budget=100, **columns)]
    table = anytime_table("toy/one", runs, {0: curve((1, 9), (80, 1))}, axis)
    assert table.marks == marks


def test_without_any_value_there_are_no_marks() -> None:
    table = anytime_table("toy/one", [run(0, status="running")], {}, Axis.SECONDS)
    assert (table.marks, table.rows[0].medians) == ((), ())
