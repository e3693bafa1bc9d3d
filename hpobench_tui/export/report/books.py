"""What the numbers rest on: the protocol, what failed, and whether the books hold."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from hpobench_tui.analysis.audit import AuditRow, audit
from hpobench_tui.analysis.failures import WithFailures, reasons
from hpobench_tui.core.describe import kind_of
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment, left_out
from hpobench_tui.core.identity import histories
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import RunStatus
from hpobench_tui.export.report.sections import Json, Section, Subject
from hpobench_tui.store.reader import ExperimentRow, Reader, RunRow

MOST_KINDS, LONGEST = 100, 4000
"""Kinds of reasons that are listed, and characters of one."""
MOST_BROKEN = 200
"""Runs whose books do not hold that are listed."""
MACHINE = ("platform", "processor", "cores", "threads a worker", "memory MB", "gpus")
FIRST = ("hpobench-tui", "git revision", "python", "numpy")
"""Versions that stand before all others."""


def protocol(subject: Subject) -> Mapping[str, Json]:
    """What was run, and with what: experiments, problems and optimizers."""
    experiments = [_experiment(name, reader) for name, reader in subject.readers]
    optimizers: dict[str, RunRow] = {}
    for run in subject.material.runs:
        optimizers.setdefault(run.label, run)
    units = subject.material.units
    return {
        "experiments": experiments,
        "labels": [
            {"name": label, "optimizer": run.optimizer, "settings": _settings(subject, run)}
            for label, run in optimizers.items()
        ],
        "problems": [
            _problem(problem, runs, units[problem], str(subject.material.measures().get(problem, runs[0].measure)))
            for problem, runs in subject.groups.items()
        ],
        "runs": len(subject.material.runs),
        "trials": sum(run.trials for run in subject.material.runs),
        "finished": sum(run.status.finished for run in subject.material.runs),
        "failed": sum(run.status is RunStatus.FAILED for run in subject.material.runs),
        "repetitions": len({run.repetition for run in subject.material.runs}),
        "notes": _notes(subject),
    }


def _settings(subject: Subject, run: RunRow) -> Mapping[str, Json]:
    if (found := subject.origin(run)) is None:
        return {}
    reader, own = found
    contenders = reader.experiment().experiment.contenders
    return next((dict(each.parameters) for each in contenders if each.label == own.label), {})


def _problem(problem: str, runs: list[RunRow], unit: str, measure: str) -> Json:
    run = runs[0]
    return {
        "name": problem,
        "budget": f"{run.budget / run.quanta_per_unit:.10g}",
        "unit": str(run.unit).replace("-", " "),
        "fidelity": run.fidelity,
        "axis": unit,
        "measure": measure,
        "reference": None if run.measure is Measure.INCUMBENT else run.reference,
        "tolerance": run.tolerance,
        "noisy": run.noisy,
        "repetitions": len({run.repetition for run in runs}),
    }


def _experiment(name: str, reader: Reader) -> Json:
    row: ExperimentRow = reader.experiment()
    manifest = reader.manifest()
    subjects = {subject for subject in manifest if subject.startswith(("problem ", "optimizer ", "code of "))}
    versions = {key: value for key, value in manifest.items() if key not in MACHINE and key not in subjects}
    ordered = {key: versions[key] for key in FIRST if key in versions} | versions
    code = {
        f"{kind} {subject}": [str(identity) for identity in numbered.values()]
        for (kind, subject), numbered in histories(manifest).items()
    }
    made: Experiment = row.experiment
    return {
        "name": name,
        "date": datetime.fromtimestamp(row.created, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "status": str(row.status),
        "seconds": row.seconds,
        "seed": made.seed,
        "repetitions": made.repetitions,
        "device": made.device,
        "workers": made.workers,
        "clock": _clock(made),
        "record": made.record,
        "machine": {key: manifest[key] for key in MACHINE if key in manifest},
        "versions": ordered,
        "code": code,
    }


def _clock(made: Experiment) -> str:
    """The runs' clock, in words."""
    if made.simulation is not None:
        return f"simulated, {made.simulation.workers} workers a run"
    return f"real, {made.evaluations} trials of a run at a time" if made.evaluations else "real"


def _notes(subject: Subject) -> list[str]:
    """What must be said of all numbers: a line each, each once."""
    lines = [*_cuts(subject), *subject.material.warnings]
    for name, reader in subject.readers:
        made = reader.experiment().experiment
        own = [*made.notes, *left_out(made.skipped)]
        lines += [f"{name}: {line}" for line in own] if len(subject.readers) > 1 else own
    return list(dict.fromkeys(lines))


def _cuts(subject: Subject) -> Iterator[str]:
    """Where runs are shown as they stood before their ends."""
    for problem, (run, *_) in subject.groups.items():
        if (found := subject.origin(run)) and (whole := found[1].budget) > run.budget:
            amounts = (f"{quanta / run.quanta_per_unit:.10g}" for quanta in (run.budget, whole))
            unit = str(run.unit).replace("-", " ")
            yield f"{problem}: all runs as they stood after {' of '.join(amounts)} {unit}"


def _failures(subject: Subject) -> Mapping[str, Json]:
    source = subject.material.source
    if not isinstance(source, WithFailures):
        raise HpobenchError("Reasons of failures cannot be read here.")
    here = {run.id for run in subject.material.runs}
    found = reasons(source, here)
    notes = []
    if (more := len(found) - MOST_KINDS) > 0:
        notes.append(f"{more} more kinds of reasons are left out.")
    lost = {problem: sum(run.status is RunStatus.FAILED for run in runs) for problem, runs in subject.groups.items()}
    return {
        "rows": [
            {
                "runs": reason.runs, "trials": reason.trials, "where": reason.where,
                "short": reason.short[:LONGEST], "whole": reason.whole[-LONGEST:],
            }
            for reason in found[:MOST_KINDS]
        ],
        "failed_runs": [lost[problem] for problem in subject.problems],
        "failed_trials": [sum(run.failed_trials for run in runs) for runs in subject.groups.values()],
        "notes": notes,
    }  # fmt: skip


def _audit(subject: Subject) -> Mapping[str, Json]:
    if not subject.readers:
        raise HpobenchError("The stores of these runs cannot be looked at here.")
    return {"rows": [_audited(subject, name, reader) for name, reader in subject.readers], "notes": []}


def _audited(subject: Subject, name: str, reader: Reader) -> Json:
    here = subject.shown_of(reader)
    rows = [row for row in audit(reader) if row.run in here]
    broken = [row for row in rows if row.holds is False]
    untold = sum(row.holds is None for row in rows)  # imported
    verdicts = Counter(kind_of(row.text) for row in rows if row.holds is not False)
    first = {kind_of(row.text): row.text for row in reversed(rows)}
    return {
        "name": name,
        "runs": len(rows),
        "hold": len(rows) - len(broken) - untold,
        "untold": untold,
        "open": sum(not row.ended for row in rows),
        "sealed": all(row.sealed for row in rows),
        "verdicts": [[first[kind], count] for kind, count in verdicts.most_common(MOST_KINDS)],
        "broken": [_broken(row) for row in broken[:MOST_BROKEN]],
    }


def _broken(row: AuditRow) -> Json:
    return [f"{row.label} on {row.problem}, repetition {row.repetition}", row.text[:LONGEST]]


FAILURES = Section(
    "Failures",
    "Every failed run and trial, by its reason; reasons that differ in numbers alone are one kind.",
    "A failed run is left out of all medians and tests, whatever it had reached; a failed trial was charged what it was"
    " granted, and its run went on. A median over few runs that are left says less: the overview has the counts.",
    _failures,
)
AUDIT = Section(
    "Audit",
    "Of every run the cost of each trial is worked out anew from what was recorded of it; their sum, the ledger and the"
    " budget are compared in exact integers, and so are incumbents and sums. Each row is held against the digests that"
    " were written with it. Runs are looked at to their ends.",
    "A run that holds has spent just what the others of its problem could, and its rows are those that were written."
    " What does not hold should not be believed.",
    _audit,
)
