"""``hpobench show``: an experiment's results as tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import options
from hpobench_tui.cli.output import left_out, noted, number, print_json, print_line, print_lines, print_table

if TYPE_CHECKING:
    from rich.text import Text

    from hpobench_tui.analysis.anytime import AnytimeTable
    from hpobench_tui.analysis.columns import Comparison, Content
    from hpobench_tui.analysis.landmarks import Known


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
    from hpobench_tui.analysis.columns import Comparison, records
    from hpobench_tui.analysis.curve import read_curves
    from hpobench_tui.analysis.final import final_table
    from hpobench_tui.analysis.landmarks import known
    from hpobench_tui.analysis.selection import by_problem
    from hpobench_tui.core.axis import Axis
    from hpobench_tui.core.measure import Measure
    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.store.reader import Reader

    chosen = options.choice("measure", measure, Measure) if measure else None
    with Reader(folder) as reader:
        row, runs, errors = reader.experiment(), reader.runs(), reader.first_errors()
        rows = final_table(runs, reader.ends(), chosen, errors)
        curves = read_curves(reader, runs, Axis.BUDGET, chosen) if anytime else {}
        landmarks = known(runs, reader.landmarks(), chosen)
        changed = reader.remark(whole=False)
    comparison = Comparison(rows)
    groups = by_problem(runs) if anytime else {}
    tables = [anytime_table(problem, own, curves, Axis.BUDGET, chosen) for problem, own in groups.items()]
    status = lifecycle.status(folder, row)
    reason = lifecycle.reason(folder, row)
    skipped = [reason for _, _, reason in row.experiment.skipped]
    if as_json:
        print_json(
            {
                "experiment": folder.name,
                "status": status,
                "reason": reason,
                "measure": chosen,
                "final": records(rows),
                "landmarks": [mark._asdict() for marks in landmarks.values() for mark in marks],
                "average_ranks": comparison.ranking.ranks,
                "ranked_problems": comparison.ranking.problems,
                "not_ranked": comparison.ranking.left_out,
                "anytime": [asdict(t) for t in tables],
                "skipped": skipped,
                "notes": row.experiment.notes,
                "changed": changed,
            }
        )
        return
    print_line(f"{folder}: {status}, {sum(r.trials for r in runs)} trials in {len(runs)} runs")
    if reason:
        print_line(f"{status}: {reason}")
    _print_final(comparison, landmarks)
    for table in tables:
        _print_anytime(table)
    print_lines([*row.experiment.notes, *left_out(row.experiment.skipped), *filter(None, [changed])])


def _print_final(comparison: "Comparison", landmarks: "Mapping[str, Sequence[Known]]") -> None:
    """A table a problem, narrow enough for 80 columns, with its notes below."""
    from hpobench_tui.analysis.columns import COLUMNS, headed, notes
    from hpobench_tui.analysis.selection import by_problem

    told: dict[str, str] = {}
    for problem, own in by_problem(comparison.rows).items():
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
