"""What a shell offers when Tab is pressed: names of presets, experiments, problems, optimizers, and choices of options.

Each function gets what is typed so far and returns the words that begin with it. They are called at every Tab, so they
open no store and import nothing heavy; what cannot be read offers nothing. A word that a terminal or a shell would not
take as it is, is not offered.
"""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import typer

from hpobench_tui.core.errors import HpobenchError

VARIABLE = "_HPOBENCH_COMPLETE"
"""Of the environment, in which a shell says what it wants."""
FILE, ROOT, FOLDER = "experiment.sqlite", "HPOBENCH_OUTPUTS", "outputs"
"""As the store and ``engine.front.lifecycle`` have it; to import them would take as long as all the rest."""
UNSAFE = frozenset("\"'`$\\!&;|<>(){}*?~#")


def be_silent() -> None:
    """Where a shell asks for words, nothing else may reach the terminal: no complaint, no warning of a plug-in."""
    if os.environ.get(VARIABLE, "").startswith("complete"):
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - for the life of the process


def matching(words: Iterable[str], incomplete: str) -> list[str]:
    """Those that begin with what is typed, each once."""
    safe = (word for word in words if word.isprintable() and not UNSAFE & {*word} and " " not in word)
    return [word for word in dict.fromkeys(safe) if word.startswith(incomplete)]


def experiments(ctx: typer.Context, incomplete: str) -> list[str]:
    """The experiments in the folder of outputs, newest first, and ``latest``."""
    root = Path(str(ctx.params.get("output") or os.environ.get(ROOT) or FOLDER))
    try:
        files = sorted(root.glob(f"*/{FILE}"), key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return []
    return matching(["latest", *(file.parent.name for file in files)] if files else [], incomplete)


def presets(incomplete: str) -> list[str]:
    """The presets."""
    from hpobench_tui.engine.front import presets as shipped

    return matching(shipped.names(), incomplete)


def specs(incomplete: str) -> list[str]:
    """What can be run: presets, and experiment files beside us; what has a folder in it, the shell completes."""
    files: list[str] = []
    if "/" not in incomplete:
        with suppress(OSError):
            files = sorted(path.name for path in Path().glob("*.toml"))
    return matching([*presets(incomplete), *files], incomplete)


def problems(incomplete: str) -> list[str]:
    """Suites and problems."""
    return _several(incomplete, lambda: [*dict.fromkeys(_suites()), *_problems()])


def problem(incomplete: str) -> list[str]:
    """Problems."""
    return matching(_problems(), incomplete)


def optimizers(incomplete: str) -> list[str]:
    """Optimizers."""
    from hpobench_tui import plugins

    return _several(incomplete, lambda: [info.name for info in plugins.optimizers()])


def one_of(*words: str) -> Callable[[str], list[str]]:
    """Any of these."""

    def complete(incomplete: str) -> list[str]:
        return matching(words, incomplete)

    return complete


def some_of(*words: str) -> Callable[[str], list[str]]:
    """Any number of these, separated by commas."""

    def complete(incomplete: str) -> list[str]:
        return _several(incomplete, lambda: list(words))

    return complete


def _suites() -> list[str]:
    from hpobench_tui import plugins

    return [info.suite for info in plugins.problems()]


def _problems() -> list[str]:
    from hpobench_tui import plugins

    return [info.id for info in plugins.problems()]


def _several(incomplete: str, words: Callable[[], list[str]]) -> list[str]:
    """Names separated by commas: the last one is completed."""
    before, comma, last = incomplete.rpartition(",")
    try:
        return [f"{before}{comma}{word}" for word in matching(words(), last)]
    except HpobenchError:
        return []
