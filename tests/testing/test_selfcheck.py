"""``selfcheck`` passes good problems, and each check trips over the defect that it is there for."""

import itertools
import math
import random
import sys
import time
from dataclasses import replace

import pytest
from ConfigSpace import ConfigurationSpace

from hpobench_tui.core import Dimensions, Fidelity, ProblemInfo, Reference, Report, TrainingError
from hpobench_tui.plugins import problems
from hpobench_tui.testing.selfcheck import selfcheck
from hpobench_tui.testing.verdict import CHECKS, Selfcheck, plan

EPOCHS = Fidelity("epochs", 1, 9, step=1)
PARABOLA = ProblemInfo(
    id="fake/parabola",
    summary="x², a second an epoch",
    load=f"{__name__}:Parabola",
    dimensions=Dimensions(floats=1),
    reference=Reference(0.0, "closed form"),
    fidelity=EPOCHS,
    costs=True,
    loss_range=(0.0, 2.0),
)


class Training:
    def __init__(self, problem, x, seed):
        self.problem, self.x, self.seed, self.at = problem, x, seed, 0

    def advance(self, to_fidelity):
        before, self.at = self.at, to_fidelity
        problem, x = self.problem, self.x
        return Report(
            problem.loss(x, to_fidelity, self.seed), truth=problem.truth(x), cost=problem.cost(x, before, to_fidelity)
        )


class Parabola:
    def space(self):
        return ConfigurationSpace({"x": (-1.0, 1.0)})

    def start(self, configuration, seed, device):
        return Training(self, configuration["x"], seed)

    def minimisers(self):
        return [{"x": 0.0}]

    def loss(self, x, fidelity, seed):
        return x**2 + 1.0 / fidelity - 1.0 / 9.0

    def truth(self, x):
        return x**2

    def cost(self, x, before, after):
        return float(after - before)


class SometimesNan(Parabola):
    def loss(self, x, fidelity, seed):
        return math.nan if x > 0.99 else super().loss(x, fidelity, seed)


class InfiniteTruth(Parabola):
    def truth(self, x):
        return math.inf if x > 0.99 else x**2


class OutOfRange(Parabola):
    def loss(self, x, fidelity, seed):
        return -0.1 if x > 0.99 else super().loss(x, fidelity, seed)


class Text(Parabola):
    def loss(self, x, fidelity, seed):
        return "0.5" if x > 0.99 else super().loss(x, fidelity, seed)


class NoReport(Parabola):
    def start(self, configuration, seed, device):
        training = super().start(configuration, seed, device)
        training.advance = lambda to_fidelity: 0.5
        return training


class Raises(Parabola):
    def loss(self, x, fidelity, seed):
        if x > 0.99:
            raise ValueError("x is too large")
        return super().loss(x, fidelity, seed)


class Diverges(Parabola):
    """Some trainings end so, rightly."""

    edge = 0.8

    def loss(self, x, fidelity, seed):
        if x > self.edge:
            raise TrainingError("diverged")
        return super().loss(x, fidelity, seed)


class AlwaysDiverges(Diverges):
    edge = -1.0


class Exits(Parabola):
    def loss(self, x, fidelity, seed):
        if x > 0.99:
            sys.exit(3)
        return super().loss(x, fidelity, seed)


class Chance(Parabola):
    """One loss in a thousand is drawn anew each time."""

    def loss(self, x, fidelity, seed):
        return random.random() if x > 0.99 else super().loss(x, fidelity, seed)


class Remembers(Parabola):
    """Deterministic in one order of the questions only."""

    def __init__(self):
        self.last = 0.0

    def truth(self, x):
        before, self.last = self.last, x
        return max(before, 0.0) + x**2


class Costless(Parabola):
    def cost(self, x, before, after):
        return 0.0 if x > 0.99 else float(after - before)


class Unpaid(Parabola):
    def cost(self, x, before, after):
        return None


class CheaperWhenLonger(Parabola):
    def cost(self, x, before, after):
        return 10.0 - after


class PaysAgain(Parabola):
    """A continued training pays for what it had already."""

    def cost(self, x, before, after):
        return float(after)


class Beaten(Parabola):
    def truth(self, x):
        return -0.001 if x > 0.99 else x**2


class BeatenLoss(Parabola):
    """Tells no truth; without noise its loss is the truth."""

    def truth(self, x):
        return None

    def loss(self, x, fidelity, seed):
        return super().loss(x, fidelity, seed) - (0.0 if x < 0.99 else 2.0)


class WrongMinimiser(Parabola):
    def minimisers(self):
        return [{"x": 0.0}, {"x": 0.1}]


class InvalidMinimiser(Parabola):
    def minimisers(self):
        return [{"x": 0.0}, {"x": 7.0}]


class RaisingMinimiser(Parabola):
    def truth(self, x):
        return 1 / x if x == 0.0 else x**2


class Unloadable(Parabola):
    def __init__(self):
        raise RuntimeError("cannot be built")


class NoSpace(Parabola):
    def space(self):
        raise RuntimeError("no space here")


class Slow(Parabola):
    """Says nothing of it."""

    def start(self, configuration, seed, device):
        time.sleep(0.01)
        return super().start(configuration, seed, device)


class Prints(Parabola):
    def truth(self, x):
        print("noise on standard output")
        return x**2


class Rounds:
    """Two arms; the better one changes every ten rounds, at times that the seed decides."""

    def space(self):
        return ConfigurationSpace({"arm": ["a", "b"]})

    def start(self, configuration, seed, device):
        return self.start_round(configuration, seed, device, 0)

    def start_round(self, configuration, seed, device, round):
        good = "ab"[(round + seed % 10) // 10 % 2]
        return Pull(float(configuration["arm"] != good), self.reference(round))

    def reference(self, round):
        return 0.0


class Pull:
    def __init__(self, loss, reference):
        self.loss, self.reference = loss, reference

    def advance(self, to_fidelity):
        return Report(self.loss, truth=self.loss, reference=self.reference)


class HighReference(Rounds):
    """A comparator that loses more than always playing one arm."""

    def reference(self, round):
        return 0.6


class CountsRounds(Rounds):
    def __init__(self):
        self.rounds = itertools.count()

    def start_round(self, configuration, seed, device, round):
        return super().start_round(configuration, seed, device, next(self.rounds))


ROUNDS = replace(
    PARABOLA,
    id="fake/rounds",
    load=f"{__name__}:Rounds",
    dimensions=Dimensions(categoricals=1),
    reference=Reference(0.0, "the better arm"),
    fidelity=None,
    costs=False,
)


def check(load: str = "Parabola", info: ProblemInfo = PARABOLA, draws: int = 1500, **changes: object) -> Selfcheck:
    return selfcheck(replace(info, load=f"{__name__}:{load}", **changes), draws=draws)


def test_a_good_problem_passes_every_check():
    result = check()
    assert result.findings == ()
    assert set(result.verdicts) == set(CHECKS)
    assert set(result.verdicts.values()) == {"passed"}
    assert (result.draws, result.fidelity) == (1500, 9)


def test_what_does_not_apply_is_not_passed():
    result = check(
        "Unpaid", fidelity=None, costs=False, loss_range=None, reference=Reference(-1.0, "a guess", exact=False)
    )
    assert result.verdicts["cost"] == result.verdicts["bound"] == "not applicable"
    assert result.verdicts["finite"] == "passed"


def test_configurations_may_fail_but_not_all():
    result = check("Diverges")
    assert result.findings == ()
    assert set(result.verdicts.values()) == {"passed"}
    assert check("AlwaysDiverges", draws=100).failed


def test_a_training_that_cannot_be_paused_need_not_add_up():
    assert not check("PaysAgain", fidelity=Fidelity("epochs", 1, 9, resumable=False)).failed


DEFECTS = {
    "nan": ("SometimesNan", "finite", "loss nan is not a finite float or int"),
    "infinite truth": ("InfiniteTruth", "finite", "truth inf is not a finite float or int"),
    "out of range": ("OutOfRange", "finite", "loss -0.1 is outside the stated range from 0.0 to 2.0"),
    "text": ("Text", "finite", "loss '0.5' is not a finite float or int"),
    "no report": ("NoReport", "finite", "must return a Report, not 0.5"),
    "raises": ("Raises", "finite", "raised ValueError: x is too large"),
    "exits": ("Exits", "finite", "raised SystemExit: 3"),
    "chance": ("Chance", "replay", "and then Report"),
    "memory": ("Remembers", "replay", "and then Report"),
    "free": ("Costless", "cost", "costs must be positive and finite"),
    "no costs": ("Unpaid", "cost", "a report states none"),
    "falling costs": ("CheaperWhenLonger", "cost", "the cost falls with the fidelity: 9.0 s to 1, 7.0 s to 3"),
    "costs that do not add up": ("PaysAgain", "cost", "in one step 9.0 s"),
    "a truth below the optimum": ("Beaten", "bound", "-0.001 beats the optimum 0.0"),
    "a loss below the optimum": ("BeatenLoss", "bound", "beats the optimum 0.0"),
    "a minimiser that is none": ("WrongMinimiser", "optimum", "at a stated minimiser, the reference is 0.0"),
    "an invalid minimiser": ("InvalidMinimiser", "optimum", "a stated minimiser is not valid: 7.0 is not legal"),
    "a minimiser that raises": ("RaisingMinimiser", "optimum", "raised ZeroDivisionError"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_finds(defect):
    load, check_name, message = DEFECTS[defect]
    result = check(load)
    assert result.failed
    assert result.verdicts[check_name] == "failed"
    found = [finding for finding in result.findings if finding.check == check_name and message in finding.message]
    assert found, result.findings
    assert found[0].configuration is not None
    assert "x" in found[0].configuration


def test_every_check_has_a_defect_that_it_alone_finds_in_the_draws():
    """Beside the contract, which looks at ten draws only: the defects beyond x = 0.99 need the many."""
    for load, check_name, _ in (
        DEFECTS["nan"],
        DEFECTS["chance"],
        DEFECTS["free"],
        DEFECTS["a truth below the optimum"],
    ):
        failed = {name for name, verdict in check(load).verdicts.items() if verdict == "failed"}
        assert failed - {"contract"} == {check_name}


def test_the_contract_is_checked_too():
    result = check(dimensions=Dimensions(integers=1))
    (finding,) = result.findings
    assert finding.check == "contract"
    assert "dimensions match the space: the space has 1 float, the description says 1 int" in finding.message


@pytest.mark.parametrize(("load", "message"), [("Unloadable", "cannot be built"), ("NoSpace", "no space here")])
def test_a_problem_that_cannot_be_loaded_is_one_finding(load, message):
    result = check(load)
    (finding,) = result.findings
    assert message in finding.message
    assert result.draws == 0
    assert result.verdicts["finite"] == "not applicable"


def test_rounds():
    assert not check("Rounds", ROUNDS).failed


@pytest.mark.parametrize(
    ("load", "check_name", "message"),
    [("HighReference", "bound", "the comparator"), ("CountsRounds", "replay", "and then Report")],
)
def test_finds_in_rounds(load, check_name, message):
    result = check(load, ROUNDS)
    assert result.verdicts[check_name] == "failed"
    assert any(message in finding.message for finding in result.findings if finding.check == check_name)


def test_a_missing_extra_is_skipped_not_passed():
    result = check(requires={"no_such_module": "no-such-extra"})
    assert result.skipped is not None
    assert "hpobench-tui[no-such-extra]" in result.skipped
    assert result.verdicts == {}


def test_the_seed_decides_the_draws():
    def first(seed):
        result = selfcheck(replace(PARABOLA, load=f"{__name__}:Raises"), draws=1500, seed=seed)
        return next(finding for finding in result.findings if finding.check == "finite")

    assert first(1) == first(1)
    assert first(1).configuration != first(2).configuration


def test_costly_problems_get_fewer_draws_and_shorter_trainings():
    assert plan(PARABOLA, 10_000, 20.0).draws == 10_000
    seldom = plan(replace(PARABOLA, seconds=0.5), 10_000, 20.0)
    assert (seldom.draws, seldom.fidelity) == (20, 9)
    short = plan(replace(PARABOLA, seconds=67.0), 10_000, 20.0)
    assert (short.draws, short.fidelity) == (2, 2)
    whole = plan(replace(PARABOLA, seconds=67.0, fidelity=None), 10_000, 20.0)
    assert (whole.draws, whole.fidelity) == (2, 1)


def test_a_problem_that_hides_how_slow_it_is_does_not_take_for_ever():
    info = replace(PARABOLA, load=f"{__name__}:Slow", fidelity=None)
    result = selfcheck(info, draws=10_000, limit=0.3)
    assert not result.failed
    assert 2 <= result.draws <= 31


def test_what_a_problem_prints_is_kept_off_standard_output(capsys):
    assert not check("Prints", draws=5).failed
    assert capsys.readouterr().out == ""


def test_shares_rise_to_one():
    shares: list[float] = []
    selfcheck(PARABOLA, draws=600, advanced=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("name", ["synthetic/branin", "bandits/bernoulli-10", "synthetic/counting-ones"])
def test_shipped_problems_are_what_they_say(name):
    result = selfcheck(problems()[name], draws=2000)
    assert result.findings == ()


def test_a_range_may_be_open():
    assert not check(loss_range=(-math.inf, math.inf), draws=100).failed


@pytest.mark.usefixtures("faulty")
@pytest.mark.parametrize("name", ["raises", "nan", "exits", "no-space", "numpy", "odd", "always"])
def test_nothing_that_somebody_elses_problem_does_gets_out(name):
    result = selfcheck(problems()[f"faulty/{name}"], draws=200)
    assert result.failed
    assert all(finding.message for finding in result.findings)
