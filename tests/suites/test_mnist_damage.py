"""What becomes of damaged images and of a cache that cannot be used."""

import json
import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hpobench_suites.mnist_cnn import data
from hpobench_suites.mnist_cnn.fused import probe
from hpobench_suites.mnist_cnn.fused.ways import WAYS
from hpobench_suites.mnist_cnn.training import CnnTraining
from hpobench_tui.core import HpobenchError

LABELS = "t10k-labels-idx1-ubyte"
TINY = {"depth": 1, "filters_1": 8, "batch_size": 16}


@pytest.fixture(scope="module")
def archive() -> bytes:
    return (data.FOLDER / f"{LABELS}.xz").read_bytes()


def test_no_flipped_bit_changes_a_label(archive: bytes, tmp_path: Path) -> None:
    """Most are refused; those that remain (in what xz does not use) leave the labels as they are."""
    right = data.read(LABELS)
    rng = np.random.default_rng(1)
    refused = []
    for place in [*range(16), *rng.integers(0, len(archive), 100)]:
        flipped = bytearray(archive)
        flipped[place] ^= 1 << int(rng.integers(8))
        (tmp_path / f"{LABELS}.xz").write_bytes(flipped)
        try:
            assert data.read(LABELS, tmp_path) == right
        except HpobenchError as error:
            refused.append(str(error))
    assert len(refused) > 100
    assert all(f"{tmp_path / LABELS}.xz is damaged" in text and "Reinstall" in text for text in refused)


def test_no_cut_changes_a_label(archive: bytes, tmp_path: Path) -> None:
    for length in (0, 1, 11, 12, len(archive) // 2, len(archive) - 1):
        (tmp_path / f"{LABELS}.xz").write_bytes(archive[:length])
        with pytest.raises(HpobenchError, match=r"damaged .*Reinstall"):
            data.read(LABELS, tmp_path)


def test_other_peoples_digits_are_refused(tmp_path: Path) -> None:
    """A whole archive of the right name and kind with something else in it."""
    (tmp_path / f"{LABELS}.xz").write_bytes((data.FOLDER / "train-labels-idx1-ubyte.xz").read_bytes())
    with pytest.raises(HpobenchError, match="SHA-256 is 65a50cbb"):
        data.read(LABELS, tmp_path)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path / "cache"
    monkeypatch.setenv("HPOBENCH_CACHE", str(folder))
    return folder


def _labels(folder: Path, found: "multiprocessing.Queue[bytes]") -> None:
    os.environ["HPOBENCH_CACHE"] = str(folder)
    found.put(data.raw(LABELS).tobytes())


def test_processes_that_come_at_once_all_read_the_right_labels(cache: Path) -> None:
    """Where a file is that one of them has only half written."""
    (cache / "mnist").mkdir(parents=True)
    (cache / "mnist" / LABELS).write_bytes(data.read(LABELS)[:5_000])
    context = multiprocessing.get_context("fork")
    found: multiprocessing.Queue[bytes] = context.Queue()
    processes = [context.Process(target=_labels, args=(cache, found)) for _ in range(4)]
    for process in processes:
        process.start()
    assert [found.get(timeout=60) for _ in processes] == [data.read(LABELS)] * 4
    for process in processes:
        process.join(60)
    assert [path.name for path in (cache / "mnist").iterdir()] == [LABELS]
    assert (cache / "mnist" / LABELS).read_bytes() == data.read(LABELS)


def test_a_folder_in_the_place_of_the_images_is_no_failure(cache: Path) -> None:
    (cache / "mnist" / LABELS).mkdir(parents=True)
    assert data.raw(LABELS).tobytes() == data.read(LABELS)
    assert [path.name for path in (cache / "mnist").iterdir()] == [LABELS]


def members() -> list[CnnTraining]:
    return [CnnTraining(TINY, seed, "cpu", 64, 100) for seed in (1, 2)]


def test_a_cache_that_cannot_be_written_is_no_failure(cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    assert probe.fastest(members()) in WAYS
    assert cache.read_text().startswith("a file")


@pytest.mark.parametrize(
    "content", ["", '{"half": "writ', "[]", "null", "7", '"grouped"', "\ud800"], ids=[*"abcdef", "no text"]
)
def test_a_half_written_cache_is_made_anew(cache: Path, content: str) -> None:
    (cache / "mnist").mkdir(parents=True)
    path = cache / "mnist" / "ways.json"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    way = probe.fastest(members())
    assert list(json.loads(path.read_text(encoding="utf-8")).values()) == [way]


@pytest.mark.parametrize("told", ["fastest of all", None, 3, ["grouped"], {}], ids=str)
def test_a_way_that_there_is_not_is_timed_again(cache: Path, told: object) -> None:
    way = probe.fastest(members())
    path = cache / "mnist" / "ways.json"
    (key,) = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({key: told}), encoding="utf-8")
    assert probe.fastest(members()) in WAYS
    assert json.loads(path.read_text(encoding="utf-8"))[key] in WAYS
    assert way in WAYS


def _many(folder: Path, number: int) -> None:
    os.environ["HPOBENCH_CACHE"] = str(folder)
    for i in range(50):
        probe._write(probe._read() | {f"process {number}": "grouped", f"{i}": "vmap"})
        assert probe._read(), "a reader met a file that was not whole"


def test_two_processes_at_once_leave_a_whole_cache(cache: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_many, args=(cache, number)) for number in (1, 2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert json.loads((cache / "mnist" / "ways.json").read_text(encoding="utf-8"))["0"] == "vmap"
    assert [path.name for path in (cache / "mnist").iterdir()] == ["ways.json"]
