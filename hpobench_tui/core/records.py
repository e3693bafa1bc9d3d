"""What is recorded of a run: its trials, where it stood, and the reports of its trainings.

Costs are in the run's quanta (ns for seconds, see ``core.budget``), so that sums are exact. Times are seconds of the
run's clock, which starts at 0 and stands still while the run is paused; on a simulated clock they are simulated
seconds, but for the seconds of ask, tell and evaluation, which are always real.
"""

import json
from collections.abc import Mapping

from hpobench_tui.core.columns import (
    Column,
    Frame,
    Record,
    Row,
    choice,
    columns,
    groups,
    key,
    maker,
    real,
    real_or_none,
    whole,
    whole_or_none,
)
from hpobench_tui.core.configuration import Configuration, from_json
from hpobench_tui.core.describe import first_line
from hpobench_tui.core.status import TrialStatus


def _read_metrics(text: str | None) -> Mapping[str, float]:
    metrics: Mapping[str, float] = json.loads(text) if text else {}
    return metrics


def _metrics(seldom: int = 0) -> Column[None, Mapping[str, float]]:
    return Column("what was reported beside the loss, as JSON", str, type(None), seldom=seldom, read=_read_metrics)


def reason(seldom: int = 0) -> Column[None, str | None]:
    """Why something failed, of which readers see the first line."""
    meaning = "why it failed; the lines below the first, where there are any, are the traceback"
    return Column(meaning, str, type(None), seldom=seldom, read=first_line)


class Trials:
    """What happened, trial by trial."""

    run = key("the run's id")
    number = whole("its place in the order in which trials end, from 0")
    asked = whole("its place in the order of the questions; another one where trials run side by side")
    status = choice(TrialStatus, "how it ended")
    configuration: Column[None, Configuration] = Column("the active hyperparameters, as JSON", str, read=from_json)
    fidelity = whole_or_none("reached", seldom=1)
    target = whole_or_none("the fidelity that was asked for", seldom=1)
    bracket = whole_or_none("as asked", seldom=1)
    rung = whole_or_none("as asked", seldom=1)
    continues = whole_or_none("the trial whose training it continued", seldom=1)
    loss = real_or_none("of the fidelity reached")
    truth = real_or_none("noise-free loss at full fidelity, where known")
    reference = real_or_none("what the comparator of the regret lost in its round, where not the run's", seldom=2)
    metrics = _metrics(seldom=2)
    cost = whole("what it was charged", unit="quanta")
    clock_start = real("when its evaluation began", unit="s")
    clock_end = real("when it ended", unit="s")
    ask_seconds = real("of the optimizer, until it was asked for", unit="s")
    tell_seconds = real("of the optimizer, to take note of it (and to look at its reports)", unit="s")
    evaluate_seconds = real("of its evaluation", unit="s")
    worker = whole_or_none(
        "which of the run's workers, where several trials are pending; none on the real clock where one is", seldom=2
    )
    error = reason(seldom=2)


class Progress:
    """Where a run stood after some of its trials.

    Every row is exact: it sums up all trials before it, recorded or not. What holds at a position of ``core.progress``
    is the last row that is not beyond it. There is also a row wherever the incumbent changes, and after the last trial.
    """

    run = key("the run's id")
    number = whole("after this trial")
    spent = whole("of the budget", unit="quanta")
    fidelity = whole("sum over the trials, each as if trained from scratch")
    clock = real("when the trial ended", unit="s")
    incumbent = whole_or_none("the trial that is the incumbent")
    incumbent_value = real_or_none("its noise-free loss where known, else its loss")
    losses = whole("how many trials have a loss; the sums below are over these")
    regret = real("of the losses, less what the comparator of the regret would have lost each time")
    pseudo_regret = real("the same of the noise-free losses (of the losses where those are not known)")


class Reports:
    """The reports of a training on the way to its trial's fidelity (learning curves), where somebody looked at them."""

    run = key("the run's id")
    trial = whole("its number")
    fidelity = whole("of the report")
    loss = real_or_none("at that fidelity")
    metrics = _metrics()


class TrialTable(Trials, Frame):
    """Trials of one run, in order."""


class ProgressTable(Progress, Frame):
    """Rows of progress of one run, in order."""


class TrialRow(Trials, Record):
    """One trial."""


class ReportRow(Reports, Record):
    """One report."""


_PARTS = groups(Trials)
TRIAL_CELLS = [column for part in _PARTS for column in part]
"""In the order of a row: those that most trials lack come last."""
usual_cells, marked_cells, rare_cells = map(maker, _PARTS)
progress_row, report_row = maker(columns(Progress)), maker(columns(Reports))
_, _NO_MARKS, _NOTHING_RARE = ((None,) * len(part) for part in _PARTS)


def trial_row(usual: Row, marked: Row, rare: Row) -> Row:
    """A row of its parts, without those at its end that say nothing: each null costs as much as three numbers."""
    if rare != _NOTHING_RARE:
        return usual + marked + rare
    return usual if marked == _NO_MARKS else usual + marked
