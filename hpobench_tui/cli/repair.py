"""``hpobench repair``: save what is sound of a damaged store."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import options

if TYPE_CHECKING:
    from hpobench_tui.store.repair import Remains, RunFound


def repair(
    experiment: options.Experiment,
    to: Annotated[
        Path | None, typer.Option(help="Folder of the new experiment \\[default: EXPERIMENT-repaired].")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what could be kept.")] = False,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Write a new experiment with every run that is sound as it was, and all others waiting for `hpobench resume`.

    Sound is what is as it was written (or, without digests, can be read) and whose books balance. The damaged
    experiment stays as it is. Exit code 1 if anything was lost.
    """
    from hpobench_tui.analysis.audit import wrong_books
    from hpobench_tui.cli.output import print_json
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.store.reader import Reader
    from hpobench_tui.store.repair import Remains

    folder = options.folder_of(experiment, output)
    if lifecycle.supervised(folder):
        raise HpobenchError(f"{folder} is running; `hpobench cancel {folder}` ends that.")
    target = to or folder.resolve().with_name(f"{folder.resolve().name}-repaired")
    imported = False
    with Reader(folder, damaged=True) as reader:
        with suppress(HpobenchError):  # what cannot be read is no reason
            imported = reader.imported is not None
        if imported:
            reader.refuse_imported("repair")
        remains = Remains(reader)
        runs = remains.runs(lambda run: wrong_books(reader, run, remains.experiment))
        if not dry_run:
            _write(remains, target, folder, runs)
    lost, again = remains.lost, [run for run in runs if run.fault]
    if as_json:
        reset = [
            {"run": r.id, "problem": r.problem, "optimizer": r.label, "repetition": r.repetition, "reason": r.fault}
            for r in again
        ]
        written = None if dry_run else str(target)
        print_json({"experiment": str(folder), "written": written, "kept": len(runs) - len(again), "reset": reset,
                    "lost": lost})  # fmt: skip
    else:
        for r in again:
            print(f"not kept: {r.label} on {r.problem}, repetition {r.repetition}: {r.fault}")
        for what in lost:
            print(f"not kept: {what}, which is not what was written")
        print(f"{'could be kept' if dry_run else f'kept in {target}'}: {len(runs) - len(again)} of {len(runs)} runs")
        if not dry_run and any(r.fault or (r.row and r.row.status.open) for r in runs):
            print(f"`hpobench resume {target}` runs the others again: their seeds are the same")
    if again or lost:
        raise typer.Exit(1)


def _write(remains: "Remains", target: Path, folder: Path, runs: "list[RunFound]") -> None:
    from hpobench_tui import plugins
    from hpobench_tui.core.errors import HpobenchError

    kept = sum(run.fault is None for run in runs)
    try:
        target.mkdir(parents=True)
    except FileExistsError:
        raise HpobenchError(f"{target} exists already; choose another folder with --to.") from None
    except OSError as error:
        raise HpobenchError(f"cannot create {target}: {error.strerror}. Choose another folder with --to.") from error
    note = f"repaired from {folder}: {kept} of {len(runs)} runs kept"
    try:
        remains.write(target, runs, plugins.problems().__getitem__, note)
    except BaseException:
        target.rmdir()
        raise
