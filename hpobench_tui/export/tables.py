"""Final and anytime tables as CSV (full precision), Markdown and LaTeX (booktabs; what wins a problem in bold)."""

from collections.abc import Iterable, Mapping, Sequence
from string import ascii_lowercase
from typing import TypeAlias

from hpobench_tui.analysis.anytime import AnytimeTable
from hpobench_tui.analysis.columns import Comparison, ShownColumn, equal_within, headed, notes
from hpobench_tui.analysis.equality import Spread, places
from hpobench_tui.analysis.final import FinalRow
from hpobench_tui.analysis.landmarks import Known
from hpobench_tui.analysis.measure import BEYOND, LARGEST
from hpobench_tui.analysis.ranks import Ranking
from hpobench_tui.analysis.selection import by_problem
from hpobench_tui.export.markup import LATEX, MARKDOWN, Markup, latex_rows, markdown_table
from hpobench_tui.export.tabular import NEEDS, across, names, tabular

CAPTION = (
    "Medians with quartiles over seeds. Failed runs are left out of the numbers and named below. A median below all"
    " others of its problem is bold; a tie is nobody's win."
)
NO_RANKS = "No average ranks: there is no problem on which two optimizers have finished runs."
LANDMARKS_CAPTION = "Lines without runs are known solutions."

RANKS_EQUAL = 1e-9
"""Mean ranks are halves over the number of problems."""

Landmarks: TypeAlias = Mapping[str, Sequence[Known]]


def final_markdown(
    rows: Sequence[FinalRow],
    title: str,
    budgets: Mapping[str, str],
    landmarks: Landmarks,
    warnings: Sequence[str] = (),
) -> str:
    """A section a problem.

    Args:
        budgets: Problem to its budget in words, for the headings.
        landmarks: By problem; below the optimizers.
        warnings: Lines below all.
    """
    parts = [f"# {MARKDOWN.text(title)}", MARKDOWN.text(_caption(rows, landmarks))]
    comparison, footnotes = Comparison(rows), _Footnotes(MARKDOWN)
    for problem, group in by_problem(rows).items():
        parts.append(f"## {MARKDOWN.text(_heading(problem, budgets))}")
        columns = headed(group)
        parts.append(markdown_table(list(columns.values()), _lines(columns, group, comparison, landmarks, footnotes)))
    if _several(rows) and comparison.ranking:
        parts.append(f"## {MARKDOWN.text(f'Average rank {comparison.ranking.extent}')}")
        parts.append(markdown_table(("optimizer", "rank"), _rank_cells(comparison.ranking, MARKDOWN)))
    elif _several(rows):
        parts.append(NO_RANKS)
    parts += [f"{MARKDOWN.mark(sign)} {text}" for sign, text in footnotes.found]
    return "\n\n".join([*parts, *map(MARKDOWN.text, warnings)]) + "\n"


def final_latex(
    rows: Sequence[FinalRow],
    title: str,
    budgets: Mapping[str, str],
    landmarks: Landmarks,
    warnings: Sequence[str] = (),
) -> str:
    r"""A ``table`` environment to ``\input``; the document needs ``\usepackage{booktabs}``."""
    comparison, columns, footnotes = Comparison(rows), headed(rows), _Footnotes(LATEX)
    mixed = len({row.measure for row in rows}) > 1
    sections = [
        [
            [across(_heading(problem, budgets) + (f": {group[0].measure}" if mixed else ""))],
            *_lines(columns, group, comparison, landmarks, footnotes),
        ]
        for problem, group in by_problem(rows).items()
    ]
    caption = _caption(rows, landmarks)
    if _several(rows) and comparison.ranking:
        ranks, rest = _rank_cells(comparison.ranking, LATEX), [""] * (len(columns) - 2)
        sections.append([[across(f"Average rank {comparison.ranking.extent}")], *([*cells, *rest] for cells in ranks)])
    elif _several(rows):
        caption = f"{caption} {NO_RANKS}"
    return _latex(list(columns.values()), sections, title, caption, footnotes, warnings, [row.label for row in rows])


def anytime_markdown(
    tables: Sequence[AnytimeTable], title: str, units: Mapping[str, str], warnings: Sequence[str] = ()
) -> str:
    """A section a problem, a column a mark.

    Args:
        units: Problem to what its marks count, in words.
        warnings: Lines below all.
    """
    parts = [f"# {MARKDOWN.text(title)}"]
    for table in tables:
        parts.append(f"## {MARKDOWN.text(f'{table.problem}: median {table.measure} at {units[table.problem]}')}")
        if table.marks:
            parts.append(markdown_table(*_anytime(table, MARKDOWN)))
        else:
            parts.append("No run has a value.")
    parts.append(MARKDOWN.text(_anytime_rule(tables)))
    return "\n\n".join([*parts, *map(MARKDOWN.text, warnings)]) + "\n"


def anytime_latex(
    tables: Sequence[AnytimeTable], title: str, units: Mapping[str, str], warnings: Sequence[str] = ()
) -> str:
    r"""A ``table`` environment a problem; the document needs ``\usepackage{booktabs}``."""
    made = []
    for table in tables:
        header, cells = _anytime(table, LATEX)
        caption = f"{table.problem}: median {table.measure} at {units[table.problem]}. {_anytime_rule([table])}"
        made.append(
            _latex(header, [cells], title, caption, _Footnotes(LATEX), warnings, [row.label for row in table.rows])
        )
    return "\n".join(made)


class _Footnotes:
    """Collects the notes of rows and hands out their signs: a, b, …, z, aa, ab, …"""

    def __init__(self, markup: Markup) -> None:
        self.markup = markup
        self.found: list[tuple[str, str]] = []

    def add(self, row: FinalRow) -> str:
        """The sign of the row's note as a superscript; empty if it has none."""
        if row.note is None:
            return ""
        number = len(self.found)
        prefix = ascii_lowercase[number // 26 - 1] if number >= 26 else ""
        sign = prefix + ascii_lowercase[number % 26]
        self.found.append((sign, self.markup.text(f"{row.label} on {row.problem}: {row.note}.")))
        return self.markup.mark(sign)


def _caption(rows: Sequence[FinalRow], landmarks: Landmarks) -> str:
    return " ".join([CAPTION, *notes(rows), *[LANDMARKS_CAPTION] * bool(landmarks)])


def _anytime_rule(tables: Sequence[AnytimeTable]) -> str:
    text = equal_within(tables)
    medians = [median for table in tables for row in table.rows for median in row.medians if median is not None]
    beyond = any(abs(median) >= LARGEST for median in medians)
    return f"{text} Numbers {BEYOND}." if beyond else text


def _lines(
    columns: Iterable[ShownColumn],
    rows: Sequence[FinalRow],
    comparison: Comparison,
    landmarks: Landmarks,
    notes: _Footnotes,
) -> list[list[str]]:
    """Of one problem: a line a row, its footnote's sign after its label, and a line a landmark."""
    markup = notes.markup
    lines = [[markup.cell(column.of(row, comparison), column.form) for column in columns] for row in rows]
    for row, cells in zip(rows, lines, strict=True):
        cells[0] += notes.add(row)
    known = landmarks.get(rows[0].problem, ())
    return lines + [[markup.cell(column.of_landmark(mark)) for column in columns] for mark in known]


def _anytime(table: AnytimeTable, markup: Markup) -> tuple[list[str], list[list[str]]]:
    """Header and cells."""
    runs = [f"{row.runs} ({row.failed} failed)" if row.failed else str(row.runs) for row in table.rows]
    return ["optimizer", "runs", *(f"{mark:.6g}" for mark in table.marks)], [
        [markup.text(row.label), counted, *map(markup.cell, row.spreads)]
        for row, counted in zip(table.rows, runs, strict=True)
    ]


def _several(rows: Sequence[FinalRow]) -> bool:
    """Whether ranks say more than the tables above: several labels on several problems."""
    return len(by_problem(rows)) > 1 and len({row.label for row in rows}) > 1


def _rank_cells(ranking: Ranking, markup: Markup) -> list[list[str]]:
    best, tied = places(list(ranking.ranks.values()), RANKS_EQUAL)
    return [
        [markup.text(label), markup.cell(Spread(rank, b, t), ".2f")]
        for (label, rank), b, t in zip(ranking.ranks.items(), best, tied, strict=True)
    ]


def _heading(problem: str, budgets: Mapping[str, str]) -> str:
    return f"{problem} ({budgets[problem]})" if problem in budgets else problem


def _latex(
    header: Sequence[str],
    sections: Sequence[Sequence[Sequence[str]]],
    title: str,
    caption: str,
    footnotes: _Footnotes,
    warnings: Sequence[str],
    labels: Iterable[str],
) -> str:
    body = "\n\\midrule\n".join(map(latex_rows, sections))
    made = tabular(
        f"{names(labels)}{'r' * (len(header) - 1)}",
        latex_rows([list(header)]),
        body,
        f"{LATEX.text(title)}. {LATEX.text(caption)}",
        sum(map(len, sections)),
        [*(f"{LATEX.mark(sign)} {text}" for sign, text in footnotes.found), *map(LATEX.text, warnings)],
    )
    return f"{NEEDS}\n{made}"
