"""Where faults are provoked: the program in processes of its own, and what can be observed of it afterwards."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kills.scene import Contents, Scene, contents, differences, wait_until
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import Reader

LONGEST = 100.0
"""Seconds that a call may take. Then it is asked to end, and that is what is observed."""
GRACE = 3.0
HPOBENCH = (sys.executable, "-m", "hpobench_tui")
TRIALS = 100
"""Of each run; they take two seconds."""
_one_at_a_time = threading.Lock()
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Observed:
    """What a person sees of a fault: a line, the exit code, what of the results is gone, what ``resume`` comes to."""

    shown: str
    code: str
    lost: str
    resumed: str


@dataclass(frozen=True)
class Call:
    """A call of the program that has ended: its exit code (None: it did not end by itself) and what it said."""

    code: int | None
    output: str
    errors: str

    @property
    def last(self) -> str:
        """The last line on standard error, else on standard output."""
        lines = [line for text in (self.output, self.errors) for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else "nothing"

    @property
    def ended(self) -> str:
        return f"did not end in {LONGEST:g} s" if self.code is None else str(self.code)

    @property
    def controls(self) -> int:
        """How many control characters a terminal would have got."""
        return len(_CONTROL.findall(self.output + self.errors))


class Stage(Scene):
    """A scene in which the program is called as a person would.

    Attributes:
        options: Of ``run`` and ``resume``.
        beside: Processes that belong to the scene, and to nothing that the program has started.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.running: subprocess.Popen[str] | None = None
        self.options: tuple[str, ...] = ()
        self.beside: Callable[[], Collection[int]] = tuple

    def file(
        self, problem: str = "good", optimizer: str = "random", trials: int = TRIALS, *, ask_seconds: float = 30,
        trial_seconds: float = 30, memory_mb: int = 1500, repetitions: int = 2, label: str | None = None,
        problems: Sequence[str] | None = None, unit: str = "evaluations", evaluations: int | None = None,
    ) -> Path:  # fmt: skip
        """An experiment file."""
        path = self.root / "experiment.toml"
        contender = {"name": optimizer, **({"label": label} if label else {})}
        fields = ", ".join(f"{key} = {json.dumps(value)}" for key, value in contender.items())
        path.write_text(
            f'name = "fault"\nproblems = {json.dumps(problems or [f"faults/{problem}"])}\n'
            f"optimizers = [{{ {fields} }}]\nrepetitions = {repetitions}\nworkers = 2\n"
            f"{'' if evaluations is None else f'evaluations = {evaluations}'}\n"
            f'[budget]\namount = {trials}\nunit = "{unit}"\n'
            f"[limits]\nask_seconds = {ask_seconds}\ntrial_seconds = {trial_seconds}\nmemory_mb = {memory_mb}\n"
        )
        return path

    def processes(self) -> dict[int, list[str]]:
        beside = self.beside()
        return {pid: command for pid, command in super().processes().items() if pid not in beside}

    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables(), "NO_COLOR": "1", "COLUMNS": "200"}

    def call(self, *arguments: object, prefix: Sequence[str] = ()) -> Call:
        """Call the program and wait for it."""
        self.begin(*arguments, prefix=prefix)
        return self.ended()

    def begin(self, *arguments: object, prefix: Sequence[str] = ()) -> None:
        """Call the program."""
        self.running = subprocess.Popen(
            [*prefix, *HPOBENCH, *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            env=self.environment(), cwd=self.root,
        )  # fmt: skip

    def ended(self) -> Call:
        """Wait for the program."""
        process = self.running
        assert process is not None, "begin comes first"
        code: int | None
        try:
            output, errors = process.communicate(timeout=LONGEST)
            code = process.returncode
        except subprocess.TimeoutExpired:
            self.clear()
            output, errors = process.communicate()
            code = None
        return Call(code, output, errors)

    def run(self, file: Path) -> Call:
        """Run the experiment file to its end."""
        self.begin("run", file, "--headless", *self.options)
        self.find()
        return self.ended()

    def find(self) -> None:
        """Wait until there is an experiment.

        Raises:
            HpobenchError: none comes.
        """
        found: list[Path] = []

        def there() -> bool:
            found[:] = lifecycle.inside(self.outputs)
            return bool(found)

        if not wait_until(there, LONGEST):
            raise HpobenchError(f"no experiment in {self.outputs} after {LONGEST:g} s.")
        self.folder = found[0]

    @contextmanager
    def under_way(self, file: Path, trials: int = 3) -> Iterator[None]:
        """Begin to run it; inside the block, some trials of each run are recorded."""
        self.begin("run", file, "--headless", *self.options)
        self.find()
        wait_until(lambda: min(self.recorded(), default=0) >= trials, LONGEST)
        yield

    def recorded(self) -> list[int]:
        """How many trials each run has; none where that cannot be read."""
        try:
            with Reader(self.folder) as reader:
                return [run.trials for run in reader.runs()]
        except HpobenchError:
            return []

    def lost(self, whole: Contents | None = None) -> str:
        """What of the results is missing, failed, or other than in an undisturbed run; and who is left alive."""
        wait_until(lambda: not self.processes(), GRACE)
        alive = len(self.processes())
        parts = [f"{alive} processes stay alive"] if alive else []
        try:
            with Reader(self.folder) as reader:
                runs = reader.runs()
        except HpobenchError:
            return "; ".join(["the store cannot be read", *parts])
        failed, trials = sum(run.status == "failed" for run in runs), sum(run.failed_trials for run in runs)
        if failed:
            parts.append(f"{failed} of {len(runs)} runs failed")
        if trials:
            parts.append(f"{trials} of {sum(run.trials for run in runs)} trials failed")
        if not all(run.ended for run in runs):
            parts.append("what is not run yet")
        elif whole is not None and differences(contents(self.folder), whole):
            parts.append("other results than undisturbed")
        return "; ".join(parts) or "nothing"

    def reasons(self) -> list[str]:
        """Why something failed, each kind once."""
        call = self.call("errors", self.folder, "--json")
        return [reason["short"] for reason in json.loads(call.output)] if call.code == 0 else []

    def warnings(self) -> list[str]:
        """What the log warns of."""
        try:
            with Reader(self.folder) as reader:
                return [event.message for event in reader.events() if event.level != "info"]
        except HpobenchError:
            return []

    def observed(
        self, call: Call, shown: str | None = None, whole: Contents | None = None, mend: Callable[[], object] = list
    ) -> Observed:
        """After a run that ended as ``call``: look, mend, resume, and look again."""
        lost = self.lost(whole)
        if shown is None:
            told = self.reasons()
            told += [warning for warning in self.warnings() if not any(map(warning.endswith, told))]
            said = [call.last] if call.code not in (0, 1) else []
            shown = "; ".join(dict.fromkeys([*said, *told][:2])) or "nothing"
        mend()
        return Observed(self.plain(shown), call.ended, lost, self.resumed(whole))

    def resumed(self, whole: Contents | None = None) -> str:
        """Resume; the exit code, and what is lost then. Where it advises to repair, that is done."""
        call = self.call("resume", self.folder, "--headless", *self.options)
        if call.code not in (0, 1, 3):
            said = f"{call.ended}: {self.plain(call.last)}"
            if "hpobench repair" in call.errors:
                repair, repaired = (
                    self.call("repair", self.folder),
                    self.folder.with_name(f"{self.folder.name}-repaired"),
                )
                said += f"; repair {repair.ended}: "
                if not repaired.exists():
                    return said + self.plain(repair.last)
                self.folder = repaired
                return f"{said}resume {self.resumed(whole)}"
            return said
        if "nothing is missing" in call.output:
            return "0: nothing is missing"
        lost = self.lost(whole)
        equal = "equal to an undisturbed run" if whole is not None else "finished"
        return f"{call.ended}: {equal if lost == 'nothing' else lost}"

    def plain(self, text: str) -> str:
        """A line without what differs from one time to the next."""
        for path, name in ((self.outputs, "OUTPUTS"), (self.root, "PLACE")):
            text = text.replace(str(path), name)
        text = re.sub(r"(OUTPUTS/)?fault-\d{8}-\d{6}", "FOLDER", text)
        text = re.sub(r"held \d+ MB", "held N MB", text)
        text = re.sub(r"tcp://127\.0\.0\.1:\d{4,}", "tcp://HOST:PORT", text)
        text = re.sub(r"\b(pid|process|processes) \d+(, \d+)*", r"\1 N", text)
        return _CONTROL.sub("�", text.partition("\n")[0])[:220]


def undisturbed(root: Path) -> Contents:
    """What the store holds of the experiment of :meth:`Stage.file` without a fault; run once, beside ``root``."""
    with _one_at_a_time:
        stage = Stage(root.with_name("undisturbed"))
        if not (found := lifecycle.inside(stage.outputs)):
            call = stage.run(stage.file())
            if call.code != 0:
                raise HpobenchError(f"the undisturbed run ended with {call.ended}: {call.last}")
            found = [stage.folder]
    return contents(found[0])


def freeze(stage: Scene, pids: Sequence[int], seconds: float) -> None:
    """Stop processes for a while."""
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for pid in pids:
            if pid in stage.processes():
                os.kill(pid, number)
        if number == signal.SIGSTOP:
            time.sleep(seconds)
