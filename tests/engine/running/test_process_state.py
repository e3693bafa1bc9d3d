"""Whatever a run leaves behind in its process is put back, or the process is replaced; and it is told.

The snippets run one after the other in one process of its own: each must find what the first one found.
"""

import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import experiments
from hpobench_tui.core import Dimensions, OptimizerInfo, ProblemInfo, Reference
from hpobench_tui.engine.running.process_state import ProcessState
from hpobench_tui.store.reader import Reader
from program import python

PUT_BACK = {
    "working directory": "os.chdir('/')",
    "environment variable LEFT": "os.environ['LEFT'] = '1'",
    "environment variable HOME": "os.environ.pop('HOME')",
    "environment variable PATH": "os.environ['PATH'] = '/nowhere'",
    "environment variable TZ": "os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()",
    "umask": "os.umask(0o007)",
    "locale": "locale.setlocale(locale.LC_ALL, 'C.UTF-8' if locale.setlocale(locale.LC_ALL) == 'C' else 'C')",
    "signal handler SIGTERM": "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "signal handler SIGALRM": "signal.signal(signal.SIGALRM, lambda *_: None)",
    "blocked signals": "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})",
    "interval timer ITIMER_VIRTUAL": "signal.setitimer(signal.ITIMER_VIRTUAL, 1000.0)",
    "NumPy error state": "np.seterr(all='raise')",
    "NumPy error state call": "np.seterrcall(lambda *_: None)",
    "NumPy print options precision": "np.set_printoptions(precision=2)",
    "NumPy global bit generator": "np.random.set_bit_generator(np.random.PCG64(1))",
    "decimal context prec": "import decimal; decimal.getcontext().prec = 5",
    "warnings filters": "warnings.simplefilter('error')",
    "warnings showwarning": "warnings.showwarning = print",
    "interpreter sys.path": "sys.path.insert(0, '/nowhere')",
    "interpreter sys.argv": "sys.argv.append('--left')",
    "interpreter sys.stdout": "sys.stdout = io.StringIO()",
    "interpreter sys.excepthook": "sys.excepthook = print",
    "interpreter threading.excepthook": "threading.excepthook = print",
    "interpreter sys.setrecursionlimit": "sys.setrecursionlimit(5000)",
    "interpreter sys.setprofile": "sys.setprofile(lambda *_: None)",
    "interpreter socket.setdefaulttimeout": "socket.setdefaulttimeout(0.5)",
    "interpreter tempfile.tempdir": "tempfile.tempdir = '/nowhere'",
    "root logger": "logging.disable(logging.CRITICAL); logging.root.setLevel(1)",
    "root logger handlers": "logging.root.addHandler(logging.NullHandler())",
    "garbage collector enabled": "gc.disable()",
    "garbage collector threshold": "gc.set_threshold(7, 7, 7)",
    "resource limit RLIMIT_CORE": "s, h = resource.getrlimit(resource.RLIMIT_NOFILE);"
    " resource.setrlimit(resource.RLIMIT_NOFILE, (s - 1, h)); resource.setrlimit(resource.RLIMIT_CORE, (0, CORE))",
    "cores": "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})",
    "child process": "subprocess.Popen(['sleep', '1000'])",
    "sys.modules json": "sys.modules['json'] = types.ModuleType('json')",
    "sys.modules csv": "del sys.modules['csv']",
    "decimal context traps": "import decimal; decimal.getcontext().traps[decimal.Inexact] = True",
    "decimal context Emax": "import decimal; decimal.getcontext().Emax = 5",
    "interpreter sys.settrace": "sys.settrace(lambda *_: None)",
    "interpreter warnings.formatwarning": "warnings.formatwarning = print",
    "interpreter multiprocessing.set_start_method": "import multiprocessing; multiprocessing.set_start_method('spawn')",
    "import hook sys.meta_path": "sys.meta_path.append(type('F', (), {'find_spec': lambda *_: None})())",
    "process child":  # that has children
    "subprocess.Popen(['sh', '-c', 'sleep 1000 & sleep 1000']); time.sleep(0.3)",
    "attribute of numpy": "np.exp = np.log",
    "attribute of numpy left": "np.left = 1",
    "attribute of builtins left": "builtins.left = 1",
    "attribute of random.Random gauss": "random.Random.gauss = None",
    "attribute of time": "time.time = lambda: 0.0",
    "attribute of builtins": "builtins.sum = max",
    "attribute of random": "del random.random",
}
PUT_BACK_IN_TORCH = {
    "torch default dtype": "torch.set_default_dtype(torch.float16)",
    "torch default device": "torch.set_default_device('meta')",
    "torch number of threads": "torch.set_num_threads(torch.get_num_threads() + 1)",
    "torch gradients": "torch.set_grad_enabled(False)",
    "torch deterministic algorithms": "torch.use_deterministic_algorithms(True, warn_only=True)",
    "torch anomaly detection": "torch.autograd.set_detect_anomaly(True)",
    "torch float32 matmul precision": "torch.set_float32_matmul_precision('medium')",
    "torch cudnn.benchmark": "torch.backends.cudnn.benchmark = True",
    "attribute of torch.nn.functional relu": "torch.nn.functional.relu = torch.sin",
}
REPLACED = {
    "open file descriptor": "kept = open('/dev/null')",
    "thread left-over": "threading.Thread(target=threading.Event().wait, name='left-over', daemon=True).start()",
    "environment variable WITH_IMPORT": "import antigravity_free; os.environ['WITH_IMPORT'] = '1'",
    "priority": "os.nice(1)",
    "sys.modules no_module": "sys.modules['no_module'] = None",
    "sys.modules a_stub": "sys.modules['a_stub'] = types.ModuleType('a_stub')",
}
HARMLESS = {
    "nothing": "pass",
    "numbers drawn": "random.random(); np.random.rand()",
    "an import": "import wave",
    "a file closed": "open('/dev/null').close()",
    "a file forgotten": "cycle = [open('/dev/null')]; cycle.append(cycle); del cycle",
    "a process that ended": "subprocess.run(['true'])",
    "a thread that ended": "t = threading.Thread(target=print); t.start(); t.join()",
    "a context": 'exec(\'with np.errstate(all="raise"), warnings.catch_warnings(): warnings.simplefilter("error")\')',
}
SCRIPT = """
import sys
{first}
import builtins, csv, ctypes, gc, importlib, io, json, locale, logging, os, random, resource, signal, socket, subprocess
import tempfile, threading, time, types, warnings
import numpy as np
from pathlib import Path
from hpobench_tui.engine.running.process_state import ProcessState
from hpobench_tui.executors import family
CORE = resource.getrlimit(resource.RLIMIT_CORE)[1]
if resource.getrlimit(resource.RLIMIT_CORE)[0] == 0:
    resource.setrlimit(resource.RLIMIT_CORE, (min(1, CORE) if CORE >= 0 else 1, CORE))
out, dumps, path = sys.stdout, json.dumps, tempfile.mkdtemp()
Path(path, "antigravity_free.py").touch()
sys.path.append(path)
family.adopt()  # as a worker does
state = ProcessState()
said = {{}}
for name, code in json.loads(sys.argv[1]).items():
    exec(code)
    left = state.restore()
    left_again = state.restore()
    said[name] = left and [left.what, left.replace], left_again and [left_again.what, left_again.replace]
    if left and left.replace:
        state.take()
print(dumps(said), file=out)
"""


def told(first: str, snippets: dict[str, str]) -> dict[str, Any]:
    done = python("-c", SCRIPT.format(first=first), json.dumps(snippets))
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    return told("", PUT_BACK | HARMLESS | REPLACED)


@pytest.mark.parametrize("name", PUT_BACK)
def test_what_can_be_put_back_is(name: str, said: dict[str, Any]) -> None:
    (what, replace), again = said[name]
    assert set(name.split()) <= set(what.replace(",", "").replace(";", "").replace("(", " ").replace(")", " ").split())
    assert not replace
    assert again is None


@pytest.mark.parametrize("name", REPLACED)
def test_for_what_cannot_be_put_back_the_process_is_replaced(name: str, said: dict[str, Any]) -> None:
    (what, replace), _ = said[name]
    assert name in what
    assert replace


@pytest.mark.parametrize("name", HARMLESS)
def test_what_changes_nothing_costs_nothing(name: str, said: dict[str, Any]) -> None:
    assert said[name] == [None, None]


def test_torch_is_put_back() -> None:
    pytest.importorskip("torch")
    said = told("import torch; torch.use_deterministic_algorithms(False)", PUT_BACK_IN_TORCH)
    for name in PUT_BACK_IN_TORCH:
        (what, replace), again = said[name]
        assert name in what
        assert (replace, again) == (False, None)


def test_a_library_that_is_imported_in_mid_run_is_as_new() -> None:
    """Its first run sees it in the state that all others see it in: default settings, and seeded."""
    pytest.importorskip("torch")
    script = """
import sys
from hpobench_tui.engine.running.process_state import ImportWatch, ProcessState
from hpobench_tui.engine.running.seeding import seed_globals, seed_torch
state = ProcessState()
done = lambda module, before: (module == "torch" and seed_torch(), state.fresh(module, before))
sys.meta_path.insert(0, ImportWatch(["torch", "torch._dynamo"], state.importing, done))
state.take()
import importlib.util
assert importlib.util.find_spec("torch").origin.endswith("__init__.py")  # somebody looked, which imports nothing
seed_globals(5)
import torch
first = torch.rand(3)
assert state.restore() is None
seed_globals(5)
assert torch.equal(torch.rand(3), first)
torch.set_default_dtype(torch.float64)
assert state.restore().what.startswith("torch default dtype")
assert torch.get_default_dtype() is torch.float32
assert type(torch.__spec__.loader).__name__ == "SourceFileLoader"
net = torch.nn.Linear(1, 1)
torch.optim.Adam(net.parameters()).zero_grad()  # imports torch._dynamo, which changes the process
assert "torch._dynamo" in sys.modules
assert state.restore() is None
"""
    done = python("-c", script)
    assert done.returncode == 0, done.stderr


def info(module: str) -> tuple[ProblemInfo, OptimizerInfo]:
    problem = ProblemInfo("a/b", "", f"{module}:X", Dimensions(), Reference(0.0, ""))
    return problem, OptimizerInfo("o", "", load="json:loads")


@pytest.mark.parametrize("library", [False, True])
def test_code_that_changes_the_process_when_it_is_imported_has_it_for_itself(
    library: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for environment variables that a library adds."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("LEFT", "")  # so that it is taken back
    monkeypatch.delenv("LEFT")
    module = f"polluting_{library}"
    (tmp_path / f"{module}.py").write_text("import os; os.environ['LEFT'] = '1'")
    state = ProcessState()
    importlib.import_module(module)
    state.imported(module, library=library)
    assert state.fits(*info(module))
    assert state.fits(*info("another")) is library
    assert state.restore() is None  # it stays for those who are served here
    assert os.environ["LEFT"] == "1"


def test_a_generator_whose_module_is_imported_in_mid_run_costs_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run would go on where it is by then, which in a new process it would not."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "drawing_late").mkdir()
    (tmp_path / "drawing_late" / "__init__.py").touch()
    (tmp_path / "drawing_late" / "noise.py").write_text("import numpy as np\nG = np.random.default_rng(1)")
    state = ProcessState()
    importlib.import_module("drawing_late")
    state.imported("drawing_late", library=False)
    importlib.import_module("drawing_late.noise").G.random()
    left = state.restore()
    assert left is not None
    assert "drawing_late.noise.G" in left.what
    assert left.replace
    state.imported("drawing_late.noise", library=False)
    assert state.fits(*info("drawing_late")), "where it is imported before the run, nothing is bound"


@pytest.mark.e2e
def test_losses_do_not_depend_on_what_ran_before_in_the_process(
    tmp_path: Path, install_plugins: Callable[..., Path]
) -> None:
    install_plugins("polluting")
    names = [f"polluting/{name}" for name in ("shown", "polluter", "importer", "starter", "imported", "drawing")]

    def losses(problems: list[str], workers: int) -> dict[tuple[str, str, int], object]:
        plan = experiments.experiment(
            problems, ["random"], 3, "evaluations", repetitions=2, workers=workers
        )  # fmt: skip
        folder = experiments.run(plan, tmp_path / f"{workers}-{'-'.join(problems).replace('/', '-')}")
        assert {run.status for run in experiments.runs(folder)} == {"done"}
        with Reader(folder) as reader:
            events.append([event.message for event in reader.events() if "left behind" in event.message])
        return experiments.results(folder)

    events: list[list[str]] = []
    alone = {key: value for name in names for key, value in losses([name], 4).items()}
    assert losses(names, 1) == alone
    assert losses(names[::-1], 1) == alone
    told = "\n".join(events[-1])
    assert "random on polluting/polluter, repetition 0 left behind: working directory; environment variable" in told
    assert told.count("random on polluting/polluter") == 1, "the same is told once for all repetitions"
    assert "polluting/shown" not in told
    assert alone["polluting/imported", "random", 0] != alone["polluting/shown", "random", 0]


@pytest.mark.e2e
def test_training_with_an_optimizer_of_torch_leaves_nothing_behind(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    plan = experiments.experiment(["mnist_cnn/lecture-2k"], ["random"], 1, "fidelity", repetitions=1, workers=1)
    with Reader(experiments.run(plan, tmp_path)) as reader:
        assert {run.status for run in reader.runs()} == {"done"}
        assert not [event.message for event in reader.events() if "left behind" in event.message]
