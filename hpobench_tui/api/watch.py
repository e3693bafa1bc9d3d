"""Watching an experiment from Python: a bar with the time to go, in a terminal and in a notebook."""

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path
from shutil import get_terminal_size
from typing import TypeAlias

from hpobench_tui.core.describe import kind_of
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.core.text import in_line, percent
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.engine.front.estimate import progress as share_of
from hpobench_tui.engine.front.estimate import remaining
from hpobench_tui.store.live import Live
from hpobench_tui.store.presence import Presence
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.tui.widgets.bar import bar, duration

POLL_SECONDS = 0.2
SHARE = 0.05
"""Of one core, that watching may take: thousands of runs are looked at less often."""
LINE_SECONDS = 10.0
"""Between two lines where there is neither terminal nor notebook."""
WIDTH = 20
MOST_REASONS = 5

Show: TypeAlias = Callable[[float, str], None]
"""Takes what is done, 0 to 1, and words."""


class HpobenchWarning(UserWarning):
    """Something in an experiment went wrong, which stands in it, too."""


def warn(text: str) -> None:
    """Warn the caller of the API, not of a line of ours."""
    warnings.warn_explicit(in_line(text), HpobenchWarning, *_caller())


def _caller() -> tuple[str, int]:
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith("hpobench_tui."):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def follow(folder: Path, progress: bool) -> bool:
    """Wait for the end of an experiment that runs in processes of its own; False if Ctrl-C cancelled it.

    Raises:
        HpobenchError: its supervisor ended before its time, or its store was taken away.
    """
    try:
        with Reader(folder) as reader, showing(progress) as show:
            presence, live = Presence(reader.path), Live(reader)
            while True:
                began = time.process_time()
                presence.check()
                alive = lifecycle.supervised(folder)
                live.poll()
                show(*standing(live))
                if not alive:
                    break
                time.sleep(max(POLL_SECONDS, (time.process_time() - began) / SHARE))
    except KeyboardInterrupt:
        cancel(folder)
        return False
    unsettled = lifecycle.settle(folder)
    with Reader(folder) as reader:
        status = lifecycle.status(folder, reader.experiment())
        runs = reader.runs()
    if not status.ended:
        raise HpobenchError(
            f"the experiment in {folder} is interrupted: {lifecycle.last_words(folder)}. What is recorded stays;"
            f" hpo.open({str(folder)!r}).resume() goes on."
        )
    if unsettled:
        warn(f"part of {folder} is still in a file beside the store: {unsettled}")
    tell_failures(runs)
    return True


def cancel(folder: Path) -> None:
    """Cancel an experiment, and wait until it has ended; what is recorded stays."""
    with suppress(HpobenchError):  # it has ended by itself
        lifecycle.send(folder, "cancel")
    while lifecycle.supervised(folder):
        time.sleep(0.05)
    lifecycle.settle(folder)


def tell_failures(runs: list[RunRow]) -> None:
    """Warn of runs that failed, and of those in which every trial did: each kind of reason once."""
    kinds: dict[str, list[RunRow]] = {}
    for run in runs:
        if run.status is RunStatus.FAILED:
            kinds.setdefault(kind_of(run.error or ""), []).append(run)
    for first, *more in list(kinds.values())[:MOST_REASONS]:
        also = f" (and {len(more)} more runs)" if more else ""
        warn(f"{first.label} on {first.problem}, repetition {first.repetition}, failed{also}: {first.error}")
    if barren := [run for run in runs if run.status.finished and run.trials == run.failed_trials]:
        first = barren[0]
        warn(
            f"{len(barren)} of {len(runs)} runs have no value: all their trials failed ({first.label} on"
            f" {first.problem}, for one). `errors()` of the experiment says why."
        )


def standing(live: Live) -> tuple[float, str]:
    """How much is done, and in words how far it is."""
    row, runs = live.row, live.runs
    ended = sum(run.ended for run in runs)
    failed = sum(run.status is RunStatus.FAILED for run in runs)
    paused = "paused, " if row.status is ExperimentStatus.PAUSED else ""
    left = f", about {duration(remaining(row.experiment, runs))} to go" if ended < len(runs) else ""
    return share_of(runs), (
        f"{paused}{ended}/{len(runs)} runs{f', {failed} failed' * bool(failed)}, {duration(row.seconds)}{left}"
    )


@contextmanager
def showing(progress: bool) -> Iterator[Show]:
    """What to call with how much is done (0 to 1) and words; all of it goes to standard error, or to the notebook."""
    if not progress:
        yield lambda share, words: None
    elif _in_a_notebook():
        yield _notebook()
    elif sys.stderr is not None and sys.stderr.isatty():
        yield _terminal
        print(file=sys.stderr)
    else:
        yield _lines()


def _in_a_notebook() -> bool:
    """Whether there is a front end that shows HTML."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


def _notebook() -> Show:
    from uuid import uuid4

    from IPython.display import publish_display_data

    place = {"display_id": uuid4().hex}
    begun = False

    def show(share: float, words: str) -> None:
        nonlocal begun
        data = {
            "text/plain": f"{bar(share, WIDTH)} {percent(share)} {words}",
            "text/html": f"<progress value='{share:.4f}' max='1'></progress> {percent(share)} {escape(in_line(words))}",
        }
        publish_display_data(data, transient=place, update=begun)  # type: ignore[no-untyped-call]
        begun = True

    return show


def _terminal(share: float, words: str) -> None:
    plain = "utf" not in (sys.stderr.encoding or "").lower()
    text = in_line(f"{bar(share, WIDTH, plain)} {percent(share):>4} {words}")
    text = text[: max(get_terminal_size().columns - 1, 1)]  # a line that wraps could not be written over
    print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)


def _lines() -> Show:
    last = time.monotonic()

    def show(share: float, words: str) -> None:
        nonlocal last
        if time.monotonic() - last > LINE_SECONDS:
            last = time.monotonic()
            print(in_line(f"{percent(share)} {words}"), file=sys.stderr, flush=True)

    return show
