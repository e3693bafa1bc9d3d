"""Arguments and options that several subcommands have."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Experiment: TypeAlias = Annotated[
    str, typer.Argument(help="Experiment: path, folder name, the beginning of it, or 'latest'.", show_default=False)
]
Root: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Folder of the experiments [default: $HPOBENCH_OUTPUTS or ./outputs].",
        show_default=False,
    ),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def folder_of(experiment: str, root: Path | None) -> Path:
    """The folder of the experiment that a person named."""
    from hpobench_tui.engine import frontend

    return frontend.find(experiment, root or frontend.outputs_root())
