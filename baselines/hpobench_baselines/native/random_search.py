"""Random search: independent draws from the space's own distribution (Bergstra and Bengio, JMLR 13, 2012)."""

import numpy as np

from hpobench_tui.core import Ask, Task, Trial
from hpobench_tui.core.space import samples


class RandomSearch:
    """Never complete, never waits, learns nothing.

    >>> from hpobench_baselines.native import RANDOM
    >>> from hpobench_tui.testing.by_hand import task
    >>> search = RandomSearch(task(RANDOM, {"depth": (1, 6)}))
    >>> sorted({search.ask().configuration["depth"] for _ in range(100)})
    [1, 2, 3, 4, 5, 6]
    """

    def __init__(self, task: Task) -> None:
        self._configurations = samples(task.space, np.random.default_rng(task.seed))

    def ask(self) -> Ask:
        return Ask(next(self._configurations))

    def tell(self, trial: Trial) -> None:
        """Nothing is learnt from a trial."""
