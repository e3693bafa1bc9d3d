"""Who is better over all problems, pair by pair: won, tied, lost, the chance to be better, p, verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult

from hpobench_tui.tui.panels.compare.part import ComparePanel, Found
from hpobench_tui.tui.panels.panel import Panel
from hpobench_tui.tui.widgets.chart.looks import marker, only_ascii
from hpobench_tui.tui.widgets.table import Cell, Column, Row, Table, Tone, numbers

TONES: dict[str, Tone] = {"better": "good", "worse": "bad", "equivalent": "accent"}


class PairsPanel(ComparePanel):
    """A row a pair; the row under the cursor chooses whose problems are shown."""

    DEFAULT_CSS = "PairsPanel { height: 2fr; Table { height: 1fr; } }"

    name, side, part = "pairs", "left", "compared"
    help = """\
Each row holds one optimizer (after the arrow) against another: on how many problems it won, tied and lost.
P(better): the chance that it is the lower in a repetition, with its interval; 0.5 says that they are equal.
p is corrected for the number of rows; undecided is not equal: "seeds" says how many repetitions would decide."""
    _pairs: Sequence[tuple[str, str]] = ()

    def compose(self) -> ComposeResult:
        columns = [Column("pair", yields=True), *numbers("problems", "won", "tied", "lost"), Column("P(better)"),
                   *numbers("p"), Column("verdict"), Column("seeds")]  # fmt: skip
        yield Table(columns, id=self.name)

    def show_found(self, found: Found) -> None:
        compared = found.said["compared"]
        lines = compared["over"]
        self._pairs = [(line["before"], line["after"]) for line in lines]
        before = {line["before"] for line in lines}
        against = f" against {before.pop()}" if len(before) == 1 else ""
        self.entitle(f"{self.name}{against}: level {compared['alpha']:g}, corrected by Holm")
        self.query_one(Table).fill([row(line, found, not against) for line in lines])

    def say(self, reason: str) -> None:
        self.query_one(Table).fill([], reason)

    def on_table_moved(self, message: Table.Moved) -> None:
        if message.row < len(self._pairs):
            self.post_message(Chosen(self._pairs[message.row]))

    def on_table_chosen(self, message: Table.Chosen) -> None:
        self.on_table_moved(message)  # type: ignore[arg-type]


class Chosen(Panel.Look):
    """Look at this pair."""

    def __init__(self, pair: tuple[str, str]) -> None:
        super().__init__(None)  # type: ignore[arg-type]
        self.pair = pair


def row(line: Mapping[str, Any], found: Found, both: bool = True) -> Row:
    """A pair over all problems; ``both``: with the label that it is held against."""
    arrow = "->" if only_ascii() else "→"
    name = f"{marker(found.look(line['after']), only_ascii())} {line['after']}"
    return (
        Cell(f"{line['before']} {arrow} {name}" if both else name, look=found.look(line["after"])),
        *(Cell(str(line[name])) for name in ("problems", "won", "tied", "lost")),
        Cell(interval(line["improvement"])),
        Cell(p_value(line["corrected"])),
        Cell(line["verdict"], TONES.get(line["verdict"], "dim")),
        Cell(line["seeds"], "dim"),
    )  # fmt: skip


def interval(estimate: Mapping[str, float] | None) -> str:
    """A value with its interval."""
    if estimate is None:
        return "·"
    return f"{estimate['value']:.3g} [{estimate['lower']:.3g}, {estimate['upper']:.3g}]"


def p_value(p: float) -> str:
    """To three decimals."""
    return f"{p:.3f}" if p >= 0.001 else "<0.001"
