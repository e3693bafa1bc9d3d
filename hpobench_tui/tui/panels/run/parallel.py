"""A run's trials as lines through its hyperparameters."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from textual.app import ComposeResult

from hpobench_tui.core.columns import Floats
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.story import Story, trials_until
from hpobench_tui.tui.feed.trials import Numbers, Trials
from hpobench_tui.tui.feed.values import Column, Values
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.widgets.parallel import Dimension, Parallel

BEST, OTHERS = 5, 400
"""Trials that are looked at: of a hundred thousand lines nobody sees one."""
_DECADES = 1e3
"""Positive values that are further apart than this lie on a logarithmic axis: the store does not say which do."""


class ParallelPanel(Panel):
    """The best trials in colour."""

    DEFAULT_CSS = "ParallelPanel, ParallelPanel.-small { height: 3fr; }"

    name, side, words = "parallel", "left", "parallel coordinates"
    help = """\
Each upright axis is a hyperparameter, each line a trial; it breaks where one was not active. The best are in colour.
Where coloured lines meet, that value matters, or the optimizer has settled on it; where they spread it hardly does.
Axes go from the least to the largest value that was tried; left and right show more of them."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._of: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield Parallel(id=self.name)

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        return () if view.run_row is None else [view.feed.get(kind, view.run) for kind in (Trials, Values, Story)]

    def show(self, view: View) -> None:
        run, feed = view.run_row, view.feed
        if run is None:
            return self.say("there is no such run")
        every, values = feed.get(Trials, run.id).picture, feed.get(Values, run.id).picture
        progress = feed.get(Story, run.id).picture
        if every is None or values is None or progress is None:
            return self.say("")
        until = trials_until(run, progress, view.at)
        if (every, values, until) == self._of:
            return  # only the cursor has moved
        self._of = every, values, until
        numbers = every.before(until)
        count = min(len(numbers), values.count)
        losses = compared(numbers)[:count]
        places = looked_at(losses)
        columns = [column.values[places] for column in values.columns]
        matrix = np.stack(columns, axis=1) if columns else np.empty((len(places), 0))
        only = f"of the first {count} trials" if count < min(len(numbers), run.trials) else f"{count} trials"
        self.entitle(f"parallel coordinates: {run.label}, seed {run.repetition}", only)
        dimensions = [dimension(column, count) for column in values.columns]
        self.query_one(Parallel).show(dimensions, matrix, losses[places], BEST, "no trial yet")

    def say(self, reason: str) -> None:
        self._of = ()
        self.query_one(Parallel).show([], np.empty((0, 0)), np.empty(0), hint=reason)


def compared(numbers: Numbers) -> Floats:
    """What the best are chosen by, shape (n,): noise-free where known; lower fidelities are never best."""
    losses = numbers.loss if numbers.truth is None else np.where(np.isnan(numbers.truth), numbers.loss, numbers.truth)
    if numbers.fidelity is None or not len(numbers):
        return losses
    there = numbers.fidelity[~np.isnan(losses)]
    return np.where(numbers.fidelity < (there.max() if len(there) else 0), np.inf, losses)


def looked_at(losses: Floats) -> NDArray[np.intp]:
    """The places of the best trials and of others evenly between them, ascending."""
    known = np.flatnonzero(np.isfinite(losses))
    best = known[np.argsort(losses[known], kind="stable")[: 4 * BEST]]
    return np.union1d(best, np.linspace(0, len(losses) - 1, min(OTHERS, len(losses))).astype(np.intp))


def dimension(column: Column, count: int) -> Dimension:
    """The axis of a hyperparameter, over what the run tried."""
    if column.choices:
        return Dimension(column.name, choices=column.choices)
    known = column.values[:count][~np.isnan(column.values[:count])]
    if not len(known):
        return Dimension(column.name)
    low, high = float(known.min()), float(known.max())
    return Dimension(column.name, low, high, log=low > 0 and high / low >= _DECADES)
