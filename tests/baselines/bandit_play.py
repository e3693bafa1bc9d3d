"""Plays bandit policies against losses made here, without an engine."""

import random

from ConfigSpace import Categorical, ConfigurationSpace

from hpobench_tui.core import Budget, Task
from hpobench_tui.plugins import build_optimizer
from hpobench_tui.testing.by_hand import trial

UNKNOWN = Budget.of(1, "seconds")
"""A budget that does not say how many pulls there will be."""


def policy(info, arms, budget, seed=0, loss_range=(0.0, 1.0), **parameters):
    """The policy on ``arms`` arms, named "0", "1", ...; ``budget`` is a number of pulls or a Budget."""
    space = ConfigurationSpace(space=[Categorical("arm", [str(k) for k in range(arms)])])
    budget = Budget.of(budget, "evaluations") if isinstance(budget, int) else budget
    return build_optimizer(info, Task(space, None, budget, seed, info.settings(parameters), loss_range))


def arm_of(ask):
    return int(ask.configuration["arm"])


def by_name(optimizer, values):
    """What a policy keeps for each of its arms, in the order of their names."""
    return [value for _, value in sorted(zip(map(arm_of, optimizer._asks), values, strict=True))]


def play(optimizer, pulls, loss):
    """The arms that were pulled; ``loss(round, arm)`` is what each is told."""
    pulled = []
    for number in range(pulls):
        ask = optimizer.ask()
        arm = arm_of(ask)
        pulled.append(arm)
        optimizer.tell(trial(number, ask, loss(number, arm)))
    return pulled


def bernoulli(means, seed):
    """Losses 0 and 1; the reward 1 - loss of arm k has the mean ``means[k]``."""
    uniform = random.Random(seed).random
    return lambda number, arm: 0.0 if uniform() < means[arm] else 1.0


def pseudo_regret(means, pulled, checkpoints):
    """The sum of the gaps of the arms pulled in the first t rounds, at each checkpoint t in ascending order."""
    gaps = [max(means) - mean for mean in means]
    result, total, start = [], 0.0, 0
    for checkpoint in checkpoints:
        total += sum(gaps[arm] for arm in pulled[start:checkpoint])
        result.append(total)
        start = checkpoint
    return result
