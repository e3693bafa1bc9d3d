"""Short names of problems, for the heads of narrow columns. Pure."""

import re
from collections.abc import Sequence

SHORTEST, LONGEST = 4, 12
_PARTS = re.compile(r"[^\W\d_]+|\d+")


def short_names(names: Sequence[str]) -> list[str]:
    """A name of few characters for each, no two alike.

    >>> short_names(["bandits/bernoulli-2", "bandits/bernoulli-10", "bandits/bernoulli-hard", "bandits/drifting"])
    ['ber2', 'be10', 'berh', 'drif']
    """
    found: dict[str, str] = {}
    left = list(dict.fromkeys(names))
    for length in range(SHORTEST, LONGEST + 1):
        tried = {name: shortened(name, length) for name in left}
        taken = list(tried.values())
        for name, short in tried.items():
            if taken.count(short) == 1 and short not in found.values():
                found[name] = short
        left = [name for name in left if name not in found]
    for name in left:  # whatever differs in them is left out of each
        number = 2
        while (short := f"{shortened(name, SHORTEST)}~{number}") in found.values():
            number += 1
        found[name] = short
    return [found[name] for name in names]


def shortened(name: str, length: int) -> str:
    """The last number, and of the words before it the beginning of the first and the initials of the others."""
    last = name.partition("[")[0].rstrip("/").rpartition("/")[2]
    parts: list[str] = _PARTS.findall(last + name[len(name.partition("[")[0]) :]) or [last.strip() or "?"]
    digits = next((part for part in reversed(parts) if part.isdigit()), "")[-(length - 1) :]
    words = [part for part in parts if not part.isdigit()]
    room = length - len(digits)
    if not words:
        return digits
    initials = "".join(word[0] for word in words[1:])[: max(room - 1, 0)]
    return words[0][: room - len(initials)] + initials + digits
