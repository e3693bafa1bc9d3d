"""``hpobench problems``: what can be tuned."""

from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import options

if TYPE_CHECKING:
    from hpobench_tui.core.problem import ProblemInfo


def problems(
    suite: Annotated[str | None, typer.Argument(help="Only this suite.", show_default=False)] = None,
    as_json: options.Json = False,
) -> None:
    """List the registered problems."""
    from hpobench_tui import plugins
    from hpobench_tui.cli.output import print_entries, print_json
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
    print_entries((info.id, lines(info)) for info in chosen)
    print_broken(registry)


def lines(info: "ProblemInfo") -> list[str]:
    """What a person wants to know of a problem."""
    from hpobench_tui.core.compatibility import missing

    fidelity, reference = info.fidelity, info.reference
    facts = [
        str(info.dimensions),
        f"{fidelity.minimum}–{fidelity.maximum} {fidelity.name}" if fidelity else "no fidelity",
        "noisy" if info.noisy else "no noise",
        f"{'optimum' if reference.exact else 'bound'} {reference.loss:.6g}",
        *([info.reward] if info.reward else []),
    ]
    return [info.summary, " · ".join(facts), *([reason] if (reason := missing(info)) else [])]
