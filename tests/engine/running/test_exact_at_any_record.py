"""Every number in tables, charts and exports is exact, whatever trials are kept: the same for any ``record``, and that
which all trials give when each is looked at, one by one.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.toys import Collected
from hpobench_tui import plugins
from hpobench_tui.analysis.anytime import anytime_table, bands
from hpobench_tui.analysis.audit import audit
from hpobench_tui.analysis.curve import read_curves
from hpobench_tui.analysis.final import final_table
from hpobench_tui.core import Budget, Measure, Simulation
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.columns import marshalled
from hpobench_tui.core.experiment import Contender, Experiment
from hpobench_tui.core.incumbent import IncumbentTracker
from hpobench_tui.core.status import ExperimentStatus
from hpobench_tui.engine.messages import RunTask
from hpobench_tui.engine.running.run import Run
from hpobench_tui.export import bundle
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.store.writer import Writer, create

ROUGH = Simulation(workers=3, straggler_rate=0.2, failure_rate=0.15)
CASES = {
    "arms": ("bandits/bernoulli-2", ("uniform", "random"), Budget.of(600, "evaluations"), Simulation()),
    "rounds": ("bandits/abrupt[period=300]", ("uniform", "ucb1"), Budget.of(500, "evaluations"), Simulation()),
    "no truth": ("bandits/adversarial", ("uniform", "exp3"), Budget.of(333, "evaluations"), Simulation()),
    "fidelities": ("synthetic/branin-mf", ("random", "hyperband"), Budget.of(3000, "fidelity"), ROUGH),
    "continued": ("bandits/curves", ("asha",), Budget.of(2001, "fidelity-continued"), ROUGH),
    "time": ("synthetic/branin-mf", ("hyperband",), Budget.of(60.5, "simulated-seconds"), ROUGH),
}


def recorded(folder: Path, case: str, record: int | None) -> Reader:
    """The store of an experiment that ran in this process."""
    problem, optimizers, budget, simulation = CASES[case]
    info = plugins.problems()[problem]
    contenders = tuple(Contender(name, name) for name in optimizers)
    experiment = Experiment(
        "exact", (info.id,), contenders, {info.id: budget}, 2, seed=5, simulation=simulation, record=record
    )
    folder.mkdir()
    create(folder, experiment, {info.id: info}, {"hpobench": "0"})
    with Writer(folder) as writer:
        for number, key in enumerate(experiment.runs()):
            optimizer = plugins.optimizers()[key.contender.optimizer]
            task = RunTask(
                number, info, optimizer, optimizer.settings({}), budget, *experiment.seeds(key), "cpu",
                simulation=simulation, record=record,
            )  # fmt: skip
            sink = Collected()
            end = Run(task, sink).run()
            assert end.status in ("done", "complete"), end.error
            tables = ([tuple(row.values()) for row in rows] for rows in (sink.trials, sink.progress))
            writer.add_trials(*map(marshalled, (*tables, [])))
            writer.set_run(
                number, status=end.status, spent=sink.books.ledger.spent, trials=sink.books.recorder.trials,
                failed_trials=sink.books.recorder.failed_trials, clock=sink.books.clock,
            )  # fmt: skip
        writer.set_status(ExperimentStatus.FINISHED)
    return Reader(folder)


def shown(reader: Reader, folder: Path) -> dict[str, object]:
    """All that tables, charts and exports make of an experiment, by what it is."""
    runs, everything = reader.runs(), {}
    for measure in Measure:
        for axis in Axis:
            curves = read_curves(reader, runs, axis, measure)
            place = folder / f"{measure.name}-{axis.name}"
            for path in bundle.export(reader, place, ["csv", "md", "tex"], axis, measure).files:
                everything[f"{place.name}/{path.name}"] = path.read_text()
            everything[f"{place.name} bands"] = [
                (band.label, *(values.tolist() for values in (band.grid, band.lower, band.median, band.upper)))
                for band in bands(runs, curves, axis)
            ]
            everything[f"{place.name} marks"] = anytime_table(runs[0].problem, runs, curves, axis, measure)
    return everything


def looked_at_one_by_one(reader: Reader, run: RunRow, axis: Axis, measure: Measure) -> Iterator[tuple[float, float]]:
    """(position, value) after each of a run's trials, worked out plainly."""
    tracker, spent, fidelity, total = IncumbentTracker(run.noisy), 0, 0, 0.0
    trials, configurations = reader.trials(run.id), reader.configurations(run.id, -1)
    for i, text in enumerate(configurations):
        spent += int(trials.cost[i])
        fidelity += int(trials.fidelity[i]) if run.fidelity else 1
        loss, truth = float(trials.loss[i]), float(trials.truth[i])
        comparator = run.reference if np.isnan(trials.reference[i]) else float(trials.reference[i])
        if not np.isnan(loss):
            free = loss if np.isnan(truth) else truth
            total += (loss if measure is Measure.CUMULATIVE else free) - comparator
            known = None if np.isnan(truth) else truth
            tracker.add(i, json.loads(text), max(int(trials.fidelity[i]), 1), loss, known)
        position = {
            Axis.EVALUATIONS: i + 1, Axis.FIDELITY: fidelity, Axis.SECONDS: float(trials.clock_end[i]),
            Axis.BUDGET: spent / run.quanta_per_unit,
        }[axis]  # fmt: skip
        value = tracker.value if tracker.value is not None else np.nan
        yield position, {Measure.SIMPLE: value - run.reference, Measure.INCUMBENT: value}.get(measure, total)


@pytest.fixture(scope="module", params=CASES)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Reader]]:
    """Each case, with all trials on record."""
    with recorded(tmp_path_factory.mktemp("exact") / "all", request.param, None) as reader:
        yield request.param, reader


def test_the_same_numbers_for_any_record(tmp_path: Path, whole: tuple[str, Reader]) -> None:
    case, reader = whole
    everything = shown(reader, tmp_path / "of all")
    assert [row.text for row in audit(reader) if not row.holds] == []
    for record in (1, 10, 80):
        with recorded(tmp_path / f"{record}", case, record) as reader:
            assert sum(reader.recorded().values()) < sum(run.trials for run in reader.runs())
            assert shown(reader, tmp_path / f"of {record}") == everything
            assert [row.text for row in audit(reader) if not row.holds] == []


@pytest.mark.parametrize("measure", Measure)
def test_the_numbers_are_those_of_all_trials(whole: tuple[str, Reader], measure: Measure) -> None:
    _, reader = whole
    runs = reader.runs()
    for axis in Axis:
        curves = read_curves(reader, runs, axis, measure)
        steps = {run.id: list(looked_at_one_by_one(reader, run, axis, measure)) for run in runs}
        for label in dict.fromkeys(run.label for run in runs):
            own = [run for run in runs if run.label == label]
            (band,) = bands(own, curves, axis)
            table = anytime_table(own[0].problem, own, curves, axis)
            (row,) = table.rows
            assert len(band.grid) > 20
            for at, got in (*zip(band.grid, band.median, strict=True), *zip(table.marks, row.medians, strict=True)):
                values = [[y for x, y in steps[run.id] if x <= at][-1] for run in own]
                assert got == pytest.approx(np.median(values), rel=1e-12, abs=1e-15)
    (final, *_) = final_table(runs, reader.ends(), measure)
    ends = [steps[run.id][-1][1] for run in runs if run.label == final.label]
    assert final.median == pytest.approx(np.median(ends), rel=1e-12, abs=1e-15)


def test_pulled_in_turn_two_arms_a_tenth_apart_cost_a_twentieth_each(tmp_path: Path) -> None:
    """The true pseudo-regret of a policy that pulls the two arms of ``bandits/bernoulli-2`` in turn is n / 20."""
    problem, _, _, simulation = CASES["arms"]
    case = (problem, ("uniform",), Budget.of(10_000, "evaluations"), simulation)
    for record in (None, 10):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(CASES, "turns", case)
            with recorded(tmp_path / f"{record}", "turns", record) as reader:
                runs = reader.runs()
                curves = read_curves(reader, runs, Axis.BUDGET)
                table = anytime_table(problem, runs, curves, Axis.BUDGET)
        assert table.measure is Measure.PSEUDO
        assert table.marks == (1250, 2500, 5000, 10_000)
        assert table.rows[0].medians == pytest.approx((62.5, 125, 250, 500), rel=1e-12)
