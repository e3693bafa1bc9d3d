"""The Lai-Robbins slope of problems that know their arms, against closed forms."""

from math import log

import pytest

from hpobench_suites.bandits.bernoulli import Bernoulli
from hpobench_suites.bandits.correlated import Correlated
from hpobench_suites.bandits.gaussian import Gaussian
from hpobench_tui import plugins
from hpobench_tui.core import ArmedProblem
from hpobench_tui.core.problem import lai_robbins


def test_two_bernoulli_arms() -> None:
    kl = 0.8 * log(0.8 / 0.9) + 0.2 * log(0.2 / 0.1)
    assert lai_robbins(Bernoulli((0.8, 0.9)).arms()) == pytest.approx(0.1 / kl)


def test_gaussian_arms_cost_two_variances_over_the_gap() -> None:
    """gap / (gap^2 / (2 sd^2)) = 2 sd^2 / gap, summed over the worse arms."""
    arms = Gaussian((0.0, 1.5, 1.0), sd=2.0).arms()
    assert lai_robbins(arms) == pytest.approx(8.0 / 1.5 + 8.0 / 0.5)


def test_best_arms_cost_nothing_and_certain_ones_are_no_error() -> None:
    assert lai_robbins(Bernoulli((0.5, 0.5)).arms()) == 0.0
    certain = Bernoulli((0.0, 0.5)).arms()
    assert lai_robbins(certain) == pytest.approx(0.5 / log(2.0))
    assert lai_robbins(Bernoulli((1.0, 0.3)).arms()) == 0.0  # any failure tells: the divergence is infinite


@pytest.mark.parametrize(
    "name", ["bandits/bernoulli-10", "bandits/gaussian-10", "bandits/best-arm", "bandits/bernoulli"]
)
def test_arms_are_those_of_the_space_and_lose_what_the_reference_says(name: str) -> None:
    info = plugins.problems()[name]
    problem = plugins.load_problem(info)
    assert isinstance(problem, ArmedProblem)
    arms = problem.arms()
    assert min(arm.loss for arm in arms) == pytest.approx(info.reference.loss)
    for arm in arms:
        assert problem.start(arm.configuration, 1, "cpu").advance(1).truth == pytest.approx(arm.loss)
        assert (arm.divergence == 0.0) == (arm.loss == min(arm.loss for arm in arms))


@pytest.mark.parametrize("name", ["bandits/abrupt", "bandits/drifting", "bandits/adversarial", "synthetic/branin"])
def test_what_changes_or_is_no_bandit_knows_no_arms(name: str) -> None:
    assert not isinstance(plugins.load_problem(plugins.problems()[name]), ArmedProblem)


def test_no_bound_for_independent_arms_where_they_are_alike() -> None:
    assert not isinstance(Correlated(k=4, length=0.2, sd=1.0, instance=0), ArmedProblem)
