"""The multi-fidelity functions: their low fidelities against formulas in NumPy, what they cost, how they go on."""

from itertools import islice, pairwise

import numpy as np
import pytest
from numpy import cos, exp, log, pi, sin

from hpobench_suites import synthetic
from hpobench_suites.synthetic import hartmann3, hartmann6
from hpobench_tui.core.space import samples
from hpobench_tui.plugins import load_problem, problems

INFOS = {info.id.partition("/")[2]: info for info in synthetic.PROBLEMS if info.id.endswith("-mf")}
R = 81


def branin_mf(x, z):
    b, c, t = 5.1 / (4 * pi**2) - 0.01 * (1 - z), 5 / pi - 0.1 * (1 - z), 1 / (8 * pi) + 0.005 * (1 - z)
    return (x["x2"] - b * x["x1"] ** 2 + c * x["x1"] - 6) ** 2 + 10 * (1 - t) * cos(x["x1"]) + 10


def hartmann_mf(module):
    def value(x, z):
        point = np.array([x[f"x{j}"] for j in range(1, len(x) + 1)])
        alpha = np.array([1.0, 1.2, 3.0, 3.2]) - 0.1 * (1 - z)
        return -alpha @ exp(-(np.array(module.A) * (point - np.array(module.P)) ** 2).sum(axis=1))

    return value


def currin(x1, x2):
    top = 2300 * x1**3 + 1900 * x1**2 + 2092 * x1 + 60
    return (1 - exp(-1 / (2 * x2))) * top / (100 * x1**3 + 500 * x1**2 + 4 * x1 + 20)


def currin_mf(x, z):
    x1, x2 = x["x1"], x["x2"]
    down = max(1e-300, x2 - 0.05)
    low = sum(currin(x1 + side, other) for side in (0.05, -0.05) for other in (x2 + 0.05, down)) / 4
    return -(z * currin(x1, x2) + (1 - z) * low)


def borehole_mf(x, z):
    def flow(factor, one):
        ratio = log(x["r"] / x["rw"])
        inner = one + 2 * x["L"] * x["Tu"] / (ratio * x["rw"] ** 2 * x["Kw"]) + x["Tu"] / x["Tl"]
        return factor * x["Tu"] * (x["Hu"] - x["Hl"]) / (ratio * inner)

    return -(z * flow(2 * pi, 1.0) + (1 - z) * flow(5.0, 1.5))


def forrester_mf(x, z):
    high = (6 * x["x1"] - 2) ** 2 * sin(12 * x["x1"] - 4)
    return z * high + (1 - z) * (0.5 * high + 10 * (x["x1"] - 0.5) - 5)


FORMULAS = {
    "branin-mf": branin_mf,
    "hartmann3-mf": hartmann_mf(hartmann3),
    "hartmann6-mf": hartmann_mf(hartmann6),
    "currin-mf": currin_mf,
    "borehole-mf": borehole_mf,
    "forrester-mf": forrester_mf,
}


def test_all_have_a_formula():
    assert set(FORMULAS) == set(INFOS)


@pytest.mark.parametrize("name", FORMULAS)
def test_losses_are_the_formula_at_every_fidelity(name):
    problem = load_problem(INFOS[name])
    for x in islice(samples(problem.space(), np.random.default_rng(5)), 20):
        for r in (1, 9, 40, R):
            report = problem.start(x, 1, "cpu").advance(r)
            assert report.loss == pytest.approx(FORMULAS[name](x, r / R), rel=1e-11)
            assert report.truth == pytest.approx(FORMULAS[name](x, 1.0), rel=1e-11)


@pytest.mark.parametrize("plain", ["branin", "hartmann3", "hartmann6", "forrester"])
def test_full_fidelity_is_the_plain_function(plain):
    approximated, exact = load_problem(INFOS[f"{plain}-mf"]), load_problem(problems()[f"synthetic/{plain}"])
    assert approximated.space() == exact.space()
    for x in islice(samples(exact.space(), np.random.default_rng(6)), 50):
        loss = exact.start(x, 1, "cpu").advance(1).loss
        assert approximated.start(x, 1, "cpu").advance(R).loss == pytest.approx(loss, rel=1e-14)


@pytest.mark.parametrize("name", FORMULAS)
def test_cost_rises_with_the_fidelity_and_adds_up(name):
    problem = load_problem(INFOS[name])
    (x,) = islice(samples(problem.space(), np.random.default_rng(8)), 1)
    from_scratch = [problem.start(x, 1, "cpu").advance(r).cost for r in range(1, R + 1)]
    assert from_scratch == pytest.approx([0.1 + 0.9 * (r / R) ** 2 for r in range(1, R + 1)], rel=1e-15)
    assert all(less < more for less, more in pairwise(from_scratch))
    training = problem.start(x, 1, "cpu")
    parts = [training.advance(r).cost for r in (1, 3, 9, 27, 81)]
    assert min(parts) > 0.0
    assert sum(parts) == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("name", FORMULAS)
def test_low_fidelity_misleads_but_informs(name):
    """The losses at the lowest fidelity are not the true ones, but order configurations much alike."""
    problem = load_problem(INFOS[name])
    draws = list(islice(samples(problem.space(), np.random.default_rng(9)), 400))
    low = [problem.start(x, 1, "cpu").advance(1).loss for x in draws]
    high = [problem.start(x, 1, "cpu").advance(R).loss for x in draws]
    ranks = np.argsort(np.argsort([low, high], axis=1), axis=1)
    assert np.corrcoef(ranks)[0, 1] > 0.3
    assert max(abs(a - b) for a, b in zip(low, high, strict=True)) > 1e-3


def test_currin_at_the_edge_is_the_limit():
    problem = load_problem(INFOS["currin-mf"])
    edge, beside = (problem.start({"x1": 0.4, "x2": x2}, 1, "cpu").advance(R).loss for x2 in (0.0, 1e-9))
    assert edge == beside


def test_forrester_low_fidelity_has_its_minimum_elsewhere():
    problem = load_problem(INFOS["forrester-mf"])
    grid = [j / 1000 for j in range(1001)]
    at_lowest = min(grid, key=lambda x: problem.start({"x1": x}, 1, "cpu").advance(1).loss)
    assert abs(at_lowest - 0.757) > 0.5
