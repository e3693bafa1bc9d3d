"""The Gaussian-process optimizers keep the contract, whatever their settings."""

from typing import ClassVar

from hpobench_baselines.native import gp
from hpobench_tui.testing.optimizers import OptimizerConformance


class Gp(OptimizerConformance):
    info = gp.GP
    asks = 8


class TestGp(Gp):
    asks = 20


class TestExpectedImprovement(Gp):
    parameters: ClassVar = {"acquisition": "ei", "kernel": "matern32", "pending": "constant-liar", "initial": 3}


class TestProbabilityOfImprovement(Gp):
    parameters: ClassVar = {"acquisition": "pi", "kernel": "rbf", "initial": 3}


class TestConfidenceBound(Gp):
    parameters: ClassVar = {"acquisition": "ucb", "warp": "none", "initial": 3}


class TestThompson(Gp):
    parameters: ClassVar = {"acquisition": "thompson", "initial": 3}


class TestHedge(Gp):
    parameters: ClassVar = {"acquisition": "hedge", "initial": 3}


class TestNoisyImprovement(Gp):
    parameters: ClassVar = {"acquisition": "noisy-ei", "initial": 3}


class TestTurbo(OptimizerConformance):
    info = gp.TURBO
    parameters: ClassVar = {"initial": 5}
    asks = 20
