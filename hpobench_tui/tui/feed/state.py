"""How an experiment and its runs stand: sums that cost what changed, and what they are sums of."""

import time
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace

from hpobench_tui import plugins
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.measure import Measure
from hpobench_tui.engine.front.estimate import at_a_time, usual_seconds
from hpobench_tui.store.live import Live, Totals
from hpobench_tui.store.reader import ExperimentRow, RunRow

SECOND = 1.0
Pair = tuple[str, str]
"""A problem and a label."""


@dataclass(frozen=True, slots=True)
class State:
    """What a look into the store brought.

    Attributes:
        runs: By id; empty before the first look.
        totals: Over all runs.
        pairs: The same of each problem and label.
        ids: The ids of the runs of each problem and label, by repetition.
        problems, labels: In the order of the experiment.
        loaded: Whether the runs were read at all.
        left: Seconds to go, as of the last second or so.
    """

    row: ExperimentRow
    runs: Sequence[RunRow] = ()
    totals: Totals = field(default_factory=Totals)
    pairs: Mapping[Pair, Totals] = field(default_factory=dict)
    ids: Mapping[Pair, Sequence[int]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    loaded: bool = False
    left: float = 0.0

    @classmethod
    def before(cls, row: ExperimentRow) -> "State":
        """What is known without any run."""
        experiment = row.experiment
        return cls(row, problems=tuple(experiment.problems), labels=tuple(c.label for c in experiment.contenders))

    def runs_of(self, problem: str, label: str | None = None) -> list[RunRow]:
        """The runs of a problem, or of one of its pairs: label by label, by repetition."""
        labels = self.labels if label is None else (label,)
        return [self.runs[run] for each in labels for run in self.ids.get((problem, each), ())]

    def measure(self, problem: str) -> Measure:
        """What a problem is looked at by unless somebody chooses."""
        for label in self.labels:
            for run in self.ids.get((problem, label), ()):
                return self.runs[run].measure
        return Measure.SIMPLE


def remaining_of(experiment: Experiment, pairs: Mapping[Pair, Totals]) -> float:
    """Seconds to go, from sums: a pair's runs go on as they did, else as those of their problem, else as its
    description says. At the cost of pairs, not of runs.
    """
    problems: dict[str, tuple[float, float]] = {}
    for (problem, _), totals in pairs.items():
        seconds, share = problems.get(problem, (0.0, 0.0))
        problems[problem] = seconds + totals.seconds, share + totals.progress
    left = longest = 0.0
    infos = None
    for (problem, _), totals in pairs.items():
        count = totals.statuses.total()
        if totals.at_rest == count:
            continue
        if totals.progress > 0:
            whole = totals.seconds / totals.progress
        elif problems[problem][1] > 0:
            whole = problems[problem][0] / problems[problem][1]
        else:
            infos = infos if infos is not None else plugins.problems().beside(experiment.code.problems)
            whole = usual_seconds(infos[problem], experiment) if problem in infos else 0.0
        to_go = max(count - totals.progress, 0.0)
        left, longest = left + whole * to_go, max(longest, whole * min(to_go, 1.0))
    return max(left / at_a_time(experiment), longest)


class Sums:
    """Keeps a :class:`State` up to date."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._estimated, self._left = -SECOND, 0.0
        self._load()

    def _load(self) -> None:
        self._seen: list[RunRow] = []
        self._pairs: dict[Pair, Totals] = {}
        self._ids: dict[Pair, list[int]] = {}
        self.state = State.before(self._live.row)
        self.take(self._live.runs)

    def reload(self) -> None:
        """The experiment has become another one."""
        self._load()

    def take(self, changed: Sequence[RunRow]) -> None:
        """These runs have changed or were added."""
        touched: dict[Pair, Totals] = {}
        fresh = False
        for run in changed:
            pair = run.problem, run.label
            if pair not in touched:
                known = self._pairs.get(pair)
                touched[pair] = Totals() if known is None else replace(known, statuses=copy(known.statuses))
            if run.id < len(self._seen):
                touched[pair].add(self._seen[run.id], -1)
                self._seen[run.id] = run
            else:
                self._seen.append(run)
                self._ids.setdefault(pair, []).append(run.id)
                fresh = True
            touched[pair].add(run)
        self._pairs = {**self._pairs, **touched}
        before = self.state
        totals = self._live.totals
        problems, labels, ids = before.problems, before.labels, before.ids
        if fresh or not before.loaded:
            ids = {pair: tuple(found) for pair, found in self._ids.items()}
            experiment = self._live.row.experiment
            problems = tuple(dict.fromkeys([*experiment.problems, *(problem for problem, _ in ids)]))
            labels = tuple(dict.fromkeys([*(c.label for c in experiment.contenders), *(label for _, label in ids)]))
            problems = tuple(p for p in problems if any((p, label) in ids for label in labels)) or problems
        if time.monotonic() - self._estimated > SECOND or not before.loaded:
            self._estimated = time.monotonic()
            self._left = remaining_of(self._live.row.experiment, self._pairs)
        self.state = State(
            self._live.row, list(self._seen), replace(totals, statuses=copy(totals.statuses)), self._pairs, ids,
            problems, labels, loaded=True, left=self._left,
        )  # fmt: skip
