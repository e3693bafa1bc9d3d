"""The recorded trials of a run, as a worker needs them to go on where it stopped."""

import json
from collections import defaultdict
from typing import Any

from hpobench_tui.core.configuration import from_json
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.engine.messages import Recorded
from hpobench_tui.store.writer import Writer

COLUMNS = (
    "number, status, configuration, fidelity, target, bracket, rung, continues, loss, truth, reference,"
    " metrics, cost, clock_end, ask_seconds, tell_seconds, error"
)


def recorded_trials(store: Writer, run: int) -> tuple[Recorded, ...]:
    """Everything recorded of a run, in order, with the reports of its trials.

    Raises:
        HpobenchError: a row is damaged.
    """
    try:
        return _recorded(store, run)
    except (TypeError, ValueError) as error:
        raise HpobenchError(f"the trials of run {run} are damaged: {type(error).__name__}: {error}") from error


def _recorded(store: Writer, run: int) -> tuple[Recorded, ...]:
    reports: dict[Any, list[tuple[Any, Any, Any]]] = defaultdict(list)
    for trial, fidelity, loss, metrics in store.execute(
        "SELECT trial, fidelity, loss, metrics FROM report WHERE run = ? ORDER BY trial, fidelity", run
    ):
        reports[trial].append((fidelity, loss, json.loads(str(metrics or "{}"))))
    rows: list[tuple[Any, ...]] = store.execute(f"SELECT {COLUMNS} FROM trial WHERE run = ? ORDER BY number", run)
    return tuple(
        Recorded(
            number=row[0],
            status=TrialStatus(row[1]),
            configuration=from_json(row[2]),
            fidelity=row[3],
            target=row[4],
            bracket=row[5],
            rung=row[6],
            continues=row[7],
            loss=row[8],
            truth=row[9],
            reference=row[10],
            metrics=json.loads(row[11] or "{}"),
            cost=row[12],
            clock_end=row[13],
            ask_seconds=row[14],
            tell_seconds=row[15],
            error=row[16],
            reports=tuple(reports[row[0]]),
        )
        for row in rows
    )
