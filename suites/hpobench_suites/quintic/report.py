"""``hpobench quintic report``: the best network that an experiment found, trained on many points, beside the classics.

The best configuration of all runs (the lowest σ among those that were trained longest) is trained again on 100,000
points, with other initial weights. Its σ, ‖R‖ and Euler number stand beside those of Fubini-Study's metric and of
Donaldson's balanced (and, for k ≤ 4, optimal) metrics, all on the same test points, which nothing was trained on.
"""

import json
import re
from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from time import process_time
from typing import NamedTuple

import numpy as np
import torch

from hpobench_suites.quintic.curvature import Metric, fubini_study, riemann
from hpobench_suites.quintic.donaldson.balanced import balanced
from hpobench_suites.quintic.donaldson.diagonal import MOST_DIAGONAL_DEGREE
from hpobench_suites.quintic.donaldson.differentiable import differentiable_metric
from hpobench_suites.quintic.donaldson.optimal import optimal_values
from hpobench_suites.quintic.donaldson.sections import independent
from hpobench_suites.quintic.gauss import euler_density, ricci_scalar
from hpobench_suites.quintic.geometry.cache import point_set
from hpobench_suites.quintic.geometry.hypersurface import Charts, Floats, Quintic, determinant
from hpobench_suites.quintic.measures import (
    POINTS_A_LINE,
    Estimate,
    euler_number,
    literature_ricci_measure,
    ricci_measure,
    sigma,
)
from hpobench_suites.quintic.report_figure import draw
from hpobench_suites.quintic.sigma import Sigma
from hpobench_tui.core import Best, HpobenchError, Occasion, Outcome, Table, TrainingError, Value
from hpobench_tui.core.errors import unknown

PROBLEM = re.compile(r"(tabular/quintic-sigma-small|quintic/sigma(-small)?)(\[(?P<settings>.*)\])?")
POINTS_SEED = 0
"""Of the points that all are measured on, and that Donaldson's algorithm uses. Networks train on others."""
DEGREES = range(1, 7)
NETWORK_TEST = 10_000
"""Test points of the training itself; the report measures on its own."""
CURVED_DEGREES = range(1, 5)
"""Whose curvature is worked out, too: that of k = 6 takes five times as long as that of k = 4."""


class Entry(NamedTuple):
    """A metric and what it cost to find it, in CPU seconds."""

    name: str
    kind: str
    numbers: int
    seconds: float
    metric: Metric
    curved: bool


class Measured(NamedTuple):
    """The measures of an entry; those of the curvature are None where it was not asked for.

    ``indefinite``: the share of those points at which it is no metric, as it is not positive definite.
    """

    entry: Entry
    sigma: Estimate
    ricci: Estimate | None
    literature_ricci: Estimate | None
    euler: Estimate | None
    indefinite: float = 0.0


def report(
    occasion: Occasion, points: int, epochs: int, curvature_points: int, seed: int, problem: str = ""
) -> Outcome:
    """The tables, and the same as JSON and a figure in the experiment's folder.

    Raises:
        HpobenchError: no run tuned a network of the quintic with success, the problem is none of the experiment's, or
            there would be no whole lines of points.
    """
    torch.set_num_threads(1)
    if curvature_points % POINTS_A_LINE:
        raise HpobenchError(
            f"quintic report: --curvature-points must be a multiple of {POINTS_A_LINE}, not {curvature_points}."
        )
    candidates = [best for best in occasion.best if PROBLEM.fullmatch(best.problem)]
    if not candidates:
        raise HpobenchError(
            "quintic report: the experiment has no result on quintic/sigma-small, quintic/sigma or their tabular twin."
        )
    problems = list(dict.fromkeys(best.problem for best in candidates))
    if problem and problem not in problems:
        raise unknown("problem of the experiment with a network that succeeded", problem, problems)
    problem = problem or problems[0]
    candidates = [best for best in candidates if best.problem == problem]
    psi, ansatz, lbfgs = settings(problem)
    train = point_set(Quintic(psi), points, POINTS_SEED, "train")
    test = point_set(Quintic(psi), points, POINTS_SEED, "test")
    some = test.first(curvature_points)
    measured = []
    for share, entry in entries(candidates[0], ansatz, lbfgs, train, epochs, seed, occasion):
        occasion.say(share, f"measuring {entry.name}")
        measured.append(measure(entry, test, some))
    headers = ("metric", "numbers", "CPU seconds", "σ", "± σ", "‖R‖", "± ‖R‖", "‖R‖ lit.", "Euler number", "± Euler")
    title = f"σ on {len(test):,} test points, curvature on {len(some):,}; the network trained on {points:,} others"
    beside = Table(title, headers, [row(one) for one in measured])
    notes: tuple[str, ...] = (
        f"The best configuration is {candidates[0].optimizer}'s of repetition {candidates[0].repetition}.",
        "‖R‖ as in the lecture, with Vol_K = 5; lit.: the literature's norm. The Euler number of every metric is -200: "
        "it checks the curvature, not the metric.",
    )
    notes += tuple(
        f"{one.entry.name}: not positive definite at {one.indefinite:.1%} of the points, so no metric there; ‖R‖ "
        "and the Euler number then mean nothing."
        for one in measured
        if one.indefinite
    )
    if others := [other for other in problems if other != problem]:
        notes += (f"Of {problem} alone. For another, add --problem: {', '.join(others)}.",)
    files: tuple[Path, ...] = ()
    if occasion.folder is not None:
        try:
            files = tuple(written(occasion.folder, measured, candidates))
        except OSError as error:  # minutes of work are not lost for that
            notes = (*notes, f"Not written: {error}.")
    return Outcome((found(candidates), beside), notes, files=files)


def found(candidates: Sequence[Best]) -> Table:
    """The best of each optimizer."""
    rows = []
    bests: dict[str, Best] = {}
    for best in candidates:  # the best first
        bests.setdefault(best.optimizer, best)
    for best in bests.values():
        configuration = ", ".join(f"{name}={short(value)}" for name, value in best.configuration.items())
        rows.append((best.optimizer, best.loss, best.fidelity, f"{best.spent:g} {best.unit}", configuration))
    headers = ("optimizer", "σ", "fidelity", "spent until then", "configuration")
    return Table(f"Best of each optimizer on {candidates[0].problem}", headers, rows)


def settings(problem: str) -> tuple[float, str, int]:
    """psi, ansatz and lbfgs of a variant's id."""
    match = PROBLEM.fullmatch(problem)
    given = dict(pair.split("=") for pair in ((match and match["settings"]) or "").split(",") if pair)
    return float(given.get("psi", 0.0)), given.get("ansatz", "phi"), int(given.get("lbfgs", 0))


def entries(
    best: Best, ansatz: str, lbfgs: int, train: Charts, epochs: int, seed: int, occasion: Occasion
) -> Iterator[tuple[float, Entry]]:
    """Each metric with the share of the work that is done when it has been found."""
    yield 0.0, Entry("Fubini-Study", "classical", 0, 0.0, fubini_study, True)
    for degree in DEGREES:
        start = process_time()
        made = balanced(train, degree)
        seconds, name = process_time() - start, f"balanced, k = {degree}"
        curved = degree in CURVED_DEGREES
        function = differentiable_metric(made.form, degree)
        yield 0.05 * degree, Entry(name, "balanced", independent(degree) ** 2, seconds, function, curved)
        if train.quintic.psi == 0.0 and 1 < degree <= MOST_DIAGONAL_DEGREE:
            start = process_time()
            values = optimal_values(train, degree, made.values)
            seconds, name = process_time() - start, f"optimal diagonal, k = {degree}"
            function = differentiable_metric(made.orbits.form(values), degree)
            yield 0.05 * degree, Entry(name, "optimal", len(values), seconds, function, curved)
    start = process_time()
    problem = Sigma(len(train), NETWORK_TEST, epochs, train.quintic.psi, ansatz=ansatz, lbfgs=min(lbfgs, epochs))
    training = problem.train(best.configuration, seed, "cpu")
    for epoch in range(1, epochs + 1):
        occasion.say(0.4 + 0.4 * epoch / epochs, f"training the best network, epoch {epoch} of {epochs}")
        try:
            training.train(epoch)
        except TrainingError as error:
            raise HpobenchError(
                f"quintic report: retrained on {len(train):,} points, the best configuration ({best.optimizer}'s)"
                f" fails: {error} Other initial weights (--seed) may do."
            ) from error
    seconds = process_time() - start
    network = training.network.parameter_count
    yield 0.8, Entry("network, retrained", "network", network, seconds, training.learnt().metric, True)


@np.errstate(invalid="ignore")  # ‖R‖ of a metric whose volume is negative is not a number
def measure(entry: Entry, test: Charts, some: Charts) -> Measured:
    """σ on the test points, the curvature on some of them."""
    value = sigma(test.weights, ratios(entry.metric, test))
    if not entry.curved:
        return Measured(entry, value, None, None, None)
    g, curvature = riemann(some, entry.metric)
    ratio, weights = determinant(g) / some.holomorphic, some.weights
    scalar = ricci_scalar(g, curvature)
    return Measured(
        entry,
        value,
        ricci_measure(weights, ratio, scalar),
        literature_ricci_measure(weights, ratio, scalar),
        euler_number(weights, some.holomorphic, euler_density(g, curvature)),
        float(np.mean(np.linalg.eigvalsh(g)[:, 0] <= 0.0)),
    )


def ratios(metric: Metric, charts: Charts, size: int = 500) -> Floats:
    """det g/|Ω|² of a metric at all points, (n,)."""
    z, pullback = torch.from_numpy(charts.z.copy()), torch.from_numpy(charts.pullback.copy())
    with torch.no_grad():
        parts = [metric(a, b) for a, b in zip(z.split(size), pullback.split(size), strict=True)]
    return determinant(torch.cat(parts).numpy()) / charts.holomorphic


def row(one: Measured) -> tuple[str | int | float | None, ...]:
    """The table's line."""
    entry = one.entry
    literature = None if one.literature_ricci is None else one.literature_ricci.value
    return (entry.name, entry.numbers, entry.seconds, *pair(one.sigma), *pair(one.ricci), literature, *pair(one.euler))


def pair(estimate: Estimate | None) -> tuple[float | None, float | None]:
    return (None, None) if estimate is None else (estimate.value, estimate.error)


def plain_pair(estimate: Estimate | None) -> list[float | None]:
    """The same as JSON knows it."""
    return [number if number is not None and isfinite(number) else None for number in pair(estimate)]


def short(value: Value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def written(folder: Path, measured: Sequence[Measured], candidates: Sequence[Best]) -> Iterator[Path]:
    """quintic-report.json and quintic-report.png."""
    path = folder / "quintic-report.json"
    plain = [
        {
            "metric": one.entry.name,
            "kind": one.entry.kind,
            "numbers": one.entry.numbers,
            "cpu_seconds": one.entry.seconds,
            "sigma": plain_pair(one.sigma),
            "ricci": plain_pair(one.ricci),
            "literature_ricci": plain_pair(one.literature_ricci),
            "euler_number": plain_pair(one.euler),
            "indefinite": None if one.ricci is None else one.indefinite,
        }
        for one in measured
    ]
    path.write_text(
        json.dumps({"configuration": candidates[0]._asdict(), "metrics": plain}, indent=2), encoding="utf-8"
    )
    yield path
    path = folder / "quintic-report.png"
    draw(path, [(one.entry.kind, one.entry.name, one.entry.seconds, one.sigma) for one in measured])
    yield path
