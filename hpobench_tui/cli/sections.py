"""What ``hpobench show`` can say beyond its tables: ranks, targets, pairs. Each is data (for JSON) and a table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hpobench_tui.cli.output import number, print_lines, print_table

if TYPE_CHECKING:
    from hpobench_tui.analysis.performance.counting import PairRuns
    from hpobench_tui.analysis.ranks import Ranking
    from hpobench_tui.analysis.scores import Scores
    from hpobench_tui.analysis.source import Source

SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
"""Of what a run was granted: where ECDFs are read."""


def pairs_of(source: "Source") -> "list[PairRuns]":
    """The curves of simple regret along the budget, by problem and label."""
    from hpobench_tui.analysis.curve import read_curves
    from hpobench_tui.analysis.performance.counting import read_pairs
    from hpobench_tui.core.axis import Axis
    from hpobench_tui.core.measure import Measure

    runs = ((run, read_curves(source, [run], Axis.BUDGET, Measure.SIMPLE).get(run.id)) for run in source.runs())
    return read_pairs((run, curve) for run, curve in runs if curve is not None)


def ranks(scores: "Scores", block: "Ranking") -> dict[str, Any]:
    """Average ranks of medians over a complete block of problems and labels, with the test whether they differ."""
    from hpobench_tui.analysis.statistics.friedman import friedman

    labels = list(block.ranks)
    rows = [scores.problems.index(problem) for problem in block.problems]
    columns = [scores.labels.index(label) for label in labels]
    found = friedman(scores.medians()[rows][:, columns], scores.tolerances[rows])
    order = sorted(range(len(found.ranks)), key=found.ranks.__getitem__)
    return {
        "ranks": {labels[place]: found.ranks[place] for place in order},
        "problems": list(block.problems),
        "of": block.total,
        "left_out": list(block.left_out),
        "friedman_p": found.chi2_p,
        "iman_davenport_p": found.f_p,
        "critical_difference": found.critical_difference,
        "alpha": found.alpha,
        "groups": [[labels[place] for place in group] for group in found.groups],
    }


def print_ranks(found: Mapping[str, Any]) -> None:
    """As a table, who is alike marked with a letter."""
    ranks, groups = found["ranks"], found["groups"]
    if not ranks:
        print_lines(["average ranks: no problem has finished runs of two optimizers"])
        return
    letters = "abcdefghijklmnopqrstuvwxyz"
    rows = [
        (label, f"{rank:.2f}", "".join(letters[n % 26] for n, group in enumerate(groups) if label in group))
        for label, rank in ranks.items()
    ]
    problems = len(found["problems"])
    title = f"average ranks over {problems} of {found['of']} problems"
    print_table(("optimizer", "rank", "alike"), rows, title, right=(1,))
    notes = []
    if found["critical_difference"] is not None:
        p = found["iman_davenport_p"] if found["iman_davenport_p"] is not None else found["friedman_p"]
        notes.append(
            "alike: who shares a letter differs by less than the critical difference"
            f" {found['critical_difference']:.2f} (Nemenyi, level {found['alpha']:g}); that all are equal has"
            f" p = {p:.2g} (Friedman, Iman & Davenport), n = {problems} problems"
        )
    if found["left_out"]:
        notes.append(
            f"not ranked, as they lack one of these problems: {', '.join(found['left_out'])} (--keep LABEL ranks over"
            " problems that one has)"
        )
    print_lines(notes)


def solved(pairs: "Sequence[PairRuns]") -> list[dict[str, Any]]:
    """By label the share of (problem, target) pairs that are reached within shares of the budget, and the area."""
    import numpy as np

    from hpobench_tui.analysis.performance.area import aocc_of, overall
    from hpobench_tui.analysis.performance.ecdf import bands, by_granted
    from hpobench_tui.analysis.performance.hits import hits_of

    hits = [hits_of(pair) for pair in pairs]
    found = bands(hits, np.array(SHARES), by_granted(hits))
    areas = overall([aocc_of(pair) for pair in pairs])
    made = []
    for label, band in found.items():
        own = [one for one in hits if one.label == label]
        made.append(
            {
                "label": label,
                "at": list(SHARES),
                "share": band.y.tolist(),
                "lower": band.low.tolist(),
                "upper": band.high.tolist(),
                "level": band.level,
                "n": band.n,
                "problems": len({one.problem for one in own}),
                "targets": sum(len(one.targets) for one in own),
                "aocc": asdict(areas[label]),
                "failed": sum(one.failed for one in own),
                "unfinished": sum(one.unfinished for one in own),
            }
        )
    return sorted(made, key=lambda row: -row["share"][-1])


def print_solved(rows: Sequence[Mapping[str, Any]]) -> None:
    """As a table, most solved first."""
    heads = ("optimizer", "problems", *(f"at {share:g}" for share in SHARES), "AOCC", "runs")
    cells = [
        (
            row["label"],
            row["problems"],
            *(
                f"{share:.2f} [{low:.2f}, {high:.2f}]"
                for share, low, high in zip(row["share"], row["lower"], row["upper"], strict=True)
            ),
            number(row["aocc"]["value"], 3),
            row["n"],
        )
        for row in rows
    ]
    print_table(heads, cells, "share of targets reached within parts of the budget (ECDF)", right=(1, 6, 7))
    print_lines(
        [
            f"targets: regrets that the problems pin; {rows[0]['level']:.0%} intervals by bootstrap over runs; AOCC:"
            " area over the curve of log regret within the targets' bounds, 1 is best; failed and unfinished runs count"
            " with what they have spent"
        ]
        if rows
        else []
    )


def against(scores: "Scores", alpha: float = 0.05) -> dict[str, Any]:
    """Each label against each: on how many problems it is better, worse, or neither is shown."""
    import numpy as np

    from hpobench_tui.analysis.statistics.holm import holm
    from hpobench_tui.analysis.statistics.signed_rank import differences, round_off, signed_ranks, two_sided

    labels = scores.labels
    wins = np.zeros((len(labels), len(labels)), dtype=int)
    met = np.zeros_like(wins)
    upper = [(a, b) for a in range(len(labels)) for b in range(a + 1, len(labels))]
    for place in range(len(scores.problems)):
        values = scores.values[place]
        one, other = values[[a for a, _ in upper]], values[[b for _, b in upper]]
        apart = differences(one, other, np.full(len(upper), scores.tolerances[place]))
        signed = signed_ranks(apart, round_off(one, other))
        p, sums = holm(two_sided(signed)), signed.sum(axis=1)
        for n, (a, b) in enumerate(upper):
            if np.isnan(apart[n]).all():
                continue
            met[a, b] += 1
            met[b, a] += 1
            if p[n] <= alpha:
                wins[(a, b) if sums[n] < 0 else (b, a)] += 1
    return {"labels": list(labels), "wins": wins.tolist(), "met": met.tolist(), "alpha": alpha}


def print_against(found: Mapping[str, Any]) -> None:
    """As a matrix of wins."""
    labels, wins, met = found["labels"], found["wins"], found["met"]
    order = sorted(range(len(labels)), key=lambda a: -sum(wins[a]) + sum(row[a] for row in wins))
    rows = [
        (f"{n} {labels[a]}", *("·" if a == b else wins[a][b] if met[a][b] else "–" for b in order), sum(wins[a]))
        for n, a in enumerate(order, 1)
    ]
    heads = ("better than", *map(str, range(1, len(order) + 1)), "all")
    print_table(heads, rows, "problems on which the row is better than the column", right=range(1, len(heads)))
    print_lines(
        [
            f"better: signed-rank test paired by repetition, p ≤ {found['alpha']:g} after Holm's correction over the"
            " pairs of a problem; where neither is better, no win is counted"
        ]
    )


def over_budget(pairs: "Sequence[PairRuns]") -> dict[str, Any] | None:
    """Average ranks at shares of the budget; None where there is no complete block."""
    import numpy as np

    from hpobench_tui.analysis.performance.anytime_stats import sample
    from hpobench_tui.analysis.performance.ranks_over_budget import rank_curves
    from hpobench_tui.core.errors import HpobenchError

    samples = [sample(pair, [share * (pair.granted or 1.0) for share in SHARES]) for pair in pairs]
    try:
        found = rank_curves(samples, marks=SHARES)
    except HpobenchError:
        return None
    return {
        "labels": list(found.labels),
        "at": list(SHARES),
        "ranks": np.asarray(found.ranks).tolist(),
        "lower": np.asarray(found.low).tolist(),
        "upper": np.asarray(found.high).tolist(),
        "n": found.n,
        "problems": list(found.problems),
        "left_out": list(found.left_out),
        "level": found.level,
    }


def print_over_budget(found: Mapping[str, Any]) -> None:
    """As a table, the best at the end first."""
    order = sorted(range(len(found["labels"])), key=lambda n: found["ranks"][n][-1])
    cells = [
        (
            found["labels"][n],
            *(
                f"{number(rank, 3)} [{number(low, 3)}, {number(high, 3)}]"
                for rank, low, high in zip(found["ranks"][n], found["lower"][n], found["upper"][n], strict=True)
            ),
        )
        for n in order
    ]
    without = f"; without {', '.join(found['left_out'])}, which not all have" if found["left_out"] else ""
    print_table(
        ("optimizer", *(f"at {share:g}" for share in found["at"])),
        cells,
        f"average ranks at parts of the budget, over {len(found['problems'])} problems",
    )
    print_lines(
        [
            f"ranks of the runs within repetitions of a problem (n = {found['n']} of them), {found['level']:.0%}"
            f" intervals by bootstrap{without}"
        ]
    )
