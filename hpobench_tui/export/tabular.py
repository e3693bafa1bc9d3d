"""LaTeX's environments around the rows of a table."""

from collections.abc import Iterable, Sequence

from hpobench_tui.export.markup import LATEX, LONGEST_WORD, latex_width

LONG, WIDEST = 40, 70
"""Rows that a page has room for, and letters of a heading in a line."""
NEEDS = (
    "% needs \\usepackage{booktabs, graphicx, longtable, siunitx}; \\usepackage[T1]{fontenc} where pdfTeX typesets it"
)
SMALL = r"\footnotesize\setlength{\tabcolsep}{4pt}"
BOLD = r"\sisetup{detect-weight = true, group-digits = none}"
"""Else siunitx takes no notice of a cell's weight, and writes 0.001 26."""


def names(listed: Iterable[str]) -> str:
    """A column of names: as wide as the longest, up to a quarter of the page."""
    widest = max(map(latex_width, listed), default=0)
    return "l" if widest <= LONGEST_WORD else r">{\raggedright\arraybackslash}p{0.25\linewidth}"


def across(text: str) -> str:
    """A heading across a table; over several lines if it is wide."""
    source = LATEX.text(text)
    wide = latex_width(text) > WIDEST
    return rf"\parbox[t]{{0.8\linewidth}}{{\raggedright {source}\strut}}" if wide else source


def tabular(columns: str, header: str, body: str, caption: str, rows: int, below: Sequence[str] = ()) -> str:
    """A ``table``; of more rows than fit a page a ``longtable``.

    Args:
        columns: What columns there are, as ``tabular`` takes it.
        header, body, caption: Source.
        rows: How many there are in ``body``.
        below: Lines under the table: source.
    """
    head = ["\\toprule", header, "\\midrule"]
    if rows <= LONG:
        begin = ["\\begin{table}[htbp]", "\\centering", SMALL, BOLD, f"\\caption{{{caption}}}"]
        lines = [*begin, f"\\begin{{tabular}}{{{columns}}}", *head, body, "\\bottomrule", "\\end{tabular}"]
        end = "\\end{table}"
    else:
        begin = ["\\begingroup", SMALL, BOLD, f"\\begin{{longtable}}{{{columns}}}", f"\\caption{{{caption}}}\\\\"]
        lines = [*begin, *head, "\\endfirsthead", *head, "\\endhead", "\\bottomrule", "\\endfoot", body]
        lines.append("\\end{longtable}")
        end = "\\endgroup"
    return "\n".join([*lines, *_under(below), end, ""])


def _under(lines: Sequence[str]) -> list[str]:
    return ["\\par\\smallskip\\footnotesize\\raggedright", *(f"{line}\\par" for line in lines)] if lines else []
