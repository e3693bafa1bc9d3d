"""A run as it stood when so much of its budget was spent: what ``--at`` shows.

A trial that ends later is not in it. Rows of progress are exact where they are; between two of them the trials
themselves are added up, as far as they are recorded.
"""

import numpy as np

from hpobench_tui.analysis.charges import charged_fidelity
from hpobench_tui.core.columns import ABSENT
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import within_floats
from hpobench_tui.core.records import ProgressTable, TrialTable
from hpobench_tui.core.status import RunStatus, TrialStatus
from hpobench_tui.store.reader import Reader
from hpobench_tui.store.schema import RunRow

_SUMMED = ("number", "cost", "loss", "truth", "reference", "clock_end", "fidelity", "target")


def cut(reader: Reader, run: RunRow, quanta: int) -> tuple[RunRow, ProgressTable]:
    """The run, of which nothing is known beyond that budget, and its last row of progress (of length 0: none).

    A run that had got there counts as done, also one that failed later; one that had not is what it is. Its seconds,
    and those of its optimizer, are a share of the whole run's.

    Raises:
        HpobenchError: what lies between two rows of progress is not recorded.
    """
    end = reader.end(run.id, quanta)
    if run.spent > quanta:
        end = _completed(reader, run, quanta, end)
    trials = int(end.number[-1]) + 1 if len(end) else 0
    share = trials / run.trials if run.trials else 0.0
    failed = run.failed_trials
    if failed and trials < run.trials:
        status = reader.trials(run.id, columns=("status",), limit=trials)
        within = status.status[: int(np.searchsorted(status.number, trials))]
        failed = within.count(TrialStatus.FAILED)
    values: dict[str, object] = {
        "budget": quanta, "spent": int(end.spent[-1]) if len(end) else 0, "trials": trials, "failed_trials": failed,
        "clock": float(end.clock[-1]) if len(end) else 0.0, "seconds": run.seconds * share,
        "optimizer_seconds": run.optimizer_seconds * share,
    }  # fmt: skip
    if run.spent >= quanta and not run.status.finished:
        values |= {"status": RunStatus.DONE, "error": None}
    return run.replaced(**values), end


def _completed(reader: Reader, run: RunRow, quanta: int, end: ProgressTable) -> ProgressTable:
    """The last row with the trials after it added that still fit."""
    if len(end) and not end.losses[-1] and end.incumbent[-1] != ABSENT:
        return _held(end, quanta)
    last, spent = (int(end.number[-1]), int(end.spent[-1])) if len(end) else (-1, 0)
    following = reader.trials(run.id, last, _SUMMED, 1)
    if not len(following) or following.number[0] != last + 1:
        return _sure(reader, run, quanta, last, end)
    if spent + int(following.cost[0]) > quanta:
        return end
    parts, count = [following], 1
    while spent + sum(int(part.cost.sum()) for part in parts) <= quanta:
        more = reader.trials(run.id, last + count, _SUMMED, 1000)
        parts.append(more)
        count += len(more)
        if not len(more):
            break
    trials = TrialTable.joined(parts)
    fitting = int(np.searchsorted(spent + np.cumsum(trials.cost), quanta, side="right"))
    if trials.number[min(fitting, len(trials) - 1)] != last + 1 + min(fitting, len(trials) - 1):
        return _sure(reader, run, quanta, last, end)
    return _added(run, end, trials.rows(slice(fitting)))


def _held(end: ProgressTable, quanta: int) -> ProgressTable:
    """Of a run that was imported with some of its evaluations alone: nothing changed after the last one in the row."""
    there = np.array([quanta])
    return ProgressTable(**vars(end) | {"number": there - 1, "spent": there, "fidelity": there})


def _sure(reader: Reader, run: RunRow, quanta: int, last: int, end: ProgressTable) -> ProgressTable:
    """The row itself, if the next one is the very next trial's, or lies on the cut."""
    after = reader.progress(run.id, last, ("spent",))
    if len(after) and after.number[0] == last + 1:
        return end
    if len(end) and end.spent[-1] == quanta:
        return end
    near = [int(each.spent[place]) / run.quanta_per_unit for each, place in ((end, -1), (after, 0)) if len(each)]
    raise HpobenchError(
        f"where {run.label} on {run.problem} stood at {quanta / run.quanta_per_unit:g} is not known: not all of its"
        f" trials are recorded. It is at {' and '.join(f'{at:g}' for at in near)}."
    )


def _added(run: RunRow, end: ProgressTable, trials: TrialTable) -> ProgressTable:
    """A row of progress after more trials, none of which changed the incumbent (else it would have its row)."""
    if not len(trials):
        return end
    lossy = ~np.isnan(trials.loss)
    comparator = np.where(np.isnan(trials.reference), run.reference, trials.reference)
    truth = np.where(np.isnan(trials.truth), trials.loss, trials.truth)
    regret, pseudo = (float(end.regret[-1]), float(end.pseudo_regret[-1])) if len(end) else (0.0, 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        for loss, true in zip((trials.loss - comparator)[lossy], (truth - comparator)[lossy], strict=True):
            regret, pseudo = within_floats(regret + float(loss)), within_floats(pseudo + float(true))
    return ProgressTable(
        number=trials.number[-1:],
        spent=np.array([(int(end.spent[-1]) if len(end) else 0) + int(trials.cost.sum())]),
        fidelity=np.array([(int(end.fidelity[-1]) if len(end) else 0) + int(charged_fidelity(trials).sum())]),
        clock=trials.clock_end[-1:],
        incumbent=end.incumbent if len(end) else np.array([ABSENT]),
        incumbent_value=end.incumbent_value if len(end) else np.array([np.nan]),
        losses=np.array([(int(end.losses[-1]) if len(end) else 0) + int(lossy.sum())]),
        regret=np.array([regret]),
        pseudo_regret=np.array([pseudo]),
    )
