"""Messages through a socket, of which neither end ever waits for the other in the middle of one.

A process can be killed or stopped at any moment, also within a message that it sends or should take; and what it has
started can write there. So each message has sums of its head and of its body (CRC-32), and what does not add up is
noticed at once, before any of it is read.
"""

import pickle
import struct
import zlib
from collections import deque
from collections.abc import Iterator
from select import POLLIN, POLLOUT
from socket import socket

_FRONT, _SUM = struct.Struct("<QI"), struct.Struct("<I")
HEAD = _FRONT.size + _SUM.size
"""Bytes before a message: how many it has, their sum, and the sum of these two."""
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
            size, total = _head(self._in[:HEAD])
            if len(self._in) < HEAD + size:
                return
            with memoryview(self._in) as came, came[HEAD : HEAD + size] as body:
                message = _message(body, total)
            del self._in[: HEAD + size]
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
    front = _FRONT.pack(len(body), zlib.crc32(body))
    return front + _SUM.pack(zlib.crc32(front)) + body


def received(end: socket) -> object:
    """The next message of the executor, for which a worker waits.

    Raises:
        EOFError: there will be none.
        Garbled: what came is none.
    """
    size, total = _head(_exactly(end, HEAD))
    return _message(_exactly(end, size), total)


def _head(head: bytes | bytearray) -> tuple[int, int]:
    """How many bytes the message has, and their sum."""
    front = head[: _FRONT.size]
    if zlib.crc32(front) != _SUM.unpack_from(head, _FRONT.size)[0]:
        raise Garbled(f"what should begin a message is {bytes(head)!r}")
    size, total = _FRONT.unpack(front)
    return int(size), int(total)


def _message(body: bytearray | memoryview, total: int) -> object:
    if zlib.crc32(body) != total:
        raise Garbled(f"{len(body):,} bytes are not those that were sent")
    try:
        return pickle.loads(body)
    except Exception as error:  # whatever unpickling raises
        raise Garbled(f"{type(error).__name__}: {error}") from error


def _exactly(end: socket, size: int) -> bytearray:
    data = bytearray(size)
    view, at = memoryview(data), 0
    while at < size:
        count = end.recv_into(view[at:], min(size - at, PIECE))
        if not count:
            raise EOFError
        at += count
    return data
