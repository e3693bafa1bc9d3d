"""One or several experiments from Python: what they hold as frames, what follows from it as tables and figures.

Everything is read anew where the stores have changed since, so that an experiment may still be running.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hpobench_tui.analysis.filters import EVERYTHING, Filters
from hpobench_tui.analysis.union import Union
from hpobench_tui.api import inputs
from hpobench_tui.api.watch import cancel, follow
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.text import in_line, visible
from hpobench_tui.engine.front import lifecycle

if TYPE_CHECKING:
    import polars as pl

    from hpobench_tui.analysis.final import FinalRow
    from hpobench_tui.api.plots import Plots

Again = Callable[[bool, bool], None]
"""Goes on with what is unfinished, in this process; told whether to show how far it is, and to retry what failed."""


class Experiment:
    """A view of experiments; ``hpo.run``, ``hpo.open`` and ``hpo.minimize`` make one.

    Frames are polars', whose ``to_pandas()`` and ``to_arrow()`` share their memory where that can be.
    :meth:`columns` says what stands in them. Losses are to be minimised, whatever they are of.

    Args:
        folders: Of the experiments.
        chosen: The part that is looked at.
        pool: Equal labels of several experiments are one.
        again: How to go on with it, where no other process can.
    """

    def __init__(
        self, folders: Sequence[Path], chosen: Filters = EVERYTHING, pool: bool = False, again: Again | None = None
    ) -> None:
        self.folders = tuple(folders)
        self._chosen, self._pool, self._again = chosen, pool, again
        self._opened: Union | None = None
        self._versions: list[int] = []
        self._union()  # says at once what cannot be read

    def __enter__(self) -> "Experiment":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files; what is asked for later opens them again."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _union(self) -> Union:
        if self._opened is not None and self._versions != [reader.changes() for reader in self._opened.readers]:
            self.close()
        if self._opened is None:
            union = Union(self.folders, self._chosen, self._pool)
            self._versions = [reader.changes() for reader in union.readers]
            self._opened = union
        return self._opened

    # What it is, and where it stands

    @property
    def folder(self) -> Path:
        """Where it lies.

        Raises:
            HpobenchError: there are several.
        """
        if len(self.folders) > 1:
            raise HpobenchError(f"there are {len(self.folders)} experiments; `folders` has the folder of each.")
        return self.folders[0]

    @property
    def name(self) -> str:
        """Its name, or those of all."""
        return self._union().name

    @property
    def problems(self) -> list[str]:
        """Names of the problems."""
        return list(dict.fromkeys(run.problem for run in self._union().runs()))

    @property
    def optimizers(self) -> list[str]:
        """Labels of the optimizers."""
        return list(dict.fromkeys(run.label for run in self._union().runs()))

    @property
    def status(self) -> str:
        """Where it stands: ``running``, ``finished``, ``cancelled``, ``interrupted`` …; of several, of each."""
        rows = zip(self.folders, self._union().experiments, strict=True)
        return ", ".join(dict.fromkeys(str(lifecycle.status(folder, row)) for folder, row in rows))

    def notes(self) -> list[str]:
        """What must be known beside every number: what was left out, what is no longer as it was written."""
        return self._union().notes()

    def wait(self, progress: bool = True) -> "Experiment":
        """Wait for its end; Ctrl-C cancels it.

        Raises:
            HpobenchError: it ended before its time.
        """
        self._follow(progress)
        return self

    def _follow(self, progress: bool) -> None:
        if not follow(self.folder, progress):
            self.tell_cancelled()

    def tell_cancelled(self) -> None:
        """Say on standard error how to go on."""
        how = f"hpo.open({str(self.folder)!r}).resume()" if self._again is None else "resume() of the experiment"
        print(in_line(f"cancelled; what is recorded stays. {how} goes on."), file=sys.stderr)

    def cancel(self) -> None:
        """End it; what is recorded stays, and :meth:`resume` goes on."""
        cancel(self.folder)

    def resume(
        self, *, retry_failed: bool = False, accept_changes: bool = False, progress: bool = True
    ) -> "Experiment":
        """Go on with what is unfinished, and wait for it.

        Args:
            retry_failed: Also run again what failed, from its start.
            accept_changes: Go on even if code is another than that which ran, which tables then say.

        Raises:
            HpobenchError: it is running, something that it needs is not here, or its store or code was changed.
        """
        if self._again is not None:
            self.close()
            self._again(progress, retry_failed)
        elif lifecycle.resume(self.folder, retry_failed, accept_changes):
            self._follow(progress)
        return self

    # What it holds

    @staticmethod
    def columns(frame: str) -> "pl.DataFrame":
        """The columns of ``runs``, ``trials``, ``progress``, ``curves`` or ``reports``: name, meaning and unit."""
        from hpobench_tui.api import frames

        return frames.described(frame)

    def runs(self) -> "pl.DataFrame":
        """One row a run: where it stands, what it spent."""
        from hpobench_tui.api import frames

        return frames.runs(self._union())

    def trials(self, hyperparameters: bool = False) -> "pl.DataFrame":
        """One row a recorded trial.

        Args:
            hyperparameters: A column ``config.NAME`` for each, in place of ``configuration``, which is JSON.
        """
        from hpobench_tui.api import frames

        return frames.trials(self._union(), hyperparameters)

    def progress(self) -> "pl.DataFrame":
        """One row a place where a run stood: exact sums over all its trials, recorded or not."""
        from hpobench_tui.api import frames

        return frames.progress(self._union())

    def curves(self, measure: str | Measure | None = None, axis: str | Axis = Axis.BUDGET) -> "pl.DataFrame":
        """One row a step of a run's curve: the measure is ``y`` from ``x`` on.

        Args:
            measure: ``simple``, ``cumulative``, ``pseudo`` or ``incumbent``; None: what each problem is for.
            axis: ``budget``, ``evaluations``, ``fidelity`` or ``seconds``: what ``x`` counts.
        """
        from hpobench_tui.api import frames

        return frames.curves(self._union(), inputs.member("axis", axis, Axis), _measure(measure))

    def reports(self) -> "pl.DataFrame":
        """One row a report of a training on its way (learning curves), where somebody looked at them."""
        from hpobench_tui.api import frames

        return frames.reports(self._union())

    def errors(self) -> "pl.DataFrame":
        """One row a run or trial that failed (``trial`` is null for a run), with the reason; ``text`` is all of it."""
        from hpobench_tui.api import frames

        union = self._union()
        runs = {run.id: run for run in union.runs()}
        rows = [
            {
                **{name: getattr(runs[run], name) for name in frames.OF_A_RUN},
                "trial": trial, "reason": in_line(text.partition("\n")[0]), "text": visible(text),
            }
            for run, trial, text in union.failures()
        ]  # fmt: skip
        return frames.of_rows(rows, (*frames.OF_A_RUN, "trial", "reason", "text"))

    # What follows from it

    def table(self, measure: str | Measure | None = None, at: inputs.Amount | None = None) -> "pl.DataFrame":
        """One row a problem and optimizer: median with quartiles over the repetitions, and what they rest on.

        Args:
            at: Where all runs are cut, in units of their budgets; None: at their ends.
        """
        from hpobench_tui.analysis.columns import records
        from hpobench_tui.api import frames

        return frames.of_rows(records(self._rows(measure, at)))

    def _rows(self, measure: str | Measure | None, at: inputs.Amount | None) -> "list[FinalRow]":
        from hpobench_tui.analysis.final import final_table

        with self.at(at) as part:
            union = part._union()
            return final_table(union.runs(), union.ends(), _measure(measure), union.first_errors())

    def at(self, at: inputs.Amount | None) -> "Experiment":
        """The same, with all runs cut where so much of their budgets was spent; None: as it is."""
        from dataclasses import replace

        cut = self._chosen if at is None else replace(self._chosen, at=inputs.amount(at))
        return Experiment(self.folders, cut, self._pool, self._again)

    def rank(self, measure: str | Measure | None = None, at: inputs.Amount | None = None) -> "pl.DataFrame":
        """Average ranks of the medians, best first, over the problems on which all of those optimizers have finished.

        An optimizer that cannot be ranked with the others stands last, without a rank.
        """
        from hpobench_tui.analysis.ranks import average_ranks
        from hpobench_tui.api import frames

        ranking = average_ranks(self._rows(measure, at))
        order = sorted(ranking.ranks.items(), key=lambda pair: pair[1])
        rows = [{"label": label, "rank": rank, "problems": len(ranking.problems)} for label, rank in order]
        rows += [{"label": label, "rank": None, "problems": 0} for label in ranking.left_out]
        return frames.of_rows(rows, ("label", "rank", "problems"))

    def ecdf(self, problem: str | None = None) -> "pl.DataFrame":
        """The share of (problem, target) pairs that are reached: ``y`` from ``x`` on, one row a step of a label's.

        Args:
            problem: That one alone, over its budget; None: all of them, over shares of their budgets.

        Raises:
            HpobenchError: no reference is known of a problem.
        """
        from hpobench_tui.analysis import overall
        from hpobench_tui.api import frames

        found = overall.functions(self._union(), self._one(problem)).values()
        rows = [
            {"label": own.label, "x": float(x), "y": float(y), "problems": len(own.problems), "runs": own.n}
            for own in found
            for x, y in zip(own.x, own.y, strict=True)
        ]
        return frames.of_rows(rows, ("label", "x", "y", "problems", "runs"))

    def ert(self, problem: str | None = None) -> "pl.DataFrame":
        """Expected running time to each target that problems pin, in units of the budget: how long it takes on average
        to come so near to the reference, if an optimizer is started again until it does. Infinite where no run did.

        ``low`` and ``high`` are its 95 % interval; ``rate`` is the share of runs that reached the target.
        """
        from hpobench_tui.analysis import overall
        from hpobench_tui.api import frames

        rows = [
            {
                "problem": one.problem, "label": one.label, "target": row.target, "ert": row.ert.value,
                "low": row.ert.low, "high": row.ert.high, "successes": row.successes, "runs": one.n,
                "rate": row.rate.value,
            }
            for one, row in overall.running_times(self._union(), self._one(problem))
        ]  # fmt: skip
        columns = ("problem", "label", "target", "ert", "low", "high", "successes", "runs", "rate")
        return frames.of_rows(rows, columns)

    def importance(self, problem: str | None = None, pairs: bool = False) -> "pl.DataFrame":
        """How much each hyperparameter of a problem matters, from all its trials, with 95 % intervals.

        Args:
            problem: May be left out if it is the only one.
            pairs: One row a pair of hyperparameters instead: what both explain beyond each alone.

        Raises:
            HpobenchError: there are too few trials, or nothing varies in them.
        """
        from dataclasses import asdict

        from hpobench_tui.analysis import overall
        from hpobench_tui.api import frames

        found = overall.importance(self._union(), frames.one(self.problems, problem, "problem"))
        return frames.of_rows(map(asdict, found.pairs if pairs else found.shares), ("one", "other", "share"))

    def compare(
        self, before: str | None = None, after: str | None = None, *, baseline: str | None = None,
        measure: str | Measure | None = None, at: inputs.Amount | None = None, margin: float | None = None,
        alpha: float = 0.05,
    ) -> "pl.DataFrame":  # fmt: skip
        """Who is better, by how much, how sure, and how many seeds would settle it: one row a pair of labels and
        problem, paired by repetition. Rows without a problem are over all of them, and count problems won and lost.

        ``difference`` (with ``low`` and ``high``) is typically ``after`` less ``before``: below 0 where ``after`` is
        better. ``verdict`` is of ``after``: better, worse, equivalent, undecided; ``seeds`` would decide.

        Args:
            before, after: Two labels. Without them and ``baseline``, of two experiments (``hpo.open([a, b])``) each
                optimizer that both have is compared with itself, and of two labels the second with the first.
            baseline: All others against this label.
            margin: Differences up to it do not matter, in the unit of the measure.
            alpha: Level of the tests, which are corrected for how many there are.

        Raises:
            HpobenchError: there is nothing to compare.
        """
        from hpobench_tui.api import compared, frames

        with self.at(at) as part:
            union = part._union()
            pairs = compared.pairs(self.optimizers, union.names, before, after, baseline)
            return frames.of_rows(compared.rows(union, pairs, _measure(measure), margin, alpha))

    def _one(self, problem: str | None) -> str | None:
        from hpobench_tui.api import frames

        return None if problem is None else frames.one(self.problems, problem, "problem")

    def best(self) -> "pl.DataFrame":
        """One row a run that found something, best first within a problem: loss, and configuration as JSON."""
        import json

        from hpobench_tui.analysis.best import incumbents
        from hpobench_tui.api import frames

        rows = [
            {
                "problem": best.problem, "label": best.optimizer, "repetition": best.repetition, "loss": best.loss,
                "fidelity": best.fidelity, "spent": best.spent, "unit": best.unit,
                "configuration": json.dumps(dict(best.configuration)),
            }
            for best in incumbents(self._union())
        ]  # fmt: skip
        columns = (*frames.OF_A_RUN, "loss", "fidelity", "spent", "unit", "configuration")
        return frames.of_rows(rows, columns)

    def configuration(self, problem: str | None = None) -> Mapping[str, object]:
        """The best configuration that was found of a problem, as a dict; the problem may be left out if it is the only
        one.

        Raises:
            HpobenchError: there is no such problem, or nothing was found.
        """
        from hpobench_tui.analysis.best import incumbents
        from hpobench_tui.api import frames

        problem = frames.one(self.problems, problem, "problem")
        for best in incumbents(self._union()):
            if best.problem == problem:
                return dict(best.configuration)
        raise HpobenchError(f"no run has found anything on {problem}.")

    def audit(self) -> "pl.DataFrame":
        """One row a run: whether its budget was kept exactly and its rows are those that were written (``holds``)."""
        from dataclasses import asdict

        from hpobench_tui.analysis.audit import audit
        from hpobench_tui.api import frames

        union = self._union()
        several = len(union.readers) > 1
        chosen = {(id(reader), own) for run in union.runs() for reader, own in [union.reader_of(run.id)]}
        return frames.of_rows(
            [
                {**({"experiment": name} if several else {}), **asdict(row)}
                for name, reader in zip(union.names, union.readers, strict=True)
                for row in audit(reader)
                if (id(reader), row.run) in chosen
            ]
        )

    @property
    def plot(self) -> "Plots":
        """Figures: ``plot.regret()``, each of which returns Matplotlib axes."""
        from hpobench_tui.api.plots import Plots

        return Plots(self._union, self.problems, self.optimizers)

    # How it is shown

    def __repr__(self) -> str:
        from hpobench_tui.api import summary

        return summary.text(self)

    def _repr_html_(self) -> str:
        from hpobench_tui.api import summary

        return summary.html(self)


def _measure(given: str | Measure | None) -> Measure | None:
    return None if given is None else inputs.member("measure", given, Measure)
