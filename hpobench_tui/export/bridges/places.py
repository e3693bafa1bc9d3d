"""Where problems stand in the order of COCO and IOH: by function, dimension, instance; and what labels are called."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from hpobench_tui.export.material import Material

FIRST_OTHER = 1001
"""The number of the first problem that is no function of COCO's."""
MOST = 65_535
"""What iohinspector holds of functions, dimensions and instances (16 bits)."""
_LOOKED_AT = 50
"""So many runs of a problem, and trials of each, show which hyperparameters it has."""
_BBOB = re.compile(r"bbob/f(?P<function>0[1-9]|1\d|2[0-4])-[a-z0-9-]+(\[(?P<settings>[a-z0-9=,]+)\])?", re.ASCII)
_DEFAULTS = {"d": 5, "instance": 1}
"""Of the parameters that an id of ``bbob/…`` leaves out (a test holds them against the suite)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a problem stands.

    Attributes:
        bbob: It is COCO's noiseless function of that number, dimension and instance.
        dimension: How many hyperparameters it has.
        instance: None: each repetition is one, from 1.
    """

    problem: str
    bbob: bool
    function: int
    dimension: int
    instance: int | None = None

    def instance_of(self, repetition: int) -> int:
        """0 where it is beyond what readers hold."""
        number = repetition + 1 if self.instance is None else self.instance
        return number if number <= MOST else 0


def bbob(problem: str) -> Place | None:
    """The place of a noiseless BBOB function as its id says it; None of any other problem.

    >>> bbob("bbob/f15-rastrigin-rotated[d=3,instance=2]")
    Place(problem='bbob/f15-rastrigin-rotated[d=3,instance=2]', bbob=True, function=15, dimension=3, instance=2)
    >>> bbob("bbob/f01-sphere[noise=0.1]") is None
    True
    """
    if not (found := _BBOB.fullmatch(problem)):
        return None
    said = dict(part.partition("=")[::2] for part in (found["settings"] or "").split(",") if part)
    if not said.keys() <= _DEFAULTS.keys() or not all(value.isdecimal() for value in said.values()):
        return None
    own = _DEFAULTS | {name: int(value) for name, value in said.items()}
    return Place(problem, True, int(found["function"]), own["d"], own["instance"])


def places(material: Material) -> list[Place]:
    """Of each problem, in first-seen order; those that are none of COCO's are numbered from 1001 on."""
    made: list[Place] = []
    for problem in dict.fromkeys(run.problem for run in material.runs):
        number = FIRST_OTHER + sum(not place.bbob for place in made)
        made.append(bbob(problem) or Place(problem, False, number, _dimension(material, problem)))
    return made


def _dimension(material: Material, problem: str) -> int:
    """How many hyperparameters there are in configurations of a problem that are on record; at least 1."""
    names: set[str] = set()
    for run in islice((run for run in material.runs if run.problem == problem and run.trials), _LOOKED_AT):
        for text in material.source.configurations(run.id, _LOOKED_AT):
            names.update(json.loads(text))
    return min(max(len(names), 1), MOST)


def named(labels: Iterable[str], kept: str) -> dict[str, str]:
    """Labels as a format can hold them, distinct also where case does not count: letters and digits of any script and
    the signs ``kept``; any other is ``_``.

    >>> named(["a b,c", "A_B_C", "a_b_c", "最適"], " ")
    {'a b,c': 'a b_c', 'A_B_C': 'A_B_C', 'a_b_c': 'a_b_c_2', '最適': '最適'}
    """
    made: dict[str, str] = {}
    taken: set[str] = set()
    for label in labels:
        plain, number = "".join(sign if sign.isalnum() or sign in kept else "_" for sign in label).strip() or "_", 2
        chosen = plain
        while chosen.casefold() in taken:
            chosen, number = f"{plain}_{number}", number + 1
        taken.add(chosen.casefold())
        made[label] = chosen
    return made
