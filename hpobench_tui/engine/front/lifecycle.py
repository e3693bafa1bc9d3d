"""What a front end (command line, app) may do with experiments: create, launch, command, look whether one lives.

What describes experiments and their code is imported by who makes or changes one: looking at one takes none of it.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from hpobench_tui import plugins
from hpobench_tui.core.errors import HpobenchError, too_long
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.nearest import hint, shown
from hpobench_tui.core.own_code import updated
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.core.text import in_line
from hpobench_tui.own_files import FOLDER
from hpobench_tui.store import disks, failure, lock, writer
from hpobench_tui.store.reader import FILE, ExperimentRow, Reader, experiments
from hpobench_tui.store.verbs import Command, Verb
from hpobench_tui.store.writer import Writer

if TYPE_CHECKING:
    from hpobench_tui.engine.front import identity

SUPERVISOR = "hpobench_tui.engine.supervision.supervisor"
LOG = "supervisor.log"
COPY_OF = "copy-of"
"""In a folder on a network disk that is worked on elsewhere (``front.scratch``): where."""
OUTPUTS_VARIABLE = "HPOBENCH_OUTPUTS"
_ELSEWHERE = f"Or choose another place with --output DIR or ${OUTPUTS_VARIABLE}."
STAMP = re.compile(r"-\d{8}-\d{6}(-\d+)?$")
NO_WORDS = "it left no reason; was it killed, or is the disk full?"
NOT_STARTED = "it was not started here"
TAKEN_UP_SECONDS = 0.05
"""Between looks whether a supervisor has noticed what it was asked for."""
COMMANDED: Mapping[Verb, tuple[RunStatus, ...]] = {
    "pause": (RunStatus.WAITING, RunStatus.RUNNING),
    "unpause": (RunStatus.PAUSED, RunStatus.CANCELLED),
    "cancel": (RunStatus.WAITING, RunStatus.RUNNING, RunStatus.PAUSED),
}
"""Of single runs: where they have to stand for it."""
LEFT_SECONDS = 60
"""Whose creation has done nothing for so long is dead: it writes all the time, and takes seconds at most."""
_started: dict[Path, subprocess.Popen[bytes]] = {}
"""The supervisors that this process started, by their folders: how they ended is known here alone."""


def outputs_root() -> Path:
    """Where experiments land: $HPOBENCH_OUTPUTS, or ``outputs`` below the working directory."""
    return Path(os.environ.get(OUTPUTS_VARIABLE) or "outputs")


def start(experiment: Experiment, root: Path, more: Mapping[str, str] = MappingProxyType({})) -> Path:
    """Create an experiment below ``root`` and set it going; its folder.

    Args:
        more: For the manifest.

    Raises:
        HpobenchError: it cannot be created, or not be started; nothing is left of it then.
    """
    with nothing_left(root):
        folder = create(experiment, root, more=more)
        with _removed(folder):
            launch(folder)
    return folder


def create(
    experiment: Experiment,
    root: Path,
    problems: Mapping[str, ProblemInfo] | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Make the experiment's folder ``NAME-YYYYMMDD-HHMMSS`` below ``root``, with its store; the runs wait.

    What creations left behind there that were killed is removed.

    Args:
        problems: By name; None: as they are registered.
        more: For the manifest.

    Raises:
        HpobenchError: the folder cannot be written; nothing is left of it then.
    """
    with new_folder(experiment.folder, root) as folder:
        fill(folder, experiment, problems, more)
    return folder


def fill(
    folder: Path,
    experiment: Experiment,
    problems: Mapping[str, ProblemInfo] | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Make the store of an experiment in its folder, which must exist; as :func:`create`.

    Raises:
        HpobenchError: it would have no runs, or the folder cannot be written.
    """
    from hpobench_tui.engine.front import files, identity
    from hpobench_tui.engine.front.manifest import manifest

    disks.refuse_network(folder)
    if not experiment.runs():
        raise HpobenchError(
            f"shard {experiment.shard} of {experiment.name} has no runs: there are more shards than runs."
        )
    registry = plugins.problems().beside(experiment.code.problems if problems is None else problems)
    infos = {problem: registry[problem] for problem in experiment.problems}
    if experiment.code:
        files.write(folder / FOLDER, experiment.code)
    try:
        writer.create(folder, experiment, infos, {**manifest(), **identity.entries(experiment), **more})
    except HpobenchError as error:
        raise HpobenchError(f"{error} {_ELSEWHERE}") from error


@contextmanager
def new_folder(name: str, root: Path) -> Iterator[Path]:
    """Make the folder ``NAME-YYYYMMDD-HHMMSS`` below ``root``; nothing is left of it if something fails.

    Raises:
        HpobenchError: it cannot be made.
    """
    _sweep(root)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    with nothing_left(root):
        for attempt in range(1, 100):
            folder = root / f"{name}-{stamp}{'' if attempt == 1 else f'-{attempt}'}"
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                if not root.is_dir():
                    raise HpobenchError(f"cannot create experiments in {root}: it is not a folder.") from None
                continue
            except OSError as error:
                raise HpobenchError(
                    too_long(folder) or f"cannot create {folder}: {failure.told(error, root)}. {_ELSEWHERE}"
                ) from error
            with _removed(folder):
                yield folder
            return
        raise HpobenchError(f"cannot find a free name for {name} in {root}.")


@contextmanager
def _removed(folder: Path) -> Iterator[None]:
    """Take a new folder away again if something fails."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def nothing_left(root: Path) -> Iterator[None]:
    """Take away what was made of the path to ``root`` if something fails, as far as it is empty."""
    new = [folder for folder in (root, *root.parents) if not os.path.lexists(folder)]
    try:
        yield
    except BaseException:
        for folder in new:
            with suppress(OSError):
                folder.rmdir()
        raise


def _sweep(root: Path) -> None:
    """Remove folders of which the creation was killed: nothing can be in them yet."""
    with suppress(OSError):
        for aside in root.glob(f"*/{writer.ASIDE}"):
            if _half_made(aside.parent) and time.time() - aside.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(aside.parent, ignore_errors=True)


def _half_made(folder: Path) -> bool:
    """Whether it holds the beginnings of a store and nothing else."""
    names = [path.name for path in folder.iterdir()]
    return bool(names) and all(name.startswith(writer.ASIDE) for name in names)


def launch(folder: Path) -> None:
    """Start the supervisor of an experiment, in a session of its own, and return at once. None is started twice.

    Raises:
        HpobenchError: the folder cannot be written, or is on a network disk.
    """
    disks.refuse_network(folder)
    try:
        descriptor = lock.acquire(folder)
        if descriptor is None:
            return
        try:
            with (folder / LOG).open("ab") as log:
                _started[folder.resolve()] = subprocess.Popen(
                    [sys.executable, "-P", "-m", SUPERVISOR, str(folder.resolve()), str(descriptor)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=(descriptor,),
                )
        finally:
            os.close(descriptor)
    except OSError as error:
        raise HpobenchError(f"cannot start the experiment in {folder}: {failure.told(error, folder)}.") from error


def resume(
    folder: Path,
    retry_failed: bool = False,
    accept_changes: bool = False,
    *,
    others: bool = True,
    only: Collection[int] | None = None,
) -> int:
    """Set what is unfinished (and, if wished, what failed) going again; how many runs that is.

    Where all runs have ended, and their supervisor died before it could say so, the experiment is finished.

    Args:
        retry_failed: What failed, too, from its start: its trials are forgotten.
        others: What is unfinished; else it counts as cancelled, and waits for another resume.
        only: Of what failed, these runs.
        accept_changes: Go on even if the code of its problems and optimizers is another by now, which is noted.

    Raises:
        HpobenchError: its supervisor lives, this machine lacks something that it needs, the store is not as it was
            written, or the code is not what ran.
    """
    from hpobench_tui.engine.front import identity

    if supervised(folder):
        raise HpobenchError(f"{folder} is running already; `hpobench attach {folder}` shows it.")
    row, found = _sound(folder, None, retry_failed, accept_changes)
    with Writer(folder) as store:
        if found:
            identity.record(store, found, folder)
        count = store.reopen(retry_failed, others, only)
        if not count and not row.status.ended:
            store.set_status(ExperimentStatus.FINISHED)
            store.log("info", ExperimentStatus.FINISHED)
    if count:
        launch(folder)
    else:
        settle(folder)
    return count


def _sound(
    folder: Path, after: Experiment | None, failed: bool = False, accept_changes: bool = False
) -> "tuple[ExperimentRow, identity.Look | None]":
    """Where the experiment stands, if this machine can go on with it (or with what it is extended to), and what has
    become of its code (None: nothing would run).

    Raises:
        HpobenchError: it cannot, the store is not as it was written, or the code is another.
    """
    from hpobench_tui.engine.front import identity, spec

    disks.refuse_network(folder)
    with Reader(folder) as reader:
        reader.refuse_imported("go on with")
        reader.refuse_changed()
        row = reader.experiment()
    if not (after or unfinished(folder, failed)):
        return row, None
    spec.check(after or row.experiment)
    return row, identity.refuse_changed(folder, accept_changes)


def extend(folder: Path, after: Experiment, accept_changes: bool = False) -> int:
    """Add the runs that ``after`` (made by ``front.extend``) has more, and set them going; how many.

    They are added in one step, or not at all. A supervisor that is at work takes them up beside the others; else the
    experiment goes on, with whatever else is unfinished.

    Raises:
        HpobenchError: as :func:`resume`, or somebody else has extended it meanwhile.
    """
    from hpobench_tui.engine.front import files, identity
    from hpobench_tui.engine.front.manifest import manifest

    row, look = _sound(folder, after, accept_changes=accept_changes)
    before = row.experiment
    registry = plugins.problems().beside(after.code.problems)
    infos = {problem: registry[problem] for problem in after.problems}
    raised = any(after.budgets[problem] != before.budgets[problem] for problem in before.problems)
    try:
        descriptor = lock.acquire(folder)  # so that no supervisor begins at this moment, who would not know of them
    except OSError as error:
        raise HpobenchError(f"cannot extend {folder}: {failure.told(error, folder)}.") from error
    try:
        changed = bool(look and look.changes)
        if (raised or changed) and descriptor is None:
            what = "the budgets of its runs cannot be raised" if raised else "other code cannot be accepted"
            raise HpobenchError(
                f"{folder} is running, and {what} meanwhile; wait for its end, or `hpobench cancel {folder}` it first:"
                " nothing is lost by that."
            )
        if look and changed:
            with Writer(folder) as store:
                identity.record(store, look, folder)
            before, after = look.experiment, replace(after, code=updated(after.code, look.experiment.code))
        if after.code:
            files.write(folder / FOLDER, after.code)
        with Writer(folder) as store:
            known = {**manifest(), **identity.entries(after)}
            count = store.extend(before, after, infos, known, tell=descriptor is None)
    finally:
        if descriptor is not None:
            os.close(descriptor)
    with Reader(folder) as reader:
        while supervised(folder) and reader.asked():
            time.sleep(TAKEN_UP_SECONDS)
    if not supervised(folder) and unfinished(folder):  # it ended before it noticed, or there was none
        resume(folder)
    return count


def settle(folder: Path) -> str | None:
    """Leave one store file without a log beside it, if nobody works on it; why it cannot be, if it may be written."""
    if not supervised(folder) and not disks.network(folder):
        try:
            with Writer(folder) as store:
                store.settle()
        except HpobenchError as error:
            return str(error)
    return None


def unfinished(folder: Path, failed: bool = False) -> int:
    """How many runs :func:`resume` would go on with; with ``failed``, those that failed too."""
    with Reader(folder) as reader:
        return sum(not run.ended or (failed and run.status is RunStatus.FAILED) for run in reader.runs())


def send(folder: Path, verb: Verb, run: int | None = None) -> None:
    """Leave a command for the experiment's supervisor; ``run``: for that run alone.

    Raises:
        HpobenchError: it has none, or there is no such run, or nothing to do to it.
    """
    if not supervised(folder):
        raise HpobenchError(f"{folder} is not running, so there is nothing to {verb}.")
    refuse_copy(folder, verb)
    if run is not None:
        with Reader(folder) as reader:
            row = reader.run(run)
        if row.status not in COMMANDED[verb]:
            raise HpobenchError(
                f"run {run} ({row.label} on {row.problem}, repetition {row.repetition}) is {row.status}, so there is"
                f" nothing to {verb}."
            )
    writer.send(folder, Command(verb, run))


def supervised(folder: Path) -> bool:
    """Whether the experiment's supervisor lives."""
    return lock.held(folder)


def copy_of(folder: Path) -> str | None:
    """Where the experiment is worked on of which this folder has a copy; None: here, or by nobody."""
    with suppress(OSError):
        if supervised(folder):
            return in_line((folder / COPY_OF).read_text(errors="replace"))
    return None


def refuse_copy(folder: Path, what: str) -> None:
    """Raises :class:`HpobenchError` if an experiment is worked on elsewhere; ``what`` is to be done there."""
    if place := copy_of(folder):
        raise HpobenchError(
            f"{folder} is a copy, renewed every minute, of what is worked on in {place}; {what} it there."
            f" `hpobench show {folder}` shows the copy."
        )


def last_words(folder: Path) -> str:
    """Why the experiment's supervisor ended before its time, in a line: as it said, or as far as it can be told."""
    code = 0
    if (process := _started.get(folder.resolve())) is not None:
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(1.0)  # it lets go of its lock a moment before its end
    words = lock.words(folder)
    if code < 0 and words in ("", lock.KILLED):  # else a later one, which somebody else started, left them
        return f"it was killed by {next((name.name for name in signal.Signals if name == -code), f'signal {-code}')}"
    if words:
        return in_line(words)
    if code > failure.STOPPED:
        return failure.said(code - failure.STOPPED)
    try:
        if not (folder / LOG).is_file():  # a pipe would be waited at
            return NOT_STARTED
        with (folder / LOG).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - lock.ROOM))
            lines = log.read(lock.ROOM).decode(errors="replace").split("\n")
    except OSError:
        return NOT_STARTED
    return in_line(next((line for line in reversed(lines) if line.strip()), NO_WORDS))


def inside(root: Path) -> list[Path]:
    """The experiments in a folder, newest first; none where there is no such folder.

    Raises:
        HpobenchError: it is no folder, or its name is longer than any.
    """
    if trouble := too_long(root):
        raise HpobenchError(trouble)
    if root.exists() and not root.is_dir():
        raise HpobenchError(f"{root} is not a folder, so there are no experiments in it.")
    return experiments(root)


def find(name: str, root: Path) -> Path:
    """An experiment by path, folder name, unambiguous prefix, or ``latest``.

    Raises:
        HpobenchError: none or several.
    """
    direct = Path(name)
    with suppress(OSError):  # a name that is too long for a path, or a folder that may not be looked into
        if os.path.lexists(direct / FILE):  # whoever opens it says what is wrong, should it be no file
            return direct
        if direct.name == FILE and direct.is_file():
            return direct.parent
        for folder in (direct, root / name):
            if name and (folder / writer.ASIDE).is_file() and _half_made(folder):
                raise HpobenchError(
                    f"the creation of {folder} was interrupted: nothing has run. Start the experiment again;"
                    " `hpobench run` clears the folder away."
                )
    folders = inside(root)
    if name == "latest" and folders:
        return folders[0]
    matches = (
        [f for f in folders if f.name == name]
        or [f for f in folders if name and STAMP.sub("", f.name) == name]
        or [f for f in folders if name and f.name.startswith(name)]
    )
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise HpobenchError(f"{name!r} could be {', '.join(f.name for f in matches)}; say more of the name.")
    there = ", ".join(f.name for f in folders[:5]) or "nothing yet"
    close = hint(name, ["latest", *dict.fromkeys(STAMP.sub("", f.name) for f in folders)]) if folders else ""
    raise HpobenchError(f"no experiment {shown(name)} in {root}.{close} There: {there}. `hpobench list` shows all.")


def status(folder: Path, row: ExperimentRow) -> ExperimentStatus:
    """Where an experiment stands, for people: its stored status, or ``interrupted`` when its supervisor is gone."""
    if row.status.ended or supervised(folder):
        return row.status
    return ExperimentStatus.INTERRUPTED


def reason(folder: Path, row: ExperimentRow) -> str | None:
    """Why an experiment is interrupted; None if it is not."""
    return last_words(folder) if status(folder, row) is ExperimentStatus.INTERRUPTED else None
