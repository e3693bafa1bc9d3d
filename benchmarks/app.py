"""What the app costs: the real one in a real terminal, on stores of 10 to 10,000 runs, at rest and while they grow.

python -m benchmarks.app [--folder DIR] [--runs 10,100,1000,10000] [--sizes 80x24,200x60] [--json]

The stores are real experiments (10³, 10⁵, 10⁶ and 10⁷ trials; the last takes ten minutes and 2 GB); with ``--folder``
they are kept, and used again. What grows is a copy of each, extended by a problem of its own, ``paced.py``, whose
evaluations sleep: so the engine writes about 300 trials a second and leaves the cores to the app.

Each line is of one store and one size of terminal:

* first, final: seconds from the start of the process until something of the experiment was drawn, and until nothing
  more was (of a finished experiment);
* idle: bytes a second and share of a core after that;
* keys: milliseconds from a key to the first byte that it changes on the screen, median and 95th percentile, at rest and
  while the store grows;
* tick: CPU milliseconds and bytes, a fifth of a second each, while it grows;
* memory: MB resident at the end, and at most.
"""

import argparse
import fcntl
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.analysis import problems
from hpobench_tui.core import Budget
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import lifecycle, spec

SHAPES = {10: (5, 1, 2, 100), 100: (10, 2, 5, 1000), 1000: (20, 5, 10, 1000), 10_000: (20, 50, 10, 1000)}
"""Runs to labels, problems, repetitions, trials a run."""
KEYS = ("\x1b[B", "n", "\x1b[A", "m", "\x1b[B", "a", "N", "m", "\x1b[6~", "s", "\x1b[5~", "s", "n", "v", "\x1b[B")
"""Rows, optimizers, measures, axes, pages, sorting, numbers: several times each."""
TICK = 0.2
QUIET = 2.5
"""Seconds without a byte: longer than the app looks away from what is at rest."""
PACED = '''"""A problem that takes its time without using any."""

import time


class Paced:
    space = {"x": (0.0, 1.0), "y": (0.0, 1.0)}
    reference = 0.0
    seconds = 0.006

    def __call__(self, configuration):
        time.sleep(0.006)
        return (configuration["x"] - 0.3) ** 2 + configuration["y"] ** 2
'''


@dataclass(frozen=True, slots=True)
class Line:
    """One store at one size; units as above."""

    runs: int
    trials: int
    size: str
    first: float
    final: float
    idle_bytes: float
    idle_cpu: float
    rest_p50: float
    rest_p95: float
    busy_p50: float
    busy_p95: float
    tick_ms: float
    tick_bytes: float
    memory: float
    most: float


class Terminal:
    """The app in a pty; what it writes is read at once (or so many bytes a second), and counted."""

    def __init__(self, folder: Path, columns: int, rows: int, rate: int | None = None, **environment: str) -> None:
        self.started = time.monotonic()
        self._process, self._descriptor = self._opened(folder, columns, rows, environment)
        self.bytes = 0
        self.first: float | None = None
        self.last = self.started
        self._arrivals: list[float] = []
        self._name = folder.name.rpartition("-")[0].rpartition("-")[0].encode()[:8]
        self._over = False
        self._rate = rate
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @staticmethod
    def _opened(
        folder: Path, columns: int, rows: int, environment: dict[str, str]
    ) -> tuple[subprocess.Popen[bytes], int]:
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        plain = {name: value for name, value in os.environ.items() if not name.startswith("SSH_")}
        own = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", **environment}
        own.setdefault("HPOBENCH_APP_SETTINGS", str(folder.parent / "app-settings.json"))
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hpobench_tui", "attach", str(folder)],
            stdin=follower, stdout=follower, stderr=follower, env=plain | own, start_new_session=True,
        )  # fmt: skip
        os.close(follower)
        return process, leader

    def _read(self) -> None:
        seen = b""
        while not self._over:
            try:
                piece = os.read(self._descriptor, 1 << 16 if self._rate is None else 256)
            except OSError:
                return
            if self._rate is not None:
                time.sleep(len(piece) / self._rate)
            self.last = time.monotonic()
            self.bytes += len(piece)
            self._arrivals.append(self.last)
            if self.first is None:
                seen += piece
                if self._name in seen and "╭".encode() in seen:
                    self.first = self.last - self.started
                    seen = b""

    def quiet(self, seconds: float = QUIET, patience: float = 120.0) -> float:
        """Wait until nothing was written for so long; seconds from the start until then."""
        deadline = time.monotonic() + patience
        while time.monotonic() - self.last < seconds or self.first is None:
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise SystemExit(f"the app is not quiet after {patience} s (or has ended)")
            time.sleep(0.02)
        return self.last - self.started

    def key(self, text: str, patience: float = 2.0) -> float | None:
        """Milliseconds from a key to the next byte; None: nothing came."""
        before = len(self._arrivals)
        began = time.monotonic()
        os.write(self._descriptor, text.encode())
        while len(self._arrivals) == before:
            if time.monotonic() - began > patience:
                return None
            time.sleep(0.0005)
        return (self._arrivals[before] - began) * 1e3

    def keys(self, presses: Sequence[str], pause: float) -> list[float]:
        """The latencies of those that changed anything."""
        found = []
        for text in presses:
            if (took := self.key(text)) is not None:
                found.append(took)
            time.sleep(pause)
        return found

    def cpu(self) -> float:
        """Seconds of all its threads."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> tuple[float, float]:
        """MB now and at most."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        found = {line.partition(":")[0]: line.partition(":")[2].split() for line in lines}
        return int(found["VmRSS"][0]) / 1024, int(found["VmHWM"][0]) / 1024

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the app still runs."""
        return self._process.poll() is None

    def hang_up(self) -> None:
        """What becomes of a terminal whose window is closed."""
        if not self._over:
            self._over = True
            os.close(self._descriptor)

    def close(self) -> None:
        """End it, as a terminal that is closed does."""
        self.hang_up()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()


def finished(root: Path, runs: int) -> Path:
    """The experiment of so many runs, which is run if it is not there."""
    labels, count, repetitions, trials = SHAPES[runs]
    name = f"app{runs}"
    if there := sorted(root.glob(f"{name}-*/experiment.sqlite")):
        return there[0].parent
    contenders = [{"name": "random", "label": f"random-{n}"} for n in range(labels)]
    budget = Budget.of(trials, "evaluations")
    made = spec.build(name, problems(count), contenders, budget, repetitions=repetitions)
    folder = lifecycle.start(made, root)
    while lifecycle.supervised(folder):
        time.sleep(0.2)
    return folder


def growing(source: Path, root: Path) -> Path:
    """A copy of it that is being extended."""
    folder = root / source.name.replace("app", "grow", 1)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    file = root / "paced.py"
    file.write_text(PACED)
    subprocess.run(
        [sys.executable, "-P", "-m", "hpobench_tui", "extend", str(folder), "--problems", "./paced.py:Paced",
         "--budget", "20000 evaluations", "--detach", "--accept-changes"],
        check=True, cwd=root, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return folder


def quantile(values: Sequence[float], share: float) -> float:
    """Of what was measured, none of it between two values."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)] if values else float("nan")


def measured(source: Path, runs: int, columns: int, rows: int, root: Path) -> Line:
    """All figures of one store at one size."""
    app = Terminal(source, columns, rows)
    try:
        final = app.quiet()
        first = app.first or float("nan")
        cpu, written, began = app.cpu(), app.bytes, time.monotonic()
        time.sleep(5)
        seconds = time.monotonic() - began
        idle_cpu, idle_bytes = (app.cpu() - cpu) / seconds, (app.bytes - written) / seconds
        rest = app.keys(KEYS * 2, 0.35)
    finally:
        app.close()
    folder = growing(source, root)
    app = Terminal(folder, columns, rows)
    try:
        time.sleep(6)
        cpu, written, began = app.cpu(), app.bytes, time.monotonic()
        time.sleep(10)
        ticks = (time.monotonic() - began) / TICK
        tick_ms, tick_bytes = (app.cpu() - cpu) / ticks * 1e3, (app.bytes - written) / ticks
        busy = app.keys(KEYS * 2, 0.35)
        memory, most = app.memory()
    finally:
        app.close()
        with suppress(HpobenchError):  # it has ended by itself
            lifecycle.send(folder, "cancel")
        while lifecycle.supervised(folder):
            time.sleep(0.1)
        shutil.rmtree(folder)
    return Line(
        runs, runs * SHAPES[runs][3], f"{columns}x{rows}", first, final, idle_bytes, idle_cpu,
        quantile(rest, 0.5), quantile(rest, 0.95), quantile(busy, 0.5), quantile(busy, 0.95), tick_ms, tick_bytes,
        memory, most,
    )  # fmt: skip


def main() -> None:
    """Measure, and print a Markdown table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="keep the experiments here")
    parser.add_argument("--runs", default="10,100,1000,10000")
    parser.add_argument("--sizes", default="80x24,200x60")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = (arguments.folder or Path(temporary)).resolve()
        root.mkdir(parents=True, exist_ok=True)
        if not arguments.json:
            print("| runs | trials | size | first, final s | idle B/s, CPU | key p50, p95 ms | while it grows |"
                  " CPU ms, bytes a tick | MB now, most |")  # fmt: skip
            print("|---|---|---|---|---|---|---|---|---|")
        lines = []
        for runs in map(int, arguments.runs.split(",")):
            source = finished(root, runs)
            for size in arguments.sizes.split(","):
                columns, rows = map(int, size.split("x"))
                line = measured(source, runs, columns, rows, root)
                lines.append(line)
                if not arguments.json:
                    print(f"| {line.runs:,} | {line.trials:,} | {size} | {line.first:.2f}, {line.final:.2f}"
                          f" | {line.idle_bytes:.0f}, {line.idle_cpu:.2%} | {line.rest_p50:.0f}, {line.rest_p95:.0f}"
                          f" | {line.busy_p50:.0f}, {line.busy_p95:.0f} | {line.tick_ms:.1f}, {line.tick_bytes:,.0f}"
                          f" | {line.memory:.0f}, {line.most:.0f} |", flush=True)  # fmt: skip
        if arguments.json:
            print(json.dumps([asdict(line) for line in lines], indent=1))


if __name__ == "__main__":
    main()
