"""Why things failed: one line where it is told, the whole text in the store, one reason once with a count."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import experiments
from hpobench_tui.cli.output import noted
from hpobench_tui.core.experiment import left_out
from hpobench_tui.store.reader import Reader
from program import hpobench


@pytest.mark.e2e
@pytest.mark.usefixtures("faulty")
def test_a_reason_is_told_once_and_kept_whole(tmp_path: Path) -> None:
    spec = tmp_path / "x.toml"
    spec.write_text(
        'name = "x"\nproblems = ["faulty/no-space", "faulty/raises"]\noptimizers = ["faulty-none"]\nrepetitions = 6\n'
        '[budget]\namount = 9\nunit = "evaluations"\n'
    )
    done = hpobench("run", spec, "--headless", "-o", tmp_path / "out", "--workers", "2")
    assert done.returncode == 1
    told = [line for line in done.stdout.splitlines() if line.startswith("[") and "no space here" in line]
    assert len(told) == 1
    assert done.stdout.count(": like [") == 5
    assert f"6 runs failed like {told[0].split(']')[0].split('/')[0]}]: RuntimeError: no space here" in done.stdout
    (folder,) = (tmp_path / "out").iterdir()
    with Reader(folder) as reader:
        runs, whole = reader.runs(), list(reader.failures())
        log = [event.message for event in reader.events() if event.level == "error"]
        rows = [row for run in runs for row in reader.trial_rows(run.id) if row.error]
    assert [line.partition("RuntimeError")[0] for line in log] == [
        log[0].partition("RuntimeError")[0],
        "5 more times for the same reason: ",
    ]
    assert all("\n" not in (run.error or "") for run in runs)
    assert rows
    assert all("\n" not in (row.error or "") for row in rows)
    assert sum("Traceback" in text for run, trial, text in whole if trial is None) == 6
    by_run = [sum("Traceback" in text for run, trial, text in whole if trial is not None and run == r.id) for r in runs]
    assert set(by_run) == {0, 1}, "of failed trials, the first of a kind in each run"
    assert not (folder / "supervisor.log").read_text(), "nothing else repeats it"

    audited = hpobench("audit", folder).stdout
    assert " ".join(audited.split()).count("no space here") == 1
    assert audited.count("the run failed like") == 5

    shown = hpobench("errors", folder).stdout
    assert shown.count("RuntimeError: no space here (") == 1
    assert "6 runs, first faulty-none on faulty/no-space, repetition 0" in shown
    assert 'raise RuntimeError("no space here")' in shown
    kinds = {
        reason["short"].split(" (")[0]: reason for reason in json.loads(hpobench("errors", folder, "--json").stdout)
    }
    assert kinds["ValueError: x is too small"]["trials"] == len(rows)


@pytest.mark.e2e
def test_an_illegal_space_says_which_bound(install_plugins: Callable[..., Path], tmp_path: Path) -> None:
    """The library's own message names the hyperparameter only; its cause names the bound."""
    site = install_plugins("faulty")
    module = site / "hpobench_faulty.py"
    module.write_text(
        module.read_text().replace(
            'raise RuntimeError("no space here")',
            "from ConfigSpace import ConfigurationSpace, Float\n"
            '        return ConfigurationSpace({"lr": Float("lr", (0.0, 0.1), log=True)})',
        )
    )
    folder = experiments.run(experiments.experiment(["faulty/no-space"], ["faulty-none"], 3, "evaluations"), tmp_path)
    (run,) = experiments.runs(folder)
    assert "'lr'" in (run.error or "")
    assert "lower = 0.0, upper = 0.1, log = True: Negative lower bound" in (run.error or "")


def test_what_is_left_out_for_one_reason_is_one_line() -> None:
    skipped = [
        (f"s/p{n}", label, f"{label} needs a fidelity, which s/p{n} does not have") for n in range(9) for label in "ab"
    ]
    (line,) = left_out(skipped)
    assert line.startswith("left out: a, b on 9 problems: needs a fidelity, which the problem does not have (s/p0, ")


def test_a_note_that_several_share_is_one_line() -> None:
    told: dict[str, str] = {}
    notes = [("a", "2 of 2 runs failed: x = 1"), ("b", "2 of 2 runs failed: x = 1"), ("c", "other")]
    assert noted(notes, "s/p", told) == ["a, b: 2 of 2 runs failed: x = 1", "c: other"]
    assert noted([("a", "1 of 2 runs failed: x = 3")], "s/q", told) == ["a: 1 of 2 runs failed like on s/p"]
