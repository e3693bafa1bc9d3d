"""What an experiment would run, and what that costs (``hpobench run --dry-run``)."""

from hpobench_tui.core.experiment import Experiment


def print_plan(experiment: Experiment, as_json: bool) -> None:
    """The matrix, the budgets, an estimate of the time, and what is left out."""
    from hpobench_tui.cli.output import duration, left_out, print_json, print_line, print_lines, print_table
    from hpobench_tui.engine.front.estimate import estimate
    from hpobench_tui.plugins import problems

    found = estimate(experiment)
    if as_json:
        print_json(
            {
                "name": experiment.name,
                "runs": len(experiment.runs()),
                "workers": found.workers,
                "seconds": found.seconds,
                "core_seconds": {
                    "objectives": sum(filter(None, found.objective_seconds.values())),
                    "optimizers": found.optimizer_seconds,
                    "overhead": found.overhead_seconds,
                },
                "unknown_optimizers": found.unknown,
                "problems": {p: {"runs": n, "budget": str(experiment.budgets[p])} for p, n in found.runs.items()},
                "optimizers": [c.label for c in experiment.contenders],
                "report": experiment.report,
                "skipped": [reason for _, _, reason in experiment.skipped],
                "notes": experiment.notes,
            }
        )
        return
    infos = problems().beside(experiment.code.problems)
    budgets = {problem: experiment.budgets[problem].words(infos[problem].fidelity) for problem in found.runs}
    print_table(
        ("problem", "runs", "budget each", "objective, one core"),
        [
            (problem, runs, budgets[problem], "simulated" if seconds is None else duration(seconds))
            for (problem, runs), seconds in zip(found.runs.items(), found.objective_seconds.values(), strict=True)
        ],
        f"{experiment.name}: {len(experiment.runs())} runs, {experiment.repetitions} repetitions",
        right=(1, 3),
    )
    labels = ", ".join(contender.label for contender in experiment.contenders)
    print_lines([f"optimizers: {labels}", *experiment.notes, *left_out(experiment.skipped)])
    objectives = sum(filter(None, found.objective_seconds.values()))
    lines = [
        f"about {duration(found.seconds)} with {found.workers} worker{'s' * (found.workers != 1)}; on one core:"
        f" objectives {duration(objectives)}, the optimizers' own time {duration(found.optimizer_seconds)}, starts and"
        f" recording {duration(found.overhead_seconds)}"
    ]
    if found.unknown:
        lines.append(f"without the own time of {', '.join(found.unknown)}, which nobody measured")
    if None in found.objective_seconds.values():
        lines.append("without the problems whose budget is simulated time")
    print_lines(lines)
    if experiment.report:
        print_line(f"a headless run ends with the report of `hpobench {experiment.report}`, which takes its own time")
