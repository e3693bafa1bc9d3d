"""A recorded trial again: whether a fresh optimizer asks what is recorded, and what it is told of it."""

from hpobench_tui.core.optimizer import Ask
from hpobench_tui.core.records import TrialRow
from hpobench_tui.core.trial import Trial


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
