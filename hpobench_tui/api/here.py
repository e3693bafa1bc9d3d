"""Functions and classes of this process, as problems and optimizers that its runs can load.

What a run loads it loads by name (``module:attribute``); :func:`hold` gives a name here to whatever has none. It means
nothing in another process, but for those that are forked from this one: so nothing of it is ever pickled, and a store
that says ``here/sphere`` cannot be gone on with elsewhere (``plugins.Registry.unknown`` says why).
"""

import inspect
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from sys import float_info
from typing import TYPE_CHECKING, Any, TypeAlias

from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.describe import brief
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.optimizer import Capabilities, Optimizer, OptimizerInfo, Task
from hpobench_tui.core.problem import Dimensions, ProblemInfo, Reference, Report
from hpobench_tui.core.space import space_of
from hpobench_tui.plugins import HERE, ill_typed

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

Function: TypeAlias = Callable[..., float]
"""Takes a configuration, as a dict, and returns its loss; one with a parameter ``seed`` gets that, too."""
Space: TypeAlias = "ConfigurationSpace | Mapping[str, object]"
MakesOptimizer: TypeAlias = Callable[[Task], Optimizer]

HOW = (
    '(low, high) with numbers, of which two whole ones make it whole; (low, high, "log"); a list of choices; or'
    " a hyperparameter of ConfigSpace"
)
NO_REFERENCE = "none is known: nothing is measured against it"
_held: dict[str, object] = {}


def hold(value: object) -> str:
    """Give it a name, as ``ProblemInfo.load`` and ``OptimizerInfo.load`` want it."""
    name = f"held_{len(_held)}"
    _held[name] = value
    return f"{__name__}:{name}"


def __getattr__(name: str) -> object:
    if name in _held:
        return _held[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Evaluation:
    """One configuration, evaluated at once."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call

    def advance(self, to_fidelity: int) -> Report:
        loss = self._call()
        if loss is None:
            raise TypeError("the function must return a loss, a number, not None")
        return Report(loss)  # type: ignore[arg-type]  # the engine looks at it


class FunctionProblem:
    """A function on a space."""

    def __init__(self, function: Function, space: "ConfigurationSpace", seeded: bool) -> None:
        self._function, self._space, self._seeded = function, space, seeded

    def space(self) -> "ConfigurationSpace":
        return deepcopy(self._space)

    def start(self, configuration: Configuration, seed: int, device: str) -> Evaluation:
        own, more = dict(configuration), {"seed": seed} if self._seeded else {}
        return Evaluation(lambda: self._function(own, **more))


def problem_of(function: Function, space: Space, reference: float | None, noisy: bool) -> ProblemInfo:
    """The description of a function of this process.

    Without a ``reference`` what is measured is the incumbent's loss, and the lowest float stands in for it: a bound
    that nothing reaches, so that no regret is taken for one.

    Raises:
        HpobenchError: it cannot be called, or the space cannot be searched.
    """
    if not callable(function):
        raise HpobenchError(f"function: must be a function of a configuration, not {brief(function)}.")
    made = _space(space)
    if reference is None:
        known, measure = Reference(-float_info.max, NO_REFERENCE, exact=False), Measure.INCUMBENT
    else:
        known, measure = Reference(float(reference), "given to hpo.minimize", exact=False), Measure.SIMPLE
    return _checked(
        ProblemInfo(
            id=f"{HERE}{_named(function)}",
            summary=_summary(function),
            load=hold(lambda: FunctionProblem(function, made, _takes_seed(function))),
            dimensions=_dimensions(made),
            reference=known,
            noisy=noisy,
            measure=measure,
            tolerance=0.0,
        )
    )


def optimizer_of(given: "OptimizerInfo | MakesOptimizer") -> OptimizerInfo:
    """The description of an optimizer of this process: of a class (or function) that takes a ``Task``, or a description
    whose code can be imported here.

    Raises:
        HpobenchError: it is neither.
    """
    if isinstance(given, OptimizerInfo):
        return _checked(replace(given, name=f"{HERE}{given.name.replace('/', '.')}"))
    if not callable(given):
        raise HpobenchError(
            "optimizers: must be names, tables like {'name': 'grid', 'label': 'g'}, classes that take a Task, or"
            f" OptimizerInfos, not {brief(given)}."
        )
    own = getattr(given, "capabilities", None)
    capabilities = own if isinstance(own, Capabilities) else Capabilities()
    return _checked(OptimizerInfo(f"{HERE}{_named(given)}", _summary(given), hold(given), capabilities))


def source_of(value: object) -> str | None:
    """The lines that it is written in, where Python still knows them."""
    with suppress(OSError, TypeError):
        return inspect.getsource(value)  # type: ignore[arg-type]
    return None


def _checked(info: Any) -> Any:
    if complaint := ill_typed(info):
        raise HpobenchError(f"{complaint}.")
    return info


def _space(given: Space) -> "ConfigurationSpace":
    from ConfigSpace import ConfigurationSpace

    if isinstance(given, ConfigurationSpace):
        return space_of(_Space(lambda: given))
    if not isinstance(given, Mapping):
        raise HpobenchError(f"space: must be a dict of {{name: range}} or a ConfigurationSpace, not {brief(given)}.")
    if not given:
        raise HpobenchError("space: is empty; there is nothing to search.")
    return space_of(_Space(lambda: ConfigurationSpace(space=[_hyperparameter(*item) for item in given.items()])))


class _Space:
    def __init__(self, space: "Callable[[], ConfigurationSpace]") -> None:
        self.space = space

    def start(self, configuration: Configuration, seed: int, device: str) -> Evaluation:
        raise NotImplementedError


def _hyperparameter(name: object, given: object) -> Any:
    from ConfigSpace import Categorical, Float, Integer
    from ConfigSpace.hyperparameters import Hyperparameter

    if not isinstance(name, str) or not name:
        raise HpobenchError(f"space: names of hyperparameters are texts, not {brief(name)}.")
    match given:
        case Hyperparameter():
            if given.name != name:
                raise HpobenchError(f"space: {name!r} is a hyperparameter of the name {given.name!r}.")
            return given
        case [low, high] | [low, high, "log"] if isinstance(given, tuple) and _number(low) and _number(high):
            log = len(given) == 3
            if type(low) is int and type(high) is int:
                return Integer(name, (low, high), log=log)
            return Float(name, (float(low), float(high)), log=log)
        case list() if given:
            return Categorical(name, given)
    raise HpobenchError(f"space: {name!r} must be {HOW}, not {brief(given)}.")


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _dimensions(space: "ConfigurationSpace") -> Dimensions:
    from hpobench_tui.testing.problems import dimensions_of

    return dimensions_of(space)


def _named(value: object) -> str:
    name = str(getattr(value, "__name__", "") or type(value).__name__)
    return re.sub(r"[^A-Za-z0-9._+-]+", "", name).strip("._+-")[:60] or "function"


def _summary(value: object) -> str:
    text = inspect.getdoc(value) or ""
    return text.partition("\n")[0] or "of the Python process that ran it"


def _takes_seed(function: Function) -> bool:
    with suppress(TypeError, ValueError):  # a function in C need not say
        return "seed" in inspect.signature(function).parameters
    return False
