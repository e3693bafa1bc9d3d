"""An app that may look and not change anything: two fences, one behind the other.

Actions that change something are marked (:func:`writes`). An app that is read only offers no key for them, and says so
where one is pressed. Behind that, :func:`hold` lets the whole process open nothing for writing, remove, rename or start
nothing (Python's audit hooks, PEP 578), so that an action which nobody has marked is refused as well. What only looks
is started in processes of its own, which :data:`LOOKERS` names.

The second fence is against mistakes of the app, not against code that wants to get round it: a library written in C
opens files without Python's hearing of it.
"""

import os
import sys
from collections.abc import Callable
from typing import TypeVar

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.text import in_line

VARIABLE = "HPOBENCH_READ_ONLY"
WORDS = "read only"
REFUSAL = "This app is read only: it shows experiments, and changes nothing."
LOOKERS = (
    ("-m", "hpobench_tui", "show"),
    ("-m", "hpobench_tui.tui.comparing"),
    ("-m", "hpobench_tui.engine.looking"),
)
"""How the command lines begin, after Python and its options, of what the app starts to look at something."""
_OPENS = ("open", "os.open")
_CHANGES = frozenset(
    f"os.{name}"
    for name in ("chflags", "chmod", "chown", "exec", "fork", "forkpty", "link", "lockf", "mkdir", "posix_spawn",
                 "remove", "removexattr", "rename", "rmdir", "setxattr", "spawn", "symlink", "system", "truncate",
                 "utime")
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_held = False
_listening = False

Action = TypeVar("Action", bound=Callable[..., object])


class ReadOnlyError(HpobenchError, PermissionError):
    """Something was to be changed that may not be: told where errors are, and no surprise to who can do without."""


def asked() -> bool:
    """Whether the environment says that apps are read only: ``HPOBENCH_READ_ONLY`` is neither empty nor 0."""
    return os.environ.get(VARIABLE, "") not in ("", "0")


def writes(action: Action) -> Action:
    """Mark an action as one that changes something, or begins a dialog that does."""
    action.writes = True  # type: ignore[attr-defined]
    return action


def is_writing(target: object, name: str) -> bool:
    """Whether that action of a screen or widget changes something, as things stand there.

    One that does so only at times says when by a method ``NAME_writes``.
    """
    method = getattr(target, f"action_{name}", None)
    now: Callable[[], bool] | None = getattr(target, f"{name}_writes", None)
    return bool(getattr(method, "writes", False)) and (now is None or now())


def hold() -> None:
    """Let this process change nothing from now on."""
    global _held, _listening
    _held = True
    sys.dont_write_bytecode = True
    if not _listening:
        sys.addaudithook(_heard)
        _listening = True


def held() -> bool:
    """Whether this process may change nothing."""
    return _held


def release() -> None:
    """Undo :func:`hold`: for tests, which share a process."""
    global _held
    _held = sys.dont_write_bytecode = False


def _heard(event: str, arguments: tuple[object, ...]) -> None:
    if _held and (what := _refused(event, arguments)) is not None:
        raise ReadOnlyError(f"{REFUSAL} Refused: {in_line(what)}.")


def _refused(event: str, arguments: tuple[object, ...]) -> str | None:
    """What is wrong with something that Python is about to do; None: nothing."""
    if event in _OPENS:
        path, _, flags = arguments
        opened = not isinstance(path, int) and isinstance(flags, int) and flags & _WRITING
        return f"to write {_text(path)}" if opened and _text(path) != os.devnull else None
    if event == "sqlite3.connect":
        database = _text(arguments[0])
        reads = database == ":memory:" or database.endswith(("?mode=ro", "?immutable=1"))
        return None if reads else f"to write {database}"
    if event == "subprocess.Popen":
        words = [_text(word) for word in arguments[1]] if isinstance(arguments[1], (list, tuple)) else []
        begins = tuple(word for word in words[1:] if word != "-P")
        looks = words[:1] == [sys.executable] and any(begins[: len(one)] == one for one in LOOKERS)
        return None if looks else f"to start {' '.join(words) or _text(arguments[0])}"
    return f"{event} {_text(arguments[0] if arguments else '')}".rstrip() if event in _CHANGES else None


def _text(value: object) -> str:
    return os.fsdecode(value) if isinstance(value, (str, bytes, os.PathLike)) else str(value)
