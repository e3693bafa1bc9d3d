"""Parallel coordinates: an axis a hyperparameter, a line a trial; the best in colour over the others in grey."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection

from hpobench_tui.analysis.importance.evidence import Evidence
from hpobench_tui.analysis.tried import Tried, columns
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.figures.look import across, fitting, look, new_figure, plain
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, sentences
from hpobench_tui.export.figures.wanted import Width
from hpobench_tui.export.material import slugs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GREYS, BEST, MOST_BEST = 300, 0.05, 100
"""Trials in grey; of all, the share in colour, and how many these are at most."""
AXES = 12
"""Hyperparameters at the most: the first ones that vary."""


def figures(study: Study) -> Plans:
    """One a problem with two hyperparameters that vary."""
    names = slugs(list(study.problems))
    for problem in study.problems:
        try:
            evidence = study.evidence(problem)
            axes = coordinates(evidence)
        except HpobenchError as error:
            study.skip(f"parallel: {problem}", error)
            continue
        yield Plan(f"parallel-{names[problem]}", partial(_drawn, study, problem, evidence, axes))


def coordinates(evidence: Evidence) -> list[Tried]:
    """The hyperparameters that vary.

    Raises:
        HpobenchError: fewer than two do.
    """
    found = [column for column in columns(evidence.configurations) if column.varies]
    if len(found) < 2:
        raise HpobenchError(f"hyperparameters that vary in its trials: {len(found)}; it takes two.")
    return found


def _drawn(study: Study, problem: str, evidence: Evidence, axes: Sequence[Tried], width: Width) -> Drawn:
    figure = new_figure(width.text, 2.5)
    draw_parallel(figure.add_subplot(), problem, evidence, axes)
    left = len(axes) - AXES
    said = (
        f"{problem}: trials through their hyperparameters, axes from the least to the largest value tried; in colour"
        f" the {best_of(evidence)} best, the best of all in a colour of its own. {_sentence(evidence.notes)}"
    )
    more = f"{left} more hyperparameters are not shown." if left > 0 else ""
    return Drawn(figure, sentences(said, more, study.protocol(problem)))


def best_of(evidence: Evidence) -> int:
    """How many trials are in colour."""
    return min(MOST_BEST, max(1, int(BEST * len(evidence.losses))))


def _sentence(notes: Sequence[str]) -> str:
    return " ".join(f"{note[:1].upper()}{note[1:]}." for note in notes)


def draw_parallel(axes: "Axes", problem: str, evidence: Evidence, found: Sequence[Tried]) -> None:
    """Draw them on axes."""
    shown = list(found[:AXES])
    values = np.stack([column.places() for column in shown], axis=1)
    order = np.argsort(evidence.losses, kind="stable")
    best, others = order[: best_of(evidence)], np.sort(order[best_of(evidence) :])
    others = others[np.linspace(0, len(others) - 1, min(GREYS, len(others))).astype(np.intp)] if len(others) else others
    place = np.arange(len(shown), dtype=np.float64)
    for rows, style in (
        (others, {"color": "0.8", "linewidth": 0.4}),
        (best[:0:-1], {"color": look(4)["color"], "linewidth": 0.7, "alpha": 0.8}),
        (best[:1], {"color": look(1)["color"], "linewidth": 1.6}),
    ):
        lines = [np.column_stack([place, row])[~np.isnan(row)] for row in values[rows]]
        axes.add_collection(LineCollection([line for line in lines if len(line) > 1], **style))
    room = across(axes) / max(len(shown), 1)
    for x, column in zip(place.tolist(), shown, strict=True):
        axes.axvline(x, color="0.3", linewidth=0.8, zorder=0.5)
        low, high = _ends(column)
        axes.text(x, -0.03, plain(fitting(low, room)), ha="center", va="top", fontsize="x-small")
        axes.text(x, 1.03, plain(fitting(high, room)), ha="center", va="bottom", fontsize="x-small")
    names = [fitting(f"{column.name} (log)" if column.log else column.name, room) for column in shown]
    axes.set_xticks(place, [plain(name) for name in names])
    axes.tick_params(axis="x", length=0, pad=12)
    axes.set_yticks([])
    axes.set_xlim(-0.35, len(shown) - 0.65)
    axes.set_ylim(-0.02, 1.02)
    axes.spines[:].set_visible(False)
    title = f"{problem}: {len(best)} best of {len(order)} trials"
    axes.set_title(plain(fitting(title, across(axes))), pad=14)


def _ends(column: Tried) -> tuple[str, str]:
    if column.choices:
        known = column.known
        return column.choices[int(known.min())], column.choices[int(known.max())]
    return f"{column.known.min():.3g}", f"{column.known.max():.3g}"
