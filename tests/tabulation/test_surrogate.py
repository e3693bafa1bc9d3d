"""Surrogates: replayed exactly with NumPy alone, their figures worked out again, and failures told."""

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy.stats import spearmanr

from hpobench_suites.tabular.predictors import predictor
from hpobench_tui.tabulation.models import MODELS, below
from hpobench_tui.tabulation.surrogate import FOLDS, agreement, bounded, figures_of, fit


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.random((40, 3))
    full = np.sin(4.0 * x[:, 0]) + x[:, 1] ** 2
    return x, np.column_stack([full + 1.0, full + 0.5, full])


@pytest.mark.parametrize("kind", MODELS)
def test_replaying_a_model_gives_what_scikit_learn_predicts(kind, data):
    x, y = data
    model = MODELS[kind](x, y, 0)
    points = np.random.default_rng(1).random((50, 3))
    points = np.vstack([points, x])  # also where the splits were made
    replay = predictor([model.arrays()])
    replayed = np.array([replay(point)[0] for point in points])
    np.testing.assert_allclose(replayed, model.predict(points), rtol=1e-9, atol=1e-9)


def test_several_models_are_replayed_side_by_side(data):
    x, y = data
    models = [MODELS[kind](x, y[:, :width], 0) for kind, width in (("forest", 1), ("gp", 3), ("extra-trees", 2))]
    replay = predictor([model.arrays() for model in models])
    for found, model in zip(replay(x[0]), models, strict=True):
        np.testing.assert_allclose(found, model.predict(x[:1])[0], rtol=1e-9)


def test_thresholds_in_single_precision_split_alike():
    rng = np.random.default_rng(0)
    values = rng.random(10_000).astype(np.float32)
    thresholds = rng.choice(values, 10_000) + rng.choice([-1e-12, 0.0, 1e-12], 10_000)
    assert ((values <= thresholds) == (values <= below(thresholds))).all()
    exact = values.astype(float)
    assert (values <= below(exact)).all()


def test_the_figures_are_those_of_an_independent_cross_validation(data, monkeypatch):
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.metrics import r2_score

    monkeypatch.setattr("hpobench_tui.tabulation.surrogate.MODELS", {"extra-trees": MODELS["extra-trees"]})
    x, y = data
    losses = np.exp(y)[:, None, :]
    y = np.log(losses[:, 0])  # round-off moves ties
    seconds = np.cumsum(np.ones_like(losses), axis=2)
    fitted = fit(x, losses, seconds, True, 0)
    folds = np.random.default_rng(0).permutation(len(x)) % FOLDS
    assert set(Counter(folds.tolist()).values()) == {len(x) // FOLDS}
    predicted = np.empty_like(y)
    for fold in range(FOLDS):
        forest = ExtraTreesRegressor(100, min_samples_leaf=2, random_state=0).fit(x[folds != fold], y[folds != fold])
        predicted[folds == fold] = forest.predict(x[folds == fold])
    quality = fitted.quality["loss"]
    assert quality["r2"] == pytest.approx(r2_score(y[:, -1], predicted[:, -1]), abs=1e-9)
    assert quality["r2_mean"] == pytest.approx(r2_score(y, predicted), abs=1e-9)
    assert quality["spearman"] == pytest.approx(spearmanr(y[:, -1], predicted[:, -1]).statistic, abs=1e-9)
    assert fitted.quality["scale"] == "log loss"
    assert fitted.quality["seconds"]["r2"] == 1.0, "seconds that never differ"


def test_a_heavy_tail_of_bad_losses_counts_as_their_90th_percentile(data):
    x, y = data
    losses = np.exp(y)[:, None, :]
    seconds = np.cumsum(np.ones_like(losses), axis=2)
    assert "worst" not in fit(x, losses, seconds, True, 0).quality
    wild = losses.copy()
    wild[::20] *= 1e4  # one in twenty diverged
    fitted = fit(x, wild, seconds, True, 0)
    assert fitted.quality["worst"] == pytest.approx(np.quantile(wild[:, 0, -1], 0.9), rel=1e-2)
    assert fitted.full_losses(x).max() <= wild[:, 0, -1].max() / 100
    calm = bounded(y)
    assert (calm == y).all(), "light tails stay"


def test_figures_of_what_does_not_vary():
    same = np.full((5, 2), 0.3)
    assert figures_of(same, same) == {"r2": 1.0, "spearman": 1.0, "r2_mean": 1.0}
    rising = np.arange(10.0).reshape(5, 2)
    assert figures_of(rising, np.broadcast_to(rising.mean(0), (5, 2))) == {"r2": 0.0, "spearman": 0.0, "r2_mean": 0.0}


def test_failures_are_found_or_not():
    truth = np.array([True, True, False, False, False])
    found = agreement(truth, np.array([True, False, False, False, True]))
    assert found == {"share": 0.4, "failures_found": 0.5, "successes_found": pytest.approx(2 / 3)}


def test_too_few_successes_give_no_surrogate():
    losses = np.ones((12, 1, 1))
    losses[:3] = np.nan
    assert "9 configurations succeeded" in fit(np.random.default_rng(0).random((12, 2)), losses, losses, True, 0)
