"""Which hyperparameters matter: closed forms, brute force, other libraries, and what chance shows."""

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

from hpobench_tui.analysis.importance import HOW_TO_READ, Importance, importance
from hpobench_tui.analysis.importance.best import best_of, best_share, smoothed, variance
from hpobench_tui.analysis.importance.factors import CELLS, factors
from hpobench_tui.analysis.importance.spread import ranks
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.columns import Floats

Tried = list[dict[str, Any]]


def uniform(n: int, names: str, seed: int = 0) -> Tried:
    rows = np.random.default_rng(seed).random((n, len(names)))
    return [dict(zip(names, row, strict=True)) for row in rows.tolist()]


def losses(tried: Tried, function: Callable[..., float]) -> Floats:
    return np.array([function(**one) for one in tried])


def by_name(found: Importance, field: str = "importance") -> dict[str, float]:
    return {share.name: getattr(share, field) for share in found.shares}


def pairs(found: Importance) -> dict[frozenset[str], float]:
    return {frozenset((pair.one, pair.other)): pair.share for pair in found.pairs}


# --- what distinguishes the best ---


def test_both_of_two_must_be_low_as_in_the_closed_form() -> None:
    """Of max(a, b), uniform, the best γ are [0, √γ]²: a alone explains γ² (1/√γ - 1) of γ (1 - γ)."""
    tried = uniform(20_000, "abc")
    found = importance(tried, losses(tried, lambda a, b, c: max(a, b)))
    expected = 0.01 * (1 / math.sqrt(0.1) - 1) / 0.09
    assert by_name(found, "of_best") == pytest.approx(
        {"a": expected, "b": expected, "c": 0}, abs=0.025
    )  # wide kernels blur
    assert by_name(found) == pytest.approx({"a": 0.5, "b": 0.5, "c": 0}, abs=0.02)
    assert found.total == pytest.approx(1)
    assert (found.n, found.best) == (20_000, 2000)


def test_one_alone_decides_who_is_best() -> None:
    tried = uniform(5000, "ab")
    found = importance(tried, losses(tried, lambda a, b: a))
    assert by_name(found) == pytest.approx({"a": 1, "b": 0}, abs=0.01)
    assert by_name(found, "of_best")["a"] > 0.9  # not 1, for the kernel's width
    assert by_name(found, "alone") == pytest.approx({"a": 1 - 1 / 64, "b": 0}, abs=0.005)  # eight levels


@pytest.mark.parametrize("n", [40, 400])
def test_choices_are_counted_as_brute_force_does(n: int) -> None:
    """Without a kernel: Σ share · (P(best | choice) - P(best))², less what all selections show on average."""
    rng = np.random.default_rng(n)
    kinds, values = rng.choice(["a", "b", "c", None], n), rng.random(n)
    values[kinds == "b"] *= 0.3
    [factor] = factors([{"kind": kind} for kind in kinds])
    best = best_of(values, best_share(n))
    m = best.sum()
    prior = 1 / factor.cells

    def plain(chosen: Floats) -> float:
        total = 0.0
        for cell in range(factor.cells):
            of = factor.places == cell
            r = (chosen[of].sum() + prior * m / n) / (of.sum() + prior)
            total += of.mean() * (r - m / n) ** 2
        return total

    by_chance = np.mean([plain(rng.permutation(best)) for _ in range(3000)])
    found = variance(smoothed(factor, best), best, np.ones(n))
    assert found == pytest.approx(plain(best) - by_chance, abs=0.05 * plain(best))


def test_what_is_active_in_a_part_of_the_trials_counts_for_that_part() -> None:
    """x is active in half of the trials and decides there; whether it is, kind decides (arXiv 2601.20800, Theorem 4.2).

    Of the best tenth all have kind a, where x < 0.2: of x, 0.5 · (0.2 · 0.8) of 0.09; of kind, (0.1)² of 0.09.
    """
    rng = np.random.default_rng(0)
    tried: Tried = [
        {"kind": "a", "x": float(u)} if a else {"kind": "b", "y": float(u)}
        for a, u in zip(rng.random(20_000) < 0.5, rng.random(20_000), strict=True)
    ]
    found = importance(tried, np.array([one["x"] if "x" in one else 1 + one["y"] for one in tried]))
    assert by_name(found, "of_best") == pytest.approx({"kind": 0.01 / 0.09, "x": 0.08 / 0.09, "y": 0}, abs=0.06)
    [x] = [share for share in found.shares if share.name == "x"]
    assert x.n == sum("x" in one for one in tried)


def test_by_chance_nothing_matters() -> None:
    wrong = of = 0
    for seed in range(12):
        tried = [one | {"k": "uvw"[seed * i % 3]} for i, one in enumerate(uniform(60, "abc", seed))]
        found = importance(tried, np.random.default_rng(1000 + seed).random(60))
        assert found.total in (0, pytest.approx(1))
        wrong += sum(share.low > 0 for share in found.shares)
        of += len(found.shares)
    assert wrong <= 0.15 * of


def test_the_scale_of_losses_and_hyperparameters_makes_no_difference() -> None:
    tried = uniform(500, "abc", 3)
    y = losses(tried, lambda a, b, c: a + b**2)
    other = [{name: 10 ** (5 * value) for name, value in one.items()} for one in tried]
    assert importance(tried, y) == importance(other, np.exp(20 * y))


# --- the second source ---


def optunas(tried: Tried, y: Floats, evaluator: str, distributions: dict[str, Any]) -> dict[str, float]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study()
    of = {name: (lambda d: d)(distribution) for name, distribution in distributions.items()}
    study.add_trials(
        optuna.trial.create_trial(params=one, distributions={name: of[name] for name in one}, value=float(value))
        for one, value in zip(tried, y, strict=True)
    )
    how = {} if evaluator == "PedAnovaImportanceEvaluator" else {"seed": 0, "n_trees": 16}
    return optuna.importance.get_param_importances(study, evaluator=getattr(optuna.importance, evaluator)(**how))


@pytest.mark.needs("optuna")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "function",
    [
        lambda a, b, c: (a - 0.3) ** 2 + 0.3 * (b - 0.6) ** 2,
        lambda a, b, c: a + b / 2 + c / 4,
        lambda a, b, c: abs(a - b) + 0.2 * c,
        lambda a, b, c: max(a, 2 * b),
    ],
)
def test_numbers_are_as_important_as_optuna_says(function: Callable[..., float]) -> None:
    from optuna.distributions import FloatDistribution

    tried = uniform(2000, "abc", 5)
    y = losses(tried, function)
    theirs = optunas(tried, y, "PedAnovaImportanceEvaluator", dict.fromkeys("abc", FloatDistribution(0, 1)))
    assert by_name(importance(tried, y)) == pytest.approx(theirs, abs=0.06)


@pytest.mark.needs("optuna")
@pytest.mark.filterwarnings("ignore")
def test_what_is_not_always_active_is_as_important_as_optuna_says() -> None:
    """The example of condPED-ANOVA's authors, in which naive ways to fill gaps fail."""
    from optuna.distributions import FloatDistribution

    rng = np.random.default_rng(0)
    rows = zip(rng.random(2000).tolist(), rng.random(2000).tolist(), strict=True)
    tried: Tried = [{"c": c, "x": 3 * u - 5} if c < 0.5 else {"c": c, "y": 3 * u + 2} for c, u in rows]
    y = np.array([one["x"] if "x" in one else one["y"] for one in tried])
    spaces = {"c": FloatDistribution(0, 1), "x": FloatDistribution(-5, -2), "y": FloatDistribution(2, 5)}
    theirs = optunas(tried, y, "PedAnovaImportanceEvaluator", spaces)
    assert by_name(importance(tried, y)) == pytest.approx(theirs, abs=0.03)


@pytest.mark.needs("optuna", "sklearn")
@pytest.mark.filterwarnings("ignore")
def test_what_is_explained_alone_is_what_a_forest_says() -> None:
    from optuna.distributions import FloatDistribution

    tried = uniform(400, "abc", 7)
    y = losses(tried, lambda a, b, c: 3 * a + 2 * b + 0.5 * c)
    theirs = optunas(tried, y, "FanovaImportanceEvaluator", dict.fromkeys("abc", FloatDistribution(0, 1)))
    ours = by_name(importance(tried, y), "alone")
    assert {name: value / sum(ours.values()) for name, value in ours.items()} == pytest.approx(theirs, abs=0.06)


# --- what explains all losses ---


def test_a_sum_s_terms_explain_their_shares_of_the_variance_and_pairs_hardly_any() -> None:
    weights = {"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.0}
    tried = uniform(10_000, "abcd")
    found = importance(tried, losses(tried, lambda **x: sum(weights[name] * x[name] for name in x)))
    squares = {name: weight**2 for name, weight in weights.items()}
    expected = {name: square / sum(squares.values()) for name, square in squares.items()}
    assert by_name(found, "alone") == pytest.approx(expected, abs=0.03)
    assert max(pairs(found).values(), default=0) < 0.02


def test_two_that_matter_only_together_are_a_pair() -> None:
    tried = [dict(zip("abc", row, strict=True)) for row in product((True, False), ("u", "v"), range(40))]
    found = importance(tried, np.array([float((one["a"] is True) == (one["b"] == "u")) for one in tried]))
    assert pairs(found)[frozenset("ab")] == pytest.approx(1)
    assert by_name(found, "alone") == pytest.approx(dict.fromkeys("abc", 0))
    [first, *_] = found.pairs
    assert first.low > 0.9
    assert first.n == 160


@pytest.mark.parametrize("levels", [2, 3, 5])
def test_a_table_s_interaction_is_that_of_the_closed_form(levels: int) -> None:
    """A balanced table of two: the sums of squares of a two-way analysis of variance, of ranks, without noise."""
    table = np.random.default_rng(levels).random((levels, levels))
    times = 40
    tried: Tried = [{"a": str(i), "b": str(j)} for i, j in product(range(levels), repeat=2) for _ in range(times)]
    y = np.repeat(table.ravel(), times)
    found = importance(tried, y)
    cells = ranks(y).reshape(levels, levels, times)[:, :, 0]
    sides = [cells.mean(axis=axis, keepdims=True) - cells.mean() for axis in (1, 0)]
    rest = cells - cells.mean() - sum(sides)
    total = cells.var()
    assert pairs(found).get(frozenset("ab"), 0) == pytest.approx((rest**2).mean() / total, abs=1e-6)
    for name, side in zip("ab", sides, strict=True):
        share, n = (side**2).mean() / total, len(y)
        noise = (levels - 1) * (1 - share) / (n - levels)
        assert by_name(found, "alone")[name] == pytest.approx(max(share - noise, 0), abs=1e-9)


def test_a_product_is_a_pair_although_others_are_there() -> None:
    tried = uniform(2000, "abcde", 2)
    found = importance(tried, losses(tried, lambda a, b, c, d, e: (a - 0.5) * (b - 0.5) + 0.01 * c))
    assert pairs(found)[frozenset("ab")] > 0.85
    assert max(share for pair, share in pairs(found).items() if pair != frozenset("ab")) < 0.05


def test_pairs_of_what_optimizers_moved_unevenly() -> None:
    """c follows a, and explains nothing itself; unbalanced cells of a and c do not make a pair of a sum."""
    tried = uniform(4000, "abc", 9)
    for one in tried:
        one["c"] = 0.9 * one["a"] + 0.1 * one["c"]
        one["b"] **= 3
    found = importance(tried, losses(tried, lambda a, b, c: a + b))
    assert max(pairs(found).values(), default=0) < 0.03


# --- intervals ---


def test_runs_that_differ_widen_the_intervals() -> None:
    """In each run the optimizer looked at one place of b: runs are what is drawn anew, not trials."""
    rng = np.random.default_rng(0)
    tried, y, runs = [], [], []
    for run in range(12):
        place = rng.random()
        for a in rng.random(50).tolist():
            tried.append({"a": a, "b": place + 0.01 * rng.random()})
            y.append(a + 3 * place)
            runs.append(run)
    together, apart = (importance(tried, np.array(y), of) for of in (np.array(runs), None))
    widths = [{s.name: s.high - s.low for s in found.shares}["b"] for found in (together, apart)]
    assert (together.drawn, apart.drawn) == ("runs", "trials")
    assert widths[0] > 1.5 * widths[1]


def test_equal_trials_give_equal_numbers() -> None:
    tried = uniform(100, "ab")
    y = losses(tried, lambda a, b: a * b)
    assert importance(tried, y) == importance(tried, y)


def test_more_trials_narrow_the_intervals() -> None:
    def width(n: int) -> float:
        tried = uniform(n, "ab", 4)
        return max(share.high - share.low for share in importance(tried, losses(tried, lambda a, b: a + b)).shares)

    assert width(4000) < width(200) / 2


# --- values of every kind ---


def test_values_of_every_kind_are_told_apart() -> None:
    n = 240
    tried: Tried = [
        {
            "flag": i % 2 == 0, "one": (1, 1.0, True, "1")[i % 4], "pair": ((1, 2), (2, 1), None)[i % 3],
            "number": i, "few": i % 5, "numpy": np.float64(i / n), "fixed": 7,
        }
        for i in range(n)
    ]  # fmt: skip
    cells = {factor.name: (factor.cells, factor.ordered) for factor in factors(tried)}
    assert cells == {
        "flag": (2, False), "one": (4, False), "pair": (3, False), "number": (CELLS, True), "few": (5, True),
        "numpy": (CELLS, True), "fixed": (1, True),
    }  # fmt: skip
    found = importance(tried, np.array([float(one["few"]) for one in tried]))
    assert found.shares[0].name == "few"
    assert "the same in all trials: fixed" in found.notes


def test_many_choices_and_ties_of_numbers_are_merged_into_levels() -> None:
    rng = np.random.default_rng(0)
    many = [f"c{i}" for i in range(40)]
    tried: Tried = [
        {"c": str(rng.choice(many)), "x": max(0.5, float(u)), "n": int(k)}
        for u, k in zip(rng.random(3000), rng.integers(0, 1000, 3000), strict=True)
    ]
    for factor in factors(tried):
        merged = factor.merged(8)
        assert merged.cells <= 8
        assert sorted(set(merged.places.tolist())) == list(range(merged.cells))
    found = importance(tried, np.array([one["x"] for one in tried]))
    assert found.shares[0].name == "x"


def test_half_of_the_trials_may_share_the_best_loss_or_the_worst() -> None:
    tried = uniform(200, "ab")
    for function in (lambda a, b: float(a > 0.5), lambda a, b: float(a > 0.04)):
        assert importance(tried, losses(tried, function)).shares[0].name == "a"
    worst = np.ones(200)
    worst[np.argsort([one["a"] for one in tried])[:15]] = 0
    assert by_name(importance(tried, worst))["a"] > 0.9


def test_one_hyperparameter_is_all_that_matters_and_has_no_pair() -> None:
    tried: Tried = [{"arm": f"arm {i % 10}"} for i in range(500)]
    found = importance(tried, np.array([float(i % 10) for i in range(500)]))
    assert by_name(found) == {"arm": 1.0}
    assert found.pairs == ()


@pytest.mark.parametrize(
    ("tried", "y", "words"),
    [
        (uniform(9, "a"), np.arange(9.0), "9 trials are too few"),
        ([], np.array([]), "0 trials are too few"),
        (uniform(50, "a"), np.full(50, 2.5), "all 50 trials have the same loss, 2.5"),
        ([{"a": 1}] * 50, np.arange(50.0), "no hyperparameter has two values"),
        ([{}] * 50, np.arange(50.0), "no hyperparameter has two values"),
        (uniform(50, "a"), np.full(50, np.nan), "must be finite"),
    ],
)
def test_what_cannot_be_told_is_refused(tried: Sequence[dict[str, Any]], y: Floats, words: str) -> None:
    with pytest.raises(HpobenchError, match=words):
        importance(tried, y)


@pytest.mark.parametrize("n", [10, 15, 20, 30])
def test_few_trials_give_wide_intervals_and_no_warnings(n: int) -> None:
    tried = uniform(n, "abcd", n)
    with np.errstate(all="raise"):
        found = importance(tried, losses(tried, lambda a, b, c, d: a + b))
    for share in found.shares:
        assert 0 <= share.low <= share.importance <= share.high <= 1
    assert found.pairs == () or n >= 20


def test_a_reader_is_told_what_it_means() -> None:
    assert HOW_TO_READ.startswith("How to read it: ")
