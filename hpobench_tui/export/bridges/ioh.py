"""Folders that iohinspector and IOHanalyzer read: an algorithm a folder, with an index (.json) a function and its data.

The format is IOHprofiler's, as version 0.3 of IOHexperimenter writes it (de Nobel et al., *IOHexperimenter*,
arXiv 2111.04077; iohprofiler.github.io/IOHanalyzer/data): the index names function, algorithm and, by dimension, the
runs with their evaluations and best value; the data have a row wherever the best value so far got better, and one for
the end. ``traces`` says what a row is.

iohinspector evaluates attributes of experiments as Python, so none of them holds anybody's text.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import IO, TypeAlias

from hpobench_tui import __version__
from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.text import as_json, in_line
from hpobench_tui.export.bridges import about
from hpobench_tui.export.bridges.found import cells, configurations, numeric
from hpobench_tui.export.bridges.places import Place
from hpobench_tui.export.bridges.traces import Told, Trace, functions
from hpobench_tui.export.material import Files, Material, Write, slugs

VERSION = "0.3.22"
"""Of IOHexperimenter: whose format this is."""
Found: TypeAlias = Mapping[int, Sequence[Configuration]]
"""By run, the configurations behind the rows of its trace."""
Names: TypeAlias = Mapping[int, Sequence[str]]
"""By dimension, the hyperparameters in the columns x0, x1, …"""
SUITES = {True: "BBOB", False: "hpobench"}
_WORDS = """
Data for iohinspector (pip install iohinspector) and IOHanalyzer, in IOHprofiler's format.

    manager = iohinspector.DataManager()
    manager.add_folder("ioh")

BBOB's noiseless functions have their own numbers, dimensions and instances. Each other problem is a function of its own
with a number from 1001 on, as many dimensions as it has hyperparameters, and an instance a repetition; function_name is
the problem's id.

Values (raw_y, minimised). Regrets: the loss of the incumbent less the problem's reference; of a problem without a known
reference the loss itself (problems.csv says which). The best so far is written where an incumbent got worse.

Hyperparameters. x0, x1, … are those that are numbers, of the configuration that had the value first; problems.csv has
their names. nan: none is known, or it is not active. Those that are no numbers are not there.

iohinspector takes the largest number of evaluations of all runs (eval_max) for what each unsuccessful run spent: its
ERT is that of hpobench where all runs spend the same.
"""


def files(material: Material) -> Files:
    """All files below ``ioh/``.

    Raises:
        HpobenchError: problems are left out; after all files.
    """
    labels = list(dict.fromkeys(run.label for run in material.runs))
    directories, told = slugs(labels, "algorithm"), Told()
    for function in functions(material, lambda _: material.axis, told, losses=True):
        found: dict[int, Sequence[Configuration]] = {}
        names: dict[int, Sequence[str]] = {}
        for dimension, runs in function.by_dimension().items():
            found |= {trace.run.id: configurations(material.source, trace, material.axis) for trace in runs}
            names[dimension] = numeric(found[trace.run.id] for trace in runs)
            told.hyperparameters |= {trace.numbers.place.problem: names[dimension] for trace in runs}
        for label, dimensions in function.runs.items():
            yield from _function(f"ioh/{directories[label]}", function.place, label, dimensions, found, names)
    yield "ioh/problems.csv", about.problems(told, SUITES)
    yield "ioh/README.txt", about.readme(_WORDS, material, directories, {label: label for label in labels}, told)
    told.check()


def _function(
    where: str, place: Place, label: str, dimensions: Mapping[int, Sequence[Trace]], found: Found, names: Names
) -> Files:
    """The files of one algorithm on one function."""
    name = f"f{place.function}_{SUITES[place.bbob]}"
    scenarios: list[dict[str, object]] = []
    for dimension, runs in dimensions.items():
        columns = names[dimension]
        for number, part in enumerate(_apart(runs), 1):
            again = f"_{number}" if number > 1 else ""
            path = f"data_{name}/IOHprofiler_f{place.function}_DIM{dimension}{again}.dat"
            told = [_run(trace, found, columns) for trace in part]
            scenarios.append({"dimension": dimension, "path": path, "runs": told})
            yield f"{where}/{path}", _rows(part, found, columns)
    index = {
        "version": VERSION,
        "suite": SUITES[place.bbob],
        "function_id": place.function,
        "function_name": in_line(place.problem.partition("[")[0] if place.bbob else place.problem),
        "maximization": False,
        "algorithm": {"name": in_line(label), "info": f"written by hpobench {__version__}"},
        "experiment_attributes": [],
        "attributes": ["evaluations", "raw_y", *_columns(max(names.values(), key=len))],
        "scenarios": scenarios,
    }
    text = as_json(index, indent=1, allow_nan=False)
    yield f"{where}/IOHprofiler_{name}.json", lambda stream: stream.write(text.encode())


def _apart(runs: Sequence[Trace]) -> list[list[Trace]]:
    """Runs by data file: iohinspector (0.0.8) takes a first value that is equal to the last best of the run before it
    in the file for no change, and loses the row; of a run of one value all of it."""
    parts: list[list[Trace]] = []
    for trace in runs:
        fits = (part for part in parts if part[-1].values[-1] != trace.values[0])
        if (part := next(fits, None)) is None:
            parts.append(part := [])
        part.append(trace)
    return parts


def _columns(names: Sequence[str]) -> list[str]:
    return [f"x{place}" for place in range(len(names))]


def _run(trace: Trace, found: Found, names: Sequence[str]) -> dict[str, object]:
    at = int((trace.values == trace.values[-1]).argmax())
    x = cells(found[trace.run.id][at], names)
    return {
        "instance": trace.instance,
        "repetition": trace.run.repetition,
        "status": str(trace.run.status),
        "evals": int(trace.evaluations[-1]),
        "best": {
            "evals": int(trace.evaluations[at]),
            "y": float(trace.values[at]),
            "x": x if all(map(isfinite, x)) else [],
        },
    }


def _rows(runs: Sequence[Trace], found: Found, names: Sequence[str]) -> Write:
    def write(stream: IO[bytes]) -> None:
        header = " ".join(["evaluations", "raw_y", *_columns(names)])
        for trace in runs:
            lines = [header]
            for (evaluation, value), configuration in zip(trace.rows(), found[trace.run.id], strict=True):
                lines.append(" ".join(map(repr, [evaluation, value, *cells(configuration, names)])))
            stream.write("\n".join([*lines, ""]).encode())

    return write
