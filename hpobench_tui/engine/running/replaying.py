"""A recorded trial again: whether a fresh optimizer asks what is recorded, and what it is told of it."""

from hpobench_tui.core.columns import names
from hpobench_tui.core.optimizer import Ask, Pruner
from hpobench_tui.core.problem import Report
from hpobench_tui.core.records import Progress, TrialRow
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.core.trial import Trial
from hpobench_tui.engine.messages import Recorded
from hpobench_tui.engine.running.books import Books
from hpobench_tui.engine.running.trainings import Origin

_NUMBER = names(Progress).index("number")


class ReplayDivergedError(Exception):
    """A fresh optimizer did not ask what is recorded."""


def compare(was: TrialRow, ask: Ask, target: int | None) -> None:
    """Whether that was asked.

    Args:
        target: The fidelity that is asked for; None: the problem has none.

    Raises:
        ReplayDivergedError: something else was.
    """
    if dict(ask.configuration) != dict(was.configuration) or (target is not None and target != was.target):
        raise ReplayDivergedError(
            f"trial {was.number} was {dict(was.configuration)} at fidelity {was.target},"
            f" but the optimizer now asks {dict(ask.configuration)} at {target or 1}"
        )


def told(was: TrialRow, ask: Ask) -> Trial:
    """What the optimizer was told of it."""
    return Trial(
        was.number, was.asked, ask.configuration, was.status, was.loss, was.fidelity, was.bracket, was.rung,
        was.metrics, was.error,
    )  # fmt: skip


def retell(
    books: Books, recorded: Recorded, ask: Ask, origin: Origin, before: int, pruner: Pruner | None,
    standings: frozenset[int], held: int = 0,
) -> None:  # fmt: skip
    """Book and tell a recorded trial again, whose question was asked again.

    Args:
        before: The fidelity that its training had already.
        standings: The trials after which there is a row of progress; what lacks one gets it.
        held: What the ledger keeps back for it.
    """
    was = recorded.trial
    if was.error:
        books.reasons.is_new(was.error)
    if pruner:
        for report in recorded.reports:
            seen = Report(report.loss, report.metrics)  # type: ignore[arg-type]  # a report has a loss
            pruner.should_stop(was.asked, ask, report.fidelity, seen)
    reached = before if was.status is TrialStatus.FAILED else was.fidelity or 1
    books.trainings.finished(was.number, origin, reached, None)
    books.ledger.book(was.cost, held)
    trial = told(was, ask)
    charged = (was.fidelity or 0) if books.fidelity else 1
    books.recorder.add(trial, was.truth, was.reference, charged, books.ledger.spent, was.clock_end)
    lacking = tuple(row for row in books.recorder.rows if row[_NUMBER] not in standings)
    books.optimizer.tell(trial)
    books.clock = was.clock_end + was.tell_seconds
    books.optimizer_seconds += was.ask_seconds + was.tell_seconds
    if lacking:
        books.sink.trial(None, lacking, (), books)
