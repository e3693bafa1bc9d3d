"""Losses on a Dask cluster of two workers, over which an experiment's runs go, or the trials of its runs."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from benchmarks.cluster import Cluster
from benchmarks.faults.stage import Observed, Stage, undisturbed
from benchmarks.kills.scene import kill, wait_until

WORKERS = 2
AWAY = 3.0
"""Seconds that somebody is gone who comes back."""


@contextmanager
def _cluster(stage: Stage) -> Iterator[Cluster]:
    folder = stage.root / "dask"
    folder.mkdir()
    with stage.entered():
        made = Cluster(WORKERS, folder)
    wait_until(made.answers, 30.0)
    stage.beside, stage.options = made.pids, ("--dask", made.address)
    try:
        yield made
    finally:
        made.close()


def _during(
    stage: Stage, disturb: Callable[[Stage, Cluster], None], mend: Callable[[Cluster], object] = id,
    evaluations: int | None = None,
) -> Observed:  # fmt: skip
    """What becomes of an experiment of which the runs, or the trials, are on a cluster that is disturbed."""
    whole = undisturbed(stage.root) if evaluations is None else None
    with _cluster(stage) as cluster:
        with stage.under_way(stage.file(evaluations=evaluations)):
            disturb(stage, cluster)
        return stage.observed(stage.ended(), whole=whole, mend=partial(mend, cluster))


def _worker(_stage: Stage, cluster: Cluster) -> None:
    cluster.kill_worker(random.Random(0))


def _workers(_stage: Stage, cluster: Cluster) -> None:
    for _ in range(WORKERS):
        cluster.workers[0].kill()
        cluster.workers.pop(0).wait()
    time.sleep(AWAY)
    for _ in range(WORKERS):
        cluster.start_worker()


def _frozen(_stage: Stage, cluster: Cluster) -> None:
    for number in (signal.SIGSTOP, signal.SIGCONT):
        os.kill(cluster.workers[0].pid, number)
        time.sleep(AWAY if number == signal.SIGSTOP else 0.0)


def _scheduler(_stage: Stage, cluster: Cluster) -> None:
    cluster.kill_all()
    time.sleep(AWAY)
    cluster.start_all(WORKERS)


def _for_good(_stage: Stage, cluster: Cluster) -> None:
    cluster.kill_all()


def _supervisor(stage: Stage, _cluster: Cluster) -> None:
    kill([stage.supervisor()])


def _nobody(stage: Stage) -> Observed:
    """There is no such cluster."""
    call = stage.call("run", stage.file(), "--headless", "--dask", "tcp://127.0.0.1:1")
    return Observed(stage.plain(call.last), call.ended, "nothing is begun", "-")


def _again(cluster: Cluster) -> None:
    cluster.start_all(WORKERS)
    wait_until(cluster.answers, 30.0)


FAULTS: Mapping[str, Callable[[Stage], Observed]] = {
    "no scheduler answers": _nobody,
    "a Dask worker is killed": partial(_during, disturb=_worker),
    f"all Dask workers are killed; others come {AWAY:g} s later": partial(_during, disturb=_workers),
    f"a Dask worker is stopped (SIGSTOP) for {AWAY:g} s": partial(_during, disturb=_frozen),
    f"the Dask scheduler is killed; one is there again {AWAY:g} s later": partial(_during, disturb=_scheduler),
    "the Dask scheduler is killed, and stays away till the experiment is resumed": partial(
        _during, disturb=_for_good, mend=_again
    ),
    "the supervisor is killed while its runs are on a Dask cluster": partial(_during, disturb=_supervisor),
    "trials over a Dask cluster (`evaluations = 2`): a Dask worker is killed": partial(
        _during, disturb=_worker, evaluations=2
    ),
    "trials over a Dask cluster: its scheduler stays away till the experiment is resumed": partial(
        _during, disturb=_for_good, mend=_again, evaluations=2
    ),
}
