"""The Gaussian in a picture: along one hyperparameter the data, what a model took the loss to be, how sure it was, and
below what trying a value promised.

What a model believed, ``wanted.Wanted.look`` says: a process that repeats the run, which this package does not know.
"""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.figures.look import add_grid, add_legend, fitting, look, new_figure, plain
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, one_run, sentences
from hpobench_tui.export.figures.wanted import Belief, Width

if TYPE_CHECKING:
    from hpobench_tui.store.reader import RunRow

MOST_TRIED = 40
"""Pairs of optimizer and problem that are asked."""
AT = 0.4
"""Of a run's trials, after which its model is looked at, but no more than ``LATEST``."""
LATEST = 12


def figures(study: Study) -> Plans:
    """Of the first optimizer whose model shows what it believed along a number."""
    run, trial, belief = first_belief(study)

    def draw(width: Width) -> Drawn:
        figure = gaussian_figure(f"{run.label} on {run.problem}", belief, width)
        others = len(belief.searched) - 1
        plural = "s" * (others > 1)
        held = f", the other {others} hyperparameter{plural} held at what it asked" if others else ""
        where = ", which lie before or behind this line" if others else ""
        said = (
            f"What {run.label} believed of {run.problem} (repetition {run.repetition}) before its trial {trial}, along"
            f" {belief.axes[0].name}{held}. Line: predicted loss; band: {belief.interval or 'its uncertainty'};"
            f" crosses: the {len(belief.data)} trials told before{where} (not shown far above the band); below:"
            f" {belief.criterion or 'acquisition'}. The dashed line is what it asked."
        )
        return Drawn(figure, sentences(said, one_run(study, run.problem)))

    yield Plan("gaussian", draw)


def first_belief(study: Study) -> "tuple[RunRow, int, Belief]":
    """The run whose model is drawn, before which of its trials, and what it believed; simple problems first.

    Raises:
        HpobenchError: there is none; why.
    """
    if study.wanted.look is None:
        raise HpobenchError("models are asked by repeating runs, which needs `hpobench export`.")
    why = "no optimizer has a model that it shows along a number."
    without: set[str] = set()
    asked: set[tuple[str, str]] = set()
    for run in study.material.runs:
        pair = run.problem, run.label
        if run.optimizer in without or pair in asked or run.trials < 3 or len(asked) >= MOST_TRIED:
            continue
        asked.add(pair)
        trial = max(1, min(int(run.trials * AT), LATEST))
        try:
            belief = study.wanted.look(run.id, trial)
        except HpobenchError as error:
            if "has no model" in str(error):
                without.add(run.optimizer)
            else:
                why = f"{run.label} on {run.problem}: {error}"
            continue
        if _continuous(belief):
            return run, trial, belief
    raise HpobenchError(why)


def _continuous(belief: Belief) -> bool:
    """Whether it says something along a number, and not at single places alone."""
    if belief.middle is None or len(belief.axes) != 1 or not belief.axes[0].numeric:
        return False
    return float(np.isfinite(np.array(belief.middle, dtype=np.float64)).mean()) > 0.5


def gaussian_figure(title: str, belief: Belief, width: Width) -> Figure:
    """Belief above, acquisition below."""
    axis = belief.axes[0]
    x = np.array(axis.values, dtype=np.float64)
    figure = new_figure(width.column, 3.2 if belief.acquisition is not None else 2.4)
    if belief.acquisition is None:
        above, below = figure.add_subplot(), None
    else:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
    colour, other = look(0)["color"], look(1)["color"]
    middle = np.array(belief.middle, dtype=np.float64)
    inside, losses = [middle], np.empty(0)
    if belief.lower is not None and belief.upper is not None:
        low, high = np.array(belief.lower, dtype=np.float64), np.array(belief.upper, dtype=np.float64)
        above.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0, label=plain(belief.interval or "band"))
        inside += [low, high]
    above.plot(x, middle, color=colour, label=plain("model"))
    told = [(values[0], loss) for _, values, loss in belief.data if loss is not None and np.isfinite(loss)]
    if told:
        where, losses = np.array(told, dtype=np.float64).T
        above.plot(where, losses, linestyle="none", marker="x", color="black", markersize=4, label=plain("trials"))
    asked = belief.asked.get(axis.name)
    for panel in filter(None, (above, below)):
        if axis.log:
            panel.set_xscale("log")
        if isinstance(asked, (int, float)):
            panel.axvline(asked, color="0.3", linestyle="--", linewidth=0.9, label=plain("asked"))
        add_grid(panel)
    if below is not None:
        promise = np.array(belief.acquisition, dtype=np.float64)
        below.plot(x, promise, color=other, label=plain(belief.criterion or "acquisition"))
        below.set_ylabel(plain("acquisition"))
    shown = np.concatenate([part[np.isfinite(part)] for part in inside])
    room = 0.25 * (shown.max() - shown.min() or 1.0)
    above.set_ylim(min(float(shown.min()), *losses.tolist(), np.inf) - 0.2 * room, shown.max() + room)
    above.set_ylabel(plain("loss"))
    above.set_title(plain(fitting(title, width.column)))
    (below or above).set_xlabel(plain(axis.name))
    add_legend(figure)
    return figure
