"""The connection to a Dask cluster: all that its owner asks of Dask, and what comes of it.

What comes is heard in order: ``told`` (a sealed message), ``joined`` and ``left`` (a worker's address), ``checked`` (an
address, and the Dask task of its question, which came to its end), ``erred`` and ``over`` (tokens, and their Dask
task), and at last ``lost`` (why): the scheduler is gone, or we are.
"""

import asyncio
import logging
import pickle
import queue
import secrets
import threading
from asyncio import CancelledError
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from typing import Any, TypeAlias

from distributed import Client, LocalCluster, Queue
from distributed.comm.core import CommClosedError
from distributed.security import Security

from hpobench_tui.executors.cluster import agent
from hpobench_tui.executors.cluster.address import Address
from hpobench_tui.executors.cluster.wire import Letter, Order, Question, Session, sealed
from hpobench_tui.executors.contract import NowhereError

WAITING = 1024
"""Letters in the scheduler's queue, and with us, after which those who tell wait."""
FULL_SECONDS = 0.05
"""Between looks whether there is room for more by now."""
LEAVE_SECONDS = 5.0
"""That workers have to answer that they left a session, beside what they have to do before."""
GPU = "GPU"
"""The resource of Dask workers that have one (``dask worker --resources GPU=1``)."""
GONE = (OSError, RuntimeError, TimeoutError, ValueError, KeyError, CancelledError, futures.CancelledError)
"""What calls of Dask raise when the scheduler, a worker or our own connection is gone or about to go."""
Inbox: TypeAlias = "queue.SimpleQueue[tuple[str, Any]]"


class Link:
    """One session with a cluster; whoever made it closes it.

    Args:
        work, name: Of the session (:class:`.wire.Session`).
        seconds: That the scheduler has to answer.

    Raises:
        NowhereError: nobody answers.
    """

    def __init__(self, address: Address, work: str, name: str, seconds: float) -> None:
        # What Dask has to say of connections that end is told by deaths; tracebacks in a log would only frighten.
        logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)
        of = blake2b(name.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
        # A queue of its own: one that an earlier session was killed over still has somebody who waits for what comes.
        own = secrets.token_hex(8)
        self.session = Session(own, f"hpobench-{of}-{own}", secrets.token_bytes(32), work, of)
        self._inbox: Inbox = queue.SimpleQueue()
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None
        self._queue: Queue | None = None
        self._closed = threading.Event()
        self._turns: dict[str, asyncio.Lock] = {}
        try:
            self._connect(address, seconds)
        except (*GONE, ImportError, TypeError) as error:  # the last of which is raised for TLS that is not set up
            raise NowhereError(
                f"the Dask cluster at {address} cannot be used: {type(error).__name__}: {error}"
            ) from error
        finally:
            if self._queue is None:
                self.close()
        threading.Thread(target=_receive, args=(self._queue, self._inbox, self._closed), daemon=True).start()

    def _connect(self, address: Address, seconds: float) -> None:
        scheduler: Any = address.scheduler
        security: Any = None
        if scheduler is None:
            security = Security.temporary()  # or everybody on this machine could have it run what they like
            self._cluster = LocalCluster(
                n_workers=address.local, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
                security=security, silence_logs=logging.CRITICAL + 1,
            )  # fmt: skip
            scheduler = self._cluster.scheduler_address
        self._client = Client(
            scheduler,
            timeout=seconds,
            security=security,
            set_as_default=False,
            deserializers=["msgpack"],  # results are not pickles; Dask still unpickles errors (docs/dask.md)
        )
        self._client.subscribe_topic("all", partial(_of_workers, self._inbox))
        self._queue = Queue(self.session.queue, client=self._client, maxsize=WAITING)

    def heard(self, seconds: float) -> tuple[str, Any] | None:
        """The next that came; waits for up to ``seconds`` if there is nothing yet."""
        with suppress(queue.Empty):
            return self._inbox.get(timeout=seconds) if seconds else self._inbox.get_nowait()
        return None

    def workers(self) -> Mapping[str, Any] | None:
        """What Dask knows of each worker, by its address; None if it does not say."""
        found = self._call("scheduler_info", n_workers=-1)
        return None if found is None else found["workers"]

    def ask(self, question: Question) -> None:
        """Have a worker find out what is against it."""
        name = f"check-{secrets.token_hex(4)}"
        asked = self._submit(agent.check, question, name, question.address, None)
        if asked is not None:
            asked.add_done_callback(partial(_asked, self._inbox, question.address))

    def send(self, order: Order, address: str) -> Any:
        """Send tasks to a worker as one Dask task; that, which keeps it alive, or None if the scheduler is gone."""
        tokens = [token for token, *_ in order.tasks]
        name = f"run-{self.session.id}-{tokens[0]}"
        sent = self._submit(agent.run, order, name, address, {GPU: 1} if order.on_gpu else None)
        if sent is not None:
            sent.add_done_callback(partial(_ended, self._inbox, tokens))
        return sent

    def cancel(self, sent: Sequence[Any]) -> None:
        """Have Dask forget tasks that were sent; those under way notice it."""
        with suppress(*GONE):  # with the scheduler they are gone as well
            for task in sent:
                task.cancel()

    def tell(self, message: object) -> None:
        """Put a message behind all that was told before; waits for no room in the queue, which we have to make."""
        if self._client is not None and self._queue is not None:
            loop: Any = self._client.loop
            letter = sealed(self.session.key, Letter("", 0, (message,)))
            asyncio.run_coroutine_threadsafe(self._queue._put(letter), loop.asyncio_loop)  # if it fails, all is lost

    def control(self, verb: str, token: int | None, addresses: Sequence[str], answer: object = None) -> None:
        """Call :func:`.agent.control` in workers, at once; waits for none of them, as one may be frozen."""
        self._run(agent.control, addresses, verb, token, answer)

    def leave(self, addresses: Sequence[str], seconds: float) -> None:
        """Call :func:`.agent.leave` in workers, and wait until they have done so, but for long for none of them."""
        futures.wait(self._run(agent.leave, addresses, seconds), seconds + LEAVE_SECONDS)

    def _run(
        self, function: Callable[..., None], addresses: Sequence[str], *arguments: object
    ) -> "list[futures.Future[None]]":
        """Call a function in workers, in each after what was called there before."""
        if (client := self._client) is None:
            return []
        loop: Any = client.loop
        calls = [self._in_turn(client, function, address, arguments) for address in addresses]
        return [asyncio.run_coroutine_threadsafe(call, loop.asyncio_loop) for call in calls]

    async def _in_turn(
        self, client: Client, function: Callable[..., None], address: str, arguments: tuple[object, ...]
    ) -> None:
        async with self._turns.setdefault(address, asyncio.Lock()):
            with suppress(*GONE):  # who is gone is told otherwise
                await client._run(function, self.session.id, *arguments, workers=[address], on_error="ignore")

    def _submit(
        self, function: Callable[[bytes], None], what: Order | Question, key: str, address: str,
        resources: Mapping[str, int] | None,
    ) -> Any:  # fmt: skip
        packed = pickle.dumps(what, protocol=pickle.HIGHEST_PROTOCOL)
        return self._call(
            "submit", function, packed, key=key, workers=[address], resources=resources, retries=0, pure=False
        )

    def _call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """What the client's method gives; None if the scheduler is gone, which is then heard."""
        try:
            return getattr(self._client, method)(*arguments, **options)
        except GONE as error:
            self._inbox.put(("lost", _words(error)))
            return None

    def close(self) -> None:
        """Let go of the cluster; one that is ours ends."""
        self._closed.set()
        with suppress(*GONE):
            if self._client is not None:
                if self._queue is not None:
                    self._queue.close()
                self._client.close(timeout=2.0)
        with suppress(*GONE):
            if self._cluster is not None:
                self._cluster.close(timeout=5.0)
        self._client = self._cluster = None


def _of_workers(inbox: Inbox, event: Any) -> None:
    """Take note of workers that come and go."""
    what = event[1] if isinstance(event, (tuple, list)) else event
    kinds = {"add-worker": "joined", "remove-worker": "left"}
    if isinstance(what, dict) and what.get("action") in kinds:
        inbox.put((kinds[what["action"]], what.get("worker")))


def _asked(inbox: Inbox, address: str, question: Any) -> None:
    inbox.put(("checked", (address, question)))


def _ended(inbox: Inbox, tokens: Sequence[int], sent: Any) -> None:
    inbox.put(("erred" if sent.status == "error" else "over", (tokens, sent)))


def _receive(source: Queue, inbox: Inbox, closed: threading.Event) -> None:
    """Pass on what comes through the scheduler's queue, until it is gone or we are; no faster than it is heard."""
    why = "the connection was closed"
    try:
        while not closed.is_set():
            if inbox.qsize() > WAITING:
                closed.wait(FULL_SECONDS)
                continue
            for message in (source.get(), *source.get(batch=True)):
                inbox.put(("told", message))
    except GONE as error:
        why = _words(error)
    finally:  # whatever it was: no more will come
        inbox.put(("lost", why))


def _words(error: BaseException) -> str:
    if isinstance(error, CommClosedError):
        return "the connection was closed"  # of which sockets and by which call helps nobody
    return f"{type(error).__name__}: {error}".rstrip(": ")


def error_of(task: Any) -> str:
    """What a Dask task raised, as text."""
    return " ".join(str(task.exception()).split())
