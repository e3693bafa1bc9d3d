"""What the app keeps from one time to the next: theme, panels, filters. A small JSON file of the user's.

Losing it, or finding something else in it, costs these alone: nothing here ever fails.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from hpobench_tui.tui import read_only

VARIABLE = "HPOBENCH_APP_SETTINGS"
_known: dict[Path, dict[str, dict[str, Any]]] = {}


def path() -> Path:
    """Where they are: below ``XDG_CONFIG_HOME``, or where ``HPOBENCH_APP_SETTINGS`` says.

    Whoever has no home (a container's nameless user) has none; then nothing is kept beyond this app's life.
    """
    if own := os.environ.get(VARIABLE):
        return Path(own)
    base = os.environ.get("XDG_CONFIG_HOME")
    if base:
        return Path(base) / "hpobench-tui" / "app.json"
    try:
        return Path.home() / ".config" / "hpobench-tui" / "app.json"
    except RuntimeError:
        return Path(os.devnull) / "app.json"


def get(group: str, key: str) -> Any:
    """What was put there, or None."""
    found = _read().get(group)
    return found.get(key) if isinstance(found, dict) else None


def put(group: str, key: str, value: Any) -> None:
    """Keep this; None: forget it."""
    kept = _read()
    group_kept = kept.setdefault(group, {}) if isinstance(kept.get(group, {}), dict) else {}
    kept[group] = group_kept
    if group_kept.get(key) == value:
        return
    if value is None:
        del group_kept[key]
    else:
        group_kept[key] = value
    _write(kept)


def _read() -> dict[str, dict[str, Any]]:
    file = path()
    if file not in _known:
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            found = {}
        _known[file] = found if isinstance(found, dict) else {}
    return _known[file]


def _write(kept: dict[str, dict[str, Any]]) -> None:
    if read_only.held():
        return
    file = path()
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        new.replace(file)
    except OSError:
        with contextlib.suppress(OSError):  # where nothing can be written, nothing can be removed either
            new.unlink()
