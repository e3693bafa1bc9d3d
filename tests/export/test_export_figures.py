"""Which scales a figure takes, and that lines can be told apart."""

import numpy as np

from hpobench_tui.analysis.anytime import Band
from hpobench_tui.export.figures.regret import regret_figure


def band(label: str, median: list[float], runs: int = 3, first: float = 1.0) -> Band:
    middle = np.array(median)
    return Band(label, first + np.arange(len(median)), middle, middle * 0.5, middle * 2, runs)


def texts(*bands: Band) -> tuple[str, str, list[str]]:
    (axes,) = regret_figure("toy/one", bands, "evaluations", "simple regret").axes
    return axes.get_xscale(), axes.get_yscale(), [text.get_text() for text in axes.texts]


def test_positive_regret_is_drawn_log_log() -> None:
    assert texts(band("a", [1.0, 0.1])) == ("log", "log", [])


def test_a_regret_of_zero_stays_logarithmic_within_the_positive_range() -> None:
    (axes,) = regret_figure("toy/one", [band("a", [1.0, 0.1, 0.0])], "evaluations", "simple regret").axes
    assert axes.get_yscale() == "log"
    low, high = axes.get_ylim()
    assert 0.01 < low < 0.05  # lower quartile 0.05
    assert 2.0 < high < 4.0  # upper quartile 2


def test_without_a_positive_regret_the_axis_is_linear_and_says_so() -> None:
    assert texts(band("a", [0.0, 0.0])) == ("log", "linear", ["linear axis: no median is positive"])
    _, scale, (note,) = texts(band("a", [1.0, -0.1]))
    assert (scale, "reference is not a lower bound" in note) == ("linear", True)


def test_an_axis_that_begins_at_zero_is_linear() -> None:
    assert texts(band("a", [1.0, 0.1], first=0.0))[0] == "linear"


def test_lines_and_fills_are_the_bands() -> None:
    (axes,) = regret_figure("toy/one", [band("a", [4.0, 2.0]), band("b", [3.0, 1.0], runs=1)], "x", "y").axes
    assert [line.get_ydata().tolist() for line in axes.lines] == [[4.0, 2.0], [3.0, 1.0]]
    assert len(axes.collections) == 1  # one run alone has no spread
    assert axes.get_title() == "toy/one: median and quartiles of 1 to 3 runs"


def test_forty_lines_all_look_different() -> None:
    made = regret_figure("t", [band(str(i), [2.0, 1.0]) for i in range(40)], "x", "y")
    looks = {(line.get_color(), str(line._unscaled_dash_pattern)) for line in made.axes[0].lines}
    assert len(looks) == 40


def test_a_label_looks_alike_in_every_figure_of_an_experiment() -> None:
    labels = ["a", "b", "c"]
    (every,) = regret_figure("t", [band(label, [2.0, 1.0]) for label in labels], "x", "y", labels=labels).axes
    (fewer,) = regret_figure("t", [band("c", [2.0, 1.0])], "x", "y", labels=labels).axes
    assert fewer.lines[0].get_color() == every.lines[2].get_color() != every.lines[0].get_color()


def test_a_label_without_a_value_is_in_the_legend_with_its_reason_and_keeps_its_place() -> None:
    empty = np.empty(0)
    gone = Band("gone", empty, empty, empty, empty, 0)
    (axes,) = regret_figure("t", [gone, band("b", [2.0, 1.0])], "x", "y", {"gone": "all 2 runs failed"}).axes
    assert axes.get_legend_handles_labels()[1] == ["gone (all 2 runs failed)", "b"]
    (alone,) = regret_figure("t", [gone, band("b", [2.0, 1.0])], "x", "y").axes
    assert [line.get_color() for line in alone.lines] == [axes.lines[1].get_color()]
