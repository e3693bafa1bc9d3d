"""Which brackets an optimizer would run, before anything runs: asked of it itself, in a process of its own.

``python -m hpobench_tui.engine.front.plans`` reads from standard input what :func:`brackets` writes, and ends with one
line of JSON: the rungs of each bracket, none where the optimizer has no plan.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from hpobench_tui import plugins
from hpobench_tui.core.brackets import Bracket, Rung
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.lines import object_of
from hpobench_tui.core.text import in_line

ANSWER = "brackets"
SECONDS = 60.0
"""What importing and asking it may take."""


def brackets(problem: str, optimizer: str, parameters: Mapping[str, Value], budget: Budget) -> tuple[Bracket, ...]:
    """One cycle of brackets on a registered problem; empty: the optimizer has no plan. Waits for the process.

    Raises:
        HpobenchError: it cannot be asked.
    """
    asked = {
        "problem": problem, "optimizer": optimizer, "parameters": dict(parameters),
        "amount": [budget.amount.numerator, budget.amount.denominator], "unit": budget.unit.value,
    }  # fmt: skip
    return _asked(json.dumps(asked))


@lru_cache(maxsize=64)
def _asked(text: str) -> tuple[Bracket, ...]:
    process = [sys.executable, "-P", "-m", "hpobench_tui.engine.front.plans"]
    try:
        done = subprocess.run(
            process, input=text, text=True, errors="replace", timeout=SECONDS, capture_output=True, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise HpobenchError(f"its plan took more than {SECONDS:g} s.") from error
    found = None if done.returncode else planned(done.stdout)
    if found is None:
        last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no answer")
        raise HpobenchError(in_line(last.strip()))
    return found


def planned(said: str) -> tuple[Bracket, ...] | None:
    """The brackets that the last answer in an output says; None: there is none. Others' code prints there, too,
    also when the process ends."""
    for line in reversed(said.splitlines()):
        if (answer := object_of(line)) is not None and ANSWER in answer:
            with suppress(TypeError, ValueError):
                return tuple(Bracket(s, tuple(Rung(*rung) for rung in rungs)) for s, rungs in answer[ANSWER])
    return None


def main() -> None:
    """Answer one question."""
    from fractions import Fraction

    from hpobench_tui.core.optimizer import Closable, Planned, Task

    asked = json.load(sys.stdin)
    problem, optimizer = plugins.problems()[asked["problem"]], plugins.optimizers()[asked["optimizer"]]
    plugins.import_needed(problem, optimizer)
    budget = Budget.of(Fraction(*asked["amount"]), asked["unit"])
    space = plugins.load_problem(problem).space()
    task = Task(space, problem.fidelity, budget, 0, optimizer.settings(asked["parameters"]), problem.loss_range)
    made = plugins.build_optimizer(optimizer, task)
    plan = made.plan() if isinstance(made, Planned) else None
    rungs = [(b.s, [(rung.configurations, rung.fidelity) for rung in b.rungs]) for b in plan or ()]
    if isinstance(made, Closable):
        made.close()
    print(f"\n{json.dumps({ANSWER: rungs})}", flush=True)  # on a line of its own, whatever was printed


if __name__ == "__main__":
    main()
