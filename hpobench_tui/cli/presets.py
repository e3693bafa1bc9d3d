"""``hpobench presets``: experiments that ship with the program."""

from typing import Annotated

import typer


def presets(
    name: Annotated[str | None, typer.Argument(help="Print this preset's file.", show_default=False)] = None,
) -> None:
    """List the presets, or print one as a start for an experiment file of your own."""
    from hpobench_tui.engine import spec

    if name:
        typer.echo(spec.preset_text(name), nl=False)
        return
    for preset in spec.preset_names():
        first = spec.preset_text(preset).splitlines()[0].lstrip("# ")
        typer.echo(f"{preset:12} {first}")
