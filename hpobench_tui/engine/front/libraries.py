"""Which libraries the program and its plug-ins use, and what those need in turn: found in packages' metadata.

A distribution that registers something needs its requirements, those of the extras that its problems, optimizers and
commands name (``requires``), and those of an extra ``all``. Nothing is imported.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hpobench_tui import plugins
from hpobench_tui.core.compatibility import is_there

PROGRAM = "hpobench-tui"
EVERYTHING = "all"


def versions() -> tuple[dict[str, str | None], dict[str, str | None]]:
    """By distribution: of what is used directly, and of what that needs in turn; None where one is not installed."""
    extras, modules = _asked()
    direct = {name: version for owner in extras for name, version in _needed(owner, extras[owner]).items()}
    direct |= {name: version for module in modules for name, version in holders(module).items()}
    direct = {name: version for name, version in direct.items() if canonicalize_name(name) not in extras}
    everything: dict[str, str | None] = {}
    waiting = [(owner, frozenset(of)) for owner, of in extras.items()]
    seen = set(waiting)
    for name, of in waiting:  # which grows
        for requirement in _requirements(name, of):
            everything |= _installed(requirement.name)
            if (follow := (requirement.name, frozenset(requirement.extras))) not in seen:
                seen.add(follow)
                waiting.append(follow)
    below = {name: found for name, found in everything.items() if name not in direct and name != PROGRAM}
    return _sorted(direct), _sorted(below)


def _asked() -> tuple[dict[str, set[str]], set[str]]:
    """The extras of each distribution that registers something, and the modules that no extra of its brings."""
    extras = {PROGRAM: {EVERYTHING}}
    modules = set()
    for registry in (plugins.problems(), plugins.optimizers(), plugins.commands()):
        for name, info in registry.found.items():
            owner = canonicalize_name(registry.owners[name].partition(":")[0])
            extras.setdefault(owner, {EVERYTHING}).update(info.requires.values())
            provided = own.extras if (own := _package(owner)) else frozenset()
            modules |= {module for module, extra in info.requires.items() if canonicalize_name(extra) not in provided}
    return extras, modules


def _needed(name: str, extras: set[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for requirement in _requirements(name, frozenset(extras)):
        if canonicalize_name(requirement.name) == canonicalize_name(name):  # an extra made of others
            found |= _needed(name, requirement.extras - extras) if requirement.extras - extras else {}
        else:
            found |= _installed(requirement.name)
    return found


def _requirements(name: str, extras: frozenset[str]) -> list[Requirement]:
    """What a distribution needs on this machine, with these extras; nothing of one that is not installed."""
    own = _package(name)
    needed = []
    for line in own.requirements if own else ():
        if not extras and "extra" in line.partition(";")[2]:
            continue  # most are; reading them all takes a tenth of a second
        with suppress(InvalidRequirement):  # older than the standard
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                needed.append(requirement)
    return needed


def version(name: str) -> str | None:
    """Of a distribution; None where it is not installed."""
    own = _package(name)
    return own and own.version


def _installed(name: str) -> dict[str, str | None]:
    """The version under the name that the distribution gives itself."""
    own = _package(name)
    return {name: None} if own is None else {own.name: own.version}


def holders(
    module: str, owners: Callable[[], Mapping[str, Sequence[str]]] = packages_distributions
) -> dict[str, str | None]:
    """The distributions that a module is from; the module's own name where it is missing, or from none.

    Args:
        owners: What all modules are from, which takes a tenth of a second to find out.
    """
    names = owners().get(module.partition(".")[0], ()) if is_there(module) else ()
    return {name: found for holder in names for name, found in _installed(holder).items()} or {module: None}


class Package(NamedTuple):
    """What a distribution's metadata say."""

    name: str
    version: str
    extras: frozenset[str]
    requirements: tuple[str, ...]


@cache
def _package(name: str) -> Package | None:
    try:
        metadata = distribution(name).metadata  # parsed at each access: long, and read once here
    except (PackageNotFoundError, ValueError):  # ValueError: an empty name
        return None
    extras = frozenset(canonicalize_name(extra) for extra in metadata.get_all("Provides-Extra") or ())
    return Package(metadata["Name"], metadata["Version"], extras, tuple(metadata.get_all("Requires-Dist") or ()))


def _sorted(found: dict[str, str | None]) -> dict[str, str | None]:
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))
