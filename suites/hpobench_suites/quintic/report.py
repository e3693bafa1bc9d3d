"""``hpobench quintic report``: the best network that an experiment found, trained on many points, beside the classics.

The best configuration of all runs (the lowest loss among those that were trained longest) is trained again on 100,000
points, with other initial weights. Its σ, ‖R‖ and Euler number stand beside those of Fubini-Study's metric and of
Donaldson's: balanced with the symmetries of X and, for one degree, without; and, for k ≤ 4, optimal. All are measured
on the same test points, which nothing was trained on.

**What ± says.** Donaldson's metrics depend on the points that T is a mean over, and for k = 6 more so than their σ does
on the test points. So they are made from several independent sets; values are means over these, and ± is the standard
deviation from one set to another together with the standard error of the test points. The others' is the latter alone.

**Euler numbers** are estimated beside Fubini-Study's on the same points, which must be -200, and beside the weights,
where their mean is known (``measures.mean``): else all would share the error of one set of points.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple
from math import hypot, isfinite
from pathlib import Path
from time import process_time
from typing import NamedTuple

import numpy as np
import torch

from hpobench_suites.quintic import gauss, measures
from hpobench_suites.quintic.curvature import Metric, riemann
from hpobench_suites.quintic.donaldson import sections
from hpobench_suites.quintic.donaldson.balanced import balanced
from hpobench_suites.quintic.donaldson.curvature import riemann as donaldson_riemann
from hpobench_suites.quintic.donaldson.diagonal import MOST_DIAGONAL_DEGREE
from hpobench_suites.quintic.donaldson.optimal import optimal_values
from hpobench_suites.quintic.donaldson.plain import plain
from hpobench_suites.quintic.donaldson.sections import Form, independent
from hpobench_suites.quintic.gauss import euler_density, ricci_scalar
from hpobench_suites.quintic.geometry.cache import point_set
from hpobench_suites.quintic.geometry.hypersurface import Charts, Complex, Floats, Quintic, determinant
from hpobench_suites.quintic.measures import Estimate
from hpobench_suites.quintic.periods import MOST, volume_cy
from hpobench_suites.quintic.report_figure import draw
from hpobench_suites.quintic.sigma import Sigma
from hpobench_tui.core import CommandContext, CommandResult, HpobenchError, Incumbent, Table, TrainingError, Value
from hpobench_tui.core.errors import unknown

PROBLEM = re.compile(r"(tabular/quintic-sigma-small|quintic/sigma(-small)?)(\[(?P<settings>.*)\])?")
POINTS_SEED = 0
"""Of the points that all are measured on, and that Donaldson's algorithm uses. Networks train on others."""
DEGREES = range(1, 7)
SETS, PLAIN_SETS = 5, 3
"""Of points that Donaldson's algorithm is run on; without symmetry it takes a hundred times as long."""
PLAIN_DEGREE = 4
SPREAD_POINTS = 5_000
"""Test points on which metrics from different sets are compared: they differ there as they do everywhere."""
NETWORK_TEST = 10_000
"""Test points of the training itself; the report measures on its own."""


class Shape(NamedTuple):
    """A metric at given points: det g/|Ω|² (n,), and g (n, 3, 3) with its Riemann tensor (n, 3, 3, 3, 3)."""

    ratio: Callable[[Charts], Floats]
    riemann: Callable[[Charts], tuple[Complex, Complex]]


class Entry(NamedTuple):
    """A line of the table.

    Attributes:
        numbers: Free ones of the form (N_k², real) or network.
        values: Those that differ, where symmetries leave fewer.
        seconds: CPU seconds to find it.
        shapes: The metric; or one from each of several independent sets of points.
    """

    name: str
    kind: str
    numbers: int
    values: int
    seconds: float
    shapes: Sequence[Shape]


class Measured(NamedTuple):
    """The measures of an entry.

    ``indefinite``: the share of those points at which it is no metric, as it is not positive definite.
    """

    entry: Entry
    sigma: Estimate
    ricci: Estimate
    literature_ricci: Estimate
    euler: Estimate
    indefinite: float = 0.0


def report(
    context: CommandContext, points: int, epochs: int, curvature_points: int, seed: int, problem: str = ""
) -> CommandResult:
    """The tables, and the same as JSON and a figure in the experiment's folder.

    Raises:
        HpobenchError: no run tuned a network of the quintic with success, the problem is none of the experiment's, or
            there would be no whole lines of points.
    """
    torch.set_num_threads(1)
    if curvature_points % measures.POINTS_A_LINE:
        line = measures.POINTS_A_LINE
        raise HpobenchError(f"quintic report: --curvature-points must be a multiple of {line}, not {curvature_points}.")
    candidates = [best for best in context.incumbents if PROBLEM.fullmatch(best.problem)]
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
    test = point_set(Quintic(psi), points, POINTS_SEED, "test")
    some = test.first(min(curvature_points, points))
    beside = controls(some)
    measured = []
    for share, entry in entries(candidates[0], psi, ansatz, lbfgs, points, epochs, seed, context):
        context.report_progress(share, f"measuring {entry.name}")
        measured.append(measure(entry, test, some, beside))
    headers = (
        "metric", "free numbers", "values used", "CPU seconds", "σ", "± σ", "‖R‖", "± ‖R‖", "‖R‖ lit.",
        "Euler number", "± Euler",
    )  # fmt: skip
    title = f"σ on {len(test):,} test points, curvature on {len(some):,}; the network trained on {points:,} others"
    table = Table(title, headers, [row(one) for one in measured])
    notes: tuple[str, ...] = (
        f"The best configuration is {candidates[0].optimizer}'s of repetition {candidates[0].repetition}.",
        "± is one standard error, of the test points. Donaldson's metrics are means over those from "
        f"{SETS} independent sets of {points:,} points ({PLAIN_SETS} without symmetry), and their ± has the standard "
        "deviation from one set to another in it, too. The network's leaves out how trainings differ: --seed has other "
        "initial weights.",
        "Free numbers are those of a form or network, values used what the symmetries of X leave of them; 'no "
        "symmetry' is Donaldson's algorithm as on any other threefold; its cost grows with free numbers and points.",
        "‖R‖ as in the lecture, with Vol_K = 5; lit.: the literature's norm. The Euler number of every metric is -200: "
        "it checks the curvature, not the metric. It is estimated beside Fubini-Study's on the same points.",
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
    if context.folder is not None:
        try:
            files = tuple(written(context.folder, measured, candidates))
        except OSError as error:  # minutes of work are not lost for that
            notes = (*notes, f"Not written: {error}.")
    return CommandResult((found(candidates), table), notes, files=files)


def found(candidates: Sequence[Incumbent]) -> Table:
    """The best of each optimizer."""
    rows = []
    bests: dict[str, Incumbent] = {}
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


def controls(some: Charts) -> list[tuple[Floats, float]]:
    """What Euler numbers are estimated beside: Fubini-Study's density and, where their mean is known, the weights."""
    density = euler_density(some.fubini_study, gauss.riemann(some))
    known: list[tuple[Floats, float]] = [(some.weights * density / some.holomorphic, measures.EULER_NUMBER)]
    psi = some.quintic.psi
    return [*known, (some.weights, volume_cy(psi))] if abs(psi) <= MOST else known


def entries(
    best: Incumbent, psi: float, ansatz: str, lbfgs: int, points: int, epochs: int, seed: int, context: CommandContext
) -> Iterator[tuple[float, Entry]]:
    """Each metric with the share of the work that is done when it has been found."""
    yield 0.0, Entry("Fubini-Study", "classical", 0, 0, 0.0, [FUBINI_STUDY])
    made: dict[str, list[Entry]] = {}
    for number in range(SETS):
        context.report_progress(0.06 * number, f"Donaldson's algorithm on set {number + 1} of {SETS}")
        for entry in classics(point_set(Quintic(psi), points, POINTS_SEED + number, "train"), number < PLAIN_SETS):
            made.setdefault(entry.name, []).append(entry)
    for number, several in enumerate(made.values()):
        seconds = float(np.mean([entry.seconds for entry in several]))
        shapes = [entry.shapes[0] for entry in several]
        yield 0.3 + 0.2 * number / len(made), several[0]._replace(seconds=seconds, shapes=shapes)
    start = process_time()
    problem = Sigma(points, NETWORK_TEST, epochs, psi, ansatz=ansatz, lbfgs=min(lbfgs, epochs))
    training = problem.train(best.configuration, seed, "cpu")
    for epoch in range(1, epochs + 1):
        context.report_progress(0.5 + 0.3 * epoch / epochs, f"training the best network, epoch {epoch} of {epochs}")
        try:
            training.train(epoch)
        except TrainingError as error:
            raise HpobenchError(
                f"quintic report: retrained on {points:,} points, the best configuration ({best.optimizer}'s)"
                f" fails: {error} Other initial weights (--seed) may do."
            ) from error
    seconds, metric = process_time() - start, training.learnt().metric
    network = training.network.parameter_count
    shape = Shape(lambda at: ratios(metric, at), lambda at: riemann(at, metric))
    yield 0.8, Entry("network, retrained", "network", network, network, seconds, [shape])


def classics(train: Charts, without_symmetry: bool) -> Iterator[Entry]:
    """What Donaldson's algorithm makes of one set of points, and the optimal forms."""
    for degree in DEGREES:
        numbers = independent(degree) ** 2
        start = process_time()
        made = balanced(train, degree)
        seconds, shape = process_time() - start, algebraic(made.form, degree)
        yield Entry(f"balanced, k = {degree}", "balanced", numbers, len(made.orbits), seconds, [shape])
        if without_symmetry and degree == PLAIN_DEGREE:
            start = process_time()
            form, _ = plain(train, degree)
            seconds, shape = process_time() - start, algebraic(form, degree)
            yield Entry(f"balanced, k = {degree}, no symmetry", "plain", numbers, numbers, seconds, [shape])
        if train.quintic.psi == 0.0 and 1 < degree <= MOST_DIAGONAL_DEGREE:
            start = process_time()
            values = optimal_values(train, degree, made.values)
            seconds, shape = process_time() - start, algebraic(made.orbits.form(values), degree)
            yield Entry(f"optimal diagonal, k = {degree}", "optimal", numbers, len(values), seconds, [shape])


def algebraic(form: Form, degree: int) -> Shape:
    """The metric of a form on the monomials."""
    return Shape(
        lambda at: determinant(sections.metric(at, form, degree)) / at.holomorphic,
        lambda at: donaldson_riemann(at, form, degree),
    )


FUBINI_STUDY = Shape(
    lambda at: determinant(at.fubini_study) / at.holomorphic, lambda at: (at.fubini_study, gauss.riemann(at))
)


@np.errstate(invalid="ignore")  # ‖R‖ of a metric whose volume is negative is not a number
def measure(entry: Entry, test: Charts, some: Charts, beside: Sequence[tuple[Floats, float]]) -> Measured:
    """σ on the test points, the curvature on some of them; how much sets of points differ, on fewer."""
    first = entry.shapes[0]
    value = measures.sigma(test.weights, first.ratio(test))
    if entry.kind == "classical":  # nothing is to be checked beside itself, and all points are cheap
        some, beside = test, ()
    g, tensor = first.riemann(some)
    rest = curved(some, g, tensor, beside)
    if len(entry.shapes) > 1:
        few = some.first(SPREAD_POINTS)
        fewer = [(each[: len(few)], known) for each, known in beside]
        found = []
        for shape in entry.shapes:
            metric, curvature = shape.riemann(few)
            width = measures.sigma(few.weights, determinant(metric) / few.holomorphic)
            found.append([one.value for one in (width, *curved(few, metric, curvature, fewer))])
        shift, spread = np.mean(found, axis=0) - found[0], np.std(found, axis=0, ddof=1)
        value, *rest = (
            Estimate(one.value + float(by), hypot(one.error, float(wide)))
            for one, by, wide in zip((value, *rest), shift, spread, strict=True)
        )
    ricci, literature, euler = rest
    return Measured(entry, value, ricci, literature, euler, float(np.mean(np.linalg.eigvalsh(g)[:, 0] <= 0.0)))


def curved(at: Charts, g: Complex, curvature: Complex, beside: Sequence[tuple[Floats, float]]) -> list[Estimate]:
    """‖R‖ in both norms and the Euler number."""
    ratio, scalar = determinant(g) / at.holomorphic, ricci_scalar(g, curvature)
    return [
        measures.ricci_measure(at.weights, ratio, scalar),
        measures.literature_ricci_measure(at.weights, ratio, scalar),
        measures.euler_number(at.weights, at.holomorphic, euler_density(g, curvature), beside),
    ]


def ratios(metric: Metric, charts: Charts, size: int = 500) -> Floats:
    """det g/|Ω|² of a metric at all points, (n,)."""
    z, pullback = torch.from_numpy(charts.z.copy()), torch.from_numpy(charts.pullback.copy())
    with torch.no_grad():
        parts = [metric(a, b) for a, b in zip(z.split(size), pullback.split(size), strict=True)]
    return determinant(torch.cat(parts).numpy()) / charts.holomorphic


def row(one: Measured) -> tuple[str | int | float | None, ...]:
    """The table's line."""
    name, _, numbers, values, seconds, _ = one.entry
    known = (*astuple(one.sigma), *astuple(one.ricci), one.literature_ricci.value, *astuple(one.euler))
    return (name, numbers, values, seconds, *known)


def plain_pair(estimate: Estimate) -> list[float | None]:
    """Value and error as JSON knows them."""
    return [number if isfinite(number) else None for number in astuple(estimate)]


def short(value: Value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def written(folder: Path, measured: Sequence[Measured], candidates: Sequence[Incumbent]) -> Iterator[Path]:
    """quintic-report.json and quintic-report.png."""
    path = folder / "quintic-report.json"
    plain = [
        {
            "metric": one.entry.name,
            "kind": one.entry.kind,
            "numbers": one.entry.numbers,
            "values": one.entry.values,
            "cpu_seconds": one.entry.seconds,
            "sigma": plain_pair(one.sigma),
            "ricci": plain_pair(one.ricci),
            "literature_ricci": plain_pair(one.literature_ricci),
            "euler_number": plain_pair(one.euler),
            "indefinite": one.indefinite,
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
