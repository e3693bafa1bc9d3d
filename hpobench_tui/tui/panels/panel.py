"""What every panel has: a name, a side, words that teach how to read it, readings that it wants, a way to show it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, get_args

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.message import Message

from hpobench_tui.core.axis import Axis
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.text import in_line
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.feed import Feed, Reading
from hpobench_tui.tui.widgets.table import Columns, Row, Rows, Table

Side = Literal["left", "right"]
SIDES: tuple[Side, ...] = get_args(Side)
"""Of a large terminal; a small one has the left above the right."""


@dataclass(frozen=True, slots=True)
class View:
    """An experiment as a person chose to see it: it goes down and up the levels.

    Attributes:
        problem, label, run, trial: What is shown, or under the cursor.
        chosen: A measure for all problems; None: each problem's own.
        at: Show things as they were at that share of the budget, above 0, at most 1; None: as they are.
        hidden: Labels whose lines are not drawn.
    """

    feed: Feed
    problem: str = ""
    label: str | None = None
    run: int | None = None
    trial: int | None = None
    axis: Axis = Axis.BUDGET
    chosen: Measure | None = None
    at: float | None = None
    hidden: frozenset[str] = frozenset()
    ascii_only: bool = False

    def but(self, **changes: Any) -> "View":
        """The same with other fields."""
        return replace(self, **changes)

    @property
    def measure(self) -> Measure:
        """What is shown: what a person chose, else what the problem is for."""
        return self.chosen or self.feed.state.measure(self.problem)

    @property
    def run_row(self) -> RunRow | None:
        """The run that is shown, if there is one."""
        runs = self.feed.state.runs
        return runs[self.run] if self.run is not None and self.run < len(runs) else None

    def runs_shown(self) -> list[RunRow]:
        """The runs of the problem that is shown."""
        return self.feed.state.runs_of(self.problem)

    @property
    def axis_title(self) -> str:
        """What the x axis counts, in words."""
        match self.axis:
            case Axis.FIDELITY:
                return "fidelity units"
            case Axis.SECONDS if self.feed.simulated:
                return "simulated seconds"
            case Axis.BUDGET:
                run = next(iter(self.runs_shown()), None)
                return Unit(run.unit).words(run.fidelity) if run else "units"
        return str(self.axis)


class Panel(Container):
    """A part of a level; ``number`` is its key and stands in its title.

    A subclass says how high it is in its ``DEFAULT_CSS``, also as ``.-small``: on a terminal that shows few panels.
    """

    DEFAULT_CSS = "Panel.-small { height: 1fr; min-height: 3; max-height: 100%; Table { height: 1fr; } }"

    name: ClassVar[str]
    side: ClassVar[Side]
    words: ClassVar[str] = ""
    """What the help calls it, if not by its name."""
    help: ClassVar[str] = ""
    """How to read it, in three lines."""
    follows: ClassVar[bool] = False
    """Whether it shows runs or the log themselves, so that it is shown anew whenever these change."""

    class Look(Message):
        """Show this instead, on this level."""

        def __init__(self, view: View) -> None:
            self.view = view
            super().__init__()

    class Down(Look):
        """Go a level down, to this."""

    def __init__(self, number: int) -> None:
        super().__init__(id=f"{self.name}-panel", classes="panel")
        self._number = number
        self._titles = ("", "")
        self._shown: object = None

    def on_mount(self) -> None:
        self.entitle(self.name)

    def entitle(self, title: str, subtitle: str = "") -> None:
        """Set the titles (labels may have brackets: no markup) if they are others: setting repaints the panel."""
        if self._titles != (title, subtitle):
            self._titles = title, subtitle
            self.border_title = Content(in_line(f"{self._number} {title}"))
            self.border_subtitle = Content(in_line(subtitle)) if subtitle else None

    def fits(self, view: View) -> bool:
        """Whether it has anything to show of this view; else it is left out."""
        return True

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        """What it shows, in the order in which it is to be read."""
        return ()

    def refill(self, view: View, force: bool = False) -> None:
        """Show the view if it, or what is known of it, is another than last time."""
        wanted = self.wants(view)
        sign = (
            view,
            [(id(reading), reading.version, reading.done, reading.trouble) for reading in wanted],
            (id(view.feed.state), len(view.feed.events) and view.feed.events[-1].id)
            if self.follows
            else view.feed.state.loaded,
        )
        if force or sign != self._shown:
            self._shown = sign
            if trouble := next((reading.trouble for reading in wanted if reading.trouble), None):
                self.say(trouble)
            else:
                self.show(view)

    def show(self, view: View) -> None:
        """Fill it. What this raises is said in its place."""
        raise NotImplementedError  # a subclass says how; a widget's own metaclass leaves no room for ABC's

    def say(self, reason: str) -> None:
        """Show these words in place of all else."""
        raise NotImplementedError  # likewise


class TablePanel(Panel):
    """A panel that is a table; ``hint`` is shown while it has no rows, ``follow``: new rows come into sight."""

    columns: ClassVar[Columns] = ()
    hint: ClassVar[str] = ""
    follow: ClassVar[bool] = False

    def compose(self) -> ComposeResult:
        yield Table(self.columns, hint=self.hint, follow=self.follow, id=self.name)

    def fill(self, rows: Rows | Iterable[Row]) -> None:
        """Show these rows, or the hint."""
        self.query_one(Table).fill(rows, self.hint)

    def say(self, reason: str) -> None:
        self.query_one(Table).fill([], reason)
