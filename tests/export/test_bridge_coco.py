"""The real cocopp reads our COCO folders, and finds what hpobench itself says."""

import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge_runs import (
    BARE,
    CURVES,
    EASY,
    FULL,
    LABELS,
    PROBLEMS,
    SECONDS,
    SPHERE,
    SPHERE_2,
    TOY,
    Made,
    exported,
    make,
    ordered,
    ours,
)
from factories import store
from hpobench_tui.analysis.performance.ecdf import ecdf
from hpobench_tui.analysis.performance.ert import expected
from hpobench_tui.analysis.performance.hits import Hits
from hpobench_tui.analysis.union import Union
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.targets import COCO

pytestmark = [
    pytest.mark.needs("cocopp", "six"),
    pytest.mark.filterwarnings("ignore::UserWarning"),  # fewer instances than COCO has, no network
]
THEIRS = [target * (1 + 1e-12) for target in COCO]
"""The same targets for cocopp, which takes the next finer one where its own is larger by a rounding."""
EACH = {CURVES: FULL, SECONDS: 10**9}
Read = dict[tuple[str, int, int], Any]
"""Data sets of cocopp by algorithm, function and dimension."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coco")
    make(folder / "experiment")
    return folder


@pytest.fixture(scope="module")
def union(folder: Path) -> Iterator[Union]:
    with exported(folder / "experiment", "coco", folder / "out") as (union, made):
        assert len(made.skipped) == 1, "one problem has no reference"
        assert BARE in made.skipped[0]
        assert "no reference" in made.skipped[0]
        yield union


@pytest.fixture(scope="module")
def read(folder: Path, union: Union) -> Read:
    return load(folder / "out/coco")


def load(folder: Path) -> Read:
    import cocopp

    cocopp.genericsettings.verbose = False
    found: Read = {}
    for algorithm in sorted(folder.glob("*/*/")):
        for data in cocopp.load(str(algorithm)):
            key = algorithm.name, data.funcId, data.dim
            assert key not in found
            found[key] = data
    return found


def functions(folder: Path) -> dict[str, tuple[int, int]]:
    """Problem to its function and dimension, as the export says."""
    with (folder / "out/coco/problems.csv").open(newline="") as stream:
        return {row["problem"]: (int(row["function"]), int(row["dimension"])) for row in csv.DictReader(stream)}


def merged(union: Union, problem: str) -> dict[str, list[Hits]]:
    """Ours by label; instances of one function are one data set of COCO's."""
    several = [SPHERE, SPHERE_2] if problem in (SPHERE, SPHERE_2) else [problem]
    found = [ours(union, one) for one in several]
    return {label: [hits[label] for hits in found] for label in found[0]}


DIRECTORIES = {"tpe": "tpe", "TPE": "TPE-2", LABELS[2]: "a-b-c-d", LABELS[3]: "algorithm", LABELS[4]: "cmd"}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_ert_successes_and_ecdf_are_ours(problem: str, folder: Path, union: Union, read: Read) -> None:
    function, dimension = functions(folder)[problem]
    each = EACH.get(problem, 1)
    for label, parts in merged(union, problem).items():
        data = read[DIRECTORIES.get(label, label), function, dimension]
        first = np.concatenate([part.first for part in parts]) * each
        spent = np.concatenate([part.spent for part in parts]) * each

        assert data.nbRuns() == len(spent)
        np.testing.assert_allclose(data.detERT(THEIRS), expected(first, spent), rtol=1e-12)
        assert data.detSuccesses(THEIRS) == np.isfinite(first).sum(axis=0).tolist()

        theirs = np.array(data.detEvals(THEIRS))
        theirs[np.isnan(theirs)] = np.inf
        np.testing.assert_allclose(np.sort(theirs, axis=1), ordered(first), rtol=1e-12)
        if len(parts) == 1:
            solved = ecdf(parts)[label]
            budgets = np.geomspace(1, spent.max(), 9) // 1
            found = [(theirs <= budget).mean() for budget in budgets]
            np.testing.assert_allclose(solved.at((budgets + 1e-6) / each), found)


def test_budgets_of_unsuccessful_runs_are_what_each_spent(union: Union, folder: Path, read: Read) -> None:
    function, dimension = functions(folder)[TOY]
    assert read["tpe", function, dimension].readmaxevals == [40, 40, 40, 40, 17]
    assert read["broken", function, dimension].maxevals.tolist() == [3]
    assert ("waiting", function, dimension) not in read


def test_functions_of_bbob_keep_their_numbers_dimensions_and_instances(folder: Path, read: Read) -> None:
    sphere, rotated = read["tpe", 1, 2], read["tpe", 15, 5]
    assert (sphere.instancenumbers, rotated.instancenumbers) == ([1, 1, 1, 2, 2, 2], [1, 1, 1])
    assert all(sphere.suite_name == "bbob" for sphere in (sphere, rotated))
    assert {path.name for path in (folder / "out/coco/bbob").iterdir()} == {"tpe", "TPE-2"}
    assert min(function for (_, function, _) in read if function > 24) == 1001


def test_repetitions_of_other_problems_are_instances(folder: Path, read: Read) -> None:
    function, dimension = functions(folder)[CURVES]
    assert dimension == 2
    assert read["hyperband", function, dimension].instancenumbers == [1, 2, 3, 4]


def test_names_keep_what_the_format_can_hold(folder: Path) -> None:
    names = {}
    for index in (folder / "out/coco/other").glob("*/*f1001.info"):
        (names[index.parent.name],) = re.findall(r"algId = '([^']*)', logger = 'bbob'", index.read_text("utf-8"))
    assert names == {
        "tpe": "tpe", "TPE-2": "TPE_2", "a-b-c-d": "a_ _b_ _ _c___d__________", "algorithm": "最適 עברית",
        "cmd": "_cmd()", "single": "single", "broken": "broken",
    }  # fmt: skip
    said = (folder / "out/coco/README.txt").read_text("utf-8")
    assert "\n  a-b-c-d: a, 'b' = <c>\\n{d}&|$%#~^\"\\, called a_ _b_" in said


def test_bbob_counts_evaluations_whatever_the_others_do(folder: Path, union: Union) -> None:
    with exported(folder / "experiment", "coco", folder / "clock", Axis.SECONDS):
        again = load(folder / "clock/coco")
    np.testing.assert_array_equal(again["tpe", 15, 5].maxevals, [40, 40, 40])
    function, dimension = functions(folder)[TOY]
    hits = ours(union, TOY, Axis.SECONDS)["tpe"]
    np.testing.assert_allclose(
        again["tpe", function, dimension].detERT(THEIRS), expected(hits.first, hits.spent) * 1e9, rtol=1e-12
    )


def test_zero_regret_is_reached_at_once(folder: Path, read: Read) -> None:
    function, dimension = functions(folder)[EASY]
    assert read["tpe", function, dimension].detERT([1e-8]) == [1.0]


EXTREMES: dict[str, list[float | None]] = {
    "huge": [1.7e308, 1e308, 3.0], "never": [1.7e308] * 3, "beaten": [5.0, -1.0, -2.0], "tiny": [1e-320, 1e-323, 0.0],
    "failed": [None] * 3, "one": [0.5], "late": [None, 1e299, -1e-12], "zero": [0.0], "on-targets": [100.0, 10.0, 0.1],
}  # fmt: skip


@pytest.mark.parametrize("problem", [TOY, "bbob/f03-rastrigin"])
def test_extreme_losses_are_read_as_they_are(problem: str, tmp_path: Path) -> None:
    made = Made()
    for label, losses in EXTREMES.items():
        made.run(problem, label, losses)
        made.run(problem, "all", losses)
    store(tmp_path / "experiment", made.runs, made.trials).close()
    with exported(tmp_path / "experiment", "coco", tmp_path / "out") as (union, exports):
        assert exports.skipped == []
        hits = ours(union, problem)
    read = {name: data for (name, _, _), data in load(tmp_path / "out/coco").items()}
    assert read.keys() == hits.keys()
    for label, own in hits.items():
        np.testing.assert_allclose(read[label].detERT(THEIRS), expected(own.first, own.spent), rtol=1e-12)
        assert read[label].detSuccesses(THEIRS) == own.successes.tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["-m", "cocopp", "-o", "pages", "bbob/tpe", "bbob/TPE-2"],
        ["other.py", "-o", "pages", "other/tpe", "other/cmd", "other/random"],
    ],
)
def test_cocopp_makes_its_pages(command: list[str], folder: Path, union: Union) -> None:
    root = folder / "out/coco"
    done = subprocess.run([sys.executable, *command], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    number, dimension = (1, 2) if "bbob/tpe" in command else functions(folder)[TOY]
    assert list(root.glob(f"pages/*/pprldmany-single-functions/pprldmany_f{number:03}_{dimension:02}D.svg"))
