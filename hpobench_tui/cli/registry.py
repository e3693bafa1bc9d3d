"""What is wrong with plug-ins, on standard error."""

import sys

from hpobench_tui.core.command import CommandInfo
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.plugins import Registry


def print_broken(registry: Registry[ProblemInfo] | Registry[OptimizerInfo] | Registry[CommandInfo]) -> None:
    """Name every broken plug-in with the reason."""
    for owner, reason in registry.broken.items():
        print(f"broken plug-in {owner}: {reason}", file=sys.stderr)
