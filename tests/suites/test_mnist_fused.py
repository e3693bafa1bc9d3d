"""Networks trained together: equal to each alone, whatever their mates are."""

from math import isnan, nan

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hpobench_suites.mnist_cnn.fused import probe, together
from hpobench_suites.mnist_cnn.fused.stack import Shape, Stack
from hpobench_suites.mnist_cnn.fused.stepper import Stepper
from hpobench_suites.mnist_cnn.fused.together import Together
from hpobench_suites.mnist_cnn.fused.ways import WAYS
from hpobench_suites.mnist_cnn.problem import MnistCnn
from hpobench_suites.mnist_cnn.training import CnnTraining
from hpobench_tui.core import Report
from hpobench_tui.core.problem import is_measured
from hpobench_tui.core.space import default, samples

LECTURE = {"activation": "relu", "depth": 3, "learning_rate": 1e-3}
RICH = {
    "depth": 2, "filters_1": 8, "filters_2": 16, "kernel": 5, "stride": 2, "padding": "same", "pooling": "average",
    "dense_layers": 1, "dense_units_1": 16, "activation": "mish", "initialisation": "he_normal", "dropout": 0.3,
    "penalty": "l1+l2", "l1": 1e-3, "l2": 1e-2, "optimizer": "sgd", "momentum": 0.8, "learning_rate": 0.05,
    "schedule": "cosine", "batch_size": 32,
}  # fmt: skip
KINDS = {
    "lecture": LECTURE | {"batch_size": 16},
    "rich": RICH,
    "adam": RICH
    | {"optimizer": "adam", "learning_rate": 3e-3, "pooling": "max", "schedule": "exponential", "decay": 0.1},
    "rmsprop": RICH
    | {"optimizer": "rmsprop", "learning_rate": 1e-3, "pooling": "none", "activation": "selu", "depth": 1},
    "adagrad": RICH | {"optimizer": "adagrad", "learning_rate": 1e-2, "dense_layers": 0, "padding": "valid"},
}


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch, tmp_path):
    torch.set_num_threads(1)
    monkeypatch.setenv("HPOBENCH_CACHE", str(tmp_path))
    together._FITS.clear()


def doubled(training: CnnTraining) -> CnnTraining:
    """The training in float64."""
    training.parameters = [p.detach().double().requires_grad_() for p in training.parameters]
    training.moments = [[m.double() for m in moments] for moments in training.moments]
    return training


def mates(kind: dict, images: int, seeds=(1, 2, 3)) -> list[CnnTraining]:
    """Trainings of one shape with other numbers each."""
    rate = kind["learning_rate"]
    return [
        CnnTraining(kind | {"learning_rate": rate * (1 + i / 4)}, seed, "cpu", images, 100)
        for i, seed in enumerate(seeds)
    ]


def repeatable(report: Report) -> dict[str, float]:
    return {name: value for name, value in report.metrics.items() if not is_measured(name)}


def difference(one: CnnTraining, other: CnnTraining) -> float:
    return max(float((p - q).detach().abs().max()) for p, q in zip(one.parameters, other.parameters, strict=True))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_ten_steps_in_double_precision_are_those_of_each_alone(kind, way):
    batch = KINDS[kind].get("batch_size", 128)
    images = 10 * batch - 5  # nine whole batches and a rest
    alone = [doubled(m) for m in mates(KINDS[kind], images)]
    fused = [doubled(m) for m in mates(KINDS[kind], images)]
    for member in alone:
        member.train(1)
    together.train(fused, 1, way)
    for one, other in zip(alone, fused, strict=True):
        assert difference(one, other) <= 1e-12
        assert other.train_loss == pytest.approx(one.train_loss, abs=1e-12)
        assert (other.epochs, other.steps) == (one.epochs, one.steps) == (1, 10)
        assert other.evaluate(*other.validation) == pytest.approx(one.evaluate(*one.validation), abs=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_one_step_in_single_precision_is_that_of_each_alone(way):
    """The weights. Adam divides a gradient by its own size, however small, so of it the first moments.

    Where a maximum or a rectifier turns on the last bit, one image's part of a gradient is another.
    """
    for kind, bound in ((LECTURE | {"optimizer": "sgd", "learning_rate": 0.1}, 1e-4), (LECTURE, 1e-3)):
        alone, fused = mates(kind, 128), mates(kind, 128)
        for member in alone:
            member.train(1)
        together.train(fused, 1, way)
        for one, other in zip(alone, fused, strict=True):
            if one.recipe.optimizer == "sgd":
                assert difference(one, other) <= bound
            for (mean, *_), (mate, *_) in zip(one.moments, other.moments, strict=True):
                assert float((mean - mate).abs().max()) <= 1e-3


@pytest.mark.slow  # two epochs of 10,000 images
def test_after_an_epoch_the_accuracy_is_that_of_each_alone():
    alone, fused = ([CnnTraining(LECTURE, seed, "cpu", 10_000, 10_000) for seed in (1, 2)] for _ in range(2))
    reports = Together(fused, "grouped").advance([1, 1])
    for member, report in zip(alone, reports, strict=True):
        assert not isinstance(report, Exception)
        assert report.loss == pytest.approx(member.advance(1).loss, abs=0.005)


@pytest.mark.parametrize("way", WAYS)
def test_the_values_of_mates_change_nothing(way):
    """Not one bit: others, those that diverge at once, and those that are NaN already."""

    def first_of(others: list[CnnTraining]) -> CnnTraining:
        member = CnnTraining(RICH, 7, "cpu", 100, 100)
        together.train([member, *others], 1, way)
        return member

    def other(seed: int, rate: float) -> CnnTraining:
        return CnnTraining(RICH | {"learning_rate": rate, "l1": 0.1}, seed, "cpu", 100, 100)

    poisoned = other(5, 0.1)
    with torch.no_grad():
        poisoned.parameters[0].fill_(nan)
    plain = first_of([other(1, 0.1), other(2, 0.2)])
    for others in ([other(3, 0.3), other(4, 1e-5)], [other(3, 1e30), other(4, 1e38)], [poisoned, other(6, 1e30)]):
        member = first_of(others)
        assert difference(plain, member) == 0.0
        assert member.train_loss == plain.train_loss


def test_a_mate_that_diverges_fails_alone_and_stays_where_it_is():
    wild = LECTURE | {"learning_rate": 1e30}
    tamed, gone = CnnTraining(LECTURE, 1, "cpu", 300, 100), CnnTraining(wild, 2, "cpu", 300, 100)
    reports = Together([tamed, gone], "grouped").advance([3, 3])
    assert reports[0].loss < 1.0
    assert isnan(reports[1].loss)
    assert (tamed.epochs, gone.epochs) == (3, 1)


def test_members_of_all_shapes_and_fidelities_go_together_and_on_alone():
    def made() -> list[CnnTraining]:
        small = LECTURE | {"batch_size": 32}
        configurations = (small, small | {"learning_rate": 1e-2}, RICH, small | {"depth": 1})
        members = [doubled(CnnTraining(c, i, "cpu", 100, 100)) for i, c in enumerate(configurations)]
        members[1].train(1)  # further than its mate of the same shape
        return members

    targets = [2, 4, 1, 3]
    alone, fused = made(), made()
    expected = [member.advance(to) for member, to in zip(alone, targets, strict=True)]
    reports = Together(fused, "grouped").advance(targets)
    for one, other in zip(expected, reports, strict=True):
        assert other.loss == one.loss
        assert repeatable(other) == pytest.approx(repeatable(one), abs=1e-9)
    for member, mate in zip(alone, fused, strict=True):  # further alone, and in other company
        member.train(5)
        mate.train(5)
        assert mate.train_loss == pytest.approx(member.train_loss, abs=1e-9)


def test_two_advances_together_are_one_bit_for_bit():
    once, twice = mates(LECTURE, 200), mates(LECTURE, 200)
    Together(once, "grouped").advance([3, 3, 3])
    steps = Together(twice, "grouped")
    steps.advance([1, 1, 1])
    steps.advance([3, 3, 3])
    assert max(map(difference, once, twice)) == 0.0


def test_start_many_is_as_many_starts():
    problem = MnistCnn(150, 100, "full")
    drawn = samples(problem.space(), np.random.default_rng(3))
    configurations = [default(problem.space()), *(next(drawn) for _ in range(3))]
    many = problem.start_many(configurations, [1, 2, 3, 4], "cpu")
    reports = many.advance([1, 1, 1, 1])
    for configuration, seed, report in zip(configurations, (1, 2, 3, 4), reports, strict=True):
        assert report.loss == problem.start(configuration, seed, "cpu").advance(1).loss  # shapes of their own: alone
    assert problem.widest("cpu") == 1 < problem.widest("cuda")


def test_the_number_of_images_is_a_fidelity_of_many_too():
    problem = MnistCnn(400, 100, images=True)
    many = problem.start_many([LECTURE, LECTURE], [1, 2], "cpu")
    reports = many.advance([100, 150])
    assert reports[0].loss == problem.start(LECTURE, 1, "cpu").advance(100).loss
    assert reports[1].loss == problem.start(LECTURE, 2, "cpu").advance(150).loss


@pytest.mark.parametrize("fit", [2, 1])
def test_what_does_not_fit_into_memory_is_halved_and_said(monkeypatch, fit):
    """The memory of the CPU plays a device's that holds ``fit`` networks."""
    whole = together.train

    def short(members, epochs, way):
        if len(members) > fit:
            members[0].order()  # drawn already when the memory ran out
            raise torch.OutOfMemoryError("CUDA out of memory")
        whole(members, epochs, way)

    monkeypatch.setattr(together, "train", short)
    seeds = (1, 2, 3, 4, 5)
    group = Together(mates(LECTURE, 140, seeds), "alone")
    reports = group.advance([2] * 5)
    for report, alone in zip(reports, mates(LECTURE, 140, seeds), strict=True):
        assert report.loss == alone.advance(2).loss
    assert len(group.notes) == {2: 1, 1: 2}[fit]
    assert group.notes[0].startswith("5 networks of 23,946 parameters with batches of 128 do not fit")
    again = Together(mates(LECTURE, 140, seeds), "alone")
    again.advance([1] * 5)
    assert again.notes == []  # it is known by now


def test_one_network_that_does_not_fit_fails_alone(monkeypatch):
    whole = CnnTraining.train

    def short(self, to_epoch):
        if self.recipe.batch_size == 256:
            raise torch.OutOfMemoryError("CUDA out of memory")
        whole(self, to_epoch)

    monkeypatch.setattr(CnnTraining, "train", short)
    small, large = (CnnTraining(LECTURE | {"batch_size": n}, 1, "cpu", 100, 100) for n in (32, 256))
    report, failure = Together([small, large]).advance([1, 1])
    assert report.loss < 1.0
    assert isinstance(failure, torch.OutOfMemoryError)


def test_a_validation_that_does_not_fit_fails_alone(monkeypatch):
    whole = CnnTraining.evaluate

    def short(self, images, labels):
        if self.seed == 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(self, images, labels)

    monkeypatch.setattr(CnnTraining, "evaluate", short)
    one, other, third = Together(mates(LECTURE, 130), "alone").advance([1, 1, 1])
    assert isinstance(other, torch.OutOfMemoryError)
    assert one.loss < 1.0 > third.loss


def test_a_way_that_a_device_cannot_go_is_not_taken(monkeypatch):
    def broken(*_):
        raise NotImplementedError("no kernel")

    monkeypatch.setitem(WAYS, "grouped", broken)
    members = mates(RICH, 64)
    assert probe.timings(Stack(members))["grouped"] == float("inf")
    assert probe.fastest(members) != "grouped"


def test_the_probe_leaves_the_members_as_they_are_and_remembers_the_fastest(monkeypatch, tmp_path):
    members = mates(LECTURE, 130)
    way = probe.fastest(members)
    assert way in WAYS
    assert max(map(difference, members, mates(LECTURE, 130))) == 0.0
    assert (tmp_path / "mnist" / "ways.json").read_text().count(way) == 1
    monkeypatch.setattr(probe, "timings", lambda stack: pytest.fail("timed twice"))
    assert probe.fastest(members) == way
    (tmp_path / "mnist" / "ways.json").write_text("{ not json")
    monkeypatch.setattr(probe, "timings", lambda stack: dict.fromkeys(WAYS, 1.0) | {"vmap": 0.5})
    assert probe.fastest(members) == "vmap"


def test_a_stack_gives_back_what_it_took():
    members = mates(RICH, 64)
    stack = Stack(members)
    assert stack.shape == Shape.of(members[2])
    before = [[p.detach().clone() for p in m.parameters] for m in members]
    stack.give_back(members)
    assert all(
        torch.equal(p, q)
        for m, was in zip(members, before, strict=True)
        for p, q in zip(m.parameters, was, strict=True)
    )
    stepper = Stepper(stack, "grouped", 8, graphed=False)
    stepper.again()
    stack.give_back(members)
    assert all(difference(m, fresh) > 0 for m, fresh in zip(members, mates(RICH, 64), strict=True))


def test_bfloat16_is_another_objective():
    exact, coarse = (CnnTraining(LECTURE, 1, "cpu", 256, 100, precision=p) for p in ("float32", "bf16"))
    assert Shape.of(exact) != Shape.of(coarse)
    assert coarse.advance(1).metrics["train_loss"] != exact.advance(1).metrics["train_loss"]
    assert coarse.advance(6).loss < 0.6
    assert all(p.dtype is torch.float32 for p in coarse.parameters)
