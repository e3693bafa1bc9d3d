"""PGF as a real TeX takes it, with the captions."""

import shutil
import subprocess
from pathlib import Path

import pytest
from test_export_figure_kinds import made

from hpobench_tui.export.bundle import export
from hpobench_tui.export.figures.save import TEX

HOSTILE = r"50% & #1_{x}^~ \\ $y$ <b>|q| 日本 שלום"
ENGINE = next((name for name in TEX[::-1] if shutil.which(name)), None)


@pytest.mark.slow
@pytest.mark.skipif(ENGINE is None, reason="there is no TeX here")
def test_figures_and_captions_compile(tmp_path: Path) -> None:
    assert ENGINE is not None
    with made(tmp_path / "e", problem=f"toy/{HOSTILE}") as reader:
        files, skipped = export(reader, tmp_path / "out", ["pgf"])
    assert not skipped
    names = [path.stem for path in files if path.suffix == ".pgf"]
    assert {"ranks", "wins", "critical", "regret-grid"} <= set(names)
    figures = "\n".join(
        rf"\begin{{figure}}\input{{{name}.pgf}}\caption{{\csname hpobench:{name}\endcsname}}\end{{figure}}\clearpage"
        for name in names
    )
    page = rf"\documentclass{{article}}\usepackage{{pgf}}\begin{{document}}\input{{captions}}{figures}\end{{document}}"
    (tmp_path / "out" / "all.tex").write_text(page, encoding="utf-8")
    command = [ENGINE, "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path / "out", capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "out" / "all.pdf").stat().st_size > 10_000


def test_pgf_without_a_tex_is_left_out_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hpobench_tui.export.figures.wanted import Wanted

    monkeypatch.setattr(shutil, "which", lambda _: None)
    with made(tmp_path / "e") as reader:
        _, skipped = export(reader, tmp_path / "out", ["pgf"], figures=Wanted(kinds=("ranks",)))
    (reason,) = skipped
    assert reason.startswith("ranks.pgf: PGF needs a TeX on the path")
