"""What must be said beside a number or a figure for somebody else to judge it: seeds, budgets, tests, versions."""

from collections.abc import Iterable

from hpobench_tui.core.status import RunStatus
from hpobench_tui.export.material import Material, budget_words

ABSENT = "not installed"
"""What a manifest says of such libraries."""
LIBRARIES = ("python", "numpy", "scipy", "torch")
"""Of all that were there, those that numbers depend on most."""


def seeds(material: Material) -> str:
    """How many runs each pair has: ``30 seeds`` or ``28 to 30 seeds``; what did not finish is told."""
    counts: dict[tuple[str, str], int] = {}
    for run in material.runs:
        counts[run.problem, run.label] = counts.get((run.problem, run.label), 0) + run.status.finished
    low, high = min(counts.values(), default=0), max(counts.values(), default=0)
    said = f"{low} finished run{'s' * (low != 1)}" if low == high else f"{low} to {high} finished runs"
    failed = sum(run.status is RunStatus.FAILED for run in material.runs)
    unfinished = sum(run.status.open for run in material.runs)
    told = [f"{failed} failed"] * bool(failed) + [f"{unfinished} not finished"] * bool(unfinished)
    left = f" ({' and '.join(told)} of {len(material.runs)} runs in all: left out)" if told else ""
    return f"{said} of each optimizer on each problem{left}"


def budgets(material: Material) -> str:
    """What each optimizer could spend: in one sentence where it is the same for all."""
    by_words: dict[str, list[str]] = {}
    for problem, words in {run.problem: budget_words(run) for run in material.runs}.items():
        by_words.setdefault(words, []).append(problem)
    if len(by_words) == 1:
        return f"{next(iter(by_words))} for each"
    return "; ".join(f"{words} ({_some(problems)})" for words, problems in by_words.items())


def measure(material: Material) -> str:
    """What all are measured by."""
    names = list(dict.fromkeys(str(each) for each in material.measures().values()))
    return names[0] if len(names) == 1 else f"each problem by its own measure ({', '.join(names)})"


def test(material: Material) -> str:
    """How it was decided who is not shown to be worse."""
    from hpobench_tui.analysis.statistics.groups import ALPHA

    if not material.winners:
        return "none, as no problem has finished runs of two optimizers"
    fewest = min((each.n for each in material.winners), default=0)
    few = "" if any(each.told for each in material.winners) else ": too few to show any difference"
    return (
        f"signed-rank tests against the lowest median, paired by repetition (n ≥ {fewest}{few}), corrected for having"
        f" picked the best (min-p), level {ALPHA:g}"
    )


def versions(material: Material) -> str:
    """Of the program and the libraries that results depend on most."""
    known = material.versions
    program = f"hpobench-tui {known.get('hpobench-tui', '(version unknown)')}"
    if revision := known.get("git revision"):
        program += f" ({revision})"
    there = [name for name in LIBRARIES if known.get(name, ABSENT) != ABSENT]
    return ", ".join([program, *(f"{name} {known[name]}" for name in there)])


def lines(material: Material) -> list[tuple[str, str]]:
    """All of it: a name, and what is said."""
    return [
        ("experiments", material.name),
        ("measure", measure(material)),
        ("runs", seeds(material)),
        ("budget", budgets(material)),
        ("groups", test(material)),
        ("made with", versions(material)),
    ]


def caption(material: Material, tested: bool = True) -> str:
    """The same as sentences below a table or figure; ``tested``: whether it shows who is not worse than the best."""
    parts = [f"{seeds(material)}", f"budget: {budgets(material)}"]
    parts += [f"test: {test(material)}"] * tested
    parts.append(f"made with {versions(material)}")
    return " ".join(f"{part[0].upper()}{part[1:]}." for part in parts)


def _some(names: Iterable[str], most: int = 3) -> str:
    every = list(names)
    more = len(every) - most
    return ", ".join(every) if more <= 1 else f"{', '.join(every[:most])} and {more} more"
