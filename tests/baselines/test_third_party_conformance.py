"""The adapters keep the contract."""

from typing import ClassVar

import pytest

from hpobench_baselines import third_party
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestOptunaTPE(OptimizerConformance):
    info = third_party.OPTUNA_TPE
    parameters: ClassVar = {"n_startup_trials": 5}


class TestOptunaTPEMultivariate(OptimizerConformance):
    info = third_party.OPTUNA_TPE
    parameters: ClassVar = {"n_startup_trials": 5, "multivariate": True}
    asks = 20


class TestSkoptGP(OptimizerConformance):
    info = third_party.SKOPT_GP
    parameters: ClassVar = {"n_initial_points": 3}
    asks = 6


class TestBayesianOptimization(OptimizerConformance):
    info = third_party.BAYESIAN_OPTIMIZATION
    parameters: ClassVar = {"init_points": 3}
    asks = 5


@pytest.mark.e2e  # a name server, a master and a worker each time
class TestHpBandSterBOHB(OptimizerConformance):
    info = third_party.HPBANDSTER_BOHB
    asks = 25


@pytest.mark.slow  # the same adapter as BOHB's
class TestHpBandSterHyperband(OptimizerConformance):
    info = third_party.HPBANDSTER_HYPERBAND
    asks = 15
