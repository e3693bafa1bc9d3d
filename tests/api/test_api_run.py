"""Experiments in processes of their own, from scripts and from a notebook."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hpobench_tui import HpobenchError, HpobenchWarning, run
from hpobench_tui import open as open_experiment
from program import imported, python

pytestmark = pytest.mark.e2e
FIVE_LINES = """
import hpobench_tui as hpo
result = hpo.minimize(lambda c: (c["x"] - 0.3) ** 2, {"x": (0.0, 1.0)}, ["tpe", "random"], budget=20)
print(result.status, result.audit()["holds"].all(), result.runs()["trials"].sum())
"""
SLOW = """
import time
class Slow:
    space = {"x": (0.0, 1.0)}
    def __call__(self, c):
        time.sleep(0.05)
        return c["x"]
"""
OPTIMIZER = """
from hpobench_tui.core import Ask
class Optimizer:
    def __init__(self, task): pass
    def ask(self): return Ask({"x": 0.25})
    def tell(self, trial): pass
"""


def test_importing_it_costs_next_to_nothing() -> None:
    program = "import time; t = time.process_time(); import hpobench_tui; print(time.process_time() - t)"
    assert min(float(python("-c", program).stdout) for _ in range(3)) < 0.05
    heavy = {"numpy", "polars", "matplotlib", "scipy", "ConfigSpace", "pandas", "torch", "sqlite3"}
    assert not imported("import hpobench_tui; dir(hpobench_tui)") & heavy
    assert not imported("import hpobench_tui; hpobench_tui.open") & {"torch", "pandas", "polars", "matplotlib"}


def test_the_five_lines_work_from_an_empty_folder(tmp_path: Path) -> None:
    done = python("-c", FIVE_LINES, cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("finished True 200\n", 0), done.stderr


def test_the_five_lines_work_with_an_optimizer_beside_them(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OPTIMIZER)
    program = FIVE_LINES.replace('"tpe"', '"./mine.py:Optimizer"')
    done = python("-c", program, cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("finished True 200\n", 0), done.stderr


def test_a_dict_runs_and_is_opened_again(tmp_path: Path) -> None:
    spec = {"name": "mine", "problems": ["synthetic/branin"], "optimizers": ["random"], "budget": "5 evaluations"}
    made = run(spec, repetitions=2, workers=1, output=tmp_path, progress=False)
    assert (made.status, made.name, made.runs()["trials"].to_list()) == ("finished", "mine", [5, 5])
    assert open_experiment("latest", output=tmp_path).folders == made.folders
    assert open_experiment("mine", output=tmp_path).trials().equals(made.trials())


def test_failures_are_warned_of_and_returned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def f(c):\n    raise ValueError('never')\nf.space = {'x': (0.0, 1.0)}\n")
    with pytest.warns(HpobenchWarning, match="all their trials failed") as caught:
        made = run(problems="./mine.py:f", optimizers="random", budget=3, repetitions=1, progress=False)
    assert caught[0].filename == __file__
    assert made.errors().height == 3


def test_ctrl_c_cancels_returns_and_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    program = (
        "import hpobench_tui as hpo\n"
        "made = hpo.run(problems='./slow.py:Slow', optimizers='random', budget=400, repetitions=1, workers=1)\n"
        "print(made.status, made.audit()['holds'].all(), flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.2)
        try:
            if open_experiment("latest", output=tmp_path / "outputs").trials().height:
                break
        except HpobenchError:
            continue
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert (out, process.returncode) == ("cancelled True\n", 0), errors
    assert "hpo.open('outputs/experiment-" in errors
    made = open_experiment("latest", output=tmp_path / "outputs")
    assert 0 < made.runs()["trials"].sum() < 400


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "nothing says which problems and optimizers to run"),
        ({"spec": 3}, "spec: must be a preset's name, a path or a dict"),
        ({"spec": "frist"}, "unknown preset 'frist'"),
        ({"spec": {"problms": ["bandits"], "optimizers": ["random"]}}, "nothing says which problems"),
        ({"problems": "nix/nix", "optimizers": "random", "budget": 3}, "unknown problem 'nix/nix'"),
        ({"problems": "synthetic/branin", "optimizers": "random"}, "budget: none"),
        ({"problems": "synthetic/branin", "optimizers": "random", "budget": "3 apples"}, "unknown unit"),
        ({"problems": "synthetic/branin", "optimizers": "random", "budget": 3, "workers": 0}, "workers: must be"),
        ({"problems": "here/f", "optimizers": "random", "budget": 3}, "was given to hpo.minimize"),
    ],
)
def test_what_is_asked_for_wrongly_is_told_in_a_line(wrong: dict[str, object], says: str, tmp_path: Path) -> None:
    with pytest.raises(HpobenchError, match=says):
        run(**{"output": tmp_path / "none", **wrong})  # type: ignore[arg-type]
    assert not (tmp_path / "none").exists()


@pytest.mark.needs("nbclient", "ipykernel")
def test_it_works_in_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    cells = [
        "import hpobench_tui as hpo",
        "def loss(c):\n    return (c['x'] - 0.3) ** 2",
        "class Mine:\n    def __init__(self, task): pass\n    def ask(self):\n"
        "        from hpobench_tui.core import Ask\n        return Ask({'x': 0.5})\n    def tell(self, trial): pass",
        "result = hpo.minimize(loss, {'x': (0.0, 1.0)}, [Mine, 'random'], budget=20)\nresult",
        "forked = hpo.minimize(loss, {'x': (0.0, 1.0)}, [Mine, 'random'], budget=20, workers=2, progress=False)\n"
        "print(forked.trials()['loss'].equals(result.trials()['loss']))",
        "result.plot.regret();",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [cell.outputs for cell in book.cells]
    shown = [output.data for output in outputs[3] if "data" in output]
    assert any("<progress value='1.0000'" in data.get("text/html", "") for data in shown)
    assert "<table>" in shown[-1]["text/html"]
    assert outputs[4][-1].text == "True\n"
    assert any("image/png" in output.get("data", {}) for output in outputs[5])
