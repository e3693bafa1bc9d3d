"""ASHA: promotions worked out by hand, Algorithm 2 written naively as judge, and workers that are never idle."""

from dataclasses import replace
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace, Float
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.toys import collect
from hpobench_baselines.native.multifidelity import ASHA
from hpobench_baselines.native.multifidelity.asha import asha
from hpobench_baselines.native.multifidelity.standings import Standings
from hpobench_tui import plugins
from hpobench_tui.core import Budget, Fidelity, HpobenchError, Report, Simulation, Task
from hpobench_tui.testing.by_hand import trial
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestPromotion(OptimizerConformance):
    info = ASHA


class TestStopping(OptimizerConformance):
    info = ASHA
    parameters: ClassVar = {"type": "stopping"}


class TestBrackets(OptimizerConformance):
    info = ASHA
    parameters: ClassVar = {"brackets": 9, "eta": 2}


def build(maximum=9, minimum=1, step=1, **parameters):
    space = ConfigurationSpace(space=[Float("x", (0.0, 1.0))])
    fidelity = Fidelity("epochs", minimum, maximum, step=step)
    return asha(Task(space, fidelity, Budget.of(10_000, "fidelity"), 5, ASHA.settings(parameters)))


def test_promotions_by_hand() -> None:
    """eta = 2, rungs 1 2 4. Of two in rung 0 the top one is promoted, of four the top two."""
    optimizer = build(4, eta=2)
    losses = [5.0, 3.0, 3.5, 4.0, 1.0, 0.5, 0.4, 9.0]
    asked = []
    for number, loss in enumerate(losses):
        ask = optimizer.ask()
        asked.append((ask.fidelity, ask.rung, ask.continues))
        optimizer.tell(trial(number, ask, loss))
    assert asked == [
        (1, 0, None),  # 5.0
        (1, 0, None),  # 3.0, the better half of two
        (2, 1, 1),  # 3.5
        (1, 0, None),  # 4.0, not in the top one of three, and that is promoted already
        (1, 0, None),  # 1.0, in the top two of four, as is trial 1
        (2, 1, 4),  # 0.5, the better half of rung 1
        (4, 2, 5),  # the highest promotion first
        (1, 0, None),
    ]


@settings(max_examples=25, deadline=None)
@given(
    losses=st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=120, max_size=120),
    eta=st.integers(2, 4),
    pending=st.integers(1, 7),
    data=st.randoms(use_true_random=False),
)
def test_algorithm_2_written_naively_asks_the_same(losses, eta, pending, data) -> None:
    """With ties, failures, and trials side by side that end in any order."""
    optimizer = build(27, eta=eta)
    fidelities = [r.fidelity for r in optimizer._brackets[0].rungs]
    rungs = [[] for _ in fidelities]
    promoted = set()
    under_way = []

    def expected():
        for k in range(len(rungs) - 2, -1, -1):
            top = sorted((x, n) for x, n in rungs[k] if x is not None)[: len(rungs[k]) // eta]
            promotable = [n for _, n in top if n not in promoted]
            if promotable:
                promoted.add(promotable[0])
                return k + 1, promotable[0]
        return 0, None

    for number, loss in enumerate(losses):
        while len(under_way) < pending:
            ask = optimizer.ask()
            assert (ask.rung, ask.continues) == expected()
            assert ask.fidelity == fidelities[ask.rung]
            under_way.append(ask)
        ask = under_way.pop(data.randrange(pending))
        optimizer.tell(trial(number, ask, loss))
        rungs[ask.rung].append((loss, number))


def test_rungs_shrink_by_eta() -> None:
    """When a new configuration is started, the top floor(n / eta) of every rung have been promoted, and few more."""
    optimizer, rng = build(27), np.random.default_rng(1)
    sizes = np.zeros(4, dtype=int)
    for number in range(3000):
        ask = optimizer.ask()
        if ask.rung == 0:
            assert (sizes[1:] >= sizes[:-1] // 3).all()
        sizes[ask.rung] += 1
        optimizer.tell(trial(number, ask, rng.random()))
    assert (sizes[1:] <= sizes[:-1] / 3 + 2 * np.sqrt(sizes[:-1])).all()  # promoted before better ones came


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(2, 4))
def test_stopped_unless_among_the_best_that_came_by(losses, eta) -> None:
    standings = Standings(eta)
    for n, loss in enumerate(losses, 1):
        better = sum(other <= loss for other in losses[: n - 1])  # ties: the earlier one is better
        assert standings.passes(float(loss)) is (better < max(n // eta, 1))


def test_stopping_looks_once_at_each_rung_and_at_the_next_report_where_none_meets_it() -> None:
    optimizer = build(27, type="stopping")
    first, second = optimizer.ask(), optimizer.ask()
    assert (first.fidelity, first.rung, first.continues) == (27, None, None)
    seen = [optimizer.should_stop(0, first, r, Report(1.0)) for r in (1, 2, 4, 9)]
    assert not any(seen)
    assert not optimizer.should_stop(1, second, 1, Report(0.5))  # better than the first at 1
    assert not optimizer.should_stop(1, second, 2, Report(7.0))  # no rung
    assert not optimizer.should_stop(1, second, 3, Report(0.9))  # against 1.0, the first's report at 4
    assert optimizer.should_stop(1, second, 10, Report(1.0))  # one of two, and later


def test_brackets_get_hyperbands_shares() -> None:
    """First rungs of 27, 9, 6 and 4 configurations; promotions stay in their bracket."""
    optimizer, rng = build(27, brackets=4), np.random.default_rng(2)
    new, bracket_of = [0] * 4, {}
    for number in range(2000):
        ask = optimizer.ask()
        if ask.continues is None:
            new[ask.bracket] += 1
            assert ask.fidelity == 3**ask.bracket
        else:
            assert ask.bracket == bracket_of[ask.continues]
        bracket_of[number] = ask.bracket
        optimizer.tell(trial(number, ask, rng.random()))
    shares = np.array([27, 9, 6, 4]) / 46
    assert np.abs(np.array(new) - shares * sum(new)).max() < 2


def test_a_thousand_pending_trials() -> None:
    optimizer = build(27)
    asks = [optimizer.ask() for _ in range(1000)]
    assert all(ask.rung == 0 for ask in asks)
    for number, ask in enumerate(asks):
        optimizer.tell(trial(number, ask, float(number)))
    assert [optimizer.ask().continues for _ in range(333)] == list(range(333))
    assert optimizer.ask().rung == 0


@pytest.mark.parametrize("kind", ["promotion", "stopping"])
def test_no_worker_is_ever_idle(kind: str) -> None:
    parameters = tuple(replace(p, default=kind) if p.name == "type" else p for p in ASHA.parameters)
    info = replace(ASHA, parameters=parameters)
    run = collect(plugins.problems()["bandits/curves"], info, 300, "simulated-seconds", Simulation(workers=8))
    assert run.end.status == "done"
    for worker in range(8):
        times = sorted(
            (start, end) for at, start, end in run.column("worker", "clock_start", "clock_end") if at == worker
        )
        assert (times[0][0], times[-1][1]) == (0, 300)
        assert all(end == start for (_, end), (start, _) in pairwise(times))
    statuses = set(run.column("status"))
    assert ("pruned" in statuses) is (kind == "stopping")


def test_refuses_to_stop_what_does_not_report() -> None:
    with pytest.raises(HpobenchError, match="reports only at the end of its epochs"):
        build(step=None, type="stopping")
