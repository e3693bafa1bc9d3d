"""Figures and conclusions of stored results, from Python."""

from pathlib import Path

import matplotlib
import pytest
from matplotlib import pyplot

from factories import history, run_row, store
from hpobench_tui import Experiment, HpobenchError


@pytest.fixture
def made(tmp_path: Path) -> Experiment:
    """Two labels on two problems, of which the second is ahead in every repetition."""
    matplotlib.use("agg")
    runs, trials = [], []
    for problem in ("toy/one", "toy/two"):
        for repetition in range(8):
            for label, scale in (("_first", 1.0), ("$second$", 0.25)):
                number = len(runs)
                runs.append(run_row(number, problem=problem, label=label, repetition=repetition))
                trials += history(number, [scale * (1 + repetition / 8) / (n + 1) for n in range(10)])
    store(tmp_path / "made", runs, trials).close()
    return Experiment([tmp_path / "made"])


@pytest.fixture(autouse=True)
def closed() -> None:
    pyplot.close("all")


def test_figures_are_drawn_on_axes_of_their_own_with_a_legend(made: Experiment) -> None:
    for draw, title in (
        (lambda: made.plot.regret("toy/one"), "toy/one: median and quartiles of 8 runs"),
        (made.plot.ranks, "average ranks over 2 problems, 16 blocks"),
        (made.plot.ecdf, "targets reached: all problems"),
        (made.plot.aggregate, "normalised regret over 2 problems"),
        (made.plot.profile, "performance profile over 2 problems"),
        (lambda: made.plot.ecdf("toy/two"), "targets reached: toy/two"),
    ):
        axes = draw()
        assert axes.get_title() == title
        assert len(axes.get_lines()) == 2
        (legend,) = axes.figure.legends
        assert [text.get_text() for text in legend.get_texts()] == [" _first", r"\$second\$"]
        axes.figure.canvas.draw()
    assert len(pyplot.get_fignums()) == 6


def test_they_are_drawn_on_axes_that_are_given(made: Experiment) -> None:
    figure, (left, right) = pyplot.subplots(1, 2)
    assert made.plot.regret("toy/one", measure="incumbent", axis="evaluations", ax=left) is left
    assert made.plot.ecdf(ax=right) is right
    assert (left.get_ylabel(), left.get_xlabel()) == ("incumbent loss", "evaluations")
    assert left.get_legend() is not None
    assert not figure.legends


def test_importance_is_drawn_with_the_most_important_on_top(made: Experiment) -> None:
    axes = made.plot.importance("toy/one")
    assert [text.get_text() for text in axes.get_yticklabels()] == ["x"]


def test_diagrams_name_the_labels_and_figures_of_several_axes_are_their_own(made: Experiment) -> None:
    assert {text.get_text() for text in made.plot.critical().texts} >= {r"\$second\$ 1", "2 _first"}
    heat = made.plot.wins()
    assert [text.get_text() for text in heat.get_yticklabels()] == [r"\$second\$", "_first"]
    assert [text.get_text() for text in heat.texts] == ["100*", "0*"]
    grid = made.plot.regret_grid()
    assert [axes.get_title() for axes in grid.axes] == ["toy/one", "toy/two"]
    assert len(grid.legends) == 1
    with pytest.raises(HpobenchError, match="no optimizer has brackets"):
        made.plot.brackets()
    with pytest.raises(HpobenchError, match="unknown optimizer 'third'"):
        made.plot.brackets("third")
    with pytest.raises(HpobenchError, match="it takes two"):
        made.plot.tried("toy/one")
    with pytest.raises(HpobenchError, match="it takes two"):
        made.plot.parallel("toy/one")
    with pytest.raises(HpobenchError):
        made.plot.gaussian()


def test_a_problem_has_to_be_named_where_there_are_several(made: Experiment) -> None:
    for draw in (made.plot.regret, made.plot.importance, made.importance, made.configuration):
        with pytest.raises(HpobenchError, match="name the problem: there are toy/one, toy/two"):
            draw()
    with pytest.raises(HpobenchError, match="unknown problem 'toy/three'"):
        made.plot.regret("toy/three")
    assert not pyplot.get_fignums()


def test_who_is_ahead_in_every_repetition_is_better(made: Experiment) -> None:
    first, second, over = made.compare().iter_rows(named=True)
    for row in (first, second):
        assert (row["before"], row["after"], row["n"]) == ("_first", "$second$", 8)
        assert (row["wins"], row["losses"], row["verdict"]) == (8, 0, "better")
        assert row["low"] <= row["difference"] <= row["high"] < 0
    assert (over["problem"], over["wins"], over["verdict"]) == (None, 2, "better")
    assert made.compare(baseline="$second$")["verdict"].to_list() == ["worse"] * 3
    assert made.rank().rows() == [("$second$", 1.0, 2), ("_first", 2.0, 2)]


def test_targets_are_reached_sooner_by_who_is_ahead(made: Experiment) -> None:
    ends = {label: own["y"].max() for (label,), own in made.ecdf().group_by("label")}
    assert ends["$second$"] > ends["_first"] > 0
    times = made.ert("toy/one")
    reached = times.filter(times["successes"] == times["runs"])
    wide = reached.pivot("label", index="target", values="ert").drop_nulls()
    assert wide.height > 0
    assert (wide["$second$"] <= wide["_first"]).all()
