"""At which positions of a run it is known where it stood: what the recorder keeps to, and tables and charts read.

A run has four coordinates that grow from trial to trial: trials, fidelity units, quanta spent, seconds of its clock. On
each there is a grid, the same for all runs, and the state that holds *at* each of its positions is written down: that
after the last trial which ended there or before. On the three that count whole things the grid has every number of up
to six binary digits, and of larger ones those whose other digits are zeros: 1, 2, …, 64, 66, 68, …, 128, 132, …, at
most 1/32 apart. Seconds have every number of four binary digits (… 1, 1.125, 1.25, … 2, 2.25, …), at most 1/8 apart.
Also written down are an eighth, a quarter and half of the run's budget.

So runs share their positions, whatever their optimizer, and a table or a chart that asks at these alone is exact,
although only about 300 of 10,000 trials (500 of a million) have a row.
"""

from math import ceil, frexp, inf, ldexp, nextafter

DIGITS, CLOCK_DIGITS = 6, 4
"""Binary digits of a position among whole numbers, and among seconds."""
SHARES = (8, 4, 2)
"""An eighth, a quarter, half of the budget."""


def position(x: int) -> int:
    """The first position on a coordinate of whole numbers that is not below ``x``."""
    shift = max(x.bit_length() - DIGITS, 0)
    return -(-x >> shift) << shift


def clock_position(x: float) -> float:
    """The first position in seconds that is not below ``x``."""
    part, exponent = frexp(x)
    return ldexp(ceil(ldexp(part, CLOCK_DIGITS)), exponent - CLOCK_DIGITS)


def spent_position(x: int, budget: int) -> int:
    """The first position in quanta of the budget that is not below ``x``, shares of the budget among them."""
    shares = (budget // part for part in SHARES)
    return min([position(x), *(share for share in shares if share >= x)])


def positions(low: int, high: int) -> list[int]:
    """All positions of whole numbers from ``low`` to ``high``."""
    found, at = [], position(max(low, 1))
    while at <= high:
        found.append(at)
        at = position(at + 1)
    return found


def clock_positions(low: float, high: float) -> list[float]:
    """All positions in seconds from ``low`` (a nanosecond at least) to ``high``."""
    found, at = [], clock_position(max(low, 1e-9))
    while at <= high:
        found.append(at)
        at = clock_position(nextafter(at, inf))
    return found
