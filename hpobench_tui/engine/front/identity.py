"""What code an experiment's problems and optimizers are of, and whether it is still that which ran.

The code of something registered is that of the top-level package (or module) that holds it: all sources of it, as what
runs may import any of them; of a single module also the modules of its distribution that it imports. The code of
something in a person's own file is that file and the local modules that it imports. What it ``requires`` counts with
its version. Nothing is imported to find out; our own packages take 20 ms once, then 8 ms.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from hashlib import blake2b
from importlib.machinery import ModuleSpec
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import hpobench_tui
from hpobench_tui import own_files, plugins
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.identity import Identity, Subject, histories, key
from hpobench_tui.core.nearest import some
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.own_code import OwnCode
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.engine.front import files, libraries
from hpobench_tui.store.reader import Reader
from hpobench_tui.store.writer import Writer

ENDINGS = (".py", ".so", ".pyd", ".dylib")
"""Of the files that make a package's code."""
PROGRAM = "code of hpobench-tui"
"""The manifest's entry for the program itself: what all runs go through."""
GIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Change:
    """A problem or optimizer of an experiment whose code is another by now; ``labels``: an optimizer's contenders."""

    subject: Subject
    was: Identity
    now: Identity
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        kind, name = self.subject
        others = [label for label in self.labels if label != name]
        shown = f" ({some(others)})" if others else ""
        return f"{kind} {name}{shown} was {self.was}; it is {self.now}"


@dataclass(frozen=True, slots=True)
class Look:
    """What has become of an experiment's code.

    Attributes:
        experiment: With its own code as it is by now.
        changes: What is another; empty: it may be gone on with.
        remarks: What else a person should know, for the log.
    """

    experiment: Experiment
    changes: tuple[Change, ...]
    remarks: tuple[str, ...]


def entries(experiment: Experiment) -> dict[str, str]:
    """What the manifest of a new experiment says of the code that it runs."""
    found = {key(subject): identity.to_cell() for subject, identity in identities(experiment).items()}
    return {PROGRAM: program().code, **found}


def identities(experiment: Experiment) -> dict[Subject, Identity]:
    """Of every problem and optimizer of an experiment that can be found on this machine."""
    problems = plugins.problems().beside(experiment.code.problems)
    optimizers = plugins.optimizers().beside(experiment.code.optimizers)
    named: list[tuple[str, str, ProblemInfo | OptimizerInfo, plugins.AnyRegistry]] = [
        *(("problem", name, problems[name], problems) for name in experiment.problems if name in problems),
        *(
            ("optimizer", name, optimizers[name], optimizers)
            for name in dict.fromkeys(contender.optimizer for contender in experiment.contenders)
            if name in optimizers
        ),
    ]
    holders = cache(partial(libraries.holders, owners=cache(packages_distributions)))
    looked: dict[str, Identity] = {}
    found = {}
    for kind, name, info, registry in named:
        base = name.partition("[")[0]
        owner = registry.owners.get(base, "").partition(":")[0]
        found[kind, name] = _of(info, owner, experiment.code, looked, holders)
    return found


def changes(manifest: Mapping[str, str], experiment: Experiment) -> list[Change]:
    """Which problems and optimizers of an experiment have another code than its manifest says."""
    known = histories(manifest)
    found = []
    for subject, now in identities(experiment).items():
        if subject in known and not (was := list(known[subject].values())[-1]).same(now):
            labels = tuple(c.label for c in experiment.contenders if ("optimizer", c.optimizer) == subject)
            found.append(Change(subject, was, now, labels))
    return found


def look(folder: Path, accept: bool = False) -> Look:
    """What has become of the code of the experiment in ``folder``; own files that are missing there are put back.

    Args:
        accept: Take a person's own files as they are by now where they came from, too.

    Raises:
        HpobenchError: its own files cannot be read or written.
    """
    with Reader(folder) as reader:
        experiment, manifest = reader.experiment().experiment, reader.manifest()
    remarks = [*_lost(manifest, experiment), *_others(manifest)]
    if experiment.code:
        code, said = _own(folder, experiment.code, accept)
        experiment, remarks = replace(experiment, code=code), [*remarks, *said]
    return Look(experiment, tuple(changes(manifest, experiment)), tuple(remarks))


def refuse_changed(folder: Path, accept: bool = False) -> Look:
    """Look, and refuse to go on with other code than ran, unless a person accepts that.

    Raises:
        HpobenchError: names what changed, as it was and as it is.
    """
    found = look(folder, accept)
    if found.changes and not accept:
        said = "\n".join(f"  {change}" for change in found.changes)
        raise HpobenchError(
            f"the code of {folder} is not what it was, so that its runs would not be comparable:\n{said}\nPut it back,"
            " start a new experiment, or go on with --accept-changes: tables then say which runs are of which code."
        )
    return found


def record(store: Writer, found: Look, folder: Path) -> None:
    """Note in the store what was accepted, and what a person should know; copy own files that are others by now."""
    with Reader(folder) as reader:
        manifest, events = reader.manifest(), {event.message for event in reader.events()}
    for remark in found.remarks:
        if remark not in events:
            store.log("warning", remark)
    if not found.changes:
        return
    if found.experiment.code:
        files.write(folder / own_files.FOLDER, found.experiment.code)
    number = max((n for by_number in histories(manifest).values() for n in by_number), default=1) + 1
    added = {key(change.subject, number): change.now.to_cell() for change in found.changes}
    added[f"code {number} since"] = time.strftime("%Y-%m-%d %H:%M:%S")
    said = "; ".join(map(str, found.changes))
    store.change_code(found.experiment, added, f"gone on with other code (code {number}), as accepted: {said}")


def _lost(manifest: Mapping[str, str], experiment: Experiment) -> Iterator[str]:
    known = histories(manifest)
    if unknown := [" ".join(subject) for subject in identities(experiment) if subject not in known]:
        yield f"whether the code is still the one that ran cannot be told: its store says nothing of {some(unknown)}"


def _others(manifest: Mapping[str, str]) -> Iterator[str]:
    """What is another by now beside the experiment's own code: libraries, Python, the program."""
    direct, below = libraries.versions()
    now = {name: version for name, version in (direct | below).items() if version}
    import platform

    now = {"hpobench-tui": hpobench_tui.__version__, "python": platform.python_version(), **now}
    other = [
        f"{name} {was} is {now[name]}" for name, was in manifest.items() if name in now and now[name] != was
    ]  # fmt: skip
    if PROGRAM in manifest and manifest[PROGRAM] != (code := program().code):
        was = manifest[PROGRAM][:12]
        other.append(f"the program itself was code {was}, is {code[:12]}")
    if other:
        yield f"since it was begun, other things have changed, which may or may not matter: {some(other)}"


def _own(folder: Path, kept: OwnCode, accept: bool) -> tuple[OwnCode, list[str]]:
    """An experiment's own code as it is by now, and remarks on it."""
    place = folder / own_files.FOLDER
    there = files.on_disk(place) if place.is_dir() else {}
    if missing := {name: text for name, text in kept.sources.items() if name not in there}:
        files.write(place, OwnCode(missing))
        there |= missing
    if any(there[name] != text for name, text in kept.sources.items()):
        return (files.again(kept, there) if accept else replace(kept, sources=there)), []
    edited = {}
    for origin in kept.origins.values():
        if not Path(origin).is_file():
            continue
        try:
            now = files.gathered(Path(origin), origin)
        except HpobenchError:
            continue  # it is being worked on; what ran is here
        if any(kept.sources.get(name) != text for name, text in now.items()):
            edited[origin] = now
            if not accept:
                continue
            there = {**there, **now}
    if accept and edited:
        return files.again(kept, there), []
    return kept, [
        f"{origin} is another by now; its copy, which ran, is gone on with. --accept-changes would take the new one"
        for origin in edited
    ]


def _of(
    info: ProblemInfo | OptimizerInfo,
    owner: str,
    own: OwnCode,
    looked: dict[str, Identity],
    holders: Callable[[str], dict[str, str | None]],
) -> Identity:
    used = {name: found for module in info.requires for name, found in holders(module).items()}
    versions = {name: version or "not installed" for name, version in sorted(used.items())}
    if own_files.is_own(info.load):
        file = own_files.module_file(info.load)
        sources = own_files.closure(file.removesuffix(".py"), own_files.among(own.sources))
        code = _hash((name, text.encode()) for name, text in sources.items())
        return Identity(code, file, None, None, *_git_of(Path(own.origins.get(file, "")), own.sources[file]), versions)
    top = info.load.partition(":")[0].partition(".")[0]
    if top not in looked:
        looked[top] = _of_package(top)
    version = libraries.version(owner) if owner else None
    return replace(looked[top], distribution=owner or None, version=version, libraries=versions)


def program() -> Identity:
    """Of the program itself, which all runs go through."""
    return _of_package("hpobench_tui", git=False)


def _of_package(top: str, git: bool = True) -> Identity:
    """Of a top-level package or module, by its name."""
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        spec = None
    named = list(_sources(spec)) if spec else []
    if not named:
        return Identity("", top)
    code = _digest(tuple((name, str(path), *_stamp(path)) for name, path in named))
    folder = named[0][1].parent
    revision, dirty = _git(folder, [path for _, path in named]) if git else (None, False)
    return Identity(code, top, revision=revision, dirty=dirty)


def _sources(spec: ModuleSpec) -> Iterator[tuple[str, Path]]:
    """The files that make a package or module, by the name that they have in it."""
    if spec.submodule_search_locations:
        for root in sorted(spec.submodule_search_locations):
            found = [Path(at, name) for at, _, names in os.walk(root) for name in names if name.endswith(ENDINGS)]
            yield from sorted((path.relative_to(root).as_posix(), path) for path in found)
    elif spec.origin and Path(spec.origin).is_file():
        path = Path(spec.origin)
        yield path.name, path
        if path.suffix == ".py":
            yield from _beside(path)


def _beside(path: Path) -> Iterator[tuple[str, Path]]:
    """Modules beside a single one that it imports and that are not another distribution's."""
    holders = packages_distributions()
    own = set(holders.get(path.stem, ()))

    def lookup(name: str) -> dict[str, str]:
        file = path.parent / f"{name}.py"
        if not file.is_file() or not set(holders.get(name, ())) <= own:
            return {}
        return {file.name: file.read_text(encoding="utf-8", errors="replace")}

    try:
        names = own_files.closure(path.stem, lookup)
    except HpobenchError:
        return  # no Python: whoever imports it will say so
    yield from ((name, path.parent / name) for name in names if name != path.name)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@cache
def _digest(named: tuple[tuple[str, str, int, int], ...]) -> str:
    """Of files, by the names they have in their package. Who asks again says by their stamps whether they changed."""
    return _hash((name, Path(path).read_bytes()) for name, path, _, _ in named)


def _hash(named: "Iterator[tuple[str, bytes]]") -> str:
    total = blake2b(digest_size=16)
    for name, content in named:
        for part in (name.encode(), content):
            total.update(len(part).to_bytes(8))
            total.update(part)
    return total.hexdigest()


def _git(folder: Path, paths: Sequence[Path]) -> tuple[str | None, bool]:
    """The revision of the checkout that a package is of, and whether its files have changes; None: it is of none."""
    if not any((above / ".git").exists() for above in folder.parents) and not (folder / ".git").exists():
        return None, False
    here = [os.fspath(path) for path in paths] if len(paths) == 1 else ["."]
    tracked = _asked(folder, "ls-files", "--", *here)
    revision = _asked(folder, "rev-parse", "--short=12", "HEAD")
    if not tracked or not revision:
        return None, False
    return revision, bool(_asked(folder, "status", "--porcelain", "--", *here))


def _git_of(path: Path, text: str) -> tuple[str | None, bool]:
    """The same of a person's own file, if it is still there and the same."""
    try:
        same = path.is_file() and path.read_bytes() == text.encode()
    except OSError:
        return None, False
    return _git(path.parent, [path]) if same else (None, False)


def _asked(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", os.fspath(folder), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=GIT_SECONDS, errors="replace"
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
