"""Public conformance suites: a new problem or optimizer passes them in three lines of test.

The optimizers' suite needs pytest, so both are imported when they are first named: ``hpobench selfcheck`` needs none.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpobench_tui.testing.optimizers import OptimizerConformance
    from hpobench_tui.testing.problems import ProblemConformance

__all__ = ["OptimizerConformance", "ProblemConformance"]


def __getattr__(name: str) -> type:
    match name:
        case "OptimizerConformance":
            from hpobench_tui.testing.optimizers import OptimizerConformance

            return OptimizerConformance
        case "ProblemConformance":
            from hpobench_tui.testing.problems import ProblemConformance

            return ProblemConformance
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
