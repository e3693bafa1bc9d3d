"""``hpobench compare``: is it better, by how much, how sure, and how many seeds would settle it?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import completion, options

if TYPE_CHECKING:
    from hpobench_tui.analysis.compare import Compared, OnProblem, OverAll, Pair
    from hpobench_tui.analysis.statistics.estimate import Estimate
    from hpobench_tui.analysis.union import Union


WIDE = 100
"""Columns of a terminal that has room for medians, too."""


def compare(
    experiments: Annotated[
        list[str],
        typer.Argument(
            help="BEFORE AFTER: two experiments, of which each label that both have is compared; or, with --baseline,"
            " one or several.",
            autocompletion=completion.experiments,
            show_default=False,
        ),
    ],
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            help="Compare all other labels with this one.",
            autocompletion=completion.optimizers,
            show_default=False,
        ),
    ] = None,
    measure: options.MeasureName = None,
    margin: Annotated[
        float | None,
        typer.Option(
            min=0.0, help="Differences that do not matter \\[default: the problems' tolerances].", show_default=False
        ),
    ] = None,
    alpha: Annotated[float, typer.Option(min=0.0001, max=0.5, help="Level of the tests.")] = 0.05,
    failed: options.FailedRuns = None,
    seeds: Annotated[
        bool | None,
        typer.Option(
            "--seeds/--no-seeds",
            help="How many seeds would decide on each problem, too \\[default: where there are few lines].",
            show_default=False,
        ),
    ] = None,
    problems: options.Problems = None,
    optimizers: options.Optimizers = None,
    repetitions: options.Repetitions = None,
    at: options.At = None,
    pool: options.Pool = False,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Compare two experiments, or optimizers of one, paired by problem and repetition.

    Per problem and over all: difference with its interval, test, verdict (better, worse, equivalent, undecided), and
    how many seeds would decide. The second one is judged: below 0 it is the better.
    """
    from dataclasses import asdict

    from hpobench_tui.analysis.compare import compare as compare_scores
    from hpobench_tui.analysis.scores import Failed, scores
    from hpobench_tui.cli.output import print_json, print_lines
    from hpobench_tui.core.measure import Measure

    chosen = options.choice("measure", measure, Measure) if measure else None
    counted = options.choice("way to count failed runs", failed, Failed) if failed else Failed.OUT
    with options.union(experiments, output, problems, optimizers, repetitions, at, pool) as union:
        found = scores(union.runs(), union.ends(), chosen, counted)
        pairs = _pairs(union, found.labels, baseline, pool)
        compared = compare_scores(found, pairs, alpha, margin, seeds)
        notes = [*compared.notes, *union.notes()]
    if as_json:
        print_json(
            {
                "experiments": union.names,
                "baseline": baseline,
                "alpha": alpha,
                "margin": margin,
                "failed_runs": counted,
                "problems": [asdict(line) for line in compared.problems],
                "over_all": [asdict(line) for line in compared.over],
                "notes": notes,
            }
        )
        return
    _print(compared, pairs)
    print_lines([*_explained(compared, counted.words, margin), *notes])


def _pairs(union: "Union", labels: Sequence[str], baseline: str | None, pool: bool) -> "list[Pair]":
    from hpobench_tui.analysis.compare import pairs_against, pairs_between
    from hpobench_tui.core.errors import HpobenchError

    if baseline is not None:
        return pairs_against(labels, baseline)
    if pool:
        raise HpobenchError(
            "--pool makes one of what two experiments have, so there is no BEFORE and AFTER: leave it out."
        )
    if len(union.names) != 2:
        raise HpobenchError(
            f"compare takes two experiments, BEFORE and AFTER, not {len(union.names)}; or name the label that all"
            " others are compared with: --baseline LABEL."
        )
    return pairs_between(labels, union.names)


def _print(compared: "Compared", pairs: "Sequence[Pair]") -> None:
    from hpobench_tui.cli.output import console, print_table

    narrow = console().width < WIDE
    if len(compared.over) > 1 or any(line.problems > 1 for line in compared.over):
        print_table(
            ("", "problems", "won", "tied", "lost", "P(better)", "p", "verdict", "seeds"),
            [_over(line) for line in compared.over],
            "over all problems",
            right=(1, 2, 3, 4, 6),
        )
    for before, after in pairs:
        own = [line for line in compared.problems if (line.before, line.after) == (before, after)]
        if own:
            medians = () if narrow else ("before", "after")
            print_table(
                ("problem", "n", *medians, "difference", "p", "verdict", "seeds"),
                [_line(line, narrow) for line in own],
                f"{before} → {after}",
                right=(1, 3) if narrow else (1, 2, 3, 5),
            )


def _over(line: "OverAll") -> tuple[object, ...]:
    return (
        f"{line.before} → {line.after}", line.problems, line.won, line.tied, line.lost, _interval(line.improvement),
        _p(line.corrected), line.verdict, line.seeds,
    )  # fmt: skip


def _line(line: "OnProblem", narrow: bool) -> tuple[object, ...]:
    from hpobench_tui.cli.output import number

    medians = () if narrow else (number(line.before_median), number(line.after_median))
    difference, p = _interval(line.difference), _p(line.corrected)
    return (line.problem, line.n, *medians, difference, p, line.verdict, line.seeds)


def _interval(estimate: "Estimate | None") -> str:
    from hpobench_tui.cli.output import number

    if estimate is None:
        return "–"
    return f"{number(estimate.value, 3)} [{number(estimate.lower, 3)}, {number(estimate.upper, 3)}]"


def _p(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "<0.001"


def _explained(compared: "Compared", failed: str, margin: float | None) -> list[str]:
    """How it was worked out, and what it means."""
    measures = ", ".join(dict.fromkeys(line.measure for line in compared.problems))
    levels = sorted({f"{line.difference.level:.3g}" for line in compared.problems if line.difference})
    within = "the problems' tolerances" if margin is None else f"{margin:g}"
    return [
        f"medians and typical difference (Hodges-Lehmann) of {measures} with its interval (level"
        f" {' to '.join(levels[:1] + levels[1:][-1:])}); below 0: lower, which is better; n pairs"
        f" by repetition; failed runs: {failed}",
        "p: signed-rank test, two-sided, corrected by Holm; over all problems stratified by problem; P(better): chance"
        " that it is the lower in a repetition",
        f"better, worse: p ≤ {compared.alpha:g}; equivalent: differences within {within} (over all: P(better) within"
        " 0.44-0.56, or every pair ties); undecided is not equal: seeds says how many repetitions would probably decide"
        " (power 0.8)",
    ]
