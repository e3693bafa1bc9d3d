"""What the tests promise, held against simulations: false alarms, announced power, needed seeds, edges."""

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

from hpobench_tui.analysis.statistics.bayes import bayesian_signed_rank
from hpobench_tui.analysis.statistics.bootstrap import Centre, bootstrap
from hpobench_tui.analysis.statistics.equivalence import Verdict, equivalence, equivalence_rows, verdict, verdict_over
from hpobench_tui.analysis.statistics.friedman import friedman
from hpobench_tui.analysis.statistics.groups import winner_group, winner_group_over, winner_groups
from hpobench_tui.analysis.statistics.over_problems import over_problems
from hpobench_tui.analysis.statistics.paired import paired, paired_rows
from hpobench_tui.analysis.statistics.power import needed_seeds, power
from hpobench_tui.analysis.statistics.signed_rank import differences, round_off, signed_ranks, two_sided
from hpobench_tui.core.columns import Floats

NAN, INF = np.nan, np.inf
Draw = Callable[[np.random.Generator, tuple[int, ...]], Floats]
LOSSES: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "ties": lambda rng, shape: rng.integers(0, 3, shape).astype(float),
    "mostly ties": lambda rng, shape: (rng.random(shape) < 0.2) * rng.random(shape),
    "heavy tails": lambda rng, shape: rng.standard_cauchy(shape),
    "some fail": lambda rng, shape: np.where(rng.random(shape) < 0.1, INF, rng.lognormal(size=shape)),
}
MOST = 0.05 + 0.02


@pytest.mark.parametrize("n", [5, 10, 30])
@pytest.mark.parametrize("kind", LOSSES)
def test_equals_are_told_apart_no_more_often_than_stated(kind: str, n: int) -> None:
    one, other = LOSSES[kind](np.random.default_rng(n), (2, 1000, n))
    p = two_sided(signed_ranks(differences(one, other), round_off(one, other)))
    assert np.mean(p <= 0.05) <= MOST
    groups = winner_groups(LOSSES[kind](np.random.default_rng(n), (200, 6, n)), np.zeros(200))
    assert np.mean([len(group.members) < 6 for group in groups]) <= MOST


@pytest.mark.parametrize(("problems", "n"), [(2, 5), (3, 10), (4, 30)])
@pytest.mark.parametrize("kind", ["normal", "ties", "heavy tails"])
def test_nor_over_several_problems(kind: str, problems: int, n: int) -> None:
    one, other = LOSSES[kind](np.random.default_rng(problems), (2, 1000, problems, n))
    scale = 10.0 ** np.arange(problems)[:, None]
    found = [over_problems(a * scale, b * scale, resamples=20).p for a, b in zip(one, other, strict=True)]
    assert np.mean(np.array(found) <= 0.05) <= MOST


@pytest.mark.parametrize(("n", "k"), [(5, 3), (10, 5), (30, 10)])
def test_nor_by_friedman_and_nemenyi(n: int, k: int) -> None:
    found = [friedman(each) for each in np.random.default_rng(n).normal(size=(400, n, k))]
    assert np.mean([each.f_p is not None and each.f_p <= 0.05 for each in found]) <= MOST
    assert np.mean([each.groups != (each.groups[0],) or len(each.groups[0]) < k for each in found]) <= MOST


@pytest.mark.parametrize("n", [5, 10, 30])
def test_those_a_margin_apart_are_called_equivalent_no_more_often(n: int) -> None:
    one, other = np.random.default_rng(n).normal(size=(2, 1000, n))
    found = equivalence_rows(one + 0.8, other, np.full(1000, 0.8), np.zeros(1000))
    assert np.mean([each.p <= 0.05 for each in found]) <= MOST


APART: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(-0.6, 1, shape),
    "heavy tails": lambda rng, shape: rng.standard_cauchy(shape) - 0.8,
    "ties": lambda rng, shape: rng.integers(-3, 2, shape).astype(float),
    "mostly ties": lambda rng, shape: (rng.random(shape) < 0.35) * rng.normal(-1, 1, shape),
    "skewed": lambda rng, shape: rng.exponential(1, shape) - 1.5,
}


def shown(of: Draw, n: int, experiments: int) -> float:
    """Share of simulated experiments that tell the two apart."""
    return float(np.mean(two_sided(signed_ranks(of(np.random.default_rng(1), (experiments, n)))) <= 0.05))


@pytest.mark.parametrize("n", [7, 12, 30])
@pytest.mark.parametrize("kind", APART)
def test_the_announced_power_is_what_experiments_show(kind: str, n: int) -> None:
    pilot = APART[kind](np.random.default_rng(0), (700,))
    announced = power(pilot, n)
    drawn: Draw = lambda rng, shape: pilot[rng.integers(len(pilot), size=shape)]  # noqa: E731
    assert announced == pytest.approx(shown(drawn, n, 2000), abs=0.05)


@pytest.mark.parametrize("kind", APART)
def test_the_needed_seeds_decide_four_times_in_five(kind: str) -> None:
    pilot = APART[kind](np.random.default_rng(0), (300,))
    found = needed_seeds(pilot)
    assert found.seeds is not None
    drawn: Draw = lambda rng, shape: pilot[rng.integers(len(pilot), size=shape)]  # noqa: E731
    assert shown(drawn, found.seeds, 2000) >= 0.75
    assert shown(drawn, max(1, found.seeds * 3 // 4), 2000) < 0.85
    assert found.lower is not None
    assert found.lower <= found.seeds <= (found.upper or found.cap)


def test_seeds_over_several_problems_are_fewer_and_shown() -> None:
    pilots = np.random.default_rng(0).normal(-0.3, 1, (5, 60))
    found = needed_seeds(pilots)
    assert found.seeds is not None
    assert found.seeds < (needed_seeds(pilots[0]).seeds or 10**5)
    rng = np.random.default_rng(1)
    which = rng.integers(60, size=(200, 5, found.seeds))
    drawn = np.take_along_axis(np.broadcast_to(pilots, (200, 5, 60)), which, axis=2)
    p = [over_problems(each, np.zeros_like(each), resamples=20).p for each in drawn]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(found.power, abs=0.08)  # three standard errors of 200


def test_seeds_that_nobody_has_are_said_so() -> None:
    assert needed_seeds(np.array([-1.0, 1.0] * 20)).words == ">10,000"
    assert needed_seeds(np.zeros(10)).words == needed_seeds(np.array([1.0])).words == "?"


def test_equivalence_is_two_one_sided_tests_of_scipy_s() -> None:
    from scipy.stats import wilcoxon

    one, other = np.random.default_rng(0).normal(size=(2, 14)) * 0.4
    found = equivalence(one, other, margin=0.5)
    sides = [
        wilcoxon(one - other + 0.5, alternative="greater", method="exact").pvalue,
        wilcoxon(one - other - 0.5, alternative="less", method="exact").pvalue,
    ]
    assert found.p == pytest.approx(max(sides))
    assert found.interval is not None
    inside = found.interval.lower > -0.5 and found.interval.upper < 0.5
    assert inside == (found.p <= 0.05)


def verdict_of(apart: list[float], margin: float = 0.0, tolerance: float = 0.0) -> Verdict:
    one, other = np.array(apart), np.zeros(len(apart))
    return verdict(paired(one, other, tolerance), equivalence(one, other, margin, tolerance))


def test_verdicts() -> None:
    steps = [0.1 * k for k in range(1, 11)]
    assert verdict_of([-step for step in steps]) is Verdict.BETTER
    assert verdict_of(steps) is Verdict.WORSE
    assert verdict_of(steps[:5]) is Verdict.UNDECIDED  # five pairs cannot show it
    assert verdict_of([0.1, -0.1, 0.2, -0.2, 0.3, -0.3]) is Verdict.UNDECIDED
    assert verdict_of([0.0] * 8) is Verdict.EQUIVALENT
    assert verdict_of([0.0] * 3) is Verdict.UNDECIDED
    assert verdict_of(steps, margin=2.0) is Verdict.EQUIVALENT  # apart, but by too little to matter
    assert verdict_of(steps, tolerance=2.0) is Verdict.EQUIVALENT
    assert verdict_of([0.0] * 50 + [-1.0] * 10, margin=0.1) is Verdict.BETTER  # typically equal, and never worse
    assert verdict(paired(np.array(steps), np.zeros(10)), p=0.2) is Verdict.UNDECIDED
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 20, 30))
    assert verdict_over(over_problems(one, other)) is Verdict.EQUIVALENT
    assert verdict_over(over_problems(one - 1, other)) is Verdict.BETTER
    assert verdict_over(over_problems(one + 1, other)) is Verdict.WORSE
    assert verdict_over(over_problems(one[:2, :3], other[:2, :3])) is Verdict.UNDECIDED


def test_the_winner_group() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 20)) + np.array([0.0, 0.1, 3.0, 0.0])[:, None]
    values[3] = NAN
    found = winner_group(values)
    assert set(found.members) == {0, 1}
    assert found.p[3] is None
    assert found.n == tuple(20 if place < 3 else 0 for place in range(4))
    few = winner_group(values[:3, :4])
    assert few.members[0] == few.best
    assert set(few.members) == {0, 1, 2}
    assert few.least_p > few.alpha  # so few runs could put nobody out
    over = winner_group_over(rng.normal(size=(5, 3, 6)) + np.array([0.0, 0.0, 2.0])[:, None])
    assert set(over.members) == {0, 1}


def leaves(result: Any) -> Iterator[Any]:
    if is_dataclass(result):
        for field in fields(result):
            yield from leaves(getattr(result, field.name))
    elif isinstance(result, tuple | list):
        for each in result:
            yield from leaves(each)
    else:
        yield result


EDGES = {
    "nothing": np.zeros((1, 2, 0)), "no problem": np.zeros((0, 2, 5)), "one run": np.array([[[1.0], [2.0]]]),
    "all missing": np.full((2, 2, 4), NAN), "all equal": np.ones((3, 2, 6)), "all failed": np.full((2, 2, 5), INF),
    "no common repetition": np.array([[[1.0, NAN], [NAN, 2.0]]]), "two runs": np.array([[[1.0, 2.0], [3.0, 5.0]]]),
    "failed and missing": np.array([[[1.0, INF, NAN, 2.0], [INF, 3.0, 1.0, NAN]]]),
    "as large as floats are": np.array([[[1.7e308, -1.7e308, 1e308], [-1.7e308, 1.7e308, -1e308]]]),
    "one contender": np.array([[[1.0, 2.0, 3.0]]]),
}  # fmt: skip


@pytest.mark.parametrize("edge", EDGES)
def test_nothing_warns_and_nothing_is_nan_at_the_edges(edge: str) -> None:
    values = EDGES[edge]
    one, other = values[:, 0], values[:, -1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results = [
            over_problems(one, other), winner_groups(values, np.zeros(len(values))), winner_group_over(values),
            needed_seeds(differences(one, other)), power(differences(one, other), 10),
            *(paired_rows(one, other, np.zeros(len(values)))),
            *(equivalence_rows(one, other, np.full(len(values), 0.1), np.zeros(len(values)))),
            *(bootstrap(one, centre) for centre in Centre),
        ]  # fmt: skip
        medians = values[:, :, 0] if values.shape[2] else np.full(values.shape[:2], NAN)
        results.extend((friedman(medians), friedman(medians).against(0)))
        results.append(bayesian_signed_rank(differences(one, other).ravel()))
    found = list(leaves(results))
    assert not [each for each in found if isinstance(each, float) and math.isnan(each)]
    assert not [each for each in found if isinstance(each, np.generic)]  # plain numbers go into JSON


def test_equal_data_give_equal_numbers() -> None:
    values = np.random.default_rng(0).normal(size=(3, 2, 9))
    assert bootstrap(values[:, 0]) == bootstrap(values[:, 0].copy())
    assert over_problems(values[:, 0], values[:, 1]) == over_problems(values[:, 0].copy(), values[:, 1].copy())
    assert needed_seeds(values[:, 0]) == needed_seeds(values[:, 0].copy())
