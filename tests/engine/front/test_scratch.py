"""Experiments whose folder is on a (pretended) network disk: refused, or worked on in a scratch and copied home."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import experiments
from benchmarks.kills.scene import contents, differences
from calls import call
from hpobench_tui.core import HpobenchError
from hpobench_tui.engine.front import lifecycle, merging, scratch, shards
from hpobench_tui.store import disks, lock
from hpobench_tui.store.reader import FILE, Reader

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
EXPERIMENT = experiments.experiment(["synthetic/branin", "bandits"], ["random", "tpe"], 60, "evaluations")
GIVEN = ["--problems", "synthetic/branin", "--optimizers", "random,tpe", "--budget", "60 evaluations",
         "--repetitions", 2, "--workers", 2, "--name", "test", "--headless"]  # fmt: skip


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that passes for one on a network disk, beside a scratch that does not."""
    (tmp_path / "mountinfo").write_text(f"1 0 8:1 / / rw - ext4 d rw\n2 1 0:9 / {tmp_path / 'shared'} rw - nfs4 s rw\n")
    monkeypatch.setattr(disks, "MOUNTS", tmp_path / "mountinfo")
    (tmp_path / "scratch").mkdir()
    (tmp_path / "shared").mkdir()
    monkeypatch.setenv("LOCAL_DISK", str(tmp_path / "scratch"))
    return tmp_path / "shared"


@pytest.fixture
def local(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


def test_without_a_scratch_it_is_refused_and_nothing_is_left(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = shared / "outputs"
    assert call(monkeypatch, "run", *GIVEN, "--output", outputs) == 2
    assert "is on a network disk (nfs4)" in capsys.readouterr().err
    assert call(monkeypatch, "run", *GIVEN, "--output", outputs, "--or-resume") == 2
    assert not outputs.exists()
    made = lifecycle.create(EXPERIMENT, shared.parent)
    shutil.move(made, shared / "there")
    for begin in (lifecycle.resume, lifecycle.launch):
        with pytest.raises(HpobenchError, match="is on a network disk"):
            begin(shared / "there")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--scratch", "{here}"], "goes with --headless and --or-resume"),
        (["--or-resume", "--scratch", "{here}/none"], "must be a folder that is there"),
        (["--or-resume", "--scratch", "~nobody-of-that-name/x"], "must be a folder that is there"),
        (["--or-resume", "--scratch", ""], "must be a folder that is there"),
        (["--or-resume", "--scratch", "$NO_SUCH_VARIABLE"], "must be a folder that is there"),
        (["--or-resume", "--scratch", "{shared}"], "must be on a local disk"),
    ],
)
def test_what_is_no_scratch_is_told(
    shared: Path, local: Path, wrong: list[str], message: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    words = [word.format(here=local, shared=shared) for word in wrong]
    assert call(monkeypatch, "run", *GIVEN, "--output", shared / "outputs", *words) == 2
    assert message in capsys.readouterr().err.replace("\n", " ")
    assert not (shared / "outputs").exists()


def test_home_has_all_of_it_and_the_scratch_nothing(
    shared: Path, local: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [*GIVEN, "--or-resume", "--output", shared]
    assert call(monkeypatch, "run", *given, "--scratch", "$LOCAL_DISK") == 0
    assert "until it ends, it is in" in capsys.readouterr().err.replace("\n", " ")
    with Reader(shared / "test") as reader:
        assert not reader.faults()
        assert reader.experiment().status == "finished"
    assert sorted(os.listdir(shared / "test")) == [FILE, lock.FILE, lifecycle.LOG]
    assert not list(local.glob("*/*")), "nothing stays behind"
    assert not lifecycle.supervised(shared / "test")
    before = (shared / "test" / FILE).stat()
    assert call(monkeypatch, "run", *given, "--scratch", local) == 0, "and again: nothing is to be done"
    assert (shared / "test" / FILE).stat().st_mtime_ns == before.st_mtime_ns
    assert call(monkeypatch, "run", *given, "--seed", 5, "--scratch", local) == 2
    said = capsys.readouterr().err.replace("\n", "").replace(" ", "")
    assert "isanotherexperiment:seeddiffers" in said
    assert f"`hpobenchresume{shared / 'test'}`" in said, "the scratch is gone by now"
    assert not list(local.glob("*/*"))
    parts = [lifecycle.create(EXPERIMENT, local), lifecycle.create(EXPERIMENT, local)]
    merging.merge(parts, shared / "merged")
    assert sorted(os.listdir(shared / "merged")) == [FILE], "a merged store is made elsewhere and put there"
    with Reader(shared / "merged") as reader:
        assert not reader.faults()


LONG = ["--problems", "synthetic/branin", "--optimizers", "random", "--budget", "50000000 evaluations",
        "--workers", "1", "--repetitions", "1", "--name", "test", "--headless", "--or-resume"]  # fmt: skip
ON_A_NETWORK_DISK = """
import sys
from pathlib import Path
from hpobench_tui.store import disks
disks.MOUNTS = Path(sys.argv.pop(1))
from hpobench_tui.cli import main
main()
"""


@contextmanager
def working(shared: Path, local: Path) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """A call that works on a long experiment for ``shared``, and its scratch; it has trials already."""
    call = [sys.executable, "-c", ON_A_NETWORK_DISK, str(shared.parent / "mountinfo"), "run", *LONG]
    process = subprocess.Popen(
        [*call, "-o", str(shared), "--scratch", str(local)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        work = experiments.wait_for(lambda: [path.parent for path in local.glob(f"*/*/*/{FILE}")], 60)[0]
        experiments.wait_for(lambda: experiments.trials(work) > 5, 60)
        yield process, work
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
        for path in local.glob(f"*/*/*/{FILE}"):
            experiments.kill_all(path.parent)


@pytest.mark.parametrize("gap", [0.0, 0.05], ids=str)
def test_who_is_told_to_stop_several_times_copies_all_the_same(shared: Path, local: Path, gap: float) -> None:
    with working(shared, local) as (process, _):
        for _ in range(3):  # a scheduler tells us, and the job's script tells us once more
            process.send_signal(signal.SIGTERM)
            time.sleep(gap)
        process.communicate(timeout=60)
    assert process.returncode == 130
    with Reader(shared / "test") as reader:
        assert not reader.faults()
        assert reader.experiment().status == "cancelled"
    assert experiments.trials(shared / "test") > 5
    assert not list(local.glob("*/*")), "nothing stays behind"


def test_who_nobody_reads_goes_on_copying_to_the_end(shared: Path, local: Path) -> None:
    with working(shared, local) as (process, work):
        assert process.stdout is not None
        process.stdout.close()
        process.send_signal(signal.SIGHUP)  # the terminal was closed
        lifecycle.send(work, "cancel")
        assert process.stderr is not None
        process.stderr.read()
        process.wait(60)
    with Reader(shared / "test") as reader:
        assert reader.experiment().status == "cancelled"
    assert experiments.trials(shared / "test") > 5


def filled(home: Path) -> Path:
    home.mkdir()
    lifecycle.fill(home.parent.parent / "scratch", EXPERIMENT)
    shutil.move(home.parent.parent / "scratch" / FILE, home / FILE)
    return home


def test_what_a_kill_left_of_copying_or_clearing_is_not_gone_on_with(
    shared: Path, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = filled(shared / "test")
    work = scratch._place(home, str(local))
    whole = (home / FILE).read_bytes()

    class Killed(BaseException):
        pass

    def half(*_: object, **__: object) -> None:
        work.mkdir()
        (work / FILE).write_bytes(whole[:1000])
        raise Killed

    scratch._mark(work, str(scratch._digest(home / FILE)))  # clearing away ended before it came to this
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copytree", half)
        with pytest.raises(Killed):
            scratch._bring(home, work)
    scratch._bring(home, work)
    assert (work / FILE).read_bytes() == whole
    (work / FILE).write_bytes(b"further")
    scratch._bring(home, work)
    assert (work / FILE).read_bytes() == b"further"


def test_a_disk_that_is_full_keeps_the_scratch_and_says_where(
    shared: Path, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = filled(shared / "test")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(disks, "put", full)
        with pytest.raises(HpobenchError, match=r"cannot copy between .* the same call again goes on"):
            resumed(home, local)
    with scratch.at_work(home, str(local)) as work:
        assert lifecycle.unfinished(work) == 0
    assert lifecycle.unfinished(home) == 0


def test_a_relative_scratch_is_the_same_from_everywhere(
    shared: Path, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(local.parent)
    monkeypatch.setenv("HOME", str(local))
    (local.parent / "link").symlink_to(shared)
    here = scratch._place(filled(shared / "test"), "scratch")
    assert here.is_absolute()
    assert scratch._place(shared / "test", "~") == here
    assert scratch._place(local.parent / "link" / "test", "$LOCAL_DISK") == here, "one experiment, one scratch"
    (shared / "other").symlink_to(shared / "test")
    assert scratch._place(shared / "other", "scratch").parent != here.parent, "whose clearing away is no loss to it"


def test_what_is_said_of_the_end_names_no_scratch(shared: Path, local: Path) -> None:
    with working(shared, local) as (process, work):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert "cancelled; the same call again goes on" in err.replace("\n", " ")
    assert f"resume {work}" not in err


def begun(home: Path, local: Path) -> Path:
    """An experiment that was killed with the process that copies, in a scratch beside home's copy: that scratch."""
    with scratch.at_work(home, str(local)) as work:
        shards.run_or_resume(EXPERIMENT, work.parent, {})
        experiments.wait_for(lambda: experiments.trials(work) > 5)
        scratch._copy_all(work, home)
        with Reader(home) as reader:
            assert not reader.faults(), "a copy of what is being written is whole"
        assert lifecycle.supervised(home)
        with pytest.raises(HpobenchError, match=r"is a copy, renewed .*worked on in .* on .*; cancel it there"):
            lifecycle.send(home, "cancel")
        with pytest.raises(HpobenchError, match="is being worked on: "), scratch.at_work(home, str(local)):
            pass
        experiments.wait_for(lambda: experiments.trials(work) > 40)
        experiments.kill_all(work)
        left = local.parent / "left"
        shutil.copytree(work.parent.parent, left)  # as it is when nobody could copy or clear away any more
        stale = (home / FILE).read_bytes()
    (home / FILE).write_bytes(stale)
    return left


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return experiments.run(EXPERIMENT, tmp_path_factory.mktemp("whole"))


def resumed(home: Path, local: Path) -> int:
    """How many trials were there when it went on to its end."""
    with scratch.at_work(home, str(local)) as work:
        there = experiments.trials(work)
        shards.run_or_resume(EXPERIMENT, work.parent, {})
        assert experiments.wait_until_ended(work) == "finished"
    return there


@pytest.mark.parametrize("kept", [True, False])
def test_after_a_kill_the_scratch_goes_on_if_it_is_further_else_home(
    shared: Path, local: Path, whole: Path, kept: bool
) -> None:
    home = shared / "test"
    left = begun(home, local)
    at_home = experiments.trials(home)
    assert at_home > 5
    if kept:
        shutil.rmtree(next(local.glob("hpobench-*")), ignore_errors=True)
        shutil.move(left, local / f"hpobench-{os.getuid()}")
    there = resumed(home, local)
    assert there > 40 if kept else there == at_home
    assert not differences(contents(home), contents(whole))


def test_what_went_on_elsewhere_is_not_taken_back(shared: Path, local: Path, whole: Path) -> None:
    home = shared / "test"
    left = begun(home, local)
    (local.parent / "another-machine").mkdir()
    resumed(home, local.parent / "another-machine")
    ended = (home / FILE).read_bytes()
    shutil.rmtree(next(local.glob("hpobench-*")), ignore_errors=True)
    shutil.move(left, local / f"hpobench-{os.getuid()}")
    with scratch.at_work(home, str(local)) as work:
        assert experiments.trials(work) == experiments.trials(whole), "home was further"
    assert (home / FILE).read_bytes() == ended


def test_the_lock_of_a_machine_that_went_down_is_waited_for(
    shared: Path, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = shared / "test"
    home.mkdir()
    lifecycle.fill(local, EXPERIMENT)
    shutil.move(local / FILE, home / FILE)
    held = lock.acquire(home)
    assert held is not None
    (home / lifecycle.COPY_OF).write_text("/there on elsewhere")
    monkeypatch.setattr(scratch, "LEASE_SECONDS", 0.2)
    with (
        pytest.raises(HpobenchError, match="is being worked on: /there on elsewhere"),
        scratch.at_work(home, str(local)),
    ):
        pass
    monkeypatch.setattr(scratch, "LEASE_SECONDS", 60.0)
    threading.Timer(0.5, os.close, [held]).start()
    with scratch.at_work(home, str(local)) as work:
        assert lifecycle.unfinished(work) == len(EXPERIMENT.runs())


def test_a_disk_without_locks_is_worked_on(shared: Path, local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    home = shared / "test"
    acquire: Callable[[Path], int | None] = lock.acquire
    monkeypatch.setattr(lock, "acquire", lambda folder: none() if folder == home else acquire(folder))
    assert resumed_from_nothing(home, local)


def resumed_from_nothing(home: Path, local: Path) -> bool:
    with scratch.at_work(home, str(local)) as work:
        shards.run_or_resume(EXPERIMENT, work.parent, {})
        experiments.wait_until_ended(work)
    return all(run.ended for run in experiments.runs(home))
