"""The instances of Audibert, Bubeck & Munos 2010."""

import pytest

from hpobench_suites.bandits import best_arm

GROUPS = {
    1: [(19, 0.1)],
    2: [(5, 0.08), (14, 0.12)],
    3: [(1, 0.37**2), (1, 0.37**3), (1, 0.37**4)],
    4: [(1, 0.08), (2, 0.1), (2, 0.15)],
    5: [(1, 0.025 * i) for i in range(2, 16)],
    6: [(1, 0.02), (18, 0.13)],
    7: [(5, 0.05), (14, 0.07), (10, 0.12)],
}
"""(number of arms, gap to the best mean), as read off the paper's list of experiments."""


@pytest.mark.parametrize(("setup", "arms"), [(1, 20), (2, 20), (3, 4), (4, 6), (5, 15), (6, 20), (7, 30)])
def test_sizes_and_hardness(setup, arms):
    """H_1 = sum of 1 / gap^2 over the bad arms."""
    means = best_arm.means(setup)
    assert len(means) == arms
    assert means.count(0.5) == 1
    assert max(means) == 0.5
    hardness = sum(number / gap**2 for number, gap in GROUPS[setup])
    assert sum((0.5 - mean) ** -2 for mean in means if mean < 0.5) == pytest.approx(hardness)


def test_progressions():
    assert sorted(best_arm.means(3)) == pytest.approx([0.3631, 0.449347, 0.48125839, 0.5])
    assert sorted(best_arm.means(5)) == pytest.approx([0.125 + 0.025 * i for i in range(14)] + [0.5])


def test_order_tells_nothing():
    assert best_arm.means(5) != sorted(best_arm.means(5))
    assert best_arm.means(5) != sorted(best_arm.means(5), reverse=True)
