"""``hpobench tabulate`` in processes of its own: it goes on after a kill, extends tables, and contains failures."""

import json
import os
import signal
import subprocess
import time

import pytest

pytest.importorskip("polars")

import polars as pl
from typer.testing import CliRunner

from hpobench_tui.cli.app import app
from hpobench_tui.core import HpobenchError
from program import HPOBENCH, hpobench, python


def tabulate(*args, expect=0):
    done = hpobench("tabulate", *args)
    assert done.returncode == expect, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def rows(folder, name):
    return pl.read_parquet(folder / f"{name}.parquet")


def test_a_dry_run_says_what_would_be_trained(tmp_path):
    done = tabulate("synthetic/mixed", "-n", 20, "-s", 3, "-o", tmp_path / "t", "--dry-run")
    text = " ".join(done.stdout.split())
    assert "20 configurations × 3 seeds = 60 trainings with reports at 27 fidelities (1, 2, 3, …, 27)" in text
    plan = json.loads(in_process("synthetic/mixed", "-n", 20, "-o", tmp_path / "t", "--dry-run", "--json").stdout)
    assert (plan["trainings"], plan["levels"][-1]) == (20, 27)
    assert not (tmp_path / "t").exists()


@pytest.mark.e2e
def test_a_finished_table_is_extended_and_never_overwritten(tmp_path):
    tabulate("synthetic/mixed", "-n", 4, "-o", tmp_path, "--workers", 2)
    first = rows(tmp_path, "synthetic-mixed")
    assert len(first) == 4 * 27
    plan = in_process("synthetic/mixed", "-n", 6, "-s", 2, "-o", tmp_path, "--dry-run", "--json")
    assert (json.loads(plan.stdout)["there"], json.loads(plan.stdout)["trainings"]) == (4, 12)
    other_sample = in_process("synthetic/mixed", "-n", 6, "--seed", 5, "-o", tmp_path, "--dry-run")
    assert "its sample seed is 0, not 5" in str(other_sample.exception)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".npz", ".parquet"]
    done = tabulate("synthetic/mixed", "-n", 6, "-s", 2, "-o", tmp_path, "--workers", 1, "--json")
    assert "4 trainings are there; 8 are missing" in done.stderr
    assert json.loads(done.stdout)["configurations"] == 6
    extended = rows(tmp_path, "synthetic-mixed")
    assert len(extended) == 2 * 6 * 27
    old = extended.filter((pl.col("configuration") < 4) & (pl.col("seed") == 0))
    assert old.equals(first), "what was trained is not trained again"
    said = json.loads((tmp_path / "synthetic-mixed.json").read_text())
    assert len(said["sessions"]) == 2
    assert "--configurations" not in said["sessions"][0]["command"]
    assert said["sessions"][1]["command"].startswith("hpobench tabulate synthetic/mixed -n 6 -s 2")
    assert {p.name for p in tmp_path.iterdir()} == {f"synthetic-mixed.{end}" for end in ("json", "npz", "parquet")}

    refused = tabulate("synthetic/mixed", "-n", 6, "--seed", 1, "-o", tmp_path, expect=2)
    assert "its sample seed is 0, not 1" in refused.stderr
    assert "--force" in refused.stderr
    gaps = tabulate("synthetic/mixed", "-n", 3, "-s", 3, "-o", tmp_path, expect=2)
    assert "ask for at least --configurations 6 --seeds 3" in gaps.stderr
    other = tabulate("synthetic/branin-mf", "-n", 2, "--name", "synthetic-mixed", "-o", tmp_path, expect=2)
    assert "its problem is synthetic/mixed, not synthetic/branin-mf" in other.stderr
    assert rows(tmp_path, "synthetic-mixed").equals(extended)
    assert not list(tmp_path.glob("*.part.jsonl"))


@pytest.mark.e2e
@pytest.mark.usefixtures("faulty")
def test_failures_are_rows(tmp_path):
    done = tabulate("faulty/raises", "-n", 9, "-o", tmp_path)
    frame = rows(tmp_path, "faulty-raises")
    bad = frame.filter(pl.col("hp.x") < 0.3)
    assert 0 < len(bad) < 9
    assert all(error.startswith("ValueError: x is too small") for error in bad["error"])
    assert f"{len(bad)} failed" in done.stdout
    tabulate("faulty/nan", "-n", 9, "-o", tmp_path)
    assert "loss is nan" in rows(tmp_path, "faulty-nan")["error"].to_list()
    odd = tabulate("faulty/numpy", "-n", 3, "-o", tmp_path)
    assert "0 failed" in odd.stdout
    assert rows(tmp_path, "faulty-numpy")["metric.count"].to_list() == [3.0] * 3


@pytest.mark.e2e
@pytest.mark.usefixtures("faulty")
@pytest.mark.parametrize(
    ("problem", "reason", "options"),
    [
        ("kills", "its process was killed by SIGKILL", ()),
        ("hangs", "timeout: the training took more than 3 s", ("--limit", 3)),
    ],
)
def test_a_training_that_takes_its_process_down_costs_that_training(problem, reason, options, tmp_path):
    tabulate(f"faulty/{problem}", "-n", 6, "-o", tmp_path, "--workers", 2, *options)
    frame = rows(tmp_path, f"faulty-{problem}").sort("configuration")
    assert frame["configuration"].to_list() == list(range(6))
    bad = frame.filter(pl.col("hp.x") < 0.3)
    assert bad["error"].to_list() == [reason] * len(bad)
    assert 0 < len(bad) < 6
    assert frame.filter(pl.col("hp.x") >= 0.3)["error"].null_count() == 6 - len(bad)


@pytest.mark.e2e
@pytest.mark.usefixtures("faulty")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_what_is_trained_survives_an_end(how, tmp_path):
    command = ["faulty/epochs", "-n", "30", "-o", str(tmp_path), "--workers", "2"]  # 90 ms each
    part = tmp_path / "faulty-epochs.part.jsonl"
    running = subprocess.Popen([*HPOBENCH, "tabulate", *command], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (part.exists() and part.read_text().count('"values"') >= 3):
        assert time.monotonic() < deadline
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.05)
    running.send_signal(how)
    _, said = running.communicate(timeout=30)
    if how is not signal.SIGKILL:
        assert running.returncode == 3
        assert "the same command goes on" in said
    kept = part.read_text().count('"values"')
    assert 3 <= kept < 30
    time.sleep(0.3)
    assert part.read_text().count('"values"') == kept, "nobody goes on writing"
    refused = tabulate("faulty/sleeps", "-n", 30, "--name", "faulty-epochs", "-o", tmp_path, expect=2)
    assert "its problem is faulty/epochs, not faulty/sleeps" in refused.stderr
    done = tabulate(*command)
    assert f"{kept} trainings are there; {30 - kept} are missing" in done.stderr
    assert len(rows(tmp_path, "faulty-epochs")) == 30 * 9
    assert not part.exists()


@pytest.mark.e2e
def test_workers_end_with_their_command(tmp_path):
    """As they would otherwise train on for nobody."""
    code = (
        "import os; from hpobench_tui.executors.local import Worker; from hpobench_tui.tabulation.pool import WORK\n"
        "worker = Worker(WORK, None, 'mark', 0)\n"
        "print(worker.pid, flush=True); os._exit(0)"
    )
    done = python("-c", code)
    deadline = time.monotonic() + 20
    while alive(int(done.stdout)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def in_process(*args):
    return CliRunner().invoke(app, ["tabulate", *map(str, args)])


def refused(*args):
    error = in_process(*args).exception
    assert isinstance(error, HpobenchError)
    return str(error)


def test_bad_input_is_refused(tmp_path):
    assert "Did you mean 'synthetic/branin'" in refused("synthetic/brainin", "-n", 5)
    assert "only 10 different" in refused("bandits/bernoulli-10", "-n", 11, "-o", tmp_path)
    assert "depend on the round" in refused("bandits/abrupt", "-n", 2, "-o", tmp_path)
    assert "--name: use letters" in refused("synthetic/branin", "-n", 2, "--name", "a/b")
    assert "must be one of auto" in refused("synthetic/branin", "-n", 2, "--device", "tpu")
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert "cannot write" in refused("synthetic/branin", "-n", 2, "-o", blocked / "x")
    assert in_process("synthetic/branin", "-n", 1).exit_code == 2


def test_a_missing_extra_is_named():
    """In a process of its own, in which nothing has imported it yet."""
    code = "import sys; sys.modules['polars'] = None; from hpobench_tui.cli import main; main()"
    done = python("-c", code, "tabulate", "synthetic/branin", "-n", 2)
    assert done.returncode == 2
    assert "pip install 'hpobench-tui[tabular]'" in done.stderr
    assert done.stderr.count("\n") == 1
