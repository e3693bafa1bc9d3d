"""``quintic verify`` passes, and notices what is wrong; ``quintic report`` holds a network against the classics."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")


from hpobench_suites.quintic import report as reporting
from hpobench_suites.quintic import speed
from hpobench_suites.quintic import verify as verification
from hpobench_suites.quintic.donaldson.balanced import balanced
from hpobench_suites.quintic.geometry.cache import point_set
from hpobench_suites.quintic.geometry.hypersurface import Charts, Quintic
from hpobench_suites.quintic.measures import Estimate, sigma
from hpobench_suites.quintic.sigma import Sigma
from hpobench_suites.quintic.training import DivergedError, MetricTraining
from hpobench_suites.quintic.verify import QUICK, Check, verify
from hpobench_tui.core import CommandContext, HpobenchError, Incumbent

CONTEXT = CommandContext(report_progress=lambda share, doing: None)
TINY = replace(QUICK, points=5_000, curvature=100, euler=5_000)


def failed(parts, seed=3):
    return {check.quantity for part in parts for check in part(TINY, seed) if not check.passed}


def best(problem="quintic/sigma-small", loss=0.01, optimizer="random") -> Incumbent:
    configuration = {**Sigma(10, 10, 1).space().get_default_configuration(), "width": 16, "depth": 1, "batch_size": 64}
    return Incumbent(problem, optimizer, 0, loss, 20, configuration, 40.0, "epochs")


def test_a_check_passes_within_its_limits():
    assert Check("upper limit", 1, 0.9, None, 1.0, "at most").passed
    assert not Check("upper limit", 1, 1.1, None, 1.0, "at most").passed
    assert Check("lower limit", 1, 1.1, None, 1.0, "at least").passed
    assert not Check("lower limit", 1, 0.9, None, 1.0, "at least").passed
    assert not Check("lower limit", 1, float("nan"), None, 1.0, "at least").passed
    assert not Check("upper limit", 1, float("nan"), None, 1.0, "at most").passed
    assert Check("distance", 1, -1.1, None, -1.0, 0.2).passed
    assert not Check("distance", 1, -1.3, None, -1.0, 0.2).passed
    assert not Check("distance", 1, float("nan"), None, -1.0, 0.2).passed


def test_geometry_passes():
    assert (
        failed([verification.of_points, verification.of_others, verification.of_balanced, verification.of_curvature])
        == set()
    )


def test_wrong_weights_are_noticed(monkeypatch):
    right = Charts.weights.func
    monkeypatch.setattr(Charts.weights, "func", lambda charts: 1.2 * right(charts))
    with monkeypatch.context() as fresh:
        fresh.setattr(verification, "point_set", uncached)
        assert "Vol_CY = mean(w)" in failed([verification.of_points])


def test_a_wrong_volume_form_is_noticed(monkeypatch):
    right = Charts.holomorphic.func
    monkeypatch.setattr(Charts.holomorphic, "func", lambda charts: right(charts) * abs(charts.z[:, 0]) ** 2)
    monkeypatch.setattr(verification, "point_set", uncached)
    found = failed([verification.of_points])
    assert {"change of chart: det g/|Ω|²", "σ of Fubini-Study"} <= found


def test_slow_training_steps_are_noticed(monkeypatch):
    monkeypatch.setattr(speed, "SECONDS", 0.05)
    slow = {f"training speed ÷ that of vmap(hessian), batch {batch}" for batch in (64, 512)}
    assert not slow & failed([verification.of_speed])
    monkeypatch.setattr(speed, "ours", speed.plain)
    assert slow <= failed([verification.of_speed])


def uncached(quintic, n, seed, part):
    """The points without what was worked out about them already."""
    from hpobench_suites.quintic.geometry.cache import point_set

    points = point_set(quintic, n, seed, part)
    return Charts(points.quintic, points.z, points.patch, points.eliminated)


@pytest.mark.e2e
def test_verify_passes_in_a_minute():
    told = []
    result = verify(CommandContext(report_progress=lambda share, doing: told.append(share)), quick=True, seed=0)
    (table,) = result.tables
    assert result.passed, [row for row in table.rows if not row[-1]]
    assert len(table.rows) == 22 + 2 * 5 + 3
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    assert float(result.notes[0].split()[-3]) < 60.0


def test_the_report_holds_a_network_against_the_classics(tmp_path: Path):
    candidates = (best(loss=0.01), best(loss=0.02), best(loss=0.03, optimizer="gp"), best("synthetic/branin"))
    context = replace(CONTEXT, folder=tmp_path, incumbents=candidates)
    result = reporting.report(context, points=2_000, epochs=8, curvature_points=500, seed=0)
    found, beside = result.tables
    assert [row[:2] for row in found.rows] == [("random", 0.01), ("gp", 0.03)]
    rows = {row[0]: row for row in beside.rows}
    assert next(iter(rows)) == "Fubini-Study"
    assert list(rows)[-1] == "network, retrained"
    assert len(rows) == 1 + 6 + 1 + 3 + 1
    column = {name: place for place, name in enumerate(beside.headers)}
    for row in rows.values():
        assert all(isinstance(cell, float) and cell > 0.0 for cell in row[column["± σ"] : column["Euler number"]])
        euler, error = row[column["Euler number"] :]
        assert error > 0.0
        assert abs(euler + 200.0) < max(5.0 * error, 40.0)
    sigmas = [rows[f"balanced, k = {k}"][column["σ"]] for k in range(1, 4)]
    assert sigmas == sorted(sigmas, reverse=True)
    value, error = rows["Fubini-Study"][column["σ"] : column["‖R‖"]]
    assert value == pytest.approx(0.3727, abs=4 * error)
    assert rows["network, retrained"][column["σ"]] < 0.3  # a real training
    symmetric, plain = rows["balanced, k = 4"], rows["balanced, k = 4, no symmetry"]
    assert symmetric[1:3] == (4900, 5)
    assert plain[1:3] == (4900, 4900)
    assert plain[3] > symmetric[3] > 0.0, "what the symmetry saves"
    assert plain[column["σ"]] > symmetric[column["σ"]]
    assert "standard deviation from one set to another" in " ".join(result.notes)
    paths = {path.name: path for path in result.files}
    saved = json.loads(paths["quintic-report.json"].read_text())
    assert [metric["metric"] for metric in saved["metrics"]] == list(rows)
    assert paths["quintic-report.png"].read_bytes().startswith(b"\x89PNG")


def test_the_error_of_a_balanced_metric_has_that_of_its_points():
    """k = 6 on 500 points: metrics from other sets of points lie within the stated errors, not within the test's."""
    test = point_set(Quintic(), 5_000, 0, "test")
    made = [algebraic_on(seed) for seed in range(9)]
    entry = reporting.Entry("balanced", "balanced", 1, 1, 1.0, made[:5])
    stated = reporting.measure(entry, test, test.first(1_000), ()).sigma
    values = [sigma(test.weights, shape.ratio(test)) for shape in made]
    others = np.array([one.value for one in values])
    assert (np.abs(others - stated.value) < 3.0 * stated.error).all()
    assert np.std(others) > 2.0 * values[0].error, "the points of T are what is uncertain"
    assert stated.error == pytest.approx(np.hypot(np.std(others), values[0].error), rel=0.7)


def algebraic_on(seed):
    train = point_set(Quintic(), 500, seed, "train")
    return reporting.algebraic(balanced(train, 6).form, 6)


def test_the_report_trains_the_variant_that_was_tuned():
    assert reporting.settings("quintic/sigma-small") == (0.0, "phi", 0)
    assert reporting.settings("quintic/sigma-small[psi=0.5,ansatz=matrix,lbfgs=1]") == (0.5, "matrix", 1)
    assert reporting.settings("tabular/quintic-sigma-small[mode=lookup]") == (0.0, "phi", 0)


def test_the_best_is_that_of_the_longest_training():
    broken_off, full = best(loss=0.01, optimizer="gp")._replace(fidelity=3), best(loss=0.02)
    assert [row[:3] for row in reporting.found([full, broken_off]).rows] == [("random", 0.02, 20), ("gp", 0.01, 3)]


@pytest.fixture
def _few_degrees(monkeypatch):
    monkeypatch.setattr(reporting, "DEGREES", range(1, 2))


@pytest.mark.usefixtures("_few_degrees")
def test_the_last_epochs_are_those_of_the_variant(monkeypatch):
    def sigma_of(problem):
        context = replace(CONTEXT, incumbents=(best(problem),))
        return reporting.report(context, 1_000, 2, 10, 0).tables[1].rows[-1][4]

    assert sigma_of("quintic/sigma-small[lbfgs=5]") != sigma_of("quintic/sigma-small")  # more than there are epochs


@pytest.mark.usefixtures("_few_degrees")
@pytest.mark.filterwarnings("error")
def test_what_is_no_metric_is_said():
    wild = best()
    wild.configuration.update(learning_rate=0.3, schedule="constant", activation="squared")
    context = replace(CONTEXT, incumbents=(wild,))
    notes = reporting.report(context, 1_000, 1, 10, 0).notes
    assert "network, retrained: not positive definite at" in notes[-1]
    assert "not positive" not in "".join(
        reporting.report(replace(CONTEXT, incumbents=(best(),)), 1_000, 1, 10, 0).notes
    )


@pytest.mark.usefixtures("_few_degrees")
def test_a_retraining_that_fails_is_one_message(monkeypatch):
    def diverge(training, epoch):
        raise DivergedError("the training loss is nan in epoch 1.")

    monkeypatch.setattr(MetricTraining, "train", diverge)
    with pytest.raises(HpobenchError, match=r"random.*the training loss is nan in epoch 1"):
        reporting.report(replace(CONTEXT, incumbents=(best(),)), 1_000, 2, 10, 0)


@pytest.mark.usefixtures("_few_degrees")
def test_the_report_outlives_a_folder_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "quintic-report.json").mkdir()
    result = reporting.report(replace(CONTEXT, folder=tmp_path, incumbents=(best(),)), 1_000, 1, 10, 0)
    assert (len(result.tables), result.files) == (2, ())
    assert "Not written" in result.notes[-1]


def test_json_knows_no_nan(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(reporting, "draw", lambda path, metrics: None)
    nan = Estimate(float("nan"), float("nan"))
    entry = reporting.Entry("network, retrained", "network", 1, 1, 1.0, [reporting.FUBINI_STUDY])
    list(reporting.written(tmp_path, [reporting.Measured(entry, Estimate(0.1, 0.01), nan, nan, nan)], [best()]))
    (metric,) = json.loads((tmp_path / "quintic-report.json").read_text(), parse_constant=pytest.fail)["metrics"]
    assert metric["sigma"] == [0.1, 0.01]
    assert metric["ricci"] == metric["literature_ricci"] == metric["euler_number"] == [None, None]


def test_an_experiment_without_networks_has_no_report():
    with pytest.raises(HpobenchError, match="no result on quintic/sigma-small"):
        reporting.report(replace(CONTEXT, incumbents=(best("synthetic/branin"),)), 1_000, 1, 10, 0)


@pytest.mark.usefixtures("_few_degrees")
def test_of_several_problems_one_is_chosen():
    several = replace(CONTEXT, incumbents=(best(loss=0.1), best("quintic/sigma-small[psi=0.5]", loss=0.2)))
    first = reporting.report(several, 1_000, 1, 10, 0)
    assert first.tables[0].rows[0][1] == 0.1
    assert "--problem: quintic/sigma-small[psi=0.5]" in first.notes[-1]
    second = reporting.report(several, 1_000, 1, 10, 0, problem="quintic/sigma-small[psi=0.5]")
    assert second.tables[0].rows[0][1] == 0.2
    with pytest.raises(HpobenchError, match=r"'quintic/ricci'.*quintic/sigma-small\[psi=0.5\]"):
        reporting.report(several, 1_000, 1, 10, 0, problem="quintic/ricci")


def test_lines_of_points_are_not_broken():
    with pytest.raises(HpobenchError, match="multiple of 5, not 12"):
        reporting.report(replace(CONTEXT, incumbents=(best(),)), 1_000, 1, 12, 0)
