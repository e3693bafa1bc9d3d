"""A local worker process from the inside: the place that its code sees.

Started as ``python -m hpobench_tui.executors.process MODULE:FUNCTION PIPE_FD BOARD_FD``. The main thread runs the
function; another listens for tasks and pauses, and ends the process when its executor is gone.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module
from queue import SimpleQueue
from socket import socket
from typing import Generic, NoReturn, cast

from hpobench_tui.core.text import show_only_what_is_seen
from hpobench_tui.executors import family, streams
from hpobench_tui.executors.activity import Board, Phase
from hpobench_tui.executors.contract import Message, Place, Task
from hpobench_tui.executors.pipe import Garbled, packed, received

HALT: signal.Signals | int | None = getattr(signal, "SIGRTMAX", None)
"""Tells the thread that does the work to do nothing any more."""
HALT_SECONDS = 0.5
_halted = threading.Event()


class ProcessPlace(Generic[Task, Message]):
    """The other end of a pipe and a board (``executors.contract.Place``)."""

    def __init__(self, connection: socket, board: Board) -> None:
        self._connection, self._board = connection, board
        self._tasks: SimpleQueue[Task] = SimpleQueue()  # in the midst of one, answers
        self._sending = threading.Lock()
        self._pause_over = threading.Event()
        self.paused = False
        self.phase: Callable[..., None] = board.write
        self._pid = os.getpid()
        self.name = str(self._pid)
        # A copy of this process that its code made, and that went on where it should have ended, does none of its work.
        os.register_at_fork(after_in_child=partial(board.end_with_next, leave_with_all))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                paused, task = cast("tuple[bool | None, Task]", received(self._connection))
            except (EOFError, OSError, Garbled):
                leave_with_all()  # nobody would hear of the results, or somebody else took a part of the task
            if paused is None:
                self._tasks.put(task)
            elif paused:
                self._pause_over.clear()
                self.paused = True
            else:
                self.paused = False
                self._pause_over.set()

    def tasks(self) -> Iterator[Task]:
        while True:
            yield self._tasks.get()
            self._board.write(Phase.IDLE)

    def answer(self) -> object:
        return self._tasks.get()

    def tell(self, message: Message) -> None:
        self._send(packed((False, message)))

    def end(self, message: Message, *before: Message) -> None:
        self._board.write(Phase.CLOSING)  # first: whoever hears of the end hands out the next task
        self._send(b"".join(packed((told is message, told)) for told in (*before, message)))

    def _send(self, data: bytes) -> None:
        if os.getpid() != self._pid:
            leave_with_all()
        try:
            with self._sending:
                self._connection.sendall(data)
        except OSError:
            leave_with_all()  # likewise

    def stand_still(self) -> float:
        before, since = self._board.read(), time.perf_counter()
        self._board.write(Phase.PAUSED)
        self._pause_over.wait()
        self._board.write(before.phase, before.number)
        return time.perf_counter() - since

    def leave(self) -> NoReturn:
        self._board.write(Phase.CLOSING)
        os._exit(0)


def leave_with_all() -> NoReturn:
    """End this process and what it has started.

    From another thread: once the one that does the work stands still, which else could start more meanwhile, of which a
    daemon without an environment is nobody's any more.
    """
    if HALT is not None and threading.current_thread() is not threading.main_thread():
        with suppress(OSError, TypeError):
            signal.pthread_kill(threading.main_thread().ident or 0, HALT)
            _halted.wait(HALT_SECONDS)  # native code does not hear it, nor does it start anything
    family.end(lambda: {child for child in family.children() if not family.is_helper(child, family.TRACKER)})
    os._exit(1)


def _halt(_number: int, _frame: object) -> NoReturn:
    _halted.set()
    while True:
        time.sleep(60.0)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the front end
    if HALT is not None:
        signal.signal(HALT, _halt)
    family.adopt()
    streams.forgive()
    show_only_what_is_seen()
    module, _, function = sys.argv[1].partition(":")
    pipe, board = map(int, sys.argv[2:])
    work: Callable[[Place[object, object]], None] = getattr(import_module(module), function)
    work(ProcessPlace(socket(fileno=pipe), Board(board)))


if __name__ == "__main__":
    main()
