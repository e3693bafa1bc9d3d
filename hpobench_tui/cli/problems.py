"""``hpobench problems``: what can be tuned."""

from typing import Annotated

import typer

from hpobench_tui.cli import options


def problems(
    suite: Annotated[str | None, typer.Argument(help="Only this suite.", show_default=False)] = None,
    as_json: options.Json = False,
) -> None:
    """List the registered problems."""
    from hpobench_tui import plugins
    from hpobench_tui.cli.output import print_json, print_table
    from hpobench_tui.cli.registry import print_broken
    from hpobench_tui.core.compatibility import missing
    from hpobench_tui.core.errors import unknown

    registry = plugins.problems()
    chosen = [info for info in registry if suite in (None, info.suite)]
    if suite and not chosen:
        raise unknown("suite", suite, sorted({info.suite for info in registry}))
    if as_json:
        print_json(
            [
                {
                    "id": i.id,
                    "summary": i.summary,
                    "dimensions": str(i.dimensions),
                    "fidelity": i.fidelity and [i.fidelity.name, i.fidelity.minimum, i.fidelity.maximum],
                    "reference": i.reference.loss,
                    "exact": i.reference.exact,
                    "source": i.reference.source,
                    "noisy": i.noisy,
                    "seconds": i.seconds,
                    "missing": missing(i),
                    "tags": list(i.tags),
                }
                for i in chosen
            ]
        )
        return
    print_table(
        ("problem", "hyperparameters", "fidelity", "reference", "noisy", "what it is"),
        [
            (
                i.id,
                i.dimensions,
                f"{i.fidelity.minimum}–{i.fidelity.maximum} {i.fidelity.name}" if i.fidelity else "–",
                f"{i.reference.loss:.6g}{'' if i.reference.exact else ' (bound)'}",
                "yes" if i.noisy else "no",
                missing(i) or i.summary,
            )
            for i in chosen
        ],
        right=(3,),
    )
    print_broken(registry)
