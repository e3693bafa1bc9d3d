"""Runs that are part of something larger: how they were asked for, going on under a fixed name, and what is missing.

A scheduler may start the same task twice (after a requeue, or because somebody hands it in again). So with
``hpobench run --or-resume`` an experiment's folder has no date in its name, and whoever comes second goes on with it.
"""

import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.nearest import some
from hpobench_tui.core.shards import Shard, dealt
from hpobench_tui.engine.front import lifecycle, presets
from hpobench_tui.store import disks, failure, lock, writer
from hpobench_tui.store.merge import Merged, Place, Source
from hpobench_tui.store.reader import FILE, Reader, RunRow

COMMAND = "command"
"""In the manifest of a shard: what it was asked for with, but for which shard and where, as a list of words."""
UNASKED = "SPEC"
"""Stands for an experiment file of which nothing is known."""
MACHINES_OWN = {"workers", "report", "notes", "code", "earlier"}
"""What may be another when an experiment is asked for again; of code, resuming itself says what has changed."""


def run_or_resume(experiment: Experiment, root: Path, more: Mapping[str, str]) -> tuple[Path, int]:
    """Start an experiment in the folder of its name, or go on with what is there; (folder, how many runs are to go).

    Args:
        more: For the manifest.

    Raises:
        HpobenchError: it runs already, what is there is another experiment, or as ``lifecycle.create`` and ``resume``.
    """
    folder = root / experiment.folder
    with lifecycle.nothing_left(root):
        new = _created(folder, experiment, more)
    if new:
        lifecycle.launch(folder)
        return folder, len(experiment.runs())
    _refuse_other(folder, experiment)
    return folder, lifecycle.resume(folder)


def _created(folder: Path, experiment: Experiment, more: Mapping[str, str]) -> bool:
    """Make the experiment if it is not there; whether it was not."""
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = lock.acquire(folder)
    except OSError as error:
        raise HpobenchError(f"cannot create {folder}: {failure.told(error, folder.parent)}.") from error
    if held is None:
        raise HpobenchError(f"{folder} is running already; `hpobench attach {folder}` shows it.")
    try:
        if os.path.lexists(folder / FILE):
            return False
        for left in folder.glob(f"{writer.ASIDE}*"):  # whoever made it was killed: we have the lock
            left.unlink(missing_ok=True)
        lifecycle.fill(folder, experiment, more=more)
        return True
    except BaseException:
        if new:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        os.close(held)


def _refuse_other(folder: Path, asked: Experiment) -> None:
    with Reader(folder) as reader:
        there = reader.experiment().experiment
    names = [f.name for f in fields(Experiment) if f.name not in MACHINES_OWN]
    if other := [name for name in names if getattr(there, name) != getattr(asked, name)]:
        raise HpobenchError(
            f"{folder} is another experiment: {some(other)} differ{'s' * (len(other) == 1)}. `hpobench resume {folder}`"
            " goes on with that as it is; another --name or --output begins anew."
        )


def missing_shards(merged: Merged, found: Sequence[Source]) -> list[tuple[Source, Shard, set[Place]]]:
    """Shards that would bring runs which none has, each beside a shard of the same deal, and with all its runs."""
    lacking = set(merged.missing)
    shards: list[tuple[Source, Shard, set[Place]]] = []
    of = {source.experiment.shard.of: source for source in found if source.experiment.shard}
    for count, like in of.items():
        there = {s.experiment.shard.number for s in found if s.experiment.shard and s.experiment.shard.of == count}
        parts = _parts(like, count)
        for number in sorted(parts.keys() - there):
            if parts[number] & lacking:
                shards.append((like, Shard(number, count), parts[number]))
                lacking -= parts[number]
    return shards


def to_do(merged: Merged, found: Sequence[Source], to: Path | None, there: bool) -> tuple[list[Shard], list[str]]:
    """Shards that are missing, and the commands that run exactly what is missing or unfinished, none twice.

    Shards are run or resumed where that runs nothing which another store has already, or another command runs; where
    they cannot bring all, as for parts of different deals, the merged experiment is resumed instead, which does.

    Args:
        to: Where the merged experiment is, or would be; None: nobody knows yet, so nothing can be resumed there.
        there: Whether it is there already.
    """
    shards = missing_shards(merged, found)
    to_run = {place: None if copy is None else copy[0].name for place, copy in _places(merged) if not _ended(copy)}
    commands = []
    for like, shard, own in shards:
        if all(to_run.get(place, "") is None for place in own):
            commands.append(_run(like, shard))
            for place in own:
                del to_run[place]
    for source in found:
        own = {place for place, run in source.runs.items() if not run.ended}
        if own and source.experiment.shard and all(to_run.get(place) == source.name for place in own):
            commands.append(resuming(source.reader.folder))
            for place in own:
                del to_run[place]
    if to is not None and to_run:
        folders = [_word(source.reader.folder) for source in found]
        first = [] if there else [shlex.join(["hpobench", "merge", *folders, "--output", _word(to)])]
        commands = [*first, resuming(to)]
    return [shard for _, shard, _ in shards], commands


def _places(merged: Merged) -> Iterator[tuple[Place, tuple[Source, RunRow] | None]]:
    for key, copy in zip(merged.experiment.runs(), merged.taken, strict=True):
        yield (key.problem, key.contender.label, key.repetition), copy


def _ended(copy: tuple[Source, RunRow] | None) -> bool:
    return copy is not None and copy[1].ended


def _parts(like: Source, count: int) -> dict[int, set[Place]]:
    """The runs of each shard that has any."""
    runs = replace(like.experiment, shard=None).runs()
    places = [(key.problem, key.contender.label, key.repetition) for key in runs]
    parts: dict[int, set[Place]] = {}
    for place, number in zip(places, dealt([place[:2] for place in places], count), strict=True):
        parts.setdefault(number, set()).add(place)
    return parts


def resuming(folder: Path) -> str:
    """The command that goes on with an experiment.

    Without an app, as that would take the commands that are pasted after it for keys.
    """
    return shlex.join(["hpobench", "resume", _word(folder), "--headless", *_scratch(folder)])


def _scratch(folder: Path) -> list[str]:
    return ["--scratch", tempfile.gettempdir()] if disks.network(folder) else []


def _word(path: Path) -> str:
    """A path that nobody takes for an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def _run(like: Source, shard: Shard) -> str:
    try:
        words = json.loads(like.reader.manifest().get(COMMAND, ""))
    except ValueError:
        words = None
    if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
        words = [UNASKED]
    folder = like.reader.folder
    root = folder.resolve().parent if folder.name in ("", "..") else folder.parent  # of "." itself, that is "."
    scratch = _scratch(root)
    fixed = ["--or-resume"] if scratch or folder.resolve().name == like.experiment.folder else []
    where = ["--headless", "--output", _word(root), *scratch]
    return shlex.join(["hpobench", "run", *words, "--shard", str(shard), *fixed, *where])


def asked(spec: str | None, given: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """For the manifest: the words of a call of ``hpobench run``.

    Args:
        spec: An experiment file or preset; files by a path that leads there from everywhere.
        given: Options, and what follows each.
    """
    words = [] if spec is None else [spec if spec in presets.names() else str(Path(spec).absolute())]
    return {COMMAND: json.dumps([*words, *_flat(given)])}


def _flat(given: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    for option, value in given:
        yield option
        if value is not None:
            yield value
