"""Making one experiment of several (``store.merge``), for whoever asks for it: command line and app."""

import resource
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from hpobench_tui import plugins
from hpobench_tui.core.compatibility import refusal
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Contender
from hpobench_tui.engine.front import lifecycle, shards
from hpobench_tui.store import failure
from hpobench_tui.store import merge as merging
from hpobench_tui.store.merge import Merged, Source
from hpobench_tui.store.reader import Reader

FILES_A_STORE, FILES_BESIDE = 3, 64
"""That are open: the store with what SQLite keeps beside it; what the process has anyway."""


def merge(folders: Sequence[Path], to: Path | None, dry_run: bool = False) -> Merged:
    """Merge them into the new folder ``to``; None, or in a dry run: only say what it would come to.

    One experiment alone is merged if it is a part: the others are missing then.

    Raises:
        HpobenchError: one is running, they are not parts of one experiment, or ``to`` is there, or cannot be written.
    """
    if len({folder.resolve() for folder in folders}) < len(folders) or not folders:
        twice = next((f"{folder} is named twice; " for folder in folders if _often(folder, folders)), "")
        raise HpobenchError(f"{twice}name at least two experiments, each once.")
    for folder in folders:
        if lifecycle.supervised(folder):
            raise HpobenchError(f"{folder} is running; wait for its end, or `hpobench cancel {folder}` it first.")
    _room_for(len(folders))
    with ExitStack() as stack:
        readers = [stack.enter_context(Reader(folder)) for folder in folders]
        for reader in readers:
            reader.refuse_imported("merge")
        found = merging.sources(readers)
        if len(found) == 1 and found[0].experiment.shard is None:
            raise HpobenchError("name at least two experiments, each once; only a shard can be merged alone.")
        merged = merging.plan(found, _refusal)
        missing, commands = shards.to_do(merged, found, to, there=not dry_run)
        merged = replace(merged, missing_shards=tuple(missing), commands=tuple(commands))
        if to is not None and not dry_run:
            _write(merged, found, to)
    return merged


def _often(folder: Path, folders: Sequence[Path]) -> bool:
    return sum(other.resolve() == folder.resolve() for other in folders) > 1


def _room_for(stores: int) -> None:
    """All are open at a time: a thousand shards are more files than most systems allow, unless they are asked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_A_STORE * stores + FILES_BESIDE
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _refusal(problem: str, contender: Contender) -> str | None:
    """Why a pair cannot run, as far as it is known here."""
    problems, optimizers = plugins.problems(), plugins.optimizers()
    if problem.partition("[")[0] not in problems.found or contender.optimizer not in optimizers.found:
        return None
    return refusal(problems[problem], optimizers[contender.optimizer])


def _write(merged: Merged, found: list[Source], to: Path) -> None:
    try:
        to.mkdir(parents=True)
    except FileExistsError:
        raise HpobenchError(f"{to} exists already; choose another folder.") from None
    except OSError as error:
        raise HpobenchError(f"cannot create {to}: {failure.told(error, to.parent)}. Choose another folder.") from error
    try:
        merging.write(merged, found, to)
    except BaseException:
        to.rmdir()
        raise
