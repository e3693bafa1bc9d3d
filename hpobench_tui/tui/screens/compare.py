"""Experiments side by side, or the optimizers of one: pairs, ranks over budget, targets, critical differences.

All of it is worked out by a process of its own (``tui.comparing``), which says what it has found as it goes; leaving
the screen ends it.
"""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.message import Message
from textual.widgets import Static

from hpobench_tui.core.lines import object_of
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.text import in_line
from hpobench_tui.tui.panels import compare as panels
from hpobench_tui.tui.panels.compare.pairs import Chosen
from hpobench_tui.tui.panels.compare.part import Found
from hpobench_tui.tui.screens.paneled import PanelScreen
from hpobench_tui.tui.screens.status import trail
from hpobench_tui.tui.widgets.chart import Chart, looks


class CompareScreen(PanelScreen):
    """Compares ``folders``: two are before and after unless there is a baseline; else all are held against the best."""

    HELP = """\
Two experiments are compared label by label, the first being the one before; B holds all labels against one, the next \
one each time, and at last as at first. n and N choose whose bands are drawn. Only finished runs count."""
    LEVEL = "compare"
    PANELS = panels.PANELS
    COMPACT = 2
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "up", "Up"),
        Binding("B", "baseline", "Baseline"),
        Binding("m", "measure", "Measure"),
        Binding("n", "optimizer(1)", "Next optimizer on top", show=False),
        Binding("N", "optimizer(-1)", "Optimizer before on top", show=False),
    ]

    class Said(Message):
        """A line of the comparing process; None: it has ended, with this complaint."""

        def __init__(self, of: int, line: Mapping[str, Any] | None, complaint: str = "") -> None:
            self.of, self.line, self.complaint = of, line, complaint
            super().__init__()

    def __init__(self, folders: Sequence[Path]) -> None:
        super().__init__()
        self.folders = tuple(folders)
        self.baseline: str | None = None
        self.measure: Measure | None = None
        self.found = Found()
        self._process: subprocess.Popen[str] | None = None
        self._asked = 0
        self._over = False

    @property
    def settled(self) -> bool:
        """Whether all was said. Tests wait for it."""
        return self._over

    def on_mount(self) -> None:
        self.title = "Compare"
        self.arrange_first()
        self._ask()

    def on_unmount(self) -> None:
        self._end()

    def rearranged(self) -> None:
        self.call_after_refresh(self.refill, force=True)

    def action_up(self) -> None:
        if self._zoomed is not None:
            self.action_zoom()
        else:
            self.dismiss(None)

    # The process

    def _ask(self) -> None:
        """Have it all worked out (anew)."""
        self._end()
        self._asked += 1
        self._over = False
        known = {name: line for name, line in self.found.said.items() if name == "about"}
        self.found = Found(known, self.found.focused)
        asked = {"folders": [str(folder.resolve()) for folder in self.folders], "baseline": self.baseline,
                 "measure": self.measure}  # fmt: skip
        call = [sys.executable, "-P", "-m", "hpobench_tui.tui.comparing", json.dumps(asked)]
        try:
            self._process = subprocess.Popen(
                call, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                encoding="utf-8", errors="replace", start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self._take({"error": f"cannot be worked out: {error}"})
            self._over = True
            return
        threading.Thread(target=self._listen, args=(self._process, self._asked), daemon=True).start()
        self.refill()

    def _listen(self, process: "subprocess.Popen[str]", of: int) -> None:
        """[thread] Pass its lines on."""
        complaints: list[str] = []
        assert process.stdout is not None
        assert process.stderr is not None
        errors = process.stderr
        hearing = threading.Thread(target=lambda: complaints.extend(errors), daemon=True)
        hearing.start()
        for text in process.stdout:
            if line := object_of(text):
                self.post_message(self.Said(of, line))
        process.wait()
        hearing.join(1)
        last = complaints[-1].strip() if complaints else ""
        self.post_message(self.Said(of, None, last if process.returncode else ""))

    def _end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process = None

    def on_compare_screen_said(self, message: Said) -> None:
        if message.of != self._asked:
            return
        if message.line is not None:
            self._take(message.line)
            return
        self._over = True
        if message.complaint:
            self._take({"error": f"cannot be worked out: {message.complaint}"})
        self.refill()

    def _take(self, line: Mapping[str, Any]) -> None:
        self.found = self.found.with_line(line)
        if "about" in line and (notes := line["about"]["notes"]):
            self.notify("\n".join(notes), severity="warning", timeout=8)
        self.refill()

    # What is shown

    def refill(self, force: bool = False) -> None:
        for panel in self.shown:
            if not panel.children:
                continue
            try:
                panel.fill_from(self.found)  # type: ignore[attr-defined]
            except Exception as error:  # noqa: BLE001 - said in the panel
                panel.say(" ".join(f"cannot be shown: {type(error).__name__}: {error}".split()))
        try:
            self.query_one("#status", Static).update(self._head(), layout=False)
        except NoMatches:
            return  # it is being left

    def _head(self) -> str:
        about = self.found.said.get("about", {})
        names = about.get("names") or [folder.name for folder in self.folders]
        arrow = " -> " if looks.only_ascii() else " → "
        of = arrow.join(map(in_line, names)) if len(names) == 2 and self.baseline is None else ", ".join(names)
        parts = ["compare", of]
        against = "" if self.baseline is None else f"  against {in_line(self.baseline)}"
        if about:
            state = f"{about['runs']} runs"
            state += f", {about['unfinished']} not finished" if about["unfinished"] else ""
            state += f", {about['failed']} failed" if about["failed"] else ""
            measures = ", ".join(about["measures"])
        else:
            state, measures = "reading", ""
        if not self._over and (done := self.found.said.get("read")):
            state += f", reading {done[0]}/{done[1]}"
        rest = f"  {state}{against}  {measures}"
        room = max(self.size.width - len(rest) - 2, 20)
        return (trail(parts, room, looks.only_ascii()) + rest).replace("[", "\\[")

    def on_chart_series_picked(self, message: Chart.SeriesPicked) -> None:
        self._focus(message.label)

    def on_panel_look(self, message: Chosen) -> None:
        self.found = Found(self.found.said, message.pair[1], message.pair)
        self.refill()

    def _focus(self, label: str) -> None:
        self.found = Found(self.found.said, label, self.found.pair)
        self.refill()

    def action_optimizer(self, step: int) -> None:
        labels = list(self.found.labels)
        if labels:
            now = self.found.focused
            at = labels.index(now) + step if now in labels else 0
            self._focus(labels[at % len(labels)])

    def action_baseline(self) -> None:
        """The next label to hold all others against; after the last one as at first."""
        labels = [None, *self.found.labels]
        if len(labels) < 3:
            self.notify("There is only one optimizer: nothing to hold it against.")
            return
        at = labels.index(self.baseline) if self.baseline in labels else 0
        self.baseline = labels[(at + 1) % len(labels)]
        self._ask()

    def action_measure(self) -> None:
        """Another measure for all problems; after the last one each problem's own."""
        measures = [None, *Measure]
        self.measure = measures[(measures.index(self.measure) + 1) % len(measures)]
        self.notify(f"Compared by {self.measure or 'the measure of each problem'}.")
        self._ask()
