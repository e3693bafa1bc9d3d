"""Our own optimizers keep the contract."""

import pytest

from hpobench_baselines import native
from hpobench_tui.core import HpobenchError, OptimizerInfo
from hpobench_tui.plugins import build_optimizer
from hpobench_tui.testing.by_hand import task
from hpobench_tui.testing.optimizers import OptimizerConformance

NEEDING = [info for info in native.OPTIMIZERS if info.capabilities.needs_fidelity]


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


@pytest.mark.parametrize("info", NEEDING, ids=[info.name for info in NEEDING])
def test_what_needs_a_fidelity_refuses_a_problem_without(info: OptimizerInfo) -> None:
    with pytest.raises(HpobenchError, match="needs a problem with a fidelity"):
        build_optimizer(info, task(info, {"x": (0.0, 1.0)}))
