"""Problems and optimizers in a person's own files: found, copied with what they import, described; told when wrong."""

from pathlib import Path

import pytest
from ConfigSpace import ConfigurationSpace
from typer.testing import CliRunner

from hpobench_tui import own_files, plugins
from hpobench_tui.cli.app import app
from hpobench_tui.core import Budget, HpobenchError, Measure, Report, Task
from hpobench_tui.core.own_code import MOST_BYTES, OwnCode
from hpobench_tui.core.space import space_of
from hpobench_tui.engine.front import describe, files, spec
from hpobench_tui.store.experiment_json import experiment_from_json, experiment_to_json

MINE = """
from hpobench_tui.core import Ask, Capabilities, Fidelity, Report
import helpers


def sphere(configuration):
    '''The sphere.

    In two dimensions.
    '''
    return helpers.square(configuration["x"])


sphere.space = {"x": (-5.0, 5.0)}


def noisy(configuration, seed, fidelity):
    return Report(configuration["n"] + seed / fidelity)


noisy.space = {"n": (1, 5), "kind": ["a", "b"]}
noisy.reference = 1.0
noisy.fidelity = ("epochs", 1, 9)


class Ball:
    def __init__(self, d=2, name="ball"):
        self.d = d

    def space(self):
        from ConfigSpace import ConfigurationSpace
        return ConfigurationSpace({f"x{i}": (0.0, 1.0) for i in range(self.d)})

    def start(self, configuration, seed, device):
        return Training(sum(configuration.values()))


class Training:
    def __init__(self, loss):
        self.loss = loss

    def advance(self, to_fidelity):
        return Report(self.loss)


class Called:
    space = {"x": (0.0, 1.0)}

    def __call__(self, configuration):
        return -configuration["x"]


class Climber:
    capabilities = {"conditions": False, "noise": True}

    def __init__(self, task, step=0.1, tries=3, *, name="x"):
        self.step, self.tries, self.seed = step, tries, task.seed

    def ask(self):
        return Ask({"x": self.step})

    def tell(self, trial):
        pass


def climber(task):
    return Climber(task, 0.7)
"""
README = Path(__file__).parents[3] / "README.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a file that imports another."""
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "helpers.py").write_text("import deeper.inner\n\n\ndef square(x):\n    return x * x\n")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "__init__.py").write_text("")
    (tmp_path / "deeper" / "inner.py").write_text("def lazily():\n    from late import thing\n")
    (tmp_path / "late.py").write_text("import json, numpy\nthing = 1\n")
    (tmp_path / "json.py").write_text("raise RuntimeError('not the library')\n")
    (tmp_path / "unrelated.py").write_text("raise RuntimeError('nobody imports it')\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(kind: str, *names: str) -> OwnCode:
    return files.found(kind, names)[0]


def test_what_a_file_imports_of_its_folder_is_copied_and_nothing_else(folder: Path) -> None:
    code = found("problem", "./mine.py:sphere")
    assert list(code.sources) == ["deeper/__init__.py", "deeper/inner.py", "helpers.py", "late.py", "mine.py"]
    assert code.sources["mine.py"] == MINE
    assert code.origins == {"mine.py": str((folder / "mine.py").resolve())}


def test_functions_and_classes_are_described(folder: Path) -> None:
    names = ["sphere", "noisy", "Ball", "Called"]
    code, ids = files.found("problem", [*(f"mine.py:{name}" for name in names), "mine.py:Ball[d=5]"])
    assert ids == ["mine/sphere", "mine/noisy", "mine/Ball", "mine/Called", "mine/Ball[d=5]"]
    sphere, noisy, ball, called, large = (code.problems[name] for name in ids)
    assert (sphere.summary, str(sphere.dimensions), sphere.measure) == ("The sphere.", "1 float", Measure.INCUMBENT)
    assert (str(noisy.dimensions), noisy.noisy, noisy.measure) == ("1 int + 1 cat", True, Measure.SIMPLE)
    assert (noisy.reference.loss, noisy.fidelity and noisy.fidelity.maximum) == (1.0, 9)
    assert [(p.name, p.default) for p in ball.parameters] == [("d", 2), ("name", "ball")]
    assert (str(ball.dimensions), str(large.dimensions), str(called.dimensions)) == ("2 float", "5 float", "1 float")
    assert not any(plugins.ill_typed(info) for info in code.problems.values())


def test_optimizers_are_described_with_what_their_makers_take(folder: Path) -> None:
    code = found("optimizer", "mine.py:Climber", "mine.py:climber")
    info = code.optimizers["mine:Climber"]
    assert [(p.name, p.default) for p in info.parameters] == [("step", 0.1), ("tries", 3), ("name", "x")]
    assert (info.capabilities.conditions, info.capabilities.noise, info.capabilities.pending) == (False, True, True)
    assert code.optimizers["mine:climber"].parameters == ()


def test_what_is_described_is_what_runs(folder: Path, tmp_path: Path) -> None:
    code = found("problem", "mine.py:sphere", "mine.py:noisy", "mine.py:Ball[d=3]", "mine.py:Called")
    files.write(tmp_path / "copy", code)
    (folder / "mine.py").write_text("raise RuntimeError('not the copy')")
    own_files.use(tmp_path / "copy")
    sphere, noisy, ball, called = (plugins.load_problem(info) for info in code.problems.values())
    assert sphere.start({"x": 3.0}, 0, "cpu").advance(1) == Report(9.0)
    training = noisy.start({"n": 2, "kind": "a"}, 8, "cpu")
    assert [training.advance(2).loss, training.advance(4).loss] == [6.0, 4.0]
    assert list(space_of(ball)) == ["x0", "x1", "x2"]
    assert called.start({"x": 0.5}, 0, "cpu").advance(1).loss == -0.5


def test_another_folder_s_files_take_the_place_of_the_first_s(tmp_path: Path) -> None:
    for number in (1, 2):
        other = tmp_path / str(number)
        other.mkdir()
        (other / "same.py").write_text(
            f"import same_helper\ndef f(c): return same_helper.n\nf.space = {{'x': (0, {number})}}"
        )
        (other / "same_helper.py").write_text(f"n = {number}")
        code, _ = files.found("problem", [f"{other}/same.py:f"])
        files.write(other / "code", code)
        own_files.use(other / "code")
        assert plugins.load_problem(code.problems["same/f"]).start({}, 0, "cpu").advance(1).loss == number


def test_a_file_may_be_called_like_a_library_that_it_uses(tmp_path: Path) -> None:
    (tmp_path / "scipy.py").write_text(
        "import scipy.special\ndef f(c): return float(scipy.special.gamma(3))\nf.space = {'x': (0.0, 1.0)}"
    )
    code, _ = files.found("problem", [f"{tmp_path}/scipy.py:f"])
    files.write(tmp_path / "code", code)
    own_files.use(tmp_path / "code")
    assert plugins.load_problem(code.problems["scipy/f"]).start({}, 0, "cpu").advance(1).loss == 2.0


def test_parameters_reach_the_optimizer(folder: Path, tmp_path: Path) -> None:
    built = spec.build(
        "x", ["mine.py:sphere"], ["random", {"name": "mine.py:Climber", "step": 0.25}], Budget.of(3, "evaluations")
    )
    contender = built.contenders[1]
    assert (contender.optimizer, contender.label) == ("mine:Climber", "mine:Climber[step=0.25]")
    files.write(tmp_path / "copy", built.code)
    own_files.use(tmp_path / "copy")
    task = Task(ConfigurationSpace({"x": (0.0, 1.0)}), None, Budget.of(3, "evaluations"), 7, contender.parameters)
    made = plugins.build_optimizer(built.code.optimizers["mine:Climber"], task)
    assert (made.step, made.tries, made.seed) == (0.25, 3, 7)  # type: ignore[attr-defined]


def test_an_experiment_file_names_them_relative_to_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
name = "own"
problems = ["./mine.py:sphere", { name = "mine.py:Ball", d = 3 }]
optimizers = ["random", { name = "./mine.py:Climber", step = 0.5, label = "c" }]
[budget]
amount = 9
unit = "evaluations"
[budgets."./mine.py:sphere"]
amount = 5
unit = "evaluations"
"""
    (folder / "e.toml").write_text(text)
    monkeypatch.chdir("/")
    experiment = spec.load(folder / "e.toml")
    assert experiment.problems == ("mine/sphere", "mine/Ball[d=3]")
    assert [budget.amount for budget in experiment.budgets.values()] == [5, 9]
    assert experiment.contenders[1].label == "c"
    again = experiment_from_json(experiment_to_json(experiment))
    assert again == experiment
    assert (again.code, again.code.origins) == (experiment.code, experiment.code.origins)
    monkeypatch.chdir(folder / "deeper")
    own = spec.load(folder / "e.toml", problems=["../mine.py:Called"], budgets={})
    assert own.problems == ("mine/Called",), "what is given on the command line is relative to where that is typed"


def test_the_readme_s_plug_in_is_one_of_a_file_as_well(tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    parts = [
        part.partition("```")[0] for part in text.split("```python\n")[1:] if part.startswith("# hpobench_tiny.py")
    ]
    (tmp_path / "hpobench_tiny.py").write_text("".join(parts))
    experiment = spec.build(
        "x", [f"{tmp_path}/hpobench_tiny.py:SPHERE"], [f"{tmp_path}/hpobench_tiny.py:HILL_CLIMBER"],
        Budget.of(3, "evaluations"),
    )  # fmt: skip
    info = experiment.code.problems["hpobench_tiny/SPHERE"]
    assert (info.summary, info.load) == ("x² + y²", "hpobench_code.hpobench_tiny:Sphere")


WRONG = {
    "import sys; sys.exit('bye')": ("f", "SystemExit: bye"),
    "1 / 0": ("f", "ZeroDivisionError: division by zero (bad.py:1 in <module>)"),
    "import no_such_library_at_all": ("f", "No module named 'no_such_library_at_all'"),
    "def branin(c): pass": ("brannin", "unknown name in bad.py 'brannin'. Did you mean 'branin'?"),
    "f = 3": ("f", "a problem is a class, a function or a ProblemInfo, not int"),
    "def f(c): return 0": ("f", "it has no space; add one below it"),
    "class f:\n  space = {'x': (0, 1)}": ("f", "it has no start(configuration, seed, device)"),
    "def f(c): return 0\nf.space = {'x': 0.5j}": ("f", "0.5j"),
    "def f(c): return 0\nf.space = {'x': (0, 1)}\nf.fidelity = (1,)": ("f", "fidelity must be like"),
    "def f(c): return 0\nf.space = {'x': (0, 1)}\nf.measure = 'loss'": ("f", "measure must be one of simple regret"),
    "def f(c): return 0\nf.space = {'x': (0, 1)}\nf.noisy = 'yes'": ("f", "field 'noisy' must be bool"),
    "class f:\n  def ask(self): pass\n  def tell(self, trial): pass": ("f", "it is an optimizer"),
}


@pytest.mark.parametrize(("source", "name", "said"), [(source, *rest) for source, rest in WRONG.items()])
def test_what_is_wrong_with_a_file_is_one_line(tmp_path: Path, source: str, name: str, said: str) -> None:
    (tmp_path / "bad.py").write_text(source)
    own_files.use(tmp_path)
    answer = describe._answer("problem", "bad", name, {})
    assert said in answer["wrong"]
    assert "\n" not in answer["wrong"]


PROCESS = {
    "def f(": "bad.py, line 1: no valid Python: '(' was never closed",
    "import os; print('bye'); os._exit(3)": "the process that imported it ended with code 3: bye",
    "import os; os.kill(os.getpid(), 11)": "the process that imported it ended with code -11",
    "raise KeyboardInterrupt": "KeyboardInterrupt (bad.py:1 in <module>)",
}


@pytest.mark.parametrize(("source", "said"), PROCESS.items())
def test_a_file_that_takes_its_process_down_takes_no_other(tmp_path: Path, source: str, said: str) -> None:
    (tmp_path / "bad.py").write_text(source)
    done = CliRunner().invoke(app, ["problems", f"{tmp_path}/bad.py:f"])
    assert isinstance(done.exception, HpobenchError)
    assert said in str(done.exception)
    assert "\n" not in str(done.exception)


OPTIMIZERS = {
    "class A:\n  def ask(self): pass": "it has no tell; an optimizer has ask() and tell(trial)",
    "class A:\n  def __init__(self): pass\n  ask = tell = __init__": "it must be made with a Task alone",
    "A = 'random'": "an optimizer is a class, a function or an OptimizerInfo, not str",
    "def A(c): pass\nA.space = {'x': (0, 1)}": "it is a problem",
    "class A:\n  capabilities = {'noises': True}\n  def __init__(self, t): pass\n  ask = tell = __init__": "noises",
}


@pytest.mark.parametrize(("source", "said"), OPTIMIZERS.items())
def test_what_is_wrong_with_an_optimizer_s_file_is_one_line(tmp_path: Path, source: str, said: str) -> None:
    (tmp_path / "bad.py").write_text(source)
    own_files.use(tmp_path)
    answer = describe._answer("optimizer", "bad", "A", {})
    assert said in answer["wrong"]
    assert "\n" not in answer["wrong"]


def test_files_that_are_not_there_or_cannot_be(tmp_path: Path, folder: Path) -> None:
    def said(name: str) -> str:
        with pytest.raises(HpobenchError) as error:
            found("problem", name)
        return str(error.value)

    assert "Did you mean 'mine.py'" in said("./mne.py:sphere")
    assert "does not say what of the file" in said("./mine.py")
    assert "Valid: sphere, noisy, Ball" in said("./mine.py")
    (folder / "folder.py").mkdir()
    assert "is no file" in said("./folder.py:x")
    (folder / "latin.py").write_bytes(b"x = '\xe9'")
    assert "not text in UTF-8" in said("./latin.py:x")
    (folder / "2x.py").write_text("")
    assert "name the file with letters" in said("./2x.py:x")
    (folder / "large.py").write_text("#" * (MOST_BYTES + 1))
    assert "more than 1,000,000 bytes" in said("./large.py:x")
    (folder / "synthetic.py").write_text("def f(c): return 0\nf.space = {'x': (0.0, 1.0)}")
    assert "a suite 'synthetic' is installed; rename the file" in said("./synthetic.py:f")


def test_two_files_of_one_name_that_differ_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same.py").write_text(f"def {name}(c): return 0\n{name}.space = {{'x': (0.0, 1.0)}}")
    with pytest.raises(HpobenchError, match=r"another file same\.py in this experiment, which differs; rename one"):
        found("problem", f"{tmp_path}/one/same.py:one", f"{tmp_path}/two/same.py:two")


@pytest.mark.parametrize("name", ["../x.py", "/x.py", "a/../x.py", "x.txt", "a//x.py", "~/x.py", ".py", "x.py\n"])
def test_sources_stay_in_their_folder(name: str) -> None:
    with pytest.raises(HpobenchError, match="cannot be the name of a file"):
        OwnCode({name: ""})


def test_commands_take_what_is_in_a_file(folder: Path) -> None:
    call = CliRunner().invoke
    assert "1 float" in call(app, ["problems", "./mine.py:sphere"]).stdout
    assert "step = 0.1" in call(app, ["optimizers", "./mine.py:Climber"]).stdout
    checked = call(app, ["selfcheck", "./mine.py:sphere", "./mine.py:Ball[d=3]", "--draws", "20"])
    assert (checked.exit_code, checked.stdout.count("passed")) == (0, 3), checked.output
