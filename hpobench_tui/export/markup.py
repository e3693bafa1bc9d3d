"""How numbers and words are written in CSV, in Markdown, in LaTeX and in figures."""

import math
import re
import unicodedata
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


_ACCENTS = set("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327")
"""That every engine can put on a letter of ASCII, in any encoding of fonts."""
_LIGATURES = {"--", "''", "``", ",,", "?`", "!`", "-'", "'-"}
_PLAIN = set("¡¢£§©ª«¬®°±²³¶¹º»¿ÆÐØÞßæðøþĄąĐđĘęĮįıŁłŊŋŒœŲųȘșȚț‐‘’‚“”„†‡•‹›€")
"""Other letters that pdfTeX knows."""
LETTER = (
    r"\providecommand{\hpobenchletter}[2]"
    r"{\ifdefined\Umathchar\iffontchar\font`#1 #1\else[U+#2]\fi\else[U+#2]\fi\allowbreak}"
    "% letters beyond Latin ones: XeTeX and LuaTeX take them from the font, where it has them"
)
"""What files with such letters need."""
LONGEST_WORD = 24
"""Characters that stay on one line: names of problems and labels have no blanks at which to break them."""


def latex_text(text: str) -> str:
    """Text as LaTeX source, which any engine typesets: Greek letters and a few signs as mathematics; of letters that
    pdfTeX does not know the number (``LETTER`` defines the command). Long words may break anywhere."""
    return " ".join(map(_latex_word, unicodedata.normalize("NFC", _one_line(text)).split(" ")))


def latex_width(text: str) -> int:
    """About how many letters wide it is at the most: those that may be shown by number take eight."""
    return sum(8 if _letter(character) != character else 1 for character in _one_line(text))


def _latex_word(word: str) -> str:
    made = []
    for before, character in zip(f" {word}", word, strict=False):
        made.append("{}" * (before + character in _LIGATURES) + (_LATEX.get(character) or _letter(character)))
    return (r"\allowbreak{}" if len(word) > LONGEST_WORD else "").join(made)


def _letter(character: str) -> str:
    base, accents = (plain := unicodedata.normalize("NFD", character))[0], plain[1:]
    accented = character < "\u0180" and base.isalpha() and len(accents) == 1 and accents in _ACCENTS
    if character.isascii() or character in _PLAIN or (base.isascii() and accented):
        return character
    return rf"\hpobenchletter{{{character}}}{{{ord(character):04X}}}"


@dataclass(frozen=True, slots=True)
class Number:
    """How the numbers of a column are written, so that siunitx aligns them at their points.

    Attributes:
        table: siunitx's ``table-format``.
        full: Without exponents.
    """

    table: str
    full: bool

    def write(self, value: float) -> str:
        """With three significant digits."""
        digits, _, exponent = f"{value:.{DIGITS - 1}e}".partition("e")
        if not value:
            return "0"
        return f"{value:.{max(DIGITS - 1 - int(exponent), 0)}f}" if self.full else f"{digits}e{int(exponent)}"


def number_format(values: Iterable[float | None]) -> Number:
    """For a column of these: in full where three significant digits of the smallest need no more than five decimals and
    the largest no more than five digits, else with exponents."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    signed = "-" * any(value < 0 for value in finite)
    sizes = [int(f"{abs(value):.{DIGITS - 1}e}".partition("e")[2]) for value in finite if value]
    low, high = min(sizes, default=0), max(sizes, default=0)
    if low >= -3 and high <= 4 and high - low <= 4:
        return Number(f"{signed}{max(high, 0) + 1}.{max(DIGITS - 1 - low, 0)}", True)
    exponents = max((len(str(abs(size))) for size in sizes), default=1)
    return Number(f"{signed}1.{DIGITS - 1}e{'-' * (low < 0)}{exponents}", False)


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
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


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
