"""Freeze-thaw: the posterior over curves against dense algebra, its gradient against differences, and whole runs."""

from typing import ClassVar

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace, Float
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import gamma

from baselines.spaces_strategy import edges, spaces
from engine.toys import collect
from hpobench_baselines.native.gp.kernels import matern52, squared_distances
from hpobench_baselines.native.multifidelity import FREEZE_THAW
from hpobench_baselines.native.multifidelity.curves import (
    CurvePosterior,
    Hyperparameters,
    Observations,
    decay,
    ending,
    fit,
    prior,
    typical,
)
from hpobench_baselines.native.multifidelity.freeze_thaw import FreezeThaw, believed, grid, standardised
from hpobench_tui import plugins
from hpobench_tui.core import Budget, Fidelity, HpobenchError, Simulation, Task
from hpobench_tui.core.space import validator
from hpobench_tui.testing.by_hand import trial
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestFreezeThaw(OptimizerConformance):
    info = FREEZE_THAW
    parameters: ClassVar = {"initial": 4, "steps": 4}
    asks = 16


def build(space=None, maximum=20, minimum=1, resumable=True, seed=3, **parameters) -> FreezeThaw:
    space = space or ConfigurationSpace(space=[Float(name, (0.0, 1.0)) for name in "xy"])
    fidelity = Fidelity("epochs", minimum, maximum, resumable)
    return FreezeThaw(Task(space, fidelity, Budget.of(1000, "fidelity"), seed, FREEZE_THAW.settings(parameters)))


def observed(rng: np.random.Generator, n: int = 9, times: int = 5) -> Observations:
    """Random curves of random lengths in three dimensions, two of which share a length-scale."""
    lengths = rng.integers(1, times + 1, n)
    losses = np.where(np.arange(times) < lengths[:, None], rng.standard_normal((n, times)), 0.0)
    return Observations(rng.random((n, 3)), np.array([0, 1, 1]), np.arange(1, times + 1) / times, losses, lengths)


H = Hyperparameters(np.array([0.5, 1.2]), 1.3, 1.1, 0.4, 0.7, 0.05)


class Dense:
    """The same model as one joint Gaussian over all losses and whatever is to be predicted."""

    def __init__(self, data: Observations, h: Hyperparameters) -> None:
        self.data, self.h = data, h
        k = decay(data.times, h.alpha, h.beta)[0]
        self.curve = k - np.outer(k[:, -1], k[-1]) / k[-1, -1]  # conditioned on the last value
        pairs = [(n, t) for n in range(len(data.points)) for t in range(data.lengths[n])]
        self.training, self.time = (np.array(column) for column in zip(*pairs, strict=True))
        self.losses = data.losses[self.training, self.time]
        k = self.between(self.training, self.time, data.points[self.training])
        self.covariance = k + h.noise * np.eye(len(k))

    def limits(self, a, b):
        scales = self.h.lengths[self.data.group]
        return self.h.signal * matern52(squared_distances(a / scales, b / scales))[0] + 1.0

    def between(self, training, time, points, curve=True):
        """Covariance of (training, time, point) with all observations; training -1 is a new one."""
        k = self.limits(points, self.data.points[self.training])
        decays = self.h.drop * self.curve[np.ix_(time, self.time)]
        return k + curve * (training[:, None] == self.training) * decays

    def predict(self, training, time, points, curve=True):
        cross = self.between(training, time, points, curve)
        own = self.h.signal + 1.0
        if curve:
            own = own + self.h.drop * np.diag(self.curve)[time]
        solved = np.linalg.solve(self.covariance, np.column_stack((self.losses, cross.T)))
        return cross @ solved[:, 0], own - np.einsum("ij,ji->i", cross, solved[:, 1:])


@pytest.mark.parametrize("seed", range(4))
def test_the_posterior_is_that_of_the_dense_joint_process(seed: int) -> None:
    data = observed(np.random.default_rng(seed))
    posterior, dense = CurvePosterior(data, H), Dense(data, H)
    n, last = len(data.points), len(data.times) - 1
    everyone, end = np.arange(n), np.full(n, last)
    _, log_determinant = np.linalg.slogdet(dense.covariance)
    fitted = dense.losses @ np.linalg.solve(dense.covariance, dense.losses)
    likelihood = -0.5 * (fitted + log_determinant + len(dense.losses) * np.log(2 * np.pi))
    assert posterior.log_likelihood == pytest.approx(likelihood, rel=1e-8)
    new = np.random.default_rng(9).random((6, 3))
    for ours, theirs in (
        (posterior.limits(), dense.predict(everyone, end, data.points, curve=False)),
        (posterior.limits(), dense.predict(everyone, end, data.points)),
        (posterior.fresh(new), dense.predict(np.full(6, -1), np.full(6, last), new)),
        (posterior.fresh(new, 0), dense.predict(np.full(6, -1), np.zeros(6, dtype=int), new)),
    ):
        np.testing.assert_allclose(ours.mean, theirs[0], rtol=0, atol=1e-8)
        np.testing.assert_allclose(ours.variance, theirs[1], rtol=0, atol=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_gradients_against_differences(seed: int) -> None:
    data, theta = observed(np.random.default_rng(seed)), H.vector()
    step = 1e-5

    def likelihood(vector):
        return CurvePosterior(data, Hyperparameters.of(vector)).log_likelihood

    for function, gradient in (
        (likelihood, CurvePosterior(data, H).gradient()),
        (lambda vector: prior(vector)[0], prior(theta)[1]),
    ):
        differences = [
            (function(theta + step * unit) - function(theta - step * unit)) / (2 * step) for unit in np.eye(len(theta))
        ]
        np.testing.assert_allclose(gradient, differences, rtol=1e-6, atol=1e-6)


def test_the_decay_kernel_is_a_mixture_of_exponentials() -> None:
    """The paper's eq.: the integral of exp(-r t) exp(-r t') over r ~ Gamma(alpha, rate beta)."""
    times = np.array([0.1, 0.5, 1.0])
    k, _, _ = decay(times, 1.4, 0.3)
    for i, t in enumerate(times):
        for j, u in enumerate(times):
            mixed, _ = quad(lambda r, s=t + u: np.exp(-r * s) * gamma.pdf(r, 1.4, scale=1 / 0.3), 0, np.inf)
            assert k[i, j] == pytest.approx(mixed, rel=1e-6)


def test_curves_end_at_zero() -> None:
    k, by_alpha, by_beta = ending(decay(np.array([0.2, 0.6, 1.0]), 0.9, 0.3))
    assert not np.any([k[-1], k[:, -1], by_alpha[-1], by_beta[:, -1]])
    assert np.linalg.eigvalsh(k)[1:].min() > 0
    step = 1e-6
    for slope, up, down in (
        (by_alpha, (0.9 * np.exp(step), 0.3), (0.9 * np.exp(-step), 0.3)),
        (by_beta, (0.9, 0.3 * np.exp(step)), (0.9, 0.3 * np.exp(-step))),
    ):
        difference = sum(sign * ending(decay(np.array([0.2, 0.6, 1.0]), *at))[0] for sign, at in ((1, up), (-1, down)))
        np.testing.assert_allclose(slope, difference / (2 * step), atol=1e-8)


def test_a_fit_raises_the_posterior_density_and_finds_the_noise() -> None:
    rng = np.random.default_rng(1)
    points, times = rng.random((30, 2)), np.arange(1, 9) / 8
    clean = np.sin(4 * points[:, :1]) + np.exp(-5 * times) * rng.uniform(0.5, 2.0, (30, 1))
    data = Observations(points, np.arange(2), times, clean + 0.1 * rng.standard_normal(clean.shape), np.full(30, 8))
    start = typical(2)
    fitted = fit(data, start)

    def density(h):
        return CurvePosterior(data, h).log_likelihood + prior(h.vector())[0]

    assert density(fitted) > density(start) + 10
    assert np.sqrt(fitted.noise) == pytest.approx(0.1, rel=0.25)
    assert fitted.lengths[1] > 2 * fitted.lengths[0]  # the second coordinate says nothing


def test_extrapolates_a_curve_better_than_its_last_loss_does() -> None:
    rng = np.random.default_rng(2)
    times = np.arange(1, 11) / 10
    curves = rng.standard_normal((40, 1)) + 2 * np.exp(-6 * times) * rng.uniform(0.5, 1.5, (40, 1))
    lengths = np.where(np.arange(40) < 25, 10, 3)
    losses = np.where(np.arange(10) < lengths[:, None], curves, 0.0)
    data = Observations(rng.random((40, 2)), np.arange(2), times, losses, lengths)
    predicted = CurvePosterior(data, fit(data, typical(2))).limits()
    truth = curves[25:, -1]
    errors = np.abs(predicted.mean[25:] - truth)
    assert errors.mean() < 0.3 * np.abs(losses[25:, 2] - truth).mean()
    assert (errors < 4 * np.sqrt(predicted.variance[25:])).all()


def test_grid_of_fidelities() -> None:
    assert grid(1, 81, 10) == [9, 17, 25, 33, 41, 49, 57, 65, 73, 81]
    assert grid(1, 3, 10) == [1, 2, 3]
    assert grid(30, 81, 4) == [30, 41, 61, 81]
    assert grid(7, 7, 10) == [7]


def test_standardised_losses() -> None:
    losses, lengths = standardised([[3.0, 1.0], [], [2.0], [1e300]], 3)
    assert lengths.tolist() == [2, 1, 1, 1]
    assert np.isfinite(losses).all()
    assert losses[0, 1] < losses[2, 0] < losses[0, 0] < losses[3, 0] == losses[1, 0]
    assert losses[0, 0] - losses[0, 1] > 0.5  # however far away 1e300 is
    same, _ = standardised([[5.0, 5.0], [5.0]], 2)
    assert not same.any()
    huge, _ = standardised([[1e300, -1e300], [-1e300]], 2)
    assert np.isfinite(huge).all()


def test_a_new_training_under_way_is_believed_to_report_what_is_expected() -> None:
    data = observed(np.random.default_rng(3))
    posterior, new = CurvePosterior(data, H), np.array([[0.2, 0.4, 0.9]])
    first = posterior.fresh(new, 0)
    after = CurvePosterior(believed(data, new, first.mean), H)
    np.testing.assert_allclose(after.fresh(new).mean, posterior.fresh(new).mean, atol=1e-8)  # nothing is learnt
    assert after.fresh(new).variance < 0.8 * posterior.fresh(new).variance


def test_continues_what_it_froze_one_step_at_a_time() -> None:
    optimizer, reached, by_number = build(steps=5), {}, {}
    for number in range(90):
        ask = optimizer.ask()
        key = tuple(ask.configuration.values())
        assert ask.fidelity == reached.get(key, 0) + 4
        assert (ask.continues is None) == (key not in reached)
        if ask.continues is not None:
            assert by_number[ask.continues] == (key, reached[key])
        reached[key] = ask.fidelity
        by_number[number] = key, ask.fidelity
        optimizer.tell(trial(number, ask, sum(key) + 1 / ask.fidelity))
    finished = [sum(key) for key, fidelity in reached.items() if fidelity == 20]
    dropped = [sum(key) for key, fidelity in reached.items() if fidelity < 20]
    assert finished
    assert dropped
    assert np.mean(finished) < np.mean(dropped)
    assert min(finished) < 0.05


@pytest.mark.parametrize(("pending", "initial"), [(40, 6), (1000, 990)])
def test_pending_trials_are_neither_continued_nor_repeated(pending: int, initial: int) -> None:
    optimizer = build(initial=initial)
    for number in range(8):
        ask = optimizer.ask()
        optimizer.tell(trial(number, ask, float(number)))
    asks = [optimizer.ask() for _ in range(pending)]
    continued = [ask.continues for ask in asks if ask.continues is not None]
    assert len(continued) == len(set(continued))
    configurations = [tuple(ask.configuration.values()) for ask in asks if ask.continues is None]
    assert len(configurations) == len(set(configurations))
    for number, ask in enumerate(asks, 8):
        optimizer.tell(trial(number, ask, 1.0))
    assert optimizer.ask()


@settings(max_examples=6, deadline=None)
@given(space=spaces(forbiddens=True), seed=st.integers(0, 2**32))
def test_valid_on_any_space(space, seed) -> None:
    optimizer, invalid, rng = build(space, seed=seed, steps=3, initial=3), validator(space), np.random.default_rng(seed)
    for number in range(15):
        ask = optimizer.ask()
        assert invalid(ask.configuration) is None
        optimizer.tell(trial(number, ask, None if rng.random() < 0.2 else float(rng.standard_normal())))


@edges
@pytest.mark.parametrize(("minimum", "maximum"), [(1, 1), (5, 81)])
def test_any_number_of_dimensions_and_range_of_fidelities(space, minimum, maximum) -> None:
    optimizer = build(space, maximum, minimum, initial=5)
    for number in range(25):
        ask = optimizer.ask()
        assert minimum <= ask.fidelity <= maximum
        optimizer.tell(trial(number, ask, None if number % 4 == 0 else float(number % 3)))


def test_a_real_run_with_eight_workers() -> None:
    run = collect(plugins.problems()["bandits/curves"], FREEZE_THAW, 8, "full-evaluations", Simulation(workers=8))
    assert run.end.status == "done"
    assert run.books.ledger.left == 0
    assert any(continues is not None for continues in run.column("continues"))


def test_refuses_trainings_that_cannot_be_continued() -> None:
    with pytest.raises(HpobenchError, match="those of this problem cannot be continued"):
        build(resumable=False)
