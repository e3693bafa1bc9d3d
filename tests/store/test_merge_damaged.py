"""Stores to be merged whose cells are none that a column can hold, or whose JSON is none."""

from pathlib import Path

import pytest

from factories import change, history, run_row, store
from hpobench_tui.core.columns import text, whole
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.store import merge
from hpobench_tui.store.reader import Reader


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Path, Path]:
    """Two copies of one experiment of one run."""
    for name in ("one", "other"):
        rows = history(0, [0.5, 0.25], metrics='{"m": 1.0}')
        store(tmp_path / name, [run_row(0, budget=2, spent=2, trials=2)], rows, events=[("info", 0, "a")]).close()
    return tmp_path / "one", tmp_path / "other"


def merged(folders: tuple[Path, Path], to: Path) -> None:
    with Reader(folders[0]) as one, Reader(folders[1]) as other:
        found = merge.sources([one, other])
        to.mkdir()
        merge.write(merge.plan(found, lambda problem, contender: None), found, to)


def test_sound_ones_are_merged(parts: tuple[Path, Path], tmp_path: Path) -> None:
    merged(parts, tmp_path / "to")
    with Reader(tmp_path / "to") as reader:
        assert [run.trials for run in reader.runs()] == [2]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trial SET metrics = 'no JSON'",
        "UPDATE trial SET metrics = 'true'",
        "UPDATE trial SET loss = 'much' WHERE number = 1",
        "UPDATE progress SET number = -1e999 WHERE number = 1",
        "UPDATE progress SET number = x'00ff' WHERE number = 1",
        "UPDATE event SET time = 'late'",
        "UPDATE manifest SET key = x'00ff'",
    ],
)
def test_cells_that_cannot_be_are_refused(parts: tuple[Path, Path], tmp_path: Path, statement: str) -> None:
    change(parts[1], statement)
    with pytest.raises(HpobenchError) as error:
        merged(parts, tmp_path / "to")
    said = str(error.value)
    assert said.count("is damaged") == 1
    assert str(parts[1]) in said


def test_a_manifest_is_read_as_text_alone(parts: tuple[Path, Path]) -> None:
    change(parts[0], "UPDATE manifest SET value = x'ff'")
    with Reader(parts[0]) as reader, pytest.raises(HpobenchError, match=r"column value holds b'.xff'"):
        reader.manifest()


class Columns:
    name = text("a name")
    number = whole("a number")


def test_the_cell_that_is_wrong_is_named_among_sound_ones() -> None:
    with pytest.raises(ValueError, match="column name holds 3"):
        Columns.name.check(["a", "b", 3])
    with pytest.raises(ValueError, match="column number holds 'b'"):
        Columns.number.check([1, "b"])
