"""Lists the store's tables, column by column, from their description: ``python docs/figures/store.py``."""

from pathlib import Path

from hpobench_tui.core.columns import columns
from hpobench_tui.store import schema

FILE = Path(__file__).parents[1] / "store.md"
HEAD = f"""\
# The store

An experiment is a folder with one SQLite file, `experiment.sqlite` (`PRAGMA user_version` {schema.VERSION}). Anything
that reads SQLite can read it, also while it is written. This page is made from the description of the columns by
`python docs/figures/store.py`; columns marked ∅ may be null. Costs and budgets are whole *quanta* (nanoseconds for
seconds, units of fidelity in a full evaluation), so that sums are exact: `run.quanta_per_unit` make one unit of the
budget. Times are seconds of the run's clock, which starts at 0 and stands still while the run is paused; on a simulated
clock they are simulated, but for the seconds of ask, tell and evaluation.
"""


def made() -> str:
    """The whole page."""
    parts = [HEAD]
    for table in schema.TABLES:
        said = " ".join((table.columns.__doc__ or "").split())
        parts += [f"## {table.name}", "", said, "", "| column | holds | unit | meaning |", "|---|---|---|---|"]
        for column in columns(table.columns):
            holds = "text" if str in column.cells else "number" if float in column.cells else "whole number"
            parts.append(f"| `{column.name}` | {holds}{' ∅' * column.nullable} | {column.unit} | {column.meaning} |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    FILE.write_text(made(), encoding="utf-8")
