"""The evaluation processes of a run, from the run's side: trials go out, and come back as they end.

They are places at an executor (``executors.contract``): which one, processes of this machine or others, is whoever's
makes them. This adds what trials need beyond any task:

* A trial that continues another goes to the place that keeps that one's training, if it is free. Else its training is
  made again from scratch where it goes, as one that was lost is: trainings depend on their seed alone, so the result
  is the same, and that is not charged.
* A process that is lost costs its trial what it costs where trials are evaluated one by one (``executors.losses``): a
  crash or a limit fails it, what somebody else ended is evaluated again. Its mates and the run go on.
"""

import os
import pickle
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeAlias

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.engine.messages import RunTask
from hpobench_tui.engine.running.evaluating import Answer, Evaluated, Evaluation, Ready, Reported, Told
from hpobench_tui.engine.running.pending import Outcome, Pending
from hpobench_tui.executors import devices
from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.contract import Death, Executor
from hpobench_tui.executors.local import LocalExecutor
from hpobench_tui.executors.losses import MOST_DEATHS, Losses, blamed, watch

WORK = "hpobench_tui.engine.running.evaluating:serve"
CHECK = "hpobench_tui.engine.front.cluster:against"
START_TICK = 0.1
Evaluations: TypeAlias = Executor[Evaluation, Answer]
Result: TypeAlias = Reported | Evaluated


class Telling(Protocol):
    """Where it is told what a person should know."""

    def left(self, text: str) -> None: ...

    def note(self, text: str) -> None: ...


def on_this_machine(task: RunTask) -> Evaluations:
    """Processes beside this one, as many as the run may have trials pending; they end with it."""
    count, memory = task.evaluations or 1, task.memory_mb or 2**31
    return LocalExecutor(WORK, count, task.gpus, watch(task.limits, memory), within=True)


def on_cluster(task: RunTask, sink: Telling) -> Evaluations:
    """Processes of a Dask cluster's workers, as many as the run may have trials pending.

    Raises:
        HpobenchError: there is no such cluster, or nobody of it is fit.
    """
    from hpobench_tui.executors.cluster import address
    from hpobench_tui.executors.cluster.owner import ClusterExecutor

    assert task.cluster is not None
    where, what = task.cluster
    made: ClusterExecutor[Evaluation, Answer] = ClusterExecutor(
        WORK,
        address.read(where),
        watch(task.limits, task.limits.memory_mb or 0),  # else of its Dask worker, not of this machine
        task.evaluations,
        name=f"evaluations of {os.getpid()}",
        check=CHECK,
        what=what,
        needs_gpu=lambda _: task.device == devices.CUDA,
        say=sink.note,
    )
    try:
        made.wait_for(task.evaluations or 1)
    except BaseException:
        made.close()
        raise
    return made


class Evaluators:
    """Evaluates the trials of one run, several at a time. Whoever made it closes it.

    Args:
        executor: Where.
        sink: Is told what a person should know.
    """

    def __init__(self, executor: Evaluations, task: RunTask, sink: Telling) -> None:
        self._executor, self._run, self._sink = executor, task.run, sink
        self._count = task.evaluations or 1
        self._setup = pickle.dumps(replace(task, recorded=(), standings=frozenset(), fatal={}, cluster=None))
        self._losses: Losses = Losses(self._count)
        self._under_way: dict[int, Evaluation] = {}
        self._places: dict[int, str] = {}
        self._lost = 0
        for _ in range(self._count):
            executor.hand_out(Evaluation(self._setup, None))
        self._starting = self._count

    def ready(self) -> None:
        """Return when all processes have loaded the problem.

        Raises:
            HpobenchError: one could not.
        """
        while self._starting:
            self.results(START_TICK)

    def look(self, step: int | None, tells: bool, waits: bool) -> None:
        """What trials do with their reports on the way (:class:`Evaluation`)."""
        self._like = Evaluation(self._setup, None, step, tells, waits)

    def submit(self, trial: Pending) -> None:
        """Evaluate a trial; what it continues is given by the number of a question. One process must be free."""
        self._under_way[trial.asked] = evaluation = replace(self._like, trial=trial)
        continues = trial.ask.continues if trial.before else None
        self._executor.hand_out(evaluation, "" if continues is None else self._places.pop(continues, ""))

    def answer(self, reported: Reported, stop: bool) -> None:
        """Whether a trial that waits after its report is to end with it."""
        evaluation = self._under_way.get(reported.asked)
        if evaluation is not None and evaluation.attempt == reported.attempt:
            self._executor.answer(evaluation, stop)

    def results(self, seconds: float) -> list[Result]:
        """What came in, in order; waits for up to so many seconds if there is nothing yet.

        Raises:
            HpobenchError: the problem cannot be loaded, or too many trials took their process down.
        """
        found: list[Result] = []
        for report in self._executor.reports(seconds):
            match report:
                case Death():
                    found += self._bury(report)
                case Ready(error=str(error)):
                    raise HpobenchError(f"an evaluation process cannot load the problem: {error}")
                case Ready():
                    self._starting -= 1
                case Told(text, left):
                    (self._sink.left if left else self._sink.note)(text)
                case Evaluated(asked, _, place):
                    self._losses.progress(self._run)
                    del self._under_way[asked]
                    if place:
                        self._places[asked] = place
                    found.append(report)
                case Reported():
                    found.append(report)
        return found

    def _bury(self, death: Death[Evaluation]) -> Sequence[Evaluated]:
        """A process was lost: the trial is evaluated again, or has failed."""
        evaluation, activity = death.task, death.activity
        asked, trial = evaluation.asked, evaluation.trial
        if self._losses.forgives(self._run, death):
            if trial is not None:
                evaluation = replace(evaluation, attempt=evaluation.attempt + 1)
                self._under_way[asked] = evaluation
            if death.begun:
                self._sink.note(f"evaluates again in another process, lost during {activity}: {death.reason}")
            self._executor.hand_out(evaluation)
            return ()
        reason = blamed(death)
        if activity.phase is not Phase.EVALUATING or trial is None:
            raise HpobenchError(f"an evaluation process was lost during {activity}: {reason}")
        self._lost += 1
        if self._lost > MOST_DEATHS:
            raise HpobenchError(f"{self._lost} of its trials took their process down: {reason}")
        self._sink.note(f"question {asked} failed: {reason}")
        del self._under_way[asked]
        took = int((time.monotonic() - activity.since) * 1e9)
        return [Evaluated(asked, Outcome(TrialStatus.FAILED, trial.granted, error=reason, nanoseconds=took))]

    def pause(self, stand_still: Callable[[], None]) -> None:
        """Let all stand still before their next step for as long as that takes."""
        self._executor.pause(True)
        stand_still()
        self._executor.pause(False)

    def close(self) -> None:
        """End all processes, whatever they do, and what they have started."""
        self._executor.close()
