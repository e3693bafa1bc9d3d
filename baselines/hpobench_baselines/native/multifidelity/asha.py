"""Asynchronous successive halving (Li et al., arXiv 1810.05934): no rung waits until it is full.

The rungs of bracket b are those of Hyperband's bracket s_max - b (``core.brackets``): fidelities R eta^(i - s). A new
configuration is drawn from the space's own distribution.

*Promotion* (the paper's Algorithm 2): from the highest rung down, take the best configuration that is among the top
1/eta of those which finished the rung and was not promoted before; if there is none, start a new one in the lowest.

*Stopping*: every configuration is asked for at R. At each rung that its training comes by it is stopped unless it is
among the top 1/eta of those which came by before it, itself included, or the very best of them. It stands in for
promotion where a training cannot be paused. Where reports do not meet a rung's fidelity the next one counts for it.

With several brackets, new configurations are dealt to them in proportion to Hyperband's first rungs.
"""

from collections.abc import Sequence

import numpy as np

from hpobench_baselines.native.multifidelity.standings import Standings
from hpobench_tui.core import Ask, Bracket, HpobenchError, Optimizer, Report, Task, Trial
from hpobench_tui.core.brackets import hyperband
from hpobench_tui.core.space import samples


def asha(task: Task) -> Optimizer:
    """The variant that the parameter ``type`` names.

    Raises:
        HpobenchError: the problem has no fidelity; it reports only at the end, where trainings are to be stopped.

    Whoever is among the best third of its rung is trained on at once:

    >>> from hpobench_baselines.native.multifidelity import ASHA
    >>> from hpobench_tui.core import Fidelity
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> optimizer = asha(task(ASHA, {"x": (0.0, 1.0)}, fidelity=Fidelity("epochs", 1, 9), eta=3))
    >>> [t.fidelity for t in play(optimizer, lambda c: c["x"], 13)]
    [1, 1, 1, 3, 1, 1, 1, 3, 1, 1, 3, 9, 1]
    """
    fidelity = task.needed_fidelity("asha")
    if task.parameters["type"] == "promotion":
        return PromotionAsha(task)
    if fidelity.step is None:
        raise HpobenchError(
            "asha: with type = 'stopping' it needs a problem that reports on the way, and this one reports only at"
            f" the end of its {fidelity.name}. Set type = 'promotion'."
        )
    return StoppingAsha(task)


class _Asha:
    """What both have in common: the brackets, their standings, and new configurations."""

    def __init__(self, task: Task) -> None:
        fidelity, eta = task.needed_fidelity("asha"), int(task.parameters["eta"])
        all_brackets = hyperband(eta, fidelity.maximum, minimum=fidelity.minimum)
        self._brackets: Sequence[Bracket] = all_brackets[: int(task.parameters["brackets"])]
        self._standings = [[Standings(eta) for _ in bracket.rungs] for bracket in self._brackets]
        self._dealt = [0] * len(self._brackets)
        self._configurations = samples(task.space, np.random.default_rng(task.seed))

    def _deal(self) -> int:
        """The bracket that a new configuration enters: the one furthest behind its share."""
        shares = [
            bracket.rungs[0].configurations / (dealt + 1)
            for bracket, dealt in zip(self._brackets, self._dealt, strict=True)
        ]
        chosen = shares.index(max(shares))
        self._dealt[chosen] += 1
        return chosen


class PromotionAsha(_Asha):
    """Never complete, never waits."""

    def ask(self) -> Ask:
        """A promotion where there is one, else a new configuration."""
        for halvings in range(len(self._brackets[0].rungs) - 1):  # that are still to come after the promotion
            for number, bracket in enumerate(self._brackets):
                above = bracket.s - halvings
                if above > 0 and (trial := self._standings[number][above - 1].promote()):
                    return Ask(trial.configuration, bracket.rungs[above].fidelity, number, above, trial.number)
        number = self._deal()
        return Ask(next(self._configurations), self._brackets[number].rungs[0].fidelity, number, 0)

    def tell(self, trial: Trial) -> None:
        assert trial.bracket is not None
        assert trial.rung is not None
        self._standings[trial.bracket][trial.rung].enter(trial)


class StoppingAsha(_Asha):
    """Never complete, never waits; a pruner."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._next_rung: dict[int, int] = {}

    def ask(self) -> Ask:
        """A new configuration, for a full training."""
        number = self._deal()
        return Ask(next(self._configurations), self._brackets[number].rungs[-1].fidelity, number)

    def should_stop(self, asked: int, ask: Ask, fidelity: int, report: Report) -> bool:
        """Stop a training that comes by a rung and is not among its best."""
        assert ask.bracket is not None
        rungs = self._brackets[ask.bracket].rungs
        rung = first = self._next_rung.get(asked, 0)
        while rung < len(rungs) and rungs[rung].fidelity <= fidelity:
            rung += 1
        if rung == first:
            return False
        self._next_rung[asked] = rung
        return not self._standings[ask.bracket][rung - 1].passes(report.loss)

    def tell(self, trial: Trial) -> None:
        """Nothing is learnt from a trial that the reports on its way did not say."""
        self._next_rung.pop(trial.asked, None)
