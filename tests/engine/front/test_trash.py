"""What is deleted can be brought back, as it was."""

import os
from pathlib import Path

import pytest

from factories import run_row, store
from hpobench_tui.core import HpobenchError
from hpobench_tui.engine.front import lifecycle, trash
from hpobench_tui.store import lock
from hpobench_tui.store.reader import Reader, experiments


def made(root: Path, *names: str) -> list[Path]:
    for name in names:
        store(root / name, [run_row()]).close()
    return [root / name for name in names]


def test_a_deletion_is_undone_the_latest_first(tmp_path: Path) -> None:
    one, two, three = made(tmp_path, "one", "two", "three")
    trash.delete([one])
    trash.delete([two, three])
    assert experiments(tmp_path) == []
    assert [folder.name for folder in trash.contents(tmp_path)] == ["one", "three", "two"]
    assert trash.bring_back(tmp_path) == [three, two]
    assert trash.bring_back(tmp_path) == [one]
    assert trash.bring_back(tmp_path) == []
    assert not (tmp_path / trash.FOLDER).exists(), "nothing is left of it"
    with Reader(one) as reader:
        assert len(reader.runs()) == 1


def test_what_runs_is_not_deleted_nor_what_was_to_go_with_it(tmp_path: Path) -> None:
    folders = made(tmp_path, "ended", "running")
    descriptor = lock.acquire(folders[1])
    assert descriptor is not None
    with pytest.raises(HpobenchError, match="running is running; `hpobench cancel` it first"):
        trash.delete(folders)
    os.close(descriptor)
    assert all(folder.is_dir() for folder in folders)
    assert not trash.contents(tmp_path)


def test_why_it_was_interrupted_is_still_known_when_it_is_back(tmp_path: Path) -> None:
    (folder,) = made(tmp_path, "one")
    descriptor = lock.acquire(folder)
    assert descriptor is not None
    lock.leave(descriptor, "the disk is full")
    os.close(descriptor)
    trash.delete([folder])
    trash.bring_back(tmp_path)
    assert lifecycle.last_words(folder) == "the disk is full"


def test_one_that_is_in_the_way_stays(tmp_path: Path) -> None:
    (folder,) = made(tmp_path, "one")
    trash.delete([folder])
    made(tmp_path, "one")
    with pytest.raises(HpobenchError, match=r"one is in the way .* stays in"):
        trash.bring_back(tmp_path)
    assert len(trash.contents(tmp_path)) == 1


def test_emptying_removes_for_good_and_nothing_else(tmp_path: Path) -> None:
    one, two = made(tmp_path, "one", "two")
    trash.delete([one])
    assert trash.size(tmp_path / trash.FOLDER) == sum(
        path.stat().st_size for path in (tmp_path / trash.FOLDER).rglob("*") if path.is_file()
    )
    trash.empty(tmp_path)
    trash.empty(tmp_path)
    assert trash.bring_back(tmp_path) == []
    assert two.is_dir()
