"""Whether losses became worse: a test over all problems a label, and one a label and problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np

from hpobench_tui.analysis.statistics.estimate import Estimate
from hpobench_tui.analysis.statistics.paired import walsh_estimates
from hpobench_tui.core.columns import Floats
from hpobench_tui.gate.chances import chance, smallest
from hpobench_tui.gate.matching import Apart, Matched, Pair, losses_apart
from hpobench_tui.gate.outcome import Came, Finding, What
from hpobench_tui.gate.rule import Corrected, Evidence, corrected, worse
from hpobench_tui.gate.words import share, signed

LEVEL = 0.95
"""Of intervals of typical changes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``level``: a family's share of α; ``least``: the smallest change that counts; ``effect``: whose power is told."""

    level: float
    least: float
    effect: float | None


def findings(matched: Matched, limits: Limits) -> list[Finding]:
    """Over all problems first, where there are several, then on each."""
    apart = {label: losses_apart(matched, label) for label in matched.labels}
    typical = {label: walsh_estimates(of.values, LEVEL) for label, of in apart.items()}
    found = []
    if len(matched.problems) > 1:
        tests = [worse(apart[label].values) for label in matched.labels]
        for label, test, came in zip(matched.labels, tests, corrected(tests, limits.level), strict=True):
            found.append(_over(matched, label, apart[label], typical[label], test, came, limits))
    rows = [
        (place, label, pairs)
        for label in matched.labels
        for place, problem in enumerate(matched.problems)
        if (pairs := matched.pairs.get((problem, label)))
    ]
    tests = [worse(apart[label].values[place : place + 1]) for place, label, _ in rows]
    for (place, label, pairs), test, came in zip(rows, tests, corrected(tests, limits.level), strict=True):
        own = Apart(*(getattr(apart[label], name)[place : place + 1] for name in ("values", "relative", "logs")))
        alone = len(matched.problems) == 1
        found.append(_on(matched.problems[place], label, own, typical[label][place], pairs, test, came, limits, alone))
    return found


def _over(
    matched: Matched, label: str, apart: Apart, typical: list[Estimate | None], test: Evidence, came: Corrected,
    limits: Limits,
) -> Finding:  # fmt: skip
    pairs = matched.of(label)
    if said := _nothing(pairs, test):
        return Finding(What.LOSS, *said, label=label, numbers={"n": test.n})
    singles = [
        apart.change(place, _value(apart.values[place], each))
        for place, each in enumerate(typical)
        if each is not None or (~np.isnan(apart.values[place])).any()
    ]
    change = middle(singles)
    over = f"over {len(singles)} problems typically {signed(change)} (median of their typical changes)"
    if len(singles) == 1:
        over = f"on its one problem typically {signed(change)}"
    powers = _powers(apart, came, limits)
    numbers = _numbers(change, test, came) | {"problems": len(singles)} | powers
    verdict, words = _verdict(change, over, test, came, limits)
    return Finding(What.LOSS, verdict, words + _told(powers), label=label, numbers=numbers)


def _on(
    problem: str, label: str, apart: Apart, typical: Estimate | None, pairs: list[Pair], test: Evidence,
    came: Corrected, limits: Limits, alone: bool,
) -> Finding:  # fmt: skip
    if said := _nothing(pairs, test):
        return Finding(What.LOSS, *said, problem, label, {"n": test.n})
    value = _value(apart.values[0], typical)
    change = apart.change(0, value)
    numbers = _numbers(change, test, came)
    if apart.relative[0]:
        words = f"typically {signed(change)}"
        if typical is not None:
            ends = [apart.change(0, end) for end in (typical.lower, typical.upper)]
            words += f" ({100 * typical.level:.3g} % interval {signed(ends[0])} to {signed(ends[1])})"
            numbers |= {"lower": ends[0], "upper": ends[1], "interval": typical.level}
    else:
        words = f"typically {abs(value):.3g} {'worse' if value > 0 else 'better'} than the baseline's 0"
        numbers["difference"] = value
    powers = _powers(apart, came, limits) if alone else {}
    verdict, words = _verdict(change, words, test, came, limits)
    return Finding(What.LOSS, verdict, words + _told(powers), problem, label, numbers | powers)


def middle(values: list[float]) -> float:
    """The median; 0 between two infinities.

    >>> [middle([3.0, 1.0]), middle([-inf, inf])]
    [2.0, 0.0]
    """
    ordered = sorted(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return 0.0 if low == -inf and high == inf else low / 2 + high / 2


def _value(apart: Floats, typical: Estimate | None) -> float:
    """The typical difference, or the only one."""
    return float(apart[~np.isnan(apart)][0]) if typical is None else typical.value


def _nothing(pairs: list[Pair], test: Evidence) -> tuple[Came, str] | None:
    """Where there is nothing to test."""
    if all(pair.equal for pair in pairs):
        return Came.PASSED, f"the trials of its {len(pairs)} runs are the baseline's, bit by bit: nothing to test"
    if not test.n:
        return Came.SKIPPED, "no run has a value on both sides; see failures"
    if not test.differ:
        return Came.PASSED, f"all {test.n} pairs reached values that are equal within the tolerance"
    return None


def _verdict(change: float, words: str, test: Evidence, came: Corrected, limits: Limits) -> tuple[Came, str]:
    n = f"{test.n} pair{'s' * (test.n != 1)}"
    if np.isnan(came.p):
        return Came.SKIPPED, (
            f"cannot tell: of {n}, {test.differ} differ{'s' * (test.differ == 1)}, so p is at least"
            f" {test.least_p:.2g}, too much for {share(limits.level)} shared by all tests of this kind; {words}."
            " More repetitions may tell"
        )
    told = f"{words}; p = {came.p:.2g}, corrected (limit {limits.level:.2g}), {n}"
    if came.p > limits.level:
        return Came.PASSED, told
    if change < limits.least:
        return Came.PASSED, f"{told}: shown to be worse, but by less than {share(limits.least)}"
    return Came.FAILED, told


def _numbers(change: float, test: Evidence, came: Corrected) -> dict[str, float | int | str | None]:
    return {
        "change": change, "p": test.p, "corrected": None if np.isnan(came.p) else came.p, "level": came.level,
        "least_p": test.least_p, "n": test.n, "differ": test.differ,
    }  # fmt: skip


def _powers(apart: Apart, came: Corrected, limits: Limits) -> dict[str, float | int | str | None]:
    """Of which change how likely would be caught, and which with the wanted power."""

    def caught(effect: float) -> float | None:
        return chance(apart.values, apart.shifts(effect), came.level, apart.shifts(limits.least))

    if limits.effect is None or np.isnan(came.p) or (told := caught(limits.effect)) is None:
        return {}
    return {"power": told, "power_of": limits.effect, "caught": smallest(caught)}


def _told(powers: Mapping[str, float | int | str | None]) -> str:
    if not powers:
        return ""
    return f"; {share(float(powers['power_of'] or 0))} worse would be caught with probability {powers['power']:.2f}"
