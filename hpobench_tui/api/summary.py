"""An experiment in short, as a shell and a notebook show it. Names and reasons are somebody else's texts."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from hpobench_tui.analysis.columns import Comparison, Content, headed, notes
from hpobench_tui.analysis.equality import Spread
from hpobench_tui.analysis.selection import by_problem
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.text import in_line

if TYPE_CHECKING:
    from hpobench_tui.analysis.final import FinalRow
    from hpobench_tui.api.experiment import Experiment

MOST_PROBLEMS = 20
"""That are shown with their tables; ``table()`` has all."""


def text(experiment: "Experiment") -> str:
    """A few lines: what it is, where it stands, and who leads where."""
    try:
        lines = [_headline(experiment)]
        for problem, rows in _leading(experiment).items():
            lines.append(f"  {problem}: {_leader(rows)}")
    except HpobenchError as error:
        lines = [f"Experiment in {experiment.folders[0]}: {error}"]
    return "\n".join(map(in_line, lines))


def html(experiment: "Experiment") -> str:
    """The comparison table of each problem."""
    try:
        parts = [f"<p><b>{_words(_headline(experiment))}</b></p>"]
        groups = _leading(experiment)
        for problem, rows in groups.items():
            comparison, columns = Comparison(rows), headed(rows, brief=True)
            head = "".join(f"<th>{_words(heading)}</th>" for heading in columns.values())
            body = "".join(
                f"<tr>{''.join(_cell(column.of(row, comparison), column.form) for column in columns)}</tr>"
                for row in rows
            )
            parts.append(f"<table><caption>{_words(problem)}</caption><tr>{head}</tr>{body}</table>")
            parts += [f"<p>{_words(f'{row.label}: {row.note}')}</p>" for row in rows if row.note]
        said = [line for rows in list(groups.values())[:1] for line in notes(rows)]
        parts += [f"<p><small>{_words(line)}</small></p>" for line in (*said, *experiment.notes())]
    except HpobenchError as error:
        parts = [f"<p>{_words(str(error))}</p>"]
    return "\n".join(parts)


def _headline(experiment: "Experiment") -> str:
    runs = experiment._union().runs()
    trials = sum(run.trials for run in runs)
    failed = sum(run.failed_trials for run in runs)
    counts = f"{len(runs)} runs, {trials} trials{f', {failed} of them failed' * bool(failed)}"
    return (
        f"Experiment {experiment.name}: {experiment.status}, {len(experiment.problems)} problem"
        f"{'s' * (len(experiment.problems) != 1)} × {len(experiment.optimizers)} optimizers, {counts}"
    )


def _leading(experiment: "Experiment") -> "dict[str, list[FinalRow]]":
    groups = by_problem(experiment._rows(None, None))
    return dict(list(groups.items())[:MOST_PROBLEMS])


def _leader(rows: "Sequence[FinalRow]") -> str:
    known = sorted((row for row in rows if row.median is not None), key=lambda row: row.median or 0.0)
    shown = [f"{row.label} {row.median:.4g}{' (so far)' * row.provisional}" for row in known[:3]]
    return f"median {rows[0].measure}: {', '.join(shown)}{', …' * (len(known) > 3)}" if shown else "no value yet"


def _cell(value: Content, form: str) -> str:
    match value:
        case Spread(median, best, tied, quartiles):
            between = f" [{', '.join(f'{end:.3g}' for end in quartiles)}]" if quartiles else ""
            shown = "–" if median is None else f"{median:.4g}{between}{' *' * best}{' tie' * tied}"
            return f"<td>{f'<b>{shown}</b>' if best else shown}</td>"
        case str():
            return f"<td>{_words(value)}</td>"
        case None:
            return "<td>–</td>"
    return f"<td>{value:{form or '.3g'}}</td>"


def _words(text: str) -> str:
    return escape(in_line(text))
