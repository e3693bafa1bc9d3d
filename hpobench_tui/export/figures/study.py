"""What several kinds of figures are made of, each worked out once and only if it is needed; and what captions say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import hpobench_tui
from hpobench_tui.analysis.curve import run_curve
from hpobench_tui.analysis.importance.evidence import Evidence, read
from hpobench_tui.analysis.performance.counting import PairRuns, read_pairs
from hpobench_tui.analysis.performance.hits import Hits, hits_of
from hpobench_tui.analysis.ranks import average_ranks
from hpobench_tui.analysis.selection import by_label, by_problem
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.nearest import some
from hpobench_tui.core.status import RunStatus
from hpobench_tui.export.figures.look import COLOURED, MOST_COLOURED, Looks
from hpobench_tui.export.figures.wanted import Wanted, Width
from hpobench_tui.export.material import Material

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hpobench_tui.store.reader import ProgressTable, RunRow


MOST_TRIALS = 5000
"""Of a problem, that hyperparameters are judged by: of more a sample, which the captions say."""


class Drawn(NamedTuple):
    """A figure, with what is to stand below it."""

    figure: "Figure"
    caption: str


class Plan(NamedTuple):
    """A figure that can be made; ``name``: of its file, without ending."""

    name: str
    draw: Callable[[Width], Drawn]


Plans = Iterator[Plan]


@dataclass
class Study:
    """Of one export.

    Attributes:
        captions: Of the figures that are made, by name.
        missing: Why others are not, a line each.
        planned: By kind which figures there are: the same in each format.
    """

    material: Material
    wanted: Wanted
    captions: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    planned: "dict[str, list[Plan]]" = field(default_factory=dict)
    _evidence: dict[str, Evidence] = field(default_factory=dict)

    def skip(self, what: str, reason: object) -> None:
        """It does not apply; why."""
        self.missing.setdefault(what, " ".join(str(reason).split()))

    @cached_property
    def problems(self) -> "Mapping[str, Sequence[RunRow]]":
        return by_problem(self.material.runs)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        return tuple(by_label(self.material.runs))

    @cached_property
    def standing(self) -> list[str]:
        """Labels by their average rank, the best first; those without one last."""
        ranks = average_ranks(self.material.rows).ranks
        return sorted(self.labels, key=lambda label: ranks.get(label, float("inf")))

    @cached_property
    def looks(self) -> Looks:
        if len(self.labels) <= MOST_COLOURED:
            return Looks(self.labels)
        best = set(self.standing[:COLOURED])
        return Looks(self.labels, tuple(label for label in self.labels if label in best))

    @cached_property
    def pairs(self) -> list[PairRuns]:
        """The runs by problem and label, with their simple regret over the budget."""
        source = self.material.source

        def curves() -> "Iterator[tuple[RunRow, object]]":
            for run in self.material.runs:
                rows: ProgressTable = source.progress(run.id, columns=("spent", "incumbent_value"))
                yield run, run_curve(rows, run, Axis.BUDGET, Measure.SIMPLE)

        return read_pairs(curves())  # type: ignore[arg-type]

    @cached_property
    def bare(self) -> list[str]:
        """Problems without a known reference."""
        return [problem for problem, runs in self.problems.items() if runs[0].measure is Measure.INCUMBENT]

    @cached_property
    def referenced(self) -> list[PairRuns]:
        """Pairs of problems with a reference.

        Raises:
            HpobenchError: there is none.
        """
        found = [pair for pair in self.pairs if pair.problem not in self.bare]
        if not found:
            raise HpobenchError("no reference is known of any problem, so that there is no regret to look at.")
        return found

    @cached_property
    def block(self) -> list[str]:
        """Problems with a reference that all labels were run on: over those their lines can be compared.

        Raises:
            HpobenchError: there is none.
        """
        there: dict[str, set[str]] = {}
        for pair in self.referenced:
            there.setdefault(pair.problem, set()).add(pair.label)
        found = [problem for problem, labels in there.items() if labels >= set(self.labels)]
        if not found:
            raise HpobenchError(
                "no problem with a known reference has runs of all optimizers, so that lines over problems cannot be"
                " compared. Choose some with --optimizers."
            )
        return found

    @cached_property
    def hits(self) -> list[Hits]:
        """When each run reached its targets, of problems with a reference."""
        return [hits_of(pair) for pair in self.referenced]

    def evidence(self, problem: str) -> Evidence:
        """The trials that its hyperparameters are judged by.

        Raises:
            HpobenchError: too few of them.
        """
        if problem not in self._evidence:
            self._evidence[problem] = read(self.material.source, problem, MOST_TRIALS)
        return self._evidence[problem]

    @property
    def without(self) -> str:
        """What is left out of figures of regret."""
        fewer = [problem for problem in self.problems if problem not in (*self.bare, *self.block)]
        return sentences(self.bare_words, f"Left out, as not all were run on them: {some(fewer)}." if fewer else "")

    @property
    def bare_words(self) -> str:
        """Problems without a reference, where there are any."""
        return f"Left out, as no reference is known: {some(self.bare)}." if self.bare else ""

    def budget(self, problem: str | None = None) -> str:
        """In words; of all problems if none is named."""
        budgets = self.material.budgets
        chosen = list(dict.fromkeys([budgets[problem]] if problem else budgets.values()))
        return chosen[0] if len(chosen) == 1 else f"budgets by problem ({len(chosen)} different ones)"

    def runs(self, problem: str | None = None) -> str:
        """How many there are, and what became of them."""
        runs = self.problems[problem] if problem else self.material.runs
        groups = [len(pair) for own in by_problem(runs).values() for pair in by_label(own).values()]
        low, high = min(groups), max(groups)
        each = f"n = {low}" if low == high else f"n = {low} to {high}"
        failed = sum(run.status is RunStatus.FAILED for run in runs)
        still = sum(run.status.open for run in runs)
        said = f"{each} repetition{'s' * (high > 1)} of {'an optimizer' if problem else 'an optimizer on a problem'}"
        if failed:
            said += f"; {failed} of {len(runs)} runs failed"
        return f"{said}; {still} of {len(runs)} runs have not finished" if still else said

    def protocol(self, problem: str | None = None) -> str:
        """n, budget, versions."""
        made = self.versions
        return f"{_capital(self.runs(problem))}; {self.budget(problem)}. {made}"

    @cached_property
    def versions(self) -> str:
        """What the results, and the figure, were made with."""
        from matplotlib import __version__ as matplotlib

        source = self.material.source
        readers = getattr(source, "readers", [source])
        ran = sorted({of.manifest().get("hpobench-tui", "") for of in readers if hasattr(of, "manifest")} - {""})
        by = f"run with hpobench {', '.join(ran)}; " if ran else ""
        drawn = f"drawn with hpobench {hpobench_tui.__version__}, Matplotlib {matplotlib}"
        return f"Experiment {self.material.name}; {by}{drawn}."


def one_run(study: Study, problem: str, each: bool = False) -> str:
    """What is to be said of a figure of single runs."""
    return f"{_capital(study.budget(problem))}, one run{' each' * each}. {study.versions}"


def _capital(text: str) -> str:
    return text if text.startswith("n ") else text[:1].upper() + text[1:]


def sentences(*parts: str) -> str:
    """A caption of its parts, empty ones left out."""
    return " ".join(part.strip() for part in parts if part.strip())
