"""``hpobench doctor``: what this machine has, and what works."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Annotated, TypeAlias

import typer

from hpobench_tui import plugins
from hpobench_tui.cli import completion, options
from hpobench_tui.cli.extension import as_plain, perform, print_result
from hpobench_tui.cli.output import print_entries, print_json, print_lines, print_table
from hpobench_tui.cli.registry import broken as broken_plugins
from hpobench_tui.cli.registry import print_broken
from hpobench_tui.cli.serve import lacking as lacking_for_serve
from hpobench_tui.cli.tabulate import lacking
from hpobench_tui.core.command import CommandInfo
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.executors.devices import CPU, CUDA, gpus

Subject: TypeAlias = ProblemInfo | OptimizerInfo | CommandInfo

# Prints one line of JSON: how an import went. In a process of its own, because a broken library may take it down.
PROBE = """
import importlib, json, sys, time
started = time.perf_counter()
try:
    module = importlib.import_module(sys.argv[1])
    result = {"ok": True, "seconds": time.perf_counter() - started}
    if (torch := sys.modules.get("torch")) is not None:
        gpus = torch.cuda.device_count()
        result["note"] = f"torch {torch.__version__}, " + (f"{gpus} GPUs" if gpus else "CPU only")
except BaseException as error:
    result = {"ok": False, "seconds": time.perf_counter() - started, "note": f"{type(error).__name__}: {error}"}
print(json.dumps(result))
"""
PROBE_SECONDS = 120
TABULATE = "hpobench_tui.tabulation.make"
SERVE = "hpobench_tui.serving.server"
MANY = 4


def doctor(
    context: typer.Context,
    quick: Annotated[bool, typer.Option("--quick", help="Look whether libraries are there, import none.")] = False,
    gpu: Annotated[
        bool, typer.Option("--gpu", help="Instead: check trainings on the GPU, and time them; two minutes.")
    ] = False,
    device: Annotated[
        str,
        typer.Option(
            "--device",
            help="Where --gpu checks: cuda, or cpu for the same code, smaller.",
            autocompletion=completion.one_of(CUDA, CPU),
        ),
    ] = CUDA,
    as_json: options.Json = False,
) -> None:
    """Show versions, GPUs, threads, plug-ins, and which third-party libraries really import.

    Exit code 1 if one is broken.
    """
    if gpu:
        check_devices(device, as_json)
        return
    from hpobench_tui.engine.front import libraries
    from hpobench_tui.engine.front.manifest import ABSENT, machine, manifest

    registries = (plugins.problems(), plugins.optimizers(), plugins.commands())
    subjects: list[Subject] = [subject for registry in registries for subject in registry]
    needy = {module_of(subject): missing(subject) for subject in subjects if subject.requires}
    found = {module: {"for": names(subjects, module), **probe(module, lack, quick)} for module, lack in needy.items()}
    found[TABULATE] = {"for": "tabulate", **probe(TABULATE, lacking(), quick)}
    found[SERVE] = {"for": "serve", **probe(SERVE, lacking_for_serve(), quick)}
    refused: dict[str, str] = context.obj
    broken = {**broken_plugins(*registries), **refused}
    if as_json:
        print_json({"manifest": manifest(), "needing_extras": found, "broken_plugins": broken})
    else:
        print_table(("what", "found"), list(machine().items()))
        direct, below = ({name: version or ABSENT for name, version in of.items()} for of in libraries.versions())
        print_table(("library", "version"), list(direct.items()))
        print_lines([f"which need: {', '.join(f'{name} {version}' for name, version in below.items())}", ""])
        print_table(
            ("what needs an extra", "works", "import", "note"),
            [
                (
                    result["for"],
                    "yes" if result["ok"] else "NO",
                    f"{result['seconds']:.1f} s" if "seconds" in result else "",
                    result.get("note", ""),
                )
                for result in found.values()
            ],
        )
        print(f"{len(plugins.problems())} problems, {len(plugins.optimizers())} optimizers")
        print_broken(*registries)
        print_entries((name, [reason]) for name, reason in refused.items())
    if broken or any(result["ok"] is False and result["there"] for result in found.values()):
        raise typer.Exit(1)


def check_devices(device: str, as_json: bool) -> None:
    """Run what plug-ins have to check a device, and end with exit code 1 where something is wrong.

    Raises:
        HpobenchError: no such device, or nothing to check it with.
    """
    if device not in (CUDA, CPU):
        raise HpobenchError(f"--device must be cuda or cpu, not {device!r}.")
    if device == CUDA and not gpus():
        raise HpobenchError(
            "doctor --gpu: no NVIDIA GPU found: the driver shows none (`nvidia-smi`), or CUDA_VISIBLE_DEVICES hides it."
            " `hpobench doctor --gpu --device cpu` runs the same checks on the CPU, smaller."
        )
    infos = [info for info in plugins.commands() if info.checks_device]
    if not infos:
        raise HpobenchError("doctor --gpu: no plug-in that is installed checks devices.")
    results = {info.name: perform(info, None, {"device": device}) for info in infos}
    if as_json:
        print_json({name: as_plain(result) for name, result in results.items()})
    else:
        for result in results.values():
            print_result(result)
    if not all(result.passed for result in results.values()):
        raise typer.Exit(1)


def module_of(subject: Subject) -> str:
    """Where the code behind a description is."""
    return subject.load.partition(":")[0]


def names(subjects: Sequence[Subject], module: str) -> str:
    """The problems, optimizers or commands that a module holds; many of one suite by its name."""
    own = [s for s in subjects if module_of(s) == module]
    problems = [s for s in own if isinstance(s, ProblemInfo)]
    if len(problems) > MANY and len({p.suite for p in problems}) == 1:
        return f"{problems[0].suite} ({len(problems)} problems)"
    return ", ".join(s.id if isinstance(s, ProblemInfo) else s.name for s in own)


def probe(module: str, lack: str | None, quick: bool) -> dict[str, object]:
    """Import a module, if it lacks nothing: ``ok``, ``there``, the seconds it takes; ``note`` says what is wrong."""
    if lack:
        return {"ok": False, "there": False, "note": lack}
    if quick:
        return {"ok": True, "there": True, "note": "there, not imported"}
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PROBE, module], capture_output=True, text=True, timeout=PROBE_SECONDS
        )
        return {"there": True, **json.loads(done.stdout.splitlines()[-1])}
    except subprocess.TimeoutExpired:
        return {"ok": False, "there": True, "note": f"did not import within {PROBE_SECONDS} s"}
    except (IndexError, ValueError):
        return {"ok": False, "there": True, "note": f"importing it ended the process: {done.stderr.strip()[-200:]}"}
