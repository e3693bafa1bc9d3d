"""Optuna's Gaussian process, NSGA-II and CMA-ES samplers by ask and tell, as its TPE in the product's own adapter."""

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


class OptunaNSGA2(OptunaStudy):
    """Populations of 50."""

    def __init__(self, task: Task) -> None:
        super().__init__(task.space, "optuna-nsga2", optuna.samplers.NSGAIISampler(seed=seed32(task.seed)))


class OptunaCmaEs(OptunaStudy):
    """Without restarts."""

    def __init__(self, task: Task) -> None:
        super().__init__(task.space, "optuna-cma-es", optuna.samplers.CmaEsSampler(seed=seed32(task.seed)))
