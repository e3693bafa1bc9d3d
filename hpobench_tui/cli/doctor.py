"""``hpobench doctor``: what this machine has, and what works."""

import sys
from typing import Annotated

import typer

from hpobench_tui.cli import options

# Prints one line of JSON: how an import went. In a process of its own, because a broken library may take it down.
PROBE = """
import importlib, json, sys, time
started = time.perf_counter()
try:
    module = importlib.import_module(sys.argv[1])
    result = {"ok": True, "seconds": time.perf_counter() - started}
    if sys.argv[1] == "torch":
        gpus = module.cuda.device_count()
        result["note"] = f"CUDA {module.version.cuda}, {gpus} GPUs" if gpus else "CPU only"
except BaseException as error:
    result = {"ok": False, "seconds": time.perf_counter() - started, "note": f"{type(error).__name__}: {error}"}
print(json.dumps(result))
"""
PROBE_SECONDS = 120


def doctor(
    quick: Annotated[bool, typer.Option("--quick", help="Look whether libraries are there, import none.")] = False,
    as_json: options.Json = False,
) -> None:
    """Show versions, GPUs, threads, plug-ins, and which third-party libraries really import.

    Exit code 1 if one is broken.
    """
    from hpobench_tui import plugins
    from hpobench_tui.cli.output import print_json, print_table
    from hpobench_tui.cli.registry import print_broken
    from hpobench_tui.engine.manifest import manifest

    subjects = [*plugins.problems(), *plugins.optimizers()]
    modules = {module: extra for subject in subjects for module, extra in subject.requires.items()}
    found = {module: probe(module, quick) for module in sorted(modules)}
    facts = manifest()
    broken = {**plugins.problems().broken, **plugins.optimizers().broken}
    if as_json:
        print_json({"manifest": facts, "libraries": found, "broken_plugins": broken})
    else:
        print_table(("what", "found"), list(facts.items()))
        print_table(
            ("library", "works", "import", "note"),
            [
                (
                    module,
                    "yes" if result["ok"] else "NO",
                    f"{result['seconds']:.1f} s" if "seconds" in result else "",
                    result.get("note", "")
                    if result["ok"] or result.get("there")
                    else f"{result.get('note', '')} Install with: pip install 'hpobench-tui[{modules[module]}]'",
                )
                for module, result in found.items()
            ],
        )
        print(f"{len(plugins.problems())} problems, {len(plugins.optimizers())} optimizers")
        print_broken(plugins.problems())
        print_broken(plugins.optimizers())
    if broken or any(result["ok"] is False and result["there"] for result in found.values()):
        raise typer.Exit(1)


def probe(module: str, quick: bool) -> dict[str, object]:
    """``ok``, ``there``, and the seconds an import takes; ``note`` says what is wrong."""
    import json
    import subprocess
    from importlib.util import find_spec

    if find_spec(module) is None:
        return {"ok": False, "there": False, "note": "not installed."}
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
