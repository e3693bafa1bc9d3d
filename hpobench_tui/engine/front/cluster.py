"""Whether a worker of a cluster runs the same code as the supervisor: else its runs would not be comparable.

Compared are Python, the program, the code of the experiment's problems and optimizers (``engine.front.identity``), and
the libraries that they say they need, with those that all numbers come from. The program comes first: of another one
nothing more is asked.

``python -m hpobench_tui.engine.front.cluster FOLDER`` writes what an experiment's workers are to be compared with.
"""

import json
import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import hpobench_tui
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.identity import Identity, from_cell
from hpobench_tui.engine.front import identity, libraries
from hpobench_tui.store import experiment_json
from hpobench_tui.store.reader import Reader

NUMBERS = ("numpy", "scipy", "ConfigSpace")
"""Libraries that results depend on whatever runs."""


def code_of(experiment: Experiment) -> bytes:
    """What a worker is to be compared with, for :func:`against`."""
    found = identity.identities(experiment)
    return json.dumps(
        {
            "program": _program(),
            "experiment": experiment_json.experiment_to_json(experiment),
            "code": {f"{kind} {name}": each.to_cell() for (kind, name), each in found.items()},
        }
    ).encode()


def against(what: bytes) -> list[str]:
    """What is another in this process than where :func:`code_of` was called; each with both versions."""
    said = json.loads(what)
    if found := list(_other(said["program"], _program())):
        return found
    experiment = experiment_json.experiment_from_json(said["experiment"])
    here = {f"{kind} {name}": each for (kind, name), each in identity.identities(experiment).items()}
    return list(_others(said["code"], here))


def _others(there: Mapping[str, str], here: Mapping[str, Identity]) -> Iterator[str]:
    for subject, cell in there.items():
        was = from_cell(cell)
        assert was is not None
        if (now := here.get(subject)) is None:
            yield f"it does not have {subject} ({was})"
        elif not was.same(now):
            yield f"{subject} is {was} here and {now} there"


def _other(here: Mapping[str, str], there: Mapping[str, str]) -> Iterator[str]:
    for name, version in here.items():
        if (other := there.get(name)) != version:
            yield f"{name} is {version} here and {other} there"


def _program() -> dict[str, str]:
    versions = {name: libraries.version(name) or "not installed" for name in NUMBERS}
    code = identity.program().code
    return {"python": platform.python_version(), "hpobench-tui": f"{hpobench_tui.__version__}, code {code}", **versions}


def main() -> None:
    """Write it to standard output."""
    with Reader(Path(sys.argv[1])) as reader:
        experiment = reader.experiment().experiment
    sys.stdout.buffer.write(code_of(experiment))


if __name__ == "__main__":
    main()
