"""Disks that are full: a small one of our own where that may be mounted, else a limit on the size of files."""

import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.faults.stage import HPOBENCH, LONGEST, Call, Observed, Stage
from hpobench_tui.engine.front import lifecycle

_UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")


def _mountable() -> bool:
    """Whether we may mount a disk that nobody else sees."""
    if shutil.which(_UNSHARE[0]) is None:
        return False
    mount = [*_UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(mount, capture_output=True, check=False).returncode == 0


def _played(stage: Stage, file: Path, kilobytes: int) -> Observed:
    """Run on a disk of that size, make it larger, resume, and bring it all to a real one."""
    outputs = shlex.quote(str(stage.root / "outputs"))
    hpobench, where = shlex.join(HPOBENCH), shlex.quote(str(stage.root))
    if _mountable():
        begin = f"mount -t tmpfs -o size={kilobytes}k none {outputs}"
        first = "{ "
        more = f"mount -o remount,size=1g {outputs}"
        keep = f"cp -a {outputs}/. {where}/"
    else:
        begin, more, keep = ":", ":", "true"
        first = f"{{ ulimit -f {kilobytes * 2}; "
    end = f"timeout --kill-after=5 {LONGEST:g}"
    script = f"""
        {begin}
        ( {first} {end} {hpobench} run {shlex.quote(str(file))} --headless; }} ) > {where}/run.out 2> {where}/run.err
        echo $? > {where}/run.code
        mkdir -p {where}/during && cp -a {outputs}/. {where}/during/
        {more}
        {end} {hpobench} resume latest --headless > {where}/resume.out 2> {where}/resume.err
        echo $? > {where}/resume.code
        mkdir -p {where}/after && cp -a {outputs}/. {where}/after/
    """.replace(keep, keep)
    prefix = _UNSHARE if _mountable() else ()
    subprocess.run(
        [*prefix, "sh", "-c", script], env=stage.environment(), cwd=stage.root, check=False, stdin=subprocess.DEVNULL
    )
    run, resume = _call(stage.root, "run"), _call(stage.root, "resume")
    during = lifecycle.inside(stage.root / "during")
    stage.folder = during[0] if during else stage.root / "outputs"
    lost = stage.lost() if during else "nothing: there is no experiment"
    told = stage.plain(run.last if run.code else "; ".join(stage.warnings()[:1]) or "nothing")
    after = lifecycle.inside(stage.root / "after")
    if resume.code == 2 or not after:
        came = f"{resume.ended}: {stage.plain(resume.last)}"
    elif "nothing is missing" in resume.output:
        came = f"{resume.ended}: nothing is missing"
    else:
        stage.folder = after[0]
        came = f"{resume.ended}: {'finished' if (left := stage.lost()) == 'nothing' else left}"
    return Observed(told, run.ended, lost, came)


def _call(root: Path, name: str) -> Call:
    code = int((root / f"{name}.code").read_text())
    output, errors = ((root / f"{name}.{kind}").read_text(errors="replace") for kind in ("out", "err"))
    return Call(None if code in (124, 137) else code, output, errors)


def _while_running(stage: Stage) -> Observed:
    return _played(stage, stage.file(trials=20_000, problem="fast"), 1500)


def _while_settling(stage: Stage) -> Observed:
    """The log beside the store fits, but not both once it is brought into the store."""
    file = stage.file(trials=6_000, problem="fast", repetitions=1)
    return _played(stage, file, 2600)


def _while_creating(stage: Stage) -> Observed:
    return _played(stage, stage.file(), 64)


FAULTS: Mapping[str, Callable[[Stage], Observed]] = {
    "the disk fills while an experiment runs": _while_running,
    "the disk fills while the store is settled": _while_settling,
    "the disk is full when an experiment is created": _while_creating,
}
