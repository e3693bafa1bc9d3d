"""What stands under every table: warnings of the store's log, and which runs are of which code.

How to read it: numbers of runs that are of different code, or that were disturbed, are to be compared with care. A line
says what happened, and how often where that was more than once; ``hpobench errors`` and the log have the rest.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hpobench_tui.core.describe import kind_of
from hpobench_tui.core.identity import histories
from hpobench_tui.core.text import in_line
from hpobench_tui.store.reader import EventRow, Reader, RunRow

LEVELS = ("warning", "error")
MOST, LONGEST = 8, 300
"""Lines, and characters of one."""
ACCEPTED = "gone on with other code"
"""How the line begins that the log has of what :func:`codes` says in full."""


@dataclass(frozen=True, slots=True)
class Warned:
    """What to write under tables.

    Attributes:
        lines: Shortened, at most :data:`MOST` of the log's.
        codes: Which runs are of which code; empty where all are of one.
    """

    lines: tuple[str, ...]
    codes: tuple[str, ...]

    @property
    def all(self) -> list[str]:
        """First what is about code."""
        return [*self.codes, *self.lines]


def read(reader: Reader, said: Iterable[str] = ()) -> list[str]:
    """All that is to stand under tables of an experiment.

    Args:
        said: What stands there anyway.
    """
    return warned(reader.events(), reader.runs(), reader.manifest(), said).all


def warned(
    events: Iterable[EventRow], runs: Sequence[RunRow], manifest: Mapping[str, str], said: Iterable[str] = ()
) -> Warned:
    """The same from what a store holds: its log, its runs, its manifest."""
    return Warned(tuple(lines(events, said)), tuple(codes(runs, manifest)))


def lines(events: Iterable[EventRow], said: Iterable[str] = ()) -> list[str]:
    """Warnings and errors of a log, in order: those alike but for numbers once, with a count; errors come first."""
    found: dict[str, str] = {}
    counts: Counter[str] = Counter()
    known = set(said)
    for event in sorted((e for e in events if e.level in LEVELS), key=lambda e: e.level != "error"):
        if event.message in known or event.message.startswith(ACCEPTED):
            continue
        kind = kind_of(event.message)
        found.setdefault(kind, event.message)
        counts[kind] += 1
    made = [
        _shortened(message) + (f" (and {counts[kind] - 1} more like it)" if counts[kind] > 1 else "")
        for kind, message in found.items()
    ]
    more = len(made) - MOST
    return [*made[:MOST], f"… and {more} more warnings in the log"] if more > 0 else made


def codes(runs: Sequence[RunRow], manifest: Mapping[str, str]) -> list[str]:
    """Of what code runs are, where that is not one for all: a line for each change, and which runs are of it."""
    changed: dict[int, list[str]] = defaultdict(list)
    for (kind, name), by_number in histories(manifest).items():
        numbers = list(by_number)
        for before, number in zip(numbers, numbers[1:], strict=False):
            was, now = by_number[before], by_number[number]
            changed[number].append(f"{kind} {name} was {was}; it is {now}")
    found = []
    for number, what in sorted(changed.items()):
        own: dict[tuple[str, str], list[str]] = defaultdict(list)
        for run in runs:
            if (of := dict(run.code).get(number)) is not None:
                own[run.label, run.problem].append(f"{run.repetition} from trial {of} on" if of else f"{run.repetition}")
        said = "; ".join(f"{label} on {problem}, repetition {', '.join(them)}" for (label, problem), them in own.items())
        found.append(
            _shortened(f"code {number}: {'; '.join(what)}")
            + f". Of code {number}: {_shortened(said) or 'no run yet'}. All else is of the code before"
        )
    return found


def _shortened(text: str) -> str:
    text = in_line(" ".join(text.split()))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
