"""The descriptions of optimizers with what `benchmarks/own_time.py` measured of their own time (``costs.json``).

The file holds ask + tell in seconds: name → dimensions of the problem → (trial, seconds) pairs, as
``OptimizerInfo.cost`` has them.
"""

import json
from dataclasses import replace
from importlib.resources import files
from typing import TypeAlias

from hpobench_tui.core import OptimizerInfo

Costs: TypeAlias = dict[str, dict[int, tuple[tuple[int, float], ...]]]


def costs() -> Costs:
    """What was measured, by name."""
    read = json.loads((files("hpobench_baselines") / "costs.json").read_text(encoding="utf-8"))
    return {
        name: {
            int(dimensions): tuple((trial, seconds) for trial, seconds in pairs) for dimensions, pairs in rows.items()
        }
        for name, rows in read.items()
    }


def with_costs(infos: tuple[OptimizerInfo, ...]) -> tuple[OptimizerInfo, ...]:
    """Those that were measured know it."""
    measured = costs()
    return tuple(replace(info, cost=measured.get(info.name, {})) for info in infos)
