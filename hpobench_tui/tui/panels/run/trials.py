"""The trials of a run: a table that may have a million rows, of which those on the screen are read in full."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from textual.app import ComposeResult

from hpobench_tui.core.records import ProgressTable
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.store.reader import RunRow, TrialRow
from hpobench_tui.tui.feed import Reading
from hpobench_tui.tui.feed.rows import Rows
from hpobench_tui.tui.feed.story import Story, rows_until, trials_until
from hpobench_tui.tui.feed.trials import FAILED, STATUSES, Numbers, Trials
from hpobench_tui.tui.feed.values import Configurations, Values, written
from hpobench_tui.tui.panels.panel import Panel, View
from hpobench_tui.tui.widgets.bar import duration
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.table import Cell, Column, Row, Table, Tone

TONES: Mapping[TrialStatus, Tone] = {
    TrialStatus.FAILED: "bad",
    TrialStatus.PRUNED: "warn",
    TrialStatus.CUT: "warn",
    TrialStatus.DONE: "dim",
}
LONGEST = 18
"""Columns of a hyperparameter's name above its values; in the trial it stands in full."""
_BEFORE, _AFTER = ("trial", "state", "loss"), ("cost", "time", "error")


class TrialsPanel(Panel):
    """Every trial that is recorded. Enter opens one."""

    DEFAULT_CSS = "TrialsPanel { height: 3fr; } TrialsPanel.-small { height: 1fr; }"

    name, side = "trials", "left"
    help = """\
A row is a trial: what was tried, what it lost and cost. A star is the best of all, a dot was the best when it ended.
"·" is a hyperparameter that was not active. / looks for a number, a state or a choice; f puts failed trials first.
Enter opens a trial with its traceback, its learning curve and what it continues; y copies its configuration as JSON."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._view: View | None = None
        self._memo: dict[str, Any] = {}

    def compose(self) -> ComposeResult:
        yield Table((), id=self.name, name_of="trials", enter="Open the trial")

    def wants(self, view: View) -> Sequence[Reading[Any]]:
        if view.run_row is None:
            return ()
        return [view.feed.get(kind, view.run) for kind in (Trials, Story, Values, Rows)]

    def show(self, view: View) -> None:
        before, self._view = self._view, view
        table, run = self.query_one(Table), view.run_row
        if run is None:
            return self.say("there is no such run")
        trials, story = view.feed.get(Trials, run.id), view.feed.get(Story, run.id)
        rows, values = view.feed.get(Rows, run.id), view.feed.get(Values, run.id)
        every, progress = trials.picture, story.picture
        if every is None or progress is None:
            return self.say("")
        until = trials_until(run, progress, view.at)
        numbers = every.before(until)
        shown = TrialList(run, numbers, progress.rows(slice(0, rows_until(run, progress, view.at))), values.picture,
                          rows.picture or {}, rows.ask, self._memo, view.ascii_only)  # fmt: skip
        self.entitle(*titles(run, len(every), len(numbers), until))
        table.set_columns(shown.columns)
        table.fill(shown, "no trial has ended yet" if not run.status.at_rest else "no trial is recorded")
        if view.trial is not None and (before is None or (view.run, view.trial) != (before.run, before.trial)):
            table.move_to(view.trial)

    def say(self, reason: str) -> None:
        self.query_one(Table).fill([], reason)

    def on_table_moved(self, message: Table.Moved) -> None:
        message.stop()
        if self._view is not None and isinstance(message.key, int) and message.key != self._view.trial:
            self.post_message(self.Look(self._view.but(trial=message.key)))

    def on_table_chosen(self, message: Table.Chosen) -> None:
        message.stop()
        if self._view is not None and isinstance(message.key, int):
            self.post_message(self.Down(self._view.but(trial=message.key)))


def titles(run: RunRow, recorded: int, shown: int, until: int | None) -> tuple[str, str]:
    """Of the panel; they say if not all trials are there to be shown."""
    parts = []
    if recorded < run.trials:
        parts.append(f"{recorded} of {run.trials} recorded: the first ones, and what became the best")
    if until is not None:
        parts.append(f"{shown} had ended by then")
    failed = f", {run.failed_trials} failed" if run.failed_trials else ""
    return f"trials: {run.trials}{failed}", "; ".join(parts)


class TrialList:
    """The rows of the table (``widgets.table.Rows``, which it sorts and filters by itself).

    Args:
        numbers: Of the trials that are shown.
        progress: Where the run stood until then.
        configurations: Of the first of them, or None while they are not read.
        known: The trials that were read in full; ``ask`` has others read.
        memo: Where the order of the rows is kept from one fill to the next.
    """

    def __init__(
        self,
        run: RunRow,
        numbers: Numbers,
        progress: ProgressTable,
        configurations: Configurations | None,
        known: Mapping[int, TrialRow | None],
        ask: Callable[[Sequence[int]], None],
        memo: dict[str, Any],
        ascii_only: bool,
    ) -> None:
        self._run, self._numbers, self._known, self._ask = run, numbers, known, ask
        self._memo, self._ascii = memo, ascii_only
        self._configurations = configurations
        self._best = int(progress.incumbent[-1]) if len(progress) else -1
        became = progress.number[progress.number == progress.incumbent]
        self._became = frozenset() if run.noisy else frozenset(became.tolist())
        self._parts = configurations.columns if configurations is not None else ()
        fidelity = ("fidelity",) if run.fidelity is not None else ()
        self._names = (*_BEFORE, *fidelity)
        self.columns = [
            *(Column(name, "left" if name == "state" else "right", key=name) for name in self._names),
            *(Column(shortened(part.name, ascii_only), "left" if part.choices else "right", key=part.name)
              for part in self._parts),
            *(Column(name, "left" if name == "error" else "right", yields=name == "error", key=name)
              for name in _AFTER),
        ]  # fmt: skip

    def __len__(self) -> int:
        return len(self._numbers)

    def key(self, i: int) -> int:
        return int(self._numbers.number[i])

    def row_of(self, key: object) -> int | None:
        """Where a trial is."""
        return self._numbers.place(key) if isinstance(key, int) else None

    def cells(self, i: int) -> Row:
        numbers, at = self._numbers, self.key(i)
        if at not in self._known:
            self._ask((at,))
        row = self._known.get(at)
        status = STATUSES[numbers.status[i]]
        best = at == self._best
        mark = (
            ("* " if self._ascii else "★ ") if best else ("+ " if self._ascii else "• ") if at in self._became else ""
        )
        loss = float(numbers.loss[i])
        cells = [
            Cell(f"{mark}{at}", "good" if mark else "", bold=best),
            Cell(status, TONES[status]),
            Cell("·" if loss != loss else number(loss), "good" if mark else "", bold=best),
        ]
        if len(self._names) > len(_BEFORE):
            cells.append(fidelity_cell(row, numbers, i))
        waiting = Cell("~" if self._ascii else "…", "dim")
        cells += [waiting if row is None else value_cell(row.configuration, part.name) for part in self._parts]
        cells.append(Cell(number(float(numbers.cost[i]) / self._run.quanta_per_unit), "dim"))
        cells.append(Cell(duration(float(numbers.seconds[i])), "dim"))
        cells.append(Cell("" if row is None or row.error is None else row.error, "bad"))
        return tuple(cells)

    def value(self, i: int, column: int) -> Any:
        found = self._sorted_by(column)
        return None if found is None or i >= len(found) or found[i] != found[i] else found[i].item()

    def text(self, i: int) -> str:
        words = [str(self.key(i)), STATUSES[self._numbers.status[i]]]
        parts = [part for part in self._parts if part.choices and i < len(part.values) and not np.isnan(part.values[i])]
        return " ".join([*words, *(part.choices[int(part.values[i])] for part in parts)])

    def failed(self, i: int) -> bool:
        return bool(self._numbers.status[i] == FAILED)

    def copied(self, i: int) -> str:
        row = self._known.get(self.key(i))
        return "" if row is None else json.dumps(row.configuration, ensure_ascii=False)

    def arranged(
        self, words: Sequence[str], column: int | None, descending: bool, failures_first: bool
    ) -> Sequence[int]:
        """The rows that are shown, in order: a million at a time, where asking one by one would take seconds."""
        asked = (self._numbers.number.base, len(self), self._configurations, *words, None, column, descending,
                 failures_first)  # fmt: skip
        if not _alike(self._memo.get("asked"), asked):
            self._memo["asked"], self._memo["places"] = asked, self._arranged(words, column, descending, failures_first)
        found: Places = self._memo["places"]
        return found

    def _arranged(self, words: Sequence[str], column: int | None, descending: bool, failures_first: bool) -> "Places":
        values = None if column is None else self._sorted_by(column)
        if values is None:
            places = np.arange(len(self), dtype=np.int32)
        else:
            if len(values) < len(self):
                values = np.concatenate([values, np.full(len(self) - len(values), np.nan)])
            # NaN comes last either way
            places = np.argsort(-values if descending else values, kind="stable").astype(np.int32)
        for word in words:
            places = places[self._having(word.casefold())[places]]
        if failures_first:
            failed = self._numbers.status[places] == FAILED
            places = np.concatenate([places[failed], places[~failed]])
        return Places(places)

    def _having(self, word: str) -> NDArray[np.bool_]:
        numbers = self._numbers
        found = np.array([word in status for status in STATUSES])[numbers.status]
        if word.isdecimal() and len(word) < 10:
            found |= numbers.number == int(word)
        for part in self._parts:
            codes = [code for code, choice in enumerate(part.choices) if word in choice.casefold()]
            if codes:
                values = part.values[: len(self)]
                found[: len(values)] |= np.isin(values, codes)
        return found

    def _sorted_by(self, column: int) -> NDArray[Any] | None:
        """The numbers of a column, of the first trials at least; None: it cannot be sorted by."""
        numbers, name = self._numbers, self.columns[column].key
        place = column - len(self._names)
        if 0 <= place < len(self._parts):
            return _in_order(self._parts[place].values, self._parts[place].choices)
        match name:
            case "trial":
                return numbers.number
            case "state":
                return numbers.status.astype(np.int8)
            case "loss":
                return numbers.loss
            case "fidelity" if numbers.fidelity is not None:
                return np.where(numbers.fidelity >= 0, numbers.fidelity, np.float32(np.nan))
            case "cost":
                return numbers.cost
            case "time":
                return numbers.seconds
        return None


class Places(Sequence[int]):
    """Numbers of rows in an array, among which one is found quickly."""

    def __init__(self, places: NDArray[np.int32]) -> None:
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> list[int]: ...
    def __getitem__(self, at: int | slice) -> int | list[int]:
        return self._places[at].tolist()  # type: ignore[no-any-return]

    def index(self, value: int, start: int = 0, stop: int | None = None) -> int:
        found = np.flatnonzero(self._places[start:stop] == value)
        if not len(found):
            raise ValueError(f"{value} is not shown")
        return start + int(found[0])


def _alike(one: tuple[object, ...] | None, other: tuple[object, ...]) -> bool:
    """Whether the same was asked of the same."""
    return (
        one is not None
        and len(one) == len(other)
        and all(a is b or (not isinstance(a, np.ndarray) and a == b) for a, b in zip(one, other, strict=True))
    )


def _in_order(values: NDArray[np.float64], choices: Sequence[str]) -> NDArray[np.float64]:
    """Choices by their names, not by which came first."""
    if not choices:
        return values
    rank = np.empty(len(choices))
    rank[sorted(range(len(choices)), key=lambda code: choices[code])] = np.arange(len(choices))
    known = ~np.isnan(values)
    ordered = np.full(len(values), np.nan)
    ordered[known] = rank[values[known].astype(np.int64)]
    return ordered


def value_cell(configuration: Mapping[str, Any], name: str) -> Cell:
    """A value of a configuration in short."""
    if name not in configuration:
        return Cell("·", "dim")
    value = configuration[name]
    return Cell(number(value) if isinstance(value, float) else written(value))


def fidelity_cell(row: TrialRow | None, numbers: Numbers, i: int) -> Cell:
    """``reached/asked`` where these differ."""
    reached = -1 if numbers.fidelity is None else int(numbers.fidelity[i])
    text = "·" if reached < 0 else str(reached)
    if row is not None and row.target is not None and row.target != reached:
        text += f"/{row.target}"
    return Cell(text)


def shortened(name: str, ascii_only: bool) -> str:
    """The beginning and the end of a long name: long ones often differ at their ends."""
    if len(name) <= LONGEST:
        return name
    cut = "~" if ascii_only else "…"
    return f"{name[: LONGEST // 3]}{cut}{name[-(LONGEST - LONGEST // 3 - 1) :]}"
