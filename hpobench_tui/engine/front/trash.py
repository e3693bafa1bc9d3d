"""Experiments that were deleted: put aside in a folder below the others, from where they can be brought back.

Each deletion is a folder of its own in :data:`FOLDER`, named by its moment, and holds the experiments' folders as they
were. Nothing is gone for good before the trash is emptied. What runs is not deleted.
"""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.store import failure, lock

FOLDER = ".trash"


def delete(folders: Sequence[Path]) -> Path:
    """Put experiments, which lie in one folder, into its trash; the folder that they are in then.

    Raises:
        HpobenchError: one of them runs, or cannot be moved: none is deleted then.
    """
    root = folders[0].parent
    held: list[int] = []
    moved: list[Path] = []
    into = root / FOLDER / f"{time.time_ns()}"
    try:
        for folder in folders:  # no supervisor begins meanwhile
            words = lock.words(folder)
            descriptor = lock.acquire(folder)
            if descriptor is None:
                raise HpobenchError(f"{folder.name} is running; `hpobench cancel` it first: nothing is lost by that.")
            held.append(descriptor)
            lock.leave(descriptor, words)
        into.mkdir(parents=True)
        for folder in folders:
            folder.rename(into / folder.name)
            moved.append(folder)
    except (OSError, HpobenchError) as error:
        for folder in moved:
            (into / folder.name).rename(folder)
        _drop(into)
        if isinstance(error, HpobenchError):
            raise
        raise HpobenchError(f"cannot delete {folders[len(moved)].name}: {failure.told(error, root)}.") from error
    finally:
        for descriptor in held:
            os.close(descriptor)
    return into


def bring_back(root: Path) -> list[Path]:
    """Undo the latest deletion below ``root``; the folders that are back, none where nothing was deleted.

    Raises:
        HpobenchError: one is in the way, or cannot be moved; the others are back.
    """
    deleted = _deletions(root)
    if not deleted:
        return []
    back: list[Path] = []
    for folder in sorted(deleted[-1].iterdir()):
        target = root / folder.name
        if os.path.lexists(target):
            raise HpobenchError(f"{target} is in the way of the one that was deleted; it stays in {folder.parent}.")
        try:
            folder.rename(target)
        except OSError as error:
            raise HpobenchError(f"cannot bring {folder.name} back: {failure.told(error, root)}.") from error
        back.append(target)
    _drop(deleted[-1])
    return back


def contents(root: Path) -> list[Path]:
    """The experiments in the trash below ``root``, the latest last."""
    return [folder for deletion in _deletions(root) for folder in sorted(deletion.iterdir())]


def empty(root: Path) -> None:
    """Remove what is in the trash for good.

    Raises:
        HpobenchError: some of it cannot be removed.
    """
    try:
        if (root / FOLDER).is_dir():
            shutil.rmtree(root / FOLDER)
    except OSError as error:
        raise HpobenchError(f"cannot empty {root / FOLDER}: {failure.told(error, root)}.") from error


def size(folder: Path) -> int:
    """Bytes of all files in a folder, as far as they can be seen."""
    total, left = 0, [str(folder)]
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total


def _deletions(root: Path) -> list[Path]:
    try:
        return sorted(path for path in (root / FOLDER).iterdir() if path.name.isdecimal() and path.is_dir())
    except OSError:
        return []


def _drop(deletion: Path) -> None:
    """Take away what is empty."""
    for folder in (deletion, deletion.parent):
        try:
            folder.rmdir()
        except OSError:
            return
