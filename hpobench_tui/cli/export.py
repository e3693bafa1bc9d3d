"""``hpobench export``: tables, data and figures, for papers and other tools."""

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
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


def _asked() -> str:
    """The formats that are made only where they are asked for."""
    return ", ".join(name for name, form in FORMATS.items() if form.asked)


def export(
    experiments: options.Experiments,
    to: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write to \\[default: EXPERIMENT/exports; of several: exports/NAME-NAME beside them]."
        ),
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            "--formats",
            help=f"Some of these, separated by commas: {', '.join(FORMATS)} \\[default: all but {_asked()}].",
            autocompletion=completion.some_of(*FORMATS),
            show_default=False,
        ),
    ] = None,
    axis: Annotated[
        str,
        typer.Option(help=f"x axis: {options.either(Axis)}.", autocompletion=completion.one_of(*options.named(Axis))),
    ] = "budget",
    measure: options.MeasureName = None,
    quartiles: Annotated[
        bool, typer.Option("--quartiles", help="Show them in the matrix, beside its medians.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which files there would be.")] = False,
    figures: Annotated[
        str | None,
        typer.Option(
            help=f"Kinds of figures, comma-separated: {', '.join(KINDS)} \\[default: all that apply].",
            autocompletion=completion.some_of(*KINDS),
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
    """Write tables (CSV, Markdown, LaTeX), all trials and figures (PDF, SVG); other formats by name.

    Files of the same name are replaced. What cannot be made is left out, and said why; exit code 1 then.
    """
    from hpobench_tui.cli.bars import bar
    from hpobench_tui.cli.output import print_json, print_line

    chosen = [name.strip() for each in formats for name in each.split(",")] if formats is not None else None
    shown = bar(1.0) if sys.stderr.isatty() and not dry_run else nullcontext()
    with options.union(experiments, output, problems, optimizers, repetitions, at, pool) as union, shown as coming:
        made = export_to(
            union,
            to,
            chosen,
            axis,
            measure,
            figures=figures,
            style=style,
            quartiles=quartiles,
            dry=dry_run,
            coming=coming,
        )
    if as_json:
        print_json({"files": list(map(str, made.files)), "left_out": made.skipped, "dry_run": dry_run})
    for path in [] if as_json else made.files:
        print_line(str(path))
    for reason in made.skipped:
        print_line(f"left out: {reason}", error=True)
    if made.skipped:
        raise typer.Exit(1)


def export_to(
    union: "Union",
    to: Path | None = None,
    formats: Sequence[str] | None = None,
    axis: str = "budget",
    measure: str | None = None,
    figures: str | None = None,
    style: str | None = None,
    quartiles: bool = False,
    dry: bool = False,
    coming: Callable[[float, str], None] | None = None,
) -> "Exported":
    """Export experiments; the files written, and what could not be (``bundle.export``)."""
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
    warned = warnings.read(*union.readers)
    with looking(union.reader_of) as look:
        return bundle.export(
            union, to or default, formats or bundle.ALL, x, y, None, warned,
            figures=Wanted(kinds, width, file, look), quartiles=quartiles, dry=dry, coming=coming,
        )  # fmt: skip
