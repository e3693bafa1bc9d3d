"""Successive halving and Hyperband, counted and judged from outside, by asking and telling."""

import itertools
from collections import Counter

import pytest
from ConfigSpace import ConfigurationSpace, Float
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.toys import collect
from hpobench_baselines.native import HYPERBAND, SUCCESSIVE_HALVING
from hpobench_baselines.native.hyperband import Hyperband
from hpobench_baselines.native.rungs import BracketRunner, best
from hpobench_baselines.native.successive_halving import SuccessiveHalving, bracket
from hpobench_tui import plugins
from hpobench_tui.core import Budget, Fidelity, NotReady, Simulation, Task, Trial, TrialStatus
from hpobench_tui.core.brackets import successive_halving
from hpobench_tui.testing.by_hand import trial


def task(info, maximum, minimum=1, **parameters) -> Task:
    space = ConfigurationSpace(space=[Float("x", (0.0, 1.0))])
    fidelity = Fidelity("epochs", minimum, maximum)
    return Task(space, fidelity, Budget.of(10_000, "fidelity"), 7, info.settings(parameters))


def run(optimizer, asks, loss=lambda number, ask: ask.configuration["x"]):
    """(ask, trial) of ``asks`` rounds."""
    result = []
    for number in range(asks):
        ask = optimizer.ask()
        result.append((ask, trial(number, ask, loss(number, ask))))
        optimizer.tell(result[-1][1])
    return result


def counted(pairs):
    """Bracket number to its (n_i, r_i)."""
    table = {}
    for (number, _), group in itertools.groupby(pairs, key=lambda pair: (pair[0].bracket, pair[0].rung)):
        asks = [ask for ask, _ in group]
        assert len({ask.fidelity for ask in asks}) == 1
        table.setdefault(number, []).append((len(asks), asks[0].fidelity))
    return table


LECTURE = [
    [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
    [(27, 3), (9, 9), (3, 27), (1, 81)],
    [(9, 9), (3, 27), (1, 81)],
    [(6, 27), (2, 81)],
    [(5, 81)],
]


def test_hyperband_asks_the_lectures_table_and_starts_again():
    cycle = sum(n for bracket in LECTURE for n, _ in bracket)
    pairs = run(Hyperband(task(HYPERBAND, 81)), 2 * cycle)
    assert counted(pairs) == dict(enumerate(LECTURE + LECTURE))
    assert sum(ask.fidelity for ask, _ in pairs) == 2 * 1701
    fresh = Counter(ask.bracket for ask, _ in pairs if ask.continues is None)
    assert [fresh[b] for b in range(5)] == [81, 27, 9, 6, 5]


@pytest.mark.parametrize(("variant", "first"), [("ceil", [81, 34, 15, 8, 5]), ("syne-tune", [81, 54, 18, 9, 5])])
def test_variants_of_hyperband(variant, first):
    optimizer = Hyperband(task(HYPERBAND, 81, variant=variant))
    pairs = run(optimizer, sum(r.configurations for b in optimizer.plan() for r in b.rungs))
    assert [rungs[0][0] for rungs in counted(pairs).values()] == first


def test_successive_halving_asks_the_lectures_example():
    pairs = run(SuccessiveHalving(task(SUCCESSIVE_HALVING, 16)), 62)
    example = [(16, 1), (8, 2), (4, 4), (2, 8), (1, 16)]
    assert counted(pairs) == {0: example, 1: example}
    assert sum(ask.fidelity for ask, _ in pairs) == 2 * 80


@pytest.mark.parametrize("power", range(1, 7))
def test_bracket_agrees_with_the_textbook_where_r_is_a_power(power):
    assert bracket(0, 2, 1, 2**power) == successive_halving(2**power, 1, 2, 2**power)


def test_brackets_end_at_full_fidelity_and_respect_the_minimum():
    assert [(r.configurations, r.fidelity) for r in bracket(0, 2, 1, 9).rungs] == [(8, 1), (4, 2), (2, 4), (1, 9)]
    assert [(r.configurations, r.fidelity) for r in bracket(5, 2, 1, 16).rungs] == [(5, 4), (2, 8), (1, 16)]
    assert [(r.configurations, r.fidelity) for r in bracket(20, 3, 3, 9).rungs] == [(20, 3), (6, 9)]
    assert [(r.configurations, r.fidelity) for r in bracket(0, 3, 7, 7).rungs] == [(1, 7)]


@settings(max_examples=50, deadline=None)
@given(losses=st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=62, max_size=62), eta=st.integers(2, 3))
def test_the_true_best_are_promoted(losses, eta):
    """With ties and failures: whoever is promoted is at least as good as whoever is not, earlier ones first."""
    pairs = run(SuccessiveHalving(task(SUCCESSIVE_HALVING, 16, eta=eta)), 62, lambda number, _: losses[number])
    rungs = {}
    for ask, told in pairs:
        rungs.setdefault((ask.bracket, ask.rung), []).append((ask, told))
    sizes = [r.configurations for r in bracket(0, eta, 1, 16).rungs]
    complete = [key for key in rungs if key != max(rungs)]  # the last one may be cut by the end of this test
    for number, rung in complete:
        usable = sorted((t.loss, t.number) for _, t in rungs[number, rung] if t.loss is not None)
        follows = rungs.get((number, rung + 1), [])
        wanted = [n for _, n in usable[: sizes[rung + 1]]] if rung + 1 < len(sizes) else []
        promoted = [ask.continues for ask, _ in follows]
        assert promoted == (wanted[: len(promoted)] if (number, rung + 1) == max(rungs) else wanted)
        by_number = {t.number: t for _, t in pairs}
        assert all(by_number[ask.continues].configuration == ask.configuration for ask, _ in follows)


def test_a_rung_waits_for_its_pending_trials_told_in_any_order():
    optimizer = SuccessiveHalving(task(SUCCESSIVE_HALVING, 4))
    asks = [optimizer.ask() for _ in range(4)]
    with pytest.raises(NotReady):
        optimizer.ask()
    for number in (2, 0, 3):
        optimizer.tell(trial(number, asks[number], 1.0))
        with pytest.raises(NotReady):
            optimizer.ask()
    optimizer.tell(trial(1, asks[1], 2.0))
    assert [optimizer.ask().continues for _ in range(2)] == [0, 2]  # ties by trial number, not by arrival


def test_a_first_rung_is_drawn_when_it_is_asked_for():
    drawn = itertools.count()
    runner = BracketRunner(0, bracket(0, 2, 1, 4), ({"x": float(next(drawn))} for _ in itertools.count()))
    for number in range(4):
        ask = runner.ask()
        assert ask.configuration == {"x": float(number)}
        assert next(drawn) == number + 1  # nothing was drawn ahead
        drawn = itertools.count(number + 1)
        runner.tell(trial(number, ask, 1.0))
    assert runner.ask().continues == 0


@pytest.mark.parametrize("maximum", [1024, 81])
def test_a_thousand_pending_trials_told_backwards(maximum):
    optimizer = SuccessiveHalving(task(SUCCESSIVE_HALVING, maximum, n=1000))
    asks = [optimizer.ask() for _ in range(1000)]
    with pytest.raises(NotReady):
        optimizer.ask()
    for number, asked in enumerate(reversed(range(1000))):
        optimizer.tell(trial(number, asks[asked], float(asked)))
    assert [optimizer.ask().configuration for _ in range(500)] == [ask.configuration for ask in asks[:500]]


@pytest.mark.parametrize("info", [HYPERBAND, SUCCESSIVE_HALVING])
@pytest.mark.parametrize("workers", [1, 8])
def test_a_budget_smaller_than_a_bracket_is_spent_to_the_last_unit(info, workers):
    problem = plugins.problems()["bandits/curves"]
    for amount in (1, 5, 100):
        run = collect(problem, info, amount, "fidelity", Simulation(workers=workers))
        assert (run.end.status, run.books.ledger.left) == ("done", 0)


def test_a_bracket_without_survivors_ends():
    pairs = run(SuccessiveHalving(task(SUCCESSIVE_HALVING, 4)), 12, lambda number, ask: None)
    assert counted(pairs) == {0: [(4, 1)], 1: [(4, 1)], 2: [(4, 1)]}


def test_trials_short_of_their_fidelity_are_not_promoted():
    asked = SuccessiveHalving(task(SUCCESSIVE_HALVING, 4)).ask()
    cut = Trial(0, 0, asked.configuration, TrialStatus.CUT, -1.0)
    pruned = Trial(1, 1, asked.configuration, TrialStatus.PRUNED, -1.0)
    done = Trial(2, 2, asked.configuration, TrialStatus.DONE, 1.0)
    assert best([cut, pruned, done], 2) == [done]
