"""Commands that a plug-in adds to ``hpobench``: it says what there is to show, the program shows it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.parameter import Parameter

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]* [A-Za-z0-9][A-Za-z0-9-]*")
TAKEN = ("as_json", "experiment", "help", "json", "output")
"""Parameters' names that stand for options of every command."""
Cell: TypeAlias = str | int | float | bool | None


class Table(NamedTuple):
    """Rows under headers. Numbers stay numbers: people see them with four significant digits, scripts see all.

    >>> Table("Squares", headers=("side", "area"), rows=[(side, side**2) for side in (1, 2)]).rows
    [(1, 1), (2, 4)]
    """

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command found.

    Attributes:
        tables: To be shown in this order.
        notes: Sentences below them.
        passed: False ends the program with exit code 1.
        files: What was written.

    >>> Outcome(tables=(), notes=("Nothing to show.",)).passed
    True
    """

    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    passed: bool = True
    files: tuple[Path, ...] = ()


class Best(NamedTuple):
    """The best that one run of an experiment found: its incumbent.

    Attributes:
        loss: Noise-free where the problem knows that.
        fidelity: It was trained so far.
        spent: Of the run's budget until it was found (with noise: until it was last evaluated), in ``unit``,
            which is in words ("epochs").

    >>> best = Best("toy/one", "random", 0, 0.5, fidelity=1, configuration={"x": 0.1}, spent=3.0, unit="evaluations")
    >>> f"{best.loss} after {best.spent:g} {best.unit}"
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


class Say(Protocol):
    def __call__(self, share: float, doing: str) -> None:
        """The share of the work that is done, from 0 to 1, and what is done now."""
        ...


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a command is called with, beside its parameters.

    >>> occasion = Occasion(lambda share, doing: print(f"{share:.0%} {doing}"))
    >>> occasion.say(0.5, "squaring")
    50% squaring

    Attributes:
        say: Tells progress.
        folder: Of the experiment, or where files may be written; None where nobody wants files.
        best: The incumbents of the experiment's runs that have one and recorded it.
    """

    say: Say
    folder: Path | None = None
    best: tuple[Best, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandInfo:
    """A command's plain description. The module that holds it imports nothing heavy.

    Attributes:
        name: ``"group command"``, as it is typed after ``hpobench``.
        summary: One line for a person.
        load: ``"package.module:attribute"`` of a callable that takes an :class:`Occasion` and the parameters by name,
            and returns an :class:`Outcome`. It raises ``HpobenchError`` for what a user can mend.
        parameters: Its options.
        experiment: It reports on an experiment, whose name is then its argument; an experiment file may name it
            (``report = "group command"``), and a headless run ends with it.
        requires: As in ``ProblemInfo``.

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

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise HpobenchError(f"command {self.name!r}: must read 'group command', in letters, digits and '-'.")
        for parameter in self.parameters:
            if not parameter.name.isidentifier() or iskeyword(parameter.name) or parameter.name in TAKEN:
                raise HpobenchError(f"command {self.name!r}: a parameter cannot have the name {parameter.name!r}.")
