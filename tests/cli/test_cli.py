"""The command line in processes of its own: start-up, output, and one clear message with exit code 2 for bad input."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from factories import change, run_row, store
from program import hpobench, python

HEAVY = ("torch", "ConfigSpace", "textual", "optuna", "skopt", "hpbandster", "sklearn", "numpy", "scipy", "matplotlib")

SPEC = """
name = "test"
problems = ["synthetic/branin"]
optimizers = ["random"]
repetitions = 2
[budget]
amount = 6
unit = "evaluations"
"""


def refused(*args: str | Path, **environment: str) -> str:
    """The message on stderr of a call that must end with exit code 2 and no traceback."""
    done = hpobench(*args, **environment)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture
def spec(tmp_path: Path) -> Callable[..., Path]:
    """Writes an experiment file with parts of SPEC replaced."""

    def write(*replacements: tuple[str, str]) -> Path:
        text = SPEC
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "spec.toml"
        path.write_text(text)
        return path

    return write


def test_help_is_instant_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['hpobench', '--help']\n"
        "from hpobench_tui.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    best = float("inf")
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = python("-c", code)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert "Benchmark hyperparameter optimizers" in done.stdout
        assert done.stderr.strip() == "[]"
    assert best <= 0.35, f"{best:.2f} s of CPU"


def test_brackets_print_the_lectures_table() -> None:
    lines = [" ".join(line.split()) for line in hpobench("brackets", "--eta", "3", "--R", "81").stdout.splitlines()]
    for row in ("0 81 1 27 3 9 9 6 27 5 81", "1 27 3 9 9 3 27 2 81", "2 9 9 3 27 1 81", "3 3 27 1 81", "4 1 81"):
        assert row in lines, lines
    assert "128 configurations; fidelity units 1701 from scratch, 1404 with continuation" in lines


@pytest.mark.parametrize(("eta", "maximum", "count"), [(3, 243, 6), (10, 1000, 4)])
def test_brackets_keep_them_all(eta: int, maximum: int, count: int) -> None:
    done = hpobench("brackets", "--eta", str(eta), "--R", str(maximum), "--json")
    assert [b["s"] for b in json.loads(done.stdout)] == list(range(count - 1, -1, -1))


def test_listings() -> None:
    problems = {p["id"]: p for p in json.loads(hpobench("problems", "--json").stdout)}
    assert {"bandits/bernoulli-10", "synthetic/branin", "mnist_cnn/lecture"} <= set(problems)
    optimizers = {o["name"] for o in json.loads(hpobench("optimizers", "--json").stdout)}
    native = {"grid", "random", "successive-halving", "hyperband"}
    assert native | {"optuna-tpe", "skopt-gp", "hpbandster-bohb"} <= optimizers
    assert "synthetic/branin" in hpobench("problems", "synthetic").stdout
    one = " ".join(hpobench("optimizers", "gp").stdout.split())
    assert "kernel = matern52 (matern52, matern32, rbf): Covariance" in one
    assert "hyperband" not in one
    assert "Did you mean 'tpe'" in refused("optimizers", "tpee")
    presets = " ".join(hpobench("presets").stdout.split())
    assert "quick All three kinds of suite" in presets
    assert "how often the best arm is found (hpobench show latest --measure pseudo)." in presets  # to its very end


@pytest.mark.e2e
def test_a_run_from_start_to_exports(spec: Callable[..., Path], tmp_path: Path) -> None:
    root = tmp_path / "out"
    done = hpobench("run", spec(), "--headless", "--export", "-o", root)
    assert done.returncode == 0, done.stderr
    assert "synthetic/branin" in done.stdout
    assert "2/2" in done.stdout
    (folder,) = root.iterdir()
    exported = {p.name for p in (folder / "exports").iterdir()}
    assert {"table.csv", "table.md", "table.tex"} <= exported
    assert any(name.endswith(".pdf") for name in exported)
    assert any(name.endswith(".svg") for name in exported)
    assert {p.name for p in folder.iterdir()} >= {"experiment.sqlite", "supervisor.log", "exports"}
    assert not list(folder.glob("experiment.sqlite-*")), "one file holds everything"
    audit = hpobench("audit", "latest", "-o", root)
    assert audit.returncode == 0
    assert "2 of 2 runs kept their budget exactly" in audit.stdout
    shown = json.loads(hpobench("show", "latest", "--anytime", "--json", "-o", root).stdout)
    assert shown["final"][0]["finished"] == 2
    listed = json.loads(hpobench("list", "--json", "-o", root).stdout)
    assert listed[0]["status"] == "finished"
    assert "nothing is missing" in hpobench("resume", "latest", "-o", root).stdout
    assert "is not running" in refused("cancel", "latest", "-o", root)


@pytest.mark.e2e
def test_events_are_one_json_object_a_line(spec: Callable[..., Path], tmp_path: Path) -> None:
    done = hpobench("run", spec(), "--headless", "--json", "-o", tmp_path / "out")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [e["event"] for e in events if e["event"] != "progress"] == ["started", "run", "run", "ended"]
    assert events[-1]["status"] == "finished"


@pytest.mark.e2e
@pytest.mark.usefixtures("faulty")
def test_failures_are_shown_and_set_the_exit_code(spec: Callable[..., Path], tmp_path: Path) -> None:
    path = spec(('"synthetic/branin"', '"faulty/raises"'), ('"random"', '"faulty-none", "faulty-ask"'))
    done = hpobench("run", path, "--headless", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "RuntimeError: no idea" in done.stdout
    assert "ValueError: x is too small" in " ".join(done.stdout.split())
    assert hpobench("audit", "latest", "-o", tmp_path / "out").returncode == 0


def test_dry_run_says_what_would_run(spec: Callable[..., Path], tmp_path: Path) -> None:
    done = hpobench("run", spec(), "--dry-run", "-o", tmp_path / "out")
    assert "2 runs" in done.stdout
    assert "6 evaluations" in done.stdout
    assert not (tmp_path / "out").exists()


BAD_SPECS = {
    "unknown problem": ([("synthetic/branin", "synthetic/brainin")], "Did you mean 'synthetic/branin'"),
    "unknown optimizer": ([('"random"', '"randm"')], "unknown optimizer 'randm'. Did you mean 'random'"),
    "unknown unit": ([('"evaluations"', '"minutes"')], "unknown unit 'minutes'. Valid: evaluations, fidelity"),
    "negative budget": ([("amount = 6", "amount = -6")], "must be positive"),
    "not a number": ([("amount = 6", 'amount = "six"')], "budget.amount"),
    "nan": ([("amount = 6", "amount = nan")], "finite number"),
    "bad TOML": ([("[budget]", "[budget")], "not valid TOML"),
    "missing budget": ([('[budget]\namount = 6\nunit = "evaluations"', "")], "add a [budget]"),
    "unknown key": ([("repetitions", "repetitons")], "unknown key 'repetitons'. Did you mean 'repetitions'?"),
    "no repetitions": ([("repetitions = 2", "repetitions = 0")], "repetitions: must be a whole number from 1"),
    "impossible pair": ([('"random"', '"hyperband"')], "hyperband on synthetic/branin: needs a fidelity, which"),
    "nothing left": ([('"random"]', '"hyperband"]\nimpossible = "skip"')], "nothing is left to run"),
    "bad parameter": ([('"random"', '{ name = "grid", resolution = -1 }')], "parameter 'resolution' must be at least"),
    "unknown parameter": ([('"random"', '{ name = "random", speed = 9 }')], "unknown parameter of optimizer 'random'"),
    "same label twice": ([('"random"', '"random", "random"')], "appears more than once"),
    "bad name": ([('"test"', '"../evil"')], "name: use letters"),
    "too large a budget": ([("amount = 6", "amount = 100000000000000000000")], "the amount must be at most"),
    "too many repetitions": ([("repetitions = 2", "repetitions = 1000000000")], "a whole number from 1 to 100000"),
    "too many runs": (
        [("repetitions = 2", "repetitions = 60000"), ('"random"', '"random", "grid"')],
        "more than the 100000",
    ),
    "an endless number": ([("amount = 6", "amount = " + "1" * 5000)], "not valid TOML"),
    "nested beyond measure": ([("repetitions = 2", "x = " + "[" * 20000)], "not valid TOML"),
    "strange label": ([('"random"', '{ name = "random", label = "_\\u0007" }')], "use printable characters"),
    "wrong device": ([("repetitions = 2", 'repetitions = 2\ndevice = "tpu"')], "device"),
}


@pytest.mark.parametrize("case", BAD_SPECS)
def test_bad_specs_are_refused(case: str, spec: Callable[..., Path], tmp_path: Path) -> None:
    replacements, message = BAD_SPECS[case]
    error = refused("run", spec(*replacements), "--headless", "-o", tmp_path / "out")
    assert message in error, error
    assert "spec.toml" in error, "says which file"
    assert not (tmp_path / "out").exists()


def test_other_bad_input(spec: Callable[..., Path], tmp_path: Path) -> None:
    assert "Did you mean 'quick'" in refused("run", "quik", "--headless")
    assert "No such file" in refused("run", tmp_path / "none.toml", "--headless")
    assert "no experiment 'nope'" in refused("show", "nope", "-o", tmp_path)
    assert "no experiment 'latest'" in refused("show", "latest", "-o", tmp_path / "empty")
    assert "needs a terminal" in refused("attach")
    assert "needs a terminal" in refused()
    assert "eta must be" in refused("brackets", "--eta", "1")
    assert "unknown suite" in refused("problems", "sinthetic")
    assert "Did you mean 'run'" in refused("rnu")
    assert "Did you mean 'quick'" in refused("presets", "quic")
    assert "must be one of auto, cpu, cuda" in refused("run", spec(), "--device", "tpu")
    assert "no experiment" in refused("show", "a" * 5000, "-o", tmp_path)
    assert "unknown preset" in refused("run", "a" * 5000)


def test_without_a_terminal_nothing_is_started(spec: Callable[..., Path], tmp_path: Path) -> None:
    assert "needs a terminal" in refused("run", spec(), "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_output_that_cannot_be_written_or_shown(tmp_path: Path) -> None:
    full = subprocess.run(f"{sys.executable} -m hpobench_tui problems > /dev/full", shell=True, capture_output=True)
    assert full.returncode == 1
    assert b"No space left on device" in full.stderr
    assert b"Traceback" not in full.stderr
    closed = subprocess.run(f"{sys.executable} -m hpobench_tui problems >&-", shell=True, capture_output=True)
    assert b"Traceback" not in closed.stderr
    ascii_only = hpobench("problems", PYTHONIOENCODING="ascii")
    assert ascii_only.returncode == 0
    assert "synthetic/branin" in ascii_only.stdout


@pytest.mark.e2e
def test_other_peoples_modules_in_the_working_directory_do_no_harm(spec: Callable[..., Path], tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "random.py").write_text("raise RuntimeError('not that random')")
    script = Path(sys.executable).with_name("hpobench")
    command = [script, "run", spec(), "--headless", "-o", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=here, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.e2e
@pytest.mark.usefixtures("faulty")
def test_a_run_in_which_everything_failed_sets_the_exit_code(spec: Callable[..., Path], tmp_path: Path) -> None:
    done = hpobench("run", spec(('"synthetic/branin"', '"faulty/always"')), "--headless", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "never works" in done.stdout


@pytest.mark.e2e
def test_latest_is_the_one_that_was_created_last(spec: Callable[..., Path], tmp_path: Path) -> None:
    root = tmp_path / "out"
    for name in ("first", "second"):
        path = spec(('"test"', f'"{name}"'))
        assert hpobench("run", path, "--headless", "-o", root).returncode == 0
    first = next(root.glob("first-*")) / "experiment.sqlite"
    os.utime(first)
    assert "second" in hpobench("list", "--json", "-o", root).stdout.split("experiment")[1]


@pytest.mark.e2e
@pytest.mark.needs("torch", "optuna", "skopt", "hpbandster")
def test_the_preset_quick_runs_everything_and_its_books_balance(tmp_path: Path) -> None:
    """Ten optimizers, three of them third-party, on bandits, synthetic functions and real MNIST, at a third of the
    budgets and once.
    """
    text = hpobench("presets", "quick").stdout
    for old, new in (("repetitions = 2", "repetitions = 1"), ("= 25", "= 12"), ("= 12\n", "= 5\n"), ("= 18", "= 3")):
        assert old in text
        text = text.replace(old, new)
    file, root = tmp_path / "quick.toml", tmp_path / "out"
    file.write_text(text)
    done = hpobench("run", file, "--headless", "-o", root)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(hpobench("audit", "latest", "--json", "-o", root).stdout)
    assert all(row["holds"] and row["trial_cost"] == row["ledger"] <= row["budget"] for row in rows)
    assert {row["problem"].split("/")[0] for row in rows} == {"bandits", "synthetic", "mnist_cnn"}
    third_party = {"optuna-tpe", "skopt-gp", "hpbandster-bohb"}
    ours = {"grid", "random", "successive-halving", "hyperband", "gp", "tpe", "bohb"}
    assert {row["label"] for row in rows} == third_party | ours


@pytest.mark.usefixtures("faulty")
def test_a_missing_extra_is_named(spec: Callable[..., Path]) -> None:
    error = refused("run", spec(('"random"', '"faulty-missing"')), "--headless")
    assert "pip install 'hpobench-tui[no-such-extra]'" in error


def test_an_unwritable_output_folder_is_named(spec: Callable[..., Path], tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    assert "cannot create" in refused("run", spec(), "--headless", "-o", blocked)
    assert "cannot create" in refused("run", spec(), "--headless", "-o", "/proc/nowhere")


@pytest.mark.e2e
def test_a_store_of_a_newer_version_is_refused(spec: Callable[..., Path], tmp_path: Path) -> None:
    hpobench("run", spec(), "--headless", "-o", tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    change(folder, "PRAGMA user_version = 99")
    for command in ("show", "resume", "audit", "export"):
        assert "written by a newer hpobench" in refused(command, folder)
    assert "unreadable" in hpobench("list", "--json", "-o", tmp_path / "out").stdout


def test_a_damaged_store_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "experiment.sqlite").write_bytes(b"this is no database, but long enough to look at" * 50)
    for command in ("show", "best", "audit", "export", "resume", "cancel"):
        assert "experiment.sqlite is not an SQLite database: it begins with b'this is no datab'" in refused(
            command, folder
        )


def test_a_damaged_description_is_refused(tmp_path: Path) -> None:
    store(tmp_path / "out" / "broken", [run_row(0)]).close()
    change(tmp_path / "out" / "broken", "UPDATE experiment SET spec = '{'")
    for command in ("show", "resume", "export"):
        assert "is damaged" in refused(command, tmp_path / "out" / "broken")
    assert "unreadable" in hpobench("list", "--json", "-o", tmp_path / "out").stdout


ML = ("svm", "knn", "logistic", "elastic-net", "forest", "boosting", "mlp", "pipeline")


@pytest.mark.needs(
    "torch",
    "optuna",
    "skopt",
    "hpbandster",
    "ioh",
    "cmaes",
    "sklearn",
    "polars",
    "hpobench_tables",
    "bayes_opt",
    "textual_serve",
    "aiohttp",
)
def test_doctor_finds_the_libraries() -> None:
    done = hpobench("doctor", "--quick", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert {entry["for"]: entry["ok"] for entry in found["needing_extras"].values()} == {
        "bbob (24 problems)": True,
        "cma-es": True,
        "forest": True,
        "bayesian-optimization": True,
        **{f"ml/{name}": True for name in ML},
        "ml report": True,
        "mnist_cnn/lecture, mnist_cnn/lecture-2k, mnist_cnn/full": True,
        "mnist report": True,
        "mnist gpu-check": True,
        "quintic/sigma-small, quintic/sigma": True,
        "quintic/ricci": True,
        "optuna-tpe": True,
        "skopt-gp": True,
        "hpbandster-bohb, hpbandster-hyperband": True,
        "quintic verify": True,
        "quintic report": True,
        "tables (17 problems)": True,
        "tabulate": True,
        "serve": True,
    }
    assert found["manifest"]["threads a worker"] == "1"


def test_watching_thousands_of_runs_leaves_the_cores_to_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hpobench_tui.cli import watch

    pauses: list[float] = []
    clock = iter([0.0, 0.001, 10.0, 10.2])  # of the process, before and after each look
    alive = iter([True, True, False])
    monkeypatch.setattr(watch.time, "process_time", lambda: next(clock, 0.0))
    monkeypatch.setattr(watch.time, "sleep", pauses.append)
    monkeypatch.setattr(watch.lifecycle, "supervised", lambda folder: next(alive))
    store(tmp_path, [run_row()]).close()
    watch._watch(tmp_path, as_json=True)
    assert pauses == [watch.POLL_SECONDS, pytest.approx(0.2 / watch.SHARE)]


def test_a_problem_says_whose_data_it_has_and_under_which_licence() -> None:
    shown = " ".join(hpobench("problems", "mnist_cnn/lecture").stdout.split())
    assert "from: LeCun" in shown
    assert "CC-BY-SA-3.0" in shown
    listed = json.loads(hpobench("problems", "--json").stdout)
    assert {"mnist_cnn/lecture"} <= {one["id"] for one in listed if one["licence"]}
    assert all(one["origin"] for one in listed if one["licence"])
