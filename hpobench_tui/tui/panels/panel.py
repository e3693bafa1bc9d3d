"""What every panel has (a name, a side, words for the help, a way to show a view), and the view that it is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content

from hpobench_tui.core.axis import Axis
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.text import in_line
from hpobench_tui.tui.feed import Feed
from hpobench_tui.tui.widgets.table import Columns, Row, Table

Side = Literal["left", "right"]
SIDES: tuple[Side, ...] = get_args(Side)
"""Of a large terminal; a small one has the left above the right."""


@dataclass(frozen=True, slots=True)
class View:
    """An experiment as a person chose to see it; ``focused`` is the label of the optimizer on top."""

    feed: Feed
    axis: Axis
    measure: Measure
    focused: str | None = None
    ascii_only: bool = False

    @property
    def axis_title(self) -> str:
        """What the x axis counts, in words."""
        match self.axis:
            case Axis.FIDELITY:
                return "fidelity units"
            case Axis.SECONDS if self.feed.simulated:
                return "simulated seconds"
            case Axis.BUDGET:
                run = next(iter(self.feed.runs_shown()), None)
                return Unit(run.unit).words(run.fidelity) if run else "units"
        return str(self.axis)


class Panel(Container):
    """A part of the live screen; ``number`` is its key and stands in its title.

    A subclass says how high it is in its ``DEFAULT_CSS``, also as ``.-small``: on a terminal that shows few panels.
    """

    DEFAULT_CSS = "Panel.-small { height: 1fr; min-height: 3; max-height: 100%; Table { height: 1fr; } }"

    name: ClassVar[str]
    side: ClassVar[Side]
    words: ClassVar[str] = ""
    """What the help and the palette call it, if not by its name."""
    reads_trials: ClassVar[bool] = False
    """Whether it shows trials, which are read only while somebody looks."""

    def __init__(self, number: int) -> None:
        super().__init__(id=f"{self.name}-panel", classes="panel")
        self._number = number
        self._titles = ("", "")

    def on_mount(self) -> None:
        self.entitle(self.name)

    def entitle(self, title: str, subtitle: str = "") -> None:
        """Set the titles (labels may have brackets: no markup) if they are others: setting repaints the panel."""
        if self._titles != (title, subtitle):
            self._titles = title, subtitle
            self.border_title = Content(in_line(f"{self._number} {title}"))
            self.border_subtitle = Content(in_line(subtitle)) if subtitle else None

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

    def fill(self, rows: Iterable[Row]) -> None:
        """Show these rows, or the hint."""
        self.query_one(Table).fill(rows, self.hint)

    def say(self, reason: str) -> None:
        self.query_one(Table).fill([], reason)
