"""The code of a person's own files (``./mine.py:Sphere``) that an experiment runs: their sources, and what they hold.

An experiment carries it, so that its store says all that decides the results. What is named in a file has the id
``mine/Sphere`` as a problem and ``mine:HillClimber`` as an optimizer, wherever the file lies.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.nearest import shown
from hpobench_tui.core.optimizer import Capabilities, OptimizerInfo
from hpobench_tui.core.parameter import Parameter
from hpobench_tui.core.problem import Dimensions, Fidelity, Landmark, ProblemInfo, Reference

MOST_BYTES, MOST_FILES = 1_000_000, 200
"""Of the sources of one experiment."""
SOURCE = re.compile(r"(\w[\w-]*/)*\w[\w-]*\.py")


@dataclass(frozen=True, slots=True)
class OwnCode:
    """Sources by name (``mine.py``, ``helpers/math.py``), and the descriptions of what the experiment uses of them.

    ``origins`` says where files were when they were copied, to tell when that one is another by now.

    >>> code = OwnCode({"mine.py": "def half(configuration): return configuration['x'] / 2"})
    >>> bool(code), bool(OwnCode())
    (True, False)

    Raises:
        HpobenchError: a name leads out of a folder, or there is more than an experiment keeps.
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, ProblemInfo] = field(default_factory=dict)
    optimizers: Mapping[str, OptimizerInfo] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if wrong := next((name for name in self.sources if not SOURCE.fullmatch(name)), None):
            raise HpobenchError(f"{shown(wrong)} cannot be the name of a file of an experiment's own code.")
        size = sum(map(len, self.sources.values()))
        if len(self.sources) > MOST_FILES or size > MOST_BYTES:
            raise HpobenchError(
                f"the code has {len(self.sources)} files with {size:,} characters, counting the local modules that it"
                f" imports; {MOST_FILES} files with {MOST_BYTES:,} are the most. Make a package of it and install that."
            )

    def __bool__(self) -> bool:
        return bool(self.sources)


def joined(one: OwnCode, other: OwnCode) -> OwnCode:
    """The code of both.

    Raises:
        HpobenchError: files of one name differ.
    """
    if unlike := [name for name, text in other.sources.items() if one.sources.get(name, text) != text]:
        raise HpobenchError(f"{unlike[0]} is another file than the one of that name that was copied before.")
    return updated(one, other)


def updated(one: OwnCode, other: OwnCode) -> OwnCode:
    """The code of both; where they differ, that of the other."""
    return OwnCode(
        {**one.sources, **other.sources},
        {**one.problems, **other.problems},
        {**one.optimizers, **other.optimizers},
        {**one.origins, **other.origins},
    )


def to_plain(code: OwnCode) -> dict[str, Any]:
    """As JSON holds it."""
    return {
        "sources": dict(code.sources),
        "problems": {name: problem_to_plain(info) for name, info in code.problems.items()},
        "optimizers": {name: optimizer_to_plain(info) for name, info in code.optimizers.items()},
        "origins": dict(code.origins),
    }


def from_plain(data: Mapping[str, Any]) -> OwnCode:
    """Raises what data that is no such code comes to."""
    return OwnCode(
        {str(name): str(text) for name, text in data["sources"].items()},
        {name: problem_from_plain(info) for name, info in data["problems"].items()},
        {name: optimizer_from_plain(info) for name, info in data["optimizers"].items()},
        {str(name): str(place) for name, place in data["origins"].items()},
    )


def problem_to_plain(info: ProblemInfo) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(info)))
    return plain


def optimizer_to_plain(info: OptimizerInfo) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(info)))
    return plain


def problem_from_plain(data: Mapping[str, Any]) -> ProblemInfo:
    fidelity = data["fidelity"]
    read = {
        "dimensions": Dimensions(**data["dimensions"]),
        "reference": Reference(**data["reference"]),
        "fidelity": fidelity and Fidelity(**fidelity),
        "parameters": tuple(map(_parameter, data["parameters"])),
        "landmarks": tuple(Landmark(**mark) for mark in data["landmarks"]),
        "measure": Measure(data["measure"]),
    }
    return ProblemInfo(**{**_tuples(data), **read})


def optimizer_from_plain(data: Mapping[str, Any]) -> OptimizerInfo:
    costs = {int(dimensions): tuple(map(tuple, points)) for dimensions, points in data["cost"].items()}
    read = {
        "capabilities": Capabilities(**data["capabilities"]),
        "parameters": tuple(map(_parameter, data["parameters"])),
        "cost": costs,
    }
    return OptimizerInfo(**{**_tuples(data), **read})


def _parameter(data: Mapping[str, Any]) -> Parameter:
    return Parameter(**_tuples(data))


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has no tuples, descriptions no lists."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
