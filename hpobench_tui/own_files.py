"""What a person's own file holds: ``mine.py:Sphere`` as a problem, ``mine.py:HillClimber`` as an optimizer.

The file is imported as ``hpobench_code.mine`` from the folder that its sources were copied into (:func:`use`), so that
its name clashes with nothing that is installed. Local modules that it imports come from there, too, before any others
of that name, as in a script. What may stand in a file:

* a ``ProblemInfo`` or ``OptimizerInfo``, as plug-ins have it; ``load`` and ``vary`` name the file's own module;
* a problem's class (``space`` and ``start``), or a function of a configuration with a ``space``, or a class whose
  objects are called so. ``space`` is a ``ConfigurationSpace``, or what makes one (``{"x": (-5.0, 5.0)}``), or returns
  it. The fields of ``ProblemInfo`` may be given as attributes: ``reference``, ``fidelity``, ``noisy``, …;
* an optimizer's class (``ask`` and ``tell``), or a function that returns one, called with the ``Task``; it may have
  ``capabilities``, ``requires``, ``summary`` and ``source``.

What else a class (or such a function) takes, with a default that is a number, text or a bool, becomes a parameter.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from hpobench_tui.core.configuration import Configuration, Value
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.optimizer import Capabilities, OptimizerInfo, Task
from hpobench_tui.core.parameter import READ, Parameter
from hpobench_tui.core.problem import Dimensions, Fidelity, Problem, ProblemInfo, Reference, Report

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

PACKAGE = "hpobench_code"
"""The package that such files are modules of."""
FOLDER = "code"
"""Of an experiment: where its own files are."""
UNKNOWN_REFERENCE = Reference(0.0, "unknown: the file states no reference", exact=False)
GIVEN = tuple(
    field.name
    for field in fields(ProblemInfo)
    if field.name not in ("id", "load", "dimensions", "parameters", "vary", "arguments", "same_as")
)
"""What a problem's file may say of it, by attribute."""
Lookup: TypeAlias = Callable[[str], Mapping[str, str]]
"""A top-level module's name to its sources by file; empty where it is not local."""


def is_own(load: str) -> bool:
    """Whether a description's ``load`` leads into such a file."""
    return load.startswith(f"{PACKAGE}.")


def module_file(load: str) -> str:
    """The name of the file that it leads into."""
    return f"{load.partition(':')[0].removeprefix(f'{PACKAGE}.').partition('.')[0]}.py"


def closure(name: str, lookup: Lookup) -> dict[str, str]:
    """The sources of ``name`` (``mine``) and of all local modules that they import, wherever in them.

    Raises:
        HpobenchError: a file is no Python.
    """
    found: dict[str, str] = dict(lookup(name))
    waiting = list(found)
    while waiting:
        file = waiting.pop()
        own = file.partition("/")[0].removesuffix(".py")
        for top in sorted(imports(file, found[file])):
            if top != own and top not in sys.stdlib_module_names:
                new = {key: text for key, text in lookup(top).items() if key not in found}
                found |= new
                waiting.extend(new)
    return dict(sorted(found.items()))


def among(sources: Mapping[str, str]) -> Lookup:
    """Looks modules up in an experiment's sources."""
    return lambda name: {
        file: text for file, text in sources.items() if file == f"{name}.py" or file.startswith(f"{name}/")
    }


def imports(file: str, source: str) -> set[str]:
    """The top-level names that a source imports.

    Raises:
        HpobenchError: it is no Python.
    """
    try:
        tree = ast.parse(source.encode())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        said = error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__
        raise HpobenchError(f"{file}{where}: no valid Python: {said}.") from error
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level == 1 and "/" not in file and not node.module:
                found |= {name.name for name in node.names}
            elif node.module and (node.level == 0 or "/" not in file):
                found.add(node.module.partition(".")[0])
    return found


def definitions(source: str) -> list[str]:
    """The public names that a source defines at its top level."""
    found: dict[str, None] = {}
    for node in ast.parse(source.encode()).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found[node.name] = None
        elif isinstance(node, ast.Assign):
            found |= {target.id: None for target in node.targets if isinstance(target, ast.Name)}
    return [name for name in found if not name.startswith("_")]


_copies: dict[tuple[tuple[str, str], ...], "TemporaryDirectory[str]"] = {}


class _LocalModules:
    """Finds the local modules that an experiment's own files import from each other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        sources = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
        wanted = set()
        for file, source in sources.items():
            wanted |= imports(file, source) - {file.removesuffix(".py")}
        inner = (imports(str(p), p.read_text(encoding="utf-8")) for p in folder.glob("*/**/*.py"))
        wanted = wanted.union(*inner)
        self.names = {name for name in wanted - sys.stdlib_module_names if self._there(name)}

    def _there(self, name: str) -> bool:
        return (self.folder / f"{name}.py").is_file() or (self.folder / name).is_dir()

    def find_spec(self, name: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if path is not None or name not in self.names:
            return None
        return PathFinder.find_spec(name, [str(self.folder)], target)


def seen(folder: Path, sources: Mapping[str, str]) -> Path:
    """The folder of an experiment's own files, as this process sees it: on another machine a copy, for its lifetime.

    Args:
        sources: Of the files, by name; empty where the folder can be relied on.
    """
    text = {name: source.encode() for name, source in sources.items()}
    if all((folder / name).is_file() and (folder / name).read_bytes() == source for name, source in text.items()):
        return folder
    key = tuple(sorted(sources.items()))
    if key not in _copies:
        copy = TemporaryDirectory(prefix="hpobench-code-")
        for name, source in text.items():
            path = Path(copy.name, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source)
        _copies.clear()
        _copies[key] = copy
    return Path(_copies[key].name)


def use(folder: Path) -> None:
    """Import own files from this folder from now on; what was imported from another one is forgotten."""
    place = str(folder.resolve())
    package = sys.modules.get(PACKAGE)
    if package is not None and list(package.__path__) == [place]:
        return
    for finder in [finder for finder in sys.meta_path if isinstance(finder, _LocalModules)]:
        sys.meta_path.remove(finder)
        for name in list(sys.modules):
            if name.partition(".")[0] in finder.names | {PACKAGE}:
                del sys.modules[name]
    made = ModuleType(PACKAGE, "The files of an experiment.")
    made.__path__ = [place]
    made.__spec__ = ModuleSpec(PACKAGE, None, is_package=True)
    sys.modules[PACKAGE] = made
    sys.meta_path.insert(0, _LocalModules(Path(place)))


def local_modules() -> set[str]:
    """The top-level names of what own files import from beside them, as far as :func:`use` was told of a folder."""
    return {name for finder in sys.meta_path if isinstance(finder, _LocalModules) for name in finder.names}


def as_problem(found: Any, arguments: Mapping[str, Value]) -> Problem:
    """What stands under a problem's name, as one.

    Raises:
        HpobenchError: it is none.
    """
    if isinstance(found, type) or (inspect.isroutine(found) and not hasattr(found, "space")):
        found = found(**arguments)
    if callable(getattr(found, "start", None)) and hasattr(found, "space"):
        if not callable(found.space):
            given = found.space
            found.space = lambda: _space(given)
        made: Problem = found
        return made
    if callable(found) and hasattr(found, "space"):
        return FunctionProblem(found)
    raise HpobenchError(f"it has neither space() and start(), nor a space and is called: {type(found).__name__}.")


class FunctionProblem:
    """A function of a configuration, as a problem. It may take ``seed``, ``device`` and ``fidelity`` by name, too.

    With a fidelity it is called anew for each, from the beginning.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function
        self._takes = taken(function) & {"seed", "device", "fidelity"}

    def space(self) -> "ConfigurationSpace":
        given = self._function.space  # type: ignore[attr-defined]
        return _space(given() if callable(given) else given)

    def start(self, configuration: Configuration, seed: int, device: str) -> "FunctionTraining":
        known = {"seed": seed, "device": device}
        return FunctionTraining(
            self._function, configuration, {name: value for name, value in known.items() if name in self._takes},
            "fidelity" in self._takes,
        )  # fmt: skip


class FunctionTraining:
    """One call of the function, when its value is asked for."""

    def __init__(
        self, function: Callable[..., object], configuration: Configuration, more: Mapping[str, object], fidelity: bool
    ) -> None:
        self._function, self._configuration, self._more, self._fidelity = function, configuration, more, fidelity

    def advance(self, to_fidelity: int) -> Report:
        more = {**self._more, "fidelity": to_fidelity} if self._fidelity else self._more
        value: Any = self._function(dict(self._configuration), **more)
        return value if type(value) is Report else Report(value)


def as_optimizer(found: Any, task: Task) -> Any:
    """What stands under an optimizer's name, built for a task: its parameters are handed over by name."""
    names = taken(found)
    return found(task, **{name: value for name, value in task.parameters.items() if name in names})


def taken(function: Callable[..., object]) -> set[str]:
    """The parameters of a function (of a class: of its objects' making) that can be given by name."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return set()
    return {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}


def _space(given: Any) -> "ConfigurationSpace":
    from ConfigSpace import ConfigurationSpace

    return given if isinstance(given, ConfigurationSpace) else ConfigurationSpace(given)


def describe_problem(found: Any, stem: str, name: str, given: Mapping[str, Value]) -> ProblemInfo:
    """The description of what stands under ``name`` in the file ``stem``, with these settings.

    Raises:
        HpobenchError: it is no problem, or says something of itself that cannot be.
    """
    if isinstance(found, ProblemInfo):
        info = replace(found, load=_inside(found.load, stem), vary=found.vary and _inside(found.vary, stem))
        return replace(info, id=f"{stem}/{name}")
    if isinstance(found, OptimizerInfo) or (hasattr(found, "ask") and hasattr(found, "tell")):
        raise HpobenchError("it is an optimizer, and stands among the problems.")
    if isinstance(found, type) and not (hasattr(found, "start") or _is_called(found)):
        raise HpobenchError("it has no start(configuration, seed, device), nor is it called with a configuration.")
    if not isinstance(found, type) and not callable(found) and not hasattr(found, "start"):
        raise HpobenchError(f"a problem is a class, a function or a ProblemInfo, not {type(found).__name__}.")
    if not hasattr(found, "space"):
        raise HpobenchError(f'it has no space; add one below it, as in {name}.space = {{"x": (-5.0, 5.0)}}.')
    from hpobench_tui.core.space import dimensions_of, space_of

    parameters = _parameters(found, 0) if isinstance(found, type) else ()
    said = _said(found)
    noisy = not isinstance(found, type) and "seed" in taken(found)
    info = ProblemInfo(
        id=f"{stem}/{name}",
        load=f"{PACKAGE}.{stem}:{name}",
        dimensions=Dimensions(),
        parameters=parameters,
        arguments={p.name: p.default for p in parameters} | dict(given),
        **{"summary": _summary(found, name), "reference": UNKNOWN_REFERENCE, "noisy": noisy, **said},
    )
    if "reference" not in said and "measure" not in said:
        info = replace(info, measure=Measure.INCUMBENT)
    return replace(info, dimensions=dimensions_of(space_of(as_problem(found, info.arguments))))


def varied(info: ProblemInfo, chosen: Mapping[str, Value]) -> ProblemInfo:
    """The description of something in a file with other settings: imports the file."""
    stem, _, name = info.id.partition("[")[0].partition("/")
    place, _, attribute = (info.vary or info.load).partition(":")
    found = getattr(import_module(place), attribute)
    return (
        describe_problem(found(**chosen), stem, name, {}) if info.vary else describe_problem(found, stem, name, chosen)
    )


def _is_called(found: type) -> bool:
    """Whether its objects are called, as functions are."""
    return any("__call__" in vars(each) for each in found.__mro__)


def _said(found: Any) -> dict[str, Any]:
    """The fields of a ``ProblemInfo`` that a class or function has as attributes; short forms are written out."""
    said = {name: getattr(found, name) for name in GIVEN if hasattr(found, name)}
    said = {name: value for name, value in said.items() if not callable(value) and not isinstance(value, property)}
    if isinstance(reference := said.get("reference"), (int, float)) and not isinstance(reference, bool):
        said["reference"] = Reference(float(reference), "the problem's file")
    if isinstance(fidelity := said.get("fidelity"), tuple):
        try:
            said["fidelity"] = Fidelity(*fidelity)
        except TypeError as error:
            raise HpobenchError(f'fidelity must be like ("epochs", 1, 27), not {fidelity!r}.') from error
    if isinstance(measure := said.get("measure"), str):
        if measure not in list(Measure):
            raise HpobenchError(f"measure must be one of {', '.join(Measure)}, not {measure!r}.")
        said["measure"] = Measure(measure)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}


def describe_optimizer(found: Any, stem: str, name: str) -> OptimizerInfo:
    """The description of what stands under ``name`` in the file ``stem``.

    Raises:
        HpobenchError: it is no optimizer, or says something of itself that cannot be.
    """
    if isinstance(found, OptimizerInfo):
        return replace(found, name=f"{stem}:{name}", load=_inside(found.load, stem))
    if isinstance(found, ProblemInfo) or (hasattr(found, "space") and not hasattr(found, "ask")):
        raise HpobenchError("it is a problem, and stands among the optimizers.")
    if isinstance(found, type):
        if lacking := [method for method in ("ask", "tell") if not callable(getattr(found, method, None))]:
            raise HpobenchError(f"it has no {' and no '.join(lacking)}; an optimizer has ask() and tell(trial).")
    elif not callable(found):
        raise HpobenchError(f"an optimizer is a class, a function or an OptimizerInfo, not {type(found).__name__}.")
    try:
        inspect.signature(found).bind(None)
    except TypeError as error:
        raise HpobenchError(f"it must be made with a Task alone, as in __init__(self, task): {error}.") from error
    except ValueError:
        pass
    capabilities = getattr(found, "capabilities", Capabilities())
    if isinstance(capabilities, Mapping):
        try:
            capabilities = Capabilities(**capabilities)
        except TypeError as error:
            names = ", ".join(field.name for field in fields(Capabilities))
            raise HpobenchError(f"capabilities may have {names}: {error}.") from error
    return OptimizerInfo(
        name=f"{stem}:{name}",
        summary=getattr(found, "summary", _summary(found, name)),
        load=f"{PACKAGE}.{stem}:{name}",
        capabilities=capabilities,
        parameters=_parameters(found, 1),
        requires=getattr(found, "requires", {}),
        source=getattr(found, "source", ""),
    )


def _inside(load: str, stem: str) -> str:
    """``mine:Sphere`` in the file ``mine.py`` as it is imported; what is of another package stays."""
    module, _, attribute = load.partition(":")
    return f"{PACKAGE}.{load}" if module.partition(".")[0] == stem and attribute else load


def _parameters(found: Callable[..., object], skip: int) -> tuple[Parameter, ...]:
    """What it takes beyond the first ``skip``, with defaults that a setting can have."""
    try:
        listed = list(inspect.signature(found).parameters.values())[skip:]
    except (TypeError, ValueError):
        return ()
    names = taken(found)
    return tuple(
        Parameter(p.name, p.default, "As its file says.") for p in listed if p.name in names and type(p.default) in READ
    )


def _summary(found: Any, name: str) -> str:
    """The first line of its docstring, or else its name."""
    text = found.__doc__ if inspect.isclass(found) or inspect.isroutine(found) else None
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return lines[0] if lines else name
