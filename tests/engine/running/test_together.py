"""Trials evaluated together are recorded as they are one after the other."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from ConfigSpace import ConfigurationSpace
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.toys import SCRIPTED, STOPPER, Collected, Scripted, collect
from hpobench_tui import plugins
from hpobench_tui.core import (
    Ask,
    Capabilities,
    Configuration,
    Dimensions,
    Fidelity,
    OptimizerInfo,
    ProblemInfo,
    Reference,
    Report,
    RunStatus,
    Training,
)
from hpobench_tui.core.records import TrialRow
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.engine.messages import End, Fatal, Recorded
from hpobench_tui.engine.running.together import shares

TIMES = {"clock_start", "clock_end", "ask_seconds", "tell_seconds", "evaluate_seconds"}
UNSOUND, NAN, LATE, BIRTH = 0.15, 0.3, 0.4, 0.5
"""Below which x what goes wrong: it raises, its loss is NaN, it raises after 3 units, it cannot be started."""


class Decay:
    """Depends on configuration and seed alone."""

    def __init__(self, configuration: Configuration, seed: int) -> None:
        self._x, self._seed, self.reached = float(configuration["x"]), seed, 0

    def advance(self, to_fidelity: int) -> Report:
        assert to_fidelity > self.reached
        if self._x < UNSOUND or (NAN <= self._x < LATE and to_fidelity > 3):
            raise RuntimeError("unsound")
        self.reached = to_fidelity
        loss = float("nan") if self._x < NAN else self._x / to_fidelity + self._seed % 97
        return Report(loss, {"at": float(to_fidelity)})


class Empty(Decay):
    """A training that counts as false, as a container of nothing does."""

    def __len__(self) -> int:
        return 0


class Side:
    """Takes them further, one after the other."""

    def __init__(self, members: Sequence[Training], many: "Many") -> None:
        self.members, self._many = members, many
        self.notes = [f"{len(members)} side by side"]

    def advance(self, to_fidelity: Sequence[int]) -> Sequence[Report | Exception]:
        self._many.widths.append(len(self.members))
        if self._many.broken:
            raise RuntimeError("the device is gone")
        found: list[Report | Exception] = []
        for member, to in zip(self.members, to_fidelity, strict=True):
            try:
                found.append(member.advance(to))
            except RuntimeError as error:
                found.append(error)
        return found if not self._many.short else found[:-1]


class Many:
    """One hyperparameter x."""

    broken = short = False
    widths: list[int]

    def __init__(self) -> None:
        type(self).widths = []

    def space(self) -> ConfigurationSpace:
        return ConfigurationSpace({"x": (0.0, 1.0)})

    def start(self, configuration: Configuration, seed: int, device: str) -> Decay:
        if LATE <= configuration["x"] < BIRTH:
            raise ValueError("cannot be")
        return Decay(configuration, seed)

    def widest(self, device: str) -> int:
        return 4

    def start_many(self, configurations: Sequence[Configuration], seeds: Sequence[int], device: str) -> Side:
        return self.join([self.start(c, s, device) for c, s in zip(configurations, seeds, strict=True)])

    def join(self, trainings: Sequence[Training]) -> Side:
        return Side(list(trainings), self)


class Empties(Many):
    started = 0

    def start(self, configuration: Configuration, seed: int, device: str) -> Decay:
        Empties.started += 1
        return Empty(configuration, seed)


class Broken(Many):
    broken = True


class SlowDecay(Decay):
    def advance(self, to_fidelity: int) -> Report:
        time.sleep(0.004 * (to_fidelity - self.reached))
        return super().advance(to_fidelity)


class SlowBroken(Broken):
    def start(self, configuration: Configuration, seed: int, device: str) -> Decay:
        return SlowDecay(configuration, seed)


class Short(Many):
    short = True


PROBLEM = ProblemInfo(
    "toy/many", "", f"{__name__}:Many", Dimensions(floats=1), Reference(0.0, "none is lower"),
    Fidelity("epochs", 1, 9, step=2), noisy=True,
)  # fmt: skip
PLAIN = replace(PROBLEM, id="toy/plain", fidelity=None)
FROM_SCRATCH = replace(PROBLEM, id="toy/scratch", fidelity=Fidelity("epochs", 1, 9, resumable=False, step=2))
AHEAD = replace(SCRIPTED, capabilities=Capabilities(multi_fidelity=True, ahead=True))


def told(run: Collected) -> list[dict[str, Any]]:
    """All that is recorded of its trials, but times; of reasons the first line."""
    rows = [{name: cell for name, cell in row.items() if name not in TIMES} for row in run.trials]
    return [{**row, "error": row["error"] and str(row["error"]).split("\n")[0]} for row in rows]


def progress(run: Collected) -> list[dict[str, Any]]:
    """The rows at positions in trials; those in seconds are nobody's twice."""
    rows = {row["number"]: row for row in run.progress}
    return [{k: v for k, v in rows[n].items() if k != "clock"} for n in range(min(64, len(run.trials)))]


def make(optimizer: str | OptimizerInfo, amount: float, unit: str, together: int | None, **more: Any) -> Collected:
    info = plugins.optimizers()[optimizer] if isinstance(optimizer, str) else optimizer
    return collect(more.pop("problem", PROBLEM), info, amount, unit, together=together, **more)


@settings(max_examples=30)
@given(
    optimizer=st.sampled_from(["random", "hyperband", "successive-halving", "sobol", "genetic", "cma-es", "grid"]),
    unit=st.sampled_from(["evaluations", "fidelity", "fidelity-continued", "full-evaluations"]),
    amount=st.integers(1, 60),
    together=st.integers(2, 20),
    problem=st.sampled_from([PROBLEM, FROM_SCRATCH]),
    seed=st.integers(0, 1000),
    curves=st.booleans(),
)
def test_together_is_as_one_after_the_other(
    optimizer: str, unit: str, amount: int, together: int, problem: ProblemInfo, seed: int, curves: bool
) -> None:
    amount = max(1, amount // 6) if unit == "full-evaluations" else amount
    alone, group = (
        make(optimizer, amount, unit, width, problem=problem, seed=seed, curves=curves) for width in (1, together)
    )
    assert alone.end == group.end
    assert told(alone) == told(group)
    assert alone.reports == group.reports
    assert progress(alone) == progress(group)


def test_groups_are_as_wide_as_the_problem_says_and_notes_are_told() -> None:
    Scripted.script = [Ask({"x": 0.6 + i / 100}, 3) for i in range(10)]
    run = make(AHEAD, 100, "evaluations", None)
    assert Many.widths == [4, 4, 2]
    assert run.notes == ["4 side by side", "4 side by side", "2 side by side"]
    assert run.end == End(0, RunStatus.COMPLETE)


@pytest.mark.parametrize(
    ("optimizer", "together"),
    [(SCRIPTED, None), (replace(STOPPER, capabilities=AHEAD.capabilities), None), (AHEAD, 1)],
    ids=["not-ahead", "pruner", "one"],
)
def test_nothing_is_evaluated_together_that_cannot_be(optimizer: OptimizerInfo, together: int | None) -> None:
    Scripted.script = [Ask({"x": 0.6 + i / 100}, 3) for i in range(6)]
    run = make(optimizer, 6, "evaluations", together)
    assert len(run.trials) == 6
    assert Many.widths == []


def test_trials_tile_the_clock() -> None:
    run = make("hyperband", 40, "evaluations", 8)
    clock = 0.0
    for row in run.trials:
        assert row["clock_start"] == pytest.approx(clock + row["ask_seconds"], abs=1e-12)  # type: ignore[operator]
        assert row["clock_end"] == pytest.approx(row["clock_start"] + row["evaluate_seconds"], abs=1e-12)  # type: ignore[operator]
        clock = row["clock_end"] + row["tell_seconds"]  # type: ignore[operator]
    assert all(row["evaluate_seconds"] > 0 for row in run.trials if row["status"] == "done")  # type: ignore[operator]


@given(nanoseconds=st.integers(0, 2**62), weights=st.lists(st.integers(1, 2**53), min_size=1, max_size=40))
def test_shares_sum_up(nanoseconds: int, weights: list[int]) -> None:
    parts = shares(nanoseconds, weights)
    assert sum(parts) == nanoseconds
    assert all(abs(p * sum(weights) - nanoseconds * w) <= sum(weights) for p, w in zip(parts, weights, strict=True))


@pytest.mark.parametrize("unit", ["seconds", "device-seconds"])
def test_a_budget_of_time_is_spent_and_never_overspent(unit: str) -> None:
    run = make("random", 0.05, unit, 8)
    assert run.books.ledger.spent == run.books.ledger.total == sum(row["cost"] for row in run.trials)  # type: ignore[misc]
    assert run.trials[-1]["number"] == len(run.trials) - 1
    assert max(Many.widths) == 8


@pytest.mark.parametrize("load", ["Broken", "Short"])
def test_what_fails_as_a_whole_is_done_one_by_one(load: str) -> None:
    alone = make("hyperband", 30, "evaluations", 1)
    group = make("hyperband", 30, "evaluations", 5, problem=replace(PROBLEM, load=f"{__name__}:{load}"))
    assert told(alone) == told(group)
    assert any("one by one" in note for note in group.notes)


@pytest.mark.parametrize("together", [1, 4])
def test_a_training_that_counts_as_false_is_one_all_the_same(together: int) -> None:
    """It is taken further with its mates, and continued rather than trained again."""
    Empties.started = 0
    Scripted.script = [
        *(Ask({"x": 0.6 + i / 100}, 3) for i in range(4)),
        *(Ask({"x": 0.6 + i / 100}, 9, continues=i) for i in range(4)),
    ]
    run = make(AHEAD, 20, "evaluations", together, problem=replace(PROBLEM, load=f"{__name__}:Empties"))
    assert run.column("status") == ["done"] * 8
    assert Empties.started == 4
    assert Empties.widths == ([] if together == 1 else [4, 4])
    assert not any("one by one" in note for note in run.notes)


def test_one_by_one_after_all_they_have_the_time_of_a_budget_between_them() -> None:
    Scripted.script = [Ask({"x": 0.6 + i / 100}) for i in range(8)]
    problem = replace(PROBLEM, load=f"{__name__}:SlowBroken")
    run = make(AHEAD, 0.1, "seconds", 8, problem=problem)
    assert run.books.ledger.spent == run.books.ledger.total == sum(row["cost"] for row in run.trials)  # type: ignore[misc]
    done = [row["evaluate_seconds"] for row in run.trials if row["status"] == "done"]
    assert sum(done) <= 0.1  # type: ignore[arg-type]
    assert run.column("status")[-1] == "cut"
    assert run.column("evaluate_seconds")[-1] == 0.0  # none is begun after the end


def test_a_trial_of_the_same_group_is_told_before_it_is_taken_further() -> None:
    first = {"x": 0.7}
    Scripted.script = [Ask(first, 2), Ask({"x": 0.8}, 2), Ask(first, 4, continues=0), Ask({"x": 0.9}, 4)]
    alone, group = (make(AHEAD, 20, "evaluations", width) for width in (1, 4))
    assert told(alone) == told(group)
    assert Many.widths == [2, 2]


def test_an_invalid_question_costs_nobody_who_was_asked_before() -> None:
    Scripted.script = [Ask({"x": 0.7}, 2), Ask({"x": 0.8}, 2), Ask({"x": 1.8}, 2)]
    alone, group = (make(AHEAD, 20, "evaluations", width) for width in (1, 4))
    assert told(alone) == told(group)
    assert len(group.trials) == 2
    assert isinstance(group.end, End)
    assert group.end.status is RunStatus.FAILED


def test_what_took_its_process_down_fails_and_its_mates_do_not() -> None:
    fatal = {2: Fatal("its process crashed", 5)}
    Scripted.script = [Ask({"x": 0.6 + i / 100}, 3) for i in range(4)]
    alone, group = (make(AHEAD, 100, "evaluations", width, fatal=fatal) for width in (1, 4))
    assert told(alone) == told(group)
    assert group.column("status") == ["done", "done", "failed", "done"]
    assert Many.widths == [3]


def test_alone_up_to_a_question_and_together_from_then_on() -> None:
    Scripted.script = [Ask({"x": 0.6 + i / 100}, 3) for i in range(10)]
    make(AHEAD, 100, "evaluations", 4, alone=4)
    assert Many.widths == [4, 2]


@pytest.mark.parametrize("kept", range(12))
def test_what_is_recorded_of_a_group_is_replayed(kept: int) -> None:
    """As after a kill in the middle of one."""
    whole = make("hyperband", 12, "evaluations", 5)
    recorded = tuple(Recorded(_row(row)) for row in whole.trials[:kept])
    again = make("hyperband", 12, "evaluations", 5, recorded=recorded)
    assert told(again) == told(whole)[kept:]


def _row(row: dict[str, Any]) -> TrialRow:
    configuration, metrics = json.loads(row["configuration"]), json.loads(row["metrics"] or "{}")
    return TrialRow(**{**row, "configuration": configuration, "metrics": metrics, "status": TrialStatus(row["status"])})


@pytest.mark.parametrize("width", [0, True, 2.0, None])
def test_a_width_that_is_none_fails_the_run(width: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Many, "widest", lambda _self, _device: width)
    run = make("random", 3, "evaluations", None)
    assert isinstance(run.end, End)
    assert f"widest must return a whole number from 1, not {width!r}" in (run.end.error or "")


@pytest.mark.parametrize("problem", [PROBLEM, FROM_SCRATCH, PLAIN], ids=lambda info: info.id)
@pytest.mark.parametrize("together", [1, 4])
def test_curves_are_recorded_at_each_step_and_change_nothing(problem: ProblemInfo, together: int) -> None:
    Scripted.script = [Ask({"x": 0.6 + i / 100}) for i in range(6)]
    plain, curves = (make(AHEAD, 6, "evaluations", together, problem=problem, curves=each) for each in (False, True))
    assert told(plain) == told(curves)
    assert not plain.reports
    assert len(curves.reports) == (4 * 6 if problem.fidelity else 0)  # at 2, 4, 6 and 8 of 9
