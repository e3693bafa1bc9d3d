"""The two spaces: the lecture's three hyperparameters, and all that such a network has.

The default of both is the lecture's network. In ``full``, what shapes the kernels has few values each (sizes are powers
of two), as people choose them, and so that trainings share their shapes.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hpobench_suites.mnist_cnn.architecture import AVERAGE, FIRST, MAX, NONE, SAME, VALID
from hpobench_suites.mnist_cnn.network import ACTIVATIONS, INITIALISATIONS, LECTURES
from hpobench_suites.mnist_cnn.recipe import CONSTANT, COSINE, EXPONENTIAL
from hpobench_suites.mnist_cnn.steps import FAMILIES

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

FILTERS, UNITS, BATCHES = (8, 16, 32, 64), (16, 32, 64, 128, 256), (16, 32, 64, 128, 256, 512)


def lecture() -> "ConfigurationSpace":
    """The lecture's three hyperparameters."""
    from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer

    return ConfigurationSpace(
        space=[
            Categorical("activation", list(LECTURES), default="relu"),
            Integer("depth", (1, 3), default=3),
            Float("learning_rate", (1e-5, 1e-1), log=True, default=1e-3),
        ]
    )


def full() -> "ConfigurationSpace":
    """Twenty-three hyperparameters, eight of them conditional."""
    from ConfigSpace import (
        Categorical,
        ConfigurationSpace,
        EqualsCondition,
        Float,
        GreaterThanCondition,
        InCondition,
        Integer,
    )

    def ordinal(name: str, values: tuple[int, ...], default: int):  # type: ignore[no-untyped-def]
        return Categorical(name, list(values), ordered=True, default=default)

    depth = Integer("depth", (1, 3), default=3)
    filters = [ordinal(f"filters_{i}", FILTERS, 32) for i in (1, 2, 3)]
    dense = Integer("dense_layers", (0, 2), default=0)
    units = [ordinal(f"dense_units_{i}", UNITS, 64) for i in (1, 2)]
    optimizer = Categorical("optimizer", list(FAMILIES), default="adam")
    momentum = Float("momentum", (0.0, 0.99), default=0.9)
    schedule = Categorical("schedule", [CONSTANT, COSINE, EXPONENTIAL], default=CONSTANT)
    decay = Float("decay", (1e-3, 1.0), log=True, default=0.1)
    penalty = Categorical("penalty", ["none", "l1", "l2", "l1+l2"], default="none")
    l1 = Float("l1", (1e-8, 1e-2), log=True, default=1e-6)
    l2 = Float("l2", (1e-8, 1e-2), log=True, default=1e-5)
    space = ConfigurationSpace()
    space.add(
        depth,
        *filters,
        ordinal("kernel", (3, 5), 3),
        Integer("stride", (1, 2), default=1),
        Categorical("padding", [FIRST, SAME, VALID], default=FIRST),
        Categorical("pooling", [MAX, AVERAGE, NONE], default=MAX),
        dense,
        *units,
        Categorical("activation", list(ACTIVATIONS), default="relu"),
        Categorical("initialisation", list(INITIALISATIONS), default="glorot_uniform"),
        Float("dropout", (0.0, 0.7), default=0.0),
        penalty,
        l1,
        l2,
        optimizer,
        Float("learning_rate", (1e-5, 1.0), log=True, default=1e-3),
        momentum,
        schedule,
        decay,
        ordinal("batch_size", BATCHES, 128),
    )
    space.add(
        GreaterThanCondition(filters[1], depth, 1),
        GreaterThanCondition(filters[2], depth, 2),
        GreaterThanCondition(units[0], dense, 0),
        GreaterThanCondition(units[1], dense, 1),
        EqualsCondition(momentum, optimizer, "sgd"),
        EqualsCondition(decay, schedule, EXPONENTIAL),
        InCondition(l1, penalty, ["l1", "l1+l2"]),
        InCondition(l2, penalty, ["l2", "l1+l2"]),
    )
    return space


SPACES: dict[str, Callable[[], "ConfigurationSpace"]] = {"lecture": lecture, "full": full}
