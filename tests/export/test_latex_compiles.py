"""What is written as LaTeX compiles, whatever names are in it: by pdfTeX and by XeTeX, alone and in one's own document.

Slow, and only where there is a TeX. Look at what they make: ``pdftoppm -png tables.pdf page``.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories import Row, history, run_row, store
from hpobench_tui.export.bundle import export
from hpobench_tui.export.latex import with_letters
from hpobench_tui.export.markup import latex_text
from hpobench_tui.store.reader import Reader

ENGINES = ("pdflatex", "xelatex")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not all(map(shutil.which, ENGINES)), reason="there is no pdflatex or no xelatex"),
]
NAMES = (
    "_ & % < > | =cmd() { } $ \\ # ~ ^ \" ' ` [x] *", "line\nbreak\t\r\x1b[2J", "中文优化器",
    "محسن \u202eعبري שלום",
    "x" * 60, "a-b_c/" * 10, "zażółć gęślą jaźń ẽ ŵ Ǹ", "λ≤∞×−…", "😀👩‍🚀", "\\input{/etc/passwd}", "\\end{document}",
    "%", "[", "*",
    "Name", "name", "--''``,,?`!`", "e\u0301", "\u0301",
)  # fmt: skip
PREAMBLE = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{booktabs, graphicx, longtable, siunitx}"


def compiled(source: Path, engine: str) -> str:
    """The log of the second run, as long tables need two. Beside the source is the PDF then."""
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", source.name]
    for _ in range(2):
        done = subprocess.run(command, cwd=source.parent, capture_output=True, timeout=300)
    log = source.with_suffix(".log").read_text(errors="replace")
    assert done.returncode == 0, log[-3000:]
    return log


def exported(
    folder: Path, labels: Sequence[str], problems: Sequence[str], seeds: int = 6, quartiles: bool = False
) -> Path:
    rng = np.random.default_rng(0)
    runs: list[Row] = []
    trials: list[Row] = []
    for repetition in range(seeds):
        for p, problem in enumerate(problems):
            for k, label in enumerate(labels):
                own = {"problem": problem, "label": label, "optimizer": label, "repetition": repetition}
                runs.append(run_row(len(runs), **own, budget=2, trials=2))
                scale = 10.0 ** (p % 7 - 3)
                trials += history(len(runs) - 1, (scale * (1 + k + rng.random(2))).tolist())
    store(folder / "e", runs, trials).close()
    with Reader(folder / "e") as reader:
        _, skipped = export(reader, folder / "to", ["tex"], quartiles=quartiles)
    assert not skipped
    return folder / "to"


@pytest.mark.parametrize("engine", ENGINES)
def test_any_names_compile(tmp_path: Path, engine: str) -> None:
    to = exported(tmp_path, NAMES, NAMES[:7])
    log = compiled(to / "tables.tex", engine)
    assert "Missing character" not in log
    assert "too large for page" not in log
    assert "Overfull" not in log
    for name in ("table", "anytime", "matrix"):
        own = to / f"own-{name}.tex"
        own.write_text(f"{PREAMBLE}\n\\begin{{document}}\n\\input{{{name}}}\n\\end{{document}}\n")
        compiled(own, engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("labels", "problems", "quartiles"), [(1, 1, True), (17, 3, True), (60, 40, False), (2, 41, True), (3, 40, False)]
)
def test_any_size_fits_the_page(tmp_path: Path, engine: str, labels: int, problems: int, quartiles: bool) -> None:
    to = exported(
        tmp_path, [f"optimizer-{k}" for k in range(labels)], [f"suite/problem[d={k}]" for k in range(problems)],
        seeds=2, quartiles=quartiles,
    )  # fmt: skip
    log = compiled(to / "tables.tex", engine)
    too_wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)]
    assert max(too_wide, default=0) < 5
    assert "Overfull \\vbox" not in log
    assert "too large for page" not in log


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(max_size=80), min_size=200, max_size=200))
def test_any_text_compiles(tmp_path: Path, engine: str, texts: list[str]) -> None:
    cells = "\n".join(rf"{latex_text(text)} & \\" for text in texts)
    body = rf"\begin{{document}}\begin{{longtable}}{{p{{10cm}}l}}{cells}\end{{longtable}}\end{{document}}"
    source = tmp_path / "text.tex"
    source.write_text(f"{PREAMBLE}\n{with_letters(body)}\n", encoding="utf-8")
    compiled(source, engine)
