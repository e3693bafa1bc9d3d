"""``hpobench extend``: more repetitions, optimizers, problems or budget for an experiment that is there."""

from typing import Annotated

import typer

from hpobench_tui.cli import options
from hpobench_tui.cli.attach import need_terminal
from hpobench_tui.cli.run import REPETITIONS, Detach, Events, Export, Headless, Optimizers, Problems


def extend(
    experiment: options.Experiment,
    repetitions: Annotated[
        int | None,
        typer.Option(
            min=REPETITIONS.least, max=REPETITIONS.most, help="How many there shall be in all.", show_default=False
        ),
    ] = None,
    problems: Problems = None,
    optimizers: Optimizers = None,
    budget: Annotated[
        list[str] | None,
        typer.Option(
            "--budget",
            help="Of new problems, or a larger one, under which runs are continued: '100 evaluations',"
            " 'bandits=40 full-evaluations'.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be added and what it costs.")] = False,
    accept_changes: Annotated[
        bool,
        typer.Option("--accept-changes", help="Even if the code of a problem or optimizer is another by now."),
    ] = False,
    headless: Headless = False,
    detach: Detach = False,
    export: Export = False,
    output: options.Root = None,
    as_json: Events = False,
) -> None:
    """Add runs to an experiment, also to one that is running, and run only those.

    The result is that of one large experiment: seeds depend on problem, label and repetition alone.
    """
    from hpobench_tui.cli.output import print_event, print_line
    from hpobench_tui.cli.plan import print_plan
    from hpobench_tui.cli.run import follow
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.core.experiment import told_of
    from hpobench_tui.engine.front import described, lifecycle
    from hpobench_tui.engine.front.extend import extended
    from hpobench_tui.store.reader import Reader

    folder = options.folder_of(experiment, output)
    with Reader(folder) as reader:
        row = reader.experiment()
        reader.refuse_imported("extend")
    if not (repetitions or problems or optimizers or budget):
        raise HpobenchError("say by what: --repetitions, --problems, --optimizers or --budget.")
    given = described.overrides(problems, optimizers, budget)
    before = row.experiment
    after = extended(before, repetitions, given.get("problems", ()), given.get("optimizers", ()), given)
    notes = told_of(after, before)
    added = len(after.runs()) - len(before.runs())
    longer = [problem for problem in before.problems if after.budgets[problem] != before.budgets[problem]]
    if dry_run:
        print_plan(after, as_json, before)
        return
    others = 0 if lifecycle.supervised(folder) else lifecycle.unfinished(folder)
    if not added and not longer and not others:  # others: of an extension that was killed, say; it goes on
        if as_json:
            print_event(event="extended", runs=0, longer=[])
        for note in notes:
            print_line(note, error=True)
        print_line(f"{folder}: it has all of that already", error=as_json)
        return
    headless = headless or as_json
    if not (headless or detach):
        need_terminal()
    lifecycle.extend(folder, after, accept_changes)
    for note in notes:
        print_line(note, error=True)
    what = [f"{added} runs added"] if added else []
    what += [f"more budget on {len(longer)} problem{'s' * (len(longer) > 1)}"] if longer else []
    if others:
        what += [
            f"{others} unfinished ones go on, too" if what else f"it has all of that; {others} unfinished runs go on"
        ]
    if as_json:
        print_event(event="extended", runs=added, longer=longer)
    print_line(f"{folder}: {'; '.join(what)}", error=as_json)
    if not detach:
        follow(folder, headless, as_json, export)
