"""Kills at every phase do not change a store, and leave nothing; and what harms a store, or is left, is found."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from benchmarks.kills import carry_out, plan, toys
from benchmarks.kills.__main__ import table
from benchmarks.kills.scene import Scene, differences, plugged_in, wait_until
from hpobench_tui.store.reader import FILE
from hpobench_tui.testing.problems import SEED_VARIABLE

KILLS = 15


@pytest.fixture
def toys_plugged_in(tmp_path: Path) -> Iterator[None]:
    with plugged_in(tmp_path / "site", toys):
        yield


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path / "scene")
    yield scene
    scene.clear()


@pytest.mark.e2e
@pytest.mark.usefixtures("toys_plugged_in")
def test_kills_do_not_change_the_store_and_leave_nothing(tmp_path: Path) -> None:
    """The same as `python -m benchmarks.kills`, which kills a hundred times."""
    seed = int(os.environ.get(SEED_VARIABLE) or random.randrange(10**6))
    print(f"seed of the kills: {seed}")
    experiments = plan.experiments()
    cases = plan.drawn(KILLS, seed, list(experiments))
    jobs = len(os.sched_getaffinity(0))
    outcomes = list(carry_out.all_carried_out(cases, experiments, tmp_path / "cases", jobs))
    assert sum(len(outcome.hits) for outcome in outcomes) == KILLS
    wrong = [f"{outcome.case}: {line}" for outcome in outcomes for line in outcome.lines()]
    assert not wrong, "\n".join(wrong)


def test_a_plan_follows_from_its_seed_and_has_something_of_all() -> None:
    names = list(plan.KINDS)
    cases = plan.drawn(KILLS, 3, names)
    assert cases == plan.drawn(KILLS, 3, names) != plan.drawn(KILLS, 4, names)
    strikes = [strike for case in cases for strike in case.strikes]
    assert len(strikes) == KILLS
    assert {strike.target for strike in strikes} == set(plan.Target)
    assert {strike.moment for strike in strikes} == set(plan.MOMENTS)
    assert {case.name for case in cases} == set(names)
    many = plan.drawn(300, 5, names)
    assert sum(len(case.strikes) for case in many) == 300
    for case in many:
        assert len(case.strikes) <= plan.MOST_A_CASE
        assert all(strike.moment != plan.SETTLING for strike in case.strikes[:-2])


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux")
def test_whoever_belongs_to_a_scene_is_found(scene: Scene) -> None:
    """In a session of its own, without an environment, as a daemon, after its parent's end."""
    program = f"import {toys.__name__} as toys; toys.leave_children()"
    environment = {**os.environ, **scene.variables()}
    parent = subprocess.Popen([sys.executable, "-c", program], env=environment, cwd=plan.__file__.rsplit("/", 3)[0])
    assert parent.wait(60) == 0
    assert len(scene.children_of([parent.pid])) == 4
    inside = subprocess.Popen([shutil.which("sleep") or "sleep", "60"], cwd=scene.root, env={})
    assert wait_until(lambda: inside.pid in scene.processes(), 5)
    assert len(scene.processes()) == 5
    assert scene.clear() >= 5
    assert scene.processes() == {}
    assert inside.wait(5) == -9


def test_who_is_wished_for_stands_still_until_let_go(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(toys.VARIABLE, str(scene.root))
    toys.stand(toys.ASKING)
    scene.wish(toys.ASKING)
    program = f"import {toys.__name__} as toys; toys.stand(toys.TELLING); toys.stand(toys.ASKING)"
    process = subprocess.Popen([sys.executable, "-c", program], cwd=plan.__file__.rsplit("/", 3)[0])
    assert wait_until(lambda: scene.met(toys.ASKING) == process.pid, 60)
    assert process.poll() is None
    scene.let_go()
    assert process.wait(60) == 0
    assert scene.met(toys.ASKING) == 0


def test_outcomes_are_counted_by_whom_and_when() -> None:
    strikes = (plan.Strike(plan.Target.WORKER, toys.ASKING, 0.1), plan.Strike(plan.Target.WORKER, plan.ANY, 0.1))
    good = carry_out.Outcome(plan.Case("a", strikes, 0), [0.1, 0.2])
    bad = carry_out.Outcome(plan.Case("b", strikes[:1], 0), [0.1], orphans=["worker"])
    missed = carry_out.Outcome(plan.Case("c", strikes[1:], 0), [None])
    assert (good.clean, bad.clean, missed.clean) == (True, False, False)
    assert missed.lines() == ["its moment never came"]
    lines = table([good, bad, missed]).splitlines()
    assert "| one worker |  | 1/2 |  |  |  |  | 1/2 | 2/4 |" in lines
    assert lines[-1] == "1 processes left alive, 0 files left behind"


@pytest.mark.e2e
@pytest.mark.usefixtures("toys_plugged_in")
def test_what_differs_and_what_is_left_is_found(tmp_path: Path) -> None:
    experiment = plan.experiments()["evaluations"]
    whole = carry_out.undisturbed(experiment, tmp_path / "whole")
    assert (whole.orphans, whole.temporary) == ([], [])
    assert [len(whole.contents[name]) for name in ("run", "trial", "experiment")] == [4, 44, 1]
    assert differences(whole.contents, whole.contents) == []
    for name, column in (("run", "spent"), ("run", "error"), ("trial", "loss"), ("progress", "regret")):
        other = deepcopy(whole.contents)
        other[name][1][column] = "another"
        (line,) = differences(other, whole.contents)
        assert line.startswith(f"{name}, row 1: {column} 'another' instead of ")
    short = {**whole.contents, "trial": whole.contents["trial"][:-1]}
    assert differences(short, whole.contents) == ["trial: 43 rows instead of 44"]
    changed = deepcopy(whole)
    changed.contents["trial"][5]["loss"] = 0.0
    changed.files.remove(f"outputs/FOLDER/{FILE}")
    outcome = carry_out.carried_out(plan.Case("evaluations", (), 0), experiment, changed, tmp_path / "case")
    assert not outcome.clean
    assert outcome.leftovers == [f"outputs/FOLDER/{FILE}"]
    assert len(outcome.differs) == 1
    assert outcome.differs[0].startswith("trial, row 5: loss ")
