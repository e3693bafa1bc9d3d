"""What tables, exports and the app open on: each problem's own measure, unless a person names one; ties are told."""

import json
import re
from contextlib import closing
from pathlib import Path

import pytest

from factories import Row, account, history, run_row, store
from feeds import read
from hpobench_tui import plugins
from hpobench_tui.analysis.anytime import anytime_table
from hpobench_tui.cli.show import print_results
from hpobench_tui.core import Budget, Measure
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.experiment import Contender, Experiment
from hpobench_tui.export.bundle import export
from hpobench_tui.store.reader import Reader
from hpobench_tui.store.writer import create
from hpobench_tui.tui.feed import Feed
from hpobench_tui.tui.feed.curves import Curves


def mixed(folder: Path) -> Path:
    """Two policies that both found the better arm, one after more bad pulls; and a tie on a problem to tune."""
    runs: list[Row] = []
    trials: list[Row] = []
    for problem, measure, reference, losses in (
        ("toy/arms", Measure.PSEUDO, 0.2, {"ucb1": (0.5, 0.2, 0.2), "uniform": (0.5, 0.5, 0.2)}),
        ("toy/smooth", Measure.SIMPLE, 0.0, {"ucb1": (0.9, 0.4, 0.4), "uniform": (0.4, 0.8, 0.8)}),
    ):
        for label, each in losses.items():
            number = len(runs)
            runs.append(
                run_row(
                    number, problem=problem, label=label, budget=3, spent=3, trials=3, reference=reference,
                    measure=measure,
                )
            )  # fmt: skip
            trials += history(number, each)
    progress = [row for run in runs for row in account([t for t in trials if t["run"] == run["id"]], run["reference"])]
    store(folder, runs, trials, progress).close()
    return folder


def test_show_has_each_problem_in_its_own_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_results(mixed(tmp_path), anytime=True)
    text = capsys.readouterr().out
    _, arms, smooth = re.split(r"\n(?=toy/(?:arms|smooth) *\n)", text)
    assert "final pseudo-regret" in arms
    assert "final simple regret" in smooth
    assert "0.3 [0.3, 0.3] *" in arms, "fewer bad pulls win"
    assert "*" not in smooth.split("median [quartiles]")[0], "a tie is nobody's win"
    assert smooth.count("0.4 [0.4, 0.4] tie") == 2
    assert "average ranks over 2 of 2 problems" in smooth
    assert "ucb1 1.25, uniform 1.75" in smooth, "ranks are by each problem's own measure"
    assert "median pseudo-regret at parts of the budget" in " ".join(smooth.split())


def test_a_measure_that_is_named_is_that_of_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_results(mixed(tmp_path), "simple", as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["measure"] == "simple regret"
    assert {row["measure"] for row in found["final"]} == {"simple regret"}
    assert [row["tied_in_problem"] for row in found["final"]] == [True] * 4
    assert not any(row["best_in_problem"] for row in found["final"])


def test_exports_do_likewise_and_say_which(tmp_path: Path) -> None:
    with Reader(mixed(tmp_path)) as reader:
        export(reader, tmp_path / "out", ["csv", "md", "tex"])
    markdown, latex = ((tmp_path / "out" / f"table.{kind}").read_text() for kind in ("md", "tex"))
    assert "| pseudo-regret, median [quartiles] |" in markdown
    assert "| simple regret, median [quartiles] |" in markdown
    assert "**0.300** [0.300, 0.300]" in markdown
    assert markdown.count("0.400 [0.400, 0.400] (tie)") == 2
    assert "toy/arms (budget 3 evaluations): pseudo-regret" in latex
    assert "toy/smooth (budget 3 evaluations): simple regret" in latex
    assert latex.count("(tie)") == 2
    lines = (tmp_path / "out" / "anytime.csv").read_text().splitlines()
    assert any("pseudo-regret" in line for line in lines)
    assert any(line.startswith("toy/smooth") and "simple regret" in line and ",True," in line for line in lines)


def test_the_app_opens_on_the_problems_own_measure(tmp_path: Path) -> None:
    with closing(Feed(mixed(tmp_path))) as feed:
        curves = feed.get(Curves, "toy/smooth", Axis.BUDGET, Measure.SIMPLE)
        read(feed, curves)
        assert feed.state.measure("toy/arms") is Measure.PSEUDO
        assert feed.state.measure("toy/smooth") is Measure.SIMPLE
        runs = feed.state.runs_of("toy/smooth")
        table = anytime_table("toy/smooth", runs, curves.picture or {}, Axis.BUDGET, Measure.SIMPLE)
    last = [(row.medians[-1], row.best[-1], row.tied[-1]) for row in table.rows]
    assert last == [(0.4, False, True)] * 2


@pytest.mark.parametrize("info", plugins.problems(), ids=lambda info: str(info.id))
def test_pulls_of_arms_are_for_cumulative_regret_and_the_rest_is_for_the_best(info) -> None:
    pulls = "bandit" in info.tags and info.fidelity is None and "best-arm" not in info.tags
    assert info.measure.summed == pulls


def test_the_measure_is_in_the_store_so_that_no_plugin_is_needed(tmp_path: Path) -> None:
    info = plugins.problems()["bandits/adversarial"]
    budget = Budget.of(5, "evaluations")
    create(
        tmp_path,
        Experiment("n", (info.id,), (Contender("ucb1", "ucb1"),), {info.id: budget}, 1, 0),
        {info.id: info},
        {},
    )
    with Reader(tmp_path) as reader:
        (run,) = reader.runs()
    assert run.measure is Measure.CUMULATIVE
    assert run.tolerance == 2.0**-50
