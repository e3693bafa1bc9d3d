"""Other tools' budgets, which may be any numbers, as fidelities, which are whole ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from hpobench_tui.core.errors import HpobenchError

MOST_PARTS = 1000


@dataclass(frozen=True, slots=True)
class Scale:
    """How budgets become fidelities.

    Attributes:
        parts: Of a unit of the budget; 1 where all are whole numbers.
        least, most: The smallest and the largest fidelity.
    """

    parts: int
    least: int
    most: int

    @property
    def name(self) -> str:
        return "budget" if self.parts == 1 else f"budget / {self.parts}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said of it."""
        if self.parts == 1:
            return ()
        return (f"budgets are no whole numbers: fidelities count {self.parts}ths of a unit, rounded",)

    def of(self, budget: float) -> int:
        """
        Raises:
            HpobenchError: it cannot be counted.
        """
        return max(1, round(budget * self.parts))


def scale(budgets: Sequence[float], limits: Iterable[object], where: str) -> Scale | None:
    """For these budgets and the limits that were stated; None: there are no budgets.

    Raises:
        HpobenchError: one of them is no positive number, or too large to be counted.
    """
    if not budgets:
        return None
    stated = [float(each) for each in limits if isinstance(each, (int, float)) and not isinstance(each, bool) and each]
    every = [*budgets, *(each for each in stated if isfinite(each) and each > 0)]
    for each in every:
        if not (isfinite(each) and 0 < each < 1e12):
            raise HpobenchError(f"{where}: a budget must be above 0 and below 1e12, not {each:g}.")
    parts = 1
    while parts < MOST_PARTS and any(abs(each * parts - round(each * parts)) > 1e-9 * each * parts for each in every):
        parts *= 10
    made = Scale(parts, 1, 1)
    return Scale(parts, min(map(made.of, every)), max(map(made.of, every)))
