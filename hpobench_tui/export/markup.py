"""How numbers and words are written in CSV, in Markdown, in LaTeX and in figures."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hpobench_tui.analysis.columns import Content
from hpobench_tui.analysis.equality import Spread
from hpobench_tui.core.text import in_line, visible

TIE = " (tie)"
LONGEST_DRAWN = 120
DIGITS = 3
"""Significant digits of every number in a table."""


def significant(value: float) -> str:
    """A number with three significant digits, in full from 0.001 to 99999 and as ``1.23e-05`` beyond."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    exponent = int(f"{value:.{DIGITS - 1}e}".partition("e")[2])  # after rounding: 999.6 is 1.00e+03
    if -3 <= exponent <= 4:
        return f"{value:.{max(DIGITS - 1 - exponent, 0)}f}"
    return f"{value:.{DIGITS - 1}e}"


@dataclass(frozen=True, slots=True)
class Markup:
    """One target language. ``number`` and ``text`` escape; ``bold`` and ``mark`` (superscript) wrap the escaped."""

    number: Callable[[float], str]
    text: Callable[[str], str]
    bold: Callable[[str], str]
    mark: Callable[[str], str]
    missing: str

    def cell(self, value: Content, form: str = "") -> str:
        """A value as it stands in a table; of a spread the median is bold if best, and a word follows if it is tied."""
        match value:
            case None:
                return self.missing
            case str():
                return self.text(value)
            case Spread(median, best, tied, quartiles):
                shown = self.bold(self.cell(median, form)) if best else self.cell(median, form)
                between = f" [{', '.join(map(self.number, quartiles))}]" if quartiles else ""
                return f"{shown}{between}{TIE * tied}"
        return self.text(f"{value:{form}}") if form else self.number(value)


def _latex_number(value: float) -> str:
    digits, e, exponent = significant(value).partition("e")
    if e:
        return rf"${digits} \times 10^{{{int(exponent)}}}$"
    return f"${digits}$" if digits.startswith("-") else digits


_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "×": r"$\times$", "≤": r"$\leq$", "≥": r"$\geq$", "−": "$-$", "∞": r"$\infty$",
    "[": "{[}", "*": "{*}",  # else taken for an argument of a line break before it
    "…": r"\ldots{}", "–": "--", "—": "---", "·": r"$\cdot$",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_LATEX |= {letter: rf"$\{name}$" for letter, name in _GREEK.items()}


def latex_text(text: str) -> str:
    """Text as LaTeX source; Greek letters and a few signs become mathematics, so that any engine typesets them."""
    return "".join(_LATEX.get(character, character) for character in _one_line(text))


def markdown_text(text: str) -> str:
    """Text as Markdown source that shows as it is, also inside a table's cell; addresses in it are no links."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&$!@]|:(?=//)|(?<=www)\.)", r"\\\1", _one_line(text))


def figure_text(text: str) -> str:
    """Text as Matplotlib draws it, without mathematics; of a long one only the beginning."""
    line = _one_line(text)
    return (line if len(line) <= LONGEST_DRAWN else f"{line[: LONGEST_DRAWN - 1]}…").replace("$", r"\$")


def csv_cells(cells: Iterable[object]) -> list[object]:
    """Cells of a line of CSV: of texts what is seen, with an apostrophe before what a spreadsheet would work out."""
    return [_csv_text(cell) if isinstance(cell, str) else cell for cell in cells]


def _csv_text(text: str) -> str:
    text = visible(text)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\n]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def _one_line(text: str) -> str:
    return in_line(" ".join(text.split()))


MARKDOWN = Markup(significant, markdown_text, lambda s: f"**{s}**", lambda s: f"<sup>{s}</sup>", "–")
LATEX = Markup(
    _latex_number, latex_text, lambda s: rf"\textbf{{\boldmath {s}}}", lambda s: rf"\textsuperscript{{{s}}}", "--"
)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A pipe table: first column left, the others right. Cells are escaped already."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def latex_rows(rows: Sequence[Sequence[str]]) -> str:
    """Rows of a ``tabular``. A row of one cell is a heading across the table's width, given by the other rows."""
    width = max((len(row) for row in rows), default=1)
    return "\n".join(
        f"{' & '.join(row)} \\\\" if len(row) == width else rf"\multicolumn{{{width}}}{{l}}{{{row[0]}}} \\"
        for row in rows
    )
