"""What each optimizer's own time is: ask + tell by trial, measured on this machine, for the estimates of `--dry-run`.

    python -m benchmarks.own_time [--optimizers gp,tpe] [--seconds 10] [--write]

Drives every optimizer on a problem of 2 and one of 20 floats (else on one with a fidelity, else on ten arms) until the
processor time is spent or ``LARGEST`` trials are told, and takes means of the processor's time over trials up to each
of ``MARKS``. ``--write`` puts what was measured into ``hpobench_baselines/costs.json``; optimizers that are not
measured keep what stands there.
"""

import argparse
import json
import os
import sys
import warnings
from pathlib import Path
from statistics import fmean
from time import process_time

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")  # before NumPy is imported

from hpobench_baselines.measured import costs  # noqa: E402
from hpobench_tui import plugins  # noqa: E402
from hpobench_tui.core import Budget, HpobenchError, Task, Trial, TrialStatus  # noqa: E402
from hpobench_tui.core.compatibility import refusal  # noqa: E402
from hpobench_tui.core.optimizer import Closable, Complete, NotReady  # noqa: E402

FILE = Path(__file__).parents[1] / "baselines" / "hpobench_baselines" / "costs.json"
PROBLEMS = ("synthetic/branin", "synthetic/ackley[d=20]")
OTHERS = ("synthetic/hartmann6-mf", "bandits/bernoulli-10")
"""For optimizers that take neither of the ``PROBLEMS``."""
MARKS = (1, 5, 20, 50, 100, 200, 500, 1000, 2000)
LARGEST = MARKS[-1]


def measure(name: str, problem: str, seconds: float) -> tuple[tuple[int, float], ...]:
    """(trial, seconds of its ask and tell) at the marks that were reached; one more where the time was spent."""
    info, about = plugins.optimizers()[name], plugins.problems()[problem]
    plugins.import_needed(info)
    code = plugins.load_problem(about)
    task = Task(code.space(), about.fidelity, Budget.of(LARGEST, "evaluations"), 1, info.settings({}), about.loss_range)
    optimizer, each, begun = plugins.build_optimizer(info, task), [], process_time()
    while len(each) < LARGEST and process_time() - begun < seconds:
        started = process_time()
        try:
            ask = optimizer.ask()
        except (Complete, NotReady):
            break
        asked = process_time()
        number = len(each)
        reached = (ask.fidelity or about.fidelity.maximum) if about.fidelity else None
        report = code.start(ask.configuration, number, "cpu").advance(reached or 1)
        trial = Trial(number, number, ask.configuration, TrialStatus.DONE, report.loss, reached, ask.bracket, ask.rung)
        evaluated = process_time()
        optimizer.tell(trial)
        each.append(process_time() - evaluated + asked - started)
    if isinstance(optimizer, Closable):
        optimizer.close()
    reached_marks = [mark for mark in MARKS if mark < len(each)]
    if each and len(each) < LARGEST:
        reached_marks.append(len(each))
    return tuple((mark, float(f"{fmean(window(each, mark)):.2g}")) for mark in reached_marks or [len(each)] if each)


def window(each: list[float], mark: int) -> list[float]:
    """The trials whose mean stands for that at the mark: from four fifths of it to it."""
    return each[min(int(mark * 0.8), mark - 1) : mark]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--optimizers", help="names, separated by commas; all by default")
    parser.add_argument("--seconds", type=float, default=10.0, help="of the processor, an optimizer and problem each")
    parser.add_argument("--write", action="store_true", help="into hpobench_baselines/costs.json")
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # the libraries' own
    found = costs()
    names = given.optimizers.split(",") if given.optimizers else list(plugins.optimizers().found)
    for name in names:
        rows: dict[int, tuple[tuple[int, float], ...]] = {}
        for problem in (*PROBLEMS, *OTHERS):
            about = plugins.problems()[problem]
            dimensions = about.dimensions.total
            if refusal(about, plugins.optimizers()[name]) or (rows and problem in OTHERS):
                continue
            try:
                if measured := measure(name, problem, given.seconds):
                    rows[dimensions] = measured
            except HpobenchError as error:
                print(f"left out: {error}", file=sys.stderr)
        print(name, rows, flush=True)
        if rows:
            found[name] = rows
    if given.write:
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(rows)}" for name, rows in sorted(found.items()))
        FILE.write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
