"""One run: its trials, how it got there, and what its optimizer did."""

from collections.abc import Sequence

from hpobench_tui.tui.panels import run as panels
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.trial import TrialScreen, run_of

USUAL = ("trials", "history", "run", "curves", "brackets")
"""What a large terminal opens on; the others are worked out, or need room, and a key brings them."""


class RunScreen(Level):
    """The level between problem and trial; ``{`` and ``}`` go through the runs of the pair, then of the problem."""

    HELP = """\
One run: an optimizer on a problem with one seed. Above are its trials, and what they lost as the budget was spent; \
Enter opens the trial under the cursor. { and } show the run before and after, of this optimizer, then of the next."""
    LEVEL = "run"
    PANELS = panels.PANELS

    def on_mount(self) -> None:
        self.view = run_of(self.view)
        super().on_mount()

    def crumbs(self) -> Sequence[str]:
        run = self.view.run_row
        own = f"{run.label} #{run.repetition}" if run is not None else self.LEVEL
        return (self.feed.state.row.experiment.name, self.view.problem, own)

    def below(self, view: View) -> Level | None:
        return TrialScreen(view) if view.trial is not None else None

    def look(self, view: View, force: bool = False) -> None:
        """Of another problem or optimizer its run with the same seed, if there is one."""
        super().look(run_of(view, self.view), force)

    def tick(self) -> None:
        if self.view.run_row is None:
            self.view = run_of(self.view)
        super().tick()

    def _usual(self) -> list[Panel]:
        return [p for p in super()._usual() if not self._wide or (p.name in USUAL and p.fits(self.view))]

    def on_chart_scaled(self) -> None:
        self.refill(force=True)

    def _kept(self, view: View) -> View:
        return view  # the cursor goes to the trial that was looked at last

    def action_sibling(self, step: int) -> None:
        runs = self.feed.state.runs_of(self.view.problem)
        ids = [run.id for run in runs]
        if len(runs) < 2 or self.view.run not in ids:
            self.notify("This is the only run of the problem.")
            return
        run = runs[(ids.index(self.view.run) + step) % len(runs)]
        self.look(self.view.but(run=run.id, label=run.label))
