"""``hpobench export``: tables and figures for papers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import options
from hpobench_tui.core.axis import Axis
from hpobench_tui.export.formats import FORMATS

if TYPE_CHECKING:
    from hpobench_tui.export.bundle import Exported


def export(
    experiment: options.Experiment,
    to: Annotated[Path | None, typer.Option(help="Folder to write to \\[default: EXPERIMENT/exports].")] = None,
    formats: Annotated[
        str | None, typer.Option(help=f"Comma-separated: {', '.join(FORMATS)} \\[default: all].", show_default=False)
    ] = None,
    axis: Annotated[str, typer.Option(help=f"x axis: {options.either(Axis)}.")] = "budget",
    measure: options.MeasureName = None,
    output: options.Root = None,
) -> None:
    """Write the comparison table (CSV, Markdown, LaTeX) and the regret figures (PDF, SVG).

    What cannot be made is left out, and said why; exit code 1 then.
    """
    from hpobench_tui.cli.output import print_line

    folder = options.folder_of(experiment, output)
    made = export_to(
        folder, to, [f.strip() for f in formats.split(",")] if formats is not None else None, axis, measure
    )
    for path in made.files:
        print_line(str(path))
    for reason in made.skipped:
        print_line(f"left out: {reason}", error=True)
    if made.skipped:
        raise typer.Exit(1)


def export_to(
    folder: Path,
    to: Path | None = None,
    formats: list[str] | None = None,
    axis: str = "budget",
    measure: str | None = None,
) -> "Exported":
    """Export an experiment; the files written, and what could not be."""
    from hpobench_tui.core.measure import Measure
    from hpobench_tui.export import bundle
    from hpobench_tui.store.reader import Reader

    x, y = options.choice("axis", axis, Axis), options.choice("measure", measure, Measure) if measure else None
    with Reader(folder) as reader:
        if changed := reader.remark(whole=True):
            typer.echo(changed, err=True)
        return bundle.export(reader, to or folder / "exports", formats or bundle.ALL, x, y)
