"""Writes what exported files hold into ``docs/export.md``, from the code: ``python docs/figures/tables.py``."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from hpobench_tui.core.columns import Column
from hpobench_tui.core.records import Progress, ProgressTable, Trials, TrialTable
from hpobench_tui.export import data, trials
from hpobench_tui.export.data import Field
from hpobench_tui.export.formats import FORMATS

FILE = Path(__file__).parents[1] / "export.md"
HOLDS = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def _fields(table: type, frame: type[ProgressTable] | type[TrialTable], *more: str) -> list[Field]:
    columns: list[Column[object, object]] = [getattr(table, each.name) for each in frame.columns()]
    own = [data.field(column) for column in (*columns, *(getattr(table, name) for name in more))]
    return [*trials.of_the_run(own), *own]


def tables() -> Iterator[tuple[str, Sequence[Field]]]:
    """Each table of data with its columns; those of hyperparameters depend on the problems."""
    yield "table", data.FINAL
    yield "anytime", data.ANYTIME
    yield "landmarks", data.LANDMARKS
    yield "runs", data.of_runs()
    yield "trials", _fields(Trials, TrialTable, *trials.TEXTS)
    yield "progress", _fields(Progress, ProgressTable)


def _replaced(page: str, what: str, lines: Sequence[str]) -> str:
    begin, end = f"<!-- {what}: made by docs/figures/tables.py -->\n", f"<!-- end of {what} -->"
    before, _, rest = page.partition(begin)
    return before + begin + "\n".join(lines) + "\n" + end + rest.partition(end)[2]


def made() -> str:
    """The page with what the code says."""
    page = FILE.read_text(encoding="utf-8")
    formats = [
        f"| `{name}` | {form.description} | {'by name' if form.asked else 'by default'} |"
        for name, form in FORMATS.items()
    ]
    page = _replaced(page, "formats", ["| format | what it is | made |", "|---|---|---|", *formats])
    lines = []
    for name, fields in tables():
        lines += ["", f"### {name}", "", "| column | holds | unit | meaning |", "|---|---|---|---|"]
        lines += [f"| `{each.name}` | {HOLDS[each.kind]} | {each.unit} | {each.meaning} |" for each in fields]
    return _replaced(page, "columns", [*lines, ""])


if __name__ == "__main__":
    FILE.write_text(made(), encoding="utf-8")
