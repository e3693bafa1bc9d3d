"""Known losses as values of a measure, in tables and in figures."""

import numpy as np
import pytest

from factories import run_of
from hpobench_tui.analysis.anytime import Band
from hpobench_tui.analysis.landmarks import Known, known
from hpobench_tui.core import Dimensions, HpobenchError, Landmark, ProblemInfo, Reference
from hpobench_tui.core.measure import Measure
from hpobench_tui.export.figures.regret import regret_figure

MARKS = {"toy/one": [Landmark("good", 0.75, "a book"), Landmark("old", 2.0, "an older book")], "toy/two": []}
RUN = run_of(0, problem="toy/one", reference=0.5)


def test_regret_is_against_the_reference_and_the_incumbent_as_it_is():
    simple, incumbent = (known([RUN], MARKS, measure)["toy/one"] for measure in (Measure.SIMPLE, Measure.INCUMBENT))
    assert simple == [
        Known("toy/one", "old", 1.5, 2.0, "an older book"),
        Known("toy/one", "good", 0.25, 0.75, "a book"),
    ]
    assert [mark.value for mark in incumbent] == [2.0, 0.75]


@pytest.mark.parametrize("measure", [Measure.CUMULATIVE, Measure.PSEUDO])
def test_sums_over_rounds_have_none(measure):
    assert known([RUN], MARKS, measure) == {}


def test_problems_without_have_no_entry():
    assert known([run_of(0, problem="toy/two")], MARKS, Measure.SIMPLE) == {}
    assert known([run_of(0, problem="toy/three")], MARKS, Measure.SIMPLE) == {}


def test_names_are_unique():
    with pytest.raises(HpobenchError, match="two landmarks have the same name"):
        ProblemInfo("a/b", "", "m:p", Dimensions(), Reference(0.0, ""), landmarks=(MARKS["toy/one"][0],) * 2)


def test_figures_draw_what_lies_within():
    marks = known([RUN], MARKS, Measure.SIMPLE)["toy/one"]
    band = Band("a", np.array([1.0, 2.0]), np.array([1.0, 0.1]), np.array([1.0, 0.1]), np.array([1.0, 0.1]), 1)
    (axes,) = regret_figure("toy/one", [band], "x", "y", landmarks=marks).axes
    assert [list(line.get_ydata()) for line in axes.lines[1:]] == [[0.25, 0.25]]
    assert [text.get_text() for text in axes.texts] == ["good"]
    assert axes.get_ylim()[1] < 1.5


def test_names_in_figures_do_not_overlap():
    marks = [Known("p", f"n{i}", 0.5 + 1e-4 * i, 0.0, "") for i in range(3)]
    band = Band("a", np.array([1.0, 2.0]), np.array([1.0, 0.1]), np.array([1.0, 0.1]), np.array([1.0, 0.1]), 1)
    (axes,) = regret_figure("toy/one", [band], "x", "y", landmarks=marks).axes
    assert (len(axes.lines), [text.get_text() for text in axes.texts]) == (4, ["n0"])
