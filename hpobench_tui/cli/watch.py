"""Watching an experiment without the app: a progress display on a terminal, else plain lines or NDJSON."""

import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from hpobench_tui.cli.interrupts import Interrupted, interruptible
from hpobench_tui.cli.output import console, duration, print_event, print_line
from hpobench_tui.cli.streams import complain, let_go
from hpobench_tui.core.describe import kind_of
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.core.text import in_line, percent
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.engine.front.estimate import progress, remaining
from hpobench_tui.store.live import Live
from hpobench_tui.store.presence import Presence
from hpobench_tui.store.reader import Reader, RunRow

POLL_SECONDS = 0.25
LINE_SECONDS = 10.0
END_SECONDS = 15.0
"""That a supervisor may take to see that its store is gone, and to end its workers."""
SHARE = 0.05
"""Of one core, that watching may take: thousands of runs are looked at less often."""
FINE, FAILED, INTERRUPTED, CANCELLED = 0, 1, 3, 130


def headless(folder: Path, as_json: bool, export: bool, home: Path | None = None) -> int:
    """Watch to the end, print the results; the exit code.

    ``home``: where the experiment will be, if ``folder`` is its scratch (``front.scratch``), which goes away.

    0: every run ended well; 1: some runs failed, or had no trial that did not, or the report or an export failed, or
    what was to be printed could not be; 3: the supervisor died, or the store is not there (or whole) any more; 130:
    cancelled.
    """
    unheard = False
    while True:
        try:
            code = _headless(folder, as_json, export, home)
            sys.stdout.flush()
            return FAILED if unheard and code == FINE else code
        except BrokenPipeError:
            raise
        except OSError as error:  # a full disk behind the output does not keep us from seeing what becomes of it
            if unheard:
                raise
            unheard = True
            complain(f"hpobench: standard output cannot be written: {error.strerror}; {folder} goes on without")
            let_go(sys.stdout)


def _headless(folder: Path, as_json: bool, export: bool, home: Path | None) -> int:
    if as_json:
        print_event(event="started", experiment=folder.name, path=str(folder))
    else:
        print_line(str(folder))
    try:
        try:
            with interruptible():
                _watch(folder, as_json)
        except Interrupted:
            _cancel(folder)
        unsettled = lifecycle.settle(folder)
        with Reader(folder) as reader:
            row, runs = reader.experiment(), reader.runs()
        status = lifecycle.status(folder, row)
        if not as_json:
            from hpobench_tui.cli.show import print_results

            print_results(folder)
    except HpobenchError as error:  # the store was taken away, or cannot be read: its supervisor sees that, too
        _wait_for_end(folder)
        if lifecycle.supervised(folder):
            raise
        complain(f"hpobench: {error}")
        return _interrupted(folder, as_json, 0.0, [], home)
    paths: list[Path] = []
    left_out: list[str] = []
    if export and any(run.trials for run in runs):
        from hpobench_tui.analysis.union import Union
        from hpobench_tui.cli.export import export_to

        try:
            with Union([folder]) as union:
                paths, left_out = export_to(union)
        except HpobenchError as error:
            left_out = [str(error)]
        if home is not None:
            paths = [home / path.relative_to(folder) for path in paths]
        if not as_json:
            for path in paths:
                print_line(f"exported {path}")
        for reason in left_out:
            complain(f"not exported: {reason}")
    if unsettled and status.ended:
        complain(f"part of it is still in a file beside the store, which `hpobench resume {folder}` joins: {unsettled}")
    if not status.ended:
        return _interrupted(folder, as_json, row.seconds, paths, home)
    reported = (
        status is not ExperimentStatus.FINISHED
        or row.experiment.report is None
        or _report(folder, row.experiment.report, as_json)
    )
    if as_json:
        print_event(event="ended", status=status, seconds=row.seconds, exports=[str(p) for p in paths])
    if status is ExperimentStatus.CANCELLED:
        if not as_json:
            complain(f"{status}; {_how_to_resume(folder, home)} goes on")
        return CANCELLED
    failed = any(run.status is RunStatus.FAILED or run.trials == run.failed_trials for run in runs)
    return FAILED if failed or left_out or not reported else FINE


def _interrupted(folder: Path, as_json: bool, seconds: float, paths: Sequence[Path], home: Path | None) -> int:
    """Say why, and what can be done."""
    status, reason = ExperimentStatus.INTERRUPTED, lifecycle.last_words(folder)
    complain(f"the supervisor ended: {reason}")
    if as_json:
        print_event(event="ended", status=status, reason=reason, seconds=seconds, exports=[str(p) for p in paths])
    else:
        complain(f"{status}; {_how_to_resume(folder, home)} goes on")
    return INTERRUPTED


def _how_to_resume(folder: Path, home: Path | None) -> str:
    return f"`hpobench resume {folder}`" if home is None else "the same call again"


def _wait_for_end(folder: Path) -> None:
    deadline = time.monotonic() + END_SECONDS
    while lifecycle.supervised(folder) and time.monotonic() < deadline:
        time.sleep(0.05)


def _report(folder: Path, name: str, as_json: bool) -> bool:
    """End with a plug-in's report, and say whether there is one and it passed.

    What it lacks or does wrong is said, and takes nothing back of what was run.
    """
    from hpobench_tui import plugins
    from hpobench_tui.cli.extension import as_plain, perform, print_result
    from hpobench_tui.core.parameter import settings

    try:
        info = plugins.commands()[name]
        result = perform(info, folder, settings(info.parameters, {}, name))
    except HpobenchError as error:
        print(f"no report: {error}", file=sys.stderr)
        return False
    except KeyboardInterrupt:
        print_line(f"no report: interrupted; `hpobench {name} {folder}` makes it", error=True)
        return False
    except Exception:  # noqa: BLE001 - somebody else's code, after the experiment
        traceback.print_exc()
        print(f"no report: {name!r} is broken", file=sys.stderr)
        return False
    if as_json:
        print_event(event="report", **as_plain(result))
    else:
        print_result(result)
    return result.passed


def _watch(folder: Path, as_json: bool) -> None:
    seen: dict[int, str] = {}
    alike: dict[str, list[tuple[int, str]]] = {}
    with Reader(folder) as reader:
        presence = Presence(reader.path)
        if sys.stdout.isatty() and not as_json:
            _watch_on_terminal(folder, reader, presence)
            return
        last_line = time.monotonic()
        live = Live(reader)
        changed: Sequence[RunRow] | None = live.runs
        while True:
            began = time.process_time()
            presence.check()
            alive = lifecycle.supervised(folder)
            for run in [*(changed or ()), *(live.poll() or ())]:
                if run.ended and seen.get(run.id) != run.status:
                    seen[run.id] = run.status
                    _tell_end(run, len(seen), len(live.runs), as_json, alike)
            changed = None
            if time.monotonic() - last_line > LINE_SECONDS:
                last_line = time.monotonic()
                _tell_progress(live, as_json)
            if not alive:
                if not as_json:
                    _tell_alike(alike)
                return
            time.sleep(_pause(time.process_time() - began))


def _pause(took: float) -> float:
    """Seconds until the next look, after one that took so many of a core."""
    return max(POLL_SECONDS, took / SHARE)


def _tell_end(run: RunRow, ended: int, total: int, as_json: bool, alike: dict[str, list[tuple[int, str]]]) -> None:
    """A line; a reason like one that was told is not told again.

    Args:
        alike: The lines with a reason and what it was, by its kind; this one is added.
    """
    if as_json:
        print_event(
            event="run", status=run.status, problem=run.problem, optimizer=run.label, repetition=run.repetition,
            trials=run.trials, failed_trials=run.failed_trials, spent=run.spent / run.quanta_per_unit, error=run.error,
        )  # fmt: skip
        return
    failed = f", {run.failed_trials} failed" if run.failed_trials else ""
    error = ""
    if run.error:
        reasons = alike.setdefault(kind_of(run.error), [])
        error = f": like [{reasons[0][0]}]" if reasons else f": {run.error}"
        reasons.append((ended, run.error))
    print_line(
        f"[{ended}/{total}] {run.problem} {run.label} #{run.repetition} {run.status},"
        f" {run.trials} trials{failed}, {duration(run.seconds)}{error}"
    )


def _tell_alike(alike: dict[str, list[tuple[int, str]]]) -> None:
    for lines in alike.values():
        if len(lines) > 1:
            print_line(f"{len(lines)} runs failed like [{lines[0][0]}]: {lines[0][1]}")


def _tell_progress(live: Live, as_json: bool) -> None:
    row, share = live.row, progress(live.runs)
    left = remaining(row.experiment, live.runs)
    if as_json:
        print_event(event="progress", status=row.status, share=share, seconds=row.seconds, remaining=left)
    else:
        paused = " (paused)" if row.status is ExperimentStatus.PAUSED else ""
        print_line(f"{percent(share)} spent after {duration(row.seconds)}, about {duration(left)} to go{paused}")


def on_terminal(folder: Path) -> None:
    """A progress display, to the end."""
    with Reader(folder) as reader:
        _watch_on_terminal(folder, reader, Presence(reader.path))


def _watch_on_terminal(folder: Path, reader: Reader, presence: Presence) -> None:
    from rich.console import Group
    from rich.live import Live as Display
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.text import Text

    bar = Progress(TextColumn("{task.percentage:>4.0f} %"), BarColumn(None), TextColumn("{task.description}"))
    task = bar.add_task("", total=1.0)
    live = Live(reader)
    with Display(console=console(), refresh_per_second=4, transient=True) as display:
        while True:
            began = time.process_time()
            presence.check()
            alive = lifecycle.supervised(folder)
            live.poll()
            row, runs = live.row, live.runs
            share = progress(runs)
            left = remaining(row.experiment, runs)
            ended = sum(run.ended for run in runs)
            text = f"{ended}/{len(runs)} runs, {duration(row.seconds)}, about {duration(left)} to go"
            bar.update(
                task, completed=share, description=f"paused, {text}" if row.status is ExperimentStatus.PAUSED else text
            )
            lines = [
                Text(
                    in_line(f"  {r.problem}  {r.label} #{r.repetition}  {percent(r.progress)}  {r.activity or ''}"),
                    "dim",
                )
                for r in runs
                if r.status is RunStatus.RUNNING
            ]
            kinds: dict[str, list[RunRow]] = {}
            for run in runs:
                if run.status is RunStatus.FAILED:
                    kinds.setdefault(kind_of(run.error or ""), []).append(run)
            failed = [
                Text(in_line(f"  {r.problem}  {r.label}{f' and {len(more)} more' if more else ''}: {r.error}"), "red")
                for r, *more in kinds.values()
            ]
            display.update(Group(bar, *lines, *failed[-5:]))
            if not alive:
                return
            time.sleep(_pause(time.process_time() - began))


def _cancel(folder: Path) -> None:
    print_line("cancelling; what is recorded stays", error=True)
    if lifecycle.supervised(folder):
        lifecycle.send(folder, "cancel")
    while lifecycle.supervised(folder):
        time.sleep(0.05)
