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
    from hpobench_tui.export import matrix, tables

    yield "matrix.md", lambda stream: stream.write(matrix.markdown(material).encode())
    yield "table.md", lambda stream: stream.write(tables.final_markdown(*material.final()).encode())
    yield (
        "anytime.md",
        lambda stream: stream.write(tables.anytime_markdown(*material.over_time()).encode()),
    )


FORMATS: Mapping[str, Format] = {
    "csv": Format("final and anytime tables in full precision: table.csv, anytime.csv (landmarks.csv)", _csv),
    "md": Format("the same in Markdown, and optimizers × problems: table.md, anytime.md, matrix.md", _markdown),
    "tex": Format("the same in LaTeX (booktabs, siunitx); tables.tex: all in a document", _by("latex")),
    "trials": Format("every recorded trial: trials.csv", lambda material: [("trials.csv", material.trials)]),
    "progress": Format(
        "incumbent and sums over all trials: progress.csv", lambda material: [("progress.csv", material.progress)]
    ),
    "pdf": Format("a figure a problem: regret-PROBLEM.pdf", _by("regrets", "pdf")),
    "svg": Format("a figure a problem: regret-PROBLEM.svg", _by("regrets", "svg")),
}
