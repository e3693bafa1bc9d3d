"""One matrix of optimizers × problems: medians, with who is not shown to be worse than the best, ranks and wins.

In LaTeX (booktabs, siunitx) and in Markdown. What there are more of, optimizers or problems, goes down the page;
what is too wide goes on below, and what is too long for a page becomes a ``longtable``.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hpobench_tui.analysis.final import FinalRow
from hpobench_tui.analysis.ranks import Ranking, average_ranks
from hpobench_tui.analysis.winners import Winners
from hpobench_tui.export import protocol
from hpobench_tui.export.markup import (
    LATEX,
    LONGEST_WORD,
    MARKDOWN,
    Number,
    latex_rows,
    latex_width,
    markdown_table,
    number_format,
    significant,
)
from hpobench_tui.export.material import Material
from hpobench_tui.export.tabular import NEEDS, names, tabular

WIDE, SHORT = 6, 10
"""Columns of numbers that a page has room for, and letters of a heading that is as wide as they."""
RANK, WINS = "rank", "wins"


@dataclass(frozen=True, slots=True)
class Cell:
    """A pair of optimizer and problem.

    Attributes:
        median: None: no run has a value.
        quartiles: None: as they are not asked for, or there are none.
        group: It is not shown to be worse than the lowest median of the problem.
        provisional: Its runs have not finished.
    """

    median: float | None
    group: bool = False
    provisional: bool = False
    quartiles: tuple[float, float] | None = None


NOTHING = Cell(None)


@dataclass(frozen=True, slots=True)
class Matrix:
    """What the tables show.

    Attributes:
        cells: By label and problem.
        ranks: Average ranks, of labels that have all ranked problems.
        wins: On how many problems a label has the lowest median, alone.
        over: Who is not shown to be worse than the best over all problems, in words; None: there is nothing to tell.
        untold: Problems with so few seeds that no difference can be shown: nobody is in a group there.
    """

    labels: tuple[str, ...]
    problems: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    ranks: Ranking
    wins: dict[str, int]
    over: str | None
    untold: tuple[str, ...]

    @property
    def summed_up(self) -> bool:
        """Whether ranks and wins say more than the numbers do."""
        return len(self.problems) > 1 and len(self.labels) > 1

    def cell(self, label: str, problem: str) -> Cell:
        return self.cells.get((label, problem), NOTHING)


def matrix(material: Material) -> Matrix:
    """Of all that there is; labels by average rank, the best first, then as the experiment has them."""
    rows = material.rows
    ranks = average_ranks(rows)
    found = {line.problem: line for line in material.winners if line.problem is not None}
    labels = list(dict.fromkeys(row.label for row in rows))
    labels.sort(key=lambda label: ranks.ranks.get(label, math.inf))
    wins = dict.fromkeys(labels, 0)
    for row in rows:
        wins[row.label] += row.best_in_problem
    return Matrix(
        tuple(labels),
        tuple(dict.fromkeys(row.problem for row in rows)),
        {
            (row.label, row.problem): Cell(
                row.median, _in_group(row, found), row.provisional, row.spread.quartiles if material.quartiles else None
            )
            for row in rows
        },
        ranks,
        wins,
        next((line.words for line in material.winners if line.problem is None and line.told), None),
        tuple(problem for problem, line in found.items() if not line.told),
    )


def _in_group(row: FinalRow, found: Mapping[str, Winners]) -> bool:
    line = found.get(row.problem)
    return line is not None and line.told and row.label in line.group


def notes(made: Matrix, material: Material) -> list[str]:
    """How to read it, a sentence each, and its protocol."""
    between = " with quartiles" * material.quartiles
    said = [f"Medians{between} over the runs that finished; lower is better."]
    if len(made.labels) > 1:
        said.append("Bold: not shown to be worse than the lowest median of the problem.")
    if made.untold:
        few = "Here" if len(made.untold) == len(made.problems) else f"On {', '.join(made.untold)}"
        said.append(f"{few} so few seeds cannot tell, so that nothing is bold.")
    if any(cell.provisional for cell in made.cells.values()):
        said.append("In parentheses: its runs have not finished; it is in no group and has no rank.")
    if made.summed_up:
        ranked = f"Rank: average {made.ranks.extent}; " if made.ranks else ""
        said.append(f"{ranked}wins: problems on which its median is lower than all others.")
    if made.over is not None:
        said.append(f"Over all problems not shown to be worse than the best: {made.over}.")
    return [*said, protocol.caption(material)]


def latex(material: Material) -> str:
    r"""``table`` environments (``longtable`` where one is longer than a page) to ``\input``."""
    made = matrix(material)
    caption = f"{LATEX.text(material.title())}. {LATEX.text(' '.join(notes(made, material)))}"
    parts = list(_blocks(made, WIDE // 2 if material.quartiles else WIDE))
    title = LATEX.text(material.title())
    blocks = [
        _latex_block(
            block,
            caption if not place else f"{title}, continued ({place + 1} of {len(parts)})",
            [LATEX.text(line) for line in material.warnings] if place == len(parts) - 1 else [],
            material.quartiles,
        )
        for place, block in enumerate(parts)
    ]
    return "\n".join([NEEDS, *blocks])


@dataclass(frozen=True, slots=True)
class Block:
    """What fits on a page's width: ``down`` what its lines are, with their cells by column."""

    corner: str
    columns: tuple[str, ...]
    down: tuple[str, ...]
    cell: Callable[[str, str], Cell]
    before: tuple[tuple[str, Callable[[str], str]], ...] = ()
    """Columns ahead of the numbers: a heading, and what stands in a line."""
    below: tuple[tuple[str, Callable[[str], str]], ...] = ()
    """Lines below the numbers: their heading, and what stands in a column."""


def _blocks(made: Matrix, wide: int = WIDE) -> Iterator[Block]:
    rank = (RANK, lambda label: f"{made.ranks.ranks[label]:.2f}" if label in made.ranks.ranks else "–")
    wins = (WINS, lambda label: str(made.wins[label]))
    summary = (rank, wins) if made.summed_up else ()
    if len(made.problems) <= len(made.labels):
        for columns in _pages(made.problems, wide):
            yield Block("optimizer", columns, made.labels, lambda down, across: made.cell(down, across), summary)
    else:
        for columns in _pages(made.labels, wide):
            yield Block("problem", columns, made.problems, lambda down, across: made.cell(across, down), below=summary)


def _pages(names: Sequence[str], wide: int) -> Iterator[tuple[str, ...]]:
    """In portions of equal width, so that none stands alone at the end."""
    pages = max(1, -(-len(names) // wide))
    each = -(-len(names) // pages)
    for begin in range(0, max(len(names), 1), each or 1):
        yield tuple(names[begin : begin + each])


def _latex_block(block: Block, caption: str, under: Sequence[str], quartiles: bool) -> str:
    forms = [number_format([block.cell(down, across).median for down in block.down]) for across in block.columns]
    spanned = r"\multicolumn{2}{c}" if quartiles else ""
    before = [f"{{{LATEX.text(name)}}}" for name, _ in block.before]
    header = latex_rows([[LATEX.text(block.corner), *before, *(spanned + head for head in _headings(block.columns))]])
    lines = []
    for down in block.down:
        line = [LATEX.text(down), *(LATEX.text(value(down)) for _, value in block.before)]
        for across, form in zip(block.columns, forms, strict=True):
            cell = block.cell(down, across)
            line += [_number(cell, form), *[_between(cell)] * quartiles]
        lines.append(line)
    below = [
        [LATEX.text(name), *(f"{spanned}{{{LATEX.text(value(across))}}}" for across in block.columns)]
        for name, value in block.below
    ]
    each = [f"S[table-format={form.table}]{r'@{ }l' * quartiles}" for form in forms]
    columns = f"{names(block.down)}{'r' * len(block.before)}{''.join(each)}"
    body = "\n\\midrule\n".join([latex_rows(lines), *[latex_rows(below)] * bool(below)])
    return tabular(columns, header, body, caption, len(lines) + len(below), under)


def _headings(columns: Sequence[str]) -> list[str]:
    """Of columns of numbers: upright if all are short, else turned, as wide headings would push the numbers apart."""
    heads = [LATEX.text(name) for name in columns]
    if all(latex_width(name) <= SHORT for name in columns):
        return [f"{{{head}}}" for head in heads]
    boxed = [
        rf"\parbox{{5cm}}{{\raggedright {head}}}" if latex_width(name) > LONGEST_WORD else head
        for name, head in zip(columns, heads, strict=True)
    ]
    return [rf"{{\rotatebox{{90}}{{{head}}}}}" for head in boxed]


def _between(cell: Cell) -> str:
    if cell.quartiles is None:
        return ""
    return rf"{{\scriptsize {{[}}{', '.join(map(LATEX.number, cell.quartiles))}]}}"


def _number(cell: Cell, form: Number) -> str:
    if cell.median is None or not math.isfinite(cell.median):
        return "{--}" if cell.median is None else f"{{{cell.median}}}"
    written = form.write(cell.median)
    if cell.provisional:
        return f"{{({LATEX.number(cell.median)})}}"
    return rf"\bfseries {written}" if cell.group else written


def markdown(material: Material) -> str:
    """The same as pipe tables."""
    made = matrix(material)
    parts = [f"# {MARKDOWN.text(material.title())}", *(_markdown_block(block) for block in _blocks(made))]
    return (
        "\n\n".join([*parts, *map(MARKDOWN.text, notes(made, material)), *map(MARKDOWN.text, material.warnings)]) + "\n"
    )


def _markdown_block(block: Block) -> str:
    def shown(cell: Cell) -> str:
        if cell.median is None:
            return MARKDOWN.missing
        text = significant(cell.median)
        text = f"({text})" if cell.provisional else MARKDOWN.bold(text) if cell.group else text
        return f"{text} [{', '.join(map(significant, cell.quartiles))}]" if cell.quartiles else text

    header = [block.corner, *(name for name, _ in block.before), *map(MARKDOWN.text, block.columns)]
    lines = [
        [
            MARKDOWN.text(down),
            *(value(down) for _, value in block.before),
            *(shown(block.cell(down, across)) for across in block.columns),
        ]
        for down in block.down
    ]
    lines += [[name, *map(value, block.columns)] for name, value in block.below]
    return markdown_table(header, lines)
