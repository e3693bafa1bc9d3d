"""The surrogate of a table: loss and seconds as functions of configuration and fidelity, and where trainings fail.

Each configuration is one example, its outputs the means over its seeds at all levels of the fidelity, on a logarithmic
scale where they are positive; seconds are those between levels, so that their sums grow. Configurations of which at
least half the trainings failed have no outputs, and an extremely randomised forest of their own tells them from others.

A heavy tail of bad losses (diverged trainings, say) would rule the fit and its R² without telling where good ones are:
where a level has losses beyond Tukey's fence, q75 + 1.5 (q75 - q25) (Exploratory Data Analysis, 1977), all above its
90th percentile count as that. ``worst`` says so beside the figures.

Which model is taken is decided by 5-fold cross-validation: the largest mean R² over all levels, on the scale that is
fitted. The figures of every candidate are kept beside the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core.tabular import FAILS
from hpobench_tui.tabulation.models import MODELS, Arrays, Floats, Model, Trees

FOLDS = 5
LEAST = 2 * FOLDS
"""Configurations that have to have succeeded for a surrogate."""
FENCE, WORST = 1.5, 0.9
"""Interquartile ranges above the upper quartile; the quantile that what is worse counts as."""
CONSTANT = 1e-12
"""Relative spread of outputs that differ by round-off alone."""


@dataclass(frozen=True)
class Fitted:
    """A surrogate.

    Attributes:
        loss, seconds: Predict the outputs on the scales that :func:`transformed` gives.
        failure: Predicts the share of failed trainings; None where none failed.
        logarithmic: The loss is fitted as its logarithm.
        quality: Figures from cross-validation, plain values.
    """

    loss: Model
    seconds: Model
    failure: Model | None
    logarithmic: bool
    quality: Mapping[str, Any]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What a replay needs, by name."""
        parts: dict[str, Arrays] = {"loss": self.loss.arrays(), "seconds": self.seconds.arrays()}
        if self.failure is not None:
            parts["failure"] = self.failure.arrays()
        return {f"{part}.{name}": array for part, arrays in parts.items() for name, array in arrays.items()}

    def full_losses(self, x: Floats) -> Floats:
        """Losses (m,) at full fidelity; infinite where trainings fail."""
        losses = self.loss.predict(x)[:, -1]
        losses = np.exp(losses) if self.logarithmic else losses
        return losses if self.failure is None else np.where(self.failure.predict(x)[:, 0] >= FAILS, np.inf, losses)


def fit(x: Floats, losses: Floats, seconds: Floats, stepwise: bool, seed: int) -> Fitted | str:
    """Fit a surrogate to a table, or say why there is none.

    Args:
        x: Vectors (N, width).
        losses: (N, S, L), NaN where a training failed before.
        seconds: Cumulative (N, S, L), likewise.
        stepwise: Levels are passed on one way, so that seconds between them are positive.
        seed: Of folds and forests.
    """
    failed = np.isnan(losses[:, :, -1]).mean(1)
    good = np.flatnonzero(failed < FAILS)
    if len(good) < LEAST:
        return f"{len(good)} configurations succeeded, and at least {LEAST} are needed"
    done = ~np.isnan(losses[good, :, -1])[:, :, None]
    mean = _mean(losses[good], done)
    logarithmic = bool((mean > 0.0).all())
    raw = np.log(mean) if logarithmic else mean
    y = bounded(raw)
    spent = _mean(seconds[good], done)
    z = np.log(np.maximum(np.diff(spent, axis=1, prepend=0.0) if stepwise else spent, 1e-9))
    folds = np.random.default_rng(seed).permutation(len(good)) % FOLDS
    loss, loss_quality = choose(x[good], y, folds, seed)
    time, time_quality = choose(x[good], z, folds, seed)
    quality: dict[str, Any] = {"scale": "log loss" if logarithmic else "loss", "loss": loss_quality}
    if (worst := float(y[:, -1].max())) < raw[:, -1].max():
        quality["worst"] = float(np.exp(worst)) if logarithmic else worst
    quality["seconds"] = time_quality
    failure: Model | None = None
    if (failed >= FAILS).any():
        everywhere = np.random.default_rng(seed).permutation(len(x)) % FOLDS
        predicted = held_out(x, failed[:, None], everywhere, seed, "extra-trees")[:, 0]
        quality["failure"] = agreement(failed >= FAILS, predicted >= FAILS)
        failure = Trees("extra-trees", x, failed[:, None], seed)
    return Fitted(loss, time, failure, logarithmic, quality)


def bounded(y: Floats) -> Floats:
    """Outputs (n, L), those of levels with a heavy upper tail brought to their 90th percentile."""
    low, high, worst = np.quantile(y, [0.25, 0.75, WORST], axis=0)
    heavy = y.max(0) > high + FENCE * (high - low)
    result: Floats = np.where(heavy, np.minimum(y, worst), y)
    return result


def choose(x: Floats, y: Floats, folds: NDArray[np.int64], seed: int) -> tuple[Model, dict[str, Any]]:
    """The best model for outputs y (n, L), fitted to all, and the figures of every candidate."""
    figures = {kind: figures_of(y, held_out(x, y, folds, seed, kind)) for kind in MODELS}
    best = max(figures, key=lambda kind: figures[kind]["r2_mean"])
    return MODELS[best](x, y, seed), {"model": best, **figures[best], "candidates": figures}


def held_out(x: Floats, y: Floats, folds: NDArray[np.int64], seed: int, kind: str) -> Floats:
    """Outputs (n, L) for each example from a model that was fitted without its fold."""
    predicted = np.empty_like(y)
    for fold in np.unique(folds):
        rest = folds != fold
        predicted[~rest] = MODELS[kind](x[rest], y[rest], seed).predict(x[~rest])
    return predicted


def figures_of(y: Floats, predicted: Floats) -> dict[str, float]:
    """R² and Spearman's rank correlation at the last level, and the mean R² over the levels on which y varies.

    What does not vary is predicted by every model, and counts as 1.
    """
    from scipy.stats import spearmanr

    varying = y.std(0) > CONSTANT * np.maximum(1.0, np.abs(y).max(0))
    spread = ((y - y.mean(0)) ** 2).sum(0)
    r2 = 1.0 - ((y - predicted) ** 2).sum(0) / np.where(varying, spread, np.nan)
    ranked = varying[-1] and np.ptp(predicted[:, -1]) > 0.0
    return {
        "r2": float(r2[-1]) if varying[-1] else 1.0,
        "spearman": float(spearmanr(y[:, -1], predicted[:, -1]).statistic) if ranked else float(not varying[-1]),
        "r2_mean": float(r2[varying].mean()) if varying.any() else 1.0,
    }


def agreement(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> dict[str, float]:
    """How well failures are foretold: their share, and how many of the failed and of the others are told rightly."""
    return {
        "share": float(truth.mean()),
        "failures_found": float(predicted[truth].mean()) if truth.any() else 1.0,
        "successes_found": float((~predicted[~truth]).mean()) if not truth.all() else 1.0,
    }


def _mean(values: Floats, done: NDArray[np.bool_]) -> Floats:
    """Means (n, L) of values (n, S, L) over the trainings that are done (n, S, 1)."""
    total: Floats = np.where(done, values, 0.0).sum(1) / done.sum(1)
    return total
