"""Noise of the closed forms: normal, of the stated size, a function of seed and point, apart from the truth."""

from math import sqrt

import numpy as np
import pytest
from scipy.stats import kstest

from hpobench_suites.closed_form import gaussian
from hpobench_tui.plugins import load_problem, problems

FAMILIES = ("ackley", "rosenbrock", "rastrigin", "levy", "griewank", "styblinski-tang")
FLOATS = ("branin", "hartmann3", "hartmann6", "six-hump-camel", "forrester", *FAMILIES)


def evaluate(name, configuration, seed):
    return load_problem(problems()[f"synthetic/{name}"]).start(configuration, seed, "cpu").advance(1)


def test_draws_are_normal_over_seeds_and_over_points():
    over_seeds = [gaussian(seed, (0.25, 0.5)) for seed in range(20_000)]
    over_points = [gaussian(3, (0.25, x)) for x in np.linspace(0, 1, 20_000)]
    for draws in (over_seeds, over_points):
        assert kstest(draws, "norm").pvalue > 1e-3
        assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 4 / sqrt(len(draws))
    assert abs(np.corrcoef(over_seeds, over_points)[0, 1]) < 4 / sqrt(20_000)


def test_draws_do_not_depend_on_how_a_number_is_written():
    assert gaussian(5, (1, 2)) == gaussian(5, (1.0, 2.0))
    assert gaussian(2**63 - 1, (0.5,)) != gaussian(2**62, (0.5,))


@pytest.mark.parametrize("name", FLOATS)
def test_noise_is_around_the_truth(name):
    noisy, plain = problems()[f"synthetic/{name}[noise=0.5]"], problems()[f"synthetic/{name}"]
    assert (noisy.noisy, plain.noisy) == (True, False)
    assert noisy.reference == plain.reference
    problem = load_problem(noisy)
    point = dict(problem.space().get_default_configuration())
    truth = load_problem(plain).start(point, 1, "cpu").advance(1).loss
    reports = [problem.start(point, seed, "cpu").advance(1) for seed in range(2000)]
    assert {report.truth for report in reports} == {truth}
    errors = np.array([report.loss for report in reports]) - truth
    assert abs(errors.mean()) < 4 * 0.5 / sqrt(2000)
    assert errors.std() == pytest.approx(0.5, rel=4 / sqrt(4000))


def test_noise_of_a_point_is_the_same_in_every_run_but_differs_between_points():
    one, other = {"x1": 1.0, "x2": 2.0}, {"x1": 1.0, "x2": 2.5}
    errors = [
        [report.loss - report.truth for report in (evaluate("branin[noise=1]", x, seed) for x in (one, other, one))]
        for seed in range(300)
    ]
    first, second, again = np.array(errors).T
    assert list(first) == list(again)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / sqrt(300)
