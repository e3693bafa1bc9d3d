"""What NAME.json says of a table: enough to list the problem that replays it, and plain Python alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any

from hpobench_tui.core import Dimensions, Fidelity, HpobenchError, Landmark, Reference
from hpobench_tui.core.errors import too_long
from hpobench_tui.core.tabular import FORMAT

SURROGATE, LOOKUP = "surrogate", "lookup"


@dataclass(frozen=True)
class Sidecar:
    """A table's description.

    Attributes:
        problem: The id of the problem that was trained.
        space: As ConfigSpace writes it.
        replay: What the making of the table says of the two modes.
        original: What regret on the problem that was trained is measured against.
        checksum: SHA-256 of NAME.npz.
        best: A configuration with the table's least mean loss, where that is the reference and the table says which.
        imported: The trainings are others', from a file of theirs.
    """

    path: Path
    problem: str
    dimensions: Dimensions
    fidelity: Fidelity | None
    reward: str | None
    tags: tuple[str, ...]
    landmarks: tuple[Landmark, ...]
    targets: tuple[float, ...]
    configurations: int
    seeds: int
    space: Mapping[str, Any]
    replay: Mapping[str, Any]
    original: Reference
    checksum: str
    best: Mapping[str, Any] | None
    imported: bool
    origin: str
    licence: str

    @property
    def title(self) -> str:
        """What the table is of."""
        return self.problem if self.imported else f"Twin of {self.problem}"

    def reference(self, mode: str) -> Reference:
        """What regret is measured against in a mode: nothing in the table nor, as far as was found, on its surrogate is
        below.

        That is the least that is known of the twin. With landmarks, which are losses of the original, it is the
        original's bound, so that regrets of one and the other are on one scale.

        Raises:
            HpobenchError: there is none, because trainings failed or were too few.
        """
        if self.replay["lookup"] is None:
            raise HpobenchError(f"{self.path}: every training of this table failed; there is nothing to replay.")
        tabulated = Reference(float(self.replay["lookup"]), "least mean loss of the table at full fidelity")
        surrogate = self.replay["surrogate"]
        if mode == SURROGATE and "none" in surrogate:
            raise HpobenchError(f"{self.path}: the table has no surrogate ({surrogate['none']}). Use mode=lookup.")
        found = float(surrogate.get("reference", inf))
        if self.landmarks and self.original.loss <= min(found, tabulated.loss):
            return replace(self.original, exact=False)
        if mode == LOOKUP:
            return tabulated
        if found <= tabulated.loss:
            return Reference(found, "least loss found on the surrogate, not proven", exact=False)
        return replace(tabulated, exact=False)


def read(path: Path) -> Sidecar:
    """Read a table's description.

    Raises:
        HpobenchError: it is missing, damaged, or of another version.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        where = "" if path.is_absolute() else f" in {Path.cwd()}, to which relative paths refer"
        raise HpobenchError(
            f"no table {str(path)!r}{where}. Name its .json file; `hpobench tabulate` and `import-table` make tables."
        ) from error
    except (OSError, ValueError) as error:
        raise HpobenchError(too_long(path) or f"{path} is not the .json file of a table ({_words(error)}).") from error
    if not isinstance(said, dict) or "format" not in said:
        raise HpobenchError(f"{path} is not the .json file of a table (it does not say its format).")
    if said["format"] != FORMAT:
        raise HpobenchError(
            f"{path} is a table of format {said['format']!r}; this version reads {FORMAT}."
            " Make it again, or use the version of hpobench-tui that made it."
        )
    try:
        problem = said["problem"]
        return Sidecar(
            path,
            str(problem["id"]),
            Dimensions(**problem["dimensions"]),
            None if problem["fidelity"] is None else Fidelity(**problem["fidelity"]),
            problem["reward"],
            tuple(map(str, problem["tags"])),
            tuple(Landmark(**landmark) for landmark in problem.get("landmarks", ())),
            tuple(map(float, problem.get("targets", ()))),
            int(said["configurations"]),
            len(said["seeds"]),
            said["space"],
            {name: said["replay"][name] for name in ("lookup", "surrogate", "stepwise")},
            Reference(**problem["reference"]),
            str(said["checksums"]["npz"]),
            said["replay"].get("best"),
            "imported" in said,
            str(said.get("origin", "")),
            str(said.get("licence", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, HpobenchError) as error:
        raise HpobenchError(f"{path} is a damaged table: {_words(error)}.") from error


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if not isinstance(error, HpobenchError) else str(error)
