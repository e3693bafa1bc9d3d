"""Messages through a socket, of which neither end ever waits for the other in the middle of one.

A process can be killed or stopped at any moment, also within a message that it sends or should take.
"""

import pickle
from collections import deque
from collections.abc import Iterator
from select import POLLIN, POLLOUT
from socket import socket

HEAD = 8
"""Bytes of a message's length before it."""
LONGEST = 2**36
"""Bytes of a message; what says that it is longer is none."""
PIECE, PIECES = 2**18, 2**10
"""Bytes taken at a time, and how often before what came is looked at."""


class Garbled(Exception):  # noqa: N818 - a state, not an error
    """What came in is no message: a process of its own wrote into a worker's pipe, or part of one is missing."""


class Pipe:
    """The end of the executor: neither sending nor receiving waits."""

    def __init__(self, end: socket) -> None:
        end.setblocking(False)
        self._socket = end
        self._in = bytearray()
        self._out: deque[memoryview] = deque()
        self.ended = False

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def events(self) -> int:
        """What to wait for, as ``select.poll`` has it."""
        return (0 if self.ended else POLLIN) | (POLLOUT if self._out else 0)

    def send(self, message: object) -> None:
        """Send as much of it as the other end takes now; :meth:`push` goes on."""
        self._out.append(memoryview(packed(message)))
        self.push()

    def push(self) -> None:
        """Go on with what could not be sent yet; what cannot be sent any more is forgotten."""
        try:
            while self._out:
                sent = self._socket.send(self._out[0])
                rest = self._out.popleft()[sent:]
                if rest:
                    self._out.appendleft(rest)
        except BlockingIOError:
            return
        except OSError:
            self._out.clear()

    def receive(self) -> Iterator[object]:
        """The messages that have come in whole.

        Raises:
            Garbled: what came is none.
        """
        self._pull()
        while len(self._in) >= HEAD:
            end = HEAD + int.from_bytes(self._in[:HEAD], "little")
            if end > LONGEST:
                raise Garbled(f"a message of {end:,} bytes")
            if len(self._in) < end:
                return
            try:
                with memoryview(self._in) as came, came[HEAD:end] as body:
                    message = pickle.loads(body)
            except Exception as error:  # whatever unpickling raises
                raise Garbled(f"{type(error).__name__}: {error}") from error
            del self._in[:end]
            yield message

    def _pull(self) -> None:
        try:
            for _ in range(PIECES):
                piece = self._socket.recv(PIECE)
                if not piece:
                    self.ended = True
                    return
                self._in += piece
        except BlockingIOError:
            return
        except OSError:
            self.ended = True

    def close(self) -> None:
        self._socket.close()


def packed(message: object) -> bytes:
    """A message as it goes through the pipe."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return len(body).to_bytes(HEAD, "little") + body


def received(end: socket) -> object:
    """The next message of the executor, for which a worker waits.

    Raises:
        EOFError: there will be none.
    """
    return pickle.loads(_exactly(end, int.from_bytes(_exactly(end, HEAD), "little")))


def _exactly(end: socket, size: int) -> bytearray:
    data = bytearray(size)
    view, at = memoryview(data), 0
    while at < size:
        count = end.recv_into(view[at:], min(size - at, PIECE))
        if not count:
            raise EOFError
        at += count
    return data
