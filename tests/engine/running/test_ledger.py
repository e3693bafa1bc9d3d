"""The ledger: known cases by hand, and the invariant for any sequence of trials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpobench_tui.core import Budget, Fidelity, Unit
from hpobench_tui.engine.running.ledger import Ledger

EPOCHS = Fidelity("epochs", 1, 9)
SAMPLES = Fidelity("samples", 9, 81, resumable=False)


def test_evaluations_cost_one_each() -> None:
    ledger = Ledger(Budget.of(2, "evaluations"), EPOCHS)
    for _ in range(2):
        assert ledger.grant(9) == 9
        ledger.book(ledger.cost(9, 0, 123))
    assert ledger.grant(1) is None
    assert ledger.spent == ledger.total == 2


def test_fidelity_is_cut_to_what_is_left() -> None:
    ledger = Ledger(Budget.of(12, "fidelity"), EPOCHS)
    ledger.book(ledger.cost(9, 0, 0))
    assert ledger.grant(9) == 3
    assert ledger.grant(9, continued_from=4) == 3, "from scratch, a continuation is not cheaper"


def test_continuation_costs_only_what_it_adds() -> None:
    ledger = Ledger(Budget.of(12, "fidelity-continued"), EPOCHS)
    ledger.book(ledger.cost(3, 0, 0))
    assert ledger.grant(9, continued_from=3) == 9
    ledger.book(ledger.cost(9, 3, 0))
    assert (ledger.spent, ledger.left) == (9, 3)
    assert ledger.grant(9, continued_from=3) == 6


def test_continuation_of_what_cannot_resume_costs_everything() -> None:
    ledger = Ledger(Budget.of(100, "fidelity-continued"), SAMPLES)
    assert ledger.cost(81, 27, 0) == 81


def test_less_than_the_minimum_is_not_started() -> None:
    ledger = Ledger(Budget.of(89, "fidelity"), SAMPLES)
    ledger.book(ledger.cost(81, 0, 0))
    assert ledger.left == 8
    assert ledger.grant(81) is None


def test_full_evaluations_are_exact_fractions() -> None:
    ledger = Ledger(Budget.of(2.5, "full-evaluations"), EPOCHS)
    assert ledger.total == 22, "22.5 epochs: half an epoch is not given out"
    assert Ledger(Budget.of(3, "full-evaluations"), None).total == 3


def test_seconds_never_cost_more_than_is_left() -> None:
    ledger = Ledger(Budget.of(0.5, "seconds"), EPOCHS)
    assert ledger.total == 500_000_000
    assert ledger.cost(9, 0, 700_000_000) == 500_000_000


def test_overspending_is_a_bug() -> None:
    ledger = Ledger(Budget.of(1, "evaluations"), None)
    with pytest.raises(ValueError, match="cannot book 2"):
        ledger.book(2)


@given(
    unit=st.sampled_from(list(Unit)),
    amount=st.integers(1, 60),
    asks=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 8), st.integers(0, 10**9)), min_size=1, max_size=80),
)
def test_never_overspends_and_leaves_less_than_a_trial(
    unit: Unit, amount: int, asks: list[tuple[int, int, int]]
) -> None:
    ledger = Ledger(Budget.of(amount, unit), EPOCHS)
    costs = []
    for asked, before, nanoseconds in asks:
        before = min(before, asked - 1)
        granted = ledger.grant(asked, before)
        if granted is None:
            assert ledger.left == 0, "the minimum is one epoch, so anything that is left can be spent"
            break
        cost = ledger.cost(granted, before if granted > before else 0, nanoseconds)
        ledger.book(cost)
        costs.append(cost)
    assert sum(costs) == ledger.spent <= ledger.total
