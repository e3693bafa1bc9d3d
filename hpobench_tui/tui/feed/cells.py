"""The matrix of optimizers and problems: what each pair came to, and its rank, from the last rows of its runs alone."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from hpobench_tui.analysis.cut import cut
from hpobench_tui.analysis.equality import ranked
from hpobench_tui.analysis.final import FinalRow, final_row, medians_tolerance, placed
from hpobench_tui.analysis.ranks import Ranking, average_ranks
from hpobench_tui.analysis.reached import Reached, reached
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.records import ProgressTable
from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.feed.reading import Reading
from hpobench_tui.tui.feed.state import Pair

PIECE, MANY = 50, 400
"""Runs that are read in one go: one by one (50 µs each), or as neighbours (15 µs each)."""
PAIRS = 10
"""Pairs whose medians are worked out in one go; about 500 µs each."""
_ALL = 2**62
"""More quanta than any budget."""
_WEIGHT = 800
"""About the bytes of a row."""
NOT_RANKED = Ranking({}, (), (), 0)


@dataclass(frozen=True, slots=True)
class Matrix:
    """What pairs came to: the numbers of ``hpobench show`` (of ``show --at``).

    Attributes:
        rows: Of each pair that was read.
        ranks: By median within the problem, of pairs with finished runs; 1 is best, equal ones share the mean.
        so_far: The same of pairs without any, among all that have a value yet.
        ranking: Averages over the problems that compared labels share.
        wins: How often a label has the lowest median of a problem, alone.
    """

    rows: Mapping[Pair, FinalRow] = field(default_factory=dict)
    ranks: Mapping[Pair, float] = field(default_factory=dict)
    so_far: Mapping[Pair, float] = field(default_factory=dict)
    ranking: Ranking = NOT_RANKED
    wins: Mapping[str, int] = field(default_factory=dict)


class Cells(Reading[Matrix]):
    """Key: a measure (None: each problem's own), a share of the budget (None: as things are).

    Of a run that changed the last row is read; medians and ranks are worked out of pairs and problems with such runs.
    """

    def __init__(self, feed: object, measure: Measure | None, at: float | None = None) -> None:
        super().__init__(feed, measure, at)  # type: ignore[arg-type]
        self._measure, self._at = measure, at
        self._clear()

    def _clear(self) -> None:
        self._stale: dict[int, RunRow] = {}
        self._touched: dict[Pair, None] = {}
        self._problems: dict[str, None] = {}
        self._outdated = False
        self._values: dict[int, Reached] = {}
        self._cut: dict[int, RunRow] = {}
        self._rows: dict[str, dict[str, FinalRow]] = {}
        self._ranks: dict[Pair, float] = {}
        self._so_far: dict[Pair, float] = {}
        self._ranking = NOT_RANKED

    def note(self, live: Live, changed: Sequence[RunRow] | None) -> None:
        if changed is None:
            self._clear()
        self._stale.update((run.id, run) for run in (live.runs if changed is None else changed))
        self.total = len(live.runs)
        self.done = self.total - len(self._stale)

    def step(self, reader: Reader, live: Live) -> bool:
        if self._stale:
            many = self._at is None and len(self._stale) >= MANY
            self._read(reader, list(islice(self._stale, MANY if many else PIECE)), live, many)
        elif self._touched:
            self._work_out(live, list(islice(self._touched, PAIRS)))
        elif self._problems or self.picture is None:
            self._place()
        unfinished = bool(self._stale or self._touched or self._problems)
        self.done = self.total - max(len(self._stale), int(unfinished))
        return unfinished

    def _read(self, reader: Reader, numbers: Sequence[int], live: Live, many: bool) -> None:
        """What these runs reached; ``many``: they are neighbours, or nearly."""
        rows: dict[int, ProgressTable] = {}
        near = many and max(numbers) - min(numbers) < 2 * len(numbers)
        ends = reader.ends(min(numbers), max(numbers)) if near else None
        runs = []
        for number in numbers:
            run = live.runs[number]
            del self._stale[number]
            self._touched[run.problem, run.label] = None
            self._values.pop(number, None)
            if self._at is None:
                end = reader.end(number, _ALL) if run.trials and ends is None else None
            else:
                run, end = _as_it_was(reader, run, int(self._at * run.budget), self._measure)
                self._cut[number] = run
            if end is not None and len(end):
                rows[number] = end
            runs.append(run)
        self._values.update(reached(runs, rows if ends is None else ends, self._measure))

    def _work_out(self, live: Live, pairs: Sequence[Pair]) -> None:
        """New rows of these pairs."""
        for problem, label in pairs:
            del self._touched[problem, label]
            runs = [self._cut.get(run, live.runs[run]) for run in self.feed.state.ids.get((problem, label), ())]
            if runs:
                row = final_row(runs, self._values, self._measure)
                known = self._rows.setdefault(problem, {})
                self._outdated |= label not in known or _counts(known[label]) != _counts(row)
                known[label] = row
                self._problems[problem] = None

    def _place(self) -> None:
        """Who is best where, and ranks, of what was touched."""
        labels = self.feed.state.labels
        for problem in self._problems:
            own = self._rows[problem]
            rows = placed([own[label] for label in labels if label in own])
            self._rows[problem] = {row.label: row for row in rows}
            self._rank(problem, rows)
        self._problems.clear()
        rows = [row for problem in self.feed.state.problems for row in self._rows.get(problem, {}).values()]
        if self._outdated:
            self._outdated = False
            self._ranking = average_ranks(rows)
        self.weight = _WEIGHT * len(rows) + 150 * len(self._values) + 300 * len(self._cut)
        wins: dict[str, int] = dict.fromkeys(labels, 0)
        for row in rows:
            wins[row.label] = wins.get(row.label, 0) + row.best_in_problem
        self.publish(
            Matrix({(row.problem, row.label): row for row in rows}, dict(self._ranks), dict(self._so_far),
                   self._ranking, wins)
        )  # fmt: skip

    def _rank(self, problem: str, rows: Sequence[FinalRow]) -> None:
        for label in self.feed.state.labels:
            self._ranks.pop((problem, label), None)
            self._so_far.pop((problem, label), None)
        tolerance = medians_tolerance(rows)
        with_value = [row for row in rows if row.median is not None]
        finished = [row for row in with_value if not row.provisional]
        for known, chosen in ((self._ranks, finished), (self._so_far, with_value)):
            medians = np.array([row.median for row in chosen], dtype=np.float64)
            known.update(
                ((problem, row.label), rank)
                for row, rank in zip(chosen, ranked(medians, tolerance).tolist(), strict=True)
                if known is self._ranks or row.provisional
            )


def _counts(row: FinalRow) -> tuple[float | None, float | None]:
    """What average ranks are made of."""
    return (None, None) if row.provisional else (row.median, row.trials)


def _as_it_was(
    reader: Reader, run: RunRow, quanta: int, measure: Measure | None
) -> tuple[RunRow, ProgressTable | None]:
    """The run when that much was spent, and its row, as ``analysis.cut`` has them.

    Only sums and failures need the trials between two rows of progress; where these are not recorded, the row before.
    """
    if quanta and run.spent > quanta and ((measure or run.measure).summed or run.failed_trials):
        with suppress(HpobenchError):
            return cut(reader, run, quanta)
    end = reader.end(run.id, quanta) if run.trials and quanta else None
    values: dict[str, object] = {"budget": max(quanta, 1), "spent": 0, "trials": 0}
    if end is not None and len(end):
        trials = int(end.number[-1]) + 1
        values |= {"spent": int(end.spent[-1]), "trials": trials}
        values["optimizer_seconds"] = run.optimizer_seconds * (trials / run.trials)
    if run.spent >= quanta and not run.status.finished:
        values |= {"status": RunStatus.DONE, "error": None}
    return run.replaced(**values), end
