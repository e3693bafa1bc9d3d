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
seconds                   the seconds its evaluation took; where      stopped at its first report after the
                          several are pending, as simulated-seconds,  deadline, which does not count; charged
                          on the real clock                           what was left
device-seconds            the seconds a device was held for it: its   likewise
                          evaluation's; on a simulated clock from
                          start to end, worker's start and stop
                          included
simulated-seconds         the simulated time since the trial that     all trials under way stop at the
                          ended before it: the sum is the clock       deadline, likewise; the first of them is
                                                                      charged what was left
========================  ==========================================  =====================================

Of trials that are evaluated together, each takes its share of the time (``together``). Where several are pending on the
real clock, all under way stop at a deadline, at their last report before it (``side_by_side``).

A failed trial is charged what it was granted (in seconds: what it took); a pruned one what it reached.
A problem without fidelity counts as one of fidelity 1. Where several trials run at a time, each holds back what it may
cost at most (in simulated seconds nothing: time passes for all of them together).
"""

from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.problem import Fidelity


class Ledger:
    """Books trials against a budget.

    Attributes:
        total: The budget in quanta.
        spent: The sum of the booked costs; never above ``total``.

    >>> ledger = Ledger(Budget.of(10, "fidelity-continued"), Fidelity("epochs", 1, 9))
    >>> ledger.grant(9)
    9
    >>> ledger.book(9)
    >>> ledger.left, ledger.grant(9), ledger.grant(9, continued_from=3)
    (1, 1, 4)
    """

    def __init__(self, budget: Budget, fidelity: Fidelity | None) -> None:
        self.unit = budget.unit
        self.total = self._left = budget.quanta(fidelity)
        self.spent = 0
        self._one_each = self.unit is Unit.EVALUATIONS
        self._timed = self.unit.counts_time
        self._minimum = fidelity.minimum if fidelity else 1
        self._free = self.unit is Unit.FIDELITY_CONTINUED and fidelity is not None and fidelity.resumable

    @property
    def left(self) -> int:
        """What is neither spent nor held back."""
        return self._left

    def grant(self, target: int, continued_from: int = 0) -> int | None:
        """The fidelity that a trial may be taken to, at most ``target``; None: it cannot be started.

        Where continuations cost as much as fresh trainings, it may be less than what the continued one has already.

        Args:
            target: The fidelity that the optimizer asks for.
            continued_from: The fidelity of the trial that it continues, 0 for none.
        """
        if self._left <= 0:
            return None
        if self._one_each or self._timed:
            return target
        granted = min(target, self._left + (continued_from if self._free else 0))
        return granted if granted >= self._minimum else None

    def cost(self, reached: int, continued_from: int, nanoseconds: int, held: int = 0) -> int:
        """What a trial costs that reached a fidelity and took this long; in seconds never more than is left for it.

        Args:
            held: What was kept back for it.
        """
        if self._one_each:
            return 1
        if self._timed:
            return min(nanoseconds, self._left + held)
        return max(0, reached - (continued_from if self._free else 0))

    def hold(self, cost: int) -> None:
        """Keep back what a trial that starts may cost at most."""
        self._left -= cost

    def book(self, cost: int, held: int = 0) -> None:
        """Charge a trial; ``held`` was kept back for it.

        Raises:
            ValueError: it would overspend (a bug, never a user's doing).
        """
        if not 0 <= cost <= self._left + held:
            raise ValueError(f"cannot book {cost} with {self._left} + {held} of {self.total} left")
        self._left += held - cost
        self.spent += cost
