"""Runs on a Dask cluster of this machine beside the local pool: equal stores in spite of kills, and what a run costs.

python -m benchmarks.cluster kills [--preset quick --kills 10 --seed 3]   # workers, and once the scheduler; then resume
python -m benchmarks.cluster speed [--workers 2]                          # free trials, and runs of 10 ms; both pools
python -m benchmarks.cluster evaluations                                  # one run's trials over four workers

A cluster is ``dask scheduler`` and ``dask worker`` processes, as a person starts them. What is compared is all of a
store but times (``benchmarks.kills.scene.contents``).
"""

import argparse
import os
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

from benchmarks.kills.scene import contents, differences
from hpobench_tui.analysis.audit import audit
from hpobench_tui.core import Budget
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.engine.front import described, lifecycle, spec
from hpobench_tui.executors.cluster.address import VARIABLE
from hpobench_tui.store.reader import FILE, Reader

LONGEST = 600.0
RUNS, RUN_SECONDS = 1000, 0.010

SLEEPING = '''
import time

class Sleep:
    """Sleeps for 10 ms."""

    space = {"x": (0.0, 1.0)}

    def __call__(self, configuration):
        time.sleep(0.010)
        return configuration["x"]
'''


RESTING = '''
import time

from hpobench_tui.core import Report


class Rest:
    """Sleeps for as long as its configuration says: that is its cost, too."""

    space = {"seconds": (0.5, 2.0)}

    def start(self, configuration, seed, device):
        self = type(self)()
        self.seconds = configuration["seconds"]
        return self

    def advance(self, to_fidelity):
        time.sleep(self.seconds)
        return Report(self.seconds, cost=self.seconds)
'''


class Cluster:
    """A scheduler and workers, in processes that can be killed one by one."""

    def __init__(self, workers: int, folder: Path, threads: int = 1) -> None:
        self._folder, self._threads = folder, threads
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.start_all(workers)

    def pids(self) -> list[int]:
        """Of its processes that were not killed here."""
        return [process.pid for process in (*self.workers, self.scheduler)]

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start_scheduler(self) -> None:
        """At the same address each time."""
        port = self.address.rpartition(":")[2]
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")

    def answers(self) -> bool:
        """Whether the scheduler listens by now."""
        host, _, port = self.address.rpartition("/")[2].partition(":")
        with suppress(OSError):
            socket.create_connection((host, int(port)), 1.0).close()
            return True
        return False

    def start_worker(self) -> None:
        """Without a nanny: one that is killed is gone."""
        options = (
            "--no-nanny",
            "--nthreads",
            str(self._threads),
            "--no-dashboard",
            "--local-directory",
            str(self._folder),
        )
        self.workers.append(self._start("dask_worker", self.address, *options))

    def kill_worker(self, draw: random.Random) -> None:
        """One of them, with another one in its place."""
        victim = self.workers.pop(draw.randrange(len(self.workers)))
        victim.kill()
        victim.wait()
        self.start_worker()

    def kill_scheduler(self) -> None:
        """With it go the workers, by themselves."""
        self.scheduler.kill()
        self.scheduler.wait()

    def kill_all(self) -> None:
        """The scheduler and its workers, which would end by themselves some time later."""
        self.kill_scheduler()
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.workers.clear()

    def start_all(self, workers: int) -> None:
        """A scheduler at the same address, and so many workers."""
        self.start_scheduler()
        for _ in range(workers):
            self.start_worker()

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@contextmanager
def running(workers: int, folder: Path) -> Iterator[Cluster]:
    """A cluster whose experiments are those that this process starts; its own files go to ``folder``, which is made."""
    folder.mkdir()
    made = Cluster(workers, folder)
    os.environ[VARIABLE] = made.address
    try:
        yield made
    finally:
        os.environ.pop(VARIABLE, None)
        made.close()


@contextmanager
def cluster(workers: int) -> Iterator[Cluster]:
    """The same, in a folder that goes with it."""
    with tempfile.TemporaryDirectory() as folder, running(workers, Path(folder, "dask")) as made:
        yield made


def finished(folder: Path) -> float:
    """Wait for an experiment's end; the seconds of its clock."""
    deadline = time.monotonic() + LONGEST
    while lifecycle.supervised(folder):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{folder} takes more than {LONGEST:g} s")
        time.sleep(0.02)
    with Reader(folder) as reader:
        return reader.experiment().seconds


def undisturbed(experiment: Experiment, root: Path) -> tuple[Path, float]:
    """The experiment's folder and its seconds, once it has ended."""
    folder = lifecycle.start(experiment, root)
    return folder, finished(folder)


def kills(experiment: Experiment, count: int, seed: int, workers: int) -> list[str]:
    """Where the store of the local pool and that of a cluster differ of which so many workers were killed."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as root:
        local, seconds = undisturbed(experiment, Path(root, "local"))
        print(f"local pool: {seconds:.1f} s", flush=True)
        with cluster(workers) as made:
            folder = lifecycle.start(experiment, Path(root, "dask"))
            for number in range(count):
                time.sleep(draw.uniform(0.3, max(0.6, 2.0 * seconds / count)))
                if not lifecycle.supervised(folder):
                    print(f"over before kill {number}: {lifecycle.last_words(folder) or 'finished'}", flush=True)
                    break
                made.kill_worker(draw)
                print(f"killed worker {number + 1} of {count}", flush=True)
                if number == count // 2:
                    made.kill_scheduler()
                    for process in lifecycle_processes(folder):
                        os.kill(process, signal.SIGKILL)
                    print(f"killed the scheduler and the supervisor: {lifecycle.last_words(folder)}", flush=True)
                    made.kill_all()
                    made.start_all(workers)
                    time.sleep(1.0)
                    print(f"resumed: {lifecycle.resume(folder)} runs to go", flush=True)
            print(f"cluster: {finished(folder):.1f} s", flush=True)
            return differences(contents(folder), contents(local))


def lifecycle_processes(folder: Path) -> list[int]:
    """The supervisor of an experiment."""
    found = subprocess.run(
        ["pgrep", "-f", f"{lifecycle.SUPERVISOR} {folder.resolve()}"], capture_output=True, text=True
    )
    return [int(pid) for pid in found.stdout.split()]


def free_trials(count: int, runs: int) -> Experiment:
    """Runs of trials that take no time."""
    budget = Budget.of(count, "evaluations")
    return spec.build("free", ["synthetic/branin"], ["random"], budget, repetitions=runs)


def short_runs(count: int, folder: Path) -> Experiment:
    """Runs of one trial that sleeps for 10 ms."""
    path = folder / "sleeping.py"
    path.write_text(SLEEPING)
    return spec.build("short", [f"{path}:Sleep"], ["random"], Budget.of(1, "evaluations"), repetitions=count)


def speed(workers: int, trials: int, runs: int) -> None:
    """Free trials a second and the busy share of runs of 10 ms, of the local pool and of a cluster.

    Busy with runs is what workers are from a run's first moment to its last, which is 2 ms more than its trial sleeps.
    """
    with tempfile.TemporaryDirectory() as root:
        free, short = free_trials(trials, 2 * workers), short_runs(runs, Path(root))
        rows: dict[str, tuple[float, float, float]] = {}
        for name in ("local pool", "Dask"):
            if name == "Dask":
                with cluster(workers):
                    time.sleep(4.0)
                    rows[name] = _speeds(free, short, Path(root, name), workers)
            else:
                rows[name] = _speeds(free, short, Path(root, name), workers)
    print("| | free trials a second | ms of a worker a run | busy with trials | with runs |\n|---|---|---|---|---|")
    for name, (a_second, lasts, between) in rows.items():
        busy = [f"{1000 * seconds / between / workers:.0%}" for seconds in (RUN_SECONDS, lasts)]
        print(f"| {name} | {a_second:,.0f} | {between * workers:.2f} | {' | '.join(busy)} |")


def _speeds(free: Experiment, short: Experiment, root: Path, workers: int) -> tuple[float, float, float]:
    """Free trials a second; seconds that a run lasts; milliseconds from one run's end to the next one's."""
    folder, seconds = undisturbed(replace(free, workers=workers), root)
    with Reader(folder) as reader:
        a_second = sum(run.trials for run in reader.runs()) / seconds
    folder = lifecycle.start(replace(short, workers=workers), root)
    seen: list[tuple[float, int]] = []
    with closing(sqlite3.connect(folder / FILE)) as store:
        while not seen or seen[-1][1] < short.repetitions:
            ((ended,),) = store.execute("SELECT count(*) FROM run WHERE status = 'done'")
            seen += [(time.monotonic(), ended)] if ended > 20 * workers else []  # processes have started by then
            time.sleep(0.1)
    finished(folder)
    with Reader(folder) as reader:
        lasts = statistics.median(run.seconds for run in reader.runs())
    (begun, first), (over, last) = seen[0], seen[-1]
    return a_second, lasts, (over - begun) * 1000 / (last - first)


def evaluations(workers: int, trials: int) -> None:
    """The makespan of one run's trials one by one, over a cluster's workers, and as the simulated clock predicts it."""
    with tempfile.TemporaryDirectory() as root:
        path = Path(root, "resting.py")
        path.write_text(RESTING)
        budget = Budget.of(trials, "evaluations")
        one = spec.build("rest", [f"{path}:Rest"], ["random"], budget, repetitions=1, workers=1)
        spans: dict[str, float] = {}
        rows: dict[str, dict[str, float | None]] = {}
        plans = {
            "one by one": one,
            f"{workers} evaluations over Dask": replace(one, evaluations=workers),
            "simulated": replace(one, simulation=Simulation(workers=workers)),
        }
        for name, experiment in plans.items():
            with cluster(workers) if "Dask" in name else nullcontext():
                folder, _ = undisturbed(experiment, Path(root, name))
            with Reader(folder) as reader:
                wrong = [row.text for row in audit(reader) if not row.holds]
                found = reader.trial_rows(0)
            if wrong:
                raise RuntimeError(wrong)
            spans[name] = max(row.clock_end for row in found)
            rows[name] = {str(row.configuration): row.loss for row in found}
        assert len({tuple(sorted(found.items())) for found in rows.values()}) == 1, "the trials are not the same"
        for name, span in spans.items():
            print(f"{name}: {span:.2f} s, {span / spans['simulated'] - 1:+.1%} of what is predicted")
        print(f"makespan: {spans[f'{workers} evaluations over Dask'] / spans['one by one']:.3f} of one worker's")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("kills", "speed", "evaluations"))
    parser.add_argument("--preset", default="quick", help="or an experiment file")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--trials", type=int, default=100_000, help="of each run of free ones")
    parser.add_argument("--runs", type=int, default=RUNS)
    given = parser.parse_args()
    if given.what == "speed":
        speed(given.workers, given.trials, given.runs)
        return
    if given.what == "evaluations":
        evaluations(given.workers, given.trials if given.trials < 1000 else 40)
        return
    print(f"seed {given.seed}")
    wrong = kills(described.described(given.preset, {})[0], given.kills, given.seed, given.workers)
    print("\n".join(wrong) or "equal in all but times")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
