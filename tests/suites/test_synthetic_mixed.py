"""The mixed, conditional and forbidden problems: optima by enumeration, learning curves, costs."""

from itertools import islice, product

import numpy as np
import pytest
from scipy.optimize import minimize

from hpobench_suites.synthetic.conditional import Conditional
from hpobench_suites.synthetic.forbidden import FORBIDDEN, PENALTY, SOLVER, Forbidden
from hpobench_suites.synthetic.mixed import ACTIVATION, OPTIMIZER, UNITS, Mixed, R
from hpobench_tui.core.space import samples, validator

SMALL = {"dropout": 0.1, "layers": 1, "units": 16, "activation": "elu", "optimizer": "sgd"}


def least(loss, bounds):
    """The least of a smooth function of a few logarithmic or linear coordinates, by descent from the middle."""
    start = [(low + high) / 2 for low, high in bounds]
    return float(minimize(loss, start, bounds=bounds, method="L-BFGS-B", tol=1e-15).fun)


def test_mixed_optimum_by_enumeration():
    """For each of the 216 discrete parts the least over the floats; the least of all, and the second least."""
    problem, found = Mixed(), {}
    for layers, units, activation, optimizer in product(range(1, 7), UNITS, ACTIVATION, OPTIMIZER):
        discrete = {"layers": layers, "units": units, "activation": activation, "optimizer": optimizer}

        def error(x, discrete=discrete):
            floats = {"learning_rate": float(10 ** x[0]), "dropout": float(x[1])}
            return problem.start({**floats, **discrete}, 1, "cpu").advance(R).loss

        found[tuple(discrete.values())] = least(error, [(-5, -1), (0, 0.8)])
    first, second = sorted(found, key=found.__getitem__)[:2]
    assert first == (4, 128, "relu", "adam")
    assert found[first] == pytest.approx(0.05, abs=1e-9)
    assert found[second] > 0.054


def test_mixed_curve_ends_in_its_limit_and_falls():
    training = Mixed().start({"learning_rate": 1e-4, **SMALL}, 1, "cpu")
    reports = [training.advance(epochs) for epochs in range(1, R + 1)]
    losses, truths = [report.loss for report in reports], {report.truth for report in reports}
    assert losses == sorted(losses, reverse=True)
    assert truths == {losses[-1]}
    assert losses[0] - losses[-1] == pytest.approx((1 - 1 / R) * (0.3 + 0.05 * 4))


def test_mixed_curves_cross():
    """One is ahead after an epoch, the other after all of them."""
    problem = Mixed()
    draws = list(islice(samples(problem.space(), np.random.default_rng(1)), 300))
    first = [problem.start(x, 1, "cpu").advance(1).loss for x in draws]
    last = [problem.start(x, 1, "cpu").advance(R).loss for x in draws]
    crossings = sum((first[i] - first[i + 1]) * (last[i] - last[i + 1]) < 0 for i in range(299))
    assert 10 < crossings < 150


def test_mixed_cost_is_that_of_the_size():
    problem = Mixed()
    small = problem.start({"learning_rate": 1e-4, **SMALL}, 1, "cpu")
    large = problem.start({"learning_rate": 1e-4, **SMALL, "layers": 6, "units": 512}, 1, "cpu")
    assert [small.advance(3).cost, small.advance(9).cost] == pytest.approx([0.0375, 0.075])
    assert large.advance(9).cost == pytest.approx(9 * 0.49)


BRANCHES = [
    ({"model": "svm", "kernel": "linear"}, {"C": (-3, 3)}, 0.20),
    ({"model": "svm", "kernel": "poly", "degree": 3}, {"C": (-3, 3)}, 0.15),
    ({"model": "svm", "kernel": "rbf"}, {"C": (-3, 3), "gamma": (-5, 1)}, 0.10),
    ({"model": "forest", "trees": 100, "depth": 12}, {}, 0.12),
    ({"model": "knn", "neighbours": 9, "weights": "distance"}, {}, 0.14),
]


@pytest.mark.parametrize(("fixed", "logarithmic", "expected"), BRANCHES)
def test_conditional_branches_are_least_where_stated(fixed, logarithmic, expected):
    problem = Conditional()

    def loss(x):
        powers = {name: float(10**value) for name, value in zip(logarithmic, x, strict=True)}
        return problem.start({**fixed, **powers}, 1, "cpu").advance(1).loss

    found = least(loss, list(logarithmic.values())) if logarithmic else loss([])
    assert found == pytest.approx(expected, abs=1e-9)


def test_conditional_discrete_choices_are_least_where_stated():
    problem = Conditional()

    def loss(**configuration):
        return problem.start(configuration, 1, "cpu").advance(1).loss

    assert min(range(2, 6), key=lambda n: loss(model="svm", kernel="poly", C=10.0, degree=n)) == 3
    assert min(range(1, 21), key=lambda n: loss(model="forest", trees=100, depth=n)) == 12
    assert min(range(10, 1001), key=lambda n: loss(model="forest", trees=n, depth=12)) == 100
    pairs = product(range(1, 51), ("uniform", "distance"))
    assert min(pairs, key=lambda p: loss(model="knn", neighbours=p[0], weights=p[1])) == (9, "distance")


def test_conditional_hyperparameters_are_those_of_the_model():
    expected = {"svm": {"kernel", "C"}, "forest": {"trees", "depth"}, "knn": {"neighbours", "weights"}}
    of_kernel = {"linear": set(), "poly": {"degree"}, "rbf": {"gamma"}}
    for x in islice(samples(Conditional().space(), np.random.default_rng(2)), 300):
        assert set(x) == {"model"} | expected[x["model"]] | of_kernel.get(x.get("kernel"), set())


def test_conditional_average_svm_is_worst_and_best_svm_is_best():
    problem, losses = Conditional(), {}
    for x in islice(samples(problem.space(), np.random.default_rng(3)), 3000):
        losses.setdefault(x["model"], []).append(problem.start(x, 1, "cpu").advance(1).loss)
    assert max(losses, key=lambda model: np.mean(losses[model])) == "svm"
    assert min(losses, key=lambda model: min(losses[model])) == "svm"


@pytest.mark.parametrize(("configuration", "seconds"), [
    ({"model": "svm", "kernel": "linear", "C": 0.01}, 0.5),
    ({"model": "svm", "kernel": "poly", "C": 100.0, "degree": 2}, 1.5),
    ({"model": "svm", "kernel": "rbf", "C": 1000.0, "gamma": 0.1}, 4.0),
    ({"model": "forest", "trees": 500, "depth": 10}, 5.0),
    ({"model": "knn", "neighbours": 3, "weights": "uniform"}, 0.05),
])  # fmt: skip
def test_conditional_costs(configuration, seconds):
    assert Conditional().start(configuration, 1, "cpu").advance(1).cost == pytest.approx(seconds)


def test_forbidden_optimum_by_enumeration():
    problem = Forbidden()
    check = validator(problem.space())
    found, barred = {}, {}
    for solver, penalty in product(SOLVER, PENALTY):

        def loss(x, solver=solver, penalty=penalty):
            configuration = {"solver": solver, "penalty": penalty, "C": float(10 ** x[0]), "iterations": 1000}
            return problem.start(configuration, 1, "cpu").advance(1).loss

        allowed = check({"solver": solver, "penalty": penalty, "C": 1.0, "iterations": 10}) is None
        assert allowed == ((solver, penalty) not in FORBIDDEN)
        (found if allowed else barred)[solver, penalty] = least(loss, [(-3, 3)])
    assert min(found, key=found.__getitem__) == ("saga", "elasticnet")
    assert found["saga", "elasticnet"] == pytest.approx(0.1301, abs=1e-9)
    assert min(barred.values()) < 0.1301


def test_forbidden_more_iterations_are_better_and_cost_more():
    problem = Forbidden()
    reports = [
        problem.start({"solver": "saga", "penalty": "l1", "C": 1.0, "iterations": n}, 1, "cpu").advance(1)
        for n in range(10, 1001)
    ]
    assert [r.loss for r in reports] == sorted((r.loss for r in reports), reverse=True)
    assert [r.cost for r in reports] == pytest.approx([0.003 * n for n in range(10, 1001)])
