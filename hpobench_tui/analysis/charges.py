"""What each trial must have cost, worked out anew from its columns; the rules are those of ``engine.running.ledger``.

* evaluations: 1.
* fidelity, full-evaluations: the fidelity reached, from scratch; a failed trial is charged what it was granted, which
  is noted as its fidelity. 1 on a problem without fidelity.
* fidelity-continued: the same, less what the continued trial had reached, if the problem can continue a training.
* seconds, and device-seconds on the real clock: the evaluation's, in nanoseconds; of the last trial (where several were
  pending, of all that the end cuts) no more than was left.
* device-seconds on a simulated clock: from the trial's start to its end.
* simulated-seconds, and seconds where several trials were pending: the time on the clock since the trial that ended
  before it, or since the start.

Times are stored as floating-point seconds, so that a nanosecond more or less cannot be told on clocks of months.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from hpobench_tui.core.budget import NANOSECONDS, Unit
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.store.reader import Floats, Integers, RunRow, TrialTable

Range: TypeAlias = tuple[Integers, Integers]
"""Lowest and highest right cost of each trial."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How the trials of a run pass on its clock: on a simulated one, and with how many pending at most.

    >>> Clock(simulated=False, pending=4).shared
    True
    """

    simulated: bool = False
    pending: int = 1

    @property
    def shared(self) -> bool:
        """Whether several trials are pending on the real clock."""
        return self.pending > 1 and not self.simulated


def columns(run: RunRow) -> set[str]:
    """Which columns of the trials :func:`mischarged` needs."""
    names = {"number", "cost"}
    if run.fidelity:
        names |= {"fidelity", "target"}
    match Unit(run.unit):
        case Unit.FIDELITY_CONTINUED:
            names |= {"continues", "status"}
        case Unit.SECONDS:
            names |= {"evaluate_seconds", "clock_end"}
        case Unit.DEVICE_SECONDS:
            names |= {"evaluate_seconds", "clock_start", "clock_end"}
        case Unit.SIMULATED_SECONDS:
            names |= {"clock_end"}
    return names


def mischarged(run: RunRow, trials: TrialTable, clock: Clock) -> str | None:
    """The first trial whose cost is not what the unit's rule gives, in words.

    Args:
        trials: Those that are recorded; what a trial must have cost cannot always be told where others are missing.
    """
    match Unit(run.unit):
        case Unit.EVALUATIONS:
            low, high = _exactly(np.ones(len(trials), dtype=np.int64))
        case Unit.FIDELITY_CONTINUED if run.resumable:
            low, high = _added_fidelity(trials)
        case Unit.FIDELITY | Unit.FULL_EVALUATIONS | Unit.FIDELITY_CONTINUED:
            low, high = _exactly(charged_fidelity(trials))
        case Unit.SECONDS:
            low, high = _passed(trials) if clock.shared else _evaluated(run, trials)
        case Unit.DEVICE_SECONDS:
            low, high = _held(trials) if clock.simulated else _evaluated(run, trials)
        case Unit.SIMULATED_SECONDS:
            low, high = _passed(trials)
    wrong = (trials.cost < low) | (trials.cost > high)
    if not wrong.any():
        return None
    first = int(np.argmax(wrong))
    right = f"{low[first]}" if low[first] == high[first] else f"{low[first]} to {high[first]}"
    return f"trial {trials.number[first]} was charged {trials.cost[first]} where the rule gives {right}"


def charged_fidelity(trials: TrialTable) -> Integers:
    """The fidelity that each trial counts with from scratch, shape (n,).

    It is the fidelity reached (a failed trial's is the one it was granted): none where a budget in seconds ended before
    the first report; on a problem without fidelity 1.
    """
    return np.where(trials.fidelity >= 0, trials.fidelity, np.where(trials.target >= 0, 0, 1))


def nanoseconds(seconds: Floats) -> Integers:
    """Seconds of a clock in whole nanoseconds, shape (n,)."""
    whole: Integers = np.rint(seconds * NANOSECONDS).astype(np.int64)
    return whole


def slack(whole: Integers) -> Integers:
    """By how many nanoseconds such a number may be off, shape (n,): 0 for thirteen days.

    Division by 1e9 (or multiplication by 1e-9) and the way back round three times, by 2^-53 of the value each.
    """
    off: Integers = np.floor(np.abs(whole) * 2.0**-51 + 0.5).astype(np.int64)
    return off


def _exactly(cost: Integers) -> Range:
    return cost, cost


def _about(cost: Integers, off: Integers) -> Range:
    return np.maximum(cost - off, 0), cost + off


def _added_fidelity(trials: TrialTable) -> Range:
    """The fidelity that each trial added to the one it continues; anything up to all of it where that is not recorded.

    A failed trial leaves its training where the trial it continues had left it.
    """
    charged = charged_fidelity(trials)
    continued = np.searchsorted(trials.number, trials.continues)
    continued = np.minimum(continued, max(len(trials) - 1, 0))
    known = (trials.continues >= 0) & (trials.number[continued] == trials.continues)
    level = charged.copy()
    for i in (i for i, status in enumerate(trials.status) if status is TrialStatus.FAILED):
        level[i] = level[continued[i]] if known[i] else 0
    added = np.maximum(charged - np.where(known, level[continued], 0), 0)
    return np.where((trials.continues >= 0) & ~known, 0, added), added


def _evaluated(run: RunRow, trials: TrialTable) -> Range:
    """The evaluations' nanoseconds; the run's last trial is cut to what was left."""
    took = nanoseconds(trials.evaluate_seconds)
    low, high = _about(took, slack(took))
    if len(trials) and trials.number[-1] == run.trials - 1:
        left = run.budget - (run.spent - int(trials.cost[-1]))
        low[-1], high[-1] = min(int(low[-1]), left), min(int(high[-1]), left)
    return low, high


def _held(trials: TrialTable) -> Range:
    """From start to end: how long each trial held a simulated worker."""
    start, end = nanoseconds(trials.clock_start), nanoseconds(trials.clock_end)
    return _about(end - start, slack(start) + slack(end))


def _passed(trials: TrialTable) -> Range:
    """The time on the clock since the trial before; where that is not recorded, anything up to the trial's end."""
    end = nanoseconds(trials.clock_end)
    before, follows = np.zeros_like(end), trials.number == 0
    before[1:], follows[1:] = end[:-1], trials.number[1:] - trials.number[:-1] == 1
    low, high = _about(end - before, slack(end) + slack(before))
    return np.where(follows, low, 0), np.where(follows, high, end + slack(end))
