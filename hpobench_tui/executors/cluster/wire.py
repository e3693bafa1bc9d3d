"""What the owner of tasks and the agents on a cluster's workers say to each other.

Down go orders, which Dask ships with its tasks. Up come sealed messages through a queue of Dask's scheduler: pickles
under a MAC (HMAC-SHA256, RFC 2104) whose key only who got an order or a question knows, so that nothing is unpickled
that comes from anybody else who can reach the scheduler.
"""

import hmac
import pickle
from dataclasses import dataclass
from typing import Any

from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.contract import Watch

DIGEST = "sha256"
MAC_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """One executor, as agents know it.

    Attributes:
        id: Of this very executor: another one of the same work has another.
        queue: Of Dask's scheduler, for what is told.
        key: Seals what is told.
        work: ``module:function``, which does the work in its place.
        name: Of the work as a whole, for what is left of it on a machine (``executors.local.sweep``).
    """

    id: str
    queue: str
    key: bytes
    work: str
    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """Tasks for an agent, one after the other.

    Attributes:
        tasks: Each after the token of this hand-out (what is told under another one is of an earlier one), and the name
            of the process that would suit it best.
        on_gpu: They need a GPU, of those that the Dask worker sees.
        paused: Whether all stand still, and how often that has changed: orders and commands may overtake each other.
    """

    session: Session
    tasks: tuple[tuple[int, str, Any], ...]
    watch: Watch
    on_gpu: bool
    paused: bool
    changes: int


@dataclass(frozen=True, slots=True)
class Question:
    """Whether a worker is fit for this work: ``check`` (``module:function``) says of ``what`` what is against it."""

    session: Session
    address: str
    check: str
    what: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What a task told, what it does and for how long, and whether that was its end.

    Attributes:
        seconds: At its end, of all of it.
        place: The name of its process.
    """

    token: int
    reports: tuple[Any, ...]
    phase: Phase
    number: int
    seconds: float
    over: bool
    place: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What is against a worker: nothing, if it is fit."""

    address: str
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fence:
    """From the owner to itself: what was told before has come."""

    number: int


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes through the queue at once: the messages of a sender, who counts its letters, and may send one again."""

    sender: str
    number: int
    messages: tuple[object, ...]


def sealed(key: bytes, letter: Letter) -> bytes:
    """A letter as it goes through the queue."""
    body = pickle.dumps(letter, protocol=pickle.HIGHEST_PROTOCOL)
    return hmac.digest(key, body, DIGEST) + body


def opened(key: bytes, came: object) -> Letter | None:
    """The letter; None if somebody else wrote it."""
    if not isinstance(came, bytes) or not hmac.compare_digest(
        came[:MAC_BYTES], hmac.digest(key, came[MAC_BYTES:], DIGEST)
    ):
        return None
    found: Letter = pickle.loads(came[MAC_BYTES:])
    return found
