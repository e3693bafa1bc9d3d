"""``hpobench run``: start an experiment, and watch it."""

from pathlib import Path
from typing import Annotated

import typer

from hpobench_tui.cli import completion, options
from hpobench_tui.cli.attach import need_terminal, open_app
from hpobench_tui.core.experiment import Experiment

WORKERS, REPETITIONS, SEED = (Experiment.RANGES[name] for name in ("workers", "repetitions", "seed"))


def run_experiment(
    spec: Annotated[
        str,
        typer.Argument(help="Experiment file (.toml) or preset (`hpobench presets`).", autocompletion=completion.specs),
    ],
    headless: Annotated[
        bool, typer.Option("--headless", help="No app: a progress display, or plain lines when piped.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Start it and return at once.")] = False,
    export: Annotated[bool, typer.Option("--export", help="Export tables and figures at the end.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, say what would run and what it costs.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=WORKERS.least, max=WORKERS.most, help="Runs at a time \\[default: the file's, or cores]."),
    ] = None,
    repetitions: Annotated[
        int | None,
        typer.Option(min=REPETITIONS.least, max=REPETITIONS.most, help="Override the file's repetitions."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=SEED.least, help="Override the file's seed.")] = None,
    device: Annotated[
        str | None,
        typer.Option(
            help="auto, cpu or cuda: override the file's.", autocompletion=completion.one_of("auto", "cpu", "cuda")
        ),
    ] = None,
    output: options.Root = None,
    as_json: Annotated[bool, typer.Option("--json", help="NDJSON events, one a line (headless).")] = False,
) -> None:
    """Run an experiment file or a preset.

    The experiment runs in processes of its own: closing the terminal ends nothing, `hpobench attach latest` comes back.
    Ctrl-C in a headless run cancels it; `hpobench resume` goes on.
    """
    from hpobench_tui.cli.output import print_event, print_line
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.engine.front import lifecycle, presets
    from hpobench_tui.executors import devices

    if device is not None and device not in devices.DEVICES:
        raise HpobenchError(f"--device: must be one of {', '.join(devices.DEVICES)}, not {device!r}.")
    given = {"workers": workers, "repetitions": repetitions, "seed": seed, "device": device}
    experiment = presets.resolve(spec, **{key: value for key, value in given.items() if value is not None})
    if dry_run:
        from hpobench_tui.cli.plan import print_plan

        print_plan(experiment, as_json)
        return
    headless = headless or as_json
    if not (headless or detach):
        need_terminal()
    folder = lifecycle.start(experiment, output or lifecycle.outputs_root())
    if detach and as_json:
        print_event(event="started", experiment=folder.name, path=str(folder))
        return
    if detach:
        print_line(str(folder))
        return
    follow(folder, headless, as_json, export)


def follow(folder: Path, headless: bool, as_json: bool, export: bool) -> None:
    """Watch an experiment in the app or on plain lines, and exit with what became of it."""
    from hpobench_tui.cli import watch

    if headless:
        raise typer.Exit(watch.headless(folder, as_json, export))
    open_app(folder)
