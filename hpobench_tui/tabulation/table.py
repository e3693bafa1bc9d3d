"""A table on the disk: NAME.parquet with a row a report, NAME.npz to replay it (see :mod:`.twin`), and NAME.json, which
says what it is and where it is from.

Columns: ``configuration`` and ``seed`` (indices), the hyperparameters as ``hp.NAME`` (null where inactive; JSON where
their values are None, as_value, or of several types), ``fidelity``, ``loss``, the problem's metrics as ``metric.NAME``,
``truth`` and ``cost`` (cumulative) where the problem states them, ``wall_seconds`` and ``cpu_seconds`` from the
training's start, ``error``. A failed training ends with a row without loss that says why, at the fidelity it was on the
way to.

Seconds of a wall clock depend on what else the machine did; the true training time of a table is its CPU seconds.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import FloatHyperparameter, Hyperparameter

from hpobench_tui.core.configuration import Choice, Value, as_value
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.tabular import FORMAT, read_space
from hpobench_tui.core.text import as_json
from hpobench_tui.core.values import choices_of
from hpobench_tui.tabulation.journal import Contents, Identity, Record, Row
from hpobench_tui.tabulation.twin import make_twin

HYPERPARAMETER, METRIC = "hp.", "metric."


def write(base: Path, contents: Contents, problem: ProblemInfo, seeds: list[int], stepwise: bool) -> dict[str, Any]:
    """Write ``base``.parquet, .npz and .json, and put all three in their places at the end; the latter's content."""
    frame = as_frame(contents, read_space(contents.identity.space))
    with replacing(base, "json") as path, replacing(base, "parquet") as parquet, replacing(base, "npz") as replay:
        frame.write_parquet(parquet, compression="zstd", compression_level=19)
        said = make_twin(replay, contents, stepwise)
        sidecar = {
            "format": FORMAT,
            "problem": describe(problem),
            **{name: value for name, value in asdict(contents.identity).items() if name != "problem"},
            "seeds": seeds,
            "configurations": 1 + max(i for i, _ in contents.records),
            "failed": sum(record.error is not None for record in contents.records.values()),
            "cpu_seconds": sum(_spent(record, stepwise) for record in contents.records.values()),
            "sessions": list(contents.sessions),
            "checksums": {"parquet": checksum(parquet), "npz": checksum(replay)},
            "replay": said,
        }
        text = as_json(sidecar, indent=1, allow_nan=False) + "\n"
        path.write_text(text, encoding="utf-8")
    return sidecar


def read(base: Path) -> Contents | None:
    """The trainings of a finished table, None where there is none.

    Raises:
        HpobenchError: it is damaged.
    """
    sidecar, parquet = base.with_name(f"{base.name}.json"), base.with_name(f"{base.name}.parquet")
    if not sidecar.exists():
        if parquet.exists():
            raise HpobenchError(f"{parquet} lacks {sidecar.name}, which says what it is; move it away, or add --force.")
        return None
    try:
        said = json.loads(sidecar.read_text(encoding="utf-8"))
        names = ("sample_seed", "levels", "space", "versions")
        contents = Contents(Identity(said["problem"]["id"], *(said[name] for name in names)), list(said["sessions"]))
        if (version := said["format"]) != FORMAT:
            raise HpobenchError(f"{sidecar} is of format {version}; this version writes {FORMAT}. --force starts over.")
        if checksum(parquet) != said["checksums"]["parquet"]:
            raise HpobenchError(f"{parquet} is not what {sidecar.name} says (SHA-256 differs); --force starts over.")
        for record in as_records(pl.read_parquet(parquet), read_space(said["space"])):
            contents.add(record)
    except (
        OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
        pl.exceptions.PolarsError, pl.exceptions.PanicException,
    ) as error:  # fmt: skip
        raise HpobenchError(f"{base}: the table cannot be read ({error}); move it away, or add --force.") from error
    return contents


def as_frame(contents: Contents, space: ConfigurationSpace) -> pl.DataFrame:
    """All reports, ordered by configuration, seed and fidelity."""
    metrics = sorted({name for record in contents.records.values() for row in record.rows for name in row.metrics})
    odd = {name for name in space if _type(space[name]) is None}
    rows: list[list[Value | None]] = []
    for (configuration, seed), record in sorted(contents.records.items()):
        cells = (_written(record.values[n], n in odd) if n in record.values else None for n in space)
        start: list[Value | None] = [configuration, seed, *cells]
        rows.extend(
            [
                *(*start, row.fidelity, row.loss, *(row.metrics.get(name) for name in metrics)),
                *(row.truth, row.cost, row.wall_seconds, row.cpu_seconds, None),
            ]
            for row in record.rows
        )
        if record.error is not None:
            blank = [None] * (len(metrics) + 2)
            rows.append([*start, record.failed_at, None, *blank, record.wall_seconds, record.cpu_seconds, record.error])
    schema: dict[str, Any] = {
        "configuration": pl.Int32,
        "seed": pl.Int32,
        **{HYPERPARAMETER + name: _type(space[name]) or pl.String for name in space},
        "fidelity": pl.Int64,
        "loss": pl.Float64,
        **{METRIC + name: pl.Float64 for name in metrics},
        "truth": pl.Float64,
        "cost": pl.Float64,
        "wall_seconds": pl.Float64,
        "cpu_seconds": pl.Float64,
        "error": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def as_records(frame: pl.DataFrame, space: ConfigurationSpace) -> list[Record]:
    """The trainings of which a frame holds the reports."""
    odd = [name for name in space if _type(space[name]) is None]
    metrics = [name.removeprefix(METRIC) for name in frame.columns if name.startswith(METRIC)]
    records: list[Record] = []
    for (configuration, seed), group in frame.group_by("configuration", "seed", maintain_order=True):
        made = group.to_dicts()
        rows = [
            Row(
                row["fidelity"], row["loss"], {m: row[METRIC + m] for m in metrics if row[METRIC + m] is not None},
                row["truth"], row["cost"], row["wall_seconds"], row["cpu_seconds"],
            )
            for row in made if row["error"] is None
        ]  # fmt: skip
        cells = {name: cell for name in space if (cell := made[0][HYPERPARAMETER + name]) is not None}
        last = made[-1]
        records.append(
            Record(
                int(str(configuration)),
                int(str(seed)),
                {name: as_value(json.loads(cell)) if name in odd else cell for name, cell in cells.items()},
                tuple(rows),
                last["wall_seconds"],
                last["cpu_seconds"],
                last["error"],
                None if last["error"] is None else last["fidelity"],
            )
        )
    return records


def describe(problem: ProblemInfo) -> dict[str, Any]:
    """What listing the table's problem needs of the original's description."""
    names = ("id", "summary", "noisy", "costs", "tags", "reward", "loss_range")
    return {
        **{name: getattr(problem, name) for name in names},
        "dimensions": asdict(problem.dimensions),
        "fidelity": None if problem.fidelity is None else asdict(problem.fidelity),
        "reference": asdict(problem.reference),
        "landmarks": [asdict(landmark) for landmark in problem.landmarks],
        "targets": list(problem.targets),
    }


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    return sha256(path.read_bytes()).hexdigest()


@contextmanager
def replacing(base: Path, ending: str) -> Iterator[Path]:
    """A file to write beside ``base``.ending, which takes its place if all went well: nobody ever sees half of it."""
    path = base.with_name(f"{base.name}.{ending}")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _spent(record: Record, stepwise: bool) -> float:
    """CPU seconds of a training, or of all the trainings from scratch that made its rows."""
    last = record.cpu_seconds or 0.0
    if stepwise:
        return last
    return sum(row.cpu_seconds for row in record.rows) + (last if record.error is not None else 0.0)


def _type(hyperparameter: Hyperparameter[Any, Any]) -> Any:
    """The type of its column; None where one column cannot hold its values: they are written as JSON."""
    if isinstance(hyperparameter, FloatHyperparameter):
        return pl.Float64
    types = {str: pl.String, int: pl.Int64, float: pl.Float64, bool: pl.Boolean}
    values = choices_of(hyperparameter) or (0,)
    kinds = {type(value) for value in values}
    if kinds == {int} and not all(-(2**63) <= int(value) < 2**63 for value in values):  # type: ignore[arg-type]
        return None
    return types.get(kinds.pop()) if len(kinds) == 1 else None


def _written(value: Choice, odd: bool) -> Value | None:
    return json.dumps(value) if odd else value  # type: ignore[return-value]  # the others fit a column
