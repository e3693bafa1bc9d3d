"""``hpobench show``: what experiments came to: who wins, tables, and whatever else is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpobench_tui.cli import completion, options
from hpobench_tui.cli.output import noted, number, print_json, print_line, print_lines, print_table
from hpobench_tui.core.errors import HpobenchError

if TYPE_CHECKING:
    from rich.text import Text

    from hpobench_tui.analysis.anytime import AnytimeTable
    from hpobench_tui.analysis.columns import Comparison, Content
    from hpobench_tui.analysis.landmarks import Known
    from hpobench_tui.analysis.ranks import Ranking
    from hpobench_tui.analysis.scores import Scores
    from hpobench_tui.analysis.union import Union
    from hpobench_tui.analysis.winners import Winners


@dataclass(frozen=True)
class Sections:
    """What is asked for beside winners and tables."""

    anytime: bool = False
    ranks: bool = False
    ecdf: bool = False
    pairs: bool = False
    importance: str | None = None
    keep: str | None = None
    speed_up: str | None = None
    break_even: float | None = None


def show(
    experiments: options.Experiments,
    measure: options.MeasureName = None,
    anytime: Annotated[bool, typer.Option("--anytime", help="Also medians at parts of the budget.")] = False,
    ranks: Annotated[
        bool, typer.Option("--ranks", help="Also average ranks with their tests, and ranks at parts of the budget.")
    ] = False,
    ecdf: Annotated[
        bool, typer.Option("--ecdf", help="Also the share of targets reached within parts of the budget, and AOCC.")
    ] = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="Also who is better than whom, on how many problems.")] = False,
    everything: Annotated[bool, typer.Option("--everything", help="All of these.")] = False,
    importance: Annotated[
        str | None,
        typer.Option(
            "--importance",
            metavar="PROBLEM",
            help="Also how much each hyperparameter matters.",
            autocompletion=completion.problem,
            show_default=False,
        ),
    ] = None,
    speed_up: Annotated[
        str | None,
        typer.Option(
            "--speed-up",
            metavar="LABEL",
            help="Also by what factor the others are faster than this one.",
            show_default=False,
            autocompletion=completion.optimizers,
        ),
    ] = None,
    break_even: Annotated[
        float | None,
        typer.Option(
            "--break-even",
            metavar="REGRET",
            min=0.0,
            help="Also who reaches it first, by what an evaluation costs, thinking counted.",
            show_default=False,
        ),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            "--keep",
            metavar="LABEL",
            help="Rank over problems that this optimizer has.",
            show_default=False,
            autocompletion=completion.optimizers,
        ),
    ] = None,
    failed: options.FailedRuns = None,
    problems: options.Problems = None,
    optimizers: options.Optimizers = None,
    repetitions: options.Repetitions = None,
    at: options.At = None,
    pool: options.Pool = False,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Show who wins on each problem, then medians with quartiles over the repetitions, and what failed.

    Winners are all that are not shown to be worse than the best.
    """
    if break_even is not None and not isfinite(break_even):
        raise HpobenchError(f"--break-even: must be a regret, as in 0.01, not '{break_even:g}'.")
    wanted = Sections(
        anytime or everything, ranks or everything, ecdf or everything, pairs or everything, importance, keep, speed_up,
        break_even,
    )  # fmt: skip
    from hpobench_tui.cli.output import print_line
    from hpobench_tui.engine.front import lifecycle

    for folder in options.folders_of(experiments, output):
        if place := lifecycle.copy_of(folder):
            print_line(f"{folder} is a copy, renewed every minute, of what is worked on in {place}", error=True)
    with options.union(experiments, output, problems, optimizers, repetitions, at, pool) as union:
        print_union(union, measure, wanted, failed, as_json)


def print_results(folder: Path, measure: str | None = None, anytime: bool = False, as_json: bool = False) -> None:
    """Print the results of an experiment as they stand."""
    from hpobench_tui.analysis.union import Union

    with Union([folder]) as union:
        print_union(union, measure, Sections(anytime), None, as_json)


def print_union(
    union: "Union",
    measure: str | None = None,
    wanted: Sections = Sections(),
    failed: str | None = None,
    as_json: bool = False,
) -> None:
    """Print the results of experiments as they stand."""
    from dataclasses import asdict

    from hpobench_tui.analysis.anytime import anytime_table
    from hpobench_tui.analysis.columns import Comparison, records
    from hpobench_tui.analysis.curve import read_curves
    from hpobench_tui.analysis.final import final_table
    from hpobench_tui.analysis.landmarks import known
    from hpobench_tui.analysis.scores import Failed, scores
    from hpobench_tui.analysis.selection import by_problem
    from hpobench_tui.analysis.winners import winners
    from hpobench_tui.core.axis import Axis
    from hpobench_tui.core.measure import Measure

    chosen = options.choice("measure", measure, Measure) if measure else None
    counted = options.choice("way to count failed runs", failed, Failed) if failed else Failed.OUT
    runs, ends = union.runs(), union.ends()
    rows = final_table(runs, ends, chosen, union.first_errors())
    curves = read_curves(union, runs, Axis.BUDGET, chosen) if wanted.anytime else {}
    landmarks = known(runs, union.landmarks(), chosen)
    comparison = Comparison(rows, wanted.keep)
    groups = by_problem(runs) if wanted.anytime else {}
    tables = [anytime_table(problem, own, curves, Axis.BUDGET, chosen) for problem, own in groups.items()]
    reached = scores(runs, ends, chosen, counted)
    best = winners(reached)
    extra = _sections(union, reached, comparison.ranking, wanted)
    notes = union.notes()
    states = _states(union)
    if as_json:
        changed = [line for reader in union.readers if (line := reader.remark(whole=False))]
        first = states[0]
        print_json(
            {
                "experiment": union.readers[0].folder.name if len(states) == 1 else None,
                "experiments": states,
                "status": first["status"] if len(states) == 1 else None,
                "reason": first["reason"] if len(states) == 1 else None,
                "measure": chosen,
                "failed_runs": counted,
                "winners": [asdict(line) for line in best],
                "final": records(rows),
                "landmarks": [mark._asdict() for marks in landmarks.values() for mark in marks],
                "average_ranks": comparison.ranking.ranks,
                "ranked_problems": comparison.ranking.problems,
                "not_ranked": comparison.ranking.left_out,
                "anytime": [asdict(t) for t in tables],
                **extra,
                "skipped": [reason for row in union.experiments for _, _, reason in row.experiment.skipped],
                "notes": notes,
                "changed": "; ".join(changed) or None,
            }
        )
        return
    trials = sum(run.trials for run in runs)
    for state in states:
        status = "imported" if state["imported"] else state["status"]
        print_line(f"{state['path']}: {status}, {state['trials']} trials in {state['runs']} runs")
        if state["reason"]:
            print_line(f"{state['status']}: {state['reason']}")
    if len(states) > 1 or len(runs) < sum(state["runs"] for state in states):
        print_line(f"shown: {trials} trials in {len(runs)} runs")
    _print_winners(best, counted.words)
    _print_final(comparison, landmarks)
    for table in tables:
        _print_anytime(table)
    _print_sections(extra)
    print_lines(notes)


def _states(union: "Union") -> list[dict[str, Any]]:
    from hpobench_tui.engine.front import lifecycle

    found = []
    for reader, row, name in zip(union.readers, union.experiments, union.names, strict=True):
        runs = reader.runs()
        found.append(
            {
                "name": name,
                "path": str(reader.folder),
                "status": lifecycle.status(reader.folder, row),
                "imported": str(imported) if (imported := reader.imported) else None,
                "reason": lifecycle.reason(reader.folder, row),
                "runs": len(runs),
                "trials": sum(run.trials for run in runs),
            }
        )
    return found


def _sections(union: "Union", reached: "Scores", ranking: "Ranking", wanted: Sections) -> dict[str, Any]:
    """What is asked for, by name."""
    from hpobench_tui.analysis.performance.counting import without_reference
    from hpobench_tui.cli import sections

    found: dict[str, Any] = {}
    pairs = sections.pairs_of(union) if wanted.ranks or wanted.ecdf or wanted.speed_up else []
    if wanted.ranks:
        found["ranks"] = sections.ranks(reached, ranking)
        found["ranks_over_budget"] = sections.over_budget(pairs)
    if wanted.ecdf:
        bare = without_reference(union.runs())
        found["ecdf"] = sections.solved([pair for pair in pairs if pair.problem not in bare])
    if wanted.pairs:
        found["pairs"] = sections.against(reached)
    if wanted.speed_up:
        found["speed_up"] = sections.faster(pairs, wanted.speed_up)
    if wanted.break_even is not None:
        found["break_even"] = sections.by_cost(union, wanted.break_even)
    if wanted.ecdf or wanted.break_even is not None:
        found["without_reference"] = without_reference(union.runs())
    if wanted.importance:
        from hpobench_tui.cli.importance import importance_of

        found["importance"] = importance_of(union, wanted.importance)
    return found


def _print_sections(found: Mapping[str, Any]) -> None:
    from hpobench_tui.cli import sections

    if "ranks" in found:
        sections.print_ranks(found["ranks"])
        if found["ranks_over_budget"]:
            sections.print_over_budget(found["ranks_over_budget"])
    if "ecdf" in found:
        sections.print_solved(found["ecdf"])
    if "pairs" in found:
        sections.print_against(found["pairs"])
    if "speed_up" in found:
        sections.print_faster(found["speed_up"])
    if "break_even" in found:
        sections.print_by_cost(found["break_even"])
    if bare := found.get("without_reference"):
        print_lines(
            [f"no reference is known of {', '.join(bare)}: nothing can be said to be reached there, it is left out"]
        )
    if "importance" in found:
        from hpobench_tui.cli.importance import print_importance

        print_importance(found["importance"])


def _print_winners(found: "Sequence[Winners]", failed: str) -> None:
    """The answer: a line a problem."""
    if not found:
        return
    print_table(
        ("problem", "winners", "of", "n", "p of the next"),
        [
            (
                line.problem or "over all problems",
                line.words,
                line.labels,
                line.n,
                "–" if line.next_p is None else f"{line.next_p:.2g}",
            )
            for line in found
        ],
        "who wins",
        right=(2, 3, 4),
    )
    print_lines(
        [
            "winners: all that are not shown to be worse than the best, by signed-rank tests against it, paired by"
            f" repetition (n pairs), level {found[0].alpha:g}, corrected for having picked the best; failed runs:"
            f" {failed}"
        ]
    )


def _print_final(comparison: "Comparison", landmarks: "Mapping[str, Sequence[Known]]") -> None:
    """A table a problem, narrow enough for 80 columns, with its notes below."""
    from hpobench_tui.analysis.columns import COLUMNS, headed, notes
    from hpobench_tui.analysis.selection import by_problem

    told: dict[str, str] = {}
    for problem, own in by_problem(comparison.rows).items():
        own.sort(key=lambda row: (row.provisional, row.median is None, row.median))
        columns = headed(own, brief=True)
        cells = [[_cell(column.of(row, comparison), column.form) for column in columns] for row in own]
        for mark in landmarks.get(problem, ()):
            cells += [[_cell(column.of_landmark(mark) or "", style="dim") for column in columns]]
        print_table(list(columns.values()), cells, problem, right=range(2, len(columns)))
        print_lines(noted(((row.label, row.note) for row in own if row.note), problem, told))
    explained = [column.gloss for column in COLUMNS if column.gloss]
    lines = ["; ".join(["median [quartiles] over repetitions, * below all others of its problem", *explained])]
    lines += notes(comparison.rows)
    if landmarks:
        lines.append("without runs: known solutions to compare with (`hpobench problems NAME` has their sources)")
    if ranking := comparison.ranking:
        ordered = sorted(ranking.ranks.items(), key=lambda item: item[1])
        lines.append(f"average ranks {ranking.extent}")
        lines.append(", ".join(f"{label} {rank:.2f}" for label, rank in ordered))
    print_lines(lines)


def _print_anytime(table: "AnytimeTable") -> None:
    print_table(
        ("optimizer", *(f"at {mark:g}" for mark in table.marks)),
        [[row.label, *map(_cell, row.spreads)] for row in table.rows],
        f"{table.problem}: median {table.measure} at parts of the budget",
        right=range(1, len(table.marks) + 1),
    )


def _cell(value: "Content", form: str = "", style: str = "") -> "Text":
    """A value as a terminal shows it: what is best in bold and with a star."""
    from rich.text import Text

    from hpobench_tui.analysis.equality import Spread

    match value:
        case str():
            return Text(value, style)
        case Spread(median, best, tied, quartiles):
            between = f" [{', '.join(number(end, 3) for end in quartiles)}]" if quartiles else ""
            return Text(f"{number(median)}{between}{' *' * best}{' tie' * tied}", "bold" if best else style)
    return Text(number(value, 3) if value is None or not form else f"{value:{form}}", style)
