"""The Gaussian-process optimizers keep the contract, whatever their settings."""

from typing import ClassVar

from hpobench_baselines.native import gp
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestGp(OptimizerConformance):
    info = gp.GP


class TestExpectedImprovement(OptimizerConformance):
    info = gp.GP
    parameters: ClassVar = {"acquisition": "ei", "kernel": "matern32", "pending": "constant-liar", "initial": 4}
    asks = 12


class TestProbabilityOfImprovement(OptimizerConformance):
    info = gp.GP
    parameters: ClassVar = {"acquisition": "pi", "kernel": "rbf", "initial": 4}
    asks = 12


class TestConfidenceBound(OptimizerConformance):
    info = gp.GP
    parameters: ClassVar = {"acquisition": "ucb", "warp": "none", "initial": 4}
    asks = 12


class TestThompson(OptimizerConformance):
    info = gp.GP
    parameters: ClassVar = {"acquisition": "thompson", "initial": 4}
    asks = 10


class TestHedge(OptimizerConformance):
    info = gp.GP
    parameters: ClassVar = {"acquisition": "hedge", "initial": 4}
    asks = 10


class TestNoisyImprovement(OptimizerConformance):
    info = gp.GP
    parameters: ClassVar = {"acquisition": "noisy-ei", "initial": 4}
    asks = 10
