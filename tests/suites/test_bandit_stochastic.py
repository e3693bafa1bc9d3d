"""Bandits with independent arms: the distributions of their rewards, and one table of rewards for all policies."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from hpobench_suites import bandits
from hpobench_suites.bandits import arms, bernoulli, gaussian, instances, student
from hpobench_suites.noise import uniform
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.problem import MinimisedProblem
from hpobench_tui.core.seeds import training_seed
from hpobench_tui.plugins import load_problem, problems

PULLS = 20_000
INFOS = {info.id.removeprefix("bandits/"): info for info in bandits.PROBLEMS}
VARIANTS = [
    "bernoulli[k=2,gap=0.99]",
    "bernoulli[k=3,gap=0.01]",
    "gaussian[k=7,sd=3.0]",
    "student[k=2,df=1.1,gap=2.0]",
    "correlated[k=2]",
    "correlated[k=100,length=0.05,instance=3]",
    "abrupt[k=2,period=10]",
    "drifting[k=3,period=10]",
    *(f"best-arm[setup={setup}]" for setup in range(2, 8)),
    "envelope[k=5,units=7,gamma=0.9]",
    "envelope[k=2,units=1,gamma=0.0]",
]


def losses(bandit, arm, pulls=PULLS, repetition_seed=20240607):
    return np.array(
        [
            bandit.start({"arm": str(arm)}, training_seed(repetition_seed, n), "cpu").advance(1).loss
            for n in range(pulls)
        ]
    )


def every_arm(bandit):
    """Configurations of all arms; None where there are infinitely many."""
    space = bandit.space()
    if "arm" not in space:
        return None
    arm = space["arm"]
    names = arm.choices if hasattr(arm, "choices") else range(arm.lower, arm.upper + 1)
    return [{"arm": name} for name in names]


def test_uniforms_are_uniform_and_independent_over_arms():
    seeds = [training_seed(5, n) for n in range(PULLS)]
    table = np.array([[uniform(seed, arm) for arm in range(4)] for seed in seeds])
    cells = np.unique(np.floor(table[:, :2] * 10) @ [10, 1], return_counts=True)[1]
    assert len(cells) == 100
    assert stats.chisquare(cells).pvalue > 1e-4
    assert all(stats.kstest(column, "uniform").pvalue > 1e-4 for column in table.T)


@pytest.mark.parametrize("means", [*instances.BERNOULLI.values(), bernoulli.means(4, 0.3)])
def test_bernoulli_losses_have_their_means(means):
    bandit = bernoulli.Bernoulli(means)
    for arm in sorted({means.index(mean) for mean in means}):
        drawn = losses(bandit, arm)
        assert set(drawn) == {0.0, 1.0}
        assert abs(drawn.mean() - (1 - means[arm])) < 4 * sqrt(means[arm] * (1 - means[arm]) / PULLS)


def test_gaussian_losses_are_normal_about_minus_the_mean():
    for bandit, means, sd in (
        (gaussian.gaussian_10(), instances.GAUSSIAN_10, 1.0),
        (gaussian.family(6, 0.3, 2.0), (0.0,) * 4 + (2.0, 0.0), 0.3),
    ):
        for arm in (2, 4):
            drawn = (losses(bandit, arm) + means[arm]) / sd
            assert abs(drawn.mean()) < 4 / sqrt(PULLS)
            assert abs(drawn.var() - 1) < 4 * sqrt(2 / PULLS)
            assert stats.kstest(drawn, "norm").pvalue > 1e-4


@pytest.mark.parametrize("df", [1.1, 2.0, 2.5, 5.0, 1000.0])
def test_student_losses_follow_students_t_about_minus_the_mean(df):
    """Kolmogorov-Smirnov for the bulk; for the tails, how often each of them is beyond its 0.5 % quantile."""
    bandit = student.Student(3, df, 0.5)
    for arm, mean in ((2, 0.5), (0, 0.0)):
        drawn = losses(bandit, arm) + mean
        assert stats.kstest(drawn, stats.t(df).cdf).pvalue > 1e-4
        quantile = stats.t(df).ppf(0.995)
        for tail in ((drawn > quantile).sum(), (drawn < -quantile).sum()):
            assert stats.binomtest(int(tail), PULLS, 0.005).pvalue > 1e-4
    assert arms.best_position(3) == 2


def test_student_variance_is_that_of_the_t_distribution():
    drawn = losses(student.Student(2, 10.0, 0.5), 0)
    variance, kurtosis = stats.t(10).stats("vk")
    assert abs(drawn.mean()) < 4 * sqrt(variance / PULLS)
    assert abs(drawn.var() - variance) < 4 * variance * sqrt((kurtosis + 2) / PULLS)


@pytest.mark.parametrize("name", [*INFOS, *VARIANTS])
def test_the_reference_is_the_least_truth_and_the_minimisers_attain_it(name):
    info = problems()[f"bandits/{name}"]
    bandit = load_problem(info)
    last = info.fidelity.maximum if info.fidelity else 1
    if (configurations := every_arm(bandit)) is not None and info.reference.exact:
        truths = [bandit.start(c, 1, "cpu").advance(last).truth for c in configurations]
        assert min(truths) == info.reference.loss
        best = [c for c, truth in zip(configurations, truths, strict=True) if truth == min(truths)]
        assert list(bandit.minimisers()) == best
        assert len(best) == 1
    elif isinstance(bandit, MinimisedProblem):
        for configuration in bandit.minimisers():
            assert bandit.start(configuration, 1, "cpu").advance(last).truth == info.reference.loss


@pytest.mark.parametrize("name", [*INFOS, *(v for v in VARIANTS if not v.startswith(("correlated", "abrupt")))])
def test_no_gift_to_policies_that_break_ties_by_order(name):
    """The first arm is not the best; where the instance decides, the default one can promise it."""
    bandit = load_problem(problems()[f"bandits/{name}"])
    if configurations := every_arm(bandit):
        assert configurations[0] not in bandit.minimisers()


def test_the_families_contain_the_published_instances():
    assert bernoulli.means(10, 0.1) == pytest.approx(instances.BERNOULLI["bernoulli-10-hard"])


@pytest.mark.parametrize("name", ["bernoulli", "gaussian", "student", "correlated", "best-arm"])
def test_a_pull_is_the_same_whatever_was_pulled_before(name):
    bandit = load_problem(INFOS[name])
    first, other = every_arm(bandit)[:2]

    def pulls(configuration, count):
        return [bandit.start(configuration, training_seed(1, n), "cpu").advance(1).loss for n in range(count)]

    straight = pulls(first, 50)
    pulls(other, 7)
    assert pulls(first, 50) == straight
    assert len(set(straight)) > 1
    assert pulls(other, 50) != straight


@pytest.mark.parametrize("name", list(INFOS))
def test_losses_keep_their_range_and_costs_are_seconds_of_this_advance(name):
    info, bandit = INFOS[name], load_problem(INFOS[name])
    assert info.costs
    points = every_arm(bandit) or [dict(bandit.space().sample_configuration()) for _ in range(200)]
    for number, configuration in enumerate(points):
        training = bandit.start(configuration, number, "cpu")
        for fidelity, cost in ((1, 1), (2, 1), (16, 14)) if info.fidelity else ((1, 1),):
            report = training.advance(fidelity)
            assert report.cost == cost
            if info.loss_range:
                assert info.loss_range[0] <= report.loss <= info.loss_range[1]


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ("bernoulli[k=0]", "'k' must be at least 2, not 0"),
        ("bernoulli[k=1]", "'k' must be at least 2, not 1"),
        ("bernoulli[gap=0]", "'gap' must be at least 0.001"),
        ("bernoulli[gap=1]", "'gap' must be at most 0.99"),
        ("gaussian[sd=0]", "'sd' must be at least 0.001"),
        ("student[df=1]", "'df' must be at least 1.1, not 1.0. Degrees of freedom; means need more than 1"),
        ("correlated[k=1]", "'k' must be at least 2"),
        ("abrupt[k=1]", "'k' must be at least 2"),
        ("abrupt[period=0]", "'period' must be at least 10"),
        ("drifting[k=-1]", "'k' must be at least 2"),
        ("adversarial[k=1]", "'k' must be at least 2"),
        ("adversarial[kind=adaptive]", "'kind' must be one of constrained, swapping"),
        ("best-arm[setup=8]", "'setup' must be one of 1, 2, 3, 4, 5, 6, 7, not 8"),
        ("reservoir[a=0]", "'a' must be at least 0.05"),
        ("envelope[k=1]", "'k' must be at least 2"),
        ("envelope[units=0]", "'units' must be at least 1"),
        ("curves[k=3]", "has no parameters"),
    ],
)
def test_senseless_parameters_are_refused(variant, message):
    with pytest.raises(HpobenchError) as refused:
        problems()[f"bandits/{variant}"]
    assert message in str(refused.value)
