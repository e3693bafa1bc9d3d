"""Targets: what problems pin, what stores keep, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.levels import measure
from factories import opened, run_of, run_row, store
from hpobench_tui import plugins
from hpobench_tui.analysis.performance import targets
from hpobench_tui.cli.problems import aims, details
from hpobench_tui.core import Budget, Dimensions, HpobenchError, Measure, ProblemInfo, Reference
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.experiment import Contender, Experiment
from hpobench_tui.core.targets import COCO, of_arms, spaced
from hpobench_tui.store import writer
from hpobench_tui.store.reader import FILE, Reader

PROBLEMS = [info for info in plugins.problems() if info.same_as is None]
TOY = ProblemInfo("toy/one", "x", "toys:One", Dimensions(floats=1), Reference(0.0, "analytic"))


def test_cocos_targets_are_its_51() -> None:
    assert len(COCO) == 51
    assert (COCO[0], COCO[-1]) == (100.0, pytest.approx(1e-8))
    np.testing.assert_allclose(np.log10(COCO[:-1]) - np.log10(COCO[1:]), 0.2)


@pytest.mark.parametrize(("first", "last"), [(1.0, 0.5), (3e12, 1e-3), (1e-200, 1e-210), (0.9, 1e-4)])
def test_spaced_targets_descend_evenly_with_both_ends(first: float, last: float) -> None:
    made = spaced(first, last)
    assert (made[0], made[-1]) == (first, last)
    ratios = np.diff(np.log10(made))
    assert (ratios < 0).all()
    assert np.ptp(ratios) < 1e-3
    assert -ratios.mean() <= 0.2 + 1e-9


def test_targets_of_arms_tell_the_best_from_all_others() -> None:
    made = of_arms([0.4, 0.1, 0.1, 0.2])
    assert made[0] < 0.3
    assert 0 < made[-1] < 0.1
    assert of_arms([0.5, 0.5]) == ()


@pytest.mark.parametrize("info", PROBLEMS, ids=lambda info: info.id)
def test_every_problem_has_targets_that_tell_good_runs_from_bad(info: ProblemInfo) -> None:
    """Half of all random draws reach few at once, and a draw is not hopelessly far from the first."""
    assert plugins.ill_typed(info) is None
    own = info.targets or COCO
    assert len(own) >= 2
    if info.loss_range is not None:
        assert own[0] <= info.loss_range[1] - info.loss_range[0]
    level = None if missing(info) else measure(info, 301, seconds=1.0)
    if level is None or info.measure is Measure.CUMULATIVE or info.id == "bandits/bernoulli-2":
        return  # too dear; no truth behind the losses; one draw in two is the best arm
    assert level.reached(own) <= 0.4
    if info.suite != "bbob":  # COCO's own
        assert level.upper <= own[0] * 1e4


@pytest.mark.parametrize(
    "name", ["bandits/bernoulli[k=50,gap=0.01]", "bandits/gaussian[gap=100]", "synthetic/counting-ones[continuous=1]"]
)
def test_variants_have_targets_of_their_own(name: str) -> None:
    info = plugins.problems()[name]
    assert info.targets != plugins.problems()[name.partition("[")[0]].targets
    assert plugins.ill_typed(replace(info, id="toy/one")) is None


@pytest.mark.parametrize(
    "wrong",
    [
        (1.0, 1.0),
        (0.1, 1.0),
        (1.0, 0.0),
        (1.0, -1.0),
        (float("inf"), 1.0),
        (float("nan"),),
        ("1",),
        [1.0],
        (10**400, 1.0),
        tuple(1 / k for k in range(1, 1002)),
    ],
)
def test_what_are_no_targets_is_said(wrong: tuple[float, ...]) -> None:
    assert "targets" in (plugins.ill_typed(replace(TOY, targets=wrong)) or "")


def test_a_problem_says_them() -> None:
    own = replace(TOY, targets=(0.5, 0.25))
    assert aims(own.targets) in details(own)
    assert aims(own.targets) == "2 targets of the regret, 0.5 to 0.25"
    assert "51 targets of the regret, 100 to 1e-08, COCO's" in details(TOY)


def test_a_store_keeps_them_with_each_run_and_none_are_cocos(tmp_path) -> None:
    own = replace(TOY, id="toy/own", targets=(0.5, 0.25))
    experiment = Experiment(
        "test", ("toy/one", "toy/own"), (Contender("random", "random"),),
        {"toy/one": Budget.of(5, "evaluations"), "toy/own": Budget.of(5, "evaluations")}, repetitions=2, seed=0,
    )  # fmt: skip
    rows = writer.run_rows(experiment, {"toy/one": TOY, "toy/own": own})
    kept = {(row["problem"], row["targets"]) for row in rows}
    assert kept == {("toy/one", None), ("toy/own", "[0.5, 0.25]")}
    with store(tmp_path, [run_row(0, **{"targets": None}), run_row(1, label="b", targets="[0.5, 0.25]")]) as reader:
        assert [run.targets for run in reader.runs()] == [COCO, (0.5, 0.25)]


def test_a_store_of_before_has_cocos(tmp_path) -> None:
    store(tmp_path, [run_row(0)]).close()
    with opened(tmp_path) as connection:
        connection.execute("ALTER TABLE run DROP COLUMN targets")
    with Reader(tmp_path) as reader:
        assert [run.targets for run in reader.runs()] == [COCO]
    with writer.Writer(tmp_path), Reader(tmp_path / FILE) as reader:
        assert [run.targets for run in reader.runs()] == [COCO]


@pytest.mark.parametrize("cell", ["[]", "[1, 2]", "[0]", "[NaN]", "5", '["x"]', "{", json.dumps([[1.0]])])
def test_a_store_with_targets_that_cannot_be_is_refused(cell: str, tmp_path) -> None:
    with store(tmp_path, [run_row(0, targets=cell)]) as reader, pytest.raises(HpobenchError):
        reader.runs()


def test_runs_of_before_take_the_targets_that_their_problem_pins_since() -> None:
    old, new = run_of(0), run_of(1, targets="[0.5, 0.25]")
    assert targets.of_runs("toy/one", [old, new]) == targets.of_runs("toy/one", [new, old]) == (0.5, 0.25)
    with pytest.raises(HpobenchError, match=r"different targets: 2 from 0.5 to 0.25, and 1 from 0.5 to 0.5"):
        targets.of_runs("toy/one", [new, old, run_of(2, targets="[0.5]")])


def test_bounds_and_accuracies_are_targets() -> None:
    assert targets.bounds((1.0, 0.1, 0.01)) == (0.01, 1.0)
    assert targets.bounds((0.5,)) == (0.05, 0.5)
    assert [targets.at_accuracy((1.0, 0.5, 0.1), tau) for tau in (1.0, 0.5, 0.3, 1e-9)] == [0, 1, 2, 2]


def test_given_targets_are_checked() -> None:
    assert targets.check([1, 0.5], "toy/one") == (1.0, 0.5)
    for wrong in ([], [0.5, 1.0], [0.0]):
        with pytest.raises(HpobenchError, match="targets of toy/one"):
            targets.check(wrong, "toy/one")
