"""Final and anytime tables as CSV (full precision), Markdown and LaTeX (booktabs; what wins a problem in bold)."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from string import ascii_lowercase
from types import MappingProxyType
from typing import TypeAlias

from hpobench_tui.analysis.anytime import AnytimeRow, AnytimeTable
from hpobench_tui.analysis.equality import places
from hpobench_tui.analysis.final import FinalRow
from hpobench_tui.analysis.landmarks import Known
from hpobench_tui.analysis.measure import BEYOND, LARGEST
from hpobench_tui.analysis.ranks import average_ranks
from hpobench_tui.core.equality import rule
from hpobench_tui.export.markup import LATEX, MARKDOWN, TIE, Markup, latex_rows, markdown_table

CAPTION = (
    "Medians with quartiles over seeds. Failed runs are left out of the numbers and named below. A median below all"
    " others of its problem is bold; a tie is nobody's win."
)
NO_RANKS = "No average ranks: there is no problem on which two optimizers have finished runs."
LANDMARKS_CAPTION = "Lines without runs are known solutions."
FOUND_CAPTION = "P(best) is the share of the runs whose incumbent's loss is at most equal to the problem's reference."

RANKS_EQUAL = 1e-9
"""Mean ranks are halves over the number of problems."""

Landmarks: TypeAlias = Mapping[str, Sequence[Known]]
NO_LANDMARKS: Landmarks = MappingProxyType({})


def final_csv(rows: Sequence[FinalRow]) -> str:
    """Every field of every row and the average rank. Empty where there is no number."""
    ranks = average_ranks(rows).ranks
    header = [*(field.name for field in fields(FinalRow)), "average_rank"]
    return _csv(header, [[*asdict(row).values(), ranks.get(row.label)] for row in rows])


def landmarks_csv(landmarks: Landmarks) -> str:
    """Every landmark, in full precision; ``value`` is of the measure that the tables show."""
    return _csv(Known._fields, [mark for marks in landmarks.values() for mark in marks])


def final_markdown(
    rows: Sequence[FinalRow], title: str, budgets: Mapping[str, str], landmarks: Landmarks = NO_LANDMARKS
) -> str:
    """A section a problem.

    Args:
        budgets: Problem to its budget in words, for the headings.
        landmarks: By problem; below the optimizers.
    """
    parts = [f"# {MARKDOWN.text(title)}", _caption(rows, landmarks)]
    notes = _Notes(MARKDOWN)
    for problem, group in _grouped(rows).items():
        parts.append(f"## {MARKDOWN.text(_heading(problem, budgets))}")
        best = _best_found(group)
        cells = [_final_cells(row, MARKDOWN, notes, best) for row in group]
        cells += _landmark_cells(landmarks.get(problem, ()), MARKDOWN, best)
        parts.append(markdown_table(_final_header(group, best), cells))
    if ranked := _ranks(rows):
        parts.append(f"## {_ranks_heading(rows)}")
        parts.append(markdown_table(("optimizer", "rank"), _rank_cells(ranked, MARKDOWN)))
    elif _several(rows):
        parts.append(NO_RANKS)
    parts += [f"{MARKDOWN.mark(sign)} {text}" for sign, text in notes.found]
    return "\n\n".join(parts) + "\n"


def final_latex(
    rows: Sequence[FinalRow], title: str, budgets: Mapping[str, str], landmarks: Landmarks = NO_LANDMARKS
) -> str:
    r"""A ``table`` environment to ``\input``; the document needs ``\usepackage{booktabs}``."""
    notes, best = _Notes(LATEX), _best_found(rows)
    sections = [
        [
            [LATEX.text(_heading(problem, budgets) + (f": {group[0].measure}" if _mixed(rows) else ""))],
            *(_final_cells(row, LATEX, notes, best) for row in group),
            *_landmark_cells(landmarks.get(problem, ()), LATEX, best),
        ]
        for problem, group in _grouped(rows).items()
    ]
    header, caption = _final_header(rows, best), _caption(rows, landmarks)
    if ranked := _ranks(rows):
        width = len(header)
        sections.append(
            [[_ranks_heading(rows)], *([*cells, *[""] * (width - 2)] for cells in _rank_cells(ranked, LATEX))]
        )
    elif _several(rows):
        caption = f"{caption} {NO_RANKS}"
    return _latex(header, sections, title, caption, notes)


def anytime_csv(tables: Sequence[AnytimeTable]) -> str:
    """One line a (problem, label, mark)."""
    return _csv(
        ("problem", "axis", "measure", "mark", "label", "median", "best", "tied", "runs", "failed"),
        [
            (
                table.problem,
                table.axis,
                table.measure,
                mark,
                row.label,
                row.medians[i],
                row.best[i],
                row.tied[i],
                row.runs,
                row.failed,
            )
            for table in tables
            for row in table.rows
            for i, mark in enumerate(table.marks)
        ],
    )


def anytime_markdown(tables: Sequence[AnytimeTable], title: str, units: Mapping[str, str]) -> str:
    """A section a problem, a column a mark.

    Args:
        units: Problem to what its marks count, in words.
    """
    parts = [f"# {MARKDOWN.text(title)}"]
    for table in tables:
        parts.append(f"## {MARKDOWN.text(f'{table.problem}: median {table.measure} at {units[table.problem]}')}")
        if table.marks:
            header = ("optimizer", "runs", *(f"{mark:.6g}" for mark in table.marks))
            parts.append(markdown_table(header, [_anytime_cells(row, MARKDOWN) for row in table.rows]))
        else:
            parts.append("No run has a value.")
    parts.append(MARKDOWN.text(_anytime_rule(tables)))
    return "\n\n".join(parts) + "\n"


def anytime_latex(tables: Sequence[AnytimeTable], title: str, units: Mapping[str, str]) -> str:
    r"""A ``table`` environment a problem; the document needs ``\usepackage{booktabs}``."""
    made = []
    for table in tables:
        header = ("optimizer", "runs", *(f"{mark:.6g}" for mark in table.marks))
        caption = f"{table.problem}: median {table.measure} at {units[table.problem]}. {_anytime_rule([table])}"
        made.append(_latex(header, [[_anytime_cells(row, LATEX) for row in table.rows]], title, caption, _Notes(LATEX)))
    return "\n".join(made)


class _Notes:
    """Collects the notes of rows and hands out their signs: a, b, …, z, aa, ab, …"""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self.found: list[tuple[str, str]] = []

    def add(self, row: FinalRow) -> str:
        """The sign of the row's note as a superscript; empty if it has none."""
        if row.note is None:
            return ""
        number = len(self.found)
        prefix = ascii_lowercase[number // 26 - 1] if number >= 26 else ""
        sign = prefix + ascii_lowercase[number % 26]
        self.found.append((sign, self._markup.text(f"{row.label} on {row.problem}: {row.note}.")))
        return self._markup.mark(sign)


def _caption(rows: Sequence[FinalRow], landmarks: Landmarks) -> str:
    parts = [
        CAPTION,
        rule([(row.problem, row.tolerance) for row in rows], any(row.measure.summed for row in rows)),
        *[FOUND_CAPTION] * _best_found(rows),
        *[LANDMARKS_CAPTION] * bool(landmarks),
    ]
    return " ".join(parts)


def _anytime_rule(tables: Sequence[AnytimeTable]) -> str:
    text = rule([(table.problem, table.tolerance) for table in tables], any(table.measure.summed for table in tables))
    medians = [median for table in tables for row in table.rows for median in row.medians if median is not None]
    beyond = any(abs(median) >= LARGEST for median in medians)
    return f"{text} Numbers {BEYOND}." if beyond else text


def _mixed(rows: Sequence[FinalRow]) -> bool:
    """Whether problems are shown by different measures."""
    return len({row.measure for row in rows}) > 1


def _best_found(rows: Sequence[FinalRow]) -> bool:
    """Whether P(best) says anything: on continuous problems nobody hits the reference."""
    return any(row.found for row in rows)


def _final_header(rows: Sequence[FinalRow], best_found: bool) -> list[str]:
    measure = "" if _mixed(rows) or not rows else f"{rows[0].measure}, "
    return [
        "optimizer", "runs", f"{measure}median [quartiles]", "mean", *["P(best)"] * best_found, "trials",
        "ask + tell (ms)",
    ]  # fmt: skip


def _final_cells(row: FinalRow, markup: Markup, notes: _Notes, best_found: bool) -> list[str]:
    return [
        markup.text(row.label) + notes.add(row),
        str(row.runs) if row.finished == row.runs else f"{row.finished}/{row.runs}",
        markup.spread(row.median, row.lower, row.upper, row.best_in_problem, row.tied_in_problem),
        markup.value(row.mean),
        *[markup.value(row.found)] * best_found,
        markup.missing if row.trials is None else f"{row.trials:g}",
        markup.value(row.optimizer_ms),
    ]


def _landmark_cells(landmarks: Sequence[Known], markup: Markup, best_found: bool) -> list[list[str]]:
    rest = [markup.missing] * (3 + best_found)
    return [[markup.text(mark.name), markup.missing, markup.value(mark.value), *rest] for mark in landmarks]


def _anytime_cells(row: AnytimeRow, markup: Markup) -> list[str]:
    runs = f"{row.runs} ({row.failed} failed)" if row.failed else str(row.runs)
    return [
        markup.text(row.label),
        runs,
        *(markup.value(*cell) for cell in zip(row.medians, row.best, row.tied, strict=True)),
    ]


def _ranks(rows: Sequence[FinalRow]) -> dict[str, float]:
    """Ranks where they say more than the tables above: several labels on several problems."""
    return average_ranks(rows).ranks if _several(rows) else {}


def _several(rows: Sequence[FinalRow]) -> bool:
    return len(_grouped(rows)) > 1 and len({row.label for row in rows}) > 1


def _ranks_heading(rows: Sequence[FinalRow]) -> str:
    return f"Average rank {average_ranks(rows).extent}"


def _rank_cells(ranks: Mapping[str, float], markup: Markup) -> list[list[str]]:
    best, tied = places(list(ranks.values()), RANKS_EQUAL)
    return [
        [markup.text(label), (markup.bold(f"{rank:.2f}") if b else f"{rank:.2f}") + TIE * t]
        for (label, rank), b, t in zip(ranks.items(), best, tied, strict=True)
    ]


def _grouped(rows: Sequence[FinalRow]) -> dict[str, list[FinalRow]]:
    groups: dict[str, list[FinalRow]] = {}
    for row in rows:
        groups.setdefault(row.problem, []).append(row)
    return groups


def _heading(problem: str, budgets: Mapping[str, str]) -> str:
    return f"{problem} ({budgets[problem]})" if problem in budgets else problem


def _latex(
    header: Sequence[str], sections: Sequence[Sequence[Sequence[str]]], title: str, caption: str, notes: _Notes
) -> str:
    body = "\n\\midrule\n".join(map(latex_rows, sections))
    lines = [
        "% needs \\usepackage{booktabs}",
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{LATEX.text(title)}. {LATEX.text(caption)}}}",
        f"\\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
        "\\toprule",
        latex_rows([list(header)]),
        "\\midrule",
        body,
        "\\bottomrule",
        "\\end{tabular}",
    ]
    if notes.found:
        lines += ["\\par\\smallskip\\footnotesize\\raggedright"]
        lines += [f"{LATEX.mark(sign)} {text}\\par" for sign, text in notes.found]
    return "\n".join([*lines, "\\end{table}", ""])


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
