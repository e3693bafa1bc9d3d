"""What a replay reads: NAME.npz, arrays for NumPy alone, and its part of NAME.json (figures, references, clock).

Arrays of N configurations, S seeds and L levels: ``features`` (N, width), ``losses`` and ``seconds`` (N, S, L; NaN
from where a training failed; seconds cumulative), ``metrics`` (M, N, S, L) with ``metric_names`` (M,), ``failed_at``
(N, S; the level that was not reached, -1 where all went well), ``failed_after`` (N, S; seconds from the start to the
failure; NaN where all went well, or nobody knows), ``error_number`` (N, S) into ``errors``; and the surrogate's, as
``surrogate.loss.*``, ``surrogate.seconds.*`` and ``surrogate.failure.*``. Where trainings are missing, as in tables of
others (:mod:`.foreign`), their losses are NaN and ``stand_in`` (N, S) says which seed's is shown instead.

Seconds are those that the problem states, where it does (its cost model), else the CPU seconds of the training.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace
from numpy.typing import NDArray

from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.space import samples
from hpobench_tui.core.tabular import read_space
from hpobench_tui.core.tabular.vectors import Vectors
from hpobench_tui.tabulation.journal import Contents
from hpobench_tui.tabulation.models import Floats
from hpobench_tui.tabulation.neighbours import Neighbourhood
from hpobench_tui.tabulation.surrogate import Fitted, fit

SEED = 0
SAMPLES, CLIMBERS, STEPS = 8192, 12, 20
WIDTHS = (0.2, 0.05, 0.01, 2e-3, 4e-4, 1e-4)
"""How the surrogate's least loss is looked for: random draws, and from the best of them steps to better neighbours, at
most so many of each width (standard deviation, as a share of the range)."""
SHORTEST = 1e-9
"""Seconds of an advance, where the clock did not tick."""


def arrays_of(contents: Contents, stepwise: bool) -> tuple[dict[str, NDArray[np.generic]], list[Configuration], str]:
    """A table without gaps as arrays, its configurations in order, and the clock: ``cost`` or ``cpu``."""
    records, levels = contents.records, list(contents.identity.levels)
    count, seeds = 1 + max(i for i, _ in records), 1 + max(k for _, k in records)
    shape = (count, seeds, len(levels))
    metric_names = sorted({name for record in records.values() for row in record.rows for name in row.metrics})
    losses, seconds = np.full(shape, np.nan), np.full(shape, np.nan)
    metrics = np.full((len(metric_names), *shape), np.nan)
    failed_at, numbers = np.full(shape[:2], -1, dtype=np.int16), np.zeros(shape[:2], dtype=np.int32)
    failed_after = np.full(shape[:2], np.nan)
    errors = {"": 0}
    stated = all(row.cost is not None for record in records.values() for row in record.rows)
    place = {level: index for index, level in enumerate(levels)}
    for i in range(count):
        for k in range(seeds):
            record = records[i, k]
            for row in record.rows:
                at = (i, k, place[row.fidelity])
                losses[at] = row.loss
                seconds[at] = row.cpu_seconds if row.cost is None or not stated else row.cost
                for m, name in enumerate(metric_names):
                    metrics[(m, *at)] = row.metrics.get(name, np.nan)
            if record.error is not None:
                failed_at[i, k] = place[record.failed_at if record.failed_at is not None else levels[0]]
                if not stated and record.cpu_seconds is not None:
                    failed_after[i, k] = record.cpu_seconds
                numbers[i, k] = errors.setdefault(record.error, len(errors))
    seconds = rising(seconds, stepwise)
    vectors = Vectors(read_space(contents.identity.space))
    configurations = [records[i, 0].values for i in range(count)]
    arrays: dict[str, NDArray[np.generic]] = {
        "features": vectors.rows(configurations),
        "levels": np.array(levels, dtype=np.int64),
        "losses": losses,
        "seconds": seconds,
        "metric_names": np.array(metric_names, dtype=np.str_),
        "metrics": metrics,
        "failed_at": failed_at,
        "failed_after": failed_after,
        "error_number": numbers,
        "errors": np.array(list(errors), dtype=np.str_),
    }
    return arrays, configurations, "cost" if stated else "cpu"


def make_twin(path: Path, contents: Contents, stepwise: bool) -> dict[str, Any]:
    """Fit the surrogate, write the arrays to ``path``, and give what NAME.json says of them."""
    arrays, configurations, clock = arrays_of(contents, stepwise)
    losses, seconds = np.asarray(arrays["losses"], float), np.asarray(arrays["seconds"], float)
    space = read_space(contents.identity.space)
    modelled, quality = model_of(
        np.asarray(arrays["features"], float), losses, seconds, stepwise, space, configurations
    )
    return written(path, {**arrays, **modelled}, clock, stepwise, quality)


def model_of(
    x: Floats,
    losses: Floats,
    seconds: Floats,
    stepwise: bool,
    space: ConfigurationSpace,
    configurations: Sequence[Configuration],
) -> tuple[dict[str, NDArray[np.generic]], dict[str, Any]]:
    """The surrogate of a table's arrays: its own arrays, and its figures; ``none`` with the reason if there is none."""
    surrogate = fit(x, losses, seconds, stepwise, SEED)
    if isinstance(surrogate, str):
        return {}, {"none": surrogate}
    arrays = {f"surrogate.{name}": array for name, array in surrogate.arrays().items()}
    arrays["surrogate.logarithmic"] = np.array(surrogate.logarithmic)
    return arrays, {**surrogate.quality, "reference": least(surrogate, space, configurations)}


def written(
    path: Path, arrays: Mapping[str, NDArray[np.generic]], clock: str, stepwise: bool, surrogate: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the arrays of a table; what its NAME.json says of the replay."""
    losses, seconds = np.asarray(arrays["losses"], float), np.asarray(arrays["seconds"], float)
    libraries = ("numpy", "scipy") if "none" in surrogate else ("scikit-learn", "numpy", "scipy")
    said: dict[str, Any] = {"clock": clock, "stepwise": stepwise, "lookup": lookup_reference(losses)}
    said |= {"made_with": {name: version(name) for name in libraries}, "surrogate": dict(surrogate)}
    if np.isfinite(seconds[:, :, -1]).any():
        said["seconds"] = float(np.nanmean(seconds[:, :, -1]))
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    return said


def rising(seconds: Floats, stepwise: bool) -> Floats:
    """Cumulative seconds (N, S, L) that never fall and never stand still.

    Trainings from scratch are measured apart: more training never counts as shorter.
    """
    if not stepwise:
        return np.maximum.accumulate(np.maximum(seconds, SHORTEST), axis=2)
    steps = np.diff(seconds, axis=2, prepend=0.0)
    return np.cumsum(np.maximum(steps, SHORTEST), axis=2) if (steps < SHORTEST).any() else seconds


def lookup_reference(losses: Floats) -> float | None:
    """The least mean over the seeds that did not fail, at full fidelity; None where all failed."""
    full = losses[:, :, -1]
    tried = full[~np.isnan(full).all(1)]
    return float(np.nanmean(tried, axis=1).min()) if len(tried) else None


def least(surrogate: Fitted, space: ConfigurationSpace, configurations: Sequence[Configuration]) -> float:
    """The surrogate's least loss at full fidelity that is found among the table's configurations and others.

    Others: random ones, and neighbours of the best, which differ in one hyperparameter, nearer and nearer.
    """
    vectors, neighbourhood = Vectors(space), Neighbourhood(space)
    known = [*configurations, *islice(samples(space, np.random.default_rng(SEED)), SAMPLES)]
    found = surrogate.full_losses(vectors.rows(known))
    here = [(float(found[i]), known[i]) for i in np.argsort(found, kind="stable")[:CLIMBERS]]
    for width in WIDTHS:
        for step in range(STEPS):
            rng = np.random.default_rng(step)
            near = [list(neighbourhood.of(configuration, rng, width)) for _, configuration in here]
            if not any(near):
                break
            losses = surrogate.full_losses(vectors.rows([c for group in near for c in group]))
            better = False
            for place, (group, own) in enumerate(
                zip(near, np.split(losses, np.cumsum([*map(len, near)])), strict=False)
            ):
                if len(group) and own.min() < here[place][0]:
                    here[place], better = (float(own.min()), group[int(own.argmin())]), True
            if not better:
                break
    return min(loss for loss, _ in here)
