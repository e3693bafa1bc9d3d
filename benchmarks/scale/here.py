"""An executor whose places are in this process, so that what the supervisor itself takes can be told from the rest.

Runs are really made, by the code that a worker has for them; what that takes, and the packing of messages, is counted
apart (:attr:`Here.seconds`). Unpacking is the supervisor's, as it is where messages come through pipes.
"""

import pickle
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn

from hpobench_tui.engine.messages import End, Message, RunTask
from hpobench_tui.engine.running.run import Run
from hpobench_tui.engine.running.worker import PipeSink
from hpobench_tui.executors.activity import Activity, Phase
from hpobench_tui.executors.contract import Watch


class Desk:
    """A place (``executors.contract.Place``) that keeps what it is told."""

    paused = False

    def __init__(self) -> None:
        self.told: list[Message] = []

    def tasks(self) -> Iterator[RunTask]:
        return iter(())

    def phase(self, phase: Phase, number: int = -1) -> None: ...

    def tell(self, message: Message) -> None:
        self.told.append(message)

    def end(self, message: Message, *before: Message) -> None:
        self.told += [*before, message]

    def stand_still(self) -> float:
        return 0.0

    def leave(self) -> NoReturn:
        raise SystemExit


class Here:
    """An ``executors.contract.Executor`` of so many places.

    Args:
        ends: How many of the runs under way end between two looks of the supervisor; the others go on.
        single: Every trial is a message of its own, else all of a run are one.
        moves: Whether every place is in another trial at each look, as those of short trials are.
    """

    def __init__(self, places: int, ends: int, single: bool = False, moves: bool = True) -> None:
        self._places, self._ends, self._single, self._moves = places, ends, single, moves
        self._tasks: deque[RunTask] = deque()
        self._looks = 0
        self.seconds = 0.0
        """CPU seconds that were a worker's."""
        self.last: RunTask | None = None
        """What was handed out last."""

    @property
    def free(self) -> int:
        return self._places - len(self._tasks)

    @property
    def stood_still(self) -> float:
        return 0.0

    def grow(self, places: int, watch: Watch) -> None:
        self._places = places

    def hand_out(self, task: RunTask) -> str | None:
        self._tasks.append(task)
        self.last = task
        return None

    def reports(self, seconds: float) -> list[Message]:
        began = time.process_time()
        self._looks += 1
        ended = [self._tasks.popleft() for _ in range(min(self._ends, len(self._tasks)))]
        packed = [pickle.dumps(message, pickle.HIGHEST_PROTOCOL) for task in ended for message in self._made(task)]
        self.seconds += time.process_time() - began
        return [pickle.loads(message) for message in packed]

    def _made(self, task: RunTask) -> list[Message]:
        desk = Desk()
        sink = PipeSink(desk, lambda module, library: None)
        sink.begin(replace(task, careful=self._single))
        run = Run(task, sink, contained=False)
        end = run.run()
        sink.end(end)
        run.close()
        if not isinstance(end, End) or end.error:
            raise RuntimeError(f"run {task.run} did not end as it should: {end}")
        return desk.told

    def activities(self) -> list[tuple[RunTask, Activity]]:
        number = self._looks if self._moves else 0
        return [(task, Activity(Phase.EVALUATING, number, 0.0)) for task in self._tasks]

    def pause(self, paused: bool, task: RunTask | None = None) -> None: ...

    def stop(self, task: RunTask) -> None: ...

    def close(self, seconds: float = 0.0) -> list[Message]:
        return []
