"""What a run is and how it stands; of a failed one why, in full."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from hpobench_tui.analysis.measure import simple_regret
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.status import RunStatus
from hpobench_tui.core.text import as_json, percent
from hpobench_tui.store.reader import RunRow
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.story import Story, rows_until
from hpobench_tui.tui.feed.whole import RunError
from hpobench_tui.tui.panels.facts import Fact, FactsPanel
from hpobench_tui.tui.panels.panel import View
from hpobench_tui.tui.widgets.bar import duration
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.table import Tone

_TONES: dict[RunStatus, Tone] = {
    RunStatus.RUNNING: "accent", RunStatus.FAILED: "bad", RunStatus.CANCELLED: "warn", RunStatus.PAUSED: "warn"
}  # fmt: skip


class HeadPanel(FactsPanel):
    """The run itself."""

    name, side, words = "run", "right", "run itself"
    help = """\
What was run with which settings and seeds, what it has spent of its budget, and what that took.
"in the optimizer" is the time of ask and tell alone; "runs on" names the device and, while it runs, what it does.
Where it failed the whole traceback is below; Tab goes there, arrows scroll it. { and } show other runs."""

    follows = True

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        return () if view.run_row is None else [view.feed.get(kind, view.run) for kind in (Story, RunError)]

    def show(self, view: View) -> None:
        run = view.run_row
        if run is None:
            return self.say("there is no such run")
        self.entitle(f"run {run.id}: {run.label}, seed {run.repetition}")
        self.state(facts(view, run), view.feed.get(RunError, run.id).picture or "")


def facts(view: View, run: RunRow) -> Iterator[Fact]:
    """All that is known of it."""
    settings = next((c.parameters for c in view.feed.state.row.experiment.contenders if c.label == run.label), {})
    unit = Unit(run.unit).words(run.fidelity)
    clock = "simulated clock" if view.feed.simulated else "clock"
    yield Fact("problem", run.problem)
    yield Fact("optimizer", run.optimizer if run.optimizer == run.label else f"{run.optimizer}, as {run.label}")
    yield Fact("settings", "" if settings else "its defaults")
    for name, value in settings.items():
        yield Fact(name, as_json(value))
    yield Fact("state", f"{run.status}{f', given to workers {run.attempts} times' if run.attempts > 1 else ''}",
               _TONES.get(run.status, "good" if run.ended else ""))  # fmt: skip
    progress, by_then = view.feed.get(Story, run.id).picture, "" if view.at is None else " by then"
    rows = 0 if progress is None else rows_until(run, progress, view.at)
    spent, trials = run.spent, run.trials
    if view.at is not None:
        spent, trials = 0, 0
        if progress is not None and rows:
            spent, trials = int(progress.spent[rows - 1]), int(progress.number[rows - 1]) + 1
    of = f"{number(spent / run.quanta_per_unit)} of {number(run.budget / run.quanta_per_unit)}"
    yield Fact(f"spent{by_then}", f"{of} {unit} ({percent(spent / run.budget)})")
    yield Fact(f"trials{by_then}", str(trials))
    yield Fact("failed trials", str(run.failed_trials) if run.failed_trials else "", "bad")
    if progress is not None and rows and (best := int(progress.incumbent[rows - 1])) >= 0:
        value = float(progress.incumbent_value[rows - 1])
        regret = number(float(simple_regret(np.array([value]), run)[0]))
        yield Fact(f"best{by_then}", f"trial {best}: loss {number(value)}, regret {regret}", "good")
    yield Fact("reference", f"{number(run.reference)}, where regret is 0")
    yield Fact("time", duration(run.seconds) if run.seconds else "")
    yield Fact("in the optimizer", duration(run.optimizer_seconds) if run.optimizer_seconds else "")
    yield Fact(clock, duration(run.clock) if run.clock else "")
    yield Fact("runs on", ", ".join(filter(None, (run.device, None if run.status.at_rest else run.activity))))
    yield Fact("repetition", str(run.repetition))
    yield Fact("problem seed", str(run.problem_seed))
    yield Fact("optimizer seed", str(run.optimizer_seed))
    for first, last in zip(run.code, [*run.code[1:], None], strict=True) if len(run.code) > 1 else ():
        yield Fact("code", f"number {first[0]} from trial {first[1]}{f' to {last[1] - 1}' if last else ''}", "warn")
