"""What a person names as a baseline, or to be checked: a file, or an experiment."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hpobench_tui.analysis.filters import EVERYTHING, Filters
from hpobench_tui.analysis.union import Union
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.gate import file
from hpobench_tui.gate.baseline import Baseline, of_union
from hpobench_tui.store.reader import FILE


def of_folder(folder: Path, chosen: Filters = EVERYTHING) -> Baseline:
    """Of an experiment.

    Raises:
        HpobenchError: it cannot be read, or nothing of it is left or has ended.
    """
    with Union([folder], chosen) as union:
        return of_union(union)


def of_file(path: Path, chosen: Filters = EVERYTHING) -> Baseline:
    """Of a file, as far as the filters let it pass.

    Raises:
        HpobenchError: as :func:`file.read`, or a filter lets nothing pass.
    """
    found = file.read(path)
    labels: Sequence[Sequence[str]] = [(label,) for label in dict.fromkeys(label for _, label in found.runs)]
    most = 1 + max(run.repetition for runs in found.runs.values() for run in runs)
    chosen.check(list(found.problems), labels, most)
    runs = {
        (problem, label): kept
        for (problem, label), own in found.runs.items()
        if chosen.problem(problem)
        and chosen.optimizer(label)
        and (kept := tuple(run for run in own if chosen.repetition(run.repetition)))
    }
    if not runs:
        raise HpobenchError(f"no run of {path} is left: the filters take all away.")
    return replace(found, runs=runs)


def named(path: Path, chosen: Filters = EVERYTHING) -> Baseline:
    """Of a file of a baseline, or of an experiment's folder or store.

    Raises:
        HpobenchError: as the two above.
    """
    is_file = path.is_file() and path.name != FILE
    return of_file(path, chosen) if is_file else of_folder(path.parent if path.is_file() else path, chosen)
