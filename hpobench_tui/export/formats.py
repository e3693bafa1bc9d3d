"""What an experiment is exported as: a new format is one entry of ``FORMATS``.

Help texts name the formats, so nothing heavy is imported before one is made.
"""

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypeAlias

from hpobench_tui.core.axis import Axis
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import RunStatus

if TYPE_CHECKING:
    from hpobench_tui.analysis.anytime import AnytimeTable
    from hpobench_tui.analysis.curve import Curve
    from hpobench_tui.analysis.final import FinalRow
    from hpobench_tui.analysis.landmarks import Known
    from hpobench_tui.store.reader import RunRow

Write: TypeAlias = Callable[[IO[bytes]], object]

LONGEST_SLUG = 120
"""Letters of a problem's id in a file's name, which ends at 255 bytes, and is written aside under a longer one."""


@dataclass(frozen=True, slots=True)
class Material:
    """What files are made of: the problems that could be read; what is left of the experiment where some could not.

    ``trials`` and ``progress`` write all there are, in pieces, as they may be many.
    """

    name: str
    runs: "list[RunRow]"
    curves: "dict[int, Curve]"
    rows: "list[FinalRow]"
    landmarks: "dict[str, list[Known]]"
    anytime: "list[AnytimeTable]"
    axis: Axis
    simulated: bool
    trials: Write
    progress: Write
    warnings: tuple[str, ...] = ()

    def measures(self) -> dict[str, Measure]:
        return {row.problem: row.measure for row in self.rows}

    def title(self) -> str:
        """With the measure, if all problems have the same."""
        measures = set(self.measures().values())
        return f"{self.name}: {measures.pop()}" if len(measures) == 1 else self.name

    def final(self) -> "tuple[list[FinalRow], str, dict[str, str], dict[str, list[Known]], Sequence[str]]":
        """Rows, title, budgets in words, landmarks and warnings of the final table."""
        budgets = {run.problem: _budget(run) for run in self.runs}
        return self.rows, self.title(), budgets, self.landmarks, self.warnings

    def over_time(self) -> "tuple[list[AnytimeTable], str, dict[str, str], Sequence[str]]":
        """Tables, title, units in words and warnings of the anytime tables."""
        return self.anytime, self.title(), self.units(), self.warnings

    def units(self) -> dict[str, str]:
        return {run.problem: axis_name(self.axis, run, self.simulated) for run in self.runs}


Files: TypeAlias = Iterable[tuple[str, Write]]


@dataclass(frozen=True, slots=True)
class Format:
    """One export format: ``files`` gives the names of the files and what writes each."""

    description: str
    files: Callable[[Material], Files]


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


def _figures(material: Material, kind: str) -> Files:
    from hpobench_tui.analysis.anytime import bands
    from hpobench_tui.analysis.selection import by_label, by_problem

    labels = list(by_label(material.runs))
    names = slugs(list(by_problem(material.runs)))
    for problem, runs in by_problem(material.runs).items():

        def write(stream: IO[bytes], problem: str = problem, runs: "Sequence[RunRow]" = runs) -> None:
            from hpobench_tui.export import figures  # loads Matplotlib

            made, drawn, marks = io.BytesIO(), bands(runs, material.curves, material.axis), material.landmarks
            x, y = material.units()[problem], str(material.measures()[problem])
            remarks = {label: remark for label, pair in by_label(runs).items() if (remark := _remark(pair))}
            try:
                figure = figures.regret_figure(problem, drawn, x, y, remarks, labels, marks.get(problem, ()))
                figures.save(figure, made, kind)
            except OSError as error:  # a font of Matplotlib's: nothing that another folder would mend
                raise HpobenchError(f"Matplotlib cannot draw it: {error}.") from error
            stream.write(made.getvalue())

        yield f"regret-{names[problem]}.{kind}", write


def _remark(pair: "Sequence[RunRow]") -> str | None:
    failed = sum(run.status is RunStatus.FAILED for run in pair)
    if not failed:
        return None
    return f"all {failed} runs failed" if failed == len(pair) else f"{failed} of {len(pair)} runs failed"


def axis_name(axis: Axis, run: "RunRow", simulated: bool) -> str:
    match axis:
        case Axis.EVALUATIONS:
            return "evaluations"
        case Axis.FIDELITY:
            return f"{run.fidelity or 'evaluations'}, from scratch"
        case Axis.SECONDS:
            return "simulated seconds" if simulated else "seconds, objective and optimizer"
        case Axis.BUDGET:
            return f"budget spent ({Unit(run.unit).words(run.fidelity)})"


def _budget(run: "RunRow") -> str:
    return f"budget {run.budget / run.quanta_per_unit:.10g} {Unit(run.unit).words(run.fidelity)}"


def slug(problem: str) -> str:
    """A problem's id as part of a file name: ``suite/name`` gives ``suite-name``. Of a long one the beginning."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", problem)[:LONGEST_SLUG].strip("-.") or "problem"


def slugs(problems: Sequence[str]) -> dict[str, str]:
    """Problem to slug; numbered where two would be one file, also where case does not count: ``a/b-c``, ``A-b/c``."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for problem in problems:
        plain, number = slug(problem), 2
        chosen = plain
        while chosen.casefold() in taken:
            chosen, number = f"{plain}-{number}", number + 1
        taken.add(chosen.casefold())
        found[problem] = chosen
    return found


FORMATS: Mapping[str, Format] = {
    "csv": Format("final and anytime tables in full precision: table.csv, anytime.csv (landmarks.csv)", _csv),
    "md": Format("the same in Markdown: table.md, anytime.md", _markdown),
    "tex": Format("the same in LaTeX (booktabs): table.tex, anytime.tex", _latex),
    "trials": Format("every recorded trial: trials.csv", lambda material: [("trials.csv", material.trials)]),
    "progress": Format(
        "incumbent and sums over all trials: progress.csv", lambda material: [("progress.csv", material.progress)]
    ),
    "pdf": Format("a figure a problem: regret-PROBLEM.pdf", lambda material: _figures(material, "pdf")),
    "svg": Format("a figure a problem: regret-PROBLEM.svg", lambda material: _figures(material, "svg")),
}
