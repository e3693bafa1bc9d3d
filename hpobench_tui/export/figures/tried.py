"""Grid and random search in a picture: what each optimizer tried in two hyperparameters, and on each of them alone.

J. Bergstra, Y. Bengio, "Random search for hyper-parameter optimization", JMLR 13, 2012, figure 1: a grid of n² points
tries n values of each hyperparameter, a random search n².
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hpobench_tui.analysis.selection import by_label
from hpobench_tui.analysis.tried import Tried, columns
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.configuration import from_json
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.figures.look import add_legend, fitting, new_figure, plain
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, one_run, sentences
from hpobench_tui.export.figures.wanted import Width
from hpobench_tui.export.material import slugs
from hpobench_tui.store.reader import RunRow

MOST, TRIALS = 6, 500
"""Optimizers in a figure, and the first trials of each."""
FIRST = ("grid", "random")
"""Shown first, where they are there: the picture is about them."""
ROOM = 0.16
"""Of a panel, for each margin."""


@dataclass(frozen=True, slots=True)
class Points:
    """What one run tried: places of two hyperparameters on their axes, 0 to 1, and losses; each (n,)."""

    label: str
    x: Floats
    y: Floats
    losses: Floats


@dataclass(frozen=True, slots=True)
class Picture:
    """Two hyperparameters, and what each optimizer tried of them."""

    problem: str
    names: tuple[str, str]
    points: tuple[Points, ...]
    repetition: int
    trials: int


def figures(study: Study) -> Plans:
    """One a problem with two hyperparameters that vary."""
    names = slugs(list(study.problems))
    for problem in study.problems:
        try:
            picture = picture_of(study, problem)
        except HpobenchError as error:
            study.skip(f"tried: {problem}", error)
            continue
        yield Plan(f"tried-{names[problem]}", partial(_drawn, study, picture))


def picture_of(study: Study, problem: str) -> Picture:
    """Of the first repetition of each: the two hyperparameters that take the most values.

    Raises:
        HpobenchError: fewer than two vary.
    """
    runs = {label: own[0] for label, own in by_label(study.problems[problem]).items() if own[0].trials}
    order = sorted(runs, key=lambda label: (_first(runs[label]), study.standing.index(label)))[:MOST]
    texts = {label: list(study.material.source.configurations(runs[label].id, TRIALS)) for label in order}
    found = columns([from_json(text) for label in order for text in texts[label]])
    varied = [column for column in found if column.varies and not np.isnan(column.values).any()]
    if len(varied) < 2:
        raise HpobenchError(f"hyperparameters that are always active, and vary: {len(varied)}; it takes two.")
    one, other = sorted(sorted(varied, key=lambda column: bool(column.choices))[:2], key=varied.index)
    x, y, at, points = one.places(), other.places(), 0, []
    for label in order:
        table = study.material.source.trials(runs[label].id, columns=("number", "loss"), limit=len(texts[label]))
        stop = at + len(texts[label])
        points.append(Points(label, x[at:stop], y[at:stop], table.loss[: stop - at]))
        at = stop
    return Picture(
        problem, (_name(one), _name(other)), tuple(points), min(run.repetition for run in runs.values()), TRIALS
    )


def _first(run: RunRow) -> int:
    names = [run.optimizer, run.label]
    return next((place for place, name in enumerate(FIRST) if any(name in own.casefold() for own in names)), len(FIRST))


def _name(column: Tried) -> str:
    return f"{column.name} (log)" if column.log else column.name


def _drawn(study: Study, picture: Picture, width: Width) -> Drawn:
    figure = tried_figure(picture, width)
    one, other = picture.names
    gone = len(study.labels) - len(picture.points)
    said = (
        f"{picture.problem}: what each optimizer tried in {one} and {other} in its first repetition (the first"
        f" {picture.trials} trials at the most), darker where the loss is among the lower of its trials. Ticks on top"
        " and at the right, and the two numbers below, are the distinct values of each hyperparameter alone: a grid of"
        " n² points tries n of them, a random search n²."
    )
    more = f"{gone} more optimizers are not shown." if gone > 0 else ""
    return Drawn(figure, sentences(said, more, one_run(study, picture.problem, each=True)))


def tried_figure(picture: Picture, width: Width) -> Figure:
    """A panel an optimizer."""
    k = len(picture.points)
    columns_ = min(k, max(1, int(width.text / 1.35)), 3 if k in (5, 6) else 4)
    rows = -(-k // columns_)
    across = width.text if columns_ > 1 else width.column
    figure = new_figure(across, rows * (across / columns_ * 0.98) + 0.2)
    room = across / columns_
    for place, points in enumerate(picture.points):
        axes = figure.add_subplot(rows, columns_, place + 1)
        _panel(axes, points)
        distinct = len(np.unique(points.x)), len(np.unique(points.y))
        axes.set_title(plain(fitting(points.label, room)), fontsize="medium")
        note = f"{distinct[0]} × {distinct[1]} values"
        if place % columns_ == 0:
            axes.set_ylabel(plain(fitting(picture.names[1], room)))
        bottom = [fitting(picture.names[0], room)] if place + columns_ >= k else []
        axes.set_xlabel("\n".join(map(plain, [note, *bottom])), fontsize="small")
    figure.suptitle(plain(fitting(picture.problem, across)), fontsize="medium")
    add_legend(figure)
    return figure


def _panel(axes: Axes, points: Points) -> None:
    """A scatter, and the distinct values of each hyperparameter on a margin of its own."""
    losses = np.where(np.isnan(points.losses), np.inf, points.losses)
    ranks = np.argsort(np.argsort(losses, kind="stable"), kind="stable") / max(len(losses) - 1, 1)
    order = np.argsort(-ranks)
    lost = ~np.isfinite(losses)
    axes.scatter(points.x[order], points.y[order], c=ranks[order], cmap="Blues_r", vmin=-0.2, vmax=1.25, s=9,
                 linewidths=0)  # fmt: skip
    if lost.any():
        axes.scatter(points.x[lost], points.y[lost], marker="x", s=9, color="#B22222", linewidths=0.8,
                     label=plain("failed"))  # fmt: skip
    axes.vlines(np.unique(points.x), 1.06, 1.06 + ROOM, color="0.25", linewidth=0.5)
    axes.hlines(np.unique(points.y), 1.06, 1.06 + ROOM, color="0.25", linewidth=0.5)
    axes.set_xlim(-0.05, 1.08 + ROOM)
    axes.set_ylim(-0.05, 1.08 + ROOM)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_aspect("equal")
    axes.plot([-0.05, 1.05, 1.05, -0.05, -0.05], [-0.05, -0.05, 1.05, 1.05, -0.05], color="0.4", linewidth=0.7)
    axes.spines[:].set_visible(False)
