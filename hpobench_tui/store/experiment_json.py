"""An experiment to JSON and back, exactly."""

import json
from dataclasses import asdict

from hpobench_tui.core.budget import Budget
from hpobench_tui.core.experiment import Contender, Experiment, Limits
from hpobench_tui.core.simulation import Simulation


def experiment_to_json(experiment: Experiment) -> str:
    """Amounts of budgets are written as exact fractions."""
    return json.dumps(
        {
            "name": experiment.name,
            "problems": experiment.problems,
            "contenders": [[c.optimizer, c.label, dict(c.parameters)] for c in experiment.contenders],
            "budgets": {problem: [str(b.amount), b.unit] for problem, b in experiment.budgets.items()},
            "repetitions": experiment.repetitions,
            "seed": experiment.seed,
            "device": experiment.device,
            "workers": experiment.workers,
            "limits": [experiment.limits.ask_seconds, experiment.limits.trial_seconds, experiment.limits.memory_mb],
            "simulation": asdict(experiment.simulation) if experiment.simulation else None,
            "record": experiment.record,
            "report": experiment.report,
            "skipped": experiment.skipped,
            "notes": experiment.notes,
        }
    )


def experiment_from_json(text: str) -> Experiment:
    data = json.loads(text)
    return Experiment(
        name=data["name"],
        problems=tuple(data["problems"]),
        contenders=tuple(Contender(*c) for c in data["contenders"]),
        budgets={problem: Budget.of(*b) for problem, b in data["budgets"].items()},
        repetitions=data["repetitions"],
        seed=data["seed"],
        device=data["device"],
        workers=data["workers"],
        limits=Limits(*data["limits"]),
        simulation=Simulation(**data["simulation"]) if data["simulation"] else None,
        record=data["record"],
        report=data.get("report"),  # stores of 2026-11 have none
        skipped=tuple((problem, label, reason) for problem, label, reason in data["skipped"]),
        notes=tuple(data["notes"]),
    )
