"""Axes, measures and curves against numbers worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import account, history, progress_table, run_of, run_row, store, trial_row
from hpobench_tui.analysis.axis import positions
from hpobench_tui.analysis.curve import Curve, exact, read_curves, run_curve, sample, trials_at
from hpobench_tui.analysis.measure import found, values
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.reader import ProgressTable, RunRow


def run(**columns: object) -> RunRow:
    return run_of(**columns)


@pytest.fixture
def progress(tmp_path: Path) -> ProgressTable:
    """Losses 0.9, -, 0.5, 0.7, 0.4; the second failed. Fidelities 1, 3 (failed), 3, 9, 1."""
    rows = history(0, [None, 0.9, 0.5, 0.7, 0.4])
    for row, fidelity, cost in zip(rows, (3, 1, 3, 9, 1), (3, 1, 2, 6, 1), strict=True):
        row.update(fidelity=fidelity, target=9, cost=cost, clock_end=row["number"] * 2 + 1.5)
    with store(tmp_path, [run_row(trials=5, reference=0.25)], rows) as reader:
        return reader.progress(0)


def test_positions_on_each_axis(progress: ProgressTable) -> None:
    assert positions(progress, Axis.EVALUATIONS).tolist() == [1, 2, 3, 4, 5]
    assert positions(progress, Axis.FIDELITY).tolist() == [3, 4, 7, 16, 17]
    assert positions(progress, Axis.SECONDS).tolist() == [1.5, 3.5, 5.5, 7.5, 9.5]
    assert positions(progress, Axis.BUDGET).tolist() == [3, 4, 6, 12, 13]
    assert positions(progress, Axis.BUDGET, quanta_per_unit=2).tolist() == [1.5, 2, 3, 6, 6.5]


def test_fidelity_of_a_problem_without_one_counts_trials(tmp_path: Path) -> None:
    with store(tmp_path, [run_row()], history(0, [3.0, 2.0, 1.0])) as reader:
        assert positions(reader.progress(0), Axis.FIDELITY).tolist() == [1, 2, 3]


def test_a_failed_trial_without_a_noted_fidelity_counts_as_asked(tmp_path: Path) -> None:
    with store(tmp_path, [run_row()], [trial_row(status="failed", target=4)]) as reader:
        assert positions(reader.progress(0), Axis.FIDELITY).tolist() == [4]


def test_regret_by_hand(progress: ProgressTable) -> None:
    """The incumbent is the best at the highest fidelity so far: 0.9 at 1, 0.5 at 3, 0.7 at 9."""
    np.testing.assert_allclose(values(progress, Measure.SIMPLE, run(reference=0.25)), [np.nan, 0.65, 0.25, 0.45, 0.45])
    np.testing.assert_allclose(values(progress, Measure.INCUMBENT, run(reference=0.25)), [np.nan, 0.9, 0.5, 0.7, 0.7])
    # losses 0.9 + 0.5 + 0.7 + 0.4 = 2.5 over four trials; the failed one is in neither term
    np.testing.assert_allclose(
        values(progress, Measure.CUMULATIVE, run(reference=0.25)), [np.nan, 0.65, 0.9, 1.35, 1.5]
    )


def test_cumulative_regret_is_the_lectures_with_rewards(tmp_path: Path) -> None:
    """Bandit with mu* = 0.8, rewards 1, 0, 0, 1: rho = 4 * 0.8 - 2 = 1.2, where loss = 1 - reward."""
    with store(tmp_path, [run_row(reference=1 - 0.8)], history(0, [0.0, 1.0, 1.0, 0.0])) as reader:
        regret = values(reader.progress(0), Measure.CUMULATIVE, run(reference=1 - 0.8))
    np.testing.assert_allclose(regret, [-0.2, 0.6, 1.4, 1.2])


def test_pseudo_regret_is_free_of_noise(tmp_path: Path) -> None:
    """Arms of means 0.2 (the best), 0.5, 0.2: 0 + 0.3 + 0 + 0.3, whatever the pulls gave; a failed pull is left out."""
    rows = history(0, [1.0, 0.0, None, 0.0, 1.0])
    for row, mean in zip(rows, (0.2, 0.5, None, 0.2, 0.5), strict=True):
        row["truth"] = mean
    with store(tmp_path, [run_row(reference=0.2)], rows) as reader:
        progress = reader.progress(0)
    np.testing.assert_allclose(values(progress, Measure.PSEUDO, run(reference=0.2)), [0, 0.3, 0.3, 0.3, 0.6])
    np.testing.assert_allclose(values(progress, Measure.CUMULATIVE, run(reference=0.2)), [0.8, 0.6, 0.6, 0.4, 1.2])


def test_the_comparator_may_change_from_round_to_round(tmp_path: Path) -> None:
    rows = history(0, [0.5, 0.5, 0.5])
    for row, reference in zip(rows, (0.1, 0.5, None), strict=True):
        row["reference"] = reference  # the run's own, 0.2, where the trial has none
    with store(tmp_path, [run_row(reference=0.2)], rows) as reader:
        np.testing.assert_allclose(values(reader.progress(0), Measure.CUMULATIVE, run(reference=0.2)), [0.4, 0.4, 0.7])


def test_thin_progress_gives_the_same_curve_at_its_rows(tmp_path: Path) -> None:
    trials = history(0, [0.9, 0.8, 0.85, 0.3, 0.7, 0.6, 0.5])
    rows = account(trials)
    with store(tmp_path, [run_row(trials=7)], trials[:1], [rows[i] for i in (0, 3, 6)]) as reader:
        thin = reader.progress(0)
    for measure, expected in (
        (Measure.SIMPLE, [0.9, 0.3, 0.3]),
        (Measure.CUMULATIVE, [0.9, 0.9 + 0.8 + 0.85 + 0.3, 0.9 + 0.8 + 0.85 + 0.3 + 0.7 + 0.6 + 0.5]),
    ):
        curve = run_curve(thin, run(), Axis.EVALUATIONS, measure)
        np.testing.assert_allclose(sample(curve, np.array([1.0, 4.0, 7.0])), expected)


def test_found_is_as_good_as_the_reference_within_the_tolerance(tmp_path: Path) -> None:
    rows = account(history(0, [None, 7.0, 5.0 + 1e-6, 5.0 + 4e-9, 5.0 + 4e-15, 4.0]))
    with store(tmp_path, [run_row()], [], rows) as reader:
        progress = reader.progress(0)
    assert found(progress, run(reference=5.0)).tolist() == [False, False, False, False, True, True]
    assert found(progress, run(reference=5.0, tolerance=5e-9)).tolist() == [False, False, False, True, True, True]


@given(st.floats(-1e3, 1e3), st.floats(1e-6, 1e3), st.sampled_from((1e-12, 1.0, 1e12)))
def test_the_tolerance_is_the_same_above_and_below_and_has_no_scale(loss: float, gap: float, scale: float) -> None:
    """Half of it away is equal, twice it is not: a regret below 0 is then told, one above is not found."""
    reference, tolerance, stated = loss * scale, gap * scale, run(reference=loss * scale, tolerance=gap * scale)
    inside, outside = ([reference + side * share * tolerance for side in (1, -1)] for share in (0.5, 2.0))
    table = progress_of([*inside, *outside])
    assert found(table, stated).tolist() == [True, True, False, True]  # better than the reference is as good, too
    above, below, far_above, far_below = values(table, Measure.SIMPLE, stated)
    assert (above > 0, below, far_above > 0, far_below < 0) == (True, 0.0, True, True)


def progress_of(incumbents: list[float]) -> ProgressTable:
    return progress_table(
        [(0, n, n + 1, n + 1, n + 1.0, n, value, n + 1, 0.0, 0.0) for n, value in enumerate(incumbents)]
    )


@pytest.mark.parametrize("axis", Axis)
@pytest.mark.parametrize("measure", Measure)
def test_curves_read_from_a_store_are_those_of_whole_tables(tmp_path: Path, axis: Axis, measure: Measure) -> None:
    """Only the columns that axis and measure need are read."""
    rows = history(0, [0.9, None, 0.4, 0.6])
    with store(tmp_path, [run_row(reference=0.1, quanta_per_unit=2)], rows) as reader:
        (row,) = reader.runs()
        read, whole = read_curves(reader, [row], axis, measure)[0], run_curve(reader.progress(0), row, axis, measure)
    assert (read.x.tolist(), read.y.tolist()) == (whole.x.tolist(), whole.y.tolist())
    assert len(read) > 1


def test_only_round_off_is_clipped(tmp_path: Path) -> None:
    rows = [row | {"incumbent_value": v} for row, v in zip(
        account(history(0, [1.0] * 3)), (100.0 - 5e-14, 100.0 - 1e-12, 99.0), strict=True)]  # fmt: skip
    with store(tmp_path, [run_row()], [], rows) as reader:
        regret = values(reader.progress(0), Measure.SIMPLE, run(reference=100.0))
    assert regret[0] == 0.0
    np.testing.assert_allclose(regret[1:], [-1e-12, -1.0], rtol=1e-1)


def test_a_run_curve_begins_with_the_first_loss(progress: ProgressTable) -> None:
    curve = run_curve(progress, run(), Axis.EVALUATIONS, Measure.INCUMBENT)
    assert curve.x.tolist() == [2, 3, 4, 5]
    assert curve.y.tolist() == [0.9, 0.5, 0.7, 0.7]
    assert curve.trials.tolist() == [2, 3, 4, 5]


def test_regrets_near_the_limits_of_floats_stay_floats() -> None:
    largest = float(np.finfo(np.float64).max)
    table = progress_of([largest, -largest, 1e300])
    for reference in (largest, -largest, 0.0, 1.0):
        assert np.isfinite(values(table, Measure.SIMPLE, run(reference=reference))).all()


def test_a_curve_knows_where_it_is_exact() -> None:
    """Trials 1, 2, 3, then 6 and 9: in between others may have changed it."""
    curve = Curve(np.array([1.0, 2.0, 3.0, 6.0, 9.0]), np.arange(5.0), np.array([1, 2, 3, 6, 9]))
    at = np.array([0.5, 1.0, 2.5, 3.0, 5.0, 6.0, 8.0, 9.0, 99.0])
    assert exact(curve, at).tolist() == [False, True, True, False, False, False, False, True, True]
    assert trials_at(curve, at).tolist() == [0, 1, 2, 3, 3, 6, 6, 9, 9]


def test_a_run_without_a_loss_has_an_empty_curve(tmp_path: Path) -> None:
    with store(tmp_path, [run_row()], history(0, [None, None])) as reader:
        curve = run_curve(reader.progress(0), run(), Axis.EVALUATIONS, Measure.SIMPLE)
        nothing = run_curve(reader.progress(7), run(), Axis.BUDGET, Measure.CUMULATIVE)
    assert len(curve) == len(nothing) == 0
    assert np.isnan(sample(curve, np.array([1.0, 2.0]))).all()


def test_sampling_by_hand() -> None:
    curve = Curve(np.array([1.0, 2.0, 2.0, 5.0]), np.array([9.0, 7.0, 6.0, 4.0]), np.arange(4))
    sampled = sample(curve, np.array([0.5, 1.0, 1.9, 2.0, 4.9, 5.0, 99.0]))
    np.testing.assert_array_equal(sampled, [np.nan, 9, 9, 6, 6, 4, 4])


points = st.lists(st.tuples(st.integers(0, 50), st.floats(-1e6, 1e6)), min_size=1, max_size=30)


@given(points, st.lists(st.floats(-5, 60), min_size=1, max_size=30))
def test_sampling_is_the_last_point_not_after(pairs: list[tuple[int, float]], grid: list[float]) -> None:
    pairs.sort(key=lambda pair: pair[0])
    curve = Curve(np.array([x for x, _ in pairs], dtype=float), np.array([y for _, y in pairs]), np.arange(len(pairs)))
    for at, got in zip(grid, sample(curve, np.array(grid)), strict=True):
        before = [y for x, y in pairs if x <= at]
        assert (got == before[-1]) if before else np.isnan(got)
