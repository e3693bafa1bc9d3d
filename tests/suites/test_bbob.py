"""BBOB: our losses against ioh's evaluations, COCO's own values and formulas; optima; parameters; no state."""

import os
import sys
from itertools import product
from math import log

import numpy as np
import pytest

pytest.importorskip("ioh")

from ioh import ProblemClass, get_problem

from hpobench_suites import bbob
from hpobench_suites.bbob.problem import problem
from hpobench_tui.core import HpobenchError, compatibility
from hpobench_tui.core.space import default
from hpobench_tui.plugins import load_problem, problems

DIMENSIONS = (2, 3, 5, 10, 20, 40)
COCO_POINT = (0.5, -1.5, 2.5, -3.5, 4.5)
COCO_VALUES = (
    -157.76471168, 61621405.89685052, 7757.2188041649615, 2859.7639590547788, 244.95007302757875, 112969.38814454124,
    704.6864779500766, 4544.229892242438, 16476.18669458699, 612818.7488729496, 54930904.2035971, 1035247101.7774776,
    2007.867352066896, 164.15870222241344, 396.81330336458825, 157.01564161261422, 301.0335893697023,
    338.79505177113043, 271.0443948287823, 32267.536413069098, -316.3355345669976, 34.12196473825714,
    -89.65934642090141, 144.57823562502324,
)  # fmt: skip
"""f1 to f24 at that point, instance 3, by COCO's own code (coco-experiment 2.8.2), f_opt included."""


def named(point):
    return {f"x{j}": float(x) for j, x in enumerate(point, start=1)}


def loss(made, point):
    return made.start(named(point), 1, "cpu").advance(1).loss


@pytest.mark.parametrize("function", range(1, 25))
def test_losses_are_those_of_ioh(function):
    rng = np.random.default_rng(function)
    for d, instance in product(DIMENSIONS, (1, 2, 7, 100_000)):
        ours, theirs = problem(function, d, instance, 0.0), get_problem(function, instance, d, ProblemClass.BBOB)
        for x in rng.uniform(-5, 5, (10, d)):
            value = loss(ours, x)
            assert value >= 0.0
            assert value + theirs.optimum.y == pytest.approx(theirs(x), rel=1e-12)


@pytest.mark.parametrize("function", range(1, 25))
def test_losses_are_those_of_coco(function):
    offset = get_problem(function, 3, 5, ProblemClass.BBOB).optimum.y
    value = loss(problem(function, 5, 3, 0.0), COCO_POINT) + offset
    assert value == pytest.approx(COCO_VALUES[function - 1], rel=1e-10)


@pytest.mark.parametrize("function", range(1, 25))
def test_minimiser_loses_nothing(function):
    for d, instance in product(DIMENSIONS, range(1, 16)):
        made = problem(function, d, instance, 0.0)
        (optimum,) = made.minimisers()
        assert max(map(abs, optimum.values())) <= 5.0
        assert 0.0 <= made.start(optimum, 1, "cpu").advance(1).loss < 1e-9


@pytest.mark.parametrize("info", bbob.PROBLEMS, ids=lambda info: info.id)
def test_nothing_in_many_draws_is_below(info):
    made, rng = load_problem(info), np.random.default_rng(4)
    assert min(loss(made, x) for x in rng.uniform(-5, 5, (10_000, 5)).tolist()) > 0.0
    assert loss(made, default(made.space()).values()) > 1e-3


def optimum_of(made):
    return np.array(list(made.minimisers()[0].values()))


def test_sphere_is_the_squared_distance():
    made, rng = problem(1, 5, 4, 0.0), np.random.default_rng(1)
    for x in rng.uniform(-5, 5, (20, 5)):
        assert loss(made, x) == pytest.approx(((x - optimum_of(made)) ** 2).sum(), rel=1e-12)


def test_linear_slope_is_its_formula():
    """f5 = sum 5 |s_i| - s_i z_i with s_i = sign(x_opt) 10^((i-1)/(D-1)), within the bounds."""
    made, rng = problem(5, 5, 4, 0.0), np.random.default_rng(2)
    slope = np.sign(optimum_of(made)) * 10 ** (np.arange(5) / 4)
    for x in rng.uniform(-5, 5, (20, 5)):
        assert loss(made, x) == pytest.approx((5 * abs(slope) - slope * x).sum(), rel=1e-12)


def test_separable_ellipsoid_is_its_formula():
    """f2 = sum 10^(6 (i-1)/(D-1)) z_i^2 with z = T_osz(x - x_opt)."""
    made, rng = problem(2, 5, 4, 0.0), np.random.default_rng(3)

    def oscillated(x):
        c1, c2 = (10.0, 7.9) if x > 0 else (5.5, 3.1)
        at = log(abs(x))
        return np.sign(x) * np.exp(at + 0.049 * (np.sin(c1 * at) + np.sin(c2 * at)))

    for x in rng.uniform(-5, 5, (20, 5)):
        z = np.array([oscillated(v) for v in x - optimum_of(made)])
        assert loss(made, x) == pytest.approx((10 ** (6 * np.arange(5) / 4) * z**2).sum(), rel=1e-12)


def test_all_are_registered_under_their_numbers():
    assert [info.id[:8] for info in bbob.PROBLEMS] == [f"bbob/f{n:02}" for n in range(1, 25)]
    assert [info.arguments["function"] for info in bbob.PROBLEMS] == list(range(1, 25))
    assert {info.id for info in bbob.PROBLEMS} <= set(problems().found)


def test_names_are_those_of_ioh():
    """Where ours say more or less than ioh's, the first four letters agree."""
    names = {n: get_problem(n, 1, 2, ProblemClass.BBOB).meta_data.name for n in range(1, 25)}
    different = {n for n, name in names.items() if name[:4].lower() != bbob.FUNCTIONS[n - 1].name[:4].lower()}
    assert different <= {4, 7, 18}, names


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ("instance=0", "'instance' must be at least 1, not 0"),
        ("instance=200000", "'instance' must be at most 100000"),
        ("d=1", "'d' must be at least 2, not 1"),
        ("d=41", "'d' must be at most 40, not 41"),
        ("noise=-0.1", "'noise' must be at least 0"),
        ("function=3", "unknown parameter"),
    ],
)
def test_bad_parameters_are_refused(settings, complaint):
    with pytest.raises(HpobenchError, match=complaint):
        problems()[f"bbob/f01-sphere[{settings}]"]


def test_variants_are_what_they_say():
    info = problems()["bbob/f10-ellipsoid-rotated[d=20,instance=3]"]
    assert info.id == "bbob/f10-ellipsoid-rotated[d=20,instance=3]"
    assert (info.dimensions.floats, info.reference.loss, info.noisy) == (20, 0.0, False)
    first, other = load_problem(problems()["bbob/f10-ellipsoid-rotated[d=20]"]), load_problem(info)
    assert loss(first, [1.0] * 20) != loss(other, [1.0] * 20)


def test_noise_is_added_to_the_truth():
    info = problems()["bbob/f01-sphere[noise=2]"]
    made = load_problem(info)
    reports = [made.start(named(COCO_POINT), seed, "cpu").advance(1) for seed in range(4000)]
    assert info.noisy
    assert {report.truth for report in reports} == {loss(problem(1, 5, 1, 0.0), COCO_POINT)}
    assert np.std([report.loss for report in reports]) == pytest.approx(2.0, rel=4 / np.sqrt(8000))


def test_missing_ioh_is_said(monkeypatch):
    monkeypatch.setattr(compatibility, "is_there", lambda module: module != "ioh")
    with pytest.raises(HpobenchError, match=r"hpobench-tui\[bbob\]"):
        load_problem(bbob.PROBLEMS[0])


def test_what_ioh_counts_leaves_no_trace(tmp_path, monkeypatch, capfd):
    """The same value before and after many evaluations and the optimum; no file, no output, no growth."""
    monkeypatch.chdir(tmp_path)
    made = problem(24, 5, 1, 0.0)
    before = loss(made, COCO_POINT)
    made.start(made.minimisers()[0], 1, "cpu").advance(1)
    points = [named(x) for x in np.random.default_rng(5).uniform(-5, 5, (1000, 5))]

    def sweep():
        for point in points:
            made.start(point, 1, "cpu").advance(1)

    sweep()
    held = resident_pages()
    for _ in range(40):
        sweep()
    assert resident_pages() - held < 256  # a megabyte: less than 40,000 remembered evaluations would take
    assert loss(made, COCO_POINT) == before
    assert os.listdir(tmp_path) == []
    assert capfd.readouterr() == ("", "")


def resident_pages():
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")  # which is Linux's; the check is of memory alone
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1])
