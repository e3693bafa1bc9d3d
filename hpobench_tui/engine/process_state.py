"""A worker serves many runs: what one leaves behind in the process must not reach the next.

Else results would depend on the order of runs and on the number of workers. So the process's state (``engine.aspects``,
the attributes of well-known modules, what stands in ``sys.modules``) is compared after each run with what it was when
the run's code had been imported:

* What differs is **put back**, and told. Where that cannot be done, the worker is **replaced**.
* What differs after a run in which something was **imported in mid-run** may be what that import does once a process,
  for everyone who uses the module: the worker is replaced.
* What changes while a run's own code is imported belongs to that code: the worker is **bound** to it and serves only
  runs of it from then on. Environment variables that the libraries in ``requires`` add (scikit-learn and ioh do) stay.

Context variables (NumPy 2's error state and print options, the decimal context) need none of this: each run has a
context of its own, and its problem another. Global random generators are seeded before each run, torch's also where a
run imports it (``engine.seeding``); those that the modules of a run's code hold are set back to where they were.

A look takes 0.3 ms.
"""

import gc
import operator
import pickle
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np

from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.engine.aspects import ABSENT, ASPECTS, Aspect, Values

WELL_KNOWN = (
    "builtins", "math", "random", "time", "os", "json", "copy", "functools", "itertools", "numpy", "numpy.random",
    "numpy.linalg", "scipy.optimize", "scipy.stats", "ConfigSpace", "torch", "torch.nn", "torch.nn.functional",
    "torch.nn.init", "torch.optim", "sklearn", "optuna", "skopt", "hpobench_tui.core.problem",
    "hpobench_tui.core.optimizer",
)  # fmt: skip
"""Modules whose attributes somebody might replace."""
GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
"""What a module may hold in a global name: it draws the same in every run, as in a new process."""
TOLD = 8
"""Names of one aspect that are told."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``values`` are to be put back by ``write``, or None where that cannot be done."""

    aspect: str
    values: Values
    write: Callable[[Values], object] | None
    quiet: bool = False

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
        self._attributes: dict[ModuleType, Values] = {}
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
            if not difference.quiet and not (added and difference.aspect == "environment variable"):
                self._bound.add(module)
        self.take()

    def fresh(self, module: str) -> None:
        """A library whose settings are looked at has just been imported, by whomever."""
        for aspect in ASPECTS:
            if aspect.module == module:
                self._aspects[aspect] = aspect.read()

    def restore(self) -> Left | None:
        """Put back what differs; None where nothing does, or nothing worth telling."""
        found = self._differences()
        if any(difference.write is None for difference in found):
            gc.collect()  # what nobody holds any more closes its files
            found = self._differences()
        if not found:
            if len(sys.modules) > len(self._modules):
                self.take()  # harmless imports in mid-run
            return None
        grown = len(sys.modules) > len(self._modules)
        told = [difference for difference in found if not (grown and difference.quiet)]
        lasting = grown and bool(told)
        for difference in found:
            lasting |= not _put_back(difference)
        lasting = lasting or bool(self._differences())
        return Left("; ".join(map(str, told)), lasting) if told or lasting else None

    def take(self) -> None:
        """What is there now is what runs are to find."""
        self._aspects = {aspect: aspect.read() for aspect in ASPECTS if _there(aspect)}
        self._modules = dict(sys.modules)
        self._attributes = {m: dict(vars(m)) for name in WELL_KNOWN if (m := self._modules.get(name)) is not None}

        self._generators = {
            f"{name}.{attribute}": (value, pickle.dumps(value))
            for name, module in self._modules.items()
            if name.partition(".")[0] in self._owners
            for attribute, value in vars(module).items()
            if isinstance(value, GENERATORS)
        }

    def _differences(self) -> list[Difference]:
        found = []
        drawn = {name: g for name, g in self._generators.items() if pickle.dumps(g[0]) != g[1]}
        if drawn:
            found.append(Difference("generator", drawn, _rewind))
        for aspect, before in self._aspects.items():
            now = aspect.read()
            if now != before and (values := _changed(before, now)):
                found.append(Difference(aspect.name, values, aspect.write, aspect.quiet))
        if not _same(self._modules, sys.modules) and (values := _changed_objects(self._modules, sys.modules)):
            found.append(Difference("sys.modules", values, sys.modules.update))
        for module, attributes in self._attributes.items():
            if not _same(attributes, vars(module)) and (values := _changed_objects(attributes, vars(module))):
                found.append(Difference(f"attribute of {module.__name__}", values, vars(module).update))
        return found


def _rewind(generators: Values) -> None:
    for generator, pickled in generators.values():
        before = pickle.loads(pickled)
        if isinstance(generator, np.random.Generator):
            generator.bit_generator.state = before.bit_generator.state
        else:
            generator.__setstate__(before.__getstate__())


def _there(aspect: Aspect) -> bool:
    return aspect.module is None or aspect.module in sys.modules


def _changed(before: Values, now: Values) -> Values:
    changed = {name: value for name, value in before.items() if now.get(name, ABSENT) != value}
    return changed | {name: ABSENT for name in now if name not in before}


def _same(before: Values, now: Values) -> bool:
    """Quickly, whether no object was replaced; what was added may make it False, too."""
    return len(before) == len(now) and all(map(operator.is_, before.values(), now.values()))


def _changed_objects(before: Values, now: Values) -> Values:
    return {name: value for name, value in before.items() if now.get(name, ABSENT) is not value}


def _put_back(difference: Difference) -> bool:
    if difference.write is None:
        return False
    try:
        difference.write(dict(difference.values))
    except (OSError, ValueError, TypeError, RuntimeError, AttributeError, KeyError):
        return False  # the process is replaced, which mends everything
    return True


class ImportWatch(MetaPathFinder):
    """Calls ``done`` with the name of one of ``modules`` as soon as it has been imported, by whomever."""

    def __init__(self, modules: Iterable[str], done: Callable[[str], None]) -> None:
        self._modules, self._done = set(modules), done

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module's own spec, its loader wrapped."""
        if name not in self._modules:
            return None
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target) if finder is not self else None
            if spec is not None and spec.loader is not None:
                spec.loader = _Announcing(spec.loader, lambda: self._done(name))
                return spec
        return None


class _Announcing(Loader):
    def __init__(self, loader: Loader, done: Callable[[], None]) -> None:
        self._loader, self._done = loader, done

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader  # as if it had been found in the usual way
        self._loader.exec_module(module)
        self._done()
