"""When two losses count as equal: one rule, free of any scale of its own.

Two losses are equal that differ by no more than the problem's ``tolerance``, or by no more than round-off, which is
four units in the last place of the larger of them. Where a problem states no tolerance, its own is the round-off of the
largest loss that it says it can have (``loss_range``) and of its reference loss. So a problem and the same problem with
all losses times 1e12, or with an offset that floats can bear, have the same winners and ties; nothing in the rule comes
from the optimizers that are compared.
"""

from collections.abc import Sequence
from math import inf, isfinite

from hpobench_tui.core.problem import ProblemInfo

ROUND_OFF = 2.0**-50
"""Four units in the last place, of a number just above a power of two."""


def tolerance(problem: ProblemInfo) -> float:
    """Losses of the problem that differ by no more are equal; 0 where only round-off is."""
    if problem.tolerance is not None:
        return float(problem.tolerance)
    known = [problem.reference.loss, *(problem.loss_range or ())]
    return ROUND_OFF * max((abs(loss) for loss in known if isfinite(loss)), default=0.0)


def equal(one: float, other: float, tolerance: float) -> bool:
    """Whether they are, by the rule above; infinity equals itself alone."""
    return one == other or abs(one - other) <= max(tolerance, ROUND_OFF * max(abs(one), abs(other))) < inf


def rule(tolerances: Sequence[tuple[str, float]], summed: bool) -> str:
    """The rule in words, for (problem, tolerance of its losses) pairs; ``summed``: sums of losses are shown, too."""
    amounts = dict.fromkeys(f"{tolerance:.2g}" for _, tolerance in tolerances)
    shown = {
        amount: ", ".join(dict.fromkeys(problem for problem, tolerance in tolerances if f"{tolerance:.2g}" == amount))
        for amount in amounts
    }
    parts = [
        f"{'round-off' if amount == '0' else amount}{f' ({problems})' * (len(shown) > 1)}"
        for amount, problems in shown.items()
    ]
    meaning = f" (round-off: {ROUND_OFF:.1g} of the larger)" if "0" in shown else ""
    return f"Losses within {'; '.join(parts)} count as equal{', sums of losses within that a trial' * summed}{meaning}."
