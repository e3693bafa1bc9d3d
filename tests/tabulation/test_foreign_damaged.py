"""Tables of others that are damaged: also where the library that reads them panics, or Python's own errors come up."""

import io
import json
from pathlib import Path

import polars as pl
import pytest

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.executors.probe import fatal
from hpobench_tui.importing import csv as importing
from hpobench_tui.tabulation import table
from hpobench_tui.tabulation.foreign import reading
from program import hpobench
from tables import CLIFF, made_table

FRAME = pl.DataFrame({"lr": [0.1, 0.2, 0.3], "act": ["a", "b", "a"], "loss": [1.0, 2.0, None]})


@pytest.mark.parametrize("ending", [".feather", ".parquet"])
def test_every_damage_of_a_binary_table_is_refused_or_read(tmp_path: Path, ending: str) -> None:
    stream = io.BytesIO()
    (FRAME.write_ipc if ending == ".feather" else FRAME.write_parquet)(stream)
    data, path = stream.getvalue(), tmp_path / f"t{ending}"
    refused = 0
    for place in range(0, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            reading.binary(path)
        except reading.BROKEN:
            refused += 1
    assert refused > 10


def test_a_file_that_takes_down_whoever_reads_it_is_refused(tmp_path: Path) -> None:
    """Polars 1.35 aborts on this one; another version may refuse it itself, or read something."""
    path = Path(__file__).parent / "data" / "aborts.parquet"
    for words in (("import-table", path, "--dry-run"), ("import", path, "--dry-run")):
        done = hpobench(*words, cwd=tmp_path)
        assert done.returncode in (0, 2)
        assert "Traceback" not in done.stderr
        assert done.returncode == 0 or done.stderr.startswith("hpobench: ")


def test_what_takes_its_process_down_is_told_beforehand() -> None:
    assert fatal("os:abort") == "reading it takes the process down: SIGABRT"
    assert fatal("os:listdir", "/nowhere") is None
    assert fatal("os:listdir", "/") is None


def panic(*_: object, **__: object) -> None:
    raise pl.exceptions.PanicException("index out of bounds")


def test_a_panic_of_polars_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no ``Exception``: nothing but its own name catches it."""
    assert not issubclass(pl.exceptions.PanicException, Exception)
    made = made_table(tmp_path / "made", CLIFF, 3, 1)
    path = tmp_path / "t.parquet"
    FRAME.write_parquet(path)
    for name in ("read_parquet", "read_parquet_schema"):
        monkeypatch.setattr(pl, name, panic)
    with pytest.raises(HpobenchError, match=r"cannot be read as .parquet .index out of bounds"):
        reading.read(path)
    with pytest.raises(HpobenchError, match=r"the table cannot be read .index out of bounds"):
        table.read(made.base)
    with pytest.raises(HpobenchError, match="cannot be read as Parquet: index out of bounds"):
        list(importing.runs(path, {}))


@pytest.mark.parametrize("lines", [["3", "Infinity"], ["[1]", '{"a": NaN}'], ['{"a": NaN}', "[" * 5000]])
def test_lines_of_json_that_are_no_objects(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(HpobenchError, match=r"cannot be read as \.jsonl"):
        reading.read(path)


def test_sound_lines_with_nan_are_still_read(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps({"x": n, "loss": float("nan") if n else 1.0}) + "\n" for n in range(3)))
    assert reading.read(path).height == 3


def test_a_table_in_which_no_training_has_a_loss_at_its_end_is_refused(tmp_path: Path) -> None:
    lines = ["lr,epoch,loss", "0.1,1,0.5", "0.1,2,", "0.2,1,0.5", "0.2,2,"]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    done = hpobench("import-table", "t.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "no training has a loss at its end" in done.stderr


@pytest.mark.parametrize(
    ("key", "value"), [("name", ["a"]), ("hyperparameters", 3), ("hyperparameters", [{"type": "uniform_float"}])]
)
def test_a_space_that_is_none_is_refused(tmp_path: Path, key: str, value: object) -> None:
    """ConfigSpace takes a name in a list apart without end."""
    base = made_table(tmp_path / "made", CLIFF, 3, 1).base
    sidecar = base.with_name(f"{base.name}.json")
    said = json.loads(sidecar.read_text())
    said["space"][key] = value
    sidecar.write_text(json.dumps(said))
    with pytest.raises(HpobenchError, match=r"the table cannot be read .its space is none: "):
        table.read(base)
