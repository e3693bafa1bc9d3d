"""What a set's runs say: tests of ours against the peers, mean ranks, failures."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.runs import Key, Outcome
from benchmarks.quality.sets import Comparison
from benchmarks.quality.statistics import Pair, Test, area, family, final, mean_ranks
from hpobench_tui import plugins
from hpobench_tui.core import Budget

MEASURES = ("final", "area")
HEADINGS = {"final": "final log10 regret", "area": "mean log10 regret over the budget"}


@dataclass(frozen=True)
class Rank:
    """An optimizer's mean ranks by median log regret, among those that ran on a problem.

    ``common``: over the problems that all optimizers ran on; ``all``: over those that it ran on.
    """

    optimizer: str
    common: Mapping[str, float]
    all: Mapping[str, float]


@dataclass(frozen=True)
class Report:
    """All figures of a set.

    Attributes:
        tests: By the optimizer of ours; each list is one family.
        ranks: In the order of the mean rank in the end.
        common: How many problems all optimizers ran on.
        medians: By problem, optimizer and measure, over the repetitions that all have.
        failed: Runs that did not come to their end, with the reason.
        repetitions: The fewest of any pair of problem and optimizer that has some, and the most.
    """

    comparison: Comparison
    tests: Mapping[str, list[Test]]
    ranks: list[Rank]
    common: int
    medians: Mapping[str, Mapping[str, Mapping[str, float]]]
    failed: list[str]
    repetitions: tuple[int, int]


Samples = dict[tuple[str, str], dict[int, dict[str, float]]]
"""Log regrets by (problem, optimizer), repetition and measure."""


def build(comparison: Comparison, outcomes: Mapping[Key, Outcome]) -> Report:
    """Test and rank what was run of the set. Pairs are tested over the repetitions that both have."""
    samples: Samples = {}
    failed = []
    for key, outcome in sorted(outcomes.items()):
        if key.problem not in comparison.problems or key.optimizer not in comparison.optimizers:
            continue
        if outcome.status == "failed":
            failed.append(f"{key.problem} {key.optimizer} repetition {key.repetition}: {outcome.error}")
        problem = plugins.problems()[key.problem]
        total = Budget.of(outcome.budget, outcome.unit).quanta(problem.fidelity)
        measured = {"final": final(outcome.curve), "area": area(outcome.curve, total)}
        samples.setdefault((key.problem, key.optimizer), {})[key.repetition] = measured
    ran = [name for name in comparison.optimizers if any((p, name) in samples for p in comparison.problems)]
    tests = {ours: family(_pairs(comparison, samples, ours)) for ours in comparison.ours if ours in ran}
    medians = {problem: _medians(samples, problem, ran) for problem in comparison.problems}
    common = [problem for problem, row in medians.items() if ran and len(row) == len(ran)]
    places = {m: (_ranks(medians, ran, common, m), _ranks(medians, ran, list(medians), m)) for m in MEASURES}
    ranks = [
        Rank(name, {m: float(places[m][0][i]) for m in MEASURES}, {m: float(places[m][1][i]) for m in MEASURES})
        for i, name in enumerate(ran)
    ]
    ranks.sort(key=lambda rank: (np.nan_to_num(rank.common["final"], nan=np.inf), rank.all["final"]))
    counts = [len(repetitions) for repetitions in samples.values()] or [0]
    return Report(comparison, tests, ranks, len(common), medians, failed, (min(counts), max(counts)))


def _medians(samples: Samples, problem: str, ran: list[str]) -> dict[str, dict[str, float]]:
    """By optimizer and measure, over the repetitions that all optimizers have that ran on the problem."""
    each = {name: samples[problem, name] for name in ran if (problem, name) in samples}
    shared = set.intersection(*(set(repetitions) for repetitions in each.values())) if each else set()
    return {
        name: {measure: float(np.median([repetitions[k][measure] for k in shared])) for measure in MEASURES}
        for name, repetitions in each.items()
        if shared
    }


def _pairs(comparison: Comparison, samples: Samples, ours: str) -> list[Pair]:
    pairs = []
    for problem in comparison.problems:
        for peer in comparison.opponents(ours):
            mine, other = samples.get((problem, ours), {}), samples.get((problem, peer), {})
            if both := sorted(mine.keys() & other.keys()):
                for measure in MEASURES:
                    arrays = (np.array([side[k][measure] for k in both]) for side in (mine, other))
                    pairs.append(Pair(problem, peer, measure, *arrays))
    return pairs


def _ranks(
    medians: Mapping[str, Mapping[str, Mapping[str, float]]], names: list[str], problems: list[str], measure: str
) -> NDArray[np.float64]:
    values = np.full((len(problems), len(names)), np.nan)
    for i, problem in enumerate(problems):
        for j, name in enumerate(names):
            if name in medians[problem]:
                values[i, j] = medians[problem][name][measure]
    return mean_ranks(values)


def as_json(report: Report) -> object:
    """Plain data, None in place of what is not finite, for which JSON has no number."""
    return _finite(asdict(report))


def _finite(data: object) -> object:
    match data:
        case dict():
            return {key: _finite(value) for key, value in data.items()}
        case list() | tuple():
            return [_finite(value) for value in data]
        case float() if not math.isfinite(data):
            return None
    return data


def summary(report: Report) -> str:
    """A few lines for a terminal: verdicts counted, the worse ones in full, ranks."""
    lines = [_title(report)]
    for ours, tests in report.tests.items():
        for peer in report.comparison.opponents(ours):
            against = [test for test in tests if test.peer == peer]
            if against:
                counts = ", ".join(f"{_count(against, v)} {v}" for v in ("better", "no difference", "WORSE"))
                fewest = min(test.repetitions for test in against)
                lines.append(f"{ours} against {peer}, {fewest} repetitions or more: {counts}")
        lines += [
            f"  WORSE than {t.peer} on {t.problem}, {HEADINGS[t.measure]}: {t.ours:.2f}, not {t.theirs:.2f},"
            f" p = {t.p:.2g}"
            for t in tests
            if t.verdict == "WORSE"
        ]
    lines += ["", *_rank_table(report), *(f"FAILED {failure}" for failure in report.failed)]
    return "\n".join(lines)


def markdown(report: Report) -> str:
    """All tables, for the documentation."""
    lines = [_title(report), "", *_rank_table(report)]
    names = [rank.optimizer for rank in report.ranks]
    for measure in MEASURES:
        lines += ["", f"Median {HEADINGS[measure]}:", ""]
        rows = [
            [problem, *(f"{row[name][measure]:.2f}" if name in row else "–" for name in names)]
            for problem, row in report.medians.items()
        ]
        lines += _table(["problem", *names], rows)
    for ours, tests in report.tests.items():
        lines += ["", f"{ours} against each peer, p adjusted by Holm over all {len(tests)} tests:", ""]
        rows = [
            [
                t.problem, t.peer, HEADINGS[t.measure], f"{t.ours:.2f}", f"{t.theirs:.2f}", str(t.repetitions),
                f"{t.p:.2g}", f"**{t.verdict}**" if t.verdict == "WORSE" else t.verdict,
            ]
            for t in tests
        ]  # fmt: skip
        lines += _table(["problem", "peer", "median of", ours, "peer's", "pairs", "p", "verdict"], rows)
    lines += ["", *(f"Failed: {failure}" for failure in report.failed)]
    return "\n".join(lines).rstrip()


def _title(report: Report) -> str:
    few, many = report.repetitions
    repetitions = f"{many}" if few == many else f"{few} to {many}"
    return f"{report.comparison.name}: {report.comparison.budget} {report.comparison.unit}, {repetitions} repetitions"


def _count(tests: list[Test], verdict: str) -> int:
    return sum(test.verdict == verdict for test in tests)


def _rank_table(report: Report) -> list[str]:
    header = ["mean rank of"] + [
        f"{short} ({over})" for over in (f"{report.common} common problems", "all of its own") for short in MEASURES
    ]
    rows = [
        [rank.optimizer, *(f"{rank.common[m]:.2f}" for m in MEASURES), *(f"{rank.all[m]:.2f}" for m in MEASURES)]
        for rank in report.ranks
    ]
    return _table(header, rows)


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table whose columns are aligned in the source too."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    written = [
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (header, *rows)
    ]
    rule = "|".join("-" * (width + 2) for width in widths)
    return [f"| {written[0]} |", f"|{rule}|", *(f"| {row} |" for row in written[1:])]
