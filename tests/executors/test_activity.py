"""The shared bytes under a writer in another process: a reader never sees half of one write and half of another."""

import os
import subprocess
import sys
import time

from hpobench_tui.executors.activity import Board, Phase

WRITER = """
import sys
from hpobench_tui.executors.activity import Board, Phase
board = Board(int(sys.argv[1]))
number = 0
while True:
    number += 1
    board.write(Phase(2 + number % 4), number)
"""


def test_what_is_written_is_read() -> None:
    board = Board()
    assert board.read().phase is Phase.IDLE
    board.write(Phase.EVALUATING, 17)
    activity = Board(os.dup(board.fd)).read()
    assert (activity.phase, activity.number, str(activity)) == (Phase.EVALUATING, 17, "evaluating trial 17")
    assert 0 <= time.monotonic() - activity.since < 10
    board.close()


def test_no_read_is_torn() -> None:
    board = Board()
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(board.fd)], pass_fds=(board.fd,))
    try:
        while board.read().number < 1:
            time.sleep(0.01)
        started, last = time.monotonic(), 0
        for _ in range(200_000):
            activity = board.read()
            assert activity.phase == 2 + activity.number % 4
            assert activity.number >= last
            assert started - 30 < activity.since <= time.monotonic()
            last = activity.number
    finally:
        writer.kill()
        writer.wait()
        board.close()
