"""What an experiment would run, and what that costs (``hpobench run --dry-run``, ``extend --dry-run``)."""

from typing import Any

from hpobench_tui.core.experiment import Experiment, told_of


def print_plan(experiment: Experiment, as_json: bool, before: Experiment | None = None) -> None:
    """The matrix, the budgets, an estimate of the time, and what is left out.

    Args:
        before: What there is of it already: then what is added to that.
    """
    from hpobench_tui.cli.output import duration, print_json, print_line, print_lines, print_table
    from hpobench_tui.engine.front.estimate import estimate
    from hpobench_tui.plugins import problems
    from hpobench_tui.tui.widgets.bar import size

    keys = experiment.runs()[len(before.runs()) if before else 0 :]
    found = estimate(experiment, keys)
    notes = told_of(experiment, before)
    longer = _longer(before, experiment) if before else {}
    if as_json:
        print_json(
            {
                "name": experiment.name,
                **({"shard": str(experiment.shard)} if experiment.shard else {}),
                "runs": len(keys),
                "workers": found.workers,
                "evaluations": experiment.evaluations,
                "seconds": found.seconds,
                "core_seconds": {
                    "objectives": sum(filter(None, found.objective_seconds.values())),
                    "optimizers": found.optimizer_seconds,
                    "overhead": found.overhead_seconds,
                },
                "disk_bytes": None if found.disk_bytes is None else round(found.disk_bytes),
                "unknown_optimizers": found.unknown,
                "problems": {p: {"runs": n, "budget": str(experiment.budgets[p])} for p, n in found.runs.items()},
                "optimizers": [c.label for c in experiment.contenders],
                "report": experiment.report,
                "skipped": [reason for _, _, reason in experiment.skipped],
                "notes": experiment.notes,
                **({} if before is None else {"longer": longer}),
            }
        )
        return
    if before and not (keys or longer):
        print_line(f"{experiment.name}: nothing would be added")
        return
    infos = problems().beside(experiment.code.problems)
    budgets = {problem: experiment.budgets[problem].words(infos[problem].fidelity) for problem in found.runs}
    shard = f", shard {experiment.shard}" if experiment.shard else ""
    print_table(
        ("problem", "runs", "budget each", "objective, one core"),
        [
            (problem, runs, budgets[problem], "simulated" if seconds is None else duration(seconds))
            for (problem, runs), seconds in zip(found.runs.items(), found.objective_seconds.values(), strict=True)
        ],
        f"{experiment.name}{shard}: {len(keys)} runs{' more' if before else ''}, {experiment.repetitions} repetitions",
        right=(1, 3),
    )
    labels = ", ".join(contender.label for contender in experiment.contenders)
    print_lines([f"optimizers: {labels}", *notes])
    print_lines(
        f"{problem}: {own['runs']} runs go on, to {own['budget']} instead of {own['was']}; objective, on one core:"
        f" {duration(own['core_seconds'])} more"
        for problem, own in longer.items()
    )
    objectives = sum(filter(None, found.objective_seconds.values()))
    each = f", {experiment.evaluations} evaluation processes each" if experiment.evaluations else ""
    lines = [
        f"about {duration(found.seconds)} with {found.workers} worker{'s' * (found.workers != 1)}{each}; on one core:"
        f" objectives {duration(objectives)}, the optimizers' own time {duration(found.optimizer_seconds)}, starts and"
        f" recording {duration(found.overhead_seconds)}"
    ]
    if found.disk_bytes is not None and not before:
        curves = "the metrics of learning curves" if experiment.curves else "learning curves"
        lines.append(f"about {size(found.disk_bytes)} on disk, and {curves} on top where they are reported")
    if found.unknown:
        lines.append(f"without the own time of {', '.join(found.unknown)}, which nobody measured")
    if None in found.objective_seconds.values():
        lines.append("without the problems whose budget is simulated time")
    print_lines(lines)
    if experiment.report:
        print_line(f"a headless run ends with the report of `hpobench {experiment.report}`, which takes its own time")


def _longer(before: Experiment, after: Experiment) -> dict[str, dict[str, Any]]:
    """By problem, what runs that are there cost more under a larger budget."""
    from hpobench_tui.engine.front.estimate import run_seconds
    from hpobench_tui.plugins import problems

    infos, found = problems().beside(after.code.problems), {}
    for problem in before.problems:
        was, budget = before.budgets[problem], after.budgets[problem]
        if was != budget:
            runs = sum(key.problem == problem for key in before.runs())
            more, less = (run_seconds(infos[problem], b, simulated=False) or 0.0 for b in (budget, was))
            found[problem] = {
                "runs": runs, "was": str(was), "budget": str(budget), "core_seconds": (more - less) * runs
            }  # fmt: skip
    return found
