"""Whether a run's rows of progress agree with its trials, with its ledger and with each other.

Where all trials are recorded every sum is made anew, bit for bit (the engine adds in the same order), and every row
that there must be is looked for. Where trials were left out, what lies between two rows of progress must at least hold
the trials that are recorded there; and what does not depend on single trials is exact at every row: evaluations and
fidelity units by count, simulated seconds by clock.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.analysis.charges import Clock, charged_fidelity, nanoseconds, slack
from hpobench_tui.analysis.measure import LARGEST
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.configuration import Configuration, from_json, key_of
from hpobench_tui.core.incumbent import IncumbentTracker
from hpobench_tui.core.measure import within_floats
from hpobench_tui.core.progress import SHARES, clock_positions, positions
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.store.reader import Floats, Integers, ProgressTable, Reader, RunRow, TrialTable

Table = TypeVar("Table", TrialTable, ProgressTable)

COLUMNS = {
    "number", "asked", "status", "cost", "fidelity", "target", "loss", "truth", "reference", "clock_start",
    "clock_end", "worker",
}  # fmt: skip
"""Of the trials, what is needed here; no fidelities on a problem without."""


def disagreements(
    reader: Reader, run: RunRow, clock: Clock, whole: int, trials: TrialTable, progress: ProgressTable
) -> Iterator[str]:
    """What is wrong, in words, the most telling first; ``whole``: this many trials are recorded from the first on."""
    yield from _one_by_one(run, trials)
    yield from _side_by_side(clock, trials)
    yield from _extent(run, whole, trials, progress)
    if not len(progress):
        return
    yield from _by_themselves(run, clock, progress)
    yield from _counted(trials, progress)
    yield from _summed(run, trials, progress)
    yield from _clocks(trials, progress)
    yield from _incumbents(reader, run, whole, trials, progress)


def _one_by_one(run: RunRow, trials: TrialTable) -> Iterator[str]:
    """What the columns of a trial, and the trials among each other, must be like."""
    status = np.array(trials.status, dtype=str)
    failed, done, lossless = status == TrialStatus.FAILED, status == TrialStatus.DONE, np.isnan(trials.loss)
    started, ended = trials.clock_start, trials.clock_end
    earlier = np.zeros(len(trials), dtype=np.bool_)
    earlier[1:] = ended[1:] < ended[:-1]
    for wrong, words in (
        (failed & ~lossless, "failed, but has a loss"),
        ((done | (status == TrialStatus.PRUNED)) & lossless, "has no loss, but did not fail"),
        (done & (trials.fidelity != trials.target), "is done at another fidelity than was asked for"),
        (trials.fidelity > trials.target, "went beyond the fidelity that was asked for"),
        (~(started <= ended), "ended before it began"),
        (earlier, "ended before the trial before it"),
        ((trials.worker < 0) & (trials.asked != trials.number), "answers another question than its own"),
    ):
        if wrong.any():
            yield f"trial {trials.number[np.argmax(wrong)]} {words}"
    asked = np.sort(trials.asked)
    if (twice := asked[1:] == asked[:-1]).any():
        yield f"question {asked[np.argmax(twice)]} was answered twice"
    complete = len(trials) == run.trials
    if complete and run.status.finished and not np.array_equal(asked, np.arange(len(asked))):
        yield "not every question was answered"
    if failed.sum() > run.failed_trials or (complete and failed.sum() != run.failed_trials):
        yield f"the run counts {run.failed_trials} failed trials, but {failed.sum()} failed"
    if run.failed_trials and not failed.any():
        yield f"none of {run.failed_trials} failed trials is recorded"


def _side_by_side(clock: Clock, trials: TrialTable) -> Iterator[str]:
    """No more trials were pending than may be: each has one of so many workers, which has one trial at a time."""
    if (beyond := trials.worker >= clock.pending).any():
        first = int(np.argmax(beyond))
        yield f"trial {trials.number[first]} has worker {trials.worker[first]}, where there are {clock.pending}"
    order = np.lexsort((trials.clock_end, trials.clock_start, trials.worker))
    worker, start, end = trials.worker[order], trials.clock_start[order], trials.clock_end[order]
    overlap = (worker[1:] >= 0) & (worker[1:] == worker[:-1]) & (start[1:] < end[:-1])
    if overlap.any():
        first = int(order[1:][np.argmax(overlap)])
        yield f"trial {trials.number[first]} began on worker {trials.worker[first]} before the one there had ended"


def _extent(run: RunRow, whole: int, trials: TrialTable, progress: ProgressTable) -> Iterator[str]:
    """Progress must go from the first trial to the last; trials recorded among others that are not have their row."""
    if not run.trials:
        return
    if not len(progress) or progress.number[0] != 0:
        yield "there is no row of progress after the first trial"
        return
    last, spent = int(progress.number[-1]), int(progress.spent[-1])
    if run.status.finished and last != run.trials - 1:
        yield f"the run counts {run.trials} trials, but its progress ends after trial {last}"
    if spent > run.spent or (last == run.trials - 1 and spent != run.spent):
        yield f"the last row of progress says {spent} is spent, but the ledger says {run.spent}"
    if len(progress) == last + 1 == run.trials:
        return  # after every trial
    missing = ~_among(trials.number[whole:], progress.number)
    if missing.any():
        yield f"the progress after trial {trials.number[whole:][np.argmax(missing)]} is missing"
    due = _due(run, whole, trials)
    missing = ~_among(due, progress.number)
    if missing.any():
        yield f"the progress after trial {due[np.argmax(missing)]} is missing"


def head(table: Table, trials: int) -> Table:
    """The rows of a run's first ``trials`` trials."""
    length = int(np.searchsorted(table.number, trials))
    return table if length == len(table) else table.rows(slice(length))


def _due(run: RunRow, whole: int, trials: TrialTable) -> Integers:
    """After which trials there must be progress by the positions of ``core.progress``, as far as can be told.

    By number for all; by the other coordinates as far as all trials are recorded: the state before the first trial
    that ends beyond a position.
    """
    due = [np.array(positions(1, run.trials), dtype=np.int64) - 1]
    trials = head(trials, whole)
    spent, clock = np.cumsum(trials.cost), trials.clock_end
    if len(trials):
        fidelity = np.cumsum(charged_fidelity(trials))
        shares = [run.budget // part for part in SHARES if spent[0] <= run.budget // part]
        for at, passed in (
            (fidelity, positions(int(fidelity[0]), int(fidelity[-1]) - 1)),
            (spent, [*positions(int(spent[0]), int(spent[-1]) - 1), *(share for share in shares if share < spent[-1])]),
            (clock, [at for at in clock_positions(float(clock[0]), float(clock[-1])) if at < clock[-1]]),
        ):
            due.append(np.searchsorted(at, np.array(passed, dtype=at.dtype), side="right") - 1)
    numbers: Integers = np.unique(np.concatenate(due))
    return numbers[numbers >= 0]


def _by_themselves(run: RunRow, clock: Clock, progress: ProgressTable) -> Iterator[str]:
    for name in ("spent", "fidelity", "clock", "losses"):
        each = getattr(progress, name)
        falls = each[1:] < each[:-1]
        if falls.any():
            yield f"{name} falls in the progress after trial {progress.number[1:][np.argmax(falls)]}"
    count = progress.number + 1
    for wrong, words in (
        (progress.losses > count, "more losses than trials"),
        ((progress.fidelity != count) & (not run.fidelity), "more or fewer evaluations than trials"),
    ):
        if wrong.any():
            yield f"there are {words} in the progress after trial {progress.number[np.argmax(wrong)]}"
    off: Integers = np.zeros(len(progress), dtype=np.int64)
    match Unit(run.unit):
        case Unit.EVALUATIONS:
            right = count
        case Unit.FIDELITY | Unit.FULL_EVALUATIONS:
            right = progress.fidelity
        case Unit.FIDELITY_CONTINUED if not run.resumable:
            right = progress.fidelity
        case Unit.SECONDS if not clock.shared:
            return
        case Unit.SIMULATED_SECONDS | Unit.SECONDS:
            right = nanoseconds(progress.clock)
            off = slack(right)
        case _:
            return
    wrong = np.abs(progress.spent - right) > off
    if wrong.any():
        i = int(np.argmax(wrong))
        yield f"{progress.spent[i]} was spent after trial {progress.number[i]}, where the rule gives {right[i]}"


def _counted(trials: TrialTable, progress: ProgressTable) -> Iterator[str]:
    """Whole numbers, from each row of progress to the next."""
    upto = np.searchsorted(trials.number, progress.number, side="right")
    complete = _steps(upto, 0) == _steps(progress.number, -1)
    for name, each in (
        ("spent", trials.cost),
        ("fidelity", charged_fidelity(trials)),
        ("losses", (~np.isnan(trials.loss)).astype(np.int64)),
    ):
        recorded = _steps(np.concatenate(([0], np.cumsum(each)))[upto], 0)
        added = _steps(getattr(progress, name), 0)
        wrong = (added < recorded) | (complete & (added != recorded))
        if wrong.any():
            i = int(np.argmax(wrong))
            yield (
                f"{name} grows by {added[i]} up to the progress after trial {progress.number[i]}, but the trials"
                f" there sum up to {recorded[i]}"
            )


def _summed(run: RunRow, trials: TrialTable, progress: ProgressTable) -> Iterator[str]:
    """Floating-point sums: over all trials from the first on as far as none is missing, then trial by trial."""
    has_loss = ~np.isnan(trials.loss)
    gaps = trials.number != np.arange(len(trials))
    prefix = int(np.argmax(gaps)) if gaps.any() else len(trials)
    begun = progress.number < prefix
    single = _steps(progress.number, -1) == 1
    at = np.minimum(np.searchsorted(trials.number, progress.number), max(len(trials) - 1, 0))
    single &= ~begun & (trials.number[at] == progress.number if len(trials) else False)
    comparator = np.where(np.isnan(trials.reference), run.reference, trials.reference)
    for name, each in (("regret", trials.loss), ("pseudo_regret", _noise_free(trials))):
        with np.errstate(over="ignore"):
            each = np.where(has_loss, each - comparator, 0.0)
        total: Floats = getattr(progress, name)
        right = total.copy()
        right[begun] = _totals(each[:prefix])[progress.number[begun]]
        later = np.flatnonzero(single)
        later = later[np.abs(total[later - 1]) < LARGEST]  # from where it overflows it stands still
        with np.errstate(over="ignore"):
            right[later] = np.clip(total[later - 1] + each[at[later]], -LARGEST, LARGEST)
        wrong = total != right
        if wrong.any():
            i = int(np.argmax(wrong))
            yield f"{name} is {total[i]} after trial {progress.number[i]}, but its trials give {right[i]}"


def _steps(each: Integers, before: int) -> Integers:
    """From each number to the next, the first from ``before``."""
    steps = np.empty_like(each)
    steps[:1] = each[:1] - before
    np.subtract(each[1:], each[:-1], out=steps[1:])
    return steps


def _among(numbers: Integers, ascending: Integers) -> NDArray[np.bool_]:
    """Which of the numbers are there."""
    if not len(ascending):
        return np.zeros(len(numbers), dtype=np.bool_)
    at = np.minimum(np.searchsorted(ascending, numbers), len(ascending) - 1)
    there: NDArray[np.bool_] = ascending[at] == numbers
    return there


def _totals(each: Floats) -> Floats:
    """Running sums, which stand at the largest float from where they overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        totals = np.cumsum(each)
    beyond = ~np.isfinite(totals)
    if beyond.any():
        first = int(np.argmax(beyond))
        totals[first:] = within_floats(float(totals[first]))
    return totals


def _clocks(trials: TrialTable, progress: ProgressTable) -> Iterator[str]:
    _, own, row = np.intersect1d(trials.number, progress.number, assume_unique=True, return_indices=True)
    wrong = trials.clock_end[own] != progress.clock[row]
    if wrong.any():
        i = int(np.argmax(wrong))
        yield (
            f"trial {trials.number[own[i]]} ended at {trials.clock_end[own[i]]} s, but its progress says"
            f" {progress.clock[row[i]]}"
        )


def _incumbents(reader: Reader, run: RunRow, whole: int, trials: TrialTable, progress: ProgressTable) -> Iterator[str]:
    """The incumbent's number and value at every row; the rules are those of ``core.incumbent``.

    With noise it is looked for anew as far as all trials are recorded.
    """
    if run.noisy:
        number, value = _values_of(trials, progress)
        anew = progress.number < whole
        number[anew], value[anew] = _replayed(reader, run, whole, trials, progress.number[anew])
    else:
        number, value = _best(trials, progress)
        changes = np.unique(number[number >= 0])
        missing = changes[~_among(changes, progress.number)]
        if len(missing):
            yield f"the progress after trial {missing[0]}, the incumbent, is missing"
    wrong = (progress.incumbent != number) | ~_equal(progress.incumbent_value, value)
    if wrong.any():
        i = int(np.argmax(wrong))
        yield (
            f"after trial {progress.number[i]} the incumbent is trial {progress.incumbent[i]} with"
            f" {progress.incumbent_value[i]}, but the trials give {number[i]} with {value[i]}"
        )


def _best(trials: TrialTable, progress: ProgressTable) -> tuple[Integers, Floats]:
    """Without noise: the first with the lowest loss at the highest fidelity so far. Incumbents are always recorded."""
    lossy = np.flatnonzero(~np.isnan(trials.loss))
    fidelity = np.maximum(trials.fidelity[lossy], 1)
    highest = np.maximum.accumulate(fidelity) if len(lossy) else fidelity
    lossy, level = lossy[fidelity == highest], highest[fidelity == highest]
    loss = trials.loss[lossy]
    first = np.zeros(len(lossy), dtype=np.int64)
    for start, end in zip(*_segments(level), strict=True):
        lowest = np.minimum.accumulate(loss[start:end])
        better = np.concatenate(([True], lowest[1:] < lowest[:-1]))
        first[start:end] = np.maximum.accumulate(np.where(better, np.arange(start, end), start))
    upto = np.searchsorted(trials.number[lossy], progress.number, side="right") - 1
    number = np.full(len(progress), -1, dtype=np.int64)
    value = np.full(len(progress), np.nan)
    there = upto >= 0
    at = lossy[first[upto[there]]]
    number[there] = trials.number[at]
    value[there] = _noise_free(trials)[at]
    return number, value


def _segments(level: Integers) -> tuple[list[int], list[int]]:
    """Starts and ends of stretches of equal values."""
    changes = (np.flatnonzero(level[1:] != level[:-1]) + 1).tolist()
    return ([0, *changes], [*changes, len(level)]) if len(level) else ([], [])


def _values_of(trials: TrialTable, progress: ProgressTable) -> tuple[Integers, Floats]:
    """With noise: the noted incumbent, if it had ended, and its noise-free loss where its trial is recorded."""
    number = np.where(progress.incumbent <= progress.number, progress.incumbent, -1)
    value = progress.incumbent_value.copy()
    at = np.minimum(np.searchsorted(trials.number, number), max(len(trials) - 1, 0))
    if len(trials):
        recorded = (trials.number[at] == number) & ~np.isnan(trials.truth[at])
        value[recorded] = trials.truth[at[recorded]]
    return number, value


def _replayed(reader: Reader, run: RunRow, whole: int, trials: TrialTable, wanted: Integers) -> tuple[Integers, Floats]:
    """With noise: configurations by the mean losses of the first ``whole`` trials; after those ``wanted``."""
    tracker = IncumbentTracker(noisy=True)
    numbers, values = [-1] * whole, [np.nan] * whole
    read = lru_cache(1024)(_configuration)  # arms are pulled over and over again
    columns = (trials.fidelity[:whole].tolist(), trials.loss[:whole].tolist(), trials.truth[:whole].tolist())
    rows = zip(reader.configurations(run.id, whole), *columns, strict=True)
    for i, (text, fidelity, loss, truth) in enumerate(rows):
        if loss == loss:  # not NaN
            tracker.add(i, read(text), max(fidelity, 1), loss, truth if truth == truth else None)
        if tracker.number is not None and tracker.value is not None:
            numbers[i], values[i] = tracker.number, tracker.value
    return np.array(numbers, dtype=np.int64)[wanted], np.array(values)[wanted]


def _configuration(text: str) -> Configuration:
    """What a store says, as far as anything can be read from it."""
    try:
        configuration = from_json(text)
        hash(key_of(configuration))
    except (TypeError, ValueError):
        return {"unreadable": text}
    return configuration


def _noise_free(trials: TrialTable) -> Floats:
    return np.where(np.isnan(trials.truth), trials.loss, trials.truth)


def _equal(left: Floats, right: Floats) -> NDArray[np.bool_]:
    """Equal, or both unknown."""
    equal: NDArray[np.bool_] = (left == right) | (np.isnan(left) & np.isnan(right))
    return equal
