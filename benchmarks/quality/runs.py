"""One run by the product's own engine, in this process, and what is kept of it: a line of JSON with its regret curve.

The simple regret is that of the engine's incumbent: its noise-free loss at full fidelity less the problem's reference.
Its curve is exact, as every change of the incumbent is a row of the engine's progress; it is kept as its changes.
"""

import json
import os
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from benchmarks import peers
from benchmarks.quality.sets import Comparison
from hpobench_tui import plugins
from hpobench_tui.core import Budget
from hpobench_tui.core.columns import Row, names
from hpobench_tui.core.compatibility import refusal
from hpobench_tui.core.records import Progress
from hpobench_tui.core.seeds import optimizer_seed, problem_seed
from hpobench_tui.engine.messages import PlannedBrackets, RunTask
from hpobench_tui.engine.running.books import Books
from hpobench_tui.engine.running.recorder import Rows
from hpobench_tui.engine.running.run import Run
from hpobench_tui.executors.activity import Phase

EXPERIMENT_SEED = 4
FRESH_SEED = 2026
"""Of our own optimizers' randomness: their settings were chosen on the seeds of ``EXPERIMENT_SEED``."""
FORGET = "forget"
FOLDER = Path(__file__).parents[2] / "outputs" / "quality"

Curve = list[tuple[int, float]]


@dataclass(frozen=True, order=True)
class Key:
    """What is run. In order: a prefix of the sorted work is a whole comparison of fewer repetitions."""

    repetition: int
    problem: str
    optimizer: str


@dataclass(frozen=True)
class Outcome:
    """A finished run.

    Attributes:
        status: As the engine ends runs: done, complete or failed.
        curve: (budget spent, simple regret) where the regret changes.
        optimizer_seconds: Ask and tell, in sum.
        seconds: The whole run.
        budget: What it could spend at most.
        unit: What the budget counts.
    """

    key: Key
    status: str
    error: str | None
    trials: int
    curve: Curve
    optimizer_seconds: float
    seconds: float
    budget: int
    unit: str

    def line(self) -> str:
        """As it is stored."""
        fields = asdict(self)
        return json.dumps(fields.pop("key") | fields)

    @classmethod
    def read(cls, line: str) -> "Outcome":
        """From a stored line."""
        fields = json.loads(line)
        key = Key(fields.pop("repetition"), fields.pop("problem"), fields.pop("optimizer"))
        fields["curve"] = [(int(spent), float(regret)) for spent, regret in fields["curve"]]
        return cls(key, **fields)


class _Curve:
    """A sink of the engine's that keeps the regret where it changes."""

    def __init__(self, reference: float) -> None:
        self._reference = reference
        self.changes: Curve = []

    def phase(self, phase: Phase, number: int = -1) -> None: ...

    def plan(self, plan: PlannedBrackets) -> None: ...

    def pause_if_asked(self) -> None: ...

    def imported(self, module: str, library: bool) -> None: ...

    def trial(self, row: Row | None, progress: Rows, reports: Rows, books: Books) -> None:
        self.books = books
        for where in (dict(zip(names(Progress), cells, strict=True)) for cells in progress):
            if (value := where["incumbent_value"]) is None:
                continue
            regret = float(value) - self._reference
            if not self.changes or self.changes[-1][1] != regret:
                self.changes.append((int(where["spent"] or 0), regret))


def execute(key: Key, budget: int, unit: str) -> Outcome:
    """Run it."""
    problem, optimizer = plugins.problems()[key.problem], peers.find(key.optimizer)
    plugins.import_needed(problem, optimizer)
    ours = optimizer.load.startswith("hpobench_baselines.native")
    task = RunTask(
        0, problem, optimizer, optimizer.settings({}), Budget.of(budget, unit),
        problem_seed(EXPERIMENT_SEED, key.problem, key.repetition),
        optimizer_seed(FRESH_SEED if ours else EXPERIMENT_SEED, key.problem, key.optimizer, key.repetition), "cpu",
    )  # fmt: skip
    sink = _Curve(problem.reference.loss)
    started = perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' own, which nobody reads here
        run = Run(task, sink)
        end = run.run()
        run.close()
    seconds, books = perf_counter() - started, sink.books
    trials, own = books.recorder.trials, books.optimizer_seconds
    return Outcome(key, end.status, end.error, trials, sink.changes, own, seconds, budget, unit)


def work(optimizers: tuple[str, ...], problems: tuple[str, ...], repetitions: int) -> Iterator[Key]:
    """All that is to be run, repetition by repetition; pairs that cannot run are left out."""
    pairs = [(p, o) for p in problems for o in optimizers if not refused(p, o)]
    for repetition in range(repetitions):
        for problem, optimizer in pairs:
            yield Key(repetition, problem, optimizer)


def refused(problem: str, optimizer: str) -> str | None:
    """Why the pair cannot run, or None."""
    return refusal(plugins.problems()[problem], peers.find(optimizer))


def path(comparison: Comparison) -> Path:
    """Where the runs of a set are kept."""
    return FOLDER / f"{comparison.name}.jsonl"


def stored(file: Path, comparison: Comparison) -> dict[Key, Outcome]:
    """What was run so far under the set's present budget, and not forgotten since."""
    outcomes: dict[Key, Outcome] = {}
    for line in file.read_text().splitlines() if file.exists() else ():
        if not line.endswith("}"):  # an interruption cut it short: it is no run
            continue
        if name := json.loads(line).get(FORGET):
            outcomes = {key: outcome for key, outcome in outcomes.items() if key.optimizer != name}
            continue
        outcome = Outcome.read(line)
        if (outcome.budget, outcome.unit) == (comparison.budget, comparison.unit):
            outcomes[outcome.key] = outcome
    return outcomes


def append(file: Path, line: str) -> None:
    """Add a line; several processes may, as none ever writes a line anew."""
    with file.open("a+b") as lines:
        cut = lines.seek(0, os.SEEK_END) and lines.seek(-1, os.SEEK_END) >= 0 and lines.read(1) != b"\n"
        lines.write((b"\n" if cut else b"") + line.encode() + b"\n")


def forget(file: Path, optimizer: str) -> None:
    """From now on the runs of this optimizer so far do not count."""
    append(file, json.dumps({FORGET: optimizer}))
