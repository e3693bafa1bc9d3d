"""Seconds of a run with the optimizer's own time in them, without it, or with another cost of an evaluation.

An optimizer thinks in ask and tell. S(n) is the sum of both over the first n trials: exact where all trials are
recorded; where some were left out, what the run spent on thinking is shared out evenly (S(n) = n S / N). After n
trials, one after another,

    seconds(n) = c n + S(n)        an evaluation costs c seconds, whatever its fidelity
    seconds(n) = clock(n) - S(n)   the clock without the thinking

How to read it: of an optimizer that thinks 0.5 s a trial 100 trials take 50 s more than of random search, which hardly
matters where an evaluation takes an hour, and decides where it takes a millisecond.
"""

import numpy as np

from hpobench_tui.analysis.curve import Curve
from hpobench_tui.core.columns import Floats
from hpobench_tui.store.reader import RunRow, TrialTable


def thinking(run: RunRow, trials: TrialTable | None = None) -> Floats:
    """S(0), …, S(N) of the run's N trials in seconds, shape (N + 1,); never falling.

    Args:
        trials: Its recorded ones (``number``, ``ask_seconds``, ``tell_seconds``); None: share out evenly.
    """
    if trials is not None and len(trials) == run.trials:
        each = np.zeros(run.trials)
        each[trials.number] = trials.ask_seconds + trials.tell_seconds
        return np.append(0.0, np.cumsum(np.maximum(each, 0.0)))
    return np.linspace(0.0, run.optimizer_seconds, run.trials + 1)


def with_cost(curve: Curve, seconds: Floats, cost: float, counted: bool = True) -> Curve:
    """A curve along seconds, where an evaluation costs ``cost``.

    Args:
        seconds: S (:func:`thinking`).
        counted: Count the optimizer's own time.
    """
    x: Floats = cost * curve.trials.astype(np.float64)
    if counted:
        x += seconds[np.minimum(curve.trials, len(seconds) - 1)]
    return Curve(x, curve.y, curve.trials)


def without(curve: Curve, seconds: Floats) -> Curve:
    """A curve along the run's clock, less the optimizer's own time until then; of runs whose clock counts that."""
    left: Floats = np.maximum(curve.x - seconds[np.minimum(curve.trials, len(seconds) - 1)], 0.0)
    return Curve(np.maximum.accumulate(left), curve.y, curve.trials)
