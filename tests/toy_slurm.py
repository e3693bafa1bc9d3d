"""A toy SLURM: ``sbatch`` reads options as strictly as the real one, and what is handed in runs on this machine.

Options are checked by a table of their own (https://slurm.schedmd.com/sbatch.html), lines of ``#SBATCH`` are taken
apart as sbatch's ``_get_argument`` does it. A :class:`Cluster` runs tasks in parallel, as many as the array allows,
starts what depends on them when they have ended, and disturbs single ones: by a kill of all their processes, after
which they are requeued, or by the signal that they asked for before their time is up.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TIME = r"\d+|\d+:\d+|\d+:\d+:\d+|\d+-\d+(:\d+(:\d+)?)?"
COUNT, TEXT, NOTHING = r"[1-9]\d*", r".+", None
OPTIONS = {
    "job-name": TEXT,
    "array": r"\d+(-\d+(:\d+)?)?(,\d+(-\d+(:\d+)?)?)*(%[1-9]\d*)?",
    "output": r"(?:[^%\\]|%%|%[0-9]*[AaJjNnstux])+",
    "open-mode": "append|truncate",
    "requeue": NOTHING,
    "no-requeue": NOTHING,
    "parsable": NOTHING,
    "exclusive": NOTHING,
    "signal": r"(\[?[RB]+\]?:)?([A-Z0-9]+)(@\d{1,5})?",
    "ntasks": COUNT,
    "nodes": r"\d+(-\d+)?",
    "cpus-per-task": COUNT,
    "mem": r"\d+[KMGT]?",
    "mem-per-cpu": r"\d+[KMGT]?",
    "time": TIME,
    "gres": r"[a-z]+(:[\w.-]+)*(:\d+)?(,[a-z]+(:[\w.-]+)*(:\d+)?)*",
    "partition": r"[\w.,-]+",
    "account": r"[\w.-]+",
    "qos": r"[\w.-]+",
    "constraint": TEXT,
    "mail-user": TEXT,
    "mail-type": r"[A-Z_]+(,[A-Z_]+)*",
    "dependency": r"(after|afterany|afterok|afternotok|aftercorr):\d+(:\d+)*",
}
"""Of the long options what their argument has to look like."""
STATE, MARK = "TOY_SLURM", "TOY_SLURM_TASK"


class Refused(Exception):  # noqa: N818 - what sbatch says
    """What sbatch would complain of."""


def words(line: str) -> list[str]:
    """A line's options, as sbatch takes it apart: quotes and backslashes are read, ``#`` begins a comment."""
    found: list[str] = []
    word, quote, begun, escaped = "", "", False, False
    for sign in line:
        if escaped:
            word, escaped = word + sign, False
        elif sign == "\\":
            escaped = begun = True
        elif quote:
            word, quote = (word, "") if sign == quote else (word + sign, quote)
        elif sign in "\"'":
            quote, begun = sign, True
        elif sign == "#":
            break
        elif sign.isspace():
            found, word, begun = found + [word] * begun, "", False
        else:
            word, begun = word + sign, True
    if quote or escaped:
        raise Refused(f"unbalanced quotes: {line}")
    return found + [word] * begun


def directives(script: str) -> list[str]:
    """The options in a script: those above its first command."""
    if not script.startswith("#!"):
        raise Refused("This does not look like a batch script.")
    found: list[str] = []
    for line in script.splitlines():
        if line.startswith("#SBATCH"):
            found += words(line.removeprefix("#SBATCH"))
        elif line.strip() and not line.startswith("#"):
            break
    return found


def options(given: list[str]) -> dict[str, str]:
    """Long options by their names, checked."""
    found: dict[str, str] = {}
    for word in given:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in OPTIONS:
            raise Refused(f"unrecognized option '{word}'")
        like = OPTIONS[name]
        if (like is None) == bool(equals) or (like is not None and not re.fullmatch(like, value)):
            raise Refused(f"invalid {name}: {value!r}")
        found[name] = value
    return found


def sbatch(arguments: list[str]) -> None:
    """Hand in a job: its options and its script are kept in the folder of the cluster's state."""
    own = [word for word in arguments if word.startswith("--")]
    files = [word for word in arguments if not word.startswith("--")]
    script = Path(files[0]).read_text() if files else sys.stdin.read()
    found = {**options(directives(script)), **options(own)}
    folder = Path(os.environ[STATE])
    number = 1 + len(list(folder.glob("*.json")))
    (folder / f"{number}.sh").write_text(script)
    (folder / f"{number}.json").write_text(json.dumps(found))
    print(f"{number};toy" if "parsable" in found else f"Submitted batch job {number}")


def scontrol(arguments: list[str]) -> None:
    verb, task = arguments
    if verb != "requeue" or not re.fullmatch(r"\d+_\d+", task):
        raise Refused(f"cannot {verb} {task}")
    (Path(os.environ[STATE]) / f"{task}.requeue").touch()


def indices(array: str) -> list[int]:
    """The tasks of an array: ``1-8%4`` are eight."""
    found: list[int] = []
    for part in array.partition("%")[0].split(","):
        low, _, rest = part.partition("-")
        high, _, step = rest.partition(":")
        found += range(int(low), int(high or low) + 1, int(step or 1))
    return found


@dataclass
class Task:
    """One process of a job; without an index the job itself."""

    job: int
    index: int | None
    restarts: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    code: int | None = None

    @property
    def name(self) -> str:
        return str(self.job) if self.index is None else f"{self.job}_{self.index}"


@dataclass
class Cluster:
    """A folder with programs to be found first (``path``), and the state of what is handed in.

    Attributes:
        told: What happened, in order.
    """

    root: Path
    told: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path, self._state = self.root / "bin", self.root / "state"
        for folder in (self.path, self._state):
            folder.mkdir(parents=True)
        for name in ("sbatch", "scontrol"):
            program = self.path / name
            program.write_text(
                f'#!/bin/bash\nexec {shlex.join([sys.executable, str(Path(__file__).resolve()), name])} "$@"\n'
            )
            program.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PATH": f"{self.path}{os.pathsep}{os.environ['PATH']}", STATE: str(self._state)}

    def options(self, job: int) -> dict[str, str]:
        found: dict[str, str] = json.loads((self._state / f"{job}.json").read_text())
        return found

    def run(
        self, kill: dict[int, Callable[[], bool]], warn: dict[int, Callable[[], bool]], seconds: float = 300
    ) -> dict[str, int]:
        """Run all jobs to their ends; the exit codes of their tasks.

        Args:
            kill, warn: Tasks of arrays, by index, that lose all their processes, or are signalled as they asked, at the
                first moment at which this holds.
        """
        deadline = time.monotonic() + seconds
        codes: dict[str, int] = {}
        jobs = sorted(int(path.stem) for path in self._state.glob("*.json"))
        waiting = {job: self._tasks(job) for job in jobs}
        running: list[Task] = []
        while any(waiting.values()) or running:
            assert time.monotonic() < deadline, (codes, self.told)
            for job, tasks in waiting.items():
                needed = [int(n) for n in self.options(job).get("dependency", "x").split(":")[1:]]
                done = not any(waiting[other] or any(task.job == other for task in running) for other in needed)
                while tasks and done and sum(task.job == job for task in running) < self._at_once(job):
                    running.append(self._start(tasks.pop(0)))
            for task in list(running):
                if task.index in kill and kill[task.index]():
                    del kill[task.index]
                    self.told.append((task.name, "killed"))
                    _kill(f"{self._state}:{task.name}:")
                    (self._state / f"{task.name}.requeue").touch()
                elif task.index in warn and warn[task.index]():
                    del warn[task.index]
                    match = re.fullmatch(OPTIONS["signal"] or "", self.options(task.job)["signal"])
                    assert match
                    assert match[1] == "B:", "else the batch script would not hear it"
                    assert task.process
                    self.told.append((task.name, match[2]))
                    task.process.send_signal(getattr(signal, f"SIG{match[2]}"))
                if task.process and (code := task.process.poll()) is not None:
                    running.remove(task)
                    _kill(f"{self._state}:{task.name}:")  # the job's processes end with it
                    self.told.append((task.name, f"ended {code}"))
                    again = self._state / f"{task.name}.requeue"
                    if again.exists():
                        again.unlink()
                        waiting[task.job].append(Task(task.job, task.index, task.restarts + 1))
                    else:
                        codes[task.name] = code
            time.sleep(0.02)
        return codes

    def _tasks(self, job: int) -> list[Task]:
        array = self.options(job).get("array")
        return [Task(job, index) for index in indices(array)] if array else [Task(job, None)]

    def _at_once(self, job: int) -> int:
        _, percent, most = self.options(job).get("array", "").partition("%")
        return int(most) if percent else 1000

    def _start(self, task: Task) -> Task:
        given = self.options(task.job)
        own = {"SLURM_JOB_ID": f"{task.job}{task.index or ''}", MARK: f"{self._state}:{task.name}:"}
        own["SLURM_CPUS_PER_TASK"] = given["cpus-per-task"]
        if task.restarts:
            own["SLURM_RESTART_COUNT"] = str(task.restarts)
        if task.index is not None:
            own |= {"SLURM_ARRAY_JOB_ID": str(task.job), "SLURM_ARRAY_TASK_ID": str(task.index)}
        log = self.log(task.job, task.index)
        assert log.parent.is_dir(), "SLURM makes no folders for logs"
        spooled = self._state / f"slurm_script-{task.name}"
        spooled.write_text((self._state / f"{task.job}.sh").read_text())
        self.told.append((task.name, "started"))
        with log.open("ab" if given.get("open-mode") == "append" else "wb") as file:
            task.process = subprocess.Popen(
                ["bash", str(spooled)], stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
                env={**self.environment, **own}, cwd="/",
            )  # fmt: skip
        return task

    def log(self, job: int, index: int | None = None) -> Path:
        """Where a task's output goes."""
        given = self.options(job)
        signs = {"%x": given["job-name"], "%A": str(job), "%j": str(job), "%a": str(index), "%%": "%"}
        return Path(re.sub("%.", lambda match: signs[match[0]], given["output"]))


def marked(mark: str) -> Iterator[int]:
    """The processes that belong to a task: they bear it in their environment, as in a control group."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{MARK}={mark}".encode() in (entry / "environ").read_bytes():
                yield int(entry.name)


def _kill(mark: str) -> None:
    for _ in range(3):  # also those that were started meanwhile
        for pid in marked(mark):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    try:
        {"sbatch": sbatch, "scontrol": scontrol}[sys.argv[1]](sys.argv[2:])
    except Refused as refused:
        sys.exit(f"{sys.argv[1]}: error: {refused}")
