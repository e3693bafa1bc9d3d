"""A foreign table as NAME.json and NAME.npz, which ``tabular/table[file=NAME.json]`` replays."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from hashlib import file_digest
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.errors import HpobenchError, too_long
from hpobench_tui.core.space import dimensions_of
from hpobench_tui.core.tabular import FAILS, FORMAT
from hpobench_tui.core.tabular.vectors import Vectors
from hpobench_tui.core.targets import spaced
from hpobench_tui.core.text import as_json
from hpobench_tui.core.values import plain_value
from hpobench_tui.tabulation.foreign import columns as roles
from hpobench_tui.tabulation.foreign.columns import Columns, Role
from hpobench_tui.tabulation.foreign.curves import Choices, means_over
from hpobench_tui.tabulation.foreign.grid import ENDS, NO_LOSS, Grid, arrange
from hpobench_tui.tabulation.foreign.reading import read
from hpobench_tui.tabulation.foreign.space import Found, find, space_from
from hpobench_tui.tabulation.models import Floats
from hpobench_tui.tabulation.table import checksum, replacing
from hpobench_tui.tabulation.twin import model_of, written

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

MODELLED = 2000
"""Configurations that a surrogate is fitted to at most; drawn from more."""
FINEST = 1e-6
"""The last regret target, as a share of the first, where differences are smaller still."""


@dataclass(frozen=True)
class Wishes:
    """What a person says of a table; see the options of ``hpobench import-table``.

    Attributes:
        surrogate: None: one is fitted if scikit-learn is there and the table does not hold the whole space.
    """

    listed: Iterable[str] = ()
    roles: Iterable[tuple[Role, str]] = ()
    choices: Choices = field(default_factory=Choices)
    surrogate: bool | None = None
    origin: str = ""
    licence: str = ""
    command: str = ""


@dataclass(frozen=True)
class Foreign:
    """A file that was read and understood.

    Attributes:
        rows: Of the file.
        best: The configuration with the least mean loss at full fidelity.
    """

    path: Path
    rows: int
    columns: Columns
    found: Found
    grid: Grid
    space: "ConfigurationSpace"
    best: Configuration

    @property
    def means(self) -> Floats:
        """Mean loss (N,) at full fidelity of the trainings that did not fail; NaN where all did."""
        return means_over(self.grid.losses[:, :, -1], (1,))

    @property
    def complete(self) -> bool:
        """Whether every configuration of the space is in the table."""
        return self.found.complete and len(self.grid.kept) == self.found.configurations.height


def understand(path: Path, wishes: Wishes) -> Foreign:
    """Read a file and decide what is what.

    Raises:
        HpobenchError: it cannot be, and what to do about it.
    """
    frame = read(path)
    columns = roles.decide(frame, wishes.listed, wishes.roles)
    found = find(frame, columns, wishes.choices.drop)
    if found.configurations.height < 2:
        raise HpobenchError(f"{path.name} has one configuration alone; there is nothing to choose from.")
    grid = arrange(found, columns, wishes.choices)
    if len(grid.kept) < 2:
        raise HpobenchError(f"{path.name}: one configuration alone is left; there is nothing to choose from.")
    if found.dropped:
        grid.notes.insert(0, f"{found.dropped} rows that lack a hyperparameter are left out")
    means = means_over(grid.losses[:, :, -1], (1,))
    if np.isnan(means).all():
        raise HpobenchError(
            f"{path.name}: no training has a loss at its end (at the full fidelity, if there is one); there is"
            " nothing to replay."
        )
    cells = found.configurations.row(int(grid.kept[np.nanargmin(means)]), named=True)
    best = {name: value for name, value in cells.items() if value is not None}
    return Foreign(path, frame.height, columns, found, grid, space_from(found.hyperparameters), best)


def make(
    foreign: Foreign, base: Path, wishes: Wishes, force: bool, say: Callable[[str], None] = lambda text: None
) -> dict[str, Any]:
    """Write ``base``.json and .npz; the content of the former. ``say`` is told what takes long.

    Raises:
        HpobenchError: there is such a table already, or it cannot be written.
    """
    path = base.with_name(f"{base.name}.json")
    refuse(base, force)
    arrays, clock = _arrays(foreign)
    modelled, quality = _surrogate(foreign, np.asarray(arrays["features"], float), wishes.surrogate, say)
    try:
        base.parent.mkdir(parents=True, exist_ok=True)
        with replacing(base, "json") as text, replacing(base, "npz") as replay:
            said = written(replay, {**arrays, **modelled}, clock, not _from_scratch(foreign.grid), quality)
            said["best"] = foreign.best
            sidecar = {**_description(foreign, wishes), "checksums": {"npz": checksum(replay)}, "replay": said}
            text.write_text(as_json(sidecar, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise HpobenchError(
            too_long(path) or f"cannot write {path}: {error.strerror}. Choose another place with --output."
        ) from error
    return sidecar


def refuse(base: Path, force: bool) -> None:
    """Refuse to write over another table.

    Raises:
        HpobenchError: there is one, and ``force`` is not said.
    """
    path = base.with_name(f"{base.name}.json")
    if path.exists() and not force:
        raise HpobenchError(f"{path} is there already; choose another --name or --output, or add --force.")


def targets(means: Floats) -> tuple[float, ...]:
    """Regret targets: from the median of the configurations down to half of what the second best lacks.

    Args:
        means: (N,), of which one at least is a number.

    >>> targets(np.array([0.1, 0.2, 0.6, 0.9, np.nan]))
    (0.3, 0.1817, 0.1101, 0.0667, 0.0404, 0.0245, 0.0149, 0.009, 0.005)
    """
    regrets = np.sort(means[~np.isnan(means)])
    regrets = regrets - regrets[0]
    positive = regrets[regrets > 1e-12]
    if not len(positive):
        return ()
    first = max(float(np.median(regrets)), float(positive[0]))
    return spaced(first, max(float(positive[0]) / 2, first * FINEST))


def _arrays(foreign: Foreign) -> tuple[dict[str, NDArray[np.generic]], str]:
    """What NAME.npz holds, and what its seconds are."""
    grid, table = foreign.grid, foreign.found.configurations[foreign.grid.kept]
    features = Vectors(foreign.space).of_columns({c.name: c.to_list() for c in table}, table.height)
    failed = grid.failed_at >= 0
    measured = foreign.columns.one(Role.SECONDS) is not None
    at = np.take_along_axis(grid.seconds, np.maximum(grid.failed_at, 0)[:, :, None].astype(np.int64), 2)[:, :, 0]
    arrays: dict[str, NDArray[np.generic]] = {
        "features": features,
        "levels": np.array(grid.levels, dtype=np.int64),
        "losses": grid.losses,
        "seconds": np.where(np.isnan(grid.losses), np.nan, grid.seconds),
        "metric_names": np.array(list(grid.metrics), dtype=np.str_),
        "metrics": np.array([*grid.metrics.values()]).reshape(len(grid.metrics), *grid.losses.shape),
        "failed_at": grid.failed_at,
        "failed_after": np.where(failed & measured, at, np.nan),
        "error_number": grid.reason,
        "errors": np.array(["", NO_LOSS, ENDS], dtype=np.str_),
    }
    if grid.stand_in is not None:
        arrays["stand_in"] = grid.stand_in
    return arrays, "column" if measured else "fidelity"


def _surrogate(
    foreign: Foreign, x: Floats, wished: bool | None, say: Callable[[str], None]
) -> tuple[dict[str, NDArray[np.generic]], dict[str, Any]]:
    """The surrogate of the means over a configuration's trainings, where one is wanted and possible."""
    if find_spec("sklearn") is None:
        if wished:
            raise HpobenchError("--surrogate needs a missing extra; install with: pip install 'hpobench-tui[tabular]'")
        return {}, {"none": "scikit-learn was not there to fit one"}
    if wished is False or (wished is None and foreign.complete):
        return {}, {"none": "none was wanted" if wished is False else "the table has every configuration of its space"}
    say("fitting the surrogate")
    grid = foreign.grid
    rows = np.sort(np.random.default_rng(0).permutation(len(x))[:MODELLED])
    failing = (grid.failed_at[rows] >= 0).mean(1) >= FAILS
    losses = np.stack([means_over(grid.losses[rows, :, at], (1,)) for at in range(len(grid.levels))], axis=1)
    losses[failing] = np.nan
    seconds = np.stack([means_over(grid.seconds[rows, :, at], (1,)) for at in range(len(grid.levels))], axis=1)
    table = foreign.found.configurations[grid.kept[rows]]
    known = [{name: v for name, v in cells.items() if v is not None} for cells in table.iter_rows(named=True)]
    stepwise = not _from_scratch(grid)
    arrays, quality = model_of(x[rows], losses[:, None], seconds[:, None], stepwise, foreign.space, known)
    if len(rows) < len(x) and "none" not in quality:
        quality["fitted_to"] = len(rows)
    return arrays, quality


def _from_scratch(grid: Grid) -> bool:
    return grid.fidelity is not None and not grid.fidelity.resumable


def _description(foreign: Foreign, wishes: Wishes) -> dict[str, Any]:
    """NAME.json but for what is known of the replay."""
    grid, means, name = foreign.grid, foreign.means, foreign.path.name
    loss = foreign.columns.one(Role.LOSS) or foreign.columns.one(Role.REWARD)
    with foreign.path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return {
        "format": FORMAT,
        "problem": {
            "id": name,
            "summary": f"{loss} of {name}",
            "noisy": grid.losses.shape[1] > 1,
            "costs": True,
            "tags": ["imported"],
            "reward": grid.reward,
            "loss_range": None,
            "dimensions": asdict(dimensions_of(foreign.space)),
            "fidelity": None if grid.fidelity is None else asdict(grid.fidelity),
            "reference": {
                "loss": float(np.nanmin(means)),
                "source": "least mean loss of the table at full fidelity",
                "exact": True,
            },
            "landmarks": [],
            "targets": list(targets(means)),
        },
        "imported": {
            "file": name,
            "sha256": digest,
            "rows": foreign.rows,
            "columns": {
                **{one.name: str(one.kind) for one in foreign.found.hyperparameters},
                **{column: str(role) for column, role in foreign.columns.roles.items()},
            },
            "notes": grid.notes,
            "date": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
            "command": wishes.command,
        },
        "origin": wishes.origin,
        "licence": wishes.licence,
        "levels": grid.levels,
        "space": json.loads(json.dumps(foreign.space.to_serialized_dict(), default=plain_value)),
        "seeds": grid.seeds,
        "configurations": len(grid.kept),
        "failed": int((grid.failed_at >= 0).sum()),
    }
