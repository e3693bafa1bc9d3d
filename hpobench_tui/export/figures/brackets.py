"""The brackets of successive halving and Hyperband: what each rung was to have, and what it has.

A panel a bracket; a bar a rung, as wide as its configurations and labelled with its fidelity: its outline is the plan,
its filling the trials that ended, those that failed in another colour.
"""

from collections.abc import Sequence
from functools import partial

from matplotlib.figure import Figure

from hpobench_tui.analysis import brackets
from hpobench_tui.analysis.brackets import BracketFill
from hpobench_tui.analysis.selection import by_label
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.figures.look import GREY, add_legend, fitting, look, new_figure, plain
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, one_run, sentences
from hpobench_tui.export.figures.wanted import Width
from hpobench_tui.export.material import slugs
from hpobench_tui.store.reader import RunRow

MOST, ACROSS = 15, 5
"""Brackets that are drawn, and how many of them in a row."""
FAILED = "#B22222"


def figures(study: Study) -> Plans:
    """One an optimizer that has any: of its first run on the first problem where it has them."""
    names = slugs(study.labels)
    made = 0
    for label, runs in by_label(study.material.runs).items():
        run = next((run for run in runs if run.trials and (run.plan or run.fidelity is not None)), None)
        if run is None:
            continue
        fills = brackets.fill(run, study.material.source.trials(run.id, columns=brackets.COLUMNS))
        if any(rung.done for fill in fills for rung in fill.rungs):
            made += 1
            yield Plan(f"brackets-{names[label]}", partial(_drawn, study, run, fills))
    if not made:
        raise HpobenchError("no optimizer has brackets.")


def _drawn(study: Study, run: RunRow, fills: Sequence[BracketFill], width: Width) -> Drawn:
    figure = brackets_figure(run, fills, width)
    cycle = fills[0].bracket // len(run.plan) + 1 if run.plan else 1
    of = f"the latest cycle of brackets ({cycle})" if run.plan and cycle > 1 else "the brackets"
    more = f" The first {MOST} of {len(fills)} are shown." if len(fills) > MOST else ""
    said = (
        f"How far {of} of {run.label} on {run.problem}, repetition {run.repetition}, are filled: a bar a rung, as wide"
        " as its configurations; outlines are the plan, fillings the trials that ended."
    )
    return Drawn(figure, sentences(said, more, one_run(study, run.problem)))


def brackets_figure(run: RunRow, fills: Sequence[BracketFill], width: Width) -> Figure:
    """One figure of one run's brackets."""
    shown = list(fills[:MOST])
    columns = min(len(shown), ACROSS if width.text > 5 else 3)
    rows = -(-len(shown) // columns)
    deepest = max(len(fill.rungs) for fill in shown)
    figure = new_figure(width.text, rows * (0.62 + 0.22 * deepest) + 0.35)
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    colour = look(0)["color"]
    for panel, fill in zip(axes, shown, strict=False):
        most = max((max(rung.planned or 0, rung.done) for rung in fill.rungs), default=1)
        for rung in fill.rungs:
            if rung.planned is not None:
                panel.barh(rung.rung, rung.planned, height=0.7, facecolor="none", edgecolor="0.45", linewidth=0.8,
                           label=plain("planned"))  # fmt: skip
            panel.barh(rung.rung, rung.done - rung.failed, height=0.7, color=colour, label=plain("ended"))
            if rung.failed:
                panel.barh(rung.rung, rung.failed, left=rung.done - rung.failed, height=0.7, color=FAILED,
                           label=plain("failed"))  # fmt: skip
            end = max(rung.planned or 0, rung.done)
            of = f"{rung.done}/{rung.planned}" if rung.planned not in (None, rung.done) else f"{rung.done}"
            panel.text(end + 0.03 * most, rung.rung, plain(f"{of} @ {rung.fidelity}"), va="center", fontsize="x-small")
        panel.set_xlim(0, most * 1.7)
        name = f"s = {fill.s}" if fill.s is not None else f"bracket {fill.bracket + 1}"
        panel.set_title(plain(name), fontsize="medium")
    for panel in axes[len(shown) :]:
        panel.set_axis_off()
    first = axes[0]
    first.set_ylim(deepest - 0.4, -0.6)
    first.set_yticks(range(deepest))
    for panel in axes:
        panel.grid(False)
        panel.set_xticks([])
        panel.spines["bottom"].set_visible(False)
        panel.spines["left"].set_color(GREY)
    first.set_ylabel(plain("rung"))
    axes[(rows - 1) * columns].set_xlabel(plain("configurations @ fidelity"), loc="left")
    figure.suptitle(plain(fitting(f"{run.label} on {run.problem}", width.text)), fontsize="medium")
    add_legend(figure)
    return figure
