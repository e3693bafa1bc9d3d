"""Adversarial bandits: losses 0 and 1 fixed beforehand by an oblivious adversary as a function of (seed, round, arm).

What it does goes by ``kind``; the first two work in phases of growing lengths 1, 2, 4, 7, 12, ...: l -> ceil(8/5 l).

- ``constrained``: losses are drawn with the probabilities (0, gap) in even phases and (1 - gap, 1) in odd ones for (the
  best arm, all others). The gap is constant, so one arm is the best throughout, but averages over different times
  cannot be compared. In the manner of the stochastically constrained adversary of Zimmert & Seldin, *Tsallis-INF*, JMLR
  22 (2021). Where the gap is small for the horizon (the default, up to some thousand rounds), UCB1 and Thompson
  sampling do not find the good arm as often as not.
- ``swapping``: two arms take turns at being the good one, 0.5 - gap/2 against 0.5 + gap/2 of all others. The last
  phase is 3/8 of all rounds so far, so whoever stays with the arm that was good before it has a regret of about
  gap T (1 - 1/1.6 + 1/1.6^2 - ...) 3/8 = 0.23 gap T at its end. One that keeps up with the swaps does better than any
  fixed arm: its regret is negative.
- ``cyclic``: arm t mod k loses in round t, any other with probability 1 - gap. Round robin in the arms' order loses in
  every round, and so does any deterministic index policy that breaks ties by order, such as UCB1: all it sees are
  losses. Ties broken at random are enough to escape.

The comparator is the best fixed arm in hindsight. The reference of round t is M(t) - M(t-1), M(t) being the least
cumulative loss of any arm over rounds 0 ... t: the references up to any round sum to min_k L_k, and the loss less
reference to the external regret (Auer et al., *The Nonstochastic Multiarmed Bandit Problem*, 2002). Losses have no
``truth``: what the adversary drew is what counts. Pulled without a round (``start``), arms are as in round 0.
"""

from hpobench_suites.bandits.arms import Arms, K, Pull, best_position
from hpobench_suites.bandits.bernoulli import bernoulli_info
from hpobench_tui.core import Configuration, Measure, Parameter, ProblemInfo, Reference
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.targets import spaced

KINDS = ("constrained", "swapping", "cyclic")
TABLES = 4
"""How many repetitions' tables are kept."""


def probabilities(kind: str, k: int, gap: float) -> list[list[float]]:
    """The probability of a loss by arm, in even and in odd phases (or in the rounds of a cycle)."""
    if kind == "cyclic":
        return [[1.0 if arm == turn else 1.0 - gap for arm in range(k)] for turn in range(k)]
    one, other = best_position(k), (best_position(k) + 1) % k
    if kind == "constrained":
        return [
            [0.0 if arm == one else gap for arm in range(k)],
            [1.0 - gap if arm == one else 1.0 for arm in range(k)],
        ]
    low, high = 0.5 - gap / 2, 0.5 + gap / 2
    return [[low if arm == good else high for arm in range(k)] for good in (one, other)]


class Adversarial(Arms):
    """``k`` arms; the table of losses of a seed is made as rounds come.

    Round by round, the losses of all arms:

    >>> problem = Adversarial("cyclic", k=3, gap=1.0)
    >>> [[problem.start_round({"arm": a}, 0, "cpu", t).advance(1).loss for a in "012"] for t in range(3)]
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """

    def __init__(self, kind: str, k: int, gap: float) -> None:
        from hpobench_suites.bandits import adversary  # brings NumPy

        super().__init__(k)
        self._arms: dict[Value, int] = {name: arm for arm, name in enumerate(self._names)}
        self._k = k
        self._probabilities = probabilities(kind, k, gap)
        self._in_phases = kind != "cyclic"
        self._make = adversary.Table
        self._tables: dict[int, adversary.Table] = {}
        # By loss + 2 reference, as tables have it.
        self._pulls: list[Pull] = [Pull(loss, None, reference) for reference in (0.0, 1.0) for loss in (0.0, 1.0)]

    def start(self, configuration: Configuration, seed: int, device: str) -> Pull:
        """Pull the arm in round 0."""
        return self.start_round(configuration, seed, device, 0)

    def start_round(self, configuration: Configuration, seed: int, device: str, round: int) -> Pull:
        """Pull the arm; the loss is a function of (seed, round, arm)."""
        table = self._tables.get(seed)
        if table is None:
            if len(self._tables) == TABLES:
                del self._tables[next(iter(self._tables))]
            table = self._tables[seed] = self._make(seed, self._probabilities, self._in_phases)
        row = round - table.first
        if not 0 <= row < table.rounds:
            table.go_to(round)
            row = round - table.first
        return self._pulls[table.codes[row * self._k + self._arms[configuration["arm"]]]]


def describe(kind: str = "constrained", k: int = 10, gap: float = 0.1) -> ProblemInfo:
    """``bandits/adversarial``."""
    return bernoulli_info(
        "adversarial",
        f"{k} arms whose losses an oblivious adversary has fixed ({kind})",
        Reference(0.0, "a bound: losses lie in [0, 1]; cumulative regret is against the best fixed arm", exact=False),
        "hpobench_suites.bandits.adversarial:Adversarial",
        (
            Parameter("kind", "constrained", "What the adversary does.", choices=KINDS),
            K,
            Parameter("gap", 0.1, "Expected loss of a bad arm less that of the good one.", minimum=0.001, maximum=0.99),
        ),
        "hpobench_suites.bandits.adversarial:describe",
        {"kind": kind, "k": k, "gap": gap},
        tags=("bandit", "adversarial"),
        targets=spaced(1.0, gap / 2),  # from the range of losses down to half of the gap
        measure=Measure.CUMULATIVE,  # there is no truth behind the losses
    )
