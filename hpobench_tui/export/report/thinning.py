"""Curves made small: every number with five significant digits, and of a step function the points where it changes.

Where curves have so many points that the file would be large, neighbours whose values differ by less than a tolerance
are one point: that of the first. The tolerance is relative, the same for all curves of a report, and stated there.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.analysis.anytime import Band
from hpobench_tui.core.columns import Floats
from hpobench_tui.export.report.sections import Json

DIGITS = 5
MOST = 60_000
"""Points of all curves together: some 25 bytes each."""
FINEST, COARSEST = 1e-4, 0.2
"""Tolerances that are tried, each twice the one before; with the last it is left at that."""


def number(value: float) -> float | int | None:
    """With five significant digits; None for what is no number.

    >>> number(0.123456), number(20.0), number(float("nan"))
    (0.12346, 20, None)
    """
    if not isfinite(value):
        return None
    short = float(f"{value:.{DIGITS}g}")
    if not isfinite(short):  # the largest float, rounded up
        return value
    return int(short) if short == int(short) and abs(short) < 1e6 else short


def numbers(values: Floats) -> list[float | int | None]:
    """Each of them as :func:`number`."""
    return [number(value) for value in values.tolist()]


def kept(band: Band, tolerance: float = 0.0) -> NDArray[np.bool_]:
    """Which points of a band to keep, shape (m,): the first, the last, and where one of its lines has changed.

    From a point that is kept to the next, no line differs from its value there by ``tolerance`` of it, or more.
    """
    lines = np.array([band.median, band.lower, band.upper])
    if tolerance:  # cells of equal width on a logarithmic scale, apart by sign
        with np.errstate(divide="ignore"):
            lines = np.sign(lines) * (1e9 + np.floor(np.log(np.abs(lines)) / np.log1p(tolerance)))
        lines[np.isnan(lines)] = 0.0  # of a value of 0: 0 times infinity
    keep: NDArray[np.bool_] = np.ones(len(band.grid), dtype=np.bool_)
    if len(keep) > 2:
        keep[1:-1] = (lines[:, 1:-1] != lines[:, :-2]).any(axis=0)
    return keep


def tolerance_for(bands: Sequence[Band], most: int = MOST) -> float:
    """The least tolerance that is tried with which all of them together have at most so many points; 0: all points."""
    tolerance = 0.0
    while tolerance < COARSEST and sum(int(kept(band, tolerance).sum()) for band in bands) > most:
        tolerance = max(2 * tolerance, FINEST)
    return tolerance


def thinned(bands: Sequence[Band], tolerance: float, labels: Mapping[str, int]) -> dict[str, Json]:
    """The bands of one problem: a grid that they share, and of each what it has there.

    ``at`` are places in the grid, as differences to the place before; lower and upper are left out of single runs.
    """
    chosen = [kept(band, tolerance) for band in bands]
    positions = [band.grid[keep] for band, keep in zip(bands, chosen, strict=True)]
    grid = np.unique(np.concatenate(positions)) if positions else np.empty(0)
    return {
        "grid": [float(f"{x:.10g}") for x in grid.tolist()],
        "lines": [
            dict(_line(band, keep, np.searchsorted(grid, own), labels[band.label]))
            for band, keep, own in zip(bands, chosen, positions, strict=True)
        ],
    }


def _line(band: Band, keep: NDArray[np.bool_], places: NDArray[np.intp], label: int) -> Iterator[tuple[str, Json]]:
    yield "label", label
    yield "n", band.runs
    yield "at", np.diff(places, prepend=0).tolist()
    yield "y", numbers(band.median[keep])
    if band.runs > 1:
        yield "low", numbers(band.lower[keep])
        yield "high", numbers(band.upper[keep])
