"""Twins: look-up gives the table's own rows, surrogates keep the contract, and a broken table is one clear message."""

import json
import shutil
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from ConfigSpace import UniformFloatHyperparameter

from factories import run_of

pytest.importorskip("polars")


from hpobench_suites import tabular
from hpobench_suites.noise import splitmix64
from hpobench_suites.tabular.problem import TabulatedFailure
from hpobench_suites.tabular.sidecar import read
from hpobench_tui.analysis.landmarks import known
from hpobench_tui.core import Budget, Fidelity, HpobenchError, Simulation
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.space import samples
from hpobench_tui.engine.messages import RunTask
from hpobench_tui.engine.running.run import Run
from hpobench_tui.plugins import load_problem, optimizers, problems
from hpobench_tui.testing.problems import ProblemConformance
from hpobench_tui.testing.selfcheck import selfcheck
from program import imported
from tables import CLIFF, EDGE, made_table

EXAMPLE = f"tabular/{tabular.EXAMPLE}"


class TestSurrogate(ProblemConformance):
    info = problems()[EXAMPLE]


class TestLookup(ProblemConformance):
    info = problems()[f"{EXAMPLE}[mode=lookup]"]


class TestTable(ProblemConformance):
    info = problems()["tabular/table"]


@pytest.fixture(scope="module")
def cliff(tmp_path_factory):
    """A table with failures, two seeds, metrics and a conditional space."""
    return made_table(tmp_path_factory.mktemp("tables") / "cliff", CLIFF, 60, 2)


def twin(made, mode):
    info = problems()[f"tabular/table[file={made.json},mode={mode}]"]
    return info, load_problem(info)


def test_every_shipped_table_is_replayed_in_both_modes():
    shipped = {path.stem for path in tabular.SHIPPED.glob("*.json")}
    assert {info.id for info in tabular.PROBLEMS} == {"tabular/table", *(f"tabular/{name}" for name in shipped)}
    for name in shipped:
        for mode in ("surrogate", "lookup"):
            info = problems()[f"tabular/{name}[mode={mode}]"]
            problem = load_problem(info)
            report = problem.start(next(samples(problem.space(), np.random.default_rng(0))), 0, "cpu").advance(
                info.fidelity.maximum if info.fidelity else 1
            )
            assert report.loss >= info.reference.loss or not info.reference.exact
            assert selfcheck(info, draws=300).findings == ()


@pytest.mark.parametrize("mode", ["surrogate", "lookup"])
@pytest.mark.parametrize("name", sorted(path.stem for path in tabular.SHIPPED.glob("*.json")))
def test_nothing_goes_below_a_shipped_reference(name, mode):
    """No configuration of the table, nor what a search finds on its model; nor does a known solution.

    At full fidelity, which regret is of: a real network may be better an epoch before its last.
    """
    info = problems()[f"tabular/{name}[mode={mode}]"]
    reference, table = info.reference.loss, load_problem(info)._table
    whole = table.losses[:, :, -1]
    assert reference <= np.nanmin(np.nanmean(whole[~np.isnan(whole).all(1)], axis=1))
    assert all(reference <= mark.loss for mark in info.landmarks)
    if mode == "surrogate":
        stated = json.loads((tabular.SHIPPED / f"{name}.json").read_text())["replay"]["surrogate"]["reference"]
        assert reference <= stated <= least_found(info) * (1.0 + 1e-9)


def least_found(info):
    """By random search, then by ever smaller steps of the numbers of the best few."""
    problem, rng, full = load_problem(info), np.random.default_rng(11), info.fidelity.maximum
    space = problem.space()
    floats = [key for key, hyperparameter in space.items() if isinstance(hyperparameter, UniformFloatHyperparameter)]

    def loss(configuration):
        try:
            return problem.start(configuration, 0, "cpu").advance(full).loss
        except TabulatedFailure:
            return np.inf

    best = sorted(
        ((loss(c), n, c) for n, c in zip(range(3000), samples(space, rng), strict=False)), key=lambda x: x[:2]
    )
    found = []
    for least, _, here in best[:3]:
        for width in np.geomspace(0.3, 1e-5, 400):
            near = dict(here)
            for key in near.keys() & floats:
                vector = space[key].to_vector(near[key]) + width * rng.standard_normal()
                near[key] = float(space[key].to_value(np.clip(vector, 0.0, 1.0)))
            if (value := loss(near)) < least:
                here, least = near, value
        found.append(least)
    return min(found)


def test_known_solutions_of_a_twin_stand_in_tables_with_their_own_losses():
    """Landmarks are losses of the original: a regret must not be measured from a model's minimum there."""
    for mode in ("surrogate", "lookup"):
        twin_info, original = problems()[f"tabular/quintic-sigma-small[mode={mode}]"], problems()["quintic/sigma-small"]
        assert twin_info.reference.loss == original.reference.loss == 0.0
        assert not twin_info.reference.exact
        run = run_of(problem=twin_info.id, reference=twin_info.reference.loss)
        shown = known([run], {twin_info.id: list(twin_info.landmarks)}, Measure.SIMPLE)[twin_info.id]
        assert [mark.value for mark in shown] == [mark.loss for mark in shown]
        assert {mark.name: mark.loss for mark in shown}["optimal diagonal k = 4"] == 0.0058


def test_a_bound_of_the_original_that_a_table_beats_is_not_its_reference(cliff, tmp_path):
    path = copy(cliff, tmp_path)
    said = json.loads(path.read_text())
    said["problem"]["landmarks"] = [{"name": "known", "loss": 1.5, "source": "a test"}]
    least_mean = said["replay"]["lookup"]
    for bound, expected in ((0.0, 0.0), (least_mean + 0.1, least_mean)):
        said["problem"]["reference"]["loss"] = bound
        said["replay"]["surrogate"]["reference"] = least_mean + 0.2
        path.write_text(json.dumps(said))
        for mode in ("surrogate", "lookup"):
            assert read(path).reference(mode).loss == expected
    assert read(path).reference("lookup").exact
    assert not read(path).reference("surrogate").exact, "the table's best, which the model does not reach"


def test_listing_imports_nothing_heavy():
    assert not {"numpy", "scipy", "polars", "sklearn", "ConfigSpace"} & imported("import hpobench_suites.tabular")


def test_replaying_needs_neither_polars_nor_scikit_learn():
    program = (
        "from hpobench_tui.plugins import problems, load_problem\n"
        f"for mode in 'surrogate', 'lookup': p = load_problem(problems()['{EXAMPLE}[mode=' + mode + ']'])\n"
        "p.start(dict(p.space().get_default_configuration()), 0, 'cpu').advance(1)"
    )
    assert not {"polars", "sklearn", "torch"} & imported(program)


def test_lookup_gives_the_tables_own_rows(cliff):
    info, problem = twin(cliff, "lookup")
    assert info.noisy
    chosen = set()
    for number, ((i, _), record) in enumerate(cliff.contents.records.items()):
        k = splitmix64(number, 0) % 2
        chosen.add(k)
        own, spent = cliff.contents.records[i, k], 0.0
        assert own.values == record.values
        training = problem.start(dict(record.values), number, "cpu")
        for row in own.rows:
            report = training.advance(row.fidelity)
            spent += report.cost
            assert report.loss == row.loss
            assert report.metrics == row.metrics
            assert spent == pytest.approx(row.cpu_seconds, rel=1e-9)
        if own.error is not None:
            with pytest.raises(TabulatedFailure, match=r"over the edge.*recorded on the way to 3") as caught:
                training.advance(4)
            assert spent + caught.value.cost == pytest.approx(own.cpu_seconds, rel=1e-9)
            assert report.truth is None
        else:
            losses = [cliff.contents.records[i, seed].rows[-1].loss for seed in (0, 1)]
            assert report.truth == pytest.approx(np.mean(losses))
            assert report.truth >= info.reference.loss
    assert chosen == {0, 1}


def test_lookup_takes_the_nearest_and_its_reference_is_attained(cliff):
    info, problem = twin(cliff, "lookup")
    means = {
        i: np.mean([cliff.contents.records[i, k].rows[-1].loss for k in (0, 1)])
        for i, c in enumerate(cliff.plan.configurations)
        if c["x"] <= EDGE
    }
    best = min(means, key=means.get)
    assert info.reference.loss == pytest.approx(means[best])
    near = dict(cliff.plan.configurations[best])
    near["x"] *= 1.0001
    assert problem.start(near, 0, "cpu").advance(4).truth == pytest.approx(means[best])


def test_the_surrogate_knows_curves_seconds_and_failures(cliff):
    info, problem = twin(cliff, "surrogate")
    assert not info.noisy
    configurations = list(zip(range(200), samples(problem.space(), np.random.default_rng(5)), strict=False))
    original = load_problem(CLIFF)
    wrong, errors, reasons = 0, [], set()
    for _, configuration in configurations:
        training = problem.start(configuration, 0, "cpu")
        try:
            loss = [training.advance(fidelity).loss for fidelity in (1, 2, 4)]
        except TabulatedFailure as failure:
            reasons.add(str(failure).split(" (")[0])
            wrong += configuration["x"] <= EDGE
            continue
        wrong += configuration["x"] > EDGE
        if configuration["x"] <= EDGE:
            truth = original.start(configuration, 0, "cpu")
            errors += [abs(found - truth.advance(f).loss) for found, f in zip(loss, (1, 2, 4), strict=True)]
    assert reasons == {"ArithmeticError: over the edge"}
    assert wrong <= 20, "of 200"
    assert np.median(errors) < 0.05
    said = cliff.sidecar["replay"]["surrogate"]
    assert said["loss"]["r2"] > 0.9
    assert said["failure"]["failures_found"] > 0.7


def test_between_levels_it_is_interpolated(cliff, tmp_path):
    info = replace(CLIFF, fidelity=Fidelity("epochs", 1, 9, step=4))
    made = made_table(tmp_path / "coarse", info, 5, 1)
    assert made.plan.levels == (1, 4, 8, 9)
    _, problem = twin(made, "lookup")
    good = next(c for c in made.plan.configurations if c["x"] <= EDGE)
    losses = {f: problem.start(dict(good), 0, "cpu").advance(f) for f in (4, 5, 8)}
    assert losses[5].loss == pytest.approx(0.75 * losses[4].loss + 0.25 * losses[8].loss)
    assert losses[5].cost == pytest.approx(0.75 * losses[4].cost + 0.25 * losses[8].cost)
    with pytest.raises(HpobenchError, match="has no surrogate"):
        twin(made, "surrogate")


def test_what_cannot_be_resumed_is_trained_anew_for_each_fidelity(tmp_path):
    info = replace(CLIFF, fidelity=Fidelity("points", 1, 9, resumable=False))
    made = made_table(tmp_path / "points", info, 5, 1)
    assert made.plan.levels == (1, 3, 9)
    twin_info, problem = twin(made, "lookup")
    assert twin_info.fidelity == info.fidelity
    original = load_problem(info)
    good = next(c for c in made.plan.configurations if c["x"] <= EDGE)
    reports = [problem.start(dict(good), 0, "cpu").advance(fidelity) for fidelity in (1, 2, 3, 9)]
    for fidelity, report in zip((1, 3, 9), (reports[0], *reports[2:]), strict=True):
        assert report.loss == original.start(good, made.plan.seeds[0], "cpu").advance(fidelity).loss
    assert (np.diff([report.cost for report in reports]) >= 0.0).all(), "more training never costs less"


class Rows:
    """Keeps the rows of a run."""

    def __init__(self):
        self.phase, self.seconds = lambda *_: None, 0.0

    def plan(self, plan): ...
    def pause_if_asked(self): ...

    def imported(self, *_): ...

    def trial(self, row, progress, reports, books):
        self.seconds = books.clock


def test_a_run_on_the_simulated_clock_takes_the_tables_seconds():
    """Random search with full trainings, one after the other: the clock ends at the sum of their seconds."""
    info = problems()[f"{EXAMPLE}[mode=lookup]"]
    problem, rows = load_problem(info), Rows()
    task = RunTask(
        0, info, optimizers()["random"], {}, Budget.of(12, "evaluations"), 3, 4, "cpu", simulation=Simulation()
    )
    Run(task, rows).run()
    draws = samples(problem.space(), np.random.default_rng(4))
    spent = sum(problem.start(next(draws), 3, "cpu").advance(27).cost for _ in range(12))
    assert rows.seconds == pytest.approx(spent, rel=1e-6)


def copy(made, folder):
    for end in ("json", "npz", "parquet"):
        shutil.copy(made.base.with_name(f"cliff.{end}"), folder)
    return folder / "cliff.json"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("losses"), "KeyError: 'losses"),
        (lambda arrays: arrays.update(losses=arrays["losses"][:5]), "losses has shape (5, 2, 4), not (60, 2, 4)"),
        (lambda arrays: arrays.update(features=arrays["features"][:, :1]), "features has shape (60, 1), not (60, "),
        (lambda arrays: arrays.update(levels=np.array([1.0, 2.0, 3.0, np.nan])), "at fidelities [1.0, 2.0, 3.0, nan]"),
        (lambda arrays: arrays.update({"surrogate.loss.kind": np.array("magic")}), "KeyError"),
        (lambda arrays: arrays.pop("surrogate.logarithmic"), "KeyError: 'logarithmic'"),
    ],
)
def test_arrays_that_do_not_fit_are_one_message_though_the_checksum_is_right(cliff, tmp_path, change, message):
    path = copy(cliff, tmp_path)
    replay = path.with_suffix(".npz")
    with np.load(replay) as stored:
        arrays = dict(stored)
    change(arrays)
    np.savez(replay, **arrays)
    said = json.loads(path.read_text())
    said["checksums"]["npz"] = sha256(replay.read_bytes()).hexdigest()
    path.write_text(json.dumps(said))
    with pytest.raises(HpobenchError, match=r"cliff\.npz is damaged") as caught:
        load_problem(problems()[f"tabular/table[file={path}]"])
    assert message in str(caught.value)


def test_broken_tables_are_one_message(cliff, tmp_path, monkeypatch):
    registry = problems()

    def refused(file, mode="surrogate"):
        registry._variants.clear()
        with pytest.raises(HpobenchError) as caught:
            load_problem(registry[f"tabular/table[file={file},mode={mode}]"])
        return str(caught.value)

    path = copy(cliff, tmp_path)
    said = json.loads(path.read_text())
    assert "no table" in refused(tmp_path / "none.json")
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path) in refused("none.json"), "relative to the working directory"
    with (tmp_path / "cliff.npz").open("ab") as file:
        file.write(b"x")
    assert "is not the file that cliff.json describes" in refused(path)
    (tmp_path / "cliff.npz").unlink()
    assert "cliff.npz is missing" in refused(path)
    path.write_text(json.dumps(said | {"format": 99}))
    assert "format 99" in refused(path)
    path.write_text(json.dumps({name: value for name, value in said.items() if name != "replay"}))
    assert "is a damaged table: KeyError: 'replay'" in refused(path)
    path.write_text("no JSON")
    assert "is not the .json file of a table" in refused(path)
    assert "must be one of surrogate, lookup" in refused(path, "oracle")


def test_a_table_can_be_named_by_its_parquet_file_too(cliff, monkeypatch):
    monkeypatch.chdir(cliff.base.parent)
    assert load_problem(problems()["tabular/table[file=cliff.parquet,mode=lookup]"]).space() == cliff.plan.space
