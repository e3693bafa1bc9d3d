"""hpobench-tui: hyperparameter optimizers under exactly equal budgets, live in a terminal and headless in CI.

``import hpobench_tui as hpo`` (docs/api.md): ``hpo.run``, ``hpo.open``, ``hpo.minimize``, each of which returns an
``hpo.Experiment``. They are imported when they are first used, and what they need only when it is.
"""

from importlib import import_module

__version__ = "0.1.0"
_MODULES = {
    "Experiment": "hpobench_tui.api.experiment",
    "HpobenchError": "hpobench_tui.core.errors",
    "HpobenchWarning": "hpobench_tui.api.watch",
    "check": "hpobench_tui.api.check",
    "minimize": "hpobench_tui.api.functions",
    "open": "hpobench_tui.api.start",
    "run": "hpobench_tui.api.start",
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
