"""The conformance suite catches optimizers that break the contract, each in one way."""

import dataclasses
import threading

import numpy as np
import pytest

from hpobench_baselines.native.hyperband import Hyperband
from hpobench_baselines.native.random_search import RandomSearch
from hpobench_tui.core import Ask, Capabilities, Complete, NotReady, OptimizerInfo, Parameter, TrialStatus
from hpobench_tui.testing.optimizers import OptimizerConformance

HALVING = Capabilities(multi_fidelity=True, needs_fidelity=True)
ETA = (Parameter("eta", 3, "", minimum=2), Parameter("variant", "floor", ""))


class NumpyValues(RandomSearch):
    def ask(self):
        return Ask({name: np.asarray(value)[()] for name, value in super().ask().configuration.items()})


class OutOfBounds(RandomSearch):
    def ask(self):
        return Ask(super().ask().configuration | {"x": 7.0})


class InactiveIncluded(RandomSearch):
    def ask(self):
        return Ask({"momentum": 0.5, "layers": 1, "extra": 1} | super().ask().configuration)


class Waits(RandomSearch):
    def ask(self):
        raise NotReady


class ComesBack(RandomSearch):
    asked = 0

    def ask(self):
        self.asked += 1
        if self.asked == 4:
            raise Complete
        return super().ask()


class GlobalRandom(RandomSearch):
    def ask(self):
        return Ask(super().ask().configuration | {"x": float(np.random.random_sample())})


class Unseeded(RandomSearch):
    def __init__(self, task):
        super().__init__(dataclasses.replace(task, seed=task.seed % 2**32))


class CountsInstances(RandomSearch):
    instances = 0

    def __init__(self, task):
        type(self).instances += 1
        super().__init__(dataclasses.replace(task, seed=self.instances))


class ChokesOnFailures(RandomSearch):
    def tell(self, trial):
        assert trial.status is not TrialStatus.FAILED


class Squares(RandomSearch):
    def tell(self, trial):
        assert trial.loss is None or abs(trial.loss) < 1e150


class Leaks(RandomSearch):
    stop = threading.Event()

    def __init__(self, task):
        super().__init__(task)
        threading.Thread(target=self.stop.wait, daemon=True).start()


class OneAtATime(RandomSearch):
    waiting = False

    def ask(self):
        assert not self.waiting
        self.waiting = True
        return super().ask()

    def tell(self, trial):
        self.waiting = False


class Altering(Hyperband):
    """Hyperband with one field of its asks changed from the second rung on."""

    change: dict = {}  # noqa: RUF012

    def ask(self):
        ask = super().ask()
        return ask._replace(**self.change) if ask.rung else ask


class TooFar(Altering):
    change = {"fidelity": 10}  # noqa: RUF012


class FractionalFidelity(Altering):
    change = {"fidelity": 3.0}  # noqa: RUF012


class ContinuesTheFuture(Altering):
    change = {"continues": 1000}  # noqa: RUF012


class ContinuesAnother(Altering):
    change = {"configuration": {}}  # noqa: RUF012


class GoesNowhere(Altering):
    change = {"fidelity": 1}  # noqa: RUF012


class WrongBracket(Altering):
    change = {"bracket": 5}  # noqa: RUF012


def suite(cls) -> OptimizerConformance:
    halving = issubclass(cls, Hyperband)
    info = OptimizerInfo(
        name="broken",
        summary="",
        load=f"{__name__}:{cls.__name__}",
        capabilities=HALVING if halving else Capabilities(),
        parameters=ETA if halving else (),
    )
    return type("Suite", (OptimizerConformance,), {"info": info})()


@pytest.mark.parametrize(
    ("cls", "check"),
    [
        (NumpyValues, "asks_are_valid"),
        (OutOfBounds, "asks_are_valid"),
        (InactiveIncluded, "asks_are_valid"),
        (Waits, "asks_are_valid"),
        (TooFar, "asks_are_valid"),
        (FractionalFidelity, "asks_are_valid"),
        (ContinuesTheFuture, "asks_are_valid"),
        (ContinuesAnother, "asks_are_valid"),
        (GoesNowhere, "asks_are_valid"),
        (WrongBracket, "plan_holds"),
        (GlobalRandom, "same_seed_same_asks"),
        (CountsInstances, "same_seed_same_asks"),
        (CountsInstances, "restores_by_replay"),
        (Unseeded, "other_seed_other_asks"),
        (ChokesOnFailures, "survives_every_outcome"),
        (ChokesOnFailures, "survives_only_failures"),
        (Squares, "survives_huge_losses"),
        (OneAtATime, "takes_pending_trials"),
    ],
)
def test_catches(cls, check):
    tests = suite(cls)
    with pytest.raises(AssertionError):
        getattr(tests, f"test_{check}")(tests.cases()[-1])


class KnowsTheLast(RandomSearch):
    """Claims to ask ahead, and asks what the losses say."""

    told = 0

    def ask(self):
        return Ask(super().ask().configuration | {"x": 0.5 / (1 + self.told)})

    def tell(self, trial):
        self.told += 1


class Exaggerates(KnowsTheLast):
    def settled(self):
        return 3


@pytest.mark.parametrize("cls", [KnowsTheLast, Exaggerates])
def test_catches_questions_that_depend_on_what_is_pending(cls):
    tests = suite(cls)
    ahead = cls is KnowsTheLast
    type(tests).info = dataclasses.replace(tests.info, capabilities=Capabilities(ahead=ahead))
    with pytest.raises(AssertionError):
        tests.test_asks_ahead_what_it_would_ask(tests.cases()[0], pending=4)


def test_catches_leaking_threads(monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("hpobench_tui.testing.optimizers.time.monotonic", lambda: next(clock))
    tests = suite(Leaks)
    try:
        with pytest.raises(AssertionError, match="still alive"):
            tests.test_close_leaves_no_thread(tests.cases()[-1])
    finally:
        Leaks.stop.set()


def test_catches_an_optimizer_that_comes_back_after_complete():
    tests = suite(ComesBack)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        tests.test_asks_are_valid(tests.cases()[-1])


def test_spaces_follow_capabilities():
    """What an optimizer cannot take is not put to it."""
    tests = suite(RandomSearch)
    assert {case.name for case in tests.cases()} >= {"numbers", "mixed", "forbidden", "conditional"}
    few = Capabilities(categoricals=False, conditions=False, forbiddens=False, needs_fidelity=True, multi_fidelity=True)
    type(tests).info = dataclasses.replace(tests.info, capabilities=few)
    assert [case.name for case in tests.cases()] == ["numbers-epochs"]
