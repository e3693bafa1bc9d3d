"""Plug-ins of packages of their own: found, run, conformant; the broken ones named without stopping the rest."""

import os
import re
import sys
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest

import experiments
from distributions import describe
from hpobench_tui import plugins
from hpobench_tui.core import Dimensions, Fidelity, HpobenchError, Landmark, Parameter, Reference
from program import hpobench, python

OURS = {"bandits/bernoulli-10", "synthetic/branin", "mnist_cnn/lecture"}
README = Path(__file__).parents[1] / "README.md"


def test_ours_are_found_by_entry_point() -> None:
    assert set(plugins.problems().found) >= OURS
    assert not plugins.problems().broken
    assert not plugins.optimizers().broken


@pytest.mark.e2e
def test_a_plugin_is_found_and_runs(install_plugins: Callable[..., Path], tmp_path: Path) -> None:
    install_plugins("tiny")
    assert plugins.problems()["tiny/sphere"].dimensions.floats == 2
    experiment = experiments.experiment(["tiny/sphere"], ["tiny-hill-climber", "random"], 200, "evaluations")
    runs = {run.label: run for run in experiments.runs(experiments.run(experiment, tmp_path))}
    assert {run.status for run in runs.values()} == {"done"}
    assert {run.spent for run in runs.values()} == {200}


def test_the_readme_shows_the_plugin() -> None:
    """Every line of the README's two examples but the imports is the plug-in's, whatever the line breaks."""

    def dense(text: str) -> str:
        return re.sub(r"\s", "", text).replace(",)", ")")

    plugin = dense((Path(__file__).parent / "plugins/tiny/hpobench_tiny.py").read_text())
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    examples = [block for block in blocks if block.startswith("# hpobench_tiny.py")]
    assert "class HillClimber" in examples[0]
    assert "class Sphere" in examples[1]
    for line in "\n".join(examples).splitlines():
        if not line.startswith(("#", "import ", "from ")):
            assert dense(line) in plugin, line


def copied_from_the_readme(folder: Path) -> None:
    """Its blocks that begin with ``# FILE``, each in that file, in order."""
    for block in re.findall(r"```(?:python|toml)\n(.*?)```", README.read_text(), re.DOTALL):
        if name := re.match(r"# ([\w.]+\.(?:py|toml))\b", block):
            with (folder / name[1]).open("a") as file:
                file.write(f"{block}\n")


def test_the_readmes_examples_have_20_lines(tmp_path: Path) -> None:
    copied_from_the_readme(tmp_path)
    optimizer, problem = (tmp_path / "hpobench_tiny.py").read_text().split("# hpobench_tiny.py, below")
    for example in (optimizer, problem):
        assert 10 < len([line for line in example.splitlines()[1:] if line.strip()]) <= 20


@pytest.mark.e2e
def test_the_readmes_plugin_works_when_copied(tmp_path: Path) -> None:
    """Built and installed as ``pip install .`` would (into a folder, offline), tested and run."""
    pytest.importorskip("pip")
    folder, site = tmp_path / "copied", tmp_path / "site"
    folder.mkdir()
    copied_from_the_readme(folder)
    assert set(os.listdir(folder)) == {
        "hpobench_tiny.py", "mine.py", "mine.toml", "pyproject.toml", "test_tiny.py", "tiny.toml",
    }  # fmt: skip
    offline = ("--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation")
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))
    for command in (
        ["-m", "pip", "install", *offline, "--target", str(site), "."],
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "test_tiny.py"],
        ["-m", "hpobench_tui", "run", "tiny.toml", "--headless", "-o", "out"],
    ):
        done = python(*command, cwd=folder, PYTHONPATH=path)
        assert done.returncode == 0, done.stdout + done.stderr
        if passed := re.search(r"(\d+) passed", done.stdout):
            assert int(passed[1]) >= 15
    assert "tiny/sphere" in done.stdout
    assert "tiny-hill-climber" in done.stdout


def test_broken_plugins_and_collisions_are_named(install_plugins: Callable[..., Path]) -> None:
    site = install_plugins("tiny")
    points = {name: f"zz_broken:{name.upper()}" for name in ("raises", "wrong", "taken", "fine")}
    describe(site, "zz-broken", "1", {"hpobench.problems": {"absent": "no_such_module:PROBLEMS", **points}})
    (site / "zz_broken.py").write_text(
        "from dataclasses import replace\n"
        "from hpobench_tiny import SPHERE\n"
        "WRONG = (SPHERE.id,)\n"
        "TAKEN = (SPHERE,)\n"
        "FINE = replace(SPHERE, id='zz/fine')\n"
        "def __getattr__(name):\n"
        "    raise RuntimeError('no ' + name)\n"
    )
    plugins.problems.cache_clear()
    registry = plugins.problems()
    assert set(registry.found) >= {*OURS, "tiny/sphere", "zz/fine"}
    assert "No module named 'no_such_module'" in registry.broken["zz-broken:absent"]
    assert "RuntimeError: no RAISES" in registry.broken["zz-broken:raises"]
    assert "must be a ProblemInfo" in registry.broken["zz-broken:wrong"]
    assert "already registered by hpobench-tiny:sphere" in registry.broken["zz-broken:taken"]
    done = hpobench("problems")
    assert "zz/fine" in done.stdout
    assert done.stderr.count("broken plug-in zz-broken:") == 4


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("def broken(:", "SyntaxError"),
        (
            "try:\n    {}['key']\nexcept KeyError as e:\n    raise ImportError('half built') from e",
            "because of KeyError",
        ),
        ("raise SystemExit('not here')", "SystemExit: not here"),
    ],
)
def test_a_name_of_a_plugin_that_cannot_be_imported_names_the_failure(
    install_plugins: Callable[..., Path], source: str, reason: str
) -> None:
    site = install_plugins()
    groups = ("problems", "optimizers", "commands")
    points = {f"hpobench.{group}": {"lgbm": f"hpobench_lgbm:{group.upper()}"} for group in groups}
    describe(site, "hpobench-lgbm", "1", points)
    (site / "hpobench_lgbm.py").write_text(source)
    for registry, own, foreign in (
        (plugins.problems(), "lgbm/cv", "nobody/knows"),
        (plugins.optimizers(), "lgbm-search", "nobody-knows"),
        (plugins.commands(), "lgbm train", "nobody knows"),
    ):
        assert reason in registry.broken["hpobench-lgbm:lgbm"]
        said = str(registry.unknown(own))
        assert "It may be of a plug-in that could not be loaded: hpobench-lgbm:lgbm (hpobench_lgbm:" in said
        assert reason in said
        other = str(registry.unknown(foreign))
        assert "These plug-ins could not be loaded: hpobench-lgbm:lgbm (" in other
    doctor = hpobench("doctor", "--quick")
    assert doctor.returncode == 1
    assert doctor.stderr.count(reason) == 1, "for problems, optimizers and commands together"
    for arguments in (
        ["problems", "lgbm/cv"], ["optimizers", "lgbm-search"], ["lgbm", "train"], ["selfcheck", "lgbm/cv"],
    ):  # fmt: skip
        done = hpobench(*arguments)
        assert done.returncode == 2
        assert reason in done.stderr.splitlines()[0]
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("id", ["x/y"], "field 'id' must be str"),
        ("id", "bad/../../x", "must be made of letters"),
        ("reference", 0.0, "field 'reference' must be Reference"),
        ("reference", Reference("zero", "s"), "field 'loss' must be int or float"),  # type: ignore[arg-type]
        ("dimensions", Dimensions(floats="two"), "field 'floats' must be int"),  # type: ignore[arg-type]
        ("tags", (1, 2), "tags must hold str"),
        ("requires", {3: 4}, "requires must map"),
        ("load", "no_attribute", "load must be 'package.module:attribute', not 'no_attribute'"),
        ("reference", Reference(float("nan"), "s"), "the reference loss must be a finite number"),
        ("seconds", -1.0, "seconds must be a number, 0 or more"),
        ("dimensions", Dimensions(floats=-2), "dimensions must be numbers, 0 or more"),
        ("loss_range", (3, 1), "loss_range must be a lower and a higher loss, not (3, 1)"),
        ("loss_range", ("a",), "loss_range must be a lower and a higher loss"),
        ("summary", "\ud800", "field 'summary' must be valid Unicode without NUL, not '\\ud800'"),
        ("reference", Reference(0.0, "\0"), "field 'source' must be valid Unicode"),
        ("fidelity", Fidelity("\udfff", 1, 2), "field 'name' must be valid Unicode"),
        ("landmarks", ("LeNet",), "landmarks must hold Landmark"),
        ("landmarks", (Landmark("a\0", 0.1, "s"),), "field 'name' must be valid Unicode"),
        ("parameters", (Parameter("d]\x1b[2J", 1, "Help."),), "the name of parameter 'd]\\x1b[2J' must be made of"),
    ],
)
def test_ill_typed_problems_are_named(field: str, value: object, complaint: str) -> None:
    info = copy(plugins.problems()["synthetic/branin"])
    object.__setattr__(info, field, value)
    assert complaint in (plugins.ill_typed(info) or "nothing")


def test_ill_typed_optimizers_are_named() -> None:
    info = copy(plugins.optimizers()["hyperband"])
    assert plugins.ill_typed(info) is None
    object.__setattr__(info, "parameters", ("eta",))
    assert "parameters must hold Parameter" in (plugins.ill_typed(info) or "nothing")


@pytest.mark.parametrize(
    "raised", ["KeyboardInterrupt", "SystemExit(1)", "GeneratorExit", "type('X', (BaseException,), {})"]
)
def test_whatever_an_import_raises_stops_nothing_else(
    raised: str,
    install_plugins: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    site = install_plugins("tiny")
    describe(site, "zz-raises", "1", {"hpobench.problems": {"a": "zz_raises:A", "b": "zz_mute:B"}})
    (site / "zz_raises.py").write_text(f"print('said'); raise {raised}\n")
    (site / "zz_mute.py").write_text("class Mute:\n    def __repr__(self): raise ValueError\nB = [Mute()]\n")
    monkeypatch.delitem(sys.modules, "zz_mute", raising=False)
    registry = plugins.problems()
    assert "said" not in capsys.readouterr().out, "what is listed may be read by a program"
    assert "tiny/sphere" in registry
    assert "zz_raises.py:1" in registry.broken["zz-raises:a"]
    assert "found a Mute" in registry.broken["zz-raises:b"]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(HpobenchError, match="Did you mean 'synthetic/branin'"):
        plugins.problems()["synthetic/brannin"]


def test_fidelities_of_ours_are_sound() -> None:
    for info in plugins.problems():
        assert info.fidelity is None or isinstance(info.fidelity, Fidelity)
        assert info.reference.source
        assert info.summary


def vary_raises() -> None:
    raise KeyError("d")


def vary_returns_nothing(**parameters: object) -> None:
    return None


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ("vary_raises", "TypeError"),
        ("vary_returns_nothing", "must return a ProblemInfo, not None"),
        ("nowhere", "nowhere"),
    ],
)
def test_a_variant_that_cannot_be_described_is_named(vary: str, words: str) -> None:
    info = replace(plugins.problems()["synthetic/ackley"], vary=f"{__name__}:{vary}")
    with pytest.raises(HpobenchError, match=words) as caught:
        plugins.variant(info, {"d": 3})
    assert "problem 'synthetic/ackley' is broken" in str(caught.value)


@pytest.mark.parametrize("value", ["\x1b[2J", "a\nb", "\u202e", "\ud800"])
def test_parameters_are_printable(value: str) -> None:
    with pytest.raises(HpobenchError, match="'file' must be text of printable characters, not '") as caught:
        Parameter("file", "", "A path.").check(value, "table")
    assert value not in str(caught.value)


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_parameters_are_finite(value: float) -> None:
    with pytest.raises(HpobenchError, match="'sigma' must be a finite number"):
        plugins.optimizers()["ucb1"].settings({"sigma": value})
