"""DEHB (Awad, Mallik and Hutter, arXiv 2105.09821): differential evolution over Hyperband's brackets.

Every fidelity has a subpopulation, as large as the largest rung that Hyperband (rounding ``floor``) trains to it. A
rung of n configurations trains:

- In the first rung of the first bracket: random configurations, the subpopulation as it is initialised.
- In a higher rung: the best of the n best of the fidelity below that was not promoted yet. It continues its training,
  and its trial competes with the worst of the rung's subpopulation. So the first bracket is successive halving.
- In a first rung, or when those n were promoted already: a mutant (rand/1) of a parent pool, crossed (bin) with the
  target, the members of the subpopulation in turn. The pool are the n best of the fidelity below, in a first rung those
  of its own; where they are too few for a mutation, members of all subpopulations are added.

Individuals are points of a unit cube (``evolution.relaxation``), turned into choices and whole numbers only where they
are evaluated. A trial takes its opponent's place if its loss is not higher. One that failed, was pruned or cut is
infinitely bad.

The paper promotes in its first pass through the brackets only, always against the target in turn. Promoting whenever
one of the best below is new to the rung, in the place of the worst, was better on every problem it was tried on
(counting ones, Hartmann, loss curves), and trains less where trainings can be continued.

A rung starts when the one before it in its bracket is told; meanwhile the next bracket starts, so that nothing waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpobench_baselines.native.density.observations import final_loss
from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_baselines.native.evolution.relaxation import Relaxation
from hpobench_baselines.native.multifidelity.evolution import crossed, mutant
from hpobench_tui.core import Ask, Bracket, HpobenchError, Task, Trial
from hpobench_tui.core.brackets import hyperband

LARGEST_POPULATION = 10**6
POOL = 4
"""The least parents that a mutation takes its three from."""


class Subpopulation:
    """The individuals (n, D) of one fidelity, with their losses (infinite until evaluated) and trials."""

    def __init__(self, individuals: Floats) -> None:
        n = len(individuals)
        self.individuals = individuals
        self.losses = np.full(n, np.inf)
        self._trials = np.full(n, -1)
        self._promoted = np.zeros(n, dtype=bool)
        self._target = -1

    def next_target(self) -> int:
        """The members in turn, over and over."""
        self._target = (self._target + 1) % len(self.losses)
        return self._target

    def best(self, count: int) -> Floats:
        """The individuals with the lowest losses, at most ``count``."""
        return self.individuals[np.argsort(self.losses, kind="stable")[:count]]

    def promote(self, count: int) -> tuple[Floats, int] | None:
        """The best not yet promoted, if among the ``count`` best, and its trial's number; it then is promoted."""
        open_losses = np.where(self._promoted, np.inf, self.losses)
        best = int(np.argmin(open_losses))
        if open_losses[best] == np.inf or np.sum(self.losses < self.losses[best]) >= count:
            return None
        self._promoted[best] = True
        return self.individuals[best], int(self._trials[best])

    def select(self, target: int | None, individual: Floats, loss: float, trial: int) -> None:
        """Replace the target (None: the worst) unless it is better."""
        if target is None:
            target = int(np.argmax(self.losses))
        if loss <= self.losses[target]:
            self.individuals[target], self.losses[target], self._trials[target] = individual, loss, trial
            self._promoted[target] = False


@dataclass(slots=True)
class Progress:
    """A bracket under way: its current rung, and how many of it are asked and told."""

    number: int
    bracket: Bracket
    rung: int = 0
    asked: int = 0
    told: int = 0

    @property
    def waits(self) -> bool:
        """Whether all of the current rung is asked."""
        return self.asked == self.bracket.rungs[self.rung].configurations

    def tell(self) -> bool:
        """One more is told; whether that was the last one of the bracket."""
        self.told += 1
        if self.told < self.bracket.rungs[self.rung].configurations:
            return False
        self.rung, self.asked, self.told = self.rung + 1, 0, 0
        return self.rung == len(self.bracket.rungs)


@dataclass(frozen=True, slots=True)
class Job:
    """A trial under way: its bracket, its individual, and its target in its fidelity's subpopulation."""

    progress: Progress
    target: int | None
    individual: Floats


class Dehb:
    """Parameters ``eta``, ``factor`` (F) and ``crossover`` (CR). Never complete, never waits.

    Raises:
        HpobenchError: the problem has no fidelity, or one that calls for too large a population.

    Beyond Hyperband, first rungs evolve: full trainings better than all of the first random rung:

    >>> from hpobench_baselines.native.multifidelity import DEHB
    >>> from hpobench_tui.core import Fidelity
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> optimizer = Dehb(task(DEHB, {"x": (0.0, 1.0)}, fidelity=Fidelity("epochs", 1, 9)))
    >>> trials = play(optimizer, lambda c: abs(c["x"] - 0.3), 60)
    >>> full = [t.loss for t in trials if t.fidelity == 9]
    >>> min(full) < min(t.loss for t in trials[:9])
    True
    """

    def __init__(self, task: Task) -> None:
        fidelity = task.needed_fidelity("dehb")
        self._factor, self._crossover = float(task.parameters["factor"]), float(task.parameters["crossover"])
        self._brackets = hyperband(int(task.parameters["eta"]), fidelity.maximum, minimum=fidelity.minimum)
        self._rng = np.random.default_rng(task.seed)
        self._encoding = Encoding(task.space)
        self._relaxation = Relaxation(self._encoding)
        sizes: dict[int, int] = {}
        for bracket in self._brackets:
            for rung in bracket.rungs:
                sizes[rung.fidelity] = max(rung.configurations, sizes.get(rung.fidelity, POOL))
        if (largest := max(sizes.values())) > LARGEST_POPULATION:
            raise HpobenchError(
                f"dehb would need a population of {largest} for {fidelity.name} from {fidelity.minimum} to"
                f" {fidelity.maximum}; {LARGEST_POPULATION} is the limit. Give a higher minimum, or coarser units."
            )
        self._subpopulations = {
            level: Subpopulation(self._relaxation.relax(self._encoding.sample(n, self._rng)))
            for level, n in sizes.items()
        }
        self._under_way: list[Progress] = []
        self._started = 0
        self._asked = 0
        self._jobs: dict[int, Job] = {}

    def plan(self) -> Sequence[Bracket]:
        """One cycle of brackets."""
        return self._brackets

    def ask(self) -> Ask:
        """The next of the oldest bracket that does not wait for its rung, else the first of a new one."""
        progress = next((p for p in self._under_way if not p.waits), None) or self._start()
        rung = progress.rung
        fidelity = progress.bracket.rungs[rung].fidelity
        subpopulation = self._subpopulations[fidelity]
        individual, target, continues = self._propose(progress, subpopulation)
        self._jobs[self._asked] = Job(progress, target, individual)
        self._asked += 1
        progress.asked += 1
        return Ask(
            self._encoding.decode(self._relaxation.full(individual[None])[0]),
            fidelity,
            progress.number,
            rung,
            continues,
        )

    def tell(self, trial: Trial) -> None:
        job = self._jobs.pop(trial.asked)
        fidelity = job.progress.bracket.rungs[job.progress.rung].fidelity
        self._subpopulations[fidelity].select(job.target, job.individual, final_loss(trial), trial.number)
        if job.progress.tell():
            self._under_way.remove(job.progress)

    def _start(self) -> Progress:
        progress = Progress(self._started, self._brackets[self._started % len(self._brackets)])
        self._started += 1
        self._under_way.append(progress)
        return progress

    def _propose(self, progress: Progress, subpopulation: Subpopulation) -> tuple[Floats, int | None, int | None]:
        """What is evaluated, its target (None: the worst then), and the trial whose training it continues."""
        rungs, rung = progress.bracket.rungs, progress.rung
        if progress.number == rung == 0:
            target = subpopulation.next_target()
            return subpopulation.individuals[target].copy(), target, None
        below = self._subpopulations[rungs[rung - 1].fidelity] if rung else subpopulation
        promotable = rungs[rung].configurations
        if rung and (promoted := below.promote(promotable)):
            return promoted[0].copy(), None, promoted[1]
        pool = below.best(promotable)
        if (missing := POOL - len(pool)) > 0:
            everyone = np.concatenate([s.individuals for s in self._subpopulations.values()])
            pool = np.concatenate([pool, everyone[self._rng.choice(len(everyone), missing, replace=False)]])
        target = subpopulation.next_target()
        v = mutant(pool, self._factor, self._rng)
        trial = crossed(subpopulation.individuals[target], v, self._crossover, self._rng)
        return self._relaxation.permitted(trial[None], self._rng)[0][0], target, None
