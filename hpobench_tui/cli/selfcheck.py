"""``hpobench selfcheck``: whether problems are what they say."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TypeAlias

import typer

from hpobench_tui import own_files, plugins
from hpobench_tui.cli import completion, options
from hpobench_tui.cli.bars import bar
from hpobench_tui.cli.output import duration, print_entries, print_json, print_lines, print_table
from hpobench_tui.cli.registry import print_broken
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.testing.verdict import CHECKS, Finding, Selfcheck, plan

COSTLY_SECONDS = 1.0
"""A problem whose full evaluation takes longer is left out where nobody asked for it by name."""
OVERHEAD_SECONDS = 0.2
"""What a check takes beside the evaluations, for the time to go."""
MARKS = {"passed": "✓", "failed": "✗", "not applicable": "–"}

LONGEST = 500
"""Characters of a finding for people; JSON has all."""

Show: TypeAlias = Callable[[str, float, float, float], None]
"""Told the problem, the work before it, its own work, and the share of that which is done."""


def selfcheck(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROBLEM",
            autocompletion=completion.problems,
            help="Problems, variants like 'synthetic/ackley\\[d=10]', own ones like './mine.py:Sphere', or whole suites"
            " \\[default: all that are registered and not costly].",
            show_default=False,
        ),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", min=1, help="Random configurations a problem.")] = 10_000,
    seed: Annotated[int, typer.Option("--seed", help="Decides what is drawn.")] = 0,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.001, help="What a problem's draws may take; costly ones get fewer.")
    ] = 20.0,
    everything: Annotated[bool, typer.Option("--all", help="Costly problems, too.")] = False,
    as_json: options.Json = False,
) -> None:
    """Check problems against their descriptions on random draws.

    Exit code 1 if one is not what it says. A problem that lacks an extra is skipped, which is not passing.
    """
    with own_files_of(names or []) as (named, registry):
        chosen, left_out = choose(named, everything, registry)
        results = checked(chosen, draws, seed, seconds)
    if as_json:
        print_json(as_plain(results, seed, draws, [info.id for info in left_out]))
    else:
        print_results(chosen, results, seed, [info.id for info in left_out])
    print_broken(plugins.problems())
    if any(result.failed for result in results) or (not names and plugins.problems().broken):
        raise typer.Exit(1)


@contextmanager
def own_files_of(names: Sequence[str]) -> Iterator[tuple[list[str], plugins.Registry[ProblemInfo]]]:
    """The names, those of problems in a person's own files as ids; and a registry that knows them, while they can be
    imported.
    """
    from hpobench_tui.engine.front import files

    own = [name for name in names if files.is_reference(name)]
    code, ids = files.found("problem", own)
    found = dict(zip(own, ids, strict=True))
    with TemporaryDirectory(prefix="hpobench-") as folder:
        if own:
            files.write(Path(folder), code)
            own_files.use(Path(folder))
        yield [found.get(name, name) for name in names], plugins.problems().beside(code.problems)


def checked(chosen: Sequence[ProblemInfo], draws: int, seed: int, seconds: float) -> list[Selfcheck]:
    """Check them one by one, with a bar of progress."""
    from hpobench_tui.testing.selfcheck import selfcheck as check

    weights = [plan(info, draws, seconds).seconds + OVERHEAD_SECONDS for info in chosen]
    results: list[Selfcheck] = []
    with progress(sum(weights)) as show:
        for number, info in enumerate(chosen):
            label = f"{number + 1}/{len(chosen)} {info.id}"
            advanced = partial(show, label, sum(weights[:number]), weights[number])
            advanced(0.0)
            results.append(check(info, draws, seed, seconds, advanced))
    return results


def choose(
    names: Sequence[str], everything: bool, registry: plugins.Registry[ProblemInfo] | None = None
) -> tuple[list[ProblemInfo], list[ProblemInfo]]:
    """The problems to check, and the costly ones that are left out because only their suite was named.

    Raises:
        HpobenchError: a name is unknown, a parameter bad, or nothing is left.
    """
    registry = registry or plugins.problems()
    suites: dict[str, list[ProblemInfo]] = {}
    for info in registry:
        suites.setdefault(info.suite, []).append(info)
    wanted: dict[str, ProblemInfo] = {}
    left_out: dict[str, ProblemInfo] = {}
    for name in names or suites:
        if name in suites:
            for info in suites[name]:
                costly = info.seconds > COSTLY_SECONDS and not everything
                (left_out if costly else wanted)[info.id] = info
        elif "/" in name:
            info = registry[name]
            wanted[info.id] = info
        else:
            raise registry.unknown(name, "problem or suite", also={"suites": list(suites)})
    left_out = {name: info for name, info in left_out.items() if name not in wanted}
    if not wanted:
        reason = f"{', '.join(left_out)} are costly; add --all" if left_out else "no problem is registered"
        raise HpobenchError(f"selfcheck: nothing to check: {reason}.")
    return list(wanted.values()), list(left_out.values())


@contextmanager
def progress(total: float) -> Iterator[Show]:
    """A bar with the time to go on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda label, before, weight, share: None
        return
    with bar(total) as show:
        yield lambda label, before, weight, share: show(before + share * weight, label)


def as_plain(results: Sequence[Selfcheck], seed: int, draws: int, left_out: Sequence[str]) -> dict[str, object]:
    """What ``--json`` prints."""
    return {
        "seed": seed,
        "draws": draws,
        "problems": [
            {
                "problem": result.problem,
                "verdict": verdict(result),
                "draws": result.draws,
                "fidelity": result.fidelity,
                "checks": {name: str(found) for name, found in result.verdicts.items()},
                "findings": [
                    {
                        "check": finding.check,
                        "message": finding.message,
                        "times": finding.times,
                        "configuration": finding.configuration and dict(finding.configuration),
                    }
                    for finding in result.findings
                ],
                "seconds": result.seconds,
                "skipped": result.skipped,
                "notes": list(result.notes),
            }
            for result in results
        ],
        "left_out": list(left_out),
    }


def print_results(
    chosen: Sequence[ProblemInfo], results: Sequence[Selfcheck], seed: int, left_out: Sequence[str]
) -> None:
    """The table, and below it what was found, skipped and left out."""
    rows = [
        (
            result.problem,
            drawn(info, result),
            *(MARKS[result.verdicts[name]] if result.verdicts else "–" for name in CHECKS),
            verdict(result),
            "–" if result.skipped else duration(result.seconds),
        )
        for info, result in zip(chosen, results, strict=True)
    ]
    print_table(("problem", "draws", *CHECKS, "verdict", "time"), rows, right=(1, len(CHECKS) + 3))
    print_entries(
        (result.problem, [f"skipped: {result.skipped}"] if result.skipped else sentences(result))
        for result in results
        if result.skipped or result.failed or result.notes
    )
    verdicts = [verdict(result) for result in results]
    counts = [f"{verdicts.count(kind)} {kind}" for kind in ("passed", "failed", "skipped") if kind in verdicts]
    lines = [f"{', '.join(counts)}; {duration(sum(result.seconds for result in results))}; seed {seed}"]
    if left_out:
        lines.append(f"left out because they are costly: {', '.join(left_out)}; name them, or add --all")
    print_lines(lines)


def sentences(result: Selfcheck) -> list[str]:
    """The findings and notes for people."""
    return [*map(sentence, result.findings), *(f"note: {shortened(note)}" for note in result.notes)]


def sentence(finding: Finding) -> str:
    """A finding for people."""
    times = f" ({finding.times:,} times; this was the first)" if finding.times > 1 else ""
    where = "" if finding.configuration is None else f"; configuration: {shortened(str(dict(finding.configuration)))}"
    return f"{finding.check}: {shortened(finding.message)}{times}{where}"


def shortened(text: str) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def verdict(result: Selfcheck) -> str:
    """One word for a problem."""
    return "skipped" if result.skipped else "failed" if result.failed else "passed"


def drawn(info: ProblemInfo, result: Selfcheck) -> str:
    """How many draws there were, and how far they were trained if not fully."""
    short = info.fidelity is not None and result.fidelity != info.fidelity.maximum
    return f"{result.draws:,}" + (f" to {result.fidelity} {info.fidelity.name}" if short and info.fidelity else "")
