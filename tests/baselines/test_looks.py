"""What optimizers say they believed, against formulas of their own kind and against what they then did."""

import copy
import math

import numpy as np
import pytest
from scipy.stats import beta, norm

from hpobench_baselines.native import bandits
from hpobench_baselines.native.bandits.kl_ucb import KLUCB
from hpobench_baselines.native.bandits.moss import AnytimeMOSS, moss
from hpobench_baselines.native.bandits.thompson import ThompsonBeta, ThompsonGaussian
from hpobench_baselines.native.bandits.ucb1 import UCB1
from hpobench_baselines.native.bandits.ucb_v import UCBV
from hpobench_baselines.native.density import TPE as TPE_INFO
from hpobench_baselines.native.density.tpe import TPE
from hpobench_baselines.native.gp import GP
from hpobench_baselines.native.gp.optimizer import BayesianOptimization
from hpobench_baselines.native.trees import FOREST
from hpobench_baselines.native.trees.forest import Forest
from hpobench_tui.core import Configuration, Trial
from hpobench_tui.testing.by_hand import play, task, trial

SPACE = {"x": (0.0, 1.0), "y": (-1.0, 1.0)}
ARMS = {"arm": ["a", "b", "c"]}
MEANS = {"a": 0.7, "b": 0.4, "c": 0.5}


def loss(configuration: Configuration) -> float:
    return (configuration["x"] - 0.3) ** 2 + math.sin(3.0 * configuration["y"]) + 1.0


def rough(configuration: Configuration) -> float:
    """With what looks like noise, so that matrices are well conditioned."""
    return loss(configuration) + 0.2 * math.sin(1e4 * configuration["x"])


def grid(n: int = 15) -> list[dict[str, float]]:
    return [{"x": float(x), "y": float(y)} for x in np.linspace(0, 1, n) for y in np.linspace(-1, 1, n)]


def by_hand(optimizer: BayesianOptimization, trials: list[Trial], points: list[dict[str, float]], kernel: str):  # type: ignore[no-untyped-def]
    """Mean and deviation by the textbook (Rasmussen and Williams, eq. 2.25, 2.26), of targets that are made anew; only
    the fitted hyperparameters are the optimizer's."""
    theta = optimizer._surrogate.hyperparameters
    assert theta is not None

    def unit(cs: list[Configuration]):  # type: ignore[no-untyped-def]
        return np.array([[c["x"], (c["y"] + 1.0) / 2.0] for c in cs]) / theta.lengths

    def k(a, b):  # type: ignore[no-untyped-def]
        r = np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2))
        if kernel == "rbf":
            return theta.signal * np.exp(-0.5 * r**2)
        s = math.sqrt(5.0) * r
        return theta.signal * (1.0 + s + s**2 / 3.0) * np.exp(-s)

    y = np.array([t.loss for t in trials], dtype=float)
    scaled = np.minimum((y - y.min()) / (np.median(y) - y.min()), 1e4) + 0.1
    bent = np.log(scaled) if abs(theta.power) < 1e-4 else (scaled**theta.power - 1.0) / theta.power
    targets = (bent - bent.mean()) / bent.std()
    data, at = unit([t.configuration for t in trials]), unit(points)
    # a constant mean with a standard normal prior is one more unit of covariance between all observations
    noisy = k(data, data) + theta.noise * np.eye(len(y))
    inverse = np.linalg.inv(noisy + np.ones_like(noisy))
    constant = float((inverse @ targets).sum())
    mean = constant + k(at, data) @ inverse @ targets
    variance = theta.signal - np.einsum("ij,jk,ik->i", k(at, data), np.linalg.inv(noisy), k(at, data))
    return mean, np.sqrt(variance)


@pytest.mark.parametrize("kernel", ["matern52", "rbf"])
@pytest.mark.parametrize("acquisition", ["log-ei", "ucb", "pi"])
def test_gaussian_process_is_the_textbook_s_and_asks_where_it_is_greatest(kernel: str, acquisition: str) -> None:
    optimizer = BayesianOptimization(task(GP, SPACE, kernel=kernel, acquisition=acquisition))
    trials = play(optimizer, rough, 14)
    asked = optimizer.ask().configuration
    look = optimizer.look([*grid(), asked])
    mean, deviation = by_hand(optimizer, trials, [*grid(), asked], kernel)
    assert look.mean == pytest.approx(mean, abs=1e-6)
    assert look.deviation is not None
    assert look.deviation == pytest.approx(deviation, rel=1e-4, abs=1e-6)
    assert look.acquisition is not None
    assert look.acquisition[-1] >= max(look.acquisition[:-1]) - 1e-9
    assert look.lower is not None
    assert look.middle is not None
    assert look.upper is not None
    assert all(a <= b <= c for a, b, c in zip(look.lower, look.middle, look.upper, strict=True))


def test_expected_improvement_of_the_look_is_that_of_its_mean_and_deviation() -> None:
    optimizer = BayesianOptimization(task(GP, SPACE, acquisition="ei"))
    trials = play(optimizer, loss, 12)
    optimizer.ask()
    look, at_trials = optimizer.look(grid()), optimizer.look([t.configuration for t in trials])
    assert look.mean is not None
    assert look.deviation is not None
    assert at_trials.mean is not None
    best = min(at_trials.mean)
    z = (best - np.array(look.mean)) / np.array(look.deviation)
    expected = np.array(look.deviation) * (z * norm.cdf(z) + norm.pdf(z))
    assert look.acquisition == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_middle_of_the_look_comes_near_the_losses_that_were_told() -> None:
    optimizer = BayesianOptimization(task(GP, {"x": (0.0, 1.0)}))
    trials = play(optimizer, lambda c: 1e4 * (c["x"] - 0.3) ** 2 - 5.0, 15)
    optimizer.ask()
    look = optimizer.look([t.configuration for t in trials])
    assert look.middle == pytest.approx([t.loss for t in trials], abs=100.0)


@pytest.mark.parametrize("info", [GP, FOREST, TPE_INFO])
def test_a_design_has_no_model_and_says_so(info) -> None:  # type: ignore[no-untyped-def]
    optimizer = {"gp": BayesianOptimization, "forest": Forest, "tpe": TPE}[info.name](task(info, SPACE))
    optimizer.ask()
    look = optimizer.look(grid(3))
    assert (look.mean, look.middle, look.acquisition) == (None, None, None)
    assert "before there is a model" in look.note or "no model" in look.note


def test_density_ratio_is_greatest_where_it_asks_among_its_draws() -> None:
    optimizer = TPE(task(TPE_INFO, SPACE, startup=8))
    trials = play(optimizer, loss, 40)
    asked = optimizer.ask().configuration
    look = optimizer.look([asked, *(t.configuration for t in sorted(trials, key=lambda t: -(t.loss or 0.0))[:15])])
    assert look.acquisition is not None
    assert look.acquisition[0] > max(look.acquisition[1:])  # than anywhere that was bad
    assert look.mean is None
    assert "no mean" in look.note


def test_forest_asks_what_it_takes_to_be_worth_most() -> None:
    optimizer = Forest(task(FOREST, SPACE, startup=8, random_fraction=0.0))
    play(optimizer, loss, 25)
    asked = optimizer.ask().configuration
    look = optimizer.look([*grid(25), asked])
    assert look.acquisition is not None
    assert look.acquisition[-1] >= max(look.acquisition[:-1]) - 1e-9


ARM_LIST = [{"arm": name} for name in "abc"]


def pulled(configuration: Configuration, number: int) -> float:
    """Losses that look random, of these means."""
    return float((number * 0.754877 + 0.1) % 1.0 < MEANS[configuration["arm"]])


@pytest.mark.parametrize(
    ("info", "make"),
    [
        (bandits.UCB1, UCB1),
        (bandits.UCB_V, UCBV),
        (bandits.KL_UCB, KLUCB),
        (bandits.MOSS, moss),
        (bandits.MOSS, AnytimeMOSS),
    ],
)
def test_the_arm_that_is_pulled_has_the_greatest_index(info, make) -> None:  # type: ignore[no-untyped-def]
    policy = make(task(info, ARMS, loss_range=(0.0, 1.0)))
    counts = {"a": [0, 0.0], "b": [0, 0.0], "c": [0, 0.0]}
    for number in range(60):
        ask = policy.ask()
        look = policy.look(ARM_LIST)
        name = ask.configuration["arm"]
        if number < 3:
            assert look.acquisition is None
            assert "once first" in look.note
        else:
            assert look.acquisition is not None
            assert look.middle is not None
            assert look.lower is not None
            assert max(look.acquisition) == look.acquisition["abc".index(name)]
            assert look.middle == pytest.approx([counts[arm][1] / counts[arm][0] for arm in "abc"])
            assert look.lower == pytest.approx([1.0 - index for index in look.acquisition])
        if info is bandits.UCB1 and number >= 3:
            expected = [1.0 - s / n + math.sqrt(2.0 * math.log(number) / n) for n, s in counts.values()]
            assert look.acquisition == pytest.approx(expected)
        value = pulled(ask.configuration, number)
        counts[name][0] += 1
        counts[name][1] += value
        policy.tell(trial(number, ask, value))


def test_thompson_sampling_shows_the_quantiles_of_its_posteriors() -> None:
    policy = ThompsonBeta(task(bandits.THOMPSON_BETA, ARMS, loss_range=(0.0, 1.0)))
    told: dict[str, list[float]] = {name: [] for name in "abc"}
    for number in range(30):
        ask = policy.ask()
        look = policy.look(ARM_LIST)
        a = [1.0 + sum(1.0 - value for value in told[name]) for name in "abc"]
        b = [1.0 + sum(told[name]) for name in "abc"]
        assert look.upper == pytest.approx([1.0 - q for q in beta.ppf(0.05, a, b)])
        assert look.lower == pytest.approx([1.0 - q for q in beta.ppf(0.95, a, b)])
        assert look.middle == pytest.approx([1.0 - p / (p + q) for p, q in zip(a, b, strict=True)])
        value = pulled(ask.configuration, number)
        told[ask.configuration["arm"]].append(value)
        policy.tell(trial(number, ask, value))


def test_gaussian_posteriors_are_in_units_of_the_loss() -> None:
    policy = ThompsonGaussian(task(bandits.THOMPSON_GAUSSIAN, ARMS, sigma=2.0))
    told: dict[str, list[float]] = {name: [] for name in "abc"}
    for number in range(40):
        ask = policy.ask()
        if number > 3:
            look = policy.look(ARM_LIST)
            middle = [float(np.mean(told[name])) for name in "abc"]
            half = [norm.ppf(0.95) * 2.0 / math.sqrt(len(told[name])) for name in "abc"]
            assert look.middle == pytest.approx(middle)
            assert look.upper == pytest.approx([m + h for m, h in zip(middle, half, strict=True)])
        value = 10.0 * pulled(ask.configuration, number) - 3.0
        told[ask.configuration["arm"]].append(value)
        policy.tell(trial(number, ask, value))


def test_a_look_leaves_a_policy_as_it_is() -> None:
    policy = UCB1(task(bandits.UCB1, ARMS, loss_range=(0.0, 1.0)))
    for number in range(20):
        ask = policy.ask()
        before = copy.deepcopy({slot: getattr(policy, slot) for slot in ("_asked", "_pulls", "_roots", "_means")})
        policy.look([*ARM_LIST, {"arm": "unknown"}])
        assert before == {slot: getattr(policy, slot) for slot in before}
        policy.tell(trial(number, ask, pulled(ask.configuration, number)))


def test_what_is_no_arm_is_not_believed_anything_of() -> None:
    policy = UCB1(task(bandits.UCB1, ARMS, loss_range=(0.0, 1.0)))
    play(policy, lambda c: MEANS[c["arm"]], 5)
    policy.ask()
    look = policy.look([{"arm": "z"}, {"arm": "b"}])
    assert look.middle is not None
    assert math.isnan(look.middle[0])
    assert look.middle[1] == pytest.approx(0.4)
