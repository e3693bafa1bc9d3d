"""An experiment to JSON and back, exactly."""

import json
from dataclasses import asdict, astuple, fields

from hpobench_tui.core.budget import Budget
from hpobench_tui.core.experiment import Contender, Experiment, Limits, Shape
from hpobench_tui.core.own_code import from_plain, to_plain
from hpobench_tui.core.shards import Shard
from hpobench_tui.core.simulation import Simulation

LATER = ("only", "shard", "earlier", "code", "together", "curves", "evaluations", "synchronous")
"""What is written only where it says something: earlier versions of the program do not know it."""


def experiment_to_json(experiment: Experiment) -> str:
    """All that it holds, by name. Amounts of budgets are written as exact fractions."""
    written = {
        "contenders": [[c.optimizer, c.label, dict(c.parameters)] for c in experiment.contenders],
        "budgets": {problem: [str(b.amount), b.unit] for problem, b in experiment.budgets.items()},
        "limits": astuple(experiment.limits),
        "simulation": asdict(experiment.simulation) if experiment.simulation else None,
        "code": to_plain(experiment.code),
    }
    names = [field.name for field in fields(Experiment) if field.name not in LATER or getattr(experiment, field.name)]
    return json.dumps({name: written[name] if name in written else getattr(experiment, name) for name in names})


def experiment_from_json(text: str) -> Experiment:
    """Raises what a text that is no experiment comes to: ``ValueError``, ``KeyError``, ``HpobenchError``, …"""
    data = json.loads(text)  # without a report in stores of 2026-11
    read = {
        "problems": tuple(data["problems"]),
        "contenders": tuple(Contender(*c) for c in data["contenders"]),
        "budgets": {problem: Budget.of(*b) for problem, b in data["budgets"].items()},
        "limits": Limits(*data["limits"]),
        "simulation": Simulation(**data["simulation"]) if data["simulation"] else None,
        "skipped": tuple((problem, label, reason) for problem, label, reason in data["skipped"]),
        "notes": tuple(data["notes"]),
        "only": None if data.get("only") is None else tuple(map(int, data["only"])),
        "shard": None if data.get("shard") is None else Shard(*map(int, data["shard"])),
        "earlier": tuple(Shape(*map(int, shape)) for shape in data.get("earlier", ())),
        **({"code": from_plain(data["code"])} if "code" in data else {}),
    }
    return Experiment(**{**data, **read})
