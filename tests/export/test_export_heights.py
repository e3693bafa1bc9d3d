"""Vertical axes at the limits of floats: what is drawn has an ordinary size, the right order, and files get written."""

import io
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hpobench_tui.analysis.anytime import Band
from hpobench_tui.analysis.landmarks import Known
from hpobench_tui.export.figures import regret as figures
from hpobench_tui.export.figures.save import save
from hpobench_tui.export.heights import scale

LARGEST, LEAST = sys.float_info.max, 5e-324
extremes = st.sampled_from([0.0, LEAST, -LEAST, 1e-310, 1.0, -1.0, 1e300, -1e300, LARGEST, -LARGEST])
floats = st.one_of(extremes, st.floats(allow_nan=False))


def test_ordinary_values_are_drawn_as_they_are() -> None:
    values = np.array([2.0, 0.5, 0.0])
    found = scale(values, values)
    assert found is not None
    assert found.heights(values) is values
    assert (found.log, found.low, found.high, found.power) == (True, 0.5, 2.0, None)


def test_huge_values_are_drawn_as_logarithms_or_in_a_power_of_ten() -> None:
    values = np.array([1e300, 10.0, 0.0])
    log = scale(values, values)
    assert log is not None
    assert log.heights(values)[:2] == pytest.approx([300, 1])
    assert log.heights(values)[2] < log.limits()[0], "0 leaves the figure downwards"
    linear = scale(-values, -values)
    assert linear is not None
    assert (linear.power, linear.note) == (300, "linear axis: no median is positive")
    assert linear.heights(-values) == pytest.approx([-1, 0, 0])


@given(st.lists(floats, min_size=1, max_size=10), floats)
def test_what_is_drawn_is_finite_and_in_order(values: list[float], beyond: float) -> None:
    shown = np.array(values)
    found = scale(shown, shown)
    if found is None:
        assert not np.isfinite(shown).any()
        return
    drawn = found.heights(np.sort(np.append(shown, beyond)))
    assert not np.isnan(drawn).any()
    assert (np.diff(drawn[np.isfinite(drawn)]) >= 0).all()
    if found.power is not None:
        assert np.isfinite(drawn).all()
        assert np.abs(found.heights(shown)).max() < 1e5
    if found.log:
        low, high = found.limits()
        places = found.heights(shown[(shown > 0) & np.isfinite(shown)])
        assert low < places.min() <= places.max() < high


@pytest.mark.filterwarnings("error")
@settings(max_examples=4, deadline=None)
@given(
    st.lists(st.tuples(floats, floats, floats).map(sorted), min_size=1, max_size=5), st.lists(floats, max_size=2),
    st.sampled_from(["pdf", "svg"]),
)  # fmt: skip
@example([[LEAST, 1.0, LARGEST], [-LARGEST, 1.0, 2.0]], [1e300], "pdf")
@example([[-LARGEST, -1.0, LARGEST], [-LARGEST, 0.0, np.inf]], [0.0], "svg")
@example([[1e300, 1e300, 1e300], [1e300, float(np.nextafter(1e300, np.inf)), LARGEST]], [1e300], "pdf")
@example([[LEAST] * 3, [LEAST] * 3], [LEAST], "svg")
@example([[-1e-310, -1e-310, 0.0]], [-1e-310], "pdf")
def test_any_losses_make_a_figure(rows: list[list[float]], known: list[float], kind: str) -> None:
    lower, median, upper = np.array(rows).T
    band = Band("a", np.arange(1.0, len(rows) + 1), median, lower, upper, 3)
    marks = [Known("toy/one", f"known {value:g}", value, value, "a book") for value in known]
    figure = figures.regret_figure("toy/one", [band], "evaluations", "simple regret", landmarks=marks)
    stream = io.BytesIO()
    save(figure, stream, kind)
    assert len(stream.getvalue()) > 2000
    assert kind == "pdf" or b"nan" not in stream.getvalue().lower()
