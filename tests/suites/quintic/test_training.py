"""Trainings: acceptance values, repeatability, divergence, L-BFGS, fidelities; and the problems' conformance."""

from contextvars import copy_context
from dataclasses import replace
from math import isfinite

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hpobench_suites.quintic.curvature import ricci_scalars
from hpobench_suites.quintic.descriptions import NETWORK_PROBLEMS
from hpobench_suites.quintic.geometry.cache import point_set
from hpobench_suites.quintic.geometry.hypersurface import CLASS_VOLUME, Quintic, charts, determinant
from hpobench_suites.quintic.losses import monge_ampere
from hpobench_suites.quintic.measures import ricci_measure, sigma, volume_k
from hpobench_suites.quintic.network.schedules import SCHEDULES
from hpobench_suites.quintic.ricci import Ricci, curvature_penalty
from hpobench_suites.quintic.sigma import Sigma, learn
from hpobench_suites.quintic.training import DivergedError
from hpobench_tui.core import Ask, HpobenchError
from hpobench_tui.core.describe import Kinds
from hpobench_tui.core.space import default
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.engine.running.bench import Bench
from hpobench_tui.engine.running.evaluation import Evaluator
from hpobench_tui.engine.running.pending import Pending
from hpobench_tui.engine.running.trainings import Origin, Trainings
from hpobench_tui.plugins import load_problem, variant
from hpobench_tui.testing import ProblemConformance

SMALL, BIG, RICCI = NETWORK_PROBLEMS
QUICK = {"train": 1_000, "test": 500, "epochs": 4}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    torch.set_num_threads(1)
    monkeypatch.setenv("HPOBENCH_CACHE", str(tmp_path_factory.getbasetemp() / "points"))


def configured(**changes):
    return {**default(Sigma(**QUICK).space()), **changes}


class Never:
    def pause_if_asked(self):
        pass


# --- what trainings reach ---


def test_default_learns():
    problem = Sigma(train=3_000, test=1_000, epochs=8)
    training = problem.start(default(problem.space()), 1, "cpu")
    losses = [training.advance(epochs) for epochs in (1, 4, 8)]
    assert losses[2].loss < 0.8 * losses[1].loss < 0.8 * losses[0].loss
    assert losses[2].loss < 0.2
    last = losses[2].metrics
    assert last["sigma"] == pytest.approx(losses[2].loss, rel=1e-12)
    assert last["indefinite"] == 0.0
    assert last["parameters"] == 25 * 64 + 64 + 2 * (64 * 64 + 64) + 64
    assert abs(last["train_loss"] - losses[2].loss) < 0.05


def test_learnt_metric_has_the_sigma_that_was_reported_and_the_volume_of_its_class():
    problem = Sigma(**QUICK)
    training = problem.train(configured(), 2, "cpu")
    report = training.advance(4)
    learnt = training.learnt()
    points = point_set(Quintic(), 500, 1, "test")
    ratio = determinant(learnt.at(points)) / points.holomorphic
    assert sigma(points.weights, ratio).value == pytest.approx(report.loss, rel=1e-12)
    points = point_set(Quintic(), 10_000, 2, "test")
    ratio = determinant(learnt.at(points)) / points.holomorphic
    assert volume_k(points.weights, ratio).value == pytest.approx(CLASS_VOLUME, rel=0.004)
    fewer = point_set(Quintic(), 20, 1, "test")
    assert np.isfinite(ricci_scalars(fewer, learnt.metric)).all()


def test_learn_is_that_training():
    training = Sigma(**QUICK).train(configured(), 2, "cpu")
    training.train(4)
    assert torch.equal(learn(configured(), 2, 1_000, 4).parameters, training.learnt().parameters)


def test_monge_ampere_losses():
    det, density, weight = (torch.tensor(x) for x in ([1.0, 2.0], [0.5, 1.0], [1.0, 3.0]))
    assert float(monge_ampere(det, density, weight, "l1")) == pytest.approx((0.5 + 3.0) / 2)
    assert float(monge_ampere(det, density, weight, "l2")) == pytest.approx((0.25 + 3.0) / 2)


def test_schedules():
    shares = np.linspace(0, 1, 101)
    factors = {name: [schedule(share) for share in shares] for name, schedule in SCHEDULES.items()}
    assert set(factors["constant"]) == {1.0}
    assert factors["cosine"][0] == 1.0
    assert abs(factors["cosine"][-1]) < 1e-12
    assert factors["one-cycle"][0] == pytest.approx(0.04)
    assert np.argmax(factors["one-cycle"]) == 30
    assert max(factors["one-cycle"]) == pytest.approx(1.0)
    assert abs(factors["one-cycle"][-1]) < 1e-12


# --- repeatable ---


@pytest.mark.parametrize("changes", [
    {},
    {"optimizer": "adamw", "weight_decay": 1e-2, "schedule": "cosine", "loss": "l2"},
    {"optimizer": "sgd", "schedule": "constant", "features": "patch", "alpha_transition": 0.5, "batch_size": 90},
])  # fmt: skip
@pytest.mark.parametrize("lbfgs", [0, 2])
def test_two_steps_are_one_bit_for_bit(changes, lbfgs):
    problem = Sigma(**QUICK, lbfgs=lbfgs)
    at_once, stepwise, other = (problem.train(configured(width=16, **changes), seed, "cpu") for seed in (3, 3, 4))
    report = at_once.advance(4)
    for epochs in (1, 3):
        stepwise.advance(epochs)
    assert stepwise.advance(4) == report
    assert torch.equal(at_once.parameters, stepwise.parameters)
    assert other.advance(4).loss != report.loss


def test_nothing_depends_on_the_default_precision_that_an_optimizer_may_have_set():
    problem = Sigma(**QUICK)
    plain = problem.start(configured(), 3, "cpu").advance(2)
    torch.set_default_dtype(torch.float64)
    try:
        assert problem.start(configured(), 3, "cpu").advance(2) == plain
    finally:
        torch.set_default_dtype(torch.float32)


def test_lbfgs_epochs_lower_the_training_loss():
    problem = Sigma(train=1_000, test=500, epochs=6, lbfgs=3)
    training = problem.train(configured(loss="l2", width=32, learning_rate=3e-3), 1, "cpu")
    losses = [training.advance(epochs).metrics["train_loss"] for epochs in (3, 4, 5, 6)]
    assert losses[3] < losses[2] < losses[1]


def test_points_as_fidelity():
    info = variant(SMALL, {"fidelity": "points"})
    assert (info.fidelity.maximum, info.fidelity.resumable) == (18, False)
    problem = Sigma(train=2_000, test=500, epochs=3, fidelity="points")
    configuration = configured(width=16, learning_rate=0.05, batch_size=64)
    losses = [problem.start(configuration, 1, "cpu").advance(thousands).loss for thousands in (1, 2)]
    assert losses[1] < losses[0]
    alone = Sigma(train=1_000, test=500, epochs=3).train(configuration, 1, "cpu").advance(3)
    assert losses[0] == pytest.approx(alone.loss, rel=1e-6)


# --- what other ansätze than φ are tuned by ---


@pytest.mark.parametrize("ansatz", ["additive", "multiplicative", "matrix"])
def test_the_objective_of_other_ansaetze_sees_what_sigma_does_not(ansatz):
    """Whatever the α's of the training are, the loss has the penalties with weight 1."""
    problem = Sigma(**QUICK, ansatz=ansatz)
    default = {**problem.space().get_default_configuration(), "width": 16, "batch_size": 500}
    for alpha in (1e-2, 10.0):
        training = problem.start({**default, "alpha_kaehler": alpha, "alpha_transition": alpha}, 1, "cpu")
        report = training.advance(1)
        violation = report.metrics["kaehler"] + report.metrics["transition"]
        assert violation > 1e-3
        assert report.loss >= report.metrics["sigma"] + violation - 1e-12
        if report.metrics["indefinite"] == 0.0:
            assert report.loss == pytest.approx(report.metrics["sigma"] + violation, rel=1e-12)


@pytest.mark.parametrize("more", [{}, {"features": "patch", "alpha_transition": 0.1}])
def test_the_loss_of_the_default_ansatz_is_sigma_whatever_the_features(more):
    report = Sigma(**QUICK).start(configured(width=16, learning_rate=1e-4, **more), 1, "cpu").advance(1)
    assert ("transition" in report.metrics) == bool(more)
    assert report.metrics["indefinite"] == 0.0
    assert report.loss == pytest.approx(report.metrics["sigma"], rel=1e-12)


def test_curvature_alone_is_no_objective_of_other_ansaetze_either():
    problem = Ricci(**QUICK, ansatz="matrix", curvature=50)
    configuration = {**problem.space().get_default_configuration(), "width": 16, "penalty": "none"}
    report = problem.start(configuration, 1, "cpu").advance(1)
    assert report.loss > 100.0 * (report.metrics["kaehler"] + report.metrics["transition"]) > 0.0


# --- divergence and bad input ---


def test_divergence_is_a_failed_trial_with_its_reason():
    problem = Sigma(**QUICK)
    wild = configured(optimizer="sgd", learning_rate=1e12, activation="squared", schedule="constant")
    training = problem.start(wild, 1, "cpu")
    with pytest.raises(DivergedError, match=r"training loss is (nan|inf) in epoch 1"):
        training.advance(1)
    with pytest.raises(DivergedError, match="epoch 1"):  # NaN never turns back
        training.advance(4)
    trainings = Trainings(NETWORK_PROBLEMS[0], problem, 1, "cpu", keep=False)
    bench = Bench(trainings, copy_context(), None)
    outcome = Evaluator(bench, None, Never(), {}, Kinds(1)).evaluate(
        Pending(0, Ask(wild), 0.0, target=1, before=0, granted=1, origin=Origin(wild, 1, 0))
    )
    assert outcome.status is TrialStatus.FAILED
    assert "DivergedError" in outcome.error
    assert "the training loss is" in outcome.error


def test_parameters_that_are_not_finite_are_said():
    training = Sigma(**QUICK).train(configured(), 1, "cpu")
    with torch.no_grad():
        training.parameters[0] = torch.nan
    with pytest.raises(DivergedError, match="det g is not finite"):
        training.report()


def test_divergence_with_a_curvature_penalty_has_the_same_reason():
    wild = configured(optimizer="sgd", learning_rate=1e12, batch_size=64, width=16, penalty="ricci", alpha_ricci=0.1)
    training = Ricci(train=1_500, test=500, epochs=4, curvature=10).start(wild, 1, "cpu")
    with pytest.raises(DivergedError, match=r"training loss is (nan|inf) in epoch 1"):
        training.advance(1)  # the 1st and the 21st of 24 batches have the penalty


def test_an_indefinite_metric_is_a_bad_score():
    training = Sigma(**QUICK).train(configured(initial_scale=6.0), 1, "cpu")
    report = training.report()
    assert report.metrics["indefinite"] > 0.2
    assert isfinite(report.loss)
    assert report.loss > report.metrics["sigma"]
    assert report.loss > 0.5


@pytest.mark.parametrize(("given", "message"), [
    ({"psi": 1.0}, "conifold"),
    ({"psi": 1e3}, "at most 100"),
    ({"ansatz": "free"}, "one of phi, additive, multiplicative, matrix"),
    ({"fidelity": "steps"}, "one of epochs, points"),
    ({"lbfgs": -1}, "at least 0"),
])  # fmt: skip
def test_bad_parameters_are_refused(given, message):
    with pytest.raises(HpobenchError, match=message):
        variant(SMALL, given)


def test_missing_gpu_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(HpobenchError, match="'cuda' needs a CUDA GPU"):
        Sigma(**QUICK).start(configured(), 1, "cuda")


def test_other_quintics_train():
    problem = Sigma(**QUICK, psi=-0.5)
    training = problem.start(configured(), 1, "cpu")
    first, last = training.advance(1), training.advance(4)
    assert last.loss < first.loss
    assert last.metrics["relative_volume"] == pytest.approx(1.0, abs=0.1)


def test_ricci_is_the_curvature_of_what_was_learnt():
    problem = Ricci(**QUICK)
    report = problem.start(configured(width=16, penalty="none"), 5, "cpu").advance(2)
    training = Sigma(**QUICK).train(configured(width=16), 5, "cpu")
    assert report.metrics["sigma"] == training.advance(2).metrics["sigma"]
    points = point_set(Quintic(), 500, 1, "test")
    learnt = training.learnt()
    ratio = determinant(learnt.at(points)) / points.holomorphic
    expected = ricci_measure(points.weights, ratio, ricci_scalars(points, learnt.metric))
    assert report.loss == pytest.approx(expected.value, rel=1e-9)


def test_curvature_penalty_is_the_mean_curvature_and_trains():
    problem = Ricci(**QUICK, curvature=10)
    points = point_set(Quintic(), 1_000, 1, "train")
    learnt = learn(configured(width=16), 1, 1_000, 1)
    rows = torch.tensor([5, 2, 700])
    found = curvature_penalty(points, 0.1, learnt, rows)
    few = charts(Quintic(), points.z[rows.numpy()])
    assert float(found) == pytest.approx(0.1 * np.abs(ricci_scalars(few, learnt.metric)).mean(), rel=1e-6)
    configuration = configured(width=16, penalty="ricci", alpha_ricci=1e-2, batch_size=500)
    at_once = problem.start(configuration, 1, "cpu").advance(2)
    stepwise = problem.start(configuration, 1, "cpu")
    stepwise.advance(1)
    assert stepwise.advance(2) == at_once
    assert problem.start({**configuration, "penalty": "none"}, 1, "cpu").advance(2).loss != at_once.loss


# --- conformance ---


class Conforms(ProblemConformance):
    configurations = 2
    max_fidelity_checked = 2
    repeats = 5


def conformance(info, epochs=4, **given):
    """The conformance test of a variant, on few points."""
    made = variant(info, given)
    arguments = {**made.arguments, "train": 2_000 if "fidelity" in given else 500, "test": 250, "epochs": epochs}
    if info is RICCI:
        arguments["curvature"] = 10
    small = replace(made, arguments=arguments, parameters=(), vary=None)
    return type("Test" + made.id.title(), (Conforms,), {"info": small, "__module__": __name__})


TestSmall = conformance(SMALL)
TestLbfgs = conformance(SMALL, epochs=11, lbfgs=10)
TestPoints = conformance(SMALL, epochs=1, fidelity="points")
TestAdditive = conformance(SMALL, ansatz="additive")
TestMultiplicative = conformance(SMALL, ansatz="multiplicative")
TestMatrix = conformance(SMALL, ansatz="matrix")
TestRicci = conformance(RICCI)


@pytest.mark.slow
class TestSmallInFull(Conforms):
    info = SMALL


@pytest.mark.slow
class TestBigInFull(Conforms):
    info = BIG
    configurations = 1


@pytest.mark.slow
class TestRicciInFull(Conforms):
    info = RICCI


@pytest.mark.parametrize("info", NETWORK_PROBLEMS, ids=lambda info: info.id)
def test_descriptions(info):
    case = type("Case", (Conforms,), {"info": info})()
    case.test_description_is_plain_and_small()
    case.test_parameters_give_this_description()
    case.test_dimensions_match_the_space()


# --- acceptance, minutes of work ---


@pytest.mark.slow
def test_acceptance_plain_adam():
    """18,000 points, batch 64, Adam at 1e-3, five epochs: σ ≤ 0.10."""
    problem = load_problem(SMALL)
    plain = configured(batch_size=64, learning_rate=1e-3, schedule="constant")
    assert problem.start(plain, 0, "cpu").advance(5).loss <= 0.10


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_acceptance_default(seed):
    """18,000 points, batch 256, one-cycle to 1e-2, L1, 20 epochs: σ ≤ 0.012."""
    assert load_problem(SMALL).start(configured(), seed, "cpu").advance(20).loss <= 0.012


@pytest.mark.slow
def test_acceptance_large():
    """100,000 points, 30 epochs: σ ≤ 0.003."""
    assert load_problem(BIG).start(configured(), 0, "cpu").advance(30).loss <= 0.003
