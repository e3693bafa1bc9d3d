"""Messages that come in part, or garbled by somebody who writes between them."""

import os
import pickle
from collections.abc import Iterator
from socket import socket, socketpair

import pytest

from hpobench_tui.executors.pipe import HEAD, Garbled, Pipe, packed, received

Ends = tuple[Pipe, socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = socketpair()
    pipe = Pipe(ours)
    yield pipe, theirs
    pipe.close()
    theirs.close()


def test_messages_come_whole_and_in_order(ends: Ends) -> None:
    pipe, theirs = ends
    data = packed("one") + packed(["two"])
    theirs.sendall(data[:-3])
    assert list(pipe.receive()) == ["one"]
    theirs.sendall(data[-3:])
    assert list(pipe.receive()) == [["two"]]


@pytest.mark.parametrize("text", [b"printed by somebody", b"\0" * HEAD, (2**40).to_bytes(8, "little") + b"\0" * 8])
def test_what_stands_between_messages_is_noticed_before_more_comes(ends: Ends, text: bytes) -> None:
    pipe, theirs = ends
    theirs.sendall(packed("one") + text)
    came = pipe.receive()
    assert next(came) == "one"
    with pytest.raises(Garbled, match="should begin a message"):
        next(came)


def test_every_changed_byte_is_noticed_and_nothing_of_it_is_unpickled() -> None:
    data = packed("a message")
    for place in range(len(data)):
        for other in (data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :], data[:place] + data[place + 1 :]):
            ours, theirs = socketpair()
            with theirs:
                theirs.sendall(other)
            with ours, pytest.raises((Garbled, EOFError)):
                received(ours)


class Runs:
    """Unpickled, it sets a variable."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return os.putenv, ("HPOBENCH_UNPICKLED", "1")


def test_a_pickle_without_its_sum_is_not_read(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    monkeypatch.setattr(pickle, "loads", read.append)
    pipe, theirs = ends
    body = pickle.dumps(Runs())
    theirs.sendall(len(body).to_bytes(8, "little") + body)
    with pytest.raises(Garbled):
        list(pipe.receive())
    assert read == []
