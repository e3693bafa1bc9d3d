"""Optimizers by hand: a task in one line, and a loop of ask and tell without an engine. Examples and tests use them.

>>> from hpobench_baselines.native import RANDOM
>>> from hpobench_baselines.native.random_search import RandomSearch
>>> trials = play(RandomSearch(task(RANDOM, {"x": (0.0, 1.0)})), lambda c: c["x"], 8)
>>> min(t.loss for t in trials) == min(t.configuration["x"] for t in trials)
True
"""

from collections.abc import Callable, Mapping

from ConfigSpace import ConfigurationSpace

from hpobench_tui.core import (
    Ask,
    Budget,
    Configuration,
    Fidelity,
    Optimizer,
    OptimizerInfo,
    Task,
    Trial,
    TrialStatus,
    Value,
)


def task(
    info: OptimizerInfo,
    space: ConfigurationSpace | Mapping[str, object],
    budget: int = 100,
    fidelity: Fidelity | None = None,
    seed: int = 0,
    loss_range: tuple[float, float] | None = None,
    **parameters: Value,
) -> Task:
    """What an optimizer is built from; ``budget`` counts evaluations, a mapping is what ConfigSpace takes for a space.

    Raises:
        HpobenchError: a parameter is none of the optimizer's, or out of range.
    """
    if not isinstance(space, ConfigurationSpace):
        space = ConfigurationSpace(dict(space))
    return Task(space, fidelity, Budget.of(budget, "evaluations"), seed, info.settings(parameters), loss_range)


def trial(number: int, ask: Ask, loss: float | None, asked: int | None = None) -> Trial:
    """What an ask became: done at the fidelity that it asks for, or failed where there is no loss."""
    status = TrialStatus.FAILED if loss is None else TrialStatus.DONE
    question = number if asked is None else asked
    return Trial(number, question, ask.configuration, status, loss, ask.fidelity, ask.bracket, ask.rung)


def play(optimizer: Optimizer, loss: Callable[[Configuration], float | None], trials: int) -> list[Trial]:
    """Ask, evaluate and tell so many times, one after the other."""
    told = []
    for number in range(trials):
        ask = optimizer.ask()
        told.append(trial(number, ask, loss(ask.configuration)))
        optimizer.tell(told[-1])
    return told
