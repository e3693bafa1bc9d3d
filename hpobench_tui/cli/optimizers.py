"""``hpobench optimizers``: who tunes."""

from typing import TYPE_CHECKING

from hpobench_tui.cli import options

if TYPE_CHECKING:
    from hpobench_tui.core.optimizer import OptimizerInfo


def optimizers(as_json: options.Json = False) -> None:
    """List the registered optimizers, what they can take, and their parameters."""
    from dataclasses import asdict

    from hpobench_tui import plugins
    from hpobench_tui.cli.output import print_entries, print_json
    from hpobench_tui.cli.registry import print_broken
    from hpobench_tui.core.compatibility import missing

    registry = plugins.optimizers()
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
                for i in registry
            ]
        )
        return
    print_entries((info.name, lines(info)) for info in registry)
    print_broken(registry)


def lines(info: "OptimizerInfo") -> list[str]:
    """What a person wants to know of an optimizer."""
    from hpobench_tui.core.compatibility import missing

    can = info.capabilities
    refused = [kind for kind in ("categoricals", "conditions", "forbiddens") if not getattr(can, kind)]
    facts = [
        f"cannot take {' and '.join(refused)}" if refused else "takes every space",
        "needs a fidelity" if can.needs_fidelity else "uses fidelities" if can.multi_fidelity else "full evaluations",
    ]
    settings = [f"{p.name} = {p.default:.4g}" if isinstance(p.default, float) else f"{p.name} = {p.default}"
                for p in info.parameters]  # fmt: skip
    return [
        info.summary,
        " · ".join([*facts, *([info.source] if info.source else [])]),
        *([f"parameters: {', '.join(settings)}"] if settings else []),
        *([reason] if (reason := missing(info)) else []),
    ]
