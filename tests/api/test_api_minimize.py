"""Somebody's own function: in this process, and forked from it."""

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hpobench_tui import Experiment, HpobenchError, HpobenchWarning, minimize
from hpobench_tui.core import Ask, Capabilities, OptimizerInfo, Task, Trial
from hpobench_tui.engine.front import lifecycle, spec
from hpobench_tui.store.reader import Reader

SPACE = {"x": (0.0, 1.0), "layers": (1, 8, "log"), "kind": ["a", "b"]}


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def loss(configuration: dict[str, object]) -> float:
    return (float(configuration["x"]) - 0.3) ** 2 + (configuration["kind"] == "b")  # type: ignore[arg-type]


def asked(experiment: Experiment) -> list[tuple[object, ...]]:
    """All but times."""
    columns = ("label", "repetition", "number", "configuration", "loss", "status")
    return experiment.trials().select(columns).rows()


class Walker:
    """Steps up from 0."""

    def __init__(self, task: Task, step: float = 0.125) -> None:
        self._at, self._step = 0.0, step

    def ask(self) -> Ask:
        return Ask({"x": self._at, "layers": 1, "kind": "a"})

    def tell(self, trial: Trial) -> None:
        self._at = min(self._at + self._step, 1.0)


@pytest.mark.parametrize("workers", [None, 2])
def test_the_function_is_called_with_dicts_that_are_in_the_space(workers: int | None) -> None:
    def checked(configuration: dict[str, object]) -> float:
        assert type(configuration) is dict
        assert type(configuration["layers"]) is int
        assert type(configuration["x"]) is float
        return loss(configuration)

    made = minimize(checked, SPACE, ["tpe", "random"], 12, 3, workers=workers, progress=False)
    assert made.status == "finished"
    assert made.runs()["trials"].to_list() == [12] * 6
    assert made.trials()["error"].null_count() == 72
    assert made.audit()["holds"].all()
    assert made.problems == ["here/checked"]


def test_forked_or_not_makes_no_difference() -> None:
    given = (loss, SPACE, ["tpe", "random"], 10, 3)
    here = minimize(*given, progress=False)
    forked = minimize(*given, workers=3, progress=False)
    assert asked(here) == asked(forked)
    assert asked(minimize(*given, seed=1, progress=False)) != asked(here)


def test_a_lambda_sees_and_changes_what_there_is() -> None:
    seen: list[float] = []
    made = minimize(lambda c: seen.append(c["x"]) or c["x"], {"x": (0.0, 1.0)}, "random", 5, 2, progress=False)
    assert seen == made.trials(hyperparameters=True)["config.x"].to_list()
    assert made.configuration() == {"x": min(seen)}


def test_the_store_can_be_read_by_all_and_resumed_by_none(tmp_path: Path) -> None:
    made = minimize(loss, SPACE, [Walker, "random"], 5, 1, output=tmp_path / "there", progress=False)
    assert made.folder.parent == tmp_path / "there"
    assert sorted(path.name for path in made.folder.iterdir()) == ["experiment.sqlite", "supervisor.lock"]
    with Reader(made.folder) as reader:
        assert "def loss" in reader.manifest()["source of here/loss"]
        experiment = reader.experiment().experiment
    with pytest.raises(HpobenchError, match=r"problem 'here/loss' was given to hpo\.minimize in a Python process"):
        spec.check(experiment)


def test_what_the_function_raises_is_a_failed_trial() -> None:
    def broken(configuration: dict[str, float]) -> float:
        if configuration["x"] > 0.5:
            raise ArithmeticError("too much")
        return configuration["x"]

    made = minimize(broken, {"x": (0.0, 1.0)}, "sobol", 8, 2, progress=False)
    failed = made.trials(hyperparameters=True).filter(status="failed")
    assert (
        failed["config.x"].to_list()
        == made.trials(True).filter(made.trials(True)["config.x"] > 0.5)["config.x"].to_list()
    )
    assert set(made.errors()["reason"].str.slice(0, 25)) == {"ArithmeticError: too much"}
    assert made.audit()["holds"].all()


@pytest.mark.parametrize("value", [None, "1", float("nan"), [1.0], True])
def test_what_is_no_loss_is_a_failed_trial_and_warned_of(value: object) -> None:
    with pytest.warns(HpobenchWarning, match="all their trials failed") as caught:
        made = minimize(lambda c: value, {"x": (0.0, 1.0)}, "random", 3, 1, progress=False)  # type: ignore[arg-type, return-value]
    assert caught[0].filename == __file__
    assert made.runs()["failed_trials"].to_list() == [3]


def test_an_optimizer_that_fails_costs_its_run_and_is_warned_of() -> None:
    class Broken(Walker):
        def tell(self, trial: Trial) -> None:
            raise RuntimeError("cannot learn")

    with pytest.warns(HpobenchWarning, match="Broken on here/loss.* failed .and 1 more runs.: .*cannot learn"):
        made = minimize(loss, SPACE, [Broken, Walker], 4, 2, progress=False)
    assert made.runs().select("label", "status").unique(maintain_order=True).rows() == [
        ("Broken", "failed"), ("Walker", "done"),
    ]  # fmt: skip


def test_optimizers_are_given_by_name_by_table_by_file_as_class_and_as_description(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from hpobench_tui.core import Ask\n"
        "class Corner:\n"
        "    def __init__(self, task): ...\n"
        "    def ask(self): return Ask({'x': 1.0, 'layers': 8, 'kind': 'b'})\n"
        "    def tell(self, trial): ...\n"
    )
    info = OptimizerInfo("walker", "walks", f"{__name__}:Walker", Capabilities())
    given = ["random", {"name": "tpe", "label": "t"}, "./mine.py:Corner", Walker, info]
    made = minimize(loss, SPACE, given, 3, 2, progress=False)  # type: ignore[arg-type]
    assert made.optimizers == ["random", "t", "mine:Corner", "Walker", "walker"]
    assert made.trials(True).filter(label="mine:Corner")["config.x"].to_list() == [1.0] * 6
    assert made.trials(True).filter(label="Walker")["config.x"].to_list() == [0.0, 0.125, 0.25] * 2
    assert (made.folder / "code" / "mine.py").is_file()


def test_seeds_are_given_to_who_takes_them() -> None:
    def noisy(configuration: dict[str, float], seed: int) -> float:
        return float(np.random.default_rng(seed).normal())

    made = minimize(noisy, {"x": ["only"]}, ["random", "uniform"], 4, 2, noisy=True, progress=False)
    losses = {label: own["loss"].to_list() for (label,), own in made.trials().group_by("label")}
    assert losses["random"] == losses["uniform"], "the n-th draw of one configuration is the same for all"
    assert len(set(losses["random"])) == 8


def test_a_fidelity_is_given_to_who_takes_it() -> None:
    def curve(configuration: dict[str, float], fidelity: int) -> float:
        return configuration["x"] + 1 / fidelity

    made = minimize(
        curve, {"x": (0.0, 1.0)}, ["hyperband"], "54 fidelity", 1, fidelity=("epochs", 1, 9), progress=False
    )
    trials = made.trials(hyperparameters=True)
    assert set(trials["fidelity"]) > {1, 9}
    assert (trials["loss"] == trials["config.x"] + 1 / trials["fidelity"]).all()


def test_a_reference_makes_regret() -> None:
    made = minimize(lambda c: c["x"] + 2, {"x": (0.0, 1.0)}, Walker_of_x, 3, 2, reference=2.0, progress=False)
    assert made.table().select("measure", "median").rows() == [("simple regret", 0.25)]
    assert made.ert()["target"].len() > 1
    bare = minimize(lambda c: c["x"] + 2, {"x": (0.0, 1.0)}, Walker_of_x, 3, 2, progress=False)
    assert bare.table().select("measure", "median").rows() == [("incumbent loss", 2.25)]
    with pytest.raises(HpobenchError, match="no reference is known of here/lambda"):
        bare.ecdf()


def test_without_a_reference_nothing_counts_as_found() -> None:
    made = minimize(lambda c: -c["x"], {"x": (0.0, 1.0)}, ["random", Walker_of_x], 3, 2, progress=False)
    assert made.table()["found"].null_count() == 2
    assert "P(best)" not in made._repr_html_()


def test_failed_runs_are_retried_from_their_start() -> None:
    healed: list[bool] = []

    class Healing(Walker):
        def tell(self, trial: Trial) -> None:
            if not healed:
                raise RuntimeError("not yet")
            super().tell(trial)

    with pytest.warns(HpobenchWarning, match="not yet"):
        made = minimize(loss, SPACE, [Healing, Walker], 4, 2, progress=False)
    assert made.runs()["status"].to_list() == ["failed", "done"] * 2
    healed.append(True)
    assert made.resume(retry_failed=True, progress=False).runs()["status"].to_list() == ["done"] * 4
    losses = {label: own["loss"].to_list() for (label,), own in made.trials().group_by("label")}
    assert losses["Healing"] == losses["Walker"]
    assert made.audit()["holds"].all()


class Walker_of_x(Walker):  # noqa: N801
    """From 0.25 up."""

    def ask(self) -> Ask:
        return Ask({"x": self._at + 0.25})


def test_the_generators_of_this_process_stay_as_they_were() -> None:
    random.seed(5)
    np.random.seed(5)
    expected = random.random(), np.random.random()
    random.seed(5)
    np.random.seed(5)
    minimize(loss, SPACE, "random", 3, 1, progress=False)
    assert (random.random(), np.random.random()) == expected


def interrupting(times: int, how: Callable[[], None]) -> tuple[Callable[[dict[str, float]], float], list[float]]:
    """A function that is interrupted in its call of that number; and what it was called with."""
    calls: list[float] = []

    def function(configuration: dict[str, float]) -> float:
        calls.append(configuration["x"])
        if len(calls) == times:
            how()
        return configuration["x"]

    return function, calls


def test_ctrl_c_cancels_and_resume_goes_on_where_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    function, calls = interrupting(8, lambda: os.kill(os.getpid(), signal.SIGINT))
    before = signal.getsignal(signal.SIGINT)
    made = minimize(function, {"x": (0.0, 1.0)}, ["random", "tpe"], 6, 2, progress=False)
    assert signal.getsignal(signal.SIGINT) is before
    assert made.status == "cancelled"
    assert "resume() of the experiment goes on" in capsys.readouterr().err
    assert made.runs()["status"].to_list() == ["done", *["cancelled"] * 3]
    assert made.audit()["holds"].all()
    assert made.resume(progress=False).status == "finished"
    assert made.audit()["holds"].all()
    whole = minimize(lambda c: c["x"], {"x": (0.0, 1.0)}, ["random", "tpe"], 6, 2, name="whole", progress=False)
    assert len(calls) == 25, "the trial that was interrupted is evaluated again, no other is"
    assert whole.runs()["trials"].sum() == 24


def test_another_front_end_can_cancel_it() -> None:
    def cancel() -> None:
        (folder,) = Path("outputs").iterdir()
        assert lifecycle.supervised(folder)
        lifecycle.send(folder, "cancel")
        time.sleep(0.3)

    function, calls = interrupting(3, cancel)
    made = minimize(function, {"x": (0.0, 1.0)}, ["random"], 50, 1, progress=False)
    assert made.status == "cancelled"
    assert made.trials().height == len(calls) == 3


def test_a_forked_process_that_dies_costs_its_trial() -> None:
    def deadly(configuration: dict[str, float]) -> float:
        if configuration["x"] > 0.7:
            os._exit(3)
        return configuration["x"]

    made = minimize(deadly, {"x": (0.0, 1.0)}, "sobol", 8, 2, workers=2, progress=False)
    frame = made.trials(hyperparameters=True)
    assert frame.filter(status="failed").select("config.x").min().item() > 0.7
    assert frame.filter(status="done").select("config.x").max().item() <= 0.7
    assert set(made.errors()["reason"]) == {"its process ended with exit status 3"}
    assert made.audit()["holds"].all()


def test_a_forked_optimizer_that_dies_costs_its_run() -> None:
    class Deadly(Walker):
        def ask(self) -> Ask:
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError

    with pytest.warns(HpobenchWarning, match="during asking trial 0: its process was ended by SIGKILL"):
        made = minimize(loss, SPACE, [Deadly, Walker], 4, 1, workers=1, progress=False)
    assert made.runs()["status"].to_list() == ["failed", "done"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"function": 3}, "function: must be a function"),
        ({"function": Walker}, "function: must be a function"),
        ({"space": {}}, "space: is empty"),
        ({"space": [1]}, "space: must be a dict"),
        ({"space": {"x": 3}}, r"space: 'x' must be \(low, high\)"),
        ({"space": {"x": (0, 1, "lg")}}, r"space: 'x' must be \(low, high\)"),
        ({"space": {"x": ("a", "b")}}, r"space: 'x' must be \(low, high\)"),
        ({"space": {"x": []}}, r"space: 'x' must be \(low, high\)"),
        ({"space": {3: (0, 1)}}, "names of hyperparameters are texts"),
        ({"space": {"x": (2.0, 1.0)}}, "hyperparameter 'x' cannot be made"),
        ({"space": {"x": (0.0, 1.0, "log")}}, "hyperparameter 'x' cannot be made"),
        ({"space": {"x": [object()]}}, "hyperparameter 'x'"),
        ({"optimizers": []}, "optimizers: there is none"),
        ({"optimizers": "tpx"}, "unknown optimizer 'tpx'"),
        ({"optimizers": ["tpe", "tpe"]}, "tpe appears more than once"),
        ({"optimizers": [3]}, "optimizers: must be names"),
        ({"optimizers": [dict]}, "optimizer dict: it has no ask"),
        ({"optimizers": [{"nam": "tpe"}]}, "name is missing"),
        ({"optimizers": ["hyperband"]}, "impossible: hyperband needs a fidelity"),
        ({"optimizers": ["./nix.py:Nix"]}, "there is no file"),
        ({"budget": 0}, "budget: the amount must be positive"),
        ({"budget": "x"}, "budget: must be a number of evaluations"),
        ({"budget": "5 apples"}, "unknown unit 'apples'"),
        ({"budget": True}, "budget: must be a number of evaluations"),
        ({"budget": "5 simulated-seconds"}, "need a simulated clock"),
        ({"repetitions": 0}, "repetitions: must be"),
        ({"seed": -1}, "seed: must be"),
        ({"workers": 0}, "workers: must be"),
        ({"name": "a/b"}, "name: use letters"),
        ({"reference": "low"}, "reference: must be a number"),
        ({"fidelity": ("epochs", 1, 9)}, "has no parameter `fidelity`"),
        ({"output": 3}, "output: must be a path"),
    ],
)
def test_what_is_asked_for_wrongly_is_told_in_a_line_and_leaves_nothing(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(HpobenchError, match=says):
        minimize(**{"function": loss, "space": SPACE, "progress": False, **wrong})  # type: ignore[arg-type]
    assert not Path("outputs").exists()


def test_what_configspace_draws_can_be_asked_as_it_is() -> None:
    """Its draws of whole numbers among choices, and of ranges, are NumPy's."""

    class Drawing(Walker):
        def __init__(self, task: Task) -> None:
            super().__init__(task)
            self._space = task.space

        def ask(self) -> Ask:
            return Ask(dict(self._space.sample_configuration()))

    seen: list[object] = []

    def loss(c: dict[str, object]) -> float:
        seen.extend(map(type, c.values()))
        return float(c["k"])  # type: ignore[arg-type]

    space = {"k": [0, 1, 2], "n": (1, 9), "x": (0.0, 1.0)}
    made = minimize(loss, space, [Drawing], 6, 2, progress=False)
    assert made.runs()["status"].to_list() == ["done"] * 2
    assert set(seen) == {int, float}
