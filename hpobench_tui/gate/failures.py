"""Whether more fails: runs, and trials within runs; a finding a label, over all its problems.

*Runs.* Where no run of a label failed in the baseline, one that fails now on equal seeds is no chance: it fails the
check at once, unless the budget is of time, which ends otherwise each time. Else: the signed-rank test of pairs of 0
(it has a result) and 1 (it has none), which is the sign test.
*Trials.* The same test of the shares of trials that failed, run by run: trials of one run are no independent evidence.
"""

from collections.abc import Callable
from math import inf

import numpy as np

from hpobench_tui.core.columns import Floats
from hpobench_tui.gate.baseline import OfRun
from hpobench_tui.gate.chances import chance, chance_of_failures
from hpobench_tui.gate.loss import Limits
from hpobench_tui.gate.matching import Matched, Pair, padded
from hpobench_tui.gate.outcome import Came, Finding, What
from hpobench_tui.gate.rule import Corrected, Evidence, corrected, worse
from hpobench_tui.gate.words import share

MORE = 0.1
"""Power is told for one more failure in ten."""
_FEW = 3


def findings(matched: Matched, limits: Limits) -> list[Finding]:
    """One a label."""
    runs = [_apart(matched, label, _lost) for label in matched.labels]
    trials = [_apart(matched, label, _share) for label in matched.labels]
    tests = [worse(apart) for apart in [*runs, *trials]]
    came = corrected(tests, limits.level)
    half = len(runs)
    return [
        _finding(matched, label, (tests[n], came[n]), (tests[half + n], came[half + n]), trials[n], limits)
        for n, label in enumerate(matched.labels)
    ]


def _apart(matched: Matched, label: str, of: Callable[[Pair], float]) -> Floats:
    pairs = [matched.pairs.get((problem, label), ()) for problem in matched.problems]
    return padded([np.array([of(pair) for pair in own], dtype=float) for own in pairs])


def _lost(pair: Pair) -> float:
    return float(pair.new.lost) - float(pair.old.lost)


def _share(pair: Pair) -> float:
    if not pair.new.trials or not pair.old.trials:
        return np.nan
    return pair.new.failed / pair.new.trials - pair.old.failed / pair.old.trials


def _finding(
    matched: Matched, label: str, runs: tuple[Evidence, Corrected], trials: tuple[Evidence, Corrected], apart: Floats,
    limits: Limits,
) -> Finding:  # fmt: skip
    pairs = matched.of(label)
    (of_runs, by_runs), (of_trials, by_trials) = runs, trials
    were, are = (sum(run.lost for run in side) for side in ([p.old for p in pairs], [p.new for p in pairs]))
    first, then = (_failed([getattr(pair, side) for pair in pairs]) for side in ("old", "new"))
    power = _power(matched, label, by_runs.level)
    numbers: dict[str, float | int | str | None] = {
        "n": len(pairs), "failed_runs_before": were, "failed_runs": are, "failed_trials_before": first,
        "failed_trials": then, "p_runs": of_runs.p, "corrected_runs": _known(by_runs), "p_trials": of_trials.p,
        "corrected_trials": _known(by_trials), "level": by_runs.level, "power": power, "power_of": MORE,
    }  # fmt: skip
    if limits.effect is not None:
        more, least = np.full(len(apart), MORE), limits.least if limits.least > MORE else -inf
        numbers["power_trials"] = chance(apart, more, by_trials.level, least)
    said = [f"failed runs {were} → {are} of {len(pairs)}", f"failed trials {share(first)} → {share(then)}"]
    bad = []
    if anew := _anew(matched, label):
        bad.append(f"on equal seeds none had failed before: {_some(anew)}")
    elif by_runs.p <= limits.level:
        bad.append(f"more runs fail: p = {by_runs.p:.2g}, corrected (limit {limits.level:.2g})")
    if by_trials.p <= limits.level:
        most = float(np.max([np.nanmean(row) for row in apart if not np.isnan(row).all()]))
        if most >= limits.least:
            bad.append(f"more trials fail: p = {by_trials.p:.2g}, corrected (limit {limits.level:.2g})")
    words = "; ".join([*said, *bad])
    return Finding(What.FAILURES, Came.FAILED if bad else Came.PASSED, words, label=label, numbers=numbers)


def _anew(matched: Matched, label: str) -> list[str]:
    """Runs that fail though on equal seeds none of the label did."""
    own = [
        (at, pair)
        for (at, of), pairs in matched.pairs.items()
        if of == label and at not in matched.timed
        for pair in pairs
        if pair.seeded
    ]
    if any(pair.old.lost for _, pair in own):
        return []
    return [f"{problem} repetition {pair.new.repetition}" for problem, pair in own if pair.new.lost]


def _some(names: list[str]) -> str:
    return ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")


def _power(matched: Matched, label: str, level: float) -> float:
    """For one more failed run in ten."""
    pairs = matched.of(label)
    lost = sum(pair.old.lost for pair in pairs)
    timed = any((problem, label) in matched.pairs for problem in matched.timed)
    if not lost and not timed and all(pair.seeded for pair in pairs):
        return 1 - (1 - MORE) ** len(pairs)
    return chance_of_failures(len(pairs), lost / len(pairs), MORE, level)


def _failed(runs: list[OfRun]) -> float:
    trials = sum(run.trials for run in runs)
    return sum(run.failed for run in runs) / trials if trials else 0.0


def _known(came: Corrected) -> float | None:
    return None if np.isnan(came.p) else came.p
