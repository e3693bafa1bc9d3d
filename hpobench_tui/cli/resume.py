"""``hpobench resume``: go on with what is unfinished."""

from typing import Annotated

import typer

from hpobench_tui.cli import options
from hpobench_tui.cli.run import Scratch


def resume(
    experiment: options.Experiment,
    headless: Annotated[
        bool, typer.Option("--headless", help="No app: a progress display, or plain lines when piped.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Start it and return at once.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try failed runs again, too.")] = False,
    accept_changes: Annotated[
        bool,
        typer.Option("--accept-changes", help="Even if the code of a problem or optimizer is another by now."),
    ] = False,
    dask: options.Dask = None,
    export: Annotated[bool, typer.Option("--export", help="Export tables and figures at the end.")] = False,
    scratch: Scratch = None,
    output: options.Root = None,
    as_json: Annotated[bool, typer.Option("--json", help="NDJSON events, one a line (headless).")] = False,
) -> None:
    """Go on with an interrupted or cancelled experiment: only what is missing is run."""
    from hpobench_tui.cli.attach import need_terminal
    from hpobench_tui.cli.output import print_event, print_line
    from hpobench_tui.cli.run import follow
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.core.status import ExperimentStatus
    from hpobench_tui.engine.front import identity, lifecycle
    from hpobench_tui.engine.front.scratch import at_work
    from hpobench_tui.executors.cluster import address
    from hpobench_tui.store import disks
    from hpobench_tui.store.reader import Reader

    address.use(dask)
    folder = options.folder_of(experiment, output)
    if scratch is not None and disks.network(folder):
        if not (headless or as_json):
            raise HpobenchError("--scratch: goes with --headless: as long as it runs, this process copies.")
        with at_work(folder, scratch) as work:
            print_line(f"{folder} is on a network disk; until it ends, it is in {work}", error=True)
            if not lifecycle.supervised(work):
                lifecycle.resume(work, retry_failed, accept_changes)
            follow(work, headless, as_json, export, folder)
        return
    with Reader(folder) as reader:
        row = reader.experiment()  # what is wrong with the store is said first
        reader.refuse_imported("resume")
    reason = lifecycle.reason(folder, row)
    headless = headless or as_json
    if not lifecycle.unfinished(folder, retry_failed) and not lifecycle.supervised(folder):
        with Reader(folder) as reader:
            reader.refuse_changed()
        if not row.status.ended:
            lifecycle.resume(folder)
            print_line(f"{folder}: all its runs had ended, and now it is finished ({reason})", error=as_json)
            if headless and not detach:
                follow(folder, headless, as_json, export)
            elif as_json:
                print_event(event="ended", status=ExperimentStatus.FINISHED, runs=0)
            return
        lifecycle.settle(folder)  # if something kept its supervisor from it
        if as_json:
            print_event(event="ended", status=ExperimentStatus.FINISHED, runs=0)
        else:
            print_line(f"{folder}: nothing is missing")
        return
    if not (headless or detach):
        need_terminal()
    if row.experiment.code:
        for remark in identity.look(folder, accept_changes).remarks:
            print_line(remark, error=True)
    count = lifecycle.resume(folder, retry_failed, accept_changes)
    if reason:
        print_line(f"it was interrupted: {reason}", error=True)
    print_line(f"{folder}: {count} runs to go on with", error=as_json)
    if not detach:
        follow(folder, headless, as_json, export)
    elif as_json:
        print_event(event="started", experiment=folder.name, path=str(folder))
