"""``hpobench optimizers``: who tunes."""

from dataclasses import asdict
from typing import Annotated

import typer

from hpobench_tui import plugins
from hpobench_tui.cli import completion, options
from hpobench_tui.cli.output import print_entries, print_json
from hpobench_tui.cli.problems import defaults, explained
from hpobench_tui.cli.registry import print_broken
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.optimizer import OptimizerInfo


def optimizers(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Only this one, with what its parameters are and may be; also one in a file, like './mine.py:Mine'.",
            autocompletion=completion.optimizers,
            show_default=False,
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the registered optimizers, what they can take, and their parameters."""
    from hpobench_tui.engine.front import files

    registry = plugins.optimizers()
    if name is not None and files.is_reference(name):
        code, (name,) = files.found("optimizer", [name])
        registry = registry.beside(code.optimizers)
    chosen = [registry[name]] if name else list(registry)
    if as_json:
        print_json(
            [
                {
                    "name": i.name,
                    "summary": i.summary,
                    "source": i.source,
                    "capabilities": asdict(i.capabilities),
                    "parameters": [asdict(p) for p in i.parameters],
                    "missing": missing(i),
                }
                for i in chosen
            ]
        )
        return
    about = explained if name else defaults
    print_entries((info.name, [*lines(info), *about(info.parameters)]) for info in chosen)
    print_broken(registry)


def lines(info: OptimizerInfo) -> list[str]:
    """What a person wants to know of an optimizer."""
    can = info.capabilities
    refused = [kind for kind in ("categoricals", "conditions", "forbiddens") if not getattr(can, kind)]
    facts = [
        f"cannot take {' and '.join(refused)}" if refused else "takes every space",
        "needs a fidelity" if can.needs_fidelity else "uses fidelities" if can.multi_fidelity else "full evaluations",
    ]
    return [
        info.summary,
        " · ".join([*facts, *([info.source] if info.source else [])]),
        *([reason] if (reason := missing(info)) else []),
    ]
