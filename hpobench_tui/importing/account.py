"""An imported run while it is read: what it has spent, and its trials as rows of the store."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from hpobench_tui.core.budget import NANOSECONDS, Unit
from hpobench_tui.core.columns import Row
from hpobench_tui.core.configuration import as_value
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import within_floats
from hpobench_tui.core.records import marked_cells, rare_cells, report_row, trial_row, usual_cells
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.core.text import in_line, storable
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial

MOST_FIDELITY = 2**53
MOST_SECONDS = 1e15
"""Of an evaluation."""
_encode = json.JSONEncoder(default=str).encode


@dataclass(slots=True)
class Account:
    """One run, as it is being read.

    ``spent`` and ``limit`` are in quanta; ``limit``: 0 where there is none. ``shift`` is added to losses, so that they
    are as far from our reference as they were from theirs: COCO writes down differences from the optimum alone.
    """

    id: int
    was: ImportedRun
    problem: str
    label: str
    repetition: int
    unit: Unit
    fidelity: str | None
    quanta_per_unit: int
    limit: int
    shift: float = 0.0
    spent: int = 0
    evaluations: int = 0
    recorded: int = 0
    failed: int = 0
    clock: float = 0.0
    whole: bool = True
    beyond: bool = False
    timed: bool = False

    @property
    def where(self) -> str:
        return in_line(f"{self.label} on {self.problem}, repetition {self.repetition}")


def cost_of(run: Account, trial: ImportedTrial, levels: dict[int, int]) -> int:
    """What a trial is charged, in quanta.

    Args:
        levels: The fidelity of each trial so far; kept where continuations are free.
    """
    reached = trial.fidelity
    if reached is not None and not (isinstance(reached, int) and 1 <= reached <= MOST_FIDELITY):
        raise HpobenchError(f"{run.where}, evaluation {trial.number}: fidelity {reached}; valid are 1 to 2^53.")
    if run.unit is Unit.EVALUATIONS:
        return 1
    if run.unit.counts_time:
        if trial.seconds is None:
            raise _uncounted(run, trial, "seconds")
        if not 0 <= trial.seconds < MOST_SECONDS:
            raise HpobenchError(
                f"{run.where}, evaluation {trial.number}: it took {trial.seconds:g} seconds; valid are 0 to"
                f" {MOST_SECONDS:g}."
            )
        return round(trial.seconds * NANOSECONDS)
    if reached is None and run.fidelity:
        raise _uncounted(run, trial, run.fidelity)
    reached = reached or 1
    before = levels.get(trial.continues, 0) if trial.continues is not None else 0
    if run.unit is Unit.FIDELITY_CONTINUED:
        levels[trial.number] = reached
        return max(0, reached - before)
    return reached


def _uncounted(run: Account, trial: ImportedTrial, what: str | None) -> HpobenchError:
    """It has nothing of what the budget counts; ``--like`` may have brought that unit in."""
    said = f"{run.where}, evaluation {trial.number}: the budget counts {what}, and it has none."
    if run.unit is not run.was.unit:
        said += (
            f" The unit is that of the experiment it is to be like; read it without --like, or as another problem"
            f" (--problem '{run.was.problem}=NAME'), to keep its own."
        )
    return HpobenchError(in_line(said))


def _checked(run: Account, trial: ImportedTrial) -> dict[str, object]:
    """Its configuration, of values that hyperparameters can have."""
    try:
        return {name: as_value(value) for name, value in trial.configuration.items()}
    except ValueError as error:
        raise HpobenchError(in_line(f"{run.where}, evaluation {trial.number}: {error}.")) from error


def rows_of(run: Account, trial: ImportedTrial, cost: int) -> tuple[Row, Iterable[Row]]:
    """A trial's row, and those of its reports; the run's account is carried on."""
    status, loss, error = trial.status, trial.loss, trial.error
    if loss is not None and not isfinite(loss):
        status, loss, error = TrialStatus.FAILED, None, error or f"the loss is {loss}"
    if status is TrialStatus.DONE and loss is None:
        status, error = TrialStatus.FAILED, error or "it has no loss"
    loss = None if status is TrialStatus.FAILED or loss is None else within_floats(loss + run.shift)
    run.recorded += 1
    run.failed += status is TrialStatus.FAILED
    seconds = trial.seconds if trial.seconds is not None and 0 <= trial.seconds < MOST_SECONDS else 0.0
    run.timed |= trial.seconds is not None
    start = run.clock
    run.clock = end = start + seconds
    truth = None
    if trial.truth is not None and isfinite(trial.truth) and loss is not None:
        truth = within_floats(trial.truth + run.shift)
    fidelity = trial.fidelity if run.fidelity else None
    row = trial_row(
        usual_cells(
            run=run.id, number=trial.number, asked=trial.number, status=status.value,
            configuration=storable(_encode(_checked(run, trial))), loss=loss, truth=truth,
            cost=cost, clock_start=start, clock_end=end, ask_seconds=0.0, tell_seconds=0.0, evaluate_seconds=seconds,
        ),
        marked_cells(fidelity=fidelity, target=fidelity, bracket=None, rung=None, continues=trial.continues),
        rare_cells(
            reference=None, metrics=json.dumps(dict(trial.metrics)) if trial.metrics else None, worker=None,
            error=storable(error) if error else None,
        ),
    )  # fmt: skip
    reports = [
        report_row(
            run=run.id,
            trial=trial.number,
            fidelity=at,
            metrics=None,
            loss=within_floats(value + run.shift) if isfinite(value) else None,
        )
        for at, value in sorted(trial.reports.items())
    ]
    return row, reports
