"""Which hyperparameters are active and which combinations are forbidden: the one definition that everything here uses.

A hyperparameter without a condition is active. One with a condition is active if and only if the condition holds:

=================================  =====================================================================
``parent OP value``, ``parent in`` the parent is active, and its value passes the test
AND, OR of conditions              all of them hold, one of them holds (nested as one likes)
several conditions of one child    all of them hold
=================================  =====================================================================

A configuration is forbidden if a clause holds, by the same table: a clause on a hyperparameter that is not active does
not hold. Tests compare *values*, as they are: those of an ordinal by their places in its sequence, numbers as numbers.
A relation between two hyperparameters compares their two values, also those of ordinals.

ConfigSpace has several definitions, which differ from this one and from each other (``docs/spaces.md``); so its
objects are read here once, and none of its own evaluation is used.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.conditions import (
    AndConjunction,
    Condition,
    Conjunction,
    EqualsCondition,
    GreaterThanCondition,
    InCondition,
    LessThanCondition,
    NotEqualsCondition,
    OrConjunction,
)
from ConfigSpace.forbidden import (
    ForbiddenAndConjunction,
    ForbiddenClause,
    ForbiddenConjunction,
    ForbiddenEqualsClause,
    ForbiddenEqualsRelation,
    ForbiddenGreaterThanClause,
    ForbiddenGreaterThanEqualsClause,
    ForbiddenGreaterThanEqualsRelation,
    ForbiddenGreaterThanRelation,
    ForbiddenInClause,
    ForbiddenLessThanClause,
    ForbiddenLessThanEqualsClause,
    ForbiddenLessThanEqualsRelation,
    ForbiddenLessThanRelation,
    ForbiddenOrConjunction,
    ForbiddenRelation,
)
from numpy.typing import NDArray

from hpobench_tui.core.configuration import Choice, Configuration
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.values import choices_of, plain_value

Mask: TypeAlias = NDArray[np.bool_]
Columns: TypeAlias = Sequence[NDArray[Any]]
"""A column (n,) for each hyperparameter in the space's order: numbers as they are, choices as their places."""
Compare: TypeAlias = Callable[[Any, Any], Any]

OPERATORS: Mapping[type, Compare] = {
    EqualsCondition: operator.eq,
    NotEqualsCondition: operator.ne,
    LessThanCondition: operator.lt,
    GreaterThanCondition: operator.gt,
    ForbiddenEqualsClause: operator.eq,
    ForbiddenLessThanClause: operator.lt,
    ForbiddenLessThanEqualsClause: operator.le,
    ForbiddenGreaterThanClause: operator.gt,
    ForbiddenGreaterThanEqualsClause: operator.ge,
    ForbiddenEqualsRelation: operator.eq,
    ForbiddenLessThanRelation: operator.lt,
    ForbiddenLessThanEqualsRelation: operator.le,
    ForbiddenGreaterThanRelation: operator.gt,
    ForbiddenGreaterThanEqualsRelation: operator.ge,
}


@dataclass(frozen=True)
class Atom:
    """A hyperparameter is active, and its value (of a choice: its place) stands in this relation to ``place``."""

    name: str
    compare: Compare
    place: Any


@dataclass(frozen=True)
class Relation:
    """Two hyperparameters are active, and their values stand in this relation."""

    left: str
    compare: Compare
    right: str


@dataclass(frozen=True)
class Every:
    """All of the parts hold."""

    parts: tuple["Formula", ...]


@dataclass(frozen=True)
class Some:
    """One of the parts holds."""

    parts: tuple["Formula", ...]


Formula: TypeAlias = Atom | Relation | Every | Some


class Rules:
    """A space's conditions and forbidden clauses, compiled.

    Attributes:
        names: All hyperparameters, in the space's order.
        conditional: Those that can be inactive, parents before children.
        parents_first: All, those that can be inactive last, parents before children.
        forbids: Some combinations are forbidden.
        decisive: Those on whose values conditions and clauses depend.

    Raises:
        HpobenchError: a condition or clause is of a kind that is not known here, or compares what has no order.

    >>> from ConfigSpace import Categorical, Integer
    >>> kind, depth = Categorical("kind", ["net", "tree"]), Integer("depth", (1, 8))
    >>> space = ConfigurationSpace()
    >>> space.add(kind, depth, EqualsCondition(depth, kind, "tree"))
    >>> Rules(space).active({"kind": "net", "depth": 3})
    {'kind': 'net'}
    >>> Rules(space).complaint({"kind": "tree"})
    "missing hyperparameter 'depth', which is active: its condition is depth | kind == 'tree'"
    """

    def __init__(self, space: ConfigurationSpace) -> None:
        self.names: tuple[str, ...] = tuple(space)
        self._space = space
        self._choices = {name: choices for name in self.names if (choices := choices_of(space[name])) is not None}
        self._places = {name: {value: i for i, value in enumerate(c)} for name, c in self._choices.items()}
        self._index = {name: j for j, name in enumerate(self.names)}
        formulas = {
            name: Every(tuple(self._condition(condition) for condition in conditions))
            for name in self.names
            if (conditions := space.parent_conditions_of[name])
        }
        self.conditional = tuple(_parents_first(formulas))
        self.parents_first = (*(name for name in self.names if name not in formulas), *self.conditional)
        clauses = [(str(clause), self._forbidden(clause)) for clause in space.forbidden_clauses]
        self.forbids = bool(clauses)
        self.decisive = frozenset(n for f in (*formulas.values(), *(f for _, f in clauses)) for n in _names(f))
        self._holds = {name: self._scalar(formulas[name]) for name in self.conditional}
        self._holds_columns = [(self._index[name], self._vector(formulas[name])) for name in self.conditional]
        self._forbids = [(words, self._scalar(formula)) for words, formula in clauses]
        self._forbids_columns = [self._vector(formula) for _, formula in clauses]

    # --- one configuration ---

    def active(self, values: Configuration) -> dict[str, Choice]:
        """What is active of values for all hyperparameters, or for all that could be."""
        result = {name: value for name, value in values.items() if name not in self._holds}
        for name, holds in self._holds.items():
            if name in values and holds(result):
                result[name] = values[name]
        return {name: result[name] for name in self.names if name in result}

    def is_active(self, name: str, values: Configuration) -> bool:
        """Whether a hyperparameter is active, given the values of all active ones that come before it."""
        return name not in self._holds or self._holds[name](values)

    def complaint(self, configuration: Configuration) -> str | None:
        """What is missing, set though inactive, or forbidden in a configuration of legal values; or None."""
        if missing := [n for n in self.names if n not in configuration and n not in self._holds]:
            return f"missing hyperparameters: {', '.join(missing)}"
        for name, holds in self._holds.items():
            if holds(configuration) != (name in configuration):
                conditions = " and ".join(map(str, self._space.parent_conditions_of[name]))
                if name in configuration:
                    return f"hyperparameter {name!r} is set, but not active: its condition is {conditions}"
                return f"missing hyperparameter {name!r}, which is active: its condition is {conditions}"
        return self.forbidden_by(configuration)

    def forbidden_by(self, configuration: Configuration) -> str | None:
        """The clause that forbids a configuration, in words, or None."""
        for clause, holds in self._forbids:
            if holds(configuration):
                return f"forbidden combination: {clause}"
        return None

    # --- many at once ---

    def active_columns(self, columns: Columns, n: int) -> Mask:
        """(D, n): which values count. Only the decisive columns are looked at."""
        active = np.ones((len(self.names), n), dtype=bool)
        for j, holds in self._holds_columns:
            active[j] = holds(columns, active)
        return active

    def permitted_columns(self, columns: Columns, active: Mask) -> Mask:
        """(n,): which combinations no clause forbids. Only the decisive columns are looked at."""
        forbidden = np.zeros(active.shape[1], dtype=bool)
        for holds in self._forbids_columns:
            forbidden |= holds(columns, active)
        return ~forbidden

    # --- reading ConfigSpace's objects ---

    def _condition(self, condition: Condition | Conjunction) -> Formula:
        match condition:
            case AndConjunction(components=components):
                return Every(tuple(map(self._condition, components)))
            case OrConjunction(components=components):
                return Some(tuple(map(self._condition, components)))
            case InCondition(parent=parent, values=values):
                return self._one_of(parent.name, values)
            case Condition(parent=parent, value=value) if type(condition) in OPERATORS:
                return self._test(parent.name, OPERATORS[type(condition)], value)
        raise _unknown("condition", condition)

    def _forbidden(self, clause: ForbiddenClause | ForbiddenConjunction | ForbiddenRelation) -> Formula:
        match clause:
            case ForbiddenAndConjunction(components=components):
                return Every(tuple(map(self._forbidden, components)))
            case ForbiddenOrConjunction(components=components):
                return Some(tuple(map(self._forbidden, components)))
            case ForbiddenInClause(hyperparameter=hyperparameter, values=values):
                return self._one_of(hyperparameter.name, values)
            case ForbiddenRelation(left=left, right=right) if type(clause) in OPERATORS:
                return self._relation(left.name, OPERATORS[type(clause)], right.name, clause)
            case ForbiddenClause(hyperparameter=hyperparameter) if type(clause) in OPERATORS:
                return self._test(hyperparameter.name, OPERATORS[type(clause)], getattr(clause, "value"))  # noqa: B009
        raise _unknown("forbidden clause", clause)

    def _one_of(self, name: str, values: Sequence[object]) -> Formula:
        return Some(tuple(self._test(name, operator.eq, value) for value in values))

    def _test(self, name: str, compare: Compare, value: object) -> Atom:
        plain = plain_value(value)
        if name in self._places:
            return Atom(name, compare, self._places[name].get(plain, np.nan))  # what is no choice equals none
        return Atom(name, compare, plain)

    def _relation(self, left: str, compare: Compare, right: str, clause: object) -> Relation:
        try:
            for one in self._examples(left):
                for other in self._examples(right):
                    compare(one, other)
        except TypeError as error:
            raise HpobenchError(f"forbidden clause {clause}: its values cannot be compared ({error}).") from None
        return Relation(left, compare, right)

    def _examples(self, name: str) -> Sequence[Choice]:
        """All values of a choice, one of a number."""
        return self._choices[name] if name in self._choices else (plain_value(self._space[name].default_value),)

    # --- compiling ---

    def _scalar(self, formula: Formula) -> Callable[[Configuration], bool]:
        """Whether it holds for the values of the active hyperparameters."""
        match formula:
            case Every(parts=parts):
                every = [self._scalar(part) for part in parts]
                return every[0] if len(every) == 1 else lambda c: all(holds(c) for holds in every)
            case Some(parts=parts):
                some = [self._scalar(part) for part in parts]
                return lambda c: any(holds(c) for holds in some)
            case Relation(left=left, compare=compare, right=right):
                return lambda c: left in c and right in c and bool(compare(c[left], c[right]))
            case Atom(name=name, compare=compare, place=place):
                if (places := self._places.get(name)) is None:
                    return lambda c: name in c and bool(compare(c[name], place))
                passing = frozenset(value for value, at in places.items() if compare(at, place))
                return lambda c: name in c and c[name] in passing

    def _vector(self, formula: Formula) -> Callable[[Columns, Mask], Mask]:
        """The same for all rows of columns, given which of their values are active."""
        match formula:
            case Every(parts=parts):
                every = [self._vector(part) for part in parts]
                return lambda columns, active: np.logical_and.reduce([holds(columns, active) for holds in every])
            case Some(parts=parts):
                some = [self._vector(part) for part in parts]
                return lambda columns, active: np.logical_or.reduce([holds(columns, active) for holds in some])
            case Relation(left=left, compare=compare, right=right):
                i, j, one, other = self._index[left], self._index[right], self._values(left), self._values(right)
                return lambda columns, active: (
                    active[i] & active[j] & np.asarray(compare(one(columns[i]), other(columns[j])), dtype=bool)
                )
            case Atom(name=name, compare=compare, place=place):
                at = self._index[name]
                return lambda columns, active: active[at] & np.asarray(compare(columns[at], place), dtype=bool)

    def _values(self, name: str) -> Callable[[NDArray[Any]], NDArray[Any]]:
        """How a column becomes values."""
        if name not in self._choices:
            return lambda column: column
        values = np.empty(len(self._choices[name]), dtype=object)
        values[:] = self._choices[name]
        return lambda column: values[column]


def _parents_first(formulas: Mapping[str, Formula]) -> Iterator[str]:
    """The hyperparameters with conditions, each after those that its condition looks at; there are no circles."""
    done: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name in formulas and name not in done:
            done.add(name)
            for parent in _names(formulas[name]):
                yield from visit(parent)
            yield name

    for name in formulas:
        yield from visit(name)


def _names(formula: Formula) -> Iterator[str]:
    match formula:
        case Atom(name=name):
            yield name
        case Relation(left=left, right=right):
            yield from (left, right)
        case Every(parts=parts) | Some(parts=parts):
            for part in parts:
                yield from _names(part)


def _unknown(kind: str, thing: object) -> HpobenchError:
    return HpobenchError(f"{kind} {thing} is a {type(thing).__name__}, none of ConfigSpace's own kinds, and not known.")
