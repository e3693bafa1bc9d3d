"""A worker whose executor is gone, in the midst of starting processes that nobody could find later."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hpobench_tui.executors.contract import Place

OWNER = """
import sys, time
from hpobench_tui.executors.contract import Watch
from hpobench_tui.executors.local import LocalExecutor
executor = LocalExecutor("test_leaving:swarm", 2, [], Watch({}, 2**31))
for task in range(2):
    executor.hand_out(sys.argv[1])
while True:
    for report in executor.reports(0.1):
        print(report, flush=True)
"""


def _leave_parent() -> None:
    if os.fork():
        os._exit(0)


def swarm(place: Place[str, str]) -> None:
    """Start daemons, in sessions of their own and without an environment, as fast as that goes."""
    sleep = shutil.which("sleep")
    for name in place.tasks():
        for number in range(10**6):
            child = subprocess.Popen(
                [name, "900"], executable=sleep, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env={}, cwd="/",
                start_new_session=True, preexec_fn=_leave_parent,
            )  # fmt: skip
            child.wait()
            if number == 3:
                place.tell("begun")
            time.sleep(0.002)


def alive(name: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cmdline").read_bytes().startswith(name.encode()):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows who started whom")
@pytest.mark.parametrize("again", range(3))
def test_it_leaves_nothing_that_it_starts_meanwhile(tmp_path: Path, again: int) -> None:
    name = f"{tmp_path}/swarm-{again}"
    path = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, name], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    try:
        assert owner.stdout is not None
        assert [owner.stdout.readline() for _ in range(2)] == ["begun\n"] * 2
        owner.kill()
        owner.wait()
        deadline = time.monotonic() + 30.0
        while alive(name) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert alive(name) == []
    finally:
        for pid in alive(name):
            os.kill(pid, signal.SIGKILL)
        owner.kill()
        owner.stdout.close() if owner.stdout else None
