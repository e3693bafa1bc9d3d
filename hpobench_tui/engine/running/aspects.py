"""The kinds of process-wide state that a run may change, each with how to read it and how to put it back.

:mod:`hpobench_tui.engine.running.process_state` says what becomes of differences. Not looked at: ``atexit``
functions, which a worker never calls, and what a plug-in's own modules and classes hold, random generators apart.
"""

import decimal
import gc
import locale
import logging
import math
import multiprocessing
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from hpobench_tui.executors import family

Values: TypeAlias = dict[str, Any]
"""What an aspect consists of, by name: only what differs is told and put back."""
ABSENT = object()
LIMITS = {name: getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")}
TIMERS = {"ITIMER_REAL": signal.ITIMER_REAL, "ITIMER_VIRTUAL": signal.ITIMER_VIRTUAL, "ITIMER_PROF": signal.ITIMER_PROF}
SIGNALS = {
    number.name if isinstance(number, signal.Signals) else f"SIG{number}": int(number)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
}


@dataclass(frozen=True)
class Aspect:
    """One kind of process-wide state.

    Attributes:
        name: For a person; the names of single values come after it.
        read: Its values now, by name. Costs microseconds.
        write: Puts back what is given, by name; :data:`ABSENT` where there was none. None where that cannot be done.
        module: Its values are there once this module is imported.
        quiet: Imports change it as a matter of course, and nothing is lost where that is taken back.
        kept: Imports change it as a matter of course, and need what they did.
    """

    name: str
    read: Callable[[], Values]
    write: Callable[[Values], object] | None = None
    module: str | None = None
    quiet: bool = False
    kept: bool = False


def _directory() -> Values:
    try:
        return {"": os.getcwd()}
    except OSError:
        return {"": None}  # it was removed


def _write_environment(values: Values) -> None:
    for name, value in values.items():
        if value is ABSENT:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if "TZ" in values:
        time.tzset()


def _umask() -> Values:
    mask = os.umask(0o077)
    os.umask(mask)
    return {"": mask}


def _signals() -> Values:
    return {name: signal.getsignal(number) for name, number in SIGNALS.items()}


def _write_signals(values: Values) -> None:
    for name, handler in values.items():
        signal.signal(SIGNALS[name], handler)


def _timers() -> Values:
    return {name: any(signal.getitimer(which)) for name, which in TIMERS.items()}


def _write_timers(values: Values) -> None:
    for name in values:  # a worker has none of its own
        signal.setitimer(TIMERS[name], 0)


def _write_numpy_errors(values: Values) -> None:
    call = values.pop("call", ABSENT)
    np.seterr(**values)
    if call is not ABSENT:
        np.seterrcall(call)


def _decimals() -> Values:
    context = decimal.getcontext()
    settings = {name: getattr(context, name) for name in ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")}
    return settings | {"traps": dict(context.traps)}


def _write_decimals(values: Values) -> None:
    for name, value in values.items():
        setattr(decimal.getcontext(), name, value)


def _interpreter() -> Values:
    return {
        "sys.path": list(sys.path), "sys.argv": list(sys.argv), "sys.stdin": sys.stdin, "sys.stdout": sys.stdout,
        "sys.stderr": sys.stderr, "sys.excepthook": sys.excepthook, "sys.displayhook": sys.displayhook,
        "sys.unraisablehook": sys.unraisablehook, "threading.excepthook": threading.excepthook,
        "sys.setrecursionlimit": sys.getrecursionlimit(), "sys.setswitchinterval": sys.getswitchinterval(),
        "sys.setprofile": sys.getprofile(), "sys.settrace": sys.gettrace(), "threading.settrace": threading.gettrace(),
        "threading.setprofile": threading.getprofile(), "sys.set_int_max_str_digits": sys.get_int_max_str_digits(),
        "sys.dont_write_bytecode": sys.dont_write_bytecode, "socket.setdefaulttimeout": socket.getdefaulttimeout(),
        "tempfile.tempdir": tempfile.gettempdir(), "warnings.formatwarning": warnings.formatwarning,
        "multiprocessing.set_start_method": multiprocessing.get_start_method(allow_none=True),
    }  # fmt: skip


def _write_interpreter(values: Values) -> None:
    for name, value in values.items():
        module, _, attribute = name.partition(".")
        owner = sys.modules[module]
        if isinstance(value, list):
            getattr(owner, attribute)[:] = value
        elif owner is multiprocessing:
            multiprocessing.set_start_method(value, force=True)
        elif attribute.startswith("set"):
            getattr(owner, attribute)(value)
        else:
            setattr(owner, attribute, value)


def _import_hooks() -> Values:
    return {"sys.meta_path": list(sys.meta_path), "sys.path_hooks": list(sys.path_hooks)}


def _logging() -> Values:
    root = logging.root
    return {"level": root.level, "handlers": list(root.handlers), "disable": root.manager.disable}


def _write_logging(values: Values) -> None:
    for name, value in values.items():
        if name == "handlers":
            logging.root.handlers[:] = value
        elif name == "level":
            logging.root.setLevel(value)
        else:
            logging.disable(value)


def _collector() -> Values:
    return {"enabled": gc.isenabled(), "threshold": gc.get_threshold(), "debug": gc.get_debug()}


def _write_collector(values: Values) -> None:
    for name, value in values.items():
        if name == "enabled":
            (gc.enable if value else gc.disable)()
        else:
            getattr(gc, f"set_{name}")(*(value if isinstance(value, tuple) else (value,)))


def _write_limits(values: Values) -> None:
    for name, value in values.items():
        resource.setrlimit(LIMITS[name], value)


def _write_warnings(values: Values) -> None:
    if "showwarning" in values:
        warnings.showwarning = values["showwarning"]
    if "filters" in values:
        warnings.resetwarnings()  # tells those who remember which filter applied
        warnings.filters[:] = values["filters"]  # type: ignore[index]


def _torch() -> Values:
    torch = sys.modules["torch"]
    return {
        "default dtype": torch.get_default_dtype(), "default device": str(torch.get_default_device()),
        "number of threads": torch.get_num_threads(), "gradients": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(), "anomaly detection": torch.is_anomaly_enabled(),
        "deterministic algorithms": (
            torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
        ),
        "float32 matmul precision": torch.get_float32_matmul_precision(), "autocast": torch.is_autocast_enabled("cpu"),
        **{f"cudnn.{flag}": getattr(torch.backends.cudnn, flag) for flag in CUDNN},
    }  # fmt: skip


CUDNN = ("enabled", "benchmark", "deterministic", "allow_tf32")


def _write_torch(values: Values) -> None:
    torch = sys.modules["torch"]
    writers: Mapping[str, Callable[[Any], object]] = {
        "default dtype": torch.set_default_dtype,
        "default device": lambda device: torch.set_default_device(None if device == "cpu" else device),
        "number of threads": torch.set_num_threads,
        "gradients": torch.set_grad_enabled,
        "anomaly detection": torch.autograd.set_detect_anomaly,
        "deterministic algorithms": lambda flags: torch.use_deterministic_algorithms(flags[0], warn_only=flags[1]),
        "float32 matmul precision": torch.set_float32_matmul_precision,
        "autocast": lambda enabled: torch.set_autocast_enabled("cpu", enabled),
        **{f"cudnn.{flag}": lambda value, flag=flag: setattr(torch.backends.cudnn, flag, value) for flag in CUDNN},  # type: ignore[misc]
    }
    for name, value in values.items():
        writers[name](value)


def _sklearn() -> Values:
    return dict(sys.modules["sklearn"].get_config())


def _descriptors() -> Values:
    """The lowest number that is free, which a descriptor left open would have taken, and where the standard ones lead.

    A hundredth of what listing them costs.
    """
    free = os.dup(2)
    os.close(free)
    return {"": (free, *((status.st_dev, status.st_ino) for status in map(os.fstat, range(3))))}


def _threads() -> Values:
    names = dict.fromkeys(thread.name for thread in threading.enumerate())
    names.pop("tqdm_monitor", None)  # of progress bars; it touches nothing else
    return names


def _children() -> Values:
    """Processes that this one started, or that theirs left to it, by number. Empty where /proc does not tell.

    But for the tracker of ``multiprocessing``, which does not touch anything, and cleans up when this one ends.
    """
    if not family.has_children():
        return {}  # the usual case, at a fiftieth of the cost
    return {str(child): None for child in family.children() if not family.is_helper(child, family.TRACKER)}


def _write_children(values: Values) -> None:
    others = _children().keys() - values.keys()
    family.end(lambda: set(map(int, _children().keys() - others)))


def _cores() -> Values:
    return {"": os.sched_getaffinity(0)} if hasattr(os, "sched_getaffinity") else {}


def _arithmetic() -> Values:
    smallest = np.float64(math.ulp(0.0))
    return {"": bool(smallest * np.float64(1.0) > 0)}


ASPECTS = (
    Aspect("working directory", _directory, lambda values: os.chdir(values[""])),
    Aspect("environment variable", lambda: dict(os.environ), _write_environment),
    Aspect("file mode mask (umask)", _umask, lambda values: os.umask(values[""])),
    Aspect(
        "locale",
        lambda: {"": locale.setlocale(locale.LC_ALL)},
        lambda values: locale.setlocale(locale.LC_ALL, values[""]),
    ),
    Aspect("signal handler", _signals, _write_signals),
    Aspect(
        "blocked signals",
        lambda: {"": signal.pthread_sigmask(signal.SIG_BLOCK, ())},
        lambda values: signal.pthread_sigmask(signal.SIG_SETMASK, values[""]),
    ),
    Aspect("interval timer", _timers, _write_timers),
    Aspect("NumPy error state", lambda: {**np.geterr(), "call": np.geterrcall()}, _write_numpy_errors),
    Aspect("NumPy print options", lambda: dict(np.get_printoptions()), lambda values: np.set_printoptions(**values)),
    Aspect(
        "NumPy global bit generator",
        lambda: {"": np.random.get_bit_generator()},  # type: ignore[attr-defined]
        lambda values: np.random.set_bit_generator(values[""]),  # type: ignore[attr-defined]
    ),
    Aspect("decimal context", _decimals, _write_decimals),
    Aspect("torch", _torch, _write_torch, module="torch"),
    Aspect("scikit-learn", _sklearn, lambda values: sys.modules["sklearn"].set_config(**values), module="sklearn"),
    Aspect(
        "warnings",
        lambda: {"filters": list(warnings.filters), "showwarning": warnings.showwarning},
        _write_warnings,
        quiet=True,
    ),
    Aspect("interpreter", _interpreter, _write_interpreter),
    Aspect("import hook", _import_hooks, _write_interpreter, kept=True),
    Aspect("root logger", _logging, _write_logging),
    Aspect("garbage collector", _collector, _write_collector),
    Aspect(
        "resource limit",
        lambda: {name: resource.getrlimit(limit) for name, limit in LIMITS.items()},
        _write_limits,
    ),
    Aspect("priority", lambda: {"": os.getpriority(os.PRIO_PROCESS, 0)}),
    Aspect("cores", _cores, lambda values: os.sched_setaffinity(0, values[""])),
    Aspect("open file descriptor", _descriptors),
    Aspect("thread", _threads),
    Aspect("child process", _children, _write_children),
    Aspect("subnormal arithmetic", _arithmetic),
)
