"""Arguments and options that several subcommands have."""

from collections.abc import Sequence
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import typer

from hpobench_tui.cli import completion
from hpobench_tui.core.measure import Measure

if TYPE_CHECKING:
    from hpobench_tui.analysis.filters import Filters
    from hpobench_tui.analysis.union import Union

Choice = TypeVar("Choice", bound=Enum)
LATEST = ["latest"]


def named(choices: type[Choice]) -> dict[str, Choice]:
    """The members by their names on the command line."""
    return {member.name.lower().replace("_", "-"): member for member in choices}


def either(choices: type[Enum]) -> str:
    """The names for a help text: ``a, b or c``."""
    return " or ".join(", ".join(named(choices)).rsplit(", ", 1))


Experiment: TypeAlias = Annotated[
    str,
    typer.Argument(
        help="Experiment: path, folder name, the beginning of it, or 'latest'.",
        autocompletion=completion.experiments,
        show_default=False,
    ),
]
Experiments: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        help="One or several experiments: path, folder name, the beginning of it, or 'latest'.",
        autocompletion=completion.experiments,
        show_default="latest",
    ),
]
Problems: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--problems",
        "--problem",
        help="Only these: names or patterns, separated by commas.",
        autocompletion=completion.problems,
        show_default=False,
    ),
]
Optimizers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--optimizers",
        help="Only these labels: names or patterns, separated by commas.",
        autocompletion=completion.optimizers,
        show_default=False,
    ),
]
Repetitions: TypeAlias = Annotated[
    str | None, typer.Option("--repetitions", help="Only these, as in 0-9.", show_default=False)
]
At: TypeAlias = Annotated[
    str | None,
    typer.Option("--at", help="Cut all runs where so much of their budget was spent.", show_default=False),
]
Pool: TypeAlias = Annotated[
    bool, typer.Option("--pool", help="Equal labels of several experiments are one, not label@experiment.")
]
FailedRuns: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--failed",
        help="How failed runs count: out (not at all) or worst \\[default: out].",
        autocompletion=completion.one_of("out", "worst"),
        show_default=False,
    ),
]
Root: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Folder of the experiments \\[default: $HPOBENCH_OUTPUTS or ./outputs].",
        show_default=False,
    ),
]
MeasureName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--measure",
        help=f"{either(Measure)} \\[default: what each problem is for].",
        autocompletion=completion.one_of(*named(Measure)),
        show_default=False,
    ),
]
Dask: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="ADDRESS",
        help="A Dask cluster: tcp://HOST:PORT, tls://HOST:PORT, or local:N processes \\[default: $HPOBENCH_DASK].",
        show_default=False,
    ),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def folder_of(experiment: str, root: Path | None) -> Path:
    """The folder of the experiment that a person named."""
    from hpobench_tui.engine.front import lifecycle

    return lifecycle.find(experiment, root or lifecycle.outputs_root())


def folders_of(experiments: Sequence[str], root: Path | None) -> list[Path]:
    """The folders of the experiments that a person named."""
    return [folder_of(experiment, root) for experiment in experiments]


def names(given: Sequence[str] | None) -> tuple[str, ...]:
    """Names in options that take several: repeated, or separated by commas outside brackets."""
    from hpobench_tui.core.patterns import at_commas

    parts = (part.strip() for text in given or () for part in at_commas(text))
    return tuple(part for part in parts if part)


def filters(
    problems: Sequence[str] | None = None,
    optimizers: Sequence[str] | None = None,
    repetitions: str | None = None,
    at: str | None = None,
) -> "Filters":
    """What the options of that name let pass.

    Raises:
        HpobenchError: one cannot be read, or names nothing.
    """
    from hpobench_tui.analysis.filters import Filters
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.core.patterns import parse_repetitions

    for option, given in (("--problems", problems), ("--optimizers", optimizers)):
        if given is not None and not names(given):
            raise HpobenchError(f"{option}: names nothing; give names or patterns, as in 'synthetic/*'.")
    spans = None if repetitions is None else parse_repetitions(repetitions)
    return Filters(names(problems), names(optimizers), spans, None if at is None else _amount(at))


def _amount(text: str) -> Fraction:
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.core.nearest import shown

    try:
        amount = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise HpobenchError(f"--at: must be a number in units of the budget, as in 50, not {shown(text)}.") from None
    if not 0 < amount < 2**63:
        raise HpobenchError(f"--at: must be above 0 and within all budgets, not {shown(text)}.")
    return amount


def union(
    experiments: Sequence[str],
    root: Path | None,
    problems: Sequence[str] | None = None,
    optimizers: Sequence[str] | None = None,
    repetitions: str | None = None,
    at: str | None = None,
    pool: bool = False,
) -> "Union":
    """The experiments that a person named, read as one, as far as the filters let them pass; to be closed.

    Raises:
        HpobenchError: as ``analysis.union.Union``, and where an option cannot be read.
    """
    from hpobench_tui.analysis.union import Union

    chosen = filters(problems, optimizers, repetitions, at)
    return Union(folders_of(experiments, root), chosen, pool)


def choice(kind: str, name: str, choices: type[Choice]) -> Choice:
    """The member of that name.

    Raises:
        HpobenchError: there is none.
    """
    from hpobench_tui.core.errors import unknown

    members = named(choices)
    if name not in members:
        raise unknown(kind, name, list(members))
    return members[name]


def width(text: str | None) -> int | str | None:
    """How many trainings together, as an experiment file has it: a number where it is one."""
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        return text
