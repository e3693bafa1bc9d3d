"""The conformance suite for problems passes a good problem, and trips over each way to break the contract."""

import random
from dataclasses import replace

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Constant, Float, Integer
from ConfigSpace.conditions import EqualsCondition
from ConfigSpace.hyperparameters import OrdinalHyperparameter

from hpobench_tui.core import Dimensions, Fidelity, Parameter, ProblemInfo, Reference, Report, TrainingError
from hpobench_tui.core.space import dimensions_of
from hpobench_tui.testing.problems import ProblemConformance
from program import python

GOOD = ProblemInfo(
    id="test/good",
    summary="A parabola whose loss falls with the fidelity",
    load=f"{__name__}:Good",
    dimensions=Dimensions(floats=1),
    reference=Reference(0.0, "closed form"),
    fidelity=Fidelity("steps", 1, 5, step=1),
)


class GoodTraining:
    def __init__(self, x, seed):
        self.x, self.seed, self.at = x, seed, 0

    def advance(self, to_fidelity):
        self.at = to_fidelity
        return Report(self.loss(to_fidelity), {"steps": float(to_fidelity)}, truth=self.truth())

    def loss(self, to_fidelity):
        return self.x**2 + 1.0 / to_fidelity

    def truth(self):
        return self.x**2 + 0.2


class Good:
    training = GoodTraining

    def space(self):
        return ConfigurationSpace(space={"x": (-1.0, 1.0)})

    def start(self, configuration, seed, device):
        return self.training(configuration["x"], seed)


class OneSpace(Good):
    only = ConfigurationSpace(space={"x": (-1.0, 1.0)})

    def space(self):
        return self.only


class Mutating(Good):
    def start(self, configuration, seed, device):
        configuration["x"] += 1.0
        return super().start(configuration, seed, device)


class Uneven(Good):
    class training(GoodTraining):  # noqa: N801
        def advance(self, to_fidelity):
            self.x += 0.1
            return super().advance(to_fidelity)


class Diverging(Good):
    """A quarter of the space fails, rightly."""

    class training(GoodTraining):  # noqa: N801
        def advance(self, to_fidelity):
            if self.x > 0.5:
                raise TrainingError("diverged")
            return super().advance(to_fidelity)


class DivergingSometimes(Good):
    """Of the trainings of a configuration, the first one alone."""

    def __init__(self):
        self.seen = set()

    def start(self, configuration, seed, device):
        first = configuration["x"] not in self.seen
        self.seen.add(configuration["x"])
        return (GoodTraining if first else Diverging.training)(configuration["x"] if first else 1.0, seed)


class DivergingInSteps(Good):
    class training(GoodTraining):  # noqa: N801
        def advance(self, to_fidelity):
            if self.at:
                raise TrainingError("diverged")
            return super().advance(to_fidelity)


class DivergingAtOnce(Good):
    class training(GoodTraining):  # noqa: N801
        def advance(self, to_fidelity):
            raise TrainingError("diverged")


class Unseeded(Good):
    class training(GoodTraining):  # noqa: N801
        def loss(self, to_fidelity):
            return random.random()


class Shared(Good):
    """A generator that all trainings of the problem draw from, started anew with each."""

    rng = np.random.default_rng()

    def start(self, configuration, seed, device):
        Shared.rng = np.random.default_rng(seed)
        return super().start(configuration, seed, device)

    class training(GoodTraining):  # noqa: N801
        def loss(self, to_fidelity):
            return float(Shared.rng.random())


class Noisy(Good):
    class training(GoodTraining):  # noqa: N801
        def loss(self, to_fidelity):
            return random.Random(f"{self.seed}{self.x}").random()


class NumpyFloat(Good):
    class training(GoodTraining):  # noqa: N801
        def loss(self, to_fidelity):
            return np.float64(self.x**2)


class NotANumber(Good):
    class training(GoodTraining):  # noqa: N801
        def loss(self, to_fidelity):
            return float("nan")


class Costed(Good):
    """A unit costs half a second; the configuration x = 0 attains 0.2."""

    def minimisers(self):
        return [{"x": 0.0}]

    class training(GoodTraining):  # noqa: N801
        def advance(self, to_fidelity):
            before = self.at
            return super().advance(to_fidelity)._replace(cost=self.seconds(before, to_fidelity))

        def seconds(self, before, after):
            return 0.5 * (after - before)


class CostsFall(Costed):
    class training(Costed.training):  # noqa: N801
        def seconds(self, before, after):
            return 1.0 / after - (1.0 / before if before else 0.0)


class CostsFallSlowly(Costed):
    class training(Costed.training):  # noqa: N801
        def seconds(self, before, after):
            return 6.0 - 0.5 * after if not before else 0.1


class CostsFromScratch(Costed):
    class training(Costed.training):  # noqa: N801
        def seconds(self, before, after):
            return 0.5 * after


class CostsNothing(Costed):
    class training(Costed.training):  # noqa: N801
        def seconds(self, before, after):
            return 0.0


class WrongMinimiser(Costed):
    def minimisers(self):
        return [{"x": 0.0}, {"x": 0.01}]


class InvalidMinimiser(Costed):
    def minimisers(self):
        return [{"y": 0.0}]


class Rounds(Good):
    """The loss falls from round to round, the reference with it."""

    def start_round(self, configuration, seed, device, round):
        return RoundTraining(configuration["x"], round + seed % 7, self)

    def reference(self, x, round):
        return -float(round)

    def shift(self, round):
        return round


class RoundTraining:
    def __init__(self, x, round, problem):
        self.x, self.round, self.problem = x, round, problem

    def advance(self, to_fidelity):
        loss = self.x**2 - self.problem.shift(self.round)
        return Report(loss, reference=self.problem.reference(self.x, self.round))


class CountsRounds(Rounds):
    """Goes by how often it was asked, not by the round."""

    def __init__(self):
        self.asked = 0

    def shift(self, round):
        self.asked += 1
        return self.asked


class OwnReference(Rounds):
    def reference(self, x, round):
        return x - round


def described(offset: float = 0.0, steps: int = 5) -> ProblemInfo:
    return replace(
        GOOD,
        load=f"{__name__}:Good",
        summary=f"{steps} steps from {offset}",
        fidelity=Fidelity("steps", 1, steps, step=1),
        parameters=(Parameter("offset", 0.0, "Where it begins.", minimum=0), Parameter("steps", 5, "Steps.")),
        vary=f"{__name__}:described",
    )


def suite(load: str = "Good", **changes: object) -> ProblemConformance:
    class Suite(ProblemConformance):
        info = replace(GOOD, load=f"{__name__}:{load}", **changes)

    return Suite()


class TestGood(ProblemConformance):
    info = GOOD


class TestNoisy(ProblemConformance):
    info = replace(GOOD, load=f"{__name__}:Noisy", noisy=True)


AT_ZERO = Reference(0.2, "closed form")


class TestDiverging(ProblemConformance):
    info = replace(GOOD, load=f"{__name__}:Diverging")


class TestCosted(ProblemConformance):
    info = replace(GOOD, load=f"{__name__}:Costed", costs=True, reference=AT_ZERO)


class TestRounds(ProblemConformance):
    info = replace(GOOD, load=f"{__name__}:Rounds")


class TestDescribed(ProblemConformance):
    info = described()


class TestVariant(ProblemConformance):
    info = replace(described(steps=3), id="test/good[steps=3]")


BROKEN: dict[str, tuple[ProblemConformance, str]] = {
    "a big description": (suite(summary="x" * 20_000), "description_is_plain_and_small"),
    "no source": (suite(reference=Reference(0.0, "")), "description_is_plain_and_small"),
    "wrong dimensions": (suite(dimensions=Dimensions(integers=1)), "dimensions_match_the_space"),
    "one space for all": (suite("OneSpace"), "space_is_built_anew"),
    "a NumPy loss": (suite("NumpyFloat"), "reports_are_finite_plain_values"),
    "a NaN loss": (suite("NotANumber"), "reports_are_finite_plain_values"),
    "a changed configuration": (suite("Mutating"), "configuration_is_left_alone"),
    "no use of the seed": (suite("Unseeded"), "same_arguments_give_same_reports"),
    "a shared generator": (suite("Shared"), "trainings_do_not_disturb_each_other"),
    "steps that add up wrongly": (suite("Uneven"), "two_steps_give_what_one_gives"),
    "a failure that comes and goes": (suite("DivergingSometimes"), "two_steps_give_what_one_gives"),
    "a failure of those who pause": (suite("DivergingInSteps"), "two_steps_give_what_one_gives"),
    "undeclared noise": (suite("Noisy"), "noise_is_as_declared"),
    "noise that never shows": (suite(noisy=True), "noise_is_as_declared"),
    "a reference that is beaten": (suite(reference=Reference(1.5, "a guess")), "nothing_beats_an_exact_reference"),
    "a minimiser that is none": (suite("WrongMinimiser", reference=AT_ZERO), "minimisers_attain_the_reference"),
    "an invalid minimiser": (suite("InvalidMinimiser", reference=AT_ZERO), "minimisers_attain_the_reference"),
    "a reference that no minimiser attains": (
        suite("Costed", reference=Reference(0.19999, "a guess")),
        "minimisers_attain_the_reference",
    ),
    "undeclared costs": (suite("Costed"), "costs_are_as_declared"),
    "costs that are not reported": (suite(costs=True), "costs_are_as_declared"),
    "negative costs": (suite("CostsFall", costs=True), "costs_are_as_declared"),
    "costs that fall": (
        suite("CostsFallSlowly", costs=True, fidelity=Fidelity("steps", 1, 5, resumable=False)),
        "costs_are_as_declared",
    ),
    "costs that do not add up": (suite("CostsFromScratch", costs=True), "costs_are_as_declared"),
    "costs of nothing": (suite("CostsNothing", costs=True), "costs_are_as_declared"),
    "rounds by count": (suite("CountsRounds"), "rounds_depend_on_seed_and_round_alone"),
    "a reference of its own for each configuration": (
        suite("OwnReference"),
        "references_depend_on_seed_and_round_alone",
    ),
    "parameters that cannot be set": (
        suite(parameters=(Parameter("steps", 5, "Steps."),)),
        "parameters_give_this_description",
    ),
    "a description that is not that of the defaults": (
        suite(parameters=described().parameters, vary=described().vary),
        "parameters_give_this_description",
    ),
    "a variant that is not what its name says": (
        suite(id="test/good[steps=4]", parameters=described().parameters, vary=described().vary),
        "parameters_give_this_description",
    ),
}


def test_costs_may_depend_on_a_training_that_cannot_be_paused():
    suite(
        "CostsFromScratch", costs=True, fidelity=Fidelity("steps", 1, 5, resumable=False)
    ).test_costs_are_as_declared()


def test_the_default_configuration_may_not_fail():
    with pytest.raises(TrainingError):
        suite("DivergingAtOnce").test_reports_are_finite_plain_values()


@pytest.mark.parametrize("fault", BROKEN)
def test_suite_finds(fault):
    conformance, check = BROKEN[fault]
    with pytest.raises(AssertionError):
        getattr(conformance, f"test_{check}")()


def test_beaten_reference_is_no_fault_when_it_is_only_the_best_known():
    suite(reference=Reference(1.5, "a guess", exact=False)).test_nothing_beats_an_exact_reference()


def test_dimensions_are_counted_by_kind():
    space = ConfigurationSpace(
        space=[
            Float("lr", (1e-5, 1.0), log=True),
            Integer("depth", (1, 3)),
            activation := Categorical("activation", ["relu", "elu"]),
            OrdinalHyperparameter("size", ["s", "m", "l"]),
            alpha := Float("alpha", (0.1, 1.0)),
            Constant("version", 1),
        ]
    )
    space.add(EqualsCondition(alpha, activation, "elu"))
    assert dimensions_of(space) == Dimensions(floats=2, integers=1, categoricals=1, ordinals=1, conditions=1)


def test_the_draw_can_be_repeated():
    program = (
        "from hpobench_tui.testing.problems import ProblemConformance, drawing_seed\n"
        "ProblemConformance().setup_method(); print(drawing_seed())"
    )
    done = python("-c", program, HPOBENCH_TEST_SEED="17")
    assert done.stdout == "To repeat these draws: HPOBENCH_TEST_SEED=17\n17\n"
