"""A figure as a file that says what it is: the same bytes each time, its caption in its metadata."""

import shutil
from typing import IO, Any

from matplotlib import rc_context
from matplotlib.figure import Figure

import hpobench_tui
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.text import in_line

DOTS = 300
"""An inch, of PNG."""
TEX = ("xelatex", "lualatex", "pdflatex")
"""One of them measures texts where PGF is written."""


def save(figure: Figure, stream: IO[bytes], kind: str, title: str = "", caption: str = "") -> None:
    """Write the figure as ``pdf``, ``svg``, ``png`` or ``pgf``, without dates.

    Raises:
        HpobenchError: PGF without a TeX.
    """
    settings: dict[str, Any] = {}
    if kind == "pgf":
        stream.write(_comment(title, caption))
        settings["pgf.texsystem"] = _tex()
    with rc_context(settings):
        figure.savefig(stream, format=kind, dpi=DOTS, **_metadata(kind, in_line(title), in_line(caption)))


def _metadata(kind: str, title: str, caption: str) -> dict[str, Any]:
    """Keywords of Matplotlib's; of PGF a comment says it."""
    found = _entries(kind, title, caption)
    return {"metadata": found} if found else {}


def _entries(kind: str, title: str, caption: str) -> dict[str, str | None]:
    creator = f"hpobench {hpobench_tui.__version__}"
    match kind:
        case "pdf":
            return {"Title": title, "Subject": caption, "Creator": creator, "CreationDate": None}
        case "svg":
            return {"Title": title, "Description": caption, "Creator": creator, "Date": None}
        case "png":
            return {"Title": title, "Description": caption, "Software": creator}
    return {}


def _comment(title: str, caption: str) -> bytes:
    lines = [f"% {in_line(line)}" for line in (title, caption) if line]
    return "\n".join([*lines, r"\providecommand\mathdefault[1]{#1}", ""]).encode()


def _tex() -> str:
    for name in TEX:
        if shutil.which(name):
            return name
    raise HpobenchError(
        f"PGF needs a TeX on the path, which measures its texts ({', '.join(TEX)}). Install one, or ask for pdf."
    )
