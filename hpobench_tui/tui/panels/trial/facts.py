"""What became of a trial: losses, fidelity, cost, times, what it continues; of a failed one why, in full."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from hpobench_tui.analysis.measure import simple_regret
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.store.reader import RunRow, TrialRow
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.story import Story, rows_until, trials_until
from hpobench_tui.tui.feed.whole import OneTrial, Whole
from hpobench_tui.tui.panels.facts import Fact, FactsPanel
from hpobench_tui.tui.panels.panel import View
from hpobench_tui.tui.panels.run.trials import TONES
from hpobench_tui.tui.widgets.bar import duration
from hpobench_tui.tui.widgets.chart.axes import number


class TrialPanel(FactsPanel):
    """The trial itself."""

    name, side, words = "trial", "left", "trial itself"
    help = """\
The loss is what the optimizer was told; the noise-free one, where the problem knows it, and the regret it never sees.
A continued trial goes on with the training of another one: Enter on such a line leads there, and on to the next.
Where it failed the whole traceback is below; Tab goes there, arrows scroll it. { and } show other trials."""

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        if view.run_row is None or view.trial is None:
            return ()
        return view.feed.get(OneTrial, view.run, view.trial), view.feed.get(Story, view.run)

    def show(self, view: View) -> None:
        run = view.run_row
        if run is None or view.trial is None:
            return self.say("there is no such trial")
        whole, progress = view.feed.get(OneTrial, run.id, view.trial).picture, view.feed.get(Story, run.id).picture
        self.entitle(f"trial {view.trial} of {run.label}, seed {run.repetition}")
        if whole is None:
            return self.say("")
        if whole.row is None:
            return self.say(why_not(run, view.trial))
        until = None if progress is None else trials_until(run, progress, view.at)
        if until is not None and view.trial >= until:
            return self.say("it had not ended by then")
        rows = 0 if progress is None else rows_until(run, progress, view.at)
        best = int(progress.incumbent[rows - 1]) if progress is not None and rows else -1
        configuration = json.dumps(whole.row.configuration, ensure_ascii=False)
        self.state(facts(view, run, whole, whole.row, best), whole.error or "", copied=configuration)


def why_not(run: RunRow, trial: int) -> str:
    """Why a trial is not there."""
    if trial >= run.trials:
        return "this run has no such trial" if run.status.at_rest else "no such trial has ended yet"
    return "this trial is not recorded: of so many only the first ones are, and what became the best"


def facts(view: View, run: RunRow, whole: Whole, row: TrialRow, best: int) -> Iterator[Fact]:
    """All that is known of it."""
    yield Fact("state", _state(row.status), TONES[row.status])
    yield Fact("loss", "" if row.loss is None else f"{row.loss!r}", "good" if row.number == best else "")
    then = "" if view.at is None else " by then"
    yield Fact("", f"the best of its run{then}" if row.number == best else "", "good")
    yield Fact("noise-free loss", "" if row.truth is None else f"{row.truth!r}")
    told = row.loss if row.truth is None else row.truth
    pinned = run if row.reference is None else run.replaced(reference=row.reference)
    yield Fact("regret", "" if told is None else number(float(simple_regret(np.array([told]), pinned)[0])))
    yield Fact("reference", "" if row.reference is None else f"{row.reference!r} in its round")
    if run.fidelity is not None:
        reached = "none" if row.fidelity is None else str(row.fidelity)
        asked = f" of {row.target} asked for" if row.target is not None and row.target != row.fidelity else ""
        yield Fact(run.fidelity, f"{reached}{asked}")
    yield Fact("bracket", "" if row.bracket is None else f"{row.bracket + 1}, rung {row.rung}")
    if row.continues is not None:
        yield Fact("continues", f"trial {row.continues}", leads=view.but(trial=row.continues))
    for later in whole.continued_by:
        yield Fact("continued by", f"trial {later}", leads=view.but(trial=later))
    for name, value in (row.metrics or {}).items():
        yield Fact(name, f"{value:g}" if isinstance(value, float) else str(value))
    yield Fact("cost", f"{number(row.cost / run.quanta_per_unit)} of {number(run.budget / run.quanta_per_unit)}")
    clock = "simulated clock" if view.feed.simulated else "clock"
    yield Fact(clock, f"{row.clock_start:.6g} s to {row.clock_end:.6g} s ({duration(row.clock_end - row.clock_start)})")
    yield Fact("evaluation", f"{row.evaluate_seconds:.6g} s")
    yield Fact("ask, tell", f"{row.ask_seconds:.6g} s, {row.tell_seconds:.6g} s")
    yield Fact("asked", "" if row.asked == row.number else f"as number {row.asked}")
    yield Fact("worker", "" if row.worker is None else str(row.worker))


def _state(status: TrialStatus) -> str:
    match status:
        case TrialStatus.PRUNED:
            return "pruned: its optimizer stopped it early"
        case TrialStatus.CUT:
            return "cut: the budget ended before the fidelity that was asked for"
    return str(status)
