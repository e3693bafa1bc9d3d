"""Stores of which the file's bytes are others, as after a bad disk or by somebody's hand.

Each is opened; then, by what its bytes sum up to, one thing is done with it that a person would do.
"""

import random
import zlib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.fuzz import mutations, real
from benchmarks.fuzz.driver import Fed
from hpobench_tui.store.reader import FILE

DEPTHS = ("not opened", "opened, without runs", "opened")
ENDING = ".sqlite"
HEADER = 100
"""Bytes of an SQLite file that say what it is."""
_sound: list[bytes] = []


def seeds(place: Path) -> list[bytes]:
    real.without_supervisors()
    _sound[:] = [(folder / FILE).read_bytes() for folder in real.stores(place)]
    return list(_sound)


def mutated(chance: random.Random, pool: Sequence[bytes]) -> bytes:
    """Mostly in the pages: where the header is another, nothing is opened."""
    data, other = chance.choice(pool), chance.choice(pool)
    if chance.random() < 0.1 or len(data) <= HEADER:
        return mutations.of_bytes(chance, data, other)
    if chance.random() < 0.2:
        page = 4096
        at, start = chance.randrange(len(data) // page + 1) * page, chance.randrange(len(other) // page + 1) * page
        return data[:at] + other[start : start + page] + data[at + page :]
    made = bytearray(data)
    for _ in range(mutations.many(chance)):
        at = chance.randrange(HEADER, len(made) if chance.random() < 0.8 else min(4096, len(made)))
        length = min(len(made) - at, 1 + int(chance.expovariate(1 / 6)))
        made[at : at + length] = chance.choice(
            (chance.randbytes(length), bytes(length), bytes([made[at] ^ 1 << chance.randrange(8)]) * length)
        )
    return bytes(made)


def feed(data: bytes, place: Path) -> Fed:
    acts = list(real.ACTS)
    act = acts[zlib.crc32(data) % len(acts)]
    if act == "merge":
        other = place / "sound"
        other.mkdir()
        (other / FILE).write_bytes(_sound[zlib.adler32(data) % len(_sound)])
    return real.done(real.placed(data, place), act)
