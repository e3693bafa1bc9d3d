"""What an experiment is exported as: a new format is one entry of ``FORMATS``.

Help texts name the formats, so nothing heavy is imported before one is made.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from hpobench_tui.export.material import Files, Material


@dataclass(frozen=True, slots=True)
class Format:
    """One export format: ``files`` gives the names of the files and what writes each.

    ``asked``: made only where it is asked for by name.
    """

    description: str
    files: Callable[[Material], Files]
    asked: bool = False


def _by(module: str, *arguments: str) -> Callable[[Material], Files]:
    """``files`` of a module of this package."""

    def files(material: Material) -> Files:
        made: Files = import_module(f"hpobench_tui.export.{module}").files(material, *arguments)
        return made

    return files


def _many(name: str) -> Callable[[Material], Files]:
    """The one file of a table that may have millions of rows."""

    def files(material: Material) -> Files:
        from hpobench_tui.export import csv

        return csv.many(material, name)

    return files


def _markdown(material: Material) -> Files:
    from hpobench_tui.export import matrix, tables

    yield "matrix.md", lambda stream: stream.write(matrix.markdown(material).encode())
    yield "table.md", lambda stream: stream.write(tables.final_markdown(*material.final()).encode())
    yield (
        "anytime.md",
        lambda stream: stream.write(tables.anytime_markdown(*material.over_time()).encode()),
    )


FORMATS: Mapping[str, Format] = {
    "csv": Format("in full precision: table.csv (final), anytime.csv, runs.csv (landmarks.csv)", _by("csv")),
    "md": Format("the same in Markdown, and optimizers × problems: table.md, anytime.md, matrix.md", _markdown),
    "tex": Format("the same in LaTeX (booktabs, siunitx); tables.tex: all in a document", _by("latex")),
    "trials": Format("every recorded trial, a column a hyperparameter: trials.csv", _many("trials")),
    "progress": Format("incumbent and sums over all trials: progress.csv", _many("progress")),
    "parquet": Format("the tables of csv, trials and progress, typed: runs.parquet, …", _by("parquet"), asked=True),
    "json": Format("all tables but trials and progress, explained: results.json", _by("json"), asked=True),
    "pdf": Format("figures of all kinds that apply, with captions.md and captions.tex", _by("figures.made", "pdf")),
    "svg": Format("the same figures", _by("figures.made", "svg")),
    "png": Format("the same figures, 300 dots an inch", _by("figures.made", "png"), asked=True),
    "pgf": Format("the same figures for LaTeX, in its fonts (needs a TeX)", _by("figures.made", "pgf"), asked=True),
    "optuna": Format("an Optuna storage, a study a run: optuna-journal.log", _by("bridges.optuna"), asked=True),
    "rows": Format("a row a finished run, as TabArena has them: result-rows.csv", _by("bridges.rows"), asked=True),
    "coco": Format("folders that cocopp reads: coco/bbob, coco/other", _by("bridges.coco"), asked=True),
    "ioh": Format("folders that iohinspector and IOHanalyzer read: ioh", _by("bridges.ioh"), asked=True),
    "html": Format("all results in one page that works without a network: report.html", _by("report"), asked=True),
}
