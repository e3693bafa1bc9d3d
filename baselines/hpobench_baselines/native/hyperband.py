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
    """

    def __init__(self, task: Task) -> None:
        fidelity, variant = task.needed_fidelity("hyperband"), Variant(str(task.parameters["variant"]))
        brackets = hyperband(int(task.parameters["eta"]), fidelity.maximum, variant, fidelity.minimum)
        super().__init__(brackets, samples(task.space, np.random.default_rng(task.seed)))
