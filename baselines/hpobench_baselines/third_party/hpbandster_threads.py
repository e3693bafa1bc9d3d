"""HpBandSter's threads under control: its name server, master and worker in this process.

HpBandSter calls the objective itself, from threads that talk over Pyro4 sockets, and where one of them dies the
others wait for ever (often for a lock that died with it). Here every thread reports the error that ends it to a
:class:`Channel`, the locks it held are released, and all of it can be shut down while a job is running. Its sockets
are lines within the process, which nobody else can reach (``hpbandster_lines``), and it keeps no files.
"""

import functools
import logging
import os
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TypeAlias

import hpbandster.core.dispatcher
import hpbandster.core.master
import hpbandster.core.worker
import Pyro4
from hpbandster.core.base_config_generator import base_config_generator
from hpbandster.optimizers.iterations import SuccessiveHalving

from hpobench_baselines.third_party.hpbandster_lines import Lines
from hpobench_tui.core import Bracket, Value

STALLED_SECONDS = 240.0
"""Without a new job for so long, with all threads alive, the library has deadlocked."""
JOIN_SECONDS = 20.0
NEVER_PING = 10**6
"""Seconds between looks for new workers. There are none, and a look while a job is handed over could hand it twice."""
ENDLESS = 10**9

ConfigId: TypeAlias = tuple[int, int, int]
"""HpBandSter's (iteration, stage it was drawn for, running number)."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the master wants evaluated."""

    config_id: ConfigId
    config: Mapping[str, Value]
    budget: int


class Channel:
    """Between the library's threads and the one that asks and tells.

    Entered around all that a thread does, it takes the error that ends it.
    """

    def __init__(self) -> None:
        self.stopping = False
        self.jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self.losses: queue.SimpleQueue[float] = queue.SimpleQueue()
        self.errors: queue.SimpleQueue[BaseException] = queue.SimpleQueue()

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is not None and not self.stopping:
            self.errors.put(error)
        return True


class _Stopped(Exception):  # noqa: N818 - a state, not an error
    """Ends the master's loop, which has no other way out."""


@contextmanager
def _released(lock: "threading.Lock | threading.Condition") -> Iterator[None]:
    """Release on an error what the library acquired without ``with``."""
    try:
        yield
    except BaseException:
        with suppress(RuntimeError):  # it was not held at that point
            lock.release()
        raise


class _Known(hpbandster.core.dispatcher.Worker):  # type: ignore[misc]
    """What the dispatcher knows of a worker."""

    def __init__(self, lines: Lines, name: str, uri: str) -> None:
        self.name, self.proxy, self.runs_job = name, lines.Proxy(uri), None


class _Dispatcher(hpbandster.core.dispatcher.Dispatcher):  # type: ignore[misc]
    """The library's dispatcher, whose threads report their ends."""

    def __init__(self, channel: Channel, lines: Lines, *args: object, **kwargs: object) -> None:
        self.channel, self.lines = channel, lines
        super().__init__(*args, **kwargs)

    def run(self) -> None:
        with self.channel:
            self.lines.within(hpbandster.core.dispatcher.Dispatcher.run)(self)

    def discover_workers(self) -> None:
        known = functools.partial(_Known, self.lines)
        with self.channel, _released(self.thread_lock):
            self.lines.within(hpbandster.core.dispatcher.Dispatcher.discover_workers, Worker=known)(self)

    def job_runner(self) -> None:
        with self.channel, _released(self.thread_lock):
            super().job_runner()

    @Pyro4.expose  # type: ignore[untyped-decorator]
    @Pyro4.callback  # type: ignore[untyped-decorator]
    @Pyro4.oneway  # type: ignore[untyped-decorator]
    def register_result(self, id: object = None, result: object = None) -> None:
        with self.channel:
            super().register_result(id, result)


class _Master(hpbandster.core.master.Master):  # type: ignore[misc]
    """The library's master on exact brackets, that can be stopped.

    The library computes its brackets with floating-point logarithms, which lose one at (eta, R) = (3, 243).
    """

    def __init__(self, channel: Channel, lines: Lines, brackets: Sequence[Bracket], **kwargs: object) -> None:
        self.channel = channel
        self.brackets = brackets
        dispatcher = functools.partial(_Dispatcher, channel, lines)
        lines.within(hpbandster.core.master.Master.__init__, Dispatcher=dispatcher)(self, **kwargs)

    def run_until_stopped(self) -> None:
        with self.channel, _released(self.thread_cond):
            self.run(n_iterations=ENDLESS, iteration_kwargs={})

    def get_next_iteration(self, iteration: int, iteration_kwargs: Mapping[str, object]) -> SuccessiveHalving:
        bracket = self.brackets[iteration % len(self.brackets)]
        return SuccessiveHalving(
            HPB_iter=iteration,
            num_configs=[rung.configurations for rung in bracket.rungs],
            budgets=[rung.fidelity for rung in bracket.rungs],
            config_sampler=self.config_generator.get_config,
            **iteration_kwargs,
        )

    def stop(self) -> None:
        """Wake the loop wherever it waits; its next step ends it."""
        with self.thread_cond:
            self.num_running_jobs = 0
            self.thread_cond.notify_all()

    def _queue_wait(self) -> None:
        self._end_if_stopping()
        super()._queue_wait()
        self._end_if_stopping()

    def _submit_job(self, config_id: ConfigId, config: Mapping[str, Value], budget: int) -> None:
        self._end_if_stopping()
        super()._submit_job(config_id, config, budget)

    def _end_if_stopping(self) -> None:
        if self.channel.stopping:
            raise _Stopped


class _Worker(hpbandster.core.worker.Worker):  # type: ignore[misc]
    """The library's worker, turned round: ``compute`` hands the job to whoever asks and blocks until it is told."""

    def __init__(self, channel: Channel, lines: Lines, **kwargs: object) -> None:
        self.channel, self.lines = channel, lines
        super().__init__(**kwargs)

    def _run(self) -> None:
        with self.channel:
            self.lines.within(hpbandster.core.worker.Worker._run)(self)

    @Pyro4.expose  # type: ignore[untyped-decorator]
    @Pyro4.oneway  # type: ignore[untyped-decorator]
    def start_computation(self, callback: Pyro4.Proxy, id: ConfigId, *args: object, **kwargs: object) -> None:
        with self.channel:
            super().start_computation(self.lines.Proxy(callback._pyroUri), id, *args, **kwargs)

    def compute(
        self, config_id: ConfigId, config: Mapping[str, Value], budget: int, working_directory: str
    ) -> dict[str, object]:
        self.channel.jobs.put(Job(config_id, config, budget))
        return {"loss": self.channel.losses.get(), "info": None}


class Cluster:
    """A name server, a master and one worker, each with its threads.

    Args:
        generator: The library's object that draws configurations.
        brackets: One cycle of brackets.
        logger: For the library's messages.

    Raises:
        RuntimeError: one of them did not start.
    """

    def __init__(self, generator: base_config_generator, brackets: Sequence[Bracket], logger: logging.Logger) -> None:
        self._channel, lines = Channel(), Lines()
        run_id = uuid.uuid4().hex
        registered = lines.names.list
        with ExitStack() as stack:
            stack.callback(lines.close)
            worker = _Worker(self._channel, lines, run_id=run_id, logger=logger)
            worker.run(background=True)
            self._until(lambda: worker.worker_id in registered(), "the worker did not start")
            stack.callback(worker.shutdown)
            self._master = _Master(
                self._channel,
                lines,
                brackets,
                run_id=run_id,
                config_generator=generator,
                logger=logger,
                ping_interval=NEVER_PING,
                working_directory=os.sep,  # is there, and nothing is written to it
            )
            dispatcher = self._master.dispatcher
            self._until(lambda: dispatcher.pyro_id in registered(), "the dispatcher did not start")
            stack.callback(dispatcher.worker_pool.clear)  # whose lines end with their proxies
            stack.callback(self._master.dispatcher_thread.join, JOIN_SECONDS)
            stack.callback(dispatcher.shutdown)
            thread = threading.Thread(target=self._master.run_until_stopped, name="hpbandster master", daemon=True)
            thread.start()
            stack.callback(thread.join, JOIN_SECONDS)
            stack.callback(self._stop)
            self._watched = (thread, self._master.dispatcher_thread, worker.thread)
            self._resources = stack.pop_all()

    def next_job(self) -> Job:
        """Wait for what the master wants evaluated next.

        Raises:
            RuntimeError: a thread of the library died, with its error as the cause, or all wait for each other.
        """
        deadline = time.monotonic() + STALLED_SECONDS
        while True:
            with suppress(queue.Empty):
                return self._channel.jobs.get(timeout=0.2)
            self._raise_error()
            for thread in self._watched:
                if not thread.is_alive():
                    raise RuntimeError(f"HpBandSter's thread {thread.name!r} ended without an error.")
            if time.monotonic() > deadline:
                raise RuntimeError(f"HpBandSter handed out no job for {STALLED_SECONDS:g} s.")

    def result(self, loss: float) -> None:
        """The loss of the job that was handed out; infinity where it failed."""
        self._channel.losses.put(loss)

    def close(self) -> None:
        """End all threads and close all sockets, also while a job is handed out and after an error."""
        self._channel.stopping = True
        self._resources.close()

    def _stop(self) -> None:
        self._channel.stopping = True
        self._channel.losses.put(float("inf"))  # lets go of the job that is handed out
        self._master.stop()

    def _until(self, ready: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + JOIN_SECONDS
        while not ready():
            self._raise_error()
            if time.monotonic() > deadline:
                raise RuntimeError(f"HpBandSter: {otherwise} within {JOIN_SECONDS:g} s.")
            time.sleep(0.001)

    def _raise_error(self) -> None:
        with suppress(queue.Empty):
            error = self._channel.errors.get_nowait()
            raise RuntimeError(f"HpBandSter failed: {type(error).__name__}: {error}") from error
