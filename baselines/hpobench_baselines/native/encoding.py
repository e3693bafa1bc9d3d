"""Configurations as vectors: a ConfigSpace space compiled once, so that models and operators work on arrays.

A vector x has one column for each hyperparameter, in the space's order (parents before children):

- *numeric* (floats, integers, ordinals): a number in [0, 1], linear in the value, or in its logarithm where the
  hyperparameter is searched so. An integer or ordinal with k values divides [0, 1] into k bins, all of one width except
  for logarithmic integers; it is encoded as the middle of its bin and decoded by the bin that x falls into.
- *categorical* (also booleans and constants, which have one choice): the index of the choice, 0 ... k - 1.

A *full* vector has a value in every column, and ``active`` says which of them count; ``masked`` writes NaN in the
others, as ``encode`` does. What is active and what is permitted is ``hpobench_tui.core.conditions``' to say.
"""

import math
from collections.abc import Iterable
from itertools import compress
from typing import Any, TypeAlias

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import (
    FloatHyperparameter,
    Hyperparameter,
    IntegerHyperparameter,
    OrdinalHyperparameter,
)
from numpy.typing import NDArray

from hpobench_tui.core import Choice, Configuration
from hpobench_tui.core.conditions import Rules
from hpobench_tui.core.space import default, default_value
from hpobench_tui.core.values import draw, known_choices

Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Column: TypeAlias = "Number | Choices"

REDRAWS = 15
"""Changes to a forbidden vector before it is given up."""
MOST_DRAWS = 20_000
"""Attempts at one permitted vector; a thousand take some milliseconds a column."""
LARGEST_DRAW = 1024
MENDED = 16


class Number:
    """A float or integer on [0, 1]; ``levels`` is 0 for a float.

    Each value of an integer has a bin, in whose middle it is put:

    >>> from ConfigSpace import Integer
    >>> column = Number(Integer("depth", (1, 4)))
    >>> column.encode(1), column.decode(0.99)
    (0.125, 4)
    """

    categorical = False

    def __init__(self, hyperparameter: FloatHyperparameter | IntegerHyperparameter) -> None:
        self._integer = isinstance(hyperparameter, IntegerHyperparameter)
        self._lower, self._upper = hyperparameter.lower, hyperparameter.upper
        self._log = bool(getattr(hyperparameter, "log", False))
        half = 0.5 if self._integer else 0.0
        ends = float(self._lower) - half, float(self._upper) + half
        self._low, self._high = (math.log(ends[0]), math.log(ends[1])) if self._log else ends
        self.levels = int(self._upper) - int(self._lower) + 1 if self._integer else 0

    def encode(self, value: Any) -> float:
        """The position in [0, 1] of a legal value."""
        scaled = math.log(float(value)) if self._log else float(value)
        return min(max((scaled - self._low) / (self._high - self._low), 0.0), 1.0) if self._high > self._low else 0.5

    def decode(self, position: float) -> float:
        """The legal value at a position."""
        scaled = self._low + position * (self._high - self._low)
        value = math.exp(scaled) if self._log else scaled
        return min(max(round(value) if self._integer else value, self._lower), self._upper)

    def decode_all(self, positions: list[float]) -> list[float]:
        """The legal values at some positions; any legal value where that is NaN."""
        low, width, lower, upper = self._low, self._high - self._low, self._lower, self._upper
        scaled: Iterable[float] = [low + position * width if position == position else low for position in positions]
        if self._log:
            scaled = map(math.exp, scaled)
        return [min(max(value, lower), upper) for value in (map(round, scaled) if self._integer else scaled)]

    def snap(self, positions: Floats) -> Floats:
        """Positions brought into [0, 1] and, for integers, to the middle of their bins."""
        inside: Floats = np.clip(positions, 0.0, 1.0)
        if not self._integer:
            return inside
        if not self._log:
            return (np.minimum(np.floor(inside * self.levels), self.levels - 1) + 0.5) / self.levels
        values = self._values(inside)
        middles: Floats = (np.log(values) - self._low) / (self._high - self._low)
        return middles

    def bins(self, positions: Floats) -> tuple[Floats, Floats]:
        """The lower and upper ends of the bins that positions of an integer fall into."""
        if not self._log:
            lower = np.clip(np.floor(positions * self.levels), 0, self.levels - 1)
            return lower / self.levels, (lower + 1) / self.levels
        values, width = self._values(positions), self._high - self._low
        return (np.log(values - 0.5) - self._low) / width, (np.log(values + 0.5) - self._low) / width

    def column(self, positions: Floats) -> NDArray[Any]:
        """The values (n,) at positions (n,); any legal value where that is NaN."""
        return np.array(self.decode_all(positions.tolist()), dtype=np.int64 if self._integer else np.float64)

    def _values(self, positions: Floats) -> Floats:
        """The integers, on a logarithmic scale, at positions."""
        return np.rint(np.exp(self._low + positions * (self._high - self._low))).clip(self._lower, self._upper)


class Choices:
    """A categorical, constant (both unordered: columns hold the index) or ordinal (bins of [0, 1]).

    >>> Choices(("s", "m", "l"), ordinal=False).encode("l"), Choices(("s", "m", "l"), ordinal=True).encode("m")
    (2.0, 0.5)
    """

    def __init__(self, values: tuple[Choice, ...], ordinal: bool) -> None:
        self.categorical = not ordinal
        self.levels = len(values)
        self._values = values
        self._index = {value: i for i, value in enumerate(values)}  # no two are equal, which ConfigSpace looks after

    def encode(self, value: Choice) -> float:
        """The index of a legal value, or the middle of its bin."""
        return self.middle(self._index[value])

    def middle(self, index: int) -> float:
        """The position of a choice's index."""
        return float(index) if self.categorical else (index + 0.5) / self.levels

    def decode(self, position: float) -> Choice:
        """The value at an index, or in whose bin a position falls."""
        index = round(position) if self.categorical else int(position * self.levels)
        return self._values[min(max(index, 0), self.levels - 1)]

    def decode_all(self, positions: list[float]) -> list[Choice]:
        """The values at some indices or positions; any value where that is NaN."""
        return [self.decode(position) if position == position else self._values[0] for position in positions]

    def snap(self, positions: Floats) -> Floats:
        """Indices rounded and brought into range, or positions to the middle of their bins."""
        last = self.levels - 1
        if self.categorical:
            return np.clip(np.rint(positions), 0, last)
        return (np.clip(np.floor(positions * self.levels), 0, last) + 0.5) / self.levels

    def column(self, positions: Floats) -> NDArray[Any]:
        """The places (n,) among the choices of indices or positions (n,); any place where that is NaN."""
        known = np.nan_to_num(positions)
        return np.clip(np.rint(known) if self.categorical else np.floor(known * self.levels), 0, self.levels - 1)

    def bins(self, positions: Floats) -> tuple[Floats, Floats]:
        """The lower and upper ends of the bins that positions of an ordinal fall into."""
        lower = np.clip(np.floor(positions * self.levels), 0, self.levels - 1)
        return lower / self.levels, (lower + 1) / self.levels


class Encoding:
    """A compiled space.

    Attributes:
        names: The hyperparameters in the order of the columns.
        levels: int array (D,): how many values each has; 0 for floats.
        categorical: bool array (D,): columns that hold the index of a choice.
        searched: bool array (D,): columns with more than one value.
        conditioned: bool array (D,): columns that can be inactive.
        conditional: There are such columns.
        constrained: Some combinations are forbidden.
        default: full vector (D,) of the default values.

    Raises:
        HpobenchError: a hyperparameter of a kind that is not known here.

    >>> encoding = Encoding(ConfigurationSpace({"rate": (0.0, 2.0), "kind": ["a", "b", "c"]}))
    >>> encoding.names, encoding.levels.tolist()
    (('kind', 'rate'), [3, 0])
    >>> encoding.encode({"kind": "b", "rate": 0.5}).tolist()
    [1.0, 0.25]
    >>> encoding.decode(np.array([2.0, 0.75]))
    {'kind': 'c', 'rate': 1.5}
    """

    def __init__(self, space: ConfigurationSpace) -> None:
        self.names: tuple[str, ...] = tuple(space)
        self._hyperparameters = [space[name] for name in self.names]
        self._columns: list[Column] = [_column(h) for h in self._hyperparameters]
        self.levels: NDArray[np.int64] = np.array([c.levels for c in self._columns], dtype=np.int64)
        self.categorical: Mask = np.array([c.categorical for c in self._columns], dtype=bool)
        self.searched: Mask = self.levels != 1
        self._rules = rules = Rules(space)
        self.conditioned: Mask = np.array([name in rules.conditional for name in self.names], dtype=bool)
        self.conditional = bool(rules.conditional)
        self.constrained = rules.forbids
        self._discrete = [j for j in range(len(self.names)) if self.levels[j]]
        self._positions = dict(zip(self.names, range(len(self.names)), strict=True))
        self._decisive = [self._positions[name] for name in sorted(rules.decisive)]
        self.default: Floats = np.array(
            [c.encode(default_value(h)) for c, h in zip(self._columns, self._hyperparameters, strict=True)]
        )
        self._default = self.encode(default(space))

    def encode(self, configuration: Configuration) -> Floats:
        """A valid configuration as a vector (D,), NaN where inactive."""
        x = np.full(len(self.names), np.nan)
        for name, value in configuration.items():
            j = self._positions[name]
            x[j] = self._columns[j].encode(value)
        return x

    def decode(self, x: Floats) -> dict[str, Choice]:
        """The configuration of a full or masked vector (D,)."""
        if self.conditional:
            x = self.masked(x[None])[0]
            return {
                n: c.decode(v) for n, c, v in zip(self.names, self._columns, x.tolist(), strict=True) if v == v
            }  # NaN is not equal to itself
        return {n: c.decode(v) for n, c, v in zip(self.names, self._columns, x.tolist(), strict=True)}

    def decode_all(self, x: Floats) -> list[dict[str, Choice]]:
        """What ``decode`` gives for each of the vectors (n, D), at a fraction of its cost."""
        if not self.names:
            return [{} for _ in x]
        keep = ~np.isnan(self.masked(x)) if self.conditional else None
        columns = [column.decode_all(x[:, j].tolist()) for j, column in enumerate(self._columns)]
        if keep is None:
            return [dict(zip(self.names, row, strict=True)) for row in zip(*columns, strict=True)]
        rows = zip(zip(*columns, strict=True), keep.tolist(), strict=True)
        return [dict(compress(zip(self.names, row, strict=True), kept)) for row, kept in rows]

    def decode_column(self, j: int, positions: Floats) -> list[Choice]:
        """The values of column ``j`` at some positions (n,)."""
        return list(self._columns[j].decode_all(positions.tolist()))

    def filled(self, x: Floats) -> Floats:
        """Masked vectors (..., D) with the default in place of NaN."""
        return np.where(np.isnan(x), self.default, x)

    def snap(self, x: Floats) -> Floats:
        """Vectors (n, D) brought into range, discrete columns to exactly what ``encode`` gives. NaN stays."""
        snapped = np.clip(x, 0.0, 1.0)
        for j in self._discrete:
            snapped[:, j] = self._columns[j].snap(x[:, j])
        return snapped

    def bins(self, j: int, positions: Floats) -> tuple[Floats, Floats]:
        """The ends (n,), (n,) of the bins of column ``j``, of an integer or ordinal, that positions (n,) fall into."""
        return self._columns[j].bins(positions)

    def active(self, x: Floats) -> Mask:
        """Which columns of full vectors (n, D) count."""
        if not self.conditional:
            return np.ones(x.shape, dtype=bool)
        return self._rules.active_columns(self._decided(x), len(x)).T

    def masked(self, x: Floats) -> Floats:
        """Full vectors (n, D) with NaN in inactive columns."""
        return np.where(self.active(x), x, np.nan) if self.conditional else x

    def permitted(self, x: Floats) -> Mask:
        """Which of the full vectors (n, D) no clause forbids."""
        if not self.constrained:
            return np.ones(len(x), dtype=bool)
        decided = self._decided(x)
        return self._rules.permitted_columns(decided, self._rules.active_columns(decided, len(x)))

    def sample(self, n: int, rng: np.random.Generator) -> Floats:
        """Permitted full vectors (n, D), drawn from the space's own distribution.

        Where ``MOST_DRAWS`` for each are not enough, the space's default, which is always permitted, takes its place.
        """
        x = self._draw(n, rng)
        bad = np.flatnonzero(~self.permitted(x))
        draws = 8
        while len(bad) and draws < MOST_DRAWS:
            drawn = self._draw(max(len(bad), min(draws, LARGEST_DRAW)), rng)
            draws += len(drawn) // len(bad)
            good = drawn[self.permitted(drawn)][: len(bad)]
            x[bad[: len(good)]] = good
            bad = bad[len(good) :]
        x[bad] = self.filled(self._default)
        return x

    def mend(self, x: Floats, rng: np.random.Generator) -> Floats:
        """Full vectors (n, D), the forbidden ones changed until they are permitted.

        Each column of a forbidden vector is drawn anew with a probability that grows to one. What stays forbidden
        becomes one of ``MENDED`` new samples: in a space with hardly anything permitted, each of them costs many draws.
        """
        x = x.copy()
        for attempt in range(1, REDRAWS):
            bad = np.flatnonzero(~self.permitted(x))
            if not len(bad):
                return x
            changed = rng.random((len(bad), len(self.names))) < attempt / REDRAWS
            x[bad] = np.where(changed, self._draw(len(bad), rng), x[bad])
        if len(bad := np.flatnonzero(~self.permitted(x))):
            x[bad] = np.resize(self.sample(min(len(bad), MENDED), rng), (len(bad), len(self.names)))
        return x

    def resampled(self, x: Floats, rng: np.random.Generator) -> Floats:
        """Full vectors (n, D), new samples in place of the forbidden ones."""
        bad = np.flatnonzero(~self.permitted(x))
        if len(bad):
            x = x.copy()
            x[bad] = self.sample(len(bad), rng)
        return x

    def _draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Independent draws of every column."""
        state = np.random.RandomState(int(rng.integers(2**32)))
        x = np.empty((n, len(self.names)))
        for j, (column, hyperparameter) in enumerate(zip(self._columns, self._hyperparameters, strict=True)):
            drawn = draw(hyperparameter, n, state).tolist()
            x[:, j] = [column.middle(i) if isinstance(column, Choices) else column.encode(i) for i in drawn]
        return x

    def _decided(self, x: Floats) -> list[NDArray[Any]]:
        """Columns (n,) of the values that decide conditions and clauses; the others are empty."""
        columns: list[NDArray[Any]] = [np.empty(0)] * len(self.names)
        for j in self._decisive:
            columns[j] = self._columns[j].column(x[:, j])
        return columns


def _column(hyperparameter: Hyperparameter[Any, Any]) -> Column:
    if isinstance(hyperparameter, FloatHyperparameter | IntegerHyperparameter):
        return Number(hyperparameter)
    choices = known_choices(hyperparameter)
    return Choices(choices, ordinal=isinstance(hyperparameter, OrdinalHyperparameter) and len(choices) > 1)
