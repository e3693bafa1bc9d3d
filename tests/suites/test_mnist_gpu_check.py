"""``hpobench mnist gpu-check`` on the CPU, and that it sees what is wrong."""

import pytest

pytest.importorskip("torch")

import torch

from hpobench_suites.mnist_cnn import gpu_check
from hpobench_suites.mnist_cnn.fused.ways import WAYS
from hpobench_suites.mnist_cnn.gpu_check import FEW, Setting, check, equality
from hpobench_tui.core import CommandContext, HpobenchError

SMALL = Setting("cpu", 256, 4)


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch, tmp_path):
    torch.set_num_threads(1)
    monkeypatch.setenv("HPOBENCH_CACHE", str(tmp_path))


def only(monkeypatch, way, change):
    """That way alone, with what it finds changed."""
    own = WAYS[way]
    for other in [name for name in WAYS if name != way]:
        monkeypatch.delitem(WAYS, other)
    monkeypatch.setitem(WAYS, way, lambda *arguments: change(*own(*arguments)))


def wrong(rows):
    return [row[0] for row in rows if row[-1] is False]


def test_a_way_with_slightly_wrong_gradients_is_found(monkeypatch):
    only(monkeypatch, "grouped", lambda losses, gradients: (losses, [g * (1 + 1e-2) for g in gradients]))
    assert "one step in float32, weights" in wrong(equality(SMALL, lambda share: None))


def test_a_way_that_mixes_mates_is_found(monkeypatch):
    only(monkeypatch, "grouped", lambda losses, gradients: (losses, [g + 1e-6 * g.mean(0) for g in gradients]))
    found = wrong(equality(SMALL, lambda share: None))
    assert {"ten steps in float64, weights", "beside a mate that is NaN, weights"} <= set(found)


def test_what_a_driver_raises_is_a_row_and_does_not_pass(monkeypatch):
    def broken(setting, tell):
        raise RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED\nand a trace")

    for stage in ("equality", "speed"):
        monkeypatch.setattr(gpu_check, stage, lambda setting, tell: [])
    monkeypatch.setattr(gpu_check, "halving", broken)
    shares = []
    found = check(CommandContext(lambda share, doing: shares.append(share)), "cpu", 1, FEW)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert not found.passed
    assert found.tables[2].rows == [("failed", "cuDNN error: CUDNN_STATUS_NOT_SUPPORTED", None, None)]
    assert "use the device 'cpu'" in found.notes[-1]


@pytest.mark.skipif(torch.cuda.is_available(), reason="it is about machines without a GPU, and there is one")
def test_without_a_gpu_it_says_what_to_do():
    with pytest.raises(HpobenchError, match=r"PyTorch sees no GPU; .* or use the device 'cpu'"):
        check(CommandContext(lambda share, doing: None), "cuda", 1, FEW)
