"""What stands under every table: warnings of the store's log, and which runs are of which code.

How to read it: numbers of runs that are of different code, or that were disturbed, are to be compared with care. A line
says what happened, and how often where that was more than once; ``hpobench errors`` and the log have the rest.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from hpobench_tui.core.describe import kind_of
from hpobench_tui.core.identity import histories
from hpobench_tui.core.text import in_line
from hpobench_tui.store.reader import EventRow, Reader, RunRow

MOST, LONGEST = 8, 300
"""Lines, and characters of one."""
ACCEPTED = "gone on with other code"
"""How the line begins that the log has of what :func:`codes` says in full."""


def read(*readers: Reader, failures: bool = False, said: Iterable[str] = ()) -> list[str]:
    """What is to stand under tables of one or several experiments; of several each line says of which.

    Args:
        failures: Also which runs failed, where tables do not say so.
        said: What stands there anyway.
    """
    found = []
    for reader in readers:
        own = [*codes(reader.runs(), reader.manifest()), *lines(reader.events(), failures, said)]
        found += own if len(readers) == 1 else [f"{in_line(reader.folder.name)}: {line}" for line in own]
    return found


def lines(events: Iterable[EventRow], failures: bool = True, said: Iterable[str] = ()) -> list[str]:
    """Warnings and errors of a log: those alike but for numbers once, with a count; errors first, else as they came.

    Args:
        failures: Also errors, which say that a run failed.
        said: Lines that need not be said again.
    """
    found: dict[str, str] = {}
    counts: Counter[str] = Counter()
    known = set(said)
    levels = ("error", "warning") if failures else ("warning",)
    for event in sorted((e for e in events if e.level in levels), key=lambda e: e.level != "error"):
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
        for before, number in pairwise(numbers):
            was, now = by_number[before], by_number[number]
            changed[number].append(f"{kind} {name} was {was}; it is {now}")
    found = []
    for number, what in sorted(changed.items()):
        own: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        for run in runs:
            if (first := dict(run.code).get(number)) is not None:
                own[run.label, run.problem][run.repetition] = first
        said = "; ".join(f"{label} on {problem}, repetition {_of(firsts)}" for (label, problem), firsts in own.items())
        found.append(
            f"runs of other code (code {number}): {_shortened(said) or 'none yet'}. {_shortened('; '.join(what))}."
            " All else is of the code before"
        )
    return found


def _of(firsts: Mapping[int, int]) -> str:
    """Repetitions by their first trial of some code: ``2-5, 7, 9 (from trial 12 on)``."""
    whole = sorted(repetition for repetition, first in firsts.items() if not first)
    spans: list[list[int]] = []
    for repetition in whole:
        if spans and spans[-1][-1] == repetition - 1:
            spans[-1][1:] = [repetition]
        else:
            spans.append([repetition])
    parts = ["-".join(map(str, span)) for span in spans]
    parts += [f"{repetition} (from trial {first} on)" for repetition, first in sorted(firsts.items()) if first]
    return ", ".join(parts)


def _shortened(text: str) -> str:
    text = in_line(" ".join(text.split()))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
