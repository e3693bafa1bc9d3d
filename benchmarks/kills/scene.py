"""Where an experiment is disturbed: a folder of its own, by which its processes and files are known."""

import importlib
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

from benchmarks.kills import toys
from hpobench_tui import plugins
from hpobench_tui.core.columns import columns
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.problem import is_measured
from hpobench_tui.core.progress import position
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.executors import local
from hpobench_tui.store import schema
from hpobench_tui.store.reader import FILE

ROOT = Path(__file__).parents[2]
VOLATILE = {"attempts", "digests", "seal", "revision"}
"""What a kill may change of a run, beside all that is measured in seconds. Digests are of those, too."""
COMPARED = (schema.RUN, schema.TRIAL, schema.PROGRESS, schema.REPORT)
Contents: TypeAlias = dict[str, list[dict[str, object]]]
_environment = threading.Lock()


@contextmanager
def plugged_in(site: Path, *modules: ModuleType) -> Iterator[None]:
    """Register the problems and optimizers of modules, in this process and in those it starts.

    ``site`` is a folder for their metadata.
    """
    info = site / "hpobench_kills-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hpobench-kills\nVersion: 1\n")
    groups = (
        "\n".join([f"[hpobench.{kind}]", *(f"toys{i} = {m.__name__}:{kind.upper()}" for i, m in enumerate(modules))])
        for kind in ("problems", "optimizers")
    )
    (info / "entry_points.txt").write_text("\n".join(groups))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(site), str(ROOT), before]))
    sys.path.insert(0, str(site))
    _look_anew()
    try:
        yield
    finally:
        sys.path.remove(str(site))
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before
        _look_anew()


def _look_anew() -> None:
    importlib.invalidate_caches()
    plugins.problems.cache_clear()
    plugins.optimizers.cache_clear()


class Scene:
    """A folder with an experiment's outputs and its temporary files; whatever bears its name belongs to it."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.outputs, self._temporary, self._wishes = (
            self.root / name for name in ("outputs", "temporary", toys.WISHES)
        )
        for folder in (self.outputs, self._temporary, self._wishes):
            folder.mkdir(parents=True, exist_ok=True)
        self.folder = self.outputs  # of the experiment, once there is one

    def variables(self) -> dict[str, str]:
        """What the environment of its processes has more."""
        return {
            toys.VARIABLE: str(self.root),
            "TMPDIR": str(self._temporary),
            lifecycle.OUTPUTS_VARIABLE: str(self.outputs),
        }

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Processes that are started here belong to it."""
        with _environment:
            before = {name: os.environ.get(name) for name in self.variables()}
            os.environ.update(self.variables())
            try:
                yield
            finally:
                for name, value in before.items():
                    if value is None:
                        del os.environ[name]
                    else:
                        os.environ[name] = value

    def launch(self, experiment: Experiment) -> None:
        """Create the experiment and start it."""
        with self.entered():
            self.folder = lifecycle.create(experiment, self.outputs)
            lifecycle.launch(self.folder)

    def resume(self) -> int:
        """Go on; how many runs are not finished."""
        with self.entered():
            return lifecycle.resume(self.folder)

    def wish(self, phase: str) -> None:
        """Let whoever comes to this phase next stand still."""
        (self._wishes / phase).touch()

    def met(self, phase: str) -> int:
        """The process that stands still in the phase, 0 if there is none yet."""
        return next((int(path.suffix[1:]) for path in self._wishes.glob(f"{phase}.*")), 0)

    def let_go(self) -> None:
        """No more wishes: who stands still goes on."""
        for path in self._wishes.iterdir():
            path.unlink(missing_ok=True)

    def processes(self) -> dict[int, list[str]]:
        """The command lines of all living processes that belong to it: they bear it in their name, arguments,
        environment or working directory."""
        found = {}
        mark = os.fsencode(self.root)
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, IndexError):
                if int(entry.name) == os.getpid() or (entry / "stat").read_bytes().rpartition(b")")[2].split()[0] in (
                    b"Z",
                    b"X",
                ):
                    continue
                command = (entry / "cmdline").read_bytes()
                if (
                    mark in command
                    or mark in (entry / "environ").read_bytes()
                    or mark in os.fsencode((entry / "cwd").readlink())
                ):
                    found[int(entry.name)] = os.fsdecode(command).split("\0")
        return found

    def supervisor(self) -> int:
        """The supervisor's pid, 0 if it is gone."""
        return next((pid for pid, command in self.processes().items() if lifecycle.SUPERVISOR in command), 0)

    def workers(self) -> list[int]:
        """The workers' pids."""
        return [pid for pid, command in self.processes().items() if local.PROCESS in command]

    def children_of(self, pids: list[int]) -> list[int]:
        """What objectives in these workers started, and still lives."""
        names = {toys.child_of(self.root, pid) for pid in pids}
        return [pid for pid, command in self.processes().items() if command[0] in names]

    def clear(self) -> int:
        """Kill whatever belongs to it; how many there were. Twice nothing: a process that starts bears no name yet."""
        count = calm = 0
        while calm < 2:
            pids = list(self.processes())
            calm = 0 if pids else calm + 1
            count += len(pids)
            kill(pids)
            time.sleep(0.005)
        return count

    def files(self) -> list[str]:
        """Everything that lies in it but wishes, by name; the experiment's folder is called FOLDER."""
        names = (str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.parent != self._wishes)
        return sorted(name.replace(self.folder.name, "FOLDER") for name in names)


def kill(pids: list[int], number: int = signal.SIGKILL) -> None:
    """Signal them, if they live; 0 is nobody, not the group that `kill` takes it for."""
    for pid in filter(None, pids):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def shared_memory() -> dict[str, bool]:
    """What lies in shared memory, by name, and whether somebody has it open."""
    held: set[str] = set()
    for maps in Path("/proc").glob("[0-9]*/maps"):
        with suppress(OSError):
            held.update(line.partition("/dev/shm/")[2] for line in maps.read_text().splitlines())
    return {path.name: path.name in held for path in Path("/dev/shm").glob("*")}


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def contents(folder: Path) -> Contents:
    """By table what its rows hold, everything but times; of progress the rows at the positions trials are counted by.

    Which other rows of progress there are depends on the clock.
    """
    found: Contents = {}
    with closing(sqlite3.connect(f"{(folder / FILE).as_uri()}?mode=ro", uri=True)) as connection:
        for table in COMPARED:
            names = [c.name for c in columns(table.columns) if c.unit != "s" and c.name not in VOLATILE]
            query = f"SELECT {', '.join(names)} FROM {table.name} ORDER BY {table.key}"
            rows = [_repeatable(dict(zip(names, row, strict=True))) for row in connection.execute(query)]
            found[table.name] = [row for row in rows if table is not schema.PROGRESS or _at_position(row)]
        ((status,),) = connection.execute("SELECT status FROM experiment")
        found["experiment"] = [{"status": status}]
    return found


def _repeatable(row: dict[str, object]) -> dict[str, object]:
    """Without those metrics that are times, or made of such."""
    if not isinstance(text := row.get("metrics"), str):
        return row
    return {**row, "metrics": {name: value for name, value in json.loads(text).items() if not is_measured(name)}}


def _at_position(row: dict[str, object]) -> bool:
    count = int(str(row["number"])) + 1
    return position(count) == count


def differences(found: Contents, expected: Contents) -> list[str]:
    """Where two stores differ, a line a table, with the first row that does."""
    lines = []
    for table, rows in expected.items():
        own = found[table]
        if own == rows:
            continue
        if len(own) != len(rows):
            lines.append(f"{table}: {len(own)} rows instead of {len(rows)}")
        place = next((i for i, (a, b) in enumerate(zip(own, rows, strict=False)) if a != b), None)
        if place is not None:
            a, b = own[place], rows[place]
            cells = ", ".join(f"{name} {a[name]!r} instead of {b[name]!r}" for name in a if a[name] != b[name])
            lines.append(f"{table}, row {place}: {cells}")
    return lines
