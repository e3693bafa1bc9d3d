"""The descriptions of optimizers with what was measured of their own time (``costs.py``)."""

from dataclasses import replace

from hpobench_baselines.costs import COSTS
from hpobench_tui.core import OptimizerInfo


def with_costs(infos: tuple[OptimizerInfo, ...]) -> tuple[OptimizerInfo, ...]:
    """Those that were measured know it."""
    return tuple(replace(info, cost=COSTS.get(info.name, {})) for info in infos)
