"""A worker serves many runs: what one leaves behind in the process must not reach the next.

Else results would depend on the order of runs and on the number of workers. So the process's state
(``engine.running.aspects``, the attributes of well-known modules, what stands in ``sys.modules``) is compared after
each run with what it was when the run's code had been imported:

* What differs is **put back**, and told. Where that cannot be done, the worker is **replaced**.
* What differs after a run in which something was **imported in mid-run** may be what that import does once a process,
  for everyone who uses the module: the worker is replaced.
* What changes while a run's own code is imported belongs to that code: the worker is **bound** to it and serves only
  runs of it from then on. Environment variables that the libraries in ``requires`` add (scikit-learn and ioh do) stay.

Context variables (NumPy 2's error state and print options, the decimal context) need none of this: each run has a
context of its own, and its problem another. Global random generators are seeded before each run, torch's also where a
run imports it (``engine.running.seeding``); those that modules and classes of a run's package hold are
set back to where they were.

A look takes 0.2 ms.
"""

import gc
import os
import pickle
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.engine.running.aspects import ABSENT, ASPECTS, Aspect, Values

LIBRARIES = ("torch", "torch._dynamo", "sklearn")
"""Libraries that are often imported in mid-run (``torch.optim`` imports the second) and change the process then."""
WELL_KNOWN = (
    "builtins", "math", "random", "time", "os", "json", "numpy", "numpy.random", "numpy.linalg", "scipy.optimize",
    "ConfigSpace", "torch", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.optim", "torch.utils.data",
    "sklearn", "sklearn.base", "optuna", "skopt", "hpobench_tui.core.problem", "hpobench_tui.core.optimizer",
)  # fmt: skip
"""Modules whose attributes somebody might replace."""
WELL_KNOWN_CLASSES = ("random", "ConfigSpace", "torch.nn", "sklearn.base", "hpobench_tui.core.problem")
"""Those of them whose classes' attributes are looked at, too (torch.optim replaces some of its own)."""
GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
"""What a module or its classes may hold in a name: it draws the same in every run, as in a new process."""
PLAIN = (str, int, float, bool, tuple)
Before: TypeAlias = tuple[set[str], dict[ModuleType | type, Values]]
"""Names of environment variables, and attributes, as they were when a library's import began."""
TOLD = 8
"""Names of one aspect that are told."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``values`` are to be put back by ``write``, or None where that cannot be done."""

    aspect: str
    values: Values
    write: Callable[[Values], object] | None
    quiet: bool = False
    kept: bool = False

    def __str__(self) -> str:
        names = sorted(name for name in self.values if name)
        more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
        return f"{self.aspect} {', '.join(names[:TOLD])}{more}".strip()


@dataclass(frozen=True, slots=True)
class Left:
    """What a run left behind, in words, and whether its process has to be replaced for it."""

    what: str
    replace: bool


class ProcessState:
    """The state that the runs of this process find."""

    def __init__(self) -> None:
        self._aspects: dict[Aspect, Values] = {}
        self._attributes: dict[ModuleType | type, Values] = {}
        self._modules: Values = {}
        self._bound: set[str] = set()
        self._owners: set[str] = set()
        self._generators: dict[str, tuple[object, bytes]] = {}
        self.take()

    def fits(self, problem: ProblemInfo, optimizer: OptimizerInfo) -> bool:
        """Whether this process may serve such a run: whatever it is bound to is part of it."""
        modules = {info.load.partition(":")[0] for info in (problem, optimizer)}
        return self._bound <= modules | problem.requires.keys() | optimizer.requires.keys()

    def imported(self, module: str, library: bool) -> None:
        """A module of a run's code has been imported: what that changed stays.

        Args:
            library: It is one that the run's code requires, so that environment variables which it adds are harmless.
        """
        if not library:
            self._owners.add(module.partition(".")[0])
        if len(sys.modules) == len(self._modules):
            return  # it was there already
        for difference in self._differences():
            added = library and all(value is ABSENT for value in difference.values.values())
            if not (difference.quiet or difference.kept) and not (
                added and difference.aspect == "environment variable"
            ):
                self._bound.add(module)
        self.take()

    def importing(self) -> Before:
        """A library of :data:`LIBRARIES` is about to be imported, by whomever: what it may change."""
        return set(os.environ), {owner: dict(vars(owner)) for owner in self._attributes}

    def fresh(self, module: str, before: Before) -> None:
        """It has been imported: its settings are looked at from now on, and what it did to the process stays.

        That is: environment variables that it added, and attributes that it replaced.
        """
        names, attributes = before
        for aspect, values in self._aspects.items():
            if aspect.name == "environment variable":
                values.update({name: value for name, value in os.environ.items() if name not in names})
        for owner, old in attributes.items():
            new = {name: value for name, value in vars(owner).items() if old.get(name, ABSENT) is not value}
            self._attributes[owner].update(new)
        for aspect in ASPECTS:
            if aspect.module == module:
                self._aspects[aspect] = aspect.read()

    def restore(self) -> Left | None:
        """Put back what differs; None where nothing does, or nothing worth telling."""
        found = self._differences()
        if any(difference.write is None for difference in found):
            gc.collect()  # what nobody holds any more closes its files
            found = self._differences()
        grown = len(sys.modules) > len(self._modules)
        if new := dict(self._held(sys.modules.keys() - self._modules.keys())):
            found.append(Difference("generator", new, None))  # nobody knows where it was when its module was imported
        found = [difference for difference in found if not (grown and difference.kept)]
        if not found:
            if grown:
                self.take()  # harmless imports in mid-run
            return None
        told = [difference for difference in found if not (grown and difference.quiet)]
        lasting = grown and bool(told)
        for difference in found:
            lasting |= not _put_back(difference)
        lasting = lasting or bool(self._differences())
        if grown and not lasting:
            self.take()
        return Left("; ".join(map(str, told)), lasting) if told or lasting else None

    def take(self) -> None:
        """What is there now is what runs are to find."""
        self._aspects = {aspect: aspect.read() for aspect in ASPECTS if _there(aspect)}
        self._modules = dict(sys.modules)
        self._attributes = {owner: dict(vars(owner)) for owner in _well_known()}
        self._generators = dict(self._held(self._modules))

    def _held(self, modules: Iterable[str]) -> Iterator[tuple[str, tuple[object, bytes]]]:
        """The generators in those of the modules that are of the run's code, and in their classes, and their states.

        Their types are looked at, not they themselves: some objects do something when they are asked for their class.
        """
        for name in modules:
            if name.partition(".")[0] not in self._owners or not isinstance(
                module := sys.modules.get(name), ModuleType
            ):
                continue
            for attribute, value in list(vars(module).items()):
                if issubclass(type(value), type) and value.__module__ == name:
                    inner = [(f"{attribute}.{n}", v) for n, v in vars(value).items()]
                else:
                    inner = [(attribute, value)]
                for path, held in inner:
                    if issubclass(type(held), GENERATORS) and (state := _state(held)) is not None:
                        yield f"{name}.{path}", (held, state)

    def _differences(self) -> list[Difference]:
        found = []
        drawn = {name: g for name, g in self._generators.items() if _state(g[0]) != g[1]}
        if drawn:
            found.append(Difference("generator", drawn, _rewind))
        for aspect, before in self._aspects.items():
            now = aspect.read()
            if now != before and (values := _changed(before, now)):
                found.append(Difference(aspect.name, values, aspect.write, aspect.quiet, aspect.kept))
        if not _same(self._modules, sys.modules):
            added = {name: ABSENT for name in sys.modules.keys() - self._modules.keys() if _is_stand_in(name)}
            if values := _changed_objects(self._modules, sys.modules) | added:
                found.append(Difference("sys.modules", values, partial(_write_items, sys.modules)))
        for owner, before in self._attributes.items():
            if not _same(before, vars(owner)) and (values := _changed_attributes(owner, before)):
                found.append(Difference(f"attribute of {_name(owner)}", values, partial(_write_attributes, owner)))
        return found


def _well_known() -> Iterator[ModuleType | type]:
    for name in WELL_KNOWN:
        if not isinstance(module := sys.modules.get(name), ModuleType):
            continue
        yield module
        if name in WELL_KNOWN_CLASSES:
            package = name.partition(".")[0]
            classes = {value for value in vars(module).values() if isinstance(value, type)}
            yield from (cls for cls in classes if cls.__module__.partition(".")[0] == package)


def _name(owner: ModuleType | type) -> str:
    return owner.__name__ if isinstance(owner, ModuleType) else f"{owner.__module__}.{owner.__qualname__}"


def _is_stand_in(name: str) -> bool:
    """Whether somebody put something else than a module into ``sys.modules``, so that nobody finds the real one."""
    module = sys.modules.get(name)
    if module is None:
        return True
    made = "." in name or name.startswith("_") or name == "cython_runtime"  # as extension modules make some
    return not made and getattr(module, "__spec__", None) is None


def _state(generator: object) -> bytes | None:
    """Where a generator is; None of the global ones, which are seeded for each run, and of what has no state."""
    if generator is np.random.mtrand._rand or generator is getattr(random, "_inst"):  # noqa: B009
        return None
    try:
        if isinstance(generator, np.random.Generator):
            return pickle.dumps(generator.bit_generator.state)
        return pickle.dumps(getattr(generator, "getstate" if isinstance(generator, random.Random) else "get_state")())
    except (NotImplementedError, TypeError, AttributeError, pickle.PicklingError):  # such as random.SystemRandom
        return None


def _rewind(generators: Values) -> None:
    for generator, pickled in generators.values():
        state = pickle.loads(pickled)
        if isinstance(generator, np.random.Generator):
            generator.bit_generator.state = state
        elif isinstance(generator, random.Random):
            generator.setstate(state)
        else:
            generator.set_state(state)


def _write_items(items: dict[str, Any], values: Values) -> None:
    for name, value in values.items():
        if value is ABSENT:
            items.pop(name, None)
        else:
            items[name] = value


def _write_attributes(owner: ModuleType | type, values: Values) -> None:
    if isinstance(owner, ModuleType):
        _write_items(vars(owner), values)
        return
    for name, value in values.items():
        setattr(owner, name, value)


def _there(aspect: Aspect) -> bool:
    return aspect.module is None or aspect.module in sys.modules


def _changed(before: Values, now: Values) -> Values:
    changed = {name: value for name, value in before.items() if now.get(name, ABSENT) != value}
    return changed | {name: ABSENT for name in now if name not in before}


def _same(before: Values, now: Mapping[str, Any]) -> bool:
    """Quickly, whether nothing was replaced, added or removed; the same objects are not compared any further."""
    try:
        return bool(before == now)
    except (TypeError, ValueError):  # an array in place of another has no truth
        return False


def _changed_objects(before: Values, now: Mapping[str, Any]) -> Values:
    return {
        name: value
        for name, value in before.items()
        if (new := now.get(name, ABSENT)) is not value
        and not (type(new) is type(value) and type(value) in PLAIN and new == value)
    }


def _changed_attributes(owner: ModuleType | type, before: Values) -> Values:
    """What was replaced or removed; of a module also what was added, but for its package's own modules and classes."""
    now = vars(owner)
    changed = _changed_objects(before, now)
    if isinstance(owner, ModuleType):
        for name in now.keys() - before.keys():
            value = now[name]
            own = isinstance(value, type) and value.__module__.partition(".")[0] == owner.__name__.partition(".")[0]
            if not (own or isinstance(value, ModuleType) or name.startswith("__")):
                changed[name] = ABSENT
    return changed


def _put_back(difference: Difference) -> bool:
    if difference.write is None:
        return False
    try:
        difference.write(dict(difference.values))
    except (OSError, ValueError, TypeError, RuntimeError, AttributeError, KeyError):
        return False  # the process is replaced, which mends everything
    return True


class ImportWatch(MetaPathFinder):
    """Calls ``begin`` before one of ``modules`` is imported, and then ``done`` with its name and that."""

    def __init__(
        self, modules: Iterable[str], begin: Callable[[], Before], done: Callable[[str, Before], None]
    ) -> None:
        self._modules, self._begin, self._done = set(modules), begin, done

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module's own spec, its loader wrapped."""
        if name not in self._modules:
            return None
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target) if finder is not self else None
            if spec is not None and spec.loader is not None:
                spec.loader = _Announcing(spec.loader, self._begin, partial(self._done, name))
                return spec
        return None


class _Announcing(Loader):
    def __init__(self, loader: Loader, begin: Callable[[], Before], done: Callable[[Before], None]) -> None:
        self._loader, self._begin, self._done = loader, begin, done

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader  # as if it had been found in the usual way
        before = self._begin()
        self._loader.exec_module(module)
        self._done(before)
