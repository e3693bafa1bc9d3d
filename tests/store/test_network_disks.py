"""Which folders are on network disks, and how a store gets onto one."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hpobench_tui.core import HpobenchError
from hpobench_tui.store import disks, writer

MOUNTS = r"""
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 0:5 / /proc rw - proc proc rw
30 21 0:40 / /home rw,relatime shared:9 master:2 - nfs4 server:/home rw,vers=4.2
31 30 8:2 / /home/me/local rw - xfs /dev/sdb rw
32 21 0:41 / /lus\040tre rw - lustre 10.0.0.1@o2ib:/fs rw
33 21 0:42 / /mnt/ssh rw - fuse.sshfs me@there: rw
34 21 0:43 / /mnt/fuse rw - fuse.portal portal rw
35 21 0:44 / /mnt/gluster rw - fuse.glusterfs s:/v rw
36 21 0:45 / /mnt/ceph rw - fuse.ceph-fuse ceph-fuse rw
37 21 0:46 / /mnt/blob rw - fuse blobfuse2 rw
38 21 0:47 / /mnt/other rw - fuse bindfs rw
36 21 0:45 / /twice rw - nfs server:/x rw
37 36 8:3 / /twice rw - ext4 /dev/sdc rw
38 21 0:46 / /dash rw - cifs //server/a\040-\040b rw
39 21 0:47 / /windows rw - 9p drvfs rw
not a line of it
"""


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTS)
    monkeypatch.setattr(disks, "MOUNTS", path)
    return path


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/outputs", "nfs4"),
        ("/home", "nfs4"),
        ("/homes/me", None),
        ("/home/me/local/x", None),
        ("/home/me/locally", "nfs4"),
        ("/lus tre/a", "lustre"),
        ("/mnt/ssh/a", "fuse.sshfs"),
        ("/mnt/fuse/a", None),
        ("/mnt/gluster", "fuse.glusterfs"),
        ("/mnt/ceph/a", "fuse.ceph-fuse"),
        ("/mnt/blob/a", "fuse.blobfuse2"),
        ("/mnt/other/a", None),
        ("/twice/a", None),
        ("/dash/a", "cifs"),
        ("/windows/c", "9p"),
        ("/var/tmp", None),
    ],
)
def test_the_longest_mount_decides(mounts: Path, path: str, kind: str | None) -> None:
    assert disks.network(Path(path)) == kind


def test_links_are_followed_and_a_sandbox_s_root_is_local(mounts: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/home/me")
    assert disks.network(tmp_path / "link" / "outputs") == "nfs4"
    mounts.write_text("21 1 0:1 / / rw - 9p none rw\n")
    assert disks.network(Path("/tmp")) is None
    mounts.unlink()
    assert disks.network(Path("/home/me")) is None, "nobody can tell"


def test_it_is_refused_with_what_to_do(mounts: Path) -> None:
    disks.refuse_network(Path("/var/tmp"))
    with pytest.raises(HpobenchError, match=r"/lus tre is on a network disk \(lustre\).*--output DIR.*--scratch DIR"):
        disks.refuse_network(Path("/lus tre"))


def test_a_snapshot_is_one_settled_file_whatever_is_written_meanwhile(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "store")) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE t (x)")
        writer.execute("INSERT INTO t VALUES (1)")
        writer.commit()
        writer.execute("INSERT INTO t VALUES (2)")
        disks.snapshot(tmp_path / "store", tmp_path / "copy")
    assert sorted(os.listdir(tmp_path)) == ["copy", "store"]
    with closing(sqlite3.connect(f"file:{tmp_path / 'copy'}?immutable=1", uri=True)) as reader:
        assert reader.execute("SELECT x FROM t").fetchall() == [(1,)]
        assert reader.execute("PRAGMA journal_mode").fetchall() == [("delete",)]


def test_a_copy_takes_the_place_of_the_earlier_one_or_nothing_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "there").write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            disks.put(tmp_path / "new", tmp_path / "there")
    assert (tmp_path / "there").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["new", "there"]
    disks.put(tmp_path / "new", tmp_path / "there")
    assert (tmp_path / "there").read_text() == "new"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, HpobenchError("a damaged source"), OSError("full")])
def test_nothing_is_left_of_a_store_that_did_not_become_one(tmp_path: Path, interruption: BaseException) -> None:
    with pytest.raises((KeyboardInterrupt, HpobenchError)), writer.making(tmp_path):
        raise interruption
    assert list(tmp_path.iterdir()) == []
