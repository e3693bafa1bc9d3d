"""The rows of a foreign table by configuration, training and fidelity: arrays (N, S, L) with what is missing told.

- *Losses.* A reward in [0, 1] becomes 1 - reward, another one -reward. Where a training's last losses are missing, it
  failed there; with ``drop`` such rows are as if they were not in the file.
- *Trainings.* With a column of seeds, one a seed; the same row twice is refused unless it is said what to take. Without
  one, the n-th row of a configuration (at a fidelity) is that of its n-th training; or all are averaged.
- *Gaps.* A configuration that lacks a seed has another of its own trainings in that place (``stand_in``), which is no
  part of means. Within a learning curve, what is missing lies on a line between its neighbours; before the first
  report, it is the first. A curve that ends early keeps its last loss, or its training is left out or fails there.
- *Fidelity.* Whole units; those that begin at 0 are counted from 1, shares of one become percent or finer.
- *Seconds.* From the start, or of each row; what is missing is on the line of the training's other seconds, else the
  mean of the others. Without a column a unit of fidelity takes a second.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown
from hpobench_tui.core.problem import LARGEST_FIDELITY, Fidelity
from hpobench_tui.tabulation.foreign.columns import Columns, Role
from hpobench_tui.tabulation.foreign.curves import Choices, Short, Twice, failures, fill_curves, seconds_of, stand_ins
from hpobench_tui.tabulation.foreign.space import Found
from hpobench_tui.tabulation.models import Floats

MOST_CELLS = 2 * 10**8
"""Of losses, seconds and metrics together: 1.6 GB."""
LARGEST_LOSS = 1e150
"""Squares and sums of such are floats still."""
PARTS = (100, 1000, 10_000)
"""Of one, that shares of it are counted in."""
NO_LOSS, ENDS = "the table has no loss here", "the table's training ends here"


@dataclass
class Grid:
    """A table's arrays, as :mod:`hpobench_tui.tabulation.twin` has them.

    Attributes:
        kept: (N,) the places of the configurations in what was found.
        reward: How losses were made of rewards, if they were.
        notes: What a person should know.
    """

    losses: Floats
    seconds: Floats
    metrics: Mapping[str, Floats]
    failed_at: NDArray[np.int32]
    reason: NDArray[np.int32]
    stand_in: NDArray[np.int32] | None
    levels: list[int]
    fidelity: Fidelity | None
    kept: NDArray[np.int64]
    reward: str | None
    seeds: list[str]
    notes: list[str] = field(default_factory=list)


def arrange(found: Found, columns: Columns, choices: Choices) -> Grid:
    """The grid of a table's rows.

    Raises:
        HpobenchError: no loss is there, rows contradict each other, or fidelities or seconds are impossible.
    """
    notes: list[str] = []
    frame, reward = _with_loss(found.frame, columns, notes)
    if choices.drop:
        frame = frame.filter(pl.col("loss").is_not_null())
    if frame["loss"].null_count() == frame.height:
        raise HpobenchError(f"column {shown(_loss_column(columns))} has no values.")
    levels, fidelity = _levels(found.frame[frame["row"]], columns, choices, notes)
    frame = frame.with_columns(level=pl.Series(np.searchsorted(*levels)))
    frame, seeds = _with_training(frame, choices, notes)
    shape = (found.configurations.height, len(seeds), len(levels[0]))
    _check_size(shape, frame.height, len(columns.metrics))
    i, k, at = (frame[name].to_numpy() for name in ("configuration", "training", "level"))
    there = np.zeros(shape, dtype=bool)
    there[i, k, at] = True

    def filled(name: str) -> Floats:
        cells = np.full(shape, np.nan)
        cells[i, k, at] = frame[name].cast(pl.Float64).to_numpy()
        return cells

    losses = filled("loss")
    metrics = {name: filled(f"metric.{name}") for name in columns.metrics}
    spent = filled("seconds") if "seconds" in frame.columns else None
    trained: NDArray[np.bool_] = np.asarray(there.any(2))
    failed_at, reason = failures(losses, there, trained, choices, notes)
    if choices.short is Short.DROP:
        trained &= ~((failed_at < 0) & np.isnan(losses[:, :, -1]))
    kept = np.flatnonzero(trained.any(1))
    if not len(kept):
        raise HpobenchError(
            f"no training reaches {levels[0][-1]} {fidelity.name if fidelity else ''}; nothing is left."
        )
    losses, trained, failed_at, reason = losses[kept], trained[kept], failed_at[kept], reason[kept]
    fill_curves(losses, levels[0], failed_at, trained, notes)
    seconds = seconds_of(None if spent is None else spent[kept], losses, levels[0], trained, choices)
    losses[~trained] = np.nan
    stand_in = stand_ins(trained, failed_at, reason, notes)
    return Grid(
        losses, seconds, {name: cells[kept] for name, cells in metrics.items()}, failed_at, reason, stand_in,
        levels[0].tolist(), fidelity, kept, reward, seeds, notes,
    )  # fmt: skip


def _loss_column(columns: Columns) -> str:
    return columns.one(Role.LOSS) or columns.one(Role.REWARD) or ""


def _with_loss(frame: pl.DataFrame, columns: Columns, notes: list[str]) -> tuple[pl.DataFrame, str | None]:
    """Configuration, row, loss, and the other columns that are not hyperparameters, by what they are."""
    names = list(columns.hyperparameters)
    cells = pl.DataFrame({str(place): frame[name] for place, name in enumerate(names)})
    numbered = cells.unique(maintain_order=True).with_row_index("configuration")
    index = cells.join(numbered, on=cells.columns, how="left", nulls_equal=True, maintain_order="left")
    value = frame[_loss_column(columns)].cast(pl.Float64)
    beyond = (value.abs() > LARGEST_LOSS).fill_null(False)
    if beyond.any():
        value = value.set(beyond, None)
        notes.append(f"{beyond.sum()} rows are beyond ±{LARGEST_LOSS:g}, which is as good as no loss")
    reward = None
    if name := columns.one(Role.REWARD):
        least, most = float(value.min() or 0.0), float(value.max() or 0.0)  # type: ignore[arg-type]
        shares = least >= 0.0 and most <= 1.0
        value = 1.0 - value if shares else -value
        reward = f"loss = {'1 - ' if shares else '-'}{name}"
    made = {
        "row": pl.Series(range(frame.height), dtype=pl.Int64),
        "configuration": index["configuration"],
        "loss": value,
    }
    for role, new in ((Role.SEED, "seed"), (Role.SECONDS, "seconds")):
        if name := columns.one(role):
            made[new] = frame[name]
    made |= {f"metric.{name}": frame[name] for name in columns.metrics}
    return pl.DataFrame(made), reward


def _levels(
    frame: pl.DataFrame, columns: Columns, choices: Choices, notes: list[str]
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], Fidelity | None]:
    """The rising fidelities and that of each row, and the description; (1,) without a column."""
    name = columns.one(Role.FIDELITY)
    if name is None:
        return (np.array([1]), np.ones(frame.height, dtype=np.int64)), None
    column = frame[name].cast(pl.Float64)
    if column.null_count():
        raise HpobenchError(f"column {shown(name)}, the fidelity, lacks a value in {column.null_count()} rows.")
    values, unit = column.to_numpy(), name
    if values.min() < 0.0 or values.max() >= LARGEST_FIDELITY:
        odd = values.min() if values.min() < 0.0 else values.max()
        raise HpobenchError(f"column {shown(name)}, the fidelity, must be from 0 to 2^53, and has {odd:g}.")
    if (values != np.round(values)).any():
        parts = next((p for p in PARTS if np.allclose(values * p, np.round(values * p), rtol=0, atol=1e-6)), None)
        if parts is None or values.max() > 1.0:
            raise HpobenchError(
                f"column {shown(name)}, the fidelity, must be whole numbers, or shares of 1 with at most four decimals;"
                f" it has {values[values != np.round(values)][0]:g}."
            )
        values, unit = np.round(values * parts), f"1/{parts} {name}"
        notes.append(f"{name}: shares of one, counted in units of 1/{parts}")
    whole = values.astype(np.int64)
    if not whole.min():
        whole += 1
        notes.append(f"{name} counts from 0: taken as 1 to {whole.max()}")
    levels = np.unique(whole)
    if len(levels) == 1:
        notes.append(f"{name} has one value, {levels[0]}: taken for no fidelity")
        return (np.array([1]), np.ones(frame.height, dtype=np.int64)), None
    step = int(np.gcd.reduce(levels))
    fidelity = Fidelity(unit, int(levels[0]), int(levels[-1]), resumable=not choices.from_scratch, step=step)
    return (levels, whole), fidelity if not choices.from_scratch else Fidelity(
        unit, fidelity.minimum, fidelity.maximum, False
    )


def _with_training(frame: pl.DataFrame, choices: Choices, notes: list[str]) -> tuple[pl.DataFrame, list[str]]:
    """The rows with the number of their training, one row each, and the seeds as text."""
    place = ["configuration", "level"]
    if "seed" in frame.columns:
        if count := frame["seed"].null_count():
            raise HpobenchError(f"the column of seeds lacks a value in {count} rows.")
        seeds = frame["seed"].unique().sort()
        numbered = pl.DataFrame({"seed": seeds}).with_row_index("training")
        frame = frame.join(numbered, on="seed", how="left", maintain_order="left")
        if choices.twice is Twice.SEEDS:
            raise HpobenchError("there is a column of seeds; rows that it has twice can be mean or last.")
    elif choices.twice in (None, Twice.SEEDS):
        frame = frame.with_columns(pl.int_range(pl.len()).over(place).alias("training"))
        seeds = pl.Series(range(int(frame["training"].max()) + 1))  # type: ignore[arg-type]
        return frame, list(map(str, seeds.to_list()))
    else:
        frame, seeds = frame.with_columns(training=pl.lit(0)), pl.Series([0])
    place = [*place, "training"]
    repeated = frame.filter(pl.len().over(place) > 1)
    if repeated.height:
        if choices.twice is None:
            measured = [name for name in frame.columns if name not in (*place, "row", "seed")]
            kinds = repeated.with_columns(kinds=pl.struct(measured).n_unique().over(place))
            if (different := kinds.filter(pl.col("kinds") > 1)).height:
                first = different.filter(*(pl.col(name) == different[name][0] for name in place))
                raise HpobenchError(
                    f"{different.height} rows are of the same configuration, seed and fidelity as others, and differ,"
                    f" such as {first['row'][0] + 1} and {first['row'][1] + 1}. Say --duplicates mean or last, or list"
                    " the column that tells them apart."
                )
        if choices.twice is Twice.MEAN:
            values = [name for name in frame.columns if name not in (*place, "row", "seed")]
            frame = frame.group_by(place, maintain_order=True).agg(pl.col(values).mean())
            notes.append(f"{repeated.height} rows that share their place with others are averaged")
        else:
            frame = frame.unique(place, keep="last", maintain_order=True)
            notes.append(f"of {repeated.height} rows that share their place with others, the last ones are taken")
    return frame, list(map(str, seeds.to_list()))


def _check_size(shape: tuple[int, int, int], rows: int, metrics: int) -> None:
    count, seeds, levels = shape
    if count * seeds * levels * (2 + metrics) > MOST_CELLS:
        share = rows / (count * seeds * levels)
        raise HpobenchError(
            f"{count} configurations × {seeds} trainings × {levels} fidelities are too many to hold, and the file has"
            f" {share:.1%} of them. Average repetitions (--duplicates mean), or thin or round the fidelity."
        )
