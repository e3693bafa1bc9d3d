"""The commands that a front end may leave for a supervisor."""

from typing import Literal, NamedTuple, TypeAlias

Verb: TypeAlias = Literal["pause", "unpause", "cancel", "extend"]
"""``extend``: there are more runs in the store than when the supervisor began."""


class Command(NamedTuple):
    """What is to be done; ``run``: to that one alone, None: to the experiment.

    In the store it is one word more, not a column of its own: an earlier version's supervisor, which would take it for
    one to the whole experiment, does not know the verb then, and cancels nothing.

    >>> str(Command("pause", 12)), Command.read("pause 12"), Command.read("cancel")
    ('pause 12', Command(verb='pause', run=12), Command(verb='cancel', run=None))
    """

    verb: Verb
    run: int | None = None

    def __str__(self) -> str:
        return self.verb if self.run is None else f"{self.verb} {self.run}"

    @classmethod
    def read(cls, text: str) -> "Command":
        """As it stands in the store."""
        verb, _, run = text.rpartition(" ")
        return cls(verb, int(run)) if verb and run.isdecimal() else cls(text)  # type: ignore[arg-type]
