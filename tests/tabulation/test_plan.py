"""The sample of a table: prefix-stable, distinct, the same whatever the number of seeds; and its fidelities."""

import pytest

pytest.importorskip("polars")


from hpobench_tui.core import Fidelity, HpobenchError
from hpobench_tui.core.configuration import key_of
from hpobench_tui.plugins import problems
from hpobench_tui.tabulation.plan import levels, make_plan
from tables import CLIFF


def test_more_configurations_and_seeds_only_append():
    small, large = make_plan(CLIFF, 20, 1, 0), make_plan(CLIFF, 300, 3, 0)
    assert large.configurations[:20] == small.configurations
    assert large.seeds[:1] == small.seeds
    assert len({key_of(c) for c in large.configurations}) == 300
    assert make_plan(CLIFF, 20, 1, 1).configurations != small.configurations


def test_all_configurations_come_with_the_first_seed_first():
    assert list(make_plan(CLIFF, 2, 2, 0).trainings()) == [(0, 0), (1, 0), (0, 1), (1, 1)]


def test_a_finite_space_is_covered_and_not_exceeded():
    arms = problems()["bandits/bernoulli-10"]
    assert {c["arm"] for c in make_plan(arms, 10, 1, 0).configurations} == set(map(str, range(10)))
    with pytest.raises(HpobenchError, match="only 10 different configurations; ask for at most as many, not 11"):
        make_plan(arms, 11, 1, 0)


def test_losses_that_depend_on_the_round_are_refused():
    with pytest.raises(HpobenchError, match="depend on the round"):
        make_plan(problems()["bandits/abrupt"], 2, 1, 0)


@pytest.mark.parametrize(
    ("fidelity", "expected"),
    [
        (None, (1,)),
        (Fidelity("epochs", 1, 5, step=1), (1, 2, 3, 4, 5)),
        (Fidelity("epochs", 1, 5), (1, 2, 3, 4, 5)),
        (Fidelity("epochs", 3, 10, step=4), (3, 4, 8, 10)),
        (Fidelity("points", 1000, 18_000, resumable=False), (1000, 2000, 6000, 18_000)),
        (Fidelity("points", 7, 7, resumable=False), (7,)),
    ],
)
def test_levels(fidelity, expected):
    assert levels(fidelity) == expected


@pytest.mark.parametrize("maximum", [100, 101, 729, 10_000])
def test_many_levels_are_thinned(maximum):
    found = levels(Fidelity("units", 1, maximum, step=1))
    assert len(found) <= 101
    assert (found[0], found[-1]) == (1, maximum)
