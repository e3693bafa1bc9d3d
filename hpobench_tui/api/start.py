"""``hpo.run`` and ``hpo.open``: experiments that are started, and those that there are."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench_tui.api import inputs
from hpobench_tui.api.experiment import Experiment
from hpobench_tui.core.describe import brief
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import lifecycle

if TYPE_CHECKING:
    from hpobench_tui.core import experiment as core

NAME = "experiment"


def run(
    spec: "Mapping[str, object] | inputs.PathLike | None" = None,
    *,
    name: str | None = None,
    problems: inputs.Names = None,
    optimizers: "str | Sequence[str | Mapping[str, object]] | None" = None,
    budget: "inputs.BudgetLike | None" = None,
    repetitions: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    device: str | None = None,
    together: "int | str | None" = None,
    curves: bool | None = None,
    evaluations: int | None = None,
    synchronous: bool | None = None,
    shard: str | None = None,
    output: "inputs.PathLike | None" = None,
    progress: bool = True,
    wait: bool = True,
) -> Experiment:
    """Run an experiment in processes of its own, and wait for it. Ctrl-C cancels it; ``resume()`` goes on.

    Args:
        spec: A preset's name, the path of an experiment file, or what stands in one as a dict. What else is given holds
            instead of what it says; without it, ``problems``, ``optimizers`` and ``budget`` say it all.
        budget: What each run may spend: ``50`` evaluations, ``"2.5 seconds"``, ``{"amount": 27, "unit": "fidelity"}``.
        repetitions: Runs of each pair, each with a seed of its own.
        workers: Runs at a time; by default one a core.
        device: ``auto``, ``cpu`` or ``cuda``.
        together: Trials of a run that are trained together at most, where problem and optimizer can; ``"auto"``: as the
            problem says.
        curves: Keep learning curves, at each step of a training's fidelity.
        evaluations: Trials of a run that are pending at a time, each evaluated in a process of its own.
        synchronous: In rounds of so many; else the next begins as soon as one has ended.
        shard: Run this part alone, as ``"3/8"``; ``hpobench merge`` joins the parts.
        output: Where its folder goes; by default ``$HPOBENCH_OUTPUTS``, or ``outputs`` below the working directory.
        progress: Show how far it is, and the time to go.
        wait: Else it is returned at once, and runs on whatever becomes of this process.

    Raises:
        HpobenchError: the experiment cannot be: what is wrong with it. What goes wrong in its runs is warned of.
    """
    given: dict[str, object] = {
        "name": name, "problems": None if problems is None else list(inputs.names(problems, "problems")),
        "optimizers": [optimizers] if isinstance(optimizers, str) else optimizers,
        "budget": None if budget is None else inputs.budget(budget), "repetitions": repetitions, "seed": seed,
        "workers": workers, "device": device, "together": together, "curves": curves, "evaluations": evaluations,
        "synchronous": synchronous, "shard": shard,
    }  # fmt: skip
    experiment = _experiment(spec, {key: value for key, value in given.items() if value is not None})
    root = lifecycle.outputs_root() if output is None else inputs.path(output, "output")
    started = Experiment([lifecycle.start(experiment, root)])
    return started.wait(progress) if wait else started


def _experiment(
    spec: "Mapping[str, object] | inputs.PathLike | None", given: Mapping[str, object]
) -> "core.Experiment":
    from hpobench_tui.engine.front import presets
    from hpobench_tui.engine.front.spec import build

    if isinstance(spec, (str, os.PathLike)):
        return presets.resolve(os.fspath(spec), **given)
    if spec is not None and not isinstance(spec, Mapping):
        raise HpobenchError(f"spec: must be a preset's name, a path or a dict, not {brief(spec)}.")
    whole: dict[str, Any] = {"name": NAME, **(spec or {}), **given}
    if isinstance(whole.get("budget"), (str, int)):
        whole["budget"] = inputs.budget(whole["budget"])
    if lacking := [key for key in ("problems", "optimizers") if key not in whole]:
        raise HpobenchError(f"nothing says which {' and '.join(lacking)} to run: give spec, or {', '.join(lacking)}.")
    return build(**whole)


def open(
    experiment: "inputs.PathLike | Sequence[inputs.PathLike]" = "latest",
    *,
    problems: inputs.Names = None,
    optimizers: inputs.Names = None,
    repetitions: inputs.Numbers = None,
    at: "inputs.Amount | None" = None,
    pool: bool = False,
    output: "inputs.PathLike | None" = None,
) -> Experiment:
    """Look at an experiment, also while it runs, or at several as one.

    Args:
        experiment: ``latest``, a path, a folder's name or its beginning; or a list of these. Where several hold the
            same label, labels become ``label@experiment``.
        problems, optimizers: Only these: names, or patterns such as ``bbob/*``; of optimizers their labels.
        repetitions: Only these, as ``range(10)`` or ``"0-9,12"``.
        at: Cut all runs where so much of their budgets was spent.
        pool: Runs of equal labels are repetitions of one.
        output: Where experiments lie that are given by name.

    Raises:
        HpobenchError: there is none, it cannot be read, or nothing passes the filters.
    """
    root = lifecycle.outputs_root() if output is None else inputs.path(output, "output")
    several = [experiment] if isinstance(experiment, (str, os.PathLike)) else experiment
    if not isinstance(several, Sequence) or not several:
        raise HpobenchError(f"experiment: must be a name, a path or a list of them, not {brief(experiment)}.")
    folders: list[Path] = [lifecycle.find(str(inputs.path(each, "experiment")), root) for each in several]
    return Experiment(folders, inputs.filters(problems, optimizers, repetitions, at), pool)
