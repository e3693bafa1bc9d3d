"""A run that is gone on with ends as one that was not interrupted."""

from dataclasses import replace

from engine.toys import COSTLY_EPOCHS, TRIAL_NAMES, Collected, Costly, Scripted
from hpobench_tui.core import Ask, Budget, Capabilities, Configuration, OptimizerInfo, Report
from hpobench_tui.core.columns import Row
from hpobench_tui.core.records import TRIAL_CELLS, TrialRow
from hpobench_tui.engine.messages import Recorded, RunTask
from hpobench_tui.engine.running.run import Run


class Noisy(Costly):
    """A loss for each seed."""

    def start(self, configuration: Configuration, seed: int, device: str):  # type: ignore[no-untyped-def]
        training = super().start(configuration, seed, device)
        training.advance = lambda to_fidelity: Report(float(seed % 1000))  # type: ignore[method-assign]
        return training


class StopsTheSecond(Scripted):
    def should_stop(self, asked: int, ask: Ask, fidelity: int, report: Report) -> bool:
        return (asked, fidelity) == (1, 2)


def losses(recorded: list[Recorded]) -> tuple[list[Row], list[object]]:
    """The rows of the trials that are evaluated, and the losses of all that the optimizer is told."""
    noisy = replace(COSTLY_EPOCHS, id="toy/noisy", load=f"{__name__}:Noisy", noisy=True, costs=False)
    stops = OptimizerInfo("stops", "", f"{__name__}:StopsTheSecond", Capabilities(multi_fidelity=True))
    one = {"seconds": 1.0}
    StopsTheSecond.script = [Ask(one, 6), Ask(one, 9, continues=0), Ask(one, 1), Ask(one, 1)]
    sink = Collected()
    Run(RunTask(0, noisy, stops, {}, Budget.of(10, "fidelity"), 11, 12, "cpu", tuple(recorded)), sink).run()
    return [tuple(row[name] for name in TRIAL_NAMES) for row in sink.trials], [t.loss for t in StopsTheSecond.told]


def test_a_continuation_that_was_trained_afresh_counts_as_a_start_of_its_own() -> None:
    """Trial 1 wants to continue, but what is left pays for less than there is: the next start is the third."""
    rows, told = losses([])
    assert len(told) == len(set(told)) == 4
    for done in range(1, 4):
        records = TrialRow.read(rows[:done], TRIAL_CELLS)
        assert losses([Recorded(record) for record in records])[1] == told, f"after {done}"
