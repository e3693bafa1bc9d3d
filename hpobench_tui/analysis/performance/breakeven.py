"""Which optimizer wins when an evaluation costs c seconds and its own thinking is counted: the intervals of c.

To a target, of expected times. A run that needs n evaluations and s seconds of thinking takes c n + s seconds, so that
the expected time of a label (``ert``) is a straight line in the cost c of an evaluation,

    T(c) = c N + S,   N = sum of n / successes,   S = sum of s / successes

with unsuccessful runs counting all that they spent. Two lines cross at

    c* = (S_B - S_A) / (N_A - N_B)

above which the one with fewer evaluations wins; that is the *break-even cost*. The winners of all labels are the lower
envelope of their lines. Its interval is that of resampled runs; where resamples do not cross it is open (infinite).

By medians. The median of the runs' c n + s is a continuous function of c, linear between the crossings of single runs;
its envelope is found exactly, piece by piece.

At a wall-clock budget of W seconds. The regret that a run has reached by then is a step function of c: with evaluations
that cost less it gets further. Labels are compared by their medians at each step; ties are named together. Where
evaluations are so cheap that a run's recorded trials do not fill the seconds, nobody knows what it would have reached:
the comparison begins at the cost from which on they do for all.

How to read it: "random below 0.02 s, tpe above": where an evaluation takes less than 20 ms the seconds that tpe thinks
buy more random evaluations than they are worth. Evaluations count alike, whatever their fidelity. Units: seconds an
evaluation. Trials are taken one after another.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf, isfinite, isinf

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.analysis.performance.counting import Steps
from hpobench_tui.analysis.performance.resample import DRAWS, LEVEL, Estimate, counts, interval
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.errors import HpobenchError

MOST = 100
"""Runs of which all pairs are looked at."""


@dataclass(frozen=True, slots=True)
class Times:
    """What the runs of one label needed to a target, or spent without reaching it; each (r,).

    >>> times = Times("random", np.array([100.0, 80.0]), np.array([0.1, 0.1]), np.array([True, False]))
    >>> times.line
    (180.0, 0.2)
    """

    label: str
    evaluations: Floats
    seconds: Floats
    reached: NDArray[np.bool_]

    @property
    def n(self) -> int:
        """The runs."""
        return len(self.reached)

    @property
    def line(self) -> tuple[float, float]:
        """N and S of the expected time c N + S; infinite without a success."""
        successes = int(self.reached.sum())
        if not successes:
            return inf, inf
        return float(self.evaluations.sum()) / successes, float(self.seconds.sum()) / successes


@dataclass(frozen=True, slots=True)
class Winner:
    """Who is best where an evaluation costs ``low`` to ``high`` seconds; nobody where no label reaches the target."""

    labels: tuple[str, ...]
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Where two labels are equally fast: ``cheap`` is faster below the cost, ``dear`` above.

    ``cost`` has value None where one is faster (or they are equal) at any cost, and ``note`` says which.
    """

    cheap: str
    dear: str
    cost: Estimate
    note: str | None = None


def times_to(
    label: str,
    curves: Sequence[Steps],
    thinking: Sequence[Floats],
    spent: Sequence[float] | Floats,
    target: float,
) -> Times:
    """What runs needed to a target.

    Args:
        curves: Of regret along evaluations.
        thinking: S(0), …, S(N) of each (``thinking.thinking``).
        spent: Evaluations of each, N.
    """
    evaluations, seconds, reached = [], [], []
    for (x, y), own, went in zip(curves, thinking, spent, strict=True):
        within = y <= target
        hit = float(x[np.argmax(within)]) if within.any() else float(went)
        evaluations.append(hit)
        seconds.append(float(own[min(int(hit), len(own) - 1)]))
        reached.append(bool(within.any()))
    return Times(label, np.array(evaluations), np.array(seconds), np.array(reached, dtype=np.bool_))


def break_even(one: Times, other: Times, level: float = LEVEL, draws: int = DRAWS) -> BreakEven:
    """Where the expected times of two labels cross, with its interval."""
    first, second = one.line, other.line
    cost = float(_crossing(np.array(first), np.array(second)))
    n = min(one.n, other.n)
    # the one with fewer evaluations wins where they are dear
    cheap, dear = (one, other) if first[0] > second[0] else (other, one)
    if not 0 < cost < inf:
        return BreakEven(cheap.label, dear.label, Estimate(None, None, None, n, level), _always(one, other))
    if n < 2:
        return BreakEven(cheap.label, dear.label, Estimate(cost, None, None, n, level))
    low, high = interval(_from(_lines(cheap, draws, 0), _lines(dear, draws, 1)), level)
    return BreakEven(cheap.label, dear.label, Estimate(cost, float(low), float(high), n, level))


def _crossing(one: Floats, other: Floats) -> Floats:
    """c* of lines (2, ...): NaN of one that is never reached and of parallel ones."""
    with np.errstate(divide="ignore", invalid="ignore"):
        made: Floats = (other[1] - one[1]) / (one[0] - other[0])
    return np.where(np.isinf(one[0]) | np.isinf(other[0]), np.nan, made)


def _from(cheap: Floats, dear: Floats) -> Floats:
    """From which cost on the dear one wins, of lines (2, draws): 0 if at any, infinite if at no high one."""
    at = np.where(np.isinf(cheap[0]) & np.isfinite(dear[0]), 0.0, np.maximum(_crossing(cheap, dear), 0.0))
    return np.where(np.isnan(at) | (dear[0] >= cheap[0]), inf, at) if len(at) else at


def _lines(times: Times, draws: int, seed: int) -> Floats:
    weights = counts(times.n, draws, seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = weights @ np.stack([times.evaluations, times.seconds], axis=1) / (weights @ times.reached)[:, None]
    made: Floats = np.where(np.isfinite(total), total, inf).T
    return made


def _always(one: Times, other: Times) -> str:
    (n, s), (m, r) = one.line, other.line
    if not (isfinite(n) or isfinite(m)):
        return f"neither {one.label} nor {other.label} reaches the target"
    if (n, s) == (m, r):
        return f"{one.label} and {other.label} take the same time at any cost"
    return f"{one.label if (n, s) < (m, r) else other.label} is faster at any cost"


def break_evens(times: Sequence[Times], level: float = LEVEL, draws: int = DRAWS) -> list[BreakEven]:
    """Of each pair of labels."""
    return [break_even(one, other, level, draws) for one, other in combinations(times, 2)]


def winners(times: Sequence[Times], by: str = "expected") -> list[Winner]:
    """Who is the fastest, from c = 0 up to any cost; neighbouring intervals have other winners.

    Args:
        by: "expected" time, or "median" over runs (a run that does not reach the target takes forever).

    Raises:
        HpobenchError: ``by`` is neither; medians of more than :data:`MOST` runs, whose pairs all are possible turns.
    """
    if by == "median" and (many := max((one.n for one in times), default=0)) > MOST:
        raise HpobenchError(
            f"medians of {many} runs have too many turns to find winners by (at most {MOST}): use expected."
        )
    if by == "expected":
        return _envelope([one.label for one in times], lambda c: np.array([_expected(one, c) for one in times]), [0.0])
    if by == "median":
        knots = sorted({0.0}.union(*map(_knots, times)))
        return _envelope([one.label for one in times], lambda c: np.array([_median(one, c) for one in times]), knots)
    raise HpobenchError(f"winners are found by expected or median times, not by {by!r}.")


def _expected(times: Times, costs: Floats) -> Floats:
    evaluations, seconds = times.line
    return np.full(costs.shape, inf) if isinf(seconds) else evaluations * costs + seconds


def _median(times: Times, costs: Floats) -> Floats:
    each = np.where(times.reached, costs[:, None] * times.evaluations + times.seconds, inf)
    if not times.n:
        return np.full(costs.shape, inf)
    ordered = np.sort(each, axis=1)
    made: Floats = ordered[:, (times.n - 1) // 2] / 2 + ordered[:, times.n // 2] / 2
    return made


def _knots(times: Times) -> set[float]:
    """The costs at which two runs of a label take equally long: between them its median is a line."""
    n, s = times.evaluations[times.reached], times.seconds[times.reached]
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (s[None, :] - s[:, None]) / (n[:, None] - n[None, :])
    return set(at[np.isfinite(at) & (at > 0)].tolist())


Piece = tuple[float, float, frozenset[int]]


def _envelope(labels: Sequence[str], values: Callable[[Floats], Floats], knots: Sequence[float]) -> list[Winner]:
    """Who is lowest on [0, inf), of functions linear between ``knots`` (ascending from 0) and after the last.

    Args:
        values: Of costs (k,) those of the functions, (labels, k).
    """
    last = 2 * knots[-1] + 1.0
    at = np.array([*knots, last])
    found, pieces = values(at), list[Piece]()
    sole = np.count_nonzero(found <= found.min(axis=0) * (1 + 1e-9), axis=0) == 1
    best = np.where(sole & np.isfinite(found.min(axis=0)), found.argmin(axis=0), -1)
    for k in range(len(knots)):
        low, high = float(at[k]), float(at[k + 1])
        if k + 1 < len(knots) and best[k] >= 0 and best[k] == best[k + 1]:
            pieces.append((low, high, frozenset([int(best[k])])))  # lowest at both ends, and so between them
        else:
            _walk(found[:, k], found[:, k + 1], low, high, inf if k + 1 == len(knots) else high, pieces)
    made: list[Winner] = []
    for low, high, lowest in pieces:
        names = tuple(label for k, label in enumerate(labels) if k in lowest)
        if made and made[-1].labels == names:
            made[-1] = Winner(names, made[-1].low, high)
        else:
            made.append(Winner(names, low, high))
    return made


def _walk(base: Floats, there: Floats, low: float, inner: float, high: float, pieces: list[Piece]) -> None:
    """Add the lower envelope of lines from low to high, from crossing to crossing; an infinite one is never lowest.

    Args:
        base, there: The lines' values at ``low`` and at ``inner``.
    """
    finite = np.isfinite(base) & np.isfinite(there)
    start = np.where(finite, base, 0.0)
    slope = (np.where(finite, there, 0.0) - start) / (inner - low)
    at = low
    while at < high:
        if not finite.any():
            pieces.append((at, high, frozenset()))
            return
        here = np.where(finite, start + slope * (at - low), inf)
        least = here.min()
        level = finite & (here <= least + 1e-12 * abs(least))
        steep = slope[level].min()
        lowest = level & (slope <= steep + 1e-12 * abs(steep))
        below = finite & (slope < steep) & ~level
        until = high
        if below.any():
            until = min(high, float((at + (here[below] - least) / (steep - slope[below])).min()))
        until = max(until, float(np.nextafter(at, inf)))
        pieces.append((at, until, frozenset(np.flatnonzero(lowest).tolist())))
        at = until


def winners_at(
    curves: Mapping[str, Sequence[Steps]],
    thinking: Mapping[str, Sequence[Floats]],
    seconds: float,
    tolerance: float = 0.0,
) -> list[Winner]:
    """Who has the lowest median regret after ``seconds`` of wall clock, over the cost of an evaluation.

    Nobody where half of all labels' runs have no value yet. The first begins at the lowest cost that can be compared.

    Args:
        curves: Each label's runs' regret along evaluations.
        thinking: S(0), …, S(N) of each, which has N trials.
        tolerance: Medians that differ by no more are equal.

    Raises:
        HpobenchError: no time, or negative.
    """
    if not 0 < seconds < inf:
        raise HpobenchError(f"a wall-clock budget must be above 0 seconds, not {seconds:g}.")
    steps = {
        label: [_by_cost(curve, own, seconds) for curve, own in zip(group, thinking[label], strict=True)]
        for label, group in curves.items()
    }
    filled = [(seconds - own[-1]) / (len(own) - 1) for group in thinking.values() for own in group if len(own) > 1]
    lowest_cost = max([0.0, *filled])
    # values hold for costs up to a threshold, so the last of them is where nothing is reached any more
    knots = np.unique(np.concatenate([[lowest_cost], *(cost for group in steps.values() for cost, _ in group)]))
    knots = knots[knots >= lowest_cost]
    inside = np.append((knots[1:] + knots[:-1]) / 2, 2 * knots[-1] + 1.0)
    medians = np.array([_medians(group, inside) for group in steps.values()]).reshape(len(steps), -1)
    made: list[Winner] = []
    names = list(steps)
    for column, low, high in zip(medians.T, knots, [*knots[1:].tolist(), inf], strict=True):
        least = column.min(initial=inf)
        slack = max(tolerance, 1e-15 * abs(least)) if isfinite(least) else 0.0
        lowest = tuple(n for n, v in zip(names, column, strict=True) if isfinite(v) and v <= least + slack)
        if made and made[-1].labels == lowest:
            made[-1] = Winner(lowest, made[-1].low, float(high))
        else:
            made.append(Winner(lowest, float(low), float(high)))
    return made


def _by_cost(curve: Steps, thinking: Floats, seconds: float) -> tuple[Floats, Floats]:
    """Regret by the cost of an evaluation: ``y[i]`` at costs up to ``cost[i]``, which descend."""
    x, y = curve
    own = thinking[np.minimum(x.astype(np.int64), len(thinking) - 1)]
    cost = (seconds - own) / x
    affordable = cost > 0
    return cost[affordable], y[affordable]


def _medians(group: Sequence[tuple[Floats, Floats]], costs: Floats) -> Floats:
    values = np.full((len(group), len(costs)), inf)
    for row, (cost, y) in zip(values, group, strict=True):
        place = np.searchsorted(-cost, -costs, side="right") - 1  # the last step that is still affordable
        row[place >= 0] = y[place[place >= 0]]
    ordered = np.sort(values, axis=0)
    n = len(ordered)
    if not n:
        return np.full(len(costs), inf)
    made: Floats = ordered[(n - 1) // 2] / 2 + ordered[n // 2] / 2
    return made
