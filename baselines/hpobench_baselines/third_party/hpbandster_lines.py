"""Pyro4 without an open door, for HpBandSter's name server, dispatcher and worker, which all live in this process.

Pyro's daemons listen on ports of the loopback interface, where any process of the machine may stop a run, feed it
losses or hold its threads. Here each proxy has a line of its own to its daemon: a pair of Unix sockets without a name,
joined from the start. Nothing listens, so that nobody can connect; calls and serializer (serpent) are Pyro's.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FunctionType, SimpleNamespace
from typing import TypeAlias

import Pyro4
import Pyro4.constants
import Pyro4.naming
from Pyro4.socketutil import SocketConnection

SERIALIZER = "serpent"
JOIN_SECONDS = 5.0
Method: TypeAlias = Callable[..., object]


class Lines:
    """Stands for the module ``Pyro4`` in the library's code: what it uses of it, among the daemons of one run."""

    errors = Pyro4.errors

    def __init__(self) -> None:
        self.core = SimpleNamespace(Daemon=self.daemon)
        self.names = Pyro4.naming.NameServer()
        self._daemons: list[Daemon] = []
        self.daemon().register(self.names, Pyro4.constants.NAMESERVER_NAME)

    def daemon(self, host: str | None = None) -> "Daemon":
        """A new daemon, which is at no host."""
        self._daemons.append(Daemon())
        return self._daemons[-1]

    def locateNS(self, host: str | None = None, port: int | None = None) -> Pyro4.Proxy:  # noqa: N802 - Pyro's name
        """The run's own name server."""
        return self.Proxy(f"PYRO:{Pyro4.constants.NAMESERVER_NAME}@here:0")

    def Proxy(self, uri: "str | Pyro4.URI") -> Pyro4.Proxy:  # noqa: N802 - Pyro's name
        """A proxy on a new line to the daemon that has the object.

        Raises:
            CommunicationError: none has.
        """
        name = Pyro4.URI(uri).object
        for daemon in self._daemons:
            if name in daemon.objectsById:
                proxy = Pyro4.Proxy(name, connected_socket=daemon.line())
                proxy._pyroSerializer = SERIALIZER
                return proxy
        raise self.errors.CommunicationError(f"no daemon has {name!r}")

    def within(self, method: Method, **names: object) -> Method:
        """A function of the library's in which ``Pyro4`` means these lines, and ``names`` what is given.

        The library's modules stay as they are, for other runs of the process.
        """
        assert isinstance(method, FunctionType)
        meaning = {**method.__globals__, "Pyro4": self, **names}
        return FunctionType(method.__code__, meaning, method.__name__, method.__defaults__, method.__closure__)

    def close(self) -> None:
        """Hang up on all lines and wait for the threads that served them."""
        for daemon in self._daemons:
            daemon.shutdown()


class Daemon(Pyro4.Daemon):  # type: ignore[misc]
    """Pyro's daemon, which serves lines that were laid to it and takes no connections."""

    def __init__(self) -> None:
        # Pyro would open a port for a daemon without a connection; this one is never read.
        spare, other = socket.socketpair()
        with spare, other:
            super().__init__(connected_socket=spare)
        self._ended = threading.Event()
        self._laying = threading.Lock()
        self._served: dict[threading.Thread, socket.socket] = {}

    def line(self) -> socket.socket:
        """The far end of a new line.

        Raises:
            ConnectionClosedError: the daemon was shut down.
        """
        near, far = socket.socketpair()
        thread = threading.Thread(target=self._serve, args=(near,), name="hpbandster line", daemon=True)
        with self._laying:
            if self._ended.is_set():
                raise Pyro4.errors.ConnectionClosedError("the daemon was shut down")
            self._served[thread] = near
            thread.start()
        return far

    def _serve(self, near: socket.socket) -> None:
        with near, suppress(OSError, Pyro4.errors.CommunicationError):  # hung up, on either side
            connection = SocketConnection(near)
            while True:
                self.handleRequest(connection)
        self._served.pop(threading.current_thread(), None)

    def requestLoop(self, loopCondition: object = None) -> None:  # noqa: N802, N803 - Pyro's names
        """Wait for the shutdown: each line has a thread of its own."""
        self._ended.wait()

    def shutdown(self) -> None:
        """Hang up on all lines, and wait for their threads. May be called again."""
        with self._laying:
            self._ended.set()
        for thread, near in list(self._served.items()):
            with suppress(OSError):  # hung up meanwhile
                near.shutdown(socket.SHUT_RDWR)
            thread.join(JOIN_SECONDS)
        self.close()
