"""Successive halving and Hyperband brackets in integer arithmetic.

Hyperband: Li et al., arXiv 1603.06560, Algorithm 1. Three variants of the number of first-rung configurations are in
circulation; all take s_max as the largest s with eta^s <= R, which floating-point logarithms get wrong at
(eta, R) = (3, 243) and (10, 1000).
"""

from dataclasses import dataclass
from enum import StrEnum

from hpobench_tui.core.errors import HpobenchError


class Variant(StrEnum):
    """How many configurations a bracket starts with; S = s_max + 1.

    >>> [hyperband(3, 81, variant)[1].rungs[0].configurations for variant in Variant]
    [27, 34, 54]
    """

    FLOOR = "floor"
    """n = floor(S / (s + 1)) eta^s: HpBandSter, DEHB, NePS, and the lecture's table."""
    CEIL = "ceil"
    """n = ceil(S eta^s / (s + 1)): the paper, SMAC3, blackboxopt."""
    SYNE_TUNE = "syne-tune"
    """n = ceil(S / (s + 1)) eta^s: Syne Tune."""


@dataclass(frozen=True, slots=True)
class Rung:
    """``configurations`` are trained to ``fidelity`` (from scratch); the best of them enter the next rung.

    >>> Bracket(1, (Rung(2, 1), Rung(1, 2))) == successive_halving(2, 1, eta=2, maximum=2)
    True
    """

    configurations: int
    fidelity: int


@dataclass(frozen=True, slots=True)
class Bracket:
    """One run of successive halving; ``s`` is Hyperband's index, the number of halvings.

    >>> bracket = successive_halving(16, 1, eta=2, maximum=16)
    >>> [(rung.configurations, rung.fidelity) for rung in bracket.rungs]
    [(16, 1), (8, 2), (4, 4), (2, 8), (1, 16)]
    >>> bracket.s, bracket.from_scratch, bracket.continued
    (4, 80, 48)
    """

    s: int
    rungs: tuple[Rung, ...]

    @property
    def from_scratch(self) -> int:
        """Fidelity units when every rung trains from scratch."""
        return sum(r.configurations * r.fidelity for r in self.rungs)

    @property
    def continued(self) -> int:
        """Fidelity units when promoted trainings are continued."""
        before = (0, *(r.fidelity for r in self.rungs[:-1]))
        return sum(r.configurations * (r.fidelity - b) for r, b in zip(self.rungs, before, strict=True))


def largest_power(base: int, limit: int) -> int:
    """The largest k >= 0 with base^k <= limit.

    Raises:
        HpobenchError: base < 2 or limit < 1.
    """
    if base < 2:
        raise HpobenchError(f"eta must be an integer of at least 2, not {base}.")
    if limit < 1:
        raise HpobenchError(f"R must be a positive integer, not {limit}.")
    k, power = 0, base
    while power <= limit:
        k, power = k + 1, power * base
    return k


def successive_halving(configurations: int, fidelity: int, eta: int, maximum: int) -> Bracket:
    """Successive halving of ``configurations`` from ``fidelity``, times eta a rung, to at most ``maximum``.

    The lecture's example, n = 16, r = 1, eta = 2, R = 16, gives (16,1) (8,2) (4,4) (2,8) (1,16): 80 in all.
    """
    if configurations < 1:
        raise HpobenchError(f"successive halving needs at least one configuration, not {configurations}.")
    if not 1 <= fidelity <= maximum:
        raise HpobenchError(f"successive halving needs 1 <= first fidelity <= R, not {fidelity} and R = {maximum}.")
    halvings = min(largest_power(eta, configurations), largest_power(eta, maximum // fidelity))
    rungs = tuple(Rung(configurations // eta**i, fidelity * eta**i) for i in range(halvings + 1))
    return Bracket(halvings, rungs)


def first_rung(variant: Variant, s: int, s_max: int, eta: int) -> int:
    """Configurations in the first rung of bracket ``s``."""
    brackets = s_max + 1
    power = int(eta**s)
    match variant:
        case Variant.FLOOR:
            return brackets // (s + 1) * power
        case Variant.CEIL:
            return -(-brackets * power // (s + 1))
        case Variant.SYNE_TUNE:
            return -(-brackets // (s + 1)) * power


def hyperband(eta: int, maximum: int, variant: Variant = Variant.FLOOR, minimum: int = 1) -> tuple[Bracket, ...]:
    """The brackets s = s_max … 0 of Hyperband for fidelities from ``minimum`` to R = ``maximum``.

    Rung i of bracket s trains floor(n eta^-i) configurations to floor(R eta^(i - s)).
    """
    if not 1 <= minimum <= maximum:
        raise HpobenchError(f"Hyperband needs 1 <= r_min <= R, not r_min = {minimum} and R = {maximum}.")
    s_max = largest_power(eta, maximum // minimum)
    brackets = []
    for s in range(s_max, -1, -1):
        n = first_rung(variant, s, s_max, eta)
        brackets.append(Bracket(s, tuple(Rung(n // eta**i, maximum // eta ** (s - i)) for i in range(s + 1))))
    return tuple(brackets)
