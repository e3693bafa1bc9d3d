"""The median stopping rule (Golovin et al., Google Vizier, KDD 2017, section 3.2.2), on top of random or Sobol search.

A training is stopped at fidelity r if its best loss until then is strictly worse than the median, over the other
trainings that reported at r, of their running averages: the mean of all their losses up to r. The paper takes the
completed ones; here those under way count too, so that the first trainings of many workers can be told apart.
Nothing is stopped before ``grace`` units, nor where fewer than ``others`` reported at r. What failed had reported
good losses as well as bad ones, and counts as far as it came.

The rule asks nothing of the losses but an order and a mean, so it takes whatever curves do.
"""

from bisect import insort
from dataclasses import dataclass

from hpobench_baselines.native.designs.sequences import Sobol
from hpobench_baselines.native.random_search import RandomSearch
from hpobench_tui.core import Ask, HpobenchError, Report, Task, Trial


@dataclass(slots=True)
class Running:
    """A training under way: how many losses it reported, their mean and the least."""

    count: int = 0
    mean: float = 0.0
    best: float = float("inf")

    def add(self, loss: float) -> None:
        """Another report."""
        self.count += 1
        self.mean += loss / self.count - self.mean / self.count  # the difference of two losses may overflow
        self.best = min(self.best, loss)


class MedianStopping:
    """Parameters ``sampler``, ``grace`` and ``others``. Never complete, never waits; a pruner.

    Raises:
        HpobenchError: the problem has no fidelity, or reports only at the end.

    The fourth is worse than the median of the three before it, the fifth is not:

    >>> from hpobench_baselines.native.multifidelity import MEDIAN_STOPPING
    >>> from hpobench_tui.core import Fidelity
    >>> from hpobench_tui.testing.by_hand import task
    >>> epochs = Fidelity("epochs", 1, 10, step=1)
    >>> pruner = MedianStopping(task(MEDIAN_STOPPING, {"x": (0.0, 1.0)}, fidelity=epochs, others=3))
    >>> asks = [pruner.ask() for _ in range(5)]
    >>> [pruner.should_stop(n, asks[n], 1, Report(loss)) for n, loss in enumerate((0.1, 0.2, 0.3, 0.25, 0.05))]
    [False, False, False, True, False]
    """

    def __init__(self, task: Task) -> None:
        fidelity = task.needed_fidelity("median-stopping")
        if fidelity.step is None:
            raise HpobenchError(
                "median-stopping needs a problem that reports on the way, and this one reports only at the end of its"
                f" {fidelity.name}. Use an optimizer that chooses the fidelity itself, such as hyperband."
            )
        self._sampler = Sobol(task) if task.parameters["sampler"] == "sobol" else RandomSearch(task)
        self._grace = int(task.parameters["grace"]) or -(-fidelity.maximum // 10)
        self._others = int(task.parameters["others"])
        self._running: dict[int, Running] = {}
        self._averages: dict[int, list[float]] = {}

    def ask(self) -> Ask:
        """A configuration, for a full training."""
        return self._sampler.ask()

    def tell(self, trial: Trial) -> None:
        """Its reports on the way said all there is to learn."""
        self._running.pop(trial.asked, None)

    def should_stop(self, asked: int, ask: Ask, fidelity: int, report: Report) -> bool:
        """Whether the best so far is worse than the median of the others' running averages."""
        running = self._running.setdefault(asked, Running())
        running.add(report.loss)
        others = self._averages.setdefault(fidelity, [])
        stop = fidelity >= self._grace and len(others) >= self._others and running.best > median(others)
        insort(others, running.mean)
        return stop


def median(ordered: list[float]) -> float:
    """The median of ordered numbers.

    >>> median([1.0, 2.0, 4.0]), median([1.0, 2.0, 4.0, 9.0])
    (2.0, 3.0)
    """
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return ordered[middle - 1] / 2 + ordered[middle] / 2
