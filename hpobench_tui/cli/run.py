"""``hpobench run``: start an experiment, and watch it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from hpobench_tui.cli import completion, options
from hpobench_tui.cli.attach import need_terminal, open_app
from hpobench_tui.core.experiment import Experiment

DESCRIBING = {
    "name", "problems", "optimizers", "budget", "workers", "repetitions", "only_repetitions", "seed", "device",
    "together", "curves", "evaluations", "synchronous",
}  # fmt: skip
"""The options that every shard of an experiment must be given alike."""
WORKERS, REPETITIONS, SEED, EVALUATIONS = (
    Experiment.RANGES[name] for name in ("workers", "repetitions", "seed", "evaluations")
)
Problems: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--problems",
        help="Problems, suites and patterns: 'synthetic/branin,bandits', 'bbob/*', 'synthetic/ackley\\[d=10]'.",
        autocompletion=completion.problems,
        show_default=False,
    ),
]
Optimizers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--optimizers",
        help="Optimizers and patterns: 'random,tpe', 'optuna-*', 'hyperband\\[eta=4,label=hb4]'.",
        autocompletion=completion.optimizers,
        show_default=False,
    ),
]
Headless: TypeAlias = Annotated[
    bool, typer.Option("--headless", help="No app: a progress display, or plain lines when piped.")
]
Detach: TypeAlias = Annotated[bool, typer.Option("--detach", help="Start it and return at once.")]
Scratch: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Where the outputs are on a network disk: work in this folder on a local one, and copy it there.",
        show_default=False,
    ),
]
Export: TypeAlias = Annotated[bool, typer.Option("--export", help="Export tables and figures at the end.")]
Events: TypeAlias = Annotated[bool, typer.Option("--json", help="NDJSON events, one a line (headless).")]


def run_experiment(
    context: typer.Context,
    spec: Annotated[
        str | None,
        typer.Argument(
            help="Experiment file (.toml) or preset (`hpobench presets`); none: what options say.",
            autocompletion=completion.specs,
        ),
    ] = None,
    headless: Headless = False,
    detach: Detach = False,
    export: Export = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, say what would run and what it costs.")] = False,
    name: Annotated[str | None, typer.Option(help="Of the experiment.", show_default=False)] = None,
    problems: Problems = None,
    optimizers: Optimizers = None,
    budget: Annotated[
        list[str] | None,
        typer.Option(
            "--budget", help="'50 evaluations' for all; 'bandits=40 full-evaluations' for some.", show_default=False
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=WORKERS.least, max=WORKERS.most, help="Runs at a time \\[default: the file's, or cores]."),
    ] = None,
    repetitions: Annotated[
        int | None,
        typer.Option(min=REPETITIONS.least, max=REPETITIONS.most, help="Override the file's repetitions."),
    ] = None,
    only_repetitions: Annotated[
        str | None,
        typer.Option(
            help="Run these here, as in 0-4, and the others elsewhere; `hpobench merge` joins them.",
            show_default=False,
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="i/n",
            help="Run this part alone, as 3/8 of eight, and the others elsewhere; `hpobench merge` joins them.",
            show_default=False,
        ),
    ] = None,
    or_resume: Annotated[
        bool,
        typer.Option(
            "--or-resume",
            help="Its folder has no date in its name, and where it is there already, go on with it.",
        ),
    ] = False,
    scratch: Scratch = None,
    seed: Annotated[int | None, typer.Option(min=SEED.least, help="Override the file's seed.")] = None,
    device: Annotated[
        str | None,
        typer.Option(
            help="auto, cpu or cuda: override the file's.", autocompletion=completion.one_of("auto", "cpu", "cuda")
        ),
    ] = None,
    together: Annotated[
        str | None,
        typer.Option(
            metavar="auto|K",
            help="Trials of a run that are trained together at most, where problem and optimizer can.",
            show_default=False,
            autocompletion=completion.one_of("auto"),
        ),
    ] = None,
    evaluations: Annotated[
        int | None,
        typer.Option(
            min=EVALUATIONS.least,
            max=EVALUATIONS.most,
            help="Trials of a run that are pending at a time, each in a process of its own.",
            show_default=False,
        ),
    ] = None,
    synchronous: Annotated[
        bool | None,
        typer.Option("--synchronous/--asynchronous", help="--evaluations in rounds, or each as one has ended."),
    ] = None,
    curves: Annotated[
        bool | None,
        typer.Option("--curves/--no-curves", help="Keep learning curves, at each step of a training's fidelity."),
    ] = None,
    dask: options.Dask = None,
    save: Annotated[
        Path | None, typer.Option(help="Write all that to an experiment file, too.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="--save: even over a file that is there.")] = False,
    output: options.Root = None,
    as_json: Events = False,
) -> None:
    """Run an experiment file, a preset, or what options say; options hold instead of what a file says.

    The experiment runs in processes of its own: closing the terminal ends nothing, `hpobench attach latest` comes back.
    Ctrl-C in a headless run cancels it; `hpobench resume` goes on. `--shard i/n --or-resume` is for jobs of a cluster.
    """
    from hpobench_tui.cli.output import print_event, print_line
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.core.status import ExperimentStatus
    from hpobench_tui.engine.front import described, lifecycle, shards
    from hpobench_tui.engine.front.scratch import at_work
    from hpobench_tui.executors import devices
    from hpobench_tui.executors.cluster import address
    from hpobench_tui.store import disks

    if device is not None and device not in devices.DEVICES:
        raise HpobenchError(f"--device: must be one of {', '.join(devices.DEVICES)}, not {device!r}.")
    address.use(dask)
    given = described.overrides(
        problems, optimizers, budget,
        name=name, workers=workers, repetitions=repetitions, only=only_repetitions, shard=shard, seed=seed,
        device=device, together=options.width(together), curves=curves, evaluations=evaluations,
        synchronous=synchronous,
    )  # fmt: skip
    experiment, data = described.described(spec, given)
    if save is not None:
        described.save(data, save, force)
        print_line(f"saved {save}", error=True)
    if dry_run:
        from hpobench_tui.cli.plan import print_plan

        print_plan(experiment, as_json)
        return
    if not experiment.runs():
        text = f"shard {experiment.shard} has no runs: there are more shards than runs; nothing is to be done"
        if as_json:
            print_event(event="ended", status=ExperimentStatus.FINISHED, runs=0, reason=text)
        else:
            print_line(f"{experiment.name}: {text}")
        return
    headless = headless or as_json
    if not (headless or detach):
        need_terminal()
    if scratch is not None and not (or_resume and headless):
        raise HpobenchError("--scratch: goes with --headless and --or-resume: as long as it runs, this process copies.")
    root = output or lifecycle.outputs_root()
    more = shards.asked(spec, _said(context)) if experiment.shard else {}
    if scratch is not None and disks.network(root):
        with at_work(root / experiment.folder, scratch) as work:
            print_line(f"{root / experiment.folder} is on a network disk; until it ends, it is in {work}", error=True)
            if not lifecycle.supervised(work):
                shards.run_or_resume(experiment, work.parent, more)
            follow(work, headless, as_json, export, root / experiment.folder)
        return
    if or_resume:
        folder, runs = shards.run_or_resume(experiment, root, more)
        print_line(f"{folder}: {runs} runs to go", error=True)
    else:
        folder = lifecycle.start(experiment, root, more)
    if detach and as_json:
        print_event(event="started", experiment=folder.name, path=str(folder))
        return
    if detach:
        print_line(str(folder))
        return
    follow(folder, headless, as_json, export)


def _said(context: typer.Context) -> Iterator[tuple[str, str | None]]:
    """The options that say what an experiment is, as they were given; paths lead there from everywhere."""
    from hpobench_tui.core.patterns import split_names
    from hpobench_tui.engine.front.files import from_here

    for option in context.command.params:
        given = context.params.get(str(option.name))
        if option.name not in DESCRIBING or given is None or given in ([], ()):
            continue
        if isinstance(given, bool):
            yield (option.opts if given else option.secondary_opts)[0], None
        elif option.name == "budget":
            yield from ((option.opts[0], budget) for budget in given)
        elif isinstance(given, list | tuple):
            yield option.opts[0], ",".join(map(from_here, split_names(given)))
        else:
            yield option.opts[0], str(given)


def follow(folder: Path, headless: bool, as_json: bool, export: bool, home: Path | None = None) -> None:
    """Watch an experiment in the app or on plain lines, and exit with what became of it; ``home``: as ``headless``."""
    from hpobench_tui.cli import watch

    if headless:
        raise typer.Exit(watch.headless(folder, as_json, export, home))
    open_app(folder)
