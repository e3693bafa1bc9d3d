"""``hpobench ml report`` scores the best of each optimizer on the test set."""

import pytest

pytest.importorskip("sklearn")

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from hpobench_suites.ml.evaluation import Diverged
from hpobench_suites.ml.examples import split
from hpobench_suites.ml.mlp import Mlp
from hpobench_suites.ml.report import FIRST_SEED, PROBLEM, described, report
from hpobench_tui.core import CommandContext, HpobenchError, Incumbent
from hpobench_tui.core.space import default, space_of

FOREST = "ml/forest[data=wine]"


def best(problem, optimizer="random", loss=0.1, **changed):
    tuning = described(problem)[1]
    configuration = {**default(space_of(tuning)), **changed}
    return Incumbent(problem, optimizer, 0, loss, 81, configuration, 81.0, "trees")


def context(*found):
    return CommandContext(lambda share, doing: None, None, found)


def test_scores_are_those_of_scikit_learn_on_the_examples_kept_aside():
    found = best(FOREST, max_depth=2, max_features=0.1)
    (table,) = report(context(found, best(FOREST, loss=0.2), best(FOREST, "tpe", 0.3)), seeds=3).tables
    data = split("wine")
    scores = [
        RandomForestClassifier(81, max_depth=2, max_features=0.1, random_state=seed)
        .fit(data.tuned.x, data.tuned.y)
        .score(data.test.x, data.test.y)
        for seed in range(FIRST_SEED, FIRST_SEED + 3)
    ]
    assert [row[0] for row in table.rows] == ["random", "tpe", "(default)"]
    row = dict(zip(table.headers, table.rows[0], strict=True))
    assert row["test accuracy"] == pytest.approx(np.mean(scores))
    assert row["± seeds"] == pytest.approx(np.std(scores, ddof=1) / np.sqrt(3))
    assert 0.0 < row["± test set"] < 0.1
    assert "max_depth=2" in row["configuration"]


@pytest.mark.parametrize(
    ("name", "original"),
    [
        ("ml/svm", "ml/svm"),
        ("ml/elastic-net", "ml/elastic-net"),
        ("tabular/ml-svm-digits", "ml/svm"),
        ("tabular/ml-elastic-net-diabetes[mode=lookup]", "ml/elastic-net"),
        ("tabular/table[file=tables/ml-mlp-breast-cancer.json]", "ml/mlp"),
        ("tabular/table[file=/a/ml-mlp-wine.parquet,mode=lookup]", "ml/mlp"),
        ("tabular/table[file=ml-knn-wine]", "ml/knn"),
    ],
)
def test_an_original_is_known_by_the_names_of_its_twins(name, original):
    assert PROBLEM.fullmatch(name)
    assert described(name)[0].id == original


@pytest.mark.parametrize(
    "name", ["tabular/quintic-sigma-small", "ml/svm[data=iris]", "synthetic/ml-svm-wine", "tabular/ml-svm"]
)
def test_others_are_none_of_the_suite(name):
    assert not PROBLEM.fullmatch(name)


def test_a_twin_is_trained_for_real_and_a_regression_has_no_accuracy():
    names = ("tabular/ml-knn-diabetes", "ml/knn[data=diabetes]")
    result = report(context(*map(best, names)), seeds=2)
    twin, real = ([row[2:5] for row in table.rows] for table in result.tables)
    assert twin == real
    assert "test R²" in result.tables[0].headers
    assert all(row[1:] == (None, None) for row in real)  # one training says all, and it is no accuracy
    assert not any("± test set" in note for note in result.notes)


def test_a_final_training_that_fails_is_told(monkeypatch):
    def fails(tuning, configuration, seed, fidelity):
        raise Diverged("a weight is no finite number.")

    monkeypatch.setattr(Mlp, "test_loss", fails)
    result = report(context(best("ml/mlp[data=wine]"), best("ml/knn[data=wine]")), seeds=2)
    failed, others = ([row[2] for row in table.rows] for table in result.tables)
    assert failed == [None, None]
    assert min(others) > 0.8
    assert sum("fails in the final training: a weight" in note for note in result.notes) == 2


def test_what_is_not_there_is_said():
    with pytest.raises(HpobenchError, match="no result on a problem of the suite ml"):
        report(context(), seeds=2)
    with pytest.raises(HpobenchError, match=r"Valid: ml/forest\[data=wine\]"):
        report(context(best(FOREST)), seeds=2, problem="ml/svm")
