"""A progress bar on standard error, for commands whose results go to standard output."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hpobench_tui.cli.output import console
from hpobench_tui.core.text import in_line


@contextmanager
def bar(total: float, counted: bool = False) -> Iterator[Callable[[float, str], None]]:
    """A bar with the time to go, gone when it is left; call it with what is done of ``total``, and words.

    Args:
        counted: What is done are whole things: say how many, not a percentage.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    done = MofNCompleteColumn() if counted else TextColumn("{task.percentage:>4.0f} %")
    columns = (done, BarColumn(), TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console(error=True), transient=True) as shown:
        task = shown.add_task("", total=total)
        yield lambda completed, words: shown.update(task, completed=completed, description=in_line(words))
