"""Hyperopt's TPE (``tpe.suggest`` at its defaults) by ask and tell, over its ``Trials`` and ``Domain``.

Spaces are written as its users write them: ``uniform``, ``loguniform``, ``uniformint`` (``qloguniform`` in steps of one
where logarithmic), ``choice``; an ordinal is the integer index of its value, unless others depend on it. A
hyperparameter on which others depend is a ``choice`` whose options hold the hyperparameters that they activate.
``fmin``'s own loop is followed: a new trial's document, its seed drawn from one generator, its result written into it.
"""

from math import log
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace, EqualsCondition, InCondition
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    Constant,
    FloatHyperparameter,
    Hyperparameter,
    IntegerHyperparameter,
    OrdinalHyperparameter,
)
from hyperopt import JOB_STATE_DONE, JOB_STATE_ERROR, STATUS_FAIL, STATUS_OK, Trials, hp, tpe
from hyperopt.base import Domain

from hpobench_baselines.third_party.translation import refuse_priors
from hpobench_tui.core import Ask, HpobenchError, Task, Trial, TrialStatus, Value
from hpobench_tui.core.conditions import Rules
from hpobench_tui.core.values import plain_value


class HyperoptTPE:
    """Raises ``HpobenchError`` for forbiddens, priors, and conditions that a tree of choices cannot express."""

    def __init__(self, task: Task) -> None:
        refuse_priors(task.space, "hyperopt-tpe")
        if task.space.forbidden_clauses:
            raise HpobenchError("hyperopt-tpe cannot take forbidden combinations.")
        self._space, self._rules = task.space, Rules(task.space)
        self._domain = Domain(_never_called, search_space(task.space), pass_expr_memo_ctrl=False)
        self._trials = Trials()
        self._rng = np.random.default_rng(task.seed)
        self._documents: dict[int, dict[str, Any]] = {}
        self._asked = 0

    def ask(self) -> Ask:
        ids = self._trials.new_trial_ids(1)
        suggested = tpe.suggest(ids, self._domain, self._trials, int(self._rng.integers(2**31 - 1)), verbose=False)
        self._trials.insert_trial_docs(suggested)
        self._trials.refresh()
        document = self._trials._dynamic_trials[-1]
        self._documents[self._asked] = document
        self._asked += 1
        return Ask(self._configuration(document["misc"]["vals"]))

    def tell(self, trial: Trial) -> None:
        document = self._documents.pop(trial.asked)
        if trial.loss is None or trial.status is TrialStatus.FAILED:
            document["state"], document["result"] = JOB_STATE_ERROR, {"status": STATUS_FAIL}
        else:
            document["state"], document["result"] = JOB_STATE_DONE, {"status": STATUS_OK, "loss": trial.loss}
        self._trials.refresh()

    def _configuration(self, values: dict[str, list[float]]) -> dict[str, Value]:
        """The values that the library drew, those of inactive hyperparameters left out."""
        configuration: dict[str, Value] = {}
        for name, hyperparameter in self._space.items():
            if isinstance(hyperparameter, Constant):
                if self._rules.is_active(name, configuration):
                    configuration[name] = plain_value(hyperparameter.value)
            elif values[name]:
                configuration[name] = decoded(hyperparameter, values[name][0])
        return configuration


def _never_called(_: object) -> float:
    raise AssertionError("trials are evaluated by whoever asked")


def search_space(space: ConfigurationSpace) -> dict[str, Any]:
    """The library's space: what is always active, the rest within the choices that it depends on.

    Raises:
        HpobenchError: a condition that is not on certain values of one discrete hyperparameter.
    """
    children: dict[str, list[tuple[str, tuple[object, ...]]]] = {}
    for condition in space.conditions:
        match condition:
            case EqualsCondition(value=value):
                values: tuple[object, ...] = (value,)
            case InCondition(values=several):
                values = tuple(several)
            case _:
                raise HpobenchError(f"hyperopt-tpe cannot express the condition {condition}.")
        if not isinstance(condition.parent, CategoricalHyperparameter | OrdinalHyperparameter):
            raise HpobenchError(f"hyperopt-tpe cannot express a condition on the number {condition.parent.name!r}.")
        if len(space.parent_conditions_of[condition.child.name]) > 1:
            raise HpobenchError(f"hyperopt-tpe cannot express several conditions on {condition.child.name!r}.")
        children.setdefault(condition.parent.name, []).append((condition.child.name, values))
    made: dict[str, Any] = {}

    def node(name: str) -> Any:
        if name not in made:  # an option's node may stand in several options, as one node
            hyperparameter = space[name]
            options = [
                {child: node(child) for child, active in children.get(name, ()) if value in active}
                for value in _values(hyperparameter)
            ]
            made[name] = hp.choice(name, options) if any(options) else expression(hyperparameter)
        return made[name]

    return {name: node(name) for name in space if not space.parent_conditions_of[name]}


def _values(hyperparameter: Hyperparameter[Any, Any]) -> tuple[object, ...]:
    match hyperparameter:
        case CategoricalHyperparameter(choices=values) | OrdinalHyperparameter(sequence=values):
            return tuple(values)
    return ()


def expression(hyperparameter: Hyperparameter[Any, Any]) -> Any:
    """The library's counterpart of a hyperparameter on which no other depends.

    Raises:
        HpobenchError: it has none.
    """
    name = hyperparameter.name
    match hyperparameter:
        case FloatHyperparameter(lower=lower, upper=upper):
            return hp.loguniform(name, log(lower), log(upper)) if hyperparameter.log else hp.uniform(name, lower, upper)
        case IntegerHyperparameter(lower=lower, upper=upper):
            if hyperparameter.log:
                return hp.qloguniform(name, log(lower), log(upper), 1)
            return hp.uniformint(name, lower, upper)
        case OrdinalHyperparameter(sequence=values):
            return hp.uniformint(name, 0, len(values) - 1) if len(values) > 1 else hp.choice(name, [0])
        case CategoricalHyperparameter(choices=values):
            return hp.choice(name, list(range(len(values))))
        case Constant(value=value):
            return value
    raise HpobenchError(f"hyperopt-tpe cannot express hyperparameter {hyperparameter}.")


def decoded(hyperparameter: Hyperparameter[Any, Any], value: float) -> Value:
    """The library's number as the space's value; numbers are clipped, as exponentials stray by an ulp."""
    match hyperparameter:
        case FloatHyperparameter(lower=lower, upper=upper):
            return float(min(max(value, lower), upper))
        case IntegerHyperparameter(lower=lower, upper=upper):
            return int(min(max(round(value), lower), upper))
    return plain_value(_values(hyperparameter)[int(value)])
