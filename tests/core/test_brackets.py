"""Brackets against the lecture's table, the known totals of each variant, and exact powers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpobench_tui.core import HpobenchError, Variant
from hpobench_tui.core.brackets import hyperband, largest_power, successive_halving

LECTURE = {  # s: (n_i, r_i)
    4: [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
    3: [(27, 3), (9, 9), (3, 27), (1, 81)],
    2: [(9, 9), (3, 27), (1, 81)],
    1: [(6, 27), (2, 81)],
    0: [(5, 81)],
}


def test_the_lectures_table() -> None:
    table = {b.s: [(r.configurations, r.fidelity) for r in b.rungs] for b in hyperband(3, 81)}
    assert table == LECTURE


@pytest.mark.parametrize(
    ("variant", "first", "configurations", "scratch", "continued"),
    [
        (Variant.FLOOR, [81, 27, 9, 6, 5], 128, 1701, 1404),
        (Variant.CEIL, [81, 34, 15, 8, 5], 143, 1902, 1581),
        (Variant.SYNE_TUNE, [81, 54, 18, 9, 5], 167, 2430, 1971),
    ],
)
def test_the_variants(variant: Variant, first: list[int], configurations: int, scratch: int, continued: int) -> None:
    brackets = hyperband(3, 81, variant)
    assert [b.rungs[0].configurations for b in brackets] == first
    assert sum(first) == configurations
    assert sum(b.from_scratch for b in brackets) == scratch
    assert sum(b.continued for b in brackets) == continued


def test_no_bracket_is_lost_to_floating_point() -> None:
    assert [b.s for b in hyperband(3, 243)] == [5, 4, 3, 2, 1, 0]
    assert [b.s for b in hyperband(10, 1000)] == [3, 2, 1, 0]


def test_the_lectures_successive_halving() -> None:
    bracket = successive_halving(16, 1, 2, 16)
    rounds = [(r.configurations, r.fidelity) for r in bracket.rungs]
    assert rounds == [(16, 1), (8, 2), (4, 4), (2, 8), (1, 16)]
    assert [n * r for n, r in rounds] == [16] * 5
    assert bracket.from_scratch == 80


@given(base=st.integers(2, 50), limit=st.integers(1, 10**12))
def test_largest_power_is_exact(base: int, limit: int) -> None:
    k = largest_power(base, limit)
    assert base**k <= limit < base ** (k + 1)


@given(eta=st.integers(2, 10), maximum=st.integers(1, 5000), minimum=st.integers(1, 50), v=st.sampled_from(Variant))
def test_every_bracket_is_sound(eta: int, maximum: int, minimum: int, v: Variant) -> None:
    if minimum > maximum:
        with pytest.raises(HpobenchError, match="r_min"):
            hyperband(eta, maximum, v, minimum)
        return
    for bracket in hyperband(eta, maximum, v, minimum):
        assert bracket.rungs[-1].fidelity == maximum
        assert all(minimum <= r.fidelity <= maximum for r in bracket.rungs)
        assert all(r.configurations >= 1 for r in bracket.rungs)
        assert len(bracket.rungs) == bracket.s + 1
        for low, high in zip(bracket.rungs, bracket.rungs[1:], strict=False):
            assert low.fidelity < high.fidelity
            assert high.configurations <= low.configurations
        assert 0 < bracket.continued <= bracket.from_scratch


@pytest.mark.parametrize(("eta", "maximum"), [(1, 81), (0, 81), (-3, 81), (3, 0), (3, -1)])
def test_bad_eta_and_maximum_are_refused(eta: int, maximum: int) -> None:
    with pytest.raises(HpobenchError):
        hyperband(eta, maximum)
