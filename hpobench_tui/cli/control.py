"""``hpobench pause``, ``unpause``, ``cancel``: commands for a running experiment."""

from hpobench_tui.cli import options
from hpobench_tui.cli.output import print_json, print_line
from hpobench_tui.store.verbs import Verb


def pause(experiment: options.Experiment, output: options.Root = None, as_json: options.Json = False) -> None:
    """Let a running experiment stand still (each run stops before its next training step)."""
    _send(experiment, output, "pause", as_json)


def unpause(experiment: options.Experiment, output: options.Root = None, as_json: options.Json = False) -> None:
    """Let a paused experiment go on."""
    _send(experiment, output, "unpause", as_json)


def cancel(experiment: options.Experiment, output: options.Root = None, as_json: options.Json = False) -> None:
    """End a running experiment now; what is recorded stays, and `hpobench resume` can go on."""
    _send(experiment, output, "cancel", as_json)


def _send(experiment: str, output: options.Root, verb: Verb, as_json: bool) -> None:
    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.store.reader import Reader

    folder = options.folder_of(experiment, output)
    with Reader(folder) as reader:
        reader.experiment()  # what is wrong with the store is said first
    lifecycle.send(folder, verb)
    if as_json:
        print_json({"experiment": folder.name, "path": str(folder), "asked": verb})
    else:
        print_line(f"{folder}: asked to {verb}")
