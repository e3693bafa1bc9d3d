"""Trainings on an executor: handed out in order, to each place one, or several that are trained together.

A training whose process crashes, takes longer than the limit or eats the memory is recorded as failed, with the reason.
One whose process somebody else has ended, or that had not begun, is tried again first, and so is, by itself, each of
several that were trained together.
"""

import time
from collections import Counter, deque
from collections.abc import Generator, Iterable

from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.contract import Cause, Death, Executor, Limit, Watch
from hpobench_tui.tabulation.journal import Record
from hpobench_tui.tabulation.worker import Jobs

WORK = "hpobench_tui.tabulation.worker:serve"
TICK_SECONDS = 0.5
ATTEMPTS = 3
LOADING_SECONDS = 300.0
"""At least, for imports and for the data."""


def watch(limit_seconds: float, memory_mb: int) -> Watch:
    """When a training is given up."""
    loading = max(limit_seconds, LOADING_SECONDS)
    late = Limit(loading, "timeout: the training did not begin, as its problem did not load")
    limits = dict.fromkeys((Phase.IDLE, Phase.LOADING, Phase.CLOSING), late)
    limits[Phase.EVALUATING] = Limit(limit_seconds, f"timeout: the training took more than {limit_seconds:g} s")
    return Watch(limits, memory_mb)


def train_all(jobs: Iterable[Jobs], executor: Executor[Jobs, Record]) -> Generator[Record, None, None]:
    """Train all jobs; records come as trainings finish. When the iterator is closed, so is the executor."""
    waiting, records = deque(jobs), list[Record]()
    losses: Counter[tuple[int, int]] = Counter()
    told: set[tuple[int, int]] = set()
    try:
        while True:
            while waiting and executor.free:
                executor.hand_out(waiting.popleft())
            yield from records
            if not executor.activities():
                return
            records = []
            for report in executor.reports(TICK_SECONDS):
                if isinstance(report, Record):
                    records.append(report)
                    told.add((report.configuration, report.seed))
                    continue
                jobs_lost = [job for job in report.task if (job.configuration, job.seed) not in told]
                if len(report.task) > 1:
                    waiting.extendleft((job,) for job in reversed(jobs_lost))
                    continue
                (job,) = report.task
                losses[job.configuration, job.seed] += 1
                spared = not report.begun or report.cause is Cause.OUTSIDE
                if spared and losses[job.configuration, job.seed] < ATTEMPTS:
                    waiting.appendleft(report.task)
                else:
                    records.append(lost(report))
    finally:
        executor.close()


def lost(death: Death[Jobs]) -> Record:
    """The record of a training that failed, for all that is known, on the way to the first level."""
    job, seconds = death.task[0], time.monotonic() - death.activity.since
    return Record(job.configuration, job.seed, job.values, (), seconds, None, death.reason, job.common.levels[0])
