"""Hold an experiment against a baseline: trials first, then coverage, losses, failures and, if asked for, times."""

import time
from collections import Counter
from dataclasses import dataclass
from math import inf

import numpy as np

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import some
from hpobench_tui.gate import failures, loss, times
from hpobench_tui.gate.baseline import Baseline
from hpobench_tui.gate.chances import WANTED
from hpobench_tui.gate.loss import Limits
from hpobench_tui.gate.matching import Matched, coverage, match
from hpobench_tui.gate.outcome import Came, Finding, Outcome, What
from hpobench_tui.gate.words import share

_ORDER = {Came.FAILED: 0, Came.SKIPPED: 1, Came.PASSED: 2}


@dataclass(frozen=True, slots=True)
class Rule:
    """What counts as a regression.

    Attributes:
        alpha: The level that all tests together keep, 0 to 1.
        min_effect: The smallest change that counts: of losses relative, of trials that fail in shares of a run.
        slowdown: The smallest ratio of seconds that counts.
        time: Look at the cost of ask and tell, too.
        allow_missing: What the baseline has and the experiment has not is no failure.
        effect: The relative change of losses for which power is told.
        power: Tell it; it takes most of the time of a check.

    Raises:
        HpobenchError: a number is out of its range.
    """

    alpha: float = 0.05
    min_effect: float = 0.02
    slowdown: float = 1.2
    time: bool = False
    allow_missing: bool = False
    effect: float = 0.05
    power: bool = True

    def __post_init__(self) -> None:
        for name, least, most in (
            ("alpha", 1e-6, 0.5), ("min_effect", 0.0, 1e6), ("slowdown", 1.0, 1e6), ("effect", 1e-6, 1e6),
        ):  # fmt: skip
            if not least <= (value := getattr(self, name)) <= most:
                raise HpobenchError(f"{name.replace('_', '-')} must be from {least:g} to {most:g}, not {value:g}.")


USUAL = Rule()


def check(new: Baseline, old: Baseline, rule: Rule = USUAL) -> Outcome:
    """Whether ``new`` became worse than ``old``.

    Raises:
        HpobenchError: they cannot be compared.
    """
    began = time.perf_counter()
    matched = match(new, old)
    unpaired = times.not_paired(new, old) if rule.time else None
    families = ["loss over all problems"] * (len(matched.problems) > 1) + ["loss on single problems", "failures"]
    families += ["time"] * (rule.time and unpaired is None)
    limits = Limits(rule.alpha / len(families), rule.min_effect, rule.effect if rule.power else None)
    found = [_trials(matched), *coverage(new, old, matched, rule.allow_missing), *loss.findings(matched, limits)]
    found += failures.findings(matched, limits)
    if unpaired is not None:
        found.append(Finding(What.TIME, Came.SKIPPED, unpaired))
    elif rule.time:
        found += times.findings(matched, limits, rule.slowdown)
    return Outcome(
        experiment=new.experiment,
        baseline=old.experiment,
        alpha=rule.alpha,
        findings=tuple(sorted(found, key=lambda finding: _ORDER[finding.came])),
        rule=tuple(_rule(matched, rule, limits, families, found)),
        notes=tuple(_notes(new, old, matched)),
        seconds=time.perf_counter() - began,
    )


def _trials(matched: Matched) -> Finding:
    pairs = matched.all
    equal = sum(pair.equal for pair in pairs)
    numbers: dict[str, float | int | str | None] = {"n": len(pairs), "equal": equal}
    if equal == len(pairs):
        words = f"the trials of all {equal} runs are the baseline's, bit by bit: there is nothing to test"
        return Finding(What.TRIALS, Came.PASSED, words, numbers=numbers)
    other = Counter(label for (_, label), own in matched.pairs.items() for pair in own if not pair.equal)
    seeded = sum(pair.seeded for pair in pairs)
    why = "" if seeded else ": they have other seeds"
    words = (
        f"{equal} of {len(pairs)} runs have the baseline's trials, bit by bit{why}; tested is what differs:"
        f" {some([f'{label} ({n})' for label, n in other.items()])}"
    )
    return Finding(What.TRIALS, Came.SKIPPED, words, numbers=numbers | {"equal_seeds": seeded})


def _rule(matched: Matched, rule: Rule, limits: Limits, families: list[str], found: list[Finding]) -> list[str]:
    """How it was decided, in words."""
    seeded = sum(pair.seeded for pair in matched.all)
    pairing = (
        "by equal seeds" if seeded == len(matched.all)
        else "in the order of repetitions, as seeds differ" if not seeded
        else f"by equal seeds ({seeded} of {len(matched.all)}), else in the order of repetitions"
    )  # fmt: skip
    lines = [
        "Trials: runs whose trials are the baseline's bit by bit (configuration, fidelity, loss, status; not times)"
        " need no test.",
        f"Loss: fails where the one-sided signed-rank test, paired {pairing}, shows that it is worse, and the typical"
        f" change is at least {share(limits.least)}; over all problems stratified by problem.",
        "Failures: fails where the same test shows more failed runs, or a larger share of failed trials by at least"
        f" {share(limits.least)} on a problem; and at once where on equal seeds no run had failed and one does (not"
        " with budgets of time).",
    ]
    if "time" in families:
        lines.append(
            f"Time: fails where the same test shows that ask and tell are slower, by at least {rule.slowdown:g} times"
            f" and {1e6 * times.FLOOR:g} µs a trial; both measured in this job."
        )
    lines.append(
        f"Level: of as many checks of unchanged code at most {share(rule.alpha)} fail: {share(limits.level)} each for"
        f" {', '.join(families)}; within those corrected by Holm over the tests that can tell."
    )
    powers = [(float(told), finding) for finding in found if (told := finding.numbers.get("power")) is not None]
    for what, words in (
        (What.LOSS, f"{share(rule.effect)} worse on all problems"),
        (What.FAILURES, "one more failed run in ten"),
        (What.TIME, f"{times.SLOWER:g} times slower"),
    ):
        own = [told for told, finding in powers if finding.what is what]
        if own:
            lines.append(
                f"Power: {words}, of one optimizer, would be caught with probability {np.median(own):.2f}"
                + (f" (median of {len(own)}; {min(own):.2f} to {max(own):.2f})" if len(own) > 1 else "")
                + (f"; {_caught(found)}" if what is What.LOSS else "")
                + "."
            )
    return lines


def _caught(found: list[Finding]) -> str:
    """From which change of losses on most would be caught: the median of those of all labels."""
    least = [inf if (own := finding.numbers["caught"]) is None else float(own)
             for finding in found if finding.what is What.LOSS and "caught" in finding.numbers]  # fmt: skip
    middle = sorted(least)[len(least) // 2]
    return f"with {WANTED:g}, " + (f"{share(middle)} worse" if middle < inf else "nothing up to ten times worse")


def _notes(new: Baseline, old: Baseline, matched: Matched) -> list[str]:
    notes = []
    if new.unfinished:
        notes.append(f"{new.unfinished} runs of {new.experiment} have not ended and are left out")
    more = [place for place in new.runs if place not in matched.pairs]
    if more:
        labels = sorted({label for _, label in more})
        problems = sorted({problem for problem, _ in more})
        notes.append(f"not in the baseline, so not checked: {some(labels)} on {some(problems)}")
    if extra := sum(len(new.runs[place]) - len(pairs) for place, pairs in matched.pairs.items()):
        notes.append(f"{extra} runs have no counterpart in the baseline and are not checked")
    for kind, was, now in (("", old.versions, new.versions), ("code of ", old.code, new.code)):
        alike: dict[tuple[str, str], list[str]] = {}
        for name in sorted(name for name in was if name in now and was[name] != now[name]):
            alike.setdefault((was[name], now[name]), []).append(name)
        notes += [f"{kind}{some(own)}: {one} in the baseline, {other} now" for (one, other), own in alike.items()]
    return [*notes, *new.notes, *(f"baseline: {note}" for note in old.notes if note not in new.notes)]
