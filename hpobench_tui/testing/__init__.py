"""Public conformance suites: a new problem or optimizer passes them in three lines of test.

The optimizers' suite needs pytest, so both are imported when they are first named: ``hpobench selfcheck`` needs none.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpobench_tui.testing.optimizers import OptimizerConformance
    from hpobench_tui.testing.problems import ProblemConformance

__all__ = ["OptimizerConformance", "ProblemConformance"]
_HOMES = {"OptimizerConformance": "optimizers", "ProblemConformance": "problems"}


def __getattr__(name: str) -> type:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    suite: type = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return suite
