"""What ``hpobench selfcheck`` looks for, how much of it a problem can afford, and what it found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.problem import ProblemInfo

CHECKS: Mapping[str, str] = {
    "finite": "every loss is a finite number, within the stated range",
    "replay": "a problem that is loaded again reports the same, whatever the order",
    "cost": "costs are positive, do not fall with the fidelity, and add up over pauses",
    "bound": "no noise-free loss is below an exact reference, and no fixed choice beats the comparator of the rounds",
    "optimum": "the stated minimisers attain the reference",
    "contract": "the conformance suite of hpobench_tui.testing",
}
LEAST = 2
"""Draws that every problem gets."""


class Verdict(StrEnum):
    """What a check found."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found wrong: how often, and the first time, with the configuration if there was one."""

    check: str
    message: str
    times: int
    configuration: Configuration | None


@dataclass(frozen=True, slots=True)
class Selfcheck:
    """What became of a problem.

    Attributes:
        draws: Configurations that were drawn.
        fidelity: How far they were trained; None for a problem without fidelity.
        verdicts: By name of the check, in the order of :data:`CHECKS`; empty if the problem was skipped.
        seconds: How long it took.
        skipped: Why nothing was checked.
        notes: What its author may want to know; no failures.
    """

    problem: str
    draws: int
    fidelity: int | None
    verdicts: Mapping[str, Verdict]
    findings: tuple[Finding, ...]
    seconds: float
    skipped: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return bool(self.findings)


@dataclass(frozen=True, slots=True)
class Effort:
    """How many draws a problem gets, and how far they are trained."""

    draws: int
    fidelity: int
    seconds: float
    """What the draws should take, by the problem's own description."""


def plan(info: ProblemInfo, draws: int, limit: float) -> Effort:
    """As many draws as ``limit`` seconds allow, each trained twice (the replay); at least :data:`LEAST`."""
    maximum = info.fidelity.maximum if info.fidelity else 1
    training = max(info.seconds, 1e-9)
    fidelity = maximum
    if info.fidelity and training * 2 * LEAST > limit:
        shorter = int(maximum * limit / (training * 2 * LEAST))
        fidelity = min(maximum, max(shorter, info.fidelity.minimum + 1))
        training *= fidelity / maximum
    count = min(draws, max(LEAST, int(limit / (2 * training))))
    return Effort(count, fidelity, 2 * count * training)


class Tally:
    """What one check looked at, and what was wrong: how often each kind, and the first of it."""

    def __init__(self) -> None:
        self.looked = 0
        self.wrong: dict[str, tuple[str, Configuration | None, int]] = {}

    @property
    def verdict(self) -> Verdict:
        if self.wrong:
            return Verdict.FAILED
        return Verdict.PASSED if self.looked else Verdict.NOT_APPLICABLE

    def fault(self, kind: str, message: str, configuration: Configuration | None = None) -> None:
        first, where, times = self.wrong.get(kind, (message, configuration, 0))
        self.wrong[kind] = (first, where, times + 1)

    def findings(self, check: str) -> Iterator[Finding]:
        for message, configuration, times in self.wrong.values():
            yield Finding(check, message, times, configuration)
