"""One pair, problem by problem: medians, the typical difference with its interval, p, verdict."""

from textual.app import ComposeResult

from hpobench_tui.tui.panels.compare.pairs import TONES, interval, p_value
from hpobench_tui.tui.panels.compare.part import ComparePanel, Found
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.table import Cell, Column, Table, numbers


class ProblemsPanel(ComparePanel):
    """Of the pair under the cursor."""

    DEFAULT_CSS = "ProblemsPanel { height: 2fr; Table { height: 1fr; } }"

    name, side, part = "problems", "left", "compared"
    words = "problem by problem"
    help = """\
Medians over the n repetitions that both have, paired by repetition: such runs share their randomness.
difference: what is typical of after - before (Hodges-Lehmann), with its interval; below 0 the second is better.
equivalent: the whole interval lies within what does not matter; undecided: too few seeds to say either."""

    def compose(self) -> ComposeResult:
        columns = [Column("problem", yields=True), *numbers("n", "before", "after"), Column("difference"),
                   *numbers("p"), Column("verdict"), Column("seeds")]  # fmt: skip
        yield Table(columns, id=self.name)

    def show_found(self, found: Found) -> None:
        lines = found.said["compared"]["problems"]
        pair = found.pair or (tuple(found.said["compared"]["pairs"][0]) if found.said["compared"]["pairs"] else None)
        own = [line for line in lines if (line["before"], line["after"]) == pair]
        self.entitle(f"{pair[0]}, then {pair[1]}" if pair else self.name)
        rows = [
            (
                Cell(line["problem"]), Cell(str(line["n"])), Cell(_number(line["before_median"])),
                Cell(_number(line["after_median"])), Cell(interval(line["difference"])),
                Cell(p_value(line["corrected"])), Cell(line["verdict"], TONES.get(line["verdict"], "dim")),
                Cell(line["seeds"], "dim"),
            )
            for line in own
        ]  # fmt: skip
        self.query_one(Table).fill(rows, "they have no problem in common")

    def say(self, reason: str) -> None:
        self.query_one(Table).fill([], reason)


def _number(value: float | None) -> str:
    return "·" if value is None else number(value)
