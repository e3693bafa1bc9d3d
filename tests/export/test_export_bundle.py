"""The whole export of a small experiment: golden tables, figures that are the same each time, clear errors.

After a wanted change, write the golden files anew: ``python tests/export/test_export_bundle.py``.
"""

import csv
import os
import re
import sys
import tempfile
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds the factories

from factories import Row, add_landmark, history, run_row, store
from hpobench_tui.analysis.anytime import anytime_table
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.export import bundle, tables
from hpobench_tui.export.bundle import ALL, export
from hpobench_tui.export.figures import regret as figures
from hpobench_tui.export.figures.wanted import Wanted
from hpobench_tui.export.material import slug, slugs
from hpobench_tui.store import reader as store_reader
from hpobench_tui.store.reader import Reader

GOLDEN = Path(__file__).parent / "golden"
REGRET = Wanted(kinds=("regret",))


def experiment(folder: Path) -> Reader:
    """Two problems, three labels, three repetitions; one run of B_2 & co failed, one trial of random did."""
    losses = {
        "random": ([0.9, None, 0.5, 0.4], [0.8, 0.7, 0.7, 0.6], [1.0, 1.0, 0.3, 0.5]),
        "B_2 & co": ([0.5, 0.4, 0.2, 0.2], [0.6, 0.3, 0.26, 0.3], [0.7]),
        "η-band": ([0.9, 0.9, 0.9, 0.1], [0.8, 0.4, 0.2, 0.2000123], [0.9, 0.3, 0.3, 0.2]),
    }
    runs: list[Row] = []
    trials: list[Row] = []
    for repetition in range(3):
        for problem, factor in (("toy/one", 1.0), ("toy/two", 1e-4)):
            for label, each in losses.items():
                number, values = len(runs), each[repetition]
                rows = history(number, [None if v is None else 0.1 + factor * v for v in values])
                failed = len(values) < 4
                runs.append(
                    run_row(
                        number, problem=problem, label=label, optimizer=label[:3], repetition=repetition,
                        budget=4, spent=len(rows), trials=len(rows), failed_trials=values.count(None), reference=0.1,
                        status="failed" if failed else "done", error="OSError: 100% full" if failed else None,
                        optimizer_seconds=0.004 * len(rows),
                    )
                )  # fmt: skip
                trials += rows
    return store(folder, runs, trials)


@pytest.mark.parametrize(
    "name", ["table.md", "table.tex", "anytime.md", "anytime.tex", "matrix.md", "matrix.tex", "tables.tex"]
)
def test_golden_tables(tmp_path: Path, name: str) -> None:
    with experiment(tmp_path) as reader:
        export(reader, tmp_path / "out", [name.partition(".")[2]])
    assert (tmp_path / "out" / name).read_text() == (GOLDEN / name).read_text()


@pytest.mark.parametrize("name", ["table.csv", "anytime.csv", "runs.csv"])
def test_golden_csv(tmp_path: Path, name: str) -> None:
    """Numbers may differ in the last bit: NumPy may sum in another order tomorrow."""
    with experiment(tmp_path) as reader:
        export(reader, tmp_path / "out", ["csv"])
    for got, wanted in zip(_cells(tmp_path / "out" / name), _cells(GOLDEN / name), strict=True):
        assert got == pytest.approx(wanted, rel=1e-12)


def _cells(path: Path) -> list[str | float]:
    def cell(text: str) -> str | float:
        try:
            return float(text)
        except ValueError:
            return text

    with path.open(encoding="utf-8", newline="") as file:
        return [cell(text) for row in csv.reader(file) for text in row]


def test_everything_is_written_and_reported(tmp_path: Path) -> None:
    seen: list[Path] = []
    with experiment(tmp_path) as reader:
        made, skipped = export(reader, tmp_path / "new" / "out", progress=seen.append, figures=REGRET)
    assert not skipped
    assert seen == made
    assert sorted(p.name for p in made) == sorted(os.listdir(tmp_path / "new" / "out"))
    assert {p.name for p in made} == {
        "table.csv", "table.md", "table.tex", "anytime.csv", "anytime.md", "anytime.tex", "trials.csv", "runs.csv",
        "matrix.md", "matrix.tex", "tables.tex",
        "progress.csv", "regret-toy-one.pdf", "regret-toy-two.pdf", "regret-toy-one.svg", "regret-toy-two.svg",
        "captions.md", "captions.tex",
    }  # fmt: skip


def test_latex_is_balanced_and_as_wide_as_it_says(tmp_path: Path) -> None:
    with experiment(tmp_path) as reader:
        export(reader, tmp_path, ["tex"])
    for name, tabulars in (("table.tex", 1), ("anytime.tex", 2)):
        text = (tmp_path / name).read_text()
        begun, ended = (re.findall(rf"\\{word}{{(\w+)}}", text) for word in ("begin", "end"))
        assert sorted(begun) == sorted(ended) == ["table"] * tabulars + ["tabular"] * tabulars
        assert len(re.findall(r"(?<!\\){", text)) == len(re.findall(r"(?<!\\)}", text))
        assert len(re.findall(r"(?<!\\)\$", text)) % 2 == 0
        assert [text.count(rule) for rule in ("\\toprule", "\\bottomrule")] == [tabulars] * 2
        for body in re.findall(r"\\begin{tabular}{(l.*?)}\n(.*?)\\end{tabular}", text, re.DOTALL):
            rows = [line for line in body[1].splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
            assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(body[0])}
        assert "B\\_2 \\& co" in text
        assert "\\textbf{" in text


def test_figures_are_the_same_bytes_each_time_with_truetype_fonts(tmp_path: Path) -> None:
    with experiment(tmp_path) as reader:
        first, _ = export(reader, tmp_path / "a", ["pdf", "svg"], measure=Measure.CUMULATIVE, figures=REGRET)
        second, _ = export(reader, tmp_path / "b", ["pdf", "svg"], measure=Measure.CUMULATIVE, figures=REGRET)
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    pdf = first[0].read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"/TrueType" in pdf or b"/CIDFontType2" in pdf
    assert b"/Type3" not in pdf
    svg = next(path for path in first if path.suffix == ".svg").read_text()
    assert "B_2 & co" in svg.replace("&amp;", "&")
    assert "cumulative regret" in svg


def test_all_trials_in_full_precision(tmp_path: Path) -> None:
    with experiment(tmp_path) as reader:
        ((path,), _) = export(reader, tmp_path / "out", ["trials"])
    rows = list(csv.DictReader(path.open()))
    assert len(rows) == 2 * (4 * 8 + 1)
    assert (rows[1]["status"], rows[1]["loss"], rows[1]["error"]) == ("failed", "", "ValueError: no good")
    assert (rows[0]["fidelity"], rows[0]["cost"], rows[0]["configuration"]) == ("", "1", '{"x": 0.0}')
    assert float(rows[2]["loss"]) == 0.1 + 0.5


def test_all_rows_of_progress_in_full_precision(tmp_path: Path) -> None:
    with experiment(tmp_path) as reader:
        ((path,), _) = export(reader, tmp_path / "out", ["progress"])
    rows = list(csv.DictReader(path.open()))
    assert len(rows) == 2 * (4 * 8 + 1)
    second = rows[1]
    assert (second["number"], second["incumbent"], second["losses"], second["spent"]) == ("1", "0", "1", "2")
    assert float(second["incumbent_value"]) == 0.1 + 0.9
    assert float(rows[3]["regret"]) == (0.1 + 0.9 - 0.1) + (0.1 + 0.5 - 0.1) + (0.1 + 0.4 - 0.1)


def test_long_runs_are_written_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_reader, "_CHUNK", 3)
    with experiment(tmp_path) as reader:
        ((path,), _) = export(reader, tmp_path / "out", ["trials"])
    numbers = [int(row["number"]) for row in csv.DictReader(path.open())]
    assert numbers[:8] == [0, 1, 2, 3, 0, 1, 2, 3]
    assert len(numbers) == 2 * (4 * 8 + 1)


def test_simulated_runs_and_parameters_of_problems(tmp_path: Path) -> None:
    """Worker, question and comparator of each trial; ids with brackets in LaTeX, Markdown and names of files."""
    trials = history(0, [0.5, 0.0], worker=1, reference=0.25)
    trials[0]["asked"], trials[1]["asked"] = 1, 0
    run = run_row(problem="toy/arms[K=2,a_b=1]", trials=2, unit="simulated-seconds", quanta_per_unit=10**9)
    run |= {"budget": 10**9, "spent": 10**9}
    with store(tmp_path, [run], trials, simulation=Simulation(workers=2)) as reader:
        export(reader, tmp_path / "out", ["trials", "tex", "md", "svg"], Axis.SECONDS, Measure.PSEUDO)
    first = next(csv.DictReader((tmp_path / "out" / "trials.csv").open()))
    assert (first["asked"], first["worker"], first["reference"], first["run_reference"]) == ("1", "1", "0.25", "0.0")
    latex, markdown = ((tmp_path / "out" / f"table.{kind}").read_text() for kind in ("tex", "md"))
    assert r"toy/arms{[}K=2,a\_b=1] (budget 1 simulated seconds)" in latex
    assert r"toy/arms\[K=2,a\_b=1\]" in markdown
    assert "pseudo-regret, median [quartiles]" in markdown
    assert "| mean | P(best) |" in markdown
    assert "| 1.00 |" in markdown
    assert "P(best) is the share" in latex
    assert "simulated seconds" in (tmp_path / "out" / "regret-toy-arms-K-2-a_b-1.svg").read_text()


def test_an_experiment_where_all_runs_failed_still_says_why(tmp_path: Path) -> None:
    run = run_row(0, status="failed", error="ImportError: no torch", trials=0, spent=0)
    with store(tmp_path, [run], []) as reader:
        export(reader, tmp_path / "out", axis=Axis.SECONDS)
    assert "1 of 1 runs failed: ImportError: no torch" in (tmp_path / "out" / "table.md").read_text()
    assert "No run has a value." in (tmp_path / "out" / "anytime.md").read_text()
    assert "no run has a value" in (tmp_path / "out" / "regret-toy-one.svg").read_text()
    assert "all 1 runs failed" in (tmp_path / "out" / "regret-toy-one.svg").read_text()
    assert "\\begin{tabular}{lr}" in (tmp_path / "out" / "anytime.tex").read_text()


def test_missing_ranks_are_explained(tmp_path: Path) -> None:
    """Label b is not on the second problem."""
    runs = [run_row(0, trials=1), run_row(1, label="b", trials=1), run_row(2, problem="toy/two", trials=1)]
    trials = [*history(0, [0.3]), *history(1, [0.2]), *history(2, [0.1])]
    failed = run_row(3, problem="toy/two", label="b", status="failed", error="x", trials=0)
    with store(tmp_path, [*runs, failed], trials) as r:
        export(r, tmp_path / "some", ["md", "tex"])
    assert "Average rank over 1 of 2 problems" in (tmp_path / "some" / "table.md").read_text()
    runs[0] |= {"status": "failed", "error": "y"}
    with store(tmp_path / "none", [*runs, failed | {"status": "waiting", "error": None}], trials) as r:
        export(r, tmp_path / "none", ["md", "tex"])
    for name in ("table.md", "table.tex"):
        assert "No average ranks" in (tmp_path / "none" / name).read_text()


def test_nothing_to_export_is_said(tmp_path: Path) -> None:
    waiting = run_row(0, status="waiting", trials=0, spent=0)
    with store(tmp_path, [waiting]) as reader, pytest.raises(HpobenchError, match="no trial has finished yet"):
        export(reader, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    refused = pytest.raises(HpobenchError, match=r"unknown export format 'cvs'\. Did you mean 'csv'")
    with experiment(tmp_path) as reader, refused:
        export(reader, tmp_path / "out", ["md", "cvs"])
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with experiment(tmp_path / "e") as reader, pytest.raises(HpobenchError, match="cannot export to"):
        export(reader, tmp_path / "file" / "out", ["csv"])


def test_a_failure_half_way_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "table.csv").write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with experiment(tmp_path / "e") as reader, pytest.raises(HpobenchError, match="No space left on device"):
        export(reader, tmp_path, ["csv"])
    assert (tmp_path / "table.csv").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["e", "table.csv"]


def test_what_fails_takes_nothing_else_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure, a table and a problem that fail: each is named with its reason, all others are written."""
    drawn, made = figures.regret_figure, tables.final_markdown

    def figure(title: str, *rest: object, **named: object) -> object:
        if title == "toy/two":
            raise OSError("no such font")
        return drawn(title, *rest, **named)  # type: ignore[arg-type]

    def table(*_: object) -> str:
        raise ZeroDivisionError("float division\nby zero")

    monkeypatch.setattr(figures, "regret_figure", figure)
    monkeypatch.setattr(tables, "final_markdown", table)
    with experiment(tmp_path) as reader:
        files, skipped = export(reader, tmp_path / "out", figures=REGRET)
        assert skipped == [
            "table.md: ZeroDivisionError: float division by zero",
            "regret-toy-two.pdf: Matplotlib cannot draw it: no such font.",
            "regret-toy-two.svg: Matplotlib cannot draw it: no such font.",
        ]
        assert len(files) == 15
        assert sorted(files) == sorted((tmp_path / "out").iterdir()), "nothing half-written is left"
        monkeypatch.undo()

        def sums(problem: str, *rest: object) -> object:
            return anytime_table(problem, *rest) if problem == "toy/two" else 1 / 0  # type: ignore[arg-type]

        monkeypatch.setattr(bundle, "anytime_table", sums)
        files, skipped = export(reader, tmp_path / "some", figures=REGRET)
        assert skipped == ["toy/one: ZeroDivisionError: division by zero"]
        assert [path.name for path in files if path.suffix == ".svg"] == ["regret-toy-two.svg"]
        assert "toy/one" not in (tmp_path / "some" / "table.md").read_text()
    assert made is tables.final_markdown


LARGEST, LEAST = sys.float_info.max, 5e-324


@pytest.mark.parametrize("measure", [Measure.SIMPLE, Measure.CUMULATIVE])
@pytest.mark.parametrize(
    "losses",
    [
        [1e300, 1.0, 1e300], [LARGEST, LARGEST, 2.0], [-LARGEST, -1e300], [LEAST, 1.0, LARGEST], [0.0, LEAST],
    ],
)  # fmt: skip
def test_losses_at_the_limits_of_floats_are_exported(tmp_path: Path, losses: list[float], measure: Measure) -> None:
    """In one of two problems, by one of two optimizers, also as a landmark: every file is there."""
    runs = [
        run_row(k, problem=problem, label=label, trials=len(losses))
        for k, (problem, label) in enumerate([("toy/huge", "a"), ("toy/huge", "b"), ("toy/two", "a"), ("toy/two", "b")])
    ]
    trials = [*history(0, losses), *history(1, [1.0, 0.5, 0.25]), *history(2, [0.3]), *history(3, [0.2])]
    store(tmp_path, runs, trials).close()
    add_landmark(tmp_path, "known", losses[0], "toy/huge")
    with Reader(tmp_path) as reader:
        files, skipped = export(reader, tmp_path / "out", ["csv", "md", "tex", "svg"], measure=measure)
    assert not skipped
    if measure is Measure.SIMPLE:  # sums of several may be infinite
        written = [path.read_text() for path in files if path.suffix in (".md", ".tex", ".csv")]
        assert not any(re.search(r"\b(nan|inf)\b", text) for text in written)
    assert {path.name for path in files} >= {"table.csv", "regret-toy-huge.svg", "regret-toy-two.svg"}


def test_all_formats_are_the_default_and_names_are_slugs() -> None:
    assert ALL == ("csv", "md", "tex", "trials", "progress", "pdf", "svg")
    assert slug("suite/a b:c") == "suite-a-b-c"
    assert slug("synthetic/ackley[d=10,noise=0.5]") == "synthetic-ackley-d-10-noise-0.5"


def test_two_problems_never_share_a_file() -> None:
    assert slugs(["a/b-c", "a-b/c", "a/d"]) == {"a/b-c": "a-b-c", "a-b/c": "a-b-c-2", "a/d": "a-d"}
    assert slugs(["a/b[s=1]", "a/b[s=-1]"]) == {"a/b[s=1]": "a-b-s-1", "a/b[s=-1]": "a-b-s-1-2"}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch, experiment(Path(scratch)) as opened:
        export(opened, GOLDEN, ["csv", "md", "tex"])
