"""``hpobench baseline``: what later runs are checked against, as a small file to commit."""

from pathlib import Path
from typing import Annotated

import typer

from hpobench_tui.cli import options

COMMANDS = typer.Typer(
    no_args_is_help=True, help="Baselines: what a check holds later runs against, as small files to commit."
)


@COMMANDS.command("create")
def create(
    experiment: options.Experiment,
    to: Annotated[
        Path, typer.Option("--output", "-o", help="File to write, as in baselines/ci-quick.json.", show_default=False)
    ],
    problems: options.Problems = None,
    optimizers: options.Optimizers = None,
    repetitions: options.Repetitions = None,
    force: Annotated[bool, typer.Option("--force", help="Also replace a file that is no baseline.")] = False,
    as_json: options.Json = False,
) -> None:
    """Write what an experiment came to: each run's value, failures, and a digest of its trials.

    Equal results give an equal file, a line a run. An earlier baseline is replaced.
    """
    from hpobench_tui.cli.output import print_json, print_line
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.gate import file, sources

    folder = options.folder_of(experiment, None)
    found = sources.of_folder(folder, options.filters(problems, optimizers, repetitions))
    if found.unfinished:
        raise HpobenchError(
            f"{found.unfinished} runs of {folder} have not ended; a baseline is of whole runs."
            f" `hpobench resume {folder}` goes on with it; --problems, --optimizers and --repetitions choose those that"
            " have."
        )
    file.write(found, to, force)
    runs = sum(map(len, found.runs.values()))
    if as_json:
        print_json({"file": str(to), "runs": runs, "bytes": to.stat().st_size, "notes": found.notes})
        return
    print_line(f"{to}: {runs} runs, {to.stat().st_size / 1000:.0f} kB")
    for note in found.notes:
        print_line(note, error=True)


@COMMANDS.command("show")
def show(
    baseline: Annotated[Path, typer.Argument(help="A file that `hpobench baseline create` wrote.", show_default=False)],
    problems: options.Problems = None,
    optimizers: options.Optimizers = None,
    as_json: options.Json = False,
) -> None:
    """Show what a baseline holds: medians by problem and optimizer, and what it was made with."""
    from dataclasses import asdict

    from hpobench_tui.cli.output import print_json, print_lines, print_table
    from hpobench_tui.gate import sources
    from hpobench_tui.gate.overview import overview

    found = sources.of_file(baseline, options.filters(problems, optimizers))
    lines = overview(found)
    made = {"versions": dict(found.versions), "code": dict(found.code)}
    if as_json:
        print_json({"experiment": found.experiment, **made, "results": [asdict(line) for line in lines]})
        return
    for problem in dict.fromkeys(line.problem for line in lines):
        own = found.problems[problem]
        print_table(
            ("optimizer", "runs", "failed", "median", "failed trials", "ms/trial"),
            [
                (line.label, line.runs, line.failed_runs, _number(line.median), f"{line.failed_trials:.1%}",
                 _number(None if line.seconds is None else 1e3 * line.seconds))
                for line in lines if line.problem == problem
            ],
            f"{problem}: {own.measure} after {own.budget} {own.unit}",
            right=(1, 2, 3, 4, 5),
        )  # fmt: skip
    versions = ", ".join(f"{name} {value}" for name, value in found.versions.items())
    print_lines([f"of {found.experiment}, made with {versions}; ms/trial: of ask and tell, where it was made"])


def _number(value: float | None) -> str:
    from hpobench_tui.cli.output import number

    return number(value)
