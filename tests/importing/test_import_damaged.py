"""Files of others that are damaged, or say what cannot be, are refused with a reason."""

import gzip
import io
import json
import tarfile
import time
import zipfile
from math import inf, nan
from pathlib import Path

import pytest

from hpobench_tui.core.budget import Unit
from hpobench_tui.core.configuration import from_json, tuples
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.importing import bohb, coco, formats, optuna, smac
from hpobench_tui.importing import csv as tables
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial
from hpobench_tui.importing.folder import Folder
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


def journal(place: Path) -> tuple[Path, list[dict[str, object]]]:
    """A journal of Optuna's with a trial that reports once, and its lines."""
    library = pytest.importorskip("optuna")
    library.logging.set_verbosity(library.logging.ERROR)
    path = place / "journal.log"
    backend = library.storages.journal.JournalFileBackend(str(path))
    study = library.create_study(storage=library.storages.JournalStorage(backend), study_name="s")
    trial = study.ask()
    trial.suggest_float("x", 0, 1)
    trial.report(0.5, 1)
    study.tell(trial, 0.25)
    return path, [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("field", "value"), [("values", ["a"]), ("values", [[1]]), ("intermediate_value", "much"), ("params", None)]
)
def test_values_in_a_journal_that_are_none(tmp_path: Path, field: str, value: object) -> None:
    path, lines = journal(tmp_path)
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


def test_a_member_of_an_archive_without_a_name_is_no_file(tmp_path: Path) -> None:
    """``zipfile`` looks at the last letter of each name."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", "nothing")
        archive.writestr("results.json", "{}")
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 28 : at + 32] = b"\x00\x00\x01\x00"  # of the first name's letters none, which then count as extra
    path.write_bytes(data)
    assert zipfile.ZipFile(path).infolist()[0].filename == ""
    assert Folder(path).names == ["results.json"]


def test_a_tar_that_leads_back_is_refused(tmp_path: Path) -> None:
    """Of a member with fewer than no bytes the next one would be the same again, without end."""
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("results.json"))
    data = bytearray(path.read_bytes())
    data[124:136] = b"\xff" * 10 + (0x10000 - 512).to_bytes(2, "big")
    data[148:156] = b" " * 8
    data[148:156] = f"{sum(data[:512]):06o}\0 ".encode()
    path.write_bytes(data)
    with pytest.raises(HpobenchError, match="a member has -512 bytes"):
        Folder(path)


def test_an_archive_with_too_many_members_is_refused_also_if_all_are_called_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpobench_tui.importing.folder.MOST_FILES", 20)
    for count in (20, 30):
        with tarfile.open(tmp_path / f"{count}.tar", "w") as archive:
            for _ in range(count):
                archive.addfile(tarfile.TarInfo("same"))
    assert Folder(tmp_path / "20.tar").names == ["same"]
    with pytest.raises(HpobenchError, match="more than 20 files"):
        Folder(tmp_path / "30.tar")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("funcId = 1, " + "x" * 900_000, "DIM must be a number"),
        ("a.dat, 1" + " " * 900_000 + "x", "must be instance:evaluations"),
        ("a.dat, 1:" + "1" * 900_000 + "x", "must be instance:evaluations"),
        ("a.dat, " + "1" * 5000, "instance must be a whole number"),
    ],
)
def test_long_lines_of_an_index_take_no_longer_than_others(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "a.dat").write_text("% evaluations | best\n1 1 1\n")
    (tmp_path / "a.info").write_text(f"funcId = 1, DIM = 2, algId = 'a'\n{line}\na.dat, 1:1|1\n")
    start = time.process_time()
    with pytest.raises(HpobenchError, match=said):
        list(coco.runs(tmp_path, {}))
    assert time.process_time() - start < 5  # a look at each letter from each letter took hours


@pytest.mark.parametrize(
    ("seconds", "said"), [(inf, "took inf seconds"), (nan, "took nan seconds"), (-1.0, "took -1 seconds")]
)
def test_seconds_that_a_budget_cannot_count_are_refused(tmp_path: Path, seconds: float, said: str) -> None:
    run = ImportedRun("p", "a", [ImportedTrial(0, {}, 1.0, seconds=seconds)], unit=Unit.SECONDS)
    with pytest.raises(HpobenchError, match=f"evaluation 0: it {said}; valid are 0 to"):
        imported(tmp_path / "made", [run])


@pytest.mark.parametrize("what", ["budget", "reference"])
@pytest.mark.parametrize("value", ["inf", "-inf", "nan"])
def test_a_budget_or_reference_that_is_no_finite_number_is_refused(tmp_path: Path, what: str, value: str) -> None:
    file = table(tmp_path / "t.csv", f"problem,label,loss,{what}", f"p,a,1,{value}")
    with pytest.raises(HpobenchError, match=f"'a' on 'p': the {what} must be"):
        imported(tmp_path / "made", tables.runs(file, {"columns": f"{what}={what}"}))


@pytest.mark.parametrize(("step", "fidelity"), [(2.0, 2), (3, 3), (0.5, None), ("1", None), (1e300, None)])
def test_a_step_of_a_journal_is_a_whole_number_or_refused(tmp_path: Path, step: object, fidelity: int | None) -> None:
    path, lines = journal(tmp_path)
    changed = [line | ({"step": step} if "step" in line else {}) for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in changed))
    if fidelity is None:
        with pytest.raises(HpobenchError):
            imported(tmp_path / "made", optuna.runs(path, {}))
        return
    with imported(tmp_path / "made", optuna.runs(path, {}))[0] as reader:
        (row,) = reader.trial_rows(0)
        assert (row.fidelity, type(row.fidelity)) == (fidelity, int)


def test_a_category_that_is_at_no_place_is_refused(tmp_path: Path) -> None:
    """Optuna takes the infinite for the place of one."""
    library = pytest.importorskip("optuna")
    library.logging.set_verbosity(library.logging.ERROR)
    path = tmp_path / "journal.log"
    backend = library.storages.journal.JournalFileBackend(str(path))
    study = library.create_study(storage=library.storages.JournalStorage(backend), study_name="s")
    trial = study.ask()
    trial.suggest_categorical("c", ["a", "b"])
    study.tell(trial, 0.25)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    changed = [line | ({"param_value_internal": inf} if "param_name" in line else {}) for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in changed))
    with pytest.raises(HpobenchError, match="cannot be read by Optuna"):
        imported(tmp_path / "made", optuna.runs(path, {}))
