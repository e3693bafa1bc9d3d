"""Public conformance suites: a new problem or optimizer passes them in three lines of test (needs pytest)."""

from hpobench_tui.testing.optimizers import OptimizerConformance
from hpobench_tui.testing.problems import ProblemConformance

__all__ = ["OptimizerConformance", "ProblemConformance"]
