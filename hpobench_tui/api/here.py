"""Functions and classes of this process, as problems and optimizers that its runs can load.

What a run loads it loads by name (``module:attribute``); :func:`hold` gives a name here to whatever has none. It means
nothing in another process, but for those that are forked from this one: so nothing of it is ever pickled, and a store
that says ``here/sphere`` cannot be gone on with elsewhere (``plugins.Registry.unknown`` says why). How a function or a
class is called, and what it may say of itself, is as in a person's own files (``own_files``).
"""

import inspect
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, TypeVar

from hpobench_tui import own_files
from hpobench_tui.core.describe import brief
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.optimizer import Optimizer, OptimizerInfo, Task
from hpobench_tui.core.problem import Fidelity, ProblemInfo, Reference
from hpobench_tui.core.space import dimensions_of, space_of
from hpobench_tui.plugins import HERE, ill_typed

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

Function: TypeAlias = Callable[..., float]
"""Takes a configuration, as a dict, and returns its loss; one with parameters ``seed`` or ``fidelity`` gets those."""
Space: TypeAlias = "ConfigurationSpace | Mapping[str, object]"
MakesOptimizer: TypeAlias = Callable[[Task], Optimizer]
Info = TypeVar("Info", ProblemInfo, OptimizerInfo)

HOW = (
    '(low, high), of which two whole numbers are whole; (low, high, "log"); a list of choices; or a hyperparameter of'
    " ConfigSpace"
)
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


class FunctionProblem(own_files.FunctionProblem):
    """A function on a space."""

    def __init__(self, function: Function, space: "Callable[[], ConfigurationSpace]") -> None:
        super().__init__(function)
        self._made = space

    def space(self) -> "ConfigurationSpace":
        return self._made()


def problem_of(
    function: Function, space: Space, reference: float | None, noisy: bool, fidelity: tuple[str, int, int] | None
) -> ProblemInfo:
    """The description of a function of this process. Without a ``reference`` it is measured by its loss itself.

    Raises:
        HpobenchError: it cannot be called, the space cannot be searched, or a number is none.
    """
    if not callable(function) or isinstance(function, type):
        raise HpobenchError(f"function: must be a function of a configuration, not {brief(function)}.")
    if reference is not None and not _number(reference):
        raise HpobenchError(f"reference: must be a number, the lowest loss that there can be, not {brief(reference)}.")
    made = space_of(FunctionProblem(function, lambda: _space(space)))
    known = None if reference is None else Reference(float(reference), "given to hpo.minimize", exact=False)
    return _checked(
        ProblemInfo(
            id=f"{HERE}/{_named(function)}",
            summary=_summary(function),
            load=hold(lambda: FunctionProblem(function, lambda: deepcopy(made))),
            dimensions=dimensions_of(made),
            reference=known or own_files.UNKNOWN_REFERENCE,
            fidelity=None if fidelity is None else _fidelity(function, fidelity),
            noisy=noisy,
            measure=Measure.SIMPLE if known else Measure.INCUMBENT,
        )
    )


def optimizer_of(given: "OptimizerInfo | MakesOptimizer") -> OptimizerInfo:
    """The description of an optimizer of this process: of a class (or function) that takes a ``Task``, or a description
    whose code can be imported here.

    Raises:
        HpobenchError: it is neither.
    """
    name = f"{HERE}/{_named(given)}"
    if isinstance(given, OptimizerInfo):
        return _checked(replace(given, name=f"{HERE}/{given.name.replace('/', '.')}"))
    if not callable(given):
        raise HpobenchError(
            "optimizers: must be names, tables like {'name': 'grid', 'label': 'g'}, classes that take a Task, or"
            f" OptimizerInfos, not {brief(given)}."
        )
    try:
        info = own_files.describe_optimizer(given, HERE, _named(given))
    except HpobenchError as error:
        raise HpobenchError(f"optimizer {_named(given)}: {error}") from None
    return _checked(replace(info, name=name, load=hold(partial(own_files.as_optimizer, given))))


def source_of(value: object) -> str | None:
    """The lines that it is written in, where Python still knows them."""
    with suppress(OSError, TypeError):
        return inspect.getsource(value)  # type: ignore[arg-type]
    return None


def _checked(info: Info) -> Info:
    if complaint := ill_typed(info):
        raise HpobenchError(f"{complaint}.")
    return info


def _space(given: Space) -> "ConfigurationSpace":
    from ConfigSpace import ConfigurationSpace

    if isinstance(given, ConfigurationSpace):
        return deepcopy(given)
    if not isinstance(given, Mapping):
        raise HpobenchError(f"space: must be a dict of {{name: range}} or a ConfigurationSpace, not {brief(given)}.")
    if not given:
        raise HpobenchError("space: is empty; there is nothing to search.")
    return ConfigurationSpace(space=[_hyperparameter(*item) for item in given.items()])


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
        case (low, high) | (low, high, "log") if isinstance(given, tuple) and _number(low) and _number(high):
            log = len(given) == 3
            if type(low) is int and type(high) is int:
                return Integer(name, (low, high), log=log)
            return Float(name, (float(low), float(high)), log=log)
        case list() if given:
            return Categorical(name, given)
    raise HpobenchError(f"space: {name!r} must be {HOW}, not {brief(given)}.")


def _number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _fidelity(function: Function, given: tuple[str, int, int]) -> Fidelity:
    if "fidelity" not in own_files.taken(function):
        raise HpobenchError("fidelity: the function has no parameter `fidelity`, by which it is told how far to go.")
    if not (isinstance(given, tuple) and len(given) == 3 and isinstance(given[0], str)):
        raise HpobenchError(f'fidelity: must be like ("epochs", 1, 27), not {brief(given)}.')
    return Fidelity(*given, resumable=False)


def _named(value: object) -> str:
    name = str(getattr(value, "__name__", "") or type(value).__name__)
    return re.sub(r"[^A-Za-z0-9._+-]+", "", name).strip("._+-")[:60] or "function"


def _summary(value: object) -> str:
    text = inspect.getdoc(value) if inspect.isroutine(value) else None
    return (text or "").partition("\n")[0] or "of the Python process that ran it"
