"""What an executor is: tasks go out to places, messages come back, and a death is a report like any other.

An executor has *places*, each of which works on one task at a time, and two sides. The owner of the tasks sees
:class:`Executor`. The code that works on them is a function ``work(place)``, named as ``module:function`` when the
executor is made; it runs in every place and sees :class:`Place`. Between them go tasks and messages, which are pickled.
What an executor promises, be it a pool of processes or a cluster:

1. A task that was handed out **ends once**: by the message that its place tells as the task's last, or by a death.
2. Messages of a place come **in order**, each once, and before its death if it died. What the code kept back to tell
   later is lost with it. Between places there is no order.
3. A place is **free** once the end of its task was reported. It may still be closing what it held, and tell more.
4. A place that died, or left, is **replaced** without a word; only where it had a task, its death is reported.
5. Whoever is gone is **missed**: places end when their executor is gone, however it went, and an executor ends a place
   whose task is over the limits (:class:`Watch`). Time in which either of them stood still counts against no limit.
   With a place ends all that its code has started.
6. Nothing is decided here: whether a lost task is handed out again, and what that costs whom, is the **owner's**.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NoReturn, Protocol, TypeVar, runtime_checkable

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.executors.activity import Activity, Phase


class NowhereError(HpobenchError):
    """There is nobody any more who could work on tasks: nothing is wrong with these, and later they can go on."""


Task = TypeVar("Task")
Message = TypeVar("Message")
Task_co = TypeVar("Task_co", covariant=True)
Message_co = TypeVar("Message_co", covariant=True)
Message_contra = TypeVar("Message_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a phase may last, and what to say of a task whose place stays in it for longer."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Watch:
    """When a place that has a task is given up: phases without a limit may last for ever.

    ``memory_mb`` is what its process may hold, with all that it has started.
    """

    limits: Mapping[Phase, Limit]
    memory_mb: int


class Cause(StrEnum):
    """Whose doing a death is, as far as the system tells."""

    OUTSIDE = "somebody else's"  # a person, a scheduler, whoever is short of memory; also a signal to oneself
    CRASH = "its own"
    LIMIT = "a limit's"


@dataclass(frozen=True, slots=True)
class Death(Generic[Task]):
    """A place that ended, or was ended, while it had a task.

    ``activity`` is what it was doing; ``reason`` says what happened for a person. What the code did in its last moments
    may not have been told.
    """

    task: Task
    activity: Activity
    reason: str
    cause: Cause

    @property
    def begun(self) -> bool:
        """Whether it had begun with its task; else it was still busy with the one before, or had not started yet."""
        return self.activity.phase not in (Phase.CLOSING, Phase.IDLE)


class Executor(Protocol[Task, Message_co]):
    """The owner's side. It is no context: whoever made it closes it, whatever happens."""

    @property
    def free(self) -> int:
        """How many tasks can be handed out now."""

    @property
    def stood_still(self) -> float:
        """Seconds in all in which the executor was stopped, or waited for something else, such as a disk."""

    def grow(self, places: int, watch: Watch) -> None:
        """Have so many places from now on, if that is more, and watch all of them so."""

    def hand_out(self, task: Task, place: str = "") -> str | None:
        """Give a task to a free place; the id of the GPU that the place has for itself, if any.

        Args:
            place: To the one of that name (:attr:`Place.name`), if it is free and still there.
        """

    def answer(self, task: Task, answer: object) -> None:
        """What the code waits for that works on a task (:meth:`Place.answer`); nothing where that has ended."""

    def reports(self, seconds: float) -> Sequence[Message_co | Death[Task]]:
        """What came in; waits for up to ``seconds`` if there is nothing yet."""

    def activities(self) -> Sequence[tuple[Task, Activity]]:
        """The tasks that have not ended, and what their places are doing, as far as is known."""

    def pause(self, paused: bool, task: Task | None = None) -> None:
        """Let tasks under way stand still before their next step, or go on.

        ``task``: that one alone, whatever the others do. Once it stands still it takes up no place.
        """

    def stop(self, task: Task) -> None:
        """End a task, however far it is; if it has not ended by then, it is reported as a death."""

    def close(self, seconds: float = 0.0) -> Sequence[Message_co | Death[Task]]:
        """End all places: those between two tasks in up to ``seconds``, so that they can close what they hold.

        This is how work is cancelled, too: a task that has not ended is reported as a death. To close once more does
        nothing.
        """


@runtime_checkable
class HasGpus(Protocol):
    """An executor whose places may be on other machines: it alone knows whether one of them has a GPU."""

    @property
    def has_gpus(self) -> bool:
        """Whether one has, as far as is known by now."""


class Place(Protocol[Task_co, Message_contra]):
    """The code's side: a process (or whatever takes its place) that is there for one task after the other."""

    @property
    def name(self) -> str:
        """Another one for each place, also for one that replaces another."""

    def tasks(self) -> Iterator[Task_co]:
        """The tasks as they come, for ever. Asking for the next says that the place is ready for it."""

    def answer(self) -> object:
        """Wait for what the owner has to say to what was told of the task."""

    def phase(self, phase: Phase, number: int = -1) -> None:
        """Say what is done from now on, to trial ``number`` (0.1 µs)."""

    def tell(self, message: Message_contra) -> None:
        """Send a message; from any thread."""

    def end(self, message: Message_contra, *before: Message_contra) -> None:
        """Send the last message of the task, and those just before it in the same go.

        The place is closing from now on, until it asks for the next one.
        """

    @property
    def paused(self) -> bool:
        """Whether to stand still before the next step."""

    def stand_still(self) -> float:
        """Return when the pause is over; the seconds that it took."""

    def leave(self) -> NoReturn:
        """End this process: it is not fit for another task (nor for one that it has just got), a fresh one is."""
