"""Learning curves of a foreign table, arrays (N, S, L): where trainings failed, gaps, seconds, and what is missing."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.tabulation.models import Floats
from hpobench_tui.tabulation.twin import rising

MOST_SECONDS = 1e12
"""Of a training: 30,000 years."""


class Twice(StrEnum):
    """What rows of one configuration, seed and fidelity are."""

    SEEDS = "seeds"
    MEAN = "mean"
    LAST = "last"


class Short(StrEnum):
    """What becomes of trainings that end before the full fidelity."""

    HOLD = "hold"
    DROP = "drop"
    FAIL = "fail"


@dataclass(frozen=True)
class Choices:
    """How rows are read.

    Attributes:
        twice: None: ``seeds`` without a column of seeds, refused with one.
        each: Seconds are those of each row, not from the start.
        from_scratch: Each fidelity was trained anew.
        drop: Rows that lack something are left out.
    """

    twice: Twice | None = None
    short: Short = Short.HOLD
    each: bool = False
    from_scratch: bool = False
    drop: bool = False


def failures(
    losses: Floats, there: NDArray[np.bool_], trained: NDArray[np.bool_], choices: Choices, notes: list[str]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The level that each training did not reach (-1: none) and why (1: no loss, 2: it ends)."""
    given = ~np.isnan(losses)
    after = np.where(given.any(2), losses.shape[2] - given[:, :, ::-1].argmax(2), 0)  # the first level without a loss
    said = np.where(there.any(2), losses.shape[2] - there[:, :, ::-1].argmax(2), 0)
    broken = trained & (said > after)
    short = trained & (said == after) & (after < losses.shape[2])
    failed_at = np.full(trained.shape, -1, dtype=np.int32)
    reason = np.zeros(trained.shape, dtype=np.int32)
    failed_at[broken], reason[broken] = after[broken], 1
    if choices.short is Short.FAIL:
        failed_at[short], reason[short] = after[short], 2
    if count := int(broken.sum()):
        notes.append(
            f"{count} of {trained.sum()} trainings have no loss at their end: they failed (--drop-missing leaves such"
            " rows out)"
        )
    if count := int(short.sum()):
        become = {Short.HOLD: "keep their last loss", Short.DROP: "are left out", Short.FAIL: "fail there"}
        notes.append(f"{count} of {trained.sum()} trainings end before the full fidelity and {become[choices.short]}")
    return failed_at, reason


def fill_curves(
    losses: Floats,
    levels: NDArray[np.int64],
    failed_at: NDArray[np.int32],
    trained: NDArray[np.bool_],
    notes: list[str],
) -> None:
    """Close the gaps of learning curves in place, up to where a training failed."""
    count = losses.shape[2]
    ends = np.where(failed_at >= 0, failed_at, count)
    holes = np.isnan(losses) & (np.arange(count) < ends[:, :, None]) & trained[:, :, None]
    inner = 0
    for i, k in np.argwhere(holes.any(2)):
        curve = losses[i, k, : ends[i, k]].copy()
        given = np.flatnonzero(~np.isnan(curve))
        losses[i, k, : ends[i, k]] = np.interp(levels[: ends[i, k]], levels[given], curve[given])
        inner += bool(np.isnan(curve[: given[-1]]).any())
    if inner:
        notes.append(f"{inner} learning curves have gaps; there the loss lies on the line between its neighbours")


def seconds_of(
    spent: Floats | None, losses: Floats, levels: NDArray[np.int64], trained: NDArray[np.bool_], choices: Choices
) -> Floats:
    """Cumulative seconds, rising, at all levels."""
    if spent is None:
        return np.broadcast_to(levels.astype(float), losses.shape).copy()
    if (spent < 0.0).any():
        raise HpobenchError("seconds must not be negative.")
    if (spent > MOST_SECONDS).any():
        raise HpobenchError(f"seconds must be {MOST_SECONDS:g} at most, and are {np.nanmax(spent):g}.")
    stepwise = not choices.from_scratch
    if stepwise and not choices.each:
        previous = np.fmax.accumulate(np.where(np.isnan(spent), -np.inf, spent), axis=2)[:, :, :-1]
        if (spent[:, :, 1:] < previous).any():
            raise HpobenchError(
                "the seconds of a training fall from one fidelity to the next. Say --seconds-each if they are those of"
                " each row alone, or --from-scratch if each fidelity was trained anew."
            )
    general = means_over(spent, axis=(0, 1))
    if np.isnan(general).any():
        known = np.flatnonzero(~np.isnan(general))
        general = np.interp(levels, levels[known], general[known]) if len(known) else levels.astype(float)
    holes = np.isnan(spent) & trained[:, :, None]
    for i, k in np.argwhere(holes.any(2)):
        curve = spent[i, k]
        given = np.flatnonzero(~np.isnan(curve))
        if choices.each:
            curve[np.isnan(curve)] = curve[given].mean() if len(given) else general[np.isnan(curve)]
        elif len(given):
            spent[i, k] = np.interp(levels, [0, *levels[given]], [0.0, *curve[given]])
        else:
            spent[i, k] = general
    return rising(np.cumsum(spent, axis=2) if choices.each and stepwise else spent, stepwise)


def means_over(values: Floats, axis: tuple[int, ...]) -> Floats:
    """Means of what is there; NaN where nothing is."""
    given = ~np.isnan(values)
    count = given.sum(axis)
    means: Floats = np.where(count > 0, np.where(given, values, 0.0).sum(axis) / np.maximum(count, 1), np.nan)
    return means


def stand_ins(
    trained: NDArray[np.bool_], failed_at: NDArray[np.int32], reason: NDArray[np.int32], notes: list[str]
) -> NDArray[np.int32] | None:
    """For each configuration and seed the training to show: itself, or another of that configuration in turn."""
    if trained.all():
        return None
    count = trained.sum(1)
    order = np.argsort(~trained, axis=1, kind="stable")  # those that are there first
    own = np.broadcast_to(np.arange(trained.shape[1]), trained.shape)
    stand_in = np.where(trained, own, np.take_along_axis(order, own % count[:, None], 1)).astype(np.int32)
    rows = np.arange(len(trained))[:, None]
    failed_at[...], reason[...] = failed_at[rows, stand_in], reason[rows, stand_in]
    notes.append(f"{int((~trained).sum())} trainings of {trained.size} are not there; others of the same stand in")
    return stand_in
