"""The exception that a person is meant to read, and the one that a training may end with."""


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


def unknown(kind: str, name: str, valid: list[str]) -> HpobenchError:
    """The error for a name that is not registered, with the closest valid names first."""
    from difflib import get_close_matches

    close = get_close_matches(name, valid, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(repr(c) for c in close)}?" if close else ""
    return HpobenchError(f"unknown {kind} {name!r}.{hint} Valid: {', '.join(valid) or 'none'}.")
