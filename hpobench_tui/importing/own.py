"""What a folder that we wrote says of its functions: ``problems.csv``, as ``export.bridges.about`` writes it."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.importing.folder import Folder

FILE = "problems.csv"
HEADER = "suite,function,dimension,instance,problem,values_are,evaluations_are,evaluations_each"
"""How it begins; another's file of that name does not."""
OURS_FROM = 1001
"""Numbers of functions that neither COCO nor BBOB has."""
_KEPT = re.compile(r"'(\s*[=+\-@＝＋－＠]|[\t\n])")


@dataclass(frozen=True, slots=True)
class Own:
    """One row: a problem, whether its values are regrets, and what must be said of its evaluations."""

    problem: str
    regrets: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows, by number of function and dimension (where these have one problem), and by problem."""

    at: Mapping[tuple[int, int], Own]
    of: Mapping[str, Own]

    def notes(self, problem: str) -> tuple[str, ...]:
        """What must be said of a problem."""
        return self.of[problem].notes if problem in self.of else ()


def unquoted(text: str) -> str:
    """A text of our own files, without the apostrophe that keeps spreadsheets from taking it for a formula.

    >>> unquoted("'＝1"), unquoted("'a'")
    ('＝1', "'a'")
    """
    return text[1:] if _KEPT.match(text) else text


class Tables:
    """All of them in a folder: a folder may have several exports in it, each with numbers of its own."""

    def __init__(self, folder: Folder) -> None:
        names = [name for name in folder.names if name.rpartition("/")[2] == FILE]
        self._found = {name.rpartition("/")[0]: _table(folder, name) for name in names if _ours(folder, name)}

    def of(self, index: str) -> Table:
        """The nearest one above an index; empty where there is none."""
        at = index
        while at:
            at = at.rpartition("/")[0]
            if at in self._found:
                return self._found[at]
        return Table({}, {})


def _ours(folder: Folder, name: str) -> bool:
    return next((text.startswith(HEADER) for _, text in folder.lines(name)), False)


def _table(folder: Folder, name: str) -> Table:
    at, of = {}, {}
    try:
        for row in csv.DictReader(text + "\n" for _, text in folder.lines(name)):
            cells = {key: value if isinstance(value, str) else "" for key, value in row.items()}
            problem, what, each = unquoted(cells["problem"]), cells["evaluations_are"], cells["evaluations_each"]
            plain = (what, each) == ("evaluations", "1")
            said = f"evaluations on {problem} count {what}" + (f", {each} to one" if each != "1" else "")
            own = of[problem] = Own(problem, cells["values_are"].startswith("regret"), () if plain else (said,))
            function, dimension = cells["function"], cells["dimension"]
            if function.isdecimal() and dimension.isdecimal() and int(function) >= OURS_FROM:
                at[int(function), int(dimension)] = own
    except csv.Error as error:
        raise HpobenchError(f"{folder.where(name)} is no table that we wrote: {error}.") from error
    return Table(at, of)
