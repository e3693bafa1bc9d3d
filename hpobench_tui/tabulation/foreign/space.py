"""The configuration space of a foreign table: ranges, choices, and conditions that its gaps tell.

A hyperparameter that has no value in some rows is inactive there, if a discrete one explains it: in rows with the same
value of that one it is either always there or never. What nothing explains is a choice of its own in a column of text,
and an error in one of numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, isclose, prod
from typing import TYPE_CHECKING, Any

import polars as pl

from hpobench_tui.core.configuration import Choice
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown, some
from hpobench_tui.core.space import space_of
from hpobench_tui.tabulation.foreign.columns import FEW, MOST_CHOICES, Columns, Kind, Wish, kind_of

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

DECIMALS = 10**13
"""To which ConfigSpace rounds bounds; they are widened to such."""
LARGEST = {Kind.INT: 2**53, Kind.INT_LOG: 2**53, Kind.FLOAT: 1e290, Kind.FLOAT_LOG: 1e290}
"""To which ranges reach in a space, and their bounds are exact."""
ABSENT = ("none", "(none)", "((none))")


@dataclass(frozen=True)
class Hyperparameter:
    """One of a table.

    Attributes:
        values: The different ones, in order.
        guessed: Its kind was not said.
        parent: On which it depends, and the values of that with which it is active.
    """

    name: str
    kind: Kind
    values: Sequence[Choice]
    guessed: bool
    parent: tuple[str, Sequence[Choice]] | None = None

    @property
    def discrete(self) -> bool:
        return self.kind in (Kind.CATEGORICAL, Kind.ORDINAL) or len(self.values) == 1

    @property
    def logarithmic(self) -> bool:
        return self.kind in (Kind.FLOAT_LOG, Kind.INT_LOG)

    @property
    def bounds(self) -> tuple[float, float]:
        """Of a range; those of floats are on ConfigSpace's decimals."""
        lower, upper = (float(value) for value in (self.values[0], self.values[-1]))  # type: ignore[arg-type]
        if self.kind in (Kind.INT, Kind.INT_LOG):
            return int(lower), int(upper)
        return min(lower, floor(lower * DECIMALS) / DECIMALS), max(upper, ceil(upper * DECIMALS) / DECIMALS)


@dataclass(frozen=True)
class Found:
    """What a table's rows are of.

    Attributes:
        frame: The rows that are used, cells as they are in configurations.
        configurations: The different ones in order of appearance, a column a hyperparameter; null where inactive.
        combinations: Of values, where all hyperparameters are discrete and none depends on another.
        dropped: Rows left out.
    """

    frame: pl.DataFrame
    configurations: pl.DataFrame
    hyperparameters: Sequence[Hyperparameter]
    combinations: int | None
    dropped: int

    @property
    def complete(self) -> bool:
        """Whether every configuration of the space is in the table."""
        return self.combinations == self.configurations.height


def find(frame: pl.DataFrame, columns: Columns, drop: bool) -> Found:
    """The hyperparameters of a table.

    Args:
        drop: Leave out rows in which a hyperparameter is missing, instead of looking for an explanation.

    Raises:
        HpobenchError: one cannot be what was said of it, or lacks values without an explanation.
    """
    wishes, names = dict(columns.hyperparameters), list(columns.hyperparameters)
    before = frame.height
    if drop:
        frame = frame.drop_nulls(names)
        if not frame.height:
            raise HpobenchError(f"every row lacks a value of {some(names)}; leave --drop-missing away, or list fewer.")
    frame = frame.with_columns([_whole(frame[name], wishes[name]) for name in names])
    parents: dict[str, tuple[str, list[Choice]]] = {}
    for name in sorted(names, key=lambda name: frame[name].null_count()):
        if not frame[name].null_count():
            continue
        if explanation := _explained(frame, name, names):
            parents[name] = explanation
        else:
            frame = frame.with_columns(_choice_of_its_own(frame[name]))
    for parent, _ in parents.values():
        if frame[parent].dtype.is_numeric() and wishes[parent].kind is None:
            wishes[parent] = Wish(Kind.ORDINAL)
    configurations = frame.select(names).unique(maintain_order=True)
    different = {name: configurations[name].drop_nulls().unique(maintain_order=True) for name in names}
    combinations = None if parents else prod(map(len, different.values()))
    gridded = combinations == configurations.height and (len(names) > 1 or configurations.height <= FEW)
    found = []
    for name in names:
        wish, values = wishes[name], different[name]
        active = configurations.height - configurations[name].null_count()
        kind = kind_of(values, wish, active, gridded)
        guessed = columns.hyperparameters[name].kind is None
        made = Hyperparameter(name, kind, _ordered(name, values, kind, wish), guessed, parents.get(name))
        found.append(_possible(made))
    if not all(one.discrete for one in found):
        combinations = None
    return Found(frame, configurations, found, combinations, before - frame.height)


def space_from(hyperparameters: Sequence[Hyperparameter]) -> "ConfigurationSpace":
    """Their space.

    Raises:
        HpobenchError: ConfigSpace or the engine cannot take one.
    """
    return space_of(_Made(hyperparameters))


class _Made:
    """As a problem, of which ``space_of`` makes and checks the space."""

    def __init__(self, hyperparameters: Sequence[Hyperparameter]) -> None:
        self._hyperparameters = hyperparameters

    def space(self) -> "ConfigurationSpace":
        from ConfigSpace import ConfigurationSpace, InCondition

        space = ConfigurationSpace()
        space.add([_made(one) for one in self._hyperparameters])
        conditions = [(one.name, *one.parent) for one in self._hyperparameters if one.parent]
        space.add([InCondition(space[child], space[parent], list(values)) for child, parent, values in conditions])
        return space

    def start(self, configuration: Mapping[str, Choice], seed: int, device: str) -> Any:
        raise NotImplementedError("only its space is made")


def _made(one: Hyperparameter) -> Any:
    from ConfigSpace.hyperparameters import (
        CategoricalHyperparameter,
        Constant,
        OrdinalHyperparameter,
        UniformFloatHyperparameter,
        UniformIntegerHyperparameter,
    )

    if len(one.values) == 1:
        return Constant(one.name, one.values[0])
    if one.kind is Kind.CATEGORICAL:
        return CategoricalHyperparameter(one.name, list(one.values))
    if one.kind is Kind.ORDINAL:
        return OrdinalHyperparameter(one.name, list(one.values))
    lower, upper = one.bounds
    if one.kind in (Kind.INT, Kind.INT_LOG):
        return UniformIntegerHyperparameter(one.name, int(lower), int(upper), log=one.logarithmic)
    return UniformFloatHyperparameter(one.name, lower, upper, log=one.logarithmic)


def _whole(column: pl.Series, wish: Wish) -> pl.Series:
    """Numbers that are all whole as such (nulls make floats of them in many a file), unless floats are wanted."""
    if wish.kind in (Kind.FLOAT, Kind.FLOAT_LOG):
        return column.cast(pl.Float64)
    if not column.dtype.is_float():
        return column
    odd = (column != column.round()) | (column.abs() >= 2**53)
    if not odd.any():
        return column.cast(pl.Int64)
    if wish.kind in (Kind.INT, Kind.INT_LOG):
        row = int(odd.arg_max() or 0)
        raise HpobenchError(
            f"column {shown(column.name)} must be whole numbers, and in row {row + 1} it is {column[row]}."
        )
    return column


def _explained(frame: pl.DataFrame, name: str, names: Sequence[str]) -> tuple[str, list[Choice]] | None:
    """The discrete hyperparameter that tells where this one is active, and with which of its values."""
    gone = frame[name].null_count()
    others = [other for other in names if frame[other].null_count() < gone and not frame[other].dtype.is_float()]
    sizes = {other: frame[other].n_unique() for other in others}
    for other in sorted(others, key=lambda other: (frame[other].null_count(), sizes[other])):
        if sizes[other] > FEW:
            continue
        pair = pl.DataFrame({"value": frame[other], "gone": frame[name].is_null()})
        counts = pair.group_by("value", maintain_order=True).agg(pl.len(), pl.col("gone").sum())
        active = counts.filter(pl.col("gone") == 0)["value"]
        mixed = ((counts["gone"] > 0) & (counts["gone"] < counts["len"])).any()
        if not mixed and not active.null_count():
            return other, sorted(active.to_list())
    return None


def _choice_of_its_own(column: pl.Series) -> pl.Series:
    """Text in which nothing is a word too.

    Raises:
        HpobenchError: it is no text.
    """
    if column.dtype != pl.String:
        row = int(column.is_null().arg_max() or 0) + 1
        raise HpobenchError(
            f"column {shown(column.name)} lacks a value in {column.null_count()} rows (the first is row {row}), and no"
            " other hyperparameter tells why. --drop-missing leaves such rows out."
        )
    word = next(word for word in ABSENT if not (column == word).any())
    return column.fill_null(word)


def _ordered(name: str, values: pl.Series, kind: Kind, wish: Wish) -> list[Choice]:
    """Different values in their order: as was said, by size, or for ordinals of text as they come in the file."""
    found = values.to_list() if kind is Kind.ORDINAL and values.dtype == pl.String else sorted(values.to_list())
    if not wish.order:
        return found
    ranked: list[Choice] = []
    for text in wish.order:
        same = [value for value in found if str(value) == text or _equal(value, text)]
        if not same:
            raise HpobenchError(
                f"column {shown(name)} has no value {shown(text)}; there are {some(list(map(str, found)))}."
            )
        ranked += same
    if left := [str(value) for value in found if value not in ranked]:
        raise HpobenchError(f"column {shown(name)}: the order that was said lacks {some(left)}.")
    return list(dict.fromkeys(ranked))


def _equal(value: Choice, text: str) -> bool:
    try:
        return isinstance(value, int | float) and isclose(float(text), value, rel_tol=1e-12)
    except ValueError:
        return False


def _possible(one: Hyperparameter) -> Hyperparameter:
    """It, or what is possible instead of a guess.

    Raises:
        HpobenchError: what was said of it is not possible.
    """
    if one.discrete and len(one.values) > MOST_CHOICES:
        raise HpobenchError(
            f"column {shown(one.name)} has {len(one.values)} different values; as {one.kind} it may have"
            f" {MOST_CHOICES}. Is it a number, or none of the hyperparameters ({one.name}:ignore)?"
        )
    if not one.discrete and max(abs(value) for value in one.values) >= LARGEST[one.kind]:  # type: ignore[arg-type]
        raise HpobenchError(
            f"column {shown(one.name)} reaches from {one.values[0]} to {one.values[-1]}; as {one.kind} it may reach to"
            f" {LARGEST[one.kind]:.3g} at most. Is it a choice ({one.name}:cat) or none of the hyperparameters"
            f" ({one.name}:ignore)?"
        )
    if one.logarithmic and not one.discrete and one.bounds[0] <= 0.0:
        if one.guessed:
            return replace(one, kind=Kind.FLOAT)
        raise HpobenchError(
            f"column {shown(one.name)} cannot be logarithmic: its least value is {one.values[0]!r}; valid is"
            " 1e-13 or more."
        )
    return one
