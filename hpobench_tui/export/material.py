"""What exported files are made of, and how they are called."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, TYPE_CHECKING, TypeAlias

from hpobench_tui.core.axis import Axis
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.measure import Measure
from hpobench_tui.export.figures.wanted import Wanted

if TYPE_CHECKING:
    from hpobench_tui.analysis.anytime import AnytimeTable
    from hpobench_tui.analysis.curve import Curve
    from hpobench_tui.analysis.final import FinalRow
    from hpobench_tui.analysis.landmarks import Known
    from hpobench_tui.analysis.scores import Scores
    from hpobench_tui.analysis.source import Source
    from hpobench_tui.analysis.winners import Winners
    from hpobench_tui.store.reader import ProgressTable, RunRow

Write: TypeAlias = Callable[[IO[bytes]], object]

LONGEST_SLUG = 120
"""Letters of a problem's id in a file's name, which ends at 255 bytes, and is written aside under a longer one."""


@dataclass(frozen=True)
class Material:
    """What files are made of: the problems that could be read; what is left of the experiment where some could not.

    Attributes:
        source: Where all else can be read: of ``runs`` alone.
        measure: What was asked for; None: what each problem is for (``measures``).
        ends: Run id to its last row of progress, of those that have one.
        quartiles: Whether the matrix is to show them.
        figures: Which are wanted, and how.
        shared: What several files are made of, by who keeps it there.
    """

    source: "Source"
    name: str
    runs: "list[RunRow]"
    curves: "dict[int, Curve]"
    rows: "list[FinalRow]"
    landmarks: "dict[str, list[Known]]"
    anytime: "list[AnytimeTable]"
    axis: Axis
    measure: Measure | None
    simulated: bool
    ends: "Mapping[int, ProgressTable]"
    warnings: tuple[str, ...] = ()
    quartiles: bool = False
    figures: Wanted = field(default_factory=Wanted)
    shared: dict[str, object] = field(default_factory=dict)

    @cached_property
    def scores(self) -> "Scores":
        """A number a finished run; failed ones are left out."""
        from hpobench_tui.analysis.scores import scores

        return scores(self.runs, self.ends, self.measure)

    @cached_property
    def winners(self) -> "list[Winners]":
        """Who is not shown to be worse than the best of a problem; the last, of several problems, over all."""
        from hpobench_tui.analysis.winners import winners

        return winners(self.scores)

    @cached_property
    def versions(self) -> dict[str, str]:
        """What the results were made with: of several experiments all that any of them says."""
        from hpobench_tui.analysis.union import Union
        from hpobench_tui.store.reader import Reader

        source = self.source
        readers = source.readers if isinstance(source, Union) else [source] if isinstance(source, Reader) else []
        found: dict[str, dict[str, None]] = {}
        for reader in readers:
            for what, value in reader.manifest().items():
                found.setdefault(what, {})[value] = None
        return {what: ", ".join(values) for what, values in found.items()}

    def measures(self) -> dict[str, Measure]:
        return {row.problem: row.measure for row in self.rows}

    def title(self) -> str:
        """With the measure, if all problems have the same."""
        measures = set(self.measures().values())
        return f"{self.name}: {measures.pop()}" if len(measures) == 1 else self.name

    def final(self) -> "tuple[list[FinalRow], str, dict[str, str], dict[str, list[Known]], Sequence[str]]":
        """Rows, title, budgets in words, landmarks and warnings of the final table."""
        return self.rows, self.title(), self.budgets, self.landmarks, self.warnings

    def over_time(self) -> "tuple[list[AnytimeTable], str, dict[str, str], Sequence[str]]":
        """Tables, title, units in words and warnings of the anytime tables."""
        return self.anytime, self.title(), self.units, self.warnings

    @cached_property
    def units(self) -> dict[str, str]:
        """By problem what the horizontal axis counts."""
        return {run.problem: axis_name(self.axis, run, self.simulated) for run in self._first}

    @cached_property
    def budgets(self) -> dict[str, str]:
        """By problem what each of its runs may spend, in words."""
        return {run.problem: f"budget {budget_words(run)}" for run in self._first}

    @cached_property
    def _first(self) -> "Collection[RunRow]":
        """A run of each problem: all of one have the same budget."""
        return {run.problem: run for run in self.runs}.values()


Files: TypeAlias = Iterable[tuple[str, Write]]
"""Paths in the folder of the export, with ``/`` between folders, and what writes each."""


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


def budget_words(run: "RunRow") -> str:
    """What a run may spend: ``50 evaluations``."""
    return f"{run.budget / run.quanta_per_unit:.10g} {Unit(run.unit).words(run.fidelity)}"


def slug(problem: str, otherwise: str = "problem") -> str:
    """A problem's id as part of a file name: ``suite/name`` gives ``suite-name``. Of a long one the beginning.

    Args:
        otherwise: Where nothing is left of it.
    """
    return re.sub(r"[^A-Za-z0-9._]+", "-", problem)[:LONGEST_SLUG].strip("-.") or otherwise


def slugs(problems: Sequence[str], otherwise: str = "problem") -> dict[str, str]:
    """Problem to slug; numbered where two would be one file, also where case does not count: ``a/b-c``, ``A-b/c``."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for problem in problems:
        plain, number = slug(problem, otherwise), 2
        chosen = plain
        while chosen.casefold() in taken:
            chosen, number = f"{plain}-{number}", number + 1
        taken.add(chosen.casefold())
        found[problem] = chosen
    return found
