"""What ``descriptions/NAME.json`` says of a table: enough to list its problem, and to tell if its data are whole.

Reading it takes plain Python alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpobench_tui.core import Dimensions, Fidelity, HpobenchError, ProblemInfo, Reference

DESCRIPTIONS = Path(__file__).parent / "descriptions"
KINDS = {"float": "floats", "integer": "integers", "categorical": "categoricals", "ordinal": "ordinals"}


@dataclass(frozen=True)
class Hyperparameter:
    """One of a table's: of the values that a grid has, or of a range.

    Attributes:
        kind: "categorical" or "ordinal", with ``values``; "float" or "integer", with ``lower``, ``upper`` and ``log``.
    """

    name: str
    kind: str
    values: tuple[str | int | float, ...] = ()
    lower: float = 0.0
    upper: float = 0.0
    log: bool = False


@dataclass(frozen=True)
class Column:
    """How an array of the data is stored.

    Attributes:
        shape: Configurations, then seeds or the units of the fidelity.
        code: "plain": the numbers; "places": their places among the sorted values, which are stored beside them;
            "scaled": whole multiples of 2^-22.
        dtype: Of what is stored, byte by byte.
    """

    shape: tuple[int, ...]
    code: str
    dtype: str


@dataclass(frozen=True)
class Description:
    """A table.

    Attributes:
        fidelity: None for a grid, which is looked up exactly; else what its learning curves are over, and the nearest
            configuration is replayed.
        loss: The column, and for a reward its largest value, from which it is subtracted and by which it is divided.
        seconds: The column, what it is divided by, and whether its numbers are of all units so far, not of one.
        metrics: Columns that are reported beside the loss.
        optimum: The least mean loss over the seeds at the end of training, which nothing in the table is below.
        statistics: Figures for documents and checks: rows, totals, quantiles of the losses.
        checksum: SHA-256 of the data's file.
    """

    name: str
    summary: str
    hyperparameters: tuple[Hyperparameter, ...]
    fidelity: Fidelity | None
    seeds: int
    columns: Mapping[str, Column]
    loss: tuple[str, float | None]
    seconds: tuple[str, float, bool]
    metrics: tuple[str, ...]
    optimum: float
    targets: tuple[float, ...]
    tags: tuple[str, ...]
    origin: str
    licence: str
    source: Mapping[str, str]
    statistics: Mapping[str, Any]
    checksum: str


def read(name: str) -> Description:
    """A shipped table's description.

    Raises:
        HpobenchError: it is missing or damaged.
    """
    path = DESCRIPTIONS / f"{name}.json"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        loss, seconds = said["loss"], said["seconds"]
        return Description(
            name,
            said["summary"],
            tuple(Hyperparameter(**{**h, "values": tuple(h.get("values", ()))}) for h in said["hyperparameters"]),
            None if said["fidelity"] is None else Fidelity(**said["fidelity"]),
            int(said["seeds"]),
            {n: Column(tuple(c["shape"]), c["code"], c["dtype"]) for n, c in said["columns"].items()},
            (loss["column"], loss["reward"]),
            (seconds["column"], float(seconds["divisor"]), bool(seconds["cumulative"])),
            tuple(said["metrics"]),
            float(said["optimum"]),
            tuple(map(float, said["targets"])),
            tuple(said["tags"]),
            said["origin"],
            said["licence"],
            said["source"],
            said["statistics"],
            str(said["checksum"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, HpobenchError) as error:
        raise HpobenchError(
            f"{path} is damaged ({type(error).__name__}: {error}). Install hpobench-tui again."
        ) from error


def info(of: Description) -> ProblemInfo:
    """The problem that replays a table."""
    counts = dict.fromkeys(KINDS.values(), 0)
    for hyperparameter in of.hyperparameters:
        counts[KINDS[hyperparameter.kind]] += 1
    _, reward = of.loss
    return ProblemInfo(
        id=f"tables/{of.name}",
        summary=of.summary,
        load="hpobench_suites.tables.replay:load",
        dimensions=Dimensions(**counts),
        reference=Reference(of.optimum, "least mean loss of the whole table"),
        fidelity=of.fidelity,
        reward=None if reward is None else f"loss = 1 - accuracy{'' if reward == 1.0 else f' / {reward:g}'}",
        noisy=of.seeds > 1,
        seconds=5e-6 if of.fidelity is None else 3e-5,
        requires={"hpobench_tables": "tables"},
        tags=("tables", "real", *of.tags),
        loss_range=None if reward is None else (0.0, 1.0),
        costs=True,
        arguments={"name": of.name},
        targets=of.targets,
        origin=of.origin,
        licence=of.licence,
    )
