"""What can be asked of a recorded run: slices through its optimizer's belief, beliefs of arms, and their pulls."""

import json
import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hpobench_tui import own_files, plugins
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.configuration import Configuration, from_json, key_of
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.optimizer import Look, Lookable
from hpobench_tui.core.problem import Arm, ArmedProblem, Report, lai_robbins
from hpobench_tui.core.records import ReportRow, TrialRow
from hpobench_tui.core.space import space_of
from hpobench_tui.engine.looking.grid import Axis, Lines, needed
from hpobench_tui.engine.looking.replica import Replica, Reports
from hpobench_tui.engine.messages import RunTask
from hpobench_tui.engine.running.prepare import prepare
from hpobench_tui.store.reader import Reader, RunRow

Answer = dict[str, Any]
Progress = Callable[[int, int], None]
PIECE = 500
"""Trials that are read, and questions that are asked, at a time."""
BEHIND = 300
"""So many questions before the wanted one are looked at on the way, so that stepping back costs nothing."""
MOST_FLOATS = 4_000_000
"""Of looks that are kept."""
MOST_ARMS, MOST_SHOWN = 1000, 64
"""Distinct configurations that count as arms at all, and those of them that are told one by one."""
MOST_DATA = 2000
"""Trials drawn beside a look: the latest."""
OCTAVE = 8
"""Positions at which pulls are counted, for each doubling."""


class Answers:
    """Of one experiment's folder. Of the runs that were repeated the last one is kept, where it stands."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._live: tuple[int, Run] | None = None
        self._kept: OrderedDict[tuple[Any, ...], Answer] = OrderedDict()
        self._floats = 0

    def slice(self, run: int, trial: int, along: Sequence[str], points: int, held: str, progress: Progress) -> Answer:
        """What was believed when a trial was asked for, along one or two hyperparameters; none named: the first."""
        with Reader(self._folder) as reader:
            was = trial_of(reader, run, trial)
            names = tuple(along) or self._run(reader, run, was.asked).lines.names[:1]
            needed(names)
            wanted = (run, was.asked, names, points, held)
            if wanted not in self._kept:
                repeated = self._run(reader, run, was.asked)

                def keep(question: int) -> None:
                    if question >= was.asked - BEHIND:
                        self._keep((run, question, names, points, held), repeated.slice(names, points, held))

                repeated.forward(reader, was, keep, progress)
            self._kept.move_to_end(wanted)
            return {**self._kept[wanted], "trial": trial}

    def bounds(self, run: int, trial: int, progress: Progress) -> Answer:
        """What was believed of every arm when a trial was asked for."""
        with Reader(self._folder) as reader:
            was = trial_of(reader, run, trial)
            repeated = self._run(reader, run, was.asked)
            wanted = (run, was.asked, "arms")
            if wanted not in self._kept:

                def keep(question: int) -> None:
                    if question >= was.asked - BEHIND:
                        self._keep((run, question, "arms"), repeated.bounds())

                repeated.forward(reader, was, keep, progress)
            return {**self._kept[wanted], "trial": trial}

    def pulls(self, run: int, progress: Progress) -> Answer:
        """How often each arm was pulled by and by, the regret, and what the problem says of its arms; of the store."""
        with Reader(self._folder) as reader:
            row = run_of(reader, run)
            recorded = reader.recorded().get(run, 0)
            counts: Counter[str] = Counter()
            positions, history = positions_up_to(recorded), []
            texts = reader.configurations(run, recorded)
            at = 0
            for number, text in enumerate(texts, start=1):
                counts[text] += 1
                if number == positions[at]:
                    history.append(dict(counts))
                    at += 1
                    progress(number, recorded)
                    if len(counts) > MOST_ARMS:
                        raise HpobenchError(f"it has no arms: it tried more than {MOST_ARMS:,} configurations.")
            arms = self._arms(row)
            sorted_texts = ordered(counts)
            shown = sorted_texts[:MOST_SHOWN]
            walked = reader.progress(run, columns={"number", "pseudo_regret"})
            return {
                "arms": [from_json(text) for text in shown],
                "others": len(sorted_texts) - len(shown),
                "losses": losses_of(shown, arms),
                "slope": lai_robbins(arms) if arms else None,
                "positions": positions[: len(history)],
                "pulls": [[then.get(text, 0) for then in history] for text in shown],
                "rest": [sum(then.get(text, 0) for text in sorted_texts[MOST_SHOWN:]) for then in history],
                "regret": [(walked.number + 1).tolist(), walked.pseudo_regret.tolist()],
                "recorded": recorded,
                "trials": row.trials,
            }

    def _run(self, reader: Reader, run: int, question: int) -> "Run":
        """The run, at most at that question."""
        known = self._live
        if known is None or known[0] != run or not known[1].replica.asked <= question < known[1].known:
            self._live = None  # what it held goes first
            self._live = run, Run(reader, self._folder, run_of(reader, run))
        assert self._live is not None
        return self._live[1]

    def _keep(self, key: tuple[Any, ...], answer: Answer) -> None:
        self._kept[key] = answer
        self._floats += answer["size"]
        while self._floats > MOST_FLOATS and len(self._kept) > 1:
            self._floats -= self._kept.popitem(last=False)[1]["size"]

    def _arms(self, row: RunRow) -> Sequence[Arm]:
        """What the problem says of its arms, if it can."""
        problems = plugins.problems()
        if row.problem not in problems:
            return ()
        info = problems[row.problem]
        if own_files.is_own(info.load) or missing(info):
            return ()
        problem = plugins.load_problem(info)
        return problem.arms() if isinstance(problem, ArmedProblem) else ()


class Run:
    """A run that is being repeated.

    Raises:
        HpobenchError: it cannot be; why.
    """

    def __init__(self, reader: Reader, folder: Path, row: RunRow) -> None:
        reader.refuse_imported("repeat a run of")
        experiment = reader.experiment().experiment
        if row.problem in experiment.code.problems or row.optimizer in experiment.code.optimizers:
            raise HpobenchError(
                "its problem or optimizer is a file that came with the experiment, whose code is not run for a look."
            )
        problem, optimizer = plugins.problems()[row.problem], plugins.optimizers()[row.optimizer]
        recorded = reader.recorded().get(row.id, 0)
        if recorded < row.trials:
            raise HpobenchError(
                f"of its {row.trials:,} trials {recorded:,} are recorded; all are needed to repeat it."
                " Run it without `record`."
            )
        (contender,) = (each for each in experiment.contenders if each.label == row.label)
        plugins.import_needed(problem, optimizer)
        prepared = prepare(
            RunTask(
                row.id,
                problem,
                optimizer,
                contender.parameters,
                experiment.budgets[row.problem],
                row.problem_seed,
                row.optimizer_seed,
                "cpu",
                simulation=experiment.simulation,
            )
        )
        if not isinstance(prepared.optimizer, Lookable):
            raise HpobenchError(f"{row.optimizer} has no model that it shows.")
        if prepared.pruner is not None and experiment.pending > 1:
            raise HpobenchError("it stops trials that run side by side, and when it did is not recorded.")
        self._row, self._folder = row, folder
        self.known = limit_of(row, recorded, experiment.pending)
        self.lines = Lines(space_of(plugins.load_problem(problem)))
        reports = reports_of(reader, row.id) if prepared.pruner is not None else {}
        self.replica = Replica(problem, prepared, rows_of(folder, row.id), reports, experiment, self.known)
        self._lookable: Lookable = prepared.optimizer
        self._arms: list[Configuration] = []

    def forward(self, reader: Reader, was: TrialRow, look: Callable[[int], None], progress: Progress) -> None:
        """Repeat it up to the question of a trial, looking at each of the last ones."""
        replica = self.replica
        while replica.asked < was.asked:
            replica.forward(replica.asked + 1)
            look(replica.asked)
            if replica.asked % PIECE == 0:
                progress(replica.asked, was.asked)
        assert replica.ask is not None
        replica.compare(was, replica.ask)
        look(replica.asked)

    def slice(self, names: Sequence[str], points: int, held: str) -> Answer:
        """The last question's belief along these hyperparameters."""
        replica = self.replica
        assert replica.ask is not None
        asked = replica.ask.configuration
        base = (replica.incumbent or asked) if held == "incumbent" else asked
        among = [asked[names[0]]] if len(names) == 1 and names[0] in asked else []
        axes = [self.lines.axis(name, points, among) for name in names]
        configurations = self.lines.along(base, axes)
        valid = [configuration for configuration in configurations if configuration is not None]
        look = self._lookable.look([*valid, asked])
        places = [place for place, configuration in enumerate(configurations) if configuration is not None]
        told = list(replica.answers)[-MOST_DATA:]
        data = [
            (a.number, [a.configuration[name] for name in names], a.loss)
            for a in told
            if a.configuration.keys() >= set(names)
        ]
        parts = as_parts(look, places, len(configurations))
        return {
            "question": replica.asked,
            "names": list(names),
            "axes": [as_axis(axis) for axis in axes],
            "held": "incumbent" if base is not asked else "asked",
            "base": dict(base),
            "asked": dict(asked),
            "asked_acquisition": look.acquisition[-1] if look.acquisition else None,
            "data": data,
            "told": len(replica.answers),
            "searched": list(self.lines.names),
            **parts,
            "size": 8 * len(configurations) + 3 * len(data),
        }

    def bounds(self) -> Answer:
        """The last question's belief of the arms."""
        replica = self.replica
        assert replica.ask is not None
        if not self._arms:
            self._arms = arms_of(self._folder, self._row)
        look = self._lookable.look(self._arms)
        return {
            "question": replica.asked,
            "arms": [dict(arm) for arm in self._arms],
            "asked": dict(replica.ask.configuration),
            "pulls": [replica.counts[key_of(arm)] for arm in self._arms],
            **as_parts(look, range(len(self._arms)), len(self._arms)),
            "size": 8 * len(self._arms),
        }


def limit_of(row: RunRow, recorded: int, pending: int) -> int:
    """How many questions a run asked: while it goes on, some wait for an answer."""
    return recorded if row.status.ended or pending == 1 else recorded + pending


def run_of(reader: Reader, run: int) -> RunRow:
    """A run.

    Raises:
        HpobenchError: there is none of that number.
    """
    runs = reader.runs()
    if not 0 <= run < len(runs):
        raise HpobenchError(f"there is no run {run}; valid are 0 to {len(runs) - 1}.")
    return runs[run]


def trial_of(reader: Reader, run: int, trial: int) -> TrialRow:
    """A recorded trial.

    Raises:
        HpobenchError: there is none of that number.
    """
    found = reader.trial_rows(run, trial - 1, 1)
    if not found or found[0].number != trial:
        raise HpobenchError(f"trial {trial} of run {run} is not recorded.")
    return found[0]


def rows_of(folder: Path, run: int) -> Iterator[TrialRow]:
    """The trials of a run in order, read in pieces; also those that are recorded meanwhile."""
    last = -1
    while True:
        with Reader(folder) as reader:
            rows = reader.trial_rows(run, last, PIECE)
        if not rows:
            return
        yield from rows
        last = rows[-1].number


def reports_of(reader: Reader, run: int) -> Reports:
    """What a pruner saw, by trial."""
    found: dict[int, list[tuple[int, Report]]] = {}
    for piece in reader.cells(ReportRow, run, ("trial", "fidelity", "loss", "metrics"), 2**62):
        for trial, fidelity, loss, metrics in zip(*piece, strict=True):
            report = Report(float(loss or 0.0), json.loads(metrics or "{}"))
            found.setdefault(int(trial or 0), []).append((int(fidelity or 0), report))
    return found


def arms_of(folder: Path, row: RunRow) -> list[Configuration]:
    """The distinct configurations that a run tried.

    Raises:
        HpobenchError: they are too many to be arms.
    """
    found: dict[str, None] = {}
    with Reader(folder) as reader:
        for text in reader.configurations(row.id, -1):
            found[text] = None
            if len(found) > MOST_ARMS:
                raise HpobenchError(f"it has no arms: it tried more than {MOST_ARMS:,} configurations.")
    return [from_json(text) for text in sorted(found, key=natural)]


def natural(text: str) -> tuple[int, str]:
    """Arms of the same shape in the order of their numbers."""
    return len(text), text


def ordered(counts: Counter[str]) -> list[str]:
    """The arms as JSON, those that were pulled most if they are many, else in the order of their names."""
    texts = sorted(counts, key=natural)
    return texts if len(texts) <= MOST_SHOWN else [text for text, _ in counts.most_common()]


def losses_of(texts: Sequence[str], arms: Sequence[Arm]) -> list[float] | None:
    """What each arm loses on average, where the problem says so."""
    known = {key_of(arm.configuration): arm.loss for arm in arms}
    return [known.get(key_of(from_json(text)), math.nan) for text in texts] if known else None


def positions_up_to(n: int) -> list[int]:
    """Where pulls are counted: every one up to 64, then some an octave, and the last.

    >>> positions_up_to(3), len(positions_up_to(10**6))
    ([1, 2, 3], 177)
    """
    found = set(range(1, min(n, 64) + 1)) | {n}
    position, k = 64, 0
    while position < n:
        k += 1
        position = round(64 * 2 ** (k / OCTAVE))
        if position < n:
            found.add(position)
    return sorted(found - {0}) or [0]


def as_axis(axis: Axis) -> Answer:
    """As JSON has it."""
    return {"name": axis.name, "values": list(axis.values), "log": axis.log, "numeric": axis.numeric}


def as_parts(look: Look, places: Sequence[int], size: int) -> Answer:
    """A look's arrays on the whole grid: NaN where there is no valid configuration."""

    def spread(part: Sequence[float] | None) -> list[float] | None:
        if part is None:
            return None
        values = [math.nan] * size
        for place, value in zip(places, part, strict=False):  # what was asked may come after the grid
            values[place] = value
        return values

    arrays = ("mean", "deviation", "middle", "lower", "upper", "acquisition")
    words = ("unit", "interval", "criterion", "note")
    return {name: spread(getattr(look, name)) for name in arrays} | {name: getattr(look, name) for name in words}
