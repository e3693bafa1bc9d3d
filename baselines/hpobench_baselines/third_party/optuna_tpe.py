"""Optuna's TPE sampler by ask and tell, on a study in memory.

Floats and integers (logarithmic or not) have Optuna's own counterparts; a categorical becomes a categorical of the
indices of its values, which Optuna uses inside, too, and an ordinal an integer, since Optuna's categoricals have no
order. Constants are left out. Conditions are expressed as Optuna does, by asking for active hyperparameters only,
parents first. A failed trial is told as FAIL, a pruned or cut one as PRUNED
with its loss as the intermediate value at the fidelity it reached.
"""

import warnings
from collections import defaultdict, deque
from collections.abc import Hashable
from typing import Any

import optuna
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    FloatHyperparameter,
    Hyperparameter,
    IntegerHyperparameter,
)
from optuna.trial import TrialState

from hpobench_baselines.third_party.translation import Translation, refuse_priors, seed32
from hpobench_tui.core import Ask, Choice, Task, Trial, TrialStatus
from hpobench_tui.core.conditions import Rules
from hpobench_tui.core.configuration import key_of


class OptunaStudy:
    """Ask and tell over any of Optuna's samplers.

    Raises:
        HpobenchError: the space has priors that Optuna does not know.
    """

    def __init__(self, space: ConfigurationSpace, name: str, sampler: optuna.samplers.BaseSampler) -> None:
        refuse_priors(space, name)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space, self._rules, self._translation = space, Rules(space), Translation(space)
        self._study = optuna.create_study(sampler=sampler)
        self._pending: dict[Hashable, deque[optuna.Trial]] = defaultdict(deque)

    def ask(self) -> Ask:
        trial = self._study.ask()
        configuration: dict[str, Choice] = {}
        for name in self._rules.parents_first:
            if self._rules.is_active(name, configuration):
                configuration[name] = self._value(trial, name)
        self._pending[key_of(configuration)].append(trial)
        return Ask(configuration)

    def _value(self, trial: optuna.Trial, name: str) -> Choice:
        if name in self._translation.fixed:
            return self._translation.fixed[name]
        suggested = suggest(trial, self._space[name], self._translation.levels(name))
        return self._translation.value(name, suggested)

    def tell(self, trial: Trial) -> None:
        asked = self._pending[key_of(trial.configuration)].popleft()
        if trial.loss is None or trial.status is TrialStatus.FAILED:
            self._study.tell(asked, state=TrialState.FAIL)
        elif trial.status is TrialStatus.DONE:
            self._study.tell(asked, trial.loss)
        else:
            asked.report(trial.loss, step=trial.fidelity or 1)
            self._study.tell(asked, state=TrialState.PRUNED)


class OptunaTPE(OptunaStudy):
    """Parameters ``n_startup_trials`` and ``multivariate`` are the sampler's; the rest is at Optuna's defaults."""

    def __init__(self, task: Task) -> None:
        multivariate = bool(task.parameters["multivariate"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # multivariate and group
            sampler = optuna.samplers.TPESampler(
                seed=seed32(task.seed),
                n_startup_trials=int(task.parameters["n_startup_trials"]),
                multivariate=multivariate,
                group=multivariate,
            )
        super().__init__(task.space, "optuna-tpe", sampler)


def suggest(trial: optuna.Trial, hyperparameter: Hyperparameter[Any, Any], levels: int) -> float:
    """The trial's value of one number, or its index of one of the ``levels`` choices."""
    name = hyperparameter.name
    match hyperparameter:
        case FloatHyperparameter(lower=lower, upper=upper):
            return float(trial.suggest_float(name, float(lower), float(upper), log=bool(hyperparameter.log)))
        case IntegerHyperparameter(lower=lower, upper=upper):
            return int(trial.suggest_int(name, int(lower), int(upper), log=bool(hyperparameter.log)))
        case CategoricalHyperparameter():
            return int(trial.suggest_categorical(name, range(levels)))
    return int(trial.suggest_int(name, 0, levels - 1))
