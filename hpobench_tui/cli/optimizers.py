"""``hpobench optimizers``: who tunes."""

from hpobench_tui.cli import options


def optimizers(as_json: options.Json = False) -> None:
    """List the registered optimizers, what they can take, and their parameters."""
    from dataclasses import asdict

    from hpobench_tui import plugins
    from hpobench_tui.cli.output import print_json, print_table
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
    print_table(
        ("optimizer", "cannot take", "fidelity", "parameters", "what it is"),
        [
            (
                i.name,
                ", ".join(k for k in ("categoricals", "conditions", "forbiddens") if not getattr(i.capabilities, k))
                or "–",
                "needs" if i.capabilities.needs_fidelity else "uses" if i.capabilities.multi_fidelity else "full",
                ", ".join(f"{p.name}={p.default}" for p in i.parameters) or "–",
                missing(i) or i.summary,
            )
            for i in registry
        ],
    )
    print_broken(registry)
