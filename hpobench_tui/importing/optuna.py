"""Studies of an Optuna storage: an SQLite file of any version that Optuna can bring up to date, or a journal.

An SQLite file is read in a copy, so that it stays as it is; a journal line by line. Neither holds a pickle, and what
does (Redis, samplers) is not read. A study is a run; its problem is its name, unless ``--columns`` names user
attributes of studies that say it: ``problem=task,label=sampler,repetition=seed``, or a text in quotes that all have.

A maximised value is turned round. Of a study with intermediate values steps are the fidelity: a complete trial has the
largest, a pruned one that of its last value, which is its loss.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any

from hpobench_tui.core.budget import Unit
from hpobench_tui.core.configuration import as_value
from hpobench_tui.core.describe import message
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown, some
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.importing.columns import pairs
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial
from hpobench_tui.importing.folder import number, whole

DESCRIPTION = "an Optuna storage: an SQLite file, or a journal"
SQLITE = b"SQLite format 3\0"
TABLES = (b"studies", b"trial_params")
HEAD = 1 << 17
PREFIX = "hpobench:"
"""Of the attributes that our own export writes."""
KEYS = ("problem", "label", "repetition")
MISSING = "an Optuna storage is read by Optuna; install with: pip install 'hpobench-tui[optuna]'"


def recognises(path: Path) -> bool:
    """Whether it begins like one."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if head.startswith(SQLITE):
        return all(table in head for table in TABLES)
    first = head.partition(b"\n")[0].strip()
    return first.startswith(b"{") and b'"op_code"' in first and b'"worker_id"' in first


def runs(path: Path, options: Mapping[str, str]) -> Iterator[ImportedRun]:
    """A run a study.

    Args:
        options: ``columns``: which user attributes of a study say its problem, label and repetition.

    Raises:
        HpobenchError: Optuna is not installed, or cannot read it; no study has a single objective.
    """
    wanted = _wanted(options.get("columns", ""))
    if not path.is_file():
        raise HpobenchError(f"{path} is a folder; name the file of the storage.")
    with _storage(path) as storage:
        studies = storage.get_all_studies()
        if not studies:
            raise HpobenchError(f"{path}: there is no study in it.")
        plain = [study for study in studies if len(study.directions) == 1]
        if not plain:
            raise HpobenchError(f"{path}: each of its studies has several objectives; runs have one loss.")
        left_out = [shown(study.study_name) for study in studies if len(study.directions) > 1]
        note = f"studies with several objectives are left out: {some(left_out)}" if left_out else ""
        for study in plain:
            yield _run(study, storage, wanted, note, path)


@contextmanager
def _storage(path: Path) -> Iterator[Any]:
    """The storage; what is wrong with it in our words."""
    try:
        import optuna
        from alembic.util import CommandError
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError as error:
        raise HpobenchError(MISSING) from error
    failures = (
        optuna.exceptions.OptunaError, SQLAlchemyError, CommandError, ValueError, KeyError, TypeError, RuntimeError,
        AttributeError, IndexError, AssertionError, ArithmeticError, OSError,
    )  # fmt: skip
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with path.open("rb") as stream:
            is_sqlite = stream.read(len(SQLITE)) == SQLITE
        if not is_sqlite:
            yield optuna.storages.JournalStorage(_journal(path))
            return
        with tempfile.TemporaryDirectory(prefix="hpobench-import-") as folder:
            copy = Path(folder) / "storage.sqlite"
            for ending in ("", "-wal", "-journal"):
                beside = path.with_name(path.name + ending)
                if beside.is_file():
                    shutil.copyfile(beside, copy.with_name(copy.name + ending))
            storage = optuna.storages.RDBStorage(
                f"sqlite:///{copy}", skip_compatibility_check=True, skip_table_creation=True
            )
            try:
                if storage.get_current_version() != storage.get_head_version():
                    storage.upgrade()
                yield storage
            finally:
                storage.remove_session()
                storage.engine.dispose()
    except failures as error:
        reason = " ".join(str(error).split())[:300]
        raise HpobenchError(f"{path} cannot be read by Optuna {optuna.__version__}: {reason}.") from error
    finally:
        optuna.logging.set_verbosity(level)


def _journal(path: Path) -> Any:
    """A journal that nobody writes to."""
    from optuna.storages.journal import BaseJournalBackend

    class Lines(BaseJournalBackend):  # type: ignore[misc]
        def __init__(self) -> None:
            self._count: int | None = None

        def append_logs(self, logs: list[dict[str, Any]]) -> None:
            raise RuntimeError("nothing is written to a journal that is imported")

        def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
            if self._count == log_number_from:
                return
            count = 0
            with path.open(encoding="utf-8") as lines:
                for count, line in enumerate(lines, 1):
                    if count <= log_number_from:
                        continue
                    try:
                        log = json.loads(line)
                    except ValueError:
                        if not line.endswith("\n"):
                            break  # cut off by a kill: Optuna does not count it either
                        raise HpobenchError(f"{path}:{count}: no line of a journal: {shown(line[:80])}.") from None
                    yield log
            self._count = count

    return Lines()


def _wanted(text: str) -> dict[str, str]:
    found = {}
    for key, value in pairs(text):
        if key not in KEYS:
            raise HpobenchError(f"--columns: of an Optuna study valid are {', '.join(KEYS)}, not {shown(key)}.")
        found[key] = value
    return found


def _run(study: Any, storage: Any, wanted: Mapping[str, str], note: str, path: Path) -> ImportedRun:
    from optuna.study import StudyDirection
    from optuna.trial import TrialState

    own = {k.removeprefix(PREFIX): v for k, v in study.user_attrs.items() if k.startswith(PREFIX)}
    where = f"{path}: study {shown(study.study_name)}"
    named = {"problem": own.get("problem", study.study_name), "label": own.get("label", "optuna"),
             "repetition": own.get("repetition")}  # fmt: skip
    for key, value in wanted.items():
        if value[0] == value[-1] and value[0] in "'\"":
            named[key] = value[1:-1]
        elif value in study.user_attrs:
            named[key] = study.user_attrs[value]
        else:
            there = some(sorted(study.user_attrs)) or "none"
            raise HpobenchError(f"{where} has no user attribute {shown(value)} (for {key}). There: {there}.")
    finished = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
    trials = [trial for trial in storage.get_all_trials(study._study_id, deepcopy=False) if trial.state in finished]
    sign = -1.0 if study.directions[0] is StudyDirection.MAXIMIZE else 1.0
    steps = [_step(step, f"{where}, trial {trial.number}") for trial in trials for step in trial.intermediate_values]
    has_fidelity = bool(own.get("fidelity")) if own else bool(steps)
    shift = 1 if steps and min(steps) < 1 else 0
    most = max(steps, default=0) + shift
    if own:
        ordered = sorted(trials, key=lambda trial: _place(trial, where))
        made = _made(ordered, where, lambda trial, place: _our_trial(trial, place, where))
    else:
        trials.sort(key=lambda trial: (trial.datetime_complete, trial.number))
        made = _made(trials, where, lambda trial, place: _trial(trial, place, sign, shift, most))
    try:
        unit = Unit(own.get("unit", Unit.EVALUATIONS))
    except ValueError as error:
        raise HpobenchError(f"{where}: {error}.") from error
    quanta, minimum = _whole(own, "quanta_per_unit", where, 1), _whole(own, "minimum", where, 1)
    evaluations, spendable = _whole(own, "evaluations", where), _whole(own, "budget", where)
    repetition = None if named["repetition"] is None else whole(named["repetition"], where, "repetition")
    budget = None if spendable is None else spendable / (quanta or 1)
    reference = own.get("reference") if own.get("measure") != "incumbent loss" else None
    if reference is not None:
        reference = number(reference, where, "reference")
    notes = [note] if note else []
    if sign < 0:
        notes.append("values were maximised: losses are their negatives")
    return ImportedRun(
        str(named["problem"]), str(named["label"]), made, repetition, unit, budget, evaluations,
        (str(own.get("fidelity", "")) or "steps") if has_fidelity else None, minimum or 1,
        quanta if unit is Unit.FULL_EVALUATIONS else most or None, reference, bool(own.get("noisy", False)),
        tuple(notes),
    )  # fmt: skip


def _made(trials: Sequence[Any], where: str, make: Callable[[Any, int], ImportedTrial]) -> Iterator[ImportedTrial]:
    """Trials, made of Optuna's, which takes a journal's values as they are."""
    for place, trial in enumerate(trials):
        try:
            yield make(trial, place)
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise HpobenchError(f"{where}, trial {trial.number}: {message(error)}.") from error


def _whole(own: Mapping[str, Any], key: str, where: str, least: int = 0) -> int | None:
    """One of the attributes that our export writes; anybody may have written this one."""
    return whole(own[key], where, f"{PREFIX}{key}", least) if own.get(key) is not None else None


def _step(step: Any, where: str) -> int:
    """Of an intermediate value: a fidelity is a whole number, a journal's step may be any."""
    if abs(value := number(step, where, "a step")) < 2**53 and value.is_integer():
        return int(value)
    raise HpobenchError(f"{where}: a step must be a whole number, not {shown(str(step))}.")


def _place(trial: Any, where: str) -> int:
    """Its number among those of its run, as our export wrote it; else Optuna's."""
    number = _whole({"number": trial.user_attrs.get(f"{PREFIX}number")}, "number", f"{where}, trial {trial.number}")
    return int(trial.number) if number is None else number


def _configuration(trial: Any) -> dict[str, Any]:
    return {name: as_value(value) for name, value in trial.params.items()}


def _seconds(trial: Any) -> float | None:
    duration = trial.duration
    return None if duration is None else max(0.0, duration.total_seconds())


def _our_trial(trial: Any, place: int, where: str) -> ImportedTrial:
    """One that our export wrote, or somebody who calls attributes as it does."""
    own = {key.removeprefix(PREFIX): value for key, value in trial.user_attrs.items() if key.startswith(PREFIX)}
    here = f"{where}, trial {trial.number}"

    def real(key: str, default: float | None) -> float | None:
        return number(own[key], here, f"{PREFIX}{key}") if own.get(key) is not None else default

    try:
        status = TrialStatus(own.get("status", "done"))
    except ValueError as error:
        raise HpobenchError(f"{here}: {error}.") from error
    metrics = own.get("metrics") or {}
    if not isinstance(metrics, dict):
        raise HpobenchError(f"{here}: {PREFIX}metrics must be an object, not {shown(str(metrics))}.")
    found = _whole(own, "number", here)
    reason = own.get("error")
    return ImportedTrial(
        place if found is None else found, _configuration(trial),
        number(trial.values[0], here, "value") if trial.values else real("loss", None), real("truth", None),
        _whole(own, "fidelity", here, 1),
        _whole(own, "continues", here), real("seconds", _seconds(trial)), status,
        {str(name): number(value, here, f"metric {name}") for name, value in metrics.items()}, {},
        None if reason is None else str(reason),
    )  # fmt: skip


def _trial(trial: Any, place: int, sign: float, shift: int, most: int) -> ImportedTrial:
    from optuna.trial import TrialState

    reports = {int(step) + shift: sign * value for step, value in sorted(trial.intermediate_values.items())
               if step + shift >= 1 and isfinite(value)}  # fmt: skip
    status, loss, fidelity = TrialStatus.DONE, sign * trial.values[0] if trial.values else None, most or None
    if trial.state is TrialState.FAIL:
        status, loss = TrialStatus.FAILED, None
        fidelity = max(reports, default=1) if most else None
    elif trial.state is TrialState.PRUNED:
        status = TrialStatus.PRUNED
        fidelity = max(reports, default=1) if most else None
        loss = reports.get(fidelity, loss) if fidelity else loss
    reason = trial.system_attrs.get("fail_reason")
    return ImportedTrial(
        place, _configuration(trial), loss, None, fidelity, None, _seconds(trial), status, {}, reports,
        (str(reason) if reason else "it failed") if status is TrialStatus.FAILED else None,
    )  # fmt: skip
