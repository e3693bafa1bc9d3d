"""``hpobench attach``: come back to an experiment, in the app."""

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hpobench_tui.cli import completion, options


def attach(
    experiment: Annotated[
        str | None,
        typer.Argument(
            help="Experiment, as `hpobench list` names it, or 'latest'.",
            autocompletion=completion.experiments,
            show_default=False,
        ),
    ] = None,
    output: options.Root = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Let the app change nothing; likewise $HPOBENCH_READ_ONLY.")
    ] = False,
) -> None:
    """Watch an experiment, running or ended, in the app."""
    from hpobench_tui.engine.front import lifecycle

    folder = options.folder_of(experiment, output) if experiment else None
    if folder is not None:
        lifecycle.refuse_copy(folder, "attach to")
    open_app(folder, read_only)


def open_app(folder: Path | None, read_only: bool = False) -> None:
    """Open the app, on an experiment if one is given.

    Raises:
        HpobenchError: there is no terminal.
    """
    need_terminal()
    gc.disable()  # what is imported stays: looking for cycles in it would take a tenth of the time to the first picture
    from hpobench_tui.tui.app import run

    gc.freeze()
    gc.enable()
    run(attach=folder, read_only=read_only)


def need_terminal() -> None:
    """Refuse to go on where the app cannot be shown; it reads from standard input and draws on standard error.

    Raises:
        HpobenchError: one of the three standard streams is not a terminal, or it is one that cannot place text.
    """
    from hpobench_tui.core.errors import HpobenchError

    without = "Without one: `hpobench run SPEC --headless`, `hpobench show EXPERIMENT`."
    streams = {"standard input": sys.stdin, "standard output": sys.stdout, "standard error": sys.stderr}
    elsewhere = [name for name, stream in streams.items() if stream is None or not stream.isatty()]
    if elsewhere:
        verb = "does" if len(elsewhere) == 1 else "do"
        raise HpobenchError(f"the app needs a terminal, and {', '.join(elsewhere)} {verb} not lead to one. {without}")
    if os.environ.get("TERM") == "dumb":
        raise HpobenchError(f"the app needs a terminal that can place text; TERM=dumb says this one cannot. {without}")
