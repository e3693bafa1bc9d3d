"""Shards: an experiment's runs dealt to parts that are run apart, with no talk between them.

The deal follows from the matrix alone, so that every machine knows its part, and ``merge`` knows what is missing. It is
even over all that makes runs dear, since problems differ in cost a hundredfold, and optimizers in their own time:

=================  ====================================================================================================
all runs           the shards' numbers of runs differ by one at most: shards take in laps, once in each
one problem's      likewise, since its runs come one after the other, and have laps of their own
one optimizer's    nearly so: its next run goes to the shard that has waited longest for one, of those that are still to
                   take in both laps
=================  ====================================================================================================

Round-robin over the runs as they come would give one shard all runs of one optimizer, where there are as many shards as
optimizers.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown

MOST_SHARDS = 100_000
HOW_SHARDS = f"i/n, as in 3/8: the third of eight, with 1 ≤ i ≤ n ≤ {MOST_SHARDS}"
_SHARD = re.compile(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", re.ASCII)


class Shard(NamedTuple):
    """One of so many parts of an experiment.

    >>> str(Shard.read("3/8")), Shard(3, 8).folder
    ('3/8', 'shard-3-of-8')
    """

    number: int
    of: int

    @classmethod
    def read(cls, text: str, where: str = "shard") -> "Shard":
        """``3/8`` as that; ``where`` begins the message.

        Raises:
            HpobenchError: it does not read like that.
        """
        match = _SHARD.fullmatch(text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]) <= MOST_SHARDS:
            raise HpobenchError(f"{where}: must be {HOW_SHARDS}, not {shown(text)}.")
        return cls(int(match[1]), int(match[2]))

    @property
    def folder(self) -> str:
        """What the names of folders say of it."""
        return f"shard-{self.number}-of-{self.of}"

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def dealt(pairs: Sequence[tuple[str, str]], shards: int) -> list[int]:
    """The shard of each run, from 1.

    >>> dealt([("dear", "a"), ("dear", "b"), ("cheap", "a"), ("cheap", "b")], 2)
    [1, 2, 2, 1]

    Args:
        pairs: Of each run, its problem and the label of its optimizer.
        shards: How many.
    """
    labels = list(dict.fromkeys(label for _, label in pairs))
    # Of each optimizer, the shards by how long they have been without a run of it; each begins elsewhere.
    queues = {label: _from(place * shards // len(labels), shards) for place, label in enumerate(labels)}
    order = {problem: place for place, problem in enumerate(dict.fromkeys(problem for problem, _ in pairs))}
    ranks = {label: place for place, label in enumerate(labels)}
    found = [0] * len(pairs)
    lap, problem_lap, problem = set[int](), set[int](), ""
    for run in sorted(range(len(pairs)), key=lambda n: (order[pairs[n][0]], ranks[pairs[n][1]])):
        if pairs[run][0] != problem:
            problem, problem_lap = pairs[run][0], set(range(1, shards + 1))
        # One of the two always holds the other, so that somebody is left to take.
        if not lap:
            lap = set(range(1, shards + 1))
        if not problem_lap:
            problem_lap = set(range(1, shards + 1))
        queue = queues[pairs[run][1]]
        shard = next(shard for shard in queue if shard in lap and shard in problem_lap)
        del queue[shard]
        queue[shard] = None
        lap.remove(shard)
        problem_lap.remove(shard)
        found[run] = shard
    return found


def _from(first: int, shards: int) -> dict[int, None]:
    return dict.fromkeys((first + place) % shards + 1 for place in range(shards))
