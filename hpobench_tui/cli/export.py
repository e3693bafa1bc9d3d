"""``hpobench export``: tables and figures for papers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import completion, options
from hpobench_tui.core.axis import Axis
from hpobench_tui.export.figures.wanted import DEFAULT, KINDS, VENUES, Wanted, kinds_of, style_of
from hpobench_tui.export.formats import FORMATS

if TYPE_CHECKING:
    from hpobench_tui.analysis.union import Union
    from hpobench_tui.export.bundle import Exported


def export(
    experiments: options.Experiments,
    to: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write to \\[default: EXPERIMENT/exports; of several: exports/NAME-NAME beside them]."
        ),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            help=f"Comma-separated: {', '.join(FORMATS)} \\[default: all].",
            autocompletion=completion.formats,
            show_default=False,
        ),
    ] = None,
    axis: Annotated[
        str,
        typer.Option(help=f"x axis: {options.either(Axis)}.", autocompletion=completion.one_of(*options.named(Axis))),
    ] = "budget",
    measure: options.MeasureName = None,
    figures: Annotated[
        str | None,
        typer.Option(
            help=f"Kinds of figures, comma-separated: {', '.join(KINDS)} \\[default: all that apply].",
            autocompletion=completion.one_of(*KINDS),
            show_default=False,
        ),
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(
            help=f"Widths of figures, by venue ({', '.join(VENUES)}), and a style file of Matplotlib's that overrides:"
            " icml, mine.mplstyle, or icml,mine.mplstyle.",
            autocompletion=completion.one_of(*VENUES),
        ),
    ] = DEFAULT,
    problems: options.Problems = None,
    optimizers: options.Optimizers = None,
    repetitions: options.Repetitions = None,
    at: options.At = None,
    pool: options.Pool = False,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Write the comparison table (CSV, Markdown, LaTeX) and the regret figures (PDF, SVG).

    What cannot be made is left out, and said why; exit code 1 then.
    """
    from hpobench_tui.cli.output import print_json, print_line

    with options.union(experiments, output, problems, optimizers, repetitions, at, pool) as union:
        chosen = [f.strip() for f in formats.split(",")] if formats is not None else None
        made = export_to(union, to, chosen, axis, measure, figures, style)
    if as_json:
        print_json({"files": list(map(str, made.files)), "left_out": made.skipped})
    for path in [] if as_json else made.files:
        print_line(str(path))
    for reason in made.skipped:
        print_line(f"left out: {reason}", error=True)
    if made.skipped:
        raise typer.Exit(1)


def export_to(
    union: "Union",
    to: Path | None = None,
    formats: list[str] | None = None,
    axis: str = "budget",
    measure: str | None = None,
    figures: str | None = None,
    style: str | None = None,
) -> "Exported":
    """Export experiments; the files written, and what could not be."""
    from hpobench_tui.analysis import warnings
    from hpobench_tui.core.measure import Measure
    from hpobench_tui.engine.front.looks import looking
    from hpobench_tui.export import bundle

    x, y = options.choice("axis", axis, Axis), options.choice("measure", measure, Measure) if measure else None
    for reader in union.readers:
        if changed := reader.remark(whole=True):
            typer.echo(changed, err=True)
    folders = [reader.folder for reader in union.readers]
    default = folders[0] / "exports" if len(folders) == 1 else folders[0].parent / "exports" / "-".join(union.names)
    kinds, (width, file) = kinds_of(figures), style_of(style)
    with looking(union.reader_of) as look:
        wanted = Wanted(kinds, width, file, look)
        return bundle.export(
            union, to or default, formats or bundle.ALL, x, y, warnings=warnings.read(*union.readers), figures=wanted
        )
