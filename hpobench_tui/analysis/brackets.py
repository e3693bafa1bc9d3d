"""How far the brackets of a run are filled."""

from dataclasses import dataclass

import numpy as np

from hpobench_tui.analysis.quantiles import quartiles
from hpobench_tui.core.brackets import Bracket
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.store.reader import RunRow, TrialTable

COLUMNS = ("number", "status", "fidelity", "target", "bracket", "rung", "loss")
"""Of the trials, what is needed here."""


@dataclass(frozen=True, slots=True)
class RungFill:
    """One rung.

    Attributes:
        rung: Position in the bracket, from 0.
        planned: Configurations it is to have; None where the optimizer gave no plan.
        done: Trials of it that ended, whatever their outcome.
        failed: How many of those failed.
        fidelity: What it trains to (without a plan: the highest fidelity asked for in it).
        best: Lowest loss in it, or None.
        median: Of its losses, or None.
        cut: How many of the trials were stopped below what was asked for, by their optimizer or by the budget's end.
        promoted: Trials of the next rung that have ended; None for the last rung.

    >>> rung = RungFill(rung=0, planned=9, done=4, failed=1, fidelity=1, best=0.3)
    >>> rung.planned - rung.done
    5
    """

    rung: int
    planned: int | None
    done: int
    failed: int
    fidelity: int
    best: float | None
    median: float | None = None
    cut: int = 0
    promoted: int | None = None


@dataclass(frozen=True, slots=True)
class BracketFill:
    """One bracket; ``bracket`` is its running number, ``s`` Hyperband's index where a plan tells it.

    >>> rungs = RungFill(0, 9, 9, 0, fidelity=1, best=0.3), RungFill(1, 3, 1, 0, fidelity=3, best=0.2)
    >>> sum(rung.done for rung in BracketFill(bracket=0, s=1, rungs=rungs).rungs)
    10
    """

    bracket: int
    s: int | None
    rungs: tuple[RungFill, ...]


def fill(run: RunRow, trials: TrialTable, cycle: int | None = None, most: int | None = None) -> list[BracketFill]:
    """The brackets of one cycle of the run's plan, by default the latest that has a trial.

    A plan is one cycle, and brackets are numbered on through repeated cycles. Without a plan the whole run is one
    cycle: every bracket that a trial belongs to, from the trials alone. Empty without plan and brackets.

    Args:
        trials: All trials of the run.
        cycle: From 0; ignored without a plan.
        most: Without a plan only so many brackets, the first; by default all.
    """
    if not run.plan:
        numbers = np.unique(trials.bracket[trials.bracket >= 0])[:most]
        return [_bracket(int(number), None, trials) for number in numbers]
    length = len(run.plan)
    if cycle is None:
        cycle = max(int(trials.bracket.max(initial=0)), 0) // length
    return [_bracket(cycle * length + i, planned, trials) for i, planned in enumerate(run.plan)]


def _bracket(number: int, plan: Bracket | None, trials: TrialTable) -> BracketFill:
    inside = trials.bracket == number
    planned = plan.rungs if plan else ()
    depth = max(len(planned), int(trials.rung[inside].max(initial=-1)) + 1)
    rungs = []
    own = [np.flatnonzero(inside & (trials.rung == rung)) for rung in range(depth)]
    for rung, here in enumerate(own):
        losses = trials.loss[here]
        losses = losses[~np.isnan(losses)]
        asked = np.maximum(trials.target[here], trials.fidelity[here])
        rungs.append(
            RungFill(
                rung=rung,
                planned=planned[rung].configurations if rung < len(planned) else None,
                done=len(here),
                failed=sum(trials.status[i] is TrialStatus.FAILED for i in here),
                fidelity=planned[rung].fidelity if rung < len(planned) else max(int(asked.max(initial=1)), 1),
                best=float(losses.min()) if len(losses) else None,
                median=float(quartiles(losses)[1]) if len(losses) else None,
                cut=sum(trials.status[i] in (TrialStatus.PRUNED, TrialStatus.CUT) for i in here),
                promoted=len(own[rung + 1]) if rung + 1 < depth else None,
            )
        )
    return BracketFill(number, plan.s if plan else None, tuple(rungs))
