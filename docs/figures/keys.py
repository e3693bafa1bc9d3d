"""Writes the table of all keys into ``docs/app.md``, from the bindings: ``python docs/figures/keys.py``."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

from textual.binding import Binding
from textual.dom import DOMNode

import hpobench_tui.tui

FILE = Path(__file__).parents[1] / "app.md"
BEGIN, END = "<!-- keys: made by docs/figures/keys.py -->\n", "<!-- end of keys -->"
WHERE = {
    "HpobenchApp": "everywhere",
    "PanelScreen": "levels, compare",
    "Level": "overview, problem, run, trial",
    "ControlScreen": "overview, problem, run, trial",
    "Commands": "results and all levels",
    "OverviewScreen": "overview",
    "RunsPanel": "problem: runs",
    "ModelPanel": "run: Gaussian in a picture",
    "ArmsPanel": "run: arms of a bandit",
    "CompareScreen": "compare",
    "ResultsScreen": "results",
    "Table": "tables",
    "Grid": "overview: matrix",
    "Chart": "charts",
    "Heat": "heat maps",
    "Scrolled": "bars, strips",
    "Parallel": "parallel coordinates",
    "SetupScreen": "set-up",
    "OpenScreen": "set-up: open",
    "SaveScreen": "set-up: save",
    "FormScreen": "set-up: settings",
    "Choice": "a choice in a form",
    "ExtendScreen": "dialog: add",
    "ExportScreen": "dialog: export",
    "MergeScreen": "dialog: merge",
    "ReportScreen": "report",
    "ChooseScreen": "dialog: choose",
    "ConfirmScreen": "dialog: confirm",
    "HelpScreen": "help",
}
"""Who has keys, in the order of the table, and where a person meets them; another one needs an entry."""
GIVEN = {
    "PanelScreen": [("`1` … `9`", "Show or hide that panel"), ("`Tab` `Shift+Tab`", "Next panel, or the one before")],
    "Table": [
        ("`Enter`", "Open what the cursor is on, one level down"),
        ("`Space`", "Hide or show a line (problem), mark (results)"),
        ("`o`", "That line alone, or all (problem)"),
    ],
}
"""What is bound as a screen is made."""
SIGNS = {
    "question_mark": "?", "colon": ":", "slash": "/", "full_stop": ".", "comma": ",", "plus": "+", "minus": "-",
    "equals_sign": "=", "less_than_sign": "<", "greater_than_sign": ">", "right_square_bracket": "]",
    "left_square_bracket": "[", "right_curly_bracket": "}", "left_curly_bracket": "{", "escape": "Esc",
    "enter": "Enter", "space": "Space", "tab": "Tab", "up": "↑", "down": "↓", "left": "←", "right": "→",
    "home": "Home", "end": "End", "pageup": "PgUp", "pagedown": "PgDn",
}  # fmt: skip


def classes() -> Iterator[type[DOMNode]]:
    """Those of the app that bind keys of their own."""
    for module in pkgutil.walk_packages(hpobench_tui.tui.__path__, "hpobench_tui.tui."):
        importlib.import_module(module.name)
    found, todo = set(), [DOMNode]
    while todo:
        for each in todo.pop().__subclasses__():
            if each not in found:
                found.add(each)
                todo.append(each)
    yield from (each for each in found if each.__module__.startswith("hpobench_tui.") and each.__dict__.get("BINDINGS"))


def sign(key: str) -> str:
    """A key as it is pressed."""
    *held, last = key.split("+")
    return "+".join([*(word.capitalize() for word in held), SIGNS.get(last, last)])


def rows() -> list[tuple[str, str, str]]:
    """Keys, what they do, where (of all who have that in common).

    Raises:
        LookupError: a class that binds keys has no place in :data:`WHERE`.
    """
    found: dict[tuple[str, str], list[str]] = {}
    order = list(WHERE)
    if strange := {each.__name__ for each in classes()} - set(order):
        raise LookupError(f"{strange} have no place in WHERE")
    for each in sorted(classes(), key=lambda each: order.index(each.__name__)):
        where = WHERE[each.__name__]
        for keys, words in GIVEN.get(each.__name__, ()):
            found.setdefault((keys, words), []).append(where)
        for binding in each.__dict__["BINDINGS"]:
            assert isinstance(binding, Binding)
            keys = " ".join(f"`{sign(key.strip())}`" for key in binding.key.split(","))
            aside = f": {binding.tooltip[:1].lower()}{binding.tooltip[1:]}" if binding.tooltip else ""
            found.setdefault((keys, binding.description + aside), []).append(where)
    return [(keys, words, "; ".join(dict.fromkeys(wheres))) for (keys, words), wheres in found.items()]


def made() -> str:
    """The page with its table as the code has it."""
    before, _, rest = FILE.read_text(encoding="utf-8").partition(BEGIN)
    lines = ["| key | what it does | where |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows())]
    return before + BEGIN + "\n".join(lines) + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    FILE.write_text(made(), encoding="utf-8")
