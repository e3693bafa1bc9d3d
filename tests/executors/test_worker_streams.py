"""What a worker prints fails nothing, wherever it goes."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
from hpobench_tui.executors import streams
streams.forgive()
import os, sys
print("one", flush=True)
print("t\\u00e4\\ud800", file=sys.stderr)
sys.stdout.write("no end of line")
os.write({}, b"reached")
"""


@pytest.mark.parametrize(("stdout", "stderr"), [("/dev/full", "/dev/full"), ("/dev/null", "/dev/full")])
def test_a_log_without_room(stdout: str, stderr: str) -> None:
    ours, theirs = os.pipe()
    with open(stdout, "w") as out, open(stderr, "w") as err:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(theirs)], stdout=out, stderr=err, pass_fds=(theirs,)
        )
    os.close(theirs)
    with open(ours) as pipe:
        assert (done.returncode, pipe.read()) == (0, "reached")


def test_with_room_all_is_there() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(1)], capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"one\nno end of linereached"
    assert done.stderr == "tä\\ud800\n".encode()
