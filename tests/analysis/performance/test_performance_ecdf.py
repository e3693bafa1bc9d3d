"""ECDFs over targets, and profiles: brute force over triples; nobody's numbers depend on the others."""

from itertools import pairwise

import numpy as np
import pytest

from hpobench_tui.analysis.performance import area, ecdf, ert, profiles
from hpobench_tui.analysis.performance.counting import read_pairs
from hpobench_tui.analysis.performance.hits import Hits, hits_of
from hpobench_tui.core import HpobenchError
from performance_data import by_pair, curve, hit, random_pairs, random_runs

RNG = np.random.default_rng(8)
RUNS = random_runs(RNG, labels=("a", "b", "c"))
PAIRS = read_pairs(RUNS)
HITS = [hits_of(pair) for pair in PAIRS]
POINTS = np.array([0.5, 1, 2, 5, 13, 40, 99.0])


def solved(label: str, budget: float) -> float:
    """F by its definition."""
    shares = []
    for (_, of), curves in by_pair(RUNS):
        if of == label:
            shares.append(np.mean([hit(own, target) <= budget for own in curves for target in PAIRS[0].targets]))
    return float(np.mean(shares))


@pytest.mark.parametrize("label", ["a", "b", "c"])
def test_an_ecdf_counts_triples(label: str) -> None:
    made = ecdf.ecdf(HITS)[label]
    np.testing.assert_allclose(made.at(POINTS), [solved(label, b) for b in POINTS])
    assert (made.problems, made.pairs, made.n) == (("toy/one", "toy/two"), 102, 12)
    band = ecdf.bands(HITS, POINTS)[label]
    np.testing.assert_allclose(band.y, made.at(POINTS))
    assert (band.low <= band.y + 1e-12).all()
    assert (band.y <= band.high + 1e-12).all()


def test_each_problem_weighs_the_same_whatever_its_targets_and_runs() -> None:
    one = Hits("toy/one", "a", (1.0,), np.array([[1.0], [1.0], [1.0]]), np.full(3, 9.0), np.arange(3), 9.0)
    other = Hits("toy/two", "a", (1.0, 0.1, 0.01), np.full((1, 3), np.inf), np.full(1, 9.0), np.arange(1), 9.0)
    assert ecdf.ecdf([one, other])["a"].at(np.array([1.0])) == [0.5]
    assert ecdf.area_over([one, other], 1, 9)["a"].value == 0.5


def test_another_name_of_a_problem_changes_no_weight() -> None:
    """Runs under two names of one problem weigh as one problem beside another."""
    runs = random_runs(np.random.default_rng(0), labels=("a",), problems=("toy/one", "toy/also", "toy/two"))
    same = {"toy/also": "toy/one"}
    pooled = ecdf.ecdf([hits_of(pair) for pair in read_pairs(runs, same_as=same)])["a"]
    assert pooled.problems == ("toy/one", "toy/two")
    single = [ecdf.ecdf([hits_of(p) for p in read_pairs(runs) if p.problem == name])["a"] for name in
              ("toy/one", "toy/also", "toy/two")]  # fmt: skip
    one, also, two = (each.at(POINTS) for each in single)
    np.testing.assert_allclose(pooled.at(POINTS), ((one + also) / 2 + two) / 2)


def test_the_area_over_is_the_integral() -> None:
    made, low, high = ecdf.ecdf(HITS)["a"], 1.0, 40.0
    edges = np.unique(np.concatenate([[low, high], made.x[(made.x > low) & (made.x < high)]]))
    for log, widths in ((False, np.diff(edges) / (high - low)), (True, np.diff(np.log(edges)) / np.log(high / low))):
        by_hand = float(widths @ (1 - made.at(edges[:-1])))
        assert ecdf.area_over(HITS, low, high, log=log)["a"].value == pytest.approx(by_hand)


def test_a_scale_divides_budgets() -> None:
    made = ecdf.ecdf(HITS, scale={"toy/one": 2.0, "toy/two": 2.0})["a"]
    np.testing.assert_allclose(made.at(POINTS / 2), ecdf.ecdf(HITS)["a"].at(POINTS))
    share = ecdf.ecdf(HITS, scale=ecdf.by_granted(HITS))["a"]
    assert share.x[-1] <= 1.0
    with pytest.raises(HpobenchError, match="scale of toy/two"):
        ecdf.ecdf(HITS, scale={"toy/one": 2.0})


def test_restarts_go_on_where_runs_end() -> None:
    first, spent = np.array([[4.0], [np.inf], [np.inf]]), np.full(3, 10.0)
    made = [Hits("toy/one", "a", (1.0,), first, spent, np.arange(3), 10.0)]
    f = ecdf.ecdf(made, restarts=50_000)["a"]
    # 4, 14, 24, … with the probabilities of 0, 1, 2, … failures before the first success
    np.testing.assert_allclose(f.at(np.array([3.9, 4, 14, 24])), [0, 1 / 3, 5 / 9, 19 / 27], atol=0.01)
    assert f.restarts
    assert ecdf.ecdf(made)["a"].y[-1] == pytest.approx(1 / 3)
    never = [Hits("toy/one", "a", (1.0,), np.full((3, 1), np.inf), spent, np.arange(3), 10.0)]
    assert ecdf.ecdf(never, restarts=100)["a"].at(np.array([1e9])).tolist() == [0.0]


def test_many_targets_make_the_area_under_the_ecdf_the_aocc() -> None:
    """López-Ibáñez et al.: the ECDF over all targets between the bounds has AOCC below it."""
    targets = tuple(np.geomspace(1e2, 1e-8, 4001))
    pairs = read_pairs(RUNS, targets={"toy/one": targets, "toy/two": targets})
    span = (1.0, 41.0)
    over = ecdf.area_over([hits_of(pair) for pair in pairs], *span, log=False)
    under = area.overall([area.aocc_of(pair, span=span) for pair in PAIRS])
    for label in ("a", "b", "c"):
        assert 1 - over[label].value == pytest.approx(under[label].value, abs=1e-3)


def without(label: str, hits: list[Hits]) -> list[Hits]:
    return [one for one in hits if one.label != label]


@pytest.mark.parametrize("gone", ["a", "b", "c"])
def test_adding_or_removing_an_optimizer_changes_no_others_numbers(gone: str) -> None:
    left = [(run, own) for run, own in RUNS if run.label != gone]
    pairs = read_pairs(left)
    hits = [hits_of(pair) for pair in pairs]
    for label in {"a", "b", "c"} - {gone}:
        for few, all_ in (
            (ecdf.ecdf(hits), ecdf.ecdf(HITS)),
            (ecdf.ecdf(hits, ecdf.by_granted(hits), restarts=50), ecdf.ecdf(HITS, ecdf.by_granted(HITS), restarts=50)),
            (profiles.data_profile(hits), profiles.data_profile(HITS)),
        ):
            np.testing.assert_array_equal(few[label].x, all_[label].x)
            np.testing.assert_array_equal(few[label].y, all_[label].y)
        few_band, band = ecdf.bands(hits, POINTS)[label], ecdf.bands(HITS, POINTS)[label]
        np.testing.assert_array_equal([few_band.low, few_band.high], [band.low, band.high])
        assert ecdf.area_over(hits, 1, 40)[label] == ecdf.area_over(HITS, 1, 40)[label]
        areas = [area.overall([area.aocc_of(pair) for pair in some])[label] for some in (pairs, PAIRS)]
        assert areas[0] == areas[1]
        tables = [[ert.table(one) for one in some if one.label == label] for some in (hits, HITS)]
        assert tables[0] == tables[1]


@pytest.mark.parametrize("tau", [0.5, 1e-2, 1e-6])
def test_a_data_profile_counts_problems_solved_to_accuracy_tau(tau: float) -> None:
    made = profiles.data_profile(HITS, tau, scale={"toy/one": 3.0, "toy/two": 3.0})
    targets = PAIRS[0].targets
    aim = next(target for target in targets if target <= tau * targets[0] * (1 + 1e-9))
    for kappa in (0.5, 2.0, 7.0, 20.0):
        by_hand = [
            np.mean([hit(own, aim) / 3.0 <= kappa for own in curves]) for (_, of), curves in by_pair(RUNS) if of == "b"
        ]
        assert made["b"].at(np.array([kappa]))[0] == pytest.approx(np.mean(by_hand))


def test_a_performance_profile_is_dolan_and_mores() -> None:
    alphas, tau = np.array([1.0, 1.2, 2.0, 5.0, 100.0]), 1e-4
    rng = np.random.default_rng(3)
    hits = [hits_of(p) for p in random_pairs(rng, labels=("a", "b", "c"), problems=[f"toy/{k}" for k in range(7)])]
    made = profiles.performance_profile(hits, alphas, tau)
    place = next(k for k, target in enumerate(hits[0].targets) if target <= tau * 100 * (1 + 1e-9))
    times: dict[str, dict[str, float]] = {}
    for one in hits:
        times.setdefault(one.problem, {})[one.label] = float(ert.expected(one.first, one.spent)[place])
    solved_ = {p: t for p, t in times.items() if np.isfinite(min(t.values()))}
    for label in ("a", "b", "c"):
        by_hand = [np.mean([t[label] / min(t.values()) <= alpha for t in solved_.values()]) for alpha in alphas]
        np.testing.assert_allclose(made[label].rho, by_hand)
        assert (made[label].low <= made[label].high).all()
        assert set(made[label].problems) == set(solved_)
    assert sum(made[label].rho[0] for label in made) >= 1.0 - 1e-9  # somebody is the quickest


def test_a_performance_profile_says_what_it_is_not_over() -> None:
    def one(problem: str, label: str, time: float) -> Hits:
        return Hits(problem, label, (1.0,), np.array([[time]] * 2), np.full(2, 9.0), np.arange(2), 9.0)

    hits = [one("p/1", "a", 1.0), one("p/1", "b", 2.0), one("p/2", "a", 1.0), one("p/3", "a", np.inf),
            one("p/3", "b", np.inf)]  # fmt: skip
    made = profiles.performance_profile(hits, np.array([1.0, 2.0]))
    assert (made["a"].problems, made["a"].left_out, made["a"].unsolved) == (("p/1",), ("p/2",), ("p/3",))
    assert (made["a"].rho.tolist(), made["b"].rho.tolist()) == ([1.0, 1.0], [0.0, 1.0])
    with pytest.raises(HpobenchError, match="no problem on which all of a, b were run"):
        profiles.performance_profile([one("p/1", "a", 1.0), one("p/2", "b", 1.0)], np.array([1.0]))
    nobody = profiles.performance_profile([one("p/3", "a", np.inf), one("p/3", "b", np.inf)], np.array([1.0]))
    assert nobody["a"].rho.tolist() == [0.0]


@pytest.mark.parametrize("tau", [0.0, 1.5, -1.0])
def test_accuracies_that_cannot_be_are_refused(tau: float) -> None:
    with pytest.raises(HpobenchError, match="tau"):
        profiles.data_profile(HITS, tau)


def test_areas_that_cannot_be_are_refused() -> None:
    for low, high, log in ((1.0, 1.0, False), (0.0, 1.0, True)):
        with pytest.raises(HpobenchError, match="low < high"):
            ecdf.area_over(HITS, low, high, log)
    (pair,) = read_pairs([(RUNS[0][0], curve((1, 1.0)))])
    for bounds in ((1.0, 1.0), (0.0, 1.0)):
        with pytest.raises(HpobenchError, match="0 < lower < upper"):
            area.aocc_of(pair, bounds=bounds)


def test_nothing_gives_nothing() -> None:
    assert ecdf.ecdf([]) == {}
    assert ecdf.area_over([], 1, 2) == {}
    assert all(a < b for a, b in pairwise(ecdf.ecdf(HITS)["a"].x))
