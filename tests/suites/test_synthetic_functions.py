"""Closed forms of the synthetic suite: known values, and each function against its formula in NumPy, in arrays."""

from math import e, pi, sqrt

import numpy as np
import pytest

from hpobench_suites import synthetic
from hpobench_suites.synthetic.branin import MINIMISERS, branin
from hpobench_suites.synthetic.counting_ones import CountingOnes
from hpobench_suites.synthetic.hartmann3 import hartmann3
from hpobench_suites.synthetic.hartmann6 import MINIMISER, hartmann6
from hpobench_tui.core import HpobenchError
from hpobench_tui.plugins import load_problem, problems

REFERENCE = {info.id: info.reference.loss for info in synthetic.PROBLEMS}


def numpy_branin(x):
    return (x[1] - 5.1 / (4 * pi**2) * x[0] ** 2 + 5 / pi * x[0] - 6) ** 2 + 10 * (1 - 1 / (8 * pi)) * np.cos(x[0]) + 10


def numpy_ackley(x):
    return -20 * np.exp(-0.2 * np.sqrt(np.mean(x**2))) - np.exp(np.mean(np.cos(2 * pi * x))) + 20 + e


def numpy_rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def numpy_rastrigin(x):
    return 10 * len(x) + np.sum(x**2 - 10 * np.cos(2 * pi * x))


def numpy_levy(x):
    w = 1 + (x - 1) / 4
    middle = np.sum((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(pi * w[:-1] + 1) ** 2))
    return np.sin(pi * w[0]) ** 2 + middle + (w[-1] - 1) ** 2 * (1 + np.sin(2 * pi * w[-1]) ** 2)


def numpy_griewank(x):
    return np.sum(x**2) / 4000 - np.prod(np.cos(x / np.sqrt(np.arange(1, len(x) + 1)))) + 1


def numpy_styblinski_tang(x):
    return np.polyval([1, 0, -16, 5, 0], x).sum() / 2


def numpy_six_hump_camel(x):
    return 4 * x[0] ** 2 - 2.1 * x[0] ** 4 + x[0] ** 6 / 3 + x[0] * x[1] - 4 * x[1] ** 2 + 4 * x[1] ** 4


def numpy_forrester(x):
    return (6 * x[0] - 2) ** 2 * np.sin(12 * x[0] - 4)


def numpy_hartmann(a, p):
    a, p = np.array(a), np.array(p) / 10_000
    return lambda x: -np.array([1.0, 1.2, 3.0, 3.2]) @ np.exp(-(a * (x - p) ** 2).sum(axis=1))


NUMPY = {
    "branin": numpy_branin,
    "ackley": numpy_ackley,
    "rosenbrock": numpy_rosenbrock,
    "rastrigin": numpy_rastrigin,
    "levy": numpy_levy,
    "griewank": numpy_griewank,
    "styblinski-tang": numpy_styblinski_tang,
    "six-hump-camel": numpy_six_hump_camel,
    "forrester": numpy_forrester,
    "hartmann3": numpy_hartmann(
        [[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]],
        [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]],
    ),
    "hartmann6": numpy_hartmann(
        [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]],
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ],
    ),
}
FAMILIES = ("ackley", "rosenbrock", "rastrigin", "levy", "griewank", "styblinski-tang")
VARIANTS = [*NUMPY, *(f"{name}[d={d}]" for name in FAMILIES for d in (3, 10, 1000)), "ackley[d=1]", "levy[d=1]"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_function_is_its_formula(variant):
    problem, rng = load_problem(problems()[f"synthetic/{variant}"]), np.random.default_rng(7)
    space = problem.space()
    axes = [f"x{j}" for j in range(1, len(space) + 1)]  # the space itself sorts them: x1, x10, x2
    lower, upper = np.array([(space[axis].lower, space[axis].upper) for axis in axes]).T
    formula = NUMPY[variant.partition("[")[0]]
    for _ in range(20):
        x = rng.uniform(lower, upper)
        report = problem.start(dict(zip(axes, x.tolist(), strict=True)), 1, "cpu").advance(1)
        assert report.loss == pytest.approx(formula(x), rel=1e-11, abs=1e-11)
        assert (report.truth, report.cost) == (report.loss, 1.0)


@pytest.mark.parametrize("point", MINIMISERS)
def test_branin_minimisers(point):
    assert branin(point) == pytest.approx(0.39788736, abs=5e-9)
    assert branin(point) == pytest.approx(REFERENCE["synthetic/branin"], abs=1e-15)


def test_branin_known_value():
    """(0, 0): 36 + 10 (1 - 1/(8 pi)) + 10."""
    assert branin((0.0, 0.0)) == pytest.approx(55.602112642270264, abs=1e-12)


def test_hartmann_known_minima():
    assert hartmann6(MINIMISER) == pytest.approx(-3.32236801, abs=5e-9)
    assert hartmann6((0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573)) == pytest.approx(-3.32237, abs=5e-6)
    assert hartmann3((0.114614, 0.555649, 0.852547)) == pytest.approx(-3.86278, abs=5e-6)
    assert REFERENCE["synthetic/hartmann3"] == pytest.approx(-3.86277979, abs=5e-9)


def test_published_minima():
    assert REFERENCE["synthetic/six-hump-camel"] == pytest.approx(-1.0316, abs=5e-5)
    assert REFERENCE["synthetic/forrester"] == pytest.approx(-6.02074, abs=5e-6)
    assert REFERENCE["synthetic/styblinski-tang"] == pytest.approx(-39.16599 * 2, abs=1e-3)
    assert problems()["synthetic/styblinski-tang[d=40]"].reference.loss == pytest.approx(-39.16617 * 40, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("ackley[d=-1]", "'d' must be at least 1, not -1"),
        ("rosenbrock[d=1]", "'d' must be at least 2, not 1"),
        ("levy[d=1001]", "'d' must be at most 1000, not 1001"),
        ("rastrigin[d=2.5]", "'d' must be a whole number, not '2.5'"),
        ("branin[noise=-1]", "'noise' must be at least 0"),
        ("branin[noise=nan]", "'noise' must be a finite number, not nan"),
        ("counting-ones[continuous=0]", "'continuous' must be at least 1"),
        ("branin[d=3]", "unknown parameter"),
    ],
)
def test_bad_parameters_are_refused(name, complaint):
    with pytest.raises(HpobenchError, match=complaint):
        problems()[f"synthetic/{name}"]


def counting(ones, probability):
    return {f"c{i}": ones for i in range(8)} | {f"p{j}": probability for j in range(8)}


def test_counting_ones_extremes_have_no_noise():
    problem = CountingOnes(8, 8)
    best = problem.start(counting(1, 1.0), 1, "cpu").advance(9)
    assert (best.loss, best.truth) == (-16.0, -16.0)
    assert REFERENCE["synthetic/counting-ones"] == -16.0
    worst = problem.start(counting(0, 0.0), 1, "cpu").advance(9)
    assert (worst.loss, worst.truth) == (0.0, 0.0)


def test_counting_ones_values_are_pinned():
    """Stored results stay comparable: this report was the same in the first release."""
    problem = CountingOnes(8, 8)
    losses = [problem.start(counting(1, 0.3), seed, "cpu").advance(81).loss for seed in (6, 7, 8)]
    assert losses == pytest.approx([-10.271604938271604, -10.148148148148149, -10.382716049382715], abs=1e-14)


def test_counting_ones_of_other_sizes():
    info = problems()["synthetic/counting-ones[categorical=50,continuous=50]"]
    assert (info.dimensions.categoricals, info.dimensions.floats, info.reference.loss) == (50, 50, -100.0)
    (best,) = load_problem(info).minimisers()
    assert load_problem(info).start(best, 1, "cpu").advance(9).loss == -100.0


def test_counting_ones_costs_a_second_for_all_samples():
    training = CountingOnes(8, 8).start(counting(1, 0.5), 1, "cpu")
    costs = [training.advance(samples).cost for samples in (9, 81, 729)]
    assert costs == pytest.approx([9 / 729, 72 / 729, 648 / 729], rel=1e-15)


@pytest.mark.parametrize("samples", [9, 81])
def test_counting_ones_noise_is_binomial(samples):
    """Mean and variance of 2,000 trainings: 8 p, and 8 p (1 - p) / samples."""
    p, repeats = 0.3, 2000
    problem = CountingOnes(8, 8)
    losses = np.array([problem.start(counting(1, p), seed, "cpu").advance(samples).loss for seed in range(repeats)])
    variance = 8 * p * (1 - p) / samples
    assert abs(losses.mean() + 8 + 8 * p) < 4 * sqrt(variance / repeats)
    assert losses.var() == pytest.approx(variance, rel=4 * sqrt(2 / repeats))


def test_counting_ones_configurations_have_draws_of_their_own():
    problem = CountingOnes(1, 1)
    pairs = [
        [problem.start({"c0": c, "p0": 0.5}, seed, "cpu").advance(9).loss + c for c in (0, 1)] for seed in range(2000)
    ]
    assert abs(np.corrcoef(np.array(pairs).T)[0, 1]) < 4 / sqrt(2000)
