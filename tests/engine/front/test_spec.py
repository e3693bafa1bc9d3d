"""Experiment files: parameters of problems, simulated clocks, thinned recording, and what is refused of them."""

import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest

import experiments
from hpobench_tui import plugins
from hpobench_tui.core import Budget, HpobenchError, Simulation, Unit, compatibility
from hpobench_tui.core.budget import MOST_QUANTA
from hpobench_tui.core.experiment import Limits
from hpobench_tui.engine.front import presets, spec
from hpobench_tui.engine.front.fields import SECTIONS
from hpobench_tui.store.experiment_json import experiment_from_json, experiment_to_json
from hpobench_tui.store.reader import Reader
from hpobench_tui.tui.form import Form

BASE = 'name = "x"\noptimizers = ["random"]\n[budget]\namount = {amount}\nunit = "{unit}"\n'


def parsed(more: str, amount: float = 5, unit: str = "evaluations", **overrides: object):
    return spec.parse(more + "\n" + BASE.format(amount=amount, unit=unit), "x.toml", **overrides)


@pytest.mark.needs("ioh")
def test_variants_have_one_name_however_they_are_written() -> None:
    experiment = parsed(
        'problems = ["synthetic/ackley[d=10]", { name = "synthetic/ackley", d = 10 }, "synthetic/ackley[ d = 2 ]",'
        ' { name = "bbob/f08-rosenbrock", instance = 7, d = 3 }, "bbob/f08-rosenbrock[instance=7,d=3]"]'
    )
    assert experiment.problems == ("synthetic/ackley[d=10]", "synthetic/ackley", "bbob/f08-rosenbrock[d=3,instance=7]")
    registry = plugins.problems()
    for name in experiment.problems:
        assert registry[name].id == name, "it is found again by its own name"
    assert registry["synthetic/ackley[d=10]"].dimensions.floats == 10


def test_every_parameter_can_be_written_and_read() -> None:
    """Of all shipped problems, with another value than the default."""
    for info in plugins.problems():
        for parameter in info.parameters:
            others = [c for c in parameter.choices if c != parameter.default]
            if parameter.name == "file":
                others = ["quintic-sigma-small"]
            if len(parameter.choices) == 1:
                continue
            step = 0.01 if isinstance(parameter.default, float) else 1
            step = -step if parameter.maximum == parameter.default else step
            value = others[0] if others else parameter.default + step  # type: ignore[operator]
            varied = plugins.variant(info, {parameter.name: value})
            assert varied.id != info.id
            assert plugins.problems()[varied.id] == (plugins.problems()[varied.same_as] if varied.same_as else varied)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("bandits/bernoulli[k=0]", ("bandits/bernoulli", "'k' must be at least 2", "not 0")),
        ("synthetic/ackley[d=-1]", ("synthetic/ackley", "'d' must be at least 1", "not -1")),
        ("bbob/f01-sphere[instance=0]", ("bbob/f01-sphere", "'instance' must be at least 1", "not 0")),
        ("synthetic/ackley[d=2.5]", ("'d' must be a whole number", "'2.5'")),
        (f"synthetic/ackley[d={'9' * 400}]", ("'d' must be at most", "400 digits")),
        ("synthetic/ackley[e=2]", ("unknown parameter", "'e'", "Valid: d")),
        ("synthetic/ackley[d]", ("cannot be read", "synthetic/ackley[name=value")),
        ("synthetic/ackley[d=2", ("cannot be read",)),
        ("synthetic/ackley[d=2,d=3]", ("twice",)),
        ("synthetic/hartmann6-mf[d=3]", ("no parameters to set",)),
        ("bandits[k=2]", ("'bandits' is a suite", "takes no parameters")),
        ("synthetic/akley[d=2]", ("unknown problem", "Did you mean", "synthetic/ackley")),
    ],
)
def test_bad_parameters_get_a_clear_error(problem: str, words: tuple[str, ...]) -> None:
    with pytest.raises(HpobenchError) as caught:
        parsed(f'problems = ["{problem}"]')
    for word in ("x.toml", *words):
        assert word in str(caught.value)


def test_a_parameter_is_set_once() -> None:
    with pytest.raises(HpobenchError, match="d is set twice"):
        parsed('problems = [{ name = "synthetic/ackley[d=3]", d = 4 }]')


@pytest.mark.parametrize("limit", ['ask_seconds = "5"', "trial_seconds = true", "memory_mb = 1.5", "memory_mb = 0"])
def test_limits_that_make_no_sense_are_refused(limit: str) -> None:
    with pytest.raises(HpobenchError, match="limits"):
        spec.parse(
            f'problems = ["synthetic/branin"]\n{BASE.format(amount=1, unit="evaluations")}\n[limits]\n{limit}', "x"
        )


def test_the_closest_budget_counts() -> None:
    text = (
        'problems = ["synthetic/ackley[d=3]", "synthetic/ackley", "synthetic/levy", "bandits/gaussian"]\n'
        'name = "x"\noptimizers = ["random"]\n[budget]\namount = 1\nunit = "evaluations"\n'
        '[budgets."synthetic"]\namount = 2\nunit = "evaluations"\n'
        '[budgets."synthetic/ackley"]\namount = 3\nunit = "evaluations"\n'
        '[budgets."synthetic/ackley[ d=3 ]"]\namount = 4\nunit = "evaluations"\n'
    )
    assert [int(b.amount) for b in spec.parse(text, "x").budgets.values()] == [4, 3, 2, 1]
    with pytest.raises(HpobenchError, match=r"unknown problem in budgets 'synthetic/ackley\[d=4\]'"):
        spec.parse(text.replace("[ d=3 ]", "[d=4]"), "x")


@pytest.mark.parametrize(
    ("simulation", "message"),
    [
        ("workers = 0", "workers must be from 1 to"),
        ("failure_rate = 1.5", "failure_rate must be from 0 to 1"),
        ("straggler_factor = 0.5", "straggler_factor must be from 1 to"),
        ("start_seconds = -1.0", "start_seconds must be from 0"),
        ("wrkers = 3", "Valid: workers, synchronous"),
        ('workers = "3"', "simulation.workers"),
        ("start_seconds = nan", "start_seconds must be from 0"),
    ],
)
def test_simulations_that_make_no_sense_are_refused(simulation: str, message: str) -> None:
    text = 'problems = ["synthetic/branin"]\n' + BASE.format(amount=5, unit="evaluations")
    with pytest.raises(HpobenchError, match=message):
        spec.parse(f"{text}[simulation]\n{simulation}\n", "x.toml")


def test_clocks_and_units_must_agree() -> None:
    problem = 'problems = ["synthetic/branin"]'
    with pytest.raises(HpobenchError, match="need a simulated clock"):
        parsed(problem, 5, "simulated-seconds")
    simulated = BASE.format(amount=5, unit="seconds") + "[simulation]\nworkers = 2\n"
    with pytest.raises(HpobenchError, match="are real ones, but the clock is simulated"):
        spec.parse(f"{problem}\n{simulated}", "x")


def test_a_problem_without_costs_is_not_simulated() -> None:
    text = 'problems = ["mnist_cnn/lecture-2k"]\n' + BASE.format(amount=5, unit="evaluations") + "[simulation]\n"
    with pytest.raises(HpobenchError, match="no cost model, which a simulated clock needs"):
        spec.parse(text, "x")


def test_the_first_preset_needs_nothing_but_the_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compatibility, "is_there", lambda module: False)
    assert presets.names()[0] == "first"
    assert presets.lacking("first") == []
    assert presets.load("first").skipped
    assert presets.lacking("bbob") == ["bbob", "optuna"]
    assert presets.lacking("lecture-quintic") == ["hpbandster", "quintic"]


def test_all_that_an_experiment_lacks_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compatibility, "is_there", lambda module: False)
    for preset in filter(presets.lacking, presets.names()):
        extras = re.escape(f"[{','.join(presets.lacking(preset))}]")
        with pytest.raises(HpobenchError, match=extras):
            presets.load(preset)


@pytest.mark.parametrize("preset", presets.names())
def test_experiments_survive_their_json(preset: str) -> None:
    if extras := presets.lacking(preset):
        pytest.skip(f"needs {', '.join(extras)}")
    experiment = presets.load(preset)
    assert experiment_from_json(experiment_to_json(experiment)) == experiment
    simulated = replace(experiment, simulation=Simulation(3, True, True, 0.25, 0.5, 0.1, 3.0, 0.2), record=7)
    assert experiment_from_json(experiment_to_json(simulated)) == simulated


@pytest.mark.e2e
def test_a_simulated_thinned_experiment_survives_a_kill(tmp_path: Path) -> None:
    """It starts over, and ends as if nothing had happened. Variants of problems run under their names."""
    clock = Simulation(workers=3, straggler_rate=0.1, straggler_factor=2.0, failure_rate=0.1)
    problems, optimizers = ["synthetic/mixed", "bandits/abrupt[k=3]"], ["random", "ucb1"]
    experiment = experiments.experiment(
        problems, optimizers, 4000, "evaluations", repetitions=2, simulation=clock, record=50
    )
    folder = experiments.launched(experiment, tmp_path)
    experiments.kill_and_resume(folder, beyond=3000)
    runs = experiments.runs(folder)
    assert {(run.status, run.trials, run.spent) for run in runs} == {("done", 4000, 4000)}
    assert {run.problem for run in runs} == {"synthetic/mixed", "bandits/abrupt[k=3]"}
    whole = experiments.results(experiments.run(experiment, tmp_path / "whole"))
    assert experiments.results(folder) == whole


@pytest.mark.e2e
@pytest.mark.parametrize("simulation", [None, Simulation(workers=4, start_seconds=0.25)], ids=["real", "simulated"])
def test_every_unit_is_spent_and_audited(tmp_path: Path, simulation: Simulation | None) -> None:
    """One experiment, a unit a problem."""
    from hpobench_tui.analysis.audit import audit

    functions = ("branin", "currin", "hartmann3", "hartmann6", "borehole", "forrester")
    problems = ["synthetic/mixed", *(f"synthetic/{name}-mf" for name in functions)]
    amounts = {Unit.SECONDS: 0.2, Unit.DEVICE_SECONDS: 0.2, Unit.SIMULATED_SECONDS: 30}
    budgets = {
        problem: Budget.of(amounts.get(unit, 40), unit)
        for problem, unit in zip(problems, Unit, strict=True)
        if unit is not (Unit.SECONDS if simulation else Unit.SIMULATED_SECONDS)
    }
    settings = {"budgets": budgets, "simulation": simulation, "repetitions": 1, "workers": 2}
    folder = experiments.run(spec.build("test", list(budgets), ["random", "hyperband"], **settings), tmp_path)
    with Reader(folder) as reader:
        rows = audit(reader)
    assert [row.text for row in rows if not row.holds] == []
    assert [row.text for row in rows if not row.trial_cost == row.ledger == row.budget] == []
    assert len(rows) == 2 * len(budgets)


def test_estimates_take_every_unit() -> None:
    from hpobench_tui.engine.front.estimate import estimate

    experiment = experiments.experiment(["synthetic/mixed"], ["random"], 40, "evaluations")
    for unit in Unit:
        budget = Budget.of(40, unit)
        assert estimate(replace(experiment, budgets={"synthetic/mixed": budget})).seconds > 0


def test_a_budget_beyond_the_ledger_has_one_bound_and_one_answer() -> None:
    """The most that fits, and one more, by all ways to an experiment."""
    name, problems, optimizers = "x", ("synthetic/branin",), ("random",)
    ways = (
        lambda amount: parsed('problems = ["synthetic/branin"]', amount),
        lambda amount: spec.build(name, problems, optimizers, Budget.of(amount, "evaluations")),
        lambda amount: Form(name, problems, optimizers, str(amount), "evaluations", "5", "0").experiment(),
    )
    assert [way(MOST_QUANTA) for way in ways] == [ways[0](MOST_QUANTA)] * 3
    for way in ways:
        with pytest.raises(HpobenchError, match=f"at most {MOST_QUANTA}, not {MOST_QUANTA + 1}"):
            way(MOST_QUANTA + 1)


@pytest.mark.parametrize(("settings", "message"), [
    ({"repetitions": "5"}, "repetitions: must be a whole number from 1 to 100000, not '5'"),
    ({"workers": True}, "workers: must be a whole number from 1 to 1024, not true"),
    ({"repetition": 5}, "Did you mean 'repetitions'"),
    ({"seed": 2**63}, "seed: must be a whole number from 0"),
])  # fmt: skip
def test_python_is_held_to_what_a_file_is(settings: dict[str, object], message: str) -> None:
    with pytest.raises(HpobenchError, match=message):
        spec.build("x", ["synthetic/branin"], ["random"], Budget.of("1/3", "seconds"), **settings)


def test_overrides_and_values_of_core_stand_for_what_a_file_would_say() -> None:
    third, limits = Budget.of("1/3", "seconds"), Limits(1.5, 2.5, 3000)
    made = parsed('device = "cuda"\nproblems = ["synthetic/branin"]', device="cpu", budget=third, limits=limits)
    assert (made.device, made.budgets, made.limits) == ("cpu", {"synthetic/branin": third}, limits)


def test_a_files_sections_have_the_settings_of_what_they_make() -> None:
    assert SECTIONS["simulation"]().model_dump() == asdict(Simulation())
    assert SECTIONS["limits"]().model_dump() == asdict(Limits())


SIDE_BY_SIDE = 'problems = ["synthetic/branin-mf"]\n' + BASE.format(amount=5, unit="evaluations")


@pytest.mark.parametrize(
    ("lines", "more", "message"),
    [
        ("evaluations = 0", "", "evaluations: must be a whole number from 1 to 1024, not 0"),
        ('evaluations = "4"', "", "evaluations: must be a whole number from 1 to 1024"),
        ("evaluations = 4", "[simulation]\nworkers = 4\n", r"evaluations: on a simulated clock, \[simulation\] says"),
        ("synchronous = true", "", "one trial at a time has no rounds; give evaluations, too"),
        ("evaluations = 4\ntogether = 2", "", "give one of them"),
    ],
)
def test_evaluations_that_make_no_sense_are_refused(lines: str, more: str, message: str) -> None:
    with pytest.raises(HpobenchError, match=message):
        spec.parse(f"{lines}\n{SIDE_BY_SIDE}{more}", "x")


def test_evaluations_are_those_of_optimizers_that_can_take_pending_trials() -> None:
    made = spec.parse(f"evaluations = 4\nsynchronous = true\n{SIDE_BY_SIDE}", "x")
    assert (made.evaluations, made.synchronous, made.pending, made.in_rounds) == (4, True, 4, True)
    assert experiment_from_json(experiment_to_json(made)) == made
    alone = spec.parse(f"evaluations = 4\n{SIDE_BY_SIDE}", "x", evaluations=1)
    assert (alone.evaluations, alone.pending) == (None, 1)
    one = next(info.name for info in plugins.optimizers() if not info.capabilities.pending)
    with pytest.raises(HpobenchError, match=f"{one} on synthetic/branin-mf: cannot have 4 trials at a time"):
        spec.parse(f"evaluations = 4\n{SIDE_BY_SIDE}", "x", optimizers=[one])
