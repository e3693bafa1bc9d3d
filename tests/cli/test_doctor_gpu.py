"""``hpobench doctor --gpu``: the whole check on the CPU, and what is said where there is no GPU."""

import json

import pytest

from hpobench_tui.core import CommandInfo, HpobenchError
from program import hpobench

pytestmark = pytest.mark.needs("torch")


def test_the_whole_check_runs_on_the_cpu():
    done = hpobench("doctor", "--gpu", "--device", "cpu", "--json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout).values()
    checks, speeds, halving = found["tables"]
    assert len(checks["rows"]) == 17
    assert sum(row["right"] is True for row in checks["rows"]) == 16, "all but the memory of a GPU"
    assert speeds["rows"][0]["times the loop"] == 1.0
    assert all(row["networks a second"] > 0 for row in speeds["rows"])
    assert halving["rows"][0]["found"] == 4


def test_no_gpu_is_said_with_what_to_do():
    done = hpobench("doctor", "--gpu", CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 2
    assert "no NVIDIA GPU found" in done.stderr
    assert "--device cpu" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_device_is_named():
    done = hpobench("doctor", "--gpu", "--device", "tpu")
    assert done.returncode == 2
    assert "'tpu'" in done.stderr


def test_what_checks_devices_takes_a_device():
    with pytest.raises(HpobenchError, match="needs a parameter 'device'"):
        CommandInfo("toys check", "Checks.", "toys:check", checks_device=True)
