"""The vertical axis of a curve: a measure's values from a run's rows of progress."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core.equality import ROUND_OFF
from hpobench_tui.core.measure import Measure
from hpobench_tui.store.reader import Floats, ProgressTable


class Pinned(Protocol):
    """What a problem pins: of a run, or a number a row."""

    @property
    def reference(self) -> float | Floats: ...
    @property
    def tolerance(self) -> float | Floats: ...


LARGEST = float(np.finfo(np.float64).max)
BEYOND = f"beyond the range of floats are shown as its limit, {LARGEST:.2g}"

COLUMNS = {
    Measure.SIMPLE: ("incumbent_value",),
    Measure.CUMULATIVE: ("regret", "losses"),
    Measure.PSEUDO: ("pseudo_regret", "losses"),
    Measure.INCUMBENT: ("incumbent_value",),
}
"""What each is worked out from, of a run's rows of progress."""


def values(progress: ProgressTable, measure: Measure, run: Pinned) -> Floats:
    """The measure after each row's trial, shape (n,); one beyond the range of floats is the largest float.

    NaN before the first trial that has a loss. A simple regret below 0 by no more than the problem's tolerance is 0
    (``core.equality``); a truly negative one is kept: it says that the reference is not a lower bound.

    Cumulative regret is T mu* - sum r_t. With losses that are ``constant - reward`` it is the sum of what they exceed
    the comparator's by: the reference loss each time, or what the problem says where it changes from round to round.
    Failed trials have no loss and are left out. Noise can make it negative; pseudo-regret is free of it.

    Args:
        run: Whose rows they are: its problem's reference and tolerance (or one of each a row).
    """
    match measure:
        case Measure.SIMPLE:
            return simple_regret(progress.incumbent_value, run)
        case Measure.CUMULATIVE:
            return np.where(progress.losses > 0, progress.regret, np.nan)
        case Measure.PSEUDO:
            return np.where(progress.losses > 0, progress.pseudo_regret, np.nan)
        case Measure.INCUMBENT:
            return progress.incumbent_value


def found(progress: ProgressTable, run: Pinned) -> NDArray[np.bool_]:
    """Whether the incumbent is as good as the reference (or better) after each row's trial, shape (n,).

    As good: equal by the rule of ``core.equality``. Of a bandit: the best arm.
    """
    value = progress.incumbent_value
    return _regret(value, run) <= _tolerance(value, run)


def simple_regret(value: Floats, run: Pinned) -> Floats:
    """What these losses exceed the reference by, shape (n,), as :func:`values` has it."""
    regret = _regret(value, run)
    return np.where((regret < 0) & (-regret <= _tolerance(value, run)), 0.0, regret)


def _regret(value: Floats, run: Pinned) -> Floats:
    with np.errstate(over="ignore"):
        regret: Floats = np.clip(value - run.reference, -LARGEST, LARGEST)
    return regret


def _tolerance(value: Floats, run: Pinned) -> Floats:
    larger = np.maximum(np.abs(value), np.abs(run.reference))
    tolerance: Floats = np.maximum(run.tolerance, ROUND_OFF * larger)
    return tolerance
