"""Over all problems: targets reached and ranks along the budget, and average ranks with their critical difference."""

from collections.abc import Mapping

import numpy as np

from hpobench_tui.analysis.performance.anytime_stats import sample
from hpobench_tui.analysis.performance.area import aocc_of, overall
from hpobench_tui.analysis.performance.counting import PairRuns, without_reference
from hpobench_tui.analysis.performance.ecdf import bands, by_granted
from hpobench_tui.analysis.performance.hits import hits_of
from hpobench_tui.analysis.performance.ranks_over_budget import rank_curves
from hpobench_tui.analysis.scores import tested
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.report.sections import Json, Section, Subject
from hpobench_tui.export.report.thinning import number, numbers

LEAST, DECADE = 1e-4, 16
"""The smallest share of a budget that is looked at, and how many shares there are in a decade."""


def shares(pairs: list[PairRuns]) -> Floats:
    """Parts of what runs were granted, even in the logarithm, from one trial's worth on; with 1/8, 1/4, 1/2 and 1."""
    least = min(max(LEAST, 1 / max(pair.granted or 1.0 for pair in pairs)), 0.1)
    steps = np.geomspace(least, 1.0, max(int(DECADE * -np.log10(least)), 1) + 1)
    every: Floats = np.unique(np.concatenate([steps[:-1], [1 / 8, 1 / 4, 1 / 2, 1.0]]))
    return every


def _targets(subject: Subject) -> Mapping[str, Json]:
    bare = without_reference(subject.material.runs)
    pairs = [pair for pair in subject.pairs if pair.problem not in bare]
    left = [f"Left out, as no reference is known of them: {', '.join(bare)}."] if bare else []
    if not pairs:
        raise HpobenchError(" ".join(["No problem has a known reference and runs that have begun.", *left]))
    hits, at = [hits_of(pair) for pair in pairs], shares(pairs)
    found, areas = bands(hits, at, by_granted(hits)), overall([aocc_of(pair) for pair in pairs])
    level = next(iter(found.values())).level
    rows: list[Json] = []
    for label, band in found.items():
        own = [one for one in hits if one.label == label]
        area = areas[label]
        rows.append(
            {
                "label": subject.label(label), "y": numbers(band.y), "low": numbers(band.low),
                "high": numbers(band.high), "n": band.n, "problems": len({one.problem for one in own}),
                "targets": sum(len(one.targets) for one in own),
                "aocc": [None if each is None else number(each) for each in (area.value, area.low, area.high)],
                "failed": sum(one.failed for one in own), "unfinished": sum(one.unfinished for one in own),
            }
        )  # fmt: skip
    notes = [f"Bands are {level:.0%} intervals by bootstrap over the runs of each problem.", *left]
    return {"at": numbers(at), "rows": rows, "level": level, "notes": notes}


def _over_budget(subject: Subject) -> Mapping[str, Json]:
    if not subject.pairs:
        raise HpobenchError("no run has begun.")
    at = shares(subject.pairs)
    found = rank_curves([sample(pair, at * (pair.granted or 1.0)) for pair in subject.pairs], marks=at)
    notes = [
        f"Over {len(found.problems)} of {len(subject.problems)} problems, {found.n} repetitions of them in all;"
        f" bands are {found.level:.0%} intervals by bootstrap over those."
    ]
    if found.left_out:
        notes.append(f"Left out, as no repetition of them has runs of all optimizers: {', '.join(found.left_out)}.")
    return {
        "at": numbers(at),
        "rows": [
            {"label": subject.label(label), "y": numbers(ranks), "low": numbers(low), "high": numbers(high)}
            for label, ranks, low, high in zip(found.labels, found.ranks, found.low, found.high, strict=True)
        ],
        "n": found.n,
        "level": found.level,
        "notes": notes,
    }


def _differences(subject: Subject) -> Mapping[str, Json]:
    block = subject.comparison.ranking
    if not block:
        raise HpobenchError("No problem has finished runs of two optimizers: there is nothing to rank.")
    labels, found = list(block.ranks), tested(subject.scores, block.problems, block.ranks)
    p = found.f_p if found.f_p is not None else found.chi2_p
    test = "Friedman, Iman & Davenport" if found.f_p is not None else "Friedman"
    notes = [f"Ranks are {block.extent}; n = {found.n} problems."]
    if p is not None:
        notes.append(
            f"That all are equal has p = {p:.2g} ({test}); "
            + ("ranks differ more than chance has them." if p <= found.alpha else "that ranks differ is not shown.")
        )
    if found.critical_difference is not None:
        notes.append(f"Critical difference {found.critical_difference:.3g} (Nemenyi, level {found.alpha:g}).")
    if found.n == 1:
        notes.append("Of one problem this says next to nothing: problems are the observations.")
    order = sorted(range(len(labels)), key=found.ranks.__getitem__)
    return {
        "labels": [subject.label(labels[place]) for place in order],
        "ranks": [found.ranks[place] for place in order],
        "groups": [[order.index(place) for place in group] for group in found.groups],
        "critical_difference": found.critical_difference,
        "p": p,
        "alpha": found.alpha,
        "n": found.n,
        "notes": notes,
    }


TARGETS = Section(
    "Targets reached",
    "The share of (problem, target, run) triples that are reached within a part of the budget, each problem of the same"
    " weight (COCO's empirical distribution of runtimes). Targets are regrets that problems pin, from about what a draw"
    " at random has down to as good as the reference. AOCC is the area over the curve of log regret within the targets'"
    " bounds: 1 is best. Failed and unfinished runs count with what they have spent.",
    "0.6 at a tenth of the budget says: 60 % of all targets are reached by then. The line further left is faster, the"
    " one that ends higher solves more. Differences within the intervals are none.",
    _targets,
)
OVER_BUDGET = Section(
    "Ranks over the budget",
    "At each part of the budget runs of equal repetitions of a problem are ranked by simple regret, the lowest first;"
    " equal ones share the mean of their ranks, one without a value yet is behind all others. Ranks are averaged over"
    " repetitions, then over problems, each of the same weight.",
    "1.4 at an eighth of the budget and 2.8 at its end says: quick at first, overtaken later. Ranks say who is ahead,"
    " not by how much, and depend on who else is ranked.",
    _over_budget,
)
DIFFERENCES = Section(
    "Critical differences",
    "Average ranks of medians over the problems that all shown optimizers have, with the tests of Demšar (JMLR 7,"
    " 2006). A bar joins optimizers whose ranks span no more than Nemenyi's critical difference.",
    "Two that a bar joins are not shown to differ. If p is large, stop there: bars say nothing then. Problems are the"
    " observations, so this speaks of problems like these.",
    _differences,
)
