"""Suite ml: losses are scikit-learn's own, growing on equals growing at once, and the test set stays aside."""

import multiprocessing
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info

from hpobench_suites.ml import PROBLEMS, boosting, forest
from hpobench_suites.ml.descriptions import CLASSES, DATA, SHARE, TUNED
from hpobench_suites.ml.evaluation import Diverged, one_thread
from hpobench_suites.ml.examples import split
from hpobench_suites.ml.mlp import Mlp
from hpobench_suites.ml.pipeline import models
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.space import default, samples, space_of
from hpobench_tui.plugins import load_problem, problems
from hpobench_tui.testing.problems import ProblemConformance
from program import imported

VARIANTS = {
    f"{name}-{data}": replace(tuned(data), id=f"ml/{name}" + f"[data={data}]" * (tuned() != tuned(data)))
    for name, tuned in TUNED.items()
    for data in tuned.seconds
}
SHARES = [key for key, info in VARIANTS.items() if info.fidelity == SHARE]
GROWING = [key for key, info in VARIANTS.items() if info.fidelity != SHARE and not key.endswith("digits")]
DEAR = {"logistic-digits", "pipeline-digits"}


def conformance(key):
    info = VARIANTS[key]
    few = {"info": info, "configurations": 2, "max_fidelity_checked": 20 if info.fidelity == SHARE else 4}
    return type(f"Test{key.title().replace('-', '')}", (ProblemConformance,), {**few, "__module__": __name__})


for key in (*SHARES, *GROWING):  # of those that grow, the small data sets do
    if key not in DEAR:
        made = conformance(key)
        globals()[made.__name__] = made
del made, key


def drawn(problem, number, seed=0):
    return list(islice(samples(space_of(problem), np.random.default_rng(seed)), number))


def test_every_issue_model_is_there():
    assert {info.id for info in PROBLEMS} == {f"ml/{name}" for name in TUNED}
    assert {"svm", "knn", "logistic", "forest", "boosting", "mlp", "pipeline"} <= set(TUNED)


@pytest.mark.parametrize("key", [pytest.param(key, marks=[pytest.mark.slow] * (key in DEAR)) for key in SHARES])
def test_losses_are_those_of_cross_val_score(key):
    info = VARIANTS[key]
    problem = load_problem(info)
    data = problem.data
    folds = KFold(5) if data.regression else StratifiedKFold(5)
    for configuration in (default(space_of(problem)), *drawn(problem, 1 if key.endswith("digits") else 3)):
        estimator = problem.estimator(configuration, 7, round(0.8 * len(data.tuned)))
        with one_thread():
            scores = cross_val_score(
                estimator, data.tuned.x, data.tuned.y, cv=folds, scoring="r2" if data.regression else "accuracy"
            )
        report = problem.start(configuration, 7, "cpu").advance(100)
        assert report.loss == pytest.approx(1.0 - scores.mean(), abs=1e-12)
        assert report.metrics["deviation"] == pytest.approx(scores.std(ddof=1), abs=1e-9)


@pytest.mark.parametrize("data", ["wine", "breast-cancer", "diabetes"])
@pytest.mark.parametrize("module", [forest, boosting], ids=["forest", "boosting"])
def test_what_grows_has_the_loss_of_cross_val_score(module, data):
    problem = module.problem(data)
    regression = problem.data.regression
    of = forest.forest if module is forest else boosting.boosting
    folds = KFold(5) if regression else StratifiedKFold(5)
    for configuration in drawn(problem, 2):
        estimator = clone(of(configuration, 3, regression, 9)).set_params(warm_start=False)
        with one_thread():
            scores = cross_val_score(
                estimator,
                problem.data.tuned.x,
                problem.data.tuned.y,
                cv=folds,
                scoring="r2" if regression else "accuracy",
            )
        assert problem.start(configuration, 3, "cpu").advance(9).loss == pytest.approx(1.0 - scores.mean(), abs=1e-12)


def test_a_network_is_trained_as_by_hand():
    """scikit-learn's fit shuffles otherwise than its partial_fit, so epochs are counted out here."""
    problem = Mlp("wine")
    x, y = problem.data.tuned.x, problem.data.tuned.y
    losses = []
    for train, held_out in StratifiedKFold(5).split(x, y):
        scaler = StandardScaler().fit(x[train])
        network = MLPClassifier((100,), batch_size=64, random_state=np.random.RandomState(5))
        for _ in range(6):
            network.partial_fit(scaler.transform(x[train]), y[train], classes=np.unique(y))
        losses.append(1.0 - accuracy_score(y[held_out], network.predict(scaler.transform(x[held_out]))))
    report = problem.start(default(space_of(problem)), 5, "cpu").advance(6)
    assert report.loss == pytest.approx(np.mean(losses), abs=1e-12)
    assert 0.0 < report.loss < 0.6


@pytest.mark.parametrize("key", GROWING)
def test_growing_on_equals_growing_at_once(key):
    problem = load_problem(VARIANTS[key])
    for configuration in (default(space_of(problem)), *drawn(problem, 2, seed=1)):
        at_once, steps = (problem.start(configuration, 1, "cpu") for _ in range(2))
        try:
            whole = at_once.advance(7)
        except Diverged:
            continue
        assert [steps.advance(to) for to in (1, 2, 5, 7)][-1] == whole


@pytest.mark.parametrize("name", DATA)
def test_the_split_is_whole_and_fixed(name):
    data = split(name)
    assert len(data.tuned) == DATA[name].examples
    rows = {row.tobytes() for row in data.tuned.x}
    assert name != "wine" or not rows & {row.tobytes() for row in data.test.x}  # the others have equal rows
    held_out = np.concatenate([fold.held_out.x for fold in data.folds])
    assert sorted(map(bytes, held_out)) == sorted(map(bytes, data.tuned.x))
    if not data.regression:
        share = [np.unique(part.y, return_counts=True)[1] / len(part) for part in (data.tuned, data.test)]
        assert abs(share[0] - share[1]).max() < 0.02
        guess = 1.0 - max(share[0])
        assert DATA[name].guess == pytest.approx(guess, abs=0.01)


@pytest.mark.parametrize("name", CLASSES)
def test_a_share_has_all_classes_in_proportion(name):
    for fold in split(name).folds:
        whole = np.bincount(fold.train.y.astype(int)) / len(fold.train)
        for percent in (10, 25, 50):
            part = fold.train.y[: -(-len(fold.train) * percent // 100)]
            found = np.bincount(part.astype(int), minlength=len(whole)) / len(part)
            assert abs(found - whole).max() <= 1.5 / len(part) + 1e-12


def test_losses_are_what_scikit_learn_calls_them():
    rng = np.random.default_rng(0)
    true, predicted = rng.normal(size=50), rng.normal(size=50)
    assert split("diabetes").loss(predicted, true) == pytest.approx(1.0 - r2_score(true, predicted))
    assert split("wine").loss(np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0, 2.0])) == pytest.approx(1 / 3)


def test_a_network_that_diverges_fails():
    problem = Mlp("diabetes")
    training = problem.start(default(space_of(problem)), 0, "cpu")
    training.advance(1)
    training._learners[2]._network.coefs_[0][0, 0] = np.inf
    with pytest.raises(Diverged, match="finite"):
        training.advance(2)


def test_a_forest_leaves_the_process_as_it_was():
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method(None, force=True)
    try:
        problem = forest.problem("wine")
        problem.start(default(space_of(problem)), 0, "cpu").advance(1)
        assert multiprocessing.get_start_method(allow_none=True) is None
    finally:
        multiprocessing.set_start_method(before, force=True)


def test_trainings_are_on_one_thread():
    with one_thread():
        pools = {pool["prefix"]: pool["num_threads"] for pool in threadpool_info()}
    assert pools
    assert set(pools.values()) == {1}


@pytest.mark.parametrize("regression", [False, True])
def test_the_pipeline_chooses_among_five_models(regression):
    problem = load_problem(VARIANTS[f"pipeline-{'diabetes' if regression else 'wine'}"])
    seen = set()
    for configuration in drawn(problem, 200):
        own = {key.partition(":")[0] for key in configuration if ":" in key}
        assert own == {configuration["model"]}
        assert ("kept" in configuration) == (configuration["projection"] != "none")
        seen.add(configuration["model"])
    assert seen == set(models(regression))
    assert len(seen) == 5


def test_fewer_examples_than_neighbours_or_components_do():
    problem = load_problem(VARIANTS["pipeline-wine"])
    many = {"model": "knn", "knn:neighbours": 50, "knn:metric": "euclidean", "knn:weights": "distance"}
    wide = {"scaling": "standard", "projection": "pca", "kept": 1.0, "whiten": True}
    assert 0.0 <= problem.start({**wide, **many}, 0, "cpu").advance(10).loss <= 1.0


def test_a_scikit_learn_that_is_too_old_is_refused(monkeypatch):
    monkeypatch.setattr("sklearn.__version__", "1.7.2")
    with pytest.raises(HpobenchError, match=r"1\.8 or newer, not 1\.7\.2"):
        split.__wrapped__("wine")


def test_listing_imports_nothing_heavy():
    modules = imported("import hpobench_suites.ml, hpobench_suites.ml.commands")
    assert not {"numpy", "scipy", "sklearn", "ConfigSpace", "threadpoolctl"} & modules


def test_a_data_set_that_a_model_has_none_of_is_named():
    with pytest.raises(HpobenchError, match="digits, breast-cancer, wine"):
        problems()["ml/logistic[data=diabetes]"]
    assert problems()["ml/svm[data=digits]"].id == "ml/svm"
