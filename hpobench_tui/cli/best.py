"""``hpobench best``: the configurations that an experiment found."""

from typing import Annotated

import typer

from hpobench_tui.cli import options


def best(
    experiments: options.Experiments = options.LATEST,
    problems: options.Problems = None,
    optimizers: options.Optimizers = None,
    repetitions: options.Repetitions = None,
    at: options.At = None,
    pool: options.Pool = False,
    everything: Annotated[bool, typer.Option("--all", help="Every run's, not each optimizer's best alone.")] = False,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Show the best configurations, by problem and optimizer."""
    from hpobench_tui.analysis import warnings
    from hpobench_tui.analysis.best import incumbents, unrecorded
    from hpobench_tui.analysis.selection import by_problem
    from hpobench_tui.cli.output import number, print_entries, print_json, print_line, print_lines
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.core.nearest import some

    with options.union(experiments, output, problems, optimizers, repetitions, at, pool) as union:
        found = incumbents(union)
        name, lost = union.name, unrecorded(union, found)
        warned = warnings.read(*union.readers)
        changed = [line for reader in union.readers if (line := reader.remark(whole=True))]
    if lost:
        print_line(f"left out, as their incumbents' trials are not recorded: {some(lost)}", error=True)
    for line in changed:
        print_line(line, error=True)
    chosen = list(found)
    if not everything:
        first = {(one.problem, one.optimizer): one for one in reversed(chosen)}
        chosen = [one for one in chosen if first[one.problem, one.optimizer] is one]
    if as_json:
        print_json([one._asdict() for one in chosen])
        return
    if not chosen:
        raise HpobenchError(f"{name}: no run has a trial with a loss yet.")
    for problem, own in by_problem(chosen).items():
        levels = any(one.fidelity > 1 for one in own)
        print_line(problem)
        print_entries(
            (
                f"  {number(one.loss)}  {one.optimizer} #{one.repetition}"
                f"{f'  at fidelity {one.fidelity},' if levels else ' '} after {one.spent:g} {one.unit}",
                [", ".join(f"{key} = {shown(value)}" for key, value in one.configuration.items())],
            )
            for one in own
        )
    print_lines(warned)


def shown(value: object) -> str:
    """A hyperparameter's value for people."""
    return f"{value:.5g}" if isinstance(value, float) else str(value)
