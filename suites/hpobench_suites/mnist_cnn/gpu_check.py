"""``hpobench mnist gpu-check``, which ``hpobench doctor --gpu`` runs: are trainings together right here, and how fast?

Two minutes: each way of training together is held against each network alone, a captured graph against the same steps
without, a network beside others that diverge against one beside others that do not; then speeds, the share of time in
which the device works, and what happens where its memory ends. On the CPU (``--device cpu``) the same code runs, on
fewer images, without what only a GPU has.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import fmean
from threading import Event, Thread

import torch

from hpobench_suites.mnist_cnn.fused import together
from hpobench_suites.mnist_cnn.fused.probe import timings
from hpobench_suites.mnist_cnn.fused.stack import Stack
from hpobench_suites.mnist_cnn.fused.stepper import Stepper
from hpobench_suites.mnist_cnn.fused.together import Together
from hpobench_suites.mnist_cnn.fused.ways import WAYS
from hpobench_suites.mnist_cnn.problem import check as ready
from hpobench_suites.mnist_cnn.training import CnnTraining
from hpobench_tui.core import CommandContext, CommandResult, Configuration, Table, Value

TOLERANCE = 1e-10
"""Of float64 after ten steps; on a CPU 1e-12 holds."""
BATCH = 128
WIDTHS, WIDTHS_ON_CPU = (1, 4, 16, 32), (1, 2)
KINDS: dict[str, Configuration] = {
    "the lecture's": {},
    "sgd, dropout, l1, l2": {
        "optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.05, "dropout": 0.3, "l1": 1e-4, "l2": 1e-3,
        "pooling": "average", "activation": "gelu", "depth": 2, "dense_layers": 1, "dense_units_1": 32,
    },
}  # fmt: skip
GOAL, BUSY_GOAL = 5.0, 0.9
"""What 16 together should be beside a loop of PyTorch, and how much of the time the device should work."""
SPEED_HEADERS = ("way", "networks", "images/s", "× the usual loop")
TIGHT_BYTES = 2**30
"""Of memory, in which a bucket must be halved."""


def check(context: CommandContext, device: str = "cuda") -> CommandResult:
    """The tables; ``passed`` is whether all is right. Speeds are told and held against the goals, but fail nothing.

    Raises:
        HpobenchError: there is no GPU.
    """
    ready(device)
    on_gpu = device != "cpu"
    parts = ["equality", "mates", "graph", "speed", "busy", "memory"]
    done = iter(range(len(parts) + 1))

    def begin(part: str) -> None:
        context.report_progress(next(done) / len(parts), part)

    checks: list[tuple[str, str, bool | None]] = []
    begin("each way against each network alone, in float64")
    for kind, configuration in KINDS.items():
        for way in WAYS:
            found = apart(configuration, device, way)
            checks.append((f"{way}, {kind}: ten steps in float64", f"differ by {found:.1e}", found <= TOLERANCE))
    begin("beside networks that diverge")
    for way in WAYS:
        same = unmoved(device, way)
        checks.append((f"{way}: beside networks that are NaN", "bit for bit the same" if same else "changed", same))
    begin("a captured graph against the same steps without")
    if on_gpu:
        found = graph_apart(device)
        checks.append(("CUDA graph against no graph", f"differ by {found:.1e}", found == 0.0))
    begin("speed")
    speeds, goal = speed(device, WIDTHS if on_gpu else WIDTHS_ON_CPU)
    notes = [f"16 together are {goal:.1f} times the usual loop (goal {GOAL:g})."] if goal is not None else []
    begin("how much of the time the device works")
    if on_gpu:
        share = busy(device)
        notes.append(f"The device works {share:.0%} of the time of 16 trained together (goal {BUSY_GOAL:.0%}).")
    begin("where the memory ends")
    if on_gpu:
        said, right = tight(device)
        checks.append((f"{TIGHT_BYTES / 2**30:g} GiB of memory for 64 large networks", said, right))
    context.report_progress(1.0, "done")
    name = torch.cuda.get_device_name(device) if on_gpu else "CPU, one thread"
    where = f"{name}, torch {torch.__version__}" + (f", CUDA {torch.version.cuda}" if on_gpu else "")
    rows: list[Sequence[Value | None]] = [(what, said, right) for what, said, right in checks]
    return CommandResult(
        (
            Table(f"MNIST on {where}", ("check", "found", "right"), rows),
            Table("Steps of the lecture's network, batches of 128", SPEED_HEADERS, speeds),
        ),
        (*notes, f"{time.strftime('%Y-%m-%d')}, {where}."),
        passed=all(right for _, _, right in checks),
    )  # fmt: skip


def made(configuration: Configuration, device: str, images: int, count: int) -> list[CnnTraining]:
    return [
        CnnTraining({**configuration, "learning_rate": (1 + k / 8) * 1e-2}, k, device, images, 0) for k in range(count)
    ]


def doubled(members: list[CnnTraining]) -> list[CnnTraining]:
    for member in members:
        member.parameters = [p.detach().double().requires_grad_() for p in member.parameters]
        member.moments = [[m.double() for m in moments] for moments in member.moments]
    return members


def difference(one: CnnTraining, other: CnnTraining) -> float:
    """The largest of two networks' weights."""
    return max(float((p - q).detach().abs().max()) for p, q in zip(one.parameters, other.parameters, strict=True))


def apart(configuration: Configuration, device: str, way: str) -> float:
    """How much ten steps in float64 together differ from each alone."""
    small = {**configuration, "batch_size": 16}
    alone, fused = (doubled(made(small, device, 155, 3)) for _ in range(2))
    for member in alone:
        member.train(1)
    together.train(fused, 1, way)
    return max(map(difference, alone, fused))


def unmoved(device: str, way: str) -> bool:
    """Whether a network is bit for bit the same beside others and beside others that are NaN."""
    plain, beside = made({}, device, 200, 3), made({}, device, 200, 3)
    for member in beside[1:]:
        with torch.no_grad():
            member.parameters[0].fill_(float("nan"))
    together.train(plain, 1, way)
    together.train(beside, 1, way)
    return difference(plain[0], beside[0]) == 0.0


def graph_apart(device: str) -> float:
    """How much steps by a captured graph differ from the same without."""
    found = []
    for way in WAYS:
        stacks = [Stack(made({}, device, 512, 2)) for _ in range(2)]
        for stack, graphed in zip(stacks, (True, False), strict=True):
            stepper = Stepper(stack, way, BATCH, graphed)
            rows = torch.arange(2 * BATCH, device=device).view(2, BATCH)
            for step in range(3):
                stepper.step(rows + step, torch.full((3, 2), 1e-3, device=device), [])
        found += [float((a - b).abs().max()) for a, b in zip(stacks[0].tensors, stacks[1].tensors, strict=True)]
    return max(found)


def speed(device: str, widths: Sequence[int]) -> tuple[list[Sequence[Value | None]], float | None]:
    """Rows of the table, and how many times the usual loop the fastest way of 16 is."""
    images = 4_096 if device != "cpu" else 1_024
    member = made({}, device, images, 1)[0]
    member.train(1)
    started = now(device)
    member.train(2)
    usual = images / (now(device) - started)
    rows: list[Sequence[Value | None]] = [("one after the other, step by step", 1, usual, 1.0)]
    goal = None
    for width in widths:
        found = {
            way: width * BATCH / seconds for way, seconds in timings(Stack(made({}, device, images, width))).items()
        }
        rows += [(way, width, images_a_second, images_a_second / usual) for way, images_a_second in found.items()]
        if width == 16:
            goal = max(found.values()) / usual
    return rows, goal


def now(device: str) -> float:
    if device != "cpu":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def busy(device: str) -> float:
    """The share of time in which the device works while 16 networks are trained, as its driver samples it."""
    members = made({}, device, 20_000, 16)
    group = Together(members)
    group.train([1] * 16)  # the probe and the captures
    with sampled(torch.cuda.current_device()) as samples:
        group.train([3] * 16)
    return fmean(samples) if samples else 0.0


@contextmanager
def sampled(index: int) -> Iterator[list[float]]:
    """Shares that the driver tells, ten times a second."""
    import pynvml

    pynvml.nvmlInit()
    handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties(index).uuid}")
    samples: list[float] = []
    over = Event()

    def sample() -> None:
        while not over.wait(0.1):
            samples.append(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100.0)

    thread = Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()
        pynvml.nvmlShutdown()


def tight(device: str) -> tuple[str, bool]:
    """What was said, and whether all were trained, where 64 large networks have little memory."""
    large = {"filters_1": 64, "filters_2": 64, "filters_3": 64, "batch_size": 512}
    members = made(large, device, 1_024, 64)
    torch.cuda.empty_cache()
    whole = torch.cuda.get_device_properties(device).total_memory
    torch.cuda.set_per_process_memory_fraction(
        min((torch.cuda.memory_allocated(device) + TIGHT_BYTES) / whole, 1.0), device
    )
    try:
        group = Together(members)
        group.train([1] * len(members))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)
    return "; ".join(group.notes) or "not halved", bool(group.notes) and all(m.epochs == 1 for m in members)
