"""Signals from outside, at processes of an experiment that runs."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from benchmarks.faults.stage import Observed, Stage, freeze, undisturbed
from benchmarks.kills.scene import kill, wait_until
from hpobench_tui.store.reader import Reader


def _during(stage: Stage, disturb: Callable[[Stage], None], trial_seconds: float = 30) -> Observed:
    """What becomes of an experiment that is disturbed after some trials."""
    whole = undisturbed(stage.root)
    with stage.under_way(stage.file(trial_seconds=trial_seconds)):
        disturb(stage)
    return stage.observed(stage.ended(), whole=whole)


def _one_worker(stage: Stage, number: signal.Signals) -> None:
    kill(stage.workers()[:1], number)


def _all_workers(stage: Stage) -> None:
    kill(stage.workers())


def _idle_worker(stage: Stage) -> Observed:
    """One of two runs is short, and its worker waits while the other run goes on."""
    file = stage.file(problems=["faults/good", "faults/fast"], repetitions=1, trials=50_000)
    file.write_text(file.read_text() + '[budgets."faults/good"]\namount = 3\nunit = "evaluations"\n')
    with stage.under_way(file):
        wait_until(lambda: _one_has_ended(stage), 20)
        workers = stage.workers()
        before = {pid: _ticks(pid) for pid in workers}
        time.sleep(0.5)
        idle = min(workers, key=lambda pid: _ticks(pid) - before[pid])
        kill([idle])
        gone = wait_until(lambda: not Path(f"/proc/{idle}").exists(), 1.0)
    return stage.observed(stage.ended(), shown="nothing" if gone else "nothing; it stays a zombie")


def _one_has_ended(stage: Stage) -> bool:
    with Reader(stage.folder) as reader:
        return any(run.ended for run in reader.runs())


def _ticks(pid: int) -> int:
    """What a process used of a processor."""
    cells = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(cells[11]) + int(cells[12])


def _supervisor(stage: Stage, number: signal.Signals = signal.SIGKILL) -> None:
    kill([stage.supervisor()], number)


def _everything(stage: Stage) -> None:
    """But the command that watches."""
    watching = stage.running.pid if stage.running else 0
    kill([pid for pid in stage.processes() if pid != watching])


def _frozen(stage: Stage) -> None:
    """Supervisor and workers, as by `docker pause` or a closed lid."""
    watching = stage.running.pid if stage.running else 0
    freeze(stage, [pid for pid in stage.processes() if pid != watching], 4.0)


def _watcher(stage: Stage) -> Observed:
    """Whoever watches is killed; another call comes back."""
    whole = undisturbed(stage.root)
    with stage.under_way(stage.file()):
        assert stage.running is not None
        os.kill(stage.running.pid, signal.SIGKILL)
        call = stage.ended()
    wait_until(lambda: not stage.supervisor(), 30)
    return stage.observed(call, shown="nothing: the experiment goes on", whole=whole)


FAULTS: Mapping[str, Callable[[Stage], Observed]] = {
    "a worker is killed (SIGKILL)": partial(_during, disturb=partial(_one_worker, number=signal.SIGKILL)),
    "a worker is asked to end (SIGTERM)": partial(_during, disturb=partial(_one_worker, number=signal.SIGTERM)),
    "a worker gets SIGSEGV from outside": partial(_during, disturb=partial(_one_worker, number=signal.SIGSEGV)),
    "all workers are killed": partial(_during, disturb=_all_workers),
    "an idle worker is killed": _idle_worker,
    "a worker is stopped (SIGSTOP) for longer than its limit": partial(
        _during, disturb=partial(_one_worker, number=signal.SIGSTOP), trial_seconds=3
    ),
    "supervisor and workers are frozen for longer than the limit": partial(_during, disturb=_frozen, trial_seconds=3),
    "the supervisor is killed": partial(_during, disturb=_supervisor),
    "the supervisor is asked to end (SIGTERM)": partial(_during, disturb=partial(_supervisor, number=signal.SIGTERM)),
    "everything is killed": partial(_during, disturb=_everything),
    "the command that watches is killed": _watcher,
}
