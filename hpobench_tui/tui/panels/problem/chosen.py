"""The run whose inside a problem's panels show: the one that a person chose, or one of the optimizer on top."""

from collections.abc import Callable, Iterator

from hpobench_tui.core.status import RunStatus
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.panels.panel import View

_TURN = {RunStatus.RUNNING: 0, RunStatus.WAITING: 2}


def chosen(view: View, suits: Callable[[RunRow], bool] = lambda run: True) -> RunRow | None:
    """The chosen run; else of the optimizer on top running ones before ended, the latest first; else of the first
    optimizer of which a run suits.
    """
    run = view.run_row
    if run is not None and run.problem == view.problem:
        return run
    return min((run for run in _candidates(view) if suits(run)), key=_turn, default=None) or next(
        (run for run in firsts(view) if suits(run)), None
    )


def _turn(run: RunRow) -> tuple[int, int]:
    return _TURN.get(run.status, 1), -run.id


def _candidates(view: View) -> list[RunRow]:
    return view.feed.state.runs_of(view.problem, view.label) if view.label is not None else []


def firsts(view: View) -> Iterator[RunRow]:
    """The first run of each optimizer of the problem."""
    state = view.feed.state
    for label in state.labels:
        for run in state.ids.get((view.problem, label), ())[:1]:
            yield state.runs[run]


def named(run: RunRow) -> str:
    """The run in a title."""
    return f"{run.label}, seed {run.repetition}"
