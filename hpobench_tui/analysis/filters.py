"""Which runs of experiments somebody wants to see, and up to where.

>>> from hpobench_tui.core.patterns import parse_repetitions
>>> chosen = Filters(problems=("toy/*",), repetitions=parse_repetitions("0-2,7"))
>>> [chosen.problem("toy/one"), chosen.problem("other/one"), 2 in chosen.repetitions, 3 in chosen.repetitions]
[True, False, True, False]
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import hint, shown, some
from hpobench_tui.core.patterns import Spans, matcher


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
