"""``hpobench best``: the configurations that an experiment found."""

from typing import Annotated

import typer

from hpobench_tui.cli import options


def best(
    experiment: options.Experiment = "latest",
    problem: Annotated[str | None, typer.Option("--problem", help="Only this problem.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every run's, not each optimizer's best alone.")] = False,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Show the best configurations, by problem and optimizer."""
    from hpobench_tui.analysis.best import incumbents, unrecorded
    from hpobench_tui.analysis.selection import by_problem
    from hpobench_tui.cli.output import number, print_entries, print_json, print_line
    from hpobench_tui.core.errors import HpobenchError, unknown
    from hpobench_tui.store.reader import Reader

    folder = options.folder_of(experiment, output)
    with Reader(folder) as reader:
        found = incumbents(reader)
        changed = reader.remark(whole=True)
        problems, lost = reader.experiment().experiment.problems, unrecorded(reader, found)
    if problem is not None and problem not in problems:
        raise unknown(f"problem of {folder.name}", problem, list(problems))
    if lost:
        print_line(f"left out, as their incumbents' trials are not recorded: {', '.join(lost)}", error=True)
    if changed:
        print_line(changed, error=True)
    chosen = [one for one in found if problem in (None, one.problem)]
    if not everything:
        first = {(one.problem, one.optimizer): one for one in reversed(chosen)}
        chosen = [one for one in chosen if first[one.problem, one.optimizer] is one]
    if as_json:
        print_json([one._asdict() for one in chosen])
        return
    if not chosen:
        raise HpobenchError(f"{folder.name}: no run has a trial with a loss yet.")
    for name, own in by_problem(chosen).items():
        levels = any(one.fidelity > 1 for one in own)
        print_line(name)
        print_entries(
            (
                f"  {number(one.loss)}  {one.optimizer} #{one.repetition}"
                f"{f'  at fidelity {one.fidelity},' if levels else ' '} after {one.spent:g} {one.unit}",
                [", ".join(f"{key} = {shown(value)}" for key, value in one.configuration.items())],
            )
            for one in own
        )


def shown(value: object) -> str:
    """A hyperparameter's value for people."""
    return f"{value:.5g}" if isinstance(value, float) else str(value)
