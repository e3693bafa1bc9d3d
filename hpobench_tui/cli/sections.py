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
    from hpobench_tui.analysis.performance.counting import read_pairs, stream

    return read_pairs(stream(source, source.runs()))


def ranks(scores: "Scores", block: "Ranking") -> dict[str, Any]:
    """Average ranks of medians over a complete block of problems and labels, with the test whether they differ."""
    from hpobench_tui.analysis.scores import tested

    labels, found = list(block.ranks), tested(scores, block.problems, block.ranks)
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
    if not rows:
        print_lines(["share of targets reached (ECDF): no problem has a reference and runs that have begun"])
        return
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
            f"ranks of the runs' simple regret within repetitions of a problem (n = {found['n']} of them),"
            f" {found['level']:.0%} intervals by bootstrap{without}"
        ]
    )


def faster(pairs: "Sequence[PairRuns]", reference: str) -> list[dict[str, Any]]:
    """By problem and label: the largest factor by which it is faster than a label, and at which of its budgets."""
    from hpobench_tui.analysis.performance.anytime_stats import sample
    from hpobench_tui.analysis.performance.counting import by_problem, marks
    from hpobench_tui.analysis.performance.speedup import speed_ups
    from hpobench_tui.core.errors import unknown

    labels = list(dict.fromkeys(pair.label for pair in pairs))
    if reference not in labels:
        raise unknown("optimizer", reference, labels)
    found: list[dict[str, Any]] = []
    for problem, own in by_problem(pairs).items():
        if not any(pair.label == reference for pair in own):
            continue
        at = marks(own[0])
        found += [
            {
                "problem": problem,
                "label": one.label,
                "reference": reference,
                "factor": one.best.value,
                "lower": one.best.low,
                "upper": one.best.high,
                "level": one.best.level,
                "n": one.best.n,
                "at": one.at,
                "last": one.last,
                "reached": one.reached,
                "note": one.note,
            }
            for one in speed_ups([sample(pair, at) for pair in own], reference)
        ]
    return found


def print_faster(rows: Sequence[Mapping[str, Any]]) -> None:
    """As a table."""
    if not rows:
        print_lines(["speed-up: no problem has runs of that optimizer and another"])
        return
    cells = [
        (row["problem"], row["label"], _factor(row), number(row["at"]), number(row["last"], 3), f"{row['reached']:.0%}")
        for row in rows
    ]
    title = f"up to what factor faster than {rows[0]['reference']}"
    print_table(("problem", "optimizer", "factor", "at", "at its end", "reached"), cells, title, right=(3, 4, 5))
    notes = [f"{row['label']} on {row['problem']}: {row['note']}" for row in rows if row["note"]]
    print_lines(
        [
            "of median simple regret: what the other needs so much of its budget for (at), it has after that divided by"
            " the factor; at its end: the factor for all that the other reaches; reached: share of what the other"
            f" reaches that it reaches, too; {rows[0]['level']:.0%} intervals by bootstrap over repetitions, biased"
            " upward as of a largest",
            *notes,
        ]
    )


def _factor(row: Mapping[str, Any]) -> str:
    between = f" [{number(row['lower'], 3)}, {number(row['upper'], 3)}]" if row["lower"] is not None else ""
    return number(row["factor"], 3) + between


def by_cost(source: "Source", target: float) -> list[dict[str, Any]]:
    """By problem: who reaches a regret first, in expected time, by what an evaluation costs in seconds."""
    from hpobench_tui.analysis.performance.breakeven import times_to, winners
    from hpobench_tui.analysis.performance.counting import by_problem, read_pairs, stream, without_reference
    from hpobench_tui.analysis.performance.thinking import thinking
    from hpobench_tui.core.axis import Axis

    bare = without_reference(source.runs())
    runs = [run for run in source.runs() if run.problem not in bare]
    pairs = read_pairs(stream(source, runs, Axis.EVALUATIONS))
    thought = {
        (run.problem, run.label, run.repetition): thinking(
            run, source.trials(run.id, columns=("ask_seconds", "tell_seconds")) if run.trials else None
        )
        for run in runs
    }
    found = []
    for problem, own in by_problem(pairs).items():
        times = [
            times_to(
                pair.label,
                pair.curves,
                [thought[problem, pair.label, number] for number in pair.repetitions.tolist()],
                pair.spent,
                target,
            )
            for pair in own
        ]
        found.append(
            {
                "problem": problem,
                "target": target,
                "reached": {one.label: [int(one.reached.sum()), one.n] for one in times},
                "winners": [{"labels": w.labels, "from": w.low, "to": w.high} for w in winners(times)],
            }
        )
    return found


def print_by_cost(rows: Sequence[Mapping[str, Any]]) -> None:
    """As a table."""
    if not rows:
        print_lines(["who reaches a regret first: no problem has a reference and runs that have begun"])
        return
    cells = []
    for row in rows:
        for place, winner in enumerate(row["winners"]):
            low, high = winner["from"], winner["to"]
            span = f"{number(low, 3)} to {number(high, 3)} s"
            if high == float("inf"):
                span = f"above {number(low, 3)} s" if low else "whatever it costs"
            runs = ", ".join("{}/{}".format(*row["reached"][label]) for label in winner["labels"])
            cells.append(
                (row["problem"] if not place else "", span, ", ".join(winner["labels"]) or "nobody reaches it", runs)
            )
    title = f"who reaches a regret of {rows[0]['target']:g} first, by what an evaluation costs"
    print_table(("problem", "an evaluation costs", "first", "runs that reach it"), cells, title)
    print_lines(
        [
            "by expected times: evaluations at that cost and the optimizer's own thinking, trials one after another;"
            " runs that do not reach it count with all that they spent"
        ]
    )
