"""One trial: its configuration, what became of it, and why it failed if it did."""

from collections.abc import Sequence

from hpobench_tui.tui.feed.trials import Trials
from hpobench_tui.tui.panels import trial as panels
from hpobench_tui.tui.panels.panel import View
from hpobench_tui.tui.screens.level import Level


class TrialScreen(Level):
    """The lowest level; ``{`` and ``}`` go through the recorded trials of the run."""

    HELP = """\
One trial, with all that is recorded of it. { and } show the trial before and after; Enter on a line that names \
another trial leads there; y copies the whole configuration as JSON."""
    LEVEL = "trial"
    PANELS = panels.PANELS

    def crumbs(self) -> Sequence[str]:
        run = self.view.run_row
        own = f"{run.label} #{run.repetition}" if run is not None else "run"
        return (self.feed.state.row.experiment.name, self.view.problem, own, f"trial {self.view.trial}")

    def look(self, view: View, force: bool = False) -> None:
        super().look(run_of(view, self.view), force)

    def on_chart_scaled(self) -> None:
        self.refill(force=True)

    def _kept(self, view: View) -> View:
        return view

    def action_sibling(self, step: int) -> None:
        run, at = self.view.run_row, self.view.trial or 0
        if run is None:
            return
        numbers = self.feed.get(Trials, run.id).picture
        place = numbers.place(at) if numbers is not None else None
        if numbers is not None and place is not None:
            there = min(max(place + step, 0), len(numbers) - 1)
            at = int(numbers.number[there])
        else:
            at = min(max(at + step, 0), max(run.trials - 1, 0))
        if at == self.view.trial:
            self.notify(f"This is the {'last' if step > 0 else 'first'} trial.")
        else:
            self.look(self.view.but(trial=at))


def run_of(view: View, before: View | None = None) -> View:
    """The view with a run of its problem and optimizer: its own, else one with the seed of the run before, else the
    first there is.
    """
    run, state = view.run_row, view.feed.state
    moved = before is not None and run is not None and (view.run == before.run and view.label != before.label)
    if run is not None and run.problem == view.problem and not moved:
        return view if view.label == run.label else view.but(label=run.label)
    own = [r for r in state.runs_of(view.problem) if r.label == view.label] or state.runs_of(view.problem)
    if not own:
        return view
    last = before.run_row if before is not None else None
    found = next((r for r in own if last is not None and r.repetition == last.repetition), own[0])
    return view.but(run=found.id, label=found.label)
