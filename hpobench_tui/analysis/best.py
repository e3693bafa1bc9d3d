"""What an experiment's runs found: the incumbent of each, with its configuration."""

from hpobench_tui.core.command import Best
from hpobench_tui.store.reader import Reader


def incumbents(reader: Reader) -> tuple[Best, ...]:
    """The incumbent of every run that has one, best first within a problem, problems in the experiment's order.

    Best is the lowest loss among those of the highest fidelity; earlier runs come first where that is equal.
    """
    ends = reader.ends()
    found = []
    for run in reader.runs():
        end = ends.get(run.id)
        if end is None or end.incumbent[-1] < 0:
            continue
        number = int(end.incumbent[-1])
        (trial,) = reader.trial_rows(run.id, number - 1, 1)
        spent = reader.progress(run.id, number - 1, ("spent", "number")).spent[0] / run.quanta_per_unit
        found.append(
            Best(
                problem=run.problem,
                optimizer=run.label,
                repetition=run.repetition,
                loss=float(end.incumbent_value[-1]),
                fidelity=trial.fidelity or 1,
                configuration=trial.configuration,
                spent=float(spent),
                unit=run.unit,
            )
        )
    order = {problem: place for place, problem in enumerate(reader.experiment().experiment.problems)}
    return tuple(sorted(found, key=lambda best: (order[best.problem], -best.fidelity, best.loss)))
