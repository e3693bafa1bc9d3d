"""``hpobench check``: has anything become worse than a baseline?"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import completion, options

if TYPE_CHECKING:
    from hpobench_tui.analysis.filters import Filters
    from hpobench_tui.gate.baseline import Baseline
    from hpobench_tui.gate.outcome import Finding, Outcome

MOST_FAILED, MOST_NAMED = 100, 4
"""Findings that are shown, and what of them is named that say the same."""


def _report(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(f"--{name}", help=f"Write {what} to this file.", show_default=False)
    return option


def check(
    experiment: options.Experiment,
    against: Annotated[
        str,
        typer.Option(
            help="Baseline: a file that `hpobench baseline create` wrote, or an experiment.",
            autocompletion=completion.experiments,
            show_default=False,
        ),
    ],
    alpha: Annotated[
        float, typer.Option(help="Level that all tests together keep: so many checks of unchanged code may fail.")
    ] = 0.05,
    min_effect: Annotated[
        float, typer.Option(help="Smallest change that counts: 0.02 is 2 % of the loss, or 2 in 100 trials failed.")
    ] = 0.02,
    time: Annotated[
        bool, typer.Option("--time", help="Also the cost of ask and tell; needs an experiment of the same job.")
    ] = False,
    slowdown: Annotated[float, typer.Option(help="Smallest ratio of that cost that counts.")] = 1.2,
    effect: Annotated[float, typer.Option(help="Change of losses for which power is told.")] = 0.05,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Runs of the baseline that are not there are no failure.")
    ] = False,
    problems: options.Problems = None,
    optimizers: options.Optimizers = None,
    repetitions: options.Repetitions = None,
    junit: Annotated[Path | None, _report("junit", "JUnit XML")] = None,
    summary: Annotated[Path | None, _report("summary", "Markdown, as for $GITHUB_STEP_SUMMARY,")] = None,
    badge: Annotated[Path | None, _report("badge", "a badge (.svg, or .json for shields.io)")] = None,
    annotations: Annotated[bool, typer.Option("--annotations", help="Print GitHub's annotations, too.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show what passed on single problems, too.")] = False,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Check an experiment against a baseline; exit code 1 if it became worse.

    Runs of equal trials need no test. Else, paired by seed: losses, failures and, with --time, the cost of ask and
    tell. It fails where a test that keeps its level shows a regression of at least the given size.
    """
    from dataclasses import asdict

    from hpobench_tui.cli.output import print_json
    from hpobench_tui.gate import reports
    from hpobench_tui.gate.check import Rule
    from hpobench_tui.gate.check import check as check_against
    from hpobench_tui.gate.sources import of_folder

    rule = Rule(alpha, min_effect, slowdown, time, allow_missing, effect)
    wanted = {"junit": junit, "summary": summary, "badge": badge}
    for kind, path in wanted.items():
        if path is not None:
            reports.report(kind, path)
    chosen = options.filters(problems, optimizers, repetitions)
    old = _baseline(against, output, chosen)
    outcome = check_against(of_folder(options.folder_of(experiment, output), chosen), old, rule)
    for kind, path in wanted.items():
        if path is not None:
            reports.write(kind, outcome, path)
    if annotations:
        typer.echo(reports.REPORTS["annotations"][""].text(outcome), nl=False, err=as_json)
    if as_json:
        print_json({**asdict(outcome), "passed": outcome.passed, "rule_of": asdict(rule)})
    else:
        _print(outcome, everything)
    if not outcome.passed:
        raise typer.Exit(1)


def _baseline(name: str, root: Path | None, chosen: "Filters") -> "Baseline":
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.gate.sources import named

    path = Path(name)
    if path.is_file():
        return named(path, chosen)
    if path.suffix == ".json" and not path.is_dir():
        raise HpobenchError(f"there is no baseline {name}. `hpobench baseline create EXPERIMENT -o {name}` writes one.")
    return named(options.folder_of(name, root), chosen)


def _print(outcome: "Outcome", everything: bool) -> None:
    from hpobench_tui.cli.output import print_line, print_lines
    from hpobench_tui.gate.outcome import Came

    failed, skipped, passed = map(outcome.those, (Came.FAILED, Came.SKIPPED, Came.PASSED))
    shown = failed[:MOST_FAILED]
    alone = len({finding.problem for finding in outcome.findings} - {None}) == 1
    _table("FAILED", shown)
    if len(failed) > len(shown):
        print_line(f"and {len(failed) - len(shown)} more: --json has all")
    for title, found in (("could not be told", skipped), ("passed", passed)):
        kept = [finding for finding in found if everything or alone or finding.problem is None]
        _table(title, kept)
        if len(kept) < len(found):
            print_line(f"and {len(found) - len(kept)} on single problems: --all shows them")
    print_line(f"{outcome.experiment} against {outcome.baseline}: {outcome.verdict}")
    print_lines([*outcome.rule, *outcome.notes])
    if failed:
        print_lines(
            [
                "What to do: `hpobench compare BEFORE AFTER` shows the two side by side, `hpobench errors` why"
                " something failed. Where the change is meant, make a new baseline (`hpobench baseline create`) and say"
                " why."
            ]
        )


def _table(title: str, found: "Iterable[Finding]") -> None:
    from hpobench_tui.cli.output import print_table

    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        alike.setdefault((finding.what, finding.message), []).append(finding)
    if rows := [(what, _of(own), message) for (what, message), own in alike.items()]:
        print_table(("what", "of", "finding"), rows, title)


def _of(found: "Sequence[Finding]") -> str:
    """What findings that say the same are of."""
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return ", ".join(finding.of for finding in found[:MOST_NAMED]) + more
