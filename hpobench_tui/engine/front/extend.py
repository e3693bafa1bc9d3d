"""An experiment with more repetitions, optimizers, problems or budget than it has by now.

Seeds are of (experiment's seed, problem, label, repetition), so that the runs that are added are those that one large
experiment would have had; only their numbers in the store come after all that was there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Contender, Experiment
from hpobench_tui.core.nearest import shown, some
from hpobench_tui.core.own_code import joined
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.engine.front import spec
from hpobench_tui.engine.front.fields import BudgetSpec, OptimizerSpec, ProblemSpec, Spec


def extended(
    before: Experiment,
    repetitions: int | None = None,
    problems: Sequence[str | ProblemSpec] = (),
    optimizers: Sequence[str | OptimizerSpec] = (),
    budgets: Mapping[str, Any] | None = None,
) -> Experiment:
    """The experiment with all that it has and this; equal to ``before`` if it has all of it.

    Args:
        repetitions: How many there shall be.
        problems, optimizers: As an experiment file has them.
        budgets: ``budget`` and ``budgets`` as a file has them: of new problems, and larger ones of old problems, whose
            runs are continued. New problems have the old ones' budget if they are given none.

    Raises:
        HpobenchError: unknown name, less than there is, a label that is taken, runs that cannot be continued, or
            nothing that could run.
    """
    given = budgets or {}
    own = {name: BudgetSpec(**section) for name, section in given.get("budgets", {}).items()}
    named = Spec.model_construct(name=before.name, problems=list(problems), optimizers=list(optimizers), budgets=own)
    named, code = spec.with_own_files(named, Path.cwd())
    code = joined(before.code, code)
    infos, notes = spec.chosen(named.problems, code)
    infos = [info for info in infos if info.id not in before.problems]
    contenders, more_notes = spec.contenders_of(named.optimizers, code)
    contenders = tuple(contender for contender in contenders if _is_new(contender, before))
    registry = plugins.problems().beside(code.problems)
    old = [registry[problem] for problem in before.problems]
    common = BudgetSpec(**given["budget"]) if "budget" in given else None
    after = replace(
        before,
        problems=(*before.problems, *(info.id for info in infos)),
        contenders=(*before.contenders, *contenders),
        budgets=_budgets(before, old, infos, common, named.budgets),
        repetitions=_repetitions(before, repetitions),
        notes=(*before.notes, *notes, *more_notes),
        code=code,
    )
    known = {info.id: info for info in (*old, *infos)}
    pairs = spec.refused_pairs(list(known.values()), after.contenders, after.simulation, code, after.evaluations)
    new = [pair for pair in pairs if pair[0] not in before.problems or pair[1] in {c.label for c in contenders}]
    after = replace(after, skipped=(*before.skipped, *new))
    spec.check_runs(after)
    if after.shape != before.shape:
        if before.shard is not None:
            raise HpobenchError(
                f"{before.name} is shard {before.shard} of an experiment, and another matrix would be dealt otherwise;"
                " `hpobench merge` joins it with the others, and that can be extended."
            )
        if len(after.runs()) == len(before.runs()):
            return replace(before, budgets={problem: after.budgets[problem] for problem in before.problems})
        after = replace(after, earlier=(*before.earlier, before.shape))
    return after


def _repetitions(before: Experiment, wanted: int | None) -> int:
    if wanted is None or wanted == before.repetitions:
        return before.repetitions
    if wanted < before.repetitions:
        raise HpobenchError(
            f"repetitions: {before.name} has {before.repetitions} already, and nothing is taken away; say more."
        )
    if before.only is not None:
        raise HpobenchError(
            f"repetitions: {before.name} is a part of an experiment, which runs only some of its {before.repetitions}"
            " repetitions; `hpobench merge` joins it with the others, and that can be extended."
        )
    return wanted


def _is_new(contender: Contender, before: Experiment) -> bool:
    for own in before.contenders:
        if own.label == contender.label:
            if own != contender:
                raise HpobenchError(
                    f"label {shown(own.label)}: {before.name} has it already, of {own.optimizer} with other settings;"
                    " give the new one a label of its own, as in 'NAME[label=mine]'."
                )
            return False
    return True


def _budgets(
    before: Experiment,
    old: Sequence[ProblemInfo],
    new: Sequence[ProblemInfo],
    common: BudgetSpec | None,
    own: Mapping[str, BudgetSpec],
) -> dict[str, Budget]:
    stand_in = {info.id: _likely(info, before, old) for info in new}
    as_it_is = {**before.budgets, **{problem: budget for problem, budget in stand_in.items() if budget}}
    found = spec.budgets_of(common or BudgetSpec(amount=1, unit="evaluations"), own, [*old, *new])
    said = found if common else {problem: found[problem] for problem in _said(own, [*old, *new])}
    if lacking := [info.id for info in new if info.id not in said and info.id not in as_it_is]:
        raise HpobenchError(
            f"budget: the problems of {before.name} have different ones, so say that of {some(lacking)}: --budget"
            f" '{lacking[0]}=50 evaluations'."
        )
    for info in old:
        if info.id in said and said[info.id] != before.budgets[info.id]:
            _refuse_raise(before, info, said[info.id])
    return {info.id: said.get(info.id) or as_it_is[info.id] for info in (*old, *new)}


def _said(own: Mapping[str, BudgetSpec], infos: Sequence[ProblemInfo]) -> list[str]:
    """The problems that budgets of their own, or of their suites, were given for."""
    ids = {plugins.problems()[name].id if name in plugins.problems().found or "[" in name else name for name in own}
    return [info.id for info in infos if {info.id, info.id.partition("[")[0], info.suite} & ids]


def _likely(info: ProblemInfo, before: Experiment, infos: Sequence[ProblemInfo]) -> Budget | None:
    """The budget that all problems have, or all of its suite."""
    for budgets in (
        list(before.budgets.values()),
        [before.budgets[other.id] for other in infos if other.suite == info.suite],
    ):
        if budgets and all(budget == budgets[0] for budget in budgets):
            return budgets[0]
    return None


def _refuse_raise(before: Experiment, info: ProblemInfo, budget: Budget) -> None:
    """Raises :class:`HpobenchError` where runs on a problem cannot be continued under that budget."""
    was = before.budgets[info.id]
    where = f"budget of {info.id}"
    if budget.unit is not was.unit:
        raise HpobenchError(f"{where}: it is in {was.unit}, and cannot become one in {budget.unit}.")
    if budget.amount < Fraction(was.amount):
        raise HpobenchError(f"{where}: it is {was} already, and nothing is taken away; say more than that.")
    if budget.unit.counts_time:
        raise HpobenchError(f"{where}: what a run asks in more {was.unit} depends on the machine; it cannot be raised.")
    if before.simulation is not None:
        raise HpobenchError(f"{where}: runs on a simulated clock cannot be continued.")
    if before.record is not None:
        raise HpobenchError(f"{where}: runs of which not all trials are recorded (record) cannot be continued.")
    skipped = {label for problem, label, _ in before.skipped if problem == info.id}
    registry = plugins.optimizers().beside(before.code.optimizers)
    planners = [
        contender.label
        for contender in before.contenders
        if contender.label not in skipped and registry[contender.optimizer].plans(contender.parameters)
    ]
    if planners:
        raise HpobenchError(
            f"{where}: {some(planners)} {'plans' if len(planners) == 1 else 'plan'} by the budget, and would have asked"
            " otherwise from the first trial on under a larger one; `hpobench run` starts a new experiment."
        )
