"""Which runs count, what is kept of their curves, and hitting times."""

import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from factories import history, run_of, run_row, store
from hpobench_tui.analysis.curve import Curve
from hpobench_tui.analysis.performance.area import aocc_of
from hpobench_tui.analysis.performance.counting import marks, read_pairs, steps, stream
from hpobench_tui.analysis.performance.hits import first_hits, hits_of
from hpobench_tui.analysis.performance.thinking import thinking, with_cost, without
from hpobench_tui.core import HpobenchError, Measure
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.progress import positions
from hpobench_tui.core.records import TrialTable
from hpobench_tui.store.reader import RunRow
from performance_data import by_pair, curve, hit, random_runs, value_at


def test_hits_are_the_first_positions_within_each_target() -> None:
    runs = random_runs(np.random.default_rng(5))
    pairs = read_pairs(runs)
    for pair, (key, curves) in zip(pairs, by_pair(runs), strict=True):
        assert (pair.problem, pair.label) == key
        expected = [[hit(own, target) for target in pair.targets] for own in curves]
        assert hits_of(pair).first.tolist() == expected


def test_a_value_that_lasts_for_no_length_is_no_hit_and_one_that_is_lost_again_is() -> None:
    at_once = curve((1, 5.0), (2, 0.1), (2, 3.0), (4, 0.5), (6, 2.0))
    kept = steps(at_once)
    assert (kept.x.tolist(), kept.y.tolist()) == ([1, 2, 4, 6], [5.0, 3.0, 0.5, 2.0])
    assert first_hits(kept, (4.0, 0.5, 0.1)).tolist() == [2.0, 4.0, np.inf]


@pytest.mark.parametrize("seed", range(5))
def test_steps_are_the_same_function_as_the_curve(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.sort(rng.integers(1, 60, 80)).astype(float)
    own = curve(*zip(x, rng.integers(0, 4, 80), strict=True))
    kept = steps(own)
    for at in np.arange(0.5, 70, 0.5):
        below = kept.x <= at
        assert (kept.y[below][-1] if below.any() else np.inf) == value_at(own, at)


def test_no_curve_outlives_its_turn() -> None:
    """A store's 43,200 curves of 500 rows would take 500 MB."""
    alive: list[weakref.ref[np.ndarray]] = []

    def one_by_one() -> Iterator[tuple[RunRow, Curve]]:
        for k in range(20):
            assert sum(reference() is not None for reference in alive) <= 1
            y = np.repeat(np.linspace(1.0, 0.1, 10), 50)
            alive.append(weakref.ref(y))
            yield run_of(k, repetition=k), Curve(np.arange(1.0, 501.0), y, np.arange(1, 501))
            del y

    (pair,) = read_pairs(one_by_one())
    assert [len(own.x) for own in pair.curves] == [10] * 20


def test_an_empty_curve_hits_nothing_and_counts_with_what_it_spent() -> None:
    (pair,) = read_pairs([(run_of(0, spent=7, trials=7, status="failed"), curve())])
    made = hits_of(pair)
    assert np.isinf(made.first).all()
    assert (made.spent.tolist(), made.n, made.failed) == ([7.0], 1, 1)


def test_failed_and_unfinished_runs_count_with_what_they_spent_or_are_out() -> None:
    runs = [
        (run_of(0, repetition=0), curve((1, 0.5), (10, 0.5))),
        (run_of(1, repetition=1, status="failed", spent=4, trials=4), curve((1, 9.0), (3, 0.5), (4, 0.5))),
        (run_of(2, repetition=2, status="running", spent=6, trials=6), curve((1, 9.0), (5, 9.0))),
        (run_of(3, repetition=3, status="waiting", spent=0, trials=0), curve()),
    ]
    targets = {"toy/one": [1.0]}
    (pair,) = read_pairs(runs, targets=targets)
    assert hits_of(pair).first.ravel().tolist() == [1.0, 3.0, np.inf]
    assert pair.spent.tolist() == [10, 4, 6]
    assert (pair.n, pair.failed, pair.unfinished, pair.out) == (3, 1, 1, 1)
    (pair,) = read_pairs(runs, targets=targets, failed="out")
    assert (pair.repetitions.tolist(), pair.failed, pair.unfinished, pair.out) == ([0, 2], 0, 1, 2)
    (pair,) = read_pairs(runs, targets=targets, failed="out", unfinished="out")
    assert (pair.repetitions.tolist(), pair.failed, pair.unfinished, pair.out) == ([0], 0, 0, 3)


def test_pairs_without_a_run_that_counts_are_left_out() -> None:
    assert read_pairs([(run_of(0, status="waiting", spent=0, trials=0), curve())]) == []
    assert read_pairs([]) == []


def test_other_names_of_a_problem_are_that_problem() -> None:
    runs = [(run_of(k, problem=name), curve((1, 0.5))) for k, name in enumerate(("toy/one", "toy/also", "toy/two"))]
    pairs = read_pairs(runs, same_as={"toy/also": "toy/one"})
    assert [(pair.problem, pair.n) for pair in pairs] == [("toy/one", 2), ("toy/two", 1)]


def test_axes_say_what_was_spent_and_granted() -> None:
    run = run_of(0, unit="fidelity", budget=90, spent=81, trials=9, fidelity="epochs", clock=3.5)
    own = curve((9, 0.5), (81, 0.5))
    granted = {axis: read_pairs([(run, own)], axis)[0].granted for axis in Axis}
    assert granted == {Axis.BUDGET: 90, Axis.EVALUATIONS: None, Axis.FIDELITY: 90, Axis.SECONDS: None}
    empty = {axis: read_pairs([(run, curve())], axis)[0].spent.item() for axis in Axis}
    assert empty == {Axis.BUDGET: 81, Axis.EVALUATIONS: 9, Axis.FIDELITY: 81, Axis.SECONDS: 3.5}
    quanta = run_of(0, unit="seconds", budget=10**9, quanta_per_unit=10**9, spent=5 * 10**8)
    assert read_pairs([(quanta, curve())])[0].spent.tolist() == [0.5]


def test_other_budgets_of_somebody_else_change_nothing_silently() -> None:
    """A label that was granted more must not stretch the others' areas."""
    runs = [(run_of(0), curve((1, 1.0))), (run_of(1, label="b", budget=99), curve((1, 1.0)))]
    assert [pair.granted for pair in read_pairs(runs)] == [None, None]
    with pytest.raises(HpobenchError, match="runs of toy/one were not granted one and the same budget in budget: say"):
        aocc_of(read_pairs(runs)[0])


def test_runs_are_read_from_a_store_one_by_one(tmp_path: Path) -> None:
    rows = [run_row(0, measure="pseudo-regret"), run_row(1, label="b", reference=0.25)]
    with store(tmp_path, rows, [*history(0, [3.0, 1.0, 2.0]), *history(1, [3.0, 0.5])]) as reader:
        pairs = read_pairs(stream(reader, reader.runs()))
        sums = read_pairs(stream(reader, reader.runs(), measure=Measure.PSEUDO), measure=Measure.PSEUDO)
    assert [[own.y.tolist() for own in pair.curves] for pair in pairs] == [[[3.0, 1.0]], [[2.75, 0.25]]]
    assert [own.y.tolist() for own in sums[0].curves] == [[3.0, 4.0, 6.0]]


def test_budgets_of_other_units_are_not_compared() -> None:
    runs = [(run_of(0), curve((1, 1.0))), (run_of(1, label="b", unit="seconds"), curve((1, 1.0)))]
    with pytest.raises(HpobenchError, match="budgets of toy/one are in evaluations and seconds"):
        read_pairs(runs)
    assert len(read_pairs(runs, Axis.EVALUATIONS)) == 2


def test_sums_of_regret_have_no_hits() -> None:
    (pair,) = read_pairs([(run_of(0), curve((1, 1.0)))], measure=Measure.PSEUDO)
    for refused in (hits_of, aocc_of):
        with pytest.raises(HpobenchError, match="simple regret, but the curves of toy/one are of pseudo-regret"):
            refused(pair)


def test_marks_are_common_positions_up_to_the_budget() -> None:
    (pair,) = read_pairs([(run_of(0, budget=1000), curve((1, 1.0)))])
    made = marks(pair, 20)
    assert made[-1] == 1000
    assert len(made) <= 20
    assert set(made[:-1]) <= set(positions(1, 1000))
    (seconds,) = read_pairs([(run_of(0, budget=1000), curve((1, 1.0)))], Axis.SECONDS)
    with pytest.raises(HpobenchError, match="say up to where marks go"):
        marks(seconds)
    assert marks(seconds, high=8.0)[-1] == 8.0


def trial_table(asks: list[float]) -> TrialTable:
    return TrialTable(
        number=np.arange(len(asks)), ask_seconds=np.array(asks), tell_seconds=np.full(len(asks), 0.5)
    )  # fmt: skip


def test_thinking_is_summed_up_where_all_trials_are_there_and_shared_out_else() -> None:
    run = run_of(0, trials=4, optimizer_seconds=10.0)
    assert thinking(run, trial_table([0.5, 1.5, 2.5, 3.5])).tolist() == [0, 1, 3, 6, 10]
    assert thinking(run, trial_table([0.5])).tolist() == thinking(run).tolist() == [0, 2.5, 5, 7.5, 10]


def test_seconds_with_and_without_the_optimizers_own() -> None:
    own, seconds = curve((1, 5.0), (2, 4.0), (3, 3.0)), np.array([0.0, 1.0, 3.0, 6.0])
    assert with_cost(own, seconds, 10.0).x.tolist() == [11, 23, 36]
    assert with_cost(own, seconds, 10.0, counted=False).x.tolist() == [10, 20, 30]
    clock = curve((2.0, 5.0), (5.0, 4.0), (9.0, 3.0))
    assert without(clock, seconds).x.tolist() == [1, 2, 3]
