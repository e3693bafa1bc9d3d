"""Finds problems and optimizers by entry point.

Third parties register theirs as we do: a distribution's ``hpobench.problems`` (``hpobench.optimizers``) entry
points name a :class:`ProblemInfo` (:class:`OptimizerInfo`) or a sequence of them. A plug-in that cannot be imported, is
not what it should be, or takes a name that is taken, is named in ``broken`` and does not stop the rest.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType, NoneType
from typing import Any, Generic, TypeVar

from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.optimizer import Capabilities, Optimizer, OptimizerInfo, Task
from hpobench_tui.core.problem import Dimensions, Fidelity, Problem, ProblemInfo, Reference

Info = TypeVar("Info", ProblemInfo, OptimizerInfo)


@dataclass(frozen=True)
class Registry(Generic[Info]):
    """What is registered, by name in alphabetical order of plug-ins, and what is broken, by plug-in with the reason."""

    kind: str
    found: Mapping[str, Info]
    broken: Mapping[str, str]

    def __iter__(self) -> Iterator[Info]:
        return iter(self.found.values())

    def __len__(self) -> int:
        return len(self.found)

    def __contains__(self, name: object) -> bool:
        return name in self.found

    def __getitem__(self, name: str) -> Info:
        """The description of that name.

        Raises:
            HpobenchError: it is not registered.
        """
        try:
            return self.found[name]
        except KeyError:
            raise unknown(self.kind, name, list(self.found)) from None


@cache
def problems() -> Registry[ProblemInfo]:
    """Every registered problem."""
    return _collect("problem", "hpobench.problems", ProblemInfo, lambda info: info.id)


@cache
def optimizers() -> Registry[OptimizerInfo]:
    """Every registered optimizer."""
    return _collect("optimizer", "hpobench.optimizers", OptimizerInfo, lambda info: info.name)


def import_needed(*infos: ProblemInfo | OptimizerInfo) -> None:
    """Import the modules that hold the code and those it requires, so that nothing is imported in mid-run.

    Raises:
        HpobenchError: an extra is missing.
    """
    for info in infos:
        _require(info)
        for module in (info.load.partition(":")[0], *info.requires):
            import_module(module)


def load_problem(info: ProblemInfo) -> Problem:
    """Import and make the problem (heavy: in workers only).

    Raises:
        HpobenchError: an extra it needs is missing.
    """
    _require(info)
    problem: Problem = _attribute(info.load)()
    return problem


def build_optimizer(info: OptimizerInfo, task: Task) -> Optimizer:
    """Import and build the optimizer (heavy: in workers only).

    Raises:
        HpobenchError: an extra it needs is missing.
    """
    _require(info)
    optimizer: Optimizer = _attribute(info.load)(task)
    return optimizer


def _require(info: ProblemInfo | OptimizerInfo) -> None:
    if reason := missing(info):
        raise HpobenchError(reason)


def _attribute(path: str) -> Callable[..., Any]:
    module, _, name = path.partition(":")
    made: Callable[..., Any] = getattr(import_module(module), name)
    return made


def _collect(kind: str, group: str, cls: type[Info], name_of: Callable[[Info], str]) -> Registry[Info]:
    found: dict[str, Info] = {}
    owners: dict[str, str] = {}
    broken: dict[str, str] = {}
    for point in sorted(entry_points(group=group), key=lambda p: (p.dist.name if p.dist else "", p.name, p.value)):
        owner = f"{point.dist.name if point.dist else '?'}:{point.name}"
        try:
            value = point.load()
            infos = (value,) if isinstance(value, cls) else tuple(value)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an import can raise anything, and must not stop the rest
            broken[owner] = f"{point.value}: {type(error).__name__}: {error}"
            continue
        for info in infos:
            if not isinstance(info, cls):
                complaint = f"{point.value}: must be a {cls.__name__} or a sequence of them, found {info!r}"
            elif name_of(info) in found:
                complaint = f"{kind} {name_of(info)!r} is already registered by {owners[name_of(info)]}"
            else:
                complaint = ill_typed(info) or ""
            if complaint:
                broken[owner] = f"{broken[owner]}; {complaint}" if owner in broken else complaint
            else:
                found[name_of(info)] = info
                owners[name_of(info)] = owner
    return Registry(kind, MappingProxyType(found), MappingProxyType(broken))


def ill_typed(info: ProblemInfo | OptimizerInfo) -> str | None:
    """What is wrong with the types of a description's fields, so that no listing stumbles over it later."""
    if isinstance(info, ProblemInfo):
        wanted: dict[str, tuple[type, ...]] = {
            "id": (str,), "summary": (str,), "load": (str,), "dimensions": (Dimensions,), "reference": (Reference,),
            "fidelity": (Fidelity, NoneType), "seconds": (int, float), "devices": (tuple,), "requires": (Mapping,),
            "tags": (tuple,),
        }  # fmt: skip
    else:
        wanted = {
            "name": (str,), "summary": (str,), "load": (str,), "capabilities": (Capabilities,), "parameters": (tuple,),
            "requires": (Mapping,), "source": (str,),
        }  # fmt: skip
    for field, types in wanted.items():
        if not isinstance(value := getattr(info, field), types):
            names = " or ".join(t.__name__ for t in types)
            return f"{info!r}: field {field!r} must be {names}, not {value!r}"
    return None
