"""LaTeX's environments around the rows of a table."""

from collections.abc import Iterable, Sequence

from hpobench_tui.export.markup import LONGEST_WORD, latex_width

LONG = 40
"""Rows that a page has room for."""
NEEDS = (
    "% needs \\usepackage{booktabs, graphicx, longtable, siunitx}; \\usepackage[T1]{fontenc} where pdfTeX typesets it"
)
SMALL = r"\footnotesize\setlength{\tabcolsep}{4pt}"
BOLD = r"\sisetup{detect-weight = true, group-digits = none}"
"""Else siunitx takes no notice of a cell's weight, and writes 0.001 26."""


def names(listed: Iterable[str]) -> str:
    """A column of names: as wide as the longest, up to a quarter of the page."""
    return (
        "l"
        if max(map(latex_width, listed), default=0) <= LONGEST_WORD
        else r">{\raggedright\arraybackslash}p{0.25\linewidth}"
    )


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
        lines = [
            *begin,
            *head,
            "\\endfirsthead",
            *head,
            "\\endhead",
            "\\bottomrule",
            "\\endfoot",
            body,
            "\\end{longtable}",
        ]
        end = "\\endgroup"
    return "\n".join([*lines, *_under(below), end, ""])


def _under(lines: Sequence[str]) -> list[str]:
    return ["\\par\\smallskip\\footnotesize\\raggedright", *(f"{line}\\par" for line in lines)] if lines else []
