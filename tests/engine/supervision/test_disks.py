"""Disks that are full, stores that are taken away: told at once, nothing committed is lost, resume goes on."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from typer.testing import CliRunner

import experiments
import small_disk
from hpobench_tui.cli.app import app
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import ExperimentStatus
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store import lock, writer
from hpobench_tui.store.reader import FILE, Reader
from hpobench_tui.store.writer import Writer
from program import HPOBENCH, hpobench

pytestmark = pytest.mark.e2e
Whole: TypeAlias = Callable[..., tuple[Path, str]]
SLEEPS = ("faulty/sleeps", "faulty-none")
SPEC = """
name = "test"
problems = ["{problem}"]
optimizers = ["{optimizer}"]
repetitions = 2
workers = 1
[budget]
amount = {amount}
unit = "evaluations"
"""


def spec(folder: Path, amount: int, problem: str = "synthetic/branin", optimizer: str = "random") -> Path:
    path = folder / f"{amount}.toml"
    path.write_text(SPEC.format(amount=amount, problem=problem, optimizer=optimizer))
    return path


def digest(folder: Path) -> str:
    return repr(sorted(experiments.results(folder).items()))


def undisturbed(path: Path, root: Path) -> str:
    done = hpobench("run", path, "--headless", "-o", root)
    assert done.returncode == 0, done.stderr
    return digest(lifecycle.find("latest", root))


def told(root: Path) -> dict[str, object]:
    """What every reader says of the one experiment below ``root``."""
    show, audit, listing = (
        CliRunner().invoke(app, [*command, "-o", str(root)])
        for command in (["show", "latest"], ["audit", "latest"], ["list", "--json"])
    )
    (listed,) = json.loads(listing.stdout)
    return {
        "codes": [show.exit_code, audit.exit_code],
        "said": show.output + audit.output,
        "status": listed["status"],
        "reason": listed["reason"],
        "trials": listed["trials"],
    }


# On a small disk of their own (small_disk.on_disk)


def fill(place: str, path: str) -> dict[str, object]:
    """Run on a disk that may be too small; give it room; go on."""
    root = Path(place) / "deep" / "out"
    done = hpobench("run", path, "--headless", "--export", "-o", root)
    found: dict[str, object] = {"code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
    found["left"] = sorted(str(file.relative_to(place)) for file in Path(place).rglob("*"))
    if root.exists():
        found |= told(root)
        small_disk.remount(Path(place), "size=256m")
        again = CliRunner().invoke(app, ["resume", "latest", "--detach", "-o", str(root)])
        folder = lifecycle.find("latest", root)
        found |= {"after": experiments.wait_until_ended(folder), "resumed": again.output, "digest": digest(folder)}
        found["files"] = sorted(file.name for file in folder.iterdir())
    return found


def read_only(place: str, path: str) -> dict[str, object]:
    small_disk.remount(Path(place), "ro")
    done = hpobench("run", path, "--headless", "-o", place)
    return {"code": done.returncode, "stderr": done.stderr}


def exported(place: str, path: str, root: str) -> dict[str, object]:
    """Export a good experiment to a full disk."""
    to = Path(place) / "exports"
    done = hpobench("export", "latest", "-o", root, "--to", to)
    left = [file for file in to.rglob("*") if file.is_file()]
    return {"code": done.returncode, "stderr": done.stderr, "left": [(f.name, f.stat().st_size) for f in left]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """An experiment of so many evaluations (of what), and what comes of it undisturbed."""
    place = tmp_path_factory.mktemp("whole")
    known: dict[int, tuple[Path, str]] = {}

    def of(amount: int, *what: str) -> tuple[Path, str]:
        if amount not in known:
            path = spec(place, amount, *what)
            known[amount] = path, undisturbed(path, place / str(amount))
        return known[amount]

    return of


@pytest.mark.parametrize(
    ("kilobytes", "amount", "codes"),
    [
        (4, 300, {2}),
        (420, 300, {2}),
        (740, 300, {3}),  # there is room for the store, and hardly for a log beside it
        (1100, 300, {0, 1, 3}),
        (2500, 20_000, {3}),
        (12_000, 20_000, {0, 1}),  # all is written to the log, and the store has no room for it
    ],
)
def test_a_full_disk(tmp_path: Path, whole: Whole, kilobytes: int, amount: int, codes: set[int]) -> None:
    small_disk.needs_mounts()
    path, expected = whole(amount)
    found = small_disk.on_disk("fill", tmp_path / "disk", kilobytes, str(path), module=__name__)
    assert found["code"] in codes, found["stderr"]
    assert "Traceback" not in found["stderr"] + found["stdout"]
    if found["code"] == 2:
        assert found["left"] == []
        assert "the disk is full; make room. Or choose another place with --output DIR" in found["stderr"]
        assert found["stderr"].count("\n") == 1
        return
    if found["code"] == 3:
        assert "the supervisor ended: the disk is full; make room" in found["stderr"]
        assert (found["status"], found["reason"]) == ("interrupted", "the disk is full; make room")
        assert found["said"].count("interrupted: the disk is full; make room") == 2
        assert "it was interrupted: the disk is full; make room" in found["resumed"]
        assert f", {found['trials']} trials in 2 runs" in found["stdout"], "what was told is still there"
    else:
        assert found["status"] == "finished"
        assert ("No space left on device" in found["stderr"]) is (found["code"] == 1)
        assert kilobytes != 12_000 or "in a file beside the store, which `hpobench resume" in found["stderr"]
    assert found["codes"] == [0, 0]
    assert "running" not in found["said"]
    assert found["after"] == "finished"
    assert found["digest"] == expected
    assert {name for name in found["files"] if name.startswith(FILE)} == {FILE}


def test_a_read_only_disk(tmp_path: Path) -> None:
    small_disk.needs_mounts()
    path = spec(tmp_path, 9)
    found = small_disk.on_disk("read_only", tmp_path / "disk", 2000, str(path), module=__name__)
    assert found["code"] == 2
    assert "the disk is read-only; make it writable. Or choose another place" in found["stderr"]
    assert found["stderr"].count("\n") == 1


@pytest.mark.parametrize("kilobytes", [4, 12])
def test_an_export_to_a_full_disk_leaves_no_half_file(tmp_path: Path, whole: Whole, kilobytes: int) -> None:
    small_disk.needs_mounts()
    path, _ = whole(300)
    root = path.parent / "300"
    assert hpobench("export", "latest", "-o", root, "--to", tmp_path / "good").returncode == 0
    good = {file.name: file.stat().st_size for file in (tmp_path / "good").iterdir()}
    found = small_disk.on_disk("exported", tmp_path / "disk", kilobytes, str(path), str(root), module=__name__)
    assert found["code"] == 2
    assert "No space left on device. Choose another folder." in found["stderr"]
    assert found["stderr"].count("\n") == 1
    for name, size in found["left"]:
        # figures hold the moment at which they were made; a table of text is the same each time
        assert abs(size - good[name]) < 100, name


@pytest.mark.parametrize("size", [5_000, 150_000])
def test_a_creation_that_may_not_write_so_much_leaves_nothing(tmp_path: Path, size: int) -> None:
    path, root = spec(tmp_path, 9), tmp_path / "new" / "deep" / "out"
    done = small_disk.hpobench_limited(size, "run", path, "--headless", "-o", root)
    assert done.returncode == 2
    assert "a file would be larger than files may be here; raise the limit (ulimit -f). Or choose" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("size", [700_000])
def test_a_run_that_may_not_write_so_much_goes_on_later(tmp_path: Path, whole: Whole, size: int) -> None:
    path, expected = whole(20_000)
    root = tmp_path / "out"
    done = small_disk.hpobench_limited(size, "run", path, "--headless", "-o", root)
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    assert "the supervisor ended: a file would be larger than files may be here" in done.stderr
    assert told(root)["status"] == "interrupted"
    assert hpobench("resume", "latest", "--headless", "-o", root).returncode == 0
    assert digest(lifecycle.find("latest", root)) == expected


@pytest.mark.usefixtures("faulty")
def test_a_log_on_a_full_disk_fails_no_trial(tmp_path: Path) -> None:
    experiment = experiments.experiment(["faulty/prints"], ["faulty-none"], 60, "evaluations")
    folder = lifecycle.create(experiment, tmp_path / "out")
    (folder / lifecycle.LOG).symlink_to("/dev/full")
    lifecycle.launch(folder)
    assert experiments.wait_until_ended(folder) == "finished", lifecycle.last_words(folder)
    assert experiments.results(folder) == experiments.results(experiments.run(experiment, tmp_path / "whole"))


@pytest.mark.usefixtures("faulty")
def test_a_reason_needs_no_log(tmp_path: Path) -> None:
    folder = lifecycle.create(experiments.experiment(["faulty/hangs"], ["faulty-none"], 9, "evaluations"), tmp_path)
    (folder / lifecycle.LOG).symlink_to("/dev/full")
    lifecycle.launch(folder)
    experiments.wait_for(lambda: experiments.processes(folder)[1])
    (folder / FILE).rename(folder / "elsewhere")
    experiments.wait_for(lambda: not lifecycle.supervised(folder), 5)
    assert lifecycle.last_words(folder) == f"{folder.resolve() / FILE} was removed or moved away"
    assert lock.words(folder) == lifecycle.last_words(folder)


# Stores that are taken away while they are written


def moved(folder: Path) -> Path:
    return folder.rename(folder.with_name("moved"))


def with_another_in_its_place(folder: Path) -> Path:
    elsewhere = moved(folder)
    shutil.copytree(elsewhere, folder)
    return elsewhere


def replaced(folder: Path) -> None:
    shutil.copy(folder / FILE, folder / "copy")
    (folder / "copy").replace(folder / FILE)


def truncated(folder: Path) -> None:
    os.truncate(folder / FILE, 70_000)


def removed(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


TAKEN: dict[str, tuple[Callable[[Path], Path | None], str, bool]] = {
    "folder removed": (shutil.rmtree, "was removed or moved away", False),
    "folder moved": (moved, "was removed or moved away", True),
    "folder replaced": (with_another_in_its_place, "was replaced by another file", True),
    "store removed": (removed(FILE), "was removed or moved away", False),
    "store replaced": (replaced, "was replaced by another file", False),
    "store cut off": (truncated, "was cut off: 70,000 of ", False),
    "log removed": (removed(f"{FILE}-wal"), "-wal was removed or moved away", True),
    "index removed": (removed(f"{FILE}-shm"), "-shm was removed or moved away", True),
    "lock removed": (removed(lock.FILE), "its store or lock was removed", True),
}


@pytest.mark.usefixtures("faulty")
@pytest.mark.parametrize("what", TAKEN)
def test_a_store_that_is_taken_away_ends_its_experiment(tmp_path: Path, whole: Whole, what: str) -> None:
    take, reason, goes_on = TAKEN[what]
    path, expected = whole(70, *SLEEPS)
    root = tmp_path / "out"
    with subprocess.Popen(
        [*HPOBENCH, "run", path, "--headless", "-o", root], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as front:
        experiments.wait_for(lambda: root.exists() and lifecycle.inside(root) and lifecycle.supervised(*root.iterdir()))
        (folder,) = root.iterdir()
        experiments.wait_for(lambda: experiments.trials(folder) > 10)
        supervisor, workers = experiments.processes(folder)
        known = experiments.trials(folder)
        folder = take(folder) or folder
        began = time.monotonic()
        _, stderr = front.communicate(timeout=30)
    assert time.monotonic() - began < 10, "within seconds, on a busy machine"
    assert front.returncode == 3, stderr
    assert "Traceback" not in stderr
    assert reason in stderr
    experiments.wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in (supervisor, *workers)), 5)
    if goes_on:
        with Reader(folder) as reader:
            assert lifecycle.status(folder, reader.experiment()) == "interrupted"
        assert experiments.trials(folder) >= known, "nothing that was seen is lost"
        lifecycle.resume(folder)
        assert experiments.wait_until_ended(folder) == "finished"
        assert digest(folder) == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
@pytest.mark.usefixtures("faulty")
@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_store_that_may_not_be_used_any_more_ends_its_experiment(tmp_path: Path, mode: int) -> None:
    experiment = experiments.experiment(["faulty/sleeps"], ["faulty-none"], 150, "evaluations", workers=1)
    folder = experiments.launched(experiment, tmp_path)
    experiments.wait_for(lambda: experiments.trials(folder) > 20)
    (folder / FILE).chmod(mode)
    experiments.wait_for(lambda: not lifecycle.supervised(folder), 5)
    assert "may not be written any more" in lifecycle.last_words(folder)
    (folder / FILE).chmod(0o644)
    lifecycle.resume(folder)
    assert experiments.wait_until_ended(folder) == "finished"
    assert experiments.results(folder) == experiments.results(experiments.run(experiment, tmp_path / "whole"))


# Last words


@pytest.mark.usefixtures("faulty")
def test_who_was_killed_is_said_to_be(tmp_path: Path) -> None:
    experiment = experiments.experiment(["faulty/sleeps"], ["faulty-none"], 150, "evaluations", workers=1)
    folder = experiments.launched(experiment, tmp_path)
    experiments.wait_for(lambda: experiments.trials(folder) > 5)
    os.kill(experiments.processes(folder)[0], signal.SIGKILL)
    experiments.wait_for(lambda: not lifecycle.supervised(folder))
    assert lifecycle.last_words(folder) == "it was killed by SIGKILL"  # we started it
    (listed,) = json.loads(hpobench("list", "--json", "-o", tmp_path).stdout)
    assert listed["reason"] == "its process was killed, or the machine went down"  # others cannot know
    lifecycle.resume(folder)
    assert experiments.wait_until_ended(folder) == "finished"
    experiments.wait_for(lambda: lock.words(folder) == "")
    assert told(tmp_path)["reason"] is None


def test_an_experiment_whose_runs_have_all_ended_is_finished_by_resume(tmp_path: Path) -> None:
    path, root = spec(tmp_path, 9), tmp_path / "out"
    undisturbed(path, root)
    (folder,) = root.iterdir()
    with Writer(folder) as store:
        store.set_status(ExperimentStatus.RUNNING)
    assert told(root)["status"] == "interrupted"
    done = hpobench("resume", "latest", "--headless", "-o", root)
    assert done.returncode == 0, done.stderr
    assert "all its runs had ended, and now it is finished" in done.stdout
    assert ": finished, 18 trials in 2 runs" in done.stdout
    assert told(root)["status"] == "finished"
    assert "nothing is missing" in hpobench("resume", "latest", "--headless", "-o", root).stdout


# Front ends


def test_output_that_cannot_be_written_is_said_and_the_experiment_goes_on(tmp_path: Path) -> None:
    path, root = spec(tmp_path, 9), tmp_path / "out"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*HPOBENCH, "run", path, "--headless", "-o", root], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert "standard output cannot be written: No space left on device" in done.stderr
    assert done.stderr.count("\n") == 1
    assert told(root)["status"] == "finished"


@pytest.mark.usefixtures("faulty")
def test_an_interruption_is_known_by_its_exit_code_where_nothing_can_be_said(tmp_path: Path) -> None:
    path, root = spec(tmp_path, 150, *SLEEPS), tmp_path / "out"
    with (
        open("/dev/full", "w") as full,
        subprocess.Popen([*HPOBENCH, "run", path, "--headless", "-o", root], stdout=full, stderr=full) as front,
    ):
        experiments.wait_for(lambda: root.exists() and lifecycle.inside(root))
        (folder,) = root.iterdir()
        experiments.wait_for(lambda: experiments.trials(folder) > 5)
        os.kill(experiments.processes(folder)[0], signal.SIGKILL)
        assert front.wait(30) == 3


# Creation


def test_a_creation_that_was_killed_is_told_and_cleared_away(tmp_path: Path) -> None:
    path, root = spec(tmp_path, 9), tmp_path / "out"
    old, young, other = (root / f"{name}-20200101-000000" for name in ("old", "young", "other"))
    for folder in (old, young, other):
        folder.mkdir(parents=True)
        (folder / writer.ASIDE).write_bytes(b"half")
        (folder / f"{writer.ASIDE}-wal").write_bytes(b"half")
        if folder != young:
            os.utime(folder / writer.ASIDE, (0, 0))
    (other / "notes.txt").write_text("mine")
    assert json.loads(hpobench("list", "--json", "-o", root).stdout) == []
    for name in ("old-20200101-000000", old):
        with pytest.raises(HpobenchError, match=r"the creation of .* was interrupted: nothing has run"):
            lifecycle.find(str(name), root)
    assert hpobench("run", path, "--headless", "-o", root).returncode == 0
    assert not old.exists()
    assert young.exists(), "somebody may be at it"
    assert (other / "notes.txt").exists(), "there is more in it than we made"


def test_a_start_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(lifecycle.subprocess, "Popen", refuse)
    experiment = experiments.experiment(["synthetic/branin"], ["random"], 9, "evaluations")
    with pytest.raises(HpobenchError, match=r"cannot start the experiment in .*: Resource temporarily unavailable"):
        lifecycle.start(experiment, tmp_path / "new" / "out")
    assert list(tmp_path.iterdir()) == []
