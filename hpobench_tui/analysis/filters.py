"""Which runs of experiments somebody wants to see, and up to where.

>>> chosen = Filters(problems=("toy/*",), repetitions=parse_repetitions("0-2,7"))
>>> [chosen.problem("toy/one"), chosen.problem("other/one"), 2 in chosen.repetitions, 3 in chosen.repetitions]
[True, False, True, False]
"""

import re
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import hint, shown, some

_RANGE = re.compile(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?")
HOW_REPETITIONS = "numbers from 0 and ranges of them, as in 0-9 or 0,3,10-19"


@dataclass(frozen=True, slots=True)
class Spans(Container[int]):
    """Whole numbers in ranges, both ends included."""

    ranges: tuple[tuple[int, int], ...]

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and any(low <= number <= high for low, high in self.ranges)

    def __str__(self) -> str:
        return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in self.ranges)


def parse_repetitions(text: str) -> Spans:
    """``0-9,12`` as those numbers.

    Raises:
        HpobenchError: it does not read like that.
    """
    matches = [_RANGE.fullmatch(part) for part in text.split(",")]
    found = [(int(match[1]), int(match[2] or match[1])) for match in matches if match]
    if len(found) < len(matches) or any(low > high for low, high in found):
        raise HpobenchError(f"repetitions: must be {HOW_REPETITIONS}, not {shown(text)}.")
    return Spans(tuple(found))


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a name is that one, or like it: ``*`` stands for any characters, ``?`` for one. Brackets are brackets."""
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    like = re.compile("".join(parts), re.DOTALL)
    return lambda name: like.fullmatch(name) is not None


@dataclass(frozen=True)
class Filters:
    """Everything by default.

    Attributes:
        problems, optimizers: Names, or patterns of them (:func:`matcher`); of optimizers their labels. Empty: all.
        repetitions: None: all.
        at: Where all runs are cut, in units of their budgets; None: at their ends.
    """

    problems: tuple[str, ...] = ()
    optimizers: tuple[str, ...] = ()
    repetitions: Spans | None = None
    at: Fraction | None = None

    def __bool__(self) -> bool:
        return bool(self.problems or self.optimizers or self.repetitions or self.at is not None)

    @cached_property
    def _problems(self) -> list[Callable[[str], bool]]:
        return list(map(matcher, self.problems))

    @cached_property
    def _optimizers(self) -> list[Callable[[str], bool]]:
        return list(map(matcher, self.optimizers))

    def problem(self, name: str) -> bool:
        return not self.problems or any(like(name) for like in self._problems)

    def optimizer(self, *names: str) -> bool:
        """Whether one of the names that it goes by is wanted."""
        return not self.optimizers or any(like(name) for like in self._optimizers for name in names)

    def repetition(self, number: int) -> bool:
        return self.repetitions is None or number in self.repetitions

    def check(self, problems: Collection[str], optimizers: Iterable[Sequence[str]], repetitions: int) -> None:
        """Refuse a filter that nothing passes.

        Args:
            problems: All that there are.
            optimizers: Of each the names that it goes by, the one that is shown first.
            repetitions: How many there are.

        Raises:
            HpobenchError: names the part, and what would be valid.
        """
        labels = [name for names in optimizers for name in names]
        shown_labels = list(dict.fromkeys(labels))
        for kind, patterns, names in (
            ("problem", self.problems, list(problems)),
            ("optimizer", self.optimizers, shown_labels),
        ):
            for pattern in patterns:
                if not any(map(matcher(pattern), names)):
                    raise HpobenchError(
                        f"no {kind} is called {shown(pattern)} there.{hint(pattern, names)} There: {some(names)}."
                    )
        if self.repetitions is not None and not any(n in self.repetitions for n in range(repetitions)):
            raise HpobenchError(f"no repetition is in {self.repetitions}; there are 0-{repetitions - 1}.")


EVERYTHING = Filters()
