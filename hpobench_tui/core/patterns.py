"""How people name several things at once: patterns of names, ranges of repetitions, lists.

>>> "bandits/flat" in filter(matcher("bandits/*"), ["bandits/flat", "synthetic/branin"])
True
>>> str(Spans.of([0, 1, 2, 7])), list(parse_repetitions("0-2,7").below(5))
('0-2,7', [0, 1, 2])
>>> split_names(["a,b[x=1,y=2]", "c"])
['a', 'b[x=1,y=2]', 'c']
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from itertools import pairwise

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown

_RANGE = re.compile(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?")
_SIGN = re.compile(r"[,\[\]]")
HOW_REPETITIONS = "numbers from 0 and ranges of them, as in 0-9 or 0,3,10-19"


@dataclass(frozen=True, slots=True)
class Spans(Container[int]):
    """Whole numbers in ranges, both ends included."""

    ranges: tuple[tuple[int, int], ...]

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and any(low <= number <= high for low, high in self.ranges)

    @classmethod
    def of(cls, numbers: Iterable[int]) -> "Spans":
        """Those numbers, in as few ranges as there can be."""
        ranges: list[tuple[int, int]] = []
        for number in sorted(set(numbers)):
            if ranges and number == ranges[-1][1] + 1:
                ranges[-1] = ranges[-1][0], number
            else:
                ranges.append((number, number))
        return cls(tuple(ranges))

    def below(self, count: int) -> Iterator[int]:
        """Those from 0 to ``count - 1``, in order."""
        return (number for number in range(count) if number in self)

    def __str__(self) -> str:
        return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in self.ranges)


def parse_repetitions(text: str, where: str = "repetitions") -> Spans:
    """``0-9,12`` as those numbers; ``where`` begins the message.

    Raises:
        HpobenchError: it does not read like that.
    """
    matches = [_RANGE.fullmatch(part) for part in text.split(",")]
    found = [(int(match[1]), int(match[2] or match[1])) for match in matches if match]
    if len(found) < len(matches) or any(low > high for low, high in found):
        raise HpobenchError(f"{where}: must be {HOW_REPETITIONS}, not {shown(text)}.")
    return Spans(tuple(found))


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a name is that one, or like it: ``*`` stands for any characters, ``?`` for one. Brackets are brackets."""
    like = re.compile(translate(pattern.replace("[", "[[]")))  # which never goes back, however many stars there are
    return lambda name: like.match(name) is not None


def is_pattern(name: str) -> bool:
    """Whether it may stand for several names: has a ``*`` or ``?`` outside brackets, in which settings stand."""
    return any(sign in name.partition("[")[0] for sign in "*?")


def split_names(texts: Iterable[str]) -> list[str]:
    """Names of lists with commas between them; commas in brackets belong to a name.

    Raises:
        HpobenchError: a name is empty.
    """
    names = [name.strip() for text in texts for name in at_commas(text)]
    if "" in names:
        raise HpobenchError("a name is empty; names have one comma between them, as in first,second.")
    return names


def at_commas(text: str) -> list[str]:
    """Split at the commas after which no bracket is closed that was not opened after them."""
    ends, inside = [len(text)], False
    for sign in reversed(list(_SIGN.finditer(text))):  # from the end, as what stands after a comma decides
        if sign[0] != ",":
            inside = sign[0] == "]"
        elif not inside:
            ends.append(sign.start())
    return [text[start + 1 : end] for start, end in pairwise([-1, *reversed(ends)])]
