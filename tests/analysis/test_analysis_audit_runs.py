"""The audit of what the engine really wrote, in every unit, on both clocks, thinned and whole."""

from dataclasses import replace
from pathlib import Path

import pytest

from experiments import experiment, run
from hpobench_tui.analysis.audit import audit
from hpobench_tui.core import Budget
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.store.reader import Reader

MULTI_FIDELITY, NOISY = "synthetic/branin-mf", "bandits/bernoulli-2"
ROUGH = Simulation(workers=4, synchronous=True, start_seconds=0.5, stop_seconds=0.25, straggler_rate=0.2,
                   straggler_factor=4.0, failure_rate=0.1)  # fmt: skip


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("problem", "amount", "unit", "simulation", "record"),
    [
        (MULTI_FIDELITY, 300, "simulated-seconds", ROUGH, None),
        (MULTI_FIDELITY, 300, "device-seconds", ROUGH, None),
        (MULTI_FIDELITY, 1000, "fidelity-continued", Simulation(workers=3, charge_optimizer=True), None),
        (MULTI_FIDELITY, 0.02, "device-seconds", None, None),
        (MULTI_FIDELITY, 20_000, "fidelity-continued", None, 20),
        (NOISY, 3000, "evaluations", None, 50),
        (NOISY, 3000, "evaluations", None, None),
    ],
)
def test_what_the_engine_writes_balances(
    tmp_path: Path, problem: str, amount: float, unit: str, simulation: Simulation | None, record: int | None
) -> None:
    optimizers = ["random", "hyperband"] if problem == MULTI_FIDELITY else ["ucb1"]
    budgets = {problem: Budget.of(amount, unit)}
    made = replace(
        experiment([problem], optimizers, 1, "evaluations"), budgets=budgets, simulation=simulation, record=record
    )
    with Reader(run(made, tmp_path)) as reader:
        rows = audit(reader)
    assert [row.text for row in rows if not row.holds] == []
    assert all(row.ledger == row.budget for row in rows)
    assert all((row.recorded < row.trials) == (record is not None) for row in rows)
