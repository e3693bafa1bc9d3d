"""A level of the app: a screen on one experiment, made of panels, with a line above that says where one is.

Levels lie below one another (overview, problem, run, trial) and share one feed; what a person chose to see
(:class:`~hpobench_tui.tui.panels.panel.View`) goes down with Enter and comes back with Esc. A level looks at pictures
that the feed's thread has made, and asks for others when its view changes; it never waits. Leaving a level or the app
leaves the experiment running.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import ExperimentStatus
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.read_only import writes
from hpobench_tui.tui.screens.control import ControlScreen
from hpobench_tui.tui.screens.paneled import PanelScreen
from hpobench_tui.tui.screens.replay import Replay
from hpobench_tui.tui.screens.status import status_line

Choice = TypeVar("Choice", Axis, Measure)


class Level(PanelScreen, ControlScreen):  # Textual takes styles from the first base alone
    """One level of one experiment."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "up", "Up"),
        Binding("right_square_bracket", "problem(1)", "Problem", key_display="]"),
        Binding("left_square_bracket", "problem(-1)", "Problem before", show=False),
        Binding("right_curly_bracket", "sibling(1)", "Next run", show=False),
        Binding("left_curly_bracket", "sibling(-1)", "Run before", show=False),
        Binding("n", "optimizer(1)", "Next optimizer on top", show=False),
        Binding("N", "optimizer(-1)", "Optimizer before on top", show=False),
        Binding("m", "measure", "Measure"),
        Binding("a", "axis", "Axis", tooltip="What the x axis counts"),
        Binding("r", "replay", "Replay", show=False),
        Binding("full_stop", "step(1)", "A step of the budget on", show=False),
        Binding("comma", "step(-1)", "A step of the budget back", show=False),
        Binding("greater_than_sign", "speed(2)", "Replay faster", show=False),
        Binding("less_than_sign", "speed(0.5)", "Replay slower", show=False),
    ]

    class News(Message):
        """The feed has something new; several are one."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Level.News)

    class Left(Message):
        """A level is gone: to the app, which stops reading what nobody shows any more."""

    def __init__(self, view: View) -> None:
        super().__init__()
        self.view = view
        self.feed = view.feed
        self._status = ""
        self._asked: list[Reading[Any]] = []
        self._drawn = 0.0
        self._later: Timer | None = None
        self._replay = Replay(self)

    # What a level says of itself

    def crumbs(self) -> Sequence[str]:
        """From the experiment's name down to what is shown."""
        return (self.feed.state.row.experiment.name, self.LEVEL)

    def below(self, view: View) -> "Level | None":
        """The level that Enter leads to from this view; None: there is none."""
        return None

    def places(self) -> Iterable[tuple[str, str, View]]:
        """(kind, name, view): where the palette leads to, on this level or from it."""
        for problem in self.feed.state.problems:
            yield "problem", problem, self.view.but(problem=problem, run=None, trial=None)
        for label in self.feed.state.labels:
            yield "optimizer", label, self.view.but(label=label)
        for measure in Measure:
            yield "measure", measure.value, self.view.but(chosen=measure)

    def on_mount(self) -> None:
        self.title = self.feed.state.row.experiment.name
        self.arrange_first()

    def fits(self, panel: Panel) -> bool:
        return panel.fits(self.view)

    def rearranged(self) -> None:
        self.look(self.view, force=True)

    # What is shown

    def look(self, view: View, force: bool = False) -> None:
        """Show this view: want what its panels show, and draw what is known of it at once."""
        self.view = view
        if self.is_mounted and self.shown != self.arranged:
            self._arrange()  # a panel fits this view that did not fit the last one; leads back here
            return
        if self.in_front:
            self.feed.told = self._heard
            self._asked = self.wanted()
            self.feed.want(self._asked)
        self.call_after_refresh(self.refill, force)

    @property
    def in_front(self) -> bool:
        """Whether nothing but dialogs is above it. Textual takes whatever is next below for current, too."""
        return next((s for s in reversed(self.app.screen_stack) if not s.is_modal), None) is self

    def wanted(self) -> list[Reading[Any]]:
        """What the panels on the screen show."""
        return [reading for panel in self.shown for reading in panel.wants(self.view)]

    def _heard(self) -> None:
        """[in the feed's thread]"""
        self.post_message(self.News())

    def on_level_news(self) -> None:
        """At most once a period: a slow line is not to be flooded."""
        wait = self.feed.period - (time.monotonic() - self._drawn)
        if wait <= 0:
            self.tick()
        elif self._later is None:
            self._later = self.set_timer(wait, self.tick)

    def tick(self) -> None:
        """Draw what is new."""
        self._later = None
        self._drawn = time.monotonic()
        if not self.is_mounted or not self.in_front:
            return
        if self.view.problem not in self.feed.state.problems and self.feed.state.problems:
            self.view = self.view.but(problem=self.feed.state.problems[0])
        if self._asked != self.wanted() or self.shown != self.arranged:
            self.look(self.view)  # what the panels show of it is something else by now
        self.refill()

    def refill(self, force: bool = False) -> None:
        """Fill the panels. One that cannot be filled says why, and takes neither the others nor the app down."""
        if not self.is_mounted:
            return
        for panel in self.shown:
            if not panel.children:
                continue  # not there yet, or not any more
            try:
                panel.refill(self.view, force)
            except Exception as error:  # noqa: BLE001 - said in the panel
                panel.say(" ".join(f"cannot be shown: {type(error).__name__}: {error}".split()))
        self._show_status()

    def _show_status(self) -> None:
        feed = self.feed
        row = feed.state.row
        trouble = ("gone" if feed.gone else "unreadable") if feed.trouble else None
        state = trouble or (row.status if row.status.ended or feed.alive else ExperimentStatus.INTERRUPTED)
        wanted = self.wanted()
        reading = "" if feed.trouble or feed.settled else next((r.words for r in wanted if not r.complete), "reading")
        text = status_line(
            feed.state, self.crumbs(), str(state), self.size.width, self.view.ascii_only, reading, self._replay.words
        )
        if text != self._status:
            self._status = text
            self.query_one("#status", Static).update(text, layout=False)  # its size stays
        self._tell(state is ExperimentStatus.INTERRUPTED)

    def _tell(self, interrupted: bool) -> None:
        """Once each time that it is so."""
        said = self.feed.said
        if interrupted and not said.get("interrupted"):
            self.notify(f"Interrupted: {lifecycle.last_words(self.feed.folder)}.", severity="warning", timeout=20)
        said["interrupted"] = interrupted
        if self.feed.trouble != said.get("trouble"):
            said["trouble"] = self.feed.trouble
            if self.feed.trouble:
                self.notify(self.feed.trouble, severity="error", timeout=20)
        if self.feed.trouble and not self.feed.state.loaded and self.in_front:
            self.dismiss(None)  # there is nothing to look at
        if self.feed.remark and not said.get("remark"):
            said["remark"] = True
            self.notify(self.feed.remark, severity="error", timeout=15)

    @property
    def settled(self) -> bool:
        """Whether the screen shows all that was asked for, as the store has it. Tests wait for it."""
        return self.feed.settled and self._later is None and not self.busy

    def on_unmount(self) -> None:
        self.app.post_message(self.Left())

    def on_screen_suspend(self) -> None:
        self._replay.pause()
        self.feed.want(())

    def on_screen_resume(self) -> None:
        self.look(self.view)

    def awake(self) -> None:
        """Something was set going: look at once."""
        self.feed.wake()

    # Going places

    def on_panel_look(self, message: Panel.Look) -> None:
        self.look(message.view)

    def on_panel_down(self, message: Panel.Down) -> None:
        message.stop()
        self.down(message.view)

    def down(self, view: View) -> None:
        """Go to the level below, if there is one."""
        self.view = view
        if (level := self.below(view)) is not None:
            self.app.push_screen(level, self.back)

    def back(self, view: View | None) -> None:
        """Somebody came up from below, having looked at this."""
        if view is not None:
            self.view = self._kept(view)

    def _kept(self, view: View) -> View:
        return view.but(run=self.view.run, trial=self.view.trial)

    def action_up(self) -> None:
        if self._replay.on:
            self._replay.stop()
        elif self._zoomed is not None:
            self.action_zoom()
        else:
            self.dismiss(self.view)

    def action_problem(self, step: int) -> None:
        problems = self.feed.state.problems
        if len(problems) < 2:
            self.notify("There is only one problem.")
            return
        at = problems.index(self.view.problem) if self.view.problem in problems else 0
        self.look(self.view.but(problem=problems[(at + step) % len(problems)], run=None, trial=None))

    def action_sibling(self, step: int) -> None:
        """The next run; levels below a problem have them."""

    def action_optimizer(self, step: int) -> None:
        state = self.feed.state
        labels = [label for label in state.labels if (self.view.problem, label) in state.ids]
        if labels:
            at = labels.index(self.view.label) + step if self.view.label in labels else 0
            self.look(self.view.but(label=labels[at % len(labels)]))

    def action_measure(self) -> None:
        self.look(self.view.but(chosen=_after(self.view.measure)))

    def action_axis(self) -> None:
        self.look(self.view.but(axis=_after(self.view.axis)))

    # Through the budget

    def action_replay(self) -> None:
        """Travel through the budget of what has ended."""
        if self._replay.on:
            self._replay.stop()
        elif not self.feed.state.row.status.ended:
            self.notify("A replay is of an experiment that has ended; this one goes on.")
        else:
            self._replay.start()

    def action_step(self, step: int) -> None:
        self._replay.step(step)

    def action_speed(self, factor: float) -> None:
        self._replay.faster(factor)

    @writes
    def action_pause(self) -> None:
        if self._replay.on:
            self._replay.toggle()
        else:
            super().action_pause()

    def pause_writes(self) -> bool:
        """A replay waits and goes on by the same key."""
        return not self._replay.on


def _after(choice: Choice) -> Choice:
    """The next one, round and round."""
    every = list(type(choice))
    return every[(every.index(choice) + 1) % len(every)]
