"""Learning-rate schedules as factors of the learning rate, over the share of the training that is done."""

from collections.abc import Callable
from math import cos, pi

WARM_UP, FROM = 0.3, 0.04


def constant(done: float) -> float:
    return 1.0


def cosine(done: float) -> float:
    """From 1 to 0 (arXiv 1608.03983, without restarts)."""
    return 0.5 * (1.0 + cos(pi * done))


def one_cycle(done: float) -> float:
    """Up from 1/25 to 1 in the first 30 %, then down to 0, both along a cosine (arXiv 1708.07120)."""
    if done < WARM_UP:
        return FROM + (1.0 - FROM) * 0.5 * (1.0 - cos(pi * done / WARM_UP))
    return cosine((done - WARM_UP) / (1.0 - WARM_UP))


SCHEDULES: dict[str, Callable[[float], float]] = {"constant": constant, "cosine": cosine, "one-cycle": one_cycle}
