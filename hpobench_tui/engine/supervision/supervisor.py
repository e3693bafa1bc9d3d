"""The supervisor: a process of its own that hands runs to an executor's workers and alone writes the store.

Started as ``python -m hpobench_tui.engine.supervision.supervisor FOLDER`` by ``lifecycle.launch``; lives until the
experiment ends, whatever becomes of the terminal. It inherits a lock on the folder, so that there is never a second
one, and leaves its last words in it. Where it can write no more, or nobody would find what it writes, it ends itself:
what is committed by then is safe. It reacts to the rows that front ends add to the store's ``command`` table.

A worker that dies by its own fault, or is over a limit, costs what it was doing: an evaluation fails its trial (the run
goes on in a new worker that replays what is recorded), one of several together lets each be evaluated by itself, an ask
or tell fails its run. One that somebody else ended costs
nothing: what it was doing is done again (``executors.losses``).
"""

import os
import subprocess
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from hpobench_tui import own_files, plugins
from hpobench_tui.core.describe import describe, explain, first_line, kind_of
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.identity import histories, number_of
from hpobench_tui.core.records import ReportRow
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.core.text import show_only_what_is_seen
from hpobench_tui.engine.messages import (
    Batch,
    Diverged,
    End,
    Fatal,
    Left,
    Message,
    Note,
    PlannedBrackets,
    Recorded,
    RunTask,
    Stranded,
)
from hpobench_tui.executors import devices, family
from hpobench_tui.executors.activity import Activity, Phase
from hpobench_tui.executors.cluster import address
from hpobench_tui.executors.contract import Death, Executor, HasGpus, NowhereError, Watch
from hpobench_tui.executors.local import LocalExecutor, sweep
from hpobench_tui.executors.losses import MOST_DEATHS, Losses, blamed, watch
from hpobench_tui.store import failure, lock, trouble
from hpobench_tui.store.presence import TakenError
from hpobench_tui.store.reader import Reader, RunRow
from hpobench_tui.store.verbs import Command, Verb
from hpobench_tui.store.writer import Level, Writer

TICK_SECONDS = 0.1
SHOWN_SECONDS = 0.001
"""A worker, between two times at which it is written down what all do: that takes 50 µs of each that has moved on."""
DEATHS_TOGETHER = 3
"""Of processes that evaluated trials together, until a run does that no more."""
CLOSE_SECONDS = 10.0
LEAST_MEMORY_MB = 1024  # what a worker may hold however many there are
WORK = "hpobench_tui.engine.running.worker:serve"
CODE = "hpobench_tui.engine.front.cluster"
CHECK = f"{CODE}:against"


class Supervisor:
    """Runs every unfinished run of the experiment in ``folder``, whose lock the descriptor ``held`` has."""

    def __init__(self, folder: Path, held: int) -> None:
        self._folder, self._held = folder, held
        self._store = Writer(folder)
        self._store.begin()
        with Reader(folder) as reader:
            row = reader.experiment()
            self._runs = {run.id: run for run in reader.runs()}
            self._know(row.experiment, reader.manifest())
        self._seconds = row.seconds
        self._gpus = devices.gpus() if self._experiment.device != devices.CPU else []
        # What a retry of others leaves alone counts as cancelled; a resume has set it waiting.
        self._left_alone = {run.id for run in self._runs.values() if run.status is RunStatus.CANCELLED}
        self._aside: set[int] = set()
        self._kept: set[int] = set()
        """Runs that were ever put aside with their processes: they alone may have one already when they start."""
        self._waiting = deque(run.id for run in self._runs.values() if not run.status.at_rest)
        self._cluster = address.named()
        # Of runs with several trials pending, those are spread over the cluster.
        self._runs_there = self._cluster is not None and not self._experiment.evaluations
        self._size(len(self._waiting))
        spread = self._cluster is not None and not self._runs_there
        self._of_evaluations = (str(self._cluster), self._code_of_cluster()) if spread else None
        self._executor: Executor[RunTask, Message] = self._on_cluster() if self._runs_there else self._here()
        self._fatal: dict[int, dict[int, Fatal]] = {}
        self._alone: dict[int, int] = {}
        self._deaths_together: Counter[int] = Counter()
        self._restarted: set[int] = set()
        self._careful: set[int] = set()
        self._trials = {run.id: run.trials for run in self._runs.values()}
        self._losses = Losses(self._count)
        self._show_next = 0.0
        self._said: set[tuple[str, str, str]] = set()
        self._stranded = ""
        self._paused = False
        self._cancelled = False
        self._told: dict[tuple[Level, str], str] = {}
        self._alike: Counter[tuple[Level, str]] = Counter()

    def _here(self) -> Executor[RunTask, Message]:
        gpus = [gpu for gpu, _ in self._gpus]
        return LocalExecutor(WORK, self._count, gpus, self._watch(), name=str(self._folder.resolve()))

    def _on_cluster(self) -> Executor[RunTask, Message]:
        from hpobench_tui.executors.cluster.owner import ClusterExecutor

        assert self._cluster is not None
        return ClusterExecutor(
            WORK,
            self._cluster,
            self._watch(),
            self._experiment.workers and self._count,
            name=str(self._folder.resolve()),
            check=CHECK,
            what=self._code_of_cluster(),
            needs_gpu=lambda task: task.device == devices.CUDA,
            say=lambda text: self._store.log("warning", text),
        )

    def _code_of_cluster(self) -> bytes:
        """What a cluster's workers are to be compared with: found out in a process of its own, which imports much."""
        command = [sys.executable, "-P", "-m", CODE, str(self._folder.resolve())]
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout

    def _whereby(self) -> str:
        """Where and by how many the work is done, for the log."""
        evaluations = self._experiment.evaluations
        if self._runs_there:
            return f"on the Dask cluster at {self._cluster}"
        where = f" on the Dask cluster at {self._cluster}" if self._cluster else ""
        return f"{self._count} workers" + (f", {evaluations} evaluation processes each{where}" if evaluations else "")

    def _know(self, experiment: Experiment, manifest: Mapping[str, str]) -> None:
        """The experiment, as it is described by now."""
        self._experiment = experiment
        self._identities = histories(manifest)
        self._problems = plugins.problems().beside(experiment.code.problems)
        self._optimizers = plugins.optimizers().beside(experiment.code.optimizers)
        self._code = str(self._folder.resolve() / own_files.FOLDER) if experiment.code else None
        self._contenders = {contender.label: contender for contender in experiment.contenders}

    def _size(self, runs: int) -> None:
        """How many workers so many runs are worth, and what each may hold, and each of its evaluation processes."""
        evaluations = self._experiment.evaluations
        beside = None if self._cluster else evaluations
        most = (
            self._experiment.workers or runs if self._runs_there else devices.places(self._experiment.workers, beside)
        )
        self._count = max(1, min(most, runs))
        self._processes = 1 if beside is None else 1 + beside
        share = max(devices.memory_mb() * 9 // 10 // (self._count * self._processes), LEAST_MEMORY_MB)
        share = 0 if self._runs_there else share  # each worker knows its own
        self._memory_mb = self._experiment.limits.memory_mb or share

    def _watch(self) -> Watch:
        return watch(self._experiment.limits, self._memory_mb * self._processes)

    def run(self) -> None:
        """Supervise to the end."""
        for run in self._waiting:
            self._store.set_run(run, status=RunStatus.WAITING, activity=None, error=None)
        self._store.set_status(ExperimentStatus.RUNNING)
        self._store.log("info", f"{len(self._waiting)} runs to go, {self._whereby()}")
        problems = [self._problems[name] for name in self._experiment.problems]
        warning = devices.without_gpu(self._experiment.device, problems, bool(self._gpus or self._cluster))
        if warning and not self._seconds:  # once an experiment, however often it is resumed
            self._store.log("warning", warning)
        self._store.commit()
        try:
            self._store.watch()
            while self._goes_on():
                self._step()
            # Optimizers have a moment to close what they hold. Of cancelled runs, what was sent by now is kept.
            moment = 0.0 if self._cancelled else min(CLOSE_SECONDS, self._experiment.limits.ask_seconds)
            for report in self._executor.close(moment):
                self._take(report)
            if self._cancelled:
                for run in (*self._waiting, *self._aside):
                    self._store.set_run(run, status=RunStatus.CANCELLED, activity=None)
            self._log_alike()
            left = self._cancelled or self._left_alone
            end = ExperimentStatus.CANCELLED if left else ExperimentStatus.FINISHED
            self._store.set_status(end, self._seconds)
            self._store.log("info", end)
            if self._experiment.report and not self._cancelled:
                self._store.log("info", f"its report: hpobench {self._experiment.report} {self._folder.name}")
            self._check()
            self._store.commit()
            with suppress(*trouble.ERRORS):  # all is in: whoever has to do with it next can do this
                self._store.settle()
        finally:
            self._executor.close()
            self._store.close()

    def _goes_on(self) -> bool:
        """Whether there is work, also such as has just been added, or is put aside."""
        if not (self._waiting or self._executor.activities() or self._cancelled):
            for command in self._store.commands():
                self._obey(command)
        return bool(self._waiting or self._executor.activities() or self._aside) and not self._cancelled

    def _step(self) -> None:
        started = time.monotonic()
        self._check()
        for command in self._store.commands():
            self._obey(command)
        if self._cancelled:
            return
        still = self._stands_still()
        while self._waiting and self._executor.free and not self._paused:
            self._start(self._waiting.popleft())
        self._store.commit()  # before waiting, so that nobody else waits for the write lock
        stood_still = self._executor.stood_still
        for report in self._executor.reports(TICK_SECONDS):
            self._take(report)
        if self._stranded:
            self._store.commit()
            raise NowhereError(self._stranded)
        if stood_still := self._executor.stood_still - stood_still:
            self._store.log("warning", f"stood still for {stood_still:.0f} s, which count against no limit")
        self._show_activities()
        if not still:
            self._seconds += max(0.0, time.monotonic() - started - stood_still)
        self._store.set_status(ExperimentStatus.PAUSED if still else ExperimentStatus.RUNNING, self._seconds)

    @property
    def _has_gpus(self) -> bool:
        """Whether there is one for runs: of this machine, or of the cluster as far as it is known."""
        if isinstance(self._executor, HasGpus):
            return self._executor.has_gpus
        if self._cluster:  # which only those who evaluate there will know
            return self._experiment.device == devices.CUDA
        return bool(self._gpus)

    def _show_activities(self) -> None:
        """What workers do, for who watches: not each time that one of them tells something, as many do all the time."""
        if (now := time.monotonic()) < self._show_next:
            return
        activities = self._executor.activities()
        self._show_next = now + max(TICK_SECONDS, SHOWN_SECONDS * len(activities))
        for task, activity in activities:
            self._store.set_activity(task.run, str(activity))

    def _stands_still(self) -> bool:
        """Whether it is paused, or has nothing left but runs that are."""
        under_way = self._waiting or any(task.run not in self._aside for task, _ in self._executor.activities())
        return self._paused or not under_way

    def _check(self) -> None:
        """Whether we work where others look (20 µs): if not, all from now on would be lost, or done twice."""
        self._store.check()
        if not lock.in_place(self._folder, self._held):
            raise TakenError(f"{self._folder / lock.FILE} was removed or replaced.")

    def _obey(self, command: Command) -> None:
        verb, run = command
        of = run if run in self._runs else None
        self._store.log("info", f"asked to {command if of is None else f'{verb} {self._name(of)}'}", of)
        if run is not None:
            self._obey_for(verb, run)
        elif verb == "cancel":
            self._cancelled = True
        elif verb == "extend":
            self._take_up()
        elif verb == "unpause" and not self._paused:
            for aside in list(self._aside):
                self._obey_for(verb, aside)
        else:
            self._paused = verb == "pause"
            self._executor.pause(self._paused)

    def _obey_for(self, verb: Verb, run: int) -> None:
        """Put one run aside, give it up, or take either back; nothing where it has ended, or is where it shall be.

        One that is put aside keeps its process, with its trainings, which stands still while another takes its place:
        as many as there are workers. Beyond that it is ended, and the run replayed later, as after a kill.
        """
        if verb == "unpause":
            if run in self._left_alone | self._aside:
                self._left_alone.discard(run)
                self._aside.discard(run)
                self._store.set_run(run, status=RunStatus.WAITING)
                self._waiting.append(run)
            return
        task = self._under_way(run)
        there = task is not None or run in self._waiting or (run in self._aside and verb == "cancel")
        if run in self._left_alone or not there or (run in self._aside and verb == "pause"):
            return
        if run in self._waiting:
            self._waiting.remove(run)
        kept = sum(other.run in self._aside for other, _ in self._executor.activities())
        self._aside.discard(run)
        (self._aside if verb == "pause" else self._left_alone).add(run)
        if task is None:
            self._wait_again(run)
        elif verb == "pause" and kept < self._count:
            self._kept.add(run)
            self._executor.pause(True, task)
            self._store.set_run(run, status=RunStatus.PAUSED)
        else:
            self._executor.stop(task)

    def _under_way(self, run: int) -> RunTask | None:
        return next((task for task, _ in self._executor.activities() if task.run == run), None)

    def _take_up(self) -> None:
        """The runs that were added to the store since we looked; who added them has committed all of it at once."""
        with Reader(self._folder) as reader:
            before = self._experiment
            self._know(reader.experiment().experiment, reader.manifest())
            new = [run for run in reader.runs() if run.id not in self._runs]
        self._store.log_extension(before, self._experiment, len(new))
        self._runs.update((run.id, run) for run in new)
        self._trials.update((run.id, run.trials) for run in new)
        self._waiting.extend(run.id for run in new)
        least = self._count
        self._size(max(least, len(self._waiting) + len(self._executor.activities())))
        self._executor.grow(self._count, self._watch())

    def _start(self, run_id: int) -> None:
        run = self._runs[run_id]
        if run_id in self._kept and (task := self._under_way(run_id)):
            self._executor.pause(False, task)
            self._store.set_run(run_id, status=RunStatus.RUNNING)
            return
        problem = self._problems[run.problem]
        device = devices.resolve(self._experiment.device, problem, self._has_gpus)
        simulation, record = self._experiment.simulation, self._experiment.record
        if simulation or record is not None:
            self._forget(run_id)  # it cannot be replayed, but runs again in no time
        gpu = self._executor.hand_out(
            RunTask(
                run=run_id,
                problem=problem,
                optimizer=self._optimizers[run.optimizer],
                parameters=self._contenders[run.label].parameters,
                budget=self._experiment.budgets[run.problem],
                problem_seed=run.problem_seed,
                optimizer_seed=run.optimizer_seed,
                device=device,
                recorded=self._recorded(run_id),
                standings=self._store.standings(run_id),
                fatal=self._fatal.get(run_id, {}),
                careful=run_id in self._careful,
                memory_mb=self._memory_mb or None,
                seconds=self._store.seconds_of(run_id),
                simulation=simulation,
                record=record,
                together=self._experiment.together,
                evaluations=self._experiment.evaluations,
                synchronous=self._experiment.synchronous,
                limits=self._experiment.limits,
                gpus=self._gpus_of(run_id),
                curves=self._experiment.curves,
                alone=self._alone.get(run_id, 0),
                code=self._code,
                sources=self._experiment.code.sources if self._cluster else {},
                cluster=self._of_evaluations,
            )
        )
        number = number_of(self._identities, (("problem", run.problem), ("optimizer", run.optimizer)))
        self._store.begin_run(run_id, device if gpu is None else f"{device}:{gpu}", number)

    def _gpus_of(self, run_id: int) -> tuple[str, ...]:
        """Those that the evaluation processes of a run take in turn; the next run begins with the next."""
        ids = [gpu for gpu, _ in self._gpus]
        first = run_id % len(ids) if ids else 0
        return (*ids[first:], *ids[:first])

    def _forget(self, run_id: int) -> None:
        self._store.forget_trials(run_id)
        self._trials[run_id] = 0

    def _recorded(self, run_id: int) -> tuple[Recorded, ...]:
        trials, reports = self._store.recorded(run_id)
        own: dict[int, list[ReportRow]] = defaultdict(list)
        for report in reports:
            own[report.trial].append(report)
        return tuple(Recorded(trial, own[trial.number]) for trial in trials)

    def _take(self, report: Message | Death[RunTask]) -> None:
        match report:
            case Batch():
                self._record(report)
            case PlannedBrackets(run, brackets):
                self._store.set_plan(run, brackets)
            case End():
                self._end(report)
            case Diverged(run, how):
                self._start_over(run, how)
            case Stranded(run, reason):
                self._wait_again(run)
                self._stranded = reason
            case Left():
                self._tell_of(report, f"left behind: {report.text}")
            case Note():
                self._tell_of(report, report.text)
            case Death():
                self._bury(report)

    def _record(self, batch: Batch) -> None:
        self._store.add_trials(*batch.rows)
        if batch.trials > self._trials[batch.run]:
            self._trials[batch.run] = batch.trials
            self._losses.progress(batch.run)
        self._store.set_run(
            batch.run,
            spent=batch.spent,
            trials=batch.trials,
            failed_trials=batch.failed_trials,
            clock=batch.clock,
            seconds=batch.seconds,
            optimizer_seconds=batch.optimizer_seconds,
        )

    def _end(self, end: End) -> None:
        self._left_alone.discard(end.run)  # it came to its end before it heard of that
        self._aside.discard(end.run)
        self._store.set_run(end.run, status=end.status, activity=None, error=end.error)
        if end.status is RunStatus.FAILED:
            self._log("error", end.run, "failed", end.error or "no reason given")

    def _tell_of(self, told: Left | Note, what: str) -> None:
        """Once for all repetitions of a pair of which the same is to be told."""
        run = self._runs[told.run]
        if (same := (run.problem, run.label, what)) not in self._said:
            self._said.add(same)
            self._store.log("warning", f"{self._name(told.run)} {what}", told.run)

    def _start_over(self, run_id: int, how: str) -> None:
        """A replay did not ask what is recorded: the optimizer is not deterministic. Its run starts over, once."""
        if run_id in self._restarted:
            self._end_run(run_id, f"its replay diverges, and did so again after a fresh start: {how}")
            return
        self._restarted.add(run_id)
        self._fatal.pop(run_id, None)
        self._forget(run_id)
        self._log("warning", run_id, "starts over, its replay diverged", how)
        self._wait_again(run_id)

    def _bury(self, death: Death[RunTask]) -> None:
        task, activity = death.task, death.activity
        if self._cancelled or task.run in self._left_alone | self._aside:
            self._wait_again(task.run)
        elif self._losses.forgives(task.run, death):
            if death.begun:
                what = f"goes on in another process, it lost its own during {activity}"
                self._log("warning", task.run, what, death.reason)
            self._wait_again(task.run)
        elif activity.phase is Phase.EVALUATING:
            self._fail_trial(task, activity, blamed(death))
        elif activity.phase is Phase.TOGETHER:
            self._separate(task, activity, blamed(death))
        elif not task.careful and (task.simulation or self._trials[task.run] < activity.number):
            # Its last trials were not sent. They are run again, each sent at once, up to the same death.
            self._careful.add(task.run)
            self._log("warning", task.run, f"is run again, it ended during {activity}", death.reason)
            self._wait_again(task.run)
        else:
            self._end_run(task.run, f"during {activity}: {blamed(death)}")

    def _separate(self, task: RunTask, activity: Activity, reason: str) -> None:
        """A process was lost while it evaluated several trials: one by one, they will show whose doing it was."""
        run = task.run
        self._deaths_together[run] += 1
        for_good = self._deaths_together[run] == DEATHS_TOGETHER
        self._alone[run] = sys.maxsize if for_good else activity.number + 1
        which = "from now on" if for_good else f"up to {activity.number}"
        self._log("warning", run, f"evaluates trials {which} one by one, it lost its process during {activity}", reason)
        self._wait_again(run)

    def _fail_trial(self, task: RunTask, activity: Activity, reason: str) -> None:
        """A trial took its process down."""
        fatal, number = self._fatal.setdefault(task.run, {}), activity.number
        if len(fatal) >= MOST_DEATHS or number in fatal:
            self._end_run(task.run, f"{len(fatal) + 1} of its trials took the process down: {reason}")
            return
        fatal[number] = Fatal(reason, int((time.monotonic() - activity.since) * 1e9))
        self._log("warning", task.run, f"{'question' if task.simulation else 'trial'} {number} failed", reason)
        self._wait_again(task.run)

    def _wait_again(self, run_id: int) -> None:
        aside = RunStatus.PAUSED if run_id in self._aside else None
        status = RunStatus.CANCELLED if run_id in self._left_alone else aside or RunStatus.WAITING
        self._store.set_run(run_id, status=status, activity=None)
        if status is RunStatus.WAITING and run_id not in self._waiting:
            self._waiting.appendleft(run_id)

    def _end_run(self, run_id: int, reason: str) -> None:
        self._store.set_run(run_id, status=RunStatus.FAILED, activity=None, error=reason)
        self._log("error", run_id, "failed", reason)

    def _log(self, level: Level, run_id: int, what: str, reason: str) -> None:
        """A line for the first of a kind of reasons; those like it are counted, and told together at the end."""
        short = first_line(reason) or ""
        key = (level, kind_of(short))
        if key in self._told:
            self._alike[key] += 1
            return
        self._told[key] = short
        self._store.log(level, f"{self._name(run_id)} {what}: {short}", run_id)

    def _log_alike(self) -> None:
        for (level, kind), count in self._alike.items():
            self._store.log(level, f"{count} more times for the same reason: {self._told[level, kind]}")

    def _name(self, run_id: int) -> str:
        run: RunRow = self._runs[run_id]
        return f"{run.label} on {run.problem}, repetition {run.repetition}"


def main() -> None:
    """``FOLDER LOCK_DESCRIPTOR``: the inherited descriptor holds the folder's lock until this process ends."""
    show_only_what_is_seen()
    folder, descriptor = Path(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(descriptor, False)
    _say(descriptor, lock.KILLED)
    if not os.environ.get(address.VARIABLE):  # a cluster of this process starts others than workers
        family.adopt()
    sweep(str(folder.resolve()))
    try:
        Supervisor(folder, descriptor).run()
    except (*trouble.ERRORS, OSError, HpobenchError, subprocess.CalledProcessError) as error:
        reason = failure.told(error, folder)
        _say(descriptor, reason)
        with suppress(OSError):  # the log may be on the disk that is full
            os.write(2, f"hpobench: the supervisor of {folder} stopped: {explain(error)} ({reason}).\n".encode())
        sys.exit(failure.STOPPED + failure.cause(error, folder))
    except BaseException as error:
        _say(descriptor, describe(error))
        raise
    _say(descriptor, "")


def _say(descriptor: int, words: str) -> None:
    """Leave last words; where that is impossible, the exit status says what it can."""
    with suppress(OSError):
        lock.leave(descriptor, words)


if __name__ == "__main__":
    main()
