"""Tables as data: every column is described, CSV, Parquet and JSON say the same, and what is odd stays apart."""

import csv
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from factories import Row, add_landmark, history, run_row, store, trial_row
from hpobench_tui.analysis.columns import records
from hpobench_tui.analysis.filters import Filters
from hpobench_tui.analysis.union import Union
from hpobench_tui.cli.app import app
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export import data, parquet
from hpobench_tui.export.bundle import export, gather
from hpobench_tui.export.data import distinct
from hpobench_tui.store.reader import Reader

TABLES = ("table", "anytime", "runs", "trials", "progress")


def written(folder: Path, to: Path, formats: Sequence[str] = ("csv", "trials", "progress", "parquet", "json")) -> Path:
    with Reader(folder) as reader:
        made, skipped = export(reader, to, formats)
    assert not skipped
    assert {path.name for path in made} == {path.name for path in to.iterdir()}
    return to


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def small(folder: Path, configurations: Sequence[dict[str, object]] = ({"x": 1.5},), **columns: object) -> Path:
    """Two problems, two labels, six repetitions each; a trial a configuration."""
    runs: list[Row] = []
    trials: list[Row] = []
    for problem in ("toy/one", "toy/two"):
        for place, label in enumerate(("a", "b")):
            for repetition in range(6):
                number, n = len(runs), len(configurations)
                own = {"problem": problem, "label": label, "repetition": repetition, "budget": n, "spent": n}
                runs.append(run_row(number, **own, trials=n, **columns))
                trials += [
                    trial_row(number, k, loss=1.0 + place + repetition / 10, configuration=json.dumps(each))
                    for k, each in enumerate(configurations)
                ]
    store(folder, runs, trials).close()
    return folder


def test_a_row_a_run_with_what_it_reached(tmp_path: Path) -> None:
    runs = [
        run_row(0, budget=2, spent=2, trials=2, reference=0.25, problem_seed=2**62),
        run_row(1, label="b", status="failed", error="OSError: full\nTraceback", trials=1, spent=1, failed_trials=1),
        run_row(2, label="c", problem="toy/bare", measure="incumbent loss", trials=2),
        run_row(3, label="d", status="waiting", trials=0, spent=0),
    ]
    trials = [*history(0, [1.0, 0.5]), *history(1, [None]), *history(2, [3.0, 2.0])]
    store(tmp_path, runs, trials).close()
    rows = lines(written(tmp_path, tmp_path / "to") / "runs.csv")
    assert [row["status"] for row in rows] == ["done", "failed", "done", "waiting"]
    assert (rows[0]["value"], rows[0]["simple_regret"], rows[0]["incumbent_loss"]) == ("0.25", "0.25", "0.5")
    assert (rows[0]["cumulative_regret"], rows[0]["problem_seed"], rows[0]["spent"]) == ("1.0", str(2**62), "2")
    assert (rows[1]["value"], rows[1]["error"], rows[1]["failed_trials"]) == ("", "OSError: full", "1")
    assert (rows[2]["value"], rows[2]["simple_regret"], rows[2]["measure"]) == ("2.0", "", "incumbent loss")
    assert rows[3]["value"] == ""


def test_hyperparameters_have_a_column_each_and_stay_apart(tmp_path: Path) -> None:
    configurations = [
        {"lr": 0.5, "LR": 1, "on": True, "kind": "=cmd()", "odd": "1", "wide": 2**70, "a\x1b": 1},
        {"lr": 1, "LR": 2, "on": False, "kind": "b", "odd": 1, "wide": 1, "a\\x1b": 2, "deep": 3},
    ]
    to = written(small(tmp_path / "e", configurations), tmp_path / "to")
    first, second = lines(to / "trials.csv")[:2]
    named = [name for name in first if name.startswith("config.")]
    assert named == [
        "config.lr", "config.LR-2", "config.on", "config.kind", "config.odd", "config.wide", "config.a\\x1b",
        "config.a\\x1b-2", "config.deep",
    ]  # fmt: skip
    assert [first[name] for name in named] == ["0.5", "1", "True", "'=cmd()", '"1"', str(2**70), "1", "", ""]
    assert [second[name] for name in named] == ["1", "2", "False", "b", "1", "1", "", "2", "3"]
    assert json.loads(second["configuration"]) == configurations[1]
    frame = pl.read_parquet(to / "trials.parquet")
    kinds = dict(frame.schema)
    assert [kinds[name] for name in named[:5]] == [pl.Float64, pl.Int64, pl.Boolean, pl.String, pl.String]
    assert frame["config.kind"][0] == "=cmd()"
    assert frame["config.deep"].to_list()[:2] == [None, 3]


@pytest.mark.parametrize("rows", [1, 5, 100_000])
def test_parquet_says_what_csv_says_in_parts_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(parquet, "ROWS", rows)
    small(tmp_path / "e", [{"x": 0.5}, {"x": 1.0}, {"y": 2}])
    add_landmark(tmp_path / "e", "known", 0.1, "toy/one")
    to = written(tmp_path / "e", tmp_path / "to")
    for name in (*TABLES, "landmarks"):
        frame, table = pl.read_parquet(to / f"{name}.parquet"), lines(to / f"{name}.csv")
        assert frame.height == len(table) > 0
        for row, cells in zip(frame.iter_rows(named=True), table, strict=True):
            assert {key: "" if cell is None else str(cell) for key, cell in row.items()} == cells
        said = pl.read_parquet_metadata(to / f"{name}.parquet")
        assert list(json.loads(said["columns"])) == frame.columns
        assert "6 finished runs" in said["runs"]
        assert "budget" in said


def test_json_is_strict_and_explained(tmp_path: Path) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    path = written(small(tmp_path / "e"), tmp_path / "to")
    read = json.loads((path / "results.json").read_text(), parse_constant=refuse)
    assert read["version"] == 1
    assert set(read["tables"]) == {"table", "anytime", "runs"}
    for name, table in read["tables"].items():
        assert all(set(row) == set(table["columns"]) for row in table["rows"]), name
        assert all(table["columns"].values())
    assert [line["problem"] for line in read["winners"]] == ["toy/one", "toy/two", None]
    assert [row["in_group"] for row in read["tables"]["table"]["rows"]] == [True, False] * 2
    assert "signed-rank" in read["protocol"]["groups"]


def test_cut_runs_are_written_as_far_as_they_are_cut(tmp_path: Path) -> None:
    small(tmp_path / "e", [{"x": k} for k in range(6)])
    with Union([tmp_path / "e"], Filters(problems=("toy/one",), at=Fraction(4))) as union:
        _, skipped = export(union, tmp_path / "to", ["trials", "parquet"])
    assert not skipped
    assert pl.read_parquet(tmp_path / "to" / "trials.parquet")["number"].max() == 3
    assert len(lines(tmp_path / "to" / "trials.csv")) == 2 * 6 * 4


def test_names_that_are_seen_alike_are_numbered() -> None:
    assert distinct(["a", "A", "a-2", "b\x1b", "b\\x1b"]) == {
        "a": "a", "A": "A-2", "a-2": "a-2-2", "b\x1b": "b\\x1b", "b\\x1b": "b\\x1b-2"
    }  # fmt: skip


def test_a_dry_run_names_what_is_written_then(tmp_path: Path) -> None:
    small(tmp_path / "e")
    words = ["export", str(tmp_path / "e"), "--format", "csv,md", "--format", "parquet", "--formats", "json", "--json"]
    dry = CliRunner().invoke(app, [*words, "--to", str(tmp_path / "to"), "--dry-run"])
    assert (dry.exit_code, (tmp_path / "to").exists()) == (0, False)
    wet = CliRunner().invoke(app, [*words, "--to", str(tmp_path / "to")])
    files = json.loads(wet.stdout)["files"]
    assert json.loads(dry.stdout) == {"files": files, "left_out": [], "dry_run": True}
    assert {Path(file).name for file in files} == {path.name for path in (tmp_path / "to").iterdir()}
    assert {"runs.csv", "matrix.md", "trials.parquet", "results.json"} <= {Path(file).name for file in files}


def test_a_dry_run_names_captions_of_two_formats_once(tmp_path: Path) -> None:
    small(tmp_path / "e")
    words = ["export", str(tmp_path / "e"), "--formats", "pdf,svg", "--figures", "regret", "--json", "--dry-run"]
    files = json.loads(CliRunner().invoke(app, words).stdout)["files"]
    assert [Path(file).name for file in files].count("captions.md") == 1
    assert len({*files}) == len(files)


def test_the_share_that_is_done_only_grows(tmp_path: Path) -> None:
    seen: list[tuple[float, str]] = []
    with Reader(small(tmp_path / "e")) as reader:
        made, _ = export(reader, tmp_path / "to", ["csv", "md", "parquet"], coming=lambda *told: seen.append(told))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] < 1
    assert [name for _, name in seen][1:] == [path.name for path in made]


ODD = {
    "half-done": (
        [
            run_row(0, trials=2),
            run_row(1, label="b", status="running", trials=2, spent=2),
            run_row(2, label="c", status="waiting", trials=0, spent=0),
        ],
        [*history(0, [1.0, 0.5]), *history(1, [1.0, 0.7])],
        "2 not finished of 3 runs in all",
    ),
    "all-failed": (
        [run_row(k, label="ab"[k], status="failed", error="no", trials=0, spent=0) for k in (0, 1)],
        [],
        "2 failed of 2 runs in all",
    ),
    "single-seed": (
        [run_row(k, label=label, trials=1) for k, label in enumerate("ab")],
        [*history(0, [1.0]), *history(1, [0.5])],
        "so few seeds cannot tell",
    ),
    "zero-regret": (
        [run_row(6 * k + n, label=label, repetition=n, trials=1) for k, label in enumerate("ab") for n in range(6)],
        [row for k in range(12) for row in history(k, [0.0])],
        "6 finished runs",
    ),
    "one-optimizer": ([run_row(0, trials=1)], history(0, [1.0]), "no problem has finished runs of two optimizers"),
    "no-value": ([run_row(0, trials=1, failed_trials=1)], history(0, [None]), "ended without a value"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_odd_experiments_are_exported_with_a_statement(tmp_path: Path, kind: str) -> None:
    runs, trials, statement = ODD[kind]
    store(tmp_path, runs, trials).close()
    to = written(tmp_path, tmp_path / "to", ["csv", "md", "tex", "trials", "progress", "parquet", "json"])
    said = [(to / name).read_text() for name in ("matrix.md", "table.md", "results.json", "tables.tex")]
    assert sum(statement in text for text in said) >= 2, said[0]
    assert "nan" not in said[0]
    assert len(lines(to / "runs.csv")) == len(runs)


def test_an_experiment_without_any_result_is_refused(tmp_path: Path) -> None:
    store(tmp_path, [run_row(0, status="waiting", trials=0, spent=0)]).close()
    with Reader(tmp_path) as reader, pytest.raises(HpobenchError, match="no trial has finished yet"):
        export(reader, tmp_path / "to", ["json"], dry=True)


def test_every_column_is_described(tmp_path: Path) -> None:
    """A column of the comparison table needs a meaning here, too."""
    with Reader(small(tmp_path)) as reader:
        rows = records(gather(reader, Axis.BUDGET, None, []).rows)
    assert [each.name for each in data.FINAL] == [*rows[0], "in_group"]
    assert all(each.meaning for each in (*data.FINAL, *data.ANYTIME, *data.LANDMARKS, *data.of_runs()))
