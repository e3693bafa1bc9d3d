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


def _csv(material: Material) -> Files:
    from hpobench_tui.export import tables

    yield "table.csv", lambda stream: stream.write(tables.final_csv(material.rows).encode())
    yield "anytime.csv", lambda stream: stream.write(tables.anytime_csv(material.anytime).encode())
    if material.landmarks:
        yield "landmarks.csv", lambda stream: stream.write(tables.landmarks_csv(material.landmarks).encode())


def _markdown(material: Material) -> Files:
    from hpobench_tui.export import tables

    yield "table.md", lambda stream: stream.write(tables.final_markdown(*material.final()).encode())
    yield (
        "anytime.md",
        lambda stream: stream.write(tables.anytime_markdown(*material.over_time()).encode()),
    )


def _latex(material: Material) -> Files:
    from hpobench_tui.export import tables

    yield "table.tex", lambda stream: stream.write(tables.final_latex(*material.final()).encode())
    yield (
        "anytime.tex",
        lambda stream: stream.write(tables.anytime_latex(*material.over_time()).encode()),
    )


FORMATS: Mapping[str, Format] = {
    "csv": Format("final and anytime tables in full precision: table.csv, anytime.csv (landmarks.csv)", _csv),
    "md": Format("the same in Markdown: table.md, anytime.md", _markdown),
    "tex": Format("the same in LaTeX (booktabs): table.tex, anytime.tex", _latex),
    "trials": Format("every recorded trial: trials.csv", lambda material: [("trials.csv", material.trials)]),
    "progress": Format(
        "incumbent and sums over all trials: progress.csv", lambda material: [("progress.csv", material.progress)]
    ),
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
