"""``hpobench import-table``: what it says, what it writes, and that experiments run on it."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from hpobench_tui.cli.app import app
from hpobench_tui.core import HpobenchError
from program import hpobench


def command(*args: object) -> Result:
    return CliRunner().invoke(app, ["import-table", *map(str, args)])


def words(result: Result) -> str:
    assert result.exception is None, result.exception
    return " ".join(result.stdout.split())


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    """Three hyperparameters, two seeds, accuracy."""
    rng = np.random.default_rng(5)
    rows = [
        f"{rate},{units},{act},{seed},{rng.random():.6f}"
        for rate in (0.001, 0.01, 0.1)
        for units in (16, 32, 64)
        for act in ("relu", "tanh")
        for seed in (1, 2)
    ]
    path = tmp_path / "my results.csv"
    path.write_text("\n".join(["rate,units,act,seed,accuracy", *rows]) + "\n")
    return path


def test_a_dry_run_says_what_columns_are_taken_for_and_writes_nothing(grid: Path, tmp_path: Path) -> None:
    text = words(command(grid, "-o", tmp_path / "t", "--dry-run"))
    assert "rate ord (guessed) 0.001, 0.01, 0.1" in text
    assert "act cat (guessed) relu, tanh" in text
    assert "seed seed" in text
    assert "36 rows: 18 configurations (all there are) × 2 trainings each" in text
    assert "loss = 1 - accuracy" in text
    assert "nothing is written" in text
    assert not (tmp_path / "t").exists()
    said = json.loads(command(grid, "-o", tmp_path / "t", "--dry-run", "--json").stdout)
    assert (said["configurations"], said["seeds"], said["complete"], said["written"]) == (18, 2, True, False)
    assert said["hyperparameters"][1] == {
        "name": "units", "kind": "ord", "values": [16, 32, 64], "range": None, "guessed": True, "parent": None
    }  # fmt: skip


def test_kinds_that_are_said_show_in_ranges(grid: Path, tmp_path: Path) -> None:
    text = words(command(grid, "-c", "rate:log,units:int", "-c", "act", "--dry-run"))
    assert "rate float-log 0.001 to 0.1" in text
    assert "units int 16 to 64" in text


def test_a_table_is_written_once(grid: Path, tmp_path: Path) -> None:
    text = words(command(grid, "-o", tmp_path / "t", "--origin", "Doe 2020", "--licence", "CC0-1.0"))
    assert "my-results.json,mode=lookup]" in text.replace(" ", "").replace("\n", "") or "mode=lookup" in text
    assert sorted(path.name for path in (tmp_path / "t").iterdir()) == ["my-results.json", "my-results.npz"]
    again = command(grid, "-o", tmp_path / "t")
    assert isinstance(again.exception, HpobenchError)
    assert "is there already" in str(again.exception)
    assert "written" in command(grid, "-o", tmp_path / "t", "--force", "--json").stdout
    shown = CliRunner().invoke(
        app, ["problems", f"tabular/table[file={tmp_path / 't' / 'my-results.json'},mode=lookup]"]
    )
    assert "my results.csv: 18 configurations × 2 seeds, lookup" in " ".join(shown.stdout.split())


def test_where_it_is_from_is_kept(grid: Path, tmp_path: Path) -> None:
    words(command(grid, "-o", tmp_path, "--name", "t", "--origin", "Doe 2020", "--licence", "CC0-1.0"))
    said = CliRunner().invoke(
        app, ["problems", f"tabular/table[file={tmp_path / 't.json'},mode=lookup]", "--json"]
    )  # fmt: skip
    (info,) = json.loads(said.stdout)
    assert (info["origin"], info["licence"], info["exact"]) == ("Doe 2020", "CC0-1.0", True)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nothing.csv"], "does not exist"),
        (["."], "is a folder"),
        (["FILE", "--loss", "acc"], "unknown column 'acc'"),
        (["FILE", "--duplicates", "both"], "unknown --duplicates 'both'"),
        (["FILE", "--short", "cut"], "unknown --short 'cut'"),
        (["FILE", "--name", "a b"], "--name: use letters"),
        (["FILE", "--loss", "accuracy", "--reward", "rate"], "not both"),
        (["FILE", "--output", "FILE/t"], "cannot write"),
    ],
)
def test_bad_input_is_told(grid: Path, args: list[str], message: str) -> None:
    result = command(*(arg.replace("FILE", str(grid)) for arg in args))
    assert isinstance(result.exception, HpobenchError)
    assert message in str(result.exception)


def test_columns_are_completed(grid: Path) -> None:
    from hpobench_tui.cli.import_table import import_table, listed_columns, one_column

    context = type("Context", (), {"params": {"file": grid}})()
    assert one_column(context, "ac") == ["act", "accuracy"]
    assert listed_columns(context, "rate:log,un") == ["rate:log,units"]
    assert listed_columns(context, "rate:l") == ["rate:log", "rate:loss"]
    assert one_column(type("Context", (), {"params": {}})(), "") == []
    assert import_table.__doc__


@pytest.mark.e2e
def test_grid_search_finds_the_optimum_of_a_whole_grid(grid: Path, tmp_path: Path) -> None:
    words(command(grid, "-c", "*,seed:ignore", "--duplicates", "mean", "-o", tmp_path, "--name", "t"))
    problem = f"tabular/table[file={tmp_path / 't.json'},mode=lookup]"
    (tmp_path / "e.toml").write_text(
        f'name = "theirs"\nproblems = ["{problem}"]\noptimizers = ["grid"]\n'
        'repetitions = 2\nbudget = {amount = 18, unit = "evaluations"}\n'
    )
    done = hpobench("run", tmp_path / "e.toml", "--headless", "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    (final,) = json.loads(hpobench("show", *(tmp_path / "out").iterdir(), "--json").stdout)["final"]
    assert (final["problem"], final["finished"], final["median"], final["found"]) == (problem, 2, 0.0, 1.0)
