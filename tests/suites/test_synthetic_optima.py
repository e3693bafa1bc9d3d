"""Every synthetic problem's stated optimum, from three sides: reached, not to be bettered nearby, never undercut."""

from itertools import islice

import numpy as np
import pytest
from scipy.optimize import minimize

from hpobench_suites import synthetic
from hpobench_tui.core import MinimisedProblem
from hpobench_tui.core.space import default, samples, validator
from hpobench_tui.plugins import load_problem, problems

FAMILIES = ("ackley", "rosenbrock", "rastrigin", "levy", "griewank", "styblinski-tang")
IDS = [info.id for info in synthetic.PROBLEMS] + [f"synthetic/{name}[d={d}]" for name in FAMILIES for d in (3, 20)]
FLOATS = [name for name in IDS if problems()[name].dimensions.total == problems()[name].dimensions.floats]
SMOOTH_AT_OPTIMUM = [name for name in FLOATS if not name.startswith("synthetic/ackley")]  # a cone at its minimum


def truth(problem, info, configuration):
    return problem.start(configuration, 1, "cpu").advance(info.fidelity.maximum if info.fidelity else 1).truth


@pytest.mark.parametrize("name", IDS)
def test_minimisers_attain_the_reference(name):
    info, problem = problems()[name], load_problem(problems()[name])
    assert isinstance(problem, MinimisedProblem)
    check = validator(problem.space())
    for configuration in problem.minimisers():
        assert check(configuration) is None
        assert truth(problem, info, configuration) == pytest.approx(info.reference.loss, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("name", IDS)
def test_default_is_not_the_optimum(name):
    info, problem = problems()[name], load_problem(problems()[name])
    assert truth(problem, info, default(problem.space())) > info.reference.loss + 1e-3


@pytest.mark.parametrize("name", IDS)
def test_nothing_in_many_draws_is_below(name):
    info, problem = problems()[name], load_problem(problems()[name])
    least = min(
        truth(problem, info, configuration)
        for configuration in islice(samples(problem.space(), np.random.default_rng(3)), 10_000)
    )
    assert least > info.reference.loss


def unit_cube(name):
    """The truth as a function on the unit cube, and the minimisers there."""
    info, problem = problems()[name], load_problem(problems()[name])
    box = {axis: (h.lower, h.upper) for axis, h in problem.space().items()}
    lower, upper = np.array(list(box.values())).T

    def loss(u):
        point = np.clip(lower + u * (upper - lower), lower, upper)
        return truth(problem, info, dict(zip(box, point.tolist(), strict=True)))

    points = [np.array([configuration[axis] for axis in box]) for configuration in problem.minimisers()]
    return loss, [(point - lower) / (upper - lower) for point in points]


@pytest.mark.parametrize("name", SMOOTH_AT_OPTIMUM)
def test_newton_stays_at_the_minimiser(name):
    """Newton's step along each axis is nil; on the box's edge the loss does not fall inwards."""
    loss, minimisers = unit_cube(name)
    h = 1e-4
    for optimum in minimisers:
        for axis in np.eye(len(optimum)):
            at = axis @ optimum
            if min(at, 1.0 - at) < 1e-9:
                inward = axis if at < 0.5 else -axis
                assert loss(optimum + h * inward) >= loss(optimum)
            else:
                below, here, above = (loss(optimum + step * axis) for step in (-h, 0.0, h))
                curvature = (above + below - 2.0 * here) / h**2
                assert curvature > 0.0
                assert abs((above - below) / (2.0 * h * curvature)) < 1e-6


@pytest.mark.parametrize("name", SMOOTH_AT_OPTIMUM)
def test_descent_from_nearby_finds_nothing_lower(name):
    loss, minimisers = unit_cube(name)
    reference = problems()[name].reference.loss
    for optimum in minimisers:
        nearby = optimum + np.where(optimum > 0.5, -1e-3, 1e-3)
        found = minimize(loss, nearby, method="L-BFGS-B", bounds=[(0.0, 1.0)] * len(optimum), tol=1e-15)
        assert found.fun >= reference - 1e-12 * max(1.0, abs(reference))
