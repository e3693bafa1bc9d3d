"""The trials of a problem that its hyperparameters are judged by, out of stores."""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from hpobench_tui.analysis.importance.result import LEAST
from hpobench_tui.analysis.source import Source
from hpobench_tui.core.columns import Floats, Integers
from hpobench_tui.core.configuration import Configuration, from_json
from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.store.reader import RunRow, TrialTable

MOST = 20_000
"""Trials that are looked at; of more, a sample."""
SEED = 0
COLUMNS = ("status", "loss", "truth", "fidelity")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Trials of one problem, of all optimizers and repetitions, at one fidelity.

    Attributes:
        losses: Shape (n,): noise-free ones where all of them are known.
        runs: Shape (n,): the runs' ids.
        fidelity: That all of them reached; None for a problem without.
        noise_free: Whether the losses are the noise-free ones.
        trials: How many there were to draw these from.
        failed: Trials that failed, which are left out.
        elsewhere: Trials that reached another fidelity, which are left out.
        unrecorded: Trials whose configurations the experiment did not keep.
    """

    problem: str
    configurations: list[Configuration] = field(repr=False)
    losses: Floats = field(repr=False)
    runs: Integers = field(repr=False)
    fidelity: int | None
    noise_free: bool
    trials: int
    failed: int
    elsewhere: int
    unrecorded: int

    @property
    def notes(self) -> list[str]:
        """What was looked at, for people."""
        where = "" if self.fidelity is None else f" at fidelity {self.fidelity}"
        by = "noise-free losses" if self.noise_free else "losses"
        lines = [f"from {len(self.losses)} trials of {len(np.unique(self.runs))} runs{where}, by their {by}"]
        if self.trials > len(self.losses):
            lines.append(f"a sample of {len(self.losses)} of the {self.trials} trials there are")
        out = (
            (self.failed, "that failed"), (self.elsewhere, "at other fidelities"),
            (self.unrecorded, "that were not recorded one by one"),
        )  # fmt: skip
        if parts := [f"{count} {what}" for count, what in out if count]:
            lines.append(f"left out: trials {', '.join(parts)}")
        return lines


def read(source: Source, problem: str, most: int = MOST) -> Evidence:
    """The trials of a problem.

    They are those at full fidelity, or at the highest that enough trials reached.

    Args:
        most: More are sampled, with a fixed seed.

    Raises:
        HpobenchError: no run is of that problem, or too few trials have a loss at any fidelity.
    """
    runs = source.runs()
    if not (own := [run for run in runs if run.problem == problem]):
        raise unknown("problem of the experiment", problem, list(dict.fromkeys(run.problem for run in runs)))
    tables = [(run, source.trials(run.id, columns=COLUMNS)) for run in own]
    every = [_with_loss(table) for _, table in tables]
    fidelity = _highest([table.fidelity[kept] for (_, table), kept in zip(tables, every, strict=True)])
    kept = [mask & (table.fidelity == fidelity) for (_, table), mask in zip(tables, every, strict=True)]
    trials, with_loss = sum(int(mask.sum()) for mask in kept), sum(int(mask.sum()) for mask in every)
    recorded = sum(len(table) for _, table in tables)
    if trials < LEAST:
        raise HpobenchError(
            f"{problem}: {trials} trials with a loss{'' if fidelity < 0 else f' at fidelity {fidelity}'} are too few to"
            f" tell what matters; {LEAST} are the least."
        )
    chosen = np.sort(np.random.default_rng(SEED).permutation(trials)[:most])
    parts, configurations, start = [], [], 0
    for (run, table), mask in zip(tables, kept, strict=True):
        rows = np.flatnonzero(mask)
        first, last = np.searchsorted(chosen, (start, start + len(rows)))
        rows, start = rows[chosen[first:last] - start], start + len(rows)
        if len(rows):
            configurations += _configurations(source, run, rows)
            parts.append((np.full(len(rows), run.id), table.loss[rows], table.truth[rows]))
    ids, losses, truths = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    noise_free = not np.isnan(truths).any()
    return Evidence(
        problem, configurations, truths if noise_free else losses, ids, None if fidelity < 0 else fidelity,
        noise_free, trials, recorded - with_loss, with_loss - trials, sum(run.trials for run in own) - recorded,
    )  # fmt: skip


def _with_loss(table: TrialTable) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    failed = np.fromiter((status is TrialStatus.FAILED for status in table.status), bool, len(table))
    kept: np.ndarray[tuple[int], np.dtype[np.bool_]] = ~failed & ~np.isnan(table.loss)
    return kept


def _highest(fidelities: Collection[Integers]) -> int:
    """The highest fidelity that enough trials have; if none has, that of most trials; -1 for no fidelity."""
    values, counts = np.unique(np.concatenate([*fidelities, np.empty(0, np.int64)]), return_counts=True)
    if not len(values):
        return -1
    enough = values[counts >= LEAST]
    return int(enough[-1] if len(enough) else values[np.argmax(counts)])


def _configurations(source: Source, run: RunRow, rows: Integers) -> list[Configuration]:
    """Of the recorded trials of a run at these places, in ascending order."""
    wanted = iter(rows.tolist())
    place = next(wanted)
    found: list[Configuration] = []
    for number, text in enumerate(source.configurations(run.id, int(rows[-1]) + 1)):
        if number == place:
            found.append(from_json(text))
            place = next(wanted, -1)
    return found
