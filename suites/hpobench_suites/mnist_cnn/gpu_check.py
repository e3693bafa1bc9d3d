"""``hpobench mnist gpu-check``, which ``hpobench doctor --gpu`` runs: are trainings together right here, and how fast?

**Right**: ten steps in double precision equal those of each network alone, in each way (``fused.ways``), up to 1e-12;
one step of gradient descent in single precision up to 1e-4; a captured graph gives what the same steps give without; an
epoch's accuracy up to half a point. A rerun, and one
beside a mate that is NaN, have the same bits. Where memory is short, the networks are trained in smaller groups.
What is wrong here, the command does not pass.

**Fast**: seconds of an epoch of K networks in each way, beside the usual loop over one after the other; and successive
halving, validation included, with the share of the time in which the GPU is busy as its driver says (NVML's
``utilization.gpu``: some kernel ran). How many images an epoch has follows from the seconds given.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from math import nan
from statistics import fmean
from threading import Event, Thread
from time import perf_counter
from typing import NamedTuple, TypeAlias

import torch

from hpobench_suites.mnist_cnn.fused import together
from hpobench_suites.mnist_cnn.fused.stack import Stack
from hpobench_suites.mnist_cnn.fused.stepper import Stepper
from hpobench_suites.mnist_cnn.fused.together import Together
from hpobench_suites.mnist_cnn.fused.ways import WAYS
from hpobench_suites.mnist_cnn.problem import check as ready
from hpobench_suites.mnist_cnn.training import HELD_OUT_FROM, CnnTraining
from hpobench_tui.core import CommandContext, CommandResult, Configuration, HpobenchError, Table

SECONDS, MOST = {"cuda": 90, "cpu": 5}, {"cuda": 32, "cpu": 4}
RATE = 1e-3
LECTURE: Configuration = {"activation": "relu", "depth": 3, "learning_rate": RATE}
RICH: Configuration = {
    "optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.05, "dropout": 0.3, "l1": 1e-4, "l2": 1e-3,
    "pooling": "average", "activation": "gelu", "depth": 2, "dense_layers": 1, "dense_units_1": 32,
}  # fmt: skip
DESCENT: Configuration = {**LECTURE, "optimizer": "sgd", "momentum": 0.0, "learning_rate": 0.05}
FEW = 3
"""Networks of the tests for equality."""
STEPS, BATCH = 10, 8
DOUBLE, SINGLE, POINTS = 1e-12, 1e-4, 0.5
"""Largest differences: of weights after ten steps, after one step, and of an epoch's accuracies in points."""
WIDTHS = (1, 4, 16, 32)
FASTER, BUSY = 5.0, 90.0
"""What is hoped for on a GPU: 16 networks together against the loop, and percent of halving."""
FEWEST = 256
SAMPLE_SECONDS = 0.1

Row: TypeAlias = tuple[str | float | bool | None, ...]
Tell: TypeAlias = Callable[[float], None]
"""Takes the share of a stage that is done."""


class Setting(NamedTuple):
    """Where, and with how much: ``images`` an epoch, and at most ``most`` networks."""

    device: str
    images: int
    most: int

    def networks(self, count: int, images: int = 0, configuration: Configuration = LECTURE) -> list[CnnTraining]:
        """Untrained, each with a learning rate and a seed of its own."""
        rate = float(configuration.get("learning_rate", RATE))
        validation = min(10_000, self.images)
        return [
            CnnTraining(
                {**configuration, "learning_rate": rate * (1 + k / count)},
                k,
                self.device,
                images or self.images,
                validation,
            )
            for k in range(count)
        ]


def check(context: CommandContext, device: str = "cuda", seconds: int = 0, most: int = 0) -> CommandResult:
    """The tables.

    Raises:
        HpobenchError: PyTorch sees no GPU.
    """
    if device == "cuda" and not torch.cuda.is_available():
        built = torch.version.cuda
        why = f"is built for CUDA {built}, which the driver may be too old for" if built else "is built without CUDA"
        raise HpobenchError(
            f"MNIST: PyTorch sees no GPU; {torch.__version__} {why}. Install a build that suits the driver that"
            " `nvidia-smi` names (https://pytorch.org/get-started/locally), or use the device 'cpu'."
        )
    ready(device)
    most = most or MOST[device]
    started = perf_counter()
    setting = Setting(device, _images(device, seconds or SECONDS[device], most), most)
    stages = {"equality": equality, "memory": memory, "speed": speed, "halving": halving}
    weights = dict(zip(stages, _epochs(most), strict=True))
    whole, done = sum(weights.values()), 0.0
    found: dict[str, list[Row]] = {}
    for name, stage in stages.items():

        def tell(share: float, name: str = name, done: float = done) -> None:
            context.report_progress((done + share * weights[name]) / whole, name)

        tell(0.0)
        found[name] = _contained(stage, setting, tell)
        done += weights[name]
    context.report_progress(1.0, "done")
    right = [*found["equality"], *found["memory"]]
    what = torch.cuda.get_device_name() if device == "cuda" else "CPU, one thread"
    tables = (
        Table(f"Trained together and alone: {what}", ("what", "way", "found", "at most", "right"), right),
        Table(f"An epoch on {setting.images:,} images", SPEED, found["speed"]),
        Table("Successive halving, epochs 1, 3 and 9", ("what", "found", "hoped for", "reached"), found["halving"]),
    )
    cuda = f", CUDA {torch.version.cuda}" if device == "cuda" else ""
    notes = [f"{what}, PyTorch {torch.__version__}{cuda}, {date.today()}; {perf_counter() - started:.0f} s."]
    if device == "cuda" and (fused := [float(times) for k, _, _, _, times in found["speed"] if k == 16 and times]):
        notes.append(
            f"16 networks together are trained {max(fused):.1f} times as fast as by the loop (hoped for: {FASTER:g})."
        )
    failed = [said for rows in found.values() for what_failed, said, *_ in rows if what_failed == FAILED]
    passed = not failed and all(verdict is not False for *_, verdict in right)
    if not passed:
        notes.append("Something is not right on this device: use the device 'cpu', and file this as an issue.")
    return CommandResult(tables, tuple(notes), passed)


FAILED = "failed"
SPEED = ("networks", "way", "seconds", "networks a second", "times the loop")


def _contained(stage: Callable[[Setting, Tell], list[Row]], setting: Setting, tell: Tell) -> list[Row]:
    """A stage's rows; what PyTorch raises in it (as drivers and cuDNN do) is one, and the other stages go on."""
    try:
        return stage(setting, tell)
    except RuntimeError as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        return [(FAILED, said, None, None, False)[: 4 if stage is halving else 5]]


def _widths(most: int) -> list[int]:
    return [k for k in WIDTHS if k <= most]


def _images(device: str, seconds: float, most: int) -> int:
    """How many images an epoch may have, for all to take about so many seconds; from the loop's own speed."""
    one = Setting(device, 1_024, 1).networks(1)[0]
    one.train(1)
    one.train(2)
    started = perf_counter()
    one.train(3)
    rate = 1_024 / (perf_counter() - started)
    return int(max(FEWEST, min(HELD_OUT_FROM, 0.7 * rate * seconds / sum(_epochs(most)))))


def _epochs(most: int) -> tuple[float, ...]:
    """About how many epochs of one network each stage takes."""
    return 3.0 * FEW, 1.0, 1.0 + len(WAYS) * sum(_widths(most)), 3.0 * min(16, most)


def equality(setting: Setting, tell: Tell) -> list[Row]:
    """Numbers of networks together against those of each alone."""
    rows: list[Row] = []
    for way in WAYS:
        for kind, configuration in (("", LECTURE), (", penalties and dropout", RICH)):
            small: Configuration = {**configuration, "batch_size": BATCH}
            alone, fused = (_doubled(setting.networks(FEW, STEPS * BATCH, small)) for _ in range(2))
            for member in alone:
                member.train(1)
            together.train(fused, 1, way)
            rows.append(_judged(f"ten steps in float64, weights{kind}", way, _difference(alone, fused), DOUBLE))
        alone, fused = (setting.networks(FEW, BATCH, {**DESCENT, "batch_size": BATCH}) for _ in range(2))
        for member in alone:
            member.train(1)
        together.train(fused, 1, way)
        rows.append(_judged("one step in float32, weights", way, _difference(alone, fused), SINGLE))
        first, again, beside = (
            setting.networks(FEW, STEPS * BATCH, {**LECTURE, "batch_size": BATCH}) for _ in range(3)
        )
        with torch.no_grad():
            beside[1].parameters[0].fill_(nan)
        for members in (first, again, beside):
            together.train(members, 1, way)
        rows.append(_judged("a rerun, weights", way, _difference(first, again), 0.0))
        kept = [k for k in range(FEW) if k != 1]
        apart = _difference([first[k] for k in kept], [beside[k] for k in kept])
        rows.append(_judged("beside a mate that is NaN, weights", way, apart, 0.0))
        if setting.device != "cpu":
            rows.append(_judged("a graph against no graph, weights", way, _graph_apart(setting, way), 0.0))
        tell(len(rows) / (6 * len(WAYS) + 4))
    alone, fused = setting.networks(FEW), setting.networks(FEW)
    for member in alone:
        member.train(1)
    Together(fused).train([1] * FEW)
    accuracies = [fmean(100.0 * (1.0 - m.report().metrics["error"]) for m in members) for members in (alone, fused)]
    rows.append(_judged("an epoch, points of accuracy", "the fastest", abs(accuracies[0] - accuracies[1]), POINTS))
    return rows


def _graph_apart(setting: Setting, way: str) -> float:
    """How much three steps by a captured graph differ from the same without."""
    stacks = [Stack(setting.networks(FEW, 4 * BATCH)) for _ in range(2)]
    for stack, graphed in zip(stacks, (True, False), strict=True):
        stepper = Stepper(stack, way, BATCH, graphed)
        rows = torch.arange(FEW * BATCH, device=setting.device).view(FEW, BATCH) % (3 * BATCH)
        for step in range(3):
            stepper.step(rows + step, torch.full((3, FEW), RATE, device=setting.device), [])
    each = [(a - b).abs().max() for a, b in zip(stacks[0].tensors, stacks[1].tensors, strict=True)]
    return float(torch.stack(each).max())


def memory(setting: Setting, tell: Tell) -> list[Row]:
    """Sixteen networks, where there is memory for about four."""
    what = "memory for 4 of 16 networks, groups"
    if setting.device == "cpu":
        return [(what, None, None, None, None)]
    device = torch.cuda.current_device()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    together.train(setting.networks(4, 1_024), 1, "grouped")
    limit = 1.1 * torch.cuda.max_memory_reserved() / torch.cuda.get_device_properties(device).total_memory
    members = setting.networks(16, 1_024)
    trained = Together(members, way="grouped")
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(min(1.0, limit))
    try:
        trained.train([1] * len(members))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        together._FITS.clear()
        torch.cuda.empty_cache()
    right = bool(trained.notes) and all(m.epochs == 1 and not m.diverged for m in members)
    return [(what, "grouped", f"{len(trained.notes)} halvings", None, right)]


def speed(setting: Setting, tell: Tell) -> list[Row]:
    """Seconds of an epoch: the loop's, of which K networks take K times as much, and each way's."""
    loop = _timed(setting, lambda: setting.networks(1)[0].train(1))
    rows: list[Row] = [(1, "the usual loop", loop, 1.0 / loop, 1.0)]
    widths = _widths(setting.most)
    for i, k in enumerate(widths):
        for way in WAYS:
            tell((sum(widths[:i]) + k * list(WAYS).index(way) / len(WAYS)) / sum(widths))
            members = setting.networks(k)
            try:
                seconds = _timed(setting, lambda members=members, way=way: together.train(members, 1, way))  # type: ignore[misc]
            except torch.OutOfMemoryError:
                rows.append((k, f"{way}: does not fit", None, None, None))
                continue
            rows.append((k, way, seconds, k / seconds, k * loop / seconds))
    return rows


def halving(setting: Setting, tell: Tell) -> list[Row]:
    """A bracket of successive halving, the rungs trained together, as Hyperband has several of."""
    count = min(16, setting.most)
    members = setting.networks(count)
    with _busy(setting.device) as shares:
        started = perf_counter()
        for rung, epochs in enumerate((1, 3, 9)):
            tell(rung / 3)
            reports = Together(members).advance([epochs] * len(members))
            losses = [nan if isinstance(found, Exception) else found.loss for found in reports]
            ranked = sorted(range(len(members)), key=lambda k: (losses[k] != losses[k], losses[k]))
            members = [members[k] for k in ranked[: max(1, count // 3 ** (rung + 1))]]
        seconds = perf_counter() - started
    busy = fmean(shares) if shares else None
    return [
        ("networks", count, None, None),
        ("seconds", seconds, None, None),
        ("networks a second", count / seconds, None, None),
        ("GPU busy %", busy, BUSY, None if busy is None else busy >= BUSY),
    ]


@contextmanager
def _busy(device: str) -> Iterator[list[float]]:
    """A list that fills with the percent of the last moments in which the GPU did something; empty where none tells."""
    import pynvml

    shares: list[float] = []
    if device == "cpu":
        yield shares
        return
    stop = Event()

    def watch() -> None:
        try:
            pynvml.nvmlInit()
            uuid = str(torch.cuda.get_device_properties(torch.cuda.current_device()).uuid)
            handle = pynvml.nvmlDeviceGetHandleByUUID(uuid if uuid.startswith("GPU-") else f"GPU-{uuid}")
            while not stop.wait(SAMPLE_SECONDS):
                shares.append(float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu))
            pynvml.nvmlShutdown()
        except (pynvml.NVMLError, AttributeError):  # the driver does not tell, or this PyTorch does not say which GPU
            return

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield shares
    finally:
        stop.set()
        watcher.join()


def _timed(setting: Setting, work: Callable[[], None]) -> float:
    if setting.device != "cpu":
        torch.cuda.synchronize()
    started = perf_counter()
    work()
    if setting.device != "cpu":
        torch.cuda.synchronize()
    return perf_counter() - started


def _judged(what: str, way: str, found: float, most: float) -> Row:
    return what, way, found, most, found <= most


def _doubled(members: list[CnnTraining]) -> list[CnnTraining]:
    """The same in float64."""
    for member in members:
        member.parameters = [p.detach().double().requires_grad_() for p in member.parameters]
        member.moments = [[moment.double() for moment in moments] for moments in member.moments]
    return members


def _difference(some: Sequence[CnnTraining], others: Sequence[CnnTraining]) -> float:
    """The largest of any weight; NaN where one is."""
    each = [
        (p - q).detach().abs().max()
        for one, other in zip(some, others, strict=True)
        for p, q in zip(one.parameters, other.parameters, strict=True)
    ]
    return float(torch.stack(each).max())
