"""What a baseline holds, a line a problem and label."""

from dataclasses import dataclass

from hpobench_tui.analysis.quantiles import median
from hpobench_tui.gate.baseline import Baseline


@dataclass(frozen=True, slots=True)
class Line:
    """One label on one problem.

    Attributes:
        runs, failed_runs: How many, and how many of them have no value.
        median: Of the problem's measure over the others; None where there is none.
        failed_trials: As a share, 0 to 1.
        seconds: Of ask and tell a trial; None where it is not known.
    """

    problem: str
    label: str
    runs: int
    failed_runs: int
    median: float | None
    failed_trials: float
    seconds: float | None


def overview(baseline: Baseline) -> list[Line]:
    """All of them, in the order of the baseline."""
    lines = []
    for (problem, label), runs in baseline.runs.items():
        values = [run.value for run in runs if run.value is not None and not run.lost]
        trials = sum(run.trials for run in runs)
        lines.append(
            Line(
                problem,
                label,
                len(runs),
                len(runs) - len(values),
                median(values) if values else None,
                sum(run.failed for run in runs) / trials if trials else 0.0,
                baseline.seconds.get((problem, label)),
            )
        )
    return lines
