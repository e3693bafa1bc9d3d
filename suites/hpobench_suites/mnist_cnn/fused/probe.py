"""Which way is the fastest for a shape on a device: timed once, and remembered in the user's cache folder.

Grouped convolutions are slow in some versions of cuDNN, and PyTorch's vectorisation in others; nobody can tell
beforehand. ``ways.json`` in the suite's folder (``hpobench_suites.caches``) has one entry for each device, PyTorch,
shape and number of networks. A cache that cannot be read or written is no failure: the ways are timed again.
"""

import json
import os
from functools import cache
from hashlib import blake2b
from math import inf
from pathlib import Path
from time import perf_counter

import torch

from hpobench_suites.caches import folder
from hpobench_suites.mnist_cnn.fused.stack import Stack
from hpobench_suites.mnist_cnn.fused.stepper import Stepper
from hpobench_suites.mnist_cnn.fused.ways import WAYS
from hpobench_suites.mnist_cnn.training import CnnTraining

STEPS = 3


def fastest(members: list[CnnTraining]) -> str:
    """The way for these members, which are left as they are."""
    stack = Stack(members)
    key = _key(stack)
    known = _read()
    if (way := known.get(key)) not in WAYS:
        way = min(WAYS, key=timings(stack).__getitem__)
        _write(_read() | {key: way})
    return way


def timings(stack: Stack) -> dict[str, float]:
    """Seconds of a step in each way, on copies of what it changes; a way that this device cannot go takes for ever.

    Raises:
        torch.OutOfMemoryError: so many do not fit.
    """
    saved = [t.clone() for t in stack.tensors]
    found = {}
    for way in WAYS:
        try:
            found[way] = _seconds(stack, way)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError:  # as PyTorch says that it has no kernel; another way is taken
            found[way] = inf
        for tensor, before in zip(stack.tensors, saved, strict=True):
            tensor.copy_(before)
    return found


def _seconds(stack: Stack, way: str) -> float:
    device = stack.shape.device
    stepper = Stepper(stack, way, min(stack.shape.batch_size, stack.shape.images), graphed=device != "cpu")
    stepper.again()
    started = _now(device)
    for _ in range(STEPS):
        stepper.again()
    return (_now(device) - started) / STEPS


def _now(device: str) -> float:
    if device != "cpu":
        torch.cuda.synchronize(device)
    return perf_counter()


def _key(stack: Stack) -> str:
    shape = stack.shape
    what = (shape.architecture, shape.optimizer, shape.batch_size, shape.drops, shape.precision, str(shape.dtype))
    digest = blake2b(repr(what).encode(), digest_size=8).hexdigest()
    return f"{_device_name(shape.device)} · torch {torch.__version__} · {stack.size} × {digest}"


@cache
def _device_name(device: str) -> str:
    return "CPU" if device == "cpu" else torch.cuda.get_device_name(device)


def _path() -> Path:
    return folder("mnist") / "ways.json"


def _read() -> dict[str, str]:
    try:
        said = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in said.items()} if isinstance(said, dict) else {}


def _write(ways: dict[str, str]) -> None:
    path = _path()
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(json.dumps(ways, indent=1, ensure_ascii=False), encoding="utf-8")
        aside.replace(path)
    except OSError:
        return
