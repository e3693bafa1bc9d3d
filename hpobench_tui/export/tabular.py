"""LaTeX's environments around the rows of a table."""

from collections.abc import Iterable, Sequence

from hpobench_tui.export.markup import LONGEST_WORD

LONG = 40
"""Rows that a page has room for."""
NEEDS = (
    "% needs \\usepackage{booktabs, graphicx, longtable, siunitx}; \\usepackage[T1]{fontenc} where pdfTeX typesets it"
)
BOLD = r"\sisetup{detect-weight = true}"
"""Else siunitx takes no notice of a cell's weight."""


def names(listed: Iterable[str]) -> str:
    """A column of names: as wide as the longest, up to a quarter of the page."""
    return (
        "l" if max(map(len, listed), default=0) <= LONGEST_WORD else r">{\raggedright\arraybackslash}p{0.25\linewidth}"
    )


def tabular(columns: str, header: str, body: str, caption: str, rows: int, below: Sequence[str] = ()) -> str:
    """A ``table``; of more rows than fit a page a ``longtable``.

    Args:
        columns: What columns there are, as ``tabular`` takes it.
        header, body, caption: Source.
        rows: How many there are in ``body``.
        below: Lines under the table: source.
    """
    if rows <= LONG:
        lines = [
            "\\begin{table}[htbp]", "\\centering\\small", BOLD, f"\\caption{{{caption}}}",
            f"\\begin{{tabular}}{{{columns}}}", "\\toprule", header, "\\midrule", body, "\\bottomrule", "\\end{tabular}", *_under(below), "\\end{table}",
        ]  # fmt: skip
    else:
        lines = [
            "\\begingroup\\small", BOLD, f"\\begin{{longtable}}{{{columns}}}", f"\\caption{{{caption}}}\\\\",
            "\\toprule", header, "\\midrule", "\\endfirsthead", "\\toprule", header, "\\midrule", "\\endhead",
            "\\bottomrule", "\\endfoot", body, "\\end{longtable}", *_under(below), "\\endgroup",
        ]  # fmt: skip
    return "\n".join([*lines, ""])


def _under(lines: Sequence[str]) -> list[str]:
    return ["\\par\\smallskip\\footnotesize\\raggedright", *(f"{line}\\par" for line in lines)] if lines else []
