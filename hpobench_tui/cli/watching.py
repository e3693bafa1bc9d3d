"""``hpobench watch``: an experiment's progress and news as lines, for screen readers, pipes and logs.

Lines are appended, nothing is drawn over, nothing is coloured. What is alike is told once, and again when there is
twice as much of it.
"""

import threading
import time
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import options
from hpobench_tui.cli.output import duration, print_event, print_line
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.core.text import percent

if TYPE_CHECKING:
    from hpobench_tui.analysis.news import Line
    from hpobench_tui.tui.feed import Feed

PERIOD = 1.0
"""Seconds between two looks."""
LEAST_SECONDS, MOST_SECONDS = 5.0, 60.0
STEP = 0.05
"""A line on the progress for each such part of the whole, but no sooner than the least and no later than the most
seconds after the one before."""


def watch(
    experiment: options.Experiment,
    plain: Annotated[
        bool, typer.Option("--plain", help="Lines also on a terminal, where there would be a progress display.")
    ] = False,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Follow an experiment's progress and news to its end, as lines: new leaders, failures, stragglers.

    Ctrl-C ends the watching, not the experiment. Exit codes are those of `hpobench run --headless`.
    """
    from hpobench_tui.engine.front import lifecycle

    folder = options.folder_of(experiment, output)
    lifecycle.refuse_copy(folder, "watch")
    raise typer.Exit(follow(folder, plain, as_json))


def follow(folder: Path, plain: bool, as_json: bool) -> int:
    """Watch to the end; the exit code."""
    import sys

    from hpobench_tui.cli.interrupts import Interrupted, interruptible

    try:
        with interruptible():
            if sys.stdout.isatty() and not plain and not as_json:
                from hpobench_tui.cli.watch import on_terminal

                on_terminal(folder)
            return _follow(folder, as_json)
    except Interrupted:
        print_line(f"no longer watched; it goes on: hpobench watch {folder.name}", error=True)
        return 0


def _follow(folder: Path, as_json: bool) -> int:
    from contextlib import closing

    from hpobench_tui.tui.feed import Feed
    from hpobench_tui.tui.feed.news import News

    with closing(Feed(folder, PERIOD)) as feed:
        news = feed.get(News)
        heard = threading.Event()
        feed.told = heard.set
        feed.want([news])
        teller = Teller(as_json)
        while not (feed.settled and not feed.alive):
            if feed.settled:
                teller.tell(news.picture or ())
                teller.tell_progress(feed)
            heard.wait(PERIOD)
            heard.clear()
        if feed.trouble is None:
            teller.tell(news.picture or (), last=True)
        return _ended(feed, as_json)


class Teller:
    """Prints what was not told yet."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._told: dict[Hashable, tuple[str, int]] = {}
        self._share = -1.0
        self._when = 0.0

    def tell(self, lines: "tuple[Line, ...]", last: bool = False) -> None:
        """News that is new, or that stands for twice as much as when it was told; ``last``: or for more at all."""
        for line in lines:
            text, count = self._told.get(line.key, ("", 0))
            if text == line.text or (text and count < line.count < 2 * count and not last):
                continue
            self._told[line.key] = line.text, line.count
            if self._as_json:
                print_event(
                    event="news", kind=line.kind, time=line.time, text=line.text, count=line.count, optimizer=line.label
                )
            else:
                moment = "" if line.time is None else time.strftime("%H:%M:%S ", time.localtime(line.time))
                print_line(f"{moment}{line.text}")

    def tell_progress(self, feed: "Feed") -> None:
        """How far it is, where that is due."""
        state, now = feed.state, time.monotonic()
        share = state.totals.progress / len(state.runs) if state.runs else 0.0
        since = now - self._when
        if since < LEAST_SECONDS or (share < self._share + STEP and since < MOST_SECONDS):
            return
        self._share, self._when = share, now
        failed, ended, runs = state.totals.statuses[RunStatus.FAILED], state.totals.ended, len(state.runs)
        paused = state.row.status is ExperimentStatus.PAUSED
        if self._as_json:
            print_event(
                event="progress", status=state.row.status, share=share, seconds=state.row.seconds, remaining=state.left,
                runs=runs, ended=ended, failed=failed,
            )  # fmt: skip
        else:
            left = ", paused" if paused else f", about {duration(state.left)} to go" if state.left >= 1 else ""
            more = f", {failed} failed" if failed else ""
            print_line(f"{time.strftime('%H:%M:%S')} {percent(share)}, {ended} of {runs} runs ended{more}{left}")


def _ended(feed: "Feed", as_json: bool) -> int:
    from hpobench_tui.cli.streams import complain
    from hpobench_tui.cli.watch import CANCELLED, FAILED, FINE, INTERRUPTED
    from hpobench_tui.engine.front import lifecycle

    state = feed.state
    status, reason = state.row.status, None
    if feed.trouble is not None or not status.ended:
        status, reason = ExperimentStatus.INTERRUPTED, feed.trouble or lifecycle.last_words(feed.folder)
    ended, runs, failed = state.totals.ended, len(state.runs), state.totals.statuses[RunStatus.FAILED]
    if as_json:
        print_event(
            event="ended",
            status=status,
            reason=reason,
            seconds=state.row.seconds,
            runs=runs,
            ended=ended,
            failed=failed,
        )
    else:
        more = f", {failed} failed" if failed else ""
        why = f": {reason}" if reason else ""
        print_line(f"{status}{why}; {ended} of {runs} runs ended{more}, after {duration(state.row.seconds)}")
    if status is ExperimentStatus.INTERRUPTED:
        complain(f"`hpobench resume {feed.folder}` goes on")
        return INTERRUPTED
    if status is ExperimentStatus.CANCELLED:
        return CANCELLED
    without = any(run.trials == run.failed_trials for run in state.runs)
    return FAILED if failed or without else FINE
