"""What a front end (command line, app) may do with experiments: create, launch, command, look whether one lives."""

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from hpobench_tui import plugins
from hpobench_tui.core.errors import HpobenchError, too_long
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.nearest import hint, shown
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.engine.front import lock, spec
from hpobench_tui.engine.front.manifest import manifest
from hpobench_tui.store import writer
from hpobench_tui.store.reader import FILE, ExperimentRow, Reader, experiments
from hpobench_tui.store.verbs import Verb
from hpobench_tui.store.writer import Writer

SUPERVISOR = "hpobench_tui.engine.supervision.supervisor"
LOG = "supervisor.log"
OUTPUTS_VARIABLE = "HPOBENCH_OUTPUTS"
STAMP = re.compile(r"-\d{8}-\d{6}(-\d+)?$")
NO_WORDS = "it left no reason; was it killed, or is the disk full?"


def outputs_root() -> Path:
    """Where experiments land: $HPOBENCH_OUTPUTS, or ``outputs`` below the working directory."""
    return Path(os.environ.get(OUTPUTS_VARIABLE) or "outputs")


def create(experiment: Experiment, root: Path) -> Path:
    """Make the experiment's folder ``NAME-YYYYMMDD-HHMMSS`` below ``root``, with its store; the runs wait.

    Raises:
        HpobenchError: the folder cannot be written.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for attempt in range(1, 100):
        folder = root / f"{experiment.name}-{stamp}{'' if attempt == 1 else f'-{attempt}'}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not root.is_dir():
                raise HpobenchError(f"cannot create experiments in {root}: it is not a folder.") from None
            continue
        except OSError as error:
            raise HpobenchError(
                too_long(folder)
                or f"cannot create {folder}: {error.strerror}."
                f" Choose another place with --output DIR or ${OUTPUTS_VARIABLE}."
            ) from error
        infos = {problem: plugins.problems()[problem] for problem in experiment.problems}
        writer.create(folder, experiment, infos, manifest())
        return folder
    raise HpobenchError(f"cannot find a free name for {experiment.name} in {root}.")


def launch(folder: Path) -> None:
    """Start the supervisor of an experiment, in a session of its own, and return at once. None is started twice.

    Raises:
        HpobenchError: the folder cannot be written.
    """
    try:
        descriptor = lock.acquire(folder)
        if descriptor is None:
            return
        with (folder / LOG).open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-P", "-m", SUPERVISOR, str(folder.resolve()), str(descriptor)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(descriptor,),
            )
        os.close(descriptor)
    except OSError as error:
        raise HpobenchError(f"cannot start the experiment in {folder}: {error}.") from error


def resume(folder: Path, retry_failed: bool = False) -> int:
    """Set what is unfinished (and, if wished, what failed) going again; how many runs that is.

    Raises:
        HpobenchError: its supervisor lives, this machine lacks something that it needs, or the store is not as it was
            written.
    """
    if supervised(folder):
        raise HpobenchError(f"{folder} is running already; `hpobench attach {folder}` shows it.")
    with Reader(folder) as reader:
        reader.refuse_changed()
        spec.check(reader.experiment().experiment)
    with Writer(folder) as store:
        count = store.reopen(retry_failed)
    if count:
        launch(folder)
    return count


def settle(folder: Path) -> None:
    """Leave one store file without a log beside it, if nobody works on it and it may be written."""
    if not supervised(folder):
        with suppress(HpobenchError), Writer(folder) as store:
            store.settle()


def unfinished(folder: Path, failed: bool = False) -> int:
    """How many runs :func:`resume` would go on with; with ``failed``, those that failed too."""
    with Reader(folder) as reader:
        return sum(not run.ended or (failed and run.status is RunStatus.FAILED) for run in reader.runs())


def send(folder: Path, verb: Verb) -> None:
    """Leave a command for the experiment's supervisor.

    Raises:
        HpobenchError: it has none.
    """
    if not supervised(folder):
        raise HpobenchError(f"{folder} is not running, so there is nothing to {verb}.")
    writer.send(folder, verb)


def supervised(folder: Path) -> bool:
    """Whether the experiment's supervisor lives."""
    return lock.held(folder)


def last_words(folder: Path) -> str:
    """The last line that the supervisor (or one of its workers) printed."""
    try:
        if not (folder / LOG).is_file():  # a pipe would be waited at
            return NO_WORDS
        lines = (folder / LOG).read_text(errors="replace").split("\n")
    except OSError:
        return NO_WORDS
    return next((line for line in reversed(lines) if line.strip()), NO_WORDS)


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
        if (direct / FILE).is_file():
            return direct
        if direct.name == FILE and direct.is_file():
            return direct.parent
    folders = inside(root)
    if name == "latest" and folders:
        return folders[0]
    matches = [f for f in folders if f.name == name] or [f for f in folders if name and f.name.startswith(name)]
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
