"""``hpobench mnist report``: what the networks that an experiment found are worth on the test images.

Of each optimizer the best configuration of all its runs (the lowest loss among those that were trained longest) is
trained again on all 60,000 images, several times with other initial weights, beside the lecture's own network. Only
here are the test images read. Which seed an optimizer was lucky with has no part in it, so this is what it handed over.

**What ± says**: the standard error of the mean accuracy over these trainings; the 10,000 test images are the same for
all, and their own sampling error (about 0.1 points at 99 %) is not in it. One training has none.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from math import sqrt
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean, stdev
from typing import NamedTuple

import torch

from hpobench_suites.mnist_cnn.architecture import Architecture
from hpobench_suites.mnist_cnn.fused.together import Together
from hpobench_suites.mnist_cnn.problem import WIDEST, MnistCnn
from hpobench_tui.core import CommandContext, CommandResult, Configuration, HpobenchError, Incumbent, Table
from hpobench_tui.core.errors import unknown
from hpobench_tui.core.seeds import derive

PROBLEM = re.compile(r"(mnist_cnn/(lecture|lecture-2k|full)|tabular/mnist-lecture)(\[.*\])?")
LECTURE: Configuration = {"activation": "relu", "depth": 3, "learning_rate": 1e-3}
LECTURES = "the lecture's network"


class Work(NamedTuple):
    """A training to be done: which network, and which of its seeds."""

    network: int
    configuration: Configuration
    seed: int


class Tested(NamedTuple):
    """A network and the test accuracies of its trainings; those that diverged have none."""

    name: str
    configuration: Configuration
    loss: float | None
    accuracies: list[float]

    @property
    def mean(self) -> float | None:
        return fmean(self.accuracies) if self.accuracies else None

    @property
    def error(self) -> float | None:
        """The standard error of the mean."""
        n = len(self.accuracies)
        return stdev(self.accuracies) / sqrt(n) if n > 1 else None


def report(
    context: CommandContext,
    seeds: int,
    epochs: int,
    images: int,
    top: int,
    workers: int,
    seed: int,
    problem: str = "",
    device: str = "auto",
) -> CommandResult:
    """The table, and the same as JSON in the experiment's folder.

    Raises:
        HpobenchError: no run tuned a network on MNIST with success, the problem is none of the experiment's, or there
            is no GPU that was asked for.
    """
    best = best_of(context.incumbents, problem)[: top or None]
    wanted = device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    networks = [Tested(LECTURES, LECTURE, None, []), *(Tested(b.optimizer, b.configuration, b.loss, []) for b in best)]
    # Equal configurations are one network, and the same seeds are used for all.
    distinct: dict[str, int] = {}
    places = [distinct.setdefault(json.dumps(n.configuration, sort_keys=True), i) for i, n in enumerate(networks)]
    work = [
        Work(i, networks[i].configuration, derive("mnist report", seed, number))
        for i in sorted(set(places))
        for number in range(seeds)
    ]
    finished = together(work, images, epochs) if device != "cpu" else side_by_side(work, images, epochs, workers)
    context.report_progress(0.0, f"{len(work)} trainings")
    for done, (item, accuracy) in enumerate(finished, 1):
        if accuracy is not None:
            networks[item.network].accuracies.append(accuracy)
        context.report_progress(done / len(work), f"{done} of {len(work)} trainings")
    tested = [n._replace(accuracies=networks[place].accuracies) for n, place in zip(networks, places, strict=True)]
    return result(context, tested, best[0].problem, seeds, epochs, images, device, wanted)


def best_of(incumbents: Sequence[Incumbent], problem: str) -> list[Incumbent]:
    """The best incumbent of each optimizer on the problem, the lowest loss first."""
    candidates = [found for found in incumbents if PROBLEM.fullmatch(found.problem)]
    if not candidates:
        raise HpobenchError(
            "mnist report: the experiment has no result on mnist_cnn/lecture, mnist_cnn/full or a twin of theirs."
        )
    problems = list(dict.fromkeys(found.problem for found in candidates))
    if problem and problem not in problems:
        raise unknown("problem of the experiment with a network on MNIST", problem, problems)
    of = [found for found in candidates if found.problem == (problem or problems[0])]
    best: dict[str, Incumbent] = {}
    for found in of:
        other = best.get(found.optimizer)
        if other is None or (-found.fidelity, found.loss) < (-other.fidelity, other.loss):
            best[found.optimizer] = found
    return sorted(best.values(), key=lambda found: (-found.fidelity, found.loss))


def trained(configuration: Configuration, seed: int, images: int, epochs: int) -> float | None:
    """The test accuracy of one training on a CPU; None where it diverged."""
    training = MnistCnn(images, 0).start(configuration, seed, "cpu")
    training.train(epochs)  # type: ignore[attr-defined]
    return None if training.diverged else training.test_accuracy()  # type: ignore[attr-defined]


def side_by_side(work: Sequence[Work], images: int, epochs: int, workers: int) -> Iterator[tuple[Work, float | None]]:
    """Trainings in as many processes as there are cores, one thread each, in the order in which they end."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count = min(workers or cores, len(work))
    if count == 1:
        for item in work:
            yield item, trained(item.configuration, item.seed, images, epochs)
        return
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(trained, item.configuration, item.seed, images, epochs): item for item in work}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def together(work: Sequence[Work], images: int, epochs: int) -> Iterator[tuple[Work, float | None]]:
    """Trainings on a GPU, the repetitions of a network together."""
    problem = MnistCnn(images, 0)
    for first in range(0, len(work), WIDEST):
        batch = work[first : first + WIDEST]
        members = [problem.start(item.configuration, item.seed, "cuda") for item in batch]
        Together(members).train([epochs] * len(members))  # type: ignore[arg-type]
        for item, member in zip(batch, members, strict=True):
            yield item, None if member.diverged else member.test_accuracy()  # type: ignore[attr-defined]


def result(
    context: CommandContext,
    tested: Sequence[Tested],
    problem: str,
    seeds: int,
    epochs: int,
    images: int,
    device: str,
    wanted: str,
) -> CommandResult:
    rows = [
        (
            one.name, one.loss, one.mean and 100.0 * one.mean, one.error and 100.0 * one.error, len(one.accuracies),
            Architecture.of(one.configuration).parameters, said(one.configuration),
        )
        for one in tested
    ]  # fmt: skip
    headers = ("network of", "loss found", "test accuracy %", "± standard error", "trainings", "parameters", "is")
    title = f"{problem}: {epochs} epochs on {images:,} images of MNIST, {seeds} trainings each, on {device}"
    notes = [
        "± is the standard error of the mean over the trainings; all share the 10,000 test images, whose own sampling"
        " error is not in it."
    ]
    if lost := [f"{seeds - len(one.accuracies)} of {one.name}" for one in tested if len(one.accuracies) < seeds]:
        notes.append(f"Trainings that diverged and are not in the mean: {', '.join(lost)}.")
    if device == "cpu" and wanted == "auto":
        notes.append("Device auto: PyTorch sees no CUDA GPU, so all were trained on the CPU.")
    if "precision=" in problem:
        notes.append("All were trained in float32, whatever the precision of the problem.")
    files: tuple[Path, ...] = ()
    if context.folder is not None:
        path = context.folder / "mnist-report.json"
        path.write_text(
            json.dumps(
                {
                    "problem": problem, "images": images, "epochs": epochs, "seeds": seeds, "device": device,
                    "networks": [
                        {
                            "of": one.name, "loss": one.loss, "configuration": dict(one.configuration),
                            "test_accuracies": one.accuracies, "mean": one.mean, "standard_error": one.error,
                        }
                        for one in tested
                    ],
                },
                indent=1,
            ),
            encoding="utf-8",
        )  # fmt: skip
        files = (path,)
    return CommandResult((Table(title, headers, rows),), tuple(notes), files=files)


def said(configuration: Configuration) -> str:
    """A configuration in a line."""
    return ", ".join(f"{n}={v:.3g}" if isinstance(v, float) else f"{n}={v}" for n, v in configuration.items())
