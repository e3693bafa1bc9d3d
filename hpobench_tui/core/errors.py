"""The exception that a person is meant to read, and the one that a training may end with."""

from hpobench_tui.core.nearest import Names, flat, hint, listed, shown


class HpobenchError(Exception):
    """Something the user can mend: says what was wrong, where, what is valid and what to do.

    The command line prints it without a traceback and exits with code 2; the app shows it in place.
    """


class TrainingError(Exception):
    """What the training of a configuration rightly comes to, whenever it is asked for: it diverges, say.

    Like any other exception it makes a failed trial; ``hpobench selfcheck`` takes it for no fault of the problem.

    Attributes:
        cost: Seconds from the last report (or the start) to the failure, for a problem whose reports state theirs;
            None where it cannot tell.
    """

    def __init__(self, *args: object, cost: float | None = None) -> None:
        super().__init__(*args)
        self.cost = cost


def unknown(kind: str, name: str, valid: Names, note: str = "") -> HpobenchError:
    """The error for a name that is not registered: the likeliest first, then a note, then all that are valid."""
    return HpobenchError(f"unknown {kind} {shown(name)}.{hint(name, flat(valid))}{note and f' {note}'} {listed(valid)}")
