"""``hpobench pause``, ``unpause``, ``cancel``: commands for a running experiment."""

from hpobench_tui.cli import options
from hpobench_tui.cli.output import print_line
from hpobench_tui.store.verbs import Verb


def pause(experiment: options.Experiment, output: options.Root = None) -> None:
    """Let a running experiment stand still (each run stops before its next training step)."""
    _send(experiment, output, "pause")


def unpause(experiment: options.Experiment, output: options.Root = None) -> None:
    """Let a paused experiment go on."""
    _send(experiment, output, "unpause")


def cancel(experiment: options.Experiment, output: options.Root = None) -> None:
    """End a running experiment now; what is recorded stays, and `hpobench resume` can go on."""
    _send(experiment, output, "cancel")


def _send(experiment: str, output: options.Root, verb: Verb) -> None:
    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.store.reader import Reader

    folder = options.folder_of(experiment, output)
    with Reader(folder) as reader:
        reader.experiment()  # what is wrong with the store is said first
    lifecycle.send(folder, verb)
    print_line(f"{folder}: asked to {verb}")
