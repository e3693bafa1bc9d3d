"""The part file beside a table: one JSON line a session and a finished training, flushed as they come.

A line that a kill cut short is dropped; so at most the trainings under way are lost. The first line says what the
trainings belong to; going on with another problem, sample or version is refused.
"""

import fcntl
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hpobench_tui.core.configuration import Configuration, as_value
from hpobench_tui.core.errors import HpobenchError, too_long
from hpobench_tui.core.values import typed

Session = Mapping[str, str]
"""When, with which command, revision, hardware and versions trainings were made."""


@dataclass(frozen=True, slots=True)
class Row:
    """A report of a training. Seconds and ``cost`` (the problem's own seconds) are those from its start."""

    fidelity: int
    loss: float
    metrics: Mapping[str, float]
    truth: float | None
    cost: float | None
    wall_seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Record:
    """A training: what it reported, and, if it failed, why and on the way to which fidelity.

    Attributes:
        configuration, seed: Indices in the plan.
        values: The configuration itself.
        wall_seconds, cpu_seconds: To the last fidelity, or to the failure; CPU seconds None where the process was lost.
    """

    configuration: int
    seed: int
    values: Configuration
    rows: Sequence[Row]
    wall_seconds: float
    cpu_seconds: float | None
    error: str | None = None
    failed_at: int | None = None


@dataclass(frozen=True)
class Identity:
    """What all trainings of one table have in common.

    ``versions`` are those of what has a part in the numbers.
    """

    problem: str
    sample_seed: int
    levels: Sequence[int]
    space: Mapping[str, object]
    versions: Mapping[str, str]

    def difference(self, other: "Identity") -> str | None:
        """How the other differs, in words, or None."""
        if self.versions != other.versions:
            names = sorted({*self.versions, *other.versions})
            changed = [n for n in names if self.versions.get(n) != other.versions.get(n)]
            pairs = [f"{n} {self.versions.get(n, 'not recorded')}, now {other.versions.get(n)}" for n in changed]
            return f"it was begun with {'; '.join(pairs)}"
        for name, label in (("problem", "problem"), ("sample_seed", "sample seed")):
            if getattr(self, name) != getattr(other, name):
                return f"its {label} is {getattr(self, name)}, not {getattr(other, name)}"
        if list(self.levels) != list(other.levels):
            return "its trainings report at other fidelities"
        return None if self.space == other.space else "its configuration space is another"


@dataclass
class Contents:
    """What a table or part file holds."""

    identity: Identity
    sessions: list[Session] = field(default_factory=list)
    records: dict[tuple[int, int], Record] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        self.records[record.configuration, record.seed] = record


class Journal:
    """An open part file; nobody else can open it meanwhile.

    Raises:
        HpobenchError: it cannot be written, or another process has it open.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b")
        except OSError as error:
            reason = too_long(path) or f"cannot write {path}: {error.strerror}."
            raise HpobenchError(f"{reason} Choose another place with --output.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = os.fstat(self._file.fileno()).st_nlink > 0  # the other one may just have deleted it
        except BlockingIOError:
            alone = False
        if not alone:
            self._file.close()
            raise HpobenchError(f"{path} is being written by another `hpobench tabulate`; wait for it to end.")
        self._stays = os.fstat(self._file.fileno()).st_size > 0

    def read(self) -> Contents | None:
        """What it holds, None if nothing. A line cut short is cut off.

        Raises:
            HpobenchError: it is no part file.
        """
        self._file.seek(0)
        content = self._file.read()
        whole = content.rfind(b"\n") + 1
        self._file.truncate(whole)
        return parsed(self.path, content)

    def begin(self, identity: Identity) -> None:
        """Start over with these trainings' identity."""
        self._file.truncate(0)
        self._stays = False
        self._write({"identity": asdict(identity)})

    def session(self, session: Session) -> None:
        self._write({"session": dict(session)})

    def record(self, record: Record) -> None:
        """Append a training and flush it to the disk."""
        self._write(asdict(record))
        self._stays = True

    def close(self) -> None:
        """Close it; it does not stay if it was begun and no training is in it."""
        if not self._file.closed and not self._stays:
            self.path.unlink(missing_ok=True)
        self._file.close()

    def remove(self) -> None:
        """Delete the file."""
        self.path.unlink()
        self._file.close()

    def _write(self, value: Mapping[str, object]) -> None:
        self._file.write(json.dumps(value).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def peek(path: Path) -> Contents | None:
    """What a part file holds, without a claim to it; None if there is none.

    Raises:
        HpobenchError: it is no part file, or cannot be read.
    """
    try:
        return parsed(path, path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HpobenchError(f"cannot read {path}: {error.strerror}.") from error


def parsed(path: Path, content: bytes) -> Contents | None:
    """What the whole lines of a part file hold, None if there are none.

    Raises:
        HpobenchError: it is no part file.
    """
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    if not lines:
        return None
    try:
        contents = Contents(Identity(**json.loads(lines[0])["identity"]))
        for line in lines[1:]:
            made = json.loads(line)
            if "session" in made:
                contents.sessions.append(made["session"])
            else:
                contents.add(as_record(made))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HpobenchError(f"{path} is no part file of a table ({error}); --force starts over.") from error
    return contents


def as_record(made: dict[str, object]) -> Record:
    """A record from its JSON."""
    rows = made.pop("rows")
    if not isinstance(rows, list):
        raise TypeError("rows must be a list")
    values = made.pop("values")
    if not isinstance(values, dict):
        raise TypeError("values must be an object")
    read = {name: as_value(value) for name, value in values.items()}
    return Record(**made, values=read, rows=tuple(Row(**row) for row in rows))  # type: ignore[arg-type]


def same_values(one: Configuration, other: Configuration) -> bool:
    """Whether two configurations are equal bit for bit."""
    return one.keys() == other.keys() and all(typed(one[n]) == typed(other[n]) for n in one)
