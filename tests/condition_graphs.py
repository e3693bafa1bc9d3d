"""Random spaces with every kind of condition and forbidden clause, nested, and the definition read naively.

The definition is that of ``hpobench_tui.core.conditions``, evaluated by recursion on ConfigSpace's objects.
"""

import random

from ConfigSpace import (
    AndConjunction,
    Categorical,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    ForbiddenEqualsRelation,
    ForbiddenGreaterThanRelation,
    ForbiddenInClause,
    ForbiddenLessThanRelation,
    GreaterThanCondition,
    InCondition,
    Integer,
    LessThanCondition,
    NotEqualsCondition,
    OrConjunction,
    OrdinalHyperparameter,
)
from ConfigSpace.conditions import Conjunction
from ConfigSpace.forbidden import (
    ForbiddenConjunction,
    ForbiddenGreaterThanClause,
    ForbiddenGreaterThanEqualsClause,
    ForbiddenGreaterThanEqualsRelation,
    ForbiddenLessThanClause,
    ForbiddenLessThanEqualsClause,
    ForbiddenLessThanEqualsRelation,
    ForbiddenOrConjunction,
    ForbiddenRelation,
)
from ConfigSpace.hyperparameters import (
    FloatHyperparameter,
    IntegerHyperparameter,
)
from hypothesis import strategies as st

NUMBERS = (FloatHyperparameter, IntegerHyperparameter)


class Space(ConfigurationSpace):
    """Without ConfigSpace's own check of the default configuration, which refuses some valid ones."""

    def _check_default_configuration(self):
        return None


def graph(seed, forbiddens=True, size=7):
    """A random space."""
    draw = random.Random(seed)
    space = Space()
    made = [_hyperparameter(draw, f"h{i}") for i in range(draw.randint(2, size))]
    draw.shuffle(made)
    space.add(made)
    for i, child in enumerate(made[1:], 1):
        if draw.random() < 0.7:
            space.add(_condition(draw, child, made[:i], 3))
    if forbiddens:
        space.add([_clause(draw, made, 3) for _ in range(draw.randint(0, 2))])
    return space


def graphs(forbiddens=True):
    """A strategy of such spaces."""
    return st.integers(0, 2**40).map(lambda seed: graph(seed, forbiddens))


def _hyperparameter(draw, name):
    low = draw.randint(-3, 5)
    match draw.choice(["float", "log", "int", "log int", "str", "mixed", "tuples", "ordinal", "sizes", "constant"]):
        case "float":
            return Float(name, (float(low), low + draw.choice([0.5, 3.0, 1e4])))
        case "log":
            return Float(name, (1e-4, draw.choice([1e-3, 1.0])), log=True)
        case "int":
            return Integer(name, (low, low + draw.choice([1, 4, 100, 10**6])))
        case "log int":
            return Integer(name, (abs(low) + 1, abs(low) + draw.choice([3, 4000])), log=True)
        case "str":
            return Categorical(name, ["a", "b", "c"][: draw.randint(1, 3)])
        case "mixed":
            return Categorical(name, [None, True, 2, "x"][: draw.randint(2, 4)])
        case "tuples":
            return Categorical(name, [(1, 2), (), (1, (2, None))])
        case "ordinal":
            return OrdinalHyperparameter(name, ["xs", "s", "m", "l"][: draw.randint(1, 4)])
        case "sizes":
            return OrdinalHyperparameter(name, [4, 1, 2.5])
    return Constant(name, draw.choice([1, "only", None]))


def _value(draw, hyperparameter, borders=0.5):
    """A legal value, often one that a condition is likely to name."""
    if isinstance(hyperparameter, NUMBERS):
        if draw.random() < borders:
            return draw.choice([hyperparameter.lower, hyperparameter.upper, hyperparameter.default_value])
        between = draw.uniform(hyperparameter.lower, hyperparameter.upper)
        return round(between) if isinstance(hyperparameter, IntegerHyperparameter) else between
    return draw.choice(_all(hyperparameter))


def _all(hyperparameter):
    if isinstance(hyperparameter, Constant):
        return [hyperparameter.value]
    return list(getattr(hyperparameter, "choices", None) or hyperparameter.sequence)


def _ordered(hyperparameter):
    return isinstance(hyperparameter, (*NUMBERS, OrdinalHyperparameter))


def _condition(draw, child, parents, depth):
    if depth and draw.random() < 0.45:
        parts = [_condition(draw, child, parents, depth - 1) for _ in range(draw.randint(2, 3))]
        return draw.choice([AndConjunction, OrConjunction])(*parts)
    parent = draw.choice(parents)
    kinds = [EqualsCondition, NotEqualsCondition, InCondition]
    kind = draw.choice(kinds + [GreaterThanCondition, LessThanCondition] * _ordered(parent))
    if kind is InCondition:
        return InCondition(child, parent, [_value(draw, parent) for _ in range(draw.randint(1, 3))])
    return kind(child, parent, _value(draw, parent))


def _clause(draw, made, depth):
    if depth and draw.random() < 0.5:
        parts = [_clause(draw, made, depth - 1) for _ in range(2)]
        return draw.choice([ForbiddenAndConjunction, ForbiddenAndConjunction, ForbiddenOrConjunction])(*parts)
    one = draw.choice(made)
    others = [h for h in made if h is not one and isinstance(h, NUMBERS)]
    if others and isinstance(one, NUMBERS) and draw.random() < 0.5:
        relations = [
            ForbiddenEqualsRelation, ForbiddenLessThanRelation, ForbiddenGreaterThanRelation,
            ForbiddenLessThanEqualsRelation, ForbiddenGreaterThanEqualsRelation,
        ]  # fmt: skip
        return draw.choice(relations)(one, draw.choice(others))
    kinds = [ForbiddenEqualsClause, ForbiddenInClause]
    if _ordered(one):
        kinds += [
            ForbiddenLessThanClause, ForbiddenLessThanEqualsClause, ForbiddenGreaterThanClause,
            ForbiddenGreaterThanEqualsClause,
        ]  # fmt: skip
    kind = draw.choice(kinds)
    value = _value(draw, one)
    return kind(one, [value] if kind is ForbiddenInClause else value)


# --- the definition ---


def values(space, draw, borders=0.5):
    """A value for every hyperparameter, active or not."""
    return {name: _value(draw, hyperparameter, borders) for name, hyperparameter in space.items()}


def is_active(space, name, full):
    """Whether a hyperparameter is active, given values for all."""
    return all(_holds(space, condition, full) for condition in space.parent_conditions_of[name])


def active(space, full):
    """The values that count."""
    return {name: value for name, value in full.items() if is_active(space, name, full)}


def is_forbidden(space, full):
    """Whether a clause forbids the values that count."""
    return any(_forbids(space, clause, full) for clause in space.forbidden_clauses)


def is_valid(space, configuration):
    """Whether exactly the active hyperparameters are set, and no clause forbids them."""
    full = {name: hyperparameter.default_value for name, hyperparameter in space.items()} | configuration
    return active(space, full).keys() == configuration.keys() and not is_forbidden(space, full)


def _holds(space, condition, full):
    if isinstance(condition, Conjunction):
        every = isinstance(condition, AndConjunction)
        return (all if every else any)(_holds(space, part, full) for part in condition.components)
    parent = condition.parent
    if not is_active(space, parent.name, full):
        return False
    return _passes(parent, full[parent.name], condition)


def _forbids(space, clause, full):
    if isinstance(clause, ForbiddenConjunction):
        every = isinstance(clause, ForbiddenAndConjunction)
        return (all if every else any)(_forbids(space, part, full) for part in clause.components)
    if isinstance(clause, ForbiddenRelation):
        if not (is_active(space, clause.left.name, full) and is_active(space, clause.right.name, full)):
            return False
        return _compares(type(clause).__name__, full[clause.left.name], full[clause.right.name])
    name = clause.hyperparameter.name
    return is_active(space, name, full) and _passes(clause.hyperparameter, full[name], clause)


def _passes(hyperparameter, value, test):
    if hasattr(test, "values"):
        return value in list(test.values)
    if not isinstance(hyperparameter, OrdinalHyperparameter):
        return _compares(type(test).__name__, value, test.value)
    place = hyperparameter.sequence.index
    return _compares(type(test).__name__, place(value), place(test.value))


def _compares(kind, one, other):
    if "NotEquals" in kind:
        return one != other
    if "LessThanEquals" in kind:
        return one <= other
    if "GreaterThanEquals" in kind:
        return one >= other
    if "LessThan" in kind:
        return one < other
    if "GreaterThan" in kind:
        return one > other
    return one == other
