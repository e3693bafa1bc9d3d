"""The unit cube, a bowl in it, and what becomes of a question there."""

from ConfigSpace import ConfigurationSpace

from hpobench_tui.core import Configuration, Trial, TrialStatus


def cube(dimension: int) -> ConfigurationSpace:
    return ConfigurationSpace({f"x{i}": (0.0, 1.0) for i in range(dimension)})


def bowl(configuration: Configuration) -> float:
    return sum((float(x) - 0.3) ** 2 for x in configuration.values())


def told(asked: int, configuration: Configuration, loss: float | None) -> Trial:
    return Trial(asked, asked, configuration, TrialStatus.FAILED if loss is None else TrialStatus.DONE, loss)
