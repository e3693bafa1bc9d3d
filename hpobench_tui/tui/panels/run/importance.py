"""Which hyperparameters matter on the run's problem, asked for by showing the panel."""

from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult

from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.matters import Importance, Matters
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.widgets.bars import Bar, Bars

LEAST_SHARE = 0.005
"""Of a pair, to be shown."""


class ImportancePanel(Panel):
    """Bars of shares with their intervals."""

    DEFAULT_CSS = "ImportancePanel, ImportancePanel.-small { height: 2fr; }"

    name, side = "importance", "right"
    help = """\
How much each hyperparameter tells about who is among the best trials of all runs of this problem: shares of 1, with
95 % intervals. A share whose interval reaches 0 is not known to matter. Below, what pairs explain beyond both alone.
It is about where the optimizers looked: what all of them soon got right is not important there (condPED-ANOVA)."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._waiting: Matters | None = None

    def compose(self) -> ComposeResult:
        yield Bars(id=self.name)

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        reading = view.feed.get(Matters, view.problem)
        if reading is not self._waiting:
            self._let_go()
            self._waiting = reading
            reading.go_on()
        return (reading,)

    def show(self, view: View) -> None:
        reading = view.feed.get(Matters, view.problem)
        picture = reading.picture
        if picture is None:
            return self.say("working out what matters, in a process of its own")
        note = "" if picture.why_not else f"of {picture.trials} trials of all runs"
        self.entitle(
            f"{self.name}: {view.problem}", f"{note}{'' if reading.complete else '; more are being looked at'}"
        )
        self.query_one(Bars).show(bars(picture, view.ascii_only), (0.0, 1.0), picture.why_not or "nothing that matters")

    def say(self, reason: str) -> None:
        self.query_one(Bars).show([], hint=reason)

    def on_unmount(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None


def bars(picture: Importance, ascii_only: bool) -> list[Bar]:
    """Single hyperparameters, then pairs."""
    single = [Bar(one.name, one.share, one.low, one.high, 0) for one in picture.single]
    return single + [
        Bar(p.name.replace("×", "x") if ascii_only else p.name, p.share, p.low, p.high, 1)
        for p in picture.pairs
        if p.share >= LEAST_SHARE
    ]
