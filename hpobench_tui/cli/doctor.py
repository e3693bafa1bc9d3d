"""``hpobench doctor``: what this machine has, and what works."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import options

if TYPE_CHECKING:
    from hpobench_tui.core.optimizer import OptimizerInfo
    from hpobench_tui.core.problem import ProblemInfo

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
MANY = 4


def doctor(
    quick: Annotated[bool, typer.Option("--quick", help="Look whether libraries are there, import none.")] = False,
    as_json: options.Json = False,
) -> None:
    """Show versions, GPUs, threads, plug-ins, and which third-party libraries really import.

    Exit code 1 if one is broken.
    """
    from hpobench_tui import plugins
    from hpobench_tui.cli.app import app
    from hpobench_tui.cli.extension import taken
    from hpobench_tui.cli.output import print_entries, print_json, print_table
    from hpobench_tui.cli.registry import print_broken
    from hpobench_tui.engine.manifest import manifest

    subjects = [*plugins.problems(), *plugins.optimizers()]
    needy = {subject.load.partition(":")[0]: subject for subject in subjects if subject.requires}
    found = {
        module: {"for": names(subjects, module), **probe(module, subject, quick)} for module, subject in needy.items()
    }
    facts = manifest()
    refused = taken(app)
    broken = {**plugins.problems().broken, **plugins.optimizers().broken, **plugins.commands().broken, **refused}
    if as_json:
        print_json({"manifest": facts, "needing_extras": found, "broken_plugins": broken})
    else:
        print_table(("what", "found"), list(facts.items()))
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
        print_broken(plugins.problems())
        print_broken(plugins.optimizers())
        print_broken(plugins.commands())
        print_entries((name, [reason]) for name, reason in refused.items())
    if broken or any(result["ok"] is False and result["there"] for result in found.values()):
        raise typer.Exit(1)


def names(subjects: "Sequence[ProblemInfo | OptimizerInfo]", module: str) -> str:
    """The problems or optimizers that a module holds; many of one suite by its name."""
    from hpobench_tui.core.problem import ProblemInfo

    own = [s for s in subjects if s.load.partition(":")[0] == module]
    problems = [s for s in own if isinstance(s, ProblemInfo)]
    if len(problems) > MANY and len({p.suite for p in problems}) == 1:
        return f"{problems[0].suite} ({len(problems)} problems)"
    return ", ".join(s.id if isinstance(s, ProblemInfo) else s.name for s in own)


def probe(module: str, subject: "ProblemInfo | OptimizerInfo", quick: bool) -> dict[str, object]:
    """Import the code behind a description: ``ok``, ``there``, the seconds it takes; ``note`` says what is wrong."""
    import json
    import subprocess

    from hpobench_tui.core.compatibility import missing

    if reason := missing(subject):
        return {"ok": False, "there": False, "note": reason}
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
