"""What an evaluation process does: it evaluates trials of one run, in its place at an executor, one at a time.

It is what a worker is to its trials where they are evaluated one after the other (``evaluation``): failures are
contained, paused trainings are kept to be continued, and what a trial starts ends with it. It never sees the optimizer,
the ledger or the clock: those are its run's (``side_by_side``), whose process hands it trials (``evaluators``).

A trial goes by the number of its question here: which number it has, nobody knows before it ends.
"""

import pickle
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, cast

from hpobench_tui import own_files
from hpobench_tui.core.describe import Kinds, describe, whole
from hpobench_tui.core.problem import Report
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.engine.messages import RunTask
from hpobench_tui.engine.running.bench import Bench, own_context, trainings_of
from hpobench_tui.engine.running.evaluation import MOST_TRACEBACKS, RUNNING, Evaluator, is_interrupt
from hpobench_tui.engine.running.pending import Outcome, Pending
from hpobench_tui.engine.running.process_state import ImportWatch
from hpobench_tui.engine.running.seeding import seed_globals, seed_torch
from hpobench_tui.engine.running.stillness import Stillness
from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.contract import Place
from hpobench_tui.plugins import import_needed, load_problem

BEAT_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A trial, for an evaluation process.

    Attributes:
        setup: The run's task, pickled: a process that is new reads it once.
        trial: None: only be ready. Its question says by the number of a question what it continues.
        step: Fidelity between reports; None: nobody looks at them.
        tells: Reports on the way are told.
        waits: It goes on, or ends, after each as it is answered.
        attempt: How many processes were lost over it.
    """

    setup: bytes
    trial: Pending | None
    step: int | None = None
    tells: bool = False
    waits: bool = False
    attempt: int = 0

    @property
    def asked(self) -> int:
        return -1 if self.trial is None else self.trial.asked


@dataclass(frozen=True, slots=True)
class Ready:
    """An evaluation process has loaded the problem; or could not, for that reason."""

    error: str | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """What a training reports on the way to its trial's fidelity."""

    asked: int
    attempt: int
    fidelity: int
    report: Report


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What became of a trial, without its training; the name of the place that keeps that, if it is kept."""

    asked: int
    outcome: Outcome
    place: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that a person should know, in a line; ``left`` behind by a trial, in its process."""

    text: str
    left: bool


Answer: TypeAlias = Ready | Reported | Evaluated | Told


class Bystander:
    """Where an evaluation leaves what there is to say beside its outcome."""

    def __init__(self, place: Place[Evaluation, Answer]) -> None:
        self._place = place

    def pause_if_asked(self) -> None:
        if self._place.paused:
            self._place.stand_still()

    def left(self, text: str) -> None:
        self._place.tell(Told(text, left=True))

    def note(self, text: str) -> None:
        self._place.tell(Told(text, left=False))


class RemoteEvaluator(Evaluator):
    """An evaluator whose run is in another process."""

    def __init__(self, place: Place[Evaluation, Answer], task: RunTask) -> None:
        seed_globals(task.optimizer_seed)
        context = own_context()
        trainings = trainings_of(task, context.run(load_problem, task.problem))
        super().__init__(Bench(trainings, context, None), None, Bystander(place), {}, Kinds(MOST_TRACEBACKS))
        self._place = place
        self._evaluation = Evaluation(b"", None)

    def take(self, evaluation: Evaluation, trial: Pending) -> Evaluated:
        """Evaluate a trial, and keep its training if it may be continued."""
        self._evaluation, self._step = evaluation, evaluation.step
        outcome = self.evaluate(trial)
        reached = trial.before if outcome.status is TrialStatus.FAILED else outcome.reached
        self._trainings.finished(trial.asked, trial.origin, reached, outcome.training)
        kept = outcome.training is not None and self._trainings.keeps(reached)
        return Evaluated(trial.asked, replace(outcome, training=None), self._place.name if kept else "")

    @property
    def looks(self) -> bool:
        return self._evaluation.tells

    def wants_to_stop(self, trial: Pending, fidelity: int, report: Report) -> bool:
        self._place.tell(Reported(trial.asked, self._evaluation.attempt, fidelity, report))
        return self._evaluation.waits and self._place.answer() is True


def serve(place: Place[Evaluation, Answer]) -> None:
    """Evaluate every trial that comes; all are of one run."""
    stillness = Stillness(BEAT_SECONDS, stood_still)

    def beat() -> None:
        tick = threading.Event()
        while not tick.wait(BEAT_SECONDS):
            stillness.beat()

    threading.Thread(target=beat, daemon=True).start()
    # Where the problem imports it in mid-run; what else that changes is this process's alone.
    sys.meta_path.insert(0, ImportWatch(("torch",), lambda: (set(), {}), lambda module, before: seed_torch()))
    evaluator: RemoteEvaluator | None = None
    for evaluation in place.tasks():
        place.phase(Phase.LOADING)
        if evaluator is None:
            try:
                evaluator = loaded(place, cast(RunTask, pickle.loads(evaluation.setup)))
            except BaseException as error:  # contains any failure of a problem's set-up
                if is_interrupt(error):
                    raise
                place.end(Ready(f"{describe(error)}\n{whole(error)}"))
                continue
        if evaluation.trial is None:
            place.end(Ready())
            continue
        place.phase(Phase.EVALUATING, evaluation.asked)
        place.end(evaluator.take(evaluation, evaluation.trial))


def loaded(place: Place[Evaluation, Answer], task: RunTask) -> RemoteEvaluator:
    """What evaluates the trials of a run; raises whatever its problem does."""
    if task.code:
        own_files.use(own_files.seen(Path(task.code), task.sources))
    import_needed(task.problem, spaces=False)
    return RemoteEvaluator(place, task)


def stood_still(seconds: float) -> None:
    """This process was stopped for so long."""
    if (watch := RUNNING[0]) is not None:
        watch.stood_still(seconds)
