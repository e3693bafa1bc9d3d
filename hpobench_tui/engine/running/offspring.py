"""The processes that trials start end with their trials: what goes on would take the time and the device of the next.

Those of a training that is kept, to be continued, live as long as it is. What an optimizer starts, and what a problem
starts while it is loaded, lives as long as the run; so do Python's own helpers, which clean up when their process ends.
"""

from hpobench_tui.core.problem import Training
from hpobench_tui.executors import family

QUICK_NANOSECONDS = 100_000
"""An evaluation that takes less has started no process."""


class Offspring:
    """Of one run.

    Attributes:
        quick: Whether the last evaluation was: what was there before the next is known well enough.
    """

    def __init__(self) -> None:
        self._others: set[int] = set()
        self._held: dict[int, set[int]] = {}
        self.quick = False

    @property
    def holding(self) -> bool:
        """Whether there are some whose trainings are kept."""
        return bool(self._held)

    def before(self) -> None:
        """An evaluation begins."""
        self._others = _started()

    def after(self, training: Training | None, kept: bool) -> int:
        """It has ended: end what it has started; how many processes that were.

        Args:
            training: What was evaluated, None if it did not start.
            kept: Whether it is to be continued.
        """
        key = id(training)
        own = (_started() - self._others) | self._held.pop(key, set())
        if kept and own:
            self._held[key] = own
            return 0
        return len(family.end(lambda: own & _started())) if own else 0


def _started() -> set[int]:
    """The children of this process, those of helpers in place of the helpers."""
    if not family.has_children():
        return set()
    children = family.children()
    helpers = {child for child in children if family.is_helper(child, family.TRACKER, family.FORK_SERVER)}
    return (children - helpers).union(*map(family.children, helpers))
