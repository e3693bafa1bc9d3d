"""The lecture's network learns MNIST as it should, in the ways that it is trained here.

Test accuracy of Adam 1e-3 with batches of 128. Seeds differ by 0.1 to 0.4 points, and machines as seeds do.
"""

import pytest

pytest.importorskip("torch")

import torch

from hpobench_suites.mnist_cnn.architecture import Architecture
from hpobench_suites.mnist_cnn.fused import together
from hpobench_suites.mnist_cnn.problem import MnistCnn
from hpobench_suites.mnist_cnn.spaces import SPACES
from hpobench_suites.mnist_cnn.training import CnnTraining
from hpobench_tui.core.space import default

FULL_DEFAULT = {
    "depth": 3, "filters_1": 32, "filters_2": 32, "filters_3": 32, "kernel": 3, "stride": 1, "padding": "first",
    "pooling": "max", "dense_layers": 0, "activation": "relu", "initialisation": "glorot_uniform", "dropout": 0.0,
    "penalty": "none", "optimizer": "adam", "learning_rate": 1e-3, "schedule": "constant", "batch_size": 128,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def bits(training: CnnTraining) -> list[bytes]:
    return [p.detach().contiguous().numpy().tobytes() for p in training.parameters]


@pytest.mark.slow  # five epochs of 10,000 images
@pytest.mark.parametrize("seed", [1, 2])
def test_10_000_images_reach_their_gates(seed: int) -> None:
    training = MnistCnn(10_000, 0).start(default(SPACES["lecture"]()), seed, "cpu")
    assert isinstance(training, CnnTraining)
    training.train(1)
    assert training.test_accuracy() >= 0.91
    training.train(5)
    assert training.test_accuracy() >= 0.97


@pytest.mark.slow  # five epochs of 10,000 images, twice
def test_networks_trained_together_reach_the_gates_of_each_alone() -> None:
    configuration = default(SPACES["lecture"]())
    members = [CnnTraining(configuration, seed, "cpu", 10_000, 0) for seed in (1, 2)]
    for epochs, gate in ((1, 0.91), (4, 0.97)):
        together.train(members, epochs, "grouped")
        assert min(member.test_accuracy() for member in members) >= gate


@pytest.mark.parametrize("space", SPACES)
def test_the_default_of_each_space_is_the_lectures_network(space: str) -> None:
    configuration = default(SPACES[space]())
    assert Architecture.of(configuration) == Architecture.of({})
    assert Architecture.of(configuration).parameters == 23_946
    training, lecture = (
        CnnTraining(c, 1, "cpu", 300, 100) for c in (configuration, {"activation": "relu", "depth": 3})
    )
    assert training.advance(2).loss == lecture.advance(2).loss
    assert bits(training) == bits(lecture)


def test_the_full_spaces_default_is_as_documented() -> None:
    found = default(SPACES["full"]())
    assert found.pop("learning_rate") == pytest.approx(1e-3, rel=1e-12)
    assert found == {k: v for k, v in FULL_DEFAULT.items() if k != "learning_rate"}


RICH = FULL_DEFAULT | {
    "optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.02, "schedule": "cosine", "dropout": 0.3, "penalty": "l2",
    "l2": 1e-4, "activation": "gelu", "dense_layers": 1, "dense_units_1": 32, "batch_size": 64,
}  # fmt: skip


@pytest.mark.parametrize("configuration", [FULL_DEFAULT, RICH], ids=["default", "rich"])
def test_reruns_are_bit_identical_and_continuing_is_as_training_at_once(configuration: dict[str, object]) -> None:
    def trained(*stops: int) -> CnnTraining:
        training = MnistCnn(200, 100, "full").start(configuration, 4, "cpu")  # type: ignore[arg-type]
        assert isinstance(training, CnnTraining)
        for stop in stops:
            training.advance(stop)
        return training

    once = trained(4)
    assert once.train_loss < 3.0
    for other in (trained(4), trained(1, 4), trained(1, 2, 3, 4)):
        assert bits(other) == bits(once)
        assert other.evaluate(*other.validation) == once.evaluate(*once.validation)  # type: ignore[misc]
        assert other.train_loss == once.train_loss
