"""Commands that a plug-in adds to ``hpobench``: it says what there is to show, the program shows it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword
from pathlib import Path
from typing import NamedTuple, TypeAlias

from hpobench_tui.core.configuration import Configuration, Value
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.parameter import Parameter

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]* [A-Za-z0-9][A-Za-z0-9-]*")
TAKEN = ("as_json", "experiment", "help", "json", "output")
"""Parameters' names that stand for options of every command."""
ReportProgress: TypeAlias = Callable[[float, str], None]
"""Takes the share of the work that is done, from 0 to 1, and what is done now."""


class Table(NamedTuple):
    """Rows under headers. Numbers stay numbers: people see them with four significant digits, scripts see all.

    >>> Table("Squares", headers=("side", "area"), rows=[(side, side**2) for side in (1, 2)]).rows
    [(1, 1), (2, 4)]
    """

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Value | None]]


def in_words(value: Value | None) -> str:
    """A table's cell for people.

    >>> [in_words(value) for value in (12345, 2 / 3, True, "as it is", None)]
    ['12,345', '0.6667', '✓', 'as it is', '–']
    """
    match value:
        case None:
            return "–"
        case bool():
            return "✓" if value else "✗"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.4g}"
    return value


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command found.

    Attributes:
        tables: To be shown in this order.
        notes: Sentences below them.
        passed: False ends the program with exit code 1.
        files: What was written.

    >>> CommandResult(tables=(), notes=("Nothing to show.",)).passed
    True
    """

    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    passed: bool = True
    files: tuple[Path, ...] = ()


class Incumbent(NamedTuple):
    """The best that one run of an experiment found.

    Attributes:
        loss: Noise-free where the problem knows that.
        fidelity: It was trained so far.
        spent: Of the run's budget until it was found (with noise: until it was last evaluated), in ``unit``,
            which is in words ("epochs").

    >>> found = Incumbent("toy/one", "random", 0, 0.5, fidelity=1, configuration={"x": 1}, spent=3, unit="evaluations")
    >>> f"{found.loss} after {found.spent:g} {found.unit}"
    '0.5 after 3 evaluations'
    """

    problem: str
    optimizer: str
    repetition: int
    loss: float
    fidelity: int
    configuration: Configuration
    spent: float
    unit: str


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What a command is called with, beside its parameters.

    >>> context = CommandContext(lambda share, doing: print(f"{share:.0%} {doing}"))
    >>> context.report_progress(0.5, "squaring")
    50% squaring

    Attributes:
        report_progress: To be called now and then, with the share of the work that is done and what is done now.
        folder: Of the experiment, or where files may be written; None where nobody wants files.
        incumbents: Of the experiment's runs, of those that have one and recorded it.
    """

    report_progress: ReportProgress
    folder: Path | None = None
    incumbents: tuple[Incumbent, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandInfo:
    """A command's plain description. The module that holds it imports nothing heavy.

    Attributes:
        name: ``"group command"``, as it is typed after ``hpobench``.
        summary: One line for a person.
        load: ``"package.module:attribute"`` of a callable that takes a :class:`CommandContext` and the parameters by
            name, and returns a :class:`CommandResult`. It raises ``HpobenchError`` for what a user can mend.
        parameters: Its options.
        experiment: It reports on an experiment, whose name is then its argument; an experiment file may name it
            (``report = "group command"``), and a headless run ends with it.
        requires: As in ``ProblemInfo``.
        checks_device: It checks whether its plug-in works on a device, which its parameter ``device`` names
            (``"cuda"`` or ``"cpu"``); ``hpobench doctor --gpu`` runs it.

    >>> CommandInfo("shapes square", "A square of a side", "shapes:square", (Parameter("side", 2, "Its length."),)).name
    'shapes square'
    >>> CommandInfo("square", "A square of a side", "shapes:square")
    Traceback (most recent call last):
        ...
    hpobench_tui.core.errors.HpobenchError: command 'square': must read 'group command', in letters, digits and '-'.
    """

    name: str
    summary: str
    load: str
    parameters: tuple[Parameter, ...] = ()
    experiment: bool = False
    requires: Mapping[str, str] = field(default_factory=dict)
    checks_device: bool = False

    def __post_init__(self) -> None:
        if self.checks_device and "device" not in {p.name for p in self.parameters}:
            raise HpobenchError(f"command {self.name!r}: it checks devices, and needs a parameter 'device' for that.")
        if not NAME.fullmatch(self.name):
            raise HpobenchError(f"command {self.name!r}: must read 'group command', in letters, digits and '-'.")
        for parameter in self.parameters:
            if not parameter.name.isidentifier() or iskeyword(parameter.name) or parameter.name in TAKEN:
                raise HpobenchError(f"command {self.name!r}: a parameter cannot have the name {parameter.name!r}.")
