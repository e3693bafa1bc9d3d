"""Our own optimizers keep the contract."""

from hpobench_baselines import native
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestGrid(OptimizerConformance):
    info = native.GRID
    seedless = True


class TestRandom(OptimizerConformance):
    info = native.RANDOM


class TestSuccessiveHalving(OptimizerConformance):
    info = native.SUCCESSIVE_HALVING
    asks = 40


class TestHyperband(OptimizerConformance):
    info = native.HYPERBAND
    asks = 60
