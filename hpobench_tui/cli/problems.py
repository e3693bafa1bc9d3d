"""``hpobench problems``: what can be tuned."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from hpobench_tui import own_files, plugins
from hpobench_tui.cli import completion, options
from hpobench_tui.cli.output import print_entries, print_json, print_line
from hpobench_tui.cli.registry import print_broken
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.equality import rule, tolerance
from hpobench_tui.core.parameter import Parameter
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.targets import COCO


def problems(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="SUITE|PROBLEM",
            autocompletion=completion.problems,
            help="Only this suite, or one problem in full; also a variant, like 'synthetic/ackley\\[d=10]', or one in a"
            " file, like './mine.py:Sphere'.",
            show_default=False,
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the registered problems, with their parameters."""
    from hpobench_tui.engine.front import files

    registry = plugins.problems()
    if name is not None and files.is_reference(name):
        code, (name,) = files.found("problem", [name])
        registry = registry.beside(code.problems)
    single = name is not None and ("/" in name or "[" in name)
    chosen = [registry[name]] if name and single else [info for info in registry if name in (None, info.suite)]
    if name is not None and not chosen:
        raise registry.unknown(name, "suite or problem", also={"suites": sorted({info.suite for info in registry})})
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
                    "landmarks": [asdict(mark) for mark in i.landmarks],
                    "noisy": i.noisy,
                    "seconds": i.seconds,
                    "costs": i.costs,
                    "parameters": [asdict(p) for p in i.parameters],
                    "missing": missing(i),
                    "tags": list(i.tags),
                    "measure": i.measure,
                    "tolerance": i.tolerance,
                    "same_as": i.same_as,
                    "targets": list(i.targets or COCO),
                    "origin": i.origin,
                    "licence": i.licence,
                }
                for i in chosen
            ]
        )
        return
    if single and name and (other := registry.named(name).same_as):
        print_line(f"{name} is another name of {other}")
    print_entries(
        (info.id, [*lines(info), *(details(info) if single else defaults(info.parameters))]) for info in chosen
    )
    print_broken(registry)


def lines(info: ProblemInfo) -> list[str]:
    """What a person wants to know of a problem."""
    fidelity, reference = info.fidelity, info.reference
    facts = [
        str(info.dimensions),
        f"{fidelity.minimum}–{fidelity.maximum} {fidelity.name}" if fidelity else "no fidelity",
        "noisy" if info.noisy else "no noise",
        "reference unknown"
        if reference == own_files.UNKNOWN_REFERENCE
        else f"{'optimum' if reference.exact else 'bound'} {reference.loss:.6g}",
        *([info.reward] if info.reward else []),
    ]
    return [
        info.summary,
        " · ".join(facts),
        *([f"with these parameters the same as {info.same_as}"] if info.same_as else []),
        *([reason] if (reason := missing(info)) else []),
    ]


def defaults(parameters: Sequence[Parameter]) -> list[str]:
    """Parameters and their defaults in one line, if there are any."""
    return [f"parameters: {', '.join(map(default, parameters))}"] if parameters else []


def explained(parameters: Sequence[Parameter]) -> list[str]:
    """What each parameter is and may be."""
    return [f"{default(p)}{valid(p)}: {p.help}" for p in parameters]


def details(info: ProblemInfo) -> list[str]:
    """The sources of data, reference and landmarks, and what each parameter is and may be."""
    return [
        *([f"from: {info.origin}"] if info.origin else []),
        *([f"licence of its data: {info.licence}"] if info.licence else []),
        f"reference: {info.reference.source}",
        f"shown by {info.measure}. {rule([(info.id, tolerance(info))], info.measure.summed)}",
        aims(info.targets or COCO),
        *(f"landmark: {mark.loss:.4g} {mark.name}, {mark.source}" for mark in info.landmarks),
        *explained(info.parameters),
    ]


def aims(targets: Sequence[float]) -> str:
    """The targets in short."""
    own = "" if targets != COCO else ", COCO's"
    return f"{len(targets)} targets of the regret, {targets[0]:g} to {targets[-1]:g}{own}"


def default(parameter: Parameter) -> str:
    """``name = default``."""
    value = parameter.default
    return f"{parameter.name} = {value:.4g}" if isinstance(value, float) else f"{parameter.name} = {value}"


def valid(parameter: Parameter) -> str:
    """What a parameter may be, in brackets; nothing if any value of its type will do."""
    if parameter.choices:
        return f" ({', '.join(map(str, parameter.choices))})"
    low, high = parameter.minimum, parameter.maximum
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f" (at least {low:g})" if low is not None else f" (at most {high:g})"
    return f" ({low:g} to {high:g})"
