"""Spaces survive the way into each library and back: every kind, on random spaces."""

import pytest

pytest.importorskip("optuna")
pytest.importorskip("skopt")

from ConfigSpace import Categorical, Configuration, ConfigurationSpace, EqualsCondition, Float, Integer, Normal
from ConfigSpace.hyperparameters import Constant, OrdinalHyperparameter
from hypothesis import given, settings
from hypothesis import strategies as st
from spaces_strategy import spaces

from condition_graphs import graphs
from hpobench_baselines.third_party import OPTUNA_TPE, SKOPT_GP
from hpobench_baselines.third_party.optuna_tpe import OptunaTPE
from hpobench_baselines.third_party.skopt_gp import SkoptGP, dimension, legal
from hpobench_baselines.third_party.translation import LARGEST_LOSS, LibrarySpace, Translation, refuse_priors, seed32
from hpobench_tui.core import Budget, HpobenchError, Task, Trial, TrialStatus
from hpobench_tui.core.conditions import Rules
from hpobench_tui.core.space import plain, validator

SEEDS = st.integers(0, 2**63 - 1)


def task(info, space, seed=0, **parameters) -> Task:
    return Task(space, None, Budget.of(100, "evaluations"), seed, info.settings(parameters))


@settings(max_examples=60, deadline=None)
@given(space=graphs(forbiddens=False), seed=st.integers(0, 2**31 - 1))
def test_what_a_library_upon_configspace_draws_is_valid(space, seed):
    """Also in spaces of which ConfigSpace itself has another opinion; what is drawn goes back into its vectors."""
    coded, translation, invalid = LibrarySpace(space, seed), Translation(space), validator(space)
    assert not coded.conditions
    assert not any(isinstance(h, OrdinalHyperparameter | Constant) for h in coded.values())
    rules = Rules(space)
    for _ in range(10):
        drawn = plain(coded.sample_configuration())
        assert Configuration(coded, values=drawn).get_array().shape == (len(coded),)
        assert invalid(rules.active(translation.values(drawn))) is None


@settings(max_examples=25, deadline=None)
@given(space=graphs(forbiddens=False), seed=SEEDS, multivariate=st.booleans())
def test_optuna_asks_legal_configurations(space, seed, multivariate):
    optimizer = OptunaTPE(task(OPTUNA_TPE, space, seed, n_startup_trials=3, multivariate=multivariate))
    invalid = validator(space)
    for number in range(8):
        ask = optimizer.ask()
        assert invalid(ask.configuration) is None
        optimizer.tell(Trial(number, number, ask.configuration, TrialStatus.DONE, float(number % 3)))


@settings(max_examples=40, deadline=None)
@given(space=spaces(conditions=False), seed=st.integers(0, 2**32 - 1))
def test_scikit_optimize_round_trips_through_its_own_transform(space, seed):
    """Drawn and decoded values are legal, and what the library is told is what it drew (but for clipped ulps)."""
    invalid, translation = validator(space), Translation(space)
    searched = translation.searched
    dimensions = [dimension(h, translation.levels(h.name)) for h in searched]
    for row in zip(*(d.rvs(10, random_state=seed) for d in dimensions), strict=True):
        configuration = translation.values({h.name: legal(h, v) for h, v in zip(searched, row, strict=True)})
        assert invalid(configuration) is None
        for h, d, v in zip(searched, dimensions, row, strict=True):
            again = translation.coded(h.name, configuration[h.name])
            assert again == pytest.approx(v, rel=1e-12) if isinstance(again, float) else again == v
            assert again in d


def test_scikit_optimize_spreads_logs_over_the_decades():
    rate = Float("rate", (1e-6, 1.0), log=True)
    below = sum(v < 1e-3 for v in dimension(rate, 0).rvs(1000, random_state=0))
    assert 400 < below < 600
    width = Integer("width", (1, 10_000), log=True)
    assert 400 < sum(v <= 100 for v in dimension(width, 0).rvs(1000, random_state=0)) < 600


def test_optuna_spreads_logs_over_the_decades():
    space = ConfigurationSpace(space=[Float("rate", (1e-6, 1.0), log=True)])
    optimizer = OptunaTPE(task(OPTUNA_TPE, space, n_startup_trials=400))
    below = sum(optimizer.ask().configuration["rate"] < 1e-3 for _ in range(400))
    assert 150 < below < 250


@pytest.mark.parametrize("cls", [OptunaTPE, SkoptGP])
def test_priors_that_a_library_does_not_know_are_refused(cls):
    info = OPTUNA_TPE if cls is OptunaTPE else SKOPT_GP
    bent, weighted = ConfigurationSpace(), ConfigurationSpace()
    bent.add(Float("x", (-1.0, 1.0), distribution=Normal(0.0, 0.3)))
    weighted.add(Categorical("c", ["a", "b"], weights=[0.9, 0.1]))
    for space, name in ((bent, "x"), (weighted, "c")):
        with pytest.raises(HpobenchError, match=f"{info.name} cannot express the prior of hyperparameter '{name}'"):
            cls(task(info, space))


def test_uniform_priors_are_not_refused():
    space = ConfigurationSpace(space=[Categorical("c", ["a", "b"]), Float("x", (0.0, 1.0))])
    refuse_priors(space, "any")


def test_scikit_optimize_refuses_conditions():
    space = ConfigurationSpace(space=[c := Categorical("c", ["a", "b"]), x := Float("x", (0.0, 1.0))])
    space.add(EqualsCondition(x, c, "a"))
    with pytest.raises(HpobenchError, match="cannot take conditions"):
        SkoptGP(task(SKOPT_GP, space))


def test_scikit_optimize_is_told_the_worst_loss_for_a_failure():
    space = ConfigurationSpace(space=[Float("x", (0.0, 1.0))])
    optimizer = SkoptGP(task(SKOPT_GP, space))
    for number, loss in enumerate([None, -3.0, -1.0, None, 1e300, None]):
        status = TrialStatus.FAILED if loss is None else TrialStatus.DONE
        optimizer.tell(Trial(number, number, optimizer.ask().configuration, status, loss))
    assert optimizer._optimizer.yi == [0.0, -3.0, -1.0, -1.0, LARGEST_LOSS, LARGEST_LOSS]


def test_optuna_is_told_how_a_trial_ended():
    space = ConfigurationSpace(space=[Float("x", (0.0, 1.0))])
    optimizer = OptunaTPE(task(OPTUNA_TPE, space))
    asks = [optimizer.ask() for _ in range(4)]
    outcomes = [
        (TrialStatus.FAILED, None),
        (TrialStatus.PRUNED, 0.5),
        (TrialStatus.DONE, 0.25),
        (TrialStatus.CUT, None),
    ]
    for number in (3, 0, 2, 1):
        status, loss = outcomes[number]
        optimizer.tell(Trial(number, number, asks[number].configuration, status, loss, 4))
    trials = optimizer._study.trials
    assert [t.state.name for t in trials] == ["FAIL", "PRUNED", "COMPLETE", "FAIL"]
    assert trials[1].intermediate_values == {4: 0.5}
    assert [t.params["x"] for t in trials] == [ask.configuration["x"] for ask in asks]


def test_every_bit_of_a_seed_counts():
    seeds = {seed32(1 << bit) for bit in range(32)}
    assert len(seeds) == 32
    assert all(0 < seed32(1 << bit) < 2**32 for bit in range(63))
