"""Optuna's TPE sampler by ask and tell, on a study in memory.

Floats and integers (logarithmic or not) and categoricals have Optuna's own counterparts; an ordinal becomes the
integer index of its value, since Optuna's categoricals have no order. Conditions are expressed as Optuna does, by
asking for active hyperparameters only, parents first. A failed trial is told as FAIL, a pruned or cut one as PRUNED
with its loss as the intermediate value at the fidelity it reached.
"""

import warnings
from collections import defaultdict, deque
from typing import Any

import optuna
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    FloatHyperparameter,
    Hyperparameter,
    IntegerHyperparameter,
    OrdinalHyperparameter,
)
from optuna.trial import TrialState

from hpobench_baselines.third_party.translation import is_active, refuse_priors, seed32
from hpobench_tui.core import Ask, Configuration, HpobenchError, Status, Task, Trial, Value
from hpobench_tui.core.space import plain_value


class OptunaStudy:
    """Ask and tell over any of Optuna's samplers.

    Raises:
        HpobenchError: the space has priors that Optuna does not know.
    """

    def __init__(self, space: ConfigurationSpace, name: str, sampler: optuna.samplers.BaseSampler) -> None:
        refuse_priors(space, name)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space = space
        self._study = optuna.create_study(sampler=sampler)
        self._pending: dict[frozenset[tuple[str, Value]], deque[optuna.Trial]] = defaultdict(deque)

    def ask(self) -> Ask:
        trial = self._study.ask()
        configuration: dict[str, Value] = {}
        for name in self._space:
            if is_active(self._space, name, configuration):
                configuration[name] = suggest(trial, self._space[name])
        self._pending[_key(configuration)].append(trial)
        return Ask(configuration)

    def tell(self, trial: Trial) -> None:
        asked = self._pending[_key(trial.configuration)].popleft()
        if trial.loss is None or trial.status is Status.FAILED:
            self._study.tell(asked, state=TrialState.FAIL)
        elif trial.status is Status.DONE:
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


def suggest(trial: optuna.Trial, hyperparameter: Hyperparameter[Any, Any]) -> Value:
    """The trial's value of one hyperparameter, plain."""
    name = hyperparameter.name
    match hyperparameter:
        case FloatHyperparameter(lower=lower, upper=upper):
            return float(trial.suggest_float(name, float(lower), float(upper), log=bool(hyperparameter.log)))
        case IntegerHyperparameter(lower=lower, upper=upper):
            return int(trial.suggest_int(name, int(lower), int(upper), log=bool(hyperparameter.log)))
        case OrdinalHyperparameter(sequence=sequence):
            return plain_value(sequence[trial.suggest_int(name, 0, len(sequence) - 1)])
        case CategoricalHyperparameter(choices=choices):
            return plain_value(trial.suggest_categorical(name, [plain_value(choice) for choice in choices]))
        case Constant(value=value):
            return plain_value(value)
    raise HpobenchError(f"optuna-tpe cannot express hyperparameter {hyperparameter}.")


def _key(configuration: Configuration) -> frozenset[tuple[str, Value]]:
    return frozenset(configuration.items())
