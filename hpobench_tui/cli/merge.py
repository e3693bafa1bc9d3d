"""``hpobench merge``: experiments of several machines as one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import completion, options

if TYPE_CHECKING:
    from hpobench_tui.store.merge import Place


def merge(
    experiments: Annotated[
        list[str],
        typer.Argument(
            help="Experiments: paths, folder names, or beginnings of them.",
            autocompletion=completion.experiments,
            show_default=False,
        ),
    ],
    to: Annotated[Path, typer.Option("--output", "-o", help="Folder of the new experiment.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would come to.")] = False,
    as_json: options.Json = False,
) -> None:
    """Make one experiment of several that are parts of it, as of `hpobench run --only-repetitions 0-4` and `5-9`.

    Runs that several have must be equal in all but times. Those that none has wait for `hpobench resume`.
    """
    from hpobench_tui.cli.output import print_json, print_line
    from hpobench_tui.engine.front import merging

    folders = [options.folder_of(experiment, None) for experiment in experiments]
    merged = merging.merge(folders, None if dry_run else to)
    counts = merged.counts
    missing = merged.missing
    unfinished = merged.unfinished
    if as_json:
        print_json(
            {
                "experiment": merged.experiment.name, "written": None if dry_run else str(to),
                "runs": len(merged.taken), "taken": counts, "shared": merged.shared, "unfinished": unfinished,
                "missing": [{"problem": p, "optimizer": label, "repetition": n} for p, label, n in missing],
            }
        )  # fmt: skip
        return
    of = ", ".join(f"{count} of {name}" for name, count in counts.items())
    print_line(f"{to}: {len(merged.taken)} runs ({of}){'; nothing is written' if dry_run else ''}")
    if merged.shared:
        print_line(f"{merged.shared} runs are in several of them, and equal")
    for line in _in_words(missing):
        print_line(line)
    if missing or unfinished:
        what = [f"{len(missing)} runs are missing"] * bool(missing) + [f"{unfinished} are unfinished"] * bool(
            unfinished
        )
        print_line(f"{' and '.join(what)}; `hpobench resume {to}` runs them")


def _in_words(missing: "list[Place]") -> list[str]:
    """Runs that are missing, a line for the pairs that lack the same repetitions."""
    from hpobench_tui.core.nearest import some
    from hpobench_tui.core.patterns import Spans

    lacking: dict[tuple[str, str], list[int]] = {}
    for problem, label, repetition in missing:
        lacking.setdefault((label, problem), []).append(repetition)
    pairs: dict[str, list[str]] = {}
    for (label, problem), repetitions in lacking.items():
        pairs.setdefault(str(Spans.of(repetitions)), []).append(f"{label} on {problem}")
    return [f"missing: repetitions {spans} of {some(of)}" for spans, of in pairs.items()]
