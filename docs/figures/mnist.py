"""Makes the figures of docs/mnist.md: ``python docs/figures/mnist.py`` (minutes; with the extra ``mnist``).

All are real trainings of this machine, one thread each. Speeds are images per CPU second, so that what else the machine
does counts little; the ways that are compared take turns, and the median of the turns is drawn. Numbers are printed as
Markdown, for the page.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hpobench_suites.mnist_cnn.allocator import keep_freed_memory
from hpobench_suites.mnist_cnn.fused import together
from hpobench_suites.mnist_cnn.fused.ways import WAYS
from hpobench_suites.mnist_cnn.training import CnnTraining
from hpobench_tui.executors.local import environment

HERE = Path(__file__).parent
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
LECTURE = {"activation": "relu", "depth": 3, "learning_rate": 1e-3}
GATES = {60_000: {1: 0.973, 5: 0.987}, 10_000: {1: 0.91, 5: 0.97}}
"""Test accuracy that the lecture's network has to reach: by training images, by epoch."""
SEEDS, EPOCHS = (1, 2), 5
BATCHES = (16, 32, 64, 128, 256, 512)
TOGETHER = (1, 2, 4, 8)
TURNS = 3
ALLOCATOR = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")
CURVES = {
    "the lecture's network": LECTURE,
    "depth 1": LECTURE | {"depth": 1},
    "tanh": LECTURE | {"activation": "tanh"},
    "sigmoid": LECTURE | {"activation": "sigmoid"},
    "learning rate 0.01": LECTURE | {"learning_rate": 1e-2},
    "learning rate 0.00001": LECTURE | {"learning_rate": 1e-5},
}


def plot(title: str, **labels: str) -> tuple[Figure, Axes]:
    """An empty picture."""
    figure = Figure(figsize=(5.5, 3.4), layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, **labels)
    axes.grid(alpha=0.3)
    return figure, axes


def accuracy() -> None:
    """Test accuracy by epoch, of 60,000 and of 10,000 images, with the gates."""
    figure, axes = plot("The lecture's network", xlabel="epoch", ylabel="test error, %", yscale="log")
    epochs = range(1, EPOCHS + 1)
    print(
        "| training images | seed | " + " | ".join(f"epoch {e}" for e in epochs) + " |\n" + "|---" * (EPOCHS + 2) + "|"
    )
    for colour, (images, gates) in zip(COLOURS, GATES.items(), strict=False):
        for seed in SEEDS:
            training = CnnTraining(LECTURE, seed, "cpu", images, 0)
            found = []
            for epoch in epochs:
                training.train(epoch)
                found.append(training.test_accuracy())
            errors = [100 * (1 - a) for a in found]
            axes.plot(epochs, errors, "o-", color=colour, label=f"{images:,} images" if seed == SEEDS[0] else None)
            print(f"| {images:,} | {seed} | " + " | ".join(f"{100 * a:.2f}" for a in found) + " |", flush=True)
        label = "gates: at most" if images == 60_000 else None
        axes.plot(list(gates), [100 * (1 - a) for a in gates.values()], "v", color="black", label=label)
    axes.set_xticks(epochs)
    axes.legend(fontsize=8)
    figure.savefig(HERE / "mnist-accuracy.png", dpi=120)


def speed(train: Callable[[], int]) -> float:
    """Images per CPU second."""
    started = time.process_time()
    return train() / (time.process_time() - started)


def epoch(batch: int, images: int) -> int:
    """Train an epoch; the images."""
    CnnTraining(LECTURE | {"batch_size": batch}, 1, "cpu", images, 0).train(1)
    return images


def batches_here() -> None:
    """Prints the speeds by batch size in this process, whose allocator is set by its environment."""
    torch.set_num_threads(1)
    epoch(128, 512)  # reads the images, warms up
    print(json.dumps([speed(lambda b=b: epoch(b, 2_048)) for b in BATCHES]))


def batch_sizes() -> None:
    """Speed by batch size with the workers' allocator thresholds and without."""
    bare = {k: v for k, v in os.environ.items() if k not in ALLOCATOR}
    ours = bare | {k: environment(None)[k] for k in ALLOCATOR}
    ways = {"as workers are started": ours, "glibc's own thresholds": bare}
    found: dict[str, list[list[float]]] = {way: [] for way in ways}
    for _ in range(TURNS):
        for way, variables in ways.items():
            said = subprocess.run([sys.executable, __file__, "batches"], env=variables, capture_output=True, check=True)
            found[way].append(json.loads(said.stdout))
    figure, axes = plot("An epoch of training", xlabel="batch size", ylabel="images per CPU second")
    print("| allocator | " + " | ".join(map(str, BATCHES)) + " |\n" + "|---" * (len(BATCHES) + 1) + "|")
    for colour, (way, turns) in zip(COLOURS, found.items(), strict=False):
        middle = [median(column) for column in zip(*turns, strict=True)]
        axes.plot(BATCHES, middle, "o-", color=colour, label=way)
        print(f"| {way} | " + " | ".join(f"{v:,.0f}" for v in middle) + " |", flush=True)
    axes.set_xscale("log", base=2)
    axes.set_xticks(BATCHES, [str(b) for b in BATCHES])
    axes.set_ylim(0)
    axes.legend(fontsize=8)
    figure.savefig(HERE / "mnist-batch-size.png", dpi=120)


def fused() -> None:
    """Speed of K networks one after the other and together, on the CPU."""
    images = 640

    def members(k: int) -> list[CnnTraining]:
        return [CnnTraining(LECTURE | {"learning_rate": 1e-3 * (i + 1)}, i, "cpu", images, 0) for i in range(k)]

    def sequential(k: int) -> int:
        for member in members(k):
            member.train(1)
        return k * images

    def in_way(way: str) -> Callable[[int], int]:
        def train(k: int) -> int:
            together.train(members(k), 1, way)
            return k * images

        return train

    ways = {"one after the other": sequential} | {f"together, {way}": in_way(way) for way in WAYS}
    found = {way: {k: [] for k in TOGETHER} for way in ways}  # type: dict[str, dict[int, list[float]]]
    for train in ways.values():
        train(1)
    for k in TOGETHER:
        for _ in range(TURNS):
            for way, train in ways.items():
                found[way][k].append(speed(lambda train=train, k=k: train(k)))
    figure, axes = plot(
        "K networks on a CPU", xlabel="networks K", ylabel="images per CPU second, all networks", xscale="log"
    )
    print("| way | " + " | ".join(f"K = {k}" for k in TOGETHER) + " |\n" + "|---" * (len(TOGETHER) + 1) + "|")
    for colour, (way, turns) in zip(COLOURS, found.items(), strict=False):
        middle = [median(turns[k]) for k in TOGETHER]
        axes.plot(TOGETHER, middle, "o-", color=colour, label=way)
        print(f"| {way} | " + " | ".join(f"{v:,.0f}" for v in middle) + " |", flush=True)
    axes.set_xticks(TOGETHER, [str(k) for k in TOGETHER])
    axes.minorticks_off()
    axes.set_ylim(0)
    axes.legend(fontsize=8)
    figure.savefig(HERE / "mnist-together.png", dpi=120)


def curves() -> None:
    """Learning curves on 5,000 images, of configurations of the lecture's space."""
    figure, axes = plot(
        "5,000 training, 2,000 held-out images", xlabel="epoch", ylabel="validation error", yscale="log"
    )
    epochs = range(1, 10)
    print("| configuration | epoch 1 | epoch 3 | epoch 9 |\n|---|---|---|---|")
    for colour, (name, configuration) in zip(COLOURS, CURVES.items(), strict=True):
        training = CnnTraining(configuration, 1, "cpu", 5_000, 2_000)
        found = [training.advance(e).loss for e in epochs]
        axes.plot(epochs, found, "o-", color=colour, label=name, markersize=3)
        print(f"| {name} | {found[0]:.4f} | {found[2]:.4f} | {found[8]:.4f} |", flush=True)
    axes.set_xticks(epochs)
    figure.legend(fontsize=7, loc="outside right upper")
    figure.savefig(HERE / "mnist-curves.png", dpi=120)


FIGURES = {"curves": curves, "fused": fused, "batch-sizes": batch_sizes, "accuracy": accuracy}

if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1:] == ["batches"]:
        batches_here()
    else:
        keep_freed_memory()
        for name in sys.argv[1:] or FIGURES:
            print(f"\n## {name}", flush=True)
            FIGURES[name]()
