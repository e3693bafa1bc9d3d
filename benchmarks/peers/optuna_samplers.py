"""Optuna's samplers by ask and tell, over the product's own adapter of its studies."""

import warnings

import optuna

from hpobench_baselines.third_party.optuna_tpe import OptunaStudy
from hpobench_baselines.third_party.translation import seed32
from hpobench_tui.core import Task


class OptunaGP(OptunaStudy):
    """A conditional hyperparameter is drawn independently, since the model sees only those that all trials have."""

    def __init__(self, task: Task) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.GPSampler(seed=seed32(task.seed))
        super().__init__(task.space, "optuna-gp", sampler)


class OptunaTPEUnivariate(OptunaStudy):
    """As Optuna's default was before version 5."""

    def __init__(self, task: Task) -> None:
        sampler = optuna.samplers.TPESampler(seed=seed32(task.seed), multivariate=False)
        super().__init__(task.space, "optuna-tpe-univariate", sampler)


class OptunaTPEDefaults(OptunaStudy):
    """Without the grouping by conditions of the product's own adapter ``optuna-tpe``."""

    def __init__(self, task: Task) -> None:
        super().__init__(task.space, "optuna-tpe-defaults", optuna.samplers.TPESampler(seed=seed32(task.seed)))


class OptunaNSGA2(OptunaStudy):
    """Populations of 50."""

    def __init__(self, task: Task) -> None:
        super().__init__(task.space, "optuna-nsga2", optuna.samplers.NSGAIISampler(seed=seed32(task.seed)))


class OptunaCmaEs(OptunaStudy):
    """Without restarts."""

    def __init__(self, task: Task) -> None:
        super().__init__(task.space, "optuna-cma-es", optuna.samplers.CmaEsSampler(seed=seed32(task.seed)))
