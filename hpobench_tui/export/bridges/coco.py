"""Folders that cocopp reads: an algorithm a folder, with index (.info), target (.dat) and time files (.tdat).

The format is that of COCO's loggers, ``bbob-new2`` (Hansen et al., *COCO: a platform for comparing continuous
optimizers*, arXiv 1603.08785; numbbo.github.io/coco-doc/experimental-setup): an index line names function, dimension
and algorithm, the next but one the data file with ``instance:evaluations|regret - precision`` of each run; the data
have a row wherever the best regret so far got better, and one for the end. ``traces`` says what a row is.

BBOB's functions keep their numbers, so that cocopp compares with its archive, and always count evaluations, as that
does. All others are in a folder of their own, ``other``, under numbers from 1001 on: cocopp knows no other suites than
COCO's, so that they pass as ``bbob`` there, and must not be mistaken for its functions.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from hpobench_tui import __version__
from hpobench_tui.core.axis import Axis
from hpobench_tui.export.bridges import about, others
from hpobench_tui.export.bridges.places import named
from hpobench_tui.export.bridges.traces import Told, Trace, functions
from hpobench_tui.export.material import Files, Material, Write, slugs

PRECISION = 1e-8
"""COCO's last target."""
SMALLEST = 1e-300
"""What is less is 0: cocopp halves regrets, which would vanish."""
FOLDERS = {True: "bbob", False: "other"}
SIGNS = " ._+-()[]@:/"
"""What cocopp can hold of an algorithm's name beside letters and digits: quotes and commas end it, the others mean
something in its pages."""
_HEADER = (
    "%% f evaluations | g evaluations | best noise-free fitness - Fopt (0.0) + sum g_i+ | measured fitness"
    " | best measured fitness or single-digit g-values"
)


_WORDS = """
Data for cocopp (pip install cocopp six), in the format of COCO's loggers.

    python -m cocopp bbob/ALGORITHM bbob/ALGORITHM

The folder bbob holds COCO's noiseless functions under their own numbers, dimensions and instances. Their evaluations
are evaluations, whatever the others count, so that they compare with COCO's archive.

    python other.py other/ALGORITHM other/ALGORITHM

The folder other holds all other problems, each as a function of its own with a number from 1001 on, as many dimensions
as it has hyperparameters, and an instance a repetition. cocopp knows COCO's suites alone, so they pass as bbob's:
other.py tells cocopp their names. Compare them with nothing from COCO's archive.

Values. Regrets: f - f_opt, the loss of the incumbent less the problem's reference. One below 0 is written as 0. The
best so far is written where an incumbent got worse. Problems without a known reference are left out.
"""


def files(material: Material) -> Files:
    """All files below ``coco/``.

    Raises:
        HpobenchError: problems are left out; after all files.
    """
    labels = list(dict.fromkeys(run.label for run in material.runs))
    directories, names, told = slugs(labels, "algorithm"), named(labels, SIGNS), Told()
    for function in functions(material, lambda at: Axis.EVALUATIONS if at.bbob else material.axis, told, losses=False):
        for label, dimensions in function.runs.items():
            where = f"coco/{FOLDERS[function.place.bbob]}/{directories[label]}"
            yield from _function(where, function.place.function, names[label], dimensions)
    if any(not numbers.place.bbob for numbers in told.numbers):
        yield "coco/other.py", lambda stream: stream.write(Path(others.__file__).read_bytes())
    yield "coco/problems.csv", about.problems(told, FOLDERS)
    yield "coco/README.txt", about.readme(_WORDS, material, directories, names, told)
    told.check()


def _function(where: str, function: int, name: str, dimensions: Mapping[int, Sequence[Trace]]) -> Files:
    """The files of one algorithm on one function."""
    index = []
    for dimension, runs in dimensions.items():
        data = f"data_f{function}/hpobench_f{function}_DIM{dimension}"
        precision = min(PRECISION, *(trace.run.targets[-1] for trace in runs))
        ends = (f"{t.instance}:{t.evaluations[-1]}|{_regret(t.values[-1]) - precision!r}" for t in runs)
        index += [
            f"suite = 'bbob', funcId = {function}, DIM = {dimension}, Precision = {precision!r}, algId = '{name}',"
            " logger = 'bbob', data_format = 'bbob-new2'",
            f"% written by hpobench {__version__}",
            ", ".join([f"{data}.dat", *ends]),
        ]
        for kind in ("dat", "tdat"):  # the steps are exact, at whatever times they are read
            yield f"{where}/{data}.{kind}", _rows(runs)
    text = "\n".join([*index, ""])
    yield f"{where}/hpobench_f{function}.info", lambda stream: stream.write(text.encode())


def _rows(runs: Sequence[Trace]) -> Write:
    def write(stream: IO[bytes]) -> None:
        for trace in runs:
            lines = [_HEADER]
            for evaluation, value in trace.rows():
                regret = _regret(value)
                lines.append(f"{evaluation} 0 {regret!r} {regret!r} {regret!r}")
            stream.write("\n".join([*lines, ""]).encode())

    return write


def _regret(value: float) -> float:
    """Never below 0, where COCO's data cannot be: a reference that was beaten counts as reached."""
    return float(value) if value >= SMALLEST else 0.0
