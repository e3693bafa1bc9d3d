"""``hpobench mnist report``: which networks are trained again, and what is said of them."""

import json

import pytest

pytest.importorskip("torch")

import torch

from hpobench_suites.mnist_cnn import report as module
from hpobench_suites.mnist_cnn.problem import MnistCnn
from hpobench_suites.mnist_cnn.report import LECTURE, LECTURES, best_of, report
from hpobench_tui.core import CommandContext, HpobenchError, Incumbent
from hpobench_tui.core.seeds import derive

SMALL = {"activation": "tanh", "depth": 1, "learning_rate": 3e-3}
WILD = {"activation": "elu", "depth": 3, "learning_rate": 1e30}


def incumbent(
    optimizer: str, loss: float, configuration: dict, problem="mnist_cnn/lecture-2k", fidelity=9
) -> Incumbent:
    return Incumbent(problem, optimizer, 0, loss, fidelity, configuration, 1.0, "epochs")


def told(tmp_path, *incumbents: Incumbent, **given):
    heard: list[float] = []
    context = CommandContext(lambda share, doing: heard.append(share), tmp_path, tuple(incumbents))
    arguments = {"seeds": 2, "epochs": 1, "images": 300, "top": 0, "workers": 1, "seed": 0, "device": "cpu"}
    found = report(context, **(arguments | given))
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    return found


def test_accuracies_are_those_of_trainings_on_the_first_images(tmp_path):
    found = told(tmp_path, incumbent("random", 0.2, SMALL))
    (table,) = found.tables
    assert [row[0] for row in table.rows] == [LECTURES, "random"]
    said = json.loads((tmp_path / "mnist-report.json").read_text())
    for network, configuration in zip(said["networks"], (LECTURE, SMALL), strict=True):
        expected = []
        for number in range(2):
            training = MnistCnn(300, 0).start(configuration, derive("mnist report", 0, number), "cpu")
            training.train(1)
            expected.append(training.test_accuracy())
        assert network["test_accuracies"] == expected
        mean = sum(expected) / 2
        assert network["mean"] == pytest.approx(mean, abs=1e-12)
        assert network["standard_error"] == pytest.approx(abs(expected[0] - expected[1]) / 2, abs=1e-12)
    assert table.rows[1][2] == pytest.approx(100 * said["networks"][1]["mean"])


def test_each_optimizer_hands_over_its_best_that_was_trained_longest():
    found = best_of(
        [
            incumbent("a", 0.3, SMALL), incumbent("a", 0.2, LECTURE), incumbent("b", 0.1, SMALL, fidelity=3),
            incumbent("b", 0.4, LECTURE), incumbent("c", 0.05, SMALL, problem="synthetic/branin"),
        ],
        "",
    )  # fmt: skip
    assert [(one.optimizer, one.loss) for one in found] == [("a", 0.2), ("b", 0.4)]


def test_networks_found_by_several_are_trained_once(tmp_path, monkeypatch):
    trained: list[float] = []
    whole = module.trained
    monkeypatch.setattr(module, "trained", lambda c, *rest: trained.append(c["learning_rate"]) or whole(c, *rest))
    found = told(tmp_path, incumbent("a", 0.2, LECTURE), incumbent("b", 0.3, LECTURE), seeds=1)
    assert trained == [1e-3]
    rows = found.tables[0].rows
    assert len({row[2] for row in rows}) == 1
    assert [row[3] for row in rows] == [None] * 3  # one training has no standard error


def test_trainings_that_diverge_are_said_and_not_averaged(tmp_path):
    found = told(tmp_path, incumbent("a", 0.2, WILD))
    assert found.tables[0].rows[1][2:5] == (None, None, 0)
    assert any("2 of a" in note for note in found.notes)


@pytest.mark.slow  # two processes that import torch
def test_side_by_side_gives_what_one_after_the_other_gives(tmp_path):
    one, two = (told(tmp_path, incumbent("a", 0.2, SMALL), workers=n, images=200).tables[0].rows for n in (1, 2))
    assert one == two


def test_wrong_experiments_and_devices_are_told(tmp_path, monkeypatch):
    with pytest.raises(HpobenchError, match="no result on mnist_cnn/lecture"):
        told(tmp_path, incumbent("a", 0.2, {}, problem="synthetic/branin"))
    with pytest.raises(HpobenchError, match="mnist_cnn/full"):
        told(tmp_path, incumbent("a", 0.2, SMALL), problem="mnist_cnn/full")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(HpobenchError, match="'cuda' needs a CUDA GPU"):
        told(tmp_path, incumbent("a", 0.2, SMALL), device="cuda")
    fallen, asked = (
        told(tmp_path, incumbent("a", 0.2, SMALL), device=device, seeds=1, images=100).notes
        for device in ("auto", "cpu")
    )
    assert set(asked) < set(fallen)
    assert any("GPU" in note for note in set(fallen) - set(asked))


def test_networks_of_another_precision_are_said_to_be_trained_in_float32(tmp_path):
    low, plain = (
        told(tmp_path, incumbent("a", 0.2, SMALL, problem=problem), seeds=1, images=100).notes
        for problem in ("mnist_cnn/lecture[precision=bf16]", "mnist_cnn/lecture[images=500]")
    )
    assert any("float32" in note for note in low)
    assert not any("float32" in note for note in plain)
