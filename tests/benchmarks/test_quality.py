"""Quality runs: the statistics on made-up data, the curves against an independent drive, resuming, the report."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import wilcoxon

from benchmarks import peers
from benchmarks.quality import command, report, runs, sets
from benchmarks.quality.runs import FRESH_SEED, Key, Outcome
from benchmarks.quality.statistics import FLOOR, Pair, area, family, final, holm, log_regret, mean_ranks, signed_rank
from hpobench_tui.core import Budget, HpobenchError, Task, Trial, TrialStatus
from hpobench_tui.core.compatibility import refusal
from hpobench_tui.core.seeds import optimizer_seed
from hpobench_tui.plugins import build_optimizer, load_problem, optimizers, problems

BRANIN = "synthetic/branin"
TINY = sets.Comparison(
    "tiny", ("synthetic/branin", "synthetic/mixed"), 12, "evaluations", ours=("random",), peers=("grid",)
)


class TestCurves:
    def test_area_is_the_mean_of_the_steps(self) -> None:
        curve = [(3, 100.0), (5, 10.0), (9, 1.0)]
        assert area(curve, 10) == pytest.approx((5 * 2 + 4 * 1 + 1 * 0) / 10)
        assert area([(1, 0.1)], 7) == pytest.approx(-1.0)

    def test_area_against_a_sum_over_every_unit(self) -> None:
        rng = np.random.default_rng(3)
        for _ in range(50):
            total = int(rng.integers(20, 200))
            starts = np.sort(rng.choice(np.arange(1, total), size=6, replace=False))
            regrets = 10 ** rng.normal(size=6)
            curve = [(int(s), float(r)) for s, r in zip(starts, regrets, strict=True)]
            held = [next((r for s, r in reversed(curve) if s <= unit), curve[0][1]) for unit in range(total)]
            assert area(curve, total) == pytest.approx(np.mean(np.log10(held)), abs=1e-12)

    def test_floor_and_no_incumbent(self) -> None:
        assert log_regret(0.0) == log_regret(-1e-15) == log_regret(FLOOR) == -12.0
        assert final([(1, 5.0), (2, 0.01)]) == -2.0
        assert final([]) == area([], 10) == float("inf")


class TestSignedRank:
    def test_against_all_sign_patterns(self) -> None:
        """The exact null distribution: every pattern of signs over the ranks is equally likely."""
        differences = np.array([-1.0, 2.5, -0.3, -4.0, -5.5, -0.7, -6.1])
        ranks = np.argsort(np.argsort(np.abs(differences))) + 1
        observed = (np.sign(differences) * ranks).sum()
        sums = [np.dot(signs, ranks) for signs in product((-1, 1), repeat=7)]
        p, direction = signed_rank(differences, np.zeros(7))
        assert p == pytest.approx(np.mean([abs(s) >= abs(observed) for s in sums]))
        assert direction == pytest.approx(observed / 28)

    def test_against_scipy_and_antisymmetric(self) -> None:
        rng = np.random.default_rng(8)
        ours, theirs = rng.normal(size=30), rng.normal(size=30)
        p, direction = signed_rank(ours, theirs)
        assert p == pytest.approx(wilcoxon(ours, theirs).pvalue)
        assert signed_rank(theirs, ours) == (pytest.approx(p), pytest.approx(-direction))

    def test_no_differences(self) -> None:
        same = np.array([-12.0, -12.0, np.inf])
        assert signed_rank(same, same) == (1.0, 0.0)

    def test_a_run_without_an_incumbent_is_the_largest_difference(self) -> None:
        theirs = np.arange(10.0)
        ours = theirs - 1.0 - np.arange(10.0) / 100
        ours[4] = np.inf
        as_large = np.where(np.isinf(ours), 1e9, ours)
        assert signed_rank(ours, theirs) == signed_rank(as_large, theirs)


class TestFamily:
    def test_holm_by_hand(self) -> None:
        assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
        assert holm([0.5, 0.9]) == [1.0, 1.0]
        assert holm([]) == []

    def test_verdicts(self) -> None:
        rng = np.random.default_rng(1)
        base = rng.normal(size=30)
        shifted = {"low": base - 1.0, "high": base + 1.0, "same": base + 1e-3 * rng.normal(size=30)}
        tests = family([Pair("p", name, "final", ours, base) for name, ours in shifted.items()])
        assert {test.peer: test.verdict for test in tests} == {
            "low": "better", "high": "WORSE", "same": "no difference",
        }  # fmt: skip
        assert [test.repetitions for test in tests] == [30] * 3
        assert tests[0].ours == pytest.approx(tests[0].theirs - 1.0)

    def test_few_families_without_an_effect_show_one(self) -> None:
        """The rate of families with any false verdict is at most the level: of 100, 5 expected, 15 beyond 4.5 sd."""
        rng = np.random.default_rng(2)
        pairs = [
            [Pair("p", str(i), "final", rng.normal(size=15), rng.normal(size=15)) for i in range(5)] for _ in range(100)
        ]
        wrong = sum(any(test.verdict != "no difference" for test in family(each)) for each in pairs)
        assert wrong < 15

    def test_an_effect_on_most_repetitions_is_found_in_a_large_family(self) -> None:
        """30 paired seeds at a shift of one standard deviation, among 83 tests without an effect."""
        rng = np.random.default_rng(4)
        null = [Pair("p", str(i), "final", rng.normal(size=30), rng.normal(size=30)) for i in range(83)]
        effect = Pair("p", "effect", "final", rng.normal(size=30) - 1.5, rng.normal(size=30))
        assert family([*null, effect])[-1].verdict == "better"


def test_mean_ranks() -> None:
    values = np.array([[1.0, 2.0, 3.0], [5.0, 5.0, np.nan], [9.0, 7.0, 8.0]])
    assert mean_ranks(values) == pytest.approx([(1 + 1.5 + 3) / 3, (2 + 1.5 + 1) / 3, (3 + 2) / 2])
    assert np.isnan(mean_ranks(np.full((1, 1), np.nan))).all()


class TestSets:
    @pytest.mark.parametrize("comparison", sets.SETS, ids=lambda c: c.name)
    def test_problems_and_opponents_are_there(self, comparison: sets.Comparison) -> None:
        for problem in comparison.problems:
            assert problems()[problem].id == problem
        for peer in comparison.peers:
            assert any(refusal(problems()[p], peers.find(peer)) is None for p in comparison.problems)
        assert all(set(comparison.opponents(ours)) <= set(comparison.peers) for ours in comparison.ours)
        assert len(set(comparison.optimizers)) == len(comparison.optimizers)

    def test_a_cycle_costs_what_it_says(self) -> None:
        from hpobench_tui.core.brackets import hyperband

        for problem in sets.WITH_FIDELITY:
            fidelity = problems()[problem].fidelity
            rungs = [r for b in hyperband(3, fidelity.maximum, minimum=fidelity.minimum) for r in b.rungs]
            assert sum(r.configurations * r.fidelity for r in rungs) == sets.CYCLE * fidelity.maximum

    def test_chosen(self) -> None:
        valid = ("a[x=1,y=2]", "b", "c")
        assert sets.chosen("c, a[x=1,y=2]", valid, "thing") == ("a[x=1,y=2]", "c")
        assert sets.chosen(None, valid, "thing") == valid
        with pytest.raises(HpobenchError, match="thing d"):
            sets.chosen("b,d", valid, "thing")

    def test_work_goes_repetition_by_repetition(self) -> None:
        keys = list(runs.work(("random",), ("synthetic/branin", "synthetic/mixed"), 3))
        assert [key.repetition for key in keys] == [0, 0, 1, 1, 2, 2]
        assert keys == sorted(keys)

    def test_pairs_that_cannot_run_are_left_out(self) -> None:
        keys = list(runs.work(("cma", "random"), ("synthetic/mixed",), 1))
        assert keys == [Key(0, "synthetic/mixed", "random")]


class TestRuns:
    @pytest.mark.parametrize(("problem", "optimizer"), [("synthetic/branin", "random"), ("synthetic/mixed", "random")])
    def test_curve_against_a_drive_by_hand(self, problem: str, optimizer: str) -> None:
        """Budget, seed and regret are what they should be, without the engine."""
        outcome = runs.execute(Key(2, problem, optimizer), 40, "evaluations")
        info = problems()[problem]
        made, described = load_problem(info), optimizers()[optimizer]
        seed = optimizer_seed(FRESH_SEED, problem, optimizer, 2)
        task = Task(made.space(), info.fidelity, Budget.of(40, "evaluations"), seed, described.settings({}))
        driven, losses = build_optimizer(described, task), []
        for number in range(40):
            ask = driven.ask()
            training = made.start(ask.configuration, 1, "cpu")
            losses.append(training.advance(info.fidelity.maximum if info.fidelity else 1).loss)
            driven.tell(Trial(number, number, ask.configuration, TrialStatus.DONE, losses[-1]))
        best = np.minimum.accumulate(losses) - info.reference.loss
        changes = [(i + 1, best[i]) for i in range(40) if i == 0 or best[i] < best[i - 1]]
        assert outcome.trials == 40
        assert outcome.curve == [(spent, pytest.approx(regret)) for spent, regret in changes]

    def test_no_run_overspends_its_fidelity(self) -> None:
        outcome = runs.execute(Key(0, "bandits/curves", "hyperband"), 21, "full-evaluations")
        assert (outcome.status, outcome.trials) == ("done", 187)
        assert max(spent for spent, _ in outcome.curve) <= 21 * 81

    def test_lines_read_back_and_a_cut_one_is_no_run(self, tmp_path: Path) -> None:
        whole = [made("random", 0, 0.5), made("random", 1, 0.25), made("grid", 0, 1.0)]
        file = tmp_path / "tiny.jsonl"
        file.write_text("\n".join(outcome.line() for outcome in whole) + "\n" + made("grid", 1, 3.0).line()[:-20])
        assert list(runs.stored(file, TINY).values()) == whole
        runs.append(file, made("grid", 2, 3.0).line())
        assert list(runs.stored(file, TINY).values()) == [*whole, made("grid", 2, 3.0)]

    def test_forgotten_runs_do_not_count_and_later_ones_do(self, tmp_path: Path) -> None:
        file = tmp_path / "tiny.jsonl"
        for outcome in (made("random", 0, 0.5), made("grid", 0, 1.0)):
            runs.append(file, outcome.line())
        runs.forget(file, "random")
        assert list(runs.stored(file, TINY).values()) == [made("grid", 0, 1.0)]
        runs.append(file, made("random", 0, 0.7).line())
        assert list(runs.stored(file, TINY).values()) == [made("grid", 0, 1.0), made("random", 0, 0.7)]

    def test_runs_of_another_budget_do_not_count(self, tmp_path: Path) -> None:
        file = tmp_path / "tiny.jsonl"
        file.write_text(made("random", 0, 0.5, budget=13).line() + "\n")
        assert runs.stored(file, TINY) == {}


def made(
    optimizer: str, repetition: int, regret: float, budget: int = 12, problem: str = "synthetic/branin"
) -> Outcome:
    """A made-up run that came to half its regret in the middle."""
    curve = [(1, 4.0 * regret), (budget // 2, regret)]
    return Outcome(Key(repetition, problem, optimizer), "done", None, budget, curve, 0.1, 0.2, budget, "evaluations")


class TestReport:
    def outcomes(self) -> dict[Key, Outcome]:
        rng = np.random.default_rng(6)
        each = [
            made(name, repetition, level * float(10 ** (0.1 * rng.normal())), problem=problem)
            for problem in TINY.problems
            for name, level in (("random", 0.01), ("grid", 0.1))
            for repetition in range(30)
        ]
        return {outcome.key: outcome for outcome in each}

    def test_a_better_optimizer_is_found_better(self) -> None:
        built = report.build(TINY, self.outcomes())
        assert [t.verdict for t in built.tests["random"]] == ["better"] * 4
        assert [(rank.optimizer, rank.common["final"], rank.all["area"]) for rank in built.ranks] == [
            ("random", 1.0, 1.0), ("grid", 2.0, 2.0),
        ]  # fmt: skip
        assert (built.common, built.repetitions, built.failed) == (2, (30, 30), [])
        assert built.medians["synthetic/branin"]["grid"]["final"] == pytest.approx(-1.0, abs=0.1)
        json.dumps(report.as_json(built))

    def test_only_common_repetitions_are_paired_and_failures_named(self) -> None:
        outcomes = {key: o for key, o in self.outcomes().items() if key.optimizer == "grid" or key.repetition < 8}
        broken = Key(0, "synthetic/mixed", "random")
        outcomes[broken] = Outcome(broken, "failed", "it broke", 0, [], 0.0, 0.0, 12, "evaluations")
        built = report.build(TINY, outcomes)
        assert {test.repetitions for test in built.tests["random"]} == {8}
        assert built.failed == ["synthetic/mixed random repetition 0: it broke"]
        assert "it broke" in report.summary(built)
        assert "it broke" in report.markdown(built)

    def test_medians_are_of_the_same_repetitions(self) -> None:
        """The one with fewer runs is not compared with the lucky rest of the other's."""
        each = [made("random", k, 0.1 if k < 3 else 1e-9) for k in range(9)] + [made("grid", k, 0.5) for k in range(3)]
        built = report.build(TINY, {outcome.key: outcome for outcome in each})
        assert built.medians[BRANIN]["random"]["final"] == pytest.approx(-1.0)

    def test_worse_is_said_aloud(self) -> None:
        turned = sets.Comparison(
            "tiny", TINY.problems, 12, "evaluations", ours=("grid",), peers=("random",), context=()
        )
        built = report.build(turned, self.outcomes())
        assert report.summary(built).count("WORSE than random") == 4
        assert report.markdown(built).count("**WORSE**") == 4

    def test_nothing_was_run(self) -> None:
        built = report.build(TINY, {})
        assert (built.tests, built.ranks) == ({}, [])
        assert "0 repetitions" in report.summary(built)
        assert "0 repetitions" in report.markdown(built)

    def test_json_of_runs_without_an_incumbent_has_no_infinities(self) -> None:
        empty = [
            Outcome(Key(0, BRANIN, name), "done", None, 0, [], 0.0, 0.0, 12, "evaluations")
            for name in ("random", "grid")
        ]
        plain = report.as_json(report.build(TINY, {outcome.key: outcome for outcome in empty}))
        assert '"final": null' in json.dumps(plain, allow_nan=False)


class TestCommand:
    @pytest.fixture(autouse=True)
    def tiny(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(sets, "SETS", (TINY,))
        monkeypatch.setattr(runs, "FOLDER", tmp_path)

    def test_runs_resumes_and_forgets(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        command.main(["run", "tiny", "--seeds", "2", "--optimizers", "random"])
        assert "tiny: 4 runs of 12 evaluations" in capsys.readouterr().out
        first = (tmp_path / "tiny.jsonl").read_text()
        command.main(["run", "tiny", "--seeds", "3"])
        assert "tiny: 8 runs" in capsys.readouterr().out
        assert (tmp_path / "tiny.jsonl").read_text().startswith(first)
        command.main(["run", "tiny", "--seeds", "3", "--again", "random"])
        assert "tiny: 6 runs" in capsys.readouterr().out
        outcomes = runs.stored(tmp_path / "tiny.jsonl", TINY)
        assert len(outcomes) == 12
        assert [o.curve for o in map(Outcome.read, first.splitlines())] == [
            outcomes[Outcome.read(line).key].curve for line in first.splitlines()
        ]

    @pytest.mark.parametrize("form", [[], ["--markdown"], ["--json"]])
    def test_reports(self, capsys: pytest.CaptureFixture[str], form: list[str]) -> None:
        command.main(["run", "tiny", "--seeds", "2", "--problems", "synthetic/branin"])
        capsys.readouterr()
        command.main(["report", "tiny", *form])
        told = capsys.readouterr().out
        assert "random" in told
        assert "grid" in told
        if form == ["--json"]:
            assert json.loads(told)["tests"]["random"][0]["repetitions"] == 2

    def test_bad_input_is_said_in_one_line(self) -> None:
        with pytest.raises(SystemExit, match=r"optimizer nonsense\. Valid: random, grid"):
            command.main(["run", "tiny", "--optimizers", "nonsense"])
