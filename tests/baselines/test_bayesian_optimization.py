"""The library bayesian-optimization asks what its own loop asks, and gets every space and loss that it can take."""

import warnings

import pytest

pytest.importorskip("bayes_opt")

from bayes_opt import BayesianOptimization
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer
from ConfigSpace.hyperparameters import Constant, OrdinalHyperparameter
from hypothesis import given, settings
from hypothesis import strategies as st
from spaces_strategy import spaces

from hpobench_baselines.third_party import BAYESIAN_OPTIMIZATION as INFO
from hpobench_baselines.third_party.bayesian_optimization import BayesOpt, LogInteger, acquisition, legal, typed
from hpobench_baselines.third_party.translation import LARGEST_LOSS, Translation
from hpobench_tui.core import Budget, HpobenchError, Task, Trial, TrialStatus
from hpobench_tui.core.space import validator

MIXED = ConfigurationSpace(
    space=[Float("rate", (1e-5, 1e-1), log=True), Integer("depth", (1, 3)), Categorical("activation", ["relu", "tanh"])]
)
FLOATS = ConfigurationSpace(space=[Float("rate", (1e-5, 1e-1), log=True), Float("x", (-2.0, 3.0))])


def task(space, seed=0, **parameters) -> Task:
    return Task(space, None, Budget.of(100, "evaluations"), seed, INFO.settings(parameters))


def loss(configuration) -> float:
    far = (configuration.get("x", 0.5) - 1.0) ** 2 + abs(configuration["rate"] - 1e-3) * 30
    return far + configuration.get("depth", 0) / 10 + (configuration.get("activation") == "tanh")


def told(optimizer, losses) -> None:
    for number, value in enumerate(losses):
        status = TrialStatus.FAILED if value is None else TrialStatus.DONE
        optimizer.tell(Trial(number, number, optimizer.ask().configuration, status, value))


@pytest.mark.parametrize("name", ["UCB", "EI", "PI"])
@pytest.mark.parametrize("space", [FLOATS, MIXED], ids=["floats", "mixed"])
def test_it_asks_what_the_librarys_own_loop_asks(space, name):
    """``maximize`` with the same seed evaluates bit-equal configurations, and finds bit-equal losses."""
    setting, trials = task(space, 5, acquisition=name, init_points=3), 6
    optimizer, asked = BayesOpt(setting), []
    for number in range(trials):
        configuration = dict(optimizer.ask().configuration)
        asked.append((configuration, -loss(configuration)))
        optimizer.tell(Trial(number, number, configuration, TrialStatus.DONE, loss(configuration)))

    translation, theirs = Translation(space), []

    def objective(**point: float) -> float:
        found = translation.values({h.name: legal(h, point[h.name]) for h in translation.searched})
        theirs.append((found, -loss(found)))
        return -loss(found)

    bounds = {h.name: typed(h, translation.levels(h.name)) for h in translation.searched}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = BayesianOptimization(objective, bounds, acquisition(setting.parameters), random_state=5, verbose=0)
    library.maximize(init_points=3, n_iter=trials - 3)
    assert asked == theirs
    assert len({str(configuration) for configuration, _ in asked}) == trials  # no point twice: each is a question


def test_its_defaults_are_the_librarys():
    library = BayesianOptimization(None, {"x": (0.0, 1.0)})
    assert library.acquisition_function.get_acquisition_params()["kappa"] == INFO.settings({})["kappa"]
    assert library._gp.alpha == INFO.settings({})["alpha"]
    chosen = acquisition(INFO.settings({}))
    assert type(chosen) is type(library.acquisition_function)
    assert chosen.get_acquisition_params() == library.acquisition_function.get_acquisition_params()


@settings(max_examples=60, deadline=None)
@given(space=spaces(conditions=False), seed=st.integers(0, 2**63 - 1))
def test_values_survive_the_way_there_and_back(space, seed):
    """What the library draws anywhere within its bounds is legal here, and told as the very point that it drew."""
    optimizer, invalid = BayesOpt(task(space, seed, init_points=5)), validator(space)
    for number in range(5):
        ask = optimizer.ask()
        assert invalid(ask.configuration) is None
        if Translation(space).searched:
            drawn = optimizer._optimizer.space.params_to_array(optimizer._point)
            optimizer.tell(Trial(number, number, ask.configuration, TrialStatus.DONE, 1.0))
            assert drawn in optimizer._optimizer.space
            bounds = optimizer._optimizer.space.bounds
            for corner in (bounds[:, 0], bounds[:, 1]):
                point = optimizer._optimizer.space.array_to_params(corner)
                found = {h.name: legal(h, point[h.name]) for h in optimizer._searched}
                assert invalid(optimizer._translation.values(found)) is None


def test_every_kind_has_its_type():
    space = ConfigurationSpace(
        space=[
            Integer("width", (1, 1000), log=True), OrdinalHyperparameter("size", ["s", "m", "l"]), Constant("c", "one"),
        ]
    )  # fmt: skip
    optimizer = BayesOpt(task(space, init_points=400))
    drawn = [optimizer.ask().configuration for _ in range(400)]
    assert 160 < sum(c["width"] <= 31 for c in drawn) < 240  # half of the decades
    assert {c["size"] for c in drawn} == {"s", "m", "l"}
    assert {c["c"] for c in drawn} == {"one"}


def test_integers_by_their_logarithm_are_the_librarys_rounded_ones():
    width = LogInteger("width", (1, 8))
    assert [width.to_param(width.to_float(n)) for n in range(1, 9)] == list(range(1, 9))
    assert [width.to_param(bound) for bound in width.bounds] == [1, 8]
    near = width.kernel_transform(width.bounds)
    assert near.tolist() == [width.to_float(1), width.to_float(8)]


def test_a_failure_is_told_as_the_worst_and_huge_losses_are_kept_finite():
    optimizer = BayesOpt(task(FLOATS, init_points=6))
    told(optimizer, [None, -3.0, -1.0, None, 1e300, None])
    assert (-optimizer._optimizer.space.target).tolist() == [0.0, -3.0, -1.0, -1.0, LARGEST_LOSS, LARGEST_LOSS]
    assert validator(FLOATS)(optimizer.ask().configuration) is None


def test_a_point_that_comes_again_is_told_once():
    """As in its own loop; and what is said on a repeated point reaches no log."""
    arms = ConfigurationSpace(space=[Categorical("arm", ["a", "b"])])
    optimizer = BayesOpt(task(arms, init_points=3))
    told(optimizer, [1.0, 2.0, 3.0, 4.0, 5.0])
    assert 1 <= len(optimizer._optimizer.space) <= 2


def test_conditions_and_priors_are_refused_with_the_reason():
    space = ConfigurationSpace(space=[c := Categorical("c", ["a", "b"]), x := Float("x", (0.0, 1.0))])
    space.add(EqualsCondition(x, c, "a"))
    with pytest.raises(HpobenchError, match="cannot take conditions"):
        BayesOpt(task(space))
    weighted = ConfigurationSpace(space=[Categorical("c", ["a", "b"], weights=[0.9, 0.1])])
    with pytest.raises(HpobenchError, match="bayesian-optimization cannot express the prior of hyperparameter 'c'"):
        BayesOpt(task(weighted))
