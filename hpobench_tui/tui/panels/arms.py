"""What a lecturer shows of a bandit: beliefs of the arms before a pull, pulls by and by, regret against ln t."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hpobench_tui.core.configuration import Configuration, key_of
from hpobench_tui.core.text import in_line
from hpobench_tui.engine.front.looks import Bounds, Pulls
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.beliefs import BoundsReading, PullsReading
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.panels.stepping import STEPPING, trial_before
from hpobench_tui.tui.widgets.bars import Bar, Bars
from hpobench_tui.tui.widgets.chart import Chart, Series
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.words import Words

COLOURED = 8
"""Arms with a line of their own colour; the others are grey."""


class ArmsPanel(Panel):
    """Three pictures of one run: ``d`` goes from one to the next."""

    DEFAULT_CSS = """
    ArmsPanel, ArmsPanel.-small { height: 3fr; }
    ArmsPanel #arms-words { height: auto; padding: 0 1; }
    """

    name, side, words = "arms", "right", "arms of a bandit"
    help = """\
Beliefs: what the policy took each arm to lose before a pull, with its confidence bounds or 5-95 % of its posterior.
Pulls: how many each arm has had; a good policy's lines part, that of the best arm rises, the others grow like ln t.
Regret: on the logarithmic axis the Lai-Robbins bound is straight; no policy stays less steep on every such problem."""
    BINDINGS: ClassVar[list[BindingType]] = [
        *STEPPING,
        Binding("d", "picture", "Beliefs/pulls/regret", tooltip="Beliefs of the arms, their pulls, or the regret"),
    ]
    PICTURES: ClassVar[tuple[str, ...]] = ("beliefs", "pulls", "regret")

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._picture = 0
        self._view: View | None = None

    def compose(self) -> ComposeResult:
        yield Words(id="arms-words")
        yield Bars(id="arms-beliefs")
        yield Chart(id="arms-pulls")
        yield Chart(id="arms-regret")

    def fits(self, view: View) -> bool:
        """Equal configurations have other losses, and there is nothing to train: what bandits are."""
        run = view.run_row
        return run is None or (run.noisy and run.fidelity is None)

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        run, trial = view.run_row, trial_before(view)
        if run is None or trial is None:
            return ()
        pulls = view.feed.get(PullsReading, run.id)
        return (pulls, view.feed.get(BoundsReading, run.id, trial)) if self._picture == 0 else (pulls,)

    def refill(self, view: View, force: bool = False) -> None:
        self._view = view
        super().refill(view, force)

    def show(self, view: View) -> None:
        readings = self.wants(view)
        self.entitle(f"{self.name}: {self.PICTURES[self._picture]}")
        if not readings:
            return self.say("no pull yet")
        pulls = view.feed.get(PullsReading, readings[0].key[0]).picture
        waits = next((reading.words for reading in readings if reading.picture is None), "")
        match self._picture:
            case 0 if (found := readings[1].picture) is not None:
                self._show_beliefs(found, pulls)
            case 1 if pulls is not None:
                self._show_pulls(pulls)
            case 2 if pulls is not None:
                self._show_regret(pulls, view)
            case _:
                self.entitle(f"{self.name}: {self.PICTURES[self._picture]}", waits)

    def say(self, reason: str) -> None:
        self.query_one(Bars).show([], hint=reason or "the run is repeated up to there")
        self._only("arms-beliefs", "")

    def _only(self, name: str, words: str) -> None:
        """Show this part and no other; the focus stays in the panel."""
        had = self.has_focus_within
        self.query_one(Words).say(words)
        for widget in self.query("Chart, Bars"):
            widget.display = widget.id == name
            if had and widget.display and not widget.has_focus:
                widget.focus()

    def _show_beliefs(self, found: Bounds, pulls: Pulls | None) -> None:
        losses = None if pulls is None else pulls.losses
        known = {} if pulls is None or losses is None else dict(zip(map(key_of, pulls.arms), losses, strict=True))
        criterion = f"in brackets: {found.criterion}" if found.criterion else found.note
        truth = "true: what a pull loses on average" if known else ""
        self.query_one(Bars).show(list(beliefs(found, known)), hint="no arm was pulled yet")
        self.entitle(f"{self.name} before pull {found.trial}", "bar: loss")
        self._only("arms-beliefs", "; ".join(filter(None, (found.interval, criterion, truth))))

    def _show_pulls(self, pulls: Pulls) -> None:
        chart = self.query_one("#arms-pulls", Chart)
        chart.show(list(pull_lines(pulls)), None, "no pull yet")
        self.entitle(f"{self.name}: pulls", f"x: pulls, {chart.x_scale}; y: of each arm, {chart.y_scale}")
        self._only("arms-pulls", part_words(pulls))

    def _show_regret(self, pulls: Pulls, view: View) -> None:
        chart = self.query_one("#arms-regret", Chart)
        chart.y_log = False
        label = view.label or "run"
        chart.show(list(regret_lines(pulls, label, view.feed.look(label))), None, "no pull yet")
        self.entitle(f"{self.name}: pseudo-regret", f"x: pulls, {chart.x_scale}; y: {chart.y_scale}")
        words = (
            "the problem does not say how its arms are distributed: no Lai-Robbins bound"
            if pulls.slope is None
            else f"Lai-Robbins bound: {number(pulls.slope)} ln t, as t grows, of policies good on all such problems"
        )
        self._only("arms-regret", words)

    def action_picture(self) -> None:
        self._picture = (self._picture + 1) % len(self.PICTURES)
        if self._view is not None:
            self.refill(self._view, force=True)
            self.post_message(Panel.Look(self._view))

    def action_step(self, step: int) -> None:
        view = self._view
        if view is not None and view.run_row is not None and (now := trial_before(view)) is not None:
            trial = min(max(now + step, 0), view.run_row.trials - 1)
            self.post_message(Panel.Look(view.but(trial=trial)))


def named(arm: Configuration) -> str:
    """An arm by its value, or its values with their names."""
    if len(arm) == 1:
        return in_line(str(next(iter(arm.values()))))
    return ", ".join(f"{in_line(name)}={in_line(str(value))}" for name, value in arm.items())


def beliefs(found: Bounds, truths: "dict[Any, float]") -> Iterator[Bar]:
    """A bar an arm: its loss as it was taken to be, with bounds; how often it was pulled, and what it really loses."""
    asked = key_of(found.asked)
    for place, arm in enumerate(found.arms):
        middle, lower, upper = (
            math.nan if part is None else part[place] for part in (found.middle, found.lower, found.upper)
        )
        parts = [number(middle) if math.isfinite(middle) else "-", f"n={found.pulls[place]}"]
        if found.acquisition is not None and math.isfinite(found.acquisition[place]):
            parts.insert(1, f"[{number(found.acquisition[place])}]")
        if math.isfinite(truth := truths.get(key_of(arm), math.nan)):
            parts.append(f"true {number(truth)}")
        pulled = " (pulled)" if key_of(arm) == asked else ""
        yield Bar(f"{named(arm)}{pulled}", middle, lower, upper, place, " ".join(parts))


def pull_lines(pulls: Pulls) -> Iterator[Series]:
    """A line an arm; those that were pulled most are in colour."""
    x = np.array(pulls.positions, dtype=float)
    most = sorted(range(len(pulls.arms)), key=lambda arm: -pulls.pulls[arm][-1] if pulls.positions else 0)
    coloured = most[:COLOURED]
    for arm in sorted(range(len(pulls.arms)), key=lambda arm: arm not in coloured):
        y = np.array(pulls.pulls[arm], dtype=float)
        loss = math.nan if pulls.losses is None else pulls.losses[arm]
        note = f"true loss {number(loss)}" if math.isfinite(loss) else ""
        yield Series(named(pulls.arms[arm]), x, y, arm, "line", note=note, grey=arm not in coloured)
    if pulls.others:
        yield Series(f"{pulls.others} others", x, np.array(pulls.rest, dtype=float), len(pulls.arms), "line", grey=True)


def regret_lines(pulls: Pulls, label: str, look: int) -> Iterator[Series]:
    """The run's regret and the bound."""
    t, regret = (np.array(part, dtype=float) for part in pulls.regret)
    yield Series(label, t, regret, look, "line")
    if pulls.slope is not None and len(t):
        bound = pulls.slope * np.log(np.maximum(t, 1.0))
        yield Series("Lai-Robbins bound", t, bound, look + 1, "line", note=f"slope {number(pulls.slope)}")


def part_words(pulls: Pulls) -> str:
    """What of it is not there."""
    if pulls.recorded < pulls.trials:
        return f"{pulls.recorded:,} of {pulls.trials:,} pulls are recorded; counted at {len(pulls.positions)} of those"
    return f"counted after {len(pulls.positions)} of {pulls.trials:,} pulls"
