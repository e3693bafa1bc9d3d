"""What is exported as COCO's or IOH's and imported again has the hitting times that it had."""

from pathlib import Path

import numpy as np
import pytest

from bridge_runs import CURVES, FULL, PROBLEMS, SECONDS, exported, make, ordered, ours
from hpobench_tui.analysis.union import Union
from hpobench_tui.export.bridges.coco import SIGNS
from hpobench_tui.export.bridges.places import named
from hpobench_tui.importing import coco, ioh
from imports import imported

pytestmark = pytest.mark.needs("ioh")  # importers take the names of BBOB's problems from the suite
EACH = {CURVES: FULL, SECONDS: 10**9}


@pytest.mark.parametrize("kind", ["coco", "ioh"])
def test_hitting_times_come_back(kind: str, tmp_path: Path) -> None:
    make(tmp_path / "experiment")
    with exported(tmp_path / "experiment", kind, tmp_path / "out") as (union, _):
        labels = list(dict.fromkeys(run.label for run in union.runs()))
        names = named(labels, SIGNS) if kind == "coco" else {label: label.replace("\n", "\\n") for label in labels}
        runs = {"coco": coco, "ioh": ioh}[kind].runs(tmp_path / "out" / kind, {})
        imported(tmp_path / "again", runs)[0].close()
        with Union([tmp_path / "again"]) as again:
            for problem in PROBLEMS:
                each = EACH.get(problem, 1)
                before, after = ours(union, problem), ours(again, problem)
                assert {names[label] for label in before} == after.keys()
                for label, hits in before.items():
                    back = after[names[label]]
                    np.testing.assert_allclose(ordered(back.first), ordered(hits.first) * each, rtol=1e-12)
                    np.testing.assert_allclose(np.sort(back.spent), np.sort(hits.spent) * each, rtol=1e-12)
