"""By what factor one label is faster than a chosen reference: "up to a factor of 30", and at which budget.

With m_R and m_A the medians over runs of the reference and of the label at common marks, for each mark b at which m_R
reaches a value that it had not reached before,

    s(b) = b / min {b' : m_A(b') <= m_R(b)}

what the reference reaches for b units, the label reaches for b / s(b). Only marks where the reference *first* reaches a
value count: at the end of a plateau the factor would grow with nobody doing anything. Equal by the problem's tolerance
is reached. Where the label never gets there with what it spent, s(b) is 0: not reached. ``best`` is the largest s(b),
``at`` its b.

The interval of ``best`` resamples the repetitions that both were run with, together (they have the problem's seeds in
common), and takes the largest factor of each resample. As a largest of many it is biased upward, and so is its
interval: read the whole curve. None where it is not defined: ``note`` says why.

How to read it: best = 30 at b = 900 says: what the reference needs 900 units for, the label has after 30. ``last`` is
the same for all that the reference reaches in the end, ``reached`` the share of the marks at which the label got there.
Below 1 the label is the slower one. It compares two labels, so it is no normalised number. Positions are at most 1/32
apart (``core.progress``), so a factor is exact to about 3 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.analysis.performance.anytime_stats import Samples, median_of
from hpobench_tui.analysis.performance.resample import LEVEL, Estimate, interval, resamples
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.equality import ROUND_OFF
from hpobench_tui.core.errors import HpobenchError

_AT_ONCE = 2_000_000
"""Numbers that are sorted together."""
DRAWS = 200
"""Each of them is a largest factor over all marks, which takes a search of its own."""


@dataclass(frozen=True, slots=True)
class SpeedUp:
    """How much faster ``label`` is than ``reference`` on one problem.

    Attributes:
        budgets: The marks at which the reference's median reaches a new value, (k,).
        factors: s there; 0 where the label does not get there.
        best: The largest with its interval; its value is None where there is none, n the repetitions of both.
        at: The budget of the largest.
        last: s at the last of ``budgets``; None where there is none.
        reached: Share of ``budgets`` at which the label gets there, 0 to 1.
        note: Why there is no number, or what it lacks.
    """

    problem: str
    label: str
    reference: str
    budgets: Floats
    factors: Floats
    best: Estimate
    at: float | None
    last: float | None
    reached: float
    note: str | None = None


def speed_ups(samples: Sequence[Samples], reference: str, level: float = LEVEL, draws: int = DRAWS) -> list[SpeedUp]:
    """Of each other label of ONE problem, in their order.

    Args:
        samples: Of all labels, at the same marks.

    Raises:
        HpobenchError: the reference is not among them.
    """
    base = next((one for one in samples if one.label == reference), None)
    if base is None:
        known = ", ".join(one.label for one in samples)
        raise HpobenchError(f"no runs of {reference!r} to be faster than; there are {known or 'none'}.")
    drawn: dict[bytes, Floats] = {}  # the reference's resamples by which repetitions they are of
    return [_speed_up(one, base, level, draws, drawn) for one in samples if one is not base]


def _speed_up(one: Samples, base: Samples, level: float, draws: int, drawn_base: dict[bytes, Floats]) -> SpeedUp:
    common, mine, theirs = np.intersect1d(one.repetitions, base.repetitions, return_indices=True)
    paired = len(common) > 0
    ours, others = (one.values[mine], base.values[theirs]) if paired else (one.values, base.values)
    n = min(len(ours), len(others))
    nothing = Estimate(None, None, None, n, level)
    if not n or not len(base.marks):
        return SpeedUp(one.problem, one.label, base.label, *2 * (np.empty(0),), nothing, None, None, 0.0, "no runs")
    factors, fresh = _factors(_descent(ours[None]), _descent(others[None]), base.marks, one.tolerance)
    chosen = fresh[0]
    budgets, found = base.marks[chosen], factors[0, chosen]
    if not chosen.any():
        note = f"half of the runs of {base.label} have no value at any mark"
        return SpeedUp(one.problem, one.label, base.label, budgets, found, nothing, None, None, 0.0, note)
    reached = float(np.mean(found > 0))
    if not reached:
        note = f"{one.label} reaches nothing that {base.label} does"
        return SpeedUp(one.problem, one.label, base.label, budgets, found, nothing, None, 0.0, 0.0, note)
    low = high = None
    if n > 1:
        here = resamples(len(ours), draws)
        there = here if paired else resamples(len(others), draws, seed=1)
        key = theirs.tobytes() if paired else b"all"
        if key not in drawn_base:
            drawn_base[key] = _resampled(others, there)
        drawn, marked = _factors(_resampled(ours, here), drawn_base[key], base.marks, one.tolerance)
        low, high = map(float, interval(np.where(marked, drawn, 0.0).max(axis=1), level))
    place = int(np.argmax(found))
    lacking = None if paired else "no repetitions in common: taken as independent"
    return SpeedUp(
        one.problem, one.label, base.label, budgets, found,
        Estimate(float(found[place]), low, high, n, level), float(budgets[place]), float(found[-1]), reached, lacking,
    )  # fmt: skip


def _descent(values: Floats) -> Floats:
    """Lowest medians so far, (draws, m), of values (draws, r, m)."""
    return np.minimum.accumulate(np.array([median_of(each) for each in values]), axis=1)


def _resampled(values: Floats, positions: NDArray[np.int64]) -> Floats:
    n, by_mark = values.shape[0], np.ascontiguousarray(values.T)
    chunk = max(1, _AT_ONCE // positions.size)
    medians = []
    for begin in range(0, len(by_mark), chunk):
        drawn = np.sort(by_mark[begin : begin + chunk, positions], axis=-1)  # (marks, draws, r)
        medians.append(drawn[..., (n - 1) // 2] / 2 + drawn[..., n // 2] / 2)
    lowest: Floats = np.minimum.accumulate(np.concatenate(medians).T, axis=1)
    return lowest


def _factors(ours: Floats, others: Floats, marks: Floats, tolerance: float) -> tuple[Floats, NDArray[np.bool_]]:
    """s at each mark, (draws, m), and whether the other reaches something new there."""
    new = np.isfinite(others)
    new[:, 1:] &= others[:, 1:] < others[:, :-1]
    slack = np.maximum(tolerance, ROUND_OFF * np.abs(np.where(new, others, 0.0)))
    aim = np.where(new, others + slack, -np.inf)
    first = np.array([np.searchsorted(-own, -wanted) for own, wanted in zip(ours, aim, strict=True)])
    factors = marks / np.append(marks, np.inf)[first]
    return np.where(new, factors, 0.0), new
