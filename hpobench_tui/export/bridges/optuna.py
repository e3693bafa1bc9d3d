"""An Optuna storage: a journal, which Optuna from 4.0 on and optuna-dashboard read, with a study a run.

What Optuna calls best is the least value of its complete trials. So a trial is COMPLETE here if it was done at the
highest fidelity that its run reached (where the incumbent is looked for); done at a lower one, pruned or cut it is
PRUNED, with its loss as the intermediate value at its fidelity; failed it is FAIL. ``best_value`` is then the loss of
the incumbent, of a problem without noise. All else that we know is in user attributes that begin with ``hpobench:``.

Distributions are those of the problem's space where that can be had here, else as wide as what was tried. Values that
Optuna cannot tell apart or keep (``1`` beside ``True``, tuples) are written as JSON.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from hpobench_tui import plugins
from hpobench_tui.core.columns import ABSENT
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.space import space_of
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.core.text import in_line
from hpobench_tui.core.values import choices_of
from hpobench_tui.export.material import Files, Material

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

    from hpobench_tui.analysis.source import Source
    from hpobench_tui.store.reader import RunRow, TrialRow

FILE = "optuna-journal.log"
PREFIX = "hpobench:"
MISSING = "an Optuna storage needs Optuna; install with: pip install 'hpobench-tui[optuna]'"
_CHUNK = 20_000
_LONGEST = 1e9
"""Seconds of a clock that a date can bear."""


def files(material: Material) -> Files:
    """The one file.

    Raises:
        HpobenchError: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise HpobenchError(MISSING) from error
    del optuna
    yield FILE, partial(_write, material)


def _write(material: Material, stream: IO[bytes]) -> None:
    names: set[str] = set()
    known: dict[str, Mapping[str, Any]] = {}
    ends = material.source.ends()
    for number, run in enumerate(material.runs):
        if run.problem not in known:
            known[run.problem] = _distributions(material, run.problem)
        name = in_line(f"{run.problem} | {run.label} | {run.repetition}")
        while name in names:
            name += "'"
        names.add(name)
        end = ends.get(run.id)
        value = float(end.incumbent_value[-1]) if end is not None and len(end) else None
        said = {
            "problem": run.problem, "label": run.label, "optimizer": run.optimizer, "repetition": run.repetition,
            "unit": run.unit, "budget": run.budget, "quanta_per_unit": run.quanta_per_unit, "spent": run.spent,
            "evaluations": run.trials, "fidelity": run.fidelity, "minimum": run.minimum_fidelity,
            "reference": run.reference, "measure": run.measure, "noisy": run.noisy, "status": run.status,
            "incumbent_value": value if value == value else None, "error": run.error,
        }  # fmt: skip
        _study(stream, number, name, said, _trials(material.source, run, known[run.problem]))


def _study(stream: IO[bytes], number: int, name: str, said: Mapping[str, Any], trials: Iterable[Any]) -> None:
    """One study, as Optuna's own storage writes it down. It is one of its own, so that no more than a run is held."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import BaseJournalBackend
    from optuna.study import StudyDirection

    class Lines(BaseJournalBackend):  # type: ignore[misc]
        """Writes what it is given, and reads only what was just written."""

        def __init__(self) -> None:
            self._last: list[dict[str, Any]] = []
            self._count = 0

        def append_logs(self, logs: list[dict[str, Any]]) -> None:
            self._last = logs
            self._count += len(logs)
            for log in logs:
                placed = {**log, "study_id": number} if "study_id" in log else log
                stream.write((json.dumps(placed, separators=(",", ":")) + "\n").encode())

        def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
            return iter(self._last[log_number_from - self._count :] if log_number_from < self._count else ())

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it tells of each study that it makes
    try:
        storage = JournalStorage(Lines())
        study = storage.create_new_study([StudyDirection.MINIMIZE], name)
    finally:
        optuna.logging.set_verbosity(level)
    for key, value in said.items():
        if value is not None:
            storage.set_study_user_attr(study, f"{PREFIX}{key}", value)
    for trial in trials:
        storage.create_new_trial(study, trial)


def _trials(source: "Source", run: "RunRow", known: Mapping[str, Any]) -> Iterator[Any]:
    from hpobench_tui.store.reader import Reader

    fidelities = source.trials(run.id, columns=("fidelity", "loss"))
    highest = int(fidelities.fidelity[fidelities.loss == fidelities.loss].max(initial=ABSENT))
    reader = source if isinstance(source, Reader) else source.reader_of(run.id)[0]  # type: ignore[attr-defined]
    created = reader.experiment().created
    after = -1
    while rows := source.trial_rows(run.id, after, _CHUNK):
        for row in rows:
            yield _trial(row, known, highest, created)
        after = rows[-1].number


def _trial(row: "TrialRow", known: Mapping[str, Any], highest: int, created: float) -> Any:
    from optuna.trial import FrozenTrial, TrialState

    below = row.fidelity is not None and row.fidelity < highest
    if row.loss is None:
        state = TrialState.FAIL if row.status is TrialStatus.FAILED else TrialState.PRUNED
    else:
        state = TrialState.COMPLETE if row.status is TrialStatus.DONE and not below else TrialState.PRUNED
    said = {
        "number": row.number, "status": row.status, "truth": row.truth, "fidelity": row.fidelity,
        "continues": row.continues, "bracket": row.bracket, "rung": row.rung, "cost": row.cost,
        "seconds": row.evaluate_seconds, "error": row.error, "metrics": dict(row.metrics) or None,
        "loss": row.loss if state is not TrialState.COMPLETE else None,
    }  # fmt: skip
    params = {name: _value(value, known[name]) for name, value in row.configuration.items()}
    return FrozenTrial(
        number=row.number,
        state=state,
        value=row.loss if state is TrialState.COMPLETE else None,
        datetime_start=_moment(created, row.clock_start),
        datetime_complete=_moment(created, row.clock_end),
        params=params,
        distributions={name: known[name] for name in params},
        user_attrs={f"{PREFIX}{key}": value for key, value in said.items() if value is not None},
        system_attrs={},
        intermediate_values={} if row.loss is None or row.fidelity is None else {row.fidelity: row.loss},
        trial_id=row.number,
    )


def _moment(created: float, clock: float) -> datetime:
    begun = datetime.fromtimestamp(0, UTC) + timedelta(seconds=max(0.0, min(created, _LONGEST * 4)))
    return begun + timedelta(seconds=min(clock, _LONGEST))


def _distributions(material: Material, problem: str) -> Mapping[str, Any]:
    """Of each hyperparameter of a problem: as its space has it, where all that was tried is in that."""
    tried = _tried(material, problem)
    found = {name: _as_tried(values) for name, values in tried.items()}
    with suppress(HpobenchError, ImportError):  # another's, or of something that is not installed
        space = space_of(plugins.load_problem(plugins.problems()[problem]))
        found |= {name: one for name, one in _of_space(space).items() if name in tried and _holds(one, tried[name])}
    return found


def _tried(material: Material, problem: str) -> dict[str, dict[str, Any]]:
    """The values of each hyperparameter, by their JSON; of numbers the least and the largest."""
    found: dict[str, dict[str, Any]] = {}
    for run in material.runs:
        after = -1
        while run.problem == problem and (rows := material.source.trial_rows(run.id, after, _CHUNK)):
            for row in rows:
                for name, value in row.configuration.items():
                    own = found.setdefault(name, {})
                    if type(value) in (int, float):
                        for end, choose in (("least", min), ("largest", max)):
                            key = f"{type(value).__name__} {end}"
                            own[key] = choose(own.get(key, value), value)
                    else:
                        own[json.dumps(value)] = value
            after = rows[-1].number
    return found


def _as_tried(values: Mapping[str, Any]) -> Any:
    from optuna.distributions import FloatDistribution, IntDistribution

    kinds = {type(value) for value in values.values()}
    if kinds == {int}:
        return IntDistribution(min(values.values()), max(values.values()))
    if kinds <= {int, float}:
        return FloatDistribution(min(values.values()), max(values.values()))
    return _categorical(list(values.values()))


def _of_space(space: "ConfigurationSpace") -> dict[str, Any]:
    from ConfigSpace.hyperparameters import IntegerHyperparameter
    from optuna.distributions import FloatDistribution, IntDistribution

    found = {}
    for name, one in space.items():
        choices = choices_of(one)
        if choices is not None:
            found[name] = _categorical(choices)
            continue
        kind, number = (IntDistribution, int) if isinstance(one, IntegerHyperparameter) else (FloatDistribution, float)
        bounds: Any = one
        found[name] = kind(number(bounds.lower), number(bounds.upper), log=bool(getattr(one, "log", False)))
    return found


def _categorical(choices: Sequence[Any]) -> Any:
    """Of what Optuna can keep and tell apart, else of its JSON."""
    from optuna.distributions import CategoricalDistribution

    plain = all(choice is None or type(choice) in (bool, int, float, str) for choice in choices)
    return CategoricalDistribution(
        choices if plain and len(set(choices)) == len(choices) else [*map(json.dumps, choices)]
    )


def _value(value: Any, distribution: Any) -> Any:
    choices = getattr(distribution, "choices", None)
    if choices is None or (type(value) in map(type, choices) and value in choices):
        return value
    return json.dumps(value)


def _holds(distribution: Any, tried: Mapping[str, Any]) -> bool:
    choices = getattr(distribution, "choices", None)
    if choices is not None:
        return all(_value(value, distribution) in choices for value in tried.values())
    return all(type(v) in (int, float) and distribution.low <= v <= distribution.high for v in tried.values())
