"""What code of a problem or optimizer ran, as a store's manifest says it, and which runs are of which.

An entry ``optimizer random`` is that of the beginning. Where an experiment was gone on with after a change, another
one says what holds since then: ``optimizer random, code 2``. ``run.code`` says from which trial on a run is of which.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TypeAlias

SHORT = 12
"""Signs of a hash that are shown."""
KEY = re.compile(r"(?P<kind>problem|optimizer) (?P<name>.+?)(, code (?P<number>[1-9]\d{0,8}))?", re.DOTALL)
Subject: TypeAlias = tuple[str, str]
"""``problem`` or ``optimizer``, and its id."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Of the code of one problem or optimizer.

    >>> was = Identity("3f9a", "hpobench_tiny", "hpobench-tiny", "0.1", libraries={"optuna": "5.0"})
    >>> str(was)
    'hpobench-tiny 0.1, code 3f9a of hpobench_tiny, optuna 5.0'
    >>> was.same(Identity("3f9a", "hpobench_tiny", "hpobench-tiny", "0.2", libraries={"optuna": "5.0"}))
    True
    >>> was.same(Identity("77c1", "hpobench_tiny", "hpobench-tiny", "0.1", libraries={"optuna": "5.0"}))
    False

    Attributes:
        code: Hash of the sources; empty where they could not be found.
        holder: What they are of: a package, a module, a file.
        distribution, version: That registered it; None of a person's own file.
        revision, dirty: Of the folder, if it is under git, and whether it had changes.
        libraries: Versions of those that it says it needs.
    """

    code: str
    holder: str
    distribution: str | None = None
    version: str | None = None
    revision: str | None = None
    dirty: bool = False
    libraries: Mapping[str, str] = field(default_factory=dict)

    def same(self, other: "Identity") -> bool:
        """Whether the same code runs: what a version is called matters only where there are no sources to look at."""
        known = bool(self.code and other.code)
        mine, theirs = (self.code, other.code) if known else (self.version, other.version)
        return mine == theirs and dict(self.libraries) == dict(other.libraries)

    def __str__(self) -> str:
        revision = f" (git {self.revision}{', with changes' * self.dirty})" if self.revision else ""
        parts = [
            f"{self.distribution} {self.version}" if self.distribution else "",
            f"code {self.code[:SHORT]} of {self.holder}{revision}" if self.code else f"{self.holder}, without sources",
            *(f"{name} {version}" for name, version in self.libraries.items()),
        ]
        return ", ".join(filter(None, parts))

    def to_cell(self) -> str:
        """As the manifest holds it."""
        return json.dumps(asdict(self))


def from_cell(cell: str) -> Identity | None:
    """What the manifest holds; None if that is no identity."""
    try:
        data = json.loads(cell)
        libraries = {str(name): str(version) for name, version in data.pop("libraries").items()}
        dirty = bool(data.pop("dirty"))
        texts = {name: None if value is None else str(value) for name, value in data.items()}
        return Identity(**texts, dirty=dirty, libraries=libraries)  # type: ignore[arg-type]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def key(subject: Subject, number: int = 1) -> str:
    """Of its entry in the manifest."""
    return " ".join(subject) + (f", code {number}" if number > 1 else "")


def histories(manifest: Mapping[str, str]) -> dict[Subject, dict[int, Identity]]:
    """What each subject's code has been, by number."""
    found: dict[Subject, dict[int, Identity]] = {}
    for name, cell in manifest.items():
        if (match := KEY.fullmatch(name)) and (identity := from_cell(cell)):
            found.setdefault((match["kind"], match["name"]), {})[int(match["number"] or 1)] = identity
    return {subject: dict(sorted(by_number.items())) for subject, by_number in found.items()}


def number_of(found: Mapping[Subject, Mapping[int, Identity]], subjects: Iterable[Subject]) -> int:
    """The number of the code that a run of these subjects has from now on."""
    return max((number for subject in subjects for number in found.get(subject, ())), default=1)
