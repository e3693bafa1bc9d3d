"""Plain configurations from ConfigSpace spaces: which spaces are taken, fast sampling, and validation.

ConfigSpace takes 22 µs to sample one configuration and 41 µs to turn it into a dict. A free objective must not pay
that, so spaces are sampled column by column, and checked by tests compiled once. What is active and what is forbidden
is decided by :mod:`hpobench_tui.core.conditions` alone.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import compress, repeat
from math import isfinite
from types import TracebackType
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import FloatHyperparameter, Hyperparameter, IntegerHyperparameter
from numpy.typing import NDArray

from hpobench_tui.core.conditions import Rules
from hpobench_tui.core.configuration import Choice, Configuration
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.problem import Dimensions, Problem
from hpobench_tui.core.values import choices_of, draw, known_choices, plain_value, typed

BATCH = 256
MOST_BATCHES = 2**10
"""Drawn without one permitted configuration, before a space counts as having none."""
LARGEST_INTEGER = 2**53 - 1
"""Positions in a range are floats, which tell larger integers no longer apart."""
LIMITS = (
    "integers lie within ±(2^53 - 1), in ranges no wider than that; floats are finite, below 1e295, and kept to 13"
    " decimals by ConfigSpace; "
    "the upper bound exceeds the lower, which on a logarithmic scale is positive"
)
CHOICES = (
    "choices are str, int, finite float, bool, None and tuples of these; for anything else write its name as a str"
)
_SETTINGS = ("lower", "upper", "log", "mu", "sigma", "alpha", "beta", "choices", "sequence", "weights", "default_value")

_NUMBERS = ("lower", "upper", "log", "mu", "sigma", "alpha", "beta")
MOST_REMEMBERED = 10_000
_drawn_well: set[tuple[object, ...]] = set()
"""Numbers that were found to be drawn within their bounds: a process serves many runs on a few spaces."""


def dimensions_of(space: ConfigurationSpace) -> Dimensions:
    """Count a space's hyperparameters by kind. Constants are not counted: there is nothing to tune."""
    from ConfigSpace import hyperparameters as kinds

    def count(kind: type) -> int:
        return sum(isinstance(space[name], kind) for name in space)

    return Dimensions(
        floats=count(kinds.FloatHyperparameter),
        integers=count(kinds.IntegerHyperparameter),
        categoricals=count(kinds.CategoricalHyperparameter),
        ordinals=count(kinds.OrdinalHyperparameter),
        conditions=len(space.conditions),
        forbiddens=len(space.forbidden_clauses),
    )


def is_flat(space: ConfigurationSpace) -> bool:
    """Whether every combination of values is valid: no conditions, no forbiddens."""
    return not space.conditions and not space.forbidden_clauses


def space_of(problem: Problem) -> ConfigurationSpace:
    """The problem's space, built anew and checked.

    Raises:
        HpobenchError: ConfigSpace or :func:`checked` refuses it.
    """
    try:
        space = problem.space()
    except (ArithmeticError, IndexError, TypeError, ValueError) as error:
        if (refusal := _refusal(error, error.__traceback__)) is None:
            raise
        raise HpobenchError(refusal) from error
    return checked(space)


def _refusal(error: Exception, traceback: TracebackType | None) -> str | None:
    """Which hyperparameter ConfigSpace did not make, with what and why; None if the error came from elsewhere.

    Its messages do not always say; the arguments are in the frame of its constructor.

    Raises:
        HpobenchError: a hyperparameter that it made is beyond our limits.
    """
    while traceback is not None:
        frame = traceback.tb_frame
        module = str(frame.f_globals.get("__name__"))
        if module == "ConfigSpace.configuration_space" and frame.f_code.co_name == "_check_default_configuration":
            for hyperparameter in frame.f_locals["self"].values():
                _check(hyperparameter)
            return (
                f"ConfigSpace refuses the default configuration of the space: {error}. Give other default values;"
                " if it should be valid, see docs/spaces.md for where ConfigSpace goes wrong."
            )
        if module.startswith("ConfigSpace.hyperparameters.") and frame.f_code.co_name == "__init__":
            given = frame.f_locals
            said = {name: value for name in _SETTINGS if (value := given.get(name)) is not None and value is not False}
            settings = ", ".join(f"{name} = {value!r}" for name, value in said.items())
            reason = str(error.__cause__ or error).rstrip(".")
            return f"hyperparameter {given.get('name')!r} cannot be made with {settings}: {reason}. Limits: {LIMITS}."
        traceback = traceback.tb_next
    return None


def checked(space: ConfigurationSpace) -> ConfigurationSpace:
    """The space, if all of it can be searched, stored and read back.

    Raises:
        HpobenchError: it cannot; which hyperparameter is the trouble, and what is valid.
    """
    if not isinstance(space, ConfigurationSpace):
        raise HpobenchError(f"space() must return a ConfigSpace.ConfigurationSpace, not {space!r}.")
    for hyperparameter in space.values():
        _check(hyperparameter)
    if not is_flat(space):
        configuration = default(space)
        if clause := Rules(space).forbidden_by(configuration):
            raise HpobenchError(f"the default configuration {configuration} is a {clause}. Give other default values.")
    return space


def _check(hyperparameter: Hyperparameter[Any, Any]) -> None:
    """Raise :class:`HpobenchError` if a hyperparameter is of no known kind, or beyond :data:`LIMITS`."""
    where = f"hyperparameter {hyperparameter.name!r}"
    try:
        plain_value(hyperparameter.name)
        choices = choices_of(hyperparameter)
    except TypeError as error:
        raise HpobenchError(f"{where}: {error}; {CHOICES}.") from None
    if choices is not None:
        return
    match hyperparameter:
        case IntegerHyperparameter(lower=lower, upper=upper):
            fits = -LARGEST_INTEGER <= lower < upper <= LARGEST_INTEGER and upper - lower <= LARGEST_INTEGER
        case FloatHyperparameter(lower=lower, upper=upper):
            fits = isfinite(lower) and isfinite(upper) and isfinite(upper - lower) and lower < upper
        case _:
            raise HpobenchError(f"{where} is a {type(hyperparameter).__name__}, none of ConfigSpace's own kinds.")
    if not fits:
        raise HpobenchError(f"{where} reaches from {lower!r} to {upper!r}, which is beyond the limits: {LIMITS}.")
    settings = (type(hyperparameter), *(getattr(hyperparameter, name, None) for name in _NUMBERS))
    if settings in _drawn_well:
        return
    values = draw(hyperparameter, BATCH, np.random.RandomState(0))
    if not ((values >= lower) & (values <= upper)).all():
        raise HpobenchError(f"{where} is drawn as {values[0]!r} by ConfigSpace: {hyperparameter}. Limits: {LIMITS}.")
    if len(_drawn_well) < MOST_REMEMBERED:
        _drawn_well.add(settings)


def plain(configuration: Configuration) -> dict[str, Choice]:
    """A ConfigSpace configuration (or any mapping) as a dict of plain Python values."""
    return {name: plain_value(value) for name, value in dict(configuration).items()}


def samples(space: ConfigurationSpace, rng: np.random.Generator) -> Iterator[dict[str, Choice]]:
    """Endless independent draws from the space's own distribution; the same ``rng`` state gives the same draws.

    Raises:
        HpobenchError: the forbidden clauses leave hardly anything, or nothing.
    """
    names = list(space)
    if not names:
        yield from repeat({})
    state = np.random.RandomState(rng.integers(2**32, dtype=np.uint64).astype(np.uint32))
    drawers = [partial(draw, space[name], BATCH, state) for name in names]
    writers = [_writer(space[name]) for name in names]
    if is_flat(space):
        while True:
            columns = [write(column()) for column, write in zip(drawers, writers, strict=True)]
            yield from map(dict, map(zip, repeat(names), zip(*columns, strict=True)))
    rules = Rules(space)
    batches = 0
    while True:
        drawn = [column() for column in drawers]
        active = rules.active_columns(drawn, BATCH)
        permitted = rules.permitted_columns(drawn, active)
        batches = 0 if permitted.any() else batches + 1
        if batches == MOST_BATCHES:
            raise HpobenchError(f"none of {BATCH * MOST_BATCHES:,} draws is permitted by the forbidden clauses.")
        rows = zip(*(write(column[permitted]) for column, write in zip(drawn, writers, strict=True)), strict=True)
        for row, kept in zip(rows, active[:, permitted].T.tolist(), strict=True):
            yield dict(compress(zip(names, row, strict=True), kept))


def _writer(hyperparameter: Hyperparameter[Any, Any]) -> Callable[[NDArray[Any]], list[Choice]]:
    """What turns a column of draws into plain values."""
    if (choices := choices_of(hyperparameter)) is None:
        return lambda column: column.tolist()
    return lambda column: [choices[place] for place in column.tolist()]


def default(space: ConfigurationSpace) -> dict[str, Choice]:
    """The space's default configuration."""
    return Rules(space).active({name: default_value(hyperparameter) for name, hyperparameter in space.items()})


def default_value(hyperparameter: Hyperparameter[Any, Any]) -> Choice:
    """The default value, as it stands among the choices: ConfigSpace takes what only equals one of them."""
    value = plain_value(hyperparameter.default_value)
    choices = choices_of(hyperparameter)
    return value if choices is None else choices[choices.index(value)]


def validator(space: ConfigurationSpace) -> Callable[[Configuration], str | None]:
    """A function that says what is wrong with a configuration, or None.

    Values must be legal, active hyperparameters present, inactive ones absent, forbiddens respected.
    """
    checks = {name: _legal(space[name]) for name in space}
    flat = is_flat(space)
    floats = [(name, h.lower, h.upper) for name, h in space.items() if isinstance(h, FloatHyperparameter)]
    others = [(name, checks[name]) for name in checks if name not in {name for name, *_ in floats}]
    rules = Rules(space)

    def check(configuration: Configuration) -> str | None:
        if flat and len(configuration) == len(checks):  # the common case, tested without a call for each float
            try:
                for name, low, high in floats:
                    if not (type(value := configuration[name]) is float and low <= value <= high):
                        break
                else:
                    if not others or all(legal(configuration[name]) for name, legal in others):
                        return None
            except KeyError:
                pass
        return complain(configuration)

    def complain(configuration: Configuration) -> str | None:
        for name, value in configuration.items():
            if name not in checks:
                return f"unknown hyperparameter {name!r}; valid: {', '.join(checks)}"
            if not checks[name](value):
                return f"{value!r} is not legal for hyperparameter {space[name]}"
        return rules.complaint(configuration)

    return check


def _legal(hyperparameter: Hyperparameter[Any, Any]) -> Callable[[Choice], bool]:
    match hyperparameter:
        case FloatHyperparameter(lower=lower, upper=upper):
            return lambda v: isinstance(v, (float, int)) and not isinstance(v, bool) and lower <= v <= upper
        case IntegerHyperparameter(lower=lower, upper=upper):
            return lambda v: isinstance(v, int) and not isinstance(v, bool) and lower <= v <= upper
    choices = known_choices(hyperparameter)
    if all(type(c) is str for c in choices):
        words = frozenset(choices)
        return lambda v: type(v) is str and v in words
    types = {c: type(c) for c in choices}
    if tuple not in types.values():
        kinds = frozenset(types.values())
        return lambda v: type(v) in kinds and types.get(v) is type(v)
    valid = frozenset(map(typed, choices))

    def legal(value: Choice) -> bool:
        try:
            return typed(value) in valid
        except TypeError:  # what has no hash is no choice
            return False

    return legal


def encoder(space: ConfigurationSpace) -> Callable[[Configuration], str]:
    """A function that writes a valid configuration as a JSON object; several times as fast as ``json.dumps``."""
    keys = {name: f"{json.dumps(name)}: " for name in space}
    words = {v for name in space for v in choices_of(space[name]) or () if type(v) is str}
    texts = {value: json.dumps(value) for value in words}

    def encode(configuration: Configuration) -> str:
        parts = []
        for name, value in configuration.items():
            if type(value) is float or type(value) is int:
                parts.append(f"{keys[name]}{value!r}")
            else:
                parts.append(keys[name] + (texts[value] if type(value) is str else json.dumps(value)))
        return f"{{{', '.join(parts)}}}"

    return encode
