"""What a check came to; ``gate.check`` finds it, the reports show it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class What(StrEnum):
    """What was looked at."""

    TRIALS = "trials"
    """Whether they are the baseline's, bit by bit: then there is nothing to test."""
    LOSS = "loss"
    FAILURES = "failures"
    TIME = "time"
    """Seconds of ask and tell."""
    COVERAGE = "coverage"
    """Whether what the baseline has is there."""


class Came(StrEnum):
    """How it came out."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Could not be told, or was not asked for; the message says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        problem, label: Of what; None: over all.
        message: In one line, with the numbers that decided; anybody's names are in it.
        numbers: The same for a script: estimate, interval, p, n, power, …
    """

    what: What
    came: Came
    message: str
    problem: str | None = None
    label: str | None = None
    numbers: Mapping[str, float | int | str | None] = field(default_factory=dict)

    @property
    def of(self) -> str:
        """What it was looked at, for people: ``gp on synthetic/branin``, as anybody named them."""
        if self.problem is None and self.label is None:
            return "everything"
        return f"{self.label or 'all optimizers'} on {self.problem or 'all problems'}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """All of a check.

    Attributes:
        experiment, baseline: What they are called.
        alpha: The level that all tests together keep: of as many checks of unchanged code no more fail.
        findings: Failed ones first.
        rule: How it was decided, and with which power, a line each.
        notes: What must be said beside it.
        seconds: The check took.
    """

    experiment: str
    baseline: str
    alpha: float
    findings: tuple[Finding, ...]
    rule: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return all(finding.came is not Came.FAILED for finding in self.findings)

    def those(self, came: Came) -> tuple[Finding, ...]:
        """The findings that came out so, in their order."""
        return tuple(finding for finding in self.findings if finding.came is came)

    @property
    def verdict(self) -> str:
        """How it ended in a line of plain words, without names: ``failed: 2 failed, 37 passed, 1 skipped``."""
        counts = [
            f"{len(found)} {came}" for came in (Came.FAILED, Came.PASSED, Came.SKIPPED) if (found := self.those(came))
        ]
        return f"{Came.PASSED if self.passed else Came.FAILED}: {', '.join(counts) or 'nothing was looked at'}"
