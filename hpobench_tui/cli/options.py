"""Arguments and options that several subcommands have."""

from enum import Enum
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

import typer

from hpobench_tui.core.measure import Measure

Choice = TypeVar("Choice", bound=Enum)


def named(choices: type[Choice]) -> dict[str, Choice]:
    """The members by their names on the command line."""
    return {member.name.lower().replace("_", "-"): member for member in choices}


def either(choices: type[Enum]) -> str:
    """The names for a help text: ``a, b or c``."""
    return " or ".join(", ".join(named(choices)).rsplit(", ", 1))


Experiment: TypeAlias = Annotated[
    str, typer.Argument(help="Experiment: path, folder name, the beginning of it, or 'latest'.", show_default=False)
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
    typer.Option("--measure", help=f"{either(Measure)} \\[default: what each problem is for].", show_default=False),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def folder_of(experiment: str, root: Path | None) -> Path:
    """The folder of the experiment that a person named."""
    from hpobench_tui.engine.front import lifecycle

    return lifecycle.find(experiment, root or lifecycle.outputs_root())


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
