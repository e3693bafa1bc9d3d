"""The plug-in's own tests: three lines each."""

from hpobench_tiny import HILL_CLIMBER, SPHERE

from hpobench_tui.testing import OptimizerConformance, ProblemConformance


class TestHillClimber(OptimizerConformance):
    info = HILL_CLIMBER


class TestSphere(ProblemConformance):
    info = SPHERE
