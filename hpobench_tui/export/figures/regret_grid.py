"""The regret of all problems beside each other, with one legend; of many problems several pages."""

from collections.abc import Sequence
from functools import partial
from math import ceil

from hpobench_tui.export.figures import regret
from hpobench_tui.export.figures.look import add_legend, fitting, new_figure, plain
from hpobench_tui.export.figures.study import Drawn, Plan, Plans, Study, sentences
from hpobench_tui.export.figures.wanted import Width

PANELS = 12
"""On a page at the most."""
PANEL = 2.1
"""Inches of a panel's width at the least."""
SHARE = 0.72
"""Of a panel's width, its height."""


def figures(study: Study) -> Plans:
    problems = list(study.problems)
    for name, chosen in paged("regret-grid", problems):
        yield Plan(name, partial(_drawn, study, chosen))


def paged(name: str, problems: Sequence[str], most: int = PANELS) -> list[tuple[str, list[str]]]:
    """Names of pages, and what is on each: as equally many as can be."""
    pages = ceil(len(problems) / most)
    each = ceil(len(problems) / max(pages, 1))
    parts = [list(problems[i : i + each]) for i in range(0, len(problems), max(each, 1))]
    return [(name if len(parts) == 1 else f"{name}-{place}", part) for place, part in enumerate(parts, start=1)]


def shape(panels: int, width: Width) -> tuple[int, int]:
    """Rows and columns of so many panels."""
    columns = max(1, min(int(width.text / PANEL), panels, 3 if panels % 4 or width.text < 4 * PANEL else 4))
    if panels == 4:
        columns = min(columns, 2)
    return ceil(panels / columns), columns


def _drawn(study: Study, problems: Sequence[str], width: Width) -> Drawn:
    material = study.material
    rows, columns = shape(len(problems), width)
    across = width.text if columns > 1 else width.column
    figure = new_figure(across, rows * across / columns * SHARE)
    units, measures = material.units, material.measures()
    one_unit, one_measure = len({units[p] for p in problems}) == 1, len({measures[p] for p in problems}) == 1
    early = []
    for place, problem in enumerate(problems):
        axes = figure.add_subplot(rows, columns, place + 1)
        bands = regret.bands_of(study, problem)
        more = regret.draw_bands(axes, bands, study.looks, {})
        axes.set_title(plain(fitting(problem, across / columns)), fontsize="medium")
        if not one_measure or place % columns == 0 or more:
            axes.set_ylabel(plain(str(measures[problem])) + more)
        if not one_unit or place + columns >= len(problems):
            axes.set_xlabel(plain(units[problem]))
        early += [f"{words}" for words in [regret.early_words(bands)] if words]
    add_legend(figure)
    what = str(measures[problems[0]]) if one_measure else "each problem's measure"
    said = f"Median and quartiles of {what} on {len(problems)} problem{'s' * (len(problems) > 1)}."
    cut = "Where low fidelities begin far left of all others, their first values are not shown." if early else ""
    failed = [f"{problem}: {label}, {remark}" for problem in problems
              for label, remark in regret.remarks_of(study.problems[problem]).items()]  # fmt: skip
    lost = f"Failed runs are left out ({'; '.join(failed[:4])}{'; …' * (len(failed) > 4)})." if failed else ""
    return Drawn(figure, sentences(said, cut, lost, study.looks.words, study.protocol()))
