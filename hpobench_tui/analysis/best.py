"""What an experiment's runs found: the incumbent of each, with its configuration."""

import numpy as np

from hpobench_tui.analysis.source import Source
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.command import Incumbent
from hpobench_tui.store.reader import RunRow


def incumbents(reader: Source) -> tuple[Incumbent, ...]:
    """The incumbent of every run that has one, best first within a problem, problems in the experiment's order.

    Best is the lowest loss among those of the highest fidelity; earlier runs come first where that is equal. Left out
    are runs that did not record their incumbent's trial (thinned ones of noisy problems): see :func:`unrecorded`.
    """
    ends = reader.ends()
    found = []
    for run in reader.runs():
        end = ends.get(run.id)
        if end is None or end.incumbent[-1] < 0:
            continue
        number = int(end.incumbent[-1])
        trial = next((row for row in reader.trial_rows(run.id, number - 1, 1) if row.number == number), None)
        if trial is None:
            continue
        found.append(
            Incumbent(
                problem=run.problem,
                optimizer=run.label,
                repetition=run.repetition,
                loss=float(end.incumbent_value[-1]),
                fidelity=trial.fidelity or 1,
                configuration=trial.configuration,
                spent=_spent(reader, run, number) / run.quanta_per_unit,
                unit=Unit(run.unit).words(run.fidelity),
            )
        )
    order = {problem: place for place, problem in enumerate(dict.fromkeys(run.problem for run in reader.runs()))}
    return tuple(sorted(found, key=lambda best: (order[best.problem], -best.fidelity, best.loss)))


def _spent(reader: Source, run: RunRow, number: int) -> int:
    """What was spent, in quanta, when a recorded trial had ended, which with noise need have no row of progress.

    All trials from the row before it on are recorded then.
    """
    progress = reader.progress(run.id, columns=("spent",))
    at = int(np.searchsorted(progress.number, number, side="right")) - 1
    before, spent = (int(progress.number[at]), int(progress.spent[at])) if at >= 0 else (-1, 0)
    return spent + int(reader.trials(run.id, before, ("cost",), number - before).cost.sum())


def unrecorded(reader: Source, found: tuple[Incumbent, ...]) -> tuple[str, ...]:
    """The runs that have an incumbent whose configuration is not known, in words."""
    known = {(best.problem, best.optimizer, best.repetition) for best in found}
    with_incumbent = {run for run, end in reader.ends().items() if end.incumbent[-1] >= 0}
    return tuple(
        f"{run.problem} {run.label} #{run.repetition}"
        for run in reader.runs()
        if run.id in with_incumbent and (run.problem, run.label, run.repetition) not in known
    )
