"""Which libraries the program, its plug-ins and what they are made of use: found in their packages' metadata.

A distribution counts if it registers something; it needs its requirements, and those of the extras that its problems,
optimizers and commands name (``requires``) or that it gathers in an extra ``all``. What these libraries need in turn,
results depend on as well.
"""

from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hpobench_tui import plugins
from hpobench_tui.core.compatibility import is_there

PROGRAM = "hpobench-tui"
EVERYTHING = "all"


def versions() -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Of the libraries that are used directly, and of those below them, by distribution; None: not installed.

    Imports none of them.
    """
    wanted = _extras()
    direct: dict[str, str | None] = {}
    below: dict[str, str | None] = {}
    ours = {canonicalize_name(name) for name in wanted}
    queue = [(name, extras, direct) for name, extras in wanted.items()]
    done: set[tuple[str, str]] = set()
    while queue:
        name, extras, found = queue.pop(0)
        for requirement in _requirements(name, extras):
            key = canonicalize_name(requirement.name)
            asked = {"", *requirement.extras}
            fresh = {extra for extra in asked if (key, extra) not in done}
            done |= {(key, extra) for extra in fresh}
            if key not in ours and not any(canonicalize_name(other) == key for other in (*direct, *below)):
                found[requirement.name] = _version(requirement.name)
            if fresh:
                queue.append((requirement.name, fresh, direct if key in ours else below))
    for module in _modules():
        if not is_there(module):
            direct.setdefault(module, None)
        elif names := packages_distributions().get(module):
            direct.update({name: _version(name) for name in names if name not in {*direct, *below}})
    return dict(sorted(direct.items(), key=_alphabetically)), dict(sorted(below.items(), key=_alphabetically))
