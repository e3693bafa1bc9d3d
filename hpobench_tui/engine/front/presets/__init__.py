"""The experiments that ship with the program: a TOML file each, beside this module."""

import os
from importlib.resources import files
from itertools import takewhile
from pathlib import Path

from hpobench_tui import plugins
from hpobench_tui.core.compatibility import absent
from hpobench_tui.core.errors import unknown
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.nearest import nearest
from hpobench_tui.engine.front import spec, toml
from hpobench_tui.engine.front.fields import Spec

FIRST = "first"
"""The preset to begin with. It needs no extra."""


def names() -> list[str]:
    """All of them, the one to begin with first."""
    found = (entry.name.removesuffix(".toml") for entry in files(__name__).iterdir() if entry.name.endswith(".toml"))
    return sorted(found, key=lambda name: (name != FIRST, name))


def text(name: str) -> str:
    """The TOML text of a preset.

    Raises:
        HpobenchError: there is none of that name.
    """
    if name not in names():
        raise unknown("preset", name, names())
    return (files(__name__) / f"{name}.toml").read_text(encoding="utf-8")


def description(name: str) -> str:
    """The comment that a preset's file begins with, as one line.

    Raises:
        HpobenchError: there is none of that name.
    """
    lines = takewhile(lambda line: line.startswith("#"), text(name).splitlines())
    return " ".join(line.lstrip("# ") for line in lines)


def load(name: str, **overrides: object) -> Experiment:
    """A preset, checked against what is installed; see :func:`resolve`."""
    return spec.parse(text(name), f"preset {name!r}", None, **overrides)


def lacking(name: str) -> list[str]:
    """The extras that a preset needs and that are not installed; imports nothing heavy to find out.

    Raises:
        HpobenchError: there is none of that name, or it names a problem or optimizer that is not registered.
    """
    wanted = Spec.model_validate(toml.parse(text(name)))
    optimizers = [plugins.optimizers()[entry if isinstance(entry, str) else entry.name] for entry in wanted.optimizers]
    reports = [info for info in plugins.commands() if info.name == wanted.report]
    return sorted(set(absent(*spec.chosen(wanted.problems)[0], *optimizers, *reports).values()))


def resolve(named: str, **overrides: object) -> Experiment:
    """What a person names on the command line: an experiment file, or a preset.

    Args:
        overrides: What holds instead of its own, by the keys of a file.

    Raises:
        HpobenchError: there is none of that name, or anything :func:`spec.build` refuses.
    """
    found, where, base = read(named)
    return spec.parse(found, where, base, **overrides)


def read(named: str) -> tuple[str, str, Path]:
    """The TOML text of what a person names on the command line, a file or a preset; what errors call it, and the folder
    that paths in it are relative to.

    Raises:
        HpobenchError: there is none of that name.
    """
    if named in names():
        return text(named), f"preset {named!r}", Path()
    path = Path(named)
    if path.suffix == ".toml" or "/" in named or (named and os.path.exists(named)):
        return toml.read(path), str(path), path.parent
    close = nearest(f"{named}.toml", toml.beside(path)) if named else []
    raise unknown("preset", named, names(), f"There is a file {close[0]}." if close else "Files end in .toml.")
