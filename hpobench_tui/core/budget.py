"""A budget: one amount in one unit, the same for every optimizer of an experiment."""

import re
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import inf

from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.nearest import shown
from hpobench_tui.core.parameter import written
from hpobench_tui.core.problem import Fidelity

NANOSECONDS = 1_000_000_000
MOST_QUANTA = 2**62
"""The most that one run may have: what SQLite can hold, and add up. In nanoseconds, 146 years."""

_AMOUNT = re.compile(r"[+-]?(\d[\d_]*(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


class Unit(StrEnum):
    """What a budget counts. A ledger keeps each in integer *quanta*, so that sums are exact.

    >>> [Unit("fidelity").words("epochs"), Unit("fidelity-continued").words("epochs"), Unit("fidelity").words(None)]
    ['epochs, from scratch', 'epochs', 'evaluations']
    """

    EVALUATIONS = "evaluations"
    """Each trial costs one, whatever its fidelity."""
    FIDELITY = "fidelity"
    """A trial costs its fidelity, as if trained from scratch."""
    FIDELITY_CONTINUED = "fidelity-continued"
    """A trial that continues another costs only the fidelity it adds (where the problem can resume)."""
    FULL_EVALUATIONS = "full-evaluations"
    """Fidelity from scratch, in multiples of the maximum fidelity."""
    SECONDS = "seconds"
    """Wall-clock seconds of the objective; the optimizer's own seconds are booked beside it. Where several trials are
    pending, seconds of the run's clock from its start to its end."""
    SIMULATED_SECONDS = "simulated-seconds"
    """Seconds of the simulated clock, from the run's start to its end, however many workers it has."""
    DEVICE_SECONDS = "device-seconds"
    """Seconds that devices (cores, GPUs) are held: the sum over the workers of a run, on either clock."""

    @property
    def counts_fidelity(self) -> bool:
        return self in (Unit.FIDELITY, Unit.FIDELITY_CONTINUED, Unit.FULL_EVALUATIONS)

    @property
    def counts_time(self) -> bool:
        return self in (Unit.SECONDS, Unit.SIMULATED_SECONDS, Unit.DEVICE_SECONDS)

    def words(self, fidelity: str | None) -> str:
        """What is counted, for a person: "epochs".

        Args:
            fidelity: The name of the problem's (``Fidelity.name``), if it has one.
        """
        match self:
            case Unit.FIDELITY if fidelity:
                return f"{fidelity}, from scratch"
            case Unit.FIDELITY_CONTINUED if fidelity:
                return fidelity
            case Unit.FIDELITY | Unit.FIDELITY_CONTINUED:
                return "evaluations"
            case Unit.SECONDS:
                return "seconds of evaluation"
            case Unit.DEVICE_SECONDS:
                return "device-seconds"
        return self.replace("-", " ")


@dataclass(frozen=True, slots=True)
class Budget:
    """``amount`` in ``unit``; exact: an amount is an integer, or a decimal fraction where the unit allows one.

    >>> budget = Budget.of(2.5, "full-evaluations")
    >>> str(budget), budget.quanta(Fidelity("epochs", 1, 27))
    ('2.5 full-evaluations', 67)

    Raises:
        HpobenchError: the amount is not positive, more than a ledger can hold, or not whole in a unit that counts whole
            things.
    """

    amount: Fraction
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise HpobenchError(f"budget: the amount must be positive, not {self}.")
        if self.unit in (Unit.EVALUATIONS, Unit.FIDELITY, Unit.FIDELITY_CONTINUED) and self.amount.denominator != 1:
            raise HpobenchError(f"budget: {self.unit} are counted in whole numbers, not {self}.")
        self.quanta(None)

    @classmethod
    def of(cls, amount: int | float | str | Fraction, unit: str | Unit) -> "Budget":
        """A budget from what a person writes: ``Budget.of(2.5, "seconds")``, ``Budget.of("1/3", "seconds")``."""
        try:
            unit = Unit(unit)
        except ValueError:
            raise HpobenchError(f"budget: {unknown('unit', unit, list(map(str, Unit)))}") from None
        try:
            return cls(_exact(amount), unit)
        except (ValueError, ZeroDivisionError) as error:
            raise HpobenchError(f"budget: the amount must be a finite number, not {written(amount)}.") from error

    @classmethod
    def read(cls, text: str) -> "Budget":
        """A budget as a person says it: an amount and a unit, as in ``50 evaluations``.

        >>> str(Budget.read("2.5 full-evaluations"))
        '2.5 full-evaluations'

        Raises:
            HpobenchError: it does not read like that, or is no budget.
        """
        amount, _, unit = text.strip().partition(" ")
        if not _AMOUNT.fullmatch(amount) or not unit.strip():
            units = ", ".join(Unit)
            raise HpobenchError(
                f"budget: must be a number and a unit, as in '50 evaluations', not {shown(text)}. Units: {units}."
            )
        return cls.of(amount, unit.strip())

    def quanta_per_unit(self, fidelity: Fidelity | None) -> int:
        """How many integer quanta of the ledger make one unit (ns in a second, fidelity in a full evaluation)."""
        if self.unit.counts_time:
            return NANOSECONDS
        if self.unit is Unit.FULL_EVALUATIONS:
            return fidelity.maximum if fidelity else 1
        return 1

    def quanta(self, fidelity: Fidelity | None) -> int:
        """The amount in the ledger's quanta; a fraction of a quantum is not given out.

        Raises:
            HpobenchError: they are more than a ledger can hold.
        """
        each = self.quanta_per_unit(fidelity)
        if self.amount * each > MOST_QUANTA:
            raise HpobenchError(f"budget: the amount must be at most {MOST_QUANTA // each}, not {self._number}.")
        return int(self.amount * each)

    def words(self, fidelity: Fidelity | None) -> str:
        """For a person: "380 epochs", where files say "380 fidelity-continued" for every problem."""
        return f"{self._number} {self.unit.words(fidelity.name if fidelity else None)}"

    def __str__(self) -> str:
        return f"{self._number} {self.unit}"

    @property
    def _number(self) -> str:
        if self.amount.denominator == 1:
            return written(self.amount.numerator)
        return f"{Decimal(self.amount.numerator) / self.amount.denominator:.6g}"


def _exact(amount: int | float | str | Fraction) -> Fraction:
    """As it was written. A text beyond floats is what it is as a float, lest 1e999999999 be worked out.

    Raises:
        ValueError: it is no number, or not finite.
    """
    if not isinstance(amount, str):
        return Fraction(str(amount) if isinstance(amount, float) else amount)
    with suppress(ValueError):  # a fraction, or no number
        if (about := float(amount)) in (0.0, inf, -inf):
            amount = str(about)
    return Fraction(amount)
