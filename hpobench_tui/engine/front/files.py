"""Problems and optimizers in a person's own files: ``./mine.py:Sphere``, found, copied and described.

A reference is a path that ends in ``.py``, a colon and a name; of a problem also parameters, as in
``./mine.py:Sphere[d=10]``. Paths are relative to the experiment file, on the command line and in Python to the working
directory. What is described is the copy that workers will run.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from hpobench_tui import own_files, plugins
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.errors import HpobenchError, too_long
from hpobench_tui.core.nearest import hint, listed, shown
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.own_code import MOST_BYTES, MOST_FILES, OwnCode, optimizer_from_plain, problem_from_plain
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.text import in_line

REFERENCE = re.compile(r"(?P<path>.*\.py)(?::(?P<name>[^\[\]:/]*))?(?P<settings>\[.*+(?<=\]))?", re.DOTALL)
STEM = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
SECONDS = 120.0
"""What importing them may take."""


class Reference(NamedTuple):
    """What names something in a file."""

    path: Path
    name: str
    given: dict[str, Value]


class Wanted(NamedTuple):
    """Something in a file, of a kind (problem, optimizer); the reference as it was written, for messages."""

    kind: str
    written: str
    reference: Reference


def is_reference(text: object) -> bool:
    """Whether it names something in a file."""
    return isinstance(text, str) and REFERENCE.fullmatch(text) is not None


def expanded(text: str) -> Path:
    """The path that somebody typed; a ``~`` that is nobody's home stays one, as in a shell."""
    return Path(os.path.expanduser(text))


def read(text: str, base: Path) -> Reference:
    """A reference, relative to the folder ``base``.

    Raises:
        HpobenchError: it names no file, or nothing in it.
    """
    match = REFERENCE.fullmatch(text)
    if match is None:
        raise HpobenchError(f"{shown(text)} is no reference to a file, as in './mine.py:NAME'.")
    path = base / expanded(match["path"])
    if not match["name"]:
        source = _text(path, text)
        found = _definitions(path.name, source)
        raise HpobenchError(
            f"{shown(text)} does not say what of the file, as in '{match['path']}:NAME'. {listed(found)}"
        )
    _, settings = plugins.read_variant(f"it{match['settings'] or ''}")
    return Reference(path, match["name"], dict(settings))


def from_here(text: str, base: Path = Path()) -> str:
    """A reference, relative to ``base``, that does not depend on that any more; any other text as it is."""
    match = REFERENCE.fullmatch(text)
    if match is None:
        return text
    path = (base / expanded(match["path"])).absolute()
    return f"{path}{text[len(match['path']) :]}"


def found(kind: str, names: Sequence[str]) -> tuple[OwnCode, list[str]]:
    """What references of a kind (problem, optimizer) lead to, from the working directory: its code, and the ids.

    Raises:
        HpobenchError: as :func:`read` and :func:`code_of`.
    """
    return code_of([Wanted(kind, name, read(name, Path.cwd())) for name in names])


def code_of(wanted: Sequence[Wanted]) -> tuple[OwnCode, list[str]]:
    """The sources and descriptions of what is wanted, and the id of each.

    Raises:
        HpobenchError: a file cannot be read, imported or copied, or holds no such thing.
    """
    sources: dict[str, str] = {}
    origins: dict[str, str] = {}
    for each in wanted:
        path = each.reference.path
        place = str(path.resolve())
        if not STEM.fullmatch(path.stem):
            raise HpobenchError(
                f"{each.written}: name the file with letters, digits, '_' and '-', none of these first."
            )
        if origins.get(path.name) == place:
            continue
        for name, text in gathered(path, each.written).items():
            if sources.get(name, text) != text:
                raise HpobenchError(
                    f"{each.written}: there is another file {name} in this experiment, which differs; rename one."
                )
            sources[name] = text
        origins[path.name] = place
    code, ids = OwnCode(sources), []
    problems: dict[str, ProblemInfo] = {}
    optimizers: dict[str, OptimizerInfo] = {}
    for each, plain in zip(wanted, _described(code, wanted), strict=True):
        if each.kind == "problem":
            problem = problem_from_plain(plain)
            if problem.suite in {info.suite for info in plugins.problems()}:
                raise HpobenchError(f"{each.written}: a suite {problem.suite!r} is installed; rename the file.")
            problems[problem.id] = problem
            ids.append(problem.id)
        else:
            optimizer = optimizer_from_plain(plain)
            optimizers[optimizer.name] = optimizer
            ids.append(optimizer.name)
    return OwnCode(sources, problems, optimizers, origins), ids


def gathered(path: Path, written: str) -> dict[str, str]:
    """The source of a file and of the local modules that it imports, by name; of folders with modules all of it.

    Raises:
        HpobenchError: a file cannot be read, or is no Python.
    """
    text = _text(path, written)
    folder = path.parent

    def lookup(name: str) -> Mapping[str, str]:
        if name == path.stem:
            return {path.name: text}
        file, package = folder / f"{name}.py", folder / name
        if (package / "__init__.py").is_file() or (package.is_dir() and not _elsewhere(name)):
            files = sorted(package.rglob("*.py"))[: MOST_FILES + 1]
            return {file.relative_to(folder).as_posix(): _text(file, written) for file in files}
        return {file.name: _text(file, written)} if file.is_file() else {}

    try:
        return own_files.closure(path.stem, lookup)
    except HpobenchError as error:
        raise HpobenchError(f"{written}: {error}") from error


def _elsewhere(name: str) -> bool:
    try:
        found = find_spec(name)
    except (ImportError, ValueError):
        return False
    return found is not None and found.origin is not None


def _text(path: Path, written: str) -> str:
    try:
        if path.is_file():
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        elif path.exists():
            raise HpobenchError(f"{written}: {path} is no file.")
        else:
            close = hint(path.name, sorted(other.name for other in path.parent.glob("*.py")))
            raise HpobenchError(f"{written}: there is no file {path}.{close}")
    except OSError as error:
        raise HpobenchError(too_long(path) or f"{written}: cannot read {path}: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise HpobenchError(f"{written}: {path} has more than {MOST_BYTES:,} bytes.")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise HpobenchError(f"{written}: {path} is not text in UTF-8.") from error


def _definitions(file: str, source: str) -> list[str]:
    own_files.imports(file, source)  # says what is wrong with it
    return own_files.definitions(source)


def _described(code: OwnCode, wanted: Sequence[Wanted]) -> list[dict[str, Any]]:
    """What a process of its own finds in the copy of the files."""
    if not wanted:
        return []
    with tempfile.TemporaryDirectory(prefix="hpobench-") as name:
        folder, answer = Path(name) / own_files.FOLDER, Path(name) / "answer"
        write(folder, code)
        asked = [{"kind": kind, "stem": of.path.stem, "name": of.name, "given": of.given} for kind, _, of in wanted]
        process = [sys.executable, "-P", "-m", "hpobench_tui.engine.front.describe", str(answer)]
        written = wanted[0].written
        try:
            done = subprocess.run(
                process, input=json.dumps({"folder": str(folder), "wanted": asked}), text=True, timeout=SECONDS,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise HpobenchError(f"{written}: importing it took more than {SECONDS:g} s.") from error
        if not answer.is_file():
            last = next((line for line in reversed(done.stdout.splitlines()) if line.strip()), "")
            raise HpobenchError(
                f"{written}: the process that imported it ended with code {done.returncode}: {in_line(last.strip())}"
            )
        answers: list[dict[str, Any]] = json.loads(answer.read_text(encoding="utf-8"))
    for each, plain in zip(wanted, answers, strict=True):
        if "wrong" in plain:
            raise HpobenchError(f"{each.written}: {plain['wrong']}")
    return answers


def again(code: OwnCode, sources: Mapping[str, str]) -> OwnCode:
    """The same things as ``code`` holds, described from other sources.

    Raises:
        HpobenchError: one of them is not in there any more.
    """
    ids = [("problem", name) for name in code.problems] + [("optimizer", name) for name in code.optimizers]
    wanted = [Wanted(kind, name, _of_id(name)) for kind, name in ids]
    found = dict(zip(ids, _described(OwnCode(sources), wanted), strict=True))
    return OwnCode(
        sources,
        {name: replace(problem_from_plain(found["problem", name]), id=name) for name in code.problems},
        {name: optimizer_from_plain(found["optimizer", name]) for name in code.optimizers},
        code.origins,
    )


def _of_id(name: str) -> Reference:
    """What an id leads to: ``mine/Sphere[d=10]``, ``mine:HillClimber``."""
    base, given = plugins.read_variant(name)
    stem, attribute = re.split("[/:]", base, maxsplit=1)
    return Reference(Path(f"{stem}.py"), attribute, dict(given))


def reference_of(name: str, code: OwnCode) -> str:
    """How a file names what has this id: where it is, if it is one of the code's, else the id itself."""
    base, bracket, settings = name.partition("[")
    if base not in {each.partition("[")[0] for each in (*code.problems, *code.optimizers)}:
        return name
    stem, attribute = re.split("[/:]", base, maxsplit=1)
    return f"{code.origins.get(f'{stem}.py', f'./{stem}.py')}:{attribute}{bracket}{settings}"


def write(folder: Path, code: OwnCode) -> None:
    """Copy the sources into a folder, which is made.

    Raises:
        HpobenchError: it cannot be written.
    """
    try:
        for name, text in code.sources.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
    except OSError as error:
        raise HpobenchError(f"cannot copy the experiment's own code into {folder}: {error.strerror}.") from error


def on_disk(folder: Path) -> dict[str, str]:
    """The sources that an experiment's folder ``code`` holds by now.

    Raises:
        HpobenchError: they are no text, or more than an experiment has.
    """
    files = sorted(file for file in folder.rglob("*.py") if file.is_file())[: MOST_FILES + 1]
    found = {file.relative_to(folder).as_posix(): _text(file, file.name) for file in files}
    return dict(OwnCode(found).sources)
