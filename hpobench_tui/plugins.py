"""Finds problems and optimizers by entry point, and reads what a person sets of them: ``suite/name[d=10]``.

Third parties register theirs as we do: a distribution's ``hpobench.problems`` (``hpobench.optimizers``) entry
points name a :class:`ProblemInfo` (:class:`OptimizerInfo`) or a sequence of them. A plug-in that cannot be imported, is
not what it should be, or takes a name that is taken, is named in ``broken`` and does not stop the rest.
"""

import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import astuple, dataclass, replace
from dataclasses import field as dataclass_field
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from math import isfinite
from sys import float_info
from threading import current_thread, main_thread
from types import FrameType, MappingProxyType, NoneType
from typing import Any, Generic, TypeAlias, TypeVar

from hpobench_tui import own_files
from hpobench_tui.core.command import CommandContext, CommandInfo, CommandResult
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.cost import ill_formed
from hpobench_tui.core.describe import brief, describe
from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.nearest import shown
from hpobench_tui.core.optimizer import Capabilities, Optimizer, OptimizerInfo, Task
from hpobench_tui.core.parameter import Parameter, settings
from hpobench_tui.core.problem import Dimensions, Fidelity, Landmark, Problem, ProblemInfo, Reference
from hpobench_tui.core.text import storable

HERE = "here"
"""Names of what only the Python process that made it can run (``hpo.minimize``) begin with it and a slash."""
COMMON = frozenset(("hpobench", "problem", "problems", "optimizer", "optimizers", "command", "commands", "plugin"))
Info = TypeVar("Info", ProblemInfo, OptimizerInfo, CommandInfo)


@dataclass(frozen=True)
class Registry(Generic[Info]):
    """What is registered, by name in alphabetical order of plug-ins, and what is broken, by plug-in with the reason.

    A plug-in is ``distribution:entry-point``; ``owners`` says which one a name is from.
    Looking up ``name[parameter=value,...]`` gives the description of that variant of a problem.
    """

    kind: str
    found: Mapping[str, Info]
    broken: Mapping[str, str]
    owners: Mapping[str, str] = dataclass_field(default_factory=dict)
    _variants: dict[str, Info] = dataclass_field(default_factory=dict, compare=False)

    def __iter__(self) -> Iterator[Info]:
        """All but those that are only another name of one of them."""
        return (info for info in self.found.values() if not _only_a_name(info))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except HpobenchError:
            return False
        return True

    def __getitem__(self, name: str) -> Info:
        """The description of that name. Its own name is the canonical one: parameters at their default left out, and
        that of the problem that it is ``same_as``.

        Raises:
            HpobenchError: it is not registered, or a parameter is unknown or out of range; or what it is the same as is
                nothing.
        """
        info, names = self.named(name), [name]
        while isinstance(info, ProblemInfo) and info.same_as:
            names.append(info.same_as)
            if names.count(info.same_as) > 1:
                raise HpobenchError(
                    f"problem {name!r} is broken: it is the same as {', which is as '.join(names[1:])}."
                )
            try:
                info = self.named(info.same_as)
            except HpobenchError as error:
                raise HpobenchError(
                    f"problem {names[-2]!r} is broken: it is the same as {names[-1]}; {error}"
                ) from error
        return info

    def named(self, name: str) -> Info:
        """The description under that very name, which may say that it is ``same_as`` another.

        Raises:
            HpobenchError: as above.
        """
        if (info := self.found.get(name) or self._variants.get(name)) is None:
            base, given = read_variant(name)
            if base not in self.found:
                raise self.unknown(base)
            info = self._variants[name] = variant(self.found[base], given)
        return info

    def beside(self, own: Mapping[str, Info]) -> "Registry[Info]":
        """The same with an experiment's own beside them, which come first."""
        return replace(self, found={**self.found, **own}, _variants={}) if own else self

    def unknown(
        self, name: str, kind: str | None = None, also: Mapping[str, Sequence[str]] = MappingProxyType({})
    ) -> HpobenchError:
        """The error for a name that is not registered, which may be a broken plug-in's fault.

        Args:
            also: Other names that would be valid, by their title.
        """
        if name.startswith(f"{HERE}/"):
            return HpobenchError(
                f"{self.kind} {shown(name)} was given to hpo.minimize in a Python process, and nothing else can run it:"
                " call hpo.minimize again, or put it into a file, which can be named (`./mine.py:Name`)."
            )
        valid = {**also, **self.groups()}
        return unknown(kind or self.kind, name, valid if len(valid) > 1 else list(self.found), self.suspects(name))

    def groups(self) -> dict[str, list[str]]:
        """The names: problems by suite, the others by the package that has their code."""
        groups: dict[str, list[str]] = {}
        for name, info in self.found.items():
            groups.setdefault(info.suite if isinstance(info, ProblemInfo) else _family(info.load), []).append(name)
        return groups

    def suspects(self, name: str) -> str:
        """The broken plug-ins that may have the name: those that share a word with it, else all."""
        words = _words(name)
        likely = {
            owner: reason
            for owner, reason in self.broken.items()
            if words & _words(f"{owner} {reason.partition(': ')[0]}")
        }
        if likely:
            return f"It may be of a plug-in that could not be loaded: {_told(likely)}."
        return f"These plug-ins could not be loaded: {_told(self.broken)}." if self.broken else ""


AnyRegistry: TypeAlias = Registry[ProblemInfo] | Registry[OptimizerInfo] | Registry[CommandInfo]


def _only_a_name(info: Info) -> bool:
    return isinstance(info, ProblemInfo) and info.same_as is not None and not info.parameters


@cache
def problems() -> Registry[ProblemInfo]:
    """Every registered problem."""
    return _collect("problem", "hpobench.problems", ProblemInfo, lambda info: info.id)


@cache
def optimizers() -> Registry[OptimizerInfo]:
    """Every registered optimizer."""
    return _collect("optimizer", "hpobench.optimizers", OptimizerInfo, lambda info: info.name)


@cache
def commands() -> Registry[CommandInfo]:
    """Every registered command."""
    return _collect("command", "hpobench.commands", CommandInfo, lambda info: info.name)


def perform(info: CommandInfo, context: CommandContext, parameters: Mapping[str, Value]) -> CommandResult:
    """Import a command and do it (heavy). What it prints goes to standard error: its result is what is shown.

    Raises:
        HpobenchError: an extra it needs is missing, or what it raises itself.
    """
    _require(info)
    with redirect_stdout(sys.stderr):  # standard output may be read as JSON
        result: CommandResult = _attribute(info.load)(context, **parameters)
    return result


def import_needed(
    *infos: ProblemInfo | OptimizerInfo, imported: Callable[[str, bool], None] | None = None, spaces: bool = True
) -> None:
    """Import the libraries that the code requires and the modules that hold it, so that nothing is imported in mid-run.

    Args:
        imported: Called after each module (of local modules beside a file: before), and told whether it is a library.
        spaces: Also what makes spaces, which takes a second.

    Raises:
        HpobenchError: an extra is missing.
    """
    for info in infos:
        _require(info)
    if imported:
        for module in own_files.local_modules():  # before they are: what they hold is looked after, too
            imported(module, False)
    libraries = [*(["ConfigSpace"] if spaces else []), *(module for info in infos for module in info.requires)]
    for module in (*libraries, *(info.load.partition(":")[0] for info in infos)):
        import_module(module)
        if imported:
            imported(module, module in libraries)


def load_problem(info: ProblemInfo) -> Problem:
    """Import and make the problem (heavy: in workers only).

    Raises:
        HpobenchError: an extra it needs is missing.
    """
    _require(info)
    found = _attribute(info.load)
    problem: Problem = (
        own_files.as_problem(found, info.arguments) if own_files.is_own(info.load) else found(**info.arguments)
    )
    return problem


def build_optimizer(info: OptimizerInfo, task: Task) -> Optimizer:
    """Import and build the optimizer (heavy: in workers only).

    Raises:
        HpobenchError: an extra it needs is missing.
    """
    _require(info)
    found = _attribute(info.load)
    optimizer: Optimizer = own_files.as_optimizer(found, task) if own_files.is_own(info.load) else found(task)
    return optimizer


def read_variant(name: str) -> tuple[str, dict[str, str]]:
    """``"suite/name[a=1,b=x]"`` as the name and its settings, as written.

    Raises:
        HpobenchError: it does not read like that.
    """
    base, bracket, rest = name.partition("[")
    if not bracket:
        return name, {}
    pairs = [pair.partition("=") for pair in rest.removesuffix("]").split(",")]
    given = {key.strip(): value.strip() for key, _, value in pairs}
    if not rest.endswith("]") or not all(key.strip() and equals and value for key, equals, value in pairs):
        raise HpobenchError(f"{name!r} cannot be read; parameters are given as in {base}[name=value,name=value].")
    if len(given) < len(pairs):
        raise HpobenchError(f"{name!r} sets a parameter twice.")
    return base, given


def variant(info: Info, given: Mapping[str, Value]) -> Info:
    """The description of a problem with these parameters; values may be texts, as a person writes them.

    Raises:
        HpobenchError: a parameter is unknown or out of range, or the description takes none.
    """
    if not given:
        return info
    if not isinstance(info, ProblemInfo):
        raise HpobenchError(f"the parameters of {info.name} are set beside its name: {{ name = {info.name!r}, ... }}.")
    owner = f"problem {info.id!r}"
    own = own_files.is_own(info.load)
    if not info.parameters or (info.vary is None and not own):
        raise HpobenchError(f"{owner} has no parameters to set; given: {', '.join(given)}.")
    known = {p.name: p for p in info.parameters}
    read = {
        name: known[name].read(value, owner) if isinstance(value, str) and name in known else value
        for name, value in given.items()
    }
    chosen = settings(info.parameters, read, owner)
    varied = [f"{p.name}={_written(chosen[p.name])}" for p in info.parameters if chosen[p.name] != p.default]
    if not varied:
        return info
    try:
        made: ProblemInfo = own_files.varied(info, chosen) if own else _attribute(str(info.vary))(**chosen)
    except HpobenchError as error:
        raise HpobenchError(f"{owner}: {error}") from error
    except Exception as error:  # somebody else's code, called while a person's file is read
        raise HpobenchError(f"{owner} is broken: {info.vary or info.load} raised {describe(error)}.") from error
    complaint = ill_typed(made) if isinstance(made, ProblemInfo) else f"must return a ProblemInfo, not {brief(made)}"
    if complaint:
        raise HpobenchError(f"{owner} is broken: {info.vary or info.load}: {complaint}.")
    return replace(made, id=f"{info.id}[{','.join(varied)}]")


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _require(info: ProblemInfo | OptimizerInfo | CommandInfo) -> None:
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
        with _interrupts() as pressed, redirect_stdout(sys.stderr):  # standard output may be read as JSON
            try:
                value = point.load()
                infos = (value,) if isinstance(value, cls) else tuple(value)
            except BaseException as error:  # an import can raise anything, and must not stop the rest
                if pressed:
                    raise
                broken[owner] = f"{point.value}: {describe(error)}"
                continue
        for info in infos:
            complaint = ill_typed(info) if isinstance(info, cls) else f"must be a {cls.__name__}, found {brief(info)}"
            if complaint:
                complaint = f"{point.value}: {complaint}"
            elif (name := name_of(info)) in found:
                complaint = f"{kind} {name!r} is already registered by {owners[name]}"
            else:
                found[name] = info
                owners[name] = owner
                continue
            broken[owner] = f"{broken[owner]}; {complaint}" if owner in broken else complaint
    return Registry(kind, MappingProxyType(found), MappingProxyType(broken), MappingProxyType(owners))


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Gets an entry when Ctrl-C is pressed: a plug-in's own KeyboardInterrupt is no reason to end the program."""
    pressed: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        signal.default_int_handler(number, frame)

    ours = current_thread() is main_thread() and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _told(broken: Mapping[str, str]) -> str:
    return "; ".join(f"{owner} ({reason})" for owner, reason in broken.items())


def _words(text: str) -> set[str]:
    """The words of a name, but for those that say nothing of whose it is."""
    return {word for word in re.split(r"[^a-z0-9]+", text.lower()) if len(word) > 1} - COMMON


def _family(load: str) -> str:
    """``package.family.module:attribute`` as its family, which may have several parts, else as its package."""
    package, *inner = load.partition(":")[0].split(".")
    return " ".join(inner[:-1]).replace("_", " ") or package


NUMBER = (int, float)
MOST_TARGETS = 1000
"""Each run of the problem keeps them."""
DEVICES = {"cpu", "cuda"}
"""Where trainings can be told to run."""
TYPES: Mapping[type, Mapping[str, tuple[type, ...]]] = {
    ProblemInfo: {
        "id": (str,), "summary": (str,), "load": (str,), "dimensions": (Dimensions,), "reference": (Reference,),
        "fidelity": (Fidelity, NoneType), "seconds": NUMBER, "devices": (tuple,), "requires": (Mapping,),
        "tags": (tuple,), "reward": (str, NoneType), "noisy": (bool,), "costs": (bool,),
        "loss_range": (tuple, NoneType), "parameters": (tuple,), "vary": (str, NoneType), "arguments": (Mapping,),
        "measure": (Measure,), "tolerance": (*NUMBER, NoneType), "same_as": (str, NoneType),
        "landmarks": (tuple,), "targets": (tuple,),
    },
    OptimizerInfo: {
        "name": (str,), "summary": (str,), "load": (str,), "capabilities": (Capabilities,), "parameters": (tuple,),
        "requires": (Mapping,), "source": (str,), "cost": (Mapping,), "horizon": (str,),
    },
    CommandInfo: {
        "name": (str,), "summary": (str,), "load": (str,), "parameters": (tuple,), "experiment": (bool,),
        "requires": (Mapping,),
    },
    Reference: {"loss": NUMBER, "source": (str,), "exact": (bool,)},
    Landmark: {"name": (str,), "loss": NUMBER, "source": (str,)},
    Fidelity: {"name": (str,), "minimum": (int,), "maximum": (int,), "resumable": (bool,), "step": (int, NoneType)},
    Dimensions: dict.fromkeys(Dimensions.__dataclass_fields__, (int,)),
    Capabilities: dict.fromkeys(Capabilities.__dataclass_fields__, (bool,)),
    Parameter: {"name": (str,), "default": (str, int, float), "help": (str,), "choices": (tuple,)},
}  # fmt: skip
LOAD = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
PARAMETER = re.compile(r"[^\W\d][\w.-]*")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)?")


def ill_typed(info: object) -> str | None:
    """What is wrong with the types in a description, so that no listing stumbles over it later."""
    for field, types in TYPES[type(info)].items():
        value = getattr(info, field)
        if not isinstance(value, types):
            names = " or ".join(t.__name__ for t in types)
            return f"{type(info).__name__}: field {field!r} must be {names}, not {brief(value)}"
        if isinstance(value, str) and not value.isprintable() and storable(value) != value:
            return f"{type(info).__name__}: field {field!r} must be valid Unicode without NUL, not {brief(value)}"
        if type(value) in TYPES and (complaint := ill_typed(value)):
            return complaint
    for field, types in (
        ("devices", (str,)), ("tags", (str,)), ("parameters", (Parameter,)), ("landmarks", (Landmark,)),
        ("targets", NUMBER),
    ):  # fmt: skip
        for element in getattr(info, field, ()):
            if not isinstance(element, types):
                return f"{type(info).__name__}: {field} must hold {types[0].__name__}, not {brief(element)}"
            if type(element) in TYPES and (complaint := ill_typed(element)):
                return complaint
    if not all(isinstance(text, str) for pair in getattr(info, "requires", {}).items() for text in pair):
        return f"{type(info).__name__}: requires must map module names to extras"
    if isinstance(info, OptimizerInfo) and (complaint := ill_formed(info.cost)):
        return f"{type(info).__name__}: {complaint}"
    if isinstance(info, (ProblemInfo, OptimizerInfo, CommandInfo)) and not (
        LOAD.fullmatch(info.load) or own_files.is_own(info.load)
    ):
        return f"{type(info).__name__}: load must be 'package.module:attribute', not {brief(info.load)}"
    if isinstance(info, ProblemInfo) and (complaint := _ill_valued(info)):
        return f"{type(info).__name__}: {complaint}"
    if isinstance(info, (ProblemInfo, OptimizerInfo)):
        name = info.id if isinstance(info, ProblemInfo) else info.name
        if not (NAME.fullmatch(name) or own_files.is_own(info.load)):
            return f"the name {shown(name)} must be made of letters, digits and ._+- (and one / after the suite)"
    if isinstance(info, Parameter) and not PARAMETER.fullmatch(info.name):
        return f"the name of parameter {shown(info.name)} must be made of letters, digits and ._-"
    return None


def _ill_valued(info: ProblemInfo) -> str | None:
    """What is wrong with the numbers in a problem's description."""
    if not isfinite(info.reference.loss):
        return f"the reference loss must be a finite number, not {info.reference.loss}"
    if not (isfinite(info.seconds) and info.seconds >= 0):
        return f"seconds must be a number, 0 or more, not {info.seconds}"
    if min(astuple(info.dimensions)) < 0:
        return f"dimensions must be numbers, 0 or more, not {brief(info.dimensions)}"
    if not info.devices or not set(info.devices) <= DEVICES:
        return f"devices must be some of {', '.join(sorted(DEVICES))}, not {brief(info.devices)}"
    bounds = info.loss_range
    if bounds is not None and not (
        len(bounds) == 2 and all(isinstance(bound, NUMBER) for bound in bounds) and bounds[0] < bounds[1]
    ):
        return f"loss_range must be a lower and a higher loss, not {brief(bounds)}"
    if len(info.targets) > MOST_TARGETS:
        return f"targets must be {MOST_TARGETS} at most, not {len(info.targets)}"
    if not all(0 < t <= float_info.max for t in info.targets) or sorted({*info.targets}, reverse=True) != [
        *info.targets
    ]:
        return f"targets must be regrets above 0, each lower than the one before, not {brief(info.targets)}"
    return None
