"""The constants: what a run, a trial, a message and a worker cost, and how what is done to a whole store grows.

Seconds are CPU seconds unless they are said to be of the clock; so it matters little what else the machine does. Of a
commit's write to the disk they have the copying, not the waiting. All runs are random search on cheap closed forms.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from benchmarks.analysis import problems
from benchmarks.app import Terminal
from benchmarks.scale.here import Here
from hpobench_tui.core import Budget
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.engine.front import lifecycle, spec
from hpobench_tui.engine.messages import Message, RunTask
from hpobench_tui.engine.supervision.supervisor import WORK, Supervisor
from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.contract import Limit, Watch
from hpobench_tui.executors.local import LocalExecutor
from hpobench_tui.store import lock, merge
from hpobench_tui.store.reader import FILE, Reader
from hpobench_tui.store.writer import Writer

SHAPES = {100: (5, 2, 10), 1_000: (10, 10, 10), 10_000: (20, 50, 10), 100_000: (20, 50, 100)}
"""Runs to labels, problems and repetitions."""
TRIALS = 20
"""Of a run: few, so that what a run costs is not hidden."""
COMMANDS = {
    "show": ("show", "{}"),
    "compare": ("compare", "{}", "--baseline", "random-0"),
    "audit": ("audit", "{}"),
    "export": ("export", "{}", "--format", "csv", "--output", "{}/exported"),
}
PLACES, ENDS = 16, 4
WATCHED = (4, 16, 64)
"""Processes."""
Found = TypeVar("Found")
Figures = dict[str, float]


def described(runs: int, trials: int = TRIALS, **changes: object) -> Experiment:
    """An experiment of so many runs."""
    labels, count, repetitions = SHAPES[runs]
    contenders = [{"name": "random", "label": f"random-{n}"} for n in range(labels)]
    made = spec.build(
        f"scale{runs}", problems(count), contenders, Budget.of(trials, "evaluations"), repetitions=repetitions,
        workers=PLACES,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def took(work: Callable[[], Found]) -> tuple[float, Found]:
    """CPU seconds of this process, and what was found."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def command(words: list[str]) -> tuple[float, float]:
    """CPU seconds and MB at most of a subcommand, in a process of its own."""
    # What `wait` says of its memory begins with that of this process, of which it was a copy for a moment.
    tell = "atexit.register(lambda: print(open('/proc/self/status').read(), file=sys.__stderr__))"
    program = f"import atexit, sys; {tell}; from hpobench_tui.cli import main; sys.argv[1:] = {words!r}; main()"
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read().decode()
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)}: {said[:500]}")
    return usage.ru_utime + usage.ru_stime, int(said.rpartition("VmHWM:")[2].split()[0]) / 1024


def supervised(folder: Path, here: Here) -> tuple[float, float]:
    """CPU seconds of a supervisor to get ready, and to hand out and to store all runs."""
    held = lock.acquire(folder)
    if held is None:
        raise RuntimeError(f"somebody works in {folder}")
    start, supervisor = took(lambda: Supervisor(folder, held))
    supervisor._executor = here
    seconds, _ = took(supervisor.run)
    os.close(held)
    return start, seconds - here.seconds


def of_size(runs: int, root: Path, app: bool) -> Figures:
    """All figures of an experiment of so many runs, made as two halves that are merged."""
    found: Figures = {"runs": runs}
    found["describe s"], whole = took(lambda: described(runs))
    cut = whole.repetitions // 2
    halves = []
    create = start = supervise = work = 0.0
    for name, only in (("low", range(cut)), ("high", range(cut, whole.repetitions))):
        half = replace(whole, name=name, only=tuple(only))
        seconds, folder = took(lambda half=half: lifecycle.create(half, root))  # type: ignore[misc]
        create += seconds
        here = Here(PLACES, ENDS)
        ready, seconds = supervised(folder, here)
        start, supervise, work = start + ready, supervise + seconds, work + here.seconds
        halves.append(folder)
    found |= {"create s": create, "start s": start, "supervise s": supervise, "work s": work}
    to = root / f"scale{runs}"
    with ExitStack() as stack:
        readers = [stack.enter_context(Reader(folder)) for folder in halves]

        def merged() -> None:
            sources = merge.sources(readers)
            plan = merge.plan(sources, lambda *_: None)
            to.mkdir()
            merge.write(plan, sources, to)

        found["merge s"], _ = took(merged)
    found["bytes"] = (to / FILE).stat().st_size
    with Reader(to) as reader:
        found["resume's look s"], _ = took(reader.refuse_changed)
        if reader.tally()[1] != runs * TRIALS:
            raise RuntimeError("not every trial is there")
    for name, words in COMMANDS.items():
        found[f"{name} s"], found[f"{name} MB"] = command([word.format(to) for word in words])
    if app:
        terminal = Terminal(to, 80, 24)
        try:
            found["app final, clock s"] = terminal.quiet(patience=600.0)
            found["app first, clock s"] = terminal.first or float("nan")
            found["app cpu s"], found["app MB"] = terminal.cpu(), terminal.memory()[1]
        finally:
            terminal.close()
    return found


def constants(root: Path) -> Figures:
    """What does not depend on how many runs there are."""
    found: Figures = {}
    runs, few, many = 100, 100, 2000
    seconds, size, tasks = {}, {}, []
    for trials, single in ((few, False), (few, True), (many, False)):
        folder = lifecycle.create(described(runs, trials, name=f"trials{trials}{single}"), root)
        here = Here(PLACES, ENDS, single)
        _, seconds[trials, single] = supervised(folder, here)
        size[trials, single] = (folder / FILE).stat().st_size
        tasks.append(here.last)
    more = (many - few) * runs
    found["a message, ms"] = 1e3 * (seconds[few, True] - seconds[few, False]) / ((few - 1) * runs)
    found["a trial, ms"] = 1e3 * (seconds[many, False] - seconds[few, False]) / more
    found["a trial, bytes"] = (size[many, False] - size[few, False]) / more
    folder = lifecycle.create(described(1_000, name="activities"), root)
    with Writer(folder) as store:
        store.begin()

        def shown() -> None:
            for look in range(5):
                for run in range(1000):
                    store.set_activity(run, f"evaluating trial {look}")
                store.commit()

        found["what a worker does, ms"] = 1e3 * took(shown)[0] / 5_000
    return found | worker(next(task for task in tasks if task is not None)) | watching()


def worker(task: RunTask) -> Figures:
    """A process of a worker: what it takes to start, and holds after a run."""
    executor: LocalExecutor[RunTask, Message] = LocalExecutor(WORK, 1, [], Watch({}, 1 << 20))
    try:
        executor.hand_out(task)
        while executor.activities():
            executor.reports(0.05)
        (process,) = executor._workers
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
        held = {line.partition(":")[0]: line.partition(":")[2].split() for line in lines[1:]}
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    finally:
        executor.close()
    own = sum(int(held[name][0]) for name in ("Private_Clean", "Private_Dirty")) / 1024
    return {"a worker's start, s": cpu, "a worker, MB": own}


def watching() -> Figures:
    """What it takes to look at a process that works; by the law of many."""
    looks = 30
    took_each = {}
    watch = Watch({Phase.EVALUATING: Limit(1e6, "never")}, 1 << 20)
    for count in WATCHED:
        executor: LocalExecutor[float, str] = LocalExecutor("benchmarks.scale.asleep:serve", count, [], watch)
        try:
            for _ in range(count):
                executor.hand_out(600.0)
            while any(activity.phase is not Phase.EVALUATING for _, activity in executor.activities()):
                executor.reports(0.1)
            cpu, _ = took(lambda executor=executor: [executor.reports(0.1) for _ in range(looks)])  # type: ignore[misc]
            took_each[count] = cpu / looks
        finally:
            executor.close()
    most, least = max(WATCHED), min(WATCHED)
    return {"a look at a worker, ms": 1e3 * (took_each[most] - took_each[least]) / (most - least)}


def measure(sizes: list[int], folder: Path | None, app: bool = True) -> dict[str, object]:
    """All of it."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        root = Path(temporary)
        return {"constants": constants(root), "sizes": [of_size(runs, root, app) for runs in sizes]}
