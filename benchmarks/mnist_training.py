"""Training the lecture's network on a CPU, in images per CPU second: ours beside the usual loops of PyTorch.

All train one network (the same layers, optimizer and loss) on the same images in batches, on one thread. Each has a
process of its own, as what the C library is told holds for a whole one, and they take turns; figures are medians, and
ratios are of the same turn.

    ours        hpobench_suites.mnist_cnn: bytes in memory, channels_last weights, the pool before the activation,
                freed memory kept
    loader      torch.nn.Module, TensorDataset and DataLoader(shuffle=True): the tutorials' loop
    slicing     torch.nn.Module, tensors in memory, a permutation sliced into batches
    channels    as slicing, model and images in channels_last

``--workers`` trains two networks at a time in two processes, beside one in one.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from hpobench_suites.mnist_cnn.allocator import keep_freed_memory
from hpobench_suites.mnist_cnn.architecture import AVERAGE, MAX, Architecture
from hpobench_suites.mnist_cnn.data import resident, standardised
from hpobench_suites.mnist_cnn.network import ACTIVATIONS
from hpobench_suites.mnist_cnn.recipe import Recipe
from hpobench_suites.mnist_cnn.training import CnnTraining
from hpobench_tui.core import Configuration

CONFIGURATIONS: dict[str, Configuration] = {
    "the lecture's": {},
    "batch 32": {"batch_size": 32},
    "batch 512": {"batch_size": 512},
    "kernel 5, 64 filters": {"kernel": 5, "filters_1": 64, "filters_2": 64, "filters_3": 64},
    "8 filters": {"filters_1": 8, "filters_2": 8, "filters_3": 8},
    "depth 1, tanh": {"depth": 1, "activation": "tanh"},
    "average pool, gelu": {"pooling": "average", "activation": "gelu"},
    "stride 2, same, dense 256": {"stride": 2, "padding": "same", "dense_layers": 1, "dense_units_1": 256},
    "sgd, l2, dropout": {"optimizer": "sgd", "momentum": 0.9, "penalty": "l2", "l2": 1e-4, "dropout": 0.3},
}


class Usual(nn.Module):
    """The network as a tutorial writes it: convolution, activation, pool."""

    def __init__(self, architecture: Architecture, dropout: float) -> None:
        super().__init__()
        self.architecture, self.dropout = architecture, dropout
        inputs = [1, *(c.filters for c in architecture.convolutions)]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(i, c.filters, c.kernel, c.stride, c.padding)
            for i, c in zip(inputs, architecture.convolutions, strict=False)
        )
        widths = [architecture.flattened, *architecture.dense, 10]
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))

    def forward(self, x: Tensor) -> Tensor:
        activation = ACTIVATIONS[self.architecture.activation]
        for layer, convolution in zip(self.convolutions, self.architecture.convolutions, strict=True):
            x = activation(layer(x))
            if convolution.pool == MAX:
                x = F.max_pool2d(x, 2)
            elif convolution.pool == AVERAGE:
                x = F.avg_pool2d(x, 2)
        x = x.flatten(1)
        for i, layer in enumerate(self.dense):
            x = layer(F.dropout(x, self.dropout, self.training))
            x = x if i == len(self.dense) - 1 else activation(x)
        return x


def usual(configuration: Configuration, images: int, kind: str) -> Callable[[], None]:
    """An epoch of one of PyTorch's loops."""
    recipe = Recipe.of(configuration)
    model = Usual(Architecture.of(configuration), recipe.dropout)
    pixels, labels = resident("train", 0, images, "cpu")
    x = standardised(pixels, torch.float32)
    if kind == "channels":
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    decay = 2.0 * recipe.l2
    optimizer = (
        torch.optim.Adam(model.parameters(), lr=recipe.learning_rate, weight_decay=decay)
        if recipe.optimizer == "adam"
        else torch.optim.SGD(model.parameters(), lr=1e-3, momentum=recipe.momentum, weight_decay=decay)
    )
    loader = DataLoader(TensorDataset(x, labels), batch_size=recipe.batch_size, shuffle=True)

    def step(batch: Tensor, target: Tensor) -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(batch), target).backward()
        optimizer.step()

    def epoch() -> None:
        if kind == "loader":
            for batch, target in loader:
                step(batch, target)
            return
        for rows in torch.randperm(images).split(recipe.batch_size):
            step(x[rows], labels[rows])

    return epoch


def ours(configuration: Configuration, images: int) -> Callable[[], None]:
    training = CnnTraining(configuration, 1, "cpu", images, 0)
    return lambda: training.train(training.epochs + 1)


KINDS = ("ours", "loader", "slicing", "channels")
EPOCHS: dict[tuple[str, str, int], Callable[[], None]] = {}
"""Of this process, by loop, configuration and images."""


def timed(kind: str, name: str, images: int) -> float:
    """Images per CPU second of an epoch, in this process; the first one is not counted."""
    torch.set_num_threads(1)
    if kind == "ours":
        keep_freed_memory()
    key = kind, name, images
    if key not in EPOCHS:
        EPOCHS.clear()
        configuration = CONFIGURATIONS[name]
        EPOCHS[key] = ours(configuration, images) if kind == "ours" else usual(configuration, images, kind)
        EPOCHS[key]()
    started = time.process_time()
    EPOCHS[key]()
    return images / (time.process_time() - started)


def speeds(pools: dict[str, ProcessPoolExecutor], name: str, images: int, repeats: int) -> dict[str, list[float]]:
    """Images per CPU second of each loop, one entry a turn."""
    found: dict[str, list[float]] = {kind: [] for kind in pools}
    for _ in range(repeats):
        for kind, pool in pools.items():
            found[kind].append(pool.submit(timed, kind, name, images).result())
    return found


def alone(images: int) -> float:
    """Wall seconds of an epoch in this process, after a first one."""
    torch.set_num_threads(1)
    keep_freed_memory()
    training = CnnTraining({}, 1, "cpu", images, 0)
    training.train(1)
    started = time.perf_counter()
    training.train(3)
    return (time.perf_counter() - started) / 2


def workers(images: int, repeats: int) -> float:
    """How many times the networks a second two processes train that one does: the median of turns."""
    ratios = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(alone, [256, 256]))
        for _ in range(repeats):
            one = pool.submit(alone, images).result()
            both = max(pool.map(alone, [images, images]))
            ratios.append(2.0 * one / both)
    return statistics.median(ratios)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=4_096)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", default="", help="part of a configuration's name")
    parser.add_argument("--workers", action="store_true", help="two processes beside one, instead")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if chosen.workers:
        print(f"two workers: {workers(chosen.images, chosen.repeats):.2f} times one")
        return
    rows = {}
    pools = {kind: ProcessPoolExecutor(1, mp_context=get_context("spawn")) for kind in KINDS}
    for name in CONFIGURATIONS:
        if chosen.only not in name:
            continue
        found = speeds(pools, name, chosen.images, chosen.repeats)
        ratios = {
            kind: statistics.median(a / b for a, b in zip(found["ours"], found[kind], strict=True))
            for kind in found
            if kind != "ours"
        }
        rows[name] = {"speed": {k: statistics.median(v) for k, v in found.items()}, "ratio": ratios}
    for pool in pools.values():
        pool.shutdown()
    if chosen.json:
        print(json.dumps(rows, indent=1))
        return
    print("| network | images/CPU s | DataLoader | slicing | channels_last |\n|---|---|---|---|---|")
    for name, row in rows.items():
        ratio = " | ".join(f"{row['ratio'][kind]:.2f}×" for kind in ("loader", "slicing", "channels"))
        print(f"| {name} | {row['speed']['ours']:,.0f} | {ratio} |")


if __name__ == "__main__":
    main()
