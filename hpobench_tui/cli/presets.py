"""``hpobench presets``: experiments that ship with the program."""

from itertools import takewhile
from typing import Annotated

import typer

from hpobench_tui.cli.output import print_entries
from hpobench_tui.core.errors import HpobenchError


def presets(
    name: Annotated[str | None, typer.Argument(help="Print this preset's file.", show_default=False)] = None,
) -> None:
    """List the presets, or print one as a start for an experiment file of your own."""
    from hpobench_tui.engine.front import presets as shipped

    if name:
        print(shipped.text(name), end="")
        return
    print_entries((preset, about(preset)) for preset in shipped.names())


def about(preset: str) -> list[str]:
    """What a preset is, and what has to be installed for it."""
    from hpobench_tui.engine.front import presets as shipped

    lines = [description(shipped.text(preset))]
    try:
        if extras := ",".join(shipped.lacking(preset)):
            lines.append(f"Not installed for it: pip install 'hpobench-tui[{extras}]'")
    except HpobenchError as error:  # of a plug-in that is broken
        lines.append(str(error))
    return lines


def description(text: str) -> str:
    """The comment that a preset's file begins with, as one line."""
    lines = takewhile(lambda line: line.startswith("#"), text.splitlines())
    return " ".join(line.lstrip("# ") for line in lines)
