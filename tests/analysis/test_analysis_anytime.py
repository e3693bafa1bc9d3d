"""Bands and anytime tables: which runs count, from where to where, and the numbers."""

import numpy as np
import pytest

from factories import run_row
from hpobench_tui.analysis.anytime import anytime_table, bands
from hpobench_tui.analysis.axis import Axis
from hpobench_tui.analysis.curve import Curve
from hpobench_tui.store.reader import RunRow


def run(id: int, **columns: object) -> RunRow:
    return RunRow(**run_row(id, repetition=id, **columns))


def curve(*points: tuple[float, float]) -> Curve:
    return Curve(np.array([x for x, _ in points], dtype=float), np.array([y for _, y in points], dtype=float))


def test_a_band_is_numpys_quartiles_of_the_sampled_runs() -> None:
    rng = np.random.default_rng(3)
    curves = {i: Curve(np.arange(1.0, 11.0), np.sort(rng.random(10))[::-1].copy()) for i in range(7)}
    (band,) = bands([run(i) for i in range(7)], curves, points=50)
    index = np.floor(np.nextafter(band.grid, np.inf)).astype(int) - 1
    stack = np.stack([curves[i].y[index] for i in range(7)])
    for got, share in ((band.lower, 25), (band.median, 50), (band.upper, 75)):
        np.testing.assert_allclose(got, np.percentile(stack, share, axis=0))
    assert (band.grid[0], band.grid[-1], len(band.grid), band.runs) == (1, 10, 50, 7)


def test_a_band_begins_where_all_runs_have_a_value_and_finished_runs_stand_at_their_last() -> None:
    curves = {0: curve((1, 8), (4, 2)), 1: curve((2, 6), (10, 4))}
    (band,) = bands([run(0), run(1)], curves, points=3, log=False)
    assert band.grid.tolist() == [2, 6, 10]
    assert band.median.tolist() == [7, 4, 3]  # (8+6)/2, (2+6)/2, (2+4)/2


def test_while_no_run_has_finished_the_band_ends_at_the_shortest() -> None:
    curves = {0: curve((1, 8), (4, 2)), 1: curve((1, 6), (10, 4)), 2: curve((1, 4), (5, 3))}
    runs = [run(0, status="running"), run(1, status="cancelled"), run(2, status="failed")]
    (band,) = bands(runs, curves, points=2)
    assert (band.grid.tolist(), band.median.tolist(), band.runs) == ([1, 4], [7, 4], 2)


def test_a_finished_run_puts_the_unfinished_aside() -> None:
    curves = {0: curve((1, 8), (10, 2)), 1: curve((1, 6), (3, 1))}
    (band,) = bands([run(0), run(1, status="running")], curves, points=2)
    assert (band.grid.tolist(), band.median.tolist(), band.runs) == ([1, 10], [8, 2], 1)


def test_every_label_keeps_its_place_even_without_a_value() -> None:
    runs = [run(0, label="b", status="failed"), run(1, label="a"), run(2, label="c", status="waiting")]
    made = bands(runs, {0: curve((1, 1)), 1: curve((1, 1), (2, 0.5))})
    assert [(b.label, b.runs, len(b.grid)) for b in made] == [("b", 0, 0), ("a", 1, 200), ("c", 0, 0)]


def test_one_point_makes_a_band_of_one_point() -> None:
    (band,) = bands([run(0)], {0: curve((3, 5))})
    assert (band.grid.tolist(), band.median.tolist()) == ([3], [5])


@pytest.mark.parametrize("first", [0.1, 1 / 3, 0.7, 1e-9, 123.456])
def test_a_log_grid_never_begins_before_the_curves(first: float) -> None:
    (band,) = bands([run(0)], {0: curve((first, 5), (first * 7, 4))})
    assert not np.isnan(band.median).any()


def test_marks_default_to_shares_of_the_budget() -> None:
    runs = [run(0, label="a"), run(1, label="a"), run(2, label="b"), run(3, label="b", status="failed")]
    runs = [RunRow(**{n: getattr(r, n) for n in RunRow.__dataclass_fields__} | {"budget": 80, "quanta_per_unit": 10})
            for r in runs]  # fmt: skip
    curves = {0: curve((1, 8), (2, 4), (8, 2)), 1: curve((1.5, 6), (4, 5)), 2: curve((1, 9), (4, 3)), 3: curve((1, 0))}
    table = anytime_table("toy/one", runs, curves, Axis.BUDGET)
    assert table.marks == (1, 2, 4, 8)
    a, b = table.rows
    # run 1 has no value at 1; at 2: 4 and 6, at 4: 4 and 5, at 8: 2 and 5
    assert a.medians == (None, 5, 4.5, 3.5)
    assert b.medians == (9, 9, 3, 3)
    assert (a.best, b.best) == ((False, True, False, False), (True, False, True, True))
    assert (a.runs, a.failed, b.runs, b.failed) == (2, 0, 1, 1)


def test_marks_of_other_axes_are_shares_of_the_largest_position_and_ties_are_both_best() -> None:
    runs = [run(0, label="a"), run(1, label="b"), run(2, problem="toy/two")]
    curves = {0: curve((1, 4), (16, 1)), 1: curve((1, 4), (12, 1)), 2: curve((99, 1))}
    table = anytime_table("toy/one", runs, curves, Axis.SECONDS)
    assert table.marks == (2, 4, 8, 16)
    assert [row.best for row in table.rows] == [(True, True, True, True)] * 2


def test_no_median_beyond_an_unfinished_run() -> None:
    table = anytime_table(
        "toy/one", [run(0, status="running")], {0: curve((1, 4), (3, 2))}, Axis.BUDGET, marks=(1, 3, 5)
    )
    assert table.rows[0].medians == (4, 2, None)


def test_without_any_value_there_are_no_marks() -> None:
    table = anytime_table("toy/one", [run(0, status="running")], {}, Axis.SECONDS)
    assert (table.marks, table.rows[0].medians) == ((), ())
