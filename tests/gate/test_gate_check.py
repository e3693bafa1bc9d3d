"""Checks of simulated experiments: what fails, what does not, and how often."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.gate import NOTHING, Planted, Shape, huge, lognormal, negative, often_zero, repeated, simulated, wild
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import RunStatus
from hpobench_tui.gate.baseline import Baseline, Machine, OfProblem, OfRun
from hpobench_tui.gate.check import Rule, check
from hpobench_tui.gate.outcome import Came, Finding, Outcome, What

CLOSE = lognormal(0.05)
SMALL = Shape(2, 3, 10, CLOSE)


def made(seed: int, shape: Shape = SMALL, planted: Planted = NOTHING, word: str | None = "ab") -> Baseline:
    return simulated(np.random.default_rng(seed), shape, planted, word)


def failed(outcome: Outcome) -> set[tuple[What, str | None, str | None]]:
    return {(each.what, each.problem, each.label) for each in outcome.findings if each.came is Came.FAILED}


def of(outcome: Outcome, what: What, problem: str | None = None, label: str | None = "l0") -> Finding:
    (found,) = [e for e in outcome.findings if (e.what, e.problem, e.label) == (what, problem, label)]
    return found


def changed(baseline: Baseline, **values: object) -> Baseline:
    """With other values in each run of l0."""
    runs = {
        place: tuple(replace(run, digest=repr(values), **values) for run in own) if place[1] == "l0" else own
        for place, own in baseline.runs.items()
    }
    return replace(baseline, runs=runs)


def scaled(baseline: Baseline, factor: float) -> Baseline:
    runs = {
        place: tuple(
            replace(run, digest="0", value=run.value if run.value is None else factor * run.value) for run in own
        )
        if place[1] == "l0"
        else own
        for place, own in baseline.runs.items()
    }
    return replace(baseline, runs=runs)


def test_equal_trials_need_no_test() -> None:
    outcome = check(made(1), made(1), Rule(time=True))
    assert outcome.passed
    assert of(outcome, What.TRIALS, label=None).came is Came.PASSED
    assert "bit by bit" in of(outcome, What.LOSS).message


@pytest.mark.parametrize("draw", [CLOSE, lognormal(3.0), negative(0.1), often_zero, wild, huge])
@pytest.mark.parametrize("seed", range(5))
def test_on_equal_seeds_unchanged_code_never_fails(draw: object, seed: int) -> None:
    shape = Shape(3, 3, 4, draw, failing=0.3, failing_trials=0.3)  # type: ignore[arg-type]
    assert check(made(seed, shape), made(seed, shape)).passed


@pytest.mark.parametrize("word", ["ab", None])
def test_five_percent_worse_is_caught_where_losses_are_close(word: str | None) -> None:
    outcome = check(made(1, planted=Planted(loss=0.05), word=word), made(2, word=word))
    found = of(outcome, What.LOSS)
    assert found.came is Came.FAILED
    assert 0.02 < float(found.numbers["change"] or 0) < 0.1
    assert float(found.numbers["power"] or 0) > 0.5
    assert of(outcome, What.LOSS, label="l1").came is Came.PASSED


def test_better_never_fails() -> None:
    assert check(scaled(made(1), 0.5), made(1)).passed


def test_worse_by_less_than_what_counts_passes() -> None:
    outcome = check(scaled(made(1), 1.01), made(1))
    assert outcome.passed
    assert "by less than 2 %" in of(outcome, What.LOSS).message
    assert not check(scaled(made(1), 1.01), made(1), Rule(min_effect=0.0)).passed


def test_within_the_tolerance_is_equal() -> None:
    tolerant = {name: replace(own, tolerance=10.0) for name, own in made(1).problems.items()}
    old = replace(made(1), problems=tolerant)
    outcome = check(scaled(old, 1.5), old)
    assert outcome.passed
    assert "equal within the tolerance" in of(outcome, What.LOSS).message


def test_from_zero_regret_to_any_is_worse_than_any_share() -> None:
    old = changed(made(1), value=0.0)
    outcome = check(changed(old, value=1e-3), old)
    assert (What.LOSS, None, "l0") in failed(outcome)
    assert of(outcome, What.LOSS).numbers["change"] == np.inf
    assert "0.001 worse than the baseline's 0" in of(outcome, What.LOSS, "p/0").message
    assert check(old, changed(old, value=1e-3)).passed


def test_negative_losses_are_relative_to_their_size() -> None:
    old = changed(made(1), value=-10.0)
    outcome = check(changed(old, value=-9.0), old)
    assert of(outcome, What.LOSS).numbers["change"] == pytest.approx(0.1)
    assert not outcome.passed


def test_one_problem_alone_is_caught_too() -> None:
    old = made(1, Shape(2, 10, 12, CLOSE))
    runs = {
        place: tuple(replace(run, digest="0", value=3 * (run.value or 0)) for run in own)
        if place == ("p/7", "l1")
        else own
        for place, own in old.runs.items()
    }
    outcome = check(replace(old, runs=runs), old)
    assert (What.LOSS, "p/7", "l1") in failed(outcome)
    assert all(label == "l1" for _, _, label in failed(outcome))


@pytest.mark.parametrize("repetitions", [1, 2])
def test_so_few_seeds_cannot_tell(repetitions: int) -> None:
    shape = Shape(1, 1, repetitions, CLOSE)
    outcome = check(made(1, shape, Planted(loss=5.0)), made(2, shape))
    found = of(outcome, What.LOSS, "p/0")
    assert outcome.passed
    assert found.came is Came.SKIPPED
    assert "cannot tell" in found.message


def test_a_run_that_fails_anew_on_equal_seeds_fails_at_once() -> None:
    old = made(1)
    first, *others = old.runs["p/1", "l0"]
    lost = replace(first, status=RunStatus.FAILED, value=None, digest="0")
    outcome = check(replace(old, runs=old.runs | {("p/1", "l0"): (lost, *others)}), old)
    assert failed(outcome) == {(What.FAILURES, None, "l0")}
    assert "p/1 repetition 0" in of(outcome, What.FAILURES).message


def test_where_a_budget_is_of_time_a_failure_on_equal_seeds_may_be_chance() -> None:
    made_ = made(1)
    old = replace(made_, problems={name: replace(own, unit="seconds") for name, own in made_.problems.items()})
    first, *others = old.runs["p/1", "l0"]
    outcome = check(
        replace(old, runs=old.runs | {("p/1", "l0"): (replace(first, value=None, digest="0"), *others)}), old
    )
    assert outcome.passed
    assert float(of(outcome, What.FAILURES).numbers["power"] or 0) < 0.5
    assert not check(changed(old, value=None), old).passed


def test_a_value_that_was_edited_is_no_value_that_is_equal() -> None:
    edited = {
        place: tuple(replace(run, value=(run.value or 0) / 2) for run in own) for place, own in made(1).runs.items()
    }
    outcome = check(made(1), replace(made(1), runs=edited))
    assert of(outcome, What.TRIALS, label=None).numbers["equal"] == 0
    assert (What.LOSS, None, "l0") in failed(outcome)


def test_a_run_without_a_value_is_a_failed_one() -> None:
    outcome = check(changed(made(1), value=None), made(1))
    assert failed(outcome) == {(What.FAILURES, None, "l0")}
    assert of(outcome, What.LOSS).came is Came.SKIPPED


def test_one_more_failed_trial_in_ten_is_caught() -> None:
    old = changed(made(1), failed=5)
    outcome = check(changed(old, failed=10), old)
    assert failed(outcome) == {(What.FAILURES, None, "l0")}
    assert "10 % → 20 %" in of(outcome, What.FAILURES).message
    assert of(outcome, What.FAILURES).numbers["power_trials"] == 1.0


def test_slower_asks_are_caught_only_if_asked_for() -> None:
    new, old = made(1, planted=Planted(slower=1.3)), made(2)
    assert all(found.what is not What.TIME for found in check(new, old).findings)
    outcome = check(new, old, Rule(time=True))
    assert {each for each in failed(outcome) if each[0] is What.TIME} == {(What.TIME, None, "l0")}
    assert float(of(outcome, What.TIME).numbers["ratio"] or 0) == pytest.approx(1.3, rel=0.1)
    assert of(check(new, old, Rule(time=True, slowdown=1.5)), What.TIME).came is Came.PASSED


def test_a_slowdown_that_nobody_feels_passes() -> None:
    old = changed(made(1), seconds=1e-4)
    assert check(changed(old, seconds=2e-4), old, Rule(time=True)).passed


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (None, "another job"),
        (Machine({"boot": "b"}, 0.0, 1.0), "another machine: boot"),
        (Machine({"boot": "0"}, 1e6, 1e6), "hours apart"),
    ],
)
def test_times_of_other_jobs_are_not_compared(machine: Machine | None, why: str) -> None:
    outcome = check(made(1, planted=Planted(slower=9.0)), replace(made(1), machine=machine), Rule(time=True))
    found = of(outcome, What.TIME, label=None)
    assert found.came is Came.SKIPPED
    assert why in found.message


@pytest.mark.parametrize("hardware", [{}, {"boot": "unknown", "cores": "2"}])
def test_two_unknown_machines_are_not_taken_for_one(hardware: dict[str, str]) -> None:
    new, old = (
        replace(own, machine=Machine(hardware, 0.0, 1.0)) for own in (made(1, planted=Planted(slower=9.0)), made(1))
    )
    assert "not on record" in of(check(new, old, Rule(time=True)), What.TIME, label=None).message


def test_what_is_missing_fails_unless_it_is_allowed() -> None:
    old = made(1)
    new = replace(old, runs={place: runs[:7] for place, runs in old.runs.items() if place[0] != "p/2"})
    outcome = check(new, old)
    assert {each for each in failed(outcome) if each[0] is What.COVERAGE} == {
        (What.COVERAGE, "p/2", None), *((What.COVERAGE, f"p/{n}", f"l{m}") for n in range(2) for m in range(2)),
    }  # fmt: skip
    assert of(outcome, What.COVERAGE, "p/2", None).numbers == {"missing": 20, "n": 20}
    assert check(new, old, Rule(allow_missing=True)).passed


def test_a_label_that_is_gone_is_one_finding() -> None:
    old = made(1)
    new = replace(old, runs={place: runs for place, runs in old.runs.items() if place[1] != "l1"})
    assert failed(check(new, old)) == {(What.COVERAGE, None, "l1")}


def test_what_is_new_is_said() -> None:
    old = made(1)
    fewer = replace(old, runs={place: runs for place, runs in old.runs.items() if place[1] != "l1"})
    outcome = check(old, fewer)
    assert outcome.passed
    assert "not in the baseline, so not checked: l1 on p/0, p/1, p/2" in outcome.notes


def test_new_repetitions_are_said() -> None:
    outcome = check(made(1, Shape(2, 3, 12, CLOSE)), made(1))
    assert "12 runs have no counterpart in the baseline and are not checked" in outcome.notes


def test_code_that_changed_alike_is_one_note() -> None:
    old, new = (replace(made(1), code={f"optimizer o{n}": f"code {rev}" for n in range(9)}) for rev in "ab")
    (note,) = check(new, old).notes
    assert "optimizer o0" in note
    assert note.endswith("code a in the baseline, code b now")


def test_other_problems_are_named_with_what_differs() -> None:
    new, old = made(1), made(1)
    other = replace(new.problems["p/1"], budget="51", reference=0.5)
    with pytest.raises(
        HpobenchError, match=r"p/1: budget 50 in the baseline, 51 now; p/1: reference 0.0 in.*, 0.5 now"
    ):
        check(replace(new, problems=new.problems | {"p/1": other}), old)


def test_nothing_in_common_is_said() -> None:
    old = made(1)
    renamed = replace(
        old,
        problems={f"q{name}": own for name, own in old.problems.items()},
        runs={(f"q{problem}", label): runs for (problem, label), runs in old.runs.items()},
    )
    with pytest.raises(HpobenchError, match="no optimizer on a problem in common"):
        check(renamed, old)


@pytest.mark.parametrize(
    "wrong", [{"alpha": 0.0}, {"alpha": float("nan")}, {"min_effect": -1.0}, {"slowdown": 0.5}, {"effect": 0.0}]
)
def test_a_rule_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(HpobenchError, match="must be from"):
        Rule(**wrong)  # type: ignore[arg-type]


def test_the_rule_is_told_with_its_power() -> None:
    lines = check(made(1), made(2)).rule
    assert any("at most 5 % fail" in line for line in lines)
    assert any(
        "5 % worse on all problems, of one optimizer, would be caught with probability" in line for line in lines
    )
    assert any("one more failed run in ten" in line for line in lines)


def test_pairs_of_other_seeds_are_in_order_and_said_so() -> None:
    outcome = check(made(1, word=None), made(2, word=None))
    assert any("as seeds differ" in line for line in outcome.rule)
    assert of(outcome, What.TRIALS, label=None).numbers["equal_seeds"] == 0


@pytest.mark.parametrize(
    "shape",
    [
        Shape(4, 3, 8, lognormal(0.3)),
        Shape(1, 1, 20, wild),
        Shape(3, 3, 8, often_zero),
        Shape(2, 2, 8, huge),
        Shape(3, 3, 10, CLOSE, failing=0.2, failing_trials=0.1),
        Shape(3, 2, 2, negative(0.1)),
    ],
    ids=["spread", "wild", "often zero", "huge", "failing", "negative"],
)
def test_of_unchanged_code_no_more_than_the_level_fail(shape: Shape) -> None:
    rule = Rule(alpha=0.1, min_effect=0.0, time=True, slowdown=1.0, power=False)
    assert repeated(shape, 60, rule=rule).failed <= 0.1 + 0.12  # three standard errors; the slow tier has more


@pytest.mark.long
def test_sixty_optimizers_on_forty_problems_keep_the_level() -> None:
    assert repeated(Shape(60, 40, 5, CLOSE), 1, rule=Rule(power=False)).failed == 0.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "planted", [Planted(loss=0.05), Planted(failing=0.1), Planted(failing_trials=0.1), Planted(slower=1.3)], ids=str
)
def test_two_hundred_checks(planted: Planted) -> None:
    shape = Shape(4, 4, 15, lognormal(0.1))
    rule = Rule(time=True)
    quiet = replace(rule, power=False)
    assert repeated(shape, 200, rule=quiet).failed <= rule.alpha + 0.02
    assert repeated(shape, 200, rule=quiet, equal_seeds=True, seed=5).failed <= rule.alpha + 0.02
    found = repeated(shape, 200, planted, rule, seed=9)
    assert found.caught >= found.announced - 0.1


@pytest.mark.long
def test_what_is_planted_is_caught_as_often_as_announced() -> None:
    shape = Shape(2, 3, 10, lognormal(0.1))
    found = repeated(shape, 60, Planted(loss=0.1), Rule(effect=0.1), seed=3)
    assert 0.2 < found.announced < 1.0
    assert found.caught == pytest.approx(found.announced, abs=0.2)


@pytest.mark.long
@pytest.mark.parametrize(
    ("planted", "rule"),
    [
        (Planted(loss=0.05), Rule(min_effect=0.05)),
        (Planted(loss=0.05), Rule(min_effect=0.2)),
        (Planted(slower=1.3), Rule(time=True, slowdown=1.3)),
    ],
    ids=str,
)
def test_the_smallest_change_that_counts_is_part_of_the_power(planted: Planted, rule: Rule) -> None:
    found = repeated(Shape(1, 3, 20, CLOSE), 60, planted, rule, seed=4)
    assert found.caught == pytest.approx(found.announced, abs=0.15)


@pytest.mark.parametrize(("a_trial", "power"), [(1e-3, 1.0), (2e-5, 0.0)])
def test_no_power_is_told_for_a_slowdown_that_nobody_feels(a_trial: float, power: float) -> None:
    def timed(baseline: Baseline) -> Baseline:
        runs = {
            place: tuple(replace(run, seconds=a_trial * run.trials * (1 + run.repetition / 100)) for run in own)
            for place, own in baseline.runs.items()
        }
        return replace(baseline, runs=runs)

    new, old = timed(made(1)), timed(made(2))
    new = replace(new, runs={**new.runs, ("p/0", "l0"): made(1).runs["p/0", "l0"]})
    assert of(check(new, old, Rule(time=True)), What.TIME).numbers["power"] == power


def test_names_may_be_anything() -> None:
    problem, label = "p\n|,=cmd()\x1b[2J", "\u202e名\0"
    own = OfProblem("evaluations", "5", None, "incumbent loss", 0.0, 0.0)
    runs = tuple(OfRun(n, f"{n}a", RunStatus.DONE, 1.0 + n, 5, 0, f"{n}") for n in range(9))
    old = Baseline("\n", {}, {}, {problem: own}, {(problem, label): runs})
    worse = tuple(replace(run, value=2 * (run.value or 0), digest="f") for run in runs)
    assert failed(check(replace(old, runs={(problem, label): worse}), old)) == {(What.LOSS, problem, label)}
