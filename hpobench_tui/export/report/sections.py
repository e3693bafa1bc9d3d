"""A section of the report: its numbers, how they were worked out and how to read them, or why there are none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from hpobench_tui.analysis.anytime import Band, bands
from hpobench_tui.analysis.columns import Comparison
from hpobench_tui.analysis.performance.counting import PairRuns, read_pairs, stream
from hpobench_tui.analysis.scores import Scores, scores
from hpobench_tui.analysis.selection import by_label, by_problem
from hpobench_tui.analysis.union import Union
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.material import Material
from hpobench_tui.store.reader import Reader, RunRow

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
ALL_POINTS = 10**9
"""Of a curve: it is thinned later."""


@dataclass(frozen=True)
class Subject:
    """What sections are worked out from; what several need, once.

    Problems and labels stand in the report by their places in ``problems`` and ``labels``.
    """

    material: Material

    @cached_property
    def groups(self) -> dict[str, list[RunRow]]:
        return by_problem(self.material.runs)

    @cached_property
    def problems(self) -> dict[str, int]:
        return {problem: place for place, problem in enumerate(self.groups)}

    @cached_property
    def labels(self) -> dict[str, int]:
        return {label: place for place, label in enumerate(by_label(self.material.runs))}

    @cached_property
    def readers(self) -> list[tuple[str, Reader]]:
        """The stores that the runs are of, by the names of their experiments."""
        source = self.material.source
        if isinstance(source, Union):
            return list(zip(source.names, source.readers, strict=True))
        return [(source.name, source)] if isinstance(source, Reader) else []

    def origin(self, run: RunRow) -> tuple[Reader, RunRow] | None:
        """The store that a run is of, and the run as it stands there; None where there is no store."""
        source = self.material.source
        if isinstance(source, Union):
            reader, own = source.reader_of(run.id)
            return reader, reader.run(own)
        return (source, run) if isinstance(source, Reader) else None

    def shown_of(self, reader: Reader) -> set[int]:
        """The ids of the shown runs in one of the stores."""
        source = self.material.source
        if not isinstance(source, Union):
            return {run.id for run in self.material.runs}
        places = (source.reader_of(run.id) for run in self.material.runs)
        return {own for there, own in places if there is reader}

    @cached_property
    def comparison(self) -> Comparison:
        return Comparison(self.material.rows)

    @cached_property
    def scores(self) -> Scores:
        return scores(self.material.runs, self.material.source.ends(), self.material.measure)

    @cached_property
    def pairs(self) -> list[PairRuns]:
        """Curves of simple regret along the budget, of the problems that could be read."""
        return read_pairs(stream(self.material.source, self.material.runs))

    @cached_property
    def bands(self) -> dict[str, list[Band]]:
        """Medians and quartiles by problem, at every position at which all curves are exact."""
        return {
            problem: bands(runs, self.material.curves, self.material.axis, ALL_POINTS, log=False)
            for problem, runs in self.groups.items()
        }

    def problem(self, name: str) -> int:
        return self.problems[name]

    def label(self, name: str) -> int:
        return self.labels[name]


@dataclass(frozen=True)
class Section:
    """One section: ``found`` gives its numbers, or raises :class:`HpobenchError`, whose words stand in their place.

    Attributes:
        title: Its heading.
        how: How its numbers are worked out; what depends on them is in ``notes`` of what ``found`` gives.
        read: How to read it.
    """

    title: str
    how: str
    read: str
    found: Callable[[Subject], Mapping[str, Json]]

    def made(self, subject: Subject) -> Mapping[str, Json]:
        said: dict[str, Json] = {"title": self.title, "how": self.how, "read": self.read, "why": None}
        try:
            return said | dict(self.found(subject))
        except HpobenchError as error:
            return said | {"why": str(error)}
