"""Which of the valid names a person probably meant, and how long lists of them are shown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Names: TypeAlias = Sequence[str] | Mapping[str, Sequence[str]]
"""Valid names, or such by the title of their group."""

LIKE = 0.62
"""The least likeness of a suggestion: two wrong letters in six."""
SHORT, LIKE_SHORT = 4, 0.7
"""Of so few letters none may be wrong but for one too many, too few, or swapped."""
BEHIND = 0.1
"""How much less alike than the best a suggestion may be."""
MOST = 3
LONGEST = 60
"""Characters of a name that is shown in full, and of names compared."""
FEW = 10
"""Names that are listed in one line, without groups."""
MANY = 100
"""Names that are not all told."""


def nearest(name: str, valid: Iterable[str]) -> list[str]:
    """The valid names most like ``name``, best first; none where none is.

    Case, ``_`` for ``-``, swapped letters, a missing or wrong suite (``ackley`` for ``synthetic/ackley``) and a
    beginning or a part of the name are forgiven.
    """
    wanted = _folded(name[:LONGEST])
    scores = {other: _likeness(wanted, _folded(other)) for other in valid}
    best = max(scores.values(), default=0.0)
    least = LIKE if len(wanted) > SHORT else LIKE_SHORT
    close = [other for other, score in scores.items() if score >= max(least, best - BEHIND)]
    return sorted(close, key=lambda other: (-scores[other], len(other)))[: MOST if best < 1 else 1]


def hint(name: str, valid: Iterable[str]) -> str:
    """`` Did you mean …?``, or nothing."""
    close = nearest(name, valid)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


def shown(name: str) -> str:
    """A name in quotes; of a long one the beginning and the length."""
    return repr(name) if len(name) <= LONGEST else f"{name[: LONGEST // 2]!r}… ({len(name)} characters)"


def some(names: Sequence[str]) -> str:
    """Names in a line: all, or the first of many and how many there are."""
    return ", ".join(names) if len(names) <= MANY else f"{', '.join(names[:FEW])}, … ({len(names)} in all)"


def flat(valid: Names) -> list[str]:
    """The names without their groups."""
    return [name for names in valid.values() for name in names] if isinstance(valid, Mapping) else list(valid)


def listed(valid: Names) -> str:
    """The valid names: a few in one line, many by group, a line each (``suite/name`` by suite)."""
    names = flat(valid)
    if len(names) <= FEW:
        return f"Valid: {', '.join(names) or 'none'}."
    if not isinstance(valid, Mapping):
        if not all("/" in name for name in names):
            return f"Valid: {', '.join(names)}."
        valid = by_suite(names)
    return "\n".join(["Valid:", *(_group(title, group) for title, group in valid.items() if group)])


def _group(title: str, names: Sequence[str]) -> str:
    suite = f"{title}/"
    if all(name.startswith(suite) for name in names):
        return f"  {suite}: {', '.join(name.removeprefix(suite) for name in names)}"
    return f"  {title}: {', '.join(names)}"


def by_suite(names: Iterable[str]) -> dict[str, list[str]]:
    """``suite/name``s by ``suite``."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.partition("/")[0], []).append(name)
    return groups


def _folded(name: str) -> str:
    return "".join("-" if letter in "_ .-" else letter for letter in name.strip().casefold())


def _likeness(wanted: str, other: str) -> float:
    """0 to 1, which is equal but for case and such; both are folded."""
    if wanted == other:
        return 1.0
    suite, slash, tail = other.rpartition("/")
    if not slash:
        return max(_alike(wanted, other), 0.9 * _part(wanted, other))
    own_suite, _, own = wanted.rpartition("/")
    if own == tail:
        return 0.98  # of another suite, or of none
    like = _alike(own, tail)
    together = 0.3 * _alike(own_suite, suite) + 0.7 * like if own_suite else max(like, _alike(wanted, other)) - 0.02
    return max(together, 0.9 * _part(own, tail))


def _alike(one: str, two: str) -> float:
    from difflib import SequenceMatcher

    if len(one) > 2 and sorted(one) == sorted(two):
        return 0.95  # letters swapped
    return SequenceMatcher(None, one, two, autojunk=False).ratio()


def _part(part: str, whole: str) -> float:
    """Nearly 1 if ``part`` begins a name, less if it is in the middle of it or the name begins it."""
    if len(part) >= 2 and whole.startswith(part):
        return 1.0
    if len(part) >= 3 and part in whole:
        return 0.9
    return 0.8 if len(whole) >= 3 and part.startswith(whole) else 0.0
