"""Whether the books balance: sum of the trials = ledger = budget, in exact integers, for every run.

The cost of each trial is worked out anew from its columns (the rules are those of ``engine.ledger``):

* evaluations: 1.
* fidelity, full-evaluations: the fidelity reached, from scratch; a failed trial is charged what it was granted, which
  is noted as its fidelity. 1 on a problem without fidelity.
* fidelity-continued: the same, less what the continued trial had reached, if the problem can continue a training.
* seconds: the evaluation's, in nanoseconds; of the last trial no more than was left.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.axis import charged_fidelity
from hpobench_tui.core.budget import Unit
from hpobench_tui.store.reader import Integers, Reader, RunRow, TrialTable


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One run's books; ``trial_cost`` (sum over trials), ``ledger`` and ``budget`` are in quanta.

    ``text`` says why it holds or what is wrong.
    """

    run: int
    problem: str
    label: str
    repetition: int
    unit: str
    trial_cost: int
    ledger: int
    budget: int
    holds: bool
    text: str


def audit(reader: Reader) -> list[AuditRow]:
    """Check every run. Also right while the supervisor writes: trials newer than the run's row are left out."""
    rows = []
    for run in reader.runs():
        trials = reader.trials(run.id)
        recorded, trials = len(trials), _head(trials, run.trials)
        fault = next(_faults(run, recorded, trials), None)
        rows.append(_row(run, int(trials.cost.sum()), fault or _unspent(run)))
    return rows


def _head(trials: TrialTable, length: int) -> TrialTable:
    return TrialTable(*(getattr(trials, name)[:length] for name in TrialTable.__dataclass_fields__))


def _faults(run: RunRow, recorded: int, trials: TrialTable) -> Iterator[str]:
    """What is wrong, the most telling first. ``trials`` are those that the run's row knows of."""
    if recorded < run.trials or (recorded > run.trials and run.status != "running"):
        yield f"the run counts {run.trials} trials, but {recorded} are recorded"
    if not np.array_equal(trials.number, np.arange(len(trials))):
        yield "the trials are not numbered 0, 1, 2, …: some are missing"
    if (trials.cost < 0).any():
        yield f"trial {int(trials.number[np.argmax(trials.cost < 0)])} has a negative cost"
    if wrong := _mischarged(run, trials):
        yield wrong
    if int(trials.cost.sum()) != run.spent:
        yield f"the trials cost {int(trials.cost.sum())}, but the ledger says {run.spent}"
    if run.spent > run.budget:
        yield f"overspent: {run.spent} of {run.budget}"


def _mischarged(run: RunRow, trials: TrialTable) -> str | None:
    """The first trial whose cost is not what the unit's rule gives."""
    match Unit(run.unit):
        case Unit.EVALUATIONS:
            expected = np.ones(len(trials), dtype=np.int64)
        case Unit.FIDELITY_CONTINUED if run.resumable:
            expected = _added_fidelity(trials)
        case Unit.FIDELITY | Unit.FULL_EVALUATIONS | Unit.FIDELITY_CONTINUED:
            expected = charged_fidelity(trials)
        case Unit.SECONDS:
            expected = _timed(run, trials)
    if np.array_equal(expected, trials.cost):
        return None
    first = int(np.argmax(expected != trials.cost))
    return f"trial {int(trials.number[first])} was charged {trials.cost[first]} where the rule gives {expected[first]}"


def _timed(run: RunRow, trials: TrialTable) -> Integers:
    """The evaluations' nanoseconds, shape (n,), the last cut to what was left."""
    nanoseconds: Integers = np.rint(trials.evaluate_seconds * 1e9).astype(np.int64)
    if len(nanoseconds):
        nanoseconds[-1] = min(int(nanoseconds[-1]), run.budget - int(trials.cost[:-1].sum()))
    return nanoseconds


def _added_fidelity(trials: TrialTable) -> Integers:
    """The fidelity that each trial added to the one it continues, shape (n,).

    A failed trial leaves its training where the trial it continues had left it.
    """
    charged = charged_fidelity(trials)
    level: dict[int, int] = {}
    added = np.zeros(len(trials), dtype=np.int64)
    for i, (number, continues) in enumerate(zip(trials.number.tolist(), trials.continues.tolist(), strict=True)):
        before = level.get(continues, 0)
        level[number] = before if trials.status[i] == "failed" else int(charged[i])
        added[i] = max(0, int(charged[i]) - before)
    return added


def _unspent(run: RunRow) -> str | None:
    """What is wrong with the rest of the budget of a run that says its budget is spent.

    The rest must be too small for any trial. Evaluations and seconds can always be spent to the last; fidelity can be
    cut down to the problem's minimum.
    """
    left = run.budget - run.spent
    smallest = run.minimum_fidelity if Unit(run.unit).counts_fidelity else 1
    if run.status != "done" or left < smallest:
        return None
    return f"{left} of {run.budget} is unspent, although the run counts as done"


def _row(run: RunRow, total: int, fault: str | None) -> AuditRow:
    return AuditRow(
        run=run.id,
        problem=run.problem,
        label=run.label,
        repetition=run.repetition,
        unit=run.unit,
        trial_cost=total,
        ledger=run.spent,
        budget=run.budget,
        holds=fault is None,
        text=fault or _verdict(run),
    )


def _verdict(run: RunRow) -> str:
    if run.spent == run.budget:
        return "trials = ledger = budget"
    left = run.budget - run.spent
    reason = {
        "done": "too little for another trial",
        "complete": "the optimizer had nothing left to try",
        "failed": f"the run failed: {run.error or 'no reason given'}",
        "cancelled": "the run was cancelled",
    }.get(run.status, f"the run is {run.status}")
    return f"trials = ledger; {left} of {run.budget} unspent: {reason}"
