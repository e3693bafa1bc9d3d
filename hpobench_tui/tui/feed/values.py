"""The values that hyperparameters had in a run's trials, by column: names and axes come from here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hpobench_tui.core.columns import Floats
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader, TrialRow
from hpobench_tui.tui.feed.trials import OfTrials

PIECE = 300
"""Configurations that are read in one go."""
MOST = 20_000
"""Trials whose configurations are looked at, the first ones: of a million they would take a gigabyte."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One hyperparameter.

    Attributes:
        values: Shape (n,): numbers, or places in ``choices``; NaN where it was not active.
        choices: What it can be, as text, if it is no number: those that were seen, in the order in which they were.
    """

    name: str
    values: Floats
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Configurations:
    """Of the first ``count`` recorded trials, in order; hyperparameters in the order in which they came up."""

    count: int
    columns: tuple[Column, ...]


class Values(OfTrials[Configurations]):
    """Key: a run's id."""

    def __init__(self, feed: object, run: int) -> None:
        super().__init__(feed, run)
        self._epoch = -1
        self._count = 0
        self._columns: dict[str, _Growing] = {}

    def step(self, reader: Reader, live: Live) -> bool:
        numbers = self.trials.picture
        if numbers is None:
            return False
        if numbers.epoch != self._epoch:
            self._epoch, self._count, self._columns = numbers.epoch, 0, {}
            self.picture = None
        most = min(len(numbers), MOST)
        stop = min(self._count + PIECE, most)
        if stop > self._count:
            after, last = int(numbers.number[self._count]) - 1, int(numbers.number[stop - 1])
            texts = [text for (part,) in reader.cells(TrialRow, self.run, ("configuration",), last + 1, after)
                     for text in part]  # fmt: skip
            for place, text in enumerate(texts[: stop - self._count], start=self._count):
                for name, value in json.loads(str(text)).items():
                    if name not in self._columns:
                        self._columns[name] = _Growing()
                    self._columns[name].put(place, value)
            self._count = stop
        more = stop < most
        self.total, self.done = most, stop
        if self.picture is None or self.picture.count != stop:
            self.weight = sum(column.values.nbytes for column in self._columns.values())
            self.publish(
                Configurations(stop, tuple(column.shown(name, stop) for name, column in self._columns.items()))
            )
        return more


class _Growing:
    """A column that is being read. A number is itself until something else comes up beside it."""

    def __init__(self) -> None:
        self.values: Floats = np.full(64, np.nan)
        self._choices: dict[str, int] | None = None

    def put(self, place: int, value: Any) -> None:
        if place >= len(self.values):
            larger = np.full(2 * place, np.nan)
            larger[: len(self.values)] = self.values
            self.values = larger
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if self._choices is None and not is_number:
            self._choices = {}
            numbers, self.values = self.values, np.full(len(self.values), np.nan)
            for other in np.flatnonzero(~np.isnan(numbers)):
                self.values[other] = self._choices.setdefault(f"{numbers[other]:g}", len(self._choices))
        if self._choices is None:
            self.values[place] = value
        else:
            text = f"{value:g}" if is_number else written(value)
            self.values[place] = self._choices.setdefault(text, len(self._choices))

    def shown(self, name: str, count: int) -> Column:
        values = np.full(count, np.nan)
        values[: len(self.values)] = self.values[:count]
        return Column(name, values, tuple(self._choices or ()))


def written(value: object) -> str:
    """A value of a configuration for people: texts as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def of_trial(picture: Configurations, place: int) -> Mapping[str, float]:
    """The values of one trial, by name; what was not active is absent."""
    return {c.name: float(c.values[place]) for c in picture.columns if not np.isnan(c.values[place])}
