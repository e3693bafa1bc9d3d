"""Shares and changes as people say them."""

from math import inf


def share(value: float) -> str:
    """0.05 as ``5 %``.

    >>> share(0.0525)
    '5.25 %'
    """
    return f"{100 * value:.3g} %"


def signed(change: float) -> str:
    """A relative change; above 0 is worse.

    >>> [signed(0.05), signed(-0.2), signed(0.0), signed(20.0)]
    ['5 % worse', '20 % better', 'equal', '21 times worse']
    """
    if change == 0:
        return "equal"
    if abs(change) == inf:
        return f"{'worse' if change > 0 else 'better'} than a baseline of 0"
    if change >= 2:
        return f"{1 + change:.3g} times worse"
    return f"{share(abs(change))} {'worse' if change > 0 else 'better'}"
