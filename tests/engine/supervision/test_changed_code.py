"""Code that is another between cancel and resume: refused with both identities, or accepted and told under tables."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import experiments
import hpobench_tui as hpo
from factories import change
from hpobench_tui.analysis import warnings
from hpobench_tui.core import Budget, HpobenchError
from hpobench_tui.engine.front import identity, lifecycle, spec
from hpobench_tui.store.reader import Reader
from program import hpobench

pytestmark = pytest.mark.e2e

MINE = """
import time
from local_step import STEP


def slow(configuration):
    time.sleep(0.03)
    return configuration["x"] ** 2 + FACTOR


FACTOR = 0.0
slow.space = {"x": (-5.0, 5.0)}
slow.reference = 0.0


class Climber:
    def __init__(self, task, step=0.05):
        import numpy as np

        self.rng, self.best, self.step = np.random.default_rng(task.seed), (float("inf"), 4.0), step * STEP

    def ask(self):
        from hpobench_tui.core import Ask

        return Ask({"x": min(5.0, max(-5.0, self.best[1] + float(self.rng.normal()) * self.step))})

    def tell(self, trial):
        if trial.loss is not None and trial.loss < self.best[0]:
            self.best = (trial.loss, trial.configuration["x"])
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A file with a problem and an optimizer, and a module beside it."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "local_step.py").write_text("STEP = 1.0\n")
    (folder / "mine.py").write_text(MINE)
    return folder / "mine.py"


def begun(mine: Path, root: Path, optimizers: list[str], trials: int, repetitions: int = 2) -> Path:
    """An experiment that was cancelled after so many trials."""
    experiment = spec.build(
        "own", [f"{mine}:slow"], optimizers, Budget.of(20, "evaluations"), repetitions=repetitions, workers=1
    )
    folder = experiments.launched(experiment, root)
    deadline = time.monotonic() + 60
    while experiments.trials(folder) < trials and time.monotonic() < deadline:
        time.sleep(0.01)
    lifecycle.send(folder, "cancel")
    assert experiments.wait_until_ended(folder) == "cancelled"
    assert trials <= experiments.trials(folder) < 20 * repetitions
    return folder


def resumed(folder: Path, accept: bool = False) -> Path:
    lifecycle.resume(folder, accept_changes=accept)
    assert experiments.wait_until_ended(folder) == "finished"
    return folder


def warned(folder: Path) -> list[str]:
    with Reader(folder) as reader:
        assert not reader.faults()
        return warnings.read(reader, failures=True)


def codes(folder: Path) -> list[tuple[tuple[int, int], ...]]:
    return [run.code for run in experiments.runs(folder)]


def test_a_resume_runs_what_was_run_whatever_became_of_the_file(mine: Path, tmp_path: Path) -> None:
    folder = begun(mine, tmp_path / "a", ["random", f"{mine}:Climber"], 25)
    copy = Path(shutil.move(folder, tmp_path / "elsewhere"))
    mine.write_text(MINE.replace("step=0.05", "step=0.5"))
    resumed(copy)
    assert codes(copy) == [()] * 4
    (line,) = warned(copy)
    assert f"{mine} is another by now; its copy, which ran, is gone on with" in line
    mine.write_text(MINE)
    whole = spec.build(
        "own", [f"{mine}:slow"], ["random", f"{mine}:Climber"], Budget.of(20, "evaluations"), repetitions=2, workers=1
    )
    shutil.rmtree(tmp_path / "b", ignore_errors=True)
    assert experiments.results(copy) == experiments.results(experiments.run(whole, tmp_path / "b"))


def test_an_edited_copy_is_refused_with_both_identities_or_accepted(mine: Path, tmp_path: Path) -> None:
    folder = begun(mine, tmp_path, [f"{mine}:Climber", "random"], 30)
    (folder / "code" / "local_step.py").write_text("STEP = 10.0\n")
    with pytest.raises(HpobenchError) as refused:
        lifecycle.resume(folder)
    with Reader(folder) as reader:
        was = json.loads(reader.manifest()["optimizer mine:Climber"])["code"]
    said = str(refused.value)
    assert f"optimizer mine:Climber was code {was[:12]} of mine.py; it is code " in said
    assert "problem mine/slow was code" in said
    assert "optimizer random" not in said
    assert "--accept-changes" in said
    done = hpobench("resume", folder, "--headless")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert experiments.trials(folder) < 80, "nothing was run"

    done = hpobench("resume", folder, "--headless", "--accept-changes")
    assert done.returncode == 0, done.stderr
    first, _, third, fourth = codes(folder)
    assert (first, third[-1][0], fourth) == ((), 2, ((2, 0),))
    (line,) = warned(folder)
    assert line.startswith("runs of other code (code 2): ")
    assert f"was code {was[:12]} of mine.py; it is code " in line
    assert "random on mine/slow, repetition 1" in line
    for output in (hpobench("best", folder).stdout, hpobench("export", folder, "--formats", "md,tex").stdout):
        assert "runs of other code" in " ".join(output.split()) or "table.md" in output
    for name in ("table.md", "anytime.md", "table.tex", "anytime.tex"):
        assert "runs of other code (code 2)" in (folder / "exports" / name).read_text()
    assert lifecycle.unfinished(folder) == 0
    assert identity.refuse_changed(folder).changes == ()


def test_a_run_that_was_cut_in_two_says_from_which_trial_on_its_code_is_another(mine: Path, tmp_path: Path) -> None:
    folder = begun(mine, tmp_path, ["random"], 27)
    mine.write_text(MINE.replace("FACTOR = 0.0", "FACTOR = 1000.0"))
    resumed(folder, accept=True)
    first, ((number, trial),) = codes(folder)
    assert (first, number) == ((), 2)
    losses = [row.loss or 0.0 for row in experiments.trial_rows(folder, 1)]
    assert [loss >= 1000 for loss in losses] == [number >= trial for number in range(20)]
    assert 0 < trial < 20
    (line,) = warned(folder)
    assert f"random on mine/slow, repetition 1 (from trial {trial} on)" in line
    assert "FACTOR = 1000.0" in (folder / "code" / "mine.py").read_text(), "the new code is the one that is kept"


def test_a_copy_that_was_lost_is_put_back(mine: Path, tmp_path: Path) -> None:
    folder = begun(mine, tmp_path, ["random"], 5)
    shutil.rmtree(folder / "code")
    shutil.rmtree(mine.parent)
    resumed(folder)
    assert (folder / "code" / "local_step.py").read_text() == "STEP = 1.0\n"
    assert warned(folder) == []


def test_an_installed_plug_in_that_was_edited_is_refused(install_plugins: Callable[..., Path], tmp_path: Path) -> None:
    site = install_plugins("tiny")
    experiment = experiments.experiment(["tiny/sphere"], ["random", "tiny-hill-climber"], 20, "evaluations", seed=3)
    folder = lifecycle.create(experiment, tmp_path / "out")
    module = site / "hpobench_tiny.py"
    source = module.read_text()
    module.write_text(f"{source}\nSTEP = 0.5\n")
    with pytest.raises(
        HpobenchError, match=r"optimizer tiny-hill-climber was hpobench-tiny [\d.]+, code \w{12} of hpo"
    ):
        lifecycle.resume(folder)
    module.write_text(source)
    resumed(folder)
    assert warned(folder) == []


def test_a_store_that_says_nothing_of_code_is_gone_on_with_and_that_is_told(tmp_path: Path) -> None:
    experiment = experiments.experiment(["synthetic/branin"], ["random"], 10, "evaluations")
    folder = lifecycle.create(experiment, tmp_path)
    change(folder, "DELETE FROM manifest WHERE key LIKE 'problem %' OR key LIKE 'optimizer %'")
    change(folder, "UPDATE experiment SET digests = NULL, seal = NULL")
    change(folder, "UPDATE run SET digests = NULL, seal = NULL")
    resumed(folder)
    (line,) = warned(folder)
    assert "whether the code is still the one that ran cannot be told" in line


def test_generators_of_modules_beside_a_file_draw_the_same_in_every_run(tmp_path: Path) -> None:
    (tmp_path / "luck.py").write_text("import numpy as np\nRNG = np.random.default_rng(1)\n")
    (tmp_path / "drawn.py").write_text(
        "import luck\ndef f(c): return float(luck.RNG.random())\nf.space = {'x': (0.0, 1.0)}\n"
    )
    experiment = spec.build(
        "own", [f"{tmp_path}/drawn.py:f"], ["random"], Budget.of(5, "evaluations"), repetitions=2, workers=1
    )
    folder = experiments.run(experiment, tmp_path / "out")
    first, second = ([row.loss for row in experiments.trial_rows(folder, run)] for run in (0, 1))
    assert first == second
    assert len(set(first)) == 5


def test_a_file_that_is_taken_is_not_said_to_be_left_and_frames_say_which_runs_are_of_it(
    mine: Path, tmp_path: Path
) -> None:
    folder = begun(mine, tmp_path, [f"{mine}:Climber"], 25)
    mine.write_text(MINE.replace("step=0.05", "step=0.5"))
    done = hpobench("resume", folder, "--headless", "--accept-changes")
    assert (done.returncode, "its copy, which ran, is gone on with" in done.stderr) == (0, False)
    read = [None if not code else json.dumps(code).replace(" ", "") for code in codes(folder)]
    with hpo.open(folder) as experiment:
        shown = [None if cell is None else cell.replace(" ", "") for cell in experiment.runs()["code"]]
    assert shown == read
    assert any(shown)
