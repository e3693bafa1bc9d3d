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
        names = [pair_name(*pair, found) for pair in self._pairs]
        before = {line["before"] for line in lines}
        of = ""
        if all(len(name) == 1 for name in names):
            arrow = " -> " if only_ascii() else " → "
            of = f": {arrow.join(found.said['about']['names'])}" if len(before) > 1 else f" against {before.pop()}"
        self.entitle(f"{self.name}{of}: level {compared['alpha']:g}, corrected by Holm")
        self.query_one(Table).fill([row(line, name, found) for line, name in zip(lines, names, strict=True)])

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


def pair_name(before: str, after: str, found: Found) -> tuple[str, ...]:
    """A pair in words: one where the title says what it is held against, else both."""
    experiments = found.said["about"]["names"]
    if len(experiments) == 2:
        own = [label.removesuffix(f"@{name}") for label, name in zip((before, after), experiments, strict=True)]
        if own[0] == own[1]:
            return (own[0],)
    pairs = found.said["compared"]["pairs"]
    return (after,) if len({pair[0] for pair in pairs}) == 1 else (before, after)


def row(line: Mapping[str, Any], name: Sequence[str], found: Found) -> Row:
    """A pair over all problems."""
    arrow = " -> " if only_ascii() else " → "
    marked = [*name[:-1], f"{marker(found.look(line['after']), only_ascii())} {name[-1]}"]
    return (
        Cell(arrow.join(marked), look=found.look(line["after"])),
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
