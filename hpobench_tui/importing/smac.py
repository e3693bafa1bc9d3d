"""Run folders of SMAC: ``runhistory.json`` with ``scenario.json``, of SMAC3 2 and 1.

An entry of the run history is a trial, in the order in which they ended. Budgets are fidelities; several seeds or
instances of one configuration make a problem noisy. Crashed and timed-out ones have failed. Several objectives are
refused: a run has one loss.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Any

from hpobench_tui.core.budget import Unit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.importing.budgets import Scale, scale
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial
from hpobench_tui.importing.folder import Folder, number, packed
from hpobench_tui.importing.options import only

DESCRIPTION = "a run folder of SMAC: runhistory.json"
FILE = "runhistory.json"
RUNNING, SUCCESS = "RUNNING", "SUCCESS"
STATUSES = (RUNNING, SUCCESS, "CRASHED", "TIMEOUT", "MEMORYOUT")
"""By the numbers of SMAC3 2 (``smac.runhistory.enumerations.StatusType``)."""
OLD = (SUCCESS, "TIMEOUT", "CRASHED", "ABORT", "MEMOUT", "CAPPED", RUNNING)
"""Names of SMAC3 1."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One of the run history."""

    configuration: str
    budget: float | None
    cost: object
    status: str
    seconds: float | None
    end: float
    instance: object
    seed: object
    info: object


def recognises(path: Path) -> bool:
    """Whether there is a run history."""
    if path.is_dir() or packed(path):
        return bool(_histories(Folder(path)))
    return path.name == FILE


def runs(path: Path, options: Mapping[str, str]) -> Iterator[ImportedRun]:
    """A run a run history, in the order of their folders.

    Raises:
        HpobenchError: one is not what SMAC writes.
    """
    only(options, DESCRIPTION)
    folder = Folder(path)
    names = [path.name] if path.is_file() and not packed(path) else _histories(folder)
    if not names:
        raise HpobenchError(f"{path}: there is no {FILE} in it.")
    for name in names:
        yield _run(folder, name)


def _histories(folder: Folder) -> list[str]:
    return [name for name in folder.ending(FILE) if name.rpartition("/")[2] == FILE]


def _run(folder: Folder, name: str) -> ImportedRun:
    where, history = folder.where(name), folder.json(name)
    if not (isinstance(history, dict) and isinstance(history.get("data"), list)):
        raise HpobenchError(f"{where}: a run history has data, a list, and configs; this one has not.")
    configurations = history.get("configs")
    if not isinstance(configurations, dict):
        raise HpobenchError(f"{where}: it has no configs.")
    scenario = _scenario(folder, name)
    entries = [_entry(each, f"{where}: entry {place}") for place, each in enumerate(history["data"])]
    entries = sorted((each for each in entries if each.status != RUNNING), key=lambda each: each.end)
    budgets = [each.budget for each in entries if each.budget is not None]
    if budgets and len(budgets) < len(entries):
        raise HpobenchError(f"{where}: some entries have a budget and some have none.")
    levels = scale(budgets, [scenario.get("min_budget"), scenario.get("max_budget")], where)
    again = len({each.configuration for each in entries}) < len(
        {(each.configuration, str(each.instance), str(each.seed)) for each in entries}
    )
    title = scenario.get("name")
    problem = title if isinstance(title, str) and title else (_folder_of(name) or folder.path.resolve().stem)
    return ImportedRun(
        problem, "smac", _trials(entries, configurations, levels, where),
        unit=Unit.FIDELITY if levels else Unit.EVALUATIONS,
        fidelity=levels.name if levels else None, minimum=levels.least if levels else 1,
        maximum=levels.most if levels else None, noisy=again, notes=levels.notes if levels else (),
    )  # fmt: skip


def _folder_of(name: str) -> str:
    return name.rpartition("/")[0].rpartition("/")[2]


def _scenario(folder: Folder, name: str) -> Mapping[str, Any]:
    found = folder.beside(name, "scenario.json")
    told = folder.json(found) if found else {}
    return told if isinstance(told, dict) else {}


def _entry(told: object, where: str) -> _Entry:
    if isinstance(told, dict):  # SMAC3 2.3 and later
        cells: Sequence[object] = [
            told.get(key)
            for key in ("config_id", "instance", "seed", "budget", "cost", "time", "status", "starttime", "endtime",
                        "additional_info")
        ]  # fmt: skip
    elif isinstance(told, list) and len(told) == 2 and all(isinstance(part, list) for part in told):  # SMAC3 1
        (key, value) = told
        cells = [*key, *[None] * (4 - len(key)), *value]
    elif isinstance(told, list):  # SMAC3 2.0 to 2.2, which has cpu_time from 2.2 on
        cells = told[:6] + told[7:] if len(told) == 11 else told
    else:
        cells = ()
    if len(cells) < 7:
        raise HpobenchError(f"{where} is no entry of a run history: {shown(str(told))}.")
    identity, instance, seed, budget, cost, seconds, status, _start, end, info = [*cells, None, None, None][:10]
    return _Entry(
        str(identity),
        None if budget in (None, 0, 0.0) else number(budget, where, "budget"),
        cost,
        _status(status, where),
        None if seconds is None else max(0.0, number(seconds, where, "time")),
        inf if end is None else number(end, where, "endtime"),
        instance,
        seed,
        info,
    )


def _status(told: object, where: str) -> str:
    if isinstance(told, dict):  # {"__enum__": "StatusType.SUCCESS"}
        told = str(told.get("__enum__", "")).rpartition(".")[2]
    if isinstance(told, int) and not isinstance(told, bool) and 0 <= told < len(STATUSES):
        return STATUSES[told]
    if isinstance(told, str) and told in {*STATUSES, *OLD}:
        return told
    raise HpobenchError(f"{where}: status must be one of 0 to {len(STATUSES) - 1}, not {shown(str(told))}.")


def _trials(
    entries: Sequence[_Entry], configurations: Mapping[str, Any], levels: Scale | None, where: str
) -> Iterator[ImportedTrial]:
    for place, entry in enumerate(entries):
        here = f"{where}: configuration {entry.configuration}"
        configuration = configurations.get(entry.configuration)
        if not isinstance(configuration, dict):
            raise HpobenchError(f"{here} is in data but not in configs.")
        if isinstance(entry.cost, list) and len(entry.cost) > 1:
            raise HpobenchError(f"{here} has {len(entry.cost)} costs; a run has one loss.")
        cost = entry.cost[0] if isinstance(entry.cost, list) and entry.cost else entry.cost
        loss = number(cost, here, "cost") if entry.status == SUCCESS else None
        failed = loss is None or not isfinite(loss)
        yield ImportedTrial(
            place,
            {str(key): value for key, value in configuration.items() if value is not None},
            None if failed else loss,
            fidelity=levels.of(entry.budget) if levels and entry.budget is not None else None,
            seconds=entry.seconds,
            status=TrialStatus.FAILED if failed else TrialStatus.DONE,
            error=_reason(entry) if failed else None,
        )


def _reason(entry: _Entry) -> str:
    info = entry.info if isinstance(entry.info, dict) else {}
    said, traceback = str(info.get("error", "")), str(info.get("traceback", ""))
    first = ": ".join(filter(None, [entry.status if entry.status != SUCCESS else "no finite cost", said]))
    return f"{first}\n{traceback}" if traceback else first
