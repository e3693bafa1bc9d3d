"""``hpobench quintic verify``: the geometry, the measures, Donaldson's algorithm and training against known values.

Exact: the volume (by periods), 5/6, |Q| = 0, invariance under changes of chart, ∫R = 0, the Euler number -200, and the
curvature of Fubini-Study by Gauss's equation; the volume, charts and curvature of other quintics of the family, too.
Known to a few per cent from independent computations: σ and ‖R‖ of
Fubini-Study and of balanced metrics. What trainings must reach is set well above what they usually do. Speed is
relative to the plain way in the same process, as absolute times mean little on shared machines.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import sqrt
from time import process_time
from typing import Literal, NamedTuple

import numpy as np
import torch

from hpobench_suites.quintic import gauss, measures, periods
from hpobench_suites.quintic.curvature import fubini_study, ricci_scalars
from hpobench_suites.quintic.donaldson.balanced import balanced
from hpobench_suites.quintic.donaldson.sections import metric
from hpobench_suites.quintic.geometry.cache import point_set
from hpobench_suites.quintic.geometry.hypersurface import CLASS_VOLUME, Charts, Floats, Quintic, determinant
from hpobench_suites.quintic.measures import Estimate
from hpobench_suites.quintic.sigma import Sigma
from hpobench_suites.quintic.speed import ratio
from hpobench_suites.quintic.training import MetricTraining
from hpobench_tui.core import CommandContext, CommandResult, Configuration, Table

WEIGHT_DEVIATION = 27.1
"""Of one point's weight, lines taken into account: the standard error of mean(w) is this over √n."""
FUBINI_STUDY_SIGMA = 0.3727
BALANCED_SIGMA = {2: 0.272, 3: 0.193, 4: 0.130}
RICCI, LITERATURE_RICCI = 38.7, 0.69
OTHER_QUINTICS = (-0.9, -0.5, 0.5, 0.9, 0.99)
"""Values of psi for which the volume is known, up to the neighbourhood of the conifold."""
CHARTS_CHECKED = 2_000
SPEED_POINTS, RICCI_POINTS = 5_000, 500
PEERS_RICCI = 15.0
"""CPU milliseconds a point that another package takes; ours is an order of magnitude below."""
Limit = Literal["at most", "at least"]


class Check(NamedTuple):
    """One line of the table; ``allowed`` is the distance from ``known`` that passes, or that ``known`` is a limit."""

    quantity: str
    points: int
    value: float
    error: float | None
    known: float
    allowed: float | Limit

    @property
    def passed(self) -> bool:
        if self.allowed == "at most":
            return self.value <= self.known
        if self.allowed == "at least":
            return self.value >= self.known
        return abs(self.value - self.known) <= self.allowed


@dataclass(frozen=True)
class Extent:
    """How much is computed: sizes, and tolerances that belong to them."""

    points: int
    curvature: int
    euler: int
    large: bool
    sigma_allowed: float

    @property
    def work(self) -> dict[str, float]:
        """Rough CPU seconds of each part, for the progress display."""
        return {
            "points": 1.0 * self.points / 1e5,
            "other quintics": 0.3 * len(OTHER_QUINTICS) * self.points / 1e5 + 4e-4 * self.curvature,
            "Donaldson's algorithm": 25.0 * self.points / 1e5,
            "curvature": 2e-4 * self.curvature + 1e-3 * self.euler,
            "training": 14.0 + (80.0 if self.large else 0.0),
            "speed": 8.0,
        }


FULL = Extent(points=100_000, curvature=10_000, euler=100_000, large=True, sigma_allowed=0.003)
QUICK = Extent(points=10_000, curvature=2_000, euler=20_000, large=False, sigma_allowed=0.008)


def verify(context: CommandContext, quick: bool, seed: int) -> CommandResult:
    """The acceptance table."""
    extent = QUICK if quick else FULL
    torch.set_num_threads(1)
    parts: dict[str, Callable[[Extent, int], Iterator[Check]]] = {
        "points": of_points,
        "other quintics": of_others,
        "Donaldson's algorithm": of_balanced,
        "curvature": of_curvature,
        "training": of_training,
        "speed": of_speed,
    }
    checks: list[Check] = []
    done, total = 0.0, sum(extent.work.values())
    began = process_time()
    for name, part in parts.items():
        for check in part(extent, seed):
            checks.append(check)
            context.report_progress(done / total, f"{name}: {check.quantity}")
        done += extent.work[name]
        context.report_progress(done / total, name)
    failed = [check for check in checks if not check.passed]
    rows = [(c.quantity, c.points, c.value, c.error, c.known, allowance(c), c.passed) for c in checks]
    headers = ("quantity", "points", "value", "standard error", "known", "allowed", "passed")
    verdict = f"{len(checks) - len(failed)} of {len(checks)} passed in {process_time() - began:.0f} CPU seconds"
    return CommandResult((Table("The quintic suite against known values", headers, rows),), (verdict,), not failed)


def allowance(check: Check) -> str:
    return check.allowed if isinstance(check.allowed, str) else f"± {check.allowed:.2g}"


def of_points(extent: Extent, seed: int) -> Iterator[Check]:
    """Sampler, weights, charts, Fubini-Study's σ."""
    charts = point_set(Quintic(), extent.points, seed, "test")
    n, ratio = len(charts), determinant(charts.fubini_study) / charts.holomorphic
    yield Check("largest |Q|", n, float(np.abs(charts.quintic.value(charts.z)).max()), None, 1e-10, "at most")
    volume = measures.volume_cy(charts.weights)
    yield Check("Vol_CY = mean(w)", n, *parts(volume), measures.VOLUME_CY, 4.0 * WEIGHT_DEVIATION / sqrt(n))
    yield Check("change of chart: det g/|Ω|²", CHARTS_CHECKED, chart_error(charts), None, 1e-11, "at most")
    value = measures.sigma(charts.weights, ratio)
    yield Check("σ of Fubini-Study", n, *parts(value), FUBINI_STUDY_SIGMA, extent.sigma_allowed)


def of_others(extent: Extent, seed: int) -> Iterator[Check]:
    """Volume and charts for several psi other than 0; curvature and Euler number at one of them."""
    for psi in OTHER_QUINTICS:
        charts = point_set(Quintic(psi), extent.points, seed, "test")
        n, volume = len(charts), measures.volume_cy(charts.weights)
        yield Check(f"psi = {psi:g}: Vol_CY", n, *parts(volume), periods.volume_cy(psi), 4.0 * volume.error)
        error = chart_error(charts)
        yield Check(f"psi = {psi:g}: change of chart", CHARTS_CHECKED, error, None, 1e-11, "at most")
    charts = point_set(Quintic(0.5), extent.points, seed, "test")
    curved = gauss.riemann(charts)
    exact = gauss.ricci_scalar(charts.fubini_study, curved)
    some = charts.first(extent.curvature)
    error = relative_error(ricci_scalars(some, fubini_study), exact[: len(some)])
    yield Check("psi = 0.5: Ricci scalar against Gauss's equation", len(some), error, None, 1e-9, "at most")
    signed = measures.total_curvature(charts.weights, determinant(charts.fubini_study) / charts.holomorphic, exact)
    yield Check("psi = 0.5: ∫R dVol, signed", len(charts), *parts(signed), 0.0, 4.0 * signed.error)
    euler = measures.euler_number(charts.weights, charts.holomorphic, gauss.euler_density(charts.fubini_study, curved))
    yield Check("psi = 0.5: Euler number", len(charts), *parts(euler), measures.EULER_NUMBER, 4.0 * euler.error)


def relative_error(scalar: Floats, exact: Floats) -> float:
    """The largest, of curvatures that may be near 0."""
    return float((np.abs(scalar - exact) / (1.0 + np.abs(scalar))).max())


def chart_error(charts: Charts) -> float:
    """The largest relative change of det g_FS/|Ω|² between the best chart of a point and each of its other 19, where
    the chart is not so bad (coordinate and slope below 0.3 of the largest) that rounding is all that is seen."""
    best = charts.first(CHARTS_CHECKED)
    z = best.z
    known = determinant(best.fubini_study) / best.holomorphic
    worst = 0.0
    for patch in range(5):
        scaled = z / z[:, patch, None]
        slopes = np.abs(charts.quintic.gradient(scaled))
        for eliminated in range(5):
            rows = (np.abs(z[:, patch]) > 0.3) & (slopes[:, eliminated] > 0.3 * slopes.max(axis=1))
            if patch == eliminated or not rows.any():
                continue
            index = np.full(int(rows.sum()), patch), np.full(int(rows.sum()), eliminated)
            other = Charts(charts.quintic, scaled[rows], *index)
            # |Ω|² and det g change by the same power of the scale, |z_patch|¹⁰: their ratio is a function on X
            ratio = determinant(other.fubini_study) / other.holomorphic
            worst = max(worst, float(np.abs(ratio / known[rows] - 1.0).max()))
    return worst


def of_balanced(extent: Extent, seed: int) -> Iterator[Check]:
    """Donaldson's algorithm: made with one set of points, measured on another."""
    train = point_set(Quintic(), extent.points, seed, "train")
    test = point_set(Quintic(), extent.points, seed, "test")
    for degree, known in BALANCED_SIGMA.items():
        ratio = determinant(metric(test, balanced(train, degree).form, degree)) / test.holomorphic
        value, volume = measures.sigma(test.weights, ratio), measures.volume_k(test.weights, ratio)
        yield Check(f"σ balanced, k = {degree}", len(test), *parts(value), known, extent.sigma_allowed)
        yield Check(f"Vol_K balanced, k = {degree}", len(test), *parts(volume), CLASS_VOLUME, within(volume))


def within(volume: Estimate) -> float:
    """0.4 % of 5/6 at 10,000 points; four standard errors where those are more."""
    return max(0.004 * CLASS_VOLUME, 4.0 * volume.error)


def of_curvature(extent: Extent, seed: int) -> Iterator[Check]:
    """Fubini-Study's curvature by nested derivatives, against Gauss's equation, and its integrals."""
    charts = point_set(Quintic(), extent.euler, seed, "test")
    weights, ratio = charts.weights, determinant(charts.fubini_study) / charts.holomorphic
    curved = gauss.riemann(charts)
    exact = gauss.ricci_scalar(charts.fubini_study, curved)
    euler = measures.euler_number(weights, charts.holomorphic, gauss.euler_density(charts.fubini_study, curved))
    some = charts.first(extent.curvature)
    error = relative_error(ricci_scalars(some, fubini_study), exact[: len(some)])
    yield Check("Ricci scalar against Gauss's equation", len(some), error, None, 1e-9, "at most")
    yield Check("Euler number", len(charts), *parts(euler), measures.EULER_NUMBER, max(40.0, 4.0 * euler.error))
    signed = measures.total_curvature(weights, ratio, exact)
    yield Check("∫R dVol, signed", len(charts), *parts(signed), 0.0, 4.0 * signed.error)
    for name, measure, known in (
        ("‖R‖ of Fubini-Study", measures.ricci_measure, RICCI),
        ("‖R‖, literature's norm", measures.literature_ricci_measure, LITERATURE_RICCI),
    ):
        found = measure(weights, ratio, exact)
        yield Check(name, len(charts), *parts(found), known, 0.05 * known)


def of_training(extent: Extent, seed: int) -> Iterator[Check]:
    """φ-networks of 3×64 gelu: plain Adam, one-cycle, and on 100,000 points."""
    small = Sigma(train=18_000, test=10_000, epochs=20, psi=0.0, fidelity="epochs")
    default = dict(small.space().get_default_configuration())
    plain = {**default, "batch_size": 64, "schedule": "constant", "learning_rate": 1e-3}
    yield from trained("plain Adam", small, plain, 5, seed, 0.10, 18_000)
    yield from trained("one-cycle", small, default, 20, seed, 0.012, 18_000)
    if extent.large:
        large = Sigma(train=100_000, test=10_000, epochs=30, psi=0.0, fidelity="epochs")
        yield from trained("one-cycle", large, default, 30, seed, 0.003, 100_000)


def of_speed(extent: Extent, seed: int) -> Iterator[Check]:
    """Training steps against plain automatic differentiation, and what a point of the Ricci measure costs."""
    points = point_set(Quintic(), SPEED_POINTS, seed, "train")
    for batch in (64, 512):
        quantity = f"training speed ÷ that of vmap(hessian), batch {batch}"
        yield Check(quantity, batch, ratio(points, batch), None, 5.0, "at least")
    problem = Sigma(train=SPEED_POINTS, test=SPEED_POINTS, epochs=1)
    training = problem.train(problem.space().get_default_configuration(), seed, "cpu")
    some, metric = points.first(RICCI_POINTS), training.learnt().metric
    ricci_scalars(some.first(RICCI_POINTS // 5), metric)
    started = process_time()
    ricci_scalars(some, metric)
    milliseconds = 1e3 * (process_time() - started) / RICCI_POINTS
    yield Check("Ricci measure, CPU ms a point", RICCI_POINTS, milliseconds, None, PEERS_RICCI, "at most")


def trained(
    name: str, problem: Sigma, configuration: Configuration, epochs: int, seed: int, limit: float, points: int
) -> Iterator[Check]:
    """σ and volume after a training."""
    training = problem.start(configuration, seed, "cpu")
    assert isinstance(training, MetricTraining)
    report = training.advance(epochs)
    yield Check(f"σ of a network, {name}, {epochs} epochs", points, report.loss, None, limit, "at most")
    volume = report.metrics["relative_volume"] * CLASS_VOLUME
    yield Check("Vol_K of that network", points, volume, None, CLASS_VOLUME, 0.004 * CLASS_VOLUME)


def parts(estimate: Estimate) -> tuple[float, float]:
    return estimate.value, estimate.error
