"""The Gaussian-process optimizers keep the contract, whatever their settings."""

from typing import ClassVar

from hpobench_baselines.native import gp
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestGp(OptimizerConformance):
    info = gp.GP
    asks = 20


class TestExpectedImprovement(OptimizerConformance):
    info = gp.GP
    parameters: ClassVar = {"acquisition": "ei", "kernel": "matern32", "pending": "constant-liar", "initial": 3}
    asks = 8


class TestProbabilityOfImprovement(OptimizerConformance):
    info = gp.GP
    parameters: ClassVar = {"acquisition": "pi", "kernel": "rbf", "initial": 3}
    asks = 8


class TestConfidenceBound(OptimizerConformance):
    info = gp.GP
    parameters: ClassVar = {"acquisition": "ucb", "warp": "none", "initial": 3}
    asks = 8


class TestThompson(OptimizerConformance):
    info = gp.GP
    parameters: ClassVar = {"acquisition": "thompson", "initial": 3}
    asks = 8


class TestHedge(OptimizerConformance):
    info = gp.GP
    parameters: ClassVar = {"acquisition": "hedge", "initial": 3}
    asks = 8


class TestNoisyImprovement(OptimizerConformance):
    info = gp.GP
    parameters: ClassVar = {"acquisition": "noisy-ei", "initial": 3}
    asks = 8


class TestTurbo(OptimizerConformance):
    info = gp.TURBO
    parameters: ClassVar = {"initial": 5}
    asks = 20
