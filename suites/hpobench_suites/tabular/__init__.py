"""Problems that replay tables of trainings: ``tabular/NAME`` and ``tabular/table``.

``hpobench tabulate`` makes them by training, ``hpobench import-table`` of what others trained.

``tabular/NAME`` is a table that ships here, in ``tables/``; ``tabular/table[file=PATH]`` one of your own. Listing reads
the tables' JSON files alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hpobench_suites.tabular.sidecar import LOOKUP, SURROGATE, read
from hpobench_tui.core import Parameter, ProblemInfo

SHIPPED = Path(__file__).parent / "tables"
EXAMPLE = "synthetic-mixed"
"""The shipped table that ``tabular/table`` replays where no file is given."""

MODE = Parameter(
    "mode",
    SURROGATE,
    "surrogate: a regression model of the table; lookup: the nearest tabulated configuration's own losses.",
    choices=(SURROGATE, LOOKUP),
)
FILE = Parameter(
    "file", EXAMPLE, "A table's NAME.json, relative to the working directory; or the name of a shipped one."
)


@dataclass(frozen=True)
class Twin:
    """A shipped table; calling it with the parameters gives the description of that variant."""

    name: str

    def __call__(self, mode: str = SURROGATE) -> ProblemInfo:
        return description(f"tabular/{self.name}", self.name, mode, (MODE,), f"hpobench_suites.tabular:{self.variable}")

    @property
    def variable(self) -> str:
        """Under what name this module gives it."""
        return re.sub(r"\W", "_", self.name)


def table_info(file: str = EXAMPLE, mode: str = SURROGATE) -> ProblemInfo:
    """``tabular/table``."""
    return description("tabular/table", file, mode, (FILE, MODE), "hpobench_suites.tabular:table_info")


def path_of(file: str) -> Path:
    """Where a table's JSON is: of a shipped one by its name, else of a file (NAME.json, .parquet or .npz)."""
    if file in TWINS:
        return SHIPPED / f"{file}.json"
    path = Path(file)
    return path.with_suffix(".json") if path.suffix in (".parquet", ".npz") else path


def description(name: str, file: str, mode: str, parameters: tuple[Parameter, ...], vary: str) -> ProblemInfo:
    """The description of a table in a mode.

    Raises:
        HpobenchError: the table is missing, damaged, of another version, or cannot be replayed in that mode.
    """
    path = path_of(file)
    sidecar = read(path)
    return ProblemInfo(
        id=name,
        summary=f"{sidecar.title}: {sidecar.configurations} configurations × {sidecar.seeds} seeds, {mode}",
        load="hpobench_suites.tabular.problem:load",
        dimensions=sidecar.dimensions,
        reference=sidecar.reference(mode),
        fidelity=sidecar.fidelity,
        reward=sidecar.reward,
        noisy=mode == LOOKUP and sidecar.seeds > 1,
        seconds=3e-4,
        tags=("tabular", *(tag for tag in sidecar.tags if tag not in ("tabular", "closed-form", "quick"))),
        costs=True,
        parameters=parameters,
        vary=vary,
        arguments={"file": file, "mode": mode, "checksum": sidecar.checksum},
        landmarks=sidecar.landmarks,
        targets=sidecar.targets,
        origin=sidecar.origin,
        licence=sidecar.licence,
        same_as=_twin_of(file, mode) if name == "tabular/table" else None,
    )


def _twin_of(file: str, mode: str) -> str | None:
    """The shipped table that ``tabular/table`` replays under these parameters, if it does."""
    if file not in TWINS:
        return None
    return f"tabular/{file}" if mode == MODE.default else f"tabular/{file}[mode={mode}]"


TWINS: Mapping[str, Twin] = {path.stem: Twin(path.stem) for path in sorted(SHIPPED.glob("*.json"))}
PROBLEMS: tuple[ProblemInfo, ...] = (*(twin() for twin in TWINS.values()), table_info())


def __getattr__(name: str) -> Twin:
    """The shipped tables by their variables, for ``vary``."""
    for twin in TWINS.values():
        if twin.variable == name:
            return twin
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
