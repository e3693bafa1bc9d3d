"""Random search: independent draws from the space's own distribution (Bergstra and Bengio, JMLR 13, 2012)."""

import numpy as np

from hpobench_tui.core import Ask, Task, Trial
from hpobench_tui.core.space import samples


class RandomSearch:
    """Never complete, never waits, learns nothing."""

    def __init__(self, task: Task) -> None:
        self._configurations = samples(task.space, np.random.default_rng(task.seed))

    def ask(self) -> Ask:
        return Ask(next(self._configurations))

    def tell(self, trial: Trial) -> None:
        """Nothing is learnt from a trial."""
