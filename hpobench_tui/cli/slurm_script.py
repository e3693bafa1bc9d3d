"""``hpobench slurm-script``: a job script that runs an experiment's shards on a cluster, and merges them."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from hpobench_tui.cli import completion, options

STDOUT = "-"


def slurm_script(
    spec: Annotated[
        str,
        typer.Argument(
            help="Experiment file (.toml) or preset (`hpobench presets`).",
            autocompletion=completion.specs,
            show_default=False,
        ),
    ],
    shards: Annotated[int, typer.Option(help="Tasks of the array, a part of the experiment each.", show_default=False)],
    at_most: Annotated[int | None, typer.Option(help="Tasks at a time.", show_default=False)] = None,
    time: Annotated[str | None, typer.Option(help="Of a task, as in 12:00:00 or 1-12.", show_default=False)] = None,
    memory: Annotated[str | None, typer.Option(help="Of a task, as in 8G.", show_default=False)] = None,
    gpus: Annotated[str | None, typer.Option(help="Of a task, as in 1 or a100:2.", show_default=False)] = None,
    cpus: Annotated[
        int | None, typer.Option(help="Of a task: runs at a time \\[default: the file's workers, or 1].")
    ] = None,
    partition: Annotated[str | None, typer.Option(help="Of the cluster.", show_default=False)] = None,
    account: Annotated[str | None, typer.Option(help="That pays.", show_default=False)] = None,
    qos: Annotated[str | None, typer.Option(help="Quality of service.", show_default=False)] = None,
    module: Annotated[
        list[str] | None, typer.Option(help="To be loaded (`module load`); several times.", show_default=False)
    ] = None,
    setup: Annotated[
        list[str] | None, typer.Option(help="A line of bash that comes after that; several times.", show_default=False)
    ] = None,
    venv: Annotated[
        Path | None, typer.Option(help="Virtual environment with hpobench \\[default: this one].", show_default=False)
    ] = None,
    sbatch: Annotated[
        list[str] | None,
        typer.Option(help="Another option of sbatch, as in --sbatch=--constraint=avx2.", show_default=False),
    ] = None,
    scratch: Annotated[
        str | None,
        typer.Option(
            help="Where a store is while its task runs, if the outputs are on a network disk \\[default: $SLURM_TMPDIR,"
            " $TMPDIR or /tmp].",
            show_default=False,
        ),
    ] = None,
    restarts: Annotated[int, typer.Option(help="How often a task that runs out of time is handed in again.")] = 10,
    logs: Annotated[
        Path | None, typer.Option(help="Folder of logs \\[default: logs, in that of the experiments].")
    ] = None,
    script: Annotated[
        str | None, typer.Option(help="File to write, - for standard output \\[default: NAME-slurm.sh].")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Even over a file that is there.")] = False,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Write a SLURM script: the shards of an experiment as a job array, and a job that merges them.

    A task that is killed, requeued or out of time goes on where it stopped. Nothing is handed in.
    """
    from hpobench_tui.cli.output import print_json, print_line
    from hpobench_tui.engine.front import described, lifecycle, presets, slurm

    experiment, _ = described.described(spec, {}, elsewhere=True)
    root = (output or lifecycle.outputs_root()).absolute()
    job = slurm.Job(
        name=experiment.name, spec=spec if spec in presets.names() else str(Path(spec).absolute()), shards=shards,
        outputs=str(root), logs=str((logs or root / "logs").absolute()),
        path=str((venv.absolute() / "bin") if venv else Path(sys.executable).parent),
        at_most=at_most, time=time, memory=memory, gpus=gpus,
        cpus=experiment.workers or 1 if cpus is None else cpus, partition=partition, account=account, qos=qos,
        modules=module or (), setup=setup or (), scratch=scratch, restarts=restarts, more=sbatch or (),
    )  # fmt: skip
    text = slurm.script(job)
    path = Path(script or f"{experiment.name}-slurm.sh")
    written = script != STDOUT
    if written:
        _write(text, path, force)
    runs = len(replace(experiment, shard=None).runs())  # each task is given a shard of its own
    remarks = []
    if shards > runs:
        remarks.append(f"there are {runs} runs, so {shards - runs} of the shards have nothing to do")
    if shards > slurm.USUAL_LARGEST_ARRAY:
        remarks.append(
            f"many clusters allow no more than {slurm.USUAL_LARGEST_ARRAY} tasks an array (`scontrol show config`,"
            " MaxArraySize)"
        )
    if as_json:
        print_json(
            {
                "script": str(path) if written else None, "text": text, "shards": shards, "runs": runs,
                "logs": job.logs, "outputs": job.outputs, "remarks": remarks,
            }
        )  # fmt: skip
        return
    if not written:
        print(text, end="")
    for remark in remarks:
        print_line(remark, error=True)
    if written:
        import shlex

        print_line(f"{path}: {runs} runs in {shards} shards")
        word = f"./{path}" if str(path).startswith("-") else str(path)
        print_line(f"next: bash {shlex.quote(word)}, on the cluster; the merged experiment lands in {root}")


def _write(text: str, path: Path, force: bool) -> None:
    from hpobench_tui.core.errors import HpobenchError

    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise HpobenchError(f"{path} exists already; --force writes over it, --script FILE another.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise HpobenchError(f"cannot write {path}: {reason}; --script FILE writes another.") from error
