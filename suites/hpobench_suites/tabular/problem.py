"""Replaying a table, in one of two modes.

``lookup``: the nearest tabulated configuration (Euclidean, by the vectors of ``core.tabular.vectors``; the first
of equally near ones), its own losses and metrics, from the one of its S trainings that the seed chooses: seed mod S
after mixing, so that all configurations of a repetition show the same of their trainings, as they would if they were
trained. The truth is the mean of those that did not fail. A training that failed fails, on the way to its level.

``surrogate``: the regression model's loss and seconds, without noise. It fails where the model of failures says so, as
the nearest tabulated configuration that failed did, and after as many seconds.

Between tabulated fidelities, losses and seconds are interpolated linearly; metrics are those of the last one passed.
Seconds are those between the fidelities, for the simulated clock.
"""

from bisect import bisect_left
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from hpobench_suites.noise import splitmix64
from hpobench_suites.tabular import path_of
from hpobench_suites.tabular.predictors import Predictor, predictor
from hpobench_suites.tabular.sidecar import SURROGATE, Sidecar, read
from hpobench_tui.core import Configuration, HpobenchError, Report, TrainingError
from hpobench_tui.core.space import default
from hpobench_tui.core.tabular import FAILS, read_space
from hpobench_tui.core.tabular.vectors import Vectors

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

Floats: TypeAlias = NDArray[np.float64]


SHORTEST = 1e-9
"""Seconds of a failure that comes no later than the last report."""


ROUND_OFF = 1e-9
"""Of squared distances and projections, generously."""
MANY = 4096
"""Configurations, from which on one that is asked for exactly is looked up faster than all are compared."""


class TabulatedFailure(TrainingError):  # noqa: N818 - what happened to the training that is replayed
    """The recorded training failed here; the message is its reason."""


class Failure(NamedTuple):
    """Which level a recorded training did not reach, why, and its seconds from the start (None where not known)."""

    level: int
    reason: str
    after: float | None


def damaged(path: Path, error: Exception) -> HpobenchError:
    """What to raise where a table cannot be used."""
    return HpobenchError(f"{path} is damaged: {type(error).__name__}: {error}. Fetch or make the table again.")


class Exact:
    """Finds a vector among many (N, width) without looking at all: they are sorted by a projection."""

    def __init__(self, features: Floats) -> None:
        self._features = features
        self._direction = np.random.default_rng(0).uniform(0.5, 1.5, features.shape[1])
        keys = features @ self._direction
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def __call__(self, x: Floats) -> int | None:
        """The first that is equal to x, None if none is."""
        key = float(x @ self._direction)
        low, high = self._keys.searchsorted((key - ROUND_OFF, key + ROUND_OFF))
        places = self._order[low:high]
        same = places[(self._features[places] == x).all(1)]
        return int(same.min()) if len(same) else None


class Table:
    """The arrays of a table's NAME.npz (``hpobench_tui.tabulation.twin`` says what they are)."""

    def __init__(self, sidecar: Sidecar) -> None:
        path = sidecar.path.with_suffix(".npz")
        try:
            content = path.read_bytes()
            if (found := sha256(content).hexdigest()) != sidecar.checksum:
                raise HpobenchError(
                    f"{path} is not the file that {sidecar.path.name} describes (SHA-256 {found[:12]}…, not"
                    f" {sidecar.checksum[:12]}…). Fetch or make the table again."
                )
            with np.load(path, allow_pickle=False) as stored:
                arrays: dict[str, NDArray[np.generic]] = dict(stored)
            self.space = sidecar.space
            self.encode = Vectors(read_space(sidecar.space)).row
            self.features = np.asarray(arrays["features"], float)
            self.levels: list[int] = arrays["levels"].tolist()
            self.losses, self.seconds = np.asarray(arrays["losses"], float), np.asarray(arrays["seconds"], float)
            self.metric_names: list[str] = arrays["metric_names"].tolist()
            self.metrics = np.asarray(arrays["metrics"], float)
            self.failed_at, self.error_number = np.asarray(arrays["failed_at"]), np.asarray(arrays["error_number"])
            self.failed_after = np.asarray(arrays["failed_after"], float)
            self.errors: list[str] = arrays["errors"].tolist()
            self.stand_in = np.asarray(arrays["stand_in"]) if "stand_in" in arrays else None
            self._surrogate = {k.removeprefix("surrogate."): v for k, v in arrays.items() if k.startswith("surrogate.")}
            self._check_shapes(len(self.encode(default(read_space(sidecar.space)))))
        except FileNotFoundError as error:
            raise HpobenchError(f"{path} is missing; it belongs to {sidecar.path.name}.") from error
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise damaged(path, error) from error
        self.path = path
        self._squares = (self.features**2).sum(1)
        self._exact = Exact(self.features) if len(self.features) > MANY else None
        self._failing = np.flatnonzero((self.failed_at >= 0).mean(1) >= FAILS)

    def _check_shapes(self, width: int) -> None:
        trainings = self.failed_at.shape
        curves = (*trainings, len(self.levels))
        alike = ("losses", curves), ("seconds", curves), ("failed_after", trainings), ("error_number", trainings)
        metrics = (len(self.metric_names), *curves)
        for name, shape in (("features", (*trainings[:1], width)), *alike, ("metrics", metrics)):
            if (found := getattr(self, name).shape) != shape:
                raise ValueError(f"{name} has shape {found}, not {shape}")
        if not self.losses.size or not all(isinstance(level, int) for level in self.levels):
            raise ValueError(f"losses have shape {curves}, at fidelities {self.levels}")

    def surrogate(self) -> tuple[Predictor, bool]:
        """Loss, seconds and perhaps failure as functions of the vector; whether the loss is on a logarithmic scale."""
        parts = [part for part in ("loss", "seconds", "failure") if f"{part}.kind" in self._surrogate]
        models = [
            {k.removeprefix(f"{part}."): v for k, v in self._surrogate.items() if k.startswith(f"{part}.")}
            for part in parts
        ]
        try:
            predict = predictor(models)
            predict(self.features[0])
            return predict, bool(self._surrogate["logarithmic"])
        except (KeyError, ValueError, IndexError) as error:
            raise damaged(self.path, error) from error

    def nearest(self, x: Floats) -> int:
        """The nearest configuration to a vector (width,)."""
        if self._exact is not None and (same := self._exact(x)) is not None:
            return same
        scores = self._squares - 2.0 * (self.features @ x)
        best = int(scores.argmin())
        if scores[best] + x @ x > ROUND_OFF:
            return best
        near = np.flatnonzero(scores <= scores[best] + ROUND_OFF)  # one that is asked for exactly, among very near ones
        return int(near[((self.features[near] - x) ** 2).sum(1).argmin()])

    def failure(self, i: int, k: int) -> Failure | None:
        """How configuration ``i`` failed with seed ``k``, if it did."""
        if (level := int(self.failed_at[i, k])) < 0:
            return None
        after = float(self.failed_after[i, k])
        return Failure(level, self.errors[int(self.error_number[i, k])], after if after == after else None)

    def nearest_failure(self, x: Floats) -> Failure | None:
        """How the nearest configuration that failed did, with the first seed that did."""
        near = int(self._failing[int((self._squares - 2.0 * (self.features @ x))[self._failing].argmin())])
        return self.failure(near, int(np.flatnonzero(self.failed_at[near] >= 0)[0]))


class Replayed:
    """One training: curves over the levels, and where it fails."""

    __slots__ = ("_failure", "_levels", "_losses", "_metrics", "_names", "_reached", "_seconds", "_truth")

    def __init__(
        self,
        levels: list[int],
        losses: list[float],
        seconds: list[float],
        truth: float | None,
        failure: Failure | None = None,
        names: list[str] | None = None,
        metrics: list[list[float]] | None = None,
    ) -> None:
        self._levels, self._losses, self._seconds, self._truth = levels, losses, seconds, truth
        self._failure, self._reached = failure, 0.0
        self._names, self._metrics = names or [], metrics or []

    def advance(self, to_fidelity: int) -> Report:
        """The report at ``to_fidelity``.

        Raises:
            TabulatedFailure: the training failed on the way there.
        """
        at = bisect_left(self._levels, to_fidelity)  # the level itself, or the next
        if self._failure is not None and self._failure.level <= at:
            level, reason, after = self._failure
            cost = None if after is None else max(after - self._reached, SHORTEST)
            raise TabulatedFailure(f"{reason} (recorded on the way to {self._levels[level]})", cost=cost)
        loss, spent = self._losses[at], self._seconds[at]
        if (level := self._levels[at]) != to_fidelity:
            below = self._levels[at - 1]
            share = (to_fidelity - below) / (level - below)
            loss = self._losses[at - 1] + share * (loss - self._losses[at - 1])
            spent = self._seconds[at - 1] + share * (spent - self._seconds[at - 1])
            at -= 1
        metrics = {n: m[at] for n, m in zip(self._names, self._metrics, strict=True) if m[at] == m[at]}
        cost, self._reached = spent - self._reached, spent
        return Report(loss, metrics, self._truth, cost)


class LookUp:
    """A table in mode ``lookup``; ``best`` is a configuration with the least mean loss, where the table says one."""

    def __init__(self, table: Table, best: Configuration | None = None) -> None:
        self._table, self._best = table, best

    def minimisers(self) -> list[Configuration]:
        """The one that the table says, if it does."""
        return [self._best] if self._best else []

    def space(self) -> "ConfigurationSpace":
        """The original's."""
        return read_space(self._table.space)

    def start(self, configuration: Configuration, seed: int, device: str) -> Replayed:
        """The recorded training of the nearest configuration that the seed chooses."""
        table = self._table
        i = table.nearest(table.encode(configuration))
        k = splitmix64(seed, 0) % table.losses.shape[1]
        if table.stand_in is not None:
            k = int(table.stand_in[i, k])
        full = table.losses[i, :, -1]
        full = full[full == full]
        return Replayed(
            table.levels,
            table.losses[i, k].tolist(),
            table.seconds[i, k].tolist(),
            float(full.mean()) if len(full) else None,
            table.failure(i, k),
            table.metric_names,
            table.metrics[:, i, k].tolist(),
        )


class Surrogate:
    """A table in mode ``surrogate``."""

    def __init__(self, table: Table, stepwise: bool) -> None:
        self._table, self._stepwise = table, stepwise
        self._predict, self._logarithmic = table.surrogate()

    def space(self) -> "ConfigurationSpace":
        """The original's."""
        return read_space(self._table.space)

    def start(self, configuration: Configuration, seed: int, device: str) -> Replayed:
        """The predicted training; the seed has no part in it."""
        table = self._table
        x = table.encode(configuration)
        loss, seconds, *failure = self._predict(x)
        losses: list[float] = (np.exp(loss) if self._logarithmic else loss).tolist()
        steps = np.exp(seconds)
        spent: list[float] = (steps.cumsum() if self._stepwise else np.maximum.accumulate(steps)).tolist()
        if failure and failure[0][0] >= FAILS:
            return Replayed(table.levels, losses, spent, None, table.nearest_failure(x))
        return Replayed(table.levels, losses, spent, losses[-1])


@cache
def opened(path: Path, checksum: str) -> tuple[Table, Sidecar]:
    """A table, read once a process, and its description."""
    sidecar = read(path)
    if sidecar.checksum != checksum:
        raise HpobenchError(f"{path} has changed since it was chosen; start again.")
    return Table(sidecar), sidecar


@cache
def surrogate_of(path: Path, checksum: str) -> Surrogate:
    """A table's surrogate, put together once a process."""
    table, sidecar = opened(path, checksum)
    return Surrogate(table, bool(sidecar.replay["stepwise"]))


def load(file: str, mode: str, checksum: str) -> LookUp | Surrogate:
    """The problem that replays a table.

    Raises:
        HpobenchError: the table is missing, damaged, or not the one that was described.
    """
    path = path_of(file).absolute()
    if mode == SURROGATE:
        return surrogate_of(path, checksum)
    table, sidecar = opened(path, checksum)
    return LookUp(table, sidecar.best)
