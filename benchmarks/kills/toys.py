"""Problems and optimizers that stand still, when somebody wants to meet them in a phase.

The optimizers are the registered ones under names of their own. A wish is a file with the phase's name in the folder
that ``VARIABLE`` names; whoever comes there first takes it (renames it to ``PHASE.PID``) and waits until it is gone.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from types import new_class
from typing import Any

from hpobench_baselines import native, third_party
from hpobench_tui.core import (
    Ask,
    Configuration,
    Dimensions,
    Fidelity,
    OptimizerInfo,
    ProblemInfo,
    Reference,
    Report,
    Task,
    Trial,
)

VARIABLE = "HPOBENCH_SCENE"
WISHES = "wishes"
LONGEST = 60.0  # nobody waits for ever, should whoever wished be gone
LOADING, ASKING, EVALUATING, TELLING, CLOSING = "loading", "asking", "evaluating", "telling", "closing"


def scene() -> str:
    """The folder of the scene that this process plays in."""
    return os.environ[VARIABLE]


def stand(phase: str) -> None:
    """Wait, if somebody wants to meet this phase."""
    wish = f"{scene()}/{WISHES}/{phase}"
    if not os.path.exists(wish):
        return
    taken = f"{wish}.{os.getpid()}"
    try:
        os.rename(wish, taken)
    except FileNotFoundError:  # somebody else was quicker
        return
    until = time.monotonic() + LONGEST
    while os.path.exists(taken) and time.monotonic() < until:
        time.sleep(0.002)


class Standing:
    """Put before the class of an optimizer: it can be met."""

    def ask(self) -> Ask:
        stand(ASKING)
        ask: Ask = super().ask()  # type: ignore[misc]
        return ask

    def tell(self, trial: Trial) -> None:
        super().tell(trial)  # type: ignore[misc]
        stand(TELLING)

    def close(self) -> None:
        stand(CLOSING)
        if hasattr(super(), "close"):
            super().close()  # type: ignore[misc]


REGISTERED = {info.name: info for info in (*native.OPTIMIZERS, *third_party.OPTIMIZERS)}
OPTIMIZERS = tuple(
    replace(REGISTERED[name], name=f"kills-{name}", load=f"{__name__}:{name.replace('-', '_')}")
    for name in (
        "random", "tpe", "successive-halving", "hyperband", "asha", "bohb", "optuna-tpe", "skopt-gp", "hpbandster-bohb",
    )
)  # fmt: skip


def __getattr__(name: str) -> Callable[[Task], Any]:
    """What builds one of the optimizers above, and makes it stand still."""
    info: OptimizerInfo | None = REGISTERED.get(name.replace("_", "-"))
    if info is None:
        raise AttributeError(name)
    module, _, attribute = info.load.partition(":")

    def built(task: Task) -> Any:
        stand(LOADING)
        optimizer = getattr(import_module(module), attribute)(task)
        optimizer.__class__ = new_class(name, (Standing, type(optimizer)))
        return optimizer

    return built


class Chain:
    """Loss of a chain of hashes, one a unit of fidelity: who did not train all units gets another one.

    A unit takes so many seconds, and a call of ``on_the_way`` each advance.
    """

    def __init__(self, seconds: float, on_the_way: Callable[[float], None] = lambda x: None) -> None:
        self._seconds, self._on_the_way = seconds, on_the_way

    def space(self) -> Any:
        from ConfigSpace import ConfigurationSpace

        return ConfigurationSpace({"x": (0.0, 1.0), "kind": ["a", "b", "c"]})

    def start(self, configuration: Configuration, seed: int, device: str) -> "ChainTraining":
        return ChainTraining(configuration, seed, self._seconds, self._on_the_way)


class ChainTraining:
    def __init__(
        self, configuration: Configuration, seed: int, seconds: float, on_the_way: Callable[[float], None]
    ) -> None:
        self._x, self._seconds, self._on_the_way = float(configuration["x"]), seconds, on_the_way
        self._link, self._reached = f"{sorted(configuration.items())} {seed}".encode(), 0

    def advance(self, to_fidelity: int) -> Report:
        stand(EVALUATING)
        self._on_the_way(self._x)
        units = to_fidelity - self._reached
        for _ in range(units):
            time.sleep(self._seconds)
            self._link = blake2b(self._link, digest_size=6).digest()
        self._reached = to_fidelity
        drawn = int.from_bytes(self._link) / 2**48
        return Report((self._x - 0.3) ** 2 + 0.1 * drawn / to_fidelity, {"drawn": drawn}, cost=(0.5 + drawn) * units)


def cheap() -> Chain:
    return Chain(0.0)


def slow() -> Chain:
    return Chain(0.01)


def parent() -> Chain:
    return Chain(0.005, lambda x: leave_children())


def leave_children() -> None:
    """Start processes and leave them: in this session, in one of their own, without an environment, as daemons.

    Their name says who started them.
    """
    sleep, name = shutil.which("sleep"), child_of(scene(), os.getpid())
    for more in (
        {},
        {"start_new_session": True},
        {"env": {}, "cwd": "/"},
        {"start_new_session": True, "env": {}, "cwd": "/", "preexec_fn": _leave_parent},
    ):
        child = subprocess.Popen([name, "900"], executable=sleep, stdin=subprocess.DEVNULL, **more)
        if "preexec_fn" in more:
            child.wait()
        else:
            child.returncode = 0  # or Popen would complain of what is left on purpose


def child_of(root: str | Path, pid: int) -> str:
    """What the children of a process are called."""
    return f"{root}/child-of-{pid}"


def _leave_parent() -> None:
    if os.fork():
        os._exit(0)


_EPOCHS = Fidelity("epochs", 1, 9, step=1)


def _problem(name: str, load: str, fidelity: Fidelity | None = None) -> ProblemInfo:
    return ProblemInfo(
        f"kills/{name}",
        name,
        f"{__name__}:{load}",
        Dimensions(floats=1, categoricals=1),
        Reference(0.0, "no loss is negative"),
        fidelity,
        noisy=True,
        costs=True,
    )


PROBLEMS = (
    _problem("cheap", "cheap"),
    _problem("slow", "slow"),
    _problem("epochs", "slow", _EPOCHS),
    _problem("cheap-epochs", "cheap", _EPOCHS),
    _problem("parent", "parent"),
)
