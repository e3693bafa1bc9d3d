"""A GPU asked for where there is none is refused by all front ends; where it was hoped for, one warning says so."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import hpobench_tui as hpo
from hpobench_tui import plugins
from hpobench_tui.cli.app import app
from hpobench_tui.core import CommandContext, Dimensions, HpobenchError, Incumbent, ProblemInfo, Reference
from hpobench_tui.core.own_code import OwnCode
from hpobench_tui.engine.front import spec
from hpobench_tui.executors import devices
from hpobench_tui.store.reader import Reader
from program import hpobench

RUN = (
    "run",
    "--optimizers",
    "random",
    "--budget",
    "1 evaluations",
    "--repetitions",
    "1",
    "--headless",
    "--workers",
    "1",
)
TINY = "mnist_cnn/lecture[images=100,validation=100]"
CUDA_TOML = f"""
name = "e"
device = "cuda"
problems = ["{TINY}"]
optimizers = ["random"]
budget = {{amount = 1, unit = "evaluations"}}
"""
WARNED = "no NVIDIA GPU found"


def problem(name: str, *kinds: str) -> ProblemInfo:
    return ProblemInfo(name, "", "m:p", Dimensions(floats=1), Reference(0.0, ""), devices=kinds)


MADE_FOR_IT = [problem(f"a/p{i}", "cuda", "cpu") for i in range(5)]


@pytest.fixture(autouse=True)
def _none_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


def test_who_hoped_for_a_gpu_is_named() -> None:
    told = devices.without_gpu("auto", [problem("a/other", "cpu"), *MADE_FOR_IT], False)
    assert told is not None
    assert "on the CPU: a/p0, a/p1, a/p2 and 2 more." in told
    assert "a/other" not in told


@pytest.mark.parametrize(
    ("device", "problems", "available"),
    [
        ("auto", MADE_FOR_IT, True),
        ("cpu", MADE_FOR_IT, False),
        ("auto", [problem("a/b", "cpu"), problem("a/c", "cpu", "cuda")], False),
    ],
    ids=["there is one", "nobody asked", "made for the CPU"],
)
def test_nobody_else_is_warned(device: str, problems: list[ProblemInfo], available: bool) -> None:
    assert devices.without_gpu(device, problems, available) is None


@pytest.mark.parametrize("front", ["run", "dry run", "file", "tabulate", "tabulate, dry"])
def test_the_command_line_refuses(front: str, tmp_path: Path) -> None:
    (tmp_path / "e.toml").write_text(CUDA_TOML)
    run = (*RUN, "--problems", TINY, "--device", "cuda", "-o", str(tmp_path / "out"))
    tabulate = ("tabulate", TINY, "-n", "2", "--device", "cuda", "-o", str(tmp_path / "out"))
    arguments = {
        "run": run,
        "dry run": (*run, "--dry-run"),
        "file": ("run", str(tmp_path / "e.toml"), "--headless", "-o", str(tmp_path / "out")),
        "tabulate": tabulate,
        "tabulate, dry": (*tabulate, "--dry-run"),
    }[front]
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, HpobenchError), done.output
    assert f"device 'cuda': {WARNED}" in str(done.exception)
    assert "Valid here: auto, cpu." in str(done.exception)
    assert not (tmp_path / "out").exists(), "nothing was begun"


def test_the_api_refuses(tmp_path: Path) -> None:
    with pytest.raises(HpobenchError, match=WARNED):
        hpo.run(problems=TINY, optimizers="random", budget=1, device="cuda", output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.needs("torch")
def test_the_final_report_refuses(tmp_path: Path) -> None:
    from hpobench_suites.mnist_cnn.report import report

    best = Incumbent("mnist_cnn/lecture", "random", 0, 0.1, 9, {"depth": 1}, 1.0, "epochs")
    context = CommandContext(lambda share, doing: None, tmp_path, (best,))
    with pytest.raises(HpobenchError, match=r"'cuda' needs a CUDA GPU.*Use the device 'cpu'"):
        report(context, seeds=1, epochs=1, images=100, top=0, workers=1, seed=0, device="cuda")
    assert not list(tmp_path.iterdir())


@pytest.mark.e2e
@pytest.mark.needs("torch")
def test_where_it_was_hoped_for_the_log_warns_once(tmp_path: Path) -> None:
    variables = {"HPOBENCH_CACHE": str(tmp_path / "cache")}
    refused = hpobench(*RUN, "--problems", TINY, "--device", "cuda", "-o", tmp_path, **variables)
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert WARNED in refused.stderr
    for device, expected in (("auto", 1), ("cpu", 0)):
        out = tmp_path / device
        done = hpobench(*RUN, "--problems", TINY, "--device", device, "-o", out, **variables)
        assert done.returncode == 0, done.stderr
        (folder,) = out.iterdir()
        assert hpobench("extend", folder, "--repetitions", "2", "--headless", **variables).returncode == 0
        with Reader(folder) as reader:
            warnings = [e.message for e in reader.events() if e.level == "warning" and WARNED in e.message]
        assert len(warnings) == expected


def test_each_problem_for_a_gpu_alone_is_refused_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only the first one of an experiment."""
    monkeypatch.setattr(devices, "gpus", list)
    text = 'name = "e"\nproblems = ["synthetic/branin", "synthetic/ackley"]\noptimizers = ["random"]\n'
    experiment = spec.parse(text + "[budget]\namount = 3\nunit = 'evaluations'", "x.toml")
    assert spec.check(experiment) is experiment
    info = plugins.problems()["synthetic/ackley"]
    code = OwnCode(problems={info.id: replace(info, devices=("cuda",))})
    with pytest.raises(HpobenchError, match="'synthetic/ackley' runs on a GPU alone"):
        spec.check(replace(experiment, code=code))
