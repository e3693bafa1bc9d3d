"""Disks that are full: a small one of our own where that may be mounted, else a limit on the size of files.

``python -m benchmarks.faults.disks FOLDER NAME`` plays the fault of that name, and prints what was observed; it is
called in a mount namespace of its own.
"""

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path

from benchmarks.faults.stage import Observed, Stage
from benchmarks.kills.scene import wait_until
from benchmarks.kills.toys import CLOSING

_UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")
_MOUNT = ("mount", "-t", "tmpfs", "-o", "size=32m", "none")


def _played(stage: Stage, name: str) -> Observed:
    """On a disk of our own, if there can be one."""
    if (
        shutil.which(_UNSHARE[0]) is None
        or subprocess.run([*_UNSHARE, *_MOUNT, str(stage.outputs)], capture_output=True, check=False).returncode
    ):
        return _PLAYS[name](stage, False)
    done = subprocess.run(
        [*_UNSHARE, sys.executable, "-m", __name__, str(stage.root), name],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Observed(**json.loads(done.stdout))


def _fill(stage: Stage, mounted: bool) -> None:
    """No file can grow any more."""
    if mounted:
        with suppress(OSError), _filler(stage).open("wb", buffering=0) as file:
            for size in (2**20, 2**12, 1):
                with suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass
        return
    for pid in stage.processes():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))


def _filler(stage: Stage) -> Path:
    return stage.outputs / "filler"


def _during(stage: Stage, mounted: bool, file: Path, moment: Callable[[], object]) -> Observed:
    """Full from that moment on; room again before it is resumed."""
    with stage.under_way(file, trials=0):
        wait_until(moment, 30)
        _fill(stage, mounted)
        stage.let_go()
    return stage.observed(stage.ended(), mend=partial(_filler(stage).unlink, missing_ok=True))


def _while_running(stage: Stage, mounted: bool) -> Observed:
    return _during(stage, mounted, stage.file(trials=300), lambda: sum(stage.recorded()) > 20)


def _while_settling(stage: Stage, mounted: bool) -> Observed:
    """While the optimizer closes, after all trials: what follows is the end of the store."""
    stage.wish(CLOSING)
    file = stage.file(optimizer="kills-random", problems=["faults/fast"], trials=1000, repetitions=1)
    return _during(stage, mounted, file, lambda: stage.met(CLOSING))


def _while_creating(stage: Stage, mounted: bool) -> Observed:
    file = stage.file()
    if mounted:
        _fill(stage, mounted)
        call = stage.call("run", file, "--headless")
        _filler(stage).unlink()
    else:
        call = stage.call("run", file, "--headless", prefix=("prlimit", "--fsize=20000"))
    left = [path.name for path in stage.outputs.iterdir()]
    again = stage.call("run", file, "--headless")
    lost = f"nothing; {len(left)} folders stay behind" if left else "nothing"
    return Observed(stage.plain(call.last), call.ended, lost, f"run again: {again.ended}")


_PLAYS: Mapping[str, Callable[[Stage, bool], Observed]] = {
    "the disk fills while an experiment runs": _while_running,
    "the disk fills while the store is settled": _while_settling,
    "the disk is full when an experiment is created": _while_creating,
}
FAULTS: Mapping[str, Callable[[Stage], Observed]] = {name: partial(_played, name=name) for name in _PLAYS}


def main() -> None:
    stage = Stage(Path(sys.argv[1]))
    subprocess.run([*_MOUNT, str(stage.outputs)], check=True)
    try:
        print(json.dumps(asdict(_PLAYS[sys.argv[2]](stage, True))))
    finally:
        stage.clear()


if __name__ == "__main__":
    main()
