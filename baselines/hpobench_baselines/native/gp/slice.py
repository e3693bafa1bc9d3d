"""The Gaussian in a picture: what a Gaussian process, given some trials, believes along one or two hyperparameters.

The others stay at a given configuration. The model is that of the optimizer ``gp``: mean and standard deviation are of
the noise-free loss in the problem's own units, through the inverse of the fitted output transformation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ConfigSpace import ConfigurationSpace

from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_baselines.native.gp import GP
from hpobench_baselines.native.gp.features import Features
from hpobench_baselines.native.gp.optimizer import analytic
from hpobench_baselines.native.gp.surrogate import Surrogate
from hpobench_baselines.native.gp.warping import bent, scale_of
from hpobench_tui.core import Choice, Configuration, HpobenchError
from hpobench_tui.core.errors import unknown
from hpobench_tui.core.space import validator

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(48)
ACQUISITIONS = ("log-ei", "ei", "pi", "ucb")


@dataclass(frozen=True)
class Slice:
    """A posterior on a grid over one or two hyperparameters; arrays have one axis for each, in the order of ``names``.

    Attributes:
        names: The hyperparameters that vary.
        axes: Their values on the grid.
        mean, deviation: Of the loss. NaN where a hyperparameter that varies is inactive, or a clause forbids.
        acquisition: What a trial promises, in the units of the standardised losses; for ``pi``, a logarithm.
    """

    names: tuple[str, ...]
    axes: tuple[tuple[Choice, ...], ...]
    mean: Floats
    deviation: Floats
    acquisition: Floats


def posterior_slice(
    space: ConfigurationSpace,
    trials: Sequence[tuple[Configuration, float]],
    names: Sequence[str],
    at: Configuration,
    resolution: int = 100,
    kernel: str = "matern52",
    acquisition: str = "log-ei",
    xi: float = 0.0,
    kappa: float = 2.0,
    warp: bool = True,
) -> Slice:
    """The posterior after ``trials``, each a configuration and its loss.

    Args:
        names: One or two hyperparameters of the space.
        at: A valid configuration, which the other hyperparameters keep.
        resolution: Grid points for a float, and at most so many for an integer.

    Raises:
        HpobenchError: unknown names or settings, an invalid configuration, fewer than two finite losses, or a
            resolution below two.

    >>> trials = [({"x": x}, (x - 0.3) ** 2) for x in (0.0, 0.25, 0.5, 0.75, 1.0)]
    >>> found = posterior_slice(ConfigurationSpace({"x": (0.0, 1.0)}), trials, ["x"], {"x": 0.5}, resolution=11)
    >>> round(found.axes[0][int(found.mean.argmin())], 1)
    0.3
    """
    GP.settings({"kernel": kernel, "xi": xi, "kappa": kappa})
    if acquisition not in ACQUISITIONS:
        raise unknown("acquisition of a slice", acquisition, list(ACQUISITIONS))
    if not 1 <= len(names) <= 2 or len(set(names)) < len(names):
        raise HpobenchError(f"a slice goes along one or two hyperparameters, not {', '.join(names) or 'none'}.")
    if resolution < 2:
        raise HpobenchError(f"a slice needs a resolution of at least 2, not {resolution}.")
    encoding = Encoding(space)
    for name in names:
        if name not in encoding.names:
            raise unknown("hyperparameter", name, list(encoding.names))
    invalid = validator(space)
    for configuration in (at, *(configuration for configuration, _ in trials)):
        if reason := invalid(configuration):
            raise HpobenchError(f"a slice needs valid configurations: {reason}.")
    losses = np.array([loss for _, loss in trials])
    if np.count_nonzero(np.isfinite(losses)) < 2:
        raise HpobenchError(f"a posterior needs two finite losses or more; these {len(losses)} trials have fewer.")
    features = Features(encoding)
    finite = np.isfinite(losses)
    points = features.embed(np.array([encoding.encode(c) for (c, _), f in zip(trials, finite, strict=True) if f]))
    surrogate = Surrogate(features, kernel, warp, believe=True)
    model = surrogate.update(points, losses[finite], np.random.default_rng(0))

    positions = [_positions(encoding, encoding.names.index(name), resolution) for name in names]
    shape = tuple(len(axis) for axis in positions)
    x = np.tile(encoding.filled(encoding.encode(at)), (int(np.prod(shape)), 1))
    columns = [encoding.names.index(name) for name in names]
    for column, mesh in zip(columns, np.meshgrid(*positions, indexing="ij"), strict=True):
        x[:, column] = mesh.ravel()
    counts = encoding.permitted(x) & encoding.active(x)[:, columns].all(axis=1)
    at_points = model.predict(features.embed(encoding.masked(x)))
    function = analytic(acquisition, surrogate.best(), xi, kappa)
    assert surrogate.hyperparameters is not None
    kept = losses[finite][surrogate.rows]
    mean, deviation = in_losses(at_points.mean, at_points.deviation, kept, surrogate.hyperparameters.power)

    def grid(values: Floats) -> Floats:
        return np.where(counts, values, np.nan).reshape(shape)

    axes = tuple(tuple(encoding.decode_column(j, axis)) for j, axis in zip(columns, positions, strict=True))
    promised = function(at_points.mean, at_points.deviation).value
    return Slice(tuple(names), axes, grid(mean), grid(deviation), grid(promised))


def in_losses(mean: Floats, deviation: Floats, losses: Floats, power: float) -> tuple[Floats, Floats]:
    """Mean and standard deviation (m,) of the loss where the model's unit is normal with these (m,), by Gauss-Hermite
    quadrature through the inverse of the transformation that ``losses`` (n,) and ``power`` define."""
    scale = scale_of(losses)
    transformation = bent(scale.apply(losses), power)[-1]
    weights = WEIGHTS / WEIGHTS.sum()
    values = transformation.undo(mean[:, None] + deviation[:, None] * NODES)
    middle = values @ weights
    spread = np.sqrt(np.maximum(((values - middle[:, None]) ** 2) @ weights, 0.0))
    return scale.undo(middle), spread * scale.spread * scale.unit


def _positions(encoding: Encoding, column: int, resolution: int) -> Floats:
    """The grid of one column, in encoded positions."""
    levels = int(encoding.levels[column])
    if encoding.categorical[column]:
        return np.arange(levels, dtype=np.float64)
    if not levels:
        return np.linspace(0.0, 1.0, resolution)
    every = np.tile(encoding.default, (20 * resolution, 1))
    every[:, column] = np.linspace(0.0, 1.0, len(every))
    middles = np.unique(encoding.snap(every)[:, column])
    chosen: Floats = middles[np.unique(np.linspace(0, len(middles) - 1, resolution).round().astype(np.int64))]
    return chosen
