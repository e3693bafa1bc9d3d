"""``hpobench show``: an experiment's results as tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import options

if TYPE_CHECKING:
    from hpobench_tui.analysis.anytime import AnytimeTable
    from hpobench_tui.analysis.final import FinalRow
    from hpobench_tui.analysis.landmarks import Known
    from hpobench_tui.analysis.ranks import Ranking


def show(
    experiment: options.Experiment,
    measure: options.MeasureName = None,
    anytime: Annotated[bool, typer.Option("--anytime", help="Also medians at parts of the budget.")] = False,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Print the comparison table: final regret, median with quartiles over the repetitions, and what failed."""
    print_results(options.folder_of(experiment, output), measure, anytime, as_json)


def print_results(folder: Path, measure: str | None = None, anytime: bool = False, as_json: bool = False) -> None:
    """Print the results of an experiment as they stand."""
    from dataclasses import asdict

    from hpobench_tui.analysis.anytime import anytime_table
    from hpobench_tui.analysis.axis import Axis
    from hpobench_tui.analysis.curve import read_curves
    from hpobench_tui.analysis.final import final_table
    from hpobench_tui.analysis.landmarks import known
    from hpobench_tui.analysis.ranks import average_ranks
    from hpobench_tui.cli.output import left_out, print_json, print_lines
    from hpobench_tui.core.measure import Measure
    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.store.reader import Reader

    chosen = options.choice("measure", measure, Measure) if measure else None
    with Reader(folder) as reader:
        row, runs, errors = reader.experiment(), reader.runs(), reader.first_errors()
        rows = final_table(runs, reader.ends(), chosen, errors)
        curves = read_curves(reader, runs, Axis.BUDGET, chosen) if anytime else {}
        landmarks = known(runs, reader.landmarks(), chosen)
    ranking = average_ranks(rows)
    problems = list(dict.fromkeys(run.problem for run in runs))
    tables = [anytime_table(p, runs, curves, Axis.BUDGET, chosen) for p in problems] if anytime else []
    status = lifecycle.status(folder, row)
    skipped = [reason for _, _, reason in row.experiment.skipped]
    if as_json:
        print_json(
            {
                "experiment": folder.name,
                "status": status,
                "measure": chosen,
                "final": [asdict(r) for r in rows],
                "landmarks": [mark._asdict() for marks in landmarks.values() for mark in marks],
                "average_ranks": ranking.ranks,
                "ranked_problems": ranking.problems,
                "not_ranked": ranking.left_out,
                "anytime": [asdict(t) for t in tables],
                "skipped": skipped,
                "notes": row.experiment.notes,
            }
        )
        return
    print(f"{folder}: {status}, {sum(r.trials for r in runs)} trials in {len(runs)} runs")
    _print_final(rows, landmarks, ranking)
    for table in tables:
        _print_anytime(table)
    print_lines([*row.experiment.notes, *left_out(row.experiment.skipped)])


def _print_final(rows: "Sequence[FinalRow]", landmarks: "Mapping[str, Sequence[Known]]", ranking: "Ranking") -> None:
    """A table a problem, narrow enough for 80 columns, with its notes below."""
    from rich.text import Text

    from hpobench_tui.cli.output import noted, number, print_lines, print_table
    from hpobench_tui.core.equality import rule

    told: dict[str, str] = {}
    for problem in dict.fromkeys(row.problem for row in rows):
        own = [row for row in rows if row.problem == problem]
        best_found = any(row.found for row in own)
        print_table(
            ("optimizer", f"final {own[0].measure}", *["P(best)"] * best_found, "runs", "trials", "spent", "ms/trial"),
            [
                (
                    row.label,
                    Text(
                        f"{number(row.median)} [{number(row.lower, 3)}, {number(row.upper, 3)}]"
                        f"{' *' * row.best_in_problem}{' tie' * row.tied_in_problem}"
                        if row.median is not None
                        else "–",
                        "bold" if row.best_in_problem else "",
                    ),
                    *[number(row.found, 3)] * best_found,
                    f"{row.finished}/{row.runs}",
                    number(row.trials),
                    f"{row.spent:.0%}",
                    number(row.optimizer_ms, 3),
                )
                for row in own
            ]
            + [
                tuple(Text(cell, "dim") for cell in (mark.name, number(mark.value), *[""] * (5 + best_found)))
                for mark in landmarks.get(problem, ())
            ],
            problem,
            right=range(2, 6 + best_found),
        )
        print_lines(noted(((row.label, row.note) for row in own if row.note), problem, told))
    lines = [
        "median [quartiles] over repetitions, * below all others of its problem; ms/trial: the optimizer's own time"
    ]
    lines.append(rule([(row.problem, row.tolerance) for row in rows], any(row.measure.summed for row in rows)))
    if any(row.found for row in rows):
        lines.append("P(best): share of the runs whose incumbent's loss is at most equal to the problem's reference")
    if landmarks:
        lines.append("without runs: known solutions to compare with (`hpobench problems NAME` has their sources)")
    if ranking:
        ordered = sorted(ranking.ranks.items(), key=lambda item: item[1])
        lines.append(f"average ranks {ranking.extent}")
        lines.append(", ".join(f"{label} {rank:.2f}" for label, rank in ordered))
    print_lines(lines)


def _print_anytime(table: "AnytimeTable") -> None:
    from rich.text import Text

    from hpobench_tui.cli.output import number, print_table

    print_table(
        ("optimizer", *(f"at {mark:g}" for mark in table.marks)),
        [
            [
                row.label,
                *(
                    Text(f"{number(m)}{' *' * best}{' tie' * tied}", "bold" if best else "")
                    for m, best, tied in zip(row.medians, row.best, row.tied, strict=True)
                ),
            ]
            for row in table.rows
        ],
        f"{table.problem}: median {table.measure} at parts of the budget",
        right=range(1, len(table.marks) + 1),
    )
