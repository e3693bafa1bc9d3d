"""What a reader of other tools' results hands over; ``importing.store`` makes a store of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from hpobench_tui.core.budget import Unit
from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.status import TrialStatus


@dataclass(frozen=True, slots=True)
class ImportedTrial:
    """One evaluation that is on record.

    Attributes:
        number: Its place among all evaluations of its run, from 0. Numbers may be left out where only some evaluations
            are on record (COCO and IOH keep those that improved).
        configuration: The active hyperparameters; empty where they are not known.
        loss: Lower is better, at the fidelity reached; None where it failed.
        truth: Noise-free loss at full fidelity, where known.
        fidelity: Reached; None on a problem without.
        continues: The number of the trial whose training it went on with.
        seconds: Its evaluation took; None: not known.
        reports: Losses on the way, by fidelity.
        error: Why it failed.
    """

    number: int
    configuration: Configuration
    loss: float | None
    truth: float | None = None
    fidelity: int | None = None
    continues: int | None = None
    seconds: float | None = None
    status: TrialStatus = TrialStatus.DONE
    metrics: Mapping[str, float] = field(default_factory=dict)
    reports: Mapping[int, float] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """One run of another tool.

    Attributes:
        problem, label: As the tool calls them; anybody's text.
        repetition: From 0; None: the next of its (problem, label).
        budget: What it could spend, in units of ``unit``; None: what it spent.
        evaluations: How many there were, where more than are on record; None: those that are.
        fidelity: What a unit of fidelity is; None: a problem without. ``minimum`` and ``maximum``: the smallest and the
            largest that there are.
        reference: The loss that regret is measured against, where the tool's files state it; None: not known.
        noisy: Whether equal configurations may have other losses.
        trials: In order of their numbers; read once.
        notes: What must be said of it, a line each.
    """

    problem: str
    label: str
    trials: Iterable[ImportedTrial]
    repetition: int | None = None
    unit: Unit = Unit.EVALUATIONS
    budget: float | None = None
    evaluations: int | None = None
    fidelity: str | None = None
    minimum: int = 1
    maximum: int | None = None
    reference: float | None = None
    noisy: bool = False
    notes: tuple[str, ...] = ()


class ImportFormat(Protocol):
    """A reader of one tool's results: a module of ``importing`` with these names."""

    DESCRIPTION: str

    def recognises(self, path: Path) -> bool:
        """Whether the file or folder is of this kind, by a cheap look that runs nothing."""
        ...

    def runs(self, path: Path, options: Mapping[str, str]) -> Iterator[ImportedRun]:
        """What is in it.

        Raises:
            HpobenchError: it cannot be read: what is wrong, in which file and line, and what is valid.
        """
        ...
