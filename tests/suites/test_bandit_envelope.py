"""The learning curves that cross as late as they may, and successive halving on them."""

from itertools import groupby, pairwise, permutations

import numpy as np
import pytest

from hpobench_baselines.native import SUCCESSIVE_HALVING
from hpobench_baselines.native.rungs import BracketRunner
from hpobench_baselines.native.successive_halving import SuccessiveHalving
from hpobench_suites.bandits.envelope import Envelope, describe
from hpobench_tui.core import Budget, Task, Trial, TrialStatus
from hpobench_tui.core.brackets import successive_halving


def ranks(problem, k, units):
    """Arms by their limit, the best first: read from the reports alone, as limit = (r l(r) - s l(s)) / (r - s)."""

    def limit(arm):
        one, two = (problem.start({"arm": arm}, 0, "cpu").advance(r).loss for r in (1, units))
        return (units * two - one) / (units - 1)

    return sorted((str(arm) for arm in range(k)), key=limit)


@pytest.mark.parametrize(("k", "units", "gamma"), [(16, 16, 0.25), (5, 81, 2.0), (2, 3, 0.1)])
def test_curves_are_on_the_edge_of_the_envelope(k, units, gamma):
    problem = Envelope(k, units, gamma, 1)
    for rank, arm in enumerate(ranks(problem, k, units)):
        curve = problem.start({"arm": arm}, 0, "cpu")
        for r in range(1, units + 1):
            distance = curve.advance(r).loss - rank / (k - 1)
            assert abs(distance) <= gamma / r + 1e-12
            assert distance == pytest.approx(-gamma / r if rank else gamma / r, abs=1e-12)


def test_curves_cross_the_best_as_late_as_two_envelopes_can():
    """Arm i looks better than the best one while 2 gamma(r) > nu_i, and from then on never again."""
    k, units, gamma = 16, 200, 2.0
    problem = Envelope(k, units, gamma, 0)
    order = ranks(problem, k, units)
    table = np.array([[problem.start({"arm": arm}, 0, "cpu").advance(r).loss for r in range(1, 201)] for arm in order])
    for rank in range(1, k):
        better = table[rank] < table[0] - 1e-12
        last = int(np.flatnonzero(better)[-1]) + 1
        assert better[:last].all()
        assert last == np.ceil(2 * gamma * (k - 1) / rank - 1e-9) - 1


def test_cost_is_that_of_the_units_added():
    curve = Envelope(16, 16, 0.25, 0).start({"arm": "3"}, 0, "cpu")
    assert [curve.advance(r).cost for r in (1, 2, 4, 8, 16)] == [1.0, 1.0, 2.0, 4.0, 8.0]


def play(runner, problem, asks):
    """Ask and tell against the problem, continuing trainings; (asks, trials) in order."""
    trainings, played = {}, []
    for number in range(asks):
        ask = runner.ask()
        training = trainings.get(ask.continues) or problem.start(ask.configuration, 0, "cpu")
        report = training.advance(ask.fidelity)
        trainings[number] = training
        trial = Trial(number, number, ask.configuration, TrialStatus.DONE, report.loss, ask.fidelity)
        runner.tell(trial)
        played.append((ask, report))
    return played


def test_successive_halving_asks_the_rounds_of_the_lecture():
    """n = 16, B = 80, eta = 2: (16, 1) (8, 2) (4, 4) (2, 8) (1, 16); each promotes the better half."""
    info = describe()
    problem = Envelope(**info.arguments)
    task = Task(problem.space(), info.fidelity, Budget.of(80, "fidelity"), 5, SUCCESSIVE_HALVING.settings({}))
    played = play(SuccessiveHalving(task), problem, 31)
    rungs = [list(group) for _, group in groupby(played, key=lambda pair: pair[0].rung)]
    assert [(len(rung), rung[0][0].fidelity) for rung in rungs] == [(16, 1), (8, 2), (4, 4), (2, 8), (1, 16)]
    assert sum(ask.fidelity for ask, _ in played) == 80
    assert sum(report.cost for _, report in played) == 16 + 8 + 8 + 8 + 8
    for rung, following in pairwise(rungs):
        losses = sorted(report.loss for _, report in rung)
        arms = {ask.configuration["arm"]: report.loss for ask, report in rung}
        assert sorted(arms[ask.configuration["arm"]] for ask, _ in following) == losses[: len(following)]


@pytest.mark.parametrize(
    ("gamma", "found"), [(0.25, True), (0.266, True), (0.267, False), (0.3, False), (0.533, False), (0.534, True)]
)
def test_the_envelope_decides_whether_successive_halving_finds_the_best_arm(gamma, found):
    """With each arm once in the first rung, whatever the order: for k = R = 16 it fails from 4/15 to 8/15, from where
    on another arm is the best one.
    """
    problem = Envelope(16, 16, gamma, 3)
    rng = np.random.default_rng(2)
    for _ in range(20):
        arms = iter([{"arm": str(arm)} for arm in rng.permutation(16)])
        played = play(BracketRunner(0, successive_halving(16, 1, 2, 16), arms), problem, 31)
        assert (played[-1][0].configuration in problem.minimisers()) is found


def test_instances_hand_out_the_ranks_differently():
    orders = [ranks(Envelope(4, 4, 0.1, instance), 4, 4) for instance in range(400)]
    assert {tuple(order) for order in orders} == set(permutations("0123"))
