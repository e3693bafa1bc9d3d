"""The exception that a person is meant to read, and the one that a training may end with."""

import os
from pathlib import Path

from hpobench_tui.core.nearest import Names, flat, hint, listed, shown

LONGEST_PART, LONGEST_PATH = 255, 4095


class HpobenchError(Exception):
    """Something the user can mend: says what was wrong, where, what is valid and what to do.

    The command line prints it without a traceback and exits with code 2; the app shows it in place.

    >>> raise unknown("unit", "epoch", ["epochs", "seconds"])
    Traceback (most recent call last):
        ...
    hpobench_tui.core.errors.HpobenchError: unknown unit 'epoch'. Did you mean 'epochs'? Valid: epochs, seconds.
    """


class TrainingError(Exception):
    """What the training of a configuration rightly comes to, whenever it is asked for: it diverges, say.

    Like any other exception it makes a failed trial; ``hpobench selfcheck`` takes it for no fault of the problem.

    Attributes:
        cost: Seconds from the last report (or the start) to the failure, for a problem whose reports state theirs;
            None where it cannot tell.

    >>> error = TrainingError("diverged", cost=2.5)
    >>> f"{error} after {error.cost} s"
    'diverged after 2.5 s'
    """

    def __init__(self, *args: object, cost: float | None = None) -> None:
        super().__init__(*args)
        self.cost = cost


def too_long(path: Path) -> str | None:
    """What is wrong with a path that no file system takes, in a sentence; None if it is short enough."""
    for part in path.parts:
        if (length := len(os.fsencode(part))) > LONGEST_PART:
            return f"the name {shown(part)} has {length} bytes; a file's or folder's has at most {LONGEST_PART}."
    if (length := len(os.fsencode(path))) > LONGEST_PATH:
        return f"the path {shown(str(path))} has {length} bytes; {LONGEST_PATH} are the most."
    return None


def unknown(kind: str, name: str, valid: Names, note: str = "") -> HpobenchError:
    """The error for a name that is not registered: the likeliest first, then a note, then all that are valid."""
    return HpobenchError(f"unknown {kind} {shown(name)}.{hint(name, flat(valid))}{note and f' {note}'} {listed(valid)}")
