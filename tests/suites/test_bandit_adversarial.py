"""The adversary: its phases, its probabilities, and that it does harm."""

from math import log, sqrt

import numpy as np
import pytest

from hpobench_suites.bandits.adversarial import KINDS, Adversarial, probabilities
from hpobench_suites.bandits.adversary import CELLS, STARTS, Table, phase_starts, uniforms
from hpobench_suites.noise import uniform


def losses(table, k, rounds):
    codes = []
    for first in range(0, rounds, table.rounds):
        table.go_to(first)
        codes.append(np.frombuffer(table.codes, dtype=np.uint8).reshape(-1, k) & 1)
    return np.concatenate(codes)[:rounds]


def test_phases_grow_geometrically():
    lengths = np.diff(phase_starts(200))
    assert lengths.tolist() == [1, 2, 4, 7, 12, 20, 32, 52, 84]
    assert phase_starts(0) == [0, 1]
    assert STARTS[-1] > 2**60
    assert np.diff(STARTS.astype(float))[20:-1] / np.diff(STARTS.astype(float))[19:-2] == pytest.approx(1.6, 0.01)


@pytest.mark.parametrize(("seed", "first"), [(0, 0), (2**63 - 1, 12345), (5, 2**62)])
def test_the_tables_uniforms_are_those_of_the_scalar_function(seed, first):
    assert uniforms(seed, first, 200).tolist() == [uniform(seed, index) for index in range(first, first + 200)]


@pytest.mark.parametrize("kind", ["constrained", "swapping"])
def test_losses_are_drawn_with_the_probabilities_of_their_phase(kind):
    k, rounds = 3, 60_000
    table = Table(11, probabilities(kind, k, 0.2), True)
    drawn = losses(table, k, rounds)
    parity = (np.searchsorted(STARTS, np.arange(rounds), side="right") - 1) % 2
    for odd in (0, 1):
        rows = drawn[parity == odd]
        for arm, probability in enumerate(probabilities(kind, k, 0.2)[odd]):
            assert abs(rows[:, arm].mean() - probability) <= 4 * sqrt(probability * (1 - probability) / len(rows))


def test_probabilities():
    assert probabilities("constrained", 3, 0.25) == [[0.25, 0.25, 0.0], [1.0, 1.0, 0.75]]
    assert probabilities("swapping", 4, 0.25) == [[0.625, 0.625, 0.375, 0.625], [0.625, 0.625, 0.625, 0.375]]
    assert probabilities("cyclic", 3, 0.25) == [[1.0, 0.75, 0.75], [0.75, 1.0, 0.75], [0.75, 0.75, 1.0]]


def test_cyclic_losses_come_round_by_round():
    k, rounds = 3, 30_000
    drawn = losses(Table(4, probabilities("cyclic", k, 0.4), False), k, rounds)
    for turn in range(k):
        rates = drawn[turn::k].mean(axis=0)
        assert rates[turn] == 1
        assert np.abs(np.delete(rates, turn) - 0.6).max() < 4 * sqrt(0.24 / len(drawn[turn::k]))


def test_the_swapping_adversary_turns_the_leader_in_each_phase():
    """The arm that leads at the end of a phase is the good one of that phase, and the bad one of the next."""
    k, rounds = 5, int(STARTS[22])
    sums = np.cumsum(losses(Table(3, probabilities("swapping", k, 0.2), True), k, rounds), axis=0)
    leaders = [int(sums[STARTS[phase] - 1].argmin()) for phase in range(16, 23)]
    good = [int(np.argmin(probabilities("swapping", k, 0.2)[(phase - 1) % 2])) for phase in range(16, 23)]
    assert leaders == good
    assert len(set(leaders)) == 2


def play(kind, k, gap, rounds, choose, seed=9):
    """Reports to a policy (pulls, sums of losses, round) -> arm."""
    problem = Adversarial(kind, k, gap)
    configurations = [{"arm": str(arm)} for arm in range(k)]
    pulls, sums, reports = [0] * k, [0.0] * k, []
    for round in range(rounds):
        arm = choose(pulls, sums, round)
        report = problem.start_round(configurations[arm], seed, "cpu", round).advance(1)
        pulls[arm] += 1
        sums[arm] += report.loss
        reports.append(report)
    return reports


def regret(reports):
    return sum(report.loss - report.reference for report in reports)


def ucb1(pulls, sums, round):
    if 0 in pulls:
        return pulls.index(0)
    bonus = 2 * log(round + 1)
    return min(range(len(pulls)), key=lambda arm: sums[arm] / pulls[arm] - sqrt(bonus / pulls[arm]))


def explore_then_commit(pulls, sums, round):
    """250 pulls of each arm, then the best of them for good: a commitment by the means up to then."""
    if round < 250 * len(pulls):
        return round % len(pulls)
    if round == 250 * len(pulls):
        explore_then_commit.arm = int(np.argmin(np.array(sums) / np.array(pulls)))
    return explore_then_commit.arm


def test_ucb1_fails_against_the_constrained_adversary():
    """Its regret grows like gap T (2000 at most), far above the minimax order sqrt(K T) = 447."""
    regrets = [regret(play("constrained", 10, 0.1, 20_000, ucb1, seed)) for seed in range(6)]
    assert np.mean(regrets) > 1000


def test_commitment_fails_against_the_swapping_adversary():
    """Sooner or later the regret is far above sqrt(K T) = 200, whichever arm it took; switching in time is rewarded."""
    for seed in range(5):
        reports = play("swapping", 4, 0.5, 10_000, explore_then_commit, seed)
        assert max(np.cumsum([report.loss - report.reference for report in reports])) > 600
        assert regret(play("swapping", 4, 0.5, 10_000, ucb1, seed)) < 0


def test_staying_with_what_was_good_costs_a_share_of_all_rounds():
    """At the end of a phase of the swapping adversary, the arm of the phase before has lost 0.23 gap T too much."""
    k, gap, phases = 4, 0.5, phase_starts(10_000)
    rounds, good = phases[-2], [row.index(min(row)) for row in probabilities("swapping", k, gap)]
    arm = good[(len(phases) - 2) % 2]  # the last phase that is played is number len(phases) - 3
    regrets = [regret(play("swapping", k, gap, rounds, lambda *_: arm, seed)) for seed in range(3)]
    assert np.mean(regrets) / (gap * rounds) == pytest.approx(0.23, abs=0.04)


def test_deterministic_policies_fail_against_the_cyclic_adversary():
    """They lose in every round; pulling at random does as well as any arm, but for the noise."""
    k, rounds, gap = 5, 5000, 0.5
    for choose in (ucb1, lambda pulls, sums, round: round % k):
        reports = play("cyclic", k, gap, rounds, choose)
        assert {report.loss for report in reports} == {1.0}
        assert regret(reports) > gap * (1 - 1 / k) * rounds
    rng = np.random.default_rng(6)
    assert abs(regret(play("cyclic", k, gap, rounds, lambda *_: int(rng.integers(k))))) < 4 * sqrt(rounds)


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_fixed_arm_has_no_regret(kind):
    regrets = [regret(play(kind, 4, 0.3, 3000, lambda *_, arm=arm: arm)) for arm in range(4)]
    assert min(regrets) == 0
    assert max(regrets) > 0


def test_blocks_hold_whole_rounds_and_memory_stays_small():
    table = Table(1, probabilities("constrained", 1000, 0.1), True)
    assert table.rounds == CELLS // 1000
    table.go_to(5000)
    assert table.first <= 5000 < table.first + table.rounds
    assert len(table.codes) == table.rounds * 1000
