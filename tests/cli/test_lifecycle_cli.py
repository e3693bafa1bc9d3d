"""What `run` without a file, `extend`, `retry` and `merge` say, and how they end."""

import json
import shutil
from pathlib import Path

import pytest

from experiments import results, runs
from program import hpobench

pytestmark = pytest.mark.e2e
OPTIONS = [
    "--problems", "synthetic/branin", "--optimizers", "random", "--budget", "8 evaluations", "--headless",
    "--workers", "1",
]  # fmt: skip


def events(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def ran(*args: str | Path, code: int = 0) -> str:
    done = hpobench(*args)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


def test_a_whole_life(tmp_path: Path) -> None:
    out = ("-o", tmp_path)
    assert "--problems, --optimizers, --budget must be given" in ran("run", *out, code=2)
    assert "Did you mean 'evaluations'" in ran("run", *OPTIONS, "--budget", "8 evaluatoins", *out, code=2)
    ran("run", *OPTIONS, "--name", "big", "--repetitions", "4", *out)
    saved = tmp_path / "saved.toml"
    ran("run", *OPTIONS, "--name", "small", "--repetitions", "2", "--save", saved, *out)
    assert "--force" in ran("run", *OPTIONS, "--save", saved, "--dry-run", *out, code=2)
    big, small = (next(tmp_path.glob(f"{name}-*")) for name in ("big", "small"))

    plan = json.loads(ran("extend", small, "--repetitions", "4", "--dry-run", "--json"))
    assert (plan["runs"], plan["longer"]) == (2, {})
    told = events(ran("extend", small, "--repetitions", "4", "--json"))
    assert told[0] == {"event": "extended", "runs": 2, "longer": []}
    assert told[-1]["status"] == "finished"
    assert results(small) == results(big)
    assert "it has all of that already" in ran("extend", small, "--repetitions", "4")
    assert "has 4 already" in ran("extend", small, "--repetitions", "3", code=2)
    assert "say by what" in ran("extend", small, code=2)
    assert "2 of 2" not in ran("audit", small)

    assert "more budget on 1 problem" in ran("extend", small, "--budget", "9 evaluations", "--headless")
    assert {run.spent for run in runs(small)} == {9}

    assert "no run failed" in ran("retry", small)
    assert events(ran("retry", small, "--json")) == [{"event": "retried", "runs": 0, "failed": []}]


def test_parts_are_merged(tmp_path: Path) -> None:
    for name, only in (("one", "0"), ("two", "1,2")):
        ran("run", *OPTIONS, "--name", name, "--repetitions", "4", "--only-repetitions", only, "-o", tmp_path)
    one, two = (next(tmp_path.glob(f"{name}-*")) for name in ("one", "two"))
    to = tmp_path / "both"
    assert "missing: repetitions 3 of random on synthetic/branin" in ran("merge", one, two, "-o", to, "--dry-run")
    assert not to.exists()
    told = json.loads(ran("merge", one, two, "-o", to, "--json"))
    assert told["taken"] == {one.name: 1, two.name: 2}
    assert told["missing"] == [{"problem": "synthetic/branin", "optimizer": "random", "repetition": 3}]
    assert "4 of 4 runs" in ran("audit", to)
    assert "exists already" in ran("merge", one, two, "-o", to, code=2)
    assert "at least two" in ran("merge", one, one, "-o", tmp_path / "again", code=2)
    copied = shutil.copytree(to, tmp_path / "copied")  # as an extension that was killed: told again, it goes on
    assert "it has all of that; 1 unfinished runs go on" in ran("extend", copied, "--repetitions", "4", "--headless")
    assert "it has all of that already" in ran("extend", copied, "--repetitions", "4", "--headless")
    assert "--pool makes one of" in ran("compare", one, two, "--pool", code=2)
    ran("resume", to, "--headless")
    ran("run", *OPTIONS, "--seed", "5", "--name", "other", "-o", tmp_path)
    said = ran("merge", one, next(tmp_path.glob("other-*")), "-o", tmp_path / "never", code=2)
    assert "seed: 0 in" in said
    assert not (tmp_path / "never").exists()
    assert "is a part of an experiment" in ran("extend", one, "--repetitions", "9", code=2)


@pytest.mark.usefixtures("faulty")
def test_failed_runs_are_tried_again(tmp_path: Path) -> None:
    args = [arg.replace("random", "faulty-ask,random") for arg in OPTIONS]
    hpobench("run", *args, "--name", "fails", "--repetitions", "2", "-o", tmp_path)
    folder = next(tmp_path.glob("fails-*"))
    assert [run.status for run in runs(folder)] == ["failed", "done"] * 2
    assert "2 runs failed" in ran("retry", folder, "--dry-run")
    done = hpobench("retry", folder, "--headless")
    assert done.returncode == 1
    assert "2 failed runs once more" in done.stdout
    assert [run.attempts for run in runs(folder)] == [2, 1, 2, 1]
