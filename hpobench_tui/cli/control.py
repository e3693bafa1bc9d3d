"""``hpobench pause``, ``unpause``, ``cancel``: commands for a running experiment, or for one of its runs."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from hpobench_tui.cli import options
from hpobench_tui.cli.output import print_json, print_line
from hpobench_tui.store.verbs import Verb

if TYPE_CHECKING:
    from hpobench_tui.store.reader import Reader

Run: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--run",
        help="Only this run: its number, or its name as in the log: 'random on synthetic/branin, repetition 2'.",
        show_default=False,
    ),
]


def pause(
    experiment: options.Experiment, run: Run = None, output: options.Root = None, as_json: options.Json = False
) -> None:
    """Let a running experiment stand still (each run stops before its next training step).

    With --run that run alone: another takes its worker. What is paused holds the experiment open until it goes on.
    """
    _send(experiment, run, output, "pause", as_json)


def unpause(
    experiment: options.Experiment, run: Run = None, output: options.Root = None, as_json: options.Json = False
) -> None:
    """Let a paused experiment go on; one that is not paused itself: all its paused runs."""
    _send(experiment, run, output, "unpause", as_json)


def cancel(
    experiment: options.Experiment, run: Run = None, output: options.Root = None, as_json: options.Json = False
) -> None:
    """End a running experiment, or one of its runs, now; what is recorded stays, and `hpobench resume` can go on."""
    _send(experiment, run, output, "cancel", as_json)


def _send(experiment: str, run: str | None, output: options.Root, verb: Verb, as_json: bool) -> None:
    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.store.reader import Reader

    folder = options.folder_of(experiment, output)
    with Reader(folder) as reader:
        reader.experiment()  # what is wrong with the store is said first
        number = None if run is None else _number(run, reader)
    lifecycle.send(folder, verb, number)
    if as_json:
        print_json({"experiment": folder.name, "path": str(folder), "asked": verb, "run": number})
    else:
        print_line(f"{folder}: asked to {verb}{'' if run is None else f' run {number}'}")


def _number(run: str, reader: "Reader") -> int:
    """Of the run that a person named.

    Raises:
        HpobenchError: there is none.
    """
    from hpobench_tui.core.errors import unknown

    if run.isdecimal():
        return int(run)
    names = {f"{row.label} on {row.problem}, repetition {row.repetition}": row.id for row in reader.runs()}
    if run not in names:
        raise unknown("run", run, list(names))
    return names[run]
