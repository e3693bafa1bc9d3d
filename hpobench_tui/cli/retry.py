"""``hpobench retry``: failed runs once more."""

from typing import Annotated

import typer

from hpobench_tui.cli import options
from hpobench_tui.cli.attach import need_terminal
from hpobench_tui.cli.run import Detach, Events, Export, Headless


def retry(
    experiment: options.Experiment,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which runs failed, and why.")] = False,
    accept_changes: Annotated[
        bool,
        typer.Option("--accept-changes", help="Even if the code of a problem or optimizer is another by now."),
    ] = False,
    headless: Headless = False,
    detach: Detach = False,
    export: Export = False,
    output: options.Root = None,
    as_json: Events = False,
) -> None:
    """Run failed runs again, from their start: what they recorded is forgotten. Nothing else is run.

    `hpobench resume --retry-failed` does so with what is unfinished, too.
    """
    from hpobench_tui.cli.output import print_event, print_line
    from hpobench_tui.cli.run import follow
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.core.status import RunStatus
    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.store.reader import Reader

    folder = options.folder_of(experiment, output)
    with Reader(folder) as reader:
        reader.refuse_imported("retry")
        failed = [run for run in reader.runs() if run.status is RunStatus.FAILED]
        open_runs = sum(run.status.open for run in reader.runs())
        if failed and not dry_run:
            reader.refuse_changed()
    if as_json:
        print_event(event="retried", runs=0 if dry_run else len(failed), failed=[
            {"problem": run.problem, "optimizer": run.label, "repetition": run.repetition, "error": run.error}
            for run in failed
        ])  # fmt: skip
    if dry_run or not failed:
        for run in failed:
            reason = f": {run.error}" if run.error else ""
            print_line(f"{run.label} on {run.problem}, repetition {run.repetition}{reason}", error=as_json)
        print_line(f"{folder}: {f'{len(failed)} runs failed' if failed else 'no run failed'}", error=as_json)
        return
    headless = headless or as_json
    if not (headless or detach):
        need_terminal()
    if lifecycle.supervised(folder):
        raise HpobenchError(
            f"{folder} is running; wait for its end, or `hpobench cancel {folder}` it first: nothing is lost by that."
        )
    count = lifecycle.resume(folder, retry_failed=True, accept_changes=accept_changes, others=False)
    rest = f"; {open_runs} unfinished ones wait for `hpobench resume {folder}`" if open_runs else ""
    print_line(f"{folder}: {count} failed runs once more{rest}", error=as_json)
    if not detach:
        follow(folder, headless, as_json, export)
