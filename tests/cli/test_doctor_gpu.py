"""``hpobench doctor --gpu``: does what plug-ins check devices by."""

import json

import pytest
from typer.testing import CliRunner

from hpobench_tui.cli import doctor
from hpobench_tui.cli.app import app
from hpobench_tui.core import CommandInfo, Parameter
from hpobench_tui.core.errors import HpobenchError

LOOK = """
from hpobench_tui.core import CommandResult, Table
def look(context, device, most):
    return CommandResult((Table("Looked", ("device", "most"), [(device, most)]),), passed=most < 9)
"""


@pytest.fixture
def checks(tmp_path, monkeypatch):
    """Registers a check whose trainings are right if its parameter is below 9, and a command that checks nothing."""
    (tmp_path / "looking_at_devices.py").write_text(LOOK)
    monkeypatch.syspath_prepend(tmp_path)

    def register(most):
        of = (Parameter("device", "cuda", "Where."), Parameter("most", most, "Of them."))
        check = CommandInfo("toy gpu", "Look.", "looking_at_devices:look", of, checks_device=True)
        other = CommandInfo("toy other", "Nothing.", "no_such_module:nothing")
        monkeypatch.setattr(doctor.plugins, "commands", lambda: [other, check])

    return register


def called(*arguments):
    return CliRunner().invoke(app, ["doctor", *arguments])


def test_checks_are_done_on_the_device_that_is_asked_for(checks):
    checks(3)
    done = called("--gpu", "--device", "cpu", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["toy gpu"]["tables"][0]["rows"] == [{"device": "cpu", "most": 3}]
    assert "Looked" in called("--gpu", "--device", "cpu").stdout


def test_what_is_not_right_ends_with_1(checks):
    checks(9)
    assert called("--gpu", "--device", "cpu").exit_code == 1


@pytest.mark.parametrize(
    ("gpus", "device", "words"),
    [
        ([], "cuda", "no NVIDIA GPU found.*--device cpu"),
        ([("0", "some")], "tpu", "must be cuda or cpu, not 'tpu'"),
    ],
    ids=["no-gpu", "no-device"],
)
def test_without_the_device_it_says_what_to_do(monkeypatch, gpus, device, words):
    monkeypatch.setattr(doctor, "gpus", lambda: gpus)
    with pytest.raises(HpobenchError, match=words):
        doctor.check_device(device, as_json=False)


def test_nothing_to_check_is_said(monkeypatch):
    monkeypatch.setattr(doctor.plugins, "commands", lambda: [])
    with pytest.raises(HpobenchError, match="no plug-in"):
        doctor.check_device("cpu", as_json=False)


def test_a_check_takes_a_device():
    with pytest.raises(HpobenchError, match="'toy gpu': what checks a device takes a parameter 'device'"):
        CommandInfo("toy gpu", "Look.", "looking_at_devices:look", checks_device=True)
