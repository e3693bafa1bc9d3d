"""Learning curves of a run, those that were stopped marked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from textual.app import ComposeResult

from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.learning import Learning, Training, Trainings
from hpobench_tui.tui.feed.story import Story, rows_until, trials_until
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.widgets.chart import Chart, Series

MOST = 60
"""Curves that are drawn: of more no single one could be followed."""
BEST, LATEST = 20, 20
_BEST_LOOK, _STOPPED_LOOK, _CURSOR_LOOK = 0, 1, 2


class CurvesPanel(Panel):
    """Loss over fidelity of the run's trainings."""

    DEFAULT_CSS = "CurvesPanel, CurvesPanel.-small { height: 3fr; }"

    name, side, words = "curves", "right", "learning curves"
    help = """\
A line is a training: its loss at each fidelity that was reported; trials that continue each other are one line.
Dots are where one was stopped early: pruned, or not promoted. The best one and the cursor's trial are in colour.
Where lines cross late, stopping early loses good ones; where they do not, it saves a lot."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._of: tuple[object, ...] = ()
        self._begun = 0
        self._chosen: list[Training] = []

    def compose(self) -> ComposeResult:
        yield Chart(id=self.name)

    def fits(self, view: View) -> bool:
        run = view.run_row
        return run is None or run.fidelity is not None

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        run = view.run_row
        return (
            () if run is None or run.fidelity is None else [view.feed.get(kind, run.id) for kind in (Learning, Story)]
        )

    def show(self, view: View) -> None:
        run = view.run_row
        if run is None or run.fidelity is None:
            return self.say("this problem has no fidelity: a trial has one loss, no curve")
        picture, progress = view.feed.get(Learning, run.id).picture, view.feed.get(Story, run.id).picture
        if picture is None or progress is None:
            return self.say("")
        until = trials_until(run, progress, view.at)
        rows = rows_until(run, progress, view.at)
        best = picture.of.get(int(progress.incumbent[rows - 1])) if rows else None
        cursor = picture.of.get(view.trial) if view.trial is not None else None
        if (picture, until, rows) != self._of:  # a cursor that moves is no reason to choose anew
            begun = [t for t in picture.every if until is None or t.first < until]
            self._of, self._begun, self._chosen = (picture, until, rows), len(begun), chosen(begun, best)
        shown = self._chosen
        if cursor is not None and cursor not in shown and (until is None or cursor.first < until):
            shown = [*shown, cursor]
        more = ""
        if len(shown) < self._begun:
            more = f"{len(shown)} of {self._begun}: the best, the latest and some others; "
        if picture.read < run.trials:
            more += f"of the first {picture.read} trials; "
        self.entitle(f"learning curves: {run.label}, seed {run.repetition}", f"{more}x: {run.fidelity}; y: loss")
        self.query_one(Chart).show(list(curves(picture, shown, best, cursor, until)), None, "no curve yet")

    def say(self, reason: str) -> None:
        self.query_one(Chart).show([], hint=reason)


def chosen(trainings: Sequence[Training], best: Training | None) -> list[Training]:
    """At most :data:`MOST`: the lowest of those that came furthest, the latest, and others evenly; in order."""
    if len(trainings) <= MOST:
        return list(trainings)
    ranked = sorted(range(len(trainings)), key=lambda i: (-trainings[i].reached, trainings[i].loss))
    kept = {*ranked[:BEST], *range(len(trainings) - LATEST, len(trainings))}
    kept |= {i for i, training in enumerate(trainings) if training is best}
    rest = [i for i in range(len(trainings)) if i not in kept]
    kept |= {rest[int(i)] for i in np.linspace(0, len(rest) - 1, max(MOST - len(kept), 0))}
    return [trainings[i] for i in sorted(kept)]


def curves(
    picture: Trainings, shown: Sequence[Training], best: Training | None, cursor: Training | None, until: int | None
) -> "list[Series]":
    """The series of a chart."""
    series, ends = [], []
    for training in shown:
        x, y = training.until(until)
        if not len(x):
            continue
        named = training is best or training is cursor
        name = f"trial {training.trials[-1]}{', the best' if training is best else ''}"
        look = _CURSOR_LOOK if training is cursor and training is not best else _BEST_LOOK
        series.append(
            Series(name if named else f"#{training.first}", x, y, look if named else 0, "line", grey=not named)
        )
        if picture.stopped(training) or x[-1] < picture.highest:
            ends.append((x[-1], y[-1]))
    series.sort(key=lambda one: one.grey)
    if ends:
        at = np.array(ends)
        series.insert(sum(not one.grey for one in series),
                      Series("stopped", at[:, 0], at[:, 1], _STOPPED_LOOK, "points", note=f"{len(ends)}"))  # fmt: skip
    return series
