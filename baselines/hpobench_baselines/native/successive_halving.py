"""Successive halving (Jamieson and Talwalkar, arXiv 1502.07943), one bracket after the other while budget remains.

With R the maximum and r the minimum fidelity, at most k = floor(log_eta(R / r)) halvings fit. ``n`` configurations
allow for floor(log_eta n), so the bracket has s = min(of the two) halvings, and rung i trains floor(n eta^-i)
configurations to floor(R eta^(i - s)): the last rung is always at R. The automatic n = eta^k ends with one
configuration; eta = 2 and R = 16 give the lecture's (16, 1) (8, 2) (4, 4) (2, 8) (1, 16).
"""

import numpy as np

from hpobench_baselines.native.rungs import BracketCycle
from hpobench_tui.core import Bracket, Rung, Task
from hpobench_tui.core.brackets import largest_power
from hpobench_tui.core.space import samples


def bracket(n: int, eta: int, minimum: int, maximum: int) -> Bracket:
    """The bracket of ``n`` configurations (0: as many as end with one) for fidelities ``minimum`` to ``maximum``.

    >>> [(rung.configurations, rung.fidelity) for rung in bracket(5, 2, 1, 16).rungs]
    [(5, 4), (2, 8), (1, 16)]
    """
    fitting = largest_power(eta, maximum // minimum)
    first = n or eta**fitting
    s = min(fitting, largest_power(eta, first))
    return Bracket(s, tuple(Rung(first // eta**i, maximum // eta ** (s - i)) for i in range(s + 1)))


class SuccessiveHalving(BracketCycle):
    """Parameters ``eta`` and ``n``; first rungs are drawn from the space's own distribution.

    Raises:
        HpobenchError: the problem has no fidelity.

    >>> from hpobench_baselines.native import SUCCESSIVE_HALVING
    >>> from hpobench_tui.core import Fidelity
    >>> from hpobench_tui.testing.by_hand import task
    >>> epochs = Fidelity("epochs", 1, 16)
    >>> (one,) = SuccessiveHalving(task(SUCCESSIVE_HALVING, {"x": (0.0, 1.0)}, fidelity=epochs)).plan()
    >>> [(rung.configurations, rung.fidelity) for rung in one.rungs]
    [(16, 1), (8, 2), (4, 4), (2, 8), (1, 16)]
    """

    def __init__(self, task: Task) -> None:
        fidelity = task.needed_fidelity("successive-halving")
        n, eta = int(task.parameters["n"]), int(task.parameters["eta"])
        one = bracket(n, eta, fidelity.minimum, fidelity.maximum)
        super().__init__((one,), samples(task.space, np.random.default_rng(task.seed)))
