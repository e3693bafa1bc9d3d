"""Slices of a posterior: what is drawn is the model, in the loss's own units."""

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer

from hpobench_baselines.native.gp.slice import in_losses, posterior_slice
from hpobench_baselines.native.gp.warping import bent, scale_of
from hpobench_tui.core import HpobenchError


def space() -> ConfigurationSpace:
    made = ConfigurationSpace()
    made.add(Float("x", (0.0, 2.0)), Integer("n", (1, 500)), kind := Categorical("kind", ["a", "b"]))
    made.add(y := Float("y", (0.0, 1.0)))
    made.add(EqualsCondition(y, kind, "a"))
    return made


TRIALS = [
    ({"x": x, "n": 7, "kind": kind} | ({"y": 0.5} if kind == "a" else {}), (x - 1.2) ** 2 + (kind == "b") + 3.0)
    for x in np.linspace(0.0, 2.0, 9).tolist()
    for kind in ("a", "b")
]
AT = {"x": 0.1, "n": 7, "kind": "b"}


@pytest.mark.parametrize("warp", [True, False])
def test_a_line_goes_through_the_losses_in_their_units(warp):
    line = posterior_slice(space(), TRIALS, ["x"], AT, resolution=9, warp=warp)
    assert line.axes[0] == pytest.approx(np.linspace(0.0, 2.0, 9))
    expected = [loss for configuration, loss in TRIALS if configuration["kind"] == "b"]
    np.testing.assert_allclose(line.mean, expected, atol=0.02)
    assert (line.deviation < 0.05).all()
    between = posterior_slice(space(), TRIALS, ["x"], AT, resolution=8, warp=warp)
    assert between.deviation[3] > 0.0


def test_a_plane_has_one_axis_a_hyperparameter_and_holes_where_one_is_inactive():
    plane = posterior_slice(space(), TRIALS, ["kind", "y"], AT, resolution=5, acquisition="ucb")
    assert plane.mean.shape == plane.deviation.shape == plane.acquisition.shape == (2, 5)
    assert plane.axes[0] == ("a", "b")
    assert np.isfinite(plane.mean[0]).all()
    assert np.isnan(plane.mean[1]).all()


def test_integers_have_their_own_values_and_no_more_than_the_resolution():
    line = posterior_slice(space(), TRIALS, ["n"], AT, resolution=50)
    assert len(line.axes[0]) == 50
    assert (line.axes[0][0], line.axes[0][-1]) == (1, 500)
    assert all(isinstance(value, int) for value in line.axes[0])


@pytest.mark.parametrize("power", [0.0, 0.4, 1.0])
def test_moments_are_those_of_many_draws(power):
    losses = np.random.default_rng(0).standard_normal(40) ** 2 * 50.0 - 7.0
    scale = scale_of(losses)
    transformation = bent(scale.apply(losses), power)[-1]
    mean, deviation = in_losses(np.array([0.3, -0.5]), np.array([0.2, 0.1]), losses, power)
    draws = np.random.default_rng(1).standard_normal((2, 400_000)) * [[0.2], [0.1]] + [[0.3], [-0.5]]
    in_units = scale.undo(transformation.undo(draws))
    np.testing.assert_allclose(mean, in_units.mean(axis=1), rtol=5e-3)
    np.testing.assert_allclose(deviation, in_units.std(axis=1), rtol=5e-3)


@pytest.mark.parametrize("power", [-0.25, 0.0, 0.5, 1.0])
def test_losses_come_back_through_the_transformation(power):
    losses = np.array([3.0, -2.0, 11.0, 400.0, 1e4])
    scale = scale_of(losses)
    targets, *_, transformation = bent(scale.apply(losses), power)
    np.testing.assert_allclose(scale.undo(transformation.undo(targets)), losses, rtol=1e-9)
    assert targets.mean() == pytest.approx(0.0, abs=1e-12)
    assert targets.std() == pytest.approx(1.0)
    assert (np.argsort(targets) == np.argsort(losses)).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ["z"]}, "unknown hyperparameter"),
        ({"names": []}, "one or two"),
        ({"names": ["x", "x"]}, "one or two"),
        ({"trials": TRIALS[:1]}, "two finite losses"),
        ({"resolution": 1}, "at least 2"),
        ({"acquisition": "hedge"}, "Valid"),
        ({"kernel": "linear"}, "kernel"),
        ({"at": {"x": 1.0, "n": 7, "kind": "c", "y": 0.5}}, "'c' is not legal"),
        ({"at": {"x": 3.0, "n": 7, "kind": "b"}}, "3.0 is not legal"),
        ({"at": {"x": 1.0}}, "valid configurations"),
        ({"trials": [*TRIALS, (AT | {"z": 1}, 1.0)]}, "unknown hyperparameter 'z'"),
    ],
)
def test_bad_input_is_refused(changes, message):
    given = {"trials": TRIALS, "names": ["x"], "at": AT} | changes
    with pytest.raises(HpobenchError, match=message):
        posterior_slice(space(), **given)
