"""Configurations as columns of numbers."""

import numpy as np

from hpobench_tui.analysis.tried import columns


def test_numbers_stay_and_all_else_is_a_place_among_what_was_seen() -> None:
    found = {c.name: c for c in columns([{"x": 1e-4, "k": "b", "t": (1, 2)}, {"x": 1.0, "k": "a", "b": True}])}
    assert found["x"].values.tolist() == [1e-4, 1.0]
    assert (found["k"].values.tolist(), found["k"].choices) == ([1.0, 0.0], ("a", "b"))
    assert found["t"].choices == ("[1, 2]",)
    assert np.isnan(found["b"].values[0]), "not active"
    assert found["b"].choices == ("true",)
    assert (found["x"].varies, found["x"].log, found["t"].varies, found["k"].log) == (True, True, False, False)


def test_places_are_from_0_to_1_on_the_axis_that_tells_values_apart() -> None:
    tried = [{"l": 1e-4, "p": 1.0, "s": 7}, {"l": 1e-2, "p": 2.0, "s": 7, "n": 1}, {"l": 1.0, "p": 5.0, "s": 7}]
    log, plain, same, none = columns(tried)
    assert np.allclose(log.places(), [0, 0.5, 1])
    assert np.allclose(plain.places(), [0, 0.25, 1])
    assert same.places().tolist() == [0.5] * 3
    assert np.isnan(none.places()).tolist() == [True, False, True]
    (huge,) = columns([{"h": -1e308}, {"h": 1e308}])
    assert np.isfinite(huge.places()).all()
