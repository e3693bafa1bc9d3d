"""Whether the books are those that were written, and balance: sum of the trials = ledger = budget, in exact integers.

Every row is held against its run's digests (``store.seals``); what balances and was changed does not hold either.

The cost of each trial is worked out anew from its columns (``analysis.charges``), and where the run stood after its
trials from theirs (``analysis.sums``). Of a run whose trials were thinned out what is recorded is checked likewise; the
rest is in its rows of progress, which sum up all trials, and the verdict says how many trials there are to see.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis import charges, sums
from hpobench_tui.analysis.filters import EVERYTHING, Filters
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.columns import ABSENT
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.reader import ProgressTable, Reader, RunRow, TrialTable

IMPORTED = "imported: as it was read, but whether its budget was kept cannot be told"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One run's books; ``trial_cost`` (sum over recorded trials), ``ledger`` and ``budget`` are in quanta.

    ``recorded`` of ``trials`` trials are there to be looked at one by one. ``sealed``: there are
    digests that prove its rows to be those that were written. ``holds`` is None where that cannot be told, as it was
    imported. ``text`` says why it holds or what is wrong.

    >>> run = {"run": 0, "problem": "toy/one", "label": "random", "repetition": 0, "unit": "fidelity"}
    >>> books = {"trial_cost": 27, "ledger": 27, "budget": 27, "trials": 1, "recorded": 1}
    >>> AuditRow(**run, fidelity="epochs", **books, ended=True, sealed=True, holds=True, text="✓").quanta
    'epochs, from scratch'
    """

    run: int
    problem: str
    label: str
    repetition: int
    unit: str
    fidelity: str | None
    trial_cost: int
    ledger: int
    budget: int
    trials: int
    recorded: int
    ended: bool
    sealed: bool
    holds: bool | None
    text: str

    @property
    def quanta(self) -> str:
        """What the integers count, in words."""
        unit = Unit(self.unit)
        if unit.counts_time:
            return f"nanoseconds ({unit.words(None)})"
        if unit is Unit.FULL_EVALUATIONS and self.fidelity:
            return f"{self.fidelity} (full evaluations)"
        return unit.words(self.fidelity)


def audit(reader: Reader, chosen: Filters = EVERYTHING) -> list[AuditRow]:
    """Check every run that is chosen. Also right while the supervisor writes: a run's row and its trials are read
    together.

    What is wrong with what all runs build on (the description, the file itself) is wrong with each.
    """
    experiment, sealed = reader.experiment().experiment, reader.sealed
    imported = reader.imported is not None
    changed: dict[int | None, str] = {}
    for fault in reader.faults():
        changed.setdefault(fault.run, fault.text)
    found = []
    for run in reader.runs():
        if chosen.problem(run.problem) and chosen.optimizer(run.label) and chosen.repetition(run.repetition):
            with reader.moment():  # one that was waiting may have begun since
                said = changed.get(run.id, changed.get(None))
                found.append(_audited(reader, reader.run(run.id), experiment, sealed, said, imported))
    return found


def wrong_books(reader: Reader, run: RunRow, experiment: Experiment) -> str | None:
    """Why the books of one run of the experiment do not balance, None if they do."""
    row = _audited(reader, run, experiment, False, None)
    return None if row.holds else row.text


def _audited(
    reader: Reader, run: RunRow, experiment: Experiment, sealed: bool, changed: str | None, imported: bool = False
) -> AuditRow:
    wanted = charges.columns(run) | sums.COLUMNS
    fidelities = {"fidelity", "target"}
    trials = reader.trials(run.id, columns=wanted if run.fidelity else wanted - fidelities)
    if not run.fidelity:  # a million of them take a second to read
        absent = np.broadcast_to(np.int64(ABSENT), len(trials))
        trials = TrialTable(**vars(trials), **dict.fromkeys(fidelities, absent))
    progress = reader.progress(run.id)
    recorded = len(trials)
    trials, progress = sums.head(trials, run.trials), sums.head(progress, run.trials)
    fault = changed
    if not imported:
        fault = fault or next(_faults(reader, run, experiment, recorded, trials, progress), None)
    total = int(trials.cost.sum())
    return AuditRow(
        run=run.id,
        problem=run.problem,
        label=run.label,
        repetition=run.repetition,
        unit=run.unit,
        fidelity=run.fidelity,
        trial_cost=total,
        ledger=run.spent,
        budget=run.budget,
        trials=run.trials,
        recorded=len(trials),
        ended=run.ended,
        sealed=sealed,
        holds=False if fault else None if imported else True,
        text=fault or (IMPORTED if imported else _verdict(run, len(trials))),
    )


def _faults(
    reader: Reader, run: RunRow, experiment: Experiment, recorded: int, trials: TrialTable, progress: ProgressTable
) -> Iterator[str]:
    """What is wrong, the most telling first. ``trials`` are those that the run's row knows of."""
    record, clock = experiment.record, charges.Clock(experiment.simulation is not None, experiment.pending)
    first = run.trials if record is None else min(record, run.trials)
    if recorded < first or (recorded > run.trials and run.status is not RunStatus.RUNNING):
        yield f"the run counts {run.trials} trials, but {recorded} are recorded"
    if not np.array_equal(trials.number[:first], np.arange(first)):
        yield "the trials are not numbered 0, 1, 2, …: some are missing"
    if (trials.cost < 0).any():
        yield f"trial {int(trials.number[np.argmax(trials.cost < 0)])} has a negative cost"
    if wrong := charges.mischarged(run, trials, clock):
        yield wrong
    total = int(trials.cost.sum())
    if total > run.spent or (total < run.spent and len(trials) == run.trials):
        yield f"the trials cost {total}, but the ledger says {run.spent}"
    if run.spent > run.budget:
        yield f"overspent: {run.spent} of {run.budget}"
    yield from sums.disagreements(reader, run, clock, first, trials, progress)
    if unspent := _unspent(run):
        yield unspent


def _unspent(run: RunRow) -> str | None:
    """What is wrong with the rest of the budget of a run that says its budget is spent.

    The rest must be too small for any trial. Evaluations and seconds can always be spent to the last; fidelity can be
    cut down to the problem's minimum.
    """
    left = run.budget - run.spent
    smallest = run.minimum_fidelity if Unit(run.unit).counts_fidelity else 1
    if run.status is not RunStatus.DONE or left < smallest:
        return None
    return f"{left} of {run.budget} is unspent, although the run counts as done"


def _verdict(run: RunRow, recorded: int) -> str:
    thinned = f"; {recorded} of {run.trials} trials recorded" if recorded < run.trials else ""
    books = "progress" if thinned else "trials"
    if run.spent == run.budget:
        return f"{books} = ledger = budget{thinned}"
    left = run.budget - run.spent
    reason = {
        RunStatus.DONE: "too little for another trial",
        RunStatus.COMPLETE: "the optimizer had nothing left to try",
        RunStatus.FAILED: f"the run failed: {run.error or 'no reason given'}",
        RunStatus.CANCELLED: "the run was cancelled",
    }.get(run.status, "the run has not ended")
    return f"{books} = ledger; {left} of {run.budget} unspent: {reason}{thinned}"
