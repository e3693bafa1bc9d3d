"""Point sets on the disk: shared by processes, rebuilt when damaged, done without where nothing can be written."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from hpobench_suites import caches
from hpobench_suites.quintic.geometry import cache
from hpobench_suites.quintic.geometry.cache import point_set
from hpobench_suites.quintic.geometry.hypersurface import Charts, Complex, Quintic
from hpobench_tui.core import HpobenchError

CHILD = """
import sys
from hpobench_suites.quintic.geometry.cache import point_set
from hpobench_suites.quintic.geometry.hypersurface import Quintic
z = point_set(Quintic(), int(sys.argv[1]), 0).z
print(z.sum())
assert "torch" not in sys.modules
"""
CHILD_WITH_SMALL_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))" + CHILD
CHILD_THAT_DIES_WRITING = "import os; os.replace = lambda *_: os._exit(9)" + CHILD


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(caches.VARIABLE, str(tmp_path))
    cache.shared.cache_clear()
    return tmp_path / "quintic"


def fresh(n: int = 50, seed: int = 0, part: cache.Part = "train", psi: float = 0.0) -> Charts:
    """The set as another process would get it."""
    cache.shared.cache_clear()
    return point_set(Quintic(psi), n, seed, part)


def child(program: str, n: int = 50) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program, str(n)], stdout=subprocess.PIPE, text=True)


def refuse(*_: object) -> Complex:
    raise AssertionError("sampled again")


def test_a_set_is_generated_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fresh()
    assert point_set(Quintic(), 50, 0) is first
    assert point_set(Quintic(), n=50, seed=0, part="train") is first
    (file,) = folder.iterdir()
    assert file.read_bytes().startswith(f"hpobench-tui {file.name}".encode())
    monkeypatch.setattr(cache, "sample", refuse)
    again = fresh()
    assert again is not first
    assert (again.z == first.z).all()
    assert not again.z.flags.writeable


def test_sets_are_streams_of_their_own() -> None:
    sets = [fresh(), fresh(seed=1), fresh(part="test"), fresh(psi=0.5), fresh(psi=-0.5)]
    values = np.concatenate([np.unique(s.z[s.z != 1.0]) for s in sets])
    assert len(np.unique(values)) == len(values)


def test_a_smaller_set_is_the_beginning_of_a_larger_one() -> None:
    np.testing.assert_allclose(fresh(50).z, fresh(20_000).z[:50], rtol=0, atol=1e-12)


def test_minus_zero_is_zero(folder: Path) -> None:
    assert (fresh(psi=-0.0).z == fresh(psi=0.0).z).all()
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content + b"\0",
        lambda content: os.urandom(len(content)),
        lambda content: content[:-100] + bytes([content[-100] ^ 1]) + content[-99:],
        lambda content: content.replace(b"seed0", b"seed1"),
    ],
    ids=["empty", "half", "one byte short", "one too long", "garbage", "one bit", "another set's"],
)
def test_a_damaged_file_is_rebuilt(damage: object, folder: Path) -> None:
    assert callable(damage)
    good = fresh()
    (file,) = folder.iterdir()
    content = file.read_bytes()
    file.write_bytes(damage(content))
    with pytest.warns(RuntimeWarning, match="damaged"):
        assert (fresh().z == good.z).all()
    assert file.read_bytes() == content
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fresh()


def test_a_renamed_file_is_not_believed(folder: Path) -> None:
    other = fresh(seed=1)
    (file,) = folder.iterdir()
    file.rename(file.with_name(file.name.replace("seed1", "seed0")))
    with pytest.warns(RuntimeWarning, match="damaged"):
        assert (fresh().z != other.z).any()


def test_an_interrupted_write_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fresh()
    assert list(folder.iterdir()) == []


def test_a_process_killed_while_writing_does_no_harm(folder: Path) -> None:
    assert child(CHILD_THAT_DIES_WRITING).wait() == 9
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = fresh().z
    assert (fresh().z == expected).all()


def test_what_a_killed_process_left_is_swept_a_day_later(folder: Path) -> None:
    assert child(CHILD_THAT_DIES_WRITING).wait() == 9
    (left,) = folder.iterdir()
    fresh()
    assert left.exists(), "its process may be alive"
    os.utime(left, (0, 0))
    fresh(seed=1)
    assert not left.exists()
    assert len(list(folder.iterdir())) == 2


def test_processes_at_once_share_the_folder(folder: Path) -> None:
    children = [child(CHILD, 20_000) for _ in range(3)]
    sums = {complex(c.communicate()[0]) for c in children}
    assert all(c.returncode == 0 for c in children)
    assert len(list(folder.iterdir())) == 1
    assert sums == {complex(fresh(20_000).z.sum())}


def test_a_full_disk_is_no_failure(folder: Path) -> None:
    running = child(CHILD_WITH_SMALL_FILES)
    total = complex(running.communicate()[0])
    assert running.returncode == 0
    assert list(folder.iterdir()) == []
    assert total == complex(fresh().z.sum())


def test_a_folder_that_cannot_be_made_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = fresh().z
    (tmp_path / "file").touch()
    monkeypatch.setenv(caches.VARIABLE, str(tmp_path / "file"))
    assert (fresh().z == expected).all()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_no_failure(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o500)
    fresh()
    assert list(folder.iterdir()) == []
    folder.chmod(0o700)


def test_where_the_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.folder() == tmp_path / "quintic"
    monkeypatch.delenv(caches.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", "/of/xdg")
    assert cache.folder() == Path("/of/xdg/hpobench-tui/quintic")
    monkeypatch.setenv("HOME", "/home/someone")
    for ignored in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert cache.folder() == Path("/home/someone/.cache/hpobench-tui/quintic")


def test_nothing_is_kept_where_nobody_is_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    expected = fresh().z
    monkeypatch.delenv(caches.VARIABLE)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.chdir(tmp_path)
    assert (fresh().z == expected).all()
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("seed", [-1, 0.5, "0"])
def test_impossible_seeds_are_refused(seed: int) -> None:
    with pytest.raises(HpobenchError, match="whole number"):
        point_set(Quintic(), 50, seed)


def test_impossible_parts_and_sizes_are_refused() -> None:
    with pytest.raises(HpobenchError, match="train, test"):
        point_set(Quintic(), 50, 0, "validation")  # type: ignore[arg-type]
    with pytest.raises(HpobenchError, match="multiple of 5"):
        point_set(Quintic(), 51, 0)
