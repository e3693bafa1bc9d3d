"""Optimizers."""

from hpobench_tui.core import OptimizerInfo

OPTIMIZERS: tuple[OptimizerInfo, ...] = ()
