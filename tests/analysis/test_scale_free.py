"""Who wins, who ties, and who found the best does not depend on the scale of the losses, nor on their offset."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import progress_table, run_of
from hpobench_tui.analysis.final import FinalRow, final_table
from hpobench_tui.analysis.ranks import average_ranks
from hpobench_tui.core import Dimensions, HpobenchError, Measure, ProblemInfo, Reference, Trial, TrialStatus
from hpobench_tui.core.equality import equal, tolerance
from hpobench_tui.engine.running.recorder import Recorder

PLAIN = ProblemInfo("toy/plain", "", "engine.toys:none", Dimensions(floats=1), Reference(0.001, "", exact=False))
# no difference of these losses, and no sum of up to six, lies just at it
STATED, RANGED = replace(PLAIN, tolerance=0.000437), replace(PLAIN, loss_range=(0.0, 1.0))
SCALES: dict[str, Callable[[float], float]] = {
    "tiny": lambda loss: loss * 1e-12,
    "huge": lambda loss: loss * 1e12,
    "far below": lambda loss: loss * 2.0**-300,
    "offset": lambda loss: loss + 1e6,
}


def scaled(info: ProblemInfo, by: Callable[[float], float]) -> ProblemInfo:
    """The description of the same problem with other losses."""
    return replace(
        info,
        reference=Reference(by(info.reference.loss), "", exact=False),
        tolerance=None if info.tolerance is None else by(info.tolerance) - by(0.0),
        loss_range=info.loss_range and (by(info.loss_range[0]), by(info.loss_range[1])),
    )


def final(info: ProblemInfo, losses: list[list[list[float]]], measure: Measure) -> list[FinalRow]:
    """The table of runs with these losses: of each optimizer, of each of its runs."""
    runs, ends = [], {}
    for optimizer, repetitions in enumerate(losses):
        for repetition, values in enumerate(repetitions):
            recorder = Recorder(len(runs), False, info.reference.loss, len(values), None)
            for number, loss in enumerate(values):
                recorder.add(Trial(number, number, {}, TrialStatus.DONE, loss), None, None, 1, number + 1, number + 1.0)
            ends[len(runs)] = progress_table(recorder.rows[-1:])
            row = run_of(
                len(runs), label=f"o{optimizer}", repetition=repetition, reference=info.reference.loss,
                tolerance=tolerance(info), trials=len(values),
            )  # fmt: skip
            runs.append(row)
    return final_table(runs, ends, measure)


def verdicts(rows: list[FinalRow]) -> list[tuple[object, ...]]:
    ranks = average_ranks(rows).ranks
    return [(row.label, row.best_in_problem, row.tied_in_problem, row.found, ranks.get(row.label)) for row in rows]


thousandths = st.integers(0, 1000).map(lambda n: n / 1000)
few = st.sampled_from((0.001, 0.0012, 0.1, 0.3, 0.7))
tables = st.integers(1, 6).flatmap(
    lambda length: st.lists(
        st.lists(st.lists(few | thousandths, min_size=length, max_size=length), min_size=2, max_size=2),
        min_size=2, max_size=4,
    )
)  # fmt: skip


@pytest.mark.parametrize("info", [PLAIN, STATED, RANGED], ids=["nothing stated", "a tolerance", "a range"])
@pytest.mark.parametrize("by", SCALES.values(), ids=SCALES)
@given(losses=tables, measure=st.sampled_from(Measure))
def test_the_verdicts_are_those_of_the_plain_problem(
    info: ProblemInfo, by: Callable[[float], float], losses: list[list[list[float]]], measure: Measure
) -> None:
    other = [[[by(loss) for loss in run] for run in runs] for runs in losses]
    if measure is Measure.INCUMBENT and by(0.0):
        return  # an offset is no part of a regret, but it is of a loss
    assert verdicts(final(scaled(info, by), other, measure)) == verdicts(final(info, losses, measure))


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.sampled_from((1e-12, 1e-3, 1.0, 1e9)))
def test_equal_is_the_same_above_and_below(loss: float, apart: float, scale: float) -> None:
    one, other = loss * scale, (loss + apart) * scale
    assert equal(one, other, scale) == equal(other, one, scale)
    assert equal(one, one, 0.0)
    assert equal(-one, -other, scale) == equal(one, other, scale)


def test_small_losses_are_not_zero() -> None:
    """Far from an optimum of 0 on a scale of 1e-12, nobody found it, and the better one wins."""
    info = replace(PLAIN, reference=Reference(0.0, "", exact=False))
    first, second = final(info, [[[3e-12], [4e-12]], [[1e-12], [2e-12]]], Measure.SIMPLE)
    assert (first.found, second.found) == (0.0, 0.0)
    assert (first.best_in_problem, second.best_in_problem) == (False, True)


def test_a_tie_is_nobodys_win() -> None:
    rows = final(PLAIN, [[[0.1]], [[0.1]], [[0.3]]], Measure.SIMPLE)
    assert [row.best_in_problem for row in rows] == [False, False, False]
    assert [row.tied_in_problem for row in rows] == [True, True, False]
    assert average_ranks(rows).ranks == {"o0": 1.5, "o1": 1.5, "o2": 3.0}
    within = final(STATED, [[[0.1]], [[0.1004]], [[0.1006]]], Measure.SIMPLE)
    assert [row.tied_in_problem for row in within] == [True, True, False]


def test_sums_may_differ_by_the_tolerance_of_each_trial() -> None:
    rows = final(STATED, [[[0.1, 0.1]], [[0.1004, 0.1004]], [[0.1, 0.1011]]], Measure.CUMULATIVE)
    assert [row.tied_in_problem for row in rows] == [True, True, False]


@pytest.mark.parametrize("stated", [-1.0, float("nan"), float("inf")])
def test_a_tolerance_is_a_difference(stated: float) -> None:
    with pytest.raises(HpobenchError, match="tolerance must be a difference of losses"):
        replace(PLAIN, tolerance=stated)
