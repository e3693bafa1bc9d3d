"""Hyperband (Li et al., arXiv 1603.06560, Algorithm 1): the brackets s_max … 0 in turn, over and over.

Brackets are computed in integers by ``core.brackets.hyperband``, with R the problem's maximum fidelity and its
minimum as the least resource. The default variant ``floor`` gives the lecture's table.
"""

import numpy as np

from hpobench_baselines.native.rungs import BracketCycle
from hpobench_tui.core import Task, Variant
from hpobench_tui.core.brackets import hyperband
from hpobench_tui.core.space import samples


class Hyperband(BracketCycle):
    """Parameters ``eta`` and ``variant``; first rungs are drawn from the space's own distribution.

    Raises:
        HpobenchError: the problem has no fidelity.

    >>> from hpobench_baselines.native import HYPERBAND
    >>> from hpobench_tui.core import Fidelity
    >>> from hpobench_tui.testing.by_hand import task
    >>> optimizer = Hyperband(task(HYPERBAND, {"x": (0.0, 1.0)}, fidelity=Fidelity("epochs", 1, 9)))
    >>> [[(rung.configurations, rung.fidelity) for rung in bracket.rungs] for bracket in optimizer.plan()]
    [[(9, 1), (3, 3), (1, 9)], [(3, 3), (1, 9)], [(3, 9)]]
    """

    def __init__(self, task: Task) -> None:
        fidelity, variant = task.needed_fidelity("hyperband"), Variant(str(task.parameters["variant"]))
        brackets = hyperband(int(task.parameters["eta"]), fidelity.maximum, variant, fidelity.minimum)
        super().__init__(brackets, samples(task.space, np.random.default_rng(task.seed)))
