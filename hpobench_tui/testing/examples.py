"""Small spaces of every kind and a cheap loss on them, for the optimizers' conformance suite."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpobench_tui.core import Choice, Configuration, Fidelity

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

EPOCHS = Fidelity("epochs", 1, 9, step=1)


@dataclass(frozen=True)
class Case:
    """A space with or without a fidelity."""

    name: str
    space: Callable[[], "ConfigurationSpace"]
    fidelity: Fidelity | None


def numbers_space() -> "ConfigurationSpace":
    """Two floats and two integers, one of each on a logarithmic scale."""
    from ConfigSpace import ConfigurationSpace, Float, Integer

    space = ConfigurationSpace()
    space.add(
        Float("x", (-1.0, 2.0)), Float("rate", (1e-5, 1e-1), log=True),
        Integer("depth", (1, 6)), Integer("width", (4, 512), log=True),
    )  # fmt: skip
    return space


def mixed_space() -> "ConfigurationSpace":
    """The numbers, a categorical of strings, one of booleans, an ordinal and a constant."""
    from ConfigSpace import Categorical, Constant, OrdinalHyperparameter

    space = numbers_space()
    space.add(
        Categorical("kind", ["red", "green", "blue"]), Categorical("flag", [True, False]),
        OrdinalHyperparameter("size", ["small", "medium", "large"]), Constant("one", 1),
    )  # fmt: skip
    return space


def conditional_space() -> "ConfigurationSpace":
    """The mixed space and a chain of three conditional hyperparameters."""
    from ConfigSpace import AndConjunction, EqualsCondition, Float, GreaterThanCondition, InCondition, Integer

    space = mixed_space()
    space.add(momentum := Float("momentum", (0.0, 0.99)), layers := Integer("layers", (1, 3)))
    space.add(extra := Integer("extra", (1, 8)))
    space.add(InCondition(momentum, space["kind"], ["red", "green"]))
    space.add(
        AndConjunction(
            EqualsCondition(layers, space["kind"], "red"), GreaterThanCondition(layers, space["size"], "small")
        )
    )
    space.add(GreaterThanCondition(extra, layers, 1))
    return space


def forbidden_space() -> "ConfigurationSpace":
    """The mixed space less a sixth of its combinations."""
    from ConfigSpace import ForbiddenAndConjunction, ForbiddenEqualsClause, ForbiddenInClause

    space = mixed_space()
    space.add(
        ForbiddenAndConjunction(
            ForbiddenEqualsClause(space["kind"], "blue"), ForbiddenInClause(space["size"], ["medium", "large"])
        )
    )
    return space


def loss_of(configuration: Configuration, fidelity: int | None) -> float:
    """A cheap deterministic loss, smooth in the numbers; more fidelity means less of it."""
    return sum(map(_term, configuration.values())) + 1.0 / (fidelity or EPOCHS.maximum)


def _term(value: Choice) -> float:
    if isinstance(value, str | tuple | None):
        return zlib.crc32(str(value).encode()) % 97 / 97
    return float(abs(float(value) - 0.3) ** 0.5)
