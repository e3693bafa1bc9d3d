"""Looking into recorded runs through the process that repeats them."""

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import experiments
from hpobench_tui.core import HpobenchError, Simulation
from hpobench_tui.engine.front.looks import Looks
from hpobench_tui.store.reader import Reader, RunRow


def of(folder: Path, label: str) -> RunRow:
    with Reader(folder) as reader:
        return next(run for run in reader.runs() if run.label == label)


@pytest.fixture(scope="module")
def smooth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = experiments.run(
        experiments.experiment(["synthetic/branin"], ["gp", "forest", "tpe", "random"], 16, "evaluations"),
        tmp_path_factory.mktemp("smooth"),
    )
    return folder


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = experiments.run(
        experiments.experiment(["bandits/bernoulli-2"], ["ucb1", "random"], 200, "evaluations"),
        tmp_path_factory.mktemp("arms"),
    )
    return folder


@pytest.fixture(scope="module")
def looks(smooth: Path) -> Iterator[Looks]:
    with Looks(smooth) as looks:
        yield looks


def test_what_was_asked_is_where_the_shown_acquisition_is_greatest(smooth: Path, looks: Looks) -> None:
    run = of(smooth, "gp")
    with Reader(smooth) as reader:
        trials = reader.trial_rows(run.id)
    for name in ("x1", "x2"):
        found = looks.slice(run.id, 12, (name,))
        assert found.asked == trials[12].configuration
        assert found.axes[0].name == name
        assert found.base == found.asked
        assert found.acquisition is not None
        best = found.axes[0].values[max(range(len(found.acquisition)), key=found.acquisition.__getitem__)]
        assert found.asked_acquisition == pytest.approx(max(found.acquisition), abs=1e-3)
        assert best == pytest.approx(found.asked[name], abs=0.3)
        assert [(number, loss) for number, _, loss in found.data] == [(t.number, t.loss) for t in trials[:12]]
        assert found.told == 12
        assert found.searched == ("x1", "x2")


def test_steps_back_and_forth_agree_however_one_comes_to_them(smooth: Path, looks: Looks) -> None:
    run = of(smooth, "gp").id
    first = looks.slice(run, 10, ("x1",))
    later = looks.slice(run, 14, ("x1",))
    with Looks(smooth) as fresh:
        assert fresh.slice(run, 10, ("x1",)) == first == looks.slice(run, 10, ("x1",))
        assert fresh.slice(run, 14, ("x1",)) == later != first


def test_two_hyperparameters_make_a_plane_whose_last_axis_runs_fastest(smooth: Path, looks: Looks) -> None:
    run = of(smooth, "gp").id
    plane = looks.slice(run, 12, ("x1", "x2"), points=5)
    assert [len(axis.values) for axis in plane.axes] == [5, 5]
    assert plane.middle is not None
    assert len(plane.middle) == 25
    line = looks.slice(run, 12, ("x2",), points=5)  # x1 as asked, which the plane has not
    assert line.middle != plane.middle[:5]
    assert plane == looks.slice(run, 12, ("x1", "x2"), points=5)


def test_the_others_are_held_at_the_incumbent_of_then(smooth: Path, looks: Looks) -> None:
    run = of(smooth, "gp").id
    with Reader(smooth) as reader:
        trials = reader.trial_rows(run)
    found = looks.slice(run, 13, ("x1",), held="incumbent")
    best = min(trials[:13], key=lambda trial: trial.loss if trial.loss is not None else math.inf)
    assert (found.held, found.base) == ("incumbent", best.configuration)


def test_what_has_no_model_or_not_yet_says_so(smooth: Path, looks: Looks) -> None:
    assert "Sobol" in looks.slice(of(smooth, "gp").id, 0).note
    with pytest.raises(HpobenchError, match="random has no model"):
        looks.slice(of(smooth, "random").id, 3)
    tpe = looks.slice(of(smooth, "tpe").id, 15)
    assert tpe.mean is None
    assert tpe.acquisition is not None
    assert "no mean" in tpe.note
    assert looks.slice(of(smooth, "forest").id, 15).note or looks.slice(of(smooth, "forest").id, 15).mean


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"trial": 99}, "trial 99 of run 0 is not recorded"),
        ({"run": 77}, "trial 3 of run 77 is not recorded"),
        ({"along": ("z",)}, "z"),
        ({"along": ("x1", "x1")}, "one hyperparameter|two hyperparameters|one or two"),
    ],
)
def test_mistakes_are_told(looks: Looks, given: dict[str, object], words: str) -> None:
    with pytest.raises(HpobenchError, match=words):
        looks.slice(**{"run": 0, "trial": 3, **given})  # type: ignore[arg-type]


def test_bounds_of_arms_are_those_before_the_pull(arms: Path) -> None:
    run = of(arms, "ucb1")
    with Reader(arms) as reader:
        trials = reader.trial_rows(run.id)
    with Looks(arms) as looks:
        for trial in (150, 40, 199):
            found = looks.bounds(run.id, trial)
            told: dict[object, list[float]] = {}
            for row in trials[:trial]:
                told.setdefault(row.configuration["arm"], []).append(row.loss or 0.0)
            assert found.asked == trials[trial].configuration
            assert found.acquisition is not None
            assert found.lower is not None
            assert found.middle is not None
            for place, arm in enumerate(found.arms):
                own = told[arm["arm"]]
                assert found.pulls[place] == len(own)
                assert found.middle[place] == pytest.approx(sum(own) / len(own))
                width = math.sqrt(2.0 * math.log(trial) / len(own))
                assert found.lower[place] == pytest.approx(sum(own) / len(own) - width)
            assert found.arms[found.acquisition.index(max(found.acquisition))] == found.asked


def test_pulls_are_counted_and_the_bound_is_the_problem_s(arms: Path) -> None:
    for label in ("ucb1", "random"):  # no model is needed
        run = of(arms, label)
        with Reader(arms) as reader:
            trials = reader.trial_rows(run.id)
            regret = reader.progress(run.id).pseudo_regret[-1]
        with Looks(arms) as looks:
            found = looks.pulls(run.id)
        assert found.slope == pytest.approx(0.1 / (0.8 * math.log(0.8 / 0.9) + 0.2 * math.log(0.2 / 0.1)))
        assert found.losses == pytest.approx((0.2, 0.1))
        assert found.positions[:64] == tuple(range(1, 65))
        assert found.positions[-1] == 200
        for at, position in enumerate(found.positions):
            counted = Counter(row.configuration["arm"] for row in trials[:position])
            assert [found.pulls[place][at] for place in range(2)] == [counted["0"], counted["1"]]
        assert found.regret[0][-1] == 200
        assert found.regret[1][-1] == pytest.approx(float(regret))
        assert found.recorded == found.trials == 200


@pytest.mark.parametrize(
    "clock",
    [{"simulation": Simulation(workers=3, straggler_rate=0.3, straggler_factor=5.0)}, {"evaluations": 3}],
    ids=["simulated", "real"],
)
def test_side_by_side(tmp_path: Path, clock: dict[str, object]) -> None:
    """Questions are asked while others wait; the order of the answers is recorded, and the same ones come again."""
    folder = experiments.run(
        experiments.experiment(
            ["bandits/gaussian-10", "bandits/bernoulli-10"], ["gp", "ucb1"], 40, "evaluations", **clock
        ),
        tmp_path,
    )  # fmt: skip
    with Reader(folder) as reader, Looks(folder) as looks:
        for run in reader.runs():
            trials = reader.trial_rows(run.id)
            assert any(row.number != row.asked for row in trials) or "evaluations" in clock
            assert {row.worker for row in trials} == {0, 1, 2}
            for number in (0, 7, 25, 39):
                found = looks.slice(run.id, number)
                assert (found.question, found.asked) == (trials[number].asked, trials[number].configuration)


def test_what_cannot_be_repeated_says_why(tmp_path: Path) -> None:
    folder = experiments.run(
        experiments.experiment(["bandits/bernoulli-2"], ["ucb1"], 300, "evaluations", record=50), tmp_path
    )
    with Looks(folder) as looks:
        with pytest.raises(HpobenchError, match=r"of its 300 trials .* are recorded"):
            looks.bounds(0, 10)
        assert looks.pulls(0).recorded < looks.pulls(0).trials == 300


def test_code_that_came_with_an_experiment_is_not_run_for_a_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "from hpobench_tui.core import Ask\n\n\nclass Mine:\n    def __init__(self, task):\n        pass\n\n"
        "    def ask(self):\n        return Ask({'arm': '0'})\n\n    def tell(self, trial):\n        pass\n\n"
        "    def look(self, configurations):\n        open('ran', 'w').close()\n"
    )
    folder = experiments.run(
        experiments.experiment(["bandits/bernoulli-2"], ["./mine.py:Mine"], 5, "evaluations"), tmp_path
    )
    with Looks(folder) as looks, pytest.raises(HpobenchError, match="came with the experiment"):
        looks.bounds(0, 3)
    assert not list(tmp_path.rglob("ran"))


def test_the_process_ends_with_who_asked(smooth: Path) -> None:
    looks = Looks(smooth)
    looks.slice(of(smooth, "gp").id, 5)
    process = looks._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()  # as when the app is killed
    assert process.wait(10) == 0
    again = looks.slice(of(smooth, "gp").id, 5)  # and another takes over
    assert again.told == 5
    looks.close()
