"""Whether ask and tell became slower: only where both were measured in the same job, pair by pair.

Seconds of ask and tell a trial, of a run as a whole; the logarithm of the ratio of a pair is tested as losses are. What
makes the machine slower for long hits both alike where the two experiments run side by side or take turns; a hiccup
costs one pair alone, which ranks bear.
"""

from math import exp, inf, log

import numpy as np

from hpobench_tui.analysis.statistics.estimate import Estimate
from hpobench_tui.analysis.statistics.paired import walsh_estimates
from hpobench_tui.core.columns import Floats
from hpobench_tui.gate.baseline import Baseline, OfRun
from hpobench_tui.gate.chances import chance
from hpobench_tui.gate.loss import LEVEL, Limits
from hpobench_tui.gate.matching import Matched, padded
from hpobench_tui.gate.outcome import Came, Finding, What
from hpobench_tui.gate.rule import Corrected, Evidence, corrected, worse

NEAR = 6 * 3600.0
"""Seconds between two experiments of one job, from the end of the one to the beginning of the other."""
FLOOR = 1e-5
"""Seconds a trial: less is not felt, and within what clocks and caches do."""
UNKNOWN = "unknown"
"""What the manifest says where a system does not tell its boots apart."""
SLOWER = 1.3
"""Power is told for this."""


def not_paired(new: Baseline, old: Baseline) -> str | None:
    """Why the times of two experiments cannot be compared; None if they can."""
    if old.machine is None or new.machine is None:
        return (
            "a baseline file was measured in another job: run the baseline's code in this one, and give its experiment"
            " to --against"
        )
    one, other = old.machine, new.machine
    for name in sorted({*one.hardware, *other.hardware}):
        if (was := one.hardware.get(name)) != (now := other.hardware.get(name)):
            return f"measured on another machine: {name} {was or 'unknown'} in the baseline, {now or 'unknown'} now"
    if one.hardware.get("boot", UNKNOWN) == UNKNOWN:
        return "which machine they were measured on is not on record, so it may be another"
    if (gap := max(one.began, other.began) - min(one.ended, other.ended)) > NEAR:
        return f"measured in another job: {gap / 3600:.1f} hours apart, {NEAR / 3600:g} are the most"
    return None


def findings(matched: Matched, limits: Limits, slowdown: float) -> list[Finding]:
    """One a label; ``slowdown``: the smallest ratio that counts, as in 1.2."""
    apart = [_apart(matched, label) for label in matched.labels]
    tests = [worse(each) for each in apart]
    came = corrected(tests, limits.level)
    return [
        _finding(matched, label, own, test, by, limits, slowdown)
        for label, own, test, by in zip(matched.labels, apart, tests, came, strict=True)
    ]


def _apart(matched: Matched, label: str) -> Floats:
    rows = []
    for problem in matched.problems:
        both = [(_each(pair.old), _each(pair.new)) for pair in matched.pairs.get((problem, label), ())]
        rows.append(np.array([log(now) - log(was) for was, now in both if was and now]))
    return padded(rows)


def _each(run: OfRun) -> float:
    return run.seconds / run.trials if run.seconds and run.trials else 0.0


def _finding(
    matched: Matched, label: str, apart: Floats, test: Evidence, came: Corrected, limits: Limits, slowdown: float
) -> Finding:
    if not test.n:
        return Finding(What.TIME, Came.SKIPPED, "no run has seconds of ask and tell on both sides", label=label)
    typical = [each for row in apart if (each := _typical(row)) is not None]
    ratio = exp(float(np.median([each.value for each in typical])))
    pairs = matched.of(label)
    was, now = (float(np.median([_each(getattr(pair, side)) for pair in pairs])) for side in ("old", "new"))
    told = None if limits.effect is None else _power(apart, was, came.level, slowdown)
    words = f"{ratio:.2f} times the baseline's seconds of ask and tell a trial"
    if len(typical) == 1 and test.n > 1:
        only = typical[0]
        words += f" ({100 * only.level:.3g} % interval {exp(only.lower):.2f} to {exp(only.upper):.2f})"
    words += f", medians {1e3 * was:.3g} ms → {1e3 * now:.3g} ms"
    numbers: dict[str, float | int | str | None] = {
        "ratio": ratio, "before": was, "seconds": now, "p": test.p, "corrected": None if np.isnan(came.p) else came.p,
        "level": came.level, "n": test.n, "power": told, "power_of": SLOWER,
    }  # fmt: skip
    if np.isnan(came.p):
        said = f"cannot tell: {test.differ} pairs that differ are too few; {words}"
        return Finding(What.TIME, Came.SKIPPED, said, label=label, numbers=numbers)
    words += f"; p = {came.p:.2g}, corrected (limit {limits.level:.2g}), {test.n} pairs"
    if told is not None:
        words += f"; {SLOWER:g} times slower would be caught with probability {told:.2f}"
    slow = came.p <= limits.level and ratio >= slowdown and now - was >= FLOOR
    return Finding(What.TIME, Came.FAILED if slow else Came.PASSED, words, label=label, numbers=numbers)


def _power(apart: Floats, was: float, level: float, slowdown: float) -> float | None:
    """None where nothing tells; 0 where so much more than ``was`` is still not felt."""
    told = chance(apart, np.full(len(apart), log(SLOWER)), level, log(slowdown))
    return 0.0 if told is not None and (SLOWER - 1) * was < FLOOR else told


def _typical(row: Floats) -> Estimate | None:
    values = row[~np.isnan(row)]
    if len(values) == 1:
        return Estimate(float(values[0]), -inf, inf, LEVEL, 1)
    return walsh_estimates(values[None], LEVEL)[0]
