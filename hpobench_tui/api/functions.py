"""``hpo.minimize``: optimizers compared on a function of one's own, which need not be importable."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from hpobench_tui.api import here, inputs
from hpobench_tui.api.experiment import Experiment
from hpobench_tui.api.here import Function, MakesOptimizer, Space, optimizer_of, problem_of
from hpobench_tui.api.local import Local
from hpobench_tui.api.watch import showing, tell_failures
from hpobench_tui.core import experiment as core
from hpobench_tui.core.compatibility import missing, refusal
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.own_code import OwnCode
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import Reader
from hpobench_tui.store.writer import Writer

Contestant: TypeAlias = str | Mapping[str, object] | OptimizerInfo | MakesOptimizer


def minimize(
    function: Function,
    space: Space,
    optimizers: "Contestant | Sequence[Contestant]" = ("tpe", "random"),
    budget: "inputs.BudgetLike" = 50,
    repetitions: int = 5,
    *,
    seed: int = 0,
    reference: float | None = None,
    noisy: bool = False,
    fidelity: tuple[str, int, int] | None = None,
    workers: int | None = None,
    name: str | None = None,
    output: "inputs.PathLike | None" = None,
    progress: bool = True,
) -> Experiment:
    """Compare optimizers on a function, and wait for it. Ctrl-C cancels it; ``resume()`` goes on, in this process.

    The function may be a lambda or one of a notebook's: nothing of it is stored but its results.

    Args:
        function: Takes a configuration, as a dict of plain values, and returns its loss, to be minimised. What it
            raises makes a failed trial. One with a parameter ``seed`` gets that, too: another one for each repetition,
            and for each time that one configuration is evaluated there.
        space: ``{"x": (0.0, 1.0), "units": (16, 512, "log"), "solver": ["adam", "sgd"]}``, or a ``ConfigurationSpace``.
        optimizers: Names (`hpobench optimizers` lists them), tables as in files, classes that take a
            ``hpobench_tui.core.Task``, or ``OptimizerInfo`` objects.
        budget: What each run may spend: ``50`` evaluations, or ``"2.5 seconds"`` of the function.
        repetitions: Runs of each optimizer, each with a seed of its own.
        reference: The lowest loss that there can be, where it is known: what is shown then is regret.
        fidelity: ``("epochs", 1, 27)``: how far it can go, for a function with a parameter ``fidelity``.
        noisy: Evaluating one configuration twice gives two losses.
        workers: Fork so many processes, to make so many runs at a time; the function may then crash, and what it
            changes is not seen here. None: all runs are made in this process, one after the other.
        name: Of the experiment; by default the function's.
        output: Where its folder goes; by default ``$HPOBENCH_OUTPUTS``, or ``outputs`` below the working directory.

    Raises:
        HpobenchError: something is not what it must be. What goes wrong in a run is warned of.
    """
    from hpobench_tui.engine.front.spec import check_budget

    problem = problem_of(function, space, reference, noisy, fidelity)
    contenders, infos, code = _contenders(optimizers)
    if reason := missing(*infos.values()):
        raise HpobenchError(f"{reason}.")
    if refused := [reason for info in infos.values() if (reason := refusal(problem, info))]:
        raise HpobenchError(f"impossible: {'; '.join(refused)}.")
    given = inputs.budget(budget)
    check_budget(problem, given, None)
    experiment = core.Experiment(
        name=name or problem.id.partition("/")[2],
        problems=(problem.id,),
        contenders=contenders,
        budgets={problem.id: given},
        repetitions=repetitions,
        seed=seed,
        workers=1 if workers is None else workers,
        code=code,
    )
    if len(contenders) * repetitions > core.MAX_RUNS:
        raise HpobenchError(f"{len(contenders) * repetitions} runs are more than an experiment may have.")
    root = lifecycle.outputs_root() if output is None else inputs.path(output, "output")
    sources = {f"source of {problem.id}": here.source_of(function)}
    more = {key: text for key, text in sources.items() if text}
    folder = lifecycle.create(experiment, root, {problem.id: problem}, more)

    def work(shown: bool, failed: bool = False) -> None:
        if lifecycle.supervised(folder):
            raise HpobenchError(f"{folder} is running already.")
        if failed:
            with Writer(folder) as store:
                store.reopen(failed)
        with showing(shown) as show:
            finished = Local(folder, {problem.id: problem}, infos, workers, show).run()
        _tell(folder, finished, made)

    made = Experiment([folder], again=work)
    work(progress)
    return made


def _tell(folder: Path, finished: bool, made: Experiment) -> None:
    made.close()
    lifecycle.settle(folder)
    with Reader(folder) as reader:
        tell_failures(reader.runs())
    if not finished:
        made.tell_cancelled()


def _contenders(
    given: "Contestant | Sequence[Contestant]",
) -> tuple[tuple[core.Contender, ...], dict[str, OptimizerInfo], OwnCode]:
    """The contenders, the descriptions of their optimizers by name, and the code of those in files."""
    from hpobench_tui import plugins
    from hpobench_tui.engine.front.spec import contenders as read

    several: Sequence[Contestant] = given if isinstance(given, (list, tuple)) else (given,)
    if not several:
        raise HpobenchError("optimizers: there is none; name at least one, as in ['tpe', 'random'].")
    entries = [each for each in several if isinstance(each, (str, Mapping))]
    named, code = read(entries) if entries else ((), OwnCode())
    of_names, registry = iter(named), plugins.optimizers().beside(code.optimizers)
    contenders: list[core.Contender] = []
    infos: dict[str, OptimizerInfo] = {}
    for each in several:
        if isinstance(each, (str, Mapping)):
            own = next(of_names)
            infos[own.optimizer] = registry[own.optimizer]
        else:
            info = optimizer_of(each)
            own = core.Contender(info.name, info.name.partition("/")[2], info.settings({}))
            infos[info.name] = info
        contenders.append(own)
    labels = [own.label for own in contenders]
    if twice := sorted({label for label in labels if labels.count(label) > 1}):
        raise HpobenchError(f"label of an optimizer: {', '.join(twice)} appears more than once; give each its own.")
    return tuple(contenders), infos, code
