"""What bandits with finitely many arms share: the one hyperparameter is the arm, an evaluation is a pull.

The outcome of a pull is a function of (seed, arm) alone, without any state: the engine gives the n-th pull of an arm
the same seed whatever the policy did in between, so all policies face one table of rewards. Where losses depend on the
round (``start_round``), the seed is the repetition's and the outcome a function of (seed, round, arm). A pull costs one
second of the simulated clock.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hpobench_suites.noise import splitmix64
from hpobench_tui.core import Parameter, Report
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.problem import NO_METRICS

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

SECONDS_A_PULL = 1.0
K = Parameter("k", 10, "Number of arms.", minimum=2, maximum=1000)


class Pull:
    """A pull whose outcome is settled; never changes, so one object may stand for many equal pulls."""

    __slots__ = ("_report",)

    def __init__(self, loss: float, truth: float | None, reference: float | None = None) -> None:
        self._report = Report(loss, NO_METRICS, truth, SECONDS_A_PULL, reference)

    def advance(self, to_fidelity: int) -> Report:
        """The loss of this pull; ``truth`` is the arm's expected loss, ``reference`` the best arm's, in its round."""
        return self._report


class Arms:
    """The space of ``k`` arms and the arms in it that attain the reference."""

    def __init__(self, k: int, best: Sequence[int] = ()) -> None:
        self._names = [str(arm) for arm in range(k)]
        self._best = best

    def space(self) -> "ConfigurationSpace":
        """One categorical hyperparameter ``arm``: "0", "1", ..."""
        from ConfigSpace import Categorical, ConfigurationSpace

        return ConfigurationSpace(space=[Categorical("arm", self._names)])

    def minimisers(self) -> list[dict[str, Value]]:
        """The best arms."""
        return [{"arm": self._names[arm]} for arm in self._best]


def largest(means: Sequence[float]) -> list[int]:
    """The positions of the largest mean."""
    return [arm for arm, mean in enumerate(means) if mean == max(means)]


def best_position(k: int) -> int:
    """Where the best of ``k`` arms is put: not first, so that a policy which breaks ties by order gains nothing."""
    return 2 * k // 3


def one_good_arm(k: int, good: float, bad: float) -> tuple[float, ...]:
    """One good mean among equal bad ones, as in the instances behind minimax lower bounds.

    Auer et al., *The Nonstochastic Multiarmed Bandit Problem*, SIAM Journal on Computing 32 (2002), section 5.

    >>> one_good_arm(4, 0.9, 0.5)
    (0.5, 0.5, 0.9, 0.5)
    """
    return tuple(good if arm == best_position(k) else bad for arm in range(k))


def permutation(k: int, seed: int, first: int = 0) -> list[int]:
    """A random order of 0 ... k - 1: sorted by the outputs ``first`` ... ``first + k - 1`` of the stream ``seed``.

    >>> permutation(5, seed=3), permutation(5, seed=3)
    ([3, 0, 4, 2, 1], [3, 0, 4, 2, 1])
    """
    return sorted(range(k), key=lambda arm: splitmix64(seed, first + arm))
