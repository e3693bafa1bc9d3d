r"""LaTeX: the tables, each a file to ``\input``, and a document of all of them that compiles by itself.

Any engine compiles them. What pdfTeX has no glyph for (letters beyond Latin ones with accents, Greek, a few signs) it
shows by number, as in [U+4E2D]; XeTeX and LuaTeX take it from the document's font.
"""

from collections.abc import Callable

from hpobench_tui.export import matrix, tables
from hpobench_tui.export.markup import LATEX, LETTER
from hpobench_tui.export.material import Files, Material, Write
from hpobench_tui.export.protocol import lines

PREAMBLE = r"""\documentclass[a4paper]{article}
\usepackage{iftex}
\ifpdftex\usepackage[T1]{fontenc}\usepackage{lmodern}\else\usepackage{fontspec}\fi
\usepackage[margin=2cm]{geometry}
\usepackage{booktabs, graphicx, longtable, siunitx}
\setcounter{totalnumber}{10}
\setlength{\LTcapwidth}{\textwidth}
\begin{document}
"""


def files(material: Material) -> Files:
    """``table.tex``, ``anytime.tex``, ``matrix.tex``, and ``tables.tex``, which has them all in it."""
    yield "table.tex", _write(lambda: final(material))
    yield "anytime.tex", _write(lambda: tables.anytime_latex(*material.over_time()))
    yield "matrix.tex", _write(lambda: matrix.latex(material))
    yield "tables.tex", _write(lambda: document(material))


def final(material: Material) -> str:
    """The final table."""
    return tables.final_latex(*material.final())


def document(material: Material) -> str:
    """A document of its own: the protocol, then all tables."""
    said = [rf"\item[{{{LATEX.text(name)}}}] {LATEX.text(words)}" for name, words in lines(material)]
    parts = [rf"\section*{{{LATEX.text(material.title())}}}", r"\begin{description}", *said, r"\end{description}"]
    made = (matrix.latex(material), final(material), tables.anytime_latex(*material.over_time()))
    return PREAMBLE + "\n".join([*parts, "\n\\clearpage\n".join(made), r"\end{document}", ""])


def with_letters(text: str) -> str:
    """The same with the command defined that writes letters beyond ASCII, if there are any."""
    return f"{LETTER}\n{text}" if r"\hpobenchletter" in text else text


def _write(made: Callable[[], str]) -> Write:
    return lambda stream: stream.write(with_letters(made()).encode())
