"""Parzen estimators of configurations: mixtures of product kernels on an encoding's searched columns.

A kernel sits on one observation and has a factor a column, each integrating or summing to one over the column:

- a *float* (also an integer with more than ``MOST_BINS`` values) has a Gaussian truncated to [0, 1],
- an *integer or ordinal* has the mass of that truncated Gaussian in the value's bin,
- a *categorical* of C choices has Aitchison and Aitken's kernel (Biometrika 63(3), 1976): 1 - width for the
  observation's choice, and width / (C - 1) for each other.

Logarithmic hyperparameters need no care: the encoding is linear in the logarithm.

*Conditions.* An inactive column has no factor. Where a column is active in the configuration but was not in the
observation, the kernel has the prior's factor: its observation says nothing about that column. So a mixture is a
density on the conditional space: integrated over the active columns, and summed over what activates them, it is one.

*Joint* mixtures (multivariate) sum products over the kernels. *Marginal* ones (univariate; Bergstra et al., NeurIPS
2011) are the product over the columns of one mixture each, of the kernels whose observation has the column.

The prior is one more kernel: a Gaussian at 1/2 with standard deviation 1, and all choices alike.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from hpobench_baselines.native.encoding import Encoding, Floats

MOST_BINS = 1000
PRIOR_WIDTH = 1.0
HALF_LOG_TWO_PI = 0.5 * float(np.log(2.0 * np.pi))


class Axes:
    """The columns that kernels have factors for: the D searched ones of an encoding, which are counted from 0 here.

    Attributes:
        columns: int array (D,): which of the encoding's they are.
        numeric, fine: bool arrays (D,): those with Gaussians, and of these those with densities.
        smooth, binned, categorical: int arrays: those with densities, with masses of bins, and with choices.
        choices: float array (D,): how many choices the categoricals have; 1 elsewhere.
        prior_centers, prior_widths: (D,): the prior's kernel.

    >>> from ConfigSpace import ConfigurationSpace
    >>> axes = Axes(Encoding(ConfigurationSpace({"k": 1, "kind": ["a", "b", "c"], "x": (0.0, 1.0)})))
    >>> axes.columns.tolist(), axes.categorical.tolist(), axes.smooth.tolist()
    ([1, 2], [0], [1])
    """

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self.columns: NDArray[np.int64] = np.flatnonzero(encoding.searched)
        levels = encoding.levels[self.columns]
        self.numeric = ~encoding.categorical[self.columns]
        self.fine = self.numeric & ((levels == 0) | (levels > MOST_BINS))
        self.smooth = np.flatnonzero(self.fine)
        self.binned = np.flatnonzero(self.numeric & ~self.fine)
        self.categorical = np.flatnonzero(~self.numeric)
        self.choices = np.where(self.numeric, 1, levels).astype(float)
        self.prior_centers = np.where(self.numeric, 0.5, 0.0)
        self.prior_widths = np.where(self.numeric, PRIOR_WIDTH, 1.0 - 1.0 / self.choices)

    def bins(self, column: int, positions: Floats) -> tuple[Floats, Floats]:
        """The ends of the bins of a binned column that positions fall into."""
        return self._encoding.bins(int(self.columns[column]), positions)

    def full(self, points: Floats) -> Floats:
        """Points (n, D) as full vectors of the encoding, discrete columns on their values."""
        vectors = np.tile(self._encoding.default, (len(points), 1))
        vectors[:, self.columns] = points
        return self._encoding.snap(vectors)


@dataclass(frozen=True, slots=True)
class Mixture:
    """K kernels.

    Attributes:
        weights: (K, D), each column summing to one; the columns of a joint mixture are all alike.
        centers: (K, D): the observations, the prior's in columns where an observation is absent.
        widths: (K, D): standard deviations, and for categoricals the probability of another choice than the center.
        joint: The kernels' products are summed; else their sums multiplied.
    """

    weights: Floats
    centers: Floats
    widths: Floats
    joint: bool


def mixture(axes: Axes, observations: Floats, widths: Floats, weights: Floats, prior: float, joint: bool) -> Mixture:
    """A kernel for each of the observations (n, D), which are NaN where inactive, and the prior's last.

    Args:
        widths: (n, D), as in :class:`Mixture`; not read where inactive.
        weights: (n,), positive, on the scale of ``prior``.
        prior: The weight of the prior; 0 leaves it out, where observations are complete.
    """
    absent = np.isnan(observations)
    centers = np.where(absent, axes.prior_centers, observations)
    widths = np.where(absent, axes.prior_widths, widths)
    each = np.where(absent & (not joint), 0.0, weights[:, None])
    if prior > 0.0:
        centers, widths = np.vstack([centers, axes.prior_centers]), np.vstack([widths, axes.prior_widths])
        each = np.vstack([each, np.full(each.shape[1], prior)])
    return Mixture(each / each.sum(axis=0), centers, widths, joint)


def log_density(axes: Axes, m: Mixture, points: Floats) -> Floats:
    """The logarithm of the mixture's density (n,) at points (n, D), which are NaN where inactive.

    It integrates to one:

    >>> from ConfigSpace import ConfigurationSpace
    >>> axes = Axes(Encoding(ConfigurationSpace({"x": (0.0, 1.0)})))
    >>> one = mixture(axes, np.array([[0.5]]), np.array([[0.1]]), np.ones(1), prior=1.0, joint=True)
    >>> grid = (np.arange(1000)[:, None] + 0.5) / 1000
    >>> round(float(np.exp(log_density(axes, one, grid)).mean()), 4)
    1.0
    """
    if not m.joint:
        total = np.zeros(len(points))
        for column in range(len(axes.columns)):
            total += log_sum_exp(_factors(axes, m, points, column) + _log(m.weights[:, column]))
        return total
    if not len(axes.columns):
        return np.zeros(len(points))
    kernels = _smooth(m, points, axes.smooth)
    for column in (*axes.binned, *axes.categorical):
        kernels += _factors(axes, m, points, column)
    return log_sum_exp(kernels + _log(m.weights[:, 0]))


def log_ratio(axes: Axes, best: Mixture, others: Mixture, points: Floats, least: float = -np.inf) -> Floats:
    """log l/g (n,) at points (n, D), of two mixtures; densities with a logarithm below ``least`` count as that."""
    above, below = (np.maximum(log_density(axes, m, points), least) for m in (best, others))
    ratio: Floats = above - below
    return ratio


def _factors(axes: Axes, m: Mixture, points: Floats, column: int) -> Floats:
    """The kernels' log factors (n, K) in one column, 0 where inactive."""
    if not axes.numeric[column]:
        return _chosen(axes, m, points[:, column], column)
    if axes.fine[column]:
        return _smooth(m, points, np.array([column]))
    return _binned(axes, m, points[:, column], column)


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(values)


def _smooth(m: Mixture, points: Floats, columns: NDArray[np.int64]) -> Floats:
    """The sum (n, K) over smooth columns of the kernels' log factors, 0 where inactive.

    With a = 1 / 2 width^2, -a (x - center)^2 - log(normaliser) is multiplied out, which makes the sum a matrix product.
    """
    centers, widths, x = m.centers[:, columns], m.widths[:, columns], points[:, columns]
    inactive = np.isnan(x)
    x = np.where(inactive, 0.0, x)
    a = 0.5 / (widths * widths)
    constant = -a * centers * centers - np.log(widths * truncated_mass(centers, widths)) - HALF_LOG_TWO_PI
    total: Floats = x @ (2.0 * a * centers).T - (x * x) @ a.T
    total += (~inactive).astype(float) @ constant.T if inactive.any() else constant.sum(axis=1)
    return total


def _binned(axes: Axes, m: Mixture, x: Floats, column: int) -> Floats:
    """The kernels' log factors (n, K) in a binned column, 0 where inactive.

    Points and centers take few values there, so each pair of them is worked out once.
    """
    values, place = np.unique(x, return_inverse=True)
    kernels, kernel = np.unique(m.centers[:, column] + 1j * m.widths[:, column], return_inverse=True)
    lower, upper = axes.bins(column, np.where(np.isnan(values), 0.5, values))
    table = log_bin_mass(lower[:, None], upper[:, None], kernels.real, kernels.imag)
    table[np.isnan(values)] = 0.0
    factors: Floats = table[place[:, None], kernel]
    return factors


def _chosen(axes: Axes, m: Mixture, x: Floats, column: int) -> Floats:
    """The kernels' log factors (n, K) in a categorical column, 0 where inactive."""
    width = m.widths[:, column]
    same = x[:, None] == m.centers[:, column]
    factors = np.where(same, np.log1p(-width), _log(width / (axes.choices[column] - 1.0)))
    factors[np.isnan(x)] = 0.0
    return factors


def truncated_mass(centers: Floats, widths: Floats) -> Floats:
    """What of a Gaussian centred in [0, 1] lies there; 0.34 or more where the width is at most 1."""
    mass: Floats = ndtr((1.0 - centers) / widths) - ndtr(-centers / widths)
    return mass


def log_bin_mass(lower: Floats, upper: Floats, centers: Floats, widths: Floats) -> Floats:
    """The logarithm of a truncated Gaussian's mass between ``lower`` and ``upper``; -inf where it underflows."""
    a, b = (lower - centers) / widths, (upper - centers) / widths
    right = a > 0.0  # there both are next to one: in the mirror they are small, and their difference exact
    a, b = np.where(right, -b, a), np.where(right, -a, b)
    return _log((ndtr(b) - ndtr(a)) / truncated_mass(centers, widths))


def log_sum_exp(terms: Floats) -> Floats:
    """log(sum(exp(terms))) over the last axis; -inf where all of it is."""
    largest = np.maximum(terms.max(axis=-1, keepdims=True), -1e300)
    result: Floats = _log(np.exp(terms - largest).sum(axis=-1)) + largest[..., 0]
    return result


def draw(axes: Axes, m: Mixture, n: int, rng: np.random.Generator) -> Floats:
    """Points (n, D) drawn from the mixture as if every column were active; numeric ones not yet on their values."""
    cumulated = np.cumsum(m.weights, axis=0)
    last, columns = len(cumulated) - 1, np.arange(len(axes.columns))
    if m.joint:
        one = np.searchsorted(cumulated[:, 0], rng.random(n)) if len(columns) else np.zeros(n, dtype=np.int64)
        chosen = np.minimum(one, last)[:, None]
    else:
        uniform = rng.random((len(columns), n))
        each = [np.searchsorted(cumulated[:, j], uniform[j], side="right") for j in columns]
        chosen = np.minimum(np.array(each, dtype=np.int64).reshape(len(columns), n), last).T
    return draw_kernels(axes, m.centers[chosen, columns], m.widths[chosen, columns], rng)


def draw_kernels(axes: Axes, centers: Floats, widths: Floats, rng: np.random.Generator) -> Floats:
    """A point of each of n kernels: centers, widths and points are (n, D)."""
    uniform = rng.random(centers.shape)
    points = centers.copy()
    numeric = axes.numeric
    c, w = centers[:, numeric], widths[:, numeric]
    below = ndtr(-c / w)
    points[:, numeric] = np.clip(c + w * ndtri(below + uniform[:, numeric] * truncated_mass(c, w)), 0.0, 1.0)
    for j in axes.categorical:
        # A uniform number below the width means another choice, and how far below says which.
        others, width = axes.choices[j] - 1.0, widths[:, j]
        moves = uniform[:, j] < width
        step = 1.0 + np.minimum(np.floor(uniform[:, j] / np.where(moves, width, 1.0) * others), others - 1.0)
        points[:, j] = np.where(moves, (centers[:, j] + step) % axes.choices[j], centers[:, j])
    return points


def additive_width(choices: Floats, smoothing: float) -> Floats:
    """The categorical width that adds ``smoothing`` to the count of every choice."""
    return (choices - 1.0) * smoothing / (1.0 + choices * smoothing)


def spread_widths(axes: Axes, observations: Floats, factor: float, joint: bool) -> Floats:
    """Scott's rule (1992): ``factor`` s m^(-1 / (d + 4)) in each numeric column, for all its kernels; (D,).

    m is the number of observations (n, D) active in the column, d the number of numeric columns if the kernels are
    joint, else 1, and s^2 the variance together with one observation of the uniform distribution's, 1/12.
    """
    active = ~np.isnan(observations)
    count = active.sum(axis=0)
    x = np.where(active, observations, 0.0)
    mean = x.sum(axis=0) / np.maximum(count, 1)
    squares = np.where(active, (x - mean) ** 2, 0.0).sum(axis=0)
    dimension = int(axes.numeric.sum()) if joint else 1
    widths: Floats = (
        factor * np.sqrt((squares + 1.0 / 12.0) / (count + 1)) * np.maximum(count, 1) ** (-1 / (dimension + 4))
    )
    return widths


def neighbour_widths(observations: Floats) -> Floats:
    """Bergstra et al.'s rule (2011): (n, D), the larger of the distances to the neighbours on either side.

    The prior's center, 1/2, is a neighbour too; the first and last observation have one neighbour each.
    """
    n, dimension = observations.shape
    order = np.argsort(np.vstack([observations, np.full(dimension, 0.5)]), axis=0, kind="stable")  # NaN come last
    ordered = np.take_along_axis(np.vstack([observations, np.full(dimension, 0.5)]), order, axis=0)
    gaps = np.nan_to_num(np.diff(ordered, axis=0), nan=0.0)
    zeros = np.zeros((1, dimension))
    larger = np.maximum(np.vstack([zeros, gaps]), np.vstack([gaps, zeros]))
    widths: Floats = np.empty_like(larger)
    np.put_along_axis(widths, order, larger, axis=0)
    return widths[:n]
