"""Files of others that are damaged, or say what cannot be, are refused with a reason."""

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from hpobench_tui.core.configuration import from_json, tuples
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.importing import bohb, formats, optuna, smac
from hpobench_tui.importing import csv as tables
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial
from imports import imported, table

HISTORY = {
    "data": [[[1, None, 0, None], [0.5, 1.5, {"__enum__": "StatusType.SUCCESS"}, 10.0, 11.5, {}]]] * 2,
    "configs": {"1": {"x": {"a": 1}}},
}


@pytest.mark.parametrize("ending", [".zip", ".tar.gz", ".tar.bz2", ".tar.xz"])
def test_archives_whose_packed_bytes_are_others(tmp_path: Path, ending: str) -> None:
    """What is packed shows its damage where it is read, and each way of packing has errors of its own."""
    text = b"".join(f'[[0, 0, {n}], {{"x": {n / 7}}}, {{}}]\n'.encode() for n in range(400))
    path = tmp_path / f"a{ending}"
    names = ("configs.json", "results.json")
    if ending == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.writestr(name, text)
    else:
        with tarfile.open(path, f"w:{ending.rpartition('.')[2]}") as made:
            for name in names:
                about = tarfile.TarInfo(name)
                about.size = len(text)
                made.addfile(about, io.BytesIO(text))
    data = path.read_bytes()
    refused = 0
    for place in range(60, len(data) - 200, max(1, len(data) // 60)):
        path.write_bytes(data[:place] + b"\xff\xff\xff" + data[place + 3 :])
        try:
            formats.recognised(path)
            for run in bohb.runs(path, {}):
                list(run.trials)
        except HpobenchError:
            refused += 1
    assert refused > 20


def test_a_hyperparameter_that_is_an_object_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runhistory.json").write_text(json.dumps(HISTORY))
    with pytest.raises(HpobenchError, match="evaluation 0: no hyperparameter has an object for a value"):
        imported(tmp_path / "made", smac.runs(tmp_path, {}))
    run = ImportedRun("p", "a", [ImportedTrial(0, {"x": [1, [{}]]}, 1.0)])
    with pytest.raises(HpobenchError, match="no hyperparameter has an object"):
        imported(tmp_path / "other", [run])
    with pytest.raises(ValueError, match="no hyperparameter has an object"):
        from_json('{"x": [[{"a": 1}]]}')
    assert tuples([1, [2, ["a", None]]]) == (1, (2, ("a", None)))


@pytest.mark.parametrize("number", ["9223372036854775807", "9.3e18", "inf", "1e300"])
def test_numbers_beyond_all_whole_ones_are_refused(tmp_path: Path, number: str) -> None:
    file = table(tmp_path / "t.csv", "problem,label,loss,number", "p,a,1,0", f"p,a,1,{number}")
    with pytest.raises(HpobenchError, match=r"t\.csv:3: number must be a whole number from 0 to 2\^53 - 1, not"):
        list(tables.runs(file, {}))


@pytest.mark.parametrize(
    ("field", "value"), [("values", ["a"]), ("values", [[1]]), ("intermediate_value", "much"), ("params", None)]
)
def test_values_in_a_journal_that_are_none(tmp_path: Path, field: str, value: object) -> None:
    library = pytest.importorskip("optuna")
    library.logging.set_verbosity(library.logging.ERROR)
    path = tmp_path / "journal.log"
    backend = library.storages.journal.JournalFileBackend(str(path))
    study = library.create_study(storage=library.storages.JournalStorage(backend), study_name="s")
    trial = study.ask()
    trial.suggest_float("x", 0, 1)
    trial.report(0.5, 1)
    study.tell(trial, 0.25)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert any(field in line for line in lines) or field == "params"
    changed = [line | ({field: value} if field in line else {}) for line in lines]
    if field == "params":
        changed = [{k: ({"x": 1} if k == "param_value_internal" else v) for k, v in line.items()} for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in changed))
    with pytest.raises(HpobenchError):
        imported(tmp_path / "made", optuna.runs(path, {}))


def test_a_compressed_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.tgz"
    path.write_bytes(gzip.compress(b"x" * 100)[:-9])
    with pytest.raises(HpobenchError):
        formats.recognised(path)
