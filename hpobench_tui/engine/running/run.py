"""One run, whatever its clock: prepare it, let the clock run, and say how it ended.

What an optimizer raises or asks wrongly costs its run, and so does a problem that cannot be set up; both are told with
the reason. What an objective does wrong costs its trial alone (``evaluation``); what takes the process down, the
supervisor sees.
"""

import traceback
from contextvars import Context
from pathlib import Path

from hpobench_tui import own_files
from hpobench_tui.core.describe import describe, explain, whole
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.optimizer import Closable, Planned
from hpobench_tui.core.status import RunStatus
from hpobench_tui.engine.messages import Diverged, End, PlannedBrackets, RunTask, Stranded
from hpobench_tui.engine.running.bench import own_context
from hpobench_tui.engine.running.books import Books, OptimizerError, Sink
from hpobench_tui.engine.running.evaluation import Evaluator, PrunerError, is_interrupt
from hpobench_tui.engine.running.evaluators import Evaluators, on_cluster, on_this_machine
from hpobench_tui.engine.running.loop import RealClock, Together
from hpobench_tui.engine.running.prepare import Prepared, prepare
from hpobench_tui.engine.running.replaying import ReplayDivergedError
from hpobench_tui.engine.running.side_by_side import SideBySide
from hpobench_tui.engine.running.simulator import SimulatedClock
from hpobench_tui.engine.running.together import GroupEvaluator, widest
from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.contract import NowhereError
from hpobench_tui.plugins import import_needed


class Run:
    """One run of an experiment in this process.

    Args:
        contained: This process is there for runs: what trials start ends with them.
    """

    def __init__(self, task: RunTask, sink: Sink, contained: bool = True) -> None:
        self._task, self._sink, self._contained = task, sink, contained
        self._prepared: Prepared | None = None
        self._books: Books | None = None
        self._context: Context

    def run(self) -> End | Diverged | Stranded:
        """Run to the end; never raises but for interrupts."""
        run_id = self._task.run
        try:
            self._sink.phase(Phase.LOADING)
            if self._task.code:
                own_files.use(own_files.seen(Path(self._task.code), self._task.sources))
            import_needed(self._task.problem, self._task.optimizer, imported=self._sink.imported)
            # What is imported stays; what the run then does to its context, such as NumPy's error state, ends with it.
            self._context = own_context()
            end = End(run_id, self._context.run(self._in_context))
        except ReplayDivergedError as error:
            return Diverged(run_id, str(error))
        except NowhereError as error:
            return Stranded(run_id, str(error))
        except (OptimizerError, PrunerError, HpobenchError) as error:
            end = End(run_id, RunStatus.FAILED, f"{explain(error)}\n{whole(error)}")
        except BaseException as error:  # contains any failure of an optimizer or a problem's set-up
            if is_interrupt(error):
                raise
            end = End(run_id, RunStatus.FAILED, f"{describe(error)}\n{whole(error)}")
        if self._books is not None and (last := self._books.recorder.end()):
            self._sink.trial(None, last, (), self._books)
        return end

    def _in_context(self) -> RunStatus:
        if self._task.evaluations is None:
            return self._with(None)
        if self._task.cluster:
            self._sink.phase(Phase.WAITING)  # for workers, as long as it takes
        where = on_cluster(self._task, self._sink) if self._task.cluster else on_this_machine(self._task)
        self._sink.phase(Phase.LOADING)
        evaluators = Evaluators(where, self._task, self._sink)
        try:
            return self._with(evaluators)
        finally:
            evaluators.close()

    def _with(self, evaluators: Evaluators | None) -> RunStatus:
        """Prepare it and let its clock run.

        Args:
            evaluators: Its evaluation processes, which get ready meanwhile, if it has some.
        """
        task, sink = self._task, self._sink
        self._prepared = prepared = prepare(task)
        if isinstance(prepared.optimizer, Planned):
            sink.plan(PlannedBrackets(task.run, tuple(prepared.optimizer.plan())))
        simulation, pruner = task.simulation, prepared.pruner
        self._books = books = Books(task, prepared, sink, telling=simulation is None and evaluators is None)
        if evaluators is not None:
            evaluators.look(prepared.step, pruner is not None or task.budget.unit.counts_time, pruner is not None)
            return SideBySide(books, evaluators, task, pruner).run()
        if simulation is None:
            group = GroupEvaluator(prepared, pruner, sink, task.fatal, books.reasons, self._contained)
            together = Together(widest(task, prepared), task.alone)
            return RealClock(books, group, task.recorded, task.standings, pruner, together).run()
        evaluator = Evaluator(prepared, None, sink, task.fatal, books.reasons, self._contained)  # reports come later
        return SimulatedClock(books, evaluator, task, pruner).run()

    def close(self) -> None:
        """Release what the optimizer holds. Called when the run's end is told already: it cannot change it any more."""
        self._sink.phase(Phase.CLOSING)
        if self._prepared is not None and isinstance(self._prepared.optimizer, Closable):
            try:
                self._context.run(self._prepared.optimizer.close)
            except BaseException as error:  # its results are in; whoever has to mend it finds it in the log
                if is_interrupt(error):
                    raise
                traceback.print_exc()
