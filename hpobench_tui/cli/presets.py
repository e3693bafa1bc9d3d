"""``hpobench presets``: experiments that ship with the program."""

from typing import Annotated

import typer

from hpobench_tui.cli import completion, options
from hpobench_tui.cli.output import print_entries, print_json
from hpobench_tui.core.errors import HpobenchError


def presets(
    name: Annotated[
        str | None,
        typer.Argument(help="Print this preset's file.", autocompletion=completion.presets, show_default=False),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the presets, or print one as a start for an experiment file of your own."""
    from hpobench_tui.engine.front import presets as shipped

    if as_json:
        print_json(_record(name) | {"toml": shipped.text(name)} if name else list(map(_record, shipped.names())))
    elif name:
        print(shipped.text(name), end="")
    else:
        print_entries((preset, about(preset)) for preset in shipped.names())


def about(preset: str) -> list[str]:
    """What a preset is, and what has to be installed for it."""
    from hpobench_tui.engine.front import presets as shipped

    extras, broken = lacking(preset)
    lines = [shipped.description(preset)]
    if extras:
        lines.append(f"Not installed for it: pip install 'hpobench-tui[{','.join(extras)}]'")
    return lines + ([broken] if broken else [])


def lacking(preset: str) -> tuple[list[str], str | None]:
    """The extras that are not installed for a preset, and what is wrong with a plug-in that it needs."""
    from hpobench_tui.engine.front import presets as shipped

    try:
        return shipped.lacking(preset), None
    except HpobenchError as error:
        return [], str(error)


def _record(preset: str) -> dict[str, object]:
    from hpobench_tui.engine.front import presets as shipped

    extras, broken = lacking(preset)
    return {"name": preset, "description": shipped.description(preset), "missing": extras, "broken": broken}
