"""The ledger of one run: what a trial may take, and what it took, in integer quanta.

A run never overspends. What does not fit is *cut* to what is left, or not started:

========================  ==========================================  =====================================
unit                      a trial costs                               the last trial
========================  ==========================================  =====================================
evaluations               1                                           always fits
fidelity,                 the fidelity it reached, from scratch       cut to the fidelity that is left, if
full-evaluations                                                      the problem's minimum still fits
fidelity-continued        the fidelity it added to the trial it       likewise
                          continues; from scratch otherwise
seconds                   the seconds its evaluation took             stopped at its first report after the
                                                                      deadline, which does not count; charged
                                                                      what was left
========================  ==========================================  =====================================

A failed trial is charged what it was granted (in seconds: what it took); a pruned one what it reached.
A problem without fidelity counts as one of fidelity 1.
"""

from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.problem import Fidelity


class Ledger:
    """Books trials against a budget.

    Attributes:
        total: The budget in quanta.
        spent: The sum of the booked costs; never above ``total``.
    """

    def __init__(self, budget: Budget, fidelity: Fidelity | None) -> None:
        self.unit = budget.unit
        self.total = budget.quanta(fidelity)
        self.spent = 0
        self._minimum = fidelity.minimum if fidelity else 1
        self._resumable = fidelity is not None and fidelity.resumable

    @property
    def left(self) -> int:
        return self.total - self.spent

    def grant(self, asked: int, continued_from: int = 0) -> int | None:
        """The fidelity that a trial may be taken to, at most ``asked``; None: it cannot be started.

        Where continuations cost as much as fresh trainings, it may be less than what the continued one has already.

        Args:
            asked: The fidelity the optimizer wants.
            continued_from: The fidelity of the trial that it continues, 0 for none.
        """
        if self.left <= 0:
            return None
        if not self.unit.counts_fidelity:
            return asked
        free = self._free(continued_from)
        granted = min(asked, free + self.left)
        return granted if granted >= self._minimum else None

    def cost(self, reached: int, continued_from: int, nanoseconds: int) -> int:
        """What a trial costs that reached a fidelity and took this long; in seconds never more than is left."""
        if self.unit is Unit.EVALUATIONS:
            return 1
        if self.unit is Unit.SECONDS:
            return min(nanoseconds, self.left)
        return max(0, reached - self._free(continued_from))

    def book(self, cost: int) -> None:
        """Charge a trial.

        Raises:
            ValueError: it would overspend (a bug, never a user's doing).
        """
        if not 0 <= cost <= self.left:
            raise ValueError(f"cannot book {cost} with {self.left} of {self.total} left")
        self.spent += cost

    def _free(self, continued_from: int) -> int:
        return continued_from if self.unit is Unit.FIDELITY_CONTINUED and self._resumable else 0
