"""Faults are really provoked, and the page has them all; what it says of each is for its maker to see."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import faults
from benchmarks.faults import toys
from benchmarks.faults.stage import Call, Observed, Stage
from benchmarks.kills import toys as standing
from benchmarks.kills.scene import plugged_in

PAGE = Path(__file__).parents[2] / "docs" / "figures" / "faults.py"
FAULTS = {name: play for named in faults.FAULTS.values() for name, play in named.items()}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with plugged_in(tmp_path / "site", toys, standing):
        stage = Stage(tmp_path / "stage")
        yield stage
        stage.clear()


def test_the_page_has_every_fault_once() -> None:
    script = runpy.run_path(str(PAGE))
    assert len(FAULTS) == sum(map(len, faults.FAULTS.values()))
    rows = re.findall(r"^\| (.+?) \|", script["FILE"].read_text(encoding="utf-8"), re.MULTILINE)
    assert [row for row in rows if row not in ("fault", "---")] == [script["_escaped"](name) for name in FAULTS]


def test_the_page_shows_what_was_observed() -> None:
    script = runpy.run_path(str(PAGE))
    seen = Observed("a | b", "2", "no *trials*", "0: [nothing]")
    page = script["made"]({(group, name): seen for group, named in faults.FAULTS.items() for name in named})
    assert page.count("| a \\| b | 2 | no \\*trials\\* | 0: \\[nothing] |") == len(FAULTS)
    assert page.count("| fault | shown | code | lost | resume |") == len(faults.FAULTS)


def test_what_differs_from_time_to_time_is_left_out(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    said = f"{stage.outputs}/fault-20260101-120000/experiment.sqlite: process 12, 345 held 512 MB\x1b[2J\nmore"
    assert stage.plain(said) == "FOLDER/experiment.sqlite: process N held N MB�[2J"
    call = Call(1, "one\ntwo\n\n", "\x1b[31mred\u202e\n")
    assert (call.last, call.ended, call.controls) == ("\x1b[31mred\u202e", "1", 2)
    assert Call(None, "one\n", "").ended.startswith("did not end in ")


@pytest.mark.e2e
def test_everything_is_killed(stage: Stage) -> None:
    seen = FAULTS["everything is killed"](stage)
    assert (seen.code, seen.lost, seen.resumed) == ("3", "what is not run yet", "0: equal to an undisturbed run")


@pytest.mark.e2e
def test_a_store_that_is_cut_off(stage: Stage) -> None:
    seen = FAULTS["the store is cut off"](stage)
    assert "is cut off" in seen.shown
    assert seen.code == "show 2, audit 2"
    assert seen.lost == "the store cannot be read"
    assert seen.resumed.startswith("2: hpobench: FOLDER/experiment.sqlite is cut off")


@pytest.mark.e2e
def test_a_disk_that_fills(stage: Stage) -> None:
    seen = FAULTS["the disk fills while an experiment runs"](stage)
    assert (seen.code, seen.lost) == ("3", "what is not run yet")
    assert seen.resumed == "0: finished"
