"""The networks and their training against PyTorch's own modules, initialisers, optimizers and schedulers, in float64.

The reference is written from the meaning of the hyperparameters, in the usual order (activation, then pool), and knows
nothing of ``architecture``, ``recipe``, ``network`` and ``steps``; only the images, their order, the first weights and
what dropout keeps are taken over.
"""

from collections.abc import Mapping

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from hpobench_suites.mnist_cnn.architecture import Architecture
from hpobench_suites.mnist_cnn.data import standardised
from hpobench_suites.mnist_cnn.network import ACTIVATIONS, INITIALISATIONS, initial
from hpobench_suites.mnist_cnn.spaces import SPACES
from hpobench_suites.mnist_cnn.training import EPOCHS, CnnTraining
from hpobench_tui.core.space import samples

MODULES = {
    "relu": nn.ReLU, "tanh": nn.Tanh, "elu": nn.ELU, "sigmoid": nn.Sigmoid, "leaky_relu": nn.LeakyReLU,
    "selu": nn.SELU, "softplus": nn.Softplus, "gelu": nn.GELU, "silu": nn.SiLU, "mish": nn.Mish,
}  # fmt: skip
BASE = {
    "activation": "relu", "depth": 3, "filters_1": 8, "filters_2": 8, "filters_3": 16, "kernel": 3, "stride": 1,
    "padding": "first", "pooling": "max", "dense_layers": 0, "initialisation": "glorot_uniform", "dropout": 0.0,
    "penalty": "none", "optimizer": "adam", "learning_rate": 1e-3, "schedule": "constant", "batch_size": 16,
}  # fmt: skip
DENSE = {"dense_layers": 2, "dense_units_1": 32, "dense_units_2": 16}
VARIED: dict[str, Mapping[str, object]] = {
    **{f"activation {name}": {"activation": name} for name in MODULES},
    **{f"{name} after average pool": {"activation": name, "pooling": "average"} for name in ("relu", "gelu")},
    **{f"initialisation {name}": {"initialisation": name} for name in INITIALISATIONS},
    **{f"depth {d}": {"depth": d} for d in (1, 2)},
    **{
        f"kernel {k}, stride {s}, {padding}, {pooling}": {
            "kernel": k, "stride": s, "padding": padding, "pooling": pooling,
        }
        for k in (3, 5) for s in (1, 2) for padding in ("first", "same", "valid") for pooling in ("max", "none")
    },
    "sgd": {"optimizer": "sgd", "momentum": 0.0, "learning_rate": 0.05},
    "sgd, momentum": {"optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.05},
    "rmsprop": {"optimizer": "rmsprop"},
    "adagrad": {"optimizer": "adagrad", "learning_rate": 0.01},
    "cosine": {"schedule": "cosine"},
    "exponential": {"schedule": "exponential", "decay": 1e-2},
    "cosine, sgd": {"schedule": "cosine", "optimizer": "sgd", "momentum": 0.5, "learning_rate": 0.05},
    "l1": {"penalty": "l1", "l1": 1e-3},
    "l2": {"penalty": "l2", "l2": 1e-2},
    "both": {"penalty": "l1+l2", "l1": 1e-3, "l2": 1e-2, "optimizer": "sgd", "momentum": 0.9},
    "dense": DENSE,
    "dropout": {"dropout": 0.4},
    "dropout in all dense layers": DENSE | {"dropout": 0.6, "optimizer": "rmsprop"},
}  # fmt: skip


class Reference(nn.Module):
    """The network of a configuration, of ``torch.nn``."""

    def __init__(self, configuration: Mapping[str, object], training: CnnTraining) -> None:
        super().__init__()
        self.training_of = training
        said = configuration.get
        activation = MODULES[str(said("activation"))]
        layers: list[nn.Module] = []
        channels, side = 1, 28
        for layer in range(1, int(said("depth")) + 1):  # type: ignore[call-overload]
            kernel, filters = int(said("kernel")), int(said(f"filters_{layer}"))  # type: ignore[call-overload]
            padded = said("padding") == "same" or (said("padding") == "first" and layer == 1) or side < kernel
            stride = int(said("stride")) if layer == 1 else 1  # type: ignore[call-overload]
            layers += [nn.Conv2d(channels, filters, kernel, stride, (kernel - 1) // 2 if padded else 0), activation()]
            side = -(-side // stride) if padded else (side - kernel) // stride + 1
            if layer <= 2 and side >= 2 and said("pooling") != "none":
                layers.append(nn.MaxPool2d(2) if said("pooling") == "max" else nn.AvgPool2d(2))
                side //= 2
            channels = filters
        self.convolutions = nn.Sequential(*layers, nn.Flatten())
        widths = [channels * side * side]
        widths += [int(said(f"dense_units_{i}")) for i in range(1, int(said("dense_layers")) + 1)]  # type: ignore[call-overload]
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, [*widths[1:], 10], strict=True))
        self.activation = activation()
        self.dropout = float(said("dropout"))  # type: ignore[arg-type]

    def forward(self, x: torch.Tensor, step: int) -> torch.Tensor:
        x = self.convolutions(x)
        for layer, dense in enumerate(self.dense):
            if self.dropout:
                x = x * self.training_of.kept(layer, x.shape, step)
            x = dense(x)
            if layer < len(self.dense) - 1:
                x = self.activation(x)
        return x


def optimizer_of(configuration: Mapping[str, object], network: nn.Module) -> torch.optim.Optimizer:
    rate = float(configuration["learning_rate"])  # type: ignore[arg-type]
    if configuration["optimizer"] == "sgd":
        return torch.optim.SGD(network.parameters(), rate, momentum=float(configuration["momentum"]))  # type: ignore[arg-type]
    if configuration["optimizer"] == "rmsprop":
        return torch.optim.RMSprop(network.parameters(), rate, alpha=0.9)
    kinds = {"adam": torch.optim.Adam, "adagrad": torch.optim.Adagrad}
    return kinds[str(configuration["optimizer"])](network.parameters(), rate)


def schedule_of(
    configuration: Mapping[str, object], optimizer: torch.optim.Optimizer, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """Stepped after each batch; over a full training of so many steps."""
    if configuration["schedule"] == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    decay = float(configuration.get("decay", 1.0))  # type: ignore[arg-type]
    return torch.optim.lr_scheduler.ExponentialLR(optimizer, decay ** (1 / steps))


def doubled(training: CnnTraining) -> CnnTraining:
    training.parameters = [p.detach().double().requires_grad_() for p in training.parameters]
    training.moments = [[m.double() for m in moments] for moments in training.moments]
    return training


def compared(configuration: Mapping[str, object], images: int, epochs: int) -> tuple[CnnTraining, Reference, float]:
    """Both trained; the training, the reference and its training loss."""
    training = doubled(CnnTraining(configuration, 3, "cpu", images, 100))  # type: ignore[arg-type]
    network = Reference(configuration, training).double()
    assert [p.shape for p in network.parameters()] == [p.shape for p in training.parameters]
    with torch.no_grad():
        for own, theirs in zip(network.parameters(), training.parameters, strict=True):
            own.copy_(theirs)
    batch = int(configuration["batch_size"])  # type: ignore[call-overload]
    optimizer = optimizer_of(configuration, network)
    schedule = schedule_of(configuration, optimizer, -(-images // batch) * EPOCHS)
    generator = torch.Generator()
    generator.set_state(training.generator.get_state())
    penalty = str(configuration["penalty"])
    l1 = float(configuration["l1"]) if "l1" in penalty else 0.0  # type: ignore[arg-type]
    l2 = float(configuration["l2"]) if "l2" in penalty else 0.0  # type: ignore[arg-type]
    pixels, labels = standardised(training.train_images[0], torch.float64), training.train_images[1]
    step = 0
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(images, generator=generator).split(batch):
            optimizer.zero_grad()
            step += 1
            loss = nn.functional.cross_entropy(network(pixels[rows], step - 1), labels[rows])
            weights = [p for name, p in network.named_parameters() if name.endswith("weight")]
            penalties = sum((l1 * w.abs().sum() + l2 * w.square().sum() for w in weights), torch.zeros(()))
            (loss + penalties).backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(rows)
        last = total / images
    training.train(epochs)
    return training, network, last


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("kind", VARIED)
def test_two_epochs_are_those_of_pytorchs_own_parts(kind: str) -> None:
    """Six whole batches and two rests."""
    training, network, loss = compared(BASE | VARIED[kind], 3 * 16 + 5, 2)
    furthest = max(
        float((own - theirs).detach().abs().max())
        for own, theirs in zip(training.parameters, network.parameters(), strict=True)
    )
    assert furthest <= 1e-10
    assert training.train_loss == pytest.approx(loss, abs=1e-10)
    assert loss == loss


def test_all_activations_are_compared() -> None:
    assert MODULES.keys() == ACTIVATIONS.keys()


@pytest.mark.parametrize("part", range(4))
def test_draws_of_the_whole_space_train_as_pytorchs_own_parts(part: int) -> None:
    """One epoch of two batches and a rest. Where a training leaves the finite numbers, both do."""
    drawn = samples(SPACES["full"](), np.random.default_rng(part))
    for configuration in (next(drawn) for _ in range(6)):
        batch = min(int(configuration["batch_size"]), 32)
        configuration = configuration | {"batch_size": batch}
        training, network, loss = compared(configuration, 2 * batch + 3, 1)
        assert training.parameter_count == sum(p.numel() for p in network.parameters())
        assert training.train_loss == pytest.approx(loss, rel=1e-7, abs=1e-10, nan_ok=True), configuration


@pytest.mark.parametrize("scheme", INITIALISATIONS)
def test_initial_weights_are_spread_as_pytorchs_own(scheme: str) -> None:
    """The mean square of each layer's weights, and the largest of the uniform ones, against ``torch.nn.init``."""
    architecture = Architecture.of({"filters_1": 64, "filters_2": 64, "filters_3": 64, "initialisation": scheme})
    found = initial(architecture, torch.Generator().manual_seed(1))
    reference = {
        "glorot_uniform": nn.init.xavier_uniform_,
        "glorot_normal": nn.init.xavier_normal_,
        "he_uniform": lambda w, generator: nn.init.kaiming_uniform_(w, nonlinearity="relu", generator=generator),
        "he_normal": lambda w, generator: nn.init.kaiming_normal_(w, nonlinearity="relu", generator=generator),
        "lecun_normal": lambda w, generator: nn.init.kaiming_normal_(w, nonlinearity="linear", generator=generator),
        "orthogonal": nn.init.orthogonal_,
    }[scheme]
    for weights in found[2::2]:
        theirs = reference(torch.empty(weights.shape), generator=torch.Generator().manual_seed(2))
        share = 4 / weights.numel() ** 0.5
        assert float(weights.square().mean()) == pytest.approx(float(theirs.square().mean()), rel=share)
        if scheme.endswith("uniform"):
            assert float(weights.abs().max()) == pytest.approx(float(theirs.abs().max()), rel=share)
        if scheme == "orthogonal":
            rows = weights.flatten(1).double()
            rows = rows if rows.shape[0] <= rows.shape[1] else rows.T
            assert float((rows @ rows.T - torch.eye(len(rows), dtype=torch.float64)).abs().max()) < 1e-5
    assert all((bias == 0).all() for bias in found[1::2])
