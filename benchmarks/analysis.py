"""What conclusions cost: tables, comparisons and all statistics of large experiments, in CPU seconds and memory.

python -m benchmarks.analysis [--folder DIR] [--json]

Two real experiments are run first (minutes; with ``--folder`` they are kept, and used again): ``wide`` has 10,000 runs
of 100 trials (20 labels, 50 problems, 10 repetitions), ``long`` a million trials in 20 labels of 10 repetitions. All
labels are random search, so that whoever finds a difference between them is wrong.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hpobench_tui import plugins
from hpobench_tui.core import Budget
from hpobench_tui.engine.front import lifecycle, spec
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader
from hpobench_tui.store.writer import Writer

LABELS, REPETITIONS = 20, 10
COMMANDS = {
    "show": ["show"],
    "show --json": ["show", "--json"],
    "compare": ["compare", "--baseline", "random-0"],
    "all statistics": ["show", "--everything"],
    "audit": ["audit"],
}


def made(root: Path, name: str, problems: list[str], evaluations: int) -> Path:
    """The experiment of that name, which is run if it is not there."""
    if there := sorted(root.glob(f"{name}-*/experiment.sqlite")):
        return there[0].parent
    contenders = [{"name": "random", "label": f"random-{n}"} for n in range(LABELS)]
    budget = Budget.of(evaluations, "evaluations")
    folder = lifecycle.start(spec.build(name, problems, contenders, budget, repetitions=REPETITIONS), root)
    while lifecycle.supervised(folder):
        time.sleep(0.5)
    return folder


def problems(count: int) -> list[str]:
    """Cheap ones: of each of the synthetic suite as many variants as it takes."""
    found = [info.id for info in plugins.problems() if info.suite == "synthetic" and not info.fidelity]
    wide = [name for name in found if any(p.name == "d" for p in plugins.problems()[name].parameters)]
    return [*found, *(f"{name}[d={d}]" for d in range(3, 20) for name in wide)][:count]


def timed(command: list[str]) -> tuple[float, float]:
    """CPU seconds and MB at most of a subcommand."""
    program = f"import sys; from hpobench_tui.cli import main; sys.argv[1:] = {command!r}; main()"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, errors = process.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: {errors.decode()[-500:]}")
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, after.ru_maxrss / 1024


def looks(folder: Path) -> float:
    """Milliseconds of CPU that a look takes at an experiment of which three runs have changed."""
    took = []
    with Reader(folder) as reader, Writer(folder) as writer:
        live = Live(reader)
        live.poll()
        for tick in range(50):
            for run in (tick, 100 + tick, len(live.runs) - 1 - tick):
                writer.set_run(run, activity=str(tick))
            writer.commit()
            began = time.process_time()
            live.poll()
            took.append(1e3 * (time.process_time() - began))
    return sorted(took)[len(took) // 2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where the experiments are kept")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"
    with tempfile.TemporaryDirectory() as temporary:
        root = given.folder or Path(temporary)
        folders = {
            "wide": made(root, "wide", problems(50), 100),
            "long": made(root, "long", ["synthetic/branin"], 5_000),
        }
        found: dict[str, dict[str, float]] = {}
        for name, folder in folders.items():
            for what, (command, *options) in COMMANDS.items():
                seconds, memory = timed([command, str(folder), *options])
                found[f"{name}: {what}"] = {"CPU s": round(seconds, 2), "MB": round(memory)}
        found["wide: a live look"] = {"CPU ms": round(looks(folders["wide"]), 2)}
    if given.json:
        print(json.dumps(found))
        return
    for what, figures in found.items():
        print(f"{what:30}", "   ".join(f"{value:>8} {unit}" for unit, value in figures.items()))


if __name__ == "__main__":
    main()
