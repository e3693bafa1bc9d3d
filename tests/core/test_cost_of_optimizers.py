"""An optimizer's own time from measured trials, worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpobench_tui.core.cost import ill_formed, own_seconds

COSTS = {2: ((1, 1.0), (11, 2.0), (21, 4.0)), 10: ((1, 3.0), (11, 3.0))}


@pytest.mark.parametrize(
    ("dimensions", "trials", "seconds"),
    [
        (2, 0, 0.0), (2, 1, 1.0), (2, 11, 1 + 15.0), (2, 16, 1 + 15 + 12.5), (2, 21, 1 + 15 + 30),
        (2, 31, 46 + 50.0),  # from 4 on to 6
        (1, 11, 16.0), (10, 11, 33.0), (99, 21, 63.0), (6, 11, (16 + 33) / 2),
    ],
)  # fmt: skip
def test_by_hand(dimensions: int, trials: int, seconds: float) -> None:
    assert own_seconds(COSTS, dimensions, trials) == pytest.approx(seconds)


@given(st.integers(1, 30), st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_trials_take_longer(dimensions: int, some: float, more: float) -> None:
    assert 0 <= own_seconds(COSTS, dimensions, some) <= own_seconds(COSTS, dimensions, some + more)


@pytest.mark.parametrize(
    "costs", [{2: ()}, {2: ((2, 1.0),)}, {2: ((1, 1.0), (1, 2.0))}, {2: ((1, -1.0),)}, {"2": ((1, 1.0),)}, {2: 5}]
)
def test_what_is_no_cost_is_refused(costs: object) -> None:
    assert ill_formed(costs)  # type: ignore[arg-type]
    assert ill_formed(COSTS) is None
    assert ill_formed({}) is None
