"""Published trainings: equal to the source's, quick to look up, their optima exact, refused where they are not whole.

``data/tables.json`` holds what an independent reader (``tools/sample_tables.py``) found in the sources.
"""

import json
import os
import runpy
import shutil
import time
from functools import cache
from hashlib import sha256
from io import BytesIO
from itertools import chain
from math import fsum, isfinite, lcm
from pathlib import Path
from random import Random
from statistics import fmean

import numpy as np
import pytest

from hpobench_suites import tables
from hpobench_suites.noise import splitmix64
from hpobench_suites.tables import data
from hpobench_suites.tables.curves import Curves, Diverged
from hpobench_suites.tables.description import DESCRIPTIONS, read
from hpobench_suites.tables.grid import Grid
from hpobench_tui.core import Budget, HpobenchError, Simulation
from hpobench_tui.core.columns import groups
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.records import Trials
from hpobench_tui.core.seeds import derive
from hpobench_tui.core.space import samples
from hpobench_tui.engine.messages import RunTask
from hpobench_tui.engine.running.run import Run
from hpobench_tui.plugins import load_problem, optimizers
from hpobench_tui.testing.problems import ProblemConformance
from hpobench_tui.testing.selfcheck import selfcheck
from program import imported

EXPECTED = json.loads((Path(__file__).parent / "data" / "tables.json").read_text())
PROBLEMS = {info.id.partition("/")[2]: info for info in tables.PROBLEMS}
GRIDS = [name for name, info in PROBLEMS.items() if info.fidelity is None]
CURVES = [name for name, info in PROBLEMS.items() if info.fidelity]
TOOLS = Path(__file__).parents[2] / "tools"
ROWS = 1000

pytestmark = pytest.mark.needs("hpobench_tables")


@cache
def seed_of(k, count):
    """A seed that chooses training number k of so many."""
    return next(seed for seed in range(1000) if splitmix64(seed, 0) % count == k)


def at(key, space):
    """The configuration of a source's key: its digits are places."""
    return {name: values[int(digit)] for digit, (name, values) in zip(key, space.items(), strict=True)}


def same(found, expected):
    """The sum of numbers, as exactly as sums are."""
    return fsum(found) == pytest.approx(expected, rel=1e-12)


class TestGrid(ProblemConformance):
    info = PROBLEMS["hpobench-mlp-car"]


class TestMixedGrid(ProblemConformance):
    info = PROBLEMS["fcnet-naval-propulsion"]


class TestCategoricalGrid(ProblemConformance):
    info = PROBLEMS["nasbench201-cifar100"]


class TestOpenClip(ProblemConformance):
    info = PROBLEMS["openclip"]
    configurations = 100


class TestLanguageModels(ProblemConformance):
    info = PROBLEMS["language-models"]
    configurations = 100


# --- equal to the source's ---


def test_all_tables_were_read_a_second_time():
    assert set(EXPECTED) == set(PROBLEMS)
    assert (len(GRIDS), len(CURVES)) == (15, 2)


@pytest.mark.parametrize("name", GRIDS)
def test_columns_are_the_sources_to_the_last_bit(name):
    expected, description = EXPECTED[name], read(name)
    arrays = data.columns(description)
    assert expected["configurations"] == description.statistics["configurations"]
    assert {*arrays, *description.statistics["left out"]} == set(expected["columns"])
    for column, array in arrays.items():
        numbers = np.ascontiguousarray(array[np.isfinite(array)])
        assert sha256(numbers.astype("<f8").tobytes()).hexdigest() == expected["columns"][column]["digest"], column
        assert same(numbers, expected["columns"][column]["total"]), column


@pytest.mark.parametrize("name", GRIDS)
def test_a_thousand_rows_are_looked_up_as_another_reader_finds_them(name):
    expected, problem = EXPECTED[name], load_problem(PROBLEMS[name])
    space = expected["space"]
    keys = sorted(_keys([len(values) for values in space.values()]))
    drawn = Random(name).sample(keys, ROWS)
    state = sha256()
    for key in drawn:
        row = problem.row(at(key, space))
        assert problem.configuration(row) == at(key, space)
        found = _all_seeds(problem, at(key, space), problem._counts[row])
        state.update(np.array([x for report in found for x in (report.loss, report.cost)], "<f8").tobytes())
        if key in expected["rows"]:
            assert [report.loss for report in found] == expected["rows"][key]["losses"]
            assert [report.cost for report in found] == expected["rows"][key]["seconds"]
            assert found[0].truth == pytest.approx(fmean(expected["rows"][key]["losses"]), rel=1e-14)
    assert state.hexdigest() == expected["looked_up"]


def _keys(widths):
    keys = [""]
    for width in widths:
        keys = [key + str(place) for key in keys for place in range(width)]
    return keys


def _all_seeds(problem, configuration, count):
    return [problem.start(configuration, seed_of(k, count), "cpu").advance(1) for k in range(count)]


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_optimum_is_the_sources_and_is_reached(name):
    info, problem = PROBLEMS[name], load_problem(PROBLEMS[name])
    assert info.reference.loss == pytest.approx(EXPECTED[name]["optimum"], rel=1e-14, abs=1e-16)
    last = info.fidelity.maximum if info.fidelity else 1
    best = problem.minimisers()
    assert len(best) == read(name).statistics["optima"]
    for configuration in best:
        truth = problem.start(configuration, 0, "cpu").advance(last).truth
        assert truth == pytest.approx(info.reference.loss, rel=1e-14, abs=1e-15)


def test_optima_are_those_that_papers_state():
    """NAS-Bench-201: best mean validation accuracies of 91.61, 73.49 and 46.73 %; FCNet: least mean errors."""
    known = {
        "nasbench201-cifar10": (1 - 0.9161, 1e-4), "nasbench201-cifar100": (1 - 0.7349, 1e-4),
        "nasbench201-imagenet": (1 - 0.4673, 1e-4), "fcnet-protein-structure": (0.221378, 1e-5),
        "fcnet-slice-localization": (0.000191, 1e-6), "fcnet-naval-propulsion": (3.19e-5, 1e-7),
        "fcnet-parkinsons-telemonitoring": (0.0067, 1e-5),
    }  # fmt: skip
    for name, (loss, within) in known.items():
        assert PROBLEMS[name].reference.loss == pytest.approx(loss, abs=within), name


@pytest.mark.parametrize("name", CURVES)
def test_curves_are_the_sources(name):
    expected, description = EXPECTED[name], read(name)
    arrays, problem = data.columns(description), load_problem(PROBLEMS[name])
    assert (description.statistics["configurations"], description.statistics["diverged"]) == (
        expected["configurations"],
        expected["diverged"],
    )
    for column, said in expected["columns"].items():
        numbers = arrays[column][np.isfinite(arrays[column])]
        assert sha256(numbers.astype("<f8").tobytes()).hexdigest() == said["digest"], column
        assert same(numbers, said["total"]), column
    assert arrays["config_id"][np.nanargmin(problem.final())] == expected["best"]
    finals = [_end(problem, i) for i in range(expected["configurations"])]
    numbers = np.array([loss for loss in finals if loss is not None], "<f8")
    assert sha256(numbers.tobytes()).hexdigest() == expected["finals"]


def _end(problem, row):
    """The last loss of a row, asked for by its own configuration; None if it diverged."""
    try:
        return problem.start(problem.configuration(row), 0, "cpu").advance(10).loss
    except Diverged:
        return None


@pytest.mark.parametrize("name", CURVES)
def test_each_unit_of_each_training_takes_time(name):
    """A simulated clock needs it; what a source has at one and the same place is no curve."""
    problem = load_problem(PROBLEMS[name])
    for row, end in enumerate(problem._ends):
        training = problem.start(problem.configuration(row), 0, "cpu")
        ran = end - problem._failed[row]
        costs = [training.advance(to).cost for to in range(1, ran + 1)]
        assert all(cost > 0 for cost in costs), row
        assert fsum(costs) == pytest.approx(problem._spent[row, ran - 1] if ran else 0.0, rel=1e-12)
        if problem._failed[row]:
            with pytest.raises(Diverged) as caught:
                training.advance(10)
            assert caught.value.cost > 0


def test_a_failure_whose_seconds_are_unknown_takes_those_of_the_training():
    problem = load_problem(PROBLEMS["openclip"])
    published = data.columns(problem._of)["train_duration"]
    unknown = [i for i, end in enumerate(problem._ends) if np.isnan(published[i, end - 1])]
    assert len(unknown) == 43
    for row in unknown:
        end = problem._ends[row]
        known = published[row, : end - 1] if end > 1 else [np.nanmedian(published)]
        with pytest.raises(Diverged) as caught:
            problem.start(problem.configuration(row), 0, "cpu").advance(10)
        assert caught.value.cost == pytest.approx(fsum(published[row, : end - 1]) + fmean(known), rel=1e-12)


def test_language_models_were_trained_to_their_ends():
    """FLOPs are in proportion to tokens, and the last evaluation is at all that were planned."""
    of = read("language-models")
    arrays, rows = data.columns(of), range(of.statistics["configurations"])
    flops = [arrays["flops"][i, : int(end)] for i, end in enumerate(arrays["ends"])]
    assert len(of.statistics["left out"]) == 7
    assert {int(number) for number in arrays["config_id"]}.isdisjoint(map(int, of.statistics["left out"]))
    for row in rows:
        tokens, curve = arrays["hp.tokens"][row], flops[row]
        tenth = curve[0] / curve[-1] * tokens
        assert any(tenth == pytest.approx(first, rel=0.02) for first in (tokens / 2, 1.595e9, 4e9)), row


@pytest.mark.slow  # half a minute, and the wheels
@pytest.mark.skipif(
    "HPOBENCH_TABLE_SOURCES" not in os.environ, reason="HPOBENCH_TABLE_SOURCES names no folder of wheels"
)
def test_the_committed_expectations_are_the_sources():
    reader = runpy.run_path(str(TOOLS / "sample_tables.py"))
    found = reader["expectations"](Path(os.environ["HPOBENCH_TABLE_SOURCES"]))
    assert json.loads(json.dumps(found)) == EXPECTED


# --- replay ---


def test_a_seed_chooses_a_training_and_repeats_it():
    problem = load_problem(PROBLEMS["hpobench-mlp-car"])
    configuration = next(samples(problem.space(), np.random.default_rng(1)))
    reports = [problem.start(configuration, seed, "cpu").advance(1) for seed in range(200)]
    again = [problem.start(configuration, seed, "cpu").advance(1) for seed in range(200)]
    assert reports == again
    assert len({report.cost for report in reports}) == 5
    assert len({report.truth for report in reports}) == 1


def test_a_row_with_fewer_seeds_never_gives_a_hole():
    problem = load_problem(PROBLEMS["nasbench201-cifar10"])
    row = problem._counts.index(2)
    reports = [problem.start(problem.configuration(row), seed, "cpu").advance(1) for seed in range(100)]
    assert len({report.loss for report in reports}) == 2
    assert all(isfinite(number) for report in reports for number in (report.cost, *report.metrics.values()))


def curve(problem, epochs):
    """A row that ends after so many units."""
    return next(i for i, end in enumerate(problem._ends) if end == epochs and not problem._failed[i])


@pytest.mark.parametrize("name", CURVES)
def test_a_training_that_has_ended_stays_as_it_is(name):
    problem = load_problem(PROBLEMS[name])
    short = problem.start(problem.configuration(curve(problem, 2)), 0, "cpu")
    first, last, later = (short.advance(to) for to in (1, 2, 10))
    assert first.loss != last.loss == later.loss == later.truth
    assert later.metrics == last.metrics
    assert 0 < later.cost < 1e-4 < last.cost


def test_a_training_that_diverged_fails_where_it_did():
    problem = load_problem(PROBLEMS["openclip"])
    row = next(i for i, end in enumerate(problem._ends) if problem._failed[i] and end > 2)
    end = problem._ends[row]
    training = problem.start(problem.configuration(row), 0, "cpu")
    assert isfinite(training.advance(end - 1).loss)
    with pytest.raises(Diverged, match=f"in epoch {end}"):
        training.advance(end)
    with pytest.raises(Diverged):
        problem.start(problem.configuration(row), 0, "cpu").advance(10)


@pytest.mark.parametrize("name", CURVES)
def test_what_is_replayed_is_the_nearest(name):
    """By all distances, in the units of the space (logarithms, places)."""
    problem = load_problem(PROBLEMS[name])
    rows = np.array([_scaled(problem._of, problem.configuration(i)) for i in range(len(problem._ends))])
    for row in range(0, len(rows), 37):
        assert problem.nearest(problem.configuration(row)) == row
    draws = samples(problem.space(), np.random.default_rng(3))
    for _ in range(200):
        configuration = next(draws)
        distances = ((rows - _scaled(problem._of, configuration)) ** 2).sum(axis=1)
        assert distances[problem.nearest(configuration)] == pytest.approx(distances.min(), rel=1e-9)


def _scaled(of, configuration):
    found = []
    for h in of.hyperparameters:
        value = configuration[h.name]
        if h.values:
            found.append(h.values.index(value) / (len(h.values) - 1))
        else:
            low, high, x = (np.log(v) if h.log else v for v in (h.lower, h.upper, value))
            found.append((x - low) / (high - low))
    return np.array(found)


# --- the whole chain ---


PLACES = {column.name: place for place, column in enumerate(chain(*groups(Trials)))}


class Losses:
    """Keeps the losses and truths of a run's trials."""

    def __init__(self):
        self.found = []
        self.phase = self.plan = self.pause_if_asked = self.imported = self.left = lambda *_: None

    def trial(self, row, progress, reports, books):
        self.found.append((row[PLACES["loss"]], row[PLACES["truth"]]))


def losses_of_a_run(name, draws, run):
    """(draws, 2) losses and truths of random search through the engine."""
    seeds = derive(run, name, "problem"), derive(run, name, "optimizer")
    kept, budget = Losses(), Budget.of(draws, "evaluations")
    task = RunTask(0, PROBLEMS[name], optimizers()["random"], {}, budget, *seeds, "cpu", simulation=Simulation())
    Run(task, kept).run()
    assert len(kept.found) == draws
    return kept.found


def expected_best(losses, draws):
    """The expected least of so many independent draws: the sum of x_(i) P(least is the i-th)."""
    x = np.sort(losses)
    n = len(x)
    beyond = ((n - np.arange(n + 1)) / n) ** draws
    return float(x @ (beyond[:-1] - beyond[1:]))


@pytest.mark.parametrize("name", ["hpobench-mlp-vehicle", "fcnet-protein-structure", "nasbench201-cifar100"])
def test_random_search_finds_what_the_sorted_losses_say(name):
    """The whole chain: the engine, random search, the simulated clock.

    All trials of a run have the repetition's seed (but for a configuration that is drawn twice, which is too rare to be
    seen here), so a run's losses are those of one seed.
    """
    draws, runs = 20, 300
    losses = data.losses(read(name), data.columns(read(name)))
    best = np.array([losses_of_a_run(name, draws, run) for run in range(runs)]).min(axis=1)
    counts = np.isfinite(losses).sum(axis=1)
    seeds = range(lcm(*counts.tolist()))
    chosen = [losses[np.arange(len(losses)), seed % counts] for seed in seeds]
    expected = np.mean([expected_best(of, draws) for of in chosen]), expected_best(data.means(losses), draws)
    errors = best.std(axis=0, ddof=1) / np.sqrt(runs)
    assert (abs(best.mean(axis=0) - expected) < 3 * errors).all(), (best.mean(axis=0), expected, errors)


# --- speed, damage, listing ---


@pytest.mark.parametrize(("name", "microseconds"), [("fcnet-slice-localization", 5.0), ("openclip", 15.0)])
def test_a_look_up_is_quick(name, microseconds):
    problem = load_problem(PROBLEMS[name])
    draws = samples(problem.space(), np.random.default_rng(0))
    configurations = [next(draws) for _ in range(500)]
    times = []
    for _ in range(20):
        begun = time.process_time()
        for seed, configuration in enumerate(configurations):
            problem.start(configuration, seed, "cpu")
        times.append((time.process_time() - begun) / 500)
    assert min(times) < microseconds * 1e-6


def test_a_table_opens_in_less_than_a_second():
    begun = time.process_time()
    Grid(read("fcnet-slice-localization"))
    Curves(read("openclip"))
    assert time.process_time() - begun < 1.0


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A copy of one table's data, where they are looked for."""
    name = "nasbench201-imagenet"
    copy = tmp_path / f"{name}.npz"
    shutil.copy(data.path_of(name), copy)
    monkeypatch.setattr(data, "path_of", lambda name: tmp_path / f"{name}.npz")
    return name, copy


def refused(name, says):
    with pytest.raises(HpobenchError, match=says) as caught:
        Grid(read(name))
    assert "pip install --force-reinstall --no-deps hpobench-tables" in str(caught.value)


@pytest.mark.parametrize("place", [0, 1000, -1])
def test_a_flipped_bit_is_refused(elsewhere, place):
    name, copy = elsewhere
    content = bytearray(copy.read_bytes())
    content[place] ^= 1
    copy.write_bytes(content)
    refused(name, "is damaged, or of another version")


def test_missing_and_cut_data_are_refused(elsewhere):
    name, copy = elsewhere
    copy.write_bytes(copy.read_bytes()[:5000])
    refused(name, "is damaged, or of another version")
    copy.unlink()
    refused(name, "is missing")
    copy.mkdir()
    refused(name, "cannot be read")


def test_without_the_distribution_the_extra_is_named(monkeypatch):
    for module in ("hpobench_suites.tables.data", "hpobench_tui.core.compatibility"):
        monkeypatch.setattr(f"{module}.find_spec", lambda name: None)
    with pytest.raises(HpobenchError, match=r"pip install 'hpobench-tui\[tables\]'"):
        data.path_of("openclip")
    assert "hpobench-tui[tables]" in missing(PROBLEMS["openclip"])


def test_a_damaged_description_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("hpobench_suites.tables.description.DESCRIPTIONS", tmp_path)
    for content in ("", "[]", '{"summary": 1}'):
        (tmp_path / "openclip.json").write_text(content)
        with pytest.raises(HpobenchError, match=r"openclip\.json is damaged"):
            read("openclip")


def test_listing_imports_nothing_heavy_nor_the_data():
    heavy = {"numpy", "scipy", "torch", "ConfigSpace", "polars", "hpobench_tables"}
    assert not heavy & imported("import hpobench_suites.tables")


@pytest.mark.parametrize("name", PROBLEMS)
def test_descriptions_say_whose_the_data_are(name):
    info = PROBLEMS[name]
    assert (DESCRIPTIONS / f"{name}.json").is_file()
    assert info.origin
    assert info.licence
    assert info.reference.exact
    assert info.targets[0] > info.targets[-1] > 0


@pytest.mark.parametrize("name", ["nasbench201-imagenet", "openclip"])
def test_selfcheck_passes(name):
    found = selfcheck(PROBLEMS[name], draws=500)
    assert found.draws == 500
    assert not found.findings


def test_the_unpickler_allows_no_global(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import table_sources

    evil = b"cos\nsystem\n(S'true'\ntR."
    with pytest.raises(Exception, match="only plain data are read"):
        table_sources.PlainUnpickler(BytesIO(evil)).load()
    other = tmp_path / table_sources.SIMPLE[0]
    other.write_bytes(b"another")
    with pytest.raises(SystemExit, match="is another file"):
        table_sources.wheel(tmp_path, table_sources.SIMPLE)
