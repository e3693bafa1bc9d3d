"""What workers and supervisor say to each other, garbled on its way: bytes that are others, missing, or somebody's own.

Whole messages that came before the fault are taken, and none that was not sent.
"""

import random
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from socket import socketpair

from benchmarks.fuzz import mutations
from benchmarks.fuzz.driver import Fed
from hpobench_tui.core.brackets import Bracket, Rung
from hpobench_tui.core.status import RunStatus
from hpobench_tui.engine.messages import Batch, Diverged, End, Left, Note, PlannedBrackets
from hpobench_tui.executors.pipe import Garbled, Pipe, packed, received

DEPTHS = ("no message", "some messages", "all messages")
ENDING = ".bytes"
SENT = (
    (False, PlannedBrackets(3, (Bracket(2, (Rung(9, 1), Rung(3, 3))),))),
    (False, Batch(3, (b"\xe3" * 40, b"[]", b""), 4, 5, 6.5, 0.25, 0, 7.0)),
    (False, Left(3, "4 running processes")),
    (False, Note(3, "memory did not do")),
    (False, Batch(3, (bytes(3000), b"", b""), 400, 500, 60.5, 0.5, 1, 70.0)),
    (True, End(3, RunStatus.FAILED, "ValueError: no good")),
    (True, Diverged(4, "it asks something else")),
)


def seeds(place: Path) -> list[bytes]:
    """One message, and all of them."""
    return [*map(packed, SENT), b"".join(map(packed, SENT))]


def mutated(chance: random.Random, pool: Sequence[bytes]) -> bytes:
    """Some messages as they are, and then a fault: in the middle of one, or between two."""
    messages = [packed(chance.choice(SENT)) for _ in range(chance.randrange(5))]
    odd = mutations.of_bytes(chance, chance.choice(pool), chance.choice(pool))
    more = [packed(chance.choice(SENT))] * chance.randrange(2)
    return b"".join([*messages, odd, *more])[:150_000]


def feed(data: bytes, place: Path) -> Fed:
    found, fault, left = _by_supervisor(data)
    also, theirs = _by_worker(data)
    sound = list(takewhile(lambda one: one in SENT, found))
    assert sound == found, f"taken for a message: {found[len(sound)]!r}"
    assert also == found, f"one end takes {len(found)} messages, the other {len(also)}"
    assert theirs or not fault, "only one end notices"
    if fault:
        return Fed(min(1, len(found)), fault)
    return Fed(2 if not left else min(1, len(found)), f"{left > 0} left")


def _by_supervisor(data: bytes) -> tuple[list[object], str, int]:
    """The messages, the fault if one was noticed, and how many bytes still wait for more."""
    ours, theirs = socketpair()
    pipe, found = Pipe(ours), list[object]()
    with theirs:
        theirs.sendall(data)
    try:
        found.extend(pipe.receive())
    except Garbled as fault:
        return found, str(fault), 0
    finally:
        pipe.close()
    assert pipe.ended or len(data) > 100_000
    return found, "", len(data) - sum(len(packed(one)) for one in found)


def _by_worker(data: bytes) -> tuple[list[object], bool]:
    """The messages, and whether there was a fault, or an end in the middle of one."""
    ours, theirs = socketpair()
    found: list[object] = []
    with theirs:
        theirs.sendall(data)
    with ours:
        while True:
            try:
                found.append(received(ours))
            except EOFError:
                return found, True
            except Garbled:
                return found, True
